"""Closed forms for gossip, against rumours in synchronous rounds and numbers worked out by hand."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable

import pytest

from coordlab.patterns.replicas.rules import MODES
from coordlab.patterns.replicas.theory import messages, push_rounds, rounds

FIGURES = {100: (12.26, 9.79, 6.54), 1000: (18.1, 13.8, 9.1)}  # mean rounds until all know, fan-out 1
PUBLISHED = [(n, *each) for n, row in FIGURES.items() for each in zip(MODES, row, strict=True)]


def rumour(agents: int, dice: random.Random, mode: str) -> int:
    """Rounds until all know what one knew, each calling one other in every round."""
    knowing, count = {0}, 0
    while len(knowing) < agents:
        count, before = count + 1, set(knowing)
        for caller in range(agents):
            called = dice.randrange(agents - 1)
            called += called >= caller  # never itself
            if mode != "pull" and caller in before:
                knowing.add(called)
            if mode != "push" and called in before:
                knowing.add(caller)
    return count


@pytest.mark.slow
@pytest.mark.parametrize(("agents", "mode", "published"), PUBLISHED)
def test_a_rumour_takes_the_published_number_of_rounds(agents: int, mode: str, published: float) -> None:
    """The mean of some hundred rumours lies within four standard errors of the known figure."""
    runs, dice = (300 if agents == 100 else 30), random.Random(7)
    took = [rumour(agents, dice, mode) for _ in range(runs)]
    assert abs(statistics.mean(took) - published) < 4 * statistics.stdev(took) / runs**0.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("agents", [2, 3, 7, 20])
def test_the_exact_mean_and_deviation_are_those_of_the_simulation(agents: int, mode: str) -> None:
    """A Markov chain, solved, against 800 rumours."""
    dice = random.Random(agents)
    took = [rumour(agents, dice, mode) for _ in range(800)]
    mean, deviation = rounds(agents, mode)
    assert abs(statistics.mean(took) - mean) <= 4 * deviation / 800**0.5 + 1e-9
    assert abs(statistics.stdev(took) - deviation) <= 0.15 * deviation + 1e-9


def test_three_agents_by_hand() -> None:
    """By push 1 + 4/3 rounds, by pull 1/(3/4) with 1 or 2 left, by push-pull one and a half."""
    assert [round(rounds(3, mode)[0], 9) for mode in MODES] == [2.333333333, 2.0, 1.5]


def test_the_closed_form_is_right_up_to_a_constant() -> None:
    """From 100 agents on the exact mean by push stays about 1.1 above log2 n + ln n."""
    assert all(1.0 < rounds(agents)[0] - push_rounds(agents) < 1.2 for agents in (100, 200))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: push_rounds(1), r"agents=1: expected a whole number, 2 or more"),
        (lambda: push_rounds(2.5), r"agents=2\.5: expected a whole number"),  # type: ignore[arg-type]
        (lambda: messages(5, 1, "shout"), r"mode='shout': expected one of 'push', 'pull', 'push-pull'"),
        (lambda: messages(5, -1), r"rounds=-1: expected a whole number, 0 or more"),
        (lambda: messages(5, 1, fan_out=0), r"fan_out=0: expected a whole number, 1 or more"),
    ],
)
def test_theory_refuses_numbers_that_make_no_sense(wrong: Callable[[], float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wrong()
