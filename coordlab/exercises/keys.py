"""The runs of 08b: a keeper lends keys for a time; some members, or the keeper, do it wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from coordlab.patterns.leases.rules import held
from coordlab.properties import Objection, Property, safety
from coordlab.trace.trace import CRASH, HANDLE, RESTART, START, STATE, Trace
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

    from coordlab.exercises.part import Variant

DRIFT = 0.1  # a clock may be off by this share
LEASE = 1.0  # seconds


@message
class Borrow:
    """May I have this key?"""

    key: str
    asked: float


@message
class Lent:
    """You may have it, for a lease from when you asked."""

    key: str
    asked: float


@message
class GiveBack:
    """I have it no more."""

    key: str
    asked: float


class Keeper(Agent):
    """Lends each key to one member at a time; it knows across crashes to whom, and until when."""

    keeps = True

    def __init__(self) -> None:
        super().__init__("keeper")
        self.lent: dict[str, tuple[str, float, float]] = (
            self.stable.setdefault("lent", {}) if self.keeps else {}
        )

    def on_borrow(self, sender: str, message: Borrow) -> Lent | None:
        who, _, until = self.lent.get(message.key, ("", 0.0, 0.0))
        if self.now < until and who != sender:
            return None
        self.lent[message.key] = sender, message.asked, self.now + LEASE
        return Lent(message.key, message.asked)

    def on_give_back(self, sender: str, message: GiveBack) -> None:
        if self.lent.get(message.key, ("", 0.0, 0.0))[:2] == (sender, message.asked):
            del self.lent[message.key]


class Forgetful(Keeper):
    """Knows nothing after a crash."""

    keeps = False


class Member(Agent):
    """Borrows one key after the other, and gives each back, or lets its lease run out.

    word: what the state is called that says which keys it has; a class has one of that name.
    """

    eager = False  # whether it gives a key back as soon as it has done its work

    def __init__(self, name: str, word: str, keys: tuple[str, ...]) -> None:
        super().__init__(name)
        self.word, self.keys, self.answers = word, keys, set[Lent]()

    @property
    def has(self) -> tuple[str, ...]:
        """The keys that it has."""
        found: tuple[str, ...] = getattr(self, self.word)
        return found

    def hold(self, keys: tuple[str, ...]) -> None:
        """Have these keys from now on."""
        setattr(self, self.word, keys)

    async def run(self) -> None:
        """Borrow and give back."""
        while True:
            await self.sleep(self.dice.uniform(0.05, 0.4))
            asked = Borrow(self.dice.choice(self.keys), self.now)
            if until := await self.may_have(asked):
                self.hold((asked.key,))
                await self.sleep(min(until - self.now, self.work()))
                self.hold(())
                self.send("keeper", GiveBack(asked.key, asked.asked))

    def work(self) -> float:
        """How many seconds it needs the key: often until the end."""
        return self.dice.uniform(0.1, 0.4) if self.eager else self.dice.uniform(0.3, 2.0)

    async def may_have(self, asked: Borrow) -> float:
        """Until when it may have the key, by its own clock; 0: not at all."""
        answer = Lent(asked.key, asked.asked)
        self.send("keeper", asked)
        lent = await self.until(lambda: answer in self.answers, within=0.3)
        until = asked.asked + held(LEASE, DRIFT)
        return until if lent and until > self.now else 0.0

    def on_lent(self, sender: str, message: Lent) -> None:
        self.answers.add(message)


class Eager(Member):
    """Correct, too: gives each key back soon."""

    eager = True


class FromArrival(Member):
    """Counts the lease from when the answer comes, and trusts its clock."""

    async def may_have(self, asked: Borrow) -> float:
        return self.now + 1.3 * LEASE if await super().may_have(asked) else 0.0


class Squatter(Member):
    """Takes no answer for a yes."""

    async def may_have(self, asked: Borrow) -> float:
        return await super().may_have(asked) or self.now + 0.3


class Hasty(Member):
    """Takes the key while it still waits for the answer, and drops it if there is none."""

    async def may_have(self, asked: Borrow) -> float:
        self.hold((asked.key,))
        until = await super().may_have(asked)
        self.hold((asked.key,) if until else ())
        return until


class Again(Member):
    """Takes the key back for a while, after it has given it back."""

    async def may_have(self, asked: Borrow) -> float:
        until = await super().may_have(asked)
        if until:
            self.hold((asked.key,))
            await self.sleep(0.1)
            self.hold(())
            await self.sleep(0.05)
        return until


class Remembers(Member):
    """Has after a crash what it had before."""

    async def run(self) -> None:
        if self.stable.get("had"):
            super().hold(self.stable["had"])
            await self.sleep(0.5 * LEASE)
            self.hold(())
        await super().run()

    def hold(self, keys: tuple[str, ...]) -> None:
        self.stable["had"] = keys
        super().hold(keys)


VERSIONS: tuple[tuple[type[Keeper], type[Member]], ...] = (
    (Keeper, Member),
    (Keeper, Eager),
    (Keeper, FromArrival),
    (Forgetful, Member),
    (Keeper, Squatter),
    (Keeper, Hasty),
    (Keeper, Again),
    (Keeper, Remembers),
)


def build_keys(version: int, seed: int, word: str, keys: str, members: str) -> World:
    """A keeper and members of this version."""
    keeper, member = VERSIONS[version]
    kind: Any = type(member.__name__, (member,), {word: State[tuple[str, ...]](())})
    world = World(seed, latency="uniform(0.01, 0.05)").add(keeper())
    return world.add(kind(name, word, tuple(keys.split(","))) for name in members.split(","))


def no_two(variant: Variant) -> Property:
    """No key is with two members at once, and who takes one was lent it since it last had it."""
    word = variant["word"]

    @safety("one member has a key, and was lent it")
    def judge(trace: Trace) -> Iterator[Objection]:
        has: dict[str | None, set[str]] = {}
        lent: dict[str | None, set[str]] = {}
        for event in trace:
            who = event.agent
            if event.kind in (START, RESTART, CRASH):
                has[who], lent[who] = set(), set()
            elif event.kind == HANDLE and event.name == "Lent":
                lent[who].add(event.content.key)
            elif event.kind == STATE and event.name == word:
                for key in set(event.data) - has[who]:
                    if other := next((each for each in has if each != who and key in has[each]), None):
                        yield event, f"{who} takes the key {key}, which {other} has."
                    if key not in lent[who]:
                        yield event, f"{who} takes the key {key}, and nobody has lent it."
                    lent[who].discard(key)
                has[who] = set(event.data)

    return judge


def _at(dice: Random, first: float, last: float) -> float:
    return round(dice.uniform(first, last), 2)


def slow_clocks(_: Random, variant: Variant) -> list[str]:
    """The clocks of the members are slow, that of the keeper is fast, as far as they may be."""
    members = str(variant["members"]).split(",")
    return [f"skew keeper x{1 + DRIFT}", *(f"skew {each} x{1 - DRIFT}" for each in members)]


def crashes(dice: Random, variant: Variant) -> list[str]:
    """The keeper and the members crash and return."""
    names = ["keeper", *str(variant["members"]).split(",")]
    begins = [(each, _at(dice, first, first + 3)) for first in (1, 5) for each in names]
    return [f"crash {each} @{at:g}..{at + 0.2:g}" for each, at in begins]


def losses(dice: Random, variant: Variant) -> list[str]:
    """Answers are lost, or come twice."""
    members = str(variant["members"]).split(",")
    lost = {f"drop keeper>{dice.choice(members)} #{dice.randint(2, 6)}" for _ in range(3)}
    return [*sorted(lost), f"duplicate keeper>{dice.choice(members)} #{dice.randint(7, 9)}"]
