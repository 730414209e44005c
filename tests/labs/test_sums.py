"""Python 3.12 adds floats with less rounding than 3.11: no measure and no picture may depend on that."""

import builtins
import math

import pytest

from coordlab import labs
from coordlab.labs.display import Still

real_sum = builtins.sum


def one_by_one(values, start=0):
    """As Python 3.11 adds."""
    for value in values:
        start = start + value
    return start


def compensated(values, start=0):
    """As Python 3.12 adds, and later ones."""
    numbers = [start, *values]
    if any(isinstance(each, float) for each in numbers) and all(
        isinstance(each, (int, float)) for each in numbers
    ):
        return math.fsum(numbers)
    return real_sum(numbers[1:], start)


@pytest.mark.parametrize("name", labs.NAMES)
def test_a_lab_is_the_same_however_floats_are_added(monkeypatch, name):
    seen = []
    for adding in (one_by_one, compensated):
        monkeypatch.setattr(builtins, "sum", adding)
        lab = getattr(labs, name)()
        seen.append((list(map(str, lab.measures)), Still(lab, "still").bundle))
    assert seen[0] == seen[1]
