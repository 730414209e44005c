"""What must hold of a ring election: that of a bully election, and the rules RI-S1 to RI-S5 of the ring.

The states read are `role` (electing, coordinates, follows) and `coordinator` (a name, or None); RI-S1, RI-S3,
RI-S4 and RI-S5 read messages alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from coordlab.patterns.bully.checks import agreement, highest_rules, one_coordinator
from coordlab.properties import Objection, Property, moments, safety
from coordlab.trace.narration import sentence
from coordlab.trace.trace import CRASH, FAULT, HANDLE, RESTART, SEND, START, STATE, Trace


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


@safety("no rank goes round twice")
def once_round(trace: Trace) -> Iterator[Objection]:
    """RI-S3: who passes on another's rank has received it, with more places left to go."""
    left: dict[tuple[str | None, str | None, int], int] = {}  # the most places that came with a rank
    for event in trace.select(SEND, HANDLE, "Election", "Elected"):
        told, key = event.content, (event.agent, event.name, event.content.rank)
        if event.kind == HANDLE:
            left[key] = max(told.left, left.get(key, 0))
        elif event.kind == SEND and str(told.rank) != event.agent and told.left >= left.get(key, 0):
            yield event, f"{event.agent} passes on {told.rank} too often: {sentence(trace, event.seq)}"


def counted(agents: int) -> Property:
    """RI-S4: until the first fault at most n(n + 1)/2 Election and n Elected are sent."""

    @safety("an election takes no more messages than at worst")
    def judge(trace: Trace) -> Iterator[Objection]:
        left = {"Election": agents * (agents + 1) // 2, "Elected": agents}
        for event in trace.select(CRASH, FAULT, SEND):
            if event.kind != SEND:
                return
            if event.name in left:
                left[event.name] -= 1
                if left[event.name] < 0:
                    yield event, f"{sentence(trace, event.seq)} That is more than at worst."

    return judge


def told_of_the_highest(settle: float) -> Property:
    """RI-S5: after `settle` calm seconds all were told by Elected of the highest of their component.

    The last Elected that counts is one that an agent sent with its own rank, or handled with a higher one.
    """

    @safety("the last one elected is the highest")
    def judge(trace: Trace) -> Iterator[Objection]:
        elected: dict[str | None, int] = {}
        asked = -1.0  # when the disturbance was after which all have been asked
        for now in moments(trace):
            event = trace[now.seq] if now.seq is not None else None
            if event and event.kind in (START, RESTART):
                elected.pop(event.agent, None)
            elif event and event.name == "Elected" and event.kind in (SEND, HANDLE):
                rank, own = event.content.rank, int(event.agent or 0)
                if rank == own or (rank > own and event.kind == HANDLE):
                    elected[event.agent] = rank
            if event and now.disturbed > asked and now.calm_for(settle):
                asked = now.disturbed
                for each in now.components:
                    known = {elected.get(name) for name in each}
                    if known != {max(map(int, each))}:
                        yield event, f"{', '.join(each)} were told that {known} is elected."

    return judge


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
        once_round,
        counted(agents),
        told_of_the_highest(settle),
        one_coordinator(settle),
        highest_rules(settle),
        agreement(settle),
    )
