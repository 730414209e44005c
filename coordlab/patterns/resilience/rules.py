"""How long to wait before one tries again."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING

from coordlab.patterns.circuit_breaker.rules import CallRefused

if TYPE_CHECKING:
    import random


class BulkheadFull(CallRefused):
    """A call that found neither a place nor room to wait for one."""


def ceiling(attempt: int, base: float = 0.1, cap: float = 10.0) -> float:
    """The most to wait after attempt 0, 1, 2 …: `base` seconds, twice as much each time, never over `cap`.

    >>> [ceiling(attempt, base=0.1, cap=1.0) for attempt in range(5)]
    [0.1, 0.2, 0.4, 0.8, 1.0]
    """
    return min(cap, base * 2.0 ** min(attempt, 1000))


def delays(
    retries: int, base: float = 0.1, cap: float = 10.0, dice: random.Random | None = None
) -> Iterator[float]:
    """The seconds to wait before each of `retries` retries: any time up to the ceiling, as the dice fall.

    This is full jitter (M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).  Without
    dice it is the ceiling itself, and all who failed together come back together.

    >>> list(delays(3, base=0.5))
    [0.5, 1.0, 2.0]
    """
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise ValueError(
            f"retries={retries!r}: a whole number from 0 is meant. Write for instance retries=3."
        )
    for name, seconds in (("base", base), ("cap", cap)):
        if not 0 <= seconds < inf:
            raise ValueError(
                f"{name}={seconds!r}: seconds, 0 or more, are meant. Write for instance {name}=0.1."
            )
    for attempt in range(retries):
        most = ceiling(attempt, base, cap)
        yield most if dice is None else dice.uniform(0, most)
