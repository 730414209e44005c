"""A contrasting pair: a small schedule that breaks a property, and its nearest neighbour that keeps it.

A schedule keeps a property only if that holds, and holds as well when the run goes on to the end with which
the search began: a shorter run may end before the violation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from coordlab.properties.verdicts import UNDECIDED, VIOLATED, Verdict
from coordlab.trace.faults import Fault, FaultError, seconds
from coordlab.trace.scenario import Scenario
from coordlab.world.run import Run

STEPS = (0.001, 0.01, 0.1, 1.0)  # seconds by which the time of a fault is moved to find a neighbour

Judged = Callable[[Scenario], tuple[Verdict, Run]]
"""What the broken property says of a scenario, and its run."""


@dataclass(frozen=True)
class Neighbour:
    """A scenario that differs in one thing.

    change: in which.
    later: by how many virtual seconds a fault begins, ends or lets go later; 0: by none.
    """

    scenario: Scenario
    change: str
    later: float = 0.0


@dataclass(frozen=True, repr=False)
class Pair:
    """Two schedules that differ in one thing: one breaks the property, the other keeps it.

    verdict: what the property says of the failing run.
    failing, passing: the runs; both have the same end.
    change: in what the passing schedule differs; "" if no neighbour passes: `passing` is None then.
    against: if no neighbour passes, in what those that were tried differ and what became of them; or "".
    """

    verdict: Verdict
    failing: Run
    passing: Run | None
    change: str
    against: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The scenario lines of both, the failing one first."""
        return tuple(run.line for run in (self.failing, self.passing) if run is not None)

    def __repr__(self) -> str:
        if self.passing is None:
            kept = f"No neighbour that differs in one thing passes: {self.against}."
        else:
            kept = f"It holds {self.change}:\n  {self.passing.line}"
        return f"{self.verdict}\n  {self.failing.line}\n{kept}"

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
    later = max(0.0, value - getattr(fault, name))
    words = {"at": "begins at", "until": "ends at", "by": "takes"}[name]
    yield Neighbour(replace(scenario, faults=faults), f"if “{fault}” {words} {seconds(value)} s", later)


class Contrast:
    """A failing schedule, and the search for its nearest neighbour that keeps the property.

    smallest: the failing schedule; it may end earlier than the runs of the search did.
    end: when these ended; None: when nothing was left to do.
    judged: may raise ValueError for what is not a scenario of the source.
    """

    def __init__(self, smallest: Scenario, end: float | None, judged: Judged) -> None:
        self.smallest, self.judged = smallest, judged
        early = smallest.until is not None and end is not None and smallest.until < end
        self.ends = [smallest.until, end] if early else [smallest.until]
        self.failing = [self.at(smallest, end) for end in self.ends]

    def at(self, scenario: Scenario, end: float | None) -> tuple[Verdict, Run]:
        """What the property says of a scenario that ends then, and its run."""
        return self.judged(replace(scenario, until=end))

    def pair(self) -> Pair:
        """The failing schedule beside the first neighbour that passes."""
        became: dict[str, str] = {}
        for near in neighbours(self.smallest):
            try:
                found = self.beside(near)
            except ValueError:  # not a scenario of this source
                continue
            if isinstance(found, Pair):
                return found
            became[near.change] = found
        return Pair(*self.failing[0], None, "", _told(became))

    def beside(self, near: Neighbour) -> Pair | str:
        """The pair with a neighbour if that holds, at the end of the pair and of the search; or the status.

        A pair ends early if it can.  A fault that comes later may do harm later by as much; if the run leaves
        no room for that, it is undecided.
        """
        for end, (verdict, failing) in zip(self.ends, self.failing, strict=True):
            seen = failing.trace.until if verdict.at is None else verdict.at
            if near.later and end is not None and seen + near.later >= end:
                continue
            found, passing = self.at(near.scenario, end)
            if found and end != self.ends[-1]:
                found, _ = self.at(near.scenario, self.ends[-1])
            if found:
                return Pair(verdict, failing, passing, near.change)
            if found.status == VIOLATED:
                return VIOLATED
        return UNDECIDED


def _told(became: Mapping[str, str]) -> str:
    """Why no neighbour passes: an example of each way to fail, and the number of the others."""
    words = {VIOLATED: "it fails", UNDECIDED: "it is undecided"}
    return "; ".join(
        f"{what} {_examples([change for change, status in became.items() if status == each])}"
        for each, what in words.items()
        if each in became.values()
    )


def _examples(changes: list[str]) -> str:
    first = {change.split()[0]: change for change in reversed(changes)}  # moved, without, with a seed
    named = [change for change in changes if change in first.values()]
    others = len(changes) - len(named)
    return ", ".join([*named, f"and with {others:,} other{'s' if others > 1 else ''}"] if others else named)
