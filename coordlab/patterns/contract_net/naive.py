"""A contract net as one writes it at first, and one call for each thing that is wrong with it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from math import inf, nan

from coordlab.world.loop import simulate


def ratio(one: float, other: float) -> float:
    """A quotient as in JavaScript: 1/0 is infinite, 0/0 is not a number."""
    return one / other if other else inf if one else nan


@dataclass(frozen=True)
class Task:
    """Something to be done, and a deadline that nobody reads."""

    name: str
    needs: tuple[str, ...] = ("dig",)
    priority: float = 0.5
    deadline: float = 1.0


@dataclass(frozen=True)
class Bid:
    """What a bidder asks for, in any unit."""

    bidder: str
    cost: float
    seconds: float
    confidence: float


@dataclass
class Bidder:
    """Bids higher the more loaded it is; its load never changes."""

    name: str
    load: float = 0.0
    skills: tuple[str, ...] = ("dig",)
    thinks: float = 0.0
    fails: bool = False
    heard: list[str] = field(default_factory=list)

    async def bid(self, task: Task) -> Bid | None:
        """A bid, unless the bidder lacks a skill or is overloaded."""
        await asyncio.sleep(self.thinks)
        wanted, matching = len(task.needs), sum(need in self.skills for need in task.needs)
        if matching < wanted or self.load > 0.9:
            return None
        return Bid(self.name, 100 * (1 + self.load), 60 * wanted, ratio(matching, wanted))

    async def execute(self, task: Task) -> None:
        """Do the task, or go down."""
        if self.fails:
            raise ConnectionError(f"{self.name} went down")
        self.heard.append(f"do {task.name}")


def score(bid: Bid, priority: float = 0.5) -> float:
    """Weighted reciprocals of a time and a cost, and a probability, added up."""
    time, cost = (0.5, 0.2) if priority > 0.8 else (0.2, 0.5)
    return time * ratio(1, bid.seconds) + cost * ratio(1, bid.cost) + 0.3 * bid.confidence


class Manager:
    """Asks the bidders of its private table one after the other; the highest score wins."""

    def __init__(self) -> None:
        self.bidders: tuple[Bidder, ...] = ()

    async def announce(self, task: Task) -> str:
        """The name of the bidder that did the task."""
        bids = [(bidder, bid) for bidder in self.bidders if (bid := await bidder.bid(task))]
        if not bids:
            raise LookupError(f"nobody could do {task.name}")
        winner, _ = max(bids, key=lambda pair: score(pair[1], task.priority))
        await winner.execute(task)
        return winner.name


def managing(*bidders: Bidder) -> Manager:
    """A manager whose private table was filled from outside."""
    manager = Manager()
    manager.bidders = bidders
    return manager


def outcome(*bidders: Bidder, task: Task = Task("t")) -> str:
    """The winner, or the error that an announcement ends with."""
    try:
        return simulate(managing(*bidders).announce(task))
    except (LookupError, ConnectionError) as wrong:
        return str(wrong)


def nobody_can_join() -> tuple[list[str], str]:
    """What a manager can do, and what an announcement ends with: bidders cannot register.

    >>> nobody_can_join()
    (['announce'], 'nobody could do t')
    """
    return [name for name in dir(Manager) if not name.startswith("_")], outcome()


def bids_add_up() -> float:
    """Seconds until five bidders who think for one second each have been asked, one after the other.

    >>> bids_add_up()
    5.0
    """

    async def round_trip() -> float:
        await managing(*(Bidder(name, thinks=1.0) for name in "abcde")).announce(Task("t"))
        return asyncio.get_running_loop().time()

    return simulate(round_trip())


def one_hangs_all(patience: float = 1000.0) -> bool:
    """Whether a task with a deadline of 1 s is still open after `patience` seconds: one bidder is silent.

    >>> one_hangs_all()
    True
    """
    manager = managing(Bidder("a", thinks=inf), Bidder("b"))
    try:
        return not simulate(asyncio.wait_for(manager.announce(Task("t", deadline=1.0)), patience))
    except TimeoutError:
        return True


def dearer_and_slower_wins() -> tuple[float, float]:
    """Scores of a bid that is dearer and slower, and of a better one: 0.03 of confidence decide.

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


def priority_is_idle() -> list[str]:
    """Who wins at priorities .1, .5 and .9: bids differ in nothing but the load, so it alone decides.

    >>> priority_is_idle()
    ['b', 'b', 'b']
    """
    busy, idle = Bidder("a", load=0.5), Bidder("b", load=0.1)
    return [outcome(busy, idle, task=Task("t", priority=each)) for each in (0.1, 0.5, 0.9)]


def nothing_needed() -> tuple[str, str]:
    """Who does a task that needs nothing, asked in either order: 0/0 is not above 0/0, so the first asked.

    >>> nothing_needed()
    ('busy', 'idle')
    """
    busy, idle, task = Bidder("busy", load=0.8), Bidder("idle"), Task("t", needs=())
    return outcome(busy, idle, task=task), outcome(idle, busy, task=task)


def one_does_everything() -> list[str]:
    """Who does four tasks that come at once to three equal bidders: winning adds no load.

    >>> one_does_everything()
    ['a', 'a', 'a', 'a']
    """
    manager = managing(*map(Bidder, "abc"))

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(manager.announce(Task(name)) for name in "tuvw"))

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


def one_error_for_all() -> tuple[str, str]:
    """The error when nobody is capable, and when all are overloaded.

    >>> one_error_for_all()
    ('nobody could do t', 'nobody could do t')
    """
    return outcome(Bidder("a", skills=())), outcome(Bidder("a", load=1.0))


def order_breaks_ties() -> tuple[str, str]:
    """Who wins of two equals, asked in either order.

    >>> order_breaks_ties()
    ('a', 'b')
    """
    one, other = Bidder("a"), Bidder("b")
    return outcome(one, other), outcome(other, one)
