"""Gossip: how many rounds until everybody knows, and what a round costs."""

from __future__ import annotations

from functools import cache
from math import log, log2, sqrt
from typing import Any


def messages(agents: int, rounds: int, mode: str = "push", fan_out: int = 1) -> int:
    """Messages in so many rounds of anti-entropy, in which everybody calls: pulls are answered, pushes not.

    >>> messages(100, 1, "push"), messages(100, 1, "pull"), messages(100, 7, "push-pull")
    (100, 200, 1400)
    """
    _check(agents, mode)
    for name, count, least in (("rounds", rounds, 0), ("fan_out", fan_out, 1)):
        if not isinstance(count, int) or count is True or count < least:
            raise ValueError(f"{name}={count!r}: give {least} or more, a whole number. Write {name}=3.")
    calls = agents * min(fan_out, agents - 1) * rounds
    return calls if mode == "push" else 2 * calls


def push_rounds(agents: int) -> float:
    """Rounds by push with fan-out 1, up to a constant, for many agents: log2 n + ln n (Pittel 1987).

    >>> round(push_rounds(100), 1)
    11.2
    """
    _check(agents, "push")
    return log2(agents) + log(agents)


@cache
def rounds(agents: int, mode: str = "push") -> tuple[float, float]:
    """Mean and standard deviation of the rounds until all know what one knew, with fan-out 1: exact.

    How many know is a Markov chain, solved from its end; 1000 agents take seconds.

    >>> [round(number, 2) for number in rounds(100, "push")]
    [12.3, 1.33]
    """
    import numpy as np

    _check(agents, mode)
    mean, square = np.zeros(agents + 1), np.zeros(agents + 1)  # of the rounds left, by how many know
    for knowing in range(agents - 1, 0, -1):
        chance = _learning(agents, knowing, mode)
        later = slice(knowing + 1, knowing + len(chance))
        mean[knowing] = (1 + chance[1:] @ mean[later]) / (1 - chance[0])
        ahead = chance[1:] @ mean[later] + chance[0] * mean[knowing]
        square[knowing] = (1 + 2 * ahead + chance[1:] @ square[later]) / (1 - chance[0])
    return float(mean[1]), sqrt(max(0.0, float(square[1] - mean[1] ** 2)))


def _learning(agents: int, knowing: int, mode: str) -> Any:
    """The chance that 0, 1, 2 … of those who do not know learn it in one round."""
    import numpy as np
    from scipy.stats import binom

    ignorant = agents - knowing
    reached = np.zeros(ignorant + 1)
    reached[0] = 1.0
    miss = 1 - np.arange(ignorant, -1, -1) / (agents - 1)  # one more call, when so many are reached already
    for _ in range(knowing if mode != "pull" else 0):
        reached[1:] = reached[1:] * miss[1:] + reached[:-1] * (1 - miss[:-1])
        reached[0] *= miss[0]
    if mode == "push":
        return reached
    learned = np.zeros(ignorant + 1)  # the rest ask for themselves
    for pushed in np.flatnonzero(reached > 1e-12):
        rest = ignorant - pushed
        asked = binom.pmf(np.arange(rest + 1), rest, knowing / (agents - 1))
        learned[pushed:] += reached[pushed] * asked
    return learned


def _check(agents: int, mode: str) -> None:
    if not isinstance(agents, int) or agents < 2:
        raise ValueError(f"agents={agents!r}: gossip takes two. Write agents=2 or more.")
    if mode not in ("push", "pull", "push-pull"):
        raise ValueError(f"mode={mode!r}: gossip goes by push, pull or push-pull. Write mode='push-pull'.")
