"""The count of a property's work is right from the first call, on every Python."""

import pytest

from coordlab.properties import safety
from coordlab.trace.trace import Trace
from tests.properties.linear import growth


@safety("looks at every event for each event")
def quadratic(trace):
    for _ in trace.rows:
        yield from (("never", "") for other in trace.rows if other is None)


@safety("looks at each event once")
def linear(trace):
    yield from (("never", "") for event in trace.rows if event is None)


@pytest.mark.parametrize(("judge", "factor"), [(quadratic, 4.0), (linear, 1.0)])
def test_growth_of_work_is_told_apart(judge, factor):
    short, long = (Trace([(0, "note", "ann", None, None, None, None, "x")] * size) for size in (100, 400))
    assert growth(judge, short, long) == pytest.approx(factor, rel=0.2)
