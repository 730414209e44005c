"""Deadlock: the messages and the agents."""

from __future__ import annotations

from coordlab import requirements as require
from coordlab.patterns.deadlock import rules
from coordlab.patterns.deadlock.checks import properties
from coordlab.patterns.deadlock.locks import Claim, Granted, Look, Probe, Release, Request, Resource, Table
from coordlab.patterns.deadlock.rules import POLICIES, AndProber, Candidate
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Coordinator", "Deadlock", "GaveUp", "GoBack", "Worker", "demo", "philosophers"]


@message
class GoBack:
    """You wait in a cycle: release everything, and begin again."""

    key: str


@message
class Deadlock:
    """These wait for each other, and those must go back."""

    cycle: tuple[str, ...]
    victims: tuple[str, ...]


@message
class GaveUp:
    """I have waited long enough."""

    key: str


class Worker(Agent):
    """Takes the locks it wants one after the other, works, releases them; sent back, it rests and retries.

    wants     names of locks, each once.
    rounds    how many times it does this.
    think     seconds between two rounds, half of it to half as much again.
    hold      seconds that it works with all its locks.
    patience  seconds, above 0, after which it gives up waiting, or up to half as many again, so that two do
              not give up together for ever; None is never.
    probes    seconds of waiting, above 0, between two probes; None is none.
    ordered   whether it asks in the order of the locks' names.
    """

    role = State("thinks")  # or waits, works, is done

    def __init__(
        self,
        name: str,
        wants: tuple[str, ...],
        rounds: int = 3,
        think: float = 0.1,
        hold: float = 0.5,
        patience: float | None = None,
        probes: float | None = None,
        ordered: bool = False,
    ) -> None:
        super().__init__(name)
        require.names("wants", wants, example="('pen', 'ink')")
        self.wants = sorted(wants) if ordered else list(wants)
        self.rounds = require.count("rounds", rounds)
        self.think, self.hold = require.seconds("think", think), require.seconds("hold", hold)
        self.patience = None if patience is None else require.seconds("patience", patience, positive=True)
        self.probes = None if probes is None else require.seconds("probes", probes, positive=True)
        self.claim, self.prober = Claim(name, 0), AndProber(name)
        self.held: list[str] = []
        self.waiting: str | None = None
        self.sent_back = False

    async def run(self) -> None:
        """Think, take the locks, work, let go."""
        if old := self.stable.get("attempt"):  # it crashed, and may still hold locks
            self.let_go(Claim(self.name, old))
        for _ in range(self.rounds):
            await self.sleep(self.dice.uniform(0.5, 1.5) * self.think)
            began, aborted = self.now, 0
            while not await self.take(began, aborted):
                aborted += 1
                await self.sleep(self.dice.uniform(0.5, 1.5) * self.think)
            self.role = "works"
            await self.sleep(self.hold)
            self.let_go(self.claim)
        self.role = "is done"

    async def take(self, began: float, aborted: int) -> bool:
        """Whether it got all its locks; if it is sent back, it holds none."""
        attempt = self.stable["attempt"] = self.stable.get("attempt", 0) + 1
        self.claim = Claim(self.name, attempt, began, self.now - began, aborted)
        self.held, self.sent_back = [], False
        for lock in self.wants:
            if not await self.wait(lock):
                self.let_go(self.claim)
                return False
        return True

    async def wait(self, lock: str) -> bool:
        """Wait for a lock; whether it got it."""
        self.role, self.waiting, self.prober = "waits", lock, AndProber(self.claim.key)
        self.send(lock, Request(self.claim))
        over = lambda: lock in self.held or self.sent_back
        if self.probes is not None:
            while not await self.until(over, within=self.probes):
                self.prober = AndProber(self.claim.key)
                self.send(lock, Probe(self.claim, lock))
        elif not await self.until(over, within=self.patience and self.dice.uniform(1.0, 1.5) * self.patience):
            self.note(GaveUp(self.claim.key))
        self.waiting = None
        return lock in self.held and not self.sent_back

    def let_go(self, claim: Claim) -> None:
        """Release all locks, and leave every line."""
        self.role = "thinks"
        for lock in self.wants:
            self.send(lock, Release(claim.key))

    def on_granted(self, sender: str, message: Granted) -> None:
        if message.key == self.claim.key and sender not in self.held:
            self.held.append(sender)

    def on_go_back(self, sender: str, message: GoBack) -> None:
        if message.key == self.claim.key:
            self.sent_back = True

    def on_probe(self, sender: str, message: Probe) -> None:
        """Pass it on while waiting, unless its initiator is older: only the youngest in a cycle is told."""
        first, own = message.initiator, self.claim
        if not self.waiting or self.waiting in self.held or (own.began, own.key) > (first.began, first.key):
            return
        if message.holder != own.key or (first.key == own.key and message.lock != self.waiting):
            return  # it is out of date: what it asks about is over
        for lock in self.prober.probed(first.key, (self.waiting,)):
            self.send(lock, message)
        if self.prober.deadlocked:
            self.decide(Deadlock((own.key,), (own.key,)))
            self.sent_back = True


