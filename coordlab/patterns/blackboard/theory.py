"""Blackboard: what it costs to hear of news, and how much one board can bear, by counting."""

from __future__ import annotations


def polling_reads(agents: int, keys: int, ticks: int = 1) -> int:
    """Reads when each of `agents` looks at each of `keys` at every one of `ticks`, news or no news.

    >>> polling_reads(agents=4, keys=5, ticks=10)
    200
    """
    _counts(agents=agents, keys=keys, ticks=ticks)
    return agents * keys * ticks


def notices(agents: int, writes: int, interested: float = 1.0) -> float:
    """Notices when a share `interested` (0 to 1) of `agents` subscribed to what each of `writes` is about.

    >>> notices(agents=4, writes=5)
    20.0
    """
    _counts(agents=agents, writes=writes)
    if not 0 <= interested <= 1:
        raise ValueError(f"interested={interested!r} is no share: give a number from 0 to 1, such as 0.25.")
    return agents * writes * interested


def throughput(hold: float) -> float:
    """The most operations in a second, by however many agents, if each holds one lock for `hold` seconds.

    >>> throughput(hold=0.05)
    20.0
    """
    if not hold > 0:
        raise ValueError(f"hold={hold!r} s is no time to hold a lock: give seconds above 0, such as 0.05.")
    return 1 / hold


def _counts(**numbers: int) -> None:
    for name, number in numbers.items():
        if not isinstance(number, int) or number < 0:
            raise ValueError(f"{name}={number!r} cannot be counted: give 0 or more, such as {name}=4.")
