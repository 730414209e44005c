"""Leader election by a majority: what it costs, and how often there can be a leader."""

from __future__ import annotations

from math import comb


def messages(members: int) -> int:
    """Requests and votes of an election in which nobody else stands (Ongaro and Ousterhout 2014).

    >>> messages(5)
    8
    """
    return 2 * (_some(members) - 1)


def availability(members: int, up: float) -> float:
    """The chance that most are up, and can elect, if each is `up` with this chance, on its own.

    An even number is no better than the odd one below it.

    >>> [round(availability(members, 0.9), 3) for members in (3, 4, 5)]
    [0.972, 0.948, 0.991]
    """
    if not 0 <= up <= 1:
        raise ValueError(f"up={up!r} is no chance: give a number from 0 to 1, such as 0.9.")
    needed = _some(members) // 2 + 1
    return sum(comb(members, k) * up**k * (1 - up) ** (members - k) for k in range(needed, members + 1))


def _some(members: int) -> int:
    if not isinstance(members, int) or members < 1:
        raise ValueError(f"members={members!r} elect nobody: give 1 or more, such as members=5.")
    return members
