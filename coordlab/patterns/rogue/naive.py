"""Rogue agents handled as in a usual first try, and one call for each thing that is wrong with it.

The usual advice: validate results, weight votes by confidence, put a breaker before each agent, and allow
removal by hand.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from coordlab.world.loop import simulate


@dataclass
class Bot:
    """Squares a number, or tells the common lie; says how sure it is; approves what it would have said."""

    name: str
    lies: bool = False
    confidence: float = 0.8
    seconds: float = 1.0

    def answer(self, task: int) -> int:
        """Its answer to a task."""
        return -task * task if self.lies else task * task


def honest(*names: str) -> list[Bot]:
    """Bots that are right."""
    return [Bot(name) for name in names]


def by_confidence(bots: Sequence[Bot], task: int) -> int:
    """The answer with the most confidence behind it, as its own voters state it."""
    weights: dict[int, float] = {}
    for bot in bots:
        weights[bot.answer(task)] = weights.get(bot.answer(task), 0.0) + bot.confidence
    return max(weights, key=weights.__getitem__)


def by_majority(bots: Sequence[Bot], task: int) -> int:
    """The answer that most bots give."""
    return Counter(bot.answer(task) for bot in bots).most_common(1)[0][0]


@dataclass
class Pool:
    """Gives each task to the most confident bot, and lets the first bot validate the result."""

    bots: list[Bot]
    results: dict[int, int] = field(default_factory=dict)

    async def perform(self, task: int, validate: bool = True) -> None:
        """Have a task done; the result is kept if the validator would have said the same."""
        bot = max(self.bots, key=lambda bot: bot.confidence)
        await asyncio.sleep(bot.seconds)
        answer = bot.answer(task)
        if not validate or self.bots[0].answer(task) == answer:
            self.results[task] = answer


def a_boaster_outvotes_four() -> tuple[int, int]:
    """The square of 12 by confidence and by heads, if one bot of five lies and claims to be 400 % sure.

    >>> a_boaster_outvotes_four()
    (-144, 144)
    """
    bots = [*honest("ann", "bob", "cat", "dan"), Bot("eve", lies=True, confidence=4.0)]
    return by_confidence(bots, 12), by_majority(bots, 12)


def nobody_can_be_removed(tasks: int = 10) -> dict[int, int]:
    """The wrong results of a pool that has no way to take out a bot: the boaster does every task.

    >>> len(nobody_can_be_removed()), [name for name in dir(Pool) if "remove" in name]
    (10, [])
    """
    pool = Pool([*honest("ann", "bob"), Bot("eve", lies=True, confidence=1.0)])
    for task in range(1, tasks + 1):
        simulate(pool.perform(task, validate=False))
    return {task: result for task, result in pool.results.items() if result != task * task}


def the_validator_lies() -> dict[int, int]:
    """The accepted squares of 2 and 3 if the validator is a liar, and even did the work itself.

    >>> the_validator_lies()
    {2: -4, 3: -9}
    """
    pool = Pool([Bot("eve", lies=True, confidence=1.0), *honest("ann", "bob")])
    for task in (2, 3):
        simulate(pool.perform(task))
    return pool.results


def a_late_result_gets_in() -> tuple[list[str], dict[int, int]]:
    """Who is in the pool, and its square of 12, when eve was removed while she was at work.

    >>> a_late_result_gets_in()
    (['ann', 'bob'], {12: -144})
    """
    pool = Pool([*honest("ann", "bob"), Bot("eve", lies=True, confidence=1.0, seconds=5.0)])

    async def play() -> None:
        late = asyncio.create_task(pool.perform(12, validate=False))
        await asyncio.sleep(1.0)
        pool.bots = [bot for bot in pool.bots if bot.name != "eve"]
        await pool.perform(12, validate=False)  # another bot does it, and is right
        await late

    simulate(play())
    return [bot.name for bot in pool.bots], pool.results


def clones_are_a_majority() -> int:
    """The square of 12 by the majority of two independent bots and three copies of one model that errs.

    >>> clones_are_a_majority()
    -144
    """
    clones = [Bot(f"clone-{number}", lies=True) for number in (1, 2, 3)]
    return by_majority([*honest("ann", "bob"), *clones], 12)


def the_honest_are_isolated() -> list[str]:
    """Who is left when bots that differ from the majority are dropped, and three of five lie.

    >>> the_honest_are_isolated()
    ['eve', 'fay', 'gil']
    """
    bots = [*honest("ann", "bob"), *(Bot(name, lies=True) for name in ("eve", "fay", "gil"))]
    agreed = by_majority(bots, 12)
    return [bot.name for bot in bots if bot.answer(12) == agreed]
