"""The jury theorem: every number, by counting, by simulation, and where it ends."""

from __future__ import annotations

from itertools import product
from math import prod, sqrt
from typing import Any

import pytest

from coordlab.patterns.voting import theory
from coordlab.patterns.voting.theory import common_cause, correlated, jury, jury_of, mixed
from tests.patterns.voting.juries import simulated


def counted(competences: list[float], tied: float) -> float:
    total = 0.0
    for right in product((True, False), repeat=len(competences)):
        chance = prod(p if each else 1 - p for p, each in zip(competences, right, strict=True))
        lead = 2 * sum(right) - len(right)
        total += chance * (tied if lead == 0 else lead > 0)
    return total


@pytest.mark.parametrize(
    ("voters", "competence", "right"),
    [
        (3, 0.6, 0.648), (5, 0.6, 0.68256), (11, 0.6, 0.75350), (21, 0.6, 0.82562), (51, 0.6, 0.92647),
        (101, 0.6, 0.97910), (1001, 0.51, 0.73663), (101, 0.45, 0.15624), (7, 1.0, 1.0), (7, 0.0, 0.0),
    ],
)  # fmt: skip
def test_the_numbers_of_the_theorem(voters: int, competence: float, right: float) -> None:
    """Larger juries are better above one half, and worse below."""
    assert round(jury(voters, competence), 5) == right


@pytest.mark.parametrize(("ties", "tied"), [("coin", 0.5), ("lost", 0.0)])
def test_the_theorem_counts_every_way_to_vote(ties: str, tied: float) -> None:
    for voters in range(1, 7):
        assert jury(voters, 0.7, ties) == pytest.approx(counted([0.7] * voters, tied), abs=1e-12)
        several = [0.3, 0.9, 0.6, 0.5, 1.0, 0.8][:voters]
        assert jury_of(several, ties) == pytest.approx(counted(several, tied), abs=1e-12)


def test_one_more_voter_on_an_odd_jury_changes_nothing_with_a_coin_and_harms_without() -> None:
    """An even jury equals the next smaller odd one exactly; with ties lost, two are worse than one."""
    for voters in range(2, 60, 2):
        assert jury(voters, 0.6) == pytest.approx(jury(voters - 1, 0.6), abs=1e-12)
        assert jury(voters, 0.6, "lost") < jury(voters - 1, 0.6)
    assert round(jury(2, 0.7, "lost"), 10) == 0.49


@pytest.mark.slow
def test_the_curve_rises_by_simulation_as_by_the_formula() -> None:
    """From 1 to 101 voters at p = 0.6, ten thousand juries each: within 3 standard deviations."""
    for voters in range(1, 102):
        right = jury(voters, 0.6)
        assert abs(simulated(10_000, [0.6] * voters) - right) < 3 * sqrt(right * (1 - right) / 10_000)


def test_voters_who_differ_and_voters_who_copy_are_simulated_as_computed() -> None:
    several, bound = [0.9, 0.9, 0.6, 0.6, 0.6], 3 * sqrt(0.25 / 10_000)
    assert round(jury_of(several), 5) == 0.87696
    assert abs(simulated(10_000, several) - jury_of(several)) < bound
    assert abs(simulated(10_000, [0.6] * 101, copied=0.3) - common_cause(101, 0.6, 0.3)) < bound


def test_what_all_copy_no_jury_can_mend() -> None:
    """With three tenths copied, 101 voters are right in .8654, and no jury in more than .88."""
    assert round(common_cause(101, 0.6, 0.3), 4) == 0.8654
    assert round(common_cause(10_001, 0.6, 0.3), 3) == 0.88
    assert common_cause(101, 0.6, 0.0) == jury(101, 0.6)
    assert common_cause(101, 0.6, 1.0) == 0.6


def test_correlated_votes_have_a_ceiling() -> None:
    """With a correlation of .1 between any two, the jury never passes .736; with next to none, it does."""
    curve = [correlated(voters, 0.6, 0.1) for voters in (1, 3, 11, 101, 1001)]
    assert curve == sorted(curve)
    assert [round(curve[0], 10), round(correlated(101, 0.6, 0.1), 4)] == [0.6, 0.7281]
    assert curve[-1] < round(theory.correlated_limit(0.6, 0.1), 4) == 0.7361
    assert correlated(101, 0.6, 1e-6) == pytest.approx(jury(101, 0.6), abs=1e-4)


def test_the_correlation_is_the_one_that_is_meant() -> None:
    """Two are both right with p² + r p (1 - p); a majority of three with thrice that less twice all three."""
    a, b = 5.4, 3.6
    two = a * (a + 1) / ((a + b) * (a + b + 1))
    three = two * (a + 2) / (a + b + 2)
    assert two == pytest.approx(0.6**2 + 0.1 * 0.6 * 0.4)
    assert correlated(3, 0.6, 0.1) == pytest.approx(3 * two - 2 * three)


def test_with_questions_of_mixed_difficulty_five_are_best() -> None:
    """.711 with five voters; more of them fall to the share of the easy questions."""
    curve = {voters: mixed(voters) for voters in range(1, 202, 2)}
    assert max(curve, key=lambda voters: curve[voters]) == 5
    assert [round(mixed(n), 3) for n in (1, 3, 5, 7, 201, 2001)] == [0.67, 0.704, 0.711, 0.709, 0.601, 0.6]


@pytest.mark.parametrize(
    ("competence", "target", "voters"),
    [(0.6, 0.95, 67), (0.6, 0.99, 133), (0.6, 0.6, 1), (1, 0.9, 1), (0.6, 0.61, 3)],
)
def test_the_smallest_jury_is_enough_and_the_next_smaller_is_not(
    competence: float, target: float, voters: int
) -> None:
    """Odd, and found by halving."""
    assert theory.voters_needed(competence, target) == voters
    assert jury(voters, competence) >= target
    assert voters == 1 or jury(voters - 2, competence) < target


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (lambda: jury(0, 0.6), r"voters=0: expected a whole number, 1 or more\."),
        (lambda: jury_of([]), r"voters=0: expected a whole number, 1 or more\."),
        (lambda: jury(3, 1.2), r"competence=1\.2: expected a probability from 0 to 1\."),
        (lambda: jury_of([0.5, -1]), r"competence=-1: expected a probability"),
        (lambda: jury(3, 0.6, ties="won"), r"ties='won': expected one of 'coin', 'lost'\."),
        (lambda: common_cause(3, 0.6, 2), r"copied=2: expected a probability"),
        (lambda: correlated(3, 0.6, 0), r"correlation=0: expected a probability above 0 and below 1\."),
        (lambda: correlated(3, 1, 0.1), r"competence=1: expected a probability above 0 and below 1\."),
        (lambda: mixed(3, [(0.5, 0.6)]), r"shares \[0\.5\]: shares must add up to 1\."),
        (
            lambda: theory.voters_needed(0.5, 0.9),
            r"competence=0\.5, target=0\.9: competence must be above 0\.5",
        ),
        (lambda: theory.voters_needed(0.6, 1), r"target=1: .* target below 1\."),
        (lambda: theory.messages(0), r"voters=0: expected a whole number, 1 or more\."),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        asked()
