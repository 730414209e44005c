"""A contrasting pair: a small schedule that breaks a property, and its nearest neighbour that keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from coordlab.properties.verdicts import Verdict
from coordlab.trace.faults import Fault, FaultError, seconds
from coordlab.trace.scenario import Scenario
from coordlab.world.run import Run

STEPS = (0.001, 0.01, 0.1, 1.0)  # seconds by which the time of a fault is moved to find a neighbour


@dataclass(frozen=True)
class Neighbour:
    """A scenario that differs in one thing; `change` says in which."""

    scenario: Scenario
    change: str


@dataclass(frozen=True, repr=False)
class Pair:
    """Two schedules that differ in one thing: one breaks the property, the other keeps it.

    verdict: what the property says of the failing run.
    failing, passing: the runs.
    change: in what the passing schedule differs; "" if no neighbour was found: `passing` is None then.
    """

    verdict: Verdict
    failing: Run
    passing: Run | None
    change: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The scenario lines of both, the failing one first."""
        return tuple(run.line for run in (self.failing, self.passing) if run is not None)

    def __repr__(self) -> str:
        kept = f"\nIt holds {self.change}:\n  {self.lines[1]}" if self.passing is not None else ""
        return f"{self.verdict}\n  {self.failing.line}{kept}"

    def _lab(self) -> Any:
        # An import upwards, when a notebook asks, as that of a run.
        return import_module("coordlab.labs").show(self.failing, beside=self.passing)

    def _ipython_display_(self) -> None:
        self._lab()._ipython_display_()

    def _repr_mimebundle_(self, **_: object) -> Any:
        return self._lab()._repr_mimebundle_()


def neighbours(scenario: Scenario) -> Iterator[Neighbour]:
    """Scenarios that differ in one thing, the nearest first."""
    for step in STEPS:
        for place, fault in enumerate(scenario.faults):
            for name in ("at", "until", "by"):
                value = getattr(fault, name, None)
                if value is not None:
                    for moved in (value + step, value - step):
                        yield from _with(scenario, place, fault, name, round(moved, 6))
    for place, fault in enumerate(scenario.faults):
        less = scenario.faults[:place] + scenario.faults[place + 1 :]
        yield Neighbour(replace(scenario, faults=less), f"without “{fault}”")
    for seed in range(scenario.seed + 1, scenario.seed + 30):
        yield Neighbour(replace(scenario, seed=seed), f"with seed {seed}")


def _with(scenario: Scenario, place: int, fault: Fault, name: str, value: float) -> Iterator[Neighbour]:
    try:
        other: Fault = replace(fault, **{name: value})
    except FaultError:
        return
    faults = (*scenario.faults[:place], other, *scenario.faults[place + 1 :])
    words = {"at": "begins at", "until": "ends at", "by": "takes"}[name]
    yield Neighbour(replace(scenario, faults=faults), f"if “{fault}” {words} {seconds(value)} s")


def nearest(scenario: Scenario, keeps: Callable[[Scenario], bool]) -> Neighbour | None:
    """The nearest neighbour that keeps the property, if there is one."""
    for each in neighbours(scenario):
        try:
            if keeps(each.scenario):
                return each
        except ValueError:  # not a scenario of this source
            continue
    return None
