"""A contract net as one writes it at first, and one call for each thing that is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import inf, nan

from coordlab.world.loop import simulate


def ratio(one: float, other: float) -> float:
    """A quotient as most languages have it: 1/0 is infinite, 0/0 is no number."""
    return one / other if other else inf if one else nan


@dataclass(frozen=True)
class Task:
    """What is to be done, and a deadline that nobody reads."""

    name: str
    needs: tuple[str, ...] = ("dig",)
    priority: float = 0.5
    deadline: float = 1.0


@dataclass(frozen=True)
class Bid:
    """What somebody asks for, in whatever units."""

    bidder: str
    cost: float
    seconds: float
    confidence: float


@dataclass
class Bidder:
    """Bids 100 and more, the more loaded the more; its load never changes."""

    name: str
    skills: tuple[str, ...] = ("dig",)
    load: float = 0.0
    thinks: float = 0.0
    fails: bool = False
    heard: list[str] = field(default_factory=list)

    async def bid(self, task: Task) -> Bid | None:
        """A bid, unless it is overloaded."""
        await asyncio.sleep(self.thinks)
        if self.load > 0.9:
            return None
        matching = sum(need in self.skills for need in task.needs)
        wanted = len(task.needs)
        return Bid(self.name, 100 * (1 + self.load), 60 * wanted, ratio(matching, wanted))

    async def execute(self, task: Task) -> None:
        """Do it, or go down."""
        if self.fails:
            raise ConnectionError(f"{self.name} went down")
        self.heard.append(f"do {task.name}")


def score(bid: Bid, priority: float = 0.5) -> float:
    """Weighted reciprocals of a cost and a time, and a probability, added up."""
    time, cost = (0.5, 0.2) if priority > 0.8 else (0.2, 0.5)
    return ratio(1, bid.seconds) * time + ratio(1, bid.cost) * cost + bid.confidence * 0.3


class Manager:
    """Asks one bidder after the other, and awards to the highest score."""

    def __init__(self) -> None:
        self.bidders: dict[str, Bidder] = {}

    async def announce(self, task: Task) -> str:
        """Who did the task."""
        bids = []
        for bidder in self.bidders.values():
            able = all(need in bidder.skills for need in task.needs)
            if able and (bid := await bidder.bid(task)):
                bids.append(bid)
        if not bids:
            raise LookupError(f"nobody could do {task.name}")
        best = bids[0]
        for each in bids[1:]:
            best = each if score(each, task.priority) > score(best, task.priority) else best
        await self.bidders[best.bidder].execute(task)
        return best.bidder


def managing(bidders: Iterable[Bidder]) -> Manager:
    """A manager whose private table somebody has filled."""
    manager = Manager()
    manager.bidders = {bidder.name: bidder for bidder in bidders}
    return manager


def error(manager: Manager, task: Task) -> str:
    """What an announcement ends with, if not with a winner."""
    try:
        return simulate(manager.announce(task))
    except (LookupError, ConnectionError) as wrong:
        return str(wrong)


# --- what is wrong --------------------------------------------------------------------------------


def nobody_can_join() -> str:
    """There is no way to register a bidder: every announcement fails.

    >>> nobody_can_join()
    'nobody could do t'
    """
    return error(Manager(), Task("t"))


def bids_add_up() -> float:
    """Seconds until five bidders who think for one second each have been asked, one after the other.

    >>> bids_add_up()
    5.0
    """

    async def round_trip() -> float:
        await managing(Bidder(name, thinks=1.0) for name in "abcde").announce(Task("t"))
        return asyncio.get_running_loop().time()

    return simulate(round_trip())


def one_hangs_all(patience: float = 1000.0) -> bool:
    """Whether nothing has come of a task with a deadline of 1 s, long after it, since one bidder is silent.

    >>> one_hangs_all()
    True
    """

    async def wait() -> bool:
        manager = managing([Bidder("a", thinks=inf), Bidder("b")])
        announced = asyncio.ensure_future(manager.announce(Task("t", deadline=1.0)))
        _, pending = await asyncio.wait({announced}, timeout=patience)
        return bool(pending)

    return simulate(wait())


def dearer_and_slower_wins() -> tuple[float, float]:
    """Scores of a bid that is dearer and slower, and of one that is better: 0.03 of confidence decide.

    >>> dearer_and_slower_wins()
    (0.2832, 0.2783)
    """
    worse, better = Bid("a", 200, 120, 0.93), Bid("b", 100, 60, 0.90)
    return round(score(worse), 4), round(score(better), 4)


def units_decide() -> tuple[str, str]:
    """Who wins if times are given in seconds, and if the same times are given in hours.

    >>> units_decide()
    ('precise', 'fast')
    """
    bids = [Bid("fast", 100, 60, 0.8), Bid("precise", 100, 120, 0.9)]
    in_hours = [replace(bid, seconds=bid.seconds / 3600) for bid in bids]
    return max(bids, key=score).bidder, max(in_hours, key=score).bidder


def priority_is_idle() -> bool:
    """Whether the same one wins at every priority, whatever the loads: bids differ in nothing but the load.

    >>> priority_is_idle()
    True
    """
    winners = [
        simulate(managing([Bidder("a", load=0.5), Bidder("b", load=0.1)]).announce(Task("t", priority=p)))
        for p in (0.1, 0.5, 0.9)
    ]
    return len(set(winners)) == 1


def nothing_needed() -> tuple[str, str]:
    """Who does a task that needs nothing, asked in either order: 0/0 is above nothing, so the first asked.

    >>> nothing_needed()
    ('busy', 'idle')
    """
    busy, idle, task = Bidder("busy", load=0.8), Bidder("idle"), Task("t", needs=())
    first, second = managing([busy, idle]), managing([idle, busy])
    return simulate(first.announce(task)), simulate(second.announce(task))


def one_does_everything() -> list[str]:
    """Who does four tasks that come at once to three equal bidders: winning loads nobody.

    >>> one_does_everything()
    ['a', 'a', 'a', 'a']
    """
    manager = managing(Bidder(name) for name in "abc")

    async def all_at_once() -> list[str]:
        return list(await asyncio.gather(*(manager.announce(Task(name)) for name in "tuvw")))

    return simulate(all_at_once())


def losers_wait() -> list[str]:
    """What a loser has heard when all is over: nothing, not even that it has lost.

    >>> losers_wait()
    []
    """
    winner, loser = Bidder("a"), Bidder("b")
    simulate(managing([winner, loser]).announce(Task("t")))
    return loser.heard


def a_failure_loses_the_task() -> str:
    """What becomes of a task whose winner goes down, though another one could do it.

    >>> a_failure_loses_the_task()
    'a went down'
    """
    return error(managing([Bidder("a", fails=True), Bidder("b")]), Task("t"))


def one_error_for_all() -> tuple[str, str]:
    """What is said when nobody is capable, and when all are overloaded.

    >>> one_error_for_all()
    ('nobody could do t', 'nobody could do t')
    """
    incapable, busy = managing([Bidder("a", skills=())]), managing([Bidder("a", load=1.0)])
    return error(incapable, Task("t")), error(busy, Task("t"))


def order_breaks_ties() -> tuple[str, str]:
    """Who wins of two equals, entered in either order.

    >>> order_breaks_ties()
    ('a', 'b')
    """
    one, other = Bidder("a"), Bidder("b")
    first, second = managing([one, other]), managing([other, one])
    return simulate(first.announce(Task("t"))), simulate(second.announce(Task("t")))
