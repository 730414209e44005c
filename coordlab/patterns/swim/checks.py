"""What must hold of a group whose members watch each other: invariants HB-S1 to HB-L2, as SWIM keeps them."""

from __future__ import annotations

from coordlab.patterns.heartbeat.checks import (
    GRAVITY,
    crashes_are_found,
    each_change_once,
    mistakes_are_taken_back,
    network_fault,
    said,
    the_dead_stay_suspected,
)
from coordlab.properties import Complaint, Property, watched
from coordlab.trace.trace import CRASH, Event, Trace


def news_goes_forward() -> Property:
    """HB-S3: what a member says of another is of a later incarnation than before, or graver."""

    def watch(_: Trace) -> Complaint:
        told: dict[str, dict[str, tuple[int, int]]] = {}

        def wrong(event: Event) -> str | None:
            if event.kind == CRASH:
                told.pop(str(event.agent), None)  # it has forgotten
            if (pair := said(event)) is None:
                return None
            known = told.setdefault(pair[0], {})
            before = known.get(pair[1], (-1, 0))
            known[pair[1]] = event.data.incarnation, GRAVITY[str(event.name)]
            if known[pair[1]] > before:
                return None
            return f"{pair[0]} knew incarnation {before[0]} of {pair[1]}, and this is older or less grave."

        return wrong

    return watched("an older incarnation is no news", watch)


def last_word(event: Event) -> bool:
    """Whether old news may have come at last: a fault of the network is over, or somebody is restored."""
    return network_fault(event) or event.name == "Restored"


def reach(members: int, period: float) -> float:
    """Seconds in which a member has probed each other one: two rounds, at worst, and has the answer."""
    return 2 * (members - 1) * period


def properties(members: int, period: float = 1.0, suspicion: float = 5.0) -> tuple[Property, ...]:
    """All of them, for so many members with these settings, in a network that loses next to nothing."""
    probed = reach(members, period)
    buried = probed + period + suspicion
    return (
        each_change_once(),
        news_goes_forward(),
        crashes_are_found(buried, grave=True, anew=last_word),
        the_dead_stay_suspected(buried, anew=network_fault),
        mistakes_are_taken_back(probed + period),
    )
