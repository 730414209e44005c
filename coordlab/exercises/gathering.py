"""Chapter 14: the worlds and the checks of a tree that gathers numbers around its gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from coordlab.exercises.ending import by_the_end, texts
from coordlab.exercises.letters import PEOPLE
from coordlab.exercises.part import Variant
from coordlab.patterns.topology.rules import children, parent
from coordlab.properties import Objection, Property, recorded, safety
from coordlab.trace.scenario import Value
from coordlab.trace.trace import CRASH, DECISION, RESTART, SEND, START, Event, Trace
from coordlab.world.agent import Agent
from coordlab.world.dice import dice as drawn
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

WAIT, TRIES, DEADLINE, END = 1.0, 3, 8.0, 9.0  # seconds, tries, seconds, and seconds of a run


def draw_tree(dice: Random) -> dict[str, Value]:
    """Seven members in the order of a tree, and what each has to report."""
    names, amounts = dice.sample(PEOPLE, 7), dice.sample(range(10, 100), 7)
    return {"members": ",".join(f"{name}:{amount}" for name, amount in zip(names, amounts, strict=True))}


def amounts_of(members: Value) -> dict[str, int]:
    """What each member has to report; the first is the boss."""
    pairs = (each.split(":") for each in str(members).split(","))
    return {name: int(amount) for name, amount in pairs}


def above(members: Value) -> dict[str, tuple[str, ...]]:
    """Of each member its parent, the parent of that, and so on up to the boss."""
    names, found = [*amounts_of(members)], dict[str, tuple[str, ...]]()
    for place, name in enumerate(names, 1):
        over = parent(place, branching=2)
        found[name] = () if over is None else (names[over - 1], *found[names[over - 1]])
    return found


def below(members: Value) -> dict[str, tuple[str, ...]]:
    """The children of each member."""
    names = [*amounts_of(members)]
    return {
        name: tuple(names[each - 1] for each in children(place, len(names), branching=2))
        for place, name in enumerate(names, 1)
    }


def build_tree(kind: Callable[..., Agent], seed: int, members: str) -> World:
    """Members that know who is above and below them, and what they have to report; two crash for ever.

    One parent crashes while it gathers, and a child of the other one before anybody hears of it.
    """
    over, under = above(members), below(members)
    world = World(seed, latency="uniform(0.01, 0.05)")
    world.add(kind(name, over[name], under[name], amount) for name, amount in amounts_of(members).items())
    dice, (boss, *parents) = drawn("gaps", seed), [name for name in under if under[name]]
    dice.shuffle(parents)
    child, at = dice.choice(under[parents[1]]), round(dice.uniform(0.03, 0.08), 3)
    gaps = (f"crash {parents[0]} @{at:g}", f"cut {child}>{parents[1]} @0..0.1", f"crash {child} @0.01")
    return world.inject(*gaps, f"cut {boss}>{parents[1]} @0..1.3")


def boss_of(variant: Variant) -> str:
    """The first member."""
    return next(iter(amounts_of(variant["members"])))


def totals(trace: Trace, variant: Variant) -> Iterator[Event]:
    """What the boss decides."""
    boss = boss_of(variant)
    return (each for each in recorded(trace, "Total") if each.kind == DECISION and each.agent == boss)


def named(content: object) -> tuple[str, ...]:
    """The names in a message or in a decision."""
    return texts(getattr(content, "names", ()))


def all_in(variant: Variant) -> Property:
    """In time the boss has decided a total with everybody who never crashed."""

    def missing(trace: Trace) -> Iterator[str]:
        total = next(totals(trace, variant), None)
        if total is None or total.time > DEADLINE + 0.01:
            yield f"the boss has decided no Total by {DEADLINE:g} s."
            return
        crashed = {event.agent for event in trace.select(CRASH)}
        for name in amounts_of(variant["members"]):
            if name not in crashed and name not in named(total.data):
                yield f"{name} never crashed, and is not in the Total of {total.time:.3f} s."

    return by_the_end("the boss has the number of all who never crashed", END, missing)


def counted_once(variant: Variant) -> Property:
    """The boss decides one total, which is the sum of the numbers of those in it."""
    amounts = amounts_of(variant["members"])

    @safety("one total, with each number once")
    def judge(trace: Trace) -> Iterator[Objection]:
        for number, event in enumerate(totals(trace, variant)):
            names, amount = named(event.data), getattr(event.data, "amount", None)
            if number:
                yield event, "The boss decides a Total again."
            if len(set(names)) < len(names):
                yield event, "A name is twice in the Total."
            right = sum(amounts.get(name, 0) for name in names)
            if amount != right:
                yield event, f"The amount is {amount}; the numbers of {', '.join(names)} make {right}."

    return judge


def step_by_step(variant: Variant) -> Property:
    """Who reports has waited for its children, and has tried three times all whom it leaves out."""
    over, under = above(variant["members"]), below(variant["members"])

    @safety(f"children are waited for, and parents tried {TRIES} times")
    def judge(trace: Trace) -> Iterator[Objection]:
        began: dict[str, float] = {}
        tried: dict[str, Counter[str]] = {}
        for event in trace:
            who, to = str(event.agent), str(event.peer)
            if event.kind in (START, RESTART):
                began[who], tried[who] = event.time, Counter()
            elif event.kind == SEND and event.name == "Report":
                early = event.time < began[who] + WAIT - 0.001
                if early and (lacking := {*under[who]} - {*named(event.content)}):
                    yield event, f"{who} reports without {min(lacking)}, {event.time - began[who]:.3f} s on."
                passed = over[who][: over[who].index(to)] if to in over[who] else over[who]
                if hasty := [each for each in passed if tried[who][each] < TRIES]:
                    yield event, f"{who} reports to {to}; it tried {hasty[0]} {tried[who][hasty[0]]} times."
                tried[who][to] += 1

    return judge
