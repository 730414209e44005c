"""Deadlock: the messages and the agents."""

from __future__ import annotations

from functools import partial

from coordlab.patterns.deadlock.checks import properties
from coordlab.patterns.deadlock.locks import Claim, Granted, Look, Probe, Release, Request, Resource, Table
from coordlab.patterns.deadlock.rules import (
    AndProber,
    Candidate,
    Lock,
    check_names,
    check_policy,
    check_waits,
    cycle,
    in_order,
    unchanged,
    victim,
    victims,
    wait_for,
)
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Coordinator", "Deadlock", "GaveUp", "GoBack", "Worker", "demo", "philosophers"]


@message
class GoBack:
    """You wait in a ring: let go of everything, and begin again."""

    key: str


@message
class Deadlock:
    """These wait for each other, and those must go back."""

    ring: tuple[str, ...]
    victims: tuple[str, ...]


@message
class GaveUp:
    """I have waited long enough."""

    key: str


class Worker(Agent):
    """Takes the locks it `wants` one after the other, holds them for a while, lets go; `rounds` times.

    With `patience` it gives up after so many seconds of waiting; with `probes` it sends a probe instead;
    `ordered`, it asks in the order of the locks' names.  Sent back, it rests before it tries again.
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
        check_names("wants", wants)
        check_waits(patience=patience, probes=probes)
        ranks = {lock: place for place, lock in enumerate(sorted(wants))}
        self.wants = in_order(wants, ranks) if ordered else list(wants)
        self.rounds, self.think, self.hold = rounds, think, hold
        self.patience, self.probes = patience, probes
        self.claim, self.prober = Claim(name, 0), AndProber("")
        self.held: list[str] = []
        self.waiting: str | None = None
        self.sent_back = False

    async def run(self) -> None:
        """Think, take, work, let go."""
        if old := self.stable.get("attempt"):  # it crashed, and may hold something still
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
        """Whether it has all it wants; if it is sent back, nothing."""
        attempt = self.stable["attempt"] = self.stable.get("attempt", 0) + 1
        self.claim = Claim(self.name, attempt, began, self.now - began, aborted)
        self.held, self.sent_back = [], False
        for lock in self.wants:
            if not await self.wait(lock):
                self.let_go(self.claim)
                return False
        return True

    async def wait(self, lock: str) -> bool:
        """Whether the lock is its own in the end."""
        self.role, self.waiting, self.prober = "waits", lock, AndProber(self.claim.key)
        self.send(lock, Request(self.claim))
        over = lambda: lock in self.held or self.sent_back
        if self.probes is not None:
            while not await self.until(over, within=self.probes):
                self.prober = AndProber(self.claim.key)
                for resource in self.prober.start((lock,)):
                    self.send(resource, Probe(self.claim))
        elif not await self.until(over, within=self.patience):
            self.note(GaveUp(self.claim.key))
        self.waiting = None
        return lock in self.held and not self.sent_back

    def let_go(self, claim: Claim) -> None:
        """Of everything, and out of every line."""
        self.role = "thinks"
        for lock in self.wants:
            self.send(lock, Release(claim.key))

    def on_granted(self, sender: str, message: Granted) -> None:
        if message.key == self.claim.key and sender not in self.held:
            self.held.append(sender)

    def on_go_back(self, sender: str, message: GoBack) -> None:
        if message.key == self.claim.key and self.waiting:
            self.sent_back = True

    def on_probe(self, sender: str, message: Probe) -> None:
        """Pass it on while waiting, but not one of an older: so only the youngest of a ring hears back."""
        first, own = message.initiator, self.claim
        if not self.waiting or self.waiting in self.held or (own.began, own.key) > (first.began, first.key):
            return
        for lock in self.prober.probed(first.key, (self.waiting,)):
            self.send(lock, message)
        if self.prober.deadlocked:
            self.decide(Deadlock((own.key,), (own.key,)))
            self.sent_back = True


class Coordinator(Agent):
    """Looks at all `locks` every `period` seconds, and breaks the rings that two looks agree on."""

    def __init__(
        self, locks: tuple[str, ...], period: float = 0.5, policy: str = "youngest", name: str = "coordinator"
    ) -> None:
        super().__init__(name)
        check_waits(period=period)
        self.locks, self.period, self.policy = check_names("locks", locks), period, check_policy(policy)

    async def run(self) -> None:
        """Look, compare with the look before, break."""
        before: dict[str, Table] = {}
        async for _ in self.every(self.period):
            tables = await self.ask(self.locks, Look(), within=self.period)
            self.judge(before, tables)
            before = tables

    def judge(self, before: dict[str, Table], after: dict[str, Table]) -> None:
        """Send back whom the policy says."""
        both = {name: (_lock(before[name]), _lock(after[name])) for name in after if name in before}
        waits = wait_for({name: unchanged(*looks) for name, looks in both.items()})
        claims = {claim.key: claim for table in after.values() for claim in (*table.holders, *table.line)}
        held = [claim.key for table in after.values() for claim in table.holders]
        chosen = victims(waits, partial(_choose, claims, held, self.policy))
        if chosen:
            self.decide(Deadlock(tuple(cycle(waits)), tuple(chosen)))
        for key in chosen:
            self.send(claims[key].worker, GoBack(key))


def _lock(table: Table) -> Lock:
    return Lock(table.limit, [each.key for each in table.holders], [each.key for each in table.line])


def _choose(claims: dict[str, Claim], held: list[str], policy: str, ring: list[str]) -> str:
    each = (claims[key] for key in ring)
    return victim((Candidate(c.key, c.began, c.work, held.count(c.key), c.aborted) for c in each), policy)


def philosophers(
    agents: int = 5, period: float | None = 0.5, left_handed: int = 0, **settings: object
) -> World:
    """So many at a round table, a fork between each two; `left_handed` of them take the other fork first.

    Without a `period` nobody looks for deadlocks.
    """
    if not isinstance(agents, int) or agents < 2:
        raise ValueError(f"agents={agents!r}: it takes two to share their forks. Write philosophers(5).")
    forks = tuple(f"fork{number}" for number in range(1, agents + 1))
    world = World(seed=7, latency="uniform(0.01, 0.05)").add(Resource(fork) for fork in forks)
    for number in range(agents):
        wants = forks[number], forks[(number + 1) % agents]
        wants = wants if number >= left_handed else wants[::-1]
        world.add(Worker(f"p{number + 1}", wants, **settings))  # type: ignore[arg-type]
    return world.add([Coordinator(forks, period)] if period else [])


def demo() -> Run:
    """Five philosophers, who all reach for the fork on their right first.

    >>> [event.data.victims for event in demo().trace.select("Deadlock")][:1]
    [('p1.1',)]
    """
    return philosophers().expect(*properties()).run(until=30.0)
