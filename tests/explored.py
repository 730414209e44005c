"""The search as a judge: worlds of a story, with the kinds of fault that its disasters have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import ModuleType
from typing import NamedTuple

from coordlab.explore import Exploration, Limits, explore
from coordlab.explore.search import ITSELF, broken
from coordlab.trace.faults import Crash, Delay, Pause, Skew, Slow
from coordlab.trace.limits import KINDS
from coordlab.trace.scenario import Scenario
from coordlab.world.source import attempt, source_of
from coordlab.world.world import World
from tests.disasters import Enough, over

WORLDS = 60  # of a story, which run as they are
EXPLORED = 20  # of these, each explored with its share of the budget


def worlds(story: ModuleType, count: int) -> list[World]:
    """The first worlds among the disasters of a story, always the same."""
    found: list[World] = []

    def keep(world: World) -> None:
        found.append(world)
        if len(found) == count:
            raise Enough

    over(story.disasters(), keep, count, shrink=False)
    return found


class Caught(NamedTuple):
    """Which world violates a property, in which schedule, how that was drawn, and how many were run."""

    place: int
    scenario: Scenario
    stratum: str
    tried: int


def caught(story: ModuleType, name: str, budget: int) -> Caught | None:
    """The first schedule in which a property whose name begins so is violated, of at most `budget`.

    The first worlds of the story run as they are, with their faults, and then some of them are searched.
    """
    for place, world in enumerate(worlds(story, WORLDS)):
        source = source_of(world, until=story.UNTIL)
        first = attempt(source, source.scenario)
        if any(each.startswith(name) for each in broken(first)):
            return Caught(place, first.scenario, ITSELF, place + 1)
    found = searched(story, name, budget - WORLDS)
    return found and found._replace(tried=WORLDS + found.tried)


def searched(story: ModuleType, name: str, budget: int, *, bare: bool = False) -> Caught | None:
    """The same by the search alone, in worlds evenly spread among the first; `bare`: without their faults.

    It keeps to what a world assumes.  If that is not stated, faults are of the kinds, and as large, as those
    of all worlds, stop the same agents, and are over as early; clocks drift as far as they do in the world.
    """
    some, tried = worlds(story, WORLDS), 0
    limits = limits_of(some)
    for number in range(EXPLORED):
        place = number * WORLDS // EXPLORED
        world = some[place]
        begin = world.again(faults=()) if bare else world
        found = explored(begin, limits, story.UNTIL, budget // EXPLORED, number)
        for each in found.failures:
            if each.property.startswith(name):
                return Caught(place, each.scenario, each.stratum, tried + each.at)
        tried += found.tried
    return None


def limits_of(some: Iterable[World]) -> Limits:
    """What the faults of some worlds have in common; they are taken for all that is assumed."""
    faults = [fault for world in some for fault in world.faults]
    kinds = {type(fault).__name__.lower() for fault in faults} & set(KINDS)
    slow = max((fault.by for fault in faults if isinstance(fault, Slow)), default=None)
    hold = max((fault.by for fault in faults if isinstance(fault, Delay)), default=slow or 0.001)
    lasting = [fault.until for fault in faults if fault.at is not None and not isinstance(fault, Skew)]
    over = None if None in lasting else max(lasting, default=None)
    stopped = {fault.agents[0] for fault in faults if isinstance(fault, (Crash, Pause))}
    names = dict.fromkeys(name for world in some for name in world.agents)
    spared = tuple(name for name in names if name not in stopped)
    return Limits(sorted(kinds) or "delay", hold=hold, slow=slow, over=over, spared=spared)


def explored(world: World, limits: Limits, until: float, budget: int, seed: int) -> Exploration:
    """A search within these limits, and with clocks that drift as far as they do in the world itself."""
    drifts = [abs(fault.rate - 1) for fault in world.faults if isinstance(fault, Skew)]
    spared = tuple(name for name in limits.spared if name in world.agents)
    own = world.limits or replace(limits, drift=max(drifts, default=0.0), spared=spared)
    more = len(world.properties) + 1  # it goes on when some are broken
    return explore(world, budget=budget, limits=own, until=until, seed=seed, stop_at=more)
