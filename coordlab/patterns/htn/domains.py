"""Small worlds to plan in: a journey, blocks, a switch, dials, a report that a team writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from coordlab.patterns.htn.rules import Domain, Effects, State, Task

Goal = tuple[tuple[Any, Any], ...]

# --- a journey: on foot if it is near, else by taxi if one can pay, else by bus ----------------------


def _km(state: State, who: str, to: str) -> float | str:
    """How far it is, if one stands somewhere else."""
    here = state["at", who]
    if here in (to, "taxi"):
        return f"{who} is there already" if here == to else f"{who} sits in a taxi"
    return float(state["km", *sorted((here, to))])


def fare(km: float) -> float:
    """What a taxi costs.

    >>> fare(8)
    5.5
    """
    return 1.5 + 0.5 * km


def walk(state: State, who: str, to: str) -> Effects | str:
    """Go there on foot, up to 2 km."""
    km = _km(state, who, to)
    if isinstance(km, str):
        return km
    return {("at", who): to} if km <= 2 else f"{km:g} km are too far"


def call_taxi(state: State, who: str) -> Effects | str:
    """Have a taxi come, and get in."""
    if not state["taxi is free"]:
        return "no taxi is free"
    return {"taxi is free": False, "taxi at": state["at", who], ("at", who): "taxi"}


def ride_taxi(state: State, who: str, to: str) -> Effects | str:
    """Be driven there."""
    if state["at", who] != "taxi":
        return f"{who} sits in no taxi"
    km = _km(state.after({("at", who): state["taxi at"]}), who, to)
    return km if isinstance(km, str) else {"taxi at": to, ("owes", who): fare(km)}


def pay_driver(state: State, who: str, to: str) -> Effects | str:
    """Pay, and get out."""
    if (state["at", who], state["taxi at"]) != ("taxi", to):
        return f"{who} does not sit in a taxi at {to}"
    left = state["cash", who] - state["owes", who]
    if left < 0:
        return f"{who} has {state['cash', who]:g} and owes {state['owes', who]:g}"
    return {("cash", who): left, ("owes", who): 0, ("at", who): to, "taxi is free": True}


def take_bus(state: State, who: str, to: str) -> Effects | str:
    """Wait for the bus and ride it."""
    if isinstance(km := _km(state, who, to), str):
        return km
    return {("at", who): to} if state["bus runs"] else "no bus runs"


def stay(state: State, who: str, to: str) -> list[Task] | str:
    """Be there already."""
    return [] if state["at", who] == to else f"{who} is not there yet"


def by_foot(state: State, who: str, to: str) -> list[Task] | str:
    """Walk, if it is near."""
    km = _km(state, who, to)
    if isinstance(km, str):
        return km
    return [("walk", who, to)] if km <= 2 else f"{km:g} km are too far"


def by_taxi(state: State, who: str, to: str) -> list[Task] | str:
    """Take a taxi, if one can pay for it; if one sits in it already, go on."""
    ride: list[Task] = [("ride_taxi", who, to), ("pay_driver", who, to)]
    if state["at", who] == "taxi":
        return ride[state["taxi at"] == to :]
    km = _km(state, who, to)
    if isinstance(km, str):
        return km
    if state["cash", who] < fare(km):
        return f"{who} has {state['cash', who]:g}, and it costs {fare(km):g}"
    return [("call_taxi", who), *ride]


def by_bus(state: State, who: str, to: str) -> list[Task] | str:
    """Take the bus."""
    km = _km(state, who, to)
    return km if isinstance(km, str) else [("take_bus", who, to)]


JOURNEY = Domain(
    [walk, call_taxi, ride_taxi, pay_driver, take_bus], {"travel": [stay, by_foot, by_taxi, by_bus]}
)
"""How to get somewhere.

