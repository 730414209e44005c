"""Properties of moments, judged together in one pass, and only where something may have changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf

from coordlab.properties.moment import CHANGES, Moment
from coordlab.properties.verdicts import Property, Verdict, say_which, settled
from coordlab.trace.trace import MICRO, Trace


class Watch:
    """One property while a trace passes.

    name: the name of the property.
    wakes: the time, in virtual seconds, from which it must look again even if no state has changed.
    """

    name: str
    wakes: float = inf

    def look(self, now: Moment) -> Verdict | None:
        """The verdict, as soon as it is certain."""
        raise NotImplementedError

    def end(self) -> Verdict:
        """The verdict at the end, if it was not certain before."""
        raise NotImplementedError


@dataclass(frozen=True, repr=False)
class Watched(Property):
    """A property of moments."""

    watch: Callable[[Trace], Watch] = field(kw_only=True)

    @staticmethod
    def together(trace: Trace, properties: Sequence[Watched]) -> list[Verdict]:
        """The verdicts of several properties, in one pass through the trace."""
        found = watch_all(trace, [each.watch(trace) for each in properties])
        return [settled(trace, verdict) for verdict in found]


def watched(name: str, watch: Callable[[Trace], Watch]) -> Property:
    """The property with this name that watches a trace in this way."""
    return Watched(name, partial(_alone, watch), watch=watch)


def _alone(watch: Callable[[Trace], Watch], trace: Trace) -> Verdict:
    return watch_all(trace, [watch(trace)])[0]


def _look(watches: dict[int, Watch], now: Moment, certain: dict[int, Verdict], *, changed: bool) -> float:
    """Let each watch look whose answer may have changed, and drop those with a certain verdict.

    Returns the time from which one of them must look again even if nothing changes.
    """
    for number, each in list(watches.items()):
        if changed or now._time >= each.wakes:
            try:
                verdict = each.look(now)
            except Exception as error:
                say_which(error, each.name)
                raise
            if verdict is not None:
                certain[number] = verdict
                del watches[number]
    return min((each.wakes for each in watches.values()), default=inf)


def watch_all(trace: Trace, watches: Sequence[Watch]) -> list[Verdict]:
    """Let each watch look wherever something may have changed for it, until its verdict is certain."""
    certain: dict[int, Verdict] = {}
    now, soonest, left = Moment(trace), inf, dict(enumerate(watches))
    before = 0.0  # the time of the row before
    for seq, row in enumerate(trace.rows):
        time = row[0] / MICRO
        if time >= soonest or row[1] in CHANGES:
            if seq and before < time >= soonest:
                now.pass_to(time, seq - 1)
                soonest = _look(left, now, certain, changed=False)
            version = now.version
            now.take(seq, row)
            if version != now.version or time >= soonest:
                soonest = _look(left, now, certain, changed=version != now.version)
                if not left:
                    break
        before = time
    if trace.until > before:
        now.pass_to(trace.until, len(trace) - 1)
        _look(left, now, certain, changed=False)
    return [certain[number] if number in certain else each.end() for number, each in enumerate(watches)]
