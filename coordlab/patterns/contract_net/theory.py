"""Contract net: the messages of a round and the tasks that are served, by counting."""

from __future__ import annotations

from math import fsum

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


def expected_served(calls: int, bidders: int, capacity: int = 1) -> float:
    """How many of `calls` simultaneous calls get a bid on average, if each bidder picks some at random.

    capacity: how many calls each bidder picks; all of them, if there are no more.

    Each call is missed by all with probability (1 - c/m)^n (occupancy: W. Feller, An Introduction to
    Probability Theory, vol. 1, 1968, section IV.2).  If all bidders rank the calls alike, c are served.

    >>> expected_served(1, 5), expected_served(2, 2), round(expected_served(10, 10), 3)
    (1.0, 1.5, 6.513)
    >>> expected_served(4, 2, capacity=2), expected_served(2, 1, capacity=3)
    (3.0, 2.0)
    """
    picked = min(require.count("capacity", capacity, 1), require.count("calls", calls, 1))
    return calls * (1 - (1 - picked / calls) ** require.count("bidders", bidders))


def awarded_cost(tasks: int, contractors: int) -> float:
    """What awards made one by one cost together, in mean costs, if each contractor has room for one.

    All costs are independent and exponential: the cheapest of k costs 1/k on average, and one contractor
    fewer is free for each next task.

    >>> round(awarded_cost(10, 10), 2), awarded_cost(1, 4)
    (2.93, 0.25)
    """
    require.count("contractors", contractors, require.count("tasks", tasks, 1))
    return fsum(1 / k for k in range(contractors - tasks + 1, contractors + 1))


def least_cost(tasks: int, contractors: int) -> float:
    """What the assignment that is best as a whole costs on average, under the same assumptions.

    The formula of Coppersmith and Sorkin (proved by S. Linusson and J. Wästlund, A proof of Parisi's
    conjecture on the random assignment problem, Probability Theory and Related Fields 128, 2004).  For as
    many contractors as tasks it is 1 + 1/4 + … + 1/n².

    >>> round(least_cost(10, 10), 2), least_cost(1, 4), least_cost(2, 2)
    (1.55, 0.25, 1.25)
    """
    require.count("contractors", contractors, require.count("tasks", tasks, 1))
    pairs = ((i, j) for i in range(tasks) for j in range(tasks - i))
    return fsum(1 / ((tasks - i) * (contractors - j)) for i, j in pairs)


def one_by_one(tasks: int) -> float:
    """How many times as much awards made one by one cost as the best assignment of as many contractors.

    Both as means, see `awarded_cost` and `least_cost`: it grows like ln n (D. Aldous, The zeta(2) Limit in
    the Random Assignment Problem, Random Structures and Algorithms 18, 2001).  Costs that are uniform from 0
    differ less: see the README.

    >>> [round(one_by_one(n), 2) for n in (3, 5, 10, 20, 40)]
    [1.35, 1.56, 1.89, 2.25, 2.64]
    """
    return awarded_cost(tasks, tasks) / least_cost(tasks, tasks)
