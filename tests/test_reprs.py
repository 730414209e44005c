"""What a cell that ends with an object shows is the same in every process."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import coordlab
from coordlab import labs, patterns
from coordlab.properties import Moment
from coordlab.trace.trace import Trace

PATTERNS = [each.name for each in pkgutil.iter_modules(patterns.__path__) if each.name != "orchestration"]


def ours(*roots: object) -> Iterator[object]:
    """The objects of our own classes that are reached from these through attributes and collections."""
    left, seen = list(roots), set[int]()
    while left:
        value = left.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            left += value
        elif type(value).__module__.startswith("coordlab.") and not type(value).__module__.startswith(
            "coordlab.world"
        ):
            yield value
            left += [each for name, each in getattr(value, "__dict__", {}).items() if name != "world"]


def addresses(*roots: object) -> list[str]:
    return sorted({repr(each)[:200] for each in ours(*roots) if "0x" in repr(each)})


@pytest.mark.parametrize("name", PATTERNS)
def test_nothing_of_a_pattern_shows_an_address(name: str) -> None:
    """What its modules define, and what its agents remember at the end of the demo."""
    module = importlib.import_module(f"coordlab.patterns.{name}")
    run = module.demo()
    found = [
        importlib.import_module(each.name)
        for each in pkgutil.iter_modules(module.__path__, f"{module.__name__}.")
    ]
    agents = [vars(agent) for agent in run.world.agents.values()]
    assert addresses(agents, run.world.properties, run, [vars(each) for each in found]) == []


def test_nothing_that_coordlab_exports_shows_an_address() -> None:
    """Labs with their declarations, moments, states and what a run consists of."""
    lab = labs.bully()
    exported = [getattr(coordlab, name) for name in coordlab.__all__]
    things = [lab, lab.spec, lab.spec.measures, Moment(Trace([])), coordlab.State(0), lab.run.world, exported]
    assert addresses(things, lab.run.world.network.latency, lab.run.scenario) == []
    assert "0x" not in repr((lab.run.world, lab.run.world["5"], coordlab.State(0), coordlab.Budget()))