class Coordinator(Agent):
    """Looks at all locks at regular intervals, and breaks the cycles that two looks in succession agree on.

    The replies to one look are of different moments, and may form a cycle that existed at none of them.

    locks   names of locks, each once.
    period  seconds between two looks, above 0: longer than a question and its reply take, or it sees nothing.
    policy  whom to send back: youngest, least_work or fewest_locks.
    twice   whether it compares two looks; if not, it trusts each.
    """

    def __init__(
        self,
        locks: tuple[str, ...],
        period: float = 0.5,
        policy: str = "youngest",
        name: str = "coordinator",
        twice: bool = True,
    ) -> None:
        super().__init__(name)
        self.locks = require.names("locks", locks, example="('pen', 'ink')")
        self.period = require.seconds("period", period, positive=True)
        self.policy, self.twice = require.one_of("policy", policy, POLICIES), twice

    async def run(self) -> None:
        """Look, compare with the look before, break cycles."""
        before: dict[str, Table] = {}
        async for _ in self.every(self.period):
            tables = await self.ask(self.locks, Look(), within=self.period)
            self.judge(before if self.twice else tables, tables)
            before = tables

    def judge(self, before: dict[str, Table], after: dict[str, Table]) -> None:
        """Send back the victims that the policy chooses."""
        looks = {name: (before[name].lock, after[name].lock) for name in after if name in before}
        waits = rules.wait_for({name: rules.unchanged(*both) for name, both in looks.items()})
        gone: tuple[str, ...] = self.stable.get("sent back", ())  # perhaps they have not heard of it yet
        waits = rules.without(waits, gone)
        claims = {claim.key: claim for table in after.values() for claim in (*table.holders, *table.line)}
        held = [claim.key for table in after.values() for claim in table.holders]

        def choose(cycle: list[str]) -> str:
            those = (claims[key] for key in cycle)
            each = (Candidate(c.key, c.began, c.work, held.count(c.key), c.aborted) for c in those)
            return rules.victim(each, self.policy)

        if chosen := rules.victims(waits, choose):
            self.decide(Deadlock(tuple(rules.cycle(waits)), tuple(chosen)))
            self.stable["sent back"] = (*gone, *chosen)
        for key in chosen:
            self.send(claims[key].worker, GoBack(key))


def philosophers(
    agents: int = 5, period: float | None = 0.5, left_handed: int = 0, **settings: object
) -> World:
    """Philosophers at a round table, 2 or more, with one fork between each two.

    period       seconds between two looks of a coordinator; None is no coordinator.
    left_handed  how many of them take the other fork first.
    settings     of each Worker, such as `rounds` or `patience`.
    """
    agents = require.count("agents", agents, least=2, example=5)
    forks = tuple(f"fork{number}" for number in range(1, agents + 1))
    world = World(seed=7, latency="uniform(0.01, 0.05)").add(Resource(fork) for fork in forks)
    for number in range(agents):
        wants = (forks[number], forks[(number + 1) % agents])[:: 1 if number >= left_handed else -1]
        world.add(Worker(f"p{number + 1}", wants, **settings))  # type: ignore[arg-type]
    return world.add([Coordinator(forks, period)] if period else [])


def demo() -> Run:
    """Five philosophers, who all take the fork on their right first.

    >>> [event.data.victims for event in demo().trace.select("Deadlock")][:1]
    [('p1.1',)]
    """
    return philosophers().expect(*properties()).run(until=30.0)
