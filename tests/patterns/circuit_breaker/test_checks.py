"""What the properties of circuit breakers cannot tell yet, and what else they allow."""

from __future__ import annotations

from typing import Any

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
    return {verdict.name: verdict.status for verdict in (j(trace) for j in properties(SETTINGS, 0.25, 0.2))}


@pytest.mark.parametrize("broken", [S1, S3, S4, S5, L1])
def test_a_trace_that_breaks_one_promise_breaks_that_one_alone(broken: str) -> None:
    mutation: Any = story.BROKEN[broken][0]
    found = statuses((mutation[0] if isinstance(mutation, tuple) else mutation)())
    assert {name for name, status in found.items() if status == "violated"} == {broken}


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    found = statuses(ended(trace(), turn(OPEN).time + 0.5))
    assert [name for name, status in found.items() if status == "undecided"] == [L1, L2, L3]


def test_a_probe_under_way_at_the_end_is_undecided() -> None:
    last = [event for event in notes(Permit) if event.data.probe][-1]
    assert statuses(ended(trace(), last.time + 0.005))[L3] == "undecided"


def test_where_nothing_trips_nothing_is_proven_about_trips() -> None:
    calm = World(latency=0.01).add(Callee("db"), Caller("ann", settings=SETTINGS)).run(until=3).trace
    assert [*statuses(calm).values()] == ["holds"] * 6 + ["undecided"] * 3


def test_without_steady_traffic_nobody_can_tell_whether_it_would_close() -> None:
    since = turn(OPEN).time + 1e-6
    asked = trace().select("Request", since=since)
    silent = without(trace(), *notes(Permit, since), *notes(Refusal, since), *asked, turn(CLOSED))
    assert statuses(silent)[L2] == "undecided"


def test_the_bound_for_closing_may_run_out_at_the_end_of_the_trace() -> None:
    last = [event for event in notes(Transition) if event.data.after == OPEN][-1].time
    found = [statuses(ended(never_closes(), last + 2.5 + more))[L2] for more in (-0.01, 0.01)]
    assert found == ["undecided", "violated"]


def test_a_forced_transition_is_legal() -> None:
    closed = edited(turn(HALF_OPEN), after=CLOSED, why="forced")
    assert statuses(closed)[S3] == "violated"  # because the next one says that it was half-open
    opened = statuses(edited(turn(OPEN), why="forced"))
    assert [opened[name] for name in (S3, S4)] == ["holds"] * 2


class Dozing(Caller):
    """Calls eight times, sleeps for ten seconds, and calls again."""

    async def run(self) -> None:
        """Until the world ends."""
        for pause in (*[0.25] * 8, 10.0, *[0.25] * 8):
            self.spawn(self.call())
            await self.sleep(pause)


def test_a_pause_of_the_caller_is_not_held_against_the_breaker() -> None:
    world = World(latency=0.01).add(Callee("db"), Dozing("ann", settings=SETTINGS))
    trace = world.inject("crash db @1..2").run(until=15).trace
    states = [(round(event.time), event.data) for event in trace.select("role", kind="state")]
    assert states == [(2, OPEN), (3, HALF_OPEN), (12, CLOSED)]
    assert {status for name, status in statuses(trace).items() if name != S2} == {"holds"}


def test_the_bound_for_closing_is_the_wait_a_call_for_each_probe_and_the_last_one_back() -> None:
    assert closing_time(SETTINGS, traffic=0.25) == 2.5
    assert outage().verdicts[7].name == L2
