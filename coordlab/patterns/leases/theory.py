"""Leader election by a majority: what it costs, and how often there can be a leader."""

from __future__ import annotations

from math import comb

from coordlab import requirements as require


def messages(members: int) -> int:
    """Requests and votes of an election with one candidate (Ongaro and Ousterhout 2014).

    >>> messages(5)
    8
    """
    return 2 * (require.count("members", members, 1) - 1)


def availability(members: int, up: float) -> float:
    """The probability that most members are up, if each is up with probability `up`, independently.

    An even number is no better than the odd one below it.

    >>> [round(availability(members, 0.9), 3) for members in (3, 4, 5)]
    [0.972, 0.948, 0.991]
    """
    require.probability("up", up)
    needed = require.count("members", members, 1) // 2 + 1
    return sum(comb(members, k) * up**k * (1 - up) ** (members - k) for k in range(needed, members + 1))
