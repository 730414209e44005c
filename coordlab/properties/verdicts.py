"""Verdicts and properties: what is judged, and the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from coordlab import requirements as require
from coordlab.trace.narration import sentence
from coordlab.trace.parcel import Parcel, as_it_was, parcel
from coordlab.trace.trace import Event, Trace

HOLDS, VIOLATED, UNDECIDED = "holds", "violated", "undecided"
_MARK = {HOLDS: "✓", VIOLATED: "✗", UNDECIDED: "?"}

Objection = tuple[Event, str]
"""An event that violates a property, and a sentence that says why."""


@dataclass(frozen=True)
class Verdict:
    """What a property says of a trace.

    name: the name of the property.
    status: "holds", "violated" or "undecided".
    at: when that became certain, in virtual seconds; None if it is certain only at the end.
    event: the number of the event at which it became certain, if there is one.
    because: why, in words.

    A verdict is true if the property holds.  If an error ended the run, what could be certain only at the end
    is undecided.
    """

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

    def __post_init__(self) -> None:
        require.instance("name", self.name, str, "always('one leader', ...)")

    def __call__(self, trace: Trace) -> Verdict:
        """The verdict on a trace.  An error in the property gets a note that names it."""
        try:
            verdict = self.judge(trace)
            example = "Verdict('one leader', 'holds'), or what always(...) makes"
            return settled(trace, require.instance("verdict", verdict, Verdict, example))
        except Exception as error:
            say_which(error, self.name)
            raise

    def __repr__(self) -> str:
        return f"<Property {self.name}>"

    def __reduce__(self) -> Parcel:
        return parcel(as_it_was, type(self), vars(self))


def settled(trace: Trace, verdict: Verdict) -> Verdict:
    """A verdict, unless an error ended the run: what was to hold until its end is then undecided."""
    if not trace.broken or verdict.status != HOLDS or verdict.at is not None:
        return verdict
    return Verdict(verdict.name, UNDECIDED, because=f"the run broke off at {trace.until:g} s")


def say_which(error: Exception, name: str) -> None:
    """Note in an error which property raised it."""
    note = f"while “{name}” was judged"
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def safety(name: str) -> Callable[[Callable[[Trace], Iterator[Objection]]], Property]:
    """Turn a generator of objections into a safety property; the first objection violates it.

    The generator reads the trace, remembers what it needs, and yields each event that is wrong with a
    sentence that says why.  The property is undecided if the trace is empty.

    >>> @safety("nobody decides twice")
    ... def decides_once(trace):
    ...     decided = set()
    ...     for event in trace.select(kind="decision"):
    ...         if event.agent in decided:
    ...             yield event, f"{event.agent} decided before."
    ...         decided.add(event.agent)
    >>> decides_once
    <Property nobody decides twice>

    Raises TypeError if the name is missing.
    """
    require.instance("safety(name)", name, str, '@safety("nobody decides twice")')

    def made(objections: Callable[[Trace], Iterator[Objection]]) -> Property:
        require.function("objections", objections, f"@safety({name!r}) above a function of a trace")

        def judge(trace: Trace) -> Verdict:
            found = objections(trace)
            require.instance("objections", found, Iterator, "yield event, 'why it is wrong'")  # type: ignore[type-abstract]
            for event, why in found:
                return Verdict(name, VIOLATED, event.time, event.seq, why)
            return Verdict(name, HOLDS if len(trace) else UNDECIDED)

        return Property(name, judge)

    return made


def never(name: str, wrong: Callable[[Event], str | bool | None]) -> Property:
    """A safety property of single events: `wrong(event)` returns None, or a sentence that says what is wrong.

    It may also return True or False; what is wrong is then the event.  Undecided if the trace is empty.
    Raises TypeError if `wrong` is not a function.
    """
    require.function("wrong", wrong, "never('no crash', lambda event: event.kind == 'crash')")

    @safety(name)
    def judge(trace: Trace) -> Iterator[Objection]:
        for event in trace:
            if why := wrong(event):
                yield event, why if isinstance(why, str) else sentence(trace, event.seq)

    return judge
