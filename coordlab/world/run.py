"""A run as data: what a world leaves behind."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from coordlab.trace.faults import Fault
from coordlab.trace.narration import narration
from coordlab.trace.scenario import Scenario
from coordlab.trace.trace import Trace

if TYPE_CHECKING:
    from coordlab.world.world import World


class Run:
    """A run that is over: its trace, what its properties say of it, and the ways to vary it."""

    def __init__(self, trace: Trace, world: World, until: float | None) -> None:
        self.trace, self.world, self.until = trace, world, until

    @cached_property
    def verdicts(self) -> list[Any]:
        """What each expected property says of the trace."""
        return [judge(self.trace) for judge in self.world.properties]

    @property
    def scenario(self) -> Scenario:
        """What determined this run, as data."""
        return replace(self.world.scenario, faults=tuple(self.world.faults), until=self.until)

    @property
    def line(self) -> str:
        """What determined this run, on one line to share."""
        return str(self.scenario)

    def branch(self, *faults: Fault | str) -> Run:
        """The same run from zero, with more faults; agents are made anew from their arguments."""
        return self.world.again().inject(*faults).run(self.until)

    def divergence(self, other: Run) -> int | None:
        """The number of the first event in which the two runs differ; None if they are equal."""
        return self.trace.divergence(other.trace)

    def __repr__(self) -> str:
        verdicts = "".join(f"\n{verdict}" for verdict in self.verdicts)
        return f"{self.line}\n{narration(self.trace)}{verdicts}"

    def _repr_mimebundle_(self, **_: Any) -> Any:
        # The one look upwards, when a notebook asks: however it was imported, a run shows the player.
        return import_module("coordlab.labs").show(self)._repr_mimebundle_()
