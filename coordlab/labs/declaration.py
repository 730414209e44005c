"""The declaration of a lab: its parameters, its world, its properties and its measures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from inspect import Signature, signature
from typing import Any, SupportsIndex

from coordlab import requirements as require
from coordlab.labs.making import making
from coordlab.labs.measures import Curve, Figure, Measure, Measured, Theory, disturbed, lost, once
from coordlab.labs.parameters import LOSS, SLOWEST, Parameter, Parameters, numbered
from coordlab.labs.views import BEFORE, Bar, Cell, Curves, Graph, Mark, Spans, Table, View
from coordlab.trace.faults import Fault, seconds
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Scenario, ScenarioError, Value
from coordlab.trace.trace import Trace
from coordlab.world.agent import Agent
from coordlab.world.budget import Budget
from coordlab.world.run import Judge
from coordlab.world.world import World

__all__ = [  # what a declaration is made of, parameters and views included
    "BEFORE",
    "BUDGET",
    "LOSS",
    "SLOWEST",
    "STORMY",
    "Bar",
    "Cell",
    "Curve",
    "Curves",
    "Figure",
    "Graph",
    "LabSource",
    "LabSpec",
    "Limits",
    "Mark",
    "Measure",
    "Measured",
    "Offer",
    "Parameter",
    "Parameters",
    "Role",
    "Schedule",
    "Spans",
    "Table",
    "Theory",
    "View",
    "disturbed",
    "fitting",
    "lost",
    "network",
    "numbered",
    "once",
    "why_not",
]

BUDGET = Budget(events=50_000, instant=5_000, wall=10.0, tasks=5_000)
"""What a run of a lab may use: as much as a browser can show, and no more than a learner waits for."""
STORMY = "crash partition cut slow drop duplicate delay"
"""The kinds of fault of a pattern that assumes crashes and a bad network, and clocks that agree."""


@dataclass(frozen=True)
class Role:
    """A part that a class of the learner's can play: `labs.voting(voter=MyVoter)`.

    name: the name of the argument.
    of: the class of the textbook's agents; the learner's takes the place of this one, and may derive from it.
    """

    name: str
    of: type[Agent]

    @property
    def made(self) -> str:
        """How the lab makes an agent of this role."""
        return f"{self.of.__name__}({_settings(_takes(self.of))})"

    def check(self, kind: type[Agent]) -> None:
        """Raise TypeError unless a class can be made with what `of` is made with."""
        wanted, takes = _takes(self.of), _takes(kind)
        needed = [each for each in wanted.parameters.values() if each.default is each.empty]
        optional = [
            name
            for name, each in takes.parameters.items()
            if name in wanted.parameters and each.default is each.empty
        ]
        try:
            takes.bind(*needed, **dict.fromkeys(optional[len(needed) :]))
        except TypeError:
            given = f"{self.name}={kind.__name__}, made with ({_settings(takes)})"
            allowed = f"the lab makes it as {self.made}"
            example = f"def __init__(self, {_settings(wanted)})"
            require.fail(given, allowed, example, TypeError)


@dataclass(frozen=True)
class Schedule:
    """A run worth trying, one click away.

    title: a few words.
    look: what to look for, a sentence that begins with "Look".
    settings: the parameters in which it differs from the defaults; `seed` and `until` as well.
    faults: its faults, as scenario texts; None: those that the lab comes with.
    """

    title: str
    look: str
    settings: Parameters = field(default_factory=dict)
    faults: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Offer:
    """A fault that suits the pattern, to choose by its name in the player.

    label: what happens, in the words of the pattern, such as "the service is slow".
    fault: a scenario text in which {agent} is the chosen agent, {at} the moment and {until} its end.
    agents: those that it suits; empty: the text names all that it needs.
    lasts: how long, in virtual seconds, if the text has an end.
    """

    label: str
    fault: str
    agents: tuple[str, ...] = ()
    lasts: float = 2.0

    def text(self, at: float, agent: str = "", lasts: float | None = None) -> str:
        """The fault that it means: `lab.inject(lab.offers["crash"].text(at=3, agent="5"))`."""
        until = at + (self.lasts if lasts is None else lasts)
        return self.fault.format(agent=agent, at=seconds(at), until=seconds(until))


OFFERS = (
    Offer("crash", "crash {agent} @{at}"),
    Offer("crash, come back", "crash {agent} @{at}..{until}"),
    Offer("pause", "pause {agent} @{at}..{until}"),
    Offer("slow down", "slow {agent} 0.5 @{at}..{until}"),
    Offer("cut off", "partition {agent} @{at}..{until}"),
)
"""The faults that every lab offers."""


def offers_as_data(offers: Iterable[Offer]) -> list[dict[str, object]]:
    """Offers for the browser: see `types.d.ts`."""
    return [{**vars(each), "special": each not in OFFERS} for each in offers]


@dataclass(frozen=True, repr=False)
class LabSpec(require.Readable):
    """One lab.

    name, title, question: the name of its pattern, its heading, and the question below the heading.
    parameters: what a learner can change.
    build: makes the world, with `BUDGET`, from the learner's classes by role, a seed and the parameters.
    properties: what judges a run, by the parameters.
    measures: what is counted on a run and compared with theory.
    until: the end of the run in virtual seconds, for all parameters or by them; None: when no event is left.
    roles: the parts that classes of the learner's can play.
    views: the pictures of the pattern beside space-time, network and events.
    schedules: three runs worth trying.
    offers: faults that suit the pattern, by the parameters.
    limits: which faults the properties assume at most, by the parameters; by default a search keeps to them.
    tones: what the roles of agents mean, by their names; see `TONES`.
    faults: those that the lab comes with, as scenario texts, by the parameters.
    lanes: the agents from top to bottom, by the parameters; None: in order of joining.
    focus: the part of the run that is shown first, in virtual seconds, by the parameters; None: the first
        fault and the answer to it.
    figures: sweeps of a parameter, with theory over them.
    page: the module that explains the lab.
    chapter: the file name of its chapter in the course, without its ending.
    fixed: settings that appear in the scenario but cannot be changed.
    """

    name: str
    title: str
    question: str
    parameters: tuple[Parameter, ...]
    build: Callable[..., World]
    properties: Callable[[Parameters], tuple[Judge, ...]]
    measures: tuple[Measure, ...]
    until: float | Callable[[Parameters], float] | None
    faults: Callable[[Parameters], tuple[str, ...]] = lambda parameters: ()
    lanes: Callable[[Parameters], tuple[str, ...] | None] = lambda parameters: None
    focus: Callable[[Parameters], tuple[float, float] | None] = lambda parameters: None
    figures: tuple[Figure, ...] = ()
    roles: tuple[Role, ...] = ()
    views: tuple[View, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    offers: Callable[[Parameters], tuple[Offer, ...]] = lambda parameters: ()
    limits: Callable[[Parameters], Limits] = lambda parameters: Limits()
    tones: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    chapter: str = ""
    fixed: Mapping[str, Value] = field(default_factory=dict)

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """A declared lab travels to another process as its name."""
        home = f"coordlab.patterns.{self.name}.lab"
        if getattr(sys.modules.get(home), "SPEC", None) is self:
            return _declared, (home,)
        return super().__reduce_ex__(protocol)

    def cast(self, given: Mapping[str, object]) -> dict[str, type[Agent]]:
        """The learner's classes by role.  Raises TypeError for any other object, or if one does not fit."""
        found: dict[str, type[Agent]] = {}
        for each in self.roles:
            name, kind = each.name, given.get(each.name)
            if kind is None:
                continue
            known = isinstance(kind, type) and issubclass(kind, Agent)
            allowed = "expected a class of agents, made with class MyAgent(Agent)"
            example = f"labs.{self.name}({name}=MyAgent, seed=7)"
            require.that(known, f"{name}={require.shown(kind)}", allowed, example, TypeError)
            assert isinstance(kind, type)
            each.check(kind)
            found[name] = kind
        return found

    def checked(self, given: Parameters) -> dict[str, Value]:
        """All parameters, with defaults for those not given.  Raises ScenarioError if one is not allowed."""
        known = {parameter.name: parameter for parameter in self.parameters}
        roles = ", ".join(each.name for each in self.roles)
        mine = f"; classes of yours can play {roles}" if roles else ""
        allowed = f"the parameters of the {self.name} lab are {', '.join([*known, *RUN])}{mine}"
        for name in sorted(given.keys() - known.keys()):
            require.that(name in self.fixed, f"no parameter {name!r}", allowed, "seed=7", ScenarioError)
            built, value = f"this world was built with {name}={self.fixed[name]}", given[name]
            require.that(
                value == self.fixed[name],
                f"{name}={require.shown(value)}",
                f"{built}; {allowed}",
                "seed=7",
                ScenarioError,
            )
        values: dict[str, Value] = dict(self.fixed)
        for name, each in known.items():
            value = given[name] if name in given else each.within(each.default, values)
            values[name] = each.checked(value, values)
        return values

    def settings(self, scenario: Scenario) -> dict[str, object]:
        """The parameters of a scenario, and its `seed` and `until`."""
        return {**scenario.parameters, **{name: getattr(scenario, name) for name in RUN}}

    def differing(self, one: Scenario, other: Scenario) -> str:
        """What a scenario has that another one has not, in at most 80 characters."""
        values, shown = self.settings(one), self.settings(other)
        settings = [f"{name} = {value}" for name, value in values.items() if value != shown[name]]
        faults = [str(each) for each in one.faults if each not in other.faults]
        gone = [f"without {each}" for each in other.faults if each not in one.faults]
        gone = [] if faults else gone if one.faults else ["no faults"] * bool(gone)
        return ", ".join([*settings, *faults, *gone])[:80] or "the same again"

    def scenario(self, settings: Parameters) -> Scenario:
        """The scenario with these settings: parameters, `seed` and `until`; the rest has its default."""
        values = self.checked(_without_run(settings))
        settings = {"seed": 0, "until": self.end(values), **settings}
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
        values = self.checked(scenario.parameters)
        until = self.end(values) if scenario.until is None else scenario.until
        return replace(scenario, parameters=values, until=until)

    def end(self, given: Parameters) -> float | None:
        """When a run with these parameters ends, if nobody says otherwise."""
        return self.until(given) if callable(self.until) else self.until

    def schedule(self, title: str) -> Schedule:
        """The schedule whose title begins like this.  Raises ValueError if the lab has no such schedule."""
        require.instance("title", title, str, "lab.try_out('A')")
        known = {each.title: each for each in self.schedules}
        found = [each for name, each in known.items() if title and name.startswith(title)]
        return found[0] if found else known[require.one_of("schedule", title, known)]

    def trial(self, schedule: Schedule) -> Scenario:
        """The scenario of a schedule."""
        wanted = self.scenario(schedule.settings)
        return wanted if schedule.faults is None else replace(wanted, faults=()).with_faults(*schedule.faults)

    def turned(self, now: Scenario, settings: Parameters, aside: tuple[Fault, ...] = ()) -> Scenario:
        """The scenario `now` with other settings (parameters, `seed`, `until`), and the faults in `aside`.

        If it has the end and the faults that the lab comes with, they become those for the new parameters.
        """
        values = self.checked(self._moved(now.parameters, _without_run(settings)))
        texts, own = [str(each) for each in (*now.faults, *aside)], self.faults(now.parameters)
        if tuple(texts[: len(own)]) == own:
            texts = [*self.faults(values), *texts[len(own) :]]
        kept = now.until if now.until != self.end(now.parameters) else self.end(values)
        run = {"seed": now.seed, "until": kept, **{name: settings[name] for name in RUN if name in settings}}
        return Scenario.checked(now.lab, {**values, **run}, texts)

    def _moved(self, now: Parameters, given: Parameters) -> Parameters:
        """The parameters `now` with those that are `given`; the others follow the bounds that these leave."""
        values: dict[str, Any] = {}
        for each in self.parameters:
            if each.name not in given:
                values[each.name] = each.within(now[each.name], {**now, **given, **values})
        return {**now, **values, **given}


