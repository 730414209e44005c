"""The exam: schedules of faults that nobody has seen, drawn from a key, the same for every design of a brief.

They are drawn blindly, without a look at how the design works: an exam is a sample, not a search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from coordlab import requirements as require
from coordlab.draw import Drawing
from coordlab.draw.shares import grouped
from coordlab.explore import Pair, Profile, explore
from coordlab.explore.exploration import Exploration, first_attempt, space_of
from coordlab.explore.schedules import Space, strike
from coordlab.explore.search import Failure, broken
from coordlab.intervals import Interval, share
from coordlab.labs import Lab
from coordlab.labs.declaration import LabSource
from coordlab.progress_bar import Tell, teller
from coordlab.trace.faults import Crash, Cut, Fault, Rogue
from coordlab.trace.scenario import Scenario, Value
from coordlab.trace.trace import SEND
from coordlab.world.dice import dice
from coordlab.world.source import attempt
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

HIDDEN = "hidden"  # how a schedule of the exam was drawn
KINDS = ("crash", "gone", "partition", "cut", "slow")
MOST = 3  # faults of one schedule
DESIGN = "Design"  # the group of the controls that are the design


@dataclass(frozen=True)
class Kept:
    """The worlds of a lab; the controls of the design stay as they are when a schedule is made smaller."""

    origin: LabSource
    design: Sequence[str]

    @property
    def scenario(self) -> Scenario:
        """That of the lab."""
        return self.origin.scenario

    def world(self, scenario: Scenario) -> World:
        """The world that the lab makes."""
        return self.origin.world(scenario)

    def turned(self, scenario: Scenario, values: Mapping[str, Value]) -> Scenario:
        """The scenario with other parameters.  Raises ValueError for those of the design."""
        for name in values:
            given, allowed = f"{name} of the design", "a schedule is judged with the design as it is"
            require.that(name not in self.design, given, allowed, "lab.set(attempts=2), and exam(lab)")
        return self.origin.turned(scenario, values)


def kept(lab: Lab) -> Kept:
    """The worlds of the design that a lab shows."""
    require.instance("lab", lab, Lab, "exam(capstone.fleet(plan='fixed'))")
    own = lab.spec.faults(lab.parameters)  # not those that somebody tried in the lab
    scenario = replace(lab.scenario, faults=()).with_faults(*own)
    design = [each.name for each in lab.spec.parameters if each.group == DESIGN]
    return Kept(LabSource(lab.spec, lab.roles, scenario), design)


def search(lab: Lab, budget: int = 200, seed: int = 0) -> Exploration:
    """Search for schedules that break the design that a lab shows, which stays as it is; see `explore`."""
    return explore(kept(lab), budget=budget, seed=seed)


def exam(lab: Lab, schedules: int = 20, key: str = "16", progress: bool | Tell = False) -> Profile:
    """Run a design under hidden schedules, the same number for each kind of fault.

    lab: the lab of a brief, which shows the design.
    schedules: how many of each kind, 1 or more.
    key: from which they are drawn.  The same key makes the same schedules for all designs with the same
        agents, and another key makes others.
    progress: as for `explore`.

    Faults that were tried in the lab are left out.  The kinds are crash (and come back), gone (crash for
    good), partition, cut (an agent hears nobody, or nobody hears it), slow, and rogue (one agent lies) if
    agents of the brief can lie.  All but those that are gone are well again when the brief says so.  The
    profile says which share of the schedules broke nothing, with its 95 % interval; its `explored` keeps the
    first failure of each property, by kind.
    """
    count = require.count("schedules", schedules, 1)
    require.instance("key", key, str, "key='group 4'")
    source = kept(lab)
    whole = space_of(first_attempt(source, ()), None, None)
    struck = replace(whole, agents=tuple(whole.struck), limits=replace(whole.limits, spared=()))
    found = dict[str, Exploration]()
    kinds = (*KINDS, "rogue") if lab.spec.name == "research" else KINDS
    tell = teller(progress, len(kinds) * count, "schedule")
    for kind in kinds:
        space = replace(whole, limits=replace(whole.limits, over=None)) if kind == "gone" else whole
        found[kind] = Exploration(source, (), count, [], {HIDDEN: [0, count]}, space=space)
        for number in range(1, count + 1):
            luck = dice(key, lab.spec.name, kind, number)
            many = 1 if kind == "rogue" else luck.randint(1, MOST)
            faults = [each for _ in range(many) for each in hidden(struck, whole.agents, kind, luck)]
            sit(found[kind], source.scenario.with_faults(*dict.fromkeys(faults)), number)
            tell((len(found) - 1) * count + number, len(kinds) * count)
    return Profile(found)


def hidden(struck: Space, everybody: Sequence[str], kind: str, luck: Random) -> list[Fault]:
    """Faults of one kind that strike one of the agents that are not spared."""
    agent, (at, until) = luck.choice(struck.agents), struck.spell(luck, struck.moment(luck))
    if kind == "rogue":
        return [Rogue(agent, at=0.0, until=struck.calm)]
    if kind == "gone":
        return [Crash(agent, at=at)]
    if kind == "cut":
        deaf = luck.random() < 0.5
        ends = [(other, agent) if deaf else (agent, other) for other in everybody if other != agent]
        return [Cut(*pair, at=at, until=until) for pair in ends]
    return [strike(luck, struck, kind, agent, at)]


def sit(found: Exploration, scenario: Scenario, number: int) -> None:
    """Run one schedule, with a seed of its own, and record what it broke."""
    scenario = scenario.again(number, scenario.faults)
    violated = broken(attempt(found.source, scenario))
    found.survived[HIDDEN][0] += not violated
    known = {each.property for each in found.failures}
    found.failures += [Failure(name, scenario, HIDDEN, number) for name in violated if name not in known]


def overall(profile: Profile) -> Interval:
    """The share of all schedules of a profile that broke nothing, with Wilson's 95 % interval."""
    tallies = [tally for each in profile.explored.values() for tally in each.survived.values()]
    return share(sum(kept for kept, _ in tallies), sum(tried for _, tried in tallies))


