"""Chapter 03: the worlds and the checks of the second price, and of a market with limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import TYPE_CHECKING

from coordlab.exercises.ending import at_the_end, texts
from coordlab.exercises.part import Variant
from coordlab.properties import HOLDS, VIOLATED, Moment, Objection, Property, Verdict, disturbs, safety
from coordlab.trace.scenario import Value
from coordlab.trace.trace import CRASH, DROP, HANDLE, SEND, STATE, Event, Trace
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

BIDDERS = ("abe", "bo", "cy", "di", "ed", "flo", "guy", "hal", "ivy", "jo")
JOBS = ("dig", "saw", "mow", "rake", "paint", "weld", "tile", "fell")
WORK = 2.0  # seconds


# --- b: the second price ---------------------------------------------------------------------------------


@message
class Call:
    """Who does it, and for how much?"""

    attempt: int


@message
class Offer:
    """I do it for this price."""

    attempt: int
    price: int


@message
class Award:
    """The job is yours, and this is what you get."""

    attempt: int
    pay: int


@message
class Reject:
    """The job is not yours."""

    attempt: int


@message
class Done:
    """I have done it."""

    attempt: int


class Bidder(Agent):
    """Names its price, and does what it is awarded, one job at a time."""

    jobs = State(0)

    def __init__(self, name: str, price: int) -> None:
        super().__init__(name)
        self.price = price

    def on_call(self, sender: str, message: Call) -> Offer:
        """Name its price."""
        return Offer(message.attempt, self.price)

    async def on_award(self, sender: str, message: Award) -> Done:
        """Do the job."""
        await self.sleep(WORK)
        self.jobs += 1
        return Done(message.attempt)

    def on_reject(self, sender: str, message: Reject) -> None:
        """There is nothing to do."""


def draw_prices(dice: Random) -> dict[str, Value]:
    """Who bids, and for how much."""
    names, prices = dice.sample(BIDDERS, 5), dice.sample(range(20, 90), 5)
    return {"prices": ",".join(f"{name}:{price}" for name, price in zip(names, prices, strict=True))}


def priced(prices: Value) -> dict[str, int]:
    """The price of each bidder, by name."""
    pairs = (each.split(":") for each in str(prices).split(","))
    return {name: int(price) for name, price in pairs}


def build_auction(kind: Callable[..., Agent], seed: int, prices: str, **_: Value) -> World:
    """A manager with one job, and bidders."""
    world = World(seed, latency="uniform(0.01, 0.05)").add(kind("boss"))
    return world.add(Bidder(name, price) for name, price in priced(prices).items())


def job_done(trace: Trace) -> Verdict:
    """The manager knows who has done the job, and that one has done it."""
    worked: set[str | None] = set()
    why = "The manager never knows that the job is done."
    for event in trace.select(STATE):
        if event.name == "jobs":
            worked.add(event.agent)
        elif event.name == "done_by" and event.data is not None:
            why = "" if event.data in worked else f"{event.data} had not done the job yet."
            break
    return Verdict("the job is done", VIOLATED if why else HOLDS, because=why)


def awards(trace: Trace) -> Iterator[tuple[Event, list[tuple[int, str]]]]:
    """Each award, and the offers in that attempt that had come by then, the cheapest first."""
    offers: dict[int, dict[str, int]] = {}
    for event in trace:
        if event.kind == HANDLE and event.name == "Offer":
            offers.setdefault(event.content.attempt, {})[str(event.peer)] = event.content.price
        elif event.kind == SEND and event.name == "Award":
            found = offers.get(event.content.attempt, {})
            yield event, sorted((price, name) for name, price in found.items())


@safety("the cheapest that answered wins")
def cheapest_wins(trace: Trace) -> Iterator[Objection]:
    """Each award goes to the lowest price."""
    for event, offers in awards(trace):
        if not offers or event.peer != offers[0][1]:
            yield event, f"{event.peer} was awarded the job; the offers were {offers}."


@safety("it gets what the second asks")
def second_price(trace: Trace) -> Iterator[Objection]:
    """Each award pays the second lowest price."""
    for event, offers in awards(trace):
        if len(offers) < 2 or event.content.pay != offers[1][0]:
            yield event, f"{event.peer} gets {event.content.pay}; the offers were {offers}."


@safety("all others are told")
def others_told(trace: Trace) -> Iterator[Objection]:
    """Who offered and lost is rejected in the same attempt; the winner is not."""
    rejects = {(each.peer, each.content.attempt) for each in trace.select("Reject", kind=SEND)}
    for event, offers in awards(trace):
        for _, name in offers:
            if ((name, event.content.attempt) in rejects) == (name == event.peer):
                yield event, f"{name} should {'not ' if name == event.peer else ''}have been rejected."


# --- c: a market with limits -----------------------------------------------------------------------------

PATIENCE = 0.6  # seconds
CALM = 2.0  # seconds after which what went wrong counts no more


def draw_market(dice: Random) -> dict[str, Value]:
    """Two managers with two tasks each and the most that they pay, and four workers with their prices."""
    names, jobs = dice.sample(BIDDERS, 6), dice.sample(JOBS, 4)
    prices = sorted(dice.sample(range(20, 90, 3), 4))
    limits = [prices[2] + dice.randint(0, 2), prices[0] + dice.randint(0, 2)]
    tasks = [f"{job}/{limit}" for job, limit in zip(jobs, (*limits, *limits[::-1]), strict=True)]
    dice.shuffle(prices)
    return {
        "tasks": f"{names[0]}:{tasks[0]}+{tasks[1]},{names[1]}:{tasks[2]}+{tasks[3]}",
        "prices": ",".join(f"{name}:{price}" for name, price in zip(names[2:], prices, strict=True)),
    }


def owned(tasks: Value) -> dict[str, dict[str, int]]:
    """The tasks of each manager and their limits."""
    lists = (each.split(":") for each in str(tasks).split(","))
    pairs = ((name, [each.split("/") for each in listed.split("+")]) for name, listed in lists)
    return {name: {task: int(limit) for task, limit in mine} for name, mine in pairs}


def build_market(kind: Callable[..., Agent], seed: int, tasks: str, prices: str) -> World:
    """Managers, which know their tasks, and workers, which know their price."""
    world = World(seed, latency="uniform(0.01, 0.05)")
    world.add(kind(name, tuple(mine.items()), None, PATIENCE) for name, mine in owned(tasks).items())
    return world.add(kind(name, (), price, PATIENCE) for name, price in priced(prices).items())


def works(trace: Trace, variant: Variant) -> list[tuple[str, str, float, float, Event]]:
    """Who did which task, from when to when, and the event with which that began."""
    workers, found = priced(variant["prices"]), []
    open_works: dict[str, tuple[str, Event]] = {}
    for event in sorted([*trace.select(CRASH), *trace.select(STATE)]):
        who = str(event.agent)
        if who in workers and (event.kind == CRASH or event.name == "doing"):
            if who in open_works:
                task, began = open_works.pop(who)
                found.append((who, task, began.time, event.time, began))
            if event.kind == STATE and isinstance(event.data, str):
                open_works[who] = event.data, event
    left = ((who, task, began.time, inf, began) for who, (task, began) in open_works.items())
    return sorted([*found, *left], key=lambda each: each[4].seq)


def all_done(variant: Variant) -> Property:
    """In the end each manager knows that its tasks are done, and somebody has worked that long at each."""
    managers = owned(variant["tasks"])

    def judge(trace: Trace) -> Verdict:
        worked = {
            task for _, task, since, until, _ in works(trace, variant) if inf > until > since + WORK - 1e-6
        }

        def wrong(now: Moment) -> str:
            for name, mine in managers.items():
                done = texts(now.states.get(name, {}).get("done"))
                if missing := [each for each in mine if each not in done]:
                    return f"{name} does not know that {missing[0]} is done."
                if missing := [each for each in mine if each not in worked]:
                    return f"nobody has worked at {missing[0]} for {WORK:g} s."
            return ""

        return at_the_end("every task is done", wrong)(trace)

    return Property("every task is done", judge)


def one_each(variant: Variant) -> Property:
    """No two workers do the same task at the same time."""

    @safety("no task is done by two at once")
    def objections(trace: Trace) -> Iterator[Objection]:
        found = works(trace, variant)
        for place, (who, task, since, _, began) in enumerate(found):
            for other, same, before, until, _ in found[:place]:
                if same == task and other != who and before <= since < until - 1e-6:
                    yield began, f"{who} begins {task}, at which {other} works."

    return objections


def within_limits(variant: Variant) -> Property:
    """Nobody does a task that pays less than its price."""
    limits = {task: limit for mine in owned(variant["tasks"]).values() for task, limit in mine.items()}
    prices = priced(variant["prices"])

    @safety("nobody asks more than the limit")
    def objections(trace: Trace) -> Iterator[Objection]:
        for who, task, _, _, began in works(trace, variant):
            if prices[who] > limits.get(task, 0):
                yield (
                    began,
                    f"{who} asks {prices[who]} for {task}, of which the limit is {limits.get(task, 0)}.",
                )

    return objections


def cheapest_works(variant: Variant) -> Property:
    """While nothing is disturbed, nobody begins a task while a cheaper worker stays idle."""
    prices = priced(variant["prices"])

    @safety("the cheapest that is idle does it")
    def objections(trace: Trace) -> Iterator[Objection]:
        odd = [each.time for each in trace if each.time and (disturbs(each) or each.kind == DROP)]
        found = works(trace, variant)
        for who, task, since, _, began in found:
            if odd and odd[0] - WORK < since < odd[-1] + CALM:
                continue
            busy = {name for name, _, start, end, _ in found if start < since + WORK and end > since - CALM}
            idle = [name for name in prices if prices[name] < prices[who] and name not in busy]
            if idle:
                yield began, f"{who} ({prices[who]}) does {task}; {idle[0]} ({prices[idle[0]]}) is idle."

    return objections
