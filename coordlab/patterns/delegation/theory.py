"""Delegated work: how long it takes at most, and what it costs."""

from __future__ import annotations

from coordlab import requirements as require


def graham(agents: int) -> float:
    """How many times as long as the best any schedule takes at most, if no agent is idle without need.

    R. L. Graham, Bounds for Certain Multiprocessing Anomalies, Bell System Technical Journal 45, 1966.

    >>> graham(1), graham(2), graham(4)
    (1.0, 1.5, 1.75)
    """
    return 2 - 1 / require.count("agents", agents, least=1)


def longest(critical_path: float, work: float, agents: int) -> float:
    """What such a schedule takes at most, in seconds: idle agents wait for the longest chain (Graham 1966).

    >>> longest(critical_path=3, work=8, agents=2)
    5.5
    """
    require.count("agents", agents, least=1)
    return work / agents + (1 - 1 / agents) * critical_path


def messages(leaves: int, bidders: int = 0) -> int:
    """Messages if nothing fails: each leaf is assigned and done; in a contract net each bidder is asked too.

    >>> messages(5), messages(5, bidders=3)
    (10, 40)
    """
    return 2 * require.count("leaves", leaves) * (1 + require.count("bidders", bidders))


def all_done(leaves: int, failing: float, attempts: int = 1) -> float:
    """The share of runs in which all leaves are done, if each attempt at one fails with a probability.

    A leaf is given up after so many attempts, and whatever waits for it with it: (1 - p^a)^n.

    >>> round(all_done(10, 0.05), 3), round(all_done(10, 0.05, attempts=2), 3)
    (0.599, 0.975)
    """
    p = require.probability("failing", failing)
    return float((1 - p ** require.count("attempts", attempts, 1)) ** require.count("leaves", leaves))
