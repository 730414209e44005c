"""Messages in bad weather: latency varies, messages get lost, there are a partition, a crash and a restart.

Each contender throws its own dice, so they agree on the laws only: every message that is sent and was due
before the end is either delivered or dropped, and whatever is delivered is handled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from typing import Any

import simpy

from coordlab.world.agent import Agent
from coordlab.world.network import uniform
from coordlab.world.world import World
from tests.benchmarks.messages import BUDGET, RING, TOKEN, Token
from tests.benchmarks.workload import MICRO, Target, Workload

LOSS, LEAST, MOST, PERIOD = 0.01, 10_000, 50_000, MICRO
SIDES = {str(number): number // 5 for number in range(10)}
A_SECOND = 1000  # about so many messages are sent


def moments(size: int) -> tuple[int, int, int, int, int]:
    """When the partition begins and ends, when one crashes and restarts, and the end; in seconds."""
    end = max(10, size // A_SECOND)
    return end // 5, end // 5 + 2, end // 2, end // 2 + 2, end


class Weather:
    """The network that a bare heap and SimPy share: `at(when, action, argument)` is what they differ in."""

    def __init__(self, at: Callable[[int, Callable[[Any], None], Any], None], now: Callable[[], int]) -> None:
        self.at, self.now, self.random = at, now, Random(0).random
        self.rows: list[Any] = []
        self.number = 0
        self.down: set[str] = set()
        self.side: dict[str, int] | None = None
        self.last: dict[tuple[str, str], int] = {}
        self.next = dict(RING)
        self.cause: int | None = None

    def send(self, sender: str, to: str, message: Any) -> None:
        now = self.now()
        self.number = number = self.number + 1
        name, link = message.__class__.__name__, (sender, to)
        fate = "lost" if self.random() < LOSS else None
        due = now + int(LEAST + (MOST - LEAST) * self.random() + 0.5)
        self.last[link] = due = max(due, self.last.get(link, 0))
        parcel = (message, name, sender, to, number, len(self.rows), fate)
        self.rows.append((now, "send", sender, to, number, name, self.cause, message))
        self.at(due, self.arrive, parcel)

    def arrive(self, parcel: Any) -> None:
        message, name, sender, to, number, sent, fate = parcel
        now, rows, side = self.now(), self.rows, self.side
        if fate is None and to in self.down:
            fate = "down"
        if fate is None and side is not None and side[sender] != side[to]:
            fate = "cut"
        if fate is not None:
            rows.append((now, "drop", to, sender, number, name, sent, fate))
            return
        self.cause = cause = len(rows) + 1
        rows.append((now, "deliver", to, sender, number, name, sent, None))
        rows.append((now, "handle", to, sender, number, name, cause - 1, None))
        self.send(to, self.next[to], message)

    def beat(self, name: str) -> None:
        if name not in self.down:
            self.rows.append((self.now(), "timer", name, None, None, "its next beat", None, PERIOD))
            self.cause = len(self.rows) - 1
            self.send(name, self.next[name], TOKEN)
        self.at(self.now() + PERIOD, self.beat, name)

    def set_side(self, sides: dict[str, int] | None) -> None:
        self.side = sides

    def begin(self, size: int) -> int:
        """Lay out all that is to happen; gives the end in microseconds."""
        part, heal, crash, restart, end = moments(size)
        self.at(part * MICRO, self.set_side, SIDES)
        self.at(heal * MICRO, self.set_side, None)
        self.at(crash * MICRO, self.down.add, "3")
        self.at(restart * MICRO, self.down.discard, "3")
        for name, _ in RING:
            self.at(PERIOD, self.beat, name)
        return end * MICRO


def bare_heap(size: int) -> list[Any]:
    """A bare heap that calls handlers."""
    heap: list[Any] = []
    now = order = 0

    def at(when: int, action: Callable[[Any], None], argument: Any) -> None:
        nonlocal order
        order += 1
        heappush(heap, (when, order, action, argument))

    weather = Weather(at, lambda: now)
    end = weather.begin(size)
    while heap[0][0] <= end:
        now, _, action, argument = heappop(heap)
        action(argument)
    return weather.rows


def simpy_callbacks(size: int) -> list[Any]:
    """SimPy without processes: callbacks on timeouts."""
    env = simpy.Environment()

    def at(when: int, action: Callable[[Any], None], argument: Any) -> None:
        env.timeout(when - int(env.now)).callbacks.append(lambda _: action(argument))

    weather = Weather(at, lambda: int(env.now))
    env.run(until=weather.begin(size) + 1)
    return weather.rows


class Passer(Agent):
    """Sets a token going every second, and passes on those that come."""

    def __init__(self, name: str, to: str) -> None:
        super().__init__(name)
        self.to = to

    async def run(self) -> None:
        async for _ in self.every(PERIOD / MICRO):
            self.send(self.to, TOKEN)

    def on_token(self, sender: str, message: Token) -> None:
        self.send(self.to, message)


def coordlab(size: int) -> list[Any]:
    """A world of agents with faults."""
    part, heal, crash, restart, end = moments(size)
    world = World(latency=uniform(LEAST / MICRO, MOST / MICRO), loss=LOSS, budget=BUDGET)
    world.add(Passer(*ends) for ends in RING)
    world.inject(f"partition 0,1,2,3,4/5,6,7,8,9 @{part}..{heal}", f"crash 3 @{crash}..{restart}")
    return world.run(until=end).trace.rows


def answer(rows: list[Any]) -> dict[str, Any]:
    """Whether the laws hold, and which fates occurred."""
    kinds = Counter(row[1] for row in rows)
    arrived = kinds["deliver"] + kinds["drop"]
    return {
        "handled what was delivered": kinds["handle"] == kinds["deliver"],
        "lost nothing else": 0 <= kinds["send"] - arrived < 200,
        "fates": sorted({row[7] for row in rows if row[1] == "drop"}),
    }


def sent(rows: list[Any]) -> int:
    """How many messages there were."""
    return sum(row[1] == "send" for row in rows)


WORKLOAD = Workload(
    title="messages in bad weather",
    unit="message",
    size=1_000_000,
    contenders={"bare heap": bare_heap, "coordlab": coordlab, "SimPy callbacks": simpy_callbacks},
    answer=answer,
    counted=sent,
    targets=(Target("coordlab", "bare heap", 1 / 2.5),),
    notes={"SimPy callbacks": "no processes: callbacks on timeouts"},
)
