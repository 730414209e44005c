"""Each lab declares which faults its properties assume at most, and a search keeps to them."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.explore import Limits, explore
from coordlab.labs import Lab
from coordlab.labs.declaration import STORMY
from tests.sampling import few, some


@pytest.mark.slow
@pytest.mark.parametrize("name", few(labs.NAMES, 4))
def test_within_what_it_assumes_a_lab_keeps_its_properties(name: str) -> None:
    found = explore(Lab(labs.spec(name)), budget=len(some(range(200), 40)))
    assert found, found


def test_a_lab_hands_its_limits_to_its_worlds() -> None:
    assert labs.bully().run.world.limits == Limits("crash partition")
    assert labs.leases(drift=0.2).run.world.limits == Limits(f"{STORMY} skew", drift=0.2, over=9.0)
