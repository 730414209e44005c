"""Properties of moments: a predicate that should hold always, sometimes, or eventually.

A predicate looks at a `Moment` and returns True, or False, or a sentence that says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import inf

from coordlab import requirements as require
from coordlab.properties.moment import Moment
from coordlab.properties.verdicts import HOLDS, UNDECIDED, VIOLATED, Property, Verdict
from coordlab.properties.watching import Watch, watched
from coordlab.trace.narration import explained, sentence
from coordlab.trace.trace import CRASH, DROP, FAULT, HEAL, RESTART, START, Event, Trace

Predicate = Callable[[Moment], bool | str]
EXAMPLE = "lambda now: len(now.where('role', 'leads')) <= 1"
DISTURBING = frozenset((START, CRASH, RESTART, FAULT, HEAL))


def always(name: str, predicate: Predicate, calm: float | None = None) -> Property:
    """A safety property: `predicate` holds at every moment.  The first at which it fails violates it.

    calm: ask only at moments at which nothing has disturbed the system for this many virtual seconds.

    Undecided if the trace is empty, or never calm for that long.  Raises ValueError if `calm` is not a number
    of seconds, TypeError if `predicate` is not a function.
    """
    require.function("predicate", predicate, EXAMPLE)
    settle = None if calm is None else require.seconds("calm", calm)
    return watched(name, partial(_Always, name, predicate, settle))


def sometimes(name: str, predicate: Predicate, by: float | None = None) -> Property:
    """Something happens at least once: guards against properties that hold because nothing happened.

    by: the time, in virtual seconds from 0, after which it is violated; without it, the property is
        undecided until `predicate` holds.

    Raises ValueError if `by` is not a number of seconds, TypeError if `predicate` is not a function.
    """
    require.function("predicate", predicate, EXAMPLE)
    limit = inf if by is None else require.seconds("by", by)
    return watched(name, partial(_Sometimes, name, predicate, limit))


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
    ValueError if `within` is not a number of seconds, TypeError for what is not a function.
    """
    require.function("predicate", predicate, EXAMPLE)
    require.function("after", after, "after=lambda event: event.kind == 'crash'")
    within = require.seconds("within", within)
    return watched(name, partial(_Eventually, name, predicate, within, after))


class _Asked(Watch):
    """A predicate, asked again only where its answer may have changed."""

    def __init__(self, name: str, predicate: Predicate, trace: Trace) -> None:
        self.name, self.trace, self.predicate = name, trace, predicate
        self.version, self.due = -1, inf  # when the predicate was asked, and is to be asked again
        self.answer: object = True
        self.about: int | None = None  # the event that the answer is about, if the predicate said it

    def ask(self, now: Moment) -> bool:
        """Whether the predicate holds now."""
        if now.version != self.version or now._time >= self.due:
            now.wakes, now.about = inf, None
            self.answer = self.predicate(now)
            self.about = now.about
            self.version, self.due = now.version, now.wakes
            self.wakes = self.due
        return _holds(self.answer)


class _Always(_Asked):
    def __init__(self, name: str, predicate: Predicate, calm: float | None, trace: Trace) -> None:
        super().__init__(name, predicate, trace)
        self.calm, self.ever = calm or 0.0, calm is None

    def look(self, now: Moment) -> Verdict | None:
        if now._time < (due := now.disturbed + self.calm):
            self.wakes = due
            return None
        self.ever = True
        if self.ask(now):
            return None
        event = now._seq if self.about is None and now._kind is not None else self.about
        seq, why = _explained(self.trace, now, event, self.answer)
        return Verdict(self.name, VIOLATED, now._time, seq, why)

    def end(self) -> Verdict:
        if self.ever and len(self.trace):
            return Verdict(self.name, HOLDS)
        why = "" if self.ever or not len(self.trace) else f"the run was never calm for {self.calm:g} s"
        return Verdict(self.name, UNDECIDED, because=why)


class _Sometimes(_Asked):
    def __init__(self, name: str, predicate: Predicate, limit: float, trace: Trace) -> None:
        super().__init__(name, predicate, trace)
        self.limit = limit

    def look(self, now: Moment) -> Verdict | None:
        if now._time > self.limit:
            return self.end()
        return Verdict(self.name, HOLDS, now._time, now._seq) if self.ask(now) else None

    def end(self) -> Verdict:
        if self.trace.until < self.limit or self.limit == inf:
            return Verdict(self.name, UNDECIDED, because=f"it did not happen in {self.trace.until:g} s")
        why = f"it had not happened by {self.limit:g} s"
        return Verdict(self.name, VIOLATED, self.limit, None, why)


class _Eventually(_Asked):
    def __init__(
        self, name: str, predicate: Predicate, within: float, after: Callable[[Event], object], trace: Trace
    ) -> None:
        super().__init__(name, predicate, trace)
        self.within, self.after = within, after
        self.began: Moment | None = None
        self.seen = False
        self.rest = inf if after is disturbs else -inf  # when to look again if nothing is awaited

    def look(self, now: Moment) -> Verdict | None:
        if self.began is not None and now._time > self.began._time + self.within:
            return self.missed(now, self.began)
        if now._kind is not None and (self.rest < inf or now._kind in DISTURBING) and self.after(now.event):  # type: ignore[arg-type]
            self.began, self.seen = now.copy(), True
        if self.began is not None:
            self.began = None if self.ask(now) else self.began
        self.wakes = (
            self.rest if self.began is None else min(self.rest, self.due, self.began._time + self.within)
        )
        return None

    def missed(self, now: Moment, began: Moment) -> Verdict:
        """The verdict when the time is over."""
        assert began._seq is not None
        since = f"{self.within:g} s after {began._time:.3f} s, when: {sentence(self.trace, began._seq)}"
        words = f"It was still not true {since}"
        _, why = _explained(self.trace, now, self.about, self.answer, words, lost=self.lost(began._time))
        return Verdict(self.name, VIOLATED, began._time + self.within, began._seq, why)

    def lost(self, began: float) -> list[Event]:
        """What was lost while it was awaited; to the agent that the answer is about, if it is about one."""
        who = None if self.about is None else self.trace.rows[self.about][2]
        lost = self.trace.select(DROP, since=began, before=began + self.within)
        return [event for event in lost if who in (None, event.agent)]

    def end(self) -> Verdict:
        if self.began is not None or not self.seen:
            why = f"the trace ends at {self.trace.until:g} s, before it could tell"
            return Verdict(self.name, UNDECIDED, because=why)
        return Verdict(self.name, HOLDS)


def _holds(answer: object) -> bool:
    """Whether a predicate is satisfied: a sentence says that it is not."""
    return bool(answer) and not isinstance(answer, str)


def _explained(
    trace: Trace,
    now: Moment,
    event: int | None,
    answer: object,
    *words: str,
    lost: Iterable[Event] = (),
) -> tuple[int | None, str]:
    """What is wrong, in words: its event with the causes of that, or else only the last change before."""
    said = [answer, *words] if isinstance(answer, str) else list(words)
    if event is not None:
        why = explained(trace, event, lost=lost)
        return event, " ".join([*said, "A" + why[1:]]) if said else why
    last = max(now.changed.values(), default=None)
    if last is not None:
        said.append(f"The last change before was {explained(trace, last, lost=lost)}")
    return last, " ".join(said)
