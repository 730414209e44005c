"""Replicas and gossip: the messages and the agents."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from coordlab.patterns.conflict.rules import shown
from coordlab.patterns.replicas.checks import properties
from coordlab.patterns.replicas.gossip import checked, partners
from coordlab.patterns.replicas.rules import ORSet, Replicated, Update, applied, merge, repaired
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Exchange", "Pull", "Push", "Replica", "demo", "periods", "rumour", "words"]


@message
class Push:
    """This is what I know."""

    copy: Any


@message
class Pull:
    """What do you know?"""


@message
class Exchange:
    """This is what I know; and you?"""

    copy: Any


class Replica(Agent):
    """One that keeps a copy, changes it by `updates` (each at its time after the start), and gossips.

    `start` is the copy that all begin with; `mode` is push, pull or push-pull, the same for all.  Every
    `period` seconds (None: never) it calls `fan_out` others; at the times `reads` it asks all, and repairs.
    """

    role = State("")  # what it says, so that lanes take one colour as copies grow equal
    copy = State[Any](None)

    def __init__(
        self,
        name: str,
        start: Replicated,
        updates: Collection[Update] = (),
        mode: str = "push-pull",
        period: float | None = 0.5,
        fan_out: int = 1,
        reads: Collection[float] = (),
    ) -> None:
        super().__init__(name)
        listed = isinstance(updates, Collection) and isinstance(reads, Collection)
        if not listed or not all(isinstance(each, Update) for each in updates):
            raise TypeError(
                f"updates={updates!r}, reads={reads!r}: give a list of updates and a list of times. "
                f"Write updates=[Update(1.0, 'add', 'milk')], reads=[5.0]."
            )
        if not hasattr(start, "merged"):
            raise TypeError(f"start={start!r} is no copy that merges. Write for instance start=ORSet().")
        if period is not None and (not isinstance(period, (int, float)) or not 0 < period < float("inf")):
            raise ValueError(f"period={period!r}: give seconds above 0, or None to be silent. Write 0.5.")
        self.mode, self.period, self.fan_out = checked(mode, fan_out), period, fan_out
        if not all(isinstance(at, (int, float)) and 0 <= at < float("inf") for at in reads):
            raise ValueError(f"reads={reads!r}: a read comes at 0 s or later. Write reads=[1.0].")
        self.updates, self.reads = sorted(updates, key=lambda each: each.at), sorted(reads)
        for each in self.updates:
            applied(start, each, name, each.at)  # refuses at once what it could not do later
        self.take(self.stable.get("copy", start))

    async def run(self) -> None:
        """Gossip, read, and make each update that it has not made before a crash."""
        began = self.stable.setdefault("began", self.now)
        if self.period is not None:
            self.spawn(self.gossip(self.period))
        self.spawn(self.read_all(began))
        for update in self.updates[self.stable.get("made", 0) :]:
            await self.sleep(max(0.0, update.at - (self.now - began)))
            self.take(applied(self.copy, update, self.name, self.now))
            self.decide(update)
            self.stable["made"] = self.stable.get("made", 0) + 1

    async def gossip(self, period: float) -> None:
        """Call somebody, again and again."""
        async for _ in self.every(period):
            for peer in partners(self.peers, self.fan_out, self.dice):
                self.send(peer, self.call())

    def call(self) -> Push | Pull | Exchange:
        """What to say to whom one calls."""
        if self.mode == "pull":
            return Pull()
        return Push(self.copy) if self.mode == "push" else Exchange(self.copy)

    async def read_all(self, began: float) -> None:
        """Each of the reads whose time is still to come."""
        for at in self.reads:
            if at >= self.now - began:
                await self.sleep(at - (self.now - began))
                await self.read()

    async def read(self, within: float = 0.25) -> Any:
        """What all that answer say together; whoever is behind that is told."""
        answers = await self.ask(self.peers, Pull(), within=within)
        copies = {name: answer.copy for name, answer in answers.items()}
        whole, behind = repaired({self.name: self.copy, **copies})
        self.take(whole)
        for name in behind:
            if name != self.name:
                self.send(name, Push(whole))
        self.note(f"read {words(whole.value)}, repaired {words(behind)}")
        return whole.value

    def take(self, copy: Replicated) -> None:
        """Have this copy from now on, whatever happens."""
        self.stable["copy"] = self.copy = copy
        self.role = words(copy.value)

    def on_push(self, sender: str, message: Push) -> None:
        self.take(merge(self.copy, message.copy))

    def on_pull(self, sender: str, message: Pull) -> Push:
        return Push(self.copy)

    def on_exchange(self, sender: str, message: Exchange) -> Push:
        self.take(merge(self.copy, message.copy))
        return Push(self.copy)


def words(value: Any) -> str:
    """A value in few words, or several."""
    several = value if isinstance(value, (tuple, list)) else () if value is None else (value,)
    return ", ".join(map(shown, several)) or "nothing"


def rumour(agents: int, mode: str = "push", seed: int = 0, fan_out: int = 1, loss: float = 0.0) -> Run:
    """One of many replicas hears of something at the start; the others by gossip, in periods of 1 s.

    >>> run = rumour(agents=8, mode="push-pull", seed=7)
    >>> periods(run), run.trace.count("Exchange", before=1.5), run.trace.count("Push", before=1.5)
    (2, 8, 8)
    """
    world = World(seed, latency=0.01, loss=loss)
    for number in range(agents):
        news = [Update(0.5, "add", "news")] if number == 0 else []
        world.add(Replica(str(number), ORSet(), news, mode, period=1.0, fan_out=fan_out))
    return world.run(until=10.0 + 4 * agents.bit_length())


def periods(run: Run) -> int | None:
    """After how many periods of 1 s everybody knew the rumour; None if somebody never did."""
    heard = [event.time for event in run.trace.select("role", kind="state") if event.data == "news"]
    return int(max(heard)) if len(heard) == len(run.trace.agents) else None


def demo() -> Run:
    """Three keep a shopping list; cut off from the others, cat adds the milk anew that ann strikes off.

    >>> [event.data for event in demo().trace.select("role", kind="state", agent="bob")]
    ['milk', 'nothing', 'milk']
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)").add(
        Replica("ann", ORSet(), [Update(0.1, "add", "milk"), Update(3.0, "remove", "milk")]),
        Replica("bob", ORSet()),
        Replica("cat", ORSet(), [Update(3.0, "add", "milk")]),
    )
    return world.inject("partition ann,bob/cat @2.5..5").expect(*properties()).run(until=12.0)
