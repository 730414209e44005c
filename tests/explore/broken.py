"""Worlds with a mistake that only some schedules show."""

from __future__ import annotations

import random
import time

from coordlab import World
from coordlab.patterns.bully.agents import Candidate, Coordinator
from coordlab.patterns.bully.checks import properties
from coordlab.properties import always
from coordlab.world.agent import Agent
from coordlab.world.message import message
from coordlab.world.state import State


class Blind(Candidate):
    """A coordinator that never checks whether a higher one is there."""

    async def watch(self) -> None:
        """Watch as a follower only."""
        if self.role != "coordinates":
            await super().watch()


class Fragile(Candidate):
    """Fails when a coordinator that it does not follow writes."""

    def on_coordinator(self, sender: str, message: Coordinator) -> None:
        if self.coordinator not in (None, sender):
            raise KeyError(self.coordinator)
        super().on_coordinator(sender, message)


def blind(seed: int, agents: int = 5) -> World:
    """An election among agents that do not see a higher coordinator."""
    world = World(seed, latency="uniform(0.01, 0.05)").add(Blind(rank) for rank in range(1, agents + 1))
    return world.expect(*properties())


def correct(seed: int, agents: int = 5) -> World:
    """An election without a mistake."""
    world = World(seed, latency="uniform(0.01, 0.05)").add(Candidate(rank) for rank in range(1, agents + 1))
    return world.expect(*properties())


def fragile(seed: int) -> World:
    """An election in which an agent may fail."""
    world = World(seed, latency="uniform(0.01, 0.05)").add(Fragile(rank) for rank in range(1, 4))
    return world.expect(*properties())


@message
class Put:
    """Set your value to this."""

    value: int


class Writer(Agent):
    """Writes 1, and soon after 2."""

    async def run(self) -> None:
        """Write twice."""
        self.send("store", Put(1))
        await self.sleep(1.0)
        self.send("store", Put(2))


class Store(Agent):
    """Keeps the last value that arrives."""

    value = State(0)

    def on_put(self, sender: str, message: Put) -> None:
        self.value = message.value


def overtaken(seed: int) -> World:
    """The value goes back only if the first message is held back for over a second."""
    world = World(seed).add(Writer("writer"), Store("store"))
    seen = always(
        "the value never goes back", lambda now: now.trace[now.seq or 0].data != 1 or now.time < 1.01
    )
    return world.expect(seen)


class Careless(Agent):
    """Does what an agent should not do."""

    async def run(self) -> None:
        """Wait for a while that depends on the clock of the computer."""
        await self.sleep(0.5 + random.random() * time.time() % 1)

    def on_put(self, sender: str, message: Put) -> None:
        message.value += 1  # type: ignore[misc]


class Counter(Agent):
    """Counts every message, also one that comes twice."""

    total = State(0)

    def on_put(self, sender: str, message: Put) -> None:
        self.total += message.value


def counting(seed: int) -> World:
    """The total is too high if a message arrives twice."""
    world = World(seed).add(Writer("writer"), Counter("store"))
    return world.expect(always("at most 3", lambda now: (now.state("store", "total") or 0) <= 3))


@message
class Total:
    """The total is this."""

    value: int


@message
class Get:
    """What is the total?"""


class Adder(Agent):
    """Adds one each time it is asked, and tells the total."""

    total = State(0)

    def on_get(self, sender: str, message: Get) -> Total:
        self.total += 1
        return Total(self.total)


class Trusting(Agent):
    """Asks three times, and believes that each answer comes, is whole, and is new."""

    heard = State(0)

    async def run(self) -> None:
        """Ask, and add one to the answer."""
        for _ in range(3):
            answers = await self.ask("adder", Get(), within=2.0)
            self.heard = answers["adder"].value + 1
            await self.sleep(0.5)


def trusting(seed: int) -> World:
    """What the agent hears grows with each question."""
    heard = always("each answer is heard", lambda now: now.time < 2 or now.state("asker", "heard") == 4)
    return World(seed).add(Trusting("asker"), Adder("adder")).expect(heard)
