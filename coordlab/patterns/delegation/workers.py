"""Workers: agents that do what they can, as much at a time as they have room for; how one talks to them.

Half of the page on delegation: who hands out the work, and why, is told there.
"""

from __future__ import annotations

from coordlab.patterns.delegation.rules import Leaf, Member, bid
from coordlab.world.agent import Agent, State
from coordlab.world.message import message

__all__ = [
    "CREW",
    "Assign",
    "Busy",
    "CallForProposals",
    "Cancel",
    "Done",
    "Failed",
    "Propose",
    "Ready",
    "Refuse",
    "Results",
    "Worker",
]

Results = tuple[tuple[str, str], ...]  # names of leaves, and what came of them


@message
class Assign:
    """Do this; here is what it builds on."""

    leaf: Leaf
    inputs: Results


@message
class Done:
    """It is done."""

    leaf: str
    output: str


@message
class Failed:
    """I could not do it."""

    leaf: str
    because: str


@message
class Busy:
    """I have no room for it now."""

    leaf: str


@message
class Cancel:
    """It is no longer wanted."""

    leaf: str


@message
class Ready:
    """I am back, with empty hands."""


@message
class CallForProposals:
    """Who can do this, and at what cost?"""

    leaf: Leaf


@message
class Propose:
    """I can, at this cost."""

    cost: float


@message
class Refuse:
    """Not I, not now."""


class Worker(Agent):
    """A member of the crew: does what it can, no more at a time than it has room for.

    It fails with the chance `failure`.  What it has done it remembers, and does not do again.
    """

    role = State("idle")  # or working
    running = State[tuple[str, ...]](())

    def __init__(self, member: Member, coordinator: str = "coordinator", failure: float = 0.0) -> None:
        super().__init__(member.name)
        self.member, self.coordinator, self.failure = member, coordinator, failure
        if not 0 <= failure <= 1:
            raise ValueError(f"failure={failure!r} is no chance: give a number from 0 to 1, such as 0.2.")

    async def run(self) -> None:
        """Say that it is back, if it was away."""
        if self.stable.setdefault("lives", 0):
            self.send(self.coordinator, Ready())
        self.stable["lives"] += 1

    def on_call_for_proposals(self, sender: str, message: CallForProposals) -> Propose | Refuse:
        cost = bid(message.leaf, self.member, len(self.running))
        return Refuse() if cost is None else Propose(cost)

    async def on_assign(self, sender: str, message: Assign) -> Done | Failed | Busy:
        leaf, done = message.leaf, self.stable.setdefault("done", {})
        if leaf.name in self.running:  # asked again: one answer will do for both
            await self.until(lambda: leaf.name not in self.running)
        elif leaf.name not in done:
            if not self.member.can(leaf):
                return Failed(leaf.name, f"{self.name} cannot {leaf.capability}")
            if len(self.running) >= self.member.capacity:
                return Busy(leaf.name)
            if await self.does(leaf) and self.dice.random() >= self.failure:
                done[leaf.name] = self.work(leaf, message.inputs)
        return Done(leaf.name, done[leaf.name]) if leaf.name in done else Failed(leaf.name, "it went wrong")

    async def does(self, leaf: Leaf) -> bool:
        """Be at work on a leaf for as long as it takes; false if it is called off meanwhile."""
        self.become((*self.running, leaf.name))
        if await self.until(lambda: leaf.name not in self.running, within=self.member.seconds(leaf)):
            return False
        self.drop(leaf.name)
        return True

    def work(self, leaf: Leaf, inputs: Results) -> str:
        """What comes of a leaf: override it."""
        return f"{leaf.name} by {self.name}"

    def become(self, running: tuple[str, ...]) -> None:
        """Have these in its hands."""
        self.running, self.role = running, "working" if running else "idle"

    def drop(self, leaf: str) -> None:
        """Have it in its hands no more."""
        self.become(tuple(name for name in self.running if name != leaf))

    def on_cancel(self, sender: str, message: Cancel) -> None:
        self.drop(message.leaf)


CREW = (
    Member("ann", ("gather", "analyse"), capacity=2),
    Member("bob", ("gather", "analyse", "sketch")),
    Member("cat", ("write", "bind"), speed=2.0),
)
"""Nobody who can study, which is refined, or plot, for which another method must do."""
