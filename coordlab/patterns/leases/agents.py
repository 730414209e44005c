"""Leases: the messages and the agents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from coordlab import requirements as require
from coordlab.patterns.leases.checks import properties
from coordlab.patterns.leases.rules import Promise, followed, heard_of, held, majority, takes, voted
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = [
    "TICK",
    "Fenced",
    "Heartbeat",
    "Member",
    "Refusal",
    "RequestVote",
    "Storage",
    "Store",
    "Stored",
    "Vote",
    "demo",
    "elections",
]

TICK = 1e-5  # seconds; a lease is over when it has less left


@message
class RequestVote:
    """Will you follow me in this term?"""

    term: int
    asked: float  # when, by the clock of the candidate: a vote answers this question and no other


@message
class Heartbeat:
    """Most have voted for me: will you follow me for another lease?"""

    term: int
    asked: float


@message
class Vote:
    """Yes, I vote for you; and if you lead, I follow no other for a lease."""

    term: int
    asked: float


@message
class Refusal:
    """No: I follow another, or know a later term."""

    term: int


@message
class Store:
    """Please keep this; my term is my token."""

    token: int
    value: str


@message
class Stored:
    """It is kept."""

    token: int


@message
class Fenced:
    """Your time is over: a write with a higher token was here."""

    highest: int


class Storage(Agent):
    """Keeps what comes with the highest token so far, and does not know who leads."""

    highest = State(0)

    def __init__(self, name: str = "storage") -> None:
        super().__init__(name)
        self.highest = self.stable.get("highest", 0)

    def on_store(self, sender: str, message: Store) -> Stored | Fenced:
        if not takes(self.highest, message.token):
            return Fenced(self.highest)
        self.highest = self.stable["highest"] = message.token
        return Stored(message.token)


class Member(Agent):
    """One of `members`, by name, which elect a leader among themselves; it writes to `storage` at each beat.

    lease   seconds that a follower is bound, by its own clock
    drift   how far the rate of a clock may be off, as a share from 0 up to 1
    beat    seconds between two renewals of a lease; less than a leader may hold it
    starts  whether it stands for election at once when it starts, instead of listening first
    """

    role = State("follows")  # or stands, or leads
    term = State(0)

    def __init__(
        self,
        name: str,
        members: Sequence[str],
        lease: float = 1.0,
        drift: float = 0.01,
        beat: float = 0.25,
        storage: str = "storage",
        starts: bool = False,
    ) -> None:
        super().__init__(name)
        require.that(
            name in require.names("members", members), f"name={name!r}", "not a member", "members[0]"
        )
        self.others, self.needed = [each for each in members if each != name], majority(len(members))
        self.lease, self.held, self.storage = lease, held(lease, drift), storage
        self.beat = require.number(
            "beat", beat, above=0, below=self.held, unit="seconds", example=self.held / 4
        )
        self.votes: set[str] = set()
        self.asked = 0.0  # when it asked for the votes
        self.at_once = require.flag("starts", starts)  # also when a later term ends its reign
        self.remember(self.stable.get("promise", Promise()))

    def remember(self, promise: Promise | None) -> bool:
        """Keep a promise, if there is one, in stable storage and on record; whether there is one."""
        if promise:
            self.promise = self.stable["promise"] = promise
            self.term = promise.term
            self.decide(promise)
        return promise is not None

    async def run(self) -> None:
        """Stand for election after a random time in which nobody has asked for a promise, or at once."""
        while True:
            silence = self.dice.uniform(1.0, 2.0) * self.lease
            if self.at_once or not await self.until(self.promised(), within=silence):
                await self.stand()

    def promised(self) -> Callable[[], bool]:
        """A condition: it has made another promise since now."""
        before = self.promise
        return lambda: self.promise != before

    async def stand(self) -> None:
        """Ask for votes in the next term, and lead if most come in time."""
        self.role, self.at_once = "stands", False
        if await self.most(RequestVote(self.term + 1, self.now), within=self.beat):
            await self.lead()
        self.role = "follows"

    async def lead(self) -> None:
        """Ask to be followed at each beat; with a majority, lead and write until the lease is over."""
        until = self.now + self.beat
        while self.role != "follows" and self.now < until - TICK:
            if self.role == "leads":
                await self.write()
            left = max(0.0, until - self.now)  # none, if the write took longer than the lease
            if await self.most(Heartbeat(self.term, self.now), within=min(self.beat, left)):
                self.role, until = "leads", self.asked + self.held
                await self.sleep(max(0.0, self.asked + self.beat - self.now))

    async def write(self) -> None:
        """What a leader does with its lease at each beat: it writes, and its term is the token."""
        self.send(self.storage, Store(self.term, f"{self.name} leads"))

    async def most(self, question: RequestVote | Heartbeat, within: float) -> bool:
        """Whether more than half, itself included, agree in time, and none knows a later term."""
        self.asked = question.asked
        self.votes = {self.name} if self.agrees(self.name, question) else set()
        for member in self.others:
            self.send(member, question)
        decided = lambda: len(self.votes) >= self.needed or self.role == "follows"
        return bool(await self.until(decided, within=within)) and self.role != "follows"

    def agrees(self, whom: str, question: RequestVote | Heartbeat) -> bool:
        """Whether it agrees; if so, it is bound by its promise."""
        if isinstance(question, Heartbeat):
            return self.remember(followed(self.promise, whom, question.term, self.now, self.lease))
        return self.remember(voted(self.promise, whom, question.term, self.now))

    def on_request_vote(self, sender: str, message: RequestVote | Heartbeat) -> Vote | Refusal:
        if not self.agrees(sender, message):
            return Refusal(self.term)
        self.role = "follows"
        return Vote(message.term, message.asked)

    on_heartbeat = on_request_vote

    def on_vote(self, sender: str, message: Vote) -> None:
        if (message.term, message.asked) == (self.term, self.asked):
            self.votes = {*self.votes, sender}

    def on_refusal(self, sender: str, message: Refusal) -> None:
        if message.term > self.term:  # the others have gone on without it
            self.remember(heard_of(self.promise, message.term))
            self.role, self.at_once = "follows", self.role == "leads"

    def on_stored(self, sender: str, message: Stored) -> None:
        """The write was accepted: there is nothing to do."""

    def on_fenced(self, sender: str, message: Fenced) -> None:
        self.role = "follows"


def elections(members: int = 5, seed: int = 7, faults: Sequence[str] = (), until: float = 20.0) -> Run:
    """A run of this many members, named 1, 2, 3 …, and a storage, with these faults, for `until` seconds.

    >>> trace = elections(members=5, until=1.1).trace
    >>> [trace.count(name) for name in ("RequestVote", "Vote")]
    [4, 4]
    """
    names = [str(number) for number in range(1, require.count("members", members, 1) + 1)]
    world = World(seed, latency="uniform(0.01, 0.05)").add(Storage(), (Member(name, names) for name in names))
    return world.inject(*faults).expect(*properties(members)).run(until)


def demo() -> Run:
    """Five members; the leader and one other are cut off from the rest, which elect another leader.

    >>> [event.agent for event in demo().trace.select("role") if event.data == "leads"]
    ['3', '2', '2']
    """
    return elections(faults=["partition 1,3/2,4,5,storage @4..9"])
