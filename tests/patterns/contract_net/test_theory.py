"""The formulas of the contract net: known numbers are in their doctests, here are averages and bad input."""

from __future__ import annotations

from itertools import product
from math import isclose, nan
from typing import Any

import pytest

from coordlab.patterns.contract_net import theory


@pytest.mark.parametrize(("calls", "bidders"), [(1, 1), (2, 3), (3, 2), (3, 4), (4, 4)])
def test_how_many_are_served_is_the_mean_over_all_choices(calls: int, bidders: int) -> None:
    ways = [len(set(way)) for way in product(range(calls), repeat=bidders)]
    assert isclose(theory.expected_served(calls, bidders), sum(ways) / len(ways))


@pytest.mark.parametrize("tasks", [1, 2, 5, 12])
def test_as_many_contractors_as_tasks_cost_the_sum_of_the_reciprocal_squares(tasks: int) -> None:
    squares = sum(1 / k**2 for k in range(1, tasks + 1))
    assert isclose(theory.least_cost(tasks, tasks), squares)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: theory.messages(3, 4), r"proposals=4: expected a whole number from 0 to 3\."),
        (lambda: theory.messages(3, 0.5), r"proposals=0\.5: expected a whole number"),
        (lambda: theory.iterated_messages(0, 1), r"proposals=0: expected a whole number, 1 or more\."),
        (lambda: theory.iterated_messages(3, True), r"rounds=True: expected a whole number, 1 or more\."),
        (lambda: theory.expected_served(0, 3), r"calls=0: expected a whole number, 1 or more\."),
        (lambda: theory.least_cost(3, 2), r"contractors=2: expected a whole number, 3 or more\."),
        (lambda: theory.expected_served(3, nan), r"bidders=nan: expected a whole number, 0 or more\."),
    ],
)
def test_what_cannot_be_is_refused(call: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()
