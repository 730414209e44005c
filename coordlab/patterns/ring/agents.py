"""Ring election: the messages and the agents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
    left: int  # places until it is back where it came from


@message
class Elected:
    """This one coordinates from now on: pass it on."""

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
    """I do."""


class Member(Agent):
    """An agent of some rank in a ring of ranks, which elects when it `starts` and when it has to.

    `patience` is how long it waits for an answer, `heartbeat` how often it watches whoever rules (None:
    it does not), both in seconds.
    """

    role = State("follows")  # or electing, or coordinates
    coordinator = State[str | None](None)  # whom it follows

    def __init__(
        self,
        rank: int,
        ring: Sequence[int],
        starts: bool = True,
        patience: float = 0.25,
        heartbeat: float | None = 1.0,
    ) -> None:
        super().__init__(str(rank))
        if not 0 < patience < float("inf"):
            raise ValueError(f"patience={patience!r} s: an answer takes some time. Write patience=0.25.")
        self.rank, self.starts, self.patience, self.heartbeat = rank, starts, patience, heartbeat
        self.after = [*after(ring, rank), rank]
        self.began = 0.0  # the election that it takes part in

    async def run(self) -> None:
        """Elect, and watch."""
        if self.starts:
            self.call_election()
        if self.heartbeat is not None:
            async for _ in self.every(self.heartbeat):
                await self.watch()

    async def watch(self) -> None:
        """Doubt a coordinator that is silent, oneself if another rules above, and an election without end."""
        if self.role == "electing":
            if self.now > self.began + 3 * len(self.after) * self.patience:
                self.call_election()
            return
        before = ruling, coordinator = self.role == "coordinates", self.coordinator
        watched = [str(rank) for rank in self.after if rank > self.rank] if ruling else [str(coordinator)]
        heard = await self.ask(watched, Ping(), within=self.patience, enough=1)
        if bool(heard) == ruling and before == (self.role == "coordinates", self.coordinator):
            self.call_election()

    def call_election(self) -> None:
        """Send one's own rank round the ring."""
        self.take_part()
        self.spawn(self.pass_on(Election(self.rank, len(self.after))))

    def take_part(self) -> None:
        """Nobody rules until it is known who."""
        self.role, self.coordinator, self.began = "electing", None, self.now

    async def pass_on(self, token: Election | Elected) -> None:
        """Give it to the next that is there, unless that would be beyond the one whose rank it is."""
        for places, rank in enumerate(self.after[: token.left], start=1):
            if await self.ask(str(rank), replace(token, left=token.left - places), within=self.patience):
                return

    def on_election(self, sender: str, message: Election) -> Ack:
        higher = carried_on(self.rank, message.rank, self.role == "electing")
        if message.rank == self.rank:
            if self.role == "electing":  # else it is late, or comes twice
                self.rule()
        elif higher == self.rank:
            self.call_election()
        elif higher:
            self.take_part()
            self.spawn(self.pass_on(message))
        return Ack()

    def rule(self) -> None:
        """Become the coordinator, and let it be known."""
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
    """One election in a ring of these ranks, begun at once by those who start (by default all).

    >>> [hold_election([1, 2, 3, 4, 5]).trace.count(name) for name in ("Election", "Elected")]
    [9, 5]
    """
    world = World(latency=latency)
    for rank in starts:
        after(ring, rank)  # refuses a stranger, who would never start
    for rank in ring:
        world.add(Member(rank, ring, starts=not starts or rank in starts, heartbeat=None))
    return world.expect(*properties(len(ring))).run()


def demo() -> Run:
    """Five members; the highest crashes and comes back.

    >>> demo().trace.select("role", agent="5").as_text().splitlines()[-1]
    '9.114 5 state role coordinates'
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)")
    ring = (2, 5, 1, 4, 3)
    world.add(Member(rank, ring) for rank in ring)
    return world.inject("crash 5 @3..9").expect(*properties(len(ring))).run(until=24.0)
