"""The search finds mistakes in elections and leases in 1,000 schedules, also those that need a close call."""

from __future__ import annotations

import pytest

from tests import explored
from tests.mutants import bully, leases
from tests.mutants.mutation import Mutant, mutated
from tests.sampling import some

MISTAKES = {"bully": bully.MUTANTS, "leases": [*leases.MUTANTS[:6], *leases.MUTANTS[7:9]]}
CASES = [
    pytest.param(name, mutant, id=f"{name}-{number}")
    for name, mutants in MISTAKES.items()
    for number, mutant in enumerate(mutants)
]


@pytest.mark.slow
@pytest.mark.parametrize(("pattern", "mutant"), some(CASES, 3))
def test_the_search_finds_a_mistake(pattern: str, mutant: Mutant) -> None:
    """The property that objects is the one that the table of mutants names."""
    with mutated(mutant, f"tests.patterns.{pattern}.story") as story:
        found = next(explored.failures(story, mutant.caught_by, budget=1_000), None)
    assert found is not None
