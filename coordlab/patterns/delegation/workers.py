"""Workers: agents that do what they can, as much at a time as they have room for, and their messages."""

from __future__ import annotations

from coordlab import requirements as require
from coordlab.patterns.delegation.rules import Leaf, Member, bid
from coordlab.world.agent import Agent, State
from coordlab.world.message import message

__all__ = ["CREW", "Assign", "Busy", "CallForProposals", "Cancel", "Done", "Failed", "Propose", "Ready"]
__all__ += ["Refuse", "Results", "Worker"]

Results = tuple[tuple[str, str], ...]  # names of leaves, and the results


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
    """I am back, and work on nothing."""


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
    """Not me, not now."""


class Worker(Agent):
    """A member of the crew: it does what it can, at most as much at a time as it has room for.

    member       what it can do.
    coordinator  the name of the agent that it tells when it is back after a crash.
    failure      probability from 0 to 1 that a leaf fails.

    It remembers what it has done, and does not do it again.  Raises ValueError if `failure` is out of range.
    """

    role = State("idle")  # or working
    running = State[tuple[str, ...]](())

    def __init__(self, member: Member, coordinator: str = "coordinator", failure: float = 0.0) -> None:
        super().__init__(member.name)
        self.member, self.coordinator = member, coordinator
        self.failure = require.probability("failure", failure)

    async def run(self) -> None:
        if self.stable.setdefault("lives", 0):
            self.send(self.coordinator, Ready())
        self.stable["lives"] += 1

    def on_call_for_proposals(self, sender: str, message: CallForProposals) -> Propose | Refuse:
        cost = bid(message.leaf, self.member, len(self.running))
        return Refuse() if cost is None else Propose(cost)

    async def on_assign(self, sender: str, message: Assign) -> Done | Failed | Busy:
        leaf, done = message.leaf, self.stable.setdefault("done", {})
        if leaf.name in self.running:  # asked again: one reply for both
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
        """Work on a leaf for as long as it takes; False if it is called off meanwhile."""
        self.become((*self.running, leaf.name))
        if await self.until(lambda: leaf.name not in self.running, within=self.member.seconds(leaf)):
            return False
        self.drop(leaf.name)
        return True

    def work(self, leaf: Leaf, inputs: Results) -> str:
        """The result of a leaf: override it."""
        return f"{leaf.name} by {self.name}"

    def become(self, running: tuple[str, ...]) -> None:
        self.running, self.role = running, "working" if running else "idle"

    def drop(self, leaf: str) -> None:
        self.become(tuple(name for name in self.running if name != leaf))

    def on_cancel(self, sender: str, message: Cancel) -> None:
        self.drop(message.leaf)


CREW = (
    Member("ann", ("gather", "analyse"), capacity=2),
    Member("bob", ("gather", "analyse", "sketch")),
    Member("cat", ("write", "bind"), speed=2.0),
)
"""No member can study, so that is refined, or plot, so another method is taken."""
