"""The runs of 09c: shops that sell the tickets of one concert, and what must hold of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from coordlab.properties import Moment, Objection, Property, always, safety
from coordlab.trace.trace import RESTART, STATE, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

    from coordlab.exercises.part import Variant
    from coordlab.trace.scenario import Value

NAMES = ("ada", "ben", "cleo", "dan", "eve", "finn", "gus", "hal", "ida", "jon", "kim", "lea")
SETTLE = 8.0  # seconds
DEALT, COME = (9, 2, 1, 0), (1, 4, 5, 5)


def draw_shops(dice: Random) -> dict[str, Value]:
    """Which shops there are; for each the tickets that it has, and the customers that come."""
    pairs = list(zip(DEALT, COME, strict=True))
    dice.shuffle(pairs)
    shops = zip(dice.sample(NAMES, 4), pairs, strict=True)
    return {"shops": ",".join(f"{name}:{tickets}:{come}" for name, (tickets, come) in shops)}


def dealt(given: Value) -> dict[str, tuple[int, tuple[float, ...]]]:
    """The tickets of each shop, and when its customers come (seconds)."""
    found = {}
    for each in str(given).split(","):
        name, tickets, come = each.split(":")
        found[name] = int(tickets), tuple(0.5 + number for number in range(int(come)))
    return found


def build_shops(kind: Callable[..., Agent], seed: int, shops: str) -> World:
    """Shops that know their own tickets, and when their own customers come."""
    world = World(seed, latency="uniform(0.01, 0.05)")
    return world.add(kind(name, tickets, come) for name, (tickets, come) in dealt(shops).items())


def sold_out(variant: Variant) -> Property:
    """After calm seconds all tickets are sold: more customers come than there are tickets."""
    tickets = sum(each for each, _ in dealt(variant["shops"]).values())

    def right(now: Moment) -> bool | str:
        if not now.calm_for(SETTLE):
            return True
        sold = sum(now.state(name, "sold") for name in now.alive)
        return sold == tickets or f"{sold} tickets are sold; there were {tickets}, and more customers."

    return always("all tickets are sold", right)


def never_oversold(variant: Variant) -> Property:
    """No more tickets are sold than there are, across crashes."""
    tickets = sum(each for each, _ in dealt(variant["shops"]).values())

    @safety("no more are sold than there are")
    def judge(trace: Trace) -> Iterator[Objection]:
        known = dict.fromkeys(trace.agents, 0)
        total = 0
        for event in trace.select("sold", kind=STATE):
            total += max(0, event.data - known[str(event.agent)])
            known[str(event.agent)] = event.data
            if total > tickets:
                yield event, f"{event.agent} sells ticket {total} of {tickets}."

    return judge


def once_each(variant: Variant) -> Property:
    """A shop sells one ticket at a time, to customers that have come, and forgets no sale."""
    come = {name: times for name, (_, times) in dealt(variant["shops"]).items()}

    @safety("one for each customer")
    def judge(trace: Trace) -> Iterator[Objection]:
        known = dict.fromkeys(trace.agents, 0)
        for event in trace.select(STATE, RESTART):
            who = str(event.agent)
            if event.kind == RESTART and dict(event.data).get("sold") != known[who]:
                yield event, f"{who} has forgotten what it sold before its crash."
            if event.kind == STATE and event.name == "sold":
                here = sum(at <= event.time + 1e-6 for at in come[who])
                if event.data != known[who] + 1:
                    yield event, f"{who} counts from {known[who]} to {event.data}."
                if event.data > here:
                    yield event, f"{who} has sold {event.data}, and {here} customers have come."
                known[who] = event.data

    return judge


def in_one_place(variant: Variant) -> Property:
    """What is left and what is sold, together, is never more than there was."""
    tickets = sum(each for each, _ in dealt(variant["shops"]).values())

    def right(now: Moment) -> bool | str:
        if now.event is not None:  # an agent changes one state after the other
            return True
        found = sum(now.state(name, "left") + now.state(name, "sold") for name in now.alive)
        return found <= tickets or f"{found} tickets are sold or left, of {tickets}."

    return always("each ticket is in one place", right)
