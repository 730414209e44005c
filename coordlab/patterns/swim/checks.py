"""What must hold of a group whose members watch each other: invariants HB-S1 to HB-L2, as SWIM keeps them."""

from __future__ import annotations

from collections.abc import Iterator

from coordlab.patterns.heartbeat.checks import (
    GRAVITY,
    crashes_are_found,
    each_change_once,
    mistakes_are_taken_back,
    network_fault,
    said,
    the_dead_stay_suspected,
)
from coordlab.properties import Objection, Property, safety
from coordlab.trace.trace import CRASH, Event, Trace


@safety("an older incarnation is no news")
def news_goes_forward(trace: Trace) -> Iterator[Objection]:
    """HB-S3: what a member says of another is of a later incarnation than before, or graver."""
    told: dict[str, dict[str, tuple[int, int]]] = {}
    for event in trace:
        if event.kind == CRASH:
            told.pop(str(event.agent), None)  # it has forgotten
        elif pair := said(event):
            known = told.setdefault(pair[0], {})
            before = known.get(pair[1], (-1, 0))
            known[pair[1]] = event.content.incarnation, GRAVITY[str(event.name)]
            if known[pair[1]] <= before:
                yield (
                    event,
                    f"{pair[0]} knew incarnation {before[0]} of {pair[1]}; this is no later, nor graver.",
                )


def last_word(event: Event) -> bool:
    """Whether old news may have come last: a fault of the network ends or begins, or a member is restored."""
    return network_fault(event) or event.name == "Restored"


def reach(members: int, period: float) -> float:
    """Seconds in which a member has probed each other member and has the answer: two rounds at worst."""
    return 2 * (members - 1) * period


def properties(members: int, period: float = 1.0, suspicion: float = 5.0) -> tuple[Property, ...]:
    """All properties of a group with these settings (seconds), in a network that loses hardly anything."""
    probed = reach(members, period)
    buried = probed + period + suspicion
    return (
        each_change_once,
        news_goes_forward,
        crashes_are_found(buried, grave=True, again=last_word),
        the_dead_stay_suspected(buried, again=network_fault),
        mistakes_are_taken_back(probed + period),
    )
