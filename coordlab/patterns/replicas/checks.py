"""What must hold of replicas: invariants CR-S2, CR-S3 and CR-L2 on a trace, and that removed is removed.

The state read is `copy`; the updates are decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from coordlab.properties import (
    UNDECIDED,
    Complaint,
    Moment,
    Property,
    Verdict,
    disturbs,
    eventually,
    on_record,
    watched,
)
from coordlab.trace.trace import RESTART, START, STATE, Event, Trace


def taken(event: Event) -> Iterator[Any]:
    """The copy that an agent has from this event on, if it is one that says so."""
    if event.kind in (START, RESTART):
        yield from (value for name, value in event.data if name == "copy")
    elif event.kind == STATE and event.name == "copy":
        yield event.data


def nothing_dropped() -> Property:
    """CR-S2: each copy that an agent takes includes the one it had, across crashes too."""

    def watch(_: Trace) -> Complaint:
        had: dict[str | None, Any] = {}

        def wrong(event: Event) -> str | None:
            for copy in taken(event):
                before = had.get(event.agent, copy)
                had[event.agent] = copy
                if before.merged(copy) != copy:
                    return (
                        f"{event.agent} had {before.value} and took {copy.value}: something is missing there."
                    )
            return None

        return wrong

    return watched("nothing is dropped", watch)


def merge_laws() -> Property:
    """CR-S3: merging is commutative, associative and idempotent on the copies that the run reached."""

    def watch(_: Trace) -> Complaint:
        last: list[Any] = []

        def wrong(event: Event) -> str | None:
            for copy in taken(event):
                last[:] = [*last[-2:], copy]
                a, b, c = last[0], last[len(last) // 2], copy
                if a.merged(b) != b.merged(a):
                    return f"the order matters in which {a.value} and {b.value} are merged."
                if a.merged(b.merged(c)) != a.merged(b).merged(c):
                    return f"it matters which two of {a.value}, {b.value} and {c.value} are merged first."
                if c.merged(c) != c:
                    return f"{c.value} merged with itself is another."
            return None

        return wrong

    return watched("merging is lawful", watch)


def removed_for_good() -> Property:
    """CR-S2 of an OR-set: an addition that is removed from a copy never stands there again."""

    def watch(_: Trace) -> Complaint:
        stood: dict[str | None, frozenset[Any]] = {}
        gone: dict[str | None, frozenset[Any]] = {}

        def wrong(event: Event) -> str | None:
            for copy in taken(event):
                if not hasattr(copy, "added"):
                    continue
                stands, who = copy.added - copy.removed, event.agent
                if back := stands & gone.get(who, frozenset()):
                    return f"{who} had removed {min(back, key=repr)[0]}, and has it again."
                gone[who] = gone.get(who, frozenset()) | (stood.get(who, frozenset()) - stands)
                stood[who] = stands
            return None

        return wrong

    return watched("removed is removed", watch)


def equal_again(within: float) -> Property:
    """CR-L2: `within` so many seconds of each update and disturbance, all that hear each other are equal."""
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
    """Two of them whose copies are not equal."""
    first = now.state(names[0], "copy") if names else None
    return next(((names[0], name) for name in names if now.state(name, "copy") != first), None)


def _of_copies(judge: Property) -> Property:
    """The property, undecided of a trace that was read from a file: the copies there cannot be merged."""

    def judged(trace: Trace) -> Verdict:
        if all(hasattr(copy, "merged") for event in trace for copy in taken(event)):
            return judge(trace)
        return Verdict(judge.name, UNDECIDED, because="copies that were read from a file cannot be merged")

    return Property(judge.name, judged)


def properties(within: float = 4.0) -> tuple[Property, ...]:
    """All of them, for replicas whose gossip reaches all within so many seconds."""
    merging = (nothing_dropped(), merge_laws(), removed_for_good())
    return (*map(_of_copies, merging), equal_again(within))
