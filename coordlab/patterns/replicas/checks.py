"""What must hold of replicas: invariants CR-S2 to CR-S6, and CR-L2, on a trace, and what copies say.

The states read are `copy` and `role`; the updates are decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from coordlab.patterns.conflict.rules import shown
from coordlab.patterns.replicas.rules import Addition, GCounter, LastWriter, ORSet, PNCounter, Siblings
from coordlab.properties import (
    UNDECIDED,
    Moment,
    Objection,
    Property,
    Verdict,
    disturbs,
    eventually,
    on_record,
    once,
    safety,
)
from coordlab.properties.records import as_one_of
from coordlab.trace.trace import CRASH, FAULT, HANDLE, NOTE, RESTART, SEND, START, STATE, Event, Record, Trace

KINDS = (GCounter, PNCounter, Siblings, LastWriter, ORSet)
Updates = frozenset[int]
"""Some updates, each by the number of its decision in the trace."""


@once
def taken(trace: Trace) -> Iterator[tuple[Event, Any]]:
    """Each event from which on an agent has another copy, with that copy."""
    for event in trace:
        for name, copy in _states(event):
            if name == "copy":
                yield event, as_one_of(KINDS, copy)


def _states(event: Event) -> Iterator[tuple[str | None, Any]]:
    """The states that an agent has from this event on."""
    if event.kind in (START, RESTART):
        yield from event.data
    elif event.kind == STATE:
        yield event.name, event.data


def of_copies(judge: Property) -> Property:
    """The property; undecided if copies were read from a file and are of none of the KINDS."""

    def judged(trace: Trace) -> Verdict:
        if not any(isinstance(copy, Record) for _, copy in taken(trace)):
            return judge(trace)
        return Verdict(judge.name, UNDECIDED, because="copies of an unknown kind cannot be merged")

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


def _heard(trace: Trace) -> Iterator[tuple[Event, Updates, Updates]]:
    """Each event with the updates that its agent has heard of, and which of these others have undone.

    An agent hears of what the sender of a copy had heard of.  A removal undoes the additions of its value
    that its agent had heard of, a write all of them.
    """
    heard: dict[str | None, tuple[Updates, Updates]] = {}
    sent: dict[int | None, tuple[Updates, Updates]] = {}
    alike: dict[object, set[int]] = {}  # updates by value
    for event in trace:
        known, undone = heard.get(event.agent, (frozenset(), frozenset()))
        if on_record(event, "Update"):
            same = alike.setdefault(event.content.value, set())
            same.add(event.seq)
            mine = frozenset({event.seq})
            if event.content.operation == "write":
                undone |= known
            elif event.content.operation == "remove":
                undone |= (known & same) | mine
            known |= mine
        elif event.name in ("Push", "Exchange") and event.kind == HANDLE:
            more = sent.get(event.message, (frozenset(), frozenset()))
            known, undone = known | more[0], undone | more[1]
        elif event.name in ("Push", "Exchange") and event.kind == SEND:
            sent[event.message] = known, undone
        heard[event.agent] = known, undone
        yield event, known, undone


@safety("copies say what was heard")
def says_what_it_heard(trace: Trace) -> Iterator[Objection]:
    """CR-S4: an agent that tells or reads its copy shows what the updates make that it has heard of.

    Computed without merging, from messages and decisions alone: an addition counts unless a removal has seen
    it, numbers are added up, and a write stands until an author that has read it writes again; of several the
    last writer's is that with the latest stamp.  For replicas that start with an empty copy.
    """
    shows: dict[str | None, str] = {}
    made: dict[int, Any] = {}  # what each update adds, removes or writes
    removals: set[int] = set()
    for event, known, undone in _heard(trace):
        shows.update((event.agent or "", state) for name, state in _states(event) if name == "role")
        says = shows.get(event.agent, "nothing")
        if event.kind == START and says not in ("nothing", "0"):
            return  # not from the updates alone
        if on_record(event, "Update"):
            made[event.seq] = event.content.value
            removals |= {event.seq} if event.content.operation == "remove" else set()
        elif event.kind == SEND and event.name in ("Push", "Exchange"):
            copy, standing = event.content.copy, map(made.__getitem__, known - undone)
            if hasattr(copy, "counts") or hasattr(copy, "up"):
                less = sum(map(made.__getitem__, known & removals))
                right = str(sum(map(made.__getitem__, known)) - 2 * less)
            elif hasattr(copy, "stamped"):
                last = max(copy.stamped, key=lambda each: (each.at, each.by), default=None)
                right = "nothing" if last is None else shown(last.value)
            else:
                distinct = dict.fromkeys(sorted(standing, key=repr))  # of 2 and 2.0 the first by text
                right = ", ".join(map(shown, distinct)) or "nothing"
            if sorted(says.split(", ")) != sorted(right.split(", ")):
                yield event, f"{event.agent} says {says}; what it has heard of makes {right}."
        elif event.kind == NOTE and not str(event.data).startswith(f"read {says}, repaired "):
            yield event, f"{event.agent} has {says}, and says: {event.data}."


@of_copies
@safety("a write bears its author's time")
def stamped_by_its_author(trace: Trace) -> Iterator[Objection]:
    """CR-S6 of a register: each write is stamped once, by its author, with its clock's time.

    Once a fault has skewed that clock, only the author is checked, not the time.
    """
    skews = {fault.agent: fault.seq for fault in reversed(trace.select("Skew", kind=FAULT))}
    known: set[object] = set()
    for event, copy in taken(trace):
        new = set(getattr(copy, "stamped", ())) - known
        known |= new
        for write in () if event.kind == START else new:
            skewed = event.seq > skews.get(event.agent, event.seq)
            if write.by != event.agent or not (skewed or write.at == event.time):
                yield event, f"{event.agent} has {write.value} by {write.by}, stamped with {write.at:g} s."


@safety("each update is made once")
def made_once(trace: Trace) -> Iterator[Objection]:
    """CR-S5: an agent makes its updates in the order of their times, and none again after a crash."""
    last: dict[str | None, tuple[Any, bool]] = {}  # the last one, and whether a crash came after it
    for event in trace:
        if event.kind == CRASH and event.agent in last:
            last[event.agent] = last[event.agent][0], True
        elif on_record(event, "Update"):
            update = event.content
            before, crashed = last.get(event.agent, (update, False))
            if update.at < before.at or (crashed and update == before):
                yield event, f"{event.agent} makes its update of {update.at:g} s again."
            last[event.agent] = update, False


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
    return (
        nothing_dropped,
        merge_laws,
        removed_for_good,
        says_what_it_heard,
        stamped_by_its_author,
        made_once,
        equal_again(within),
    )
