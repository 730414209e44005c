"""A robustness profile: which share of the schedules is survived, for each kind of fault."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from inspect import signature
from typing import Any

from coordlab import requirements as require
from coordlab.draw import Drawing
from coordlab.draw.shares import shares
from coordlab.explore.exploration import Exploration, explore
from coordlab.explore.search import ExploreError
from coordlab.intervals import Interval, share
from coordlab.trace.limits import KINDS, kinds_in
from coordlab.world.run import Judge
from coordlab.world.source import source_of


@dataclass(frozen=True, repr=False)
class Profile:
    """For each kind of fault the exploration with faults of this kind alone."""

    explored: dict[str, Exploration]

    @property
    def survived(self) -> dict[str, Interval]:
        """The share of schedules that broke nothing, by kind of fault, with Wilson's 95 % interval."""
        return {
            kind: share(sum(kept for kept, _ in each.survived.values()), each.tried)
            for kind, each in self.explored.items()
            if each.tried
        }

    def plot(self) -> Drawing:
        """The shares as a picture."""
        return shares(self.survived, "schedules that broke nothing")

    def __repr__(self) -> str:
        rows = [f"  {kind}: {found}" for kind, found in self.survived.items()]
        failures = [each for explored in self.explored.values() for each in explored.failures]
        broken = dict.fromkeys(each.property for each in failures)
        return "\n".join(
            ["schedules that broke nothing:", *rows, f"broken: {', '.join(broken) or 'nothing'}"]
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.plot().html, "text/plain": repr(self)}


def robustness(
    what: object,
    *properties: Judge,
    budget: int = 100,
    faults: str | Iterable[str] | None = None,
    **settings: Any,
) -> Profile:
    """Explore schedules with one kind of fault at a time.

    budget: how many schedules are run with each kind.
    faults: the kinds; None: those that the lab or the world assumes, or all, those of calls as well.
    what, properties, settings: as for `explore`, which says what it raises.
    """
    if faults is None:
        parameters = {
            name: each for name, each in settings.items() if name not in signature(explore).parameters
        }
        source = source_of(what, parameters)
        limits = settings.get("limits") or source.world(source.scenario).limits
        faults = KINDS if limits is None else limits.kinds
    kinds = kinds_in("faults", faults, ExploreError)
    explored: dict[str, Exploration] = {}
    for kind in kinds:
        explored[kind] = each = explore(what, *properties, budget=budget, faults=kind, **settings)
        allowed = "expected a scenario that keeps its properties as long as no fault is added"
        if each.failures and not each.tried:
            require.fail(str(each.failures[0]), allowed, "robustness(labs.bully())", ExploreError)
    return Profile(explored)
