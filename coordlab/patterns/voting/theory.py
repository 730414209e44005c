"""Majority voting: how often a jury is right, and what asking it costs.

Condorcet's jury theorem, and what it rests on: that each errs by itself.  M. de Condorcet, Essai sur
l'application de l'analyse, 1785; for its limits, K. Ladha, The Condorcet Jury Theorem, Free Speech, and
Correlated Votes, American Journal of Political Science 36(3), 1992.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, fsum, lgamma, log

Chances = Sequence[float]


def _jury(voters: int) -> int:
    if not isinstance(voters, int) or voters < 1:
        raise ValueError(f"voters={voters}: a jury has at least one. Give a whole number from 1 on.")
    return voters


def _share(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"{name}={value}: a probability is meant. Give a number from 0 to 1.")
    return value


def _above_half(right: Chances, ties: str) -> float:
    """How likely more than half are right, where `right[k]` is how likely k are.

    A tie is broken by a fair coin ("coin"), or lost ("lost").
    """
    if ties not in ("coin", "lost"):
        raise ValueError(f"ties={ties!r}: a tie is broken by a 'coin', or 'lost'. Write ties='coin'.")
    voters = len(right) - 1
    tied = right[voters // 2] / 2 if voters % 2 == 0 and ties == "coin" else 0.0
    return fsum((*right[voters // 2 + 1 :], tied))


def _binomial(voters: int, competence: float) -> list[float]:
    if competence in (0, 1):
        return [float(k == voters * competence) for k in range(voters + 1)]
    yes, no = log(competence), log(1 - competence)
    return [exp(_choose(voters, k) + k * yes + (voters - k) * no) for k in range(voters + 1)]


def _choose(many: int, few: int) -> float:
    """The logarithm of the number of ways to choose."""
    return lgamma(many + 1) - lgamma(few + 1) - lgamma(many - few + 1)


def jury(voters: int, competence: float, ties: str = "coin") -> float:
    """How likely the majority is right, if each voter is, with `competence`, independently.

    >>> [round(jury(n, 0.6), 5) for n in (3, 5, 11, 101)]
    [0.648, 0.68256, 0.7535, 0.9791]
    >>> round(jury(2, 0.7, ties="lost"), 2)
    0.49
    """
    return _above_half(_binomial(_jury(voters), _share("competence", competence)), ties)


def jury_of(competences: Chances, ties: str = "coin") -> float:
    """The same for voters of different competences, by convolution.

    >>> round(jury_of([0.9, 0.9, 0.6, 0.6, 0.6]), 5)
    0.87696
    """
    _jury(len(competences))
    right = [1.0]
    for p in competences:
        _share("competence", p)
        right = [miss * (1 - p) + hit * p for miss, hit in zip([*right, 0.0], [0.0, *right], strict=True)]
    return _above_half(right, ties)


def common_cause(voters: int, competence: float, copied: float) -> float:
    """How likely the majority is right if, with probability `copied`, all repeat one source like themselves.

    >>> round(common_cause(101, 0.6, copied=0.3), 4)
    0.8654
    """
    copied = _share("copied", copied)
    return copied * _share("competence", competence) + (1 - copied) * jury(voters, competence)


def correlated(voters: int, competence: float, correlation: float) -> float:
    """How likely the majority is right if any two votes have this `correlation`, above 0 and below 1.

    The beta-binomial model: how hard a question is is drawn from a beta distribution with this mean, and then
    each votes independently.

    >>> round(correlated(101, 0.6, 0.1), 4)
    0.7281
    """
    a, b = _beta(competence, correlation)

    def chance(k: int) -> float:
        ratio = lgamma(k + a) + lgamma(voters - k + b) - lgamma(voters + a + b)
        return exp(_choose(voters, k) + ratio + lgamma(a + b) - lgamma(a) - lgamma(b))

    return _above_half([chance(k) for k in range(_jury(voters) + 1)], "coin")


def correlated_limit(competence: float, correlation: float) -> float:
    """What `correlated` tends to as the jury grows: how likely a question is one that most get right.

    >>> round(correlated_limit(0.6, 0.1), 3)
    0.736
    """
    from scipy.special import betainc

    return float(1 - betainc(*_beta(competence, correlation), 0.5))


def _beta(competence: float, correlation: float) -> tuple[float, float]:
    for name, value in (("competence", competence), ("correlation", correlation)):
        if not 0 < value < 1:
            raise ValueError(f"{name}={value}: give a number above 0 and below 1. At 0, jury() is the model.")
    both = 1 / correlation - 1
    return competence * both, (1 - competence) * both


def mixed(voters: int, questions: Sequence[tuple[float, float]] = ((0.6, 0.85), (0.4, 0.4))) -> float:
    """How likely the majority is right if questions differ: pairs of their share and the competence in them.

    By default most questions fool a minority and the others a majority: the larger the jury, the surer it is
    right in the ones and wrong in the others.

    >>> [round(mixed(n), 3) for n in (1, 3, 5, 7, 1001)]
    [0.67, 0.704, 0.711, 0.709, 0.6]
    """
    shares = [_share("share", share) for share, _ in questions]
    if abs(fsum(shares) - 1) > 1e-9:
        raise ValueError(f"the shares {shares} add up to {fsum(shares):g}. Give shares that add up to 1.")
    return fsum(share * jury(voters, competence) for share, competence in questions)


def voters_needed(competence: float, target: float) -> int:
    """The smallest odd jury that is right with probability `target`.

    >>> voters_needed(0.6, 0.95), voters_needed(0.6, 0.99)
    (67, 133)
    """
    if _share("target", target) <= _share("competence", competence):
        return 1
    if competence <= 0.5 or target == 1:
        raise ValueError(
            f"competence={competence}, target={target}: no jury gets there. "
            f"Give a competence above 0.5 and a target below 1."
        )
    enough: Callable[[int], bool] = lambda half: jury(2 * half + 1, competence) >= target
    most = 1
    while not enough(most):
        most *= 2
    least = most // 2 + 1
    while least < most:
        half = (least + most) // 2
        least, most = (least, half) if enough(half) else (half + 1, most)
    return 2 * least + 1


def simulated(
    elections: int, voters: int, competence: float | Chances, copied: float = 0.0, seed: int = 7
) -> float:
    """The share of so many simulated juries that are right, a coin breaking ties; a million take a moment.

    With probability `copied` all votes of a jury are one.  `competence` is one for all, or one for each.

    >>> abs(simulated(10_000, 101, 0.6) - jury(101, 0.6)) < 0.005
    True
    """
    import numpy

    dice = numpy.random.default_rng(seed)
    each = [competence] * _jury(voters) if isinstance(competence, (int, float)) else list(competence)
    if len(each) != voters:
        raise ValueError(f"{len(each)} competences for {voters} voters: give one, or one for each voter.")
    right = numpy.zeros(elections)
    for p in each:
        right += dice.random(elections, dtype=numpy.float32) < _share("competence", p)
    ahead = 2 * right - voters + (dice.random(elections) - 0.5)  # the last term decides ties
    source = dice.random(elections) < sum(each) / voters
    return float(numpy.where(dice.random(elections) < _share("copied", copied), source, ahead > 0).mean())


def messages(voters: int) -> int:
    """A call to each of `voters`, a ballot from each, and the outcome to each.

    >>> messages(5)
    15
    """
    return 3 * _jury(voters)
