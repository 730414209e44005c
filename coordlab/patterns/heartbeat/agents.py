"""Heartbeats: the messages and the agents."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from math import inf
from typing import Any

from coordlab import requirements as require
from coordlab.patterns.heartbeat.checks import properties
from coordlab.patterns.heartbeat.rules import NEWS, Buried, Detector, News, Suspected, Timeout, Watch
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["DEFAULT", "Beater", "Heartbeat", "Monitor", "Observer", "Peer", "demo", "watched"]

DEFAULT = Timeout(3.0)


@message
class Heartbeat:
    """I am up."""

    incarnation: int = 1  # how often the agent has started


class Beater(Agent):
    """Says every `interval` seconds to each of `watchers` that it is up."""

    def __init__(self, name: str, watchers: Sequence[str], interval: float = 1.0) -> None:
        super().__init__(name)
        self.watchers = others(name, watchers)
        self.interval = require.seconds("interval", interval, positive=True)

    async def run(self) -> None:
        """Send one heartbeat after the other, under a new incarnation after each start."""
        self.stable["incarnation"] = self.stable.get("incarnation", 0) + 1
        while True:
            if self.well():
                for watcher in self.watchers:
                    self.send(watcher, Heartbeat(self.stable["incarnation"]))
            await self.sleep(self.interval)

    def well(self) -> bool:
        """Whether to say so: always, unless a subclass knows that its work makes no progress."""
        return True


class Observer(Agent):
    """Has an opinion of each of `targets`, and states each change once: in the trace, and to `on_news`.

    `statistics` counts for each target the opinions it has stated.
    """

    role = State("content")  # or worried
    targets = State[tuple[str, ...]](())
    suspects = State[tuple[str, ...]](())

    def __init__(self, name: str, targets: Sequence[str]) -> None:
        super().__init__(name)
        self.targets = others(name, targets)
        self.statistics: dict[str, Counter[str]] = {}

    def tell(self, status: str, target: str, incarnation: int) -> None:
        news = NEWS[status](target, incarnation)
        self.statistics.setdefault(target, Counter())[type(news).__name__] += 1
        doubted = {target} if isinstance(news, (Suspected, Buried)) else set()
        self.suspects = tuple(sorted({*self.suspects} - {target} | doubted))
        self.role = "worried" if self.suspects else "content"
        self.decide(news)
        self.on_news(news)

    def on_news(self, news: News) -> None:
        """Called with each change of opinion; a subclass may act on it."""


class Monitor(Observer):
    """Watches `targets` with a copy of `detector` each; ignores the heartbeats of other agents.

    period  seconds between two looks at all targets
    grave   seconds of suspicion after which a target is taken for dead; infinite: never
    """

    def __init__(
        self,
        name: str,
        targets: Sequence[str],
        detector: Detector = DEFAULT,
        period: float = 0.5,
        grave: float = inf,
    ) -> None:
        super().__init__(name, targets)
        self.period, self.stopped = require.seconds("period", period, positive=True), False
        self.watches = {target: Watch(deepcopy(detector), grave) for target in self.targets}

    async def run(self) -> None:
        for watch in self.watches.values():
            watch.listen(self.began)
        while not self.stopped:
            for target, watch in self.watches.items():
                self.consider(target, watch.check(self.elapsed))
            await self.sleep(self.period)

    def stop(self) -> None:
        """Stop watching: there is no more news."""
        self.stopped = True

    @property
    def began(self) -> float:
        """When the silence of targets begins that were not heard yet: now."""
        return self.elapsed

    @property
    def elapsed(self) -> float:
        """Seconds by a clock that cannot be set, unlike `now`."""
        return asyncio.get_running_loop().time()

    def on_heartbeat(self, sender: str, message: Heartbeat) -> None:
        if sender in self.watches:
            self.consider(sender, self.watches[sender].beat(self.elapsed, message.incarnation))

    def consider(self, target: str, status: str | None) -> None:
        """State the new opinion, if it has changed."""
        if status is not None and not self.stopped:
            self.tell(status, target, self.watches[target].incarnation)


class Peer(Beater, Monitor):
    """Watches all others and sends heartbeats to all of them."""

    def __init__(
        self, name: str, everybody: Sequence[str], detector: Detector = DEFAULT, interval: float = 1.0
    ) -> None:
        Monitor.__init__(self, name, [each for each in everybody if each != name], detector)
        self.watchers, self.interval = self.targets, require.seconds("interval", interval, positive=True)

    async def run(self) -> None:
        self.spawn(Beater.run(self))
        await Monitor.run(self)


def others(name: str, names: Sequence[str]) -> tuple[str, ...]:
    """The names, each once and none of them `name`.  Raises ValueError or TypeError for anything else."""
    found = require.names(f"the others of {name}", names, empty=True)
    require.that(name not in found, f"{name} among {names!r}", "expected the names of others", "['a1', 'a2']")
    return found


def watched(agents: int = 3, detector: Detector = DEFAULT, interval: float = 1.0, **weather: Any) -> World:
    """A monitor and this many agents that it watches; `weather` goes to the `World`."""
    names = [f"a{number}" for number in range(1, agents + 1)]
    world = World(**{"seed": 7, "latency": "uniform(0.01, 0.05)", **weather})
    world.add(Monitor("monitor", names, detector))
    return world.add(Beater(name, ("monitor",), interval) for name in names)


def demo() -> Run:
    """One of three agents crashes and comes back; it is suspected once, and recovers once.

    >>> [event.name for event in demo().trace.select("decision", since=1)]
    ['Suspected', 'Recovered']
    """
    return watched().inject("crash a2 @5.2..12").expect(*properties(DEFAULT)).run(until=20.0)
