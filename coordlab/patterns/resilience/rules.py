"""How long to wait before trying again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from coordlab import requirements as require
from coordlab.patterns.circuit_breaker.rules import CallRefused

if TYPE_CHECKING:
    import random


class BulkheadFull(CallRefused):
    """A call found neither a free place nor room in the queue."""


def ceiling(attempt: int, base: float = 0.1, cap: float = 10.0) -> float:
    """The most seconds to wait after attempt 0, 1, 2 …: `base`, doubled each time, at most `cap`.

    >>> [ceiling(attempt, base=0.1, cap=1.0) for attempt in range(5)]
    [0.1, 0.2, 0.4, 0.8, 1.0]
    """
    return min(cap, base * 2.0 ** min(attempt, 1000))


def delays(
    retries: int, base: float = 0.1, cap: float = 10.0, dice: random.Random | None = None
) -> Iterator[float]:
    """The seconds to wait before each of `retries` retries: a random time up to the ceiling.

    This is full jitter (M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).  Without
    dice it is the ceiling itself, and all that failed together come back together.

    >>> list(delays(3, base=0.5))
    [0.5, 1.0, 2.0]
    """
    require.count("retries", retries, example=3)
    require.seconds("base", base, example=0.1)
    require.seconds("cap", cap, example=10)
    for attempt in range(retries):
        most = ceiling(attempt, base, cap)
        yield most if dice is None else dice.uniform(0, most)
