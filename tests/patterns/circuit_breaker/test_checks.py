"""What the properties of circuit breakers cannot tell yet, and what else they allow."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coordlab import World
from coordlab.patterns.circuit_breaker import Callee, Caller
from coordlab.patterns.circuit_breaker.checks import closing_time, properties
from coordlab.patterns.circuit_breaker.rules import CLOSED, HALF_OPEN, OPEN, Permit, Refusal, Transition
from coordlab.trace.trace import Trace
from tests.patterns.circuit_breaker import story
from tests.patterns.circuit_breaker.story import (
    L1,
    L2,
    L3,
    S1,
    S2,
    S3,
    S4,
    S5,
    S6,
    SETTINGS,
    edited,
    never_closes,
    notes,
    outage,
    trace,
    turn,
)
from tests.properties.mutated import ended, without


def statuses(trace: Trace) -> dict[str, str]:
    return {verdict.name: verdict.status for verdict in (j(trace) for j in properties(SETTINGS, 0.25))}


@pytest.mark.parametrize(
    ("mutation", "broken"),
    [
        (story.permitted_while_open, S1),
        (story.a_herd_of_probes, S2),
        (lambda: edited(turn(OPEN), generation=0), S3),
        (lambda: edited(story.before(turn(CLOSED)), generation=0), S4),
        (story.tried_too_early, S5),
        (story.rate_below_the_minimum, S6),
        (story.refused_after_the_wait, L1),
        (story.nine_probes, L2),
    ],
)
def test_a_trace_that_breaks_one_promise_breaks_that_one_alone(
    mutation: Callable[[], Trace], broken: str
) -> None:
    """No other property objects."""
    found = statuses(mutation())
    assert {name for name, status in found.items() if status == "violated"} == {broken}


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """Just after the trip nobody knows whether a probe will be admitted, or come back, or close it."""
    found = statuses(ended(trace(), turn(OPEN).time + 0.5))
    assert [name for name, status in found.items() if status == "undecided"] == [L1, L2, L3]


def test_a_probe_under_way_at_the_end_is_undecided() -> None:
    """It may still come back; a probe before it did."""
    last = [event for event in notes(Permit) if event.data.probe][-1]
    assert statuses(ended(trace(), last.time + 0.005))[L3] == "undecided"


def test_where_nothing_trips_nothing_is_proven_about_trips() -> None:
    """Safety holds, liveness is undecided."""
    calm = World(latency=0.01).add(Callee("db"), Caller("ann", settings=SETTINGS)).run(until=3).trace
    assert [*statuses(calm).values()] == ["holds"] * 6 + ["undecided"] * 3


def test_without_steady_traffic_nobody_can_tell_whether_it_would_close() -> None:
    """There are no calls after the trip, so no probe can close it."""
    since = turn(OPEN).time + 1e-6
    asked = trace().select("Request", since=since)
    silent = without(trace(), *notes(Permit, since), *notes(Refusal, since), *asked, turn(CLOSED))
    assert statuses(silent)[L2] == "undecided"


def test_the_bound_for_closing_may_run_out_at_the_end_of_the_trace() -> None:
    """Nothing more happens, and with the time the verdict turns."""
    last = [event for event in notes(Transition) if event.data.after == OPEN][-1].time
    found = [statuses(ended(never_closes(), last + 2.5 + more))[L2] for more in (-0.01, 0.01)]
    assert found == ["undecided", "violated"]


def test_a_forced_transition_is_legal() -> None:
    """From open to closed, and from closed to half-open: it is on record as forced."""
    closed = edited(turn(HALF_OPEN), after=CLOSED, why="forced")
    assert statuses(closed)[S3] == "violated"  # because the next one says that it was half-open
    opened = statuses(edited(turn(OPEN), why="forced"))
    assert [opened[name] for name in (S3, S4, S6)] == ["holds"] * 3


def test_a_crash_of_the_caller_ends_its_breakers() -> None:
    """The breaker after its restart begins closed, in generation 0."""
    world = World(latency=0.01).add(Callee("db"), Caller("ann", settings=SETTINGS))
    found = statuses(world.inject("crash db @1..6", "crash ann @3.3..3.6").run(until=12).trace)
    assert set(found.values()) == {"holds"}


class Dozing(Caller):
    """Calls eight times, sleeps for ten seconds, and calls again."""

    async def run(self) -> None:
        """Until the world ends."""
        for pause in (*[0.25] * 8, 10.0, *[0.25] * 8):
            self.spawn(self.call())
            await self.sleep(pause)


def test_a_pause_of_the_caller_is_not_held_against_the_breaker() -> None:
    """It was open before a long pause, and closes after it as soon as it is asked."""
    world = World(latency=0.01).add(Callee("db"), Dozing("ann", settings=SETTINGS))
    trace = world.inject("crash db @1..2").run(until=15).trace
    states = [(round(event.time), event.data) for event in trace.select("role", kind="state")]
    assert states == [(2, OPEN), (3, HALF_OPEN), (12, CLOSED)]
    assert {status for name, status in statuses(trace).items() if name != S2} == {"holds"}


def test_the_bound_for_closing_is_the_wait_a_call_for_each_probe_and_the_last_one_back() -> None:
    """1 s, 2 calls 0.25 s apart, and 1 s."""
    assert closing_time(SETTINGS, traffic=0.25) == 2.5
    assert outage().verdicts[7].name == L2