>>> from coordlab.patterns.htn.rules import find_plan
>>> find_plan(at_home(), [("travel", "alice", "park")], JOURNEY)
<found: call_taxi alice, ride_taxi alice park, pay_driver alice park>
"""


def at_home(cash: float = 20) -> State:
    """Alice and Bob at home, 8 km and 2 km from the park."""
    return State(
        {
            ("at", "alice"): "home",
            ("at", "bob"): "kiosk",
            ("cash", "alice"): cash,
            ("cash", "bob"): 15,
            ("owes", "alice"): 0,
            ("owes", "bob"): 0,
            ("km", "home", "park"): 8,
            ("km", "kiosk", "park"): 2,
            ("km", "home", "kiosk"): 7,
            "taxi is free": True,
            "taxi at": "park",
            "bus runs": True,
        }
    )


# --- blocks: one hand, towers on a table ------------------------------------------------------------


def blocks(on: Mapping[Any, Any]) -> State:
    """Each block on another one or on the "table", an empty hand.

    >>> blocks({"a": "b", "b": "table"})["clear", "b"]
    False
    """
    below = set(on.values())
    if strange := below - set(on) - {"table"}:
        raise ValueError(f"{min(strange, key=str)!r} carries a block and stands nowhere. Say what it is on.")
    standing = {"table"}
    for _ in on:
        standing |= {block for block, place in on.items() if place in standing}
    below_one = [place for place in on.values() if place != "table"]
    if len(standing) <= len(on) or len(set(below_one)) < len(below_one):
        raise ValueError(
            f"{dict(on)!r}: some of these stand on each other in a circle, or two on one. Let every tower "
            f"begin on the table: blocks({{'a': 'b', 'b': 'table'}})."
        )
    made: dict[Any, Any] = {("on", block): place for block, place in on.items()}
    made |= {("clear", block): block not in below for block in on}
    return State(made | {"hand": None})


def pickup(state: State, block: Any) -> Effects | str:
    """Take a block from the table."""
    if state["on", block] != "table" or not state["clear", block] or state["hand"] is not None:
        return f"{block} is not a clear block on the table, or the hand is not empty"
    return {("on", block): "hand", ("clear", block): False, "hand": block}


def unstack(state: State, block: Any, below: Any) -> Effects | str:
    """Take a block from the one below it."""
    if state["on", block] != below or not state["clear", block] or state["hand"] is not None:
        return f"{block} is not a clear block on {below}, or the hand is not empty"
    return {("on", block): "hand", ("clear", block): False, "hand": block, ("clear", below): True}


def putdown(state: State, block: Any) -> Effects | str:
    """Put the block in the hand on the table."""
    if state["hand"] != block:
        return f"{block} is not in the hand"
    return {("on", block): "table", ("clear", block): True, "hand": None}


def stack(state: State, block: Any, below: Any) -> Effects | str:
    """Put the block in the hand on another one."""
    if state["hand"] != block or not state["clear", below]:
        return f"{block} is not in the hand, or {below} is not clear"
    return {("on", block): below, ("clear", block): True, "hand": None, ("clear", below): False}


def from_the_table(state: State, block: Any, to: Any) -> list[Task] | str:
    """A block that stands on the table."""
    return [("pickup", block), ("put", block, to)] if state["on", block] == "table" else "it is on a block"


def from_a_block(state: State, block: Any, to: Any) -> list[Task] | str:
    """A block that stands on another one."""
    below = state["on", block]
    return [("unstack", block, below), ("put", block, to)] if below != "table" else "it is on the table"


def onto(state: State, block: Any, to: Any) -> list[Task]:
    """Put what one holds where it belongs."""
    return [("putdown", block) if to == "table" else ("stack", block, to)]


def is_settled(state: State, goal: Mapping[Any, Any], block: Any) -> bool:
    """Whether neither this block nor any below it must ever move again."""
    while block != "table":
        if goal.get(block, state["on", block]) != state["on", block]:
            return False
        block = state["on", block]
    return True


def _loose(state: State, goal: Mapping[Any, Any]) -> Iterator[Any]:
    """The clear blocks that must move, in the order of the state."""
    for variable, value in state.items():
        if value is True and variable[0] == "clear" and not is_settled(state, goal, variable[1]):
            yield variable[1]


def empty_hand(state: State, goal: Goal) -> list[Task] | str:
    """Put down what one holds from before."""
    return [("putdown", state["hand"]), ("build", goal)] if state["hand"] is not None else "it is empty"


def move_home(state: State, goal: Goal) -> list[Task] | str:
    """Move some clear block to where it can stay for good."""
    wanted = dict(goal)
    for block in _loose(state, wanted):
        to = wanted.get(block, "table")
        if to == "table" or (state["clear", to] and is_settled(state, wanted, to)):
            return [("move", block, to), ("build", goal)]
    return "no clear block can go where it belongs"


def move_away(state: State, goal: Goal) -> list[Task] | str:
    """Put a block on the table that stands in the way."""
    for block in _loose(state, dict(goal)):
        if state["on", block] != "table":
            return [("move", block, "table"), ("build", goal)]
    return "no block stands in the way"


def nothing_left(state: State, goal: Goal) -> list[Task] | str:
    """Every block stands where it belongs."""
    return [] if all(state["on", block] == to for block, to in goal) else "some block is not where it belongs"


BLOCKS = Domain(
    [pickup, unstack, putdown, stack],
    {
        "build": [empty_hand, move_home, move_away, nothing_left],
        "move": [from_the_table, from_a_block],
        "put": [onto],
    },
)
"""Towers with no block moved more than twice (N. Gupta, D. Nau, On the Complexity of Blocks-World Planning,
Artificial Intelligence 56, 1992).

