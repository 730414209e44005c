"""Blackboard: what it costs to hear of news, by counting."""

from __future__ import annotations


def polling_reads(agents: int, keys: int, ticks: int) -> int:
    """Reads when each of `agents` looks at each of `keys` at every one of `ticks`, news or no news.

    >>> polling_reads(agents=4, keys=5, ticks=10)
    200
    """
    return agents * keys * ticks


def notices(agents: int, writes: int, interested: float = 1.0) -> float:
    """Notices when a share `interested` (0 to 1) of `agents` subscribed to what each of `writes` is about.

    >>> notices(agents=4, writes=5)
    20.0
    """
    return agents * writes * interested
