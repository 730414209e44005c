"""The best weights: every number of the literature, and no rule is better."""

from __future__ import annotations

import random
from itertools import product
from math import inf, prod
from typing import Any

import pytest

from coordlab.patterns.voting import theory as voting
from coordlab.patterns.weighted.rules import log_odds
from coordlab.patterns.weighted.theory import accuracy, best_accuracy, best_single, messages


def weighed(competences: list[float]) -> float:
    return accuracy([log_odds(p) for p in competences], competences)


@pytest.mark.parametrize(
    ("competences", "simple", "linear", "best"),
    [
        ([0.9, 0.9, 0.6, 0.6, 0.6], 0.87696, 0.90180, 0.92664),
        ([0.95, 0.6, 0.6, 0.6, 0.6], 0.80352, None, 0.95),
        ([0.9, 0.6, 0.6, 0.6, 0.6], 0.78624, None, 0.9),
        ([0.1, 0.6, 0.6], 0.408, None, 0.9),
    ],
)
def test_the_numbers_of_the_literature(
    competences: list[float], simple: float, linear: float | None, best: float
) -> None:
    """One voter one vote, weights as competences, and log-odds."""
    assert accuracy([1.0] * len(competences), competences) == pytest.approx(simple, abs=1e-9)
    assert linear is None or accuracy(competences, competences) == pytest.approx(linear, abs=1e-9)
    assert weighed(competences) == pytest.approx(best, abs=1e-9)
    assert weighed(competences) >= best_single(competences) - 1e-12


def test_equal_weights_are_the_jury() -> None:
    for voters in range(1, 8):
        several = [0.9, 0.3, 0.6, 0.5, 0.8, 0.7, 0.55][:voters]
        assert accuracy([1.0] * voters, several) == pytest.approx(voting.jury_of(several), abs=1e-12)


@pytest.mark.parametrize("voters", range(1, 10))
def test_no_rule_is_better_than_log_odds(voters: int) -> None:
    """In each of the 2^n ways to vote a rule takes one answer, and log-odds always take the likelier."""
    dice = random.Random(voters)
    for _ in range(8):
        competences = [dice.choice([0.5, 0.6, 0.6, dice.uniform(0.02, 0.98)]) for _ in range(voters)]
        assert weighed(competences) == pytest.approx(best_accuracy(competences), abs=1e-9)


@pytest.mark.parametrize("competences", [[0.9, 0.6, 0.6], [0.2, 0.7, 0.6], [0.5, 0.8, 0.3]])
def test_the_best_of_all_rules_is_found_by_trying_them_all(competences: list[float]) -> None:
    """Three voters vote in 8 ways, so there are 256 rules: none is right more often."""
    ways = list(product((1, -1), repeat=3))

    def right(rule: dict[tuple[int, ...], int]) -> float:
        """How often, yes and no being equally likely to be true."""
        total = 0.0
        for truth, votes in product((1, -1), ways):
            chances = (p if vote == truth else 1 - p for vote, p in zip(votes, competences, strict=True))
            total += 0.5 * prod(chances) * (rule[votes] == truth)
        return total

    rules = [dict(zip(ways, says, strict=True)) for says in product((1, -1), repeat=8)]
    assert max(map(right, rules)) == pytest.approx(best_accuracy(competences), abs=1e-12)
    assert weighed(competences) == pytest.approx(best_accuracy(competences), abs=1e-12)


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (lambda: accuracy([1.0], [0.6, 0.7]), r"1 weights for 2 voters: expected one for each\."),
        (lambda: accuracy([inf], [0.6]), r"weight=inf: expected a number\."),
        (lambda: accuracy([1.0], [1.2]), r"competence=1\.2: expected a probability from 0 to 1\."),
        (lambda: best_accuracy([]), r"0 voters: all ways to vote are tried, so expected 1 to 20 voters\."),
        (lambda: best_accuracy([0.6] * 21), r"21 voters: .*coordlab\.patterns\.voting\.theory\.jury_of"),
        (lambda: best_single([-0.1]), r"competence=-0\.1: expected a probability"),
        (lambda: messages(0), r"voters=0: expected a whole number, 1 or more\."),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        asked()
