"""Bully election: the messages and the agents."""

from __future__ import annotations

from coordlab import requirements as require
from coordlab.patterns.bully.checks import properties
from coordlab.trace.faults import Crash
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Answer", "Candidate", "Coordinator", "Election", "Ping", "Pong", "demo", "hold_election"]


@message
class Election:
    """Is anyone above me alive?"""

    silent: tuple[str, ...] = ()  # agents that need not be asked


@message
class Answer:
    """I am alive and outrank you: stand back."""


@message
class Coordinator:
    """I coordinate from now on."""


@message
class Ping:
    """Do you still coordinate?"""


@message
class Pong:
    """I still coordinate."""


class Candidate(Agent):
    """An agent that follows the highest rank it believes alive.

    rank: a whole number, 0 or more, which is its name, too.
    patience: how many seconds it waits for answers, above 0.
    heartbeat: seconds between its checks that the coordinator is there, above 0; None: it never checks.
    skip_silent: whether the agent that was found silent is not asked again.
    guarded: whether it holds one election at a time; if not, each Election makes it hold another.
    """

    role = State("follows")  # or electing, or coordinates
    coordinator = State[str | None](None)  # the agent that it follows

    def __init__(
        self,
        rank: int,
        patience: float = 0.25,
        heartbeat: float | None = 1.0,
        skip_silent: bool = False,
        guarded: bool = True,
    ) -> None:
        super().__init__(str(rank))
        self.rank = require.count("rank", rank, example=3)
        self.patience = require.seconds("patience", patience, positive=True, example=0.25)
        self.heartbeat, self.skip_silent, self.guarded = heartbeat, skip_silent, guarded
        self.holding = False  # an election

    @property
    def higher(self) -> list[str]:
        """The agents it must ask."""
        return [peer for peer in self.peers if int(peer) > self.rank]

    @property
    def lower(self) -> list[str]:
        """The agents it would rule."""
        return [peer for peer in self.peers if int(peer) < self.rank]

    async def run(self) -> None:
        """Elect on arrival and after each restart; then watch."""
        await self.call_election()
        if self.heartbeat is not None:
            async for _ in self.every(self.heartbeat):
                await self.watch()

    async def watch(self) -> None:
        """Call an election if the coordinator is silent, or if a higher agent coordinates, too."""
        if self.role == "electing":
            return
        before = ruling, coordinator = self.role == "coordinates", self.coordinator
        watched = self.higher if ruling else [str(coordinator)]
        heard = await self.ask(watched, Ping(), within=self.patience, enough=1)
        changed = before != (self.role == "coordinates", self.coordinator)
        if bool(heard) == ruling and not changed and not (self.holding and self.guarded):
            await self.call_election((str(coordinator),) if self.skip_silent and not ruling else ())

    async def call_election(self, silent: tuple[str, ...] = ()) -> None:
        """Become the coordinator if nobody above answers in time; else wait for news, or ask again."""
        self.holding, self.role, self.coordinator = True, "electing", None
        while self.role == "electing":
            above = [peer for peer in self.higher if peer not in silent]
            answers = await self.ask(above, Election(silent), within=self.patience)
            if not answers and self.role == "electing":
                self.rule()
            await self.until(lambda: self.role != "electing", within=3 * self.patience)
            silent = ()
        self.holding = False

    def rule(self) -> None:
        """Become the coordinator and tell everybody below."""
        self.role, self.coordinator, self.crowned = "coordinates", self.name, self.now
        for peer in self.lower:
            self.send(peer, Coordinator())

    def on_election(self, sender: str, message: Election) -> Answer:
        if self.role == "coordinates" and self.guarded:
            if self.now > self.crowned + self.patience:  # else the news is on its way already
                self.send(sender, Coordinator())
        elif not (self.holding and self.guarded):
            self.holding = True  # from now on, not only when the task starts
            self.spawn(self.call_election(message.silent))
        return Answer()

    def on_coordinator(self, sender: str, message: Coordinator) -> None:
        self.role, self.coordinator = "follows", sender

    def on_ping(self, sender: str, message: Ping) -> Pong | None:
        return Pong() if self.role == "coordinates" else None


def hold_election(
    agents: int = 5,
    noticed_by: int = 1,
    skip_silent: bool = False,
    guarded: bool = True,
    latency: float = 0.01,
    down: int = 1,
) -> Run:
    """One election: the `down` highest of `agents` crash at 3 s, and only `noticed_by` watches the highest.

    The messages since 3 s are those of the election.  `skip_silent` and `guarded` are those of a `Candidate`;
    each message takes `latency` seconds.  Raises ValueError if `noticed_by` is not among those that stay up.

    >>> run = hold_election(agents=5, noticed_by=1)
    >>> [run.trace.count(name, since=3) for name in ("Election", "Answer", "Coordinator")]
    [10, 6, 3]
    """
    up = require.count("agents", agents, 2) - require.count("down", down, 1, agents - 1)
    require.count("noticed_by", noticed_by, 1, up)
    world = World(latency=latency)
    for rank in range(1, agents + 1):
        heartbeat = 1.0 if rank == noticed_by else None
        world.add(Candidate(rank, heartbeat=heartbeat, skip_silent=skip_silent, guarded=guarded))
    crashes = [Crash(str(rank), at=3.0) for rank in range(up + 1, agents + 1)]
    return world.inject(*crashes).expect(*properties()).run(until=8.0)


def demo() -> Run:
    """Five candidates; the highest crashes and comes back.

    >>> demo().trace.select("role", agent="5").as_text().splitlines()[-1]
    '9.000 5 state role coordinates'
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)")
    world.add(Candidate(rank) for rank in range(1, 6))
    return world.inject("crash 5 @3..9").expect(*properties()).run(until=12.0)
