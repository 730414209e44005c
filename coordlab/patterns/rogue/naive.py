"""Rogue agents as one deals with them at first, and one call for each thing that is wrong with it.

The usual advice is to let agents validate each other's work, to weigh votes by confidence, to put a breaker
before each agent, and to be able to remove one by hand.  Here is what comes of it when nobody asks further.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from coordlab.world.loop import simulate


@dataclass
class Bot:
    """Squares a number, or says something else; says how sure it is; approves of what it would have said."""

    name: str
    answer: Callable[[int], int] = lambda task: task * task
    confidence: float = 0.8
    seconds: float = 1.0

    def approves(self, task: int, given: int) -> bool:
        """Whether it would have said the same."""
        return given == self.answer(task)


def liar(name: str, confidence: float = 0.8, seconds: float = 1.0) -> Bot:
    """One of those that all tell the same lie."""
    return Bot(name, lambda task: -task, confidence, seconds)


def honest(*names: str) -> list[Bot]:
    """Some that are right."""
    return [Bot(name) for name in names]


def by_confidence(bots: Sequence[Bot], task: int) -> int:
    """The answer with the most confidence behind it, as its own voters state it."""
    weights: dict[int, float] = {}
    for bot in bots:
        weights[bot.answer(task)] = weights.get(bot.answer(task), 0.0) + bot.confidence
    return max(weights, key=lambda answer: weights[answer])


def by_majority(bots: Sequence[Bot], task: int) -> int:
    """The answer that most give."""
    return Counter(bot.answer(task) for bot in bots).most_common(1)[0][0]


@dataclass
class Pool:
    """Hands each task to whoever is most confident, and lets the first of all validate the result."""

    bots: list[Bot]
    results: dict[int, int] = field(default_factory=dict)
    strikes: Counter[str] = field(default_factory=Counter)

    def best(self) -> Bot:
        """Who gets the next task."""
        return max(self.bots, key=lambda bot: bot.confidence)

    async def perform(self, task: int, validate: bool = True) -> str:
        """Who did a task; its result is kept if the validator approves of it."""
        bot = self.best()
        await asyncio.sleep(bot.seconds)
        answer = bot.answer(task)
        if not validate or self.bots[0].approves(task, answer):
            self.results[task] = answer
        return bot.name

    def compare(self, task: int, most: int = 3) -> None:
        """Drop whoever has differed from the majority so many times."""
        agreed = by_majority(self.bots, task)
        self.strikes.update(bot.name for bot in self.bots if bot.answer(task) != agreed)
        self.bots = [bot for bot in self.bots if self.strikes[bot.name] < most]


class Switch:
    """A breaker whose opening by hand is an opening like any other."""

    def __init__(self, wait: float) -> None:
        self.wait, self.opened = wait, -wait

    def open(self, now: float) -> None:
        """Let nobody through for a while."""
        self.opened = now

    def admits(self, now: float) -> bool:
        """Whether somebody is let through."""
        return now >= self.opened + self.wait


# --- what is wrong --------------------------------------------------------------------------------


def a_boaster_outvotes_four() -> tuple[int, int]:
    """What five say 12 squared is, by confidence and by heads, if one that lies claims to be 400 % sure.

    >>> a_boaster_outvotes_four()
    (-12, 144)
    """
    bots = [*honest("ann", "bob", "cat", "dan"), liar("eve", confidence=4.0)]
    return by_confidence(bots, 12), by_majority(bots, 12)


def nobody_can_be_removed(tasks: int = 10) -> dict[str, int]:
    """How many tasks each gets after the first wrong answer: the pool has no way to take one out.

    >>> nobody_can_be_removed(), [name for name in dir(Pool) if "remove" in name]
    ({'eve': 10}, [])
    """
    pool = Pool([*honest("ann", "bob"), liar("eve", confidence=1.0)])
    return dict(Counter(simulate(pool.perform(task)) for task in range(1, tasks + 1)))


def the_validator_lies() -> dict[int, int]:
    """What is accepted as the squares of 2 and 3 if the validator is a liar, even the one who did the work.

    >>> the_validator_lies()
    {2: -2, 3: -3}
    """
    pool = Pool([liar("eve", confidence=1.0), *honest("ann", "bob")])
    for task in (2, 3):
        simulate(pool.perform(task))
    return pool.results


def a_late_result_gets_in() -> tuple[list[str], dict[int, int]]:
    """Who is in the pool, and what it has as the square of 12, when eve was struck off while she was at work.

    >>> a_late_result_gets_in()
    (['ann', 'bob'], {12: -12})
    """
    pool = Pool([*honest("ann", "bob"), liar("eve", confidence=1.0, seconds=5.0)])

    async def play() -> None:
        late = asyncio.create_task(pool.perform(12, validate=False))
        await asyncio.sleep(1.0)
        pool.bots = [bot for bot in pool.bots if bot.name != "eve"]
        await pool.perform(12, validate=False)  # somebody else does it, and is right
        await late

    simulate(play())
    return [bot.name for bot in pool.bots], pool.results


def clones_are_a_majority() -> int:
    """What 12 squared is to two independent agents and three copies of one model that errs.

    >>> clones_are_a_majority()
    -12
    """
    clones = [liar(f"clone-{number}") for number in (1, 2, 3)]
    return by_majority([*honest("ann", "bob"), *clones], 12)


def the_honest_are_isolated(tasks: int = 3) -> list[str]:
    """Who is left when whoever differs from the majority is dropped, and three of five lie in concert.

    >>> the_honest_are_isolated()
    ['eve', 'fay', 'gil']
    """
    pool = Pool([*honest("ann", "bob"), liar("eve"), liar("fay"), liar("gil")])
    for task in range(2, 2 + tasks):
        pool.compare(task)
    return [bot.name for bot in pool.bots]


def the_override_wears_off(wait: float = 60.0) -> list[bool]:
    """Whether an agent is let in just after, and a wait after, a human has shut it out.

    >>> the_override_wears_off()
    [False, True]
    """
    switch = Switch(wait)
    switch.open(now=100.0)
    return [switch.admits(now) for now in (100.0, 100.0 + wait)]
