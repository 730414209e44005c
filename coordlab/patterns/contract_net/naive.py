"""A contract net as one writes it at first, and one call for each thing that is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import inf

from coordlab.world.loop import simulate


@dataclass(frozen=True)
class Task:
    """Something to be done, and a deadline that nobody reads."""

    name: str
    deadline: float = 1.0


@dataclass(frozen=True)
class Bid:
    """What a bidder asks for, in any unit."""

    bidder: str
    cost: float
    seconds: float
    confidence: float


@dataclass(eq=False)
class Bidder:
    """Always bids the same."""

    name: str
    thinks: float = 0.0
    fails: bool = False
    heard: list[str] = field(default_factory=list)

    async def bid(self, task: Task) -> Bid:
        """The same bid, however much it has to do."""
        await asyncio.sleep(self.thinks)
        return Bid(self.name, 100, 60, 1.0)

    async def execute(self, task: Task) -> None:
        """Do the task, or go down."""
        if self.fails:
            raise ConnectionError(f"{self.name} went down")
        self.heard.append(f"do {task.name}")


def score(bid: Bid) -> float:
    """Weighted reciprocals of a time and a cost, and a probability, added up."""
    return 0.2 / bid.seconds + 0.5 / bid.cost + 0.3 * bid.confidence


async def announce(task: Task, bidders: Iterable[Bidder]) -> str:
    """The name of the bidder that did the task: asked one after the other, the highest score wins."""
    bids = {bidder: await bidder.bid(task) for bidder in bidders}
    winner = max(bids, key=lambda bidder: score(bids[bidder]))
    await winner.execute(task)
    return winner.name


def outcome(*bidders: Bidder) -> str:
    """The winner, or the error that an announcement ends with."""
    try:
        return simulate(announce(Task("t"), bidders))
    except ConnectionError as wrong:
        return str(wrong)


# --- what is wrong --------------------------------------------------------------------------------


def bids_add_up() -> float:
    """Seconds until five bidders who think for one second each have been asked, one after the other.

    >>> bids_add_up()
    5.0
    """

    async def round_trip() -> float:
        await announce(Task("t"), [Bidder(name, thinks=1.0) for name in "abcde"])
        return asyncio.get_running_loop().time()

    return simulate(round_trip())


def one_hangs_all(patience: float = 1000.0) -> bool:
    """Whether a task with a deadline of 1 s is still open after `patience` seconds: one bidder is silent.

    >>> one_hangs_all()
    True
    """

    async def wait() -> bool:
        announced = asyncio.ensure_future(
            announce(Task("t", deadline=1.0), [Bidder("a", thinks=inf), Bidder("b")])
        )
        _, pending = await asyncio.wait({announced}, timeout=patience)
        return bool(pending)

    return simulate(wait())


def units_decide() -> tuple[str, str]:
    """Who wins if times are given in seconds, and if the same times are given in hours.

    >>> units_decide()
    ('precise', 'fast')
    """
    bids = [Bid("fast", 100, 60, 0.8), Bid("precise", 100, 120, 0.9)]
    in_hours = [replace(bid, seconds=bid.seconds / 3600) for bid in bids]
    return max(bids, key=score).bidder, max(in_hours, key=score).bidder


def one_does_everything() -> list[str]:
    """Who does four tasks that come at once to three equal bidders: winning adds no load.

    >>> one_does_everything()
    ['a', 'a', 'a', 'a']
    """
    bidders = [Bidder(name) for name in "abc"]

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(announce(Task(name), bidders) for name in "tuvw"))

    return simulate(all_at_once())


def losers_wait() -> list[str]:
    """What a loser has heard when all is over: nothing, not even that it has lost.

    >>> losers_wait()
    []
    """
    loser = Bidder("b")
    outcome(Bidder("a"), loser)
    return loser.heard


def a_failure_loses_the_task() -> str:
    """The outcome of a task whose winner goes down, though another bidder could do it.

    >>> a_failure_loses_the_task()
    'a went down'
    """
    return outcome(Bidder("a", fails=True), Bidder("b"))


def order_breaks_ties() -> tuple[str, str]:
    """Who wins of two equals, asked in either order.

    >>> order_breaks_ties()
    ('a', 'b')
    """
    one, other = Bidder("a"), Bidder("b")
    return outcome(one, other), outcome(other, one)
