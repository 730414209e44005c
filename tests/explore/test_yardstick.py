"""The search finds mistakes of many patterns in 1,000 schedules, also those that need a close call.

Two of the mistakes in leases are left out, because it does not find them in so few.
"""

from __future__ import annotations

import pickle

import pytest

from coordlab.trace.scenario import Scenario
from coordlab.world.world import World
from tests import explored
from tests.mutants import bully, bus, contract_net, htn, leases, ring
from tests.mutants.mutation import Mutant, mutated
from tests.sampling import some

HARD = {  # mistakes that 1,000 schedules do not find
    'until = "leads", self.now + self.held',
    "until=now + lease / 2",
}
MISTAKES = {
    "bully": bully.MUTANTS,
    "bus": bus.MUTANTS,
    "contract_net": contract_net.MUTANTS,
    "htn": htn.MUTANTS,
    "leases": [mutant for mutant in leases.MUTANTS if mutant.new not in HARD],
    "ring": ring.MUTANTS,
}
CASES = [
    pytest.param(name, mutant, id=f"{name}-{number}")
    for name, mutants in MISTAKES.items()
    for number, mutant in enumerate(mutants)
    if not mutant.equivalent
]


@pytest.mark.slow
@pytest.mark.parametrize(("pattern", "mutant"), some(CASES, 3))
def test_the_search_finds_a_mistake(pattern: str, mutant: Mutant) -> None:
    """The table of mutants names the property that objects; without the mistake it holds."""
    with mutated(mutant, f"tests.patterns.{pattern}.story") as story:
        found = next(explored.failures(story, mutant.caught_by, budget=1_000), None)
        assert found is not None
        sent = pickle.dumps(found)
    world, scenario = pickle.loads(sent)  # its classes are those of the correct page
    assert survives(world, scenario, mutant.caught_by)


def survives(world: World, scenario: Scenario, name: str) -> bool:
    """Whether a world keeps the properties whose name begins so in a schedule."""
    run = world.again(seed=scenario.seed, faults=scenario.faults).run(until=scenario.until)
    judged = [each for each in run.verdicts if each.name.startswith(name)]
    return bool(judged) and all(each.status != "violated" for each in judged)
