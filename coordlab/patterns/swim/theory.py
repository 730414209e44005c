"""SWIM: how soon a crash is found, what it costs, and how often it errs (Das, Gupta, Motivala, DSN 2002)."""

from __future__ import annotations

from math import ceil, e, fsum, log

from coordlab import requirements as require


def first_detection(members: int | None = None) -> float:
    """Mean protocol periods until one of the others first probes a crashed member.

    Each of the n - 1 others picks it with probability 1 / (n - 1) in a period; in a large group (None) the
    mean is e / (e - 1), section 3.1.

    >>> round(first_detection(), 3), round(first_detection(10), 3)
    (1.582, 1.53)
    """
    if members is None:
        return e / (e - 1)
    others = _others(members)
    return 1 / (1 - (1 - 1 / others) ** others)


def first_detection_in_rounds(members: int) -> float:
    """The same, if each member probes all others in random order, and is in its first round.

    After k periods a member has not probed it with probability 1 - k / (n - 1).

    >>> round(first_detection_in_rounds(10), 3)
    1.482
    """
    others = _others(members)
    return fsum((1 - periods / others) ** others for periods in range(others))


def first_detection_after(members: int, probes: int) -> float:
    """The same, if each member has made so many probes before the crash.

    A round that has begun may have probed the crashed member already; the next one is in another order.

    >>> first_detection_after(10, 0) == first_detection_in_rounds(10), round(first_detection_after(10, 4), 3)
    (True, 1.483)
    """
    others = _others(members)
    left = others - require.count("probes", probes) % others

    def missed(periods: int) -> float:
        """The chance that one member has not probed it after so many periods."""
        if periods <= left:
            return 1 - periods / others
        return (1 - left / others) * (1 - (periods - left) / others)

    return fsum(missed(periods) ** others for periods in range(left + others))


def spread(members: int) -> int:
    """Protocol periods in which news reaches all members with high probability: 1 + 2 ln n, rounded up.

    Section 4.1 shows that it takes O(log n); the factor leaves twice the time that runs took.

    >>> [spread(members) for members in (2, 6, 12, 100)]
    [3, 5, 6, 11]
    """
    return ceil(1 + 2 * log(_others(members) + 1))


def messages(members: int) -> int:
    """Messages in one period while all is well: a ping and an ack for each member.

    >>> messages(100) / 100
    2.0
    """
    return 2 * members if _others(members) else 0


def failed_probe(helpers: int) -> int:
    """Messages to probe a member that is down: a ping, and a request to each helper, which pings it too.

    >>> failed_probe(3)
    7
    """
    return 1 + 2 * require.count("helpers", helpers)


def false_suspicion(loss: float, helpers: int) -> float:
    """The probability that a probe of a live member fails; each message is lost with probability `loss`.

    Both the ping and its ack must arrive, or one of the detours of four messages (section 3.1).

    >>> round(false_suspicion(0.1, 3), 5)
    0.00773
    """
    arrives = 1 - require.probability("loss", loss)
    return (1 - arrives**2) * (1 - arrives**4) ** require.count("helpers", helpers)


def _others(members: int) -> int:
    return require.count("members", members, 2) - 1