@dataclass(frozen=True)
class LabSource:
    """Makes the worlds of a lab from scenarios, in this process or in another one.

    spec, roles: the declaration, and the learner's own classes by role.
    scenario: the one that the lab shows.
    """

    spec: LabSpec
    roles: Mapping[str, type[Agent]]
    scenario: Scenario

    def world(self, scenario: Scenario) -> World:
        """The world of a scenario, with its faults and the properties of the lab."""
        spec, values = self.spec, self.spec.checked(scenario.parameters)
        with making(self.parts):
            world: World = spec.build(self.roles, scenario.seed, **values)
        world.scenario = scenario
        return world.expect(*spec.properties(values)).assume(spec.limits(values)).inject(*scenario.faults)

    def turned(self, scenario: Scenario, values: Mapping[str, Value]) -> Scenario:
        """The scenario with other parameters, and with the faults that the lab comes with for these."""
        return self.spec.turned(scenario, values)

    @property
    def parts(self) -> dict[Role, type[Agent]]:
        """The learner's classes by the declarations of their roles."""
        return {each: self.roles[each.name] for each in self.spec.roles if each.name in self.roles}

    @property
    def measures(self) -> dict[str, Callable[[Trace], object]]:
        """What the lab counts on a trace, by its label."""
        return {each.label: each.count for each in self.spec.measures}


