"""How much a sampled test tries: few cases while one writes, more with `pytest --slow`, all with `--all`."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

slow = whole = False  # set by `--slow` and `--all`, before any test is collected


def disaster_count() -> int:
    """How many random disasters a property must survive: 10, or 20 with `--slow`, or 200 with `--all`."""
    return 200 if whole else 20 if slow else 10


def some(cases: Sequence[T], count: int) -> Sequence[T]:
    """`count` of the cases, evenly spread, or all of them with `--all`."""
    return cases if whole or len(cases) <= count else [cases[i * len(cases) // count] for i in range(count)]


def few(cases: Sequence[T], count: int) -> Sequence[T]:
    """`count` of the cases while one writes, and all of them with `--slow` or `--all`."""
    return cases if slow else some(cases, count)
