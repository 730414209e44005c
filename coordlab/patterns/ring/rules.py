"""Ring election: the order of the ring, and which rank goes on (Chang and Roberts 1979)."""

from __future__ import annotations

from collections.abc import Sequence

from coordlab import requirements as require


def after(ring: Sequence[int], rank: int) -> list[int]:
    """All other ranks, from the next around the ring to the one before.

    Raises ValueError if a rank is not a whole number, is there twice, or `rank` is not in the ring.

    >>> after([5, 2, 4, 1], 4)
    [1, 5, 2]
    """
    right = all(type(each) is int for each in (rank, *ring)) and len(set(ring)) == len(ring) and rank in ring
    given = f"rank {rank!r} in the ring {list(ring)!r}"
    require.that(
        right, given, "expected a ring of whole numbers, each once, with this rank", "ring=(5, 2, 4, 1)"
    )
    place = ring.index(rank)
    return [*ring[place + 1 :], *ring[:place]]


def carried_on(own: int, rank: int, taking_part: bool) -> int | None:
    """The rank that an agent of rank `own` sends on when `rank` arrives: the higher; None if already sent.

    >>> carried_on(3, 5, taking_part=True), carried_on(3, 1, taking_part=False)
    (5, 3)
    >>> carried_on(3, 1, taking_part=True) is None
    True
    """
    if rank < own and taking_part:
        return None
    return max(own, rank)
