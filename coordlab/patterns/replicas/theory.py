"""Gossip: how many rounds until everybody knows, and what a round costs."""

from __future__ import annotations

from functools import cache
from math import log, log2, sqrt
from typing import TYPE_CHECKING

from coordlab import requirements as require

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


PER_CALL = {"push": 1, "pull": 2, "push-pull": 2}
"""Messages of a call: pulls are answered, pushes are not."""


def messages(agents: int, rounds: int, mode: str = "push", fan_out: int = 1) -> int:
    """Messages in this many rounds of anti-entropy, in which all call `fan_out` others.

    >>> messages(100, 1, "push"), messages(100, 1, "pull"), messages(100, 7, "push-pull")
    (100, 200, 1400)
    """
    _check(agents, mode)
    calls = agents * min(require.count("fan_out", fan_out, 1), agents - 1)
    return PER_CALL[mode] * calls * require.count("rounds", rounds)


def push_rounds(agents: int) -> float:
    """Rounds by push with fan-out 1, up to a constant, if agents are many: log2 n + ln n (Pittel 1987).

    >>> round(push_rounds(100), 1)
    11.2
    """
    _check(agents, "push")
    return log2(agents) + log(agents)


@cache
def rounds(agents: int, mode: str = "push") -> tuple[float, float]:
    """Exact mean and standard deviation of the rounds until all know what one knew, with fan-out 1.

    The number that knows is a Markov chain, solved from its end; 1000 agents take seconds of real time.

    >>> [round(number, 2) for number in rounds(100, "push")]
    [12.3, 1.33]
    """
    import numpy as np

    _check(agents, mode)
    mean, square = np.zeros(agents + 1), np.zeros(agents + 1)  # of the rounds left, by the number that knows
    for knowing in range(agents - 1, 0, -1):
        chance = _learning(agents, knowing, mode)
        later = slice(knowing + 1, knowing + len(chance))
        mean[knowing] = (1 + chance[1:] @ mean[later]) / (1 - chance[0])
        ahead = chance[1:] @ mean[later] + chance[0] * mean[knowing]
        square[knowing] = (1 + 2 * ahead + chance[1:] @ square[later]) / (1 - chance[0])
    return float(mean[1]), sqrt(max(0.0, float(square[1] - mean[1] ** 2)))


def _learning(agents: int, knowing: int, mode: str) -> NDArray[np.float64]:
    """The probabilities that 0, 1, 2 … of those that do not know learn it in one round."""
    import numpy as np
    from scipy.stats import binom

    ignorant = agents - knowing
    reached = np.zeros(ignorant + 1)
    reached[0] = 1.0
    miss = 1 - np.arange(ignorant, -1, -1) / (agents - 1)  # of one more call, by the number reached already
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
    require.count("agents", agents, least=2)
    require.one_of("mode", mode, PER_CALL)
