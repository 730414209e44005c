"""Delegated work: how long it takes at least and at most, what it costs, and what a chain of hands loses."""

from __future__ import annotations


def _agents(agents: int) -> None:
    if not isinstance(agents, int) or agents < 1:
        raise ValueError(f"agents={agents!r}: somebody must do it. Give a whole number from 1 on.")


def shortest(critical_path: float, work: float, agents: int) -> float:
    """What no schedule of equal agents beats, in seconds: its longest chain, and its work shared out evenly.

    >>> shortest(critical_path=3, work=8, agents=2), shortest(critical_path=5, work=8, agents=2)
    (4.0, 5)
    """
    _agents(agents)
    return max(critical_path, work / agents)


def graham(agents: int) -> float:
    """At most so many times as long as the best takes any schedule that leaves nobody idle without need.

    R. L. Graham, Bounds for Certain Multiprocessing Anomalies, Bell System Technical Journal 45, 1966.

    >>> graham(1), graham(2), graham(4)
    (1.0, 1.5, 1.75)
    """
    _agents(agents)
    return 2 - 1 / agents


def longest(critical_path: float, work: float, agents: int) -> float:
    """What such a schedule takes at most, in seconds (Graham 1966): who idles waits for the longest chain.

    >>> longest(critical_path=3, work=8, agents=2)
    5.5
    """
    _agents(agents)
    return work / agents + (1 - 1 / agents) * critical_path


def chain(chance: float, hands: int) -> float:
    """The chance that all goes well if each of `hands` in a row passes it on rightly, independently.

    >>> round(chain(0.95, 10), 3)
    0.599
    """
    if not (0 <= chance <= 1 and isinstance(hands, int) and hands >= 0):
        raise ValueError(
            f"chance={chance!r}, hands={hands!r}: a chance is from 0 to 1, and hands are 0 or more. "
            f"Write for instance chain(0.95, 10)."
        )
    return float(chance**hands)


def messages(leaves: int, bidders: int = 0) -> int:
    """Messages if nothing fails: each leaf is assigned and done; in a contract net each bidder is asked too.

    >>> messages(5), messages(5, bidders=3)
    (10, 40)
    """
    if not (isinstance(leaves, int) and isinstance(bidders, int) and leaves >= 0 and bidders >= 0):
        raise ValueError(
            f"leaves={leaves!r}, bidders={bidders!r}: neither can be less than 0. Give whole numbers."
        )
    return 2 * leaves * (1 + bidders)