def fitting(kind: Callable[..., Agent], *given: object, **settings: object) -> Agent:
    """An agent of `kind`, made with those of the settings that its `__init__` takes by name."""
    takes = _takes(kind).parameters
    everything = any(each.kind is each.VAR_KEYWORD for each in takes.values())
    return kind(*given, **{name: each for name, each in settings.items() if everything or name in takes})


def network(given: Parameters, seed: int) -> World:
    """A world with the bounds of a lab and the network of its parameters.

    A message takes between a fifth of `slowest` and `slowest` seconds.  Where the lab has them, `loss` and
    `duplicate` are the shares of messages that are lost and that come twice.
    """
    latency = f"uniform({given['slowest'] / 5},{given['slowest']})"
    return World(seed, latency, given.get("loss", 0.0), given.get("duplicate", 0.0), budget=BUDGET)


def why_not(reasons: Mapping[str, object]) -> str:
    """Why theory says nothing about a run: the first of the reasons that holds; "" if none does.

    >>> why_not({"nobody crashes": False, "a message is lost": 3})
    'a message is lost'
    """
    return next((reason for reason, holds in reasons.items() if holds), "")


RUN = ("seed", "until")  # the settings that every lab has, besides its parameters


def _takes(kind: Callable[..., Agent]) -> Signature:
    """What a class is made with: its `__init__`, which Agent's own way of making hides, without `self`."""
    made = signature(kind.__init__ if isinstance(kind, type) else kind)  # type: ignore[misc]
    return made.replace(parameters=[*made.parameters.values()][isinstance(kind, type) :])


def _settings(takes: Signature) -> str:
    """What a call takes, without the kinds of its arguments."""
    return ", ".join(str(each.replace(annotation=each.empty)) for each in takes.parameters.values())


def _declared(home: str) -> LabSpec:
    found: LabSpec = import_module(home).SPEC
    return found


def _without_run(settings: Parameters) -> Parameters:
    return {name: value for name, value in settings.items() if name not in RUN}
