"""A counter, and the agents that add to it, with a safeguard or without."""

from __future__ import annotations

from collections import Counter

from coordlab import requirements as require
from coordlab.patterns.counter.checks import METHODS, properties
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.run import Run
from coordlab.world.world import World

__all__ = [
    "BOARD",
    "NAMES",
    "Add",
    "Adder",
    "Board",
    "Granted",
    "Lock",
    "Read",
    "Refused",
    "Shows",
    "Stored",
    "Unlock",
    "Unlocked",
    "Write",
    "Written",
    "counting",
    "demo",
    "in_order",
]

BOARD = "board"
NAMES = ("ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal")


@message
class Read:
    """What do you show?"""


@message
class Shows:
    """This is what I show now."""

    value: int


@message
class Write:
    """Show this from now on."""

    value: int
    seen: int | None = None  # only if you still show this; None is in any case


@message
class Add:
    """Add one to what you show."""


@message
class Written:
    """I show it now."""


@message
class Refused:
    """No: the number has changed."""


@message
class Lock:
    """May I have the lock?"""


@message
class Granted:
    """The lock is yours."""


@message
class Unlock:
    """I give the lock back."""


@message
class Unlocked:
    """I have the lock back."""


@message
class Stored:
    """I show another number now."""

    by: str
    value: int
    over: int  # the number that it replaces


class Board(Agent):
    """Shows one number, and handles one message at a time. Its lock goes to the first in line."""

    role = State("open")  # or locked
    value = State(0)

    def __init__(self, name: str = BOARD) -> None:
        super().__init__(name)
        self.line: list[str] = []  # who has the lock, and who waits for it

    def on_read(self, sender: str, message: Read) -> Shows:
        return Shows(self.value)

    def on_write(self, sender: str, message: Write) -> Written | Refused:
        return self.store(sender, message.value) if message.seen in (None, self.value) else Refused()

    def on_add(self, sender: str, message: Add) -> Written:
        return self.store(sender, self.value + 1)

    def store(self, by: str, value: int) -> Written:
        """Show another number, and put on record who wanted it."""
        self.decide(Stored(by, value, over=self.value))
        self.value = value
        return Written()

    async def on_lock(self, sender: str, message: Lock) -> Granted:
        if sender not in self.line:
            self.line.append(sender)
        self.role = "locked"
        await self.until(lambda: self.line[0] == sender)
        return Granted()

    def on_unlock(self, sender: str, message: Unlock) -> Unlocked:
        if self.line[:1] == [sender]:  # else it no longer has the lock
            self.line.pop(0)
        self.role = "locked" if self.line else "open"
        return Unlocked()


class Adder(Agent):
    """Adds one to the number on the board, several times.

    steps   how many times, 1 or more.
    work    seconds of work in each step; the agent has read the number before.
    spread  it begins within this many seconds, at random.
    method  its safeguard: one of `checks.METHODS`.
    """

    role = State("rests")  # or reads, works, writes, waits, is done

    def __init__(
        self,
        name: str,
        steps: int = 5,
        work: float = 0.1,
        spread: float = 0.0,
        method: str = "unsynchronised",
    ) -> None:
        super().__init__(name)
        self.steps, self.work = require.count("steps", steps, 1), require.seconds("work", work)
        self.spread = require.seconds("spread", spread)
        self.method = require.one_of("method", method, METHODS)

    async def run(self) -> None:
        """Make all steps, one after the other."""
        await self.sleep(self.dice.uniform(0.0, self.spread))
        for _ in range(self.steps):
            await self.add()
        self.role = "is done"

    async def add(self) -> None:
        """One step: add one to the number on the board."""
        if self.method == "one-message":
            self.role = "works"
            await self.sleep(self.work)
            self.role = "writes"
            await self.ask(BOARD, Add())
        elif self.method == "lock":
            self.role = "waits"
            await self.ask(BOARD, Lock())
            await self.read_and_write()
            await self.ask(BOARD, Unlock())  # a late Unlock must not open the lock that it asks for next
        else:
            while not await self.read_and_write(checked=self.method == "compare-and-set"):
                pass  # the number has changed meanwhile: read it again

    async def read_and_write(self, checked: bool = False) -> bool:
        """Read, work, write one more; whether that was written. A checked write can be refused."""
        self.role = "reads"
        seen = (await self.ask(BOARD, Read()))[BOARD].value
        self.role = "works"
        await self.sleep(self.work)
        self.role = "writes"
        reply = await self.ask(BOARD, Write(seen + 1, seen if checked else None))
        return isinstance(reply[BOARD], Written)


def counting(agents: int = 2, seed: int = 0, slowest: float = 0.05, **settings: object) -> World:
    """A board, and up to eight agents that add to it; a message takes from a fifth of `slowest` to that.

    settings: of each Adder, such as `steps` or `method`.
    """
    names = NAMES[: require.count("agents", agents, 1, len(NAMES))]
    world = World(seed, latency=f"uniform({slowest / 5},{slowest})").add(Board())
    return world.add(Adder(name, **settings) for name in names)  # type: ignore[arg-type]


def in_order(order: str) -> World:
    """Agents whose reads and writes reach the board in this order, 0.2 s apart; see `theory.order`.

    An agent that has to wait for others is held up by a fault: its next message is delayed.
    """
    names = {letter: NAMES["abcdefgh".index(letter)] for letter in sorted(order)}
    world = World(latency=0.1).add(Board())
    world.add(Adder(name, order.count(letter) // 2, work=0.0) for letter, name in names.items())
    before, sent = dict.fromkeys(names, -1), Counter[str]()
    for place, letter in enumerate(order):
        sent[letter] += 1
        if others := place - before[letter] - 1:
            world.inject(f"delay {names[letter]}>{BOARD} #{sent[letter]} {0.2 * others:g}")
        before[letter] = place
    return world


def demo() -> Run:
    """Three agents that add five each, one at a time.

    >>> demo().world["board"].value
    15
    """
    return counting(3, method="lock").expect(*properties(within=8.0)).run()
