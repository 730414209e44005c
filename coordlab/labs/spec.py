"""The declaration of a lab: its parameters, its world, its properties and its measures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from inspect import signature
from typing import Any, NamedTuple, SupportsIndex

from coordlab import requirements as require
from coordlab.trace.faults import Fault
from coordlab.trace.scenario import Scenario, ScenarioError, Value
from coordlab.trace.trace import Trace, brief
from coordlab.world.agent import Agent
from coordlab.world.budget import Budget
from coordlab.world.run import Judge
from coordlab.world.world import World

Parameters = Mapping[str, Any]

BUDGET = Budget(events=50_000, instant=5_000, wall=10.0)
"""What a run of a lab may use: as much as a browser can show, and no more than a learner waits for."""


@dataclass(frozen=True)
class Parameter:
    """A setting that a learner can change.

    name: as in a scenario line.
    default: an int, a float or a bool, which is also the kind of its values, or one of the choices.
    low, high, step: the range of a number, and the step of its slider.
    choices: the texts to choose from; without any it is a number or a switch.
    unit: shown beside the name.
    help: one line for a tooltip.
    label: shown instead of the name.
    group: the heading in the controls.
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

    def checked(self, value: object) -> Value:
        """`value` as this parameter stores it.  Raises ScenarioError if it is not allowed.

        A float is rounded to six digits, so that the scenario line repeats the run exactly.
        """
        name, low, high, default = self.name, self.low, self.high, self.default
        if self.choices:
            return require.one_of(name, value, self.choices, ScenarioError)
        if isinstance(default, bool):
            return require.flag(name, value, ScenarioError)
        if isinstance(default, int):
            return require.count(name, value, low, high, default, ScenarioError)
        unit = f"a number ({self.unit})" if self.unit else ""
        example = float(default)
        found = require.number(name, value, low, high, unit=unit, example=example, error=ScenarioError)
        return round(float(found), 6)


@dataclass(frozen=True)
class Theory:
    """What theory expects to be counted in a run.

    expected: the value itself, or with `most` an upper bound of it.
    unless: why theory says nothing about this run.  Default: it applies, and the run is judged by it.
    """

    expected: object
    most: bool = False
    unless: str = ""

    def __str__(self) -> str:
        return f"{'≤ ' if self.most else ''}{brief(self.expected)}"


@dataclass(frozen=True, repr=False)
class Measure(require.Readable):
    """A quantity counted on a trace (None: it did not happen), and what theory expects (None: nothing)."""

    label: str
    count: Callable[[Trace], object]
    theory: Callable[[Parameters, Trace], Theory | None] = lambda parameters, trace: None


@dataclass(frozen=True, repr=False)
class Curve(require.Readable):
    """A curve of theory in a figure.

    of: its height, from the parameters and the place along the axis.
    says: what it claims of a measured mean: "equal" to the curve, at "most" it, or at "least" it.
    applies: for which parameters it says so; for others it is only shown.
    """

    of: Callable[[Parameters, float], float]
    says: str = "equal"
    applies: Callable[[Parameters], bool] = lambda given: True


@dataclass(frozen=True)
class Figure:
    """A figure: a measure over the values of a parameter, from many runs, with theory over it.

    question: what the figure answers; a lab knows it by this text.
    x: the parameter along the axis, a number.
    values: its values; that of the setting which is shown is added.
    measure: the label of a measure of the lab that is a number.
    theory: curves by their labels.
    replications: how many seeds each value is run with, the same ones for all.
    settings: parameters that the figure sets, whatever the lab shows.
    """

    question: str
    x: str
    values: tuple[float, ...]
    measure: str
    theory: Mapping[str, Curve] = field(default_factory=dict)
    replications: int = 10
    settings: Mapping[str, Value] = field(default_factory=dict)


class Measured(NamedTuple):
    """A measure of one run: its label, what was counted, and what theory expects."""

    label: str
    counted: Any
    theory: Theory | None = None

    @property
    def agrees(self) -> bool | None:
        """Whether the run agrees with theory; None if there is none, or if it does not apply."""
        if self.theory is None or self.theory.unless:
            return None
        expected: Any = self.theory.expected
        if not self.theory.most:
            return bool(self.counted == expected)
        return self.counted is not None and bool(self.counted <= expected)

    @property
    def shown(self) -> dict[str, str]:
        """In words: its label, its value, theory, and how they compare."""
        judged = {True: "agrees", False: "does not agree", None: ""}[self.agrees]
        if self.theory is not None and self.theory.unless:
            judged = f"does not apply: {self.theory.unless}"
        value = "never" if self.counted is None else brief(self.counted)
        theory = "" if self.theory is None else str(self.theory)
        return {"label": self.label, "value": value, "theory": theory, "judged": judged}

    def __repr__(self) -> str:
        words = self.shown
        beside = f" (theory {words['theory']}: {words['judged']})" if self.theory else ""
        return f"{self.label}: {words['value']}{beside}"

    def __str__(self) -> str:
        return repr(self)


