"""Ring election: the messages and the agents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from coordlab import requirements as require
from coordlab.patterns.ring.checks import properties
from coordlab.patterns.ring.rules import after, carried_on
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Ack", "Elected", "Election", "Member", "Ping", "Pong", "demo", "hold_election"]


@message
class Election:
    """This is the highest rank so far: pass it on, unless yours is higher."""

    rank: int
    left: int  # how many places until it is back where it began


@message
class Elected:
    """The agent of this rank coordinates from now on: pass it on."""

    rank: int
    left: int


@message
class Ack:
    """I have it."""


@message
class Ping:
    """Do you still coordinate?"""


@message
class Pong:
    """I still coordinate."""


class Member(Agent):
    """An agent in a ring.

    rank: a whole number, which is its name, too.
    ring: the ranks of all members in order around the ring, each once.
    starts: whether it calls an election when it starts.
    patience: how many seconds it waits for an answer, above 0.
    heartbeat: seconds between its checks that the coordinator is there, above 0; None: it never checks.
    """

    role = State("follows")  # or electing, or coordinates
    coordinator = State[str | None](None)  # the agent that it follows

    def __init__(
        self,
        rank: int,
        ring: Sequence[int],
        starts: bool = True,
        patience: float = 0.25,
        heartbeat: float | None = 1.0,
    ) -> None:
        super().__init__(str(rank))
        self.patience = require.seconds("patience", patience, positive=True, example=0.25)
        self.rank, self.starts, self.heartbeat = rank, starts, heartbeat
        self.after = [*after(ring, rank), rank]
        self.began = 0.0  # when the election began that it takes part in

    async def run(self) -> None:
        """Call an election on arrival and after each restart; then watch."""
        if self.starts:
            self.call_election()
        if self.heartbeat is not None:
            async for _ in self.every(self.heartbeat):
                await self.watch()

    async def watch(self) -> None:
        """Call an election if nobody coordinates, a higher one is up, or an election does not end."""
        if self.role == "electing":
            if self.now > self.began + 3 * len(self.after) * self.patience:
                self.call_election()
            return
        before = ruling, coordinator = self.role == "coordinates", self.coordinator
        above = [str(rank) for rank in self.after if rank > self.rank]
        watched = above if ruling else [coordinator] if coordinator else []
        heard = await self.ask(watched, Ping(), within=self.patience, enough=1)
        if bool(heard) == ruling and before == (self.role == "coordinates", self.coordinator):
            self.call_election()

    def call_election(self) -> None:
        """Send its own rank round the ring."""
        self.take_part()
        self.spawn(self.pass_on(Election(self.rank, len(self.after))))

    def take_part(self) -> None:
        """Take part in an election: follow nobody until it ends."""
        self.role, self.coordinator, self.began = "electing", None, self.now

    async def pass_on(self, token: Election | Elected) -> None:
        """Send it to the next member that answers, but not beyond the one whose rank it is."""
        for places, rank in enumerate(self.after[: token.left], start=1):
            if await self.ask(str(rank), replace(token, left=token.left - places), within=self.patience):
                return

    def on_election(self, sender: str, message: Election) -> Ack:
        higher = carried_on(self.rank, message.rank, self.role == "electing")
        if message.rank == self.rank:
            if self.role == "electing":  # else it is late, or arrives twice
                self.rule()
        elif higher == self.rank:
            self.call_election()
        elif higher:
            self.take_part()
            self.spawn(self.pass_on(message))
        return Ack()

    def rule(self) -> None:
        """Become the coordinator and send the news round the ring."""
        self.role, self.coordinator = "coordinates", self.name
        self.spawn(self.pass_on(Elected(self.rank, len(self.after))))

    def on_elected(self, sender: str, message: Elected) -> Ack:
        if message.rank > self.rank:
            self.role, self.coordinator = "follows", str(message.rank)
            self.spawn(self.pass_on(message))
        elif message.rank < self.rank and self.role != "electing":
            self.call_election()
        return Ack()

    def on_ping(self, sender: str, message: Ping) -> Pong | None:
        return Pong() if self.role == "coordinates" else None


def hold_election(ring: Sequence[int], starts: Sequence[int] = (), latency: float | str = 0.01) -> Run:
    """One election in a ring of these ranks, begun at once by those in `starts` (by default all).

    Each message takes `latency` seconds, or as its text says.

    >>> [hold_election([1, 2, 3, 4, 5]).trace.count(name) for name in ("Election", "Elected")]
    [9, 5]
    """
    world = World(latency=latency)
    for rank in starts:
        after(ring, rank)  # refuses a rank that is not in the ring
    for rank in ring:
        world.add(Member(rank, ring, starts=not starts or rank in starts, heartbeat=None))
    return world.expect(*properties(len(ring))).run()


def demo() -> Run:
    """Five members; the highest crashes and comes back.

    >>> demo().trace.select("role", agent="5").as_text().splitlines()[-1]
    '9.193 5 state role coordinates'
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)")
    ring = (2, 5, 1, 4, 3)
    world.add(Member(rank, ring) for rank in ring)
    return world.inject("crash 5 @3..9").expect(*properties(len(ring))).run(until=24.0)
