"""Tables of costs: a row for each task with its cost for each contractor."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from coordlab.patterns.contract_net.rules import Costs


def total(costs: Costs, awarded: Iterable[int]) -> float:
    """What these awards cost together."""
    return sum(row[who] for row, who in zip(costs, awarded, strict=True))


def random_tables(seed: int) -> Iterator[list[list[float]]]:
    """Twenty tables of two to six tasks, as many contractors, and costs below 1."""
    dice = random.Random(seed)
    for _ in range(20):
        size = dice.randint(2, 6)
        yield [[dice.random() for _ in range(size)] for _ in range(size)]


def misleading_costs(tasks: int) -> list[list[float]]:
    """A table in which every single award is best and the whole is bad.

    Task k has one contractor who would do it for 1/k², but the task before takes that one, since nobody is
    cheaper for it; the next best asks 1/k, all others 2.
    """
    table = [[2.0] * tasks for _ in range(tasks)]
    for k in range(1, tasks + 1):
        table[k - 1][(tasks - k - 1) % tasks] = 1 / k
        table[k - 1][tasks - k] = 1 / k**2
    return table
