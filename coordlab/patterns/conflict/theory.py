"""Conflicts: how long two who give way take, what a resolution costs, what the last writer's win loses."""

from __future__ import annotations


def rounds(chance: float) -> float:
    """Expected rounds until exactly one of two gives way, each with this chance: 1 / (2p(1 - p)).

    The number is geometric: a round ends it if one gives way and the other does not.  Infinite at 0 and 1.

    >>> rounds(0.5), round(rounds(0.1), 2), rounds(1.0)
    (2.0, 5.56, inf)
    """
    if not 0 <= chance <= 1:
        raise ValueError(f"chance={chance!r}: a chance is from 0 to 1. Write chance=0.5.")
    ends = 2 * chance * (1 - chance)
    return 1 / ends if ends else float("inf")


def within(chance: float, retries: int) -> float:
    """The chance that so many rounds are enough: what a budget of retries buys.

    >>> within(0.5, 2), within(1.0, 1000)
    (0.75, 0.0)
    """
    _counts("within(0.5, 2)", retries=retries)
    return 1 - (1 - 1 / rounds(chance)) ** retries


def messages(proposers: int, retries: int = 0, escalated: bool = False) -> int:
    """Messages to settle one conflict: each round asks all and is answered; a human is asked; all are told.

    >>> messages(3), messages(3, retries=2), messages(3, escalated=True)
    (9, 21, 11)
    """
    _counts("messages(3, 2)", proposers=proposers, retries=retries)
    return 2 * proposers * (1 + retries) + 2 * escalated + proposers


def lost_writes(concurrent: int) -> int:
    """Of so many concurrent writes, those that a register loses in which the last writer wins: all but one.

    >>> lost_writes(5)
    4
    """
    _counts("lost_writes(2)", concurrent=concurrent)
    return max(0, concurrent - 1)


def _counts(instead: str, **given: int) -> None:
    for name, value in given.items():
        if not isinstance(value, int) or value is True or value < 0:
            raise ValueError(f"{name}={value!r}: it is a count, 0 or more. Write {instead}.")
