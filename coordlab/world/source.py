"""Where worlds come from: anything that makes a world from a scenario, to explore it or to measure it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from inspect import Parameter, signature
from typing import Protocol, runtime_checkable

from coordlab import requirements as require
from coordlab.trace.names import is_name
from coordlab.trace.scenario import Scenario, Value
from coordlab.world.errors import WorldError
from coordlab.world.run import Judge, Run
from coordlab.world.world import World


@runtime_checkable
class Source(Protocol):
    """Makes worlds from scenarios, each time the same world from the same scenario."""

    @property
    def scenario(self) -> Scenario:
        """Where to begin: the parameters, the faults, the seed and the end."""

    def world(self, scenario: Scenario) -> World:
        """A world that has not run, with the agents, faults and properties of a scenario."""

    def turned(self, scenario: Scenario, values: Mapping[str, Value]) -> Scenario:
        """The scenario with other values of parameters."""


@dataclass(frozen=True)
class Again:
    """A world that is at hand, made again with other faults and another seed."""

    original: World
    scenario: Scenario

    def world(self, scenario: Scenario) -> World:
        """The same agents with the faults and the seed of a scenario."""
        return self.original.again(seed=scenario.seed, faults=scenario.faults)

    def turned(self, scenario: Scenario, values: Mapping[str, Value]) -> Scenario:
        """Raises ValueError: these agents are given."""
        given, allowed = f"{', '.join(values)} of a world", "a world that is there has no parameters"
        require.fail(given, allowed, "a function, def build(seed, agents=5): ...")


@dataclass(frozen=True)
class Built:
    """A function that takes a seed and parameters by name, and returns a world."""

    build: Callable[..., World]
    scenario: Scenario

    def world(self, scenario: Scenario) -> World:
        """What the function makes of the seed and the parameters, with the faults injected."""
        world = self.build(seed=scenario.seed, **scenario.parameters)
        example = "def build(seed, agents=5): return World(seed).add(...)"
        require.instance("build(...)", world, World, example)
        world.inject(*scenario.faults)
        world.scenario = scenario.again(scenario.seed, ()) if scenario.faults else scenario
        return world

    def turned(self, scenario: Scenario, values: Mapping[str, Value]) -> Scenario:
        """The scenario with other arguments."""
        return replace(scenario, parameters={**scenario.parameters, **values})


def source_of(
    what: object, parameters: Mapping[str, Value] | None = None, until: float | None = None
) -> Source:
    """The source that `what` is or has: a lab, a world, a run, or a function that builds a world.

    parameters: what the function takes besides the seed.
    until: the end of each run in virtual seconds; None: that of the lab or the run, or no end.

    Raises TypeError for anything else.
    """
    found: Source
    own = what if isinstance(what, Source) else getattr(what, "source", None)
    if own is not None:
        found = own
    elif isinstance(what, Run):
        found = Again(what.world, what.scenario)
    elif isinstance(what, World):
        found = Again(what, replace(what.scenario, faults=tuple(what.faults)))
    else:
        allowed = "expected a lab, a world, a run, or a function that builds a world"
        example = "explore(build, ...), with def build(seed): return World(seed).add(...)"
        require.that(callable(what), repr(what), allowed, example, TypeError)
        name = getattr(what, "__name__", "world")
        found = Built(what, Scenario(name if is_name(name) else "world", _defaults(what)))  # type: ignore[arg-type]
    _check_seed(found)
    known = takes(found)
    for name in parameters or {} if known is not None else {}:
        require.one_of("parameter", name, sorted(known or ()))
    end = found.scenario.until if until is None else require.seconds("until", until, positive=True)
    values = {**found.scenario.parameters, **(parameters or {})}
    return At(found, replace(found.scenario, parameters=values, until=end))


def _check_seed(source: Source) -> None:
    """Raise TypeError for a function that does not take the seed by name."""
    if isinstance(source, Built):
        found = signature(source.build).parameters
        named = "seed" in found and found["seed"].kind is not Parameter.POSITIONAL_ONLY
        taken = named or any(each.kind is each.VAR_KEYWORD for each in found.values())
        given = require.without_addresses(f"{source.scenario.lab}{signature(source.build)}")
        example = "def build(seed, agents=5): return World(seed).add(...)"
        require.that(taken, given, "expected a function that takes `seed`", example, TypeError)


def takes(source: Source) -> Collection[str] | None:
    """The names of the parameters of a source; None if its function takes any."""
    origin = source.origin if isinstance(source, At) else source
    if not isinstance(origin, Built):
        return source.scenario.parameters.keys()
    found = signature(origin.build).parameters
    anything = any(each.kind is each.VAR_KEYWORD for each in found.values())
    return None if anything else found.keys() - {"seed"}


def _defaults(build: Callable[..., object]) -> dict[str, Value]:
    """The parameters of a function that a scenario can hold, with their defaults."""
    found = {name: each.default for name, each in signature(build).parameters.items() if name != "seed"}
    return {name: value for name, value in found.items() if isinstance(value, (bool, int, float, str))}


@dataclass(frozen=True)
class At:
    """A source that begins at another scenario."""

    origin: Source
    scenario: Scenario

    def world(self, scenario: Scenario) -> World:
        """The world that the origin makes."""
        return self.origin.world(scenario)

    def turned(self, scenario: Scenario, values: Mapping[str, Value]) -> Scenario:
        """As the origin does it."""
        return self.origin.turned(scenario, values)


@dataclass(frozen=True)
class Attempt:
    """A scenario that was run; `problem` is the error that stopped it, if any."""

    scenario: Scenario
    run: Run
    problem: str = ""


def attempt(source: Source, scenario: Scenario, properties: tuple[Judge, ...] = ()) -> Attempt:
    """Run a scenario, judged by the properties of its world and by further ones.

    A run that its agents stop with an error is an attempt, too; its `run` is what happened before.
    """
    world = source.world(scenario).expect(*properties)
    try:
        return Attempt(scenario, world.run(None if scenario.until is None else float(scenario.until)))
    except WorldError as error:
        return Attempt(scenario, error.run, str(error))
