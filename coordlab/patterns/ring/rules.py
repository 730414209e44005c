"""The ring: who comes after whom, and which rank goes on (Chang and Roberts 1979)."""

from __future__ import annotations

from collections.abc import Sequence


def after(ring: Sequence[int], rank: int) -> list[int]:
    """Everybody else, from the next around the ring to the one before.

    >>> after([5, 2, 4, 1], 4)
    [1, 5, 2]
    """
    whole = all(type(each) is int for each in (rank, *ring))
    if not whole or rank not in ring or len(set(ring)) < len(ring):
        raise ValueError(
            f"rank {rank!r} in the ring {list(ring)!r}: each rank stands there once, and so does this one; "
            f"ranks are whole numbers. "
            f"Write for instance ring=(5, 2, 4, 1)."
        )
    place = ring.index(rank)
    return [*ring[place + 1 :], *ring[:place]]


def carried_on(own: int, rank: int, taking_part: bool) -> int | None:
    """The rank that goes on when `rank` comes by: the higher; None if that has gone already.

    >>> carried_on(3, 5, taking_part=True), carried_on(3, 1, taking_part=False)
    (5, 3)
    >>> carried_on(3, 1, taking_part=True) is None
    True
    """
    if rank < own and taking_part:
        return None
    return max(own, rank)