@dataclass(frozen=True, repr=False)
class LabSpec(require.Readable):
    """One lab.

    name, title, question: the name of its pattern, its heading, and the question below the heading.
    parameters: what a learner can change.
    build: makes the world, with `BUDGET`, from a class of agents (None: those of the pattern), a seed and the
        parameters.
    properties: what judges a run, by the parameters.
    measures: what is counted on a run and compared with theory.
    until: the end of the run in virtual seconds; None: when no event is left.
    faults: those that the lab comes with, as scenario texts, by the parameters.
    lanes: the agents from top to bottom, by the parameters; None: in order of joining.
    focus: the part of the run that is shown first, in virtual seconds; None: all of it.
    figures: sweeps of a parameter, with theory over them.
    page: the module that explains the lab.
    fixed: settings that appear in the scenario but cannot be changed.
    """

    name: str
    title: str
    question: str
    parameters: tuple[Parameter, ...]
    build: Callable[..., World]
    properties: Callable[[Parameters], tuple[Judge, ...]]
    measures: tuple[Measure, ...]
    until: float | None
    faults: Callable[[Parameters], tuple[str, ...]] = lambda parameters: ()
    lanes: Callable[[Parameters], tuple[str, ...] | None] = lambda parameters: None
    focus: tuple[float, float] | None = None
    figures: tuple[Figure, ...] = ()
    page: str = ""
    fixed: Mapping[str, Value] = field(default_factory=dict)

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """A declared lab travels to another process as its name."""
        home = f"coordlab.patterns.{self.name}.lab"
        if getattr(sys.modules.get(home), "SPEC", None) is self:
            return _declared, (home,)
        return super().__reduce_ex__(protocol)

    def checked(self, given: Parameters) -> dict[str, Value]:
        """All parameters, with defaults for those not given.  Raises ScenarioError if one is not allowed."""
        known = {parameter.name: parameter for parameter in self.parameters}
        allowed = f"the parameters of the {self.name} lab are {', '.join([*known, *RUN])}"
        for name in sorted(given.keys() - known.keys()):
            require.that(name in self.fixed, f"no parameter {name!r}", allowed, "seed=7", ScenarioError)
            built, value = f"this world was built with {name}={self.fixed[name]}", given[name]
            require.that(
                value == self.fixed[name], f"{name}={value!r}", f"{built}; {allowed}", "seed=7", ScenarioError
            )
        values = {name: each.checked(given.get(name, each.default)) for name, each in known.items()}
        return {**self.fixed, **values}

    def settings(self, scenario: Scenario) -> dict[str, object]:
        """The parameters of a scenario, and its `seed` and `until`."""
        return {**scenario.parameters, **{name: getattr(scenario, name) for name in RUN}}

    def scenario(self, settings: Parameters) -> Scenario:
        """The scenario with these settings: parameters, `seed` and `until`; the rest has its default."""
        settings = {"seed": 0, "until": self.until, **settings}
        values = self.checked(_without_run(settings))
        run = {name: settings[name] for name in RUN}
        return Scenario.checked(self.name, {**values, **run}, list(self.faults(values)))

    def complete(self, scenario: Scenario) -> Scenario:
        """A scenario with all its parameters and its end.  Raises ScenarioError if it is of another lab."""
        require.that(
            scenario.lab == self.name,
            f"a scenario of the lab {scenario.lab!r}",
            f"this lab is {self.name!r}; labs.play(line) opens the lab that a line names, if there is one",
            self.name,
            ScenarioError,
        )
        until = self.until if scenario.until is None else scenario.until
        return replace(scenario, parameters=self.checked(scenario.parameters), until=until)

    def turned(self, now: Scenario, settings: Parameters, aside: tuple[Fault, ...] = ()) -> Scenario:
        """The scenario `now` with other settings (parameters, `seed`, `until`), and the faults in `aside`.

        If it has the faults that the lab comes with, they are replaced by those for the new parameters.
        """
        values = self.checked({**now.parameters, **_without_run(settings)})
        texts, own = [str(each) for each in (*now.faults, *aside)], self.faults(now.parameters)
        if tuple(texts[: len(own)]) == own:
            texts = [*self.faults(values), *texts[len(own) :]]
        run = {name: settings.get(name, getattr(now, name)) for name in RUN}
        return Scenario.checked(now.lab, {**values, **run}, texts)


@dataclass(frozen=True)
class LabSource:
    """Makes the worlds of a lab from scenarios, in this process or in another one.

    spec, agent: the declaration, and the learner's own class of agents (None: those of the pattern).
    scenario: the one that the lab shows.
    """

    spec: LabSpec
    agent: type[Agent] | None
    scenario: Scenario

    def world(self, scenario: Scenario) -> World:
        """The world of a scenario, with its faults and the properties of the lab."""
        spec, values = self.spec, self.spec.checked(scenario.parameters)
        world: World = spec.build(self.agent, scenario.seed, **values)
        world.scenario = scenario
        return world.expect(*spec.properties(values)).inject(*scenario.faults)

    def turned(self, scenario: Scenario, values: Mapping[str, Value]) -> Scenario:
        """The scenario with other parameters, and with the faults that the lab comes with for these."""
        return self.spec.turned(scenario, values)

    @property
    def measures(self) -> dict[str, Callable[[Trace], object]]:
        """What the lab counts on a trace, by its label."""
        return {each.label: each.count for each in self.spec.measures}


def fitting(kind: Callable[..., Agent], *given: object, **settings: object) -> Agent:
    """An agent of `kind`, made with the settings that its `__init__` takes by name."""
    takes = signature(kind).parameters
    everything = any(each.kind is each.VAR_KEYWORD for each in takes.values())
    return kind(*given, **{name: each for name, each in settings.items() if everything or name in takes})


RUN = ("seed", "until")  # the settings that every lab has, besides its parameters


def _declared(home: str) -> LabSpec:
    found: LabSpec = import_module(home).SPEC
    return found


def _without_run(settings: Parameters) -> Parameters:
    return {name: value for name, value in settings.items() if name not in RUN}
