"""Contract net: messages and time of a round, by counting, and what it costs to award one by one."""

from __future__ import annotations

from math import fsum, inf


def messages(invited: int, proposals: int, directed: bool = False) -> int:
    """Messages of a round in which all who are invited answer, so many of them with a proposal.

    A call and an answer for each invited, a decision for each proposal, and one report: 2n + j + 1, as in
    the protocol of FIPA SC00029H.  A directed award takes an award and a report.

    >>> messages(5, 5), messages(5, 2), messages(5, 0), messages(5, 0, directed=True)
    (16, 13, 10, 2)
    """
    if not (_whole(invited, 0) and _whole(proposals, 0) and proposals <= invited):
        raise ValueError(
            f"proposals={proposals} of {invited} invited: give whole numbers, 0 or more, with at most one "
            f"proposal from each, as in messages(5, 3)."
        )
    if directed:
        return 2
    return 2 * invited + proposals + (proposals > 0)


def iterated_messages(proposals: int, rounds: int) -> int:
    """Messages if all who are invited propose and the better half is called again, round after round.

    A call and a proposal for each who is still in, then a decision for each of all, and one report (FIPA
    SC00030H).  Nobody is called again who is alone.

    >>> iterated_messages(8, 1), iterated_messages(8, 2), iterated_messages(8, 3)
    (25, 33, 37)
    """
    if not (_whole(proposals, 1) and _whole(rounds, 1)):
        raise ValueError(f"proposals={proposals}, rounds={rounds}: give 1 or more of both, as in (8, 2).")
    asked, left = 2 * proposals, proposals
    for _ in range(rounds - 1):
        if left == 1:
            break
        left = (left + 1) // 2
        asked += 2 * left
    return asked + proposals + 1


def seconds(latency: float, work: float = 0.0, directed: bool = False) -> float:
    """From the announcement to the report if all answer at once, with one constant latency, in seconds.

    >>> seconds(latency=0.25, work=1.0), seconds(latency=0.25, work=1.0, directed=True)
    (2.0, 1.5)
    """
    if not (0 <= latency < inf and 0 <= work < inf):
        raise ValueError(
            f"latency={latency}, work={work}: give seconds, 0 or more, as in seconds(0.25, 1.0)."
        )
    return (2 if directed else 4) * latency + work


def misleading_costs(tasks: int) -> list[list[float]]:
    """A table of costs, a row for each task, in which every award one by one is best, and the whole is bad.

    Task k has one contractor who would do it for 1/k², but the task before takes that one, since nobody is
    cheaper for it; the next best asks 1/k, all others 2.  By construction one by one costs `harmonic` and the
    optimum `squares`.

    >>> misleading_costs(2)
    [[1.0, 1.0], [0.25, 0.5]]
    """
    _positive(tasks)
    table = [[2.0] * tasks for _ in range(tasks)]
    for k in range(1, tasks + 1):
        table[k - 1][(tasks - k - 1) % tasks] = 1 / k
        table[k - 1][tasks - k] = 1 / k**2
    return table


def harmonic(tasks: int) -> float:
    """1 + 1/2 + ... + 1/n.

    >>> round(harmonic(10), 2)
    2.93
    """
    _positive(tasks)
    return fsum(1 / k for k in range(1, tasks + 1))


def squares(tasks: int) -> float:
    """1 + 1/4 + ... + 1/n², which never passes π²/6.

    >>> round(squares(10), 2)
    1.55
    """
    _positive(tasks)
    return fsum(1 / k**2 for k in range(1, tasks + 1))


def expected_served(calls: int, bidders: int) -> float:
    """How many of so many simultaneous calls bring a bid, on average, if each bidder picks one at random.

    Each call is missed by all with chance (1 - 1/m)^n (occupancy: W. Feller, An Introduction to Probability
    Theory, vol. 1, 1968, section IV.2).  If all bidders rank the calls alike, one is served.

    >>> expected_served(1, 5), expected_served(2, 2), round(expected_served(10, 10), 3)
    (1.0, 1.5, 6.513)
    """
    _positive(calls)
    if not _whole(bidders, 0):
        raise ValueError(f"bidders={bidders}: give 0 or more, a whole number, such as 5.")
    return float(calls * (1 - (1 - 1 / calls) ** bidders))


def _positive(count: int) -> None:
    if not _whole(count, 1):
        raise ValueError(f"{count} tasks: give 1 or more, a whole number, as in harmonic(10).")


def _whole(value: object, least: int) -> bool:
    return isinstance(value, int) and value is not True and value >= least
