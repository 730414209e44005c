"""Tables of costs: a row for each task with its cost for each contractor."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence

from scipy.optimize import linear_sum_assignment

Costs = Sequence[Sequence[float]]


def one_by_one(costs: Costs) -> tuple[int, ...]:
    """The contractor of each task if each task in turn goes to the cheapest contractor still free."""
    free = list(range(len(costs[0])))
    return tuple(free.pop(free.index(min(free, key=row.__getitem__))) for row in costs)


def optimal(costs: Costs) -> tuple[int, ...]:
    """The contractor of each task if all are awarded at once, at the least cost."""
    return tuple(int(who) for who in linear_sum_assignment(costs)[1])


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
