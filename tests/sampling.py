"""How much a sampled test tries: a few cases while one writes, all of them with `pytest --all`."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

whole = False  # set by `--all`, before any test is collected


def disaster_count() -> int:
    """How many random disasters a property must survive: 20, or 200 with `--all`."""
    return 200 if whole else 20


def some(cases: Sequence[T], count: int) -> Sequence[T]:
    """`count` of the cases, evenly spread, or all of them with `--all`."""
    return cases if whole or len(cases) <= count else [cases[i * len(cases) // count] for i in range(count)]
