"""Intervals: 95 % of them hold the truth, also of few numbers, and also without scipy."""

import sys
from random import Random

import pytest

from coordlab.intervals import Interval, estimate, share


def coverage(size: int, draws: int = 2_000) -> float:
    """The share of intervals of `size` normal numbers that hold their mean."""
    dice = Random(size)
    found = (estimate([dice.gauss(5.0, 2.0) for _ in range(size)]) for _ in range(draws))
    return sum(each.low <= 5.0 <= each.high for each in found) / draws


@pytest.mark.parametrize("size", [2, 3, 5, 10, 30])
def test_an_interval_of_a_mean_holds_it_in_95_of_100_cases(size: int) -> None:
    assert 0.935 <= coverage(size) <= 0.965


def test_without_scipy_it_is_a_bootstrap_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    found = estimate([1.0, 2.0, 4.0, 8.0] * 5)
    assert found.method == "bootstrap"
    assert 2.5 < found.low < found.mean == 3.75 < found.high < 5.2
    assert found == estimate([1.0, 2.0, 4.0, 8.0] * 5)


@pytest.mark.parametrize(
    ("hits", "size", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_shares_have_wilsons_interval(hits: int, size: int, low: float, high: float) -> None:
    """The last is the example of Newcombe (Statistics in Medicine 17, 1998, table I)."""
    found = share(hits, size)
    assert (round(found.low, 4), round(found.high, 4), found.method) == (low, high, "Wilson")
    assert estimate([True] * hits + [False] * (size - hits)) == found


def test_equal_numbers_and_a_single_one_have_no_interval() -> None:
    assert estimate([3, 3, 3]) == estimate([3]) == Interval(3, 3, 3)


def test_nothing_has_no_mean() -> None:
    with pytest.raises(ValueError, match="expected at least one number"):
        estimate([])
