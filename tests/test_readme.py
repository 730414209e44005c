"""The figures in the README are those of theory."""

import random
from collections.abc import Callable
from statistics import fmean

import pytest

from coordlab.patterns import rogue, swim
from tests.patterns.contract_net.tables import one_by_one, optimal, total
from tests.pythons import PROJECT

README = " ".join((PROJECT / "README.md").read_text("utf-8").split())


def dear(tasks: int) -> str:
    """How many times as much awards one by one cost as the best assignment, for costs up to 1."""
    dice = random.Random(tasks)
    tables = [[[dice.random() for _ in range(tasks)] for _ in range(tasks)] for _ in range(8_000 // tasks)]
    spent = [fmean(total(costs, award(costs)) for costs in tables) for award in (one_by_one, optimal)]
    return f"{spent[0] / spent[1]:.1f}"


FIGURES: dict[str, Callable[[], str]] = {
    "contract net": lambda: (
        f"one by one {', '.join(map(dear, (3, 10, 40)))} × the optimum for 3, 10, 40 tasks"
    ),
    "swim": lambda: (
        f"after {swim.theory.first_detection_in_rounds(10):.2f} periods among 10, "
        f"{swim.theory.first_detection():.2f} in a large group"
    ),
    "rogue": lambda: f"about {rogue.theory.sprt(0.6)[1]:.0f} checks to tell one that is right in 60 % from",
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_what_theory_says(name: str) -> None:
    assert FIGURES[name]() in README
