"""What part c of chapter 06 asks of a planner: ways that cost coins, eggs or hours; what must be left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from coordlab.exercises.part import Variant
from coordlab.patterns.htn.planner import find_plan
from coordlab.patterns.htn.rules import Action, Domain, Effects, Method, State
from coordlab.trace.scenario import Value

if TYPE_CHECKING:
    from random import Random

Methods = Mapping[str, Sequence[Sequence[str]]]
Changes = Mapping[str, Mapping[str, int]]


def draw_stock(dice: Random) -> dict[str, Value]:
    """What must be left at the end."""
    return {"coin": dice.randint(1, 4), "egg": dice.randint(1, 4), "hour": dice.randint(0, 4)}


def planned(
    variant: Variant, tasks: Sequence[str], methods: Methods, actions: Changes, stock: Mapping[str, int]
) -> list[str] | None:
    """The actions of the first plan in order of preference after which enough is left, or None."""
    return in_turn(stock, [[*tasks, "keep"]], domain(methods, actions, variant))


def in_turn(stock: Mapping[str, int], groups: Sequence[Sequence[str]], domain: Domain) -> list[str] | None:
    """The actions of plans that are made for each group of tasks by itself, in turn; None if one has none."""
    now, plan = State(stock), list[str]()
    for group in groups:
        found = find_plan(now, [(name,) for name in group], domain)
        if found.plan is None or found.state is None:
            return None
        now = found.state
        plan += [task[0] for task in found.plan if task[0] != "keep"]
    return plan


def domain(methods: Methods, actions: Changes, variant: Variant) -> Domain:
    """These methods and actions, and an action that is possible if what must be left is there."""

    def acts(changes: Mapping[str, int]) -> Action:
        def act(state: State) -> Effects | str:
            after = {thing: state.get(thing, 0) + change for thing, change in changes.items()}
            return "too little is there" if min(after.values(), default=0) < 0 else after

        return act

    def keep(state: State) -> Effects | str:
        return {} if all(state[each] >= int(least) for each, least in variant.items()) else "too little"

    def way(parts: Sequence[str]) -> Method:
        return lambda _: [(part,) for part in parts]

    known: dict[str, Action] = {name: acts(changes) for name, changes in actions.items()}
    ways = {
        name: {str(place): way(parts) for place, parts in enumerate(each)} for name, each in methods.items()
    }
    return Domain({**known, "keep": keep}, ways)


PARTED = ("each by itself", "going back")  # where plans for each task by itself are looked at


def outing(check: str, variant: Variant, dice: Random) -> tuple[Any, ...]:
    """Tasks, their ways, actions with what they change, and a stock, of the kind that a check is about."""
    coin = [dice.randint(1, 9) for _ in range(4)]
    actions = {
        "taxi": {"coin": -coin[0], "hour": -1}, "bus": {"coin": -coin[1], "hour": -2}, "wait": {"hour": -1},
        "enter": {"coin": -coin[2]}, "buy": {"coin": -coin[3], "cake": 1},
        "bake": {"egg": -2, "hour": -2, "cake": 1}, "give": {"cake": -1},
    }  # fmt: skip
    methods = {
        "travel": dice.sample((["taxi"], ["bus"], ["wait", "bus"]), 2),
        "gift": dice.sample((["bake", "give"], ["buy", "give"], ["buy", "bake", "give"]), 2),
        "party": [["gift", "enter"], ["enter"]],
    }
    tasks = dice.choice((["travel", "party"], ["gift", "travel", "enter"], ["party", "travel", "wait"]))
    if check == "one way":
        methods = {name: ways[:1] for name, ways in methods.items()}
    known, none = domain(methods, actions, variant), dice.random() < 0.3
    for coins in dice.sample(range(26), 12):
        stock = {"coin": coins, "egg": dice.randint(1, 8), "hour": dice.randint(4, 12)}
        case = tasks, methods, actions, stock
        spent = in_turn(stock, [tasks], known)
        if spent is None and check != "one way":
            continue
        right = planned(variant, *case)
        apart = in_turn(stock, [[each] for each in tasks], known) if check in PARTED else None
        kinds = {
            "one way": right == spent and none == (right is None),
            "each by itself": right == spent == apart,
            "going back": right == spent != apart,
            "what must be left": right != spent and none == (right is None),
        }
        if kinds[check]:
            return case
    return outing(check, variant, dice)  # with other prices
