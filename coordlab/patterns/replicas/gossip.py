"""Anti-entropy: everybody calls somebody at random, round by round, until all know (Demers et al. 1987)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from random import Random

T = TypeVar("T")

MODES = ("push", "pull", "push-pull")
"""Who learns in a call: who is called, who calls, or both."""


def checked(mode: str, fan_out: int = 1) -> str:
    """The mode, if there is such a one and a fan-out of so many calls makes sense; else a `ValueError`.

    >>> checked("push-pull")
    'push-pull'
    """
    if mode not in MODES:
        raise ValueError(f"mode={mode!r}: gossip goes by {', '.join(MODES)}. Write mode='push-pull'.")
    if isinstance(fan_out, bool) or not isinstance(fan_out, int) or fan_out < 1:
        raise ValueError(f"fan_out={fan_out!r}: so many are called in a round, 1 or more. Write fan_out=1.")
    return mode


def partners(peers: Sequence[T], fan_out: int, dice: Random) -> list[T]:
    """Whom to call in this round: `fan_out` different peers at random, or all if there are no more.

    >>> from random import Random
    >>> partners(["bob"], 2, Random(0))
    ['bob']
    """
    return dice.sample(peers, min(fan_out, len(peers)))


def spread(
    knowing: frozenset[int], agents: int, dice: Random, mode: str = "push", fan_out: int = 1
) -> frozenset[int]:
    """Who of the agents 0, 1, 2 … knows after one synchronous round, given who knew before it.

    >>> from random import Random
    >>> sorted(spread(frozenset({0}), 2, Random(0)))
    [0, 1]
    """
    checked(mode, fan_out)
    learned = set(knowing)
    for caller in range(agents):
        for place in partners(range(agents - 1), fan_out, dice):
            called = place + (place >= caller)  # never oneself
            if mode != "pull" and caller in knowing:
                learned.add(called)
            if mode != "push" and called in knowing:
                learned.add(caller)
    return frozenset(learned)


def rounds(agents: int, dice: Random, mode: str = "push", fan_out: int = 1) -> int:
    """Rounds until everybody knows what one knew at first.

    >>> from random import Random
    >>> rounds(100, Random(7), "push"), rounds(100, Random(7), "push-pull")
    (11, 7)
    """
    if not isinstance(agents, int) or agents is True or agents < 1:
        raise ValueError(f"agents={agents!r}: somebody must know it first. Write agents=1 or more.")
    knowing, count = frozenset({0}), 0
    while len(knowing) < agents:
        knowing, count = spread(knowing, agents, dice, mode, fan_out), count + 1
    return count
