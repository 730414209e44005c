"""A failing schedule made smaller: fewer agents, less work, fewer faults, simpler times, in this order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from coordlab.trace.faults import Fault, FaultError
from coordlab.trace.scenario import Scenario, Value

Fails = Callable[[Scenario], bool]
Turned = Callable[[Scenario, Mapping[str, Value]], Scenario]
MOST = 2_000  # runs
AGENTS = "agents"  # the parameter that is made smaller first


class Shrinker:
    """Makes a scenario smaller as long as it still fails.

    fails: whether a scenario still violates the property; may raise ValueError for one that is not allowed.
    turned: a scenario with another value of one parameter; may raise ValueError, too.
    most: how many scenarios are tried.
    """

    def __init__(self, fails: Fails, turned: Turned, most: int = MOST) -> None:
        self.fails, self.turned, self.left = fails, turned, most
        self.known: dict[str, bool] = {}

    def shrink(self, scenario: Scenario) -> Scenario:
        """The smallest failing scenario that was found; none of the single steps makes it smaller."""
        while self.left > 0:
            before = scenario
            for smaller in (self.fewer_agents, self.less_work, fewer_faults, simpler_times):
                scenario = self.descend(scenario, smaller)
            if scenario == before:
                break
        return scenario

    def descend(self, scenario: Scenario, smaller: Callable[[Scenario], Iterator[Scenario]]) -> Scenario:
        """Take the first smaller scenario that fails, as long as there is one."""
        while True:
            found = next((each for each in smaller(scenario) if self.still_fails(each)), None)
            if found is None:
                return scenario
            scenario = found

    def still_fails(self, scenario: Scenario) -> bool:
        """Whether it fails; each scenario is run once, and none when the budget is used up."""
        line = str(scenario)
        if line not in self.known:
            if self.left <= 0:
                return False
            self.left -= 1
            try:
                self.known[line] = self.fails(scenario)
            except ValueError:  # a parameter below its least value, or a fault of an agent that is gone
                self.known[line] = False
        return self.known[line]

    def fewer_agents(self, scenario: Scenario) -> Iterator[Scenario]:
        """With fewer agents, and without one of the faults, whose agent may be gone."""
        for each in self.lower(scenario, AGENTS):
            yield each
            for fault in each.faults:
                yield replace(each, faults=tuple(other for other in each.faults if other is not fault))

    def less_work(self, scenario: Scenario) -> Iterator[Scenario]:
        """With a smaller whole number for another parameter."""
        for name in scenario.parameters:
            if name != AGENTS:
                yield from self.lower(scenario, name)

    def lower(self, scenario: Scenario, name: str) -> Iterator[Scenario]:
        """With smaller values of a parameter, the smallest first."""
        value = scenario.parameters.get(name)
        if type(value) is int and value > 0:
            for smaller in dict.fromkeys((0, 1, 2, value // 2, value - 1)):
                with suppress(ValueError):
                    if smaller < value:
                        yield self.turned(scenario, {name: smaller})


def fewer_faults(scenario: Scenario) -> Iterator[Scenario]:
    """Without half of the faults, a quarter of them, and so on down to a single one."""
    faults = scenario.faults
    size = len(faults)
    while size:
        for start in range(0, len(faults), size):
            yield replace(scenario, faults=faults[:start] + faults[start + size :])
        size //= 2


def simpler_times(scenario: Scenario) -> Iterator[Scenario]:
    """With an earlier end of the run, and faults that are simpler to tell."""
    if scenario.until is not None:
        for digits in (0, 1):
            until = _rounded_up(scenario.until * 0.75, digits)
            if until < scenario.until:
                yield replace(scenario, until=until)
    for place, fault in enumerate(scenario.faults):
        for simpler in _simpler(fault):
            yield replace(scenario, faults=(*scenario.faults[:place], simpler, *scenario.faults[place + 1 :]))


def _simpler(fault: Fault) -> Iterator[Fault]:
    """The fault for ever, or with rounder numbers; never one that takes more digits."""
    if fault.until is not None:
        yield from _changed(fault, until=None)
    for name in ("at", "until", "by"):
        value = getattr(fault, name, None)
        if value is not None:
            for digits in (0, 1, 2, 3):
                if _digits(value) > digits:
                    yield from _changed(fault, **{name: round(value, digits)})


def _changed(fault: Fault, **values: float | None) -> Iterator[Fault]:
    try:
        yield replace(fault, **values)
    except FaultError:  # its end would not be later than its beginning
        return


def _digits(value: float) -> int:
    """How many decimals a number of seconds has."""
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])


def _rounded_up(value: float, digits: int) -> float:
    step: float = 10.0**-digits
    return round(-(-value // step) * step, 6)
