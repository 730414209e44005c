"""Numbers of masking, reviews and tests: those of the literature, and against brute force."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from coordlab.patterns.rogue.theory import accepted_wrong, messages, sprt, to_mask, wald


def test_walds_numbers() -> None:
    """0.9 against 0.6 with 5 % error: 8.5 to convict and 11.7 to clear; exactly it takes about 2 more."""
    assert [round(each, 1) for each in wald()] == [8.5, 11.7]
    exact = sprt(0.6)[1], sprt(0.9)[1]
    assert [round(more - less, 1) for more, less in zip(exact, wald(), strict=True)] == [2.3, 1.6]


@pytest.mark.parametrize("errors", [0.01, 0.05, 0.1])
@pytest.mark.parametrize("chances", [(0.9, 0.6), (0.95, 0.5), (0.8, 0.7)])
def test_wald_is_a_bound_from_below_that_is_not_far_off(chances: tuple[float, float], errors: float) -> None:
    honest, rogue = chances
    test = honest, rogue, errors, errors
    convict, clear = wald(*test)
    (caught, to_convict), (framed, to_clear) = (sprt(p, *test) for p in (rogue, honest))
    assert 1 <= to_convict / convict < 1.6
    assert 1 <= to_clear / clear < 1.6
    assert framed <= errors >= 1 - caught


@pytest.mark.parametrize(("competence", "ends"), [(1.0, (0.0, 8)), (0.0, (1.0, 3))])
def test_who_is_always_right_or_always_wrong_is_done_with_soon(competence: float, ends: Any) -> None:
    assert sprt(competence) == ends


def test_a_verifier_lets_one_error_in_forty_through() -> None:
    assert round(accepted_wrong(0.8, 0.9, 0.05), 3) == 0.026


@pytest.mark.parametrize(("reviewers", "approvals"), [(1, 1), (3, 2), (3, 3), (5, 3)])
def test_the_share_of_errors_is_what_one_finds_by_going_through_all_cases(
    reviewers: int, approvals: int
) -> None:
    good = bad = 0.0
    for right, *votes in product((True, False), repeat=reviewers + 1):
        chance = 0.8 if right else 0.2
        for vote in votes:
            approves = 0.95 if right else 0.1
            chance *= approves if vote else 1 - approves
        if sum(votes) >= approvals:
            good, bad = good + chance * right, bad + chance * (not right)
    assert accepted_wrong(0.8, 0.9, 0.05, reviewers, approvals) == pytest.approx(bad / (good + bad))


REFUSED = [
    (lambda: to_mask(-1), r"faulty=-1: expected a whole number, 0 or more"),
    (lambda: accepted_wrong(1.5, 0.9, 0.1), r"right=1\.5: expected a probability from 0 to 1"),
    (lambda: accepted_wrong(0.8, 0.9, 0.05, 3, 4), r"approvals=4: expected a whole number from 1 to 3"),
    (lambda: accepted_wrong(1.0, 0.9, 1.0), r"false_alarm=1\.0: nothing would be accepted"),
    (lambda: wald(0.6, 0.9), r"rogue=0\.9: expected a number above 0 and below 0\.6"),
    (lambda: sprt(1.2), r"competence=1\.2: expected a probability"),
    (lambda: messages(-1), r"tasks=-1: expected a whole number"),
]


@pytest.mark.parametrize(("wrong", "why"), REFUSED)
def test_what_is_out_of_range_is_refused(wrong: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        wrong()
