"""What checks of exercises share: properties of the end of a run, and states of any kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from coordlab.properties import HOLDS, UNDECIDED, VIOLATED, Moment, Property, Verdict, changes
from coordlab.trace.trace import Trace


def at_the_end(name: str, wrong: Callable[[Moment], str]) -> Property:
    """A property of the last moment of a run: `wrong` says what is wrong then, or ""."""

    def judge(trace: Trace) -> Verdict:
        last = [None, *changes(trace)][-1]  # all moments are one object
        why = "nothing happened" if last is None else wrong(last)
        return Verdict(name, VIOLATED if why else HOLDS, because=why)

    return Property(name, judge)


def by_the_end(name: str, end: float, missing: Callable[[Trace], Iterator[str]]) -> Property:
    """The property that nothing is missing at `end` (virtual seconds); undecided if a trace is shorter.

    missing: yields a sentence for each thing that has not happened.
    """

    def judge(trace: Trace) -> Verdict:
        if trace.until < end:
            return Verdict(name, UNDECIDED, because=f"the trace ends at {trace.until:g} s")
        why = next(missing(trace), None)
        return Verdict(name, HOLDS) if why is None else Verdict(name, VIOLATED, end, None, why)

    return Property(name, judge)


def texts(value: object) -> tuple[str, ...]:
    """The texts in a list that an answer keeps as a state, whatever else there is."""
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, (tuple, list)) else ()
