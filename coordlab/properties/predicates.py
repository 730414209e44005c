"""Properties of moments: a predicate that should hold always, sometimes, or eventually.

A predicate looks at a `Moment` and returns True, or False, or a sentence that says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from coordlab import requirements as require
from coordlab.properties.moment import Moment, moments
from coordlab.properties.verdicts import HOLDS, UNDECIDED, VIOLATED, Property, Verdict
from coordlab.trace.narration import because, sentence
from coordlab.trace.trace import CRASH, FAULT, HEAL, KINDS, RESTART, START, Event, Trace

Predicate = Callable[[Moment], bool | str]
DISTURBING = frozenset((START, CRASH, RESTART, FAULT, HEAL))


def always(name: str, predicate: Predicate) -> Property:
    """A safety property: `predicate` holds at every moment.  The first at which it fails violates it.

    Undecided if the trace is empty.
    """

    def judge(trace: Trace) -> Verdict:
        ask = _asked(predicate)
        for now in moments(trace):
            answer = ask(now)
            if not _holds(answer):
                return _violated(name, trace, now, answer)
        return Verdict(name, HOLDS if len(trace) else UNDECIDED)

    return Property(name, judge)


def sometimes(name: str, predicate: Predicate, by: float | None = None) -> Property:
    """Something happens at least once: guards against properties that hold because nothing happened.

    by: the time, in virtual seconds from 0, after which it is violated; without it, the property is
        undecided until `predicate` holds.

    Raises ValueError if `by` is not a number of seconds.
    """
    limit = None if by is None else require.seconds("by", by)

    def judge(trace: Trace) -> Verdict:
        ask = _asked(predicate)
        for now in moments(trace):
            if limit is not None and now._time > limit:
                break
            if _holds(ask(now)):
                return Verdict(name, HOLDS, now._time, now._seq)
        if limit is None or trace.until < limit:
            return Verdict(name, UNDECIDED, because=f"it did not happen in {trace.until:g} s")
        return Verdict(name, VIOLATED, limit, None, f"it had not happened by {limit:g} s")

    return Property(name, judge)


def disturbs(event: Event) -> bool:
    """Whether an event changes who is up, or who hears whom: what a protocol must recover from."""
    return event.kind in DISTURBING


def eventually(
    name: str, predicate: Predicate, within: float, after: Callable[[Event], object] = disturbs
) -> Property:
    """A liveness property: `predicate` becomes true soon after each event that `after` selects.

    within: how soon, in virtual seconds, 0 or more.
    after: a function of an event; by default `disturbs`.

    It is enough if `predicate` is still true at that very event.  Another such event in the meantime
    restarts the time.  Undecided if the trace ends before the time does, or has no such event.  Raises
    ValueError if `within` is not a number of seconds.
    """
    within = require.seconds("within", within)

    def judge(trace: Trace) -> Verdict:
        began: Moment | None = None
        ask, picks = _asked(predicate), DISTURBING if after is disturbs else frozenset(KINDS)
        seen, answer = False, cast("object", True)
        for now in moments(trace):
            if began is not None and now._time > began._time + within:
                return _missed(name, trace, began, within, answer)
            if now._kind in picks and after(now.event):  # type: ignore[arg-type]
                began, seen = now.copy(), True
            answer = ask(now) if began is not None else True
            if _holds(answer):
                began = None
        if began is not None or not seen:
            why = f"the trace ends at {trace.until:g} s, before it could tell"
            return Verdict(name, UNDECIDED, because=why)
        return Verdict(name, HOLDS)

    return Property(name, judge)


def _asked(predicate: Predicate) -> Callable[[Moment], object]:
    """The predicate, asked again only where what it looks at may have changed.

    A predicate that looks at the time, the event or its number is asked at every moment.
    """
    version, answer = -1, cast("object", True)

    def ask(now: Moment) -> object:
        nonlocal version, answer
        if now.looked or version != now.version:
            now.looked = False
            version, answer = now.version, predicate(now)
        return answer

    return ask


def _holds(answer: object) -> bool:
    """Whether a predicate is satisfied: a sentence says that it is not."""
    return bool(answer) and not isinstance(answer, str)


def _violated(name: str, trace: Trace, now: Moment, answer: object) -> Verdict:
    last = now._seq if now.about is None else now.about
    what = [answer] if isinstance(answer, str) else []
    if last is not None:
        what.append(f"{'At' if what else 'at'} {trace[last].time:.3f} s, {sentence(trace, last)}")
        if why := because(trace, last):
            what.append(f"That was because at {why}.")
    return Verdict(name, VIOLATED, now._time, last, " ".join(what))


def _missed(name: str, trace: Trace, began: Moment, within: float, answer: object) -> Verdict:
    assert began._seq is not None
    what = f"{answer} " if isinstance(answer, str) else ""
    since = f"{within:g} s after {began._time:.3f} s, when: {sentence(trace, began._seq)}"
    return Verdict(name, VIOLATED, began._time + within, began._seq, f"{what}It was not true {since}")
