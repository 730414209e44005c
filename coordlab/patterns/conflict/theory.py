"""Conflicts: how long it takes until one of two gives way, and what a resolution costs."""

from __future__ import annotations

from coordlab import requirements as require


def rounds(chance: float) -> float:
    """Expected rounds until exactly one of two gives way, each with this probability: 1 / (2p(1 - p)).

    The number is geometric: a round ends it if one gives way and the other does not.  Infinite at 0 and 1.
    Raises ValueError if `chance` is not from 0 to 1.

    >>> rounds(0.5), round(rounds(0.1), 2), rounds(1.0)
    (2.0, 5.56, inf)
    """
    require.probability("chance", chance)
    ends = 2 * chance * (1 - chance)
    return 1 / ends if ends else float("inf")


def within(chance: float, retries: int) -> float:
    """The probability that `retries` rounds are enough, 0 to 1: what a budget of retries buys.

    >>> within(0.5, 2), within(1.0, 1000)
    (0.75, 0.0)
    """
    return 1 - (1 - 1 / rounds(chance)) ** require.count("retries", retries)


def retries(chance: float, budget: int) -> float:
    """Expected retries that two make of a budget, if each gives way with this probability.

    The mean of the smaller of a geometric number and the budget: (1 - (1 - q)^budget) / q with q = 2p(1 - p).

    >>> retries(0.5, 2), round(retries(0.5, 50), 3), retries(1.0, 50)
    (1.5, 2.0, 50)
    """
    settled = within(chance, budget)
    return settled * rounds(chance) if settled else budget


def messages(proposers: int, retries: int = 0, escalated: bool = False) -> int:
    """Messages to settle one conflict: each round asks all and is answered; a human is asked; all are told.

    >>> messages(3), messages(3, retries=2), messages(3, escalated=True)
    (9, 21, 11)
    """
    require.count("proposers", proposers)
    return 2 * proposers * (1 + require.count("retries", retries)) + 2 * escalated + proposers
