"""Heartbeats: the messages and the agents."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from math import inf
from typing import Any

from coordlab.patterns.heartbeat.checks import properties
from coordlab.patterns.heartbeat.rules import NEWS, Buried, Detector, News, Suspected, Timeout, Watch
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = [
    "DEFAULT",
    "Beater",
    "Heartbeat",
    "Monitor",
    "Observer",
    "Peer",
    "demo",
    "others",
    "positive",
    "watched",
]

DEFAULT = Timeout(3.0)


@message
class Heartbeat:
    """I am up."""

    incarnation: int = 1  # how often I have started


class Beater(Agent):
    """Says that it is up, every `interval` seconds, to each of `watchers`."""

    def __init__(self, name: str, watchers: Sequence[str], interval: float = 1.0) -> None:
        super().__init__(name)
        self.watchers, self.interval = others(name, watchers), positive("interval", interval)

    async def run(self) -> None:
        """One heartbeat after the other; after each start it is another incarnation."""
        self.stable["incarnation"] = self.stable.get("incarnation", 0) + 1
        while True:
            if self.well():
                for watcher in self.watchers:
                    self.send(watcher, Heartbeat(self.stable["incarnation"]))
            await self.sleep(self.interval)

    def well(self) -> bool:
        """Whether to say so.  It always does, unless a subclass knows that its work makes no progress."""
        return True


class Observer(Agent):
    """Has an opinion of each of `targets`, and says each change once: in the trace, and to `on_news`.

    `statistics` counts by target what it has said of it.
    """

    role = State("content")  # or worried
    targets = State[tuple[str, ...]](())
    suspects = State[tuple[str, ...]](())

    def __init__(self, name: str, targets: Sequence[str]) -> None:
        super().__init__(name)
        self.targets = others(name, targets)
        self.statistics: dict[str, Counter[str]] = {}

    def tell(self, status: str, target: str, incarnation: int) -> None:
        """Say what has changed."""
        news = NEWS[status](target, incarnation)
        self.statistics.setdefault(target, Counter())[type(news).__name__] += 1
        doubted = {target} if isinstance(news, (Suspected, Buried)) else set()
        self.suspects = tuple(sorted({*self.suspects} - {target} | doubted))
        self.role = "worried" if self.suspects else "content"
        self.decide(news)
        self.on_news(news)

    def on_news(self, news: News) -> None:
        """What to do about it: nothing, unless a subclass says otherwise."""


class Monitor(Observer):
    """Watches `targets` by a copy of `detector` for each, looking at all of them every `period` seconds.

    `grave` seconds of suspicion make a target dead.  Heartbeats of others than its targets it leaves alone.
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
        self.period, self.stopped = positive("period", period), False
        self.watches = {target: Watch(deepcopy(detector), grave) for target in self.targets}

    async def run(self) -> None:
        """One loop for all targets."""
        for watch in self.watches.values():
            watch.listen(self.elapsed)
        while not self.stopped:
            for target, watch in self.watches.items():
                self.consider(target, watch.check(self.elapsed))
            await self.sleep(self.period)

    def stop(self) -> None:
        """Watch no longer: there will be no more news."""
        self.stopped = True

    @property
    def elapsed(self) -> float:
        """The time in seconds by a clock that nobody can set, unlike `now`."""
        return asyncio.get_running_loop().time()

    def on_heartbeat(self, sender: str, message: Heartbeat) -> None:
        if sender in self.watches:
            self.consider(sender, self.watches[sender].beat(self.elapsed, message.incarnation))

    def consider(self, target: str, status: str | None) -> None:
        """Say what has changed, if anything has."""
        if status is not None and not self.stopped:
            self.tell(status, target, self.watches[target].incarnation)


class Peer(Beater, Monitor):
    """Watches all others, and tells all of them that it is up."""

    def __init__(
        self, name: str, everybody: Sequence[str], detector: Detector = DEFAULT, interval: float = 1.0
    ) -> None:
        Monitor.__init__(self, name, [each for each in everybody if each != name], detector)
        self.watchers, self.interval = self.targets, positive("interval", interval)

    async def run(self) -> None:
        """Beat and watch at once."""
        self.spawn(Beater.run(self))
        await Monitor.run(self)


def others(name: str, names: Sequence[str]) -> tuple[str, ...]:
    """The names, if they are several other agents, each once; else a `ValueError`.

    >>> others("ann", ["bob", "cat"])
    ('bob', 'cat')
    """
    if isinstance(names, str) or name in names or len(set(names)) < len(names):
        raise ValueError(
            f"{name} is to deal with {names!r}: that must be the names of others, each once. "
            f"Write for instance ('a1', 'a2')."
        )
    return tuple(names)


def positive(what: str, seconds: float) -> float:
    """So many seconds, if they are more than none; else a `ValueError`.

    >>> positive("interval", 1.0)
    1.0
    """
    if not 0 < seconds < inf:
        raise ValueError(f"{what}={seconds!r}: a time above 0 is needed, in seconds. Write {what}=1.0.")
    return seconds


def watched(agents: int = 3, detector: Detector = DEFAULT, interval: float = 1.0, **weather: Any) -> World:
    """A monitor, and so many whom it watches; `weather` is what a `World` may be told."""
    names = [f"a{number}" for number in range(1, agents + 1)]
    world = World(**{"seed": 7, "latency": "uniform(0.01, 0.05)", **weather})
    world.add(Monitor("monitor", names, detector))
    return world.add(Beater(name, ("monitor",), interval) for name in names)


def demo() -> Run:
    """One of three crashes and comes back; it is suspected once, and recovers once.

    >>> [event.name for event in demo().trace.select("decision", since=1)]
    ['Suspected', 'Recovered']
    """
    return watched().inject("crash a2 @5.2..12").expect(*properties(DEFAULT)).run(until=20.0)
