"""The search as a judge: worlds of a story, with the kinds of fault that its disasters have."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from coordlab.explore import Limits, explore
from coordlab.explore.schedules import KINDS
from coordlab.trace.faults import Crash, Pause, Skew
from coordlab.trace.scenario import Scenario
from coordlab.world.world import World
from tests.disasters import Enough, over

WORLDS = 10  # of a story, each explored with its share of the budget


def worlds(story: ModuleType, count: int) -> list[World]:
    """The first worlds among the disasters of a story, always the same."""
    found: list[World] = []

    def keep(world: World) -> None:
        found.append(world)
        if len(found) == count:
            raise Enough

    over(story.disasters(), keep, count, shrink=False)
    return found


def failures(story: ModuleType, name: str, budget: int) -> Iterator[tuple[World, Scenario]]:
    """Worlds, and schedules in which the search violates a property whose name begins so, one for each world.

    Faults are of the kinds, and as large, as those of sixty disasters, stop the same agents, and are over as
    early; clocks drift as far as they do in the world itself, which may count on it.
    """
    faults = [fault for world in worlds(story, 60) for fault in world.faults]
    kinds = {type(fault).__name__.lower() for fault in faults} & set(KINDS)
    hold = max(getattr(fault, "by", 0.001) for fault in faults)
    lasting = [fault.until for fault in faults if fault.at is not None and not isinstance(fault, Skew)]
    end = None if None in lasting else max(lasting, default=None)
    struck = {fault.agents[0] for fault in faults if isinstance(fault, (Crash, Pause))}
    for place, world in enumerate(worlds(story, WORLDS)):
        drifts = [abs(fault.rate - 1) for fault in world.faults if isinstance(fault, Skew)]
        spared = tuple(agent for agent in world.agents if agent not in struck)
        found = explore(
            world,
            budget=budget // WORLDS,
            faults=sorted(kinds) or ["delay"],
            limits=Limits(hold=hold, drift=max(drifts, default=0.0), over=end, spared=spared),
            until=story.UNTIL,
            seed=place,
        )
        for each in found.failures:
            if each.property.startswith(name):
                yield world, each.scenario
