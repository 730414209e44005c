"""Blackboard: what it costs to hear of news, and how much one board can bear, by counting."""

from __future__ import annotations

from coordlab import requirements as require


def polling_reads(agents: int, keys: int, ticks: int = 1) -> int:
    """Reads when each of `agents` reads each of `keys` at every one of `ticks`, whether there is news or not.

    >>> polling_reads(agents=4, keys=5, ticks=10)
    200
    """
    return require.count("agents", agents) * require.count("keys", keys) * require.count("ticks", ticks)


def notices(agents: int, writes: int, interested: float = 1.0) -> float:
    """Notices when a share `interested` (0 to 1) of `agents` subscribed to what each of `writes` is about.

    >>> notices(agents=4, writes=5)
    20.0
    """
    share = require.number("interested", interested, 0, 1, unit="a share")
    return require.count("agents", agents) * require.count("writes", writes) * share


def throughput(hold: float) -> float:
    """Operations per second at most, for any number of agents, if each holds one lock for `hold` seconds.

    >>> throughput(hold=0.05)
    20.0
    """
    return 1 / require.seconds("hold", hold, positive=True)
