"""What agents can lose: every order tried, one by one, for small numbers."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, permutations
from random import Random

import pytest

from coordlab.patterns.counter import theory


def ending(order: tuple[int, ...] | str) -> int:
    """What the counter shows after an order of reads and writes: another way to compute it."""
    value, seen = 0, dict[object, int]()
    for agent in order:
        if agent in seen:
            value = seen.pop(agent) + 1
        else:
            seen[agent] = value
    return value


@pytest.mark.parametrize(("agents", "steps"), [(1, 3), (2, 1), (2, 2), (3, 1)])
def test_the_outcomes_are_those_of_all_orders(agents: int, steps: int) -> None:
    every = set(permutations([agent for agent in range(agents) for _ in range(2 * steps)]))
    assert theory.outcomes(agents, steps) == Counter(map(ending, sorted(every)))
    assert len(every) == theory.orders(agents, steps)


@pytest.mark.parametrize(("agents", "steps"), [(2, 5), (3, 2), (3, 3), (4, 2)])
def test_the_worst_is_two_and_the_best_every_step(agents: int, steps: int) -> None:
    found = theory.outcomes(agents, steps)
    assert [*found] == [*range(2, agents * steps + 1)]
    assert (theory.worst(agents, steps), theory.best(agents, steps)) == (min(found), max(found))
    assert sum(found.values()) == theory.orders(agents, steps)
    for number in found:
        assert ending(theory.order(agents, steps, number)) == number


def test_an_ending_that_no_order_has_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ending=1.*expected 2 to 10"):
        theory.order(2, 5, ending=1)


@pytest.mark.parametrize(("agents", "window"), [(2, 0.1), (3, 0.2), (5, 0.1), (6, 0.3)])
def test_the_probability_of_a_loss_is_the_share_of_random_beginnings(agents: int, window: float) -> None:
    draw, runs = Random(1), 20_000
    begun = (sorted(draw.uniform(0, 2) for _ in range(agents)) for _ in range(runs))
    near = sum(any(b - a < window for a, b in pairwise(at)) for at in begun)
    assert near / runs == pytest.approx(theory.loss(agents, window, 2.0), abs=0.012)
    assert theory.loss(30, 0.1, 2.0) == 1.0
