"""What the lab of the ring adds: orders of the ring, and members that get one rule wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from coordlab.labs.declaration import Parameters
from coordlab.patterns.ring.agents import Ack, Elected, Election, Member
from coordlab.world.dice import dice

ORDERS: dict[str, Callable[[int, int], list[int]]] = {
    "drawn": lambda agents, seed: dice(seed, "ring").sample(range(1, agents + 1), agents),
    "rising": lambda agents, seed: list(range(1, agents + 1)),
    "falling": lambda agents, seed: list(range(agents, 0, -1)),
}
"""The ranks in order around the ring: by chance, each followed by the next higher, or by the next lower."""


def starters(given: Parameters, ring: list[int]) -> list[int]:
    """Who calls an election at the start: all, or the one just after the highest."""
    return list(ring) if given["starts"] == "all" else [ring[(ring.index(max(ring)) + 1) % len(ring)]]


class PassesAll(Member):
    """Passes on every rank that arrives, as if its own were no reason to hold a lower one back."""

    def on_election(self, sender: str, message: Election) -> Ack:
        if message.rank < self.rank and message.left:
            self.spawn(self.pass_on(message))
        return super().on_election(sender, message)


class NeverSkips(Member):
    """Knows the next member only, whether that is up or not."""

    async def pass_on(self, token: Election | Elected) -> None:
        await self.ask(str(self.after[0]), replace(token, left=token.left - 1), within=self.patience)
