"""Group chat in closed form: how much is read, and what talking does to correctness."""

from __future__ import annotations

from itertools import product
from math import comb, fsum

from coordlab import requirements as require


def reads(turns: int, window: int | None = None) -> int:
    """Messages read in this many turns, including the task: all there are, or the last `window` of them.

    Turn k reads k messages: M(M + 1)/2 in all.  With a window of w it is about Mw.  Raises ValueError unless
    `turns` is a count and `window` at least 1.

    >>> reads(50), reads(100), reads(50, window=5)
    (1275, 5050, 240)
    """
    require.count("turns", turns, example=50)
    most = turns if window is None else min(turns, require.count("window", window, 1, example=5))
    return most * (most + 1) // 2 + (turns - most) * most


def debate(members: int, p: float, rounds: int, correction: float = 0.0) -> list[float]:
    """The expected share of right answers before and after each round of a voter model, exactly.

    - `members`: 1 or more.
    - `p`: the probability that a member is right at first.
    - `rounds`: in each, every member copies the answer of one of the members, itself included.
    - `correction`: the probability that a member that would give up a right answer keeps it.

    Without correction this is a martingale: talking alone changes nothing (H. K. Choi et al., Debate or Vote,
    arXiv:2508.17536, 2025).  Raises ValueError if an argument is out of range.

    >>> [round(share, 2) for share in debate(5, 0.6, rounds=4)]
    [0.6, 0.6, 0.6, 0.6, 0.6]
    >>> [round(share, 2) for share in debate(5, 0.6, rounds=4, correction=0.3)]
    [0.6, 0.66, 0.7, 0.73, 0.76]
    """
    require.count("members", members, 1, example=5)
    require.probability("correction", correction)
    right = _binomial(members, require.probability("p", p))  # the probability of each number that is right
    shares = [_share(right)]
    for _ in range(require.count("rounds", rounds, example=4)):
        right = _next_round(right, correction)
        shares.append(_share(right))
    return shares


def _binomial(n: int, p: float) -> list[float]:
    return [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


def _share(right: list[float]) -> float:
    return fsum(k * chance for k, chance in enumerate(right)) / (len(right) - 1)


def _next_round(right: list[float], correction: float) -> list[float]:
    members = len(right) - 1
    after = [0.0] * (members + 1)
    for k, chance in enumerate(right):
        share = k / members
        kept, won = _binomial(k, share + (1 - share) * correction), _binomial(members - k, share)
        for (i, one), (j, other) in product(enumerate(kept), enumerate(won)):
            after[i + j] += chance * one * other
    return after
