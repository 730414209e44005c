"""The agents that the SWIM lab adds."""

from __future__ import annotations

from coordlab.patterns.swim.agents import Member
from coordlab.patterns.swim.rules import Update


class Silent(Member):
    """A first try: it does not object if others take it for dead."""

    def learn(self, *updates: Update) -> None:
        """Take in news of others only."""
        super().learn(*(each for each in updates if each.member != self.name))
