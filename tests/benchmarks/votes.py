"""Votes: how long a large ranked count and a million juries take."""

from __future__ import annotations

from random import Random
from statistics import median
from time import process_time

from coordlab.patterns.voting.ranked import Profile, profile, schulze
from coordlab.patterns.voting.theory import jury, simulated
from tests.benchmarks.footprint import Figure


def electorate(ballots: int = 1_000, alternatives: int = 20) -> list[tuple[str, ...]]:
    """So many full rankings, no two voters alike in taste: the hardest to count."""
    dice, names = Random(7), [f"c{number}" for number in range(alternatives)]
    return [tuple(dice.sample(names, alternatives)) for _ in range(ballots)]


def schulze_seconds() -> float:
    """Seconds from 1,000 ballots over 20 alternatives to the winners by Schulze's method."""
    rankings = electorate()
    began = process_time()
    votes: Profile = profile(rankings)
    assert schulze(votes)
    return process_time() - began


def jury_seconds(elections: int = 1_000_000, voters: int = 101, competence: float = 0.6) -> float:
    """Seconds for a million juries of 101, each vote drawn by itself; within 0.001 of the exact share."""
    simulated(1, voters, competence)  # loads numpy
    began = process_time()
    share = simulated(elections, voters, competence)
    seconds = process_time() - began
    assert abs(share - jury(voters, competence)) < 0.001
    return seconds


def votes(rounds: int) -> list[Figure]:
    """Both figures with their targets."""
    ranked = median(schulze_seconds() for _ in range(rounds))
    juries = median(jury_seconds() for _ in range(rounds))
    return [
        Figure("Schulze, 20 alternatives, 1,000 ballots, CPU s", {"coordlab": ranked}, 1.0, "< 1"),
        Figure("a million juries of 101, CPU s", {"coordlab": juries}, 1.0, "< 1"),
    ]
