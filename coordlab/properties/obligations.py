"""Properties of obligations: what is opened must be closed in time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping

from coordlab import requirements as require
from coordlab.properties.verdicts import HOLDS, UNDECIDED, VIOLATED, Property, Verdict
from coordlab.trace.narration import unfinished
from coordlab.trace.trace import Event, Trace

Begun = Mapping[Hashable, Event]
"""The obligations that are open, by key, and the events that opened them."""


def leads_to(
    name: str,
    begins: Callable[[Event], Iterable[Hashable]],
    ends: Callable[[Event, Begun], Iterable[Hashable]],
    within: float,
) -> Property:
    """A liveness property of obligations: each that is opened is closed `within` virtual seconds.

    begins: `begins(event)` returns the keys of the obligations that an event opens.
    ends: `ends(event, begun)` returns the keys of those that it closes.
    within: 0 or more.

    Undecided if the trace ends while one is open and not late yet, or if none was ever opened.  Raises
    ValueError if `within` is not a number of seconds, TypeError for what is not a function.
    """
    example = "leads_to('answered', opened, closed, within=2), with def opened(event): ..."
    require.function("begins", begins, example)
    require.function("ends", ends, example)
    within = require.seconds("within", within)

    def judge(trace: Trace) -> Verdict:
        begun: dict[Hashable, Event] = {}
        ever = False
        for event in trace:
            if begun and (overdue := _overdue(begun, event.time, within)):
                return _unclosed(name, trace, overdue, within)
            for key in ends(event, begun):
                begun.pop(key, None)
            for key in begins(event):
                begun.setdefault(key, event)
                ever = True
        if begun and (overdue := _overdue(begun, trace.until, within)):
            return _unclosed(name, trace, overdue, within)
        if begun or not ever:
            why = f"{next(iter(begun))} is still open when the run ends" if begun else "nothing was opened"
            return Verdict(name, UNDECIDED, because=why)
        return Verdict(name, HOLDS)

    return Property(name, judge)


def _overdue(begun: Begun, now: float, within: float) -> Event | None:
    """The event that opened the oldest open obligation, if that is late."""
    first = next(iter(begun.values()))
    return first if now > first.time + within + 1e-9 else None


def _unclosed(name: str, trace: Trace, event: Event, within: float) -> Verdict:
    due = event.time + within
    why = f"nothing followed within {within:g} s: {unfinished(trace, event.seq, due)}"
    return Verdict(name, VIOLATED, due, event.seq, why)
