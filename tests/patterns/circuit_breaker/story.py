"""What circuit breakers promise: runs that keep it, traces that break it, and the disasters it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.circuit_breaker import CAREFUL, Callee, Caller
from coordlab.patterns.circuit_breaker.checks import closes_when_well, properties
from coordlab.patterns.circuit_breaker.rules import (
    CLOSED,
    FAILURE,
    HALF_OPEN,
    OPEN,
    Outcome,
    Permit,
    Refusal,
    Settings,
    Transition,
)
from coordlab.properties import Property
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import plans
from tests.properties.mutated import changed, late, repeated, swapped, without

SETTINGS = Settings(
    failures=3, failure_rate=0.9, window_calls=6, minimum_calls=4, wait=1.0, probes=2, probe_wait=1.0
)
S1, S2, S3, S4, S5, S6, L1, L2, L3 = (each.name for each in properties(SETTINGS, 0.25, 0.2))


def callers(many: int, until: float = 7.0, settings: Settings = SETTINGS) -> Run:
    """Each calls db four times a second; it is down from 2.9 s to 5.5 s."""
    world = World(latency=0.01).add(Callee("db"))
    world.add(Caller(f"c{number}", settings=settings) for number in range(many))
    return world.inject("crash db @2.9..5.5").expect(*properties(settings, 0.25, 0.2)).run(until=until)


@cache
def outage() -> Run:
    """One caller: closed, open, half-open, open, half-open, open, half-open, closed."""
    return callers(1, until=9.0)


def trace() -> Trace:
    return outage().trace


def notes(kind: type, since: float = 0.0) -> list[Event]:
    """What the breaker tells of one kind."""
    return [*trace().select("note", kind.__name__, since=since)]


def turn(after: str, since: float = 0.0) -> Event:
    """The first transition to a state since then."""
    return next(event for event in notes(Transition, since) if event.data.after == after)


def probe() -> Event:
    return next(event for event in notes(Permit) if event.data.probe)


def failure(number: int) -> Event:
    return [event for event in notes(Outcome) if event.data.result == FAILURE][number]


def before(event: Event) -> Event:
    """The last outcome before an event."""
    return [each for each in notes(Outcome) if each.seq < event.seq][-1]


def told(event: Event, what: Any, start: Trace | None = None) -> Trace:
    """The breaker tells this instead."""
    return changed(start or trace(), event, name=type(what).__name__, data=what)


def edited(event: Event, **fields: Any) -> Trace:
    """Some fields of what the breaker tells are different."""
    return told(event, replace(event.data, **fields))


def permitted_while_open(start: Trace | None = None) -> Trace:
    """Half a second after the trip a call is admitted."""
    refusal = notes(Refusal)[0]
    return told(refusal, Permit("db", 1, 99, refusal.time), start)


def probe_again(start: Trace, number: int) -> Trace:
    """One more probe under way."""
    return repeated(start, probe(), data=replace(probe().data, number=number))


def never_closes() -> Trace:
    """All is well, the probes come back, and it stays half-open."""
    return without(trace(), turn(CLOSED))


STORY = (outage,)
GROWS = (lambda: callers(3), lambda: callers(12))
BROKEN: dict[str, list[Callable[[], Trace] | tuple[Callable[[], Trace], Property]]] = {
    S1: [
        permitted_while_open,
        lambda: repeated(trace(), trace().select("Request")[0], after=notes(Refusal)[0]),
        lambda: permitted_while_open(edited(turn(OPEN), after="forced open", why="forced")),
    ],
    S2: [lambda: probe_again(probe_again(trace(), 98), 99)],  # three, where two are allowed
    S3: [
        lambda: edited(turn(OPEN), generation=0),
        lambda: edited(turn(HALF_OPEN), after=CLOSED),  # from open to closed
        lambda: without(trace(), turn(OPEN)),
        lambda: repeated(trace(), turn(OPEN)),
    ],
    S4: [
        lambda: edited(before(turn(CLOSED)), generation=0),  # closed by a call from before the trip
        # it opens a call later, not after an outcome
        lambda: late(trace(), turn(OPEN), after=trace().select("send", since=turn(OPEN).time + 0.1)[0]),
        lambda: swapped(trace(), before(turn(OPEN)), turn(OPEN)),
        lambda: edited(notes(Outcome)[1], failure_rate=0.0, slow_rate=0.0),  # below the minimum
        lambda: edited(next(each for each in notes(Outcome) if each.data.failure_rate), failure_rate=0.9),
        lambda: without(trace(), failure(1)),  # and still it trips
        # at the threshold the next call is made all the same
        lambda: repeated(without(trace(), turn(OPEN)), notes(Permit)[0], after=failure(2)),
    ],
    S5: [
        lambda: changed(trace(), turn(HALF_OPEN), time=round((turn(OPEN).time + 0.4) * 1e6)),
        lambda: swapped(trace(), turn(HALF_OPEN), notes(Refusal)[0]),
    ],
    S6: [
        lambda: edited(notes(Outcome)[0], result=FAILURE),
        lambda: edited(failure(0), result="success"),
        lambda: without(trace(), notes(Outcome)[0]),
    ],
    L1: [
        lambda: without(
            told(probe(), Refusal("db", OPEN, 0.0)), trace().select("Request", since=probe().time)[0]
        )
    ],
    L2: [
        # nine probes, one every 0.25 s, take longer than two
        (lambda: callers(1, 12, replace(SETTINGS, probes=9)).trace, closes_when_well(SETTINGS, 0.25)),
        never_closes,
        lambda: late(trace(), turn(CLOSED), after=[event for event in trace() if event.time < 8.9][-1]),
    ],
    L3: [
        lambda: without(
            trace(),
            *[event for event in notes(Outcome) if event.data.number == probe().data.number],
            turn(OPEN, probe().time),
        )
    ],
}

TOLERANT = Settings(
    failures=None,
    failure_rate=0.5,
    slow_rate=0.8,
    slow=0.1,
    window_seconds=3.0,
    minimum_calls=4,
    wait=0.7,
    probes=4,
    tolerated=1,
    probe_wait=0.15,
)
NAMES = ("ann", "bob", "cid")
UNTIL = 10.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Three callers of one callee, and up to four faults of any kind."""
    settings, failing = draw(st.sampled_from([CAREFUL, TOLERANT])), draw(st.sampled_from([0.0, 0.1, 0.5]))
    period = draw(st.sampled_from([0.3, 0.06]))
    world = World(draw(st.integers(0, 999)), latency="uniform(0.01, 0.05)").add(Callee("db", failing))
    world.add(Caller(name, period=period, settings=settings) for name in NAMES)
    world.inject(*draw(plans(["db", *NAMES], "crash partition cut slow drop duplicate delay", end=6.0)))
    return world.expect(*properties(settings, traffic=period, patience=0.2))


SEEN: dict[str, Callable[[Run], Any]] = {
    **{
        state: lambda run, state=state: any(each.data == state for each in run.trace.select("role"))
        for state in (OPEN, HALF_OPEN, CLOSED)
    },
    "a probe is given up": lambda run: any(
        event.data.result == "lapsed" for event in run.trace.select("note", "Outcome")
    ),
    "a caller crashes": lambda run: any(event.agent != "db" for event in run.trace.select("crash")),
}
