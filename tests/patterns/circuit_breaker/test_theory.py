"""The closed forms of breakers and retries, against what happens and against other ways of counting."""

from __future__ import annotations

import random
from itertools import product
from math import inf, isclose
from typing import Any

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
    cycles_until_closed,
    safe_load,
)
from coordlab.patterns.resilience import one_click


@pytest.mark.parametrize("hops", [1, 2, 3, 4])
@pytest.mark.parametrize("retries", [0, 1, 2, 3])
def test_retries_of_all_hops_multiply(hops: int, retries: int) -> None:
    assert one_click(hops, retries).trace.count("Request", peer=f"s{hops}") == calls_per_click(retries, hops)
    assert (calls_per_click(3, 3), safe_load(3, 3)) == (64, 1 / 64)


def cycles(health: float, probes: int, tolerated: int, closings: int) -> list[int]:
    """How often a breaker was half-open until it closed, again and again."""
    dice, found, now = random.Random(7), [0], 0.0
    breaker = Breaker(Settings(probes=probes, tolerated=tolerated))
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
    mean = cycles_until_closed(0.7, probes, tolerated)
    assert round(mean, 2 if mean < 10 else 1) == expected
    found = cycles(0.7, probes, tolerated, closings=400)
    spread = (mean * (mean - 1) / len(found)) ** 0.5  # of the mean of geometric variables
    assert abs(sum(found) / len(found) - mean) < 3 * spread


@pytest.mark.parametrize("probes", range(1, 12))
def test_the_chance_to_close_is_that_of_scipy(probes: int) -> None:
    for tolerated, health in product(range(probes), (0.1, 0.7, 1.0)):
        chance = binom.cdf(tolerated, probes, 1 - health)
        assert isclose(cycles_until_closed(health, probes, tolerated), 1 / chance)


def test_a_breaker_spares_a_dead_callee_most_calls() -> None:
    assert calls_in_outage(3600, 1.0, 0.5, failures=5, wait=60.0) == 63
    assert calls_in_outage(0, 1.0, 0.5) == 0


@pytest.mark.parametrize(
    ("function", "wrong", "says"),
    [
        (calls_per_click, {"retries": -1}, "retries=-1: expected a whole number, 0 or more"),
        (calls_per_click, {"retries": 1.5}, "retries=1.5: expected a whole number"),
        (safe_load, {"hops": 0}, "hops=0"),
        (cycles_until_closed, {"health": 0, "probes": 1}, "health=0: expected a share above 0, up to 1"),
        (cycles_until_closed, {"health": 0.5, "probes": 0}, "probes=0"),
        (cycles_until_closed, {"health": 0.5, "probes": 2, "tolerated": 2}, "tolerated=2: .* from 0 to 1"),
        (calls_in_outage, {"beats": -1, "period": 1, "patience": 1}, "beats=-1"),
        (calls_in_outage, {"beats": 1, "period": 0, "patience": 1}, "period=0: expected seconds above 0"),
        (calls_in_outage, {"beats": 1, "period": 1, "patience": inf}, "patience=inf: expected seconds"),
        (calls_in_outage, {"beats": 1, "period": 1, "patience": 1, "probes": 0}, "probes=0"),
    ],
)
def test_what_lies_outside_a_formula_is_refused(function: Any, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        function(**wrong)
