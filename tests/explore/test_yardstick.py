"""The search finds mistakes of the patterns in 1,000 schedules.

For some tables it begins in worlds without a fault.  For the others the faults of a story's disasters help:
each world runs as it is, and only what none of them shows is left to the search.
"""

from __future__ import annotations

from importlib import import_module

import pytest

from coordlab.trace.scenario import Scenario
from coordlab.world.world import World
from tests import explored
from tests.mutants.mutation import Mutant, mutated
from tests.mutants.test_mutants import TABLES
from tests.sampling import some

ALONE = ("crew", "group_chat")
"""The tables whose mistakes the search finds without the faults of a disaster."""
CASES = [
    pytest.param(name, mutant, id=f"{name}-{number}")
    for name, mutants in TABLES.items()
    for number, mutant in enumerate(mutants)
    if not mutant.equivalent
]


@pytest.mark.slow
@pytest.mark.parametrize(("pattern", "mutant"), some(CASES, 3))
def test_the_search_finds_a_mistake(pattern: str, mutant: Mutant) -> None:
    """The table of mutants names the property that objects; without the mistake it holds."""
    with mutated(mutant, f"tests.patterns.{pattern}.story") as story:
        if pattern in ALONE:
            found = explored.searched(story, mutant.caught_by, budget=1_000, bare=True)
        else:
            found = explored.caught(story, mutant.caught_by, budget=1_000)
        assert found is not None
    correct = import_module(f"tests.patterns.{pattern}.story")
    world = explored.worlds(correct, explored.WORLDS)[found.place]
    assert survives(world, found.scenario, mutant.caught_by)


def survives(world: World, scenario: Scenario, name: str) -> bool:
    """Whether a world keeps the properties whose name begins so in a schedule."""
    run = world.again(seed=scenario.seed, faults=scenario.faults).run(until=scenario.until)
    judged = [each for each in run.verdicts if each.name.startswith(name)]
    return bool(judged) and all(each.status != "violated" for each in judged)
