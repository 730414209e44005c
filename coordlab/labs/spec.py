"""What a lab is made of: a declaration, not a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from typing import Any

from coordlab.trace.faults import Fault
from coordlab.trace.scenario import Scenario, ScenarioError, Value
from coordlab.trace.trace import Trace
from coordlab.world.world import World

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    """Something a learner can turn: a number from `low` to `high`, a choice, or a switch.

    `unit` is shown beside the value, `help` is one line for a tooltip.
    """

    name: str
    default: Value
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0
    choices: tuple[str, ...] = ()
    unit: str = ""
    help: str = ""
    label: str = ""
    group: str = "World"

    @property
    def allowed(self) -> str:
        """In words, what it may be."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if isinstance(self.default, bool):
            return "true or false"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}" + (f" {self.unit}" if self.unit else "")

    def checked(self, value: Any) -> Value:
        """`value` as this parameter holds it, or an error that says what it may be."""
        if self._fits(value):
            # as the scenario's line will say it: whoever is sent the line sees the same run
            return round(float(value), 6) if type(self.default) is float else type(self.default)(value)
        example = self.choices[0] if self.choices else self.default
        raise ScenarioError(
            f"{self.name}={value!r}: it must be {self.allowed}. Write for instance {self.name}={example!r}."
        )

    def _fits(self, value: Any) -> bool:
        if self.choices:
            return value in self.choices
        if isinstance(self.default, bool) or isinstance(value, bool):
            return isinstance(value, bool) and isinstance(self.default, bool)
        kind = Integral if isinstance(self.default, int) else Real  # numpy's numbers are such, too
        return isinstance(value, kind) and self.low <= float(value) <= self.high


@dataclass(frozen=True)
class Measure:
    """Something counted on a trace, and what theory says of it (None: nothing)."""

    label: str
    count: Callable[[Trace], Any]
    theory: Callable[[Parameters, Trace], Any] = lambda parameters, trace: None


@dataclass(frozen=True)
class LabSpec:
    """One lab: `build` makes its world, `properties` judge the run, `measures` compare it with theory.

    `faults` strike unless the learner says otherwise; `until` is the end in virtual seconds (None: when
    nothing is left to do).
    """

    name: str
    title: str
    question: str
    parameters: tuple[Parameter, ...]
    build: Callable[..., World]
    properties: Callable[[Parameters], tuple[Any, ...]]
    measures: tuple[Measure, ...]
    until: float | None
    faults: Callable[[Parameters], tuple[str, ...]] = lambda parameters: ()
    lanes: Callable[[Parameters], tuple[str, ...] | None] = lambda parameters: None
    focus: tuple[float, float] | None = None
    page: str = ""  # the module that explains it
    fixed: Mapping[str, Value] = field(default_factory=dict)  # settings that are told but cannot be turned

    def checked(self, given: Parameters) -> dict[str, Value]:
        """All parameters, the defaults filled in, or an error that lists what there is."""
        known = {parameter.name: parameter for parameter in self.parameters}
        there = ", ".join([*known, "seed", "until"])
        for name in given.keys() - known.keys():
            if name not in self.fixed:
                raise ScenarioError(f"the {self.name} lab has no parameter {name!r}. It has {there}.")
            if given[name] != (value := self.fixed[name]):
                raise ScenarioError(
                    f"{name}={given[name]!r}: this world was built with {name}={value}. One can turn {there}."
                )
        values = {name: each.checked(given.get(name, each.default)) for name, each in known.items()}
        return {**self.fixed, **values}

    def scenario(self, settings: Parameters) -> Scenario:
        """A run as it comes, with these parameters (also `seed` and `until`)."""
        settings = {"seed": 0, "until": self.until, **settings}
        values = self.checked(_without_run(settings))
        run = {name: settings[name] for name in RUN}
        return Scenario.checked(self.name, {**values, **run}, list(self.faults(values)))

    def complete(self, scenario: Scenario) -> Scenario:
        """A scenario of this lab with all its parameters and its end; that of another lab is refused."""
        if scenario.lab != self.name:
            raise ScenarioError(
                f"{scenario.lab!r} is another lab, this is {self.name!r}. "
                f"Write coordlab.labs.play({str(scenario)[:80]!r})."
            )
        until = self.until if scenario.until is None else scenario.until
        return replace(scenario, parameters=self.checked(scenario.parameters), until=until)

    def turned(self, now: Scenario, settings: Parameters, aside: tuple[Fault, ...] = ()) -> Scenario:
        """The scenario `now` with other parameters (also `seed` and `until`), and the faults left `aside`.

        The faults that the lab comes with change along.
        """
        values = self.checked({**now.parameters, **_without_run(settings)})
        texts, own = [str(each) for each in (*now.faults, *aside)], self.faults(now.parameters)
        if tuple(texts[: len(own)]) == own:
            texts = [*self.faults(values), *texts[len(own) :]]
        run = {name: settings.get(name, getattr(now, name)) for name in RUN}
        return Scenario.checked(now.lab, {**values, **run}, texts)


RUN = ("seed", "until")  # settings of every lab, which are no parameters of its own


def _without_run(settings: Parameters) -> Parameters:
    return {name: value for name, value in settings.items() if name not in RUN}