>>> from coordlab.patterns.htn.rules import find_plan
>>> sussman = blocks({"c": "a", "a": "table", "b": "table"})
>>> find_plan(sussman, [("build", (("a", "b"), ("b", "c")))], BLOCKS)
<found: unstack c a, putdown c, pickup b, stack b c, pickup a, stack a b>
"""


def next_goal(state: State, goal: Goal) -> list[Task] | str:
    """Bring about the first part of the goal that does not hold, whatever becomes of the others."""
    for block, to in goal:
        if state["on", block] != to:
            return [("free", block), ("free", to), ("move", block, to), ("build", goal)]
    return "all parts of the goal hold"


def is_free(state: State, block: Any) -> list[Task] | str:
    """Nothing stands on it."""
    return [] if block == "table" or state["clear", block] else "a block stands on it"


def free_by_hand(state: State, block: Any) -> list[Task] | str:
    """Put what stands on it on the table."""
    above = [name[1] for name, place in state.items() if name[0] == "on" and place == block]
    return [("free", above[0]), ("move", above[0], "table")] if above else "nothing stands on it"


GOAL_BY_GOAL = Domain(
    [pickup, unstack, putdown, stack],
    {
        "build": [next_goal, nothing_left],
        "free": [is_free, free_by_hand],
        "move": [from_the_table, from_a_block],
        "put": [onto],
    },
)
"""One part of the goal after the other, as if none could undo another (G. Sussman's anomaly, 1975).

>>> from coordlab.patterns.htn.rules import find_plan
>>> sussman = blocks({"c": "a", "a": "table", "b": "table"})
>>> for goal in [(("a", "b"), ("b", "c")), (("b", "c"), ("a", "b"))]:
...     print(len(find_plan(sussman, [("build", goal)], GOAL_BY_GOAL).plan) // 2, "moves")
5 moves
7 moves
"""


# --- a switch: what goes wrong shows later ----------------------------------------------------------


def putv(state: State, value: int) -> Effects:
    """Set the switch."""
    return {"switch": value}


def getv(state: State, value: int) -> Effects | str:
    """Need the switch to be set so."""
    return {} if state["switch"] == value else f"the switch is at {state['switch']}"


def contradicts(state: State) -> list[Task]:
    """Set it to 0 and need 1: never works."""
    return [("putv", 0), ("getv", 1)]


def to_0(state: State) -> list[Task]:
    """Set it to 0."""
    return [("putv", 0), ("getv", 0)]


def to_1(state: State) -> list[Task]:
    """Set it to 1."""
    return [("putv", 1), ("getv", 1)]


def needs_0(state: State) -> list[Task]:
    """Need 0."""
    return [("getv", 0)]


def needs_1(state: State) -> list[Task]:
    """Need 1."""
    return [("getv", 1)]


SWITCH = Domain(
    [putv, getv],
    {
        "put_it": [contradicts, to_0, to_1],
        "need0": [needs_0],
        "need1": [needs_1],
        "need01": [needs_0, needs_1],
        "need10": [needs_1, needs_0],
    },
)
"""Which way of `put_it` is right only what comes after it can tell.

>>> from coordlab.patterns.htn.rules import find_plan
>>> find_plan({"switch": -1}, [("put_it",), ("need1",)], SWITCH)
<found: putv 1, getv 1, getv 1>
"""


# --- dials: a lock that tells at the end, or at once ------------------------------------------------


def turn(state: State, dial: int, position: int) -> Effects:
    """Turn a dial."""
    return {dial: position}


def pull(state: State, *dials: int) -> Effects | str:
    """Pull at the lock: these dials must be at their last position."""
    wrong = [dial for dial in dials if state[dial] != state["last"]]
    return f"dial {wrong[0]} is wrong" if wrong else {}


def _turn_to(position: int, at_once: bool) -> Any:
    def method(state: State, dial: int) -> list[Task]:
        return [("turn", dial, position), *([("pull", dial)] if at_once else [])]

    method.__name__ = f"to_{position}"
    return method


def lock(positions: int, dials: int, at_once: bool) -> tuple[State, list[Task], Domain]:
    """A lock whose dials must all be at their last position: what to plan from, what to do, and how.

    If a dial tells `at_once` that it is wrong, b·d pulls open it; if only the lock does, at the end, one
    tries all b^d combinations.

    >>> from coordlab.patterns.htn.rules import find_plan
    >>> [find_plan(*lock(3, 4, at_once)).tried["pull"] for at_once in (True, False)]
    [12, 81]
    """
    domain = Domain([turn, pull], {"set": [_turn_to(position, at_once) for position in range(positions)]})
    tasks: list[Task] = [("set", dial) for dial in range(dials)]
    return State({"last": positions - 1}), tasks if at_once else [*tasks, ("pull", *range(dials))], domain


# --- a report: parts of it can be written at the same time ------------------------------------------


def gather(state: State, region: str) -> Effects:
    """Collect the data of a region."""
    return {("data", region): True}


def analyse(state: State, region: str) -> Effects | str:
    """Find out what the data say."""
    return {("findings", region): True} if ("data", region) in state else f"there are no data of {region}"


def write(state: State, *regions: str) -> Effects | str:
    """Write the text."""
    missing = [region for region in regions if ("findings", region) not in state]
    return f"there are no findings of {missing[0]}" if missing else {"text": True}


def plot(state: State, *regions: str) -> Effects | str:
    """Draw the figures with a program."""
    return {"figures": all(state["findings", region] for region in regions)}


def sketch(state: State, *regions: str) -> Effects | str:
    """Draw the figures by hand."""
    return {"figures": all(state["findings", region] for region in regions)}


def bind(state: State) -> Effects | str:
    """Put text and figures together."""
    return {"report": True} if state["text"] and state["figures"] else "text or figures are missing"


def region_by_region(state: State, *regions: str) -> list[Task]:
    """Study each region, then write, illustrate and bind."""
    studies: list[Task] = [("study", region) for region in regions]
    return [*studies, ("write", *regions), ("illustrate", *regions), ("bind",)]


def from_data(state: State, region: str) -> list[Task]:
    """Gather data, then analyse them."""
    return [("gather", region), ("analyse", region)]


def with_a_program(state: State, *regions: str) -> list[Task]:
    """Plot."""
    return [("plot", *regions)]


def by_hand(state: State, *regions: str) -> list[Task]:
    """Sketch."""
    return [("sketch", *regions)]


REPORT = Domain(
    [gather, analyse, write, plot, sketch, bind],
    {"report": [region_by_region], "study": [from_data], "illustrate": [with_a_program, by_hand]},
)
"""How a report comes about, by one or by many.

>>> from coordlab.patterns.htn.rules import find_plan
>>> print(find_plan({}, [("report", "north", "south")], REPORT).tree)
report north south  by region_by_region
  study north  by from_data
    gather north
    analyse north
  study south  by from_data
    gather south
    analyse south
  write north south
  illustrate north south  by with_a_program
    plot north south
  bind
"""
