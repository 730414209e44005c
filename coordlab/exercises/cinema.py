"""Chapter 01: the worlds and the checks of the last tickets, and of orders that count once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from coordlab.exercises.ending import at_the_end, texts
from coordlab.exercises.part import Variant
from coordlab.patterns.counter.agents import Board
from coordlab.properties import Moment, Objection, Property, recorded, safety
from coordlab.trace.scenario import Value
from coordlab.trace.trace import CRASH, HANDLE, STATE, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

CLERKS = ("amy", "bea", "cem", "dee", "edo", "fox", "gil", "hux")

# --- b: the last tickets ---------------------------------------------------------------------------------


def draw_tickets(dice: Random) -> dict[str, Value]:
    """How many tickets there are, fewer than buyers; and who sells."""
    clerks = sorted(dice.sample(CLERKS, 4))
    return {"tickets": dice.randint(7, 9), "clerks": ",".join(clerks), "buyers": 3}


def build_tickets(
    kind: Callable[..., Agent], seed: int, tickets: int, clerks: str, buyers: int, **_: Value
) -> World:
    """A board that shows how many tickets are left, and clerks with a queue of buyers."""
    board = Board()
    board.value = tickets
    world = World(seed, latency="uniform(0.01, 0.05)").add(board)
    return world.add(kind(name, buyers) for name in clerks.split(","))


def tickets_sold(variant: Variant) -> Property:
    """In the end the board shows 0, as many tickets were sold as there were, and all know that it is over."""

    def wrong(now: Moment) -> str:
        left = now.state("board", "value")
        sold = sum(now.state(name, "sold") for name in str(variant["clerks"]).split(","))
        busy = [name for name in str(variant["clerks"]).split(",") if now.state(name, "role") != "done"]
        if left > 0 or sold < int(variant["tickets"]):
            return f"{sold} of {variant['tickets']} tickets were sold, and the board shows {left}."
        return f"{busy[0]} is not done." if busy else ""

    return at_the_end("all tickets are sold", wrong)


def never_twice(variant: Variant) -> Property:
    """Never more tickets have been sold than were taken off the board."""

    @safety("no ticket is sold twice")
    def objections(trace: Trace) -> Iterator[Objection]:
        sold, left = dict[str | None, int](), int(variant["tickets"])
        for event in trace.select(STATE):
            if event.name == "value":
                left = event.data
            elif event.name == "sold":
                sold[event.agent] = event.data
                if sum(sold.values()) > int(variant["tickets"]) - left:
                    yield event, f"{event.agent} sells a ticket, but the board shows {left} still."

    return objections


@safety("each write takes off one ticket")
def one_by_one(trace: Trace) -> Iterator[Objection]:
    """What is written is one less than what it replaces, and never below 0."""
    for event in recorded(trace, "Stored"):
        if event.data.value != event.data.over - 1 or event.data.value < 0:
            yield event, f"{event.data.by} writes {event.data.value} over {event.data.over}."


# --- c: each order once ----------------------------------------------------------------------------------

PATIENCE = 0.4  # seconds


def draw_orders(dice: Random) -> dict[str, Value]:
    """The clerks and the seats that their customers want, of which not all fit."""
    clerks = sorted(dice.sample(CLERKS, 3))
    while True:
        orders = [[dice.randint(1, 6) for _ in range(3)] for _ in clerks]
        total = sum(map(sum, orders))
        if 26 <= total <= 34:
            break
    lists = ";".join(f"{name}:{'+'.join(map(str, each))}" for name, each in zip(clerks, orders, strict=True))
    return {"orders": lists, "seats": total - dice.randint(6, 9)}


def wanted(variant: Variant) -> dict[str, int]:
    """The seats of each order, by its name, such as amy-1."""
    lists = dict(each.split(":") for each in str(variant["orders"]).split(";"))
    return {
        f"{name}-{place}": int(seats)
        for name, each in lists.items()
        for place, seats in enumerate(each.split("+"), 1)
    }


def build_orders(kind: Callable[..., Agent], seed: int, orders: str, seats: int) -> World:
    """The hall, which knows its seats, and clerks, which know their orders."""
    world = World(seed, latency="uniform(0.01, 0.05)").add(kind("hall", seats, (), PATIENCE))
    lists = (each.split(":") for each in orders.split(";"))
    return world.add(kind(name, 0, tuple(map(int, each.split("+"))), PATIENCE) for name, each in lists)


def all_answered(variant: Variant) -> Property:
    """In the end each order is booked or does not fit, and its clerk knows which."""
    orders = wanted(variant)

    def wrong(now: Moment) -> str:
        found = texts(now.states.get("hall", {}).get("booked"))
        booked = set(found)
        left = int(variant["seats"]) - sum(orders.get(each, 0) for each in found)
        for order, seats in orders.items():
            clerk = order.partition("-")[0]
            answers = texts(now.states.get(clerk, {}).get("answers"))
            right = f"{order} {'yes' if order in booked else 'no'}"
            if right not in answers:
                return f"{clerk} should know by now: {right}."
            if order not in booked and seats <= left:
                return f"{order} was refused, though {left} seats are left for its {seats}."
        return ""

    return at_the_end("every order is answered", wrong)


@safety("no order is booked twice")
def booked_once(trace: Trace) -> Iterator[Objection]:
    """No order stands in the hall's list twice."""
    for event in trace.select(STATE):
        booked = texts(event.data) if event.name == "booked" else ()
        if len(set(booked)) < len(booked):
            yield event, f"the hall has booked {booked[-1]} before."


def enough_seats(variant: Variant) -> Property:
    """Never more seats are booked than there are."""
    orders = wanted(variant)

    @safety("no seat is booked twice")
    def objections(trace: Trace) -> Iterator[Objection]:
        for event in trace.select(STATE):
            booked = texts(event.data) if event.name == "booked" else ()
            taken = sum(orders.get(each, 0) for each in set(booked))
            if taken > int(variant["seats"]):
                yield event, f"{taken} seats are booked of {variant['seats']}."

    return objections


@safety("a clerk says what the hall told it")
def told_by_hall(trace: Trace) -> Iterator[Objection]:
    """A clerk answers only after it has heard from the hall, and yes only for what is booked."""
    booked: tuple[str, ...] = ()
    heard: set[str | None] = set()
    for event in sorted([*trace.select(CRASH), *trace.select(HANDLE), *trace.select(STATE)]):
        if event.kind == CRASH:
            heard.discard(event.agent)
        elif event.kind == HANDLE and event.peer == "hall":
            heard.add(event.agent)
        elif event.name == "booked":
            booked = texts(event.data)
        elif event.name == "answers":
            for each in texts(event.data):
                if each.endswith(" yes") and each[:-4] not in booked:
                    yield event, f"{event.agent} says {each}, but that is not booked."
                if event.agent not in heard:
                    yield event, f"{event.agent} says {each} and has not heard from the hall."
