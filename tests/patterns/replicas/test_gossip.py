"""Rumours in synchronous rounds: how many, and who is called."""

from __future__ import annotations

import random
import statistics
from typing import Any

import pytest

from coordlab.patterns.replicas import theory
from coordlab.patterns.replicas.gossip import MODES, checked, partners, rounds, spread

PUBLISHED = {  # mean rounds until all know, fan-out 1
    (100, "push"): 12.26,
    (100, "pull"): 9.79,
    (100, "push-pull"): 6.54,
    (1000, "push"): 18.1,
    (1000, "pull"): 13.8,
    (1000, "push-pull"): 9.1,
}


@pytest.mark.parametrize(("agents", "mode"), PUBLISHED)
def test_rounds_until_all_know(agents: int, mode: str) -> None:
    """The mean of some hundred rumours lies within four standard errors of the known figure."""
    runs, dice = (300, random.Random(7)) if agents == 100 else (30, random.Random(7))
    took = [rounds(agents, dice, mode) for _ in range(runs)]
    error = statistics.stdev(took) / runs**0.5
    assert abs(statistics.mean(took) - PUBLISHED[agents, mode]) < 4 * error


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("agents", [2, 3, 7, 30])
def test_the_exact_mean_and_spread_are_those_of_the_simulation(agents: int, mode: str) -> None:
    """A Markov chain, solved, against 800 rumours."""
    dice = random.Random(agents)
    took = [rounds(agents, dice, mode) for _ in range(800)]
    mean, deviation = theory.rounds(agents, mode)
    assert abs(statistics.mean(took) - mean) <= 4 * deviation / 800**0.5 + 1e-9
    assert abs(statistics.stdev(took) - deviation) <= 0.15 * deviation + 1e-9


def test_more_calls_a_round_need_fewer_rounds() -> None:
    """Fan-out 1, 2 and 4 among 100; if one calls everybody, one round will do."""
    means = [
        statistics.mean(rounds(100, random.Random(n), "push", fan) for n in range(20)) for fan in (1, 2, 4)
    ]
    assert means == sorted(means, reverse=True)
    assert rounds(20, random.Random(1), "push", fan_out=19) == 1


@pytest.mark.parametrize("mode", MODES)
def test_who_learns_in_a_call(mode: str) -> None:
    """0 knows and calls 2, 2 calls 1, 1 calls 0: the called learns, the caller, or both."""

    class Fixed(random.Random):
        calls = iter([[1], [0], [1]])  # places among the others: 0 calls 2, 1 calls 0, 2 calls 1

        def sample(self, *_: Any, **__: Any) -> list[int]:  # type: ignore[override]
            return next(self.calls)

    learned = {"push": {0, 2}, "pull": {0, 1}, "push-pull": {0, 1, 2}}
    assert spread(frozenset({0}), 3, Fixed(), mode) == learned[mode]


def test_nobody_calls_itself_or_anyone_twice() -> None:
    """Over 500 draws of three of five peers."""
    dice = random.Random(1)
    assert all(len(set(partners("abcde", 3, dice))) == 3 for _ in range(500))
    assert partners([], 1, dice) == []
    assert rounds(1, dice) == 0


def test_what_cannot_be_is_refused() -> None:
    """No such mode, no calls, nobody."""
    with pytest.raises(
        ValueError, match=r"mode='shout': gossip goes by push, pull, push-pull\. Write mode='push-pull'"
    ):
        checked("shout")
    for fan_out in (0, 1.5, True):
        with pytest.raises(ValueError, match=rf"fan_out={fan_out}: .* 1 or more\. Write fan_out=1"):
            checked("push", fan_out)  # type: ignore[arg-type]
    for agents in (float("nan"), 2.5, True):
        with pytest.raises(ValueError, match=rf"agents={agents}: somebody must know it first"):
            rounds(agents, random.Random(0))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"agents=0: somebody must know it first"):
        rounds(0, random.Random(1))
