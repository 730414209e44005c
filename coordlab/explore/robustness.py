"""A robustness profile: which share of the schedules is survived, for each kind of fault."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from coordlab.draw import Drawing
from coordlab.draw.shares import shares
from coordlab.explore.exploration import Exploration, explore, words_of
from coordlab.explore.schedules import KINDS
from coordlab.intervals import Interval, share
from coordlab.world.run import Judge


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
    faults: str | Iterable[str] = KINDS,
    **settings: Any,
) -> Profile:
    """Explore schedules with one kind of fault at a time.

    budget: how many schedules are run with each kind.
    faults: the kinds; default: all, those of calls as well.
    what, properties, settings: as for `explore`, which says what it raises.
    """
    kinds = words_of(faults)
    return Profile(
        {kind: explore(what, *properties, budget=budget, faults=kind, **settings) for kind in kinds}
    )
