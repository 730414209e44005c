"""What must hold of a ring election: of the outcome what holds of a bully's, and two rules of the ring.

The states read are `role` (electing, coordinates, follows) and `coordinator` (a name, or None).
"""

from __future__ import annotations

from coordlab.patterns.bully.checks import agreement, highest_rules, one_coordinator
from coordlab.properties import Complaint, Property, watched
from coordlab.trace.narration import sentence
from coordlab.trace.trace import CRASH, HANDLE, SEND, STATE, Event, Trace


def only_the_higher_goes_on() -> Property:
    """RI-S1: nobody passes on a rank below its own."""

    def watch(trace: Trace) -> Complaint:
        def wrong(event: Event) -> str | None:
            if event.kind == SEND and event.name == "Election" and event.data.rank < int(event.agent or 0):
                return f"{event.agent} passes on {event.data.rank}: {sentence(trace, event.seq)}"
            return None

        return wrong

    return watched("only the higher rank goes on", watch)


def comes_round_before_it_rules() -> Property:
    """RI-S2: an agent coordinates only if its own rank has come back to it since it last took part."""

    def watch(trace: Trace) -> Complaint:
        ranks = {event.message: event.data.rank for event in trace.select("Election")}
        round_come: set[str | None] = set()

        def wrong(event: Event) -> str | None:
            if event.kind == HANDLE and event.name == "Election" and str(ranks[event.message]) == event.agent:
                round_come.add(event.agent)
            elif event.kind == CRASH or (event.kind == STATE and event.data == "electing"):
                round_come.discard(event.agent)
            elif event.kind == STATE and event.data == "coordinates" and event.agent not in round_come:
                return f"{event.agent} rules, though its rank has not come round."
            return None

        return wrong

    return watched("rules only if its rank has come round", watch)


def settling_time(agents: int, patience: float, heartbeat: float) -> float:
    """How long, in seconds, a ring may take to agree after a disturbance, if no message is lost.

    Three heartbeats and a patience to notice, an election in vain, as long as one is waited for, and one
    that succeeds: each goes round three times at most, and spends a patience at most at each place.
    """
    return 3 * heartbeat + patience + 6 * agents * patience


def properties(agents: int, patience: float = 0.25, heartbeat: float = 1.0) -> tuple[Property, ...]:
    """All of them, for so many members with this patience and heartbeat (seconds)."""
    settle = settling_time(agents, patience, heartbeat)
    return (
        only_the_higher_goes_on(),
        comes_round_before_it_rules(),
        one_coordinator(settle),
        highest_rules(settle),
        agreement(settle),
    )
