"""Weighted consensus: how often a weighted majority is right, exactly.

Votes are independent, and yes and no equally likely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import fsum

from coordlab import requirements as require

MOST = 20  # voters: n of them can vote in 2^n ways


def _checked(competences: Sequence[float]) -> Sequence[float]:
    for p in competences:
        require.probability("competence", p)
    most = f"all ways to vote are tried, so expected 1 to {MOST} voters"
    other = "coordlab.patterns.voting.theory.jury_of, for more voters of one weight"
    require.that(1 <= len(competences) <= MOST, f"{len(competences)} voters", most, other)
    return competences


def _ways(competences: Sequence[float]) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every way to vote, 1 for right and -1 for wrong, and its probability."""
    for signs in product((1, -1), repeat=len(_checked(competences))):
        chance = 1.0
        for sign, p in zip(signs, competences, strict=True):
            chance *= p if sign > 0 else 1 - p
        yield signs, chance


def accuracy(weights: Sequence[float], competences: Sequence[float]) -> float:
    """The probability that a majority by weight is right; a coin breaks ties.

    >>> p = [0.9, 0.9, 0.6, 0.6, 0.6]
    >>> from math import log
    >>> log_odds = [log(each / (1 - each)) for each in p]
    >>> [round(accuracy(weights, p), 5) for weights in ([1] * 5, p, log_odds)]
    [0.87696, 0.9018, 0.92664]
    """
    for weight in weights:
        require.number("weight", weight)
    given = f"{len(weights)} weights for {len(competences)} voters"
    require.that(
        len(weights) == len(competences), given, "expected one for each", "accuracy([1, 1], [0.6, 0.7])"
    )
    least = 1e-9 * fsum(map(abs, weights))

    def won(signs: tuple[int, ...]) -> float:
        lead = fsum(weight * sign for weight, sign in zip(weights, signs, strict=True))
        return 0.5 if abs(lead) <= least else float(lead > 0)

    return fsum(chance * won(signs) for signs, chance in _ways(competences))


def best_accuracy(competences: Sequence[float]) -> float:
    """The probability that the best of all rules is right: in each case it takes the likelier answer.

    >>> round(best_accuracy([0.9, 0.9, 0.6, 0.6, 0.6]), 5), round(best_accuracy([0.1, 0.6, 0.6]), 5)
    (0.92664, 0.9)
    """
    chances = dict(_ways(competences))
    opposite = {signs: tuple(-sign for sign in signs) for signs in chances}
    return fsum(max(chance, chances[opposite[signs]]) for signs, chance in chances.items()) / 2


def best_single(competences: Sequence[float]) -> float:
    """The probability that the best voter is right, or the contrary of the worst one.

    >>> best_single([0.9, 0.6]), best_single([0.1, 0.6])
    (0.9, 0.9)
    """
    return max(max(p, 1 - p) for p in _checked(competences))


def messages(voters: int) -> int:
    """Messages per question: a question to each of `voters`, an opinion from each, the outcome to each."""
    return 3 * require.count("voters", voters, 1)
