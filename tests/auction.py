"""A run that uses whatever could betray an order; `python tests/auction.py` prints the hash of its trace.

It needs nothing but the standard library, so any Python can be asked.
"""

import asyncio
import hashlib
import pathlib
import sys

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.task import as_completed
from coordlab.world.world import Run, World


@message
class Bid:
    """I can do it for this."""

    cost: float
    skills: frozenset[str]


@message
class Call:
    """Who can do it?"""


class Bidder(Agent):
    """Uses whatever could betray an order: sets of strings and of tasks, dice, asyncio's own waiting."""

    role = State("idle")
    best = State(0.0)

    async def run(self) -> None:
        async for beat in self.every(0.5):
            self.role = "calling"
            bids = await self.ask(self.peers, Call(), within=0.3, enough=2)
            self.best = min((bid.cost for bid in bids.values()), default=-1.0)
            self.role = "waiting"
            await self.wait_in_every_way(beat)

    async def wait_in_every_way(self, beat: int) -> None:
        tasks = [asyncio.create_task(self.roll(number)) for number in range(6)]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in (*done, *pending):
            self.note(f"{task in done} {await task:.6f}")
        async for rolled in as_completed([self.roll(number) for number in range(6)]):
            self.note(f"{rolled:.6f}")
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(4):
                    group.create_task(self.fail(number))
        except* ValueError as errors:
            self.note(f"{beat}: {errors.exceptions}")

    async def roll(self, number: int) -> float:
        rolled = self.dice.random()
        await self.sleep(round(rolled, 1) / 10)
        return rolled

    async def fail(self, number: int) -> None:
        try:
            await self.sleep(0.01 * (number == 2))
            raise ValueError(number)
        finally:
            self.note(f"{number} ends")

    async def on_call(self, sender: str, message: Call) -> Bid:
        await self.sleep(self.dice.expovariate(20))
        return Bid(
            round(self.dice.gauss(10, 3), 6), frozenset(self.dice.sample(["cook", "dig", "sew", "sing"], 2))
        )


def auction() -> Run:
    """Five bidders in bad weather."""
    world = World(seed=7, latency="exponential(0.03)", loss=0.05, duplicate=0.05, reorder=0.05)
    world.add(Bidder(name) for name in ("ann", "bob", "cat", "dan", "eve"))
    world.inject(
        "crash cat @1.2..2.1",
        "partition ann,bob/cat,dan,eve @2.5..3",
        "slow dan 0.1 @1..2",
        "skew eve x1.1 +0.2 @1",
    )
    return world.run(until=5)


def fingerprint() -> str:
    """How long the trace is, and its hash."""
    text = auction().trace.to_jsonl()
    return f"{text.count(chr(10))} {hashlib.sha256(text.encode()).hexdigest()}"


if __name__ == "__main__":
    print(fingerprint())  # noqa: T201
