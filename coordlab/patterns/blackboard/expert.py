"""A small expert system on a blackboard: rules, each a knowledge source, tell which animal was seen.

The classic use of the pattern: no rule knows the others, the order in which they act is not planned, and each
conclusion says what it rests on and how sure it is.
"""

from __future__ import annotations

from coordlab.patterns.blackboard.agents import Blackboard, Found, KnowledgeSource, Notify, Subscribe, Write
from coordlab.patterns.blackboard.checks import properties
from coordlab.patterns.blackboard.rules import Entry, Query, first_come
from coordlab.world.agent import Agent
from coordlab.world.world import Run, World

__all__ = ["ANIMALS", "RULES", "SEEN", "Observer", "Poller", "Reporter", "Rule", "demo"]

ANIMALS: list[tuple[str, tuple[str, ...], str, float]] = [
    ("mammals", ("hair",), "mammal", 1.0),
    ("milk", ("gives milk",), "mammal", 1.0),
    ("hunters", ("mammal", "eats meat"), "carnivore", 0.9),
    ("cats", ("carnivore", "tawny", "dark spots"), "cheetah", 0.9),
    ("stripes", ("carnivore", "tawny", "black stripes"), "tiger", 0.9),
    ("hooves", ("mammal", "hooves"), "ungulate", 1.0),
    ("zebras", ("ungulate", "black stripes"), "zebra", 0.8),
]
"""Rules to tell animals: name, what it needs, what it concludes, and how sure it is from 0 to 1."""

SEEN: tuple[tuple[str, float], ...] = (
    ("hair", 0.95),
    ("tawny", 0.8),
    ("eats meat", 0.9),
    ("dark spots", 0.7),
)
"""What was seen of a cheetah, and how surely."""


class Rule(KnowledgeSource):
    """If all that it `needs` is on the board, `gives` follows, as surely as the least sure need.

    `strength` is how sure the rule is, from 0 to 1; `cost` is how many seconds it works.
    """

    trigger = Query("fact:*")

    def __init__(
        self, name: str, needs: tuple[str, ...], gives: str, strength: float = 1.0, cost: float = 0.5
    ) -> None:
        super().__init__(name, cost=cost)
        self.needs, self.gives, self.strength = needs, gives, strength

    async def condition(self, entry: Entry) -> bool:
        """Whether all needs are on the board, and the conclusion is not."""
        keys = {each.key for each in await self.query(self.trigger)}
        return keys >= {f"fact:{need}" for need in self.needs} and f"fact:{self.gives}" not in keys

    async def contribute(self, entry: Entry) -> list[Write]:
        """The conclusion, with what it rests on; nothing if a need has been withdrawn meanwhile."""
        needs = [each for each in await self.query(self.trigger) if each.key[5:] in self.needs]
        if len(needs) < len(self.needs):
            return []
        sources = tuple((each.key, each.version) for each in needs)
        confidence = self.strength * min(each.confidence for each in needs)
        return [Write(f"fact:{self.gives}", True, "conclusion", confidence, sources, expected=0)]


class Observer(Agent):
    """Writes what it sees on the board, `pause` seconds apart."""

    def __init__(self, name: str, facts: tuple[tuple[str, float], ...], pause: float = 0.3) -> None:
        super().__init__(name)
        self.facts, self.pause = facts, pause

    async def run(self) -> None:
        """One fact after the other, each with its confidence."""
        for fact, confidence in self.facts:
            await self.sleep(self.pause)
            await self.ask("board", Write(f"fact:{fact}", True, "observation", confidence), within=5.0)


class Reporter(Agent):
    """Subscribes to every conclusion, and notes it."""

    async def run(self) -> None:
        """Subscribe once."""
        self.send("board", Subscribe(Query("fact:*", "conclusion")))

    def on_notify(self, sender: str, message: Notify) -> None:
        entry = message.entry
        self.note(f"{entry.key[5:]}, {entry.confidence:.0%} sure, says {entry.author}")


class Poller(Agent):
    """Notes every conclusion too, but asks for it: for each of `keys`, every `tick` seconds."""

    def __init__(self, name: str, keys: tuple[str, ...], tick: float = 1.0) -> None:
        super().__init__(name)
        self.keys, self.tick = keys, tick
        self.known: set[str] = set()

    async def run(self) -> None:
        """Ask, whether there is news or not."""
        async for _ in self.every(self.tick):
            for key in self.keys:
                self.send("board", Query(key))

    def on_found(self, sender: str, message: Found) -> None:
        for entry in message.entries:
            if entry.key not in self.known:
                self.known.add(entry.key)
                self.note(f"{entry.key[5:]}, {entry.confidence:.0%} sure, says {entry.author}")


RULES = [(tuple(f"fact:{need}" for need in needs), f"fact:{gives}") for _, needs, gives, _ in ANIMALS]
"""What follows from what, by key."""


def demo() -> Run:
    """Seven rules and an observer tell which animal was seen.

    >>> [event.data.entry.key for event in demo().trace.select("Written")][-1]
    'fact:cheetah'
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)")
    world.add(Blackboard(), Observer("eye", SEEN), Reporter("reporter"))
    world.add(Rule(name, needs, gives, strength) for name, needs, gives, strength in ANIMALS)
    return world.expect(*properties(first_come, RULES)).run()
