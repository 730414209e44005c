"""Leader election by a majority: what it costs, and how often there can be a leader."""

from __future__ import annotations

from math import comb, fsum

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
    return fsum(comb(members, k) * up**k * (1 - up) ** (members - k) for k in range(needed, members + 1))


def overlap(held: float, lease: float, off: float) -> float:
    """The most seconds in which two may lead: one relies on a `lease` for `held` seconds, clocks are `off`.

    Seconds are by each one's own clock.  That of the leader is too slow by the share `off`, that of a
    follower too fast by it: the one holds on for longer, the other is free sooner.  To allow for a drift is
    enough up to that drift (Gray and Cheriton 1989).

    >>> held = 1.0 * (1 - 0.1) / (1 + 0.1)    # allows for clocks that are off by 0.1
    >>> [round(overlap(held, 1.0, off), 3) for off in (0.0, 0.1, 0.3)]
    [0.0, 0.0, 0.4]
    """
    require.number("off", off, 0, below=1, unit="a share", example=0.1)
    return max(0.0, held / (1 - off) - lease / (1 + off))
