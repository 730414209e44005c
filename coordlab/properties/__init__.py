"""Properties of a run: what should always, eventually or sometimes hold, judged on its trace alone.

    one_leader = always("one leader", lambda now: len(now.where("role", "leads")) <= 1)
    one_leader(run.trace)        # a Verdict: holds, violated or undecided

A predicate looks at a `Moment` and returns True, or False, or a sentence that says what is wrong.  A rule
about events that has something to remember is a generator, see `safety`.  Each property goes through the
trace once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from coordlab.properties.moment import Moment, changes, moments
from coordlab.trace.narration import because, sentence
from coordlab.trace.trace import CRASH, DECISION, FAULT, HEAL, NOTE, RESTART, START, Event, Trace

__all__ = [
    "HOLDS",
    "UNDECIDED",
    "VIOLATED",
    "Begun",
    "Moment",
    "Objection",
    "Property",
    "Verdict",
    "always",
    "changes",
    "disturbs",
    "eventually",
    "leads_to",
    "moments",
    "never",
    "on_record",
    "recorded",
    "safety",
    "sometimes",
    "watched",
]

HOLDS, VIOLATED, UNDECIDED = "holds", "violated", "undecided"
_MARK = {HOLDS: "✓", VIOLATED: "✗", UNDECIDED: "?"}

Predicate = Callable[[Moment], bool | str]
Complaint = Callable[[Event], "str | None"]
Objection = tuple[Event, str]
Begun = Mapping[Hashable, Event]


@dataclass(frozen=True)
class Verdict:
    """What a property says of a trace: `status`, and if violated, when (seconds), at which event, and why."""

    name: str
    status: str
    at: float | None = None
    event: int | None = None
    because: str = ""

    def __bool__(self) -> bool:
        return self.status == HOLDS

    def __str__(self) -> str:
        when = "" if self.at is None else f" at {self.at:.3f} s"
        why = f": {self.because}" if self.because else ""
        return f"{_MARK[self.status]} {self.name}: {self.status}{when}{why}"

    __repr__ = __str__


@dataclass(frozen=True)
class Property:
    """A named function from a trace to a `Verdict`."""

    name: str
    judge: Callable[[Trace], Verdict]

    def __call__(self, trace: Trace) -> Verdict:
        """What it says of a trace."""
        return self.judge(trace)

    def __repr__(self) -> str:
        return f"<Property {self.name}>"


def always(name: str, predicate: Predicate) -> Property:
    """A safety property: `predicate` holds at every moment.  The first at which it fails violates it.

    Undecided if the trace is empty.
    """

    def judge(trace: Trace) -> Verdict:
        for now in moments(trace):
            answer = predicate(now)
            if not _right(answer):
                return _violated(name, trace, now, answer)
        return Verdict(name, HOLDS if len(trace) else UNDECIDED)

    return Property(name, judge)


def sometimes(name: str, predicate: Predicate, by: float | None = None) -> Property:
    """Something happens at least once: guards against properties that hold because nothing took place.

    Violated if it has not happened `by` so many virtual seconds; without, undecided as long as it has not.
    """

    def judge(trace: Trace) -> Verdict:
        for now in moments(trace):
            if by is not None and now.time > by:
                break
            if _right(predicate(now)):
                return Verdict(name, HOLDS, now.time, now.seq)
        if by is None or trace.until < by:
            return Verdict(name, UNDECIDED, because=f"it did not happen in {trace.until:g} s")
        return Verdict(name, VIOLATED, by, None, f"it had not happened by {by:g} s")

    return Property(name, judge)


def disturbs(event: Event) -> bool:
    """Whether an event changes who is there, or who hears whom: what a protocol must recover from."""
    return event.kind in (START, CRASH, RESTART, FAULT, HEAL)


def eventually(
    name: str, predicate: Predicate, within: float, after: Callable[[Event], Any] = disturbs
) -> Property:
    """A liveness property: `predicate` comes true `within` so many seconds after each event `after` picks.

    If it is still true at that very event, that is enough: let `after` pick what has disturbed already.
    An event that `after` picks meanwhile starts the time anew.  Undecided if the trace ends first, or
    holds no such event.
    """

    def judge(trace: Trace) -> Verdict:
        began: Moment | None = None
        seen, answer = False, cast("bool | str", True)
        for now in moments(trace):
            if began is not None and now.time > began.time + within:
                return _missed(name, trace, began, within, answer)
            if now.event is not None and after(now.event):
                began, seen = now.copy(), True
            answer = predicate(now) if began is not None else True
            if _right(answer):
                began = None
        if began is not None or not seen:
            return Verdict(
                name, UNDECIDED, because=f"the trace ends at {trace.until:g} s, before it could tell"
            )
        return Verdict(name, HOLDS)

    return Property(name, judge)


def never(name: str, wrong: Callable[[Event], str | None]) -> Property:
    """A safety property of single events: `wrong(event)` returns None, or a sentence that says what is wrong.

    Undecided if the trace is empty.
    """

    @safety(name)
    def judge(trace: Trace) -> Iterator[Objection]:
        for event in trace:
            if why := wrong(event):
                yield event, why

    return judge


def safety(name: str) -> Callable[[Callable[[Trace], Iterator[Objection]]], Property]:
    """Make a generator of objections a safety property; the first objection violates it.

    The generator goes through the trace, keeps in mind what it needs, and yields the event that is wrong with
    a sentence that says why.  The property is undecided if the trace is empty.

    >>> @safety("nobody decides twice")
    ... def decides_once(trace):
    ...     decided = set()
    ...     for event in trace.select(kind=DECISION):
    ...         if event.agent in decided:
    ...             yield event, f"{event.agent} decided before."
    ...         decided.add(event.agent)
    >>> decides_once
    <Property nobody decides twice>
    """

    def made(objections: Callable[[Trace], Iterator[Objection]]) -> Property:
        def judge(trace: Trace) -> Verdict:
            for event, why in objections(trace):
                return Verdict(name, VIOLATED, event.time, event.seq, why)
            return Verdict(name, HOLDS if len(trace) else UNDECIDED)

        return Property(name, judge)

    return made


def watched(name: str, watch: Callable[[Trace], Complaint]) -> Property:
    """The older form of `safety`: `watch(trace)` returns a function that is told each event in turn."""

    @safety(name)
    def judge(trace: Trace) -> Iterator[Objection]:
        wrong = watch(trace)
        for event in trace:
            if why := wrong(event):
                yield event, why

    return judge


def leads_to(
    name: str,
    begins: Callable[[Event], Iterable[Hashable]],
    ends: Callable[[Event, Begun], Iterable[Hashable]],
    within: float,
) -> Property:
    """A liveness property of obligations that are opened and must be closed `within` seconds.

    `begins(event)` returns the keys of the obligations that an event opens, `ends(event, begun)` the keys of
    those that it closes, where `begun` maps the keys still open to the events that opened them.  Undecided if
    the trace ends while one is open and not late yet, or if none was ever opened.
    """

    def judge(trace: Trace) -> Verdict:
        begun: dict[Hashable, Event] = {}
        ever = False
        for event in trace:
            if overdue := _overdue(begun, event.time, within):
                return _unclosed(name, trace, overdue, within)
            for key in ends(event, begun):
                begun.pop(key, None)
            for key in begins(event):
                begun.setdefault(key, event)
                ever = True
        if overdue := _overdue(begun, trace.until, within):
            return _unclosed(name, trace, overdue, within)
        if begun or not ever:
            why = f"{next(iter(begun))} is still open when the run ends" if begun else "nothing was opened"
            return Verdict(name, UNDECIDED, because=why)
        return Verdict(name, HOLDS)

    return Property(name, judge)


def on_record(event: Event, *names: str) -> bool:
    """Whether an agent puts a message of one of these names on record here, as a note or a decision."""
    return event.kind in (NOTE, DECISION) and event.name in names


def recorded(trace: Trace, *names: str) -> Iterator[Event]:
    """The notes and decisions that are messages of one of these names, in order."""
    return (event for event in trace if on_record(event, *names))


def _overdue(begun: Begun, now: float, within: float) -> Event | None:
    """What was opened first of all that is still open, if it is late."""
    first = next(iter(begun.values()), None)
    return first if first is not None and now > first.time + within + 1e-9 else None


def _unclosed(name: str, trace: Trace, event: Event, within: float) -> Verdict:
    why = f"nothing came of it within {within:g} s: {sentence(trace, event.seq)}"
    return Verdict(name, VIOLATED, event.time + within, event.seq, why)


def _right(answer: bool | str) -> bool:
    """Whether a predicate is content: a sentence says that it is not."""
    return bool(answer) and not isinstance(answer, str)


def _violated(name: str, trace: Trace, now: Moment, answer: bool | str) -> Verdict:
    last = now.seq if now.about is None else now.about
    what = [answer] if isinstance(answer, str) else []
    if last is not None:
        what.append(f"{'At' if what else 'at'} {trace[last].time:.3f} s, {sentence(trace, last)}")
        if why := because(trace, last):
            what.append(f"That was because at {why}.")
    return Verdict(name, VIOLATED, now.time, last, " ".join(what))


def _missed(name: str, trace: Trace, began: Moment, within: float, answer: bool | str) -> Verdict:
    assert began.seq is not None
    what = f"{answer} " if isinstance(answer, str) else ""
    since = f"{within:g} s after {began.time:.3f} s, when: {sentence(trace, began.seq)}"
    return Verdict(name, VIOLATED, began.time + within, began.seq, f"{what}It had not come about {since}")
