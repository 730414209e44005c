"""Replicas and gossip: the messages and the agents."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from coordlab import requirements as require
from coordlab.patterns.conflict.rules import shown
from coordlab.patterns.replicas.checks import properties
from coordlab.patterns.replicas.rules import MODES, ORSet, Replicated, Update, applied, merge, repaired
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Exchange", "Pull", "Push", "Replica", "demo", "periods", "rumour", "words"]


@message
class Push:
    """This is what I know."""

    copy: Replicated


@message
class Pull:
    """What do you know?"""


@message
class Exchange:
    """This is what I know; and you?"""

    copy: Replicated


class Replica(Agent):
    """Keeps a copy, changes it at times of its own, and gossips.

    - `start`: the copy that all replicas begin with, such as ORSet()
    - `updates`: what this one changes, each at its time after the start
    - `mode`: who learns in a call, one of MODES; the same for all replicas
    - `period`: seconds between two rounds of calls, above 0; None: it never calls
    - `fan_out`: how many others it calls in a round, 1 or more
    - `reads`: times in seconds after the start at which it asks all others, and repairs those behind

    Raises TypeError or ValueError if one of them is not allowed, or an update cannot be applied.
    """

    role = State("")  # what its copy says, so that lanes take one colour as copies become equal
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
        mergeable = hasattr(start, "merged")
        require.that(mergeable, f"start={start!r}", "expected a copy that merges", "start=ORSet()", TypeError)
        self.mode = require.one_of("mode", mode, MODES)
        self.fan_out = require.count("fan_out", fan_out, least=1)
        self.period = period if period is None else require.seconds("period", period, positive=True)
        require.instance("updates", updates, Collection, "updates=[Update(1.0, 'add', 'milk')]")  # type: ignore[type-abstract]
        require.instance("reads", reads, Collection, "reads=[5.0]")  # type: ignore[type-abstract]
        self.reads = sorted(require.seconds("reads", each) for each in reads)
        for each in updates:
            require.instance("updates", each, Update, "updates=[Update(1.0, 'add', 'milk')]")
            applied(start, each, name, each.at)  # refuses now what it could not do later
        self.updates = sorted(updates, key=lambda each: each.at)
        self.told: dict[str, Replicated] = {}  # the last copy of each, since the last read began
        self.take(self.stable.get("copy", start))

    async def run(self) -> None:
        """Gossip, read, and make each update that was not made before a crash."""
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
        """In each period call `fan_out` others at random, or all if there are no more."""
        async for _ in self.every(period):
            for peer in self.dice.sample(self.peers, min(self.fan_out, len(self.peers))):
                both = self.mode == "push-pull"
                call = Exchange(self.copy) if both else Push(self.copy) if self.mode == "push" else Pull()
                self.send(peer, call)

    async def read_all(self, began: float) -> None:
        """Make each read whose time is still to come."""
        for at in self.reads:
            if at >= self.now - began:
                await self.sleep(at - (self.now - began))
                await self.read()

    async def read(self, within: float = 0.25) -> object:
        """The value of all copies that arrive `within` this many seconds, merged; repairs those behind."""
        self.told = dict[str, Replicated]()
        for peer in self.peers:
            self.send(peer, Pull())
        await self.until(lambda: len(self.told) == len(self.peers), within=within)
        whole, behind = repaired({self.name: self.copy, **self.told})
        for name in behind:
            self.send(name, Push(whole))
        self.note(f"read {words(whole.value)}, repaired {', '.join(behind) or 'nobody'}")
        return whole.value

    def take(self, copy: Replicated) -> None:
        """Have this copy from now on, also after a crash."""
        self.stable["copy"] = self.copy = copy
        self.role = words(copy.value)

    def on_push(self, sender: str, message: Push) -> None:
        self.told[sender] = message.copy
        self.take(merge(self.copy, message.copy))

    def on_pull(self, sender: str, message: Pull) -> Push:
        return Push(self.copy)

    def on_exchange(self, sender: str, message: Exchange) -> Push:
        self.take(merge(self.copy, message.copy))
        return Push(self.copy)


def words(value: object) -> str:
    """A value, or several, in a few words."""
    several = value if isinstance(value, (tuple, list)) else () if value is None else (value,)
    return ", ".join(map(shown, several)) or "nothing"


def rumour(agents: int, mode: str = "push", seed: int = 0, fan_out: int = 1, loss: float = 0.0) -> Run:
    """One replica learns something at the start; the others hear of it by gossip, in periods of 1 s.

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
    """The number of periods of 1 s after which all knew the rumour; None if one never did."""
    heard = [event.time for event in run.trace.select("role", kind="state") if event.data == "news"]
    return int(max(heard)) if len(heard) == len(run.trace.agents) else None


def demo() -> Run:
    """Three keep a shopping list; cut off from the others, cat adds the milk again that ann removes.

    >>> [event.data for event in demo().trace.select("role", kind="state", agent="bob")]
    ['milk', 'nothing', 'milk']
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)").add(
        Replica("ann", ORSet(), [Update(0.1, "add", "milk"), Update(3.0, "remove", "milk")]),
        Replica("bob", ORSet()),
        Replica("cat", ORSet(), [Update(3.0, "add", "milk")]),
    )
    return world.inject("partition ann,bob/cat @2.5..5").expect(*properties()).run(until=12.0)
