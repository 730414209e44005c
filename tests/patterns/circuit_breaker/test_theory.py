"""The closed forms of breakers and retries, against what happens and against other ways of counting."""

from __future__ import annotations

import random
from itertools import product
from math import inf, isclose
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from coordlab.patterns.circuit_breaker.rules import (
    CLOSED,
    FAILURE,
    OPEN,
    SUCCESS,
    Breaker,
    Permit,
    Settings,
)
from coordlab.patterns.circuit_breaker.theory import (
    calls_in_outage,
    calls_per_click,
    calls_until_trip,
    cycles_until_closed,
    mean_backoff,
    messages_per_click,
    safe_load,
    trip_chance,
)
from coordlab.patterns.resilience import one_click


@pytest.mark.parametrize("hops", [1, 2, 3, 4])
@pytest.mark.parametrize("retries", [0, 1, 2, 3])
def test_retries_of_all_hops_multiply(hops: int, retries: int) -> None:
    """The last service gets (r + 1)^d requests for one click, and all hops together the sum of the powers."""
    trace = one_click(hops, retries).trace
    assert trace.count("Request", peer=f"s{hops}") == calls_per_click(retries, hops)
    assert trace.count("send") == messages_per_click(retries, hops)


def test_three_retries_on_three_hops_are_64_calls() -> None:
    """The number to remember; the service can recover by itself up to a 64th of its capacity."""
    assert (calls_per_click(3, 3), safe_load(3, 3)) == (64, 1 / 64)


def cycles(health: float, probes: int, tolerated: int, closings: int) -> list[int]:
    """How often a breaker was half-open until it closed, again and again."""
    dice, breaker, found, now = (
        random.Random(7),
        Breaker(Settings(probes=probes, tolerated=tolerated)),
        [0],
        0.0,
    )
    breaker.force(OPEN, now)
    while len(found) <= closings:
        now += 60.0
        found[-1] += 1
        while isinstance(permit := breaker.admit(now), Permit) and permit.probe:
            breaker.outcome(permit, now, SUCCESS if dice.random() < health else FAILURE)
        if breaker.state == CLOSED:
            breaker.force(OPEN, now)
            found.append(0)
    return found[:-1]


@pytest.mark.slow
@pytest.mark.parametrize(("probes", "tolerated", "expected"), [(10, 0, 35.4), (10, 4, 1.18), (1, 0, 1.43)])
def test_a_strict_breaker_keeps_a_healthy_service_dark(probes: int, tolerated: int, expected: float) -> None:
    """A service that works seven times of ten waits 35 cycles for ten successes in a row: acted out, too."""
    mean = cycles_until_closed(0.7, probes, tolerated)
    assert round(mean, 2 if mean < 10 else 1) == expected
    found = cycles(0.7, probes, tolerated, closings=400)
    spread = (mean * (mean - 1) / len(found)) ** 0.5  # of the mean of geometric variables
    assert abs(sum(found) / len(found) - mean) < 3 * spread


@pytest.mark.parametrize("probes", range(1, 12))
def test_the_chance_to_close_is_that_of_scipy(probes: int) -> None:
    """The binomial distribution, for every number that is tolerated."""
    for tolerated, health in product(range(probes), (0.1, 0.7, 1.0)):
        chance = binom.cdf(tolerated, probes, 1 - health)
        assert isclose(cycles_until_closed(health, probes, tolerated), 1 / chance)


@pytest.mark.parametrize("failures", [1, 2, 5])
@pytest.mark.parametrize("chance", [0.2, 0.5, 0.8, 1.0])
def test_the_calls_until_a_trip_are_those_of_the_markov_chain(failures: int, chance: float) -> None:
    """The states are the failures in a row so far; the mean times to absorption solve linear equations."""
    steps = np.eye(failures)
    for row in range(failures):
        steps[row, 0] -= 1 - chance
        if row + 1 < failures:
            steps[row, row + 1] -= chance
    mean = np.linalg.solve(steps, np.ones(failures))[0]
    assert isclose(calls_until_trip(chance, failures), mean)


