"""How long to wait before one tries again."""

from __future__ import annotations

import random
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given, strategies as st

from coordlab.patterns.resilience.rules import ceiling, delays


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    assert [ceiling(attempt) for attempt in (0, 1, 2, 6, 7, 5000)] == [0.1, 0.2, 0.4, 6.4, 10.0, 10.0]


@given(st.integers(0, 12), st.floats(0, 5), st.floats(0, 20), st.integers())
def test_full_jitter_stays_below_the_ceiling(retries: int, base: float, cap: float, seed: int) -> None:
    found = list(delays(retries, base, cap, random.Random(seed)))
    assert len(found) == retries
    assert all(0 <= delay <= ceiling(attempt, base, cap) for attempt, delay in enumerate(found))


def test_full_jitter_waits_half_as_long_on_average() -> None:
    """The mean over 4000 draws is 1.75 s of 0.5 + 1 + 2, within three standard errors."""
    dice = random.Random(7)
    sums = [sum(delays(3, 0.5, 10.0, dice)) for _ in range(4000)]
    spread = (sum((most / 12**0.5) ** 2 for most in delays(3, 0.5)) / len(sums)) ** 0.5
    assert abs(sum(sums) / len(sums) - 1.75) < 3 * spread
    assert sum(delays(3, 0.5)) == 3.5


def test_without_jitter_all_come_back_together() -> None:
    together = {next(delays(1)) for _ in range(50)}
    spread = {next(delays(1, dice=random.Random(seed))) for seed in range(50)}
    assert (len(together), len(spread)) == (1, 50)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"retries": -1}, r"retries=-1: expected a whole number, 0 or more\. For example: retries=3"),
        ({"retries": 1.5}, r"retries=1\.5: expected a whole number"),
        ({"retries": True}, "retries=True: expected a whole number"),
        ({"retries": 1, "base": -0.1}, r"base=-0\.1: expected seconds, 0 or more"),
        ({"retries": 1, "cap": inf}, "cap=inf: expected seconds"),
        ({"retries": 1, "cap": nan}, "cap=nan: expected seconds"),
    ],
)
def test_delays_that_cannot_be_are_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        list(delays(**wrong))
