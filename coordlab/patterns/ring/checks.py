"""What must hold of a ring election: the outcome of a bully election, and two rules of the ring.

The states read are `role` (electing, coordinates, follows) and `coordinator` (a name, or None).
"""

from __future__ import annotations

from collections.abc import Iterator

from coordlab.patterns.bully.checks import agreement, highest_rules, one_coordinator
from coordlab.properties import Objection, Property, safety
from coordlab.trace.narration import sentence
from coordlab.trace.trace import CRASH, HANDLE, SEND, STATE, Trace


@safety("only the higher rank goes on")
def only_the_higher_goes_on(trace: Trace) -> Iterator[Objection]:
    """RI-S1: nobody passes on a rank below its own."""
    for event in trace.select("Election", kind=SEND):
        if event.content.rank < int(event.agent or 0):
            yield event, f"{event.agent} passes on {event.content.rank}: {sentence(trace, event.seq)}"


@safety("rules only if its rank has come round")
def comes_round_before_it_rules(trace: Trace) -> Iterator[Objection]:
    """RI-S2: an agent coordinates only if its own rank has come back to it since it last took part."""
    back: set[str | None] = set()
    for event in trace:
        if event.kind == HANDLE and event.name == "Election" and str(event.content.rank) == event.agent:
            back.add(event.agent)
        elif event.kind == CRASH or (event.kind == STATE and event.data == "electing"):
            back.discard(event.agent)
        elif event.kind == STATE and event.data == "coordinates" and event.agent not in back:
            yield event, f"{event.agent} rules, though its rank has not come round."


def settling_time(agents: int, patience: float, heartbeat: float) -> float:
    """How many seconds a ring may take to agree after a disturbance, if no message is lost.

    Three heartbeats and a patience to notice, then one election that fails, and one that succeeds: each goes
    round three times at most, and spends a patience at most at each place.
    """
    return 3 * heartbeat + patience + 6 * agents * patience


def properties(agents: int, patience: float = 0.25, heartbeat: float = 1.0) -> tuple[Property, ...]:
    """All of them, for a ring of `agents` members with this patience and heartbeat (seconds)."""
    settle = settling_time(agents, patience, heartbeat)
    return (
        only_the_higher_goes_on,
        comes_round_before_it_rules,
        one_coordinator(settle),
        highest_rules(settle),
        agreement(settle),
    )
