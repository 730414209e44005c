"""Gossip: how many rounds until everybody knows, and what a round costs."""

from __future__ import annotations

from functools import cache
from math import fsum, log, log2, sqrt
from operator import mul

from coordlab import requirements as require

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

    The number that knows is a Markov chain, solved from its end, in a time of the order of agents cubed.

    >>> [round(number, 2) for number in rounds(100, "push")]
    [12.3, 1.33]
    """
    _check(agents, mode)
    mean, square = [0.0] * (agents + 1), [0.0] * (agents + 1)  # of the rounds left, by the number that knows
    for knowing in range(agents - 1, 0, -1):
        stay, *learn = _learning(agents, knowing, mode)
        ahead = fsum(map(mul, learn, mean[knowing + 1 :]))
        mean[knowing] = (1 + ahead) / (1 - stay)
        later = ahead + stay * mean[knowing]
        square[knowing] = (1 + 2 * later + fsum(map(mul, learn, square[knowing + 1 :]))) / (1 - stay)
    return mean[1], sqrt(max(0.0, square[1] - mean[1] ** 2))


def _learning(agents: int, knowing: int, mode: str) -> list[float]:
    """The probabilities that 0, 1, 2 … of those that do not know learn it in one round."""
    ignorant, reached = agents - knowing, [1.0]
    for _ in range(knowing if mode != "pull" else 0):  # of one more call, by the number reached already
        hits = [chance * (ignorant - far) / (agents - 1) for far, chance in enumerate(reached)]
        stays = [chance - hit for chance, hit in zip(reached, hits, strict=True)]
        reached = [stay + hit for stay, hit in zip([*stays, 0.0], [0.0, *hits], strict=True)]
    if mode == "push":
        return reached
    learned = [0.0] * (ignorant + 1)  # the rest ask for themselves
    for far, chance in enumerate(reached[: ignorant + 1]):
        if chance > 1e-15:
            for more, asked in enumerate(_binomial(ignorant - far, knowing / (agents - 1))):
                learned[far + more] += chance * asked
    return learned


def _binomial(size: int, chance: float) -> list[float]:
    """The probabilities of 0, 1, 2 … successes in this many trials."""
    if chance == 1.0:
        return [0.0] * size + [1.0]
    found = [(1 - chance) ** size]
    for count in range(size):
        found.append(found[-1] * (size - count) / (count + 1) * chance / (1 - chance))
    return found


def _check(agents: int, mode: str) -> None:
    require.count("agents", agents, least=2)
    require.one_of("mode", mode, PER_CALL)