def cost(lab: Lab) -> int:
    """How many messages a design sends while nothing goes wrong."""
    return attempt(lab.source, lab.scenario.again(0, ())).run.trace.count(kind=SEND)


def beside(profiles: Mapping[str, Profile], title: str = "") -> Drawing:
    """The profiles of several designs in one picture: a row for each design under each kind of fault."""
    found = {label: each.survived for label, each in profiles.items()}
    kinds = dict.fromkeys(kind for each in found.values() for kind in each)
    groups = {kind: {label: each[kind] for label, each in found.items() if kind in each} for kind in kinds}
    return grouped(groups, "schedules that broke nothing", title)


@dataclass(frozen=True, repr=False)
class Judgement:
    """What an exam says of a design, beside another one.

    profiles: of each design, by its name; the last one is judged.
    costs: how many messages each sends while nothing goes wrong.
    pairs: the smallest schedule that was found for each property that it breaks, beside one that passes.
    """

    profiles: dict[str, Profile]
    costs: dict[str, int]
    pairs: list[Pair]

    def __repr__(self) -> str:
        whole = {name: overall(each) for name, each in self.profiles.items()}
        lines = [
            f"{name}: survives {100 * each.mean:.0f} %, {self.costs[name]} messages"
            for name, each in whole.items()
        ]
        return "\n".join([*lines, *map(repr, self.pairs)])

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        words = f'<pre style="white-space:pre-wrap">{escape(repr(self))}</pre>'
        return {"text/html": beside(self.profiles).html + words, "text/plain": repr(self)}


def judge(lab: Lab, before: Lab, progress: bool | Tell = False) -> Judgement:
    """The exam of the design that a lab shows, beside that of the design before; and what breaks it now."""
    labs = {"before": before, "now": lab}
    profiles = {name: exam(each, progress=progress) for name, each in labs.items()}
    smallest: dict[str, Pair] = {}
    for found in profiles["now"].explored.values():
        for failure in found.failures:
            if failure.property not in smallest:
                smallest[failure.property] = found.pair(failure)
    costs = {name: cost(each) for name, each in labs.items()}
    return Judgement(profiles, costs, list(smallest.values()))
