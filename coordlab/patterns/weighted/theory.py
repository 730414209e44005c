"""Weighted consensus: how often a weighted majority is right, exactly.

S. Nitzan and J. Paroush, Optimal Decision Rules in Uncertain Dichotomous Choice Situations, International
Economic Review 23(2), 1982; L. Shapley and B. Grofman, Optimizing Group Judgmental Accuracy in the Presence
of Interdependencies, Public Choice 43, 1984.  Votes are independent, and yes and no equally likely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import fsum, isfinite

MOST = 20  # voters: there are 2 to the power of them ways to vote


def _checked(competences: Sequence[float]) -> Sequence[float]:
    if wrong := [p for p in competences if not 0 <= p <= 1]:
        raise ValueError(f"competence {wrong[0]}: a probability is meant. Give numbers from 0 to 1.")
    if not 1 <= len(competences) <= MOST:
        raise ValueError(
            f"{len(competences)} voters: every way to vote is gone through, so give 1 to {MOST}. "
            f"For more of one weight, take coordlab.patterns.voting.theory.jury_of."
        )
    return competences


def _ways(competences: Sequence[float]) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every way to vote, 1 for right and -1 for wrong, and how likely it is."""
    for signs in product((1, -1), repeat=len(_checked(competences))):
        chance = 1.0
        for sign, p in zip(signs, competences, strict=True):
            chance *= p if sign > 0 else 1 - p
        yield signs, chance


def accuracy(weights: Sequence[float], competences: Sequence[float]) -> float:
    """How likely a majority by weight is right; a coin breaks ties.

    >>> p = [0.9, 0.9, 0.6, 0.6, 0.6]
    >>> from math import log
    >>> log_odds = [log(each / (1 - each)) for each in p]
    >>> [round(accuracy(weights, p), 5) for weights in ([1] * 5, p, log_odds)]
    [0.87696, 0.9018, 0.92664]
    """
    if wrong := [weight for weight in weights if not isfinite(weight)]:
        raise ValueError(f"weight {wrong[0]}: nobody is that sure. Give finite numbers.")
    if len(weights) != len(competences):
        raise ValueError(f"{len(weights)} weights for {len(competences)} voters: give one for each.")
    least = 1e-9 * fsum(map(abs, weights))

    def won(signs: tuple[int, ...]) -> float:
        lead = fsum(weight * sign for weight, sign in zip(weights, signs, strict=True))
        return 0.5 if abs(lead) <= least else float(lead > 0)

    return fsum(chance * won(signs) for signs, chance in _ways(competences))


def best_accuracy(competences: Sequence[float]) -> float:
    """How likely the best of all rules is right: in every way to vote it takes the likelier answer.

    >>> round(best_accuracy([0.9, 0.9, 0.6, 0.6, 0.6]), 5), round(best_accuracy([0.1, 0.6, 0.6]), 5)
    (0.92664, 0.9)
    """
    chances = dict(_ways(competences))
    opposite = {signs: tuple(-sign for sign in signs) for signs in chances}
    return fsum(max(chance, chances[opposite[signs]]) for signs, chance in chances.items()) / 2


def best_single(competences: Sequence[float]) -> float:
    """How likely the best voter is right, or the worst one's contrary.

    >>> best_single([0.9, 0.6]), best_single([0.1, 0.6])
    (0.9, 0.9)
    """
    return max(max(p, 1 - p) for p in _checked(competences))


def messages(voters: int) -> int:
    """A question to each of `voters`, an opinion from each, and the outcome to each.

    >>> messages(5)
    15
    """
    if not isinstance(voters, int) or voters < 1:
        raise ValueError(f"voters={voters}: somebody must be asked. Give a whole number from 1 on.")
    return 3 * voters
