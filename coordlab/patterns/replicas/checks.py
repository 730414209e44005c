"""What must hold of replicas: invariants CR-S2, CR-S3 and CR-L2 on a trace, and that removed is removed.

The state read is `copy`; the updates are decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from coordlab.patterns.replicas.rules import Addition, ORSet
from coordlab.properties import (
    UNDECIDED,
    Moment,
    Objection,
    Property,
    Verdict,
    disturbs,
    eventually,
    on_record,
    safety,
)
from coordlab.trace.trace import RESTART, START, STATE, Event, Record, Trace


def taken(trace: Trace) -> Iterator[tuple[Event, Any]]:
    """Each event from which on an agent has another copy, with that copy."""
    for event in trace:
        if event.kind in (START, RESTART):
            yield from ((event, value) for name, value in event.data if name == "copy")
        elif event.kind == STATE and event.name == "copy":
            yield event, event.data


def of_copies(judge: Property) -> Property:
    """The property, undecided on a trace that was read from a file: the copies there cannot be merged."""

    def judged(trace: Trace) -> Verdict:
        if not any(isinstance(copy, Record) for _, copy in taken(trace)):
            return judge(trace)
        return Verdict(judge.name, UNDECIDED, because="copies that were read from a file cannot be merged")

    return Property(judge.name, judged)


@of_copies
@safety("nothing is dropped")
def nothing_dropped(trace: Trace) -> Iterator[Objection]:
    """CR-S2: each copy that an agent takes includes the one it had, across crashes too."""
    had: dict[str | None, Any] = {}
    for event, copy in taken(trace):
        before = had.get(event.agent, copy)
        had[event.agent] = copy
        if before.merged(copy) != copy:
            yield (event, f"{event.agent} had {before.value} and took {copy.value}: something is missing.")


@of_copies
@safety("merging is lawful")
def merge_laws(trace: Trace) -> Iterator[Objection]:
    """CR-S3: merging is commutative, associative and idempotent on the copies that the run reached."""
    last: list[Any] = []
    for event, copy in taken(trace):
        last = [*last[-2:], copy]
        a, b, c = last[0], last[len(last) // 2], copy
        if a.merged(b) != b.merged(a):
            yield event, f"the order matters in which {a.value} and {b.value} are merged."
        if a.merged(b.merged(c)) != a.merged(b).merged(c):
            yield event, f"it matters which two of {a.value}, {b.value} and {c.value} are merged first."
        if c.merged(c) != c:
            yield event, f"{c.value} merged with itself is another."


@of_copies
@safety("removed is removed")
def removed_for_good(trace: Trace) -> Iterator[Objection]:
    """CR-S2 of an OR-set: an addition that is removed from a copy is never in it again."""
    stood: dict[str | None, frozenset[Addition]] = {}
    gone: dict[str | None, frozenset[Addition]] = {}
    for event, copy in taken(trace):
        if isinstance(copy, ORSet):
            stands, who = copy.added - copy.removed, event.agent
            if back := stands & gone.get(who, frozenset()):
                yield event, f"{who} had removed {min(back, key=repr)[0]}, and has it again."
            gone[who] = gone.get(who, frozenset()) | (stood.get(who, frozenset()) - stands)
            stood[who] = stands


def equal_again(within: float) -> Property:
    """CR-L2: `within` seconds after each update and disturbance, all that hear each other are equal."""
    answer: bool | str = True

    def stirs(event: Event) -> bool:
        return disturbs(event) or on_record(event, "Update")

    def equal(now: Moment) -> bool | str:
        nonlocal answer
        if now.event is not None and (stirs(now.event) or now.event.name == "copy"):  # else nothing changed
            answer = _equal(now)
        return answer

    return eventually(f"equal copies within {within:g} s", equal, within, after=stirs)


def _equal(now: Moment) -> bool | str:
    if _differing(now, now.alive) is None:
        return True  # whoever hears whom
    apart = [pair for each in now.components if (pair := _differing(now, each))]
    return f"{apart[0][0]} and {apart[0][1]} hear each other and still differ." if apart else True


def _differing(now: Moment, names: list[str]) -> tuple[str, str] | None:
    """Two agents among these whose copies are not equal, or None."""
    first = now.state(names[0], "copy") if names else None
    return next(((names[0], name) for name in names if now.state(name, "copy") != first), None)


def properties(within: float = 4.0) -> tuple[Property, ...]:
    """All of them, for replicas whose gossip reaches all `within` this many seconds."""
    return nothing_dropped, merge_laws, removed_for_good, equal_again(within)
