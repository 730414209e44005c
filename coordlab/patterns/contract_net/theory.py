"""Contract net: the messages of a round and the tasks that are served, by counting."""

from __future__ import annotations

from coordlab import requirements as require


def messages(invited: int, proposals: int, directed: bool = False) -> int:
    """Messages of a round in which all `invited` answer, `proposals` of them with a proposal.

    A call and an answer for each invited, a decision for each proposal, and one report: 2n + j + 1, as in
    the protocol of FIPA SC00029H.  A directed award takes an award and a report.

    >>> messages(5, 5), messages(5, 2), messages(5, 0), messages(5, 0, directed=True)
    (16, 13, 10, 2)
    """
    require.count("proposals", proposals, 0, require.count("invited", invited))
    return 2 if directed else 2 * invited + proposals + (proposals > 0)


def iterated_messages(proposals: int, rounds: int) -> int:
    """Messages if all who are invited propose and the better half is called again, round after round.

    A call and a proposal for everyone still in, then one decision for each, and one report (FIPA SC00030H).
    A bidder who is alone is not called again.

    >>> iterated_messages(8, 1), iterated_messages(8, 2), iterated_messages(8, 3)
    (25, 33, 37)
    """
    left = require.count("proposals", proposals, 1)
    asked = 2 * left
    for _ in range(require.count("rounds", rounds, 1) - 1):
        left = (left + 1) // 2 if left > 1 else 0
        asked += 2 * left
    return asked + proposals + 1


def expected_served(calls: int, bidders: int) -> float:
    """How many of `calls` simultaneous calls get a bid on average, if each bidder picks one at random.

    Each call is missed by all with probability (1 - 1/m)^n (occupancy: W. Feller, An Introduction to
    Probability Theory, vol. 1, 1968, section IV.2).  If all bidders rank the calls alike, one is served.

    >>> expected_served(1, 5), expected_served(2, 2), round(expected_served(10, 10), 3)
    (1.0, 1.5, 6.513)
    """
    missed = (1 - 1 / require.count("calls", calls, 1)) ** require.count("bidders", bidders)
    return calls * (1 - missed)


def one_by_one(tasks: int) -> float:
    """How many times as much awards made one by one cost as the best assignment of as many contractors.

    Both as means if all costs are independent and exponential: the k-th last task is awarded to the cheapest
    of k, together H(n) = 1 + 1/2 + … + 1/n times the mean cost, and the best assignment costs 1 + 1/4 + … +
    1/n² (D. Aldous, The zeta(2) Limit in the Random Assignment Problem, Random Structures and Algorithms 18,
    2001).  It grows like ln n.  Costs that are uniform from 0 differ less: see the README.

    >>> [round(one_by_one(n), 2) for n in (3, 5, 10, 20, 40)]
    [1.35, 1.56, 1.89, 2.25, 2.64]
    """
    ranks = range(1, require.count("tasks", tasks, 1) + 1)
    return sum(1 / k for k in ranks) / sum(1 / k**2 for k in ranks)
