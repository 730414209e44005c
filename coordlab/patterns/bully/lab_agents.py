"""What the lab of bully adds: who watches, and a candidate that comes back as what it was."""

from __future__ import annotations

from coordlab.labs.declaration import Parameters, numbered
from coordlab.patterns.bully.agents import Candidate


def names(given: Parameters) -> tuple[str, ...]:
    """The names of the agents, which are their ranks."""
    return numbered("", given["agents"])


def halves(given: Parameters) -> str:
    """The text of a fault: the lower half and the upper half do not hear each other."""
    half = given["agents"] // 2
    groups = (names(given)[:half], names(given)[half:])
    return f"partition {'/'.join(','.join(group) for group in groups)} @{{at}}..{{until}}"


def watching(given: Parameters) -> tuple[int, ...]:
    """The ranks that watch whether the coordinator is there."""
    known = {"lowest": (1,), "second": (max(1, given["agents"] - 1),)}
    return known.get(given["noticed"], tuple(range(1, given["agents"] + 1)))


class KeepsRuling(Candidate):
    """Coordinates again at once if it did so before it crashed, and asks nobody."""

    def rule(self) -> None:
        """Become the coordinator, and remember it."""
        super().rule()
        self.stable["ruled"] = True

    async def call_election(self, silent: tuple[str, ...] = ()) -> None:
        """Hold an election, unless it has just come back and has coordinated before."""
        if self.stable.get("ruled") and self.role == "follows" and self.coordinator is None:
            self.role, self.coordinator, self.crowned = "coordinates", self.name, self.now
        else:
            await super().call_election(silent)

    async def watch(self) -> None:
        """Watch the coordinator, but not whether there is another one."""
        if self.role != "coordinates":
            await super().watch()
