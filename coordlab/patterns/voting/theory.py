"""Majority voting: how often a jury is right, and what asking it costs.

Condorcet's jury theorem, which assumes that voters err independently.  M. de Condorcet, Essai sur
l'application de l'analyse, 1785; for its limits, K. Ladha, The Condorcet Jury Theorem, Free Speech, and
Correlated Votes, American Journal of Political Science 36(3), 1992.  Competences, correlations and shares
are numbers from 0 to 1; a function raises ValueError for any other, and for a jury of nobody.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import exp, fsum, lgamma

from coordlab import requirements as require

Chances = Sequence[float]
TIES = ("coin", "lost")


def _above_half(right: Chances, ties: str) -> float:
    """The probability that more than half are right, where `right[k]` is the probability that k are.

    A tie is broken by a fair coin ("coin"), or lost ("lost").
    """
    require.one_of("ties", ties, TIES)
    voters = len(right) - 1
    tied = right[voters // 2] / 2 if voters % 2 == 0 and ties == "coin" else 0.0
    return fsum((*right[voters // 2 + 1 :], tied))


def jury(voters: int, competence: float, ties: str = "coin") -> float:
    """The probability that the majority is right, if each voter is independently, with `competence`.

    >>> [round(jury(n, 0.6), 5) for n in (3, 5, 11, 101)]
    [0.648, 0.68256, 0.7535, 0.9791]
    >>> round(jury(2, 0.7, ties="lost"), 2)
    0.49
    """
    from scipy.special import bdtrc

    require.one_of("ties", ties, TIES)
    require.probability("competence", competence)
    # Where a coin breaks ties, one voter more than an odd number changes nothing.
    odd = require.count("voters", voters, 1) - (voters % 2 == 0 and ties == "coin")
    return float(bdtrc(odd // 2, odd, competence))


def jury_of(competences: Chances, ties: str = "coin") -> float:
    """The same for voters of different competences, by convolution."""
    require.count("voters", len(competences), 1)
    right = [1.0]
    for p in competences:
        require.probability("competence", p)
        right = [miss * (1 - p) + hit * p for miss, hit in zip([*right, 0.0], [0.0, *right], strict=True)]
    return _above_half(right, ties)


def common_cause(voters: int, competence: float, copied: float) -> float:
    """The probability that the majority is right if, with probability `copied`, all repeat one source.

    The source is as competent as the voters.

    >>> round(common_cause(101, 0.6, copied=0.3), 4)
    0.8654
    """
    copied = require.probability("copied", copied)
    return copied * competence + (1 - copied) * jury(voters, competence)


def correlated(voters: int, competence: float, correlation: float, ties: str = "coin") -> float:
    """The probability that the majority is right if any two votes have this `correlation`, not 0 or 1.

    The beta-binomial model: the competence in a question is drawn from a beta distribution with this mean,
    and then each votes independently.
    """
    a, b = _beta(competence, correlation)
    size = require.count("voters", voters, 1)
    whole = lgamma(size + 1) + lgamma(a + b) - lgamma(size + a + b) - lgamma(a) - lgamma(b)

    def exactly(right: int) -> float:
        ways = lgamma(right + a) - lgamma(right + 1) + lgamma(size - right + b) - lgamma(size - right + 1)
        return exp(whole + ways)

    return _above_half([exactly(right) for right in range(size + 1)], ties)


def correlated_limit(competence: float, correlation: float) -> float:
    """The limit of `correlated` as the jury grows: the probability of a question that most get right."""
    from scipy.special import betainc

    return float(1 - betainc(*_beta(competence, correlation), 0.5))


def _beta(competence: float, correlation: float) -> tuple[float, float]:
    require.probability("competence", competence, certain=False)
    require.probability("correlation", correlation, certain=False)
    both = 1 / correlation - 1
    return competence * both, (1 - competence) * both


def mixed(voters: int, questions: Sequence[tuple[float, float]] = ((0.6, 0.85), (0.4, 0.4))) -> float:
    """The probability that the majority is right if questions differ: pairs of their share and competence.

    By default most questions fool a minority and the others a majority: a larger jury is more often right
    in the former and more often wrong in the latter.
    """
    shares = [require.probability("share", share) for share, _ in questions]
    sure = abs(fsum(shares) - 1) <= 1e-9
    require.that(sure, f"shares {shares}", "shares must add up to 1", "questions=((0.6, 0.85), (0.4, 0.4))")
    return fsum(share * jury(voters, competence) for share, competence in questions)


def voters_needed(competence: float, target: float) -> int:
    """The smallest odd jury that is right with probability `target`."""
    if require.probability("target", target) <= require.probability("competence", competence):
        return 1
    given = f"competence={competence}, target={target}"
    enough = competence > 0.5 and target < 1
    require.that(enough, given, "competence must be above 0.5 and target below 1", "voters_needed(0.6, 0.95)")
    most = 1
    while jury(2 * most + 1, competence) < target:
        most *= 2
    half = bisect_left(range(most), True, key=lambda half: jury(2 * half + 1, competence) >= target)
    return 2 * half + 1


def messages(voters: int) -> int:
    """Messages of a vote: a call to each of `voters`, a ballot from each, and the outcome to each."""
    return 3 * require.count("voters", voters, 1)
