"""What must hold of a shared counter: no update is lost, and all agents are done in time."""

from __future__ import annotations

from collections.abc import Iterator

from coordlab.patterns.counter.theory import MESSAGES
from coordlab.properties import Objection, Property, leads_to, recorded, safety
from coordlab.trace.trace import CRASH, START, Trace

METHODS = tuple(MESSAGES)
"""The safeguards of an agent that adds to the counter; the first is none."""


@safety("no update is lost")
def no_update_is_lost(trace: Trace) -> Iterator[Objection]:
    """CO-S1: each number that is stored is one more than the one that it replaces."""
    for event in recorded(trace, "Stored"):
        now = event.data
        if now.value != now.over + 1:
            lost = now.over + 1 - now.value
            what = "1 update is lost" if lost == 1 else f"{lost} updates are lost"
            yield event, f"{now.by} had read {now.value - 1}, and writes {now.value} over {now.over}: {what}."


def all_done(within: float) -> Property:
    """CO-L1: each agent that has not crashed has made all its steps `within` this many seconds."""
    return leads_to(
        f"all are done within {within:g} s",
        lambda event: [event.agent] if event.kind == START and event.agent != "board" else [],
        lambda event, _: [event.agent] if event.kind == CRASH or event.data == "is done" else [],
        within,
    )


def properties(within: float) -> tuple[Property, ...]:
    """Both of them."""
    return no_update_is_lost, all_done(within)
