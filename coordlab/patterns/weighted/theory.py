"""Weighted consensus: how often a weighted majority is right, exactly.

Votes are independent, and yes and no equally likely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import comb, fsum

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


def share_right(
    weights: Sequence[float],
    competences: Sequence[float],
    reserve: float = 0.0,
    copied: float = 0.0,
    against: float = 0.0,
) -> float:
    """The probability that a majority by weight is right, among voters who abstain, copy, or want it wrong.

    reserve: the probability that a voter abstains.
    copied: the share of questions in which all who vote repeat the first of them all.
    against: the weight of those who always vote for the wrong answer.

    A tie, or no vote at all, counts half.

    >>> p = [0.9, 0.6, 0.6, 0.6, 0.6]
    >>> round(share_right([1] * 5, p), 3), round(share_right([1] * 5, p, copied=0.5), 3)
    (0.786, 0.843)
    >>> share_right([1, 1], [0.9, 0.9], reserve=1.0), round(share_right([1], [0.9], against=2.0), 3)
    (0.5, 0.0)
    """
    reserve, copied = require.probability("reserve", reserve), require.probability("copied", copied)

    def won(signs: Sequence[int], present: Sequence[int]) -> float:
        lead = fsum(weight * sign * here for weight, sign, here in zip(weights, signs, present, strict=True))
        size = fsum(abs(weight) * here for weight, here in zip(weights, present, strict=True)) + against
        return 0.5 if abs(lead - against) <= 1e-9 * size else float(lead > against)

    found, first = list[float](), _checked(competences)[0]
    for present in product((1, 0), repeat=len(competences)):
        here = (1 - reserve) ** sum(present) * reserve ** (len(present) - sum(present))
        apart = fsum(chance * won(signs, present) for signs, chance in _ways(competences)) if here else 0.0
        alike = [won([sign] * len(present), present) for sign in (1, -1)]
        together = first * alike[0] + (1 - first) * alike[1]
        found.append(here * (copied * together + (1 - copied) * apart))
    return fsum(found)


def likely(chance: float, trials: int, doubt: float = 1e-5) -> tuple[float, float]:
    """The shares between which that of the successes lies, but for a chance of `doubt`.

    The trials are independent and succeed with probability `chance`: exact binomial quantiles.

    >>> likely(0.9, 40), likely(1.0, 40)
    ((0.65, 1.0), (1.0, 1.0))
    """
    p, left = require.probability("chance", chance), require.probability("doubt", doubt) / 2
    of = [
        comb(trials, k) * p**k * (1 - p) ** (trials - k)
        for k in range(require.count("trials", trials, 1) + 1)
    ]
    low = next(k for k in range(trials + 1) if fsum(of[: k + 1]) > left)
    high = next(k for k in range(trials, -1, -1) if fsum(of[k:]) > left)
    return low / trials, high / trials


def messages(voters: int) -> int:
    """Messages per question: a question to each of `voters`, an opinion from each, the outcome to each."""
    return 3 * require.count("voters", voters, 1)