@pytest.mark.slow
def test_the_calls_until_a_trip_are_those_of_the_breaker() -> None:
    """Four of five calls fail by chance: unlike every fifth in order, this trips it, after ten on average."""
    dice, counts = random.Random(7), list[int]()
    for _ in range(2000):
        breaker, made = Breaker(Settings(failures=5)), 0
        while isinstance(permit := breaker.admit(0.0), Permit):
            made += 1
            breaker.outcome(permit, 0.0, FAILURE if dice.random() < 0.8 else SUCCESS)
        counts.append(made)
    spread = np.std(counts) / len(counts) ** 0.5
    assert abs(np.mean(counts) - calls_until_trip(0.8, 5)) < 3 * spread


@pytest.mark.parametrize("window", [1, 7, 10, 100])
def test_the_chance_of_a_false_trip_is_that_of_scipy(window: int) -> None:
    """The upper tail from the threshold on, the threshold itself included."""
    for failure, rate in product((0.0, 0.1, 0.5, 1.0), (0.1, 0.5, 0.7, 1.0)):
        least = next(count for count in range(window + 1) if count / window >= rate)
        assert isclose(
            trip_chance(failure, window, rate), binom.sf(least - 1, window, failure), abs_tol=1e-12
        )


def test_a_larger_window_tells_better() -> None:
    """A third of the calls fail, and half would trip it: of ten calls often, of a hundred hardly ever."""
    assert trip_chance(0.33, 10) > 0.2
    assert trip_chance(0.33, 100) < 0.001


def test_a_breaker_spares_a_dead_callee_most_calls() -> None:
    """An hour of calls every second to one that is down: 3600 without, and with the usual one a few."""
    assert calls_in_outage(3600, 1.0, 0.5, failures=5, wait=60.0) == 63
    assert calls_in_outage(0, 1.0, 0.5) == 0


@pytest.mark.parametrize(
    ("function", "wrong", "says"),
    [
        (calls_per_click, {"retries": -1}, "retries=-1: expected a whole number, 0 or more"),
        (calls_per_click, {"retries": 1.5}, "retries=1.5: expected a whole number"),
        (messages_per_click, {"hops": -1}, "hops=-1: expected a whole number, 1 or more"),
        (safe_load, {"hops": 0}, "hops=0"),
        (cycles_until_closed, {"health": 0, "probes": 1}, "health=0: expected a share above 0, up to 1"),
        (cycles_until_closed, {"health": 0.5, "probes": 0}, "probes=0"),
        (cycles_until_closed, {"health": 0.5, "probes": 2, "tolerated": 2}, "tolerated=2: .* from 0 to 1"),
        (calls_until_trip, {"failure": 0}, "failure=0: expected a probability above 0"),
        (calls_until_trip, {"failure": 0.5, "failures": inf}, "failures=inf: expected a whole number"),
        (trip_chance, {"failure": 2}, "failure=2: expected a probability from 0 to 1"),
        (trip_chance, {"failure": 0.5, "window": True}, "window=True: expected a whole number, 1 or more"),
        (trip_chance, {"failure": 0.5, "rate": 50}, "rate=50: expected a share"),
        (calls_in_outage, {"beats": -1, "period": 1, "patience": 1}, "beats=-1"),
        (calls_in_outage, {"beats": 1, "period": 0, "patience": 1}, "period=0: expected seconds above 0"),
        (calls_in_outage, {"beats": 1, "period": 1, "patience": inf}, "patience=inf: expected seconds"),
        (calls_in_outage, {"beats": 1, "period": 1, "patience": 1, "probes": 0}, "probes=0"),
        (mean_backoff, {"retries": -1}, "retries=-1"),
        (mean_backoff, {"retries": 3, "base": -1}, "base=-1: expected seconds, 0 or more"),
        (mean_backoff, {"retries": 3, "cap": inf}, "cap=inf: expected seconds"),
    ],
)
def test_what_lies_outside_a_formula_is_refused(function: Any, wrong: dict[str, Any], says: str) -> None:
    """With the domain, and a value inside it."""
    with pytest.raises(ValueError, match=says):
        function(**wrong)
