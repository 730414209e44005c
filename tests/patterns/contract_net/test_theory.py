"""The formulas of the contract net: known numbers are in their doctests, here are limits and bad input."""

from __future__ import annotations

import math
from itertools import product
from math import inf, nan
from typing import Any

import pytest

from coordlab.patterns.contract_net import theory
from coordlab.patterns.contract_net.rules import served


@pytest.mark.parametrize(("calls", "bidders"), [(1, 1), (2, 3), (3, 2), (3, 4), (4, 4)])
def test_how_many_are_served_is_the_mean_over_all_choices(calls: int, bidders: int) -> None:
    """Every way in which bidders can choose, counted."""
    ways = [served([str(each)] for each in way) for way in product(range(calls), repeat=bidders)]
    assert math.isclose(theory.expected_served(calls, bidders), sum(ways) / len(ways))


def test_the_gap_grows_without_limit() -> None:
    """H(n) passes every bound, the sum of 1/k² none beyond π²/6."""
    assert theory.harmonic(10_000) > 9
    assert theory.squares(10_000) < math.pi**2 / 6


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: theory.messages(3, 4), r"proposals=4 of 3 invited: give whole numbers, 0 or more"),
        (lambda: theory.messages(3, -1), r"proposals=-1 of 3 invited"),
        (lambda: theory.iterated_messages(0, 1), r"proposals=0, rounds=1: give 1 or more of both"),
        (lambda: theory.iterated_messages(1, 0), r"proposals=1, rounds=0"),
        (lambda: theory.harmonic(0), r"0 tasks: give 1 or more"),
        (lambda: theory.squares(-1), r"-1 tasks"),
        (lambda: theory.misleading_costs(0), r"0 tasks"),
        (lambda: theory.expected_served(0, 3), r"0 tasks"),
        (lambda: theory.expected_served(3, -1), r"bidders=-1: give 0 or more"),
        (lambda: theory.expected_served(3, nan), r"bidders=nan: give 0 or more, a whole number"),
        (lambda: theory.expected_served(2.5, 1), r"2\.5 tasks: give 1 or more, a whole number"),
        (lambda: theory.harmonic(nan), r"nan tasks: give 1 or more, a whole number"),
        (lambda: theory.messages(3, 0.5), r"proposals=0\.5 of 3 invited"),
        (lambda: theory.messages(inf, 5), r"proposals=5 of inf invited"),
        (lambda: theory.iterated_messages(nan, 2), r"proposals=nan, rounds=2"),
        (lambda: theory.iterated_messages(3, True), r"rounds=True"),
        (lambda: theory.seconds(-1), r"latency=-1, work=0\.0: give seconds, 0 or more"),
        (lambda: theory.seconds(0.1, nan), r"latency=0\.1, work=nan"),
    ],
)
def test_what_cannot_be_is_refused(call: Any, says: str) -> None:
    """What was given, and what is allowed."""
    with pytest.raises(ValueError, match=says):
        call()
