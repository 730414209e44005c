"""The agents that the heartbeat lab adds: first tries at a monitor."""

from __future__ import annotations

from coordlab.patterns.heartbeat.agents import Monitor
from coordlab.patterns.heartbeat.rules import SUSPECT


class Repeating(Monitor):
    """A first try: it tells at each look who is silent, not only once."""

    def consider(self, target: str, status: str | None) -> None:
        """State the opinion again while it is bad."""
        super().consider(target, status or (SUSPECT if self.watches[target].status == SUSPECT else None))


class Since1970(Monitor):
    """A first try: an agent that was not heard yet was last heard in 1970."""

    @property
    def began(self) -> float:
        """At the beginning of time."""
        return -1.75e9


class WallClock(Monitor):
    """A first try: it goes by a clock that may be set."""

    @property
    def elapsed(self) -> float:
        """The time of day."""
        return self.now
