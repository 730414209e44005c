"""Small domains to plan in: blocks on a table, a switch, the dials of a lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from coordlab.patterns.htn.rules import Domain, Effects, State, Task

Goal = tuple[tuple[Any, Any], ...]


def blocks(on: Mapping[Any, Any]) -> State:
    """Each block on another block or on the "table", and an empty hand."""
    made: dict[Any, Any] = {("on", block): place for block, place in on.items()}
    made |= {("clear", block): block not in on.values() for block in on}
    return State(made | {"hand": None})


def pickup(state: State, block: Any) -> Effects | str:
    if state["on", block] != "table" or not state["clear", block] or state["hand"] is not None:
        return f"{block} is not a clear block on the table, or the hand is not empty"
    return {("on", block): "hand", ("clear", block): False, "hand": block}


def unstack(state: State, block: Any, below: Any) -> Effects | str:
    if state["on", block] != below or not state["clear", block] or state["hand"] is not None:
        return f"{block} is not a clear block on {below}, or the hand is not empty"
    return {("on", block): "hand", ("clear", block): False, "hand": block, ("clear", below): True}


def putdown(state: State, block: Any) -> Effects | str:
    if state["hand"] != block:
        return f"{block} is not in the hand"
    return {("on", block): "table", ("clear", block): True, "hand": None}


def stack(state: State, block: Any, below: Any) -> Effects | str:
    if state["hand"] != block or not state["clear", below]:
        return f"{block} is not in the hand, or {below} is not clear"
    return {("on", block): below, ("clear", block): True, "hand": None, ("clear", below): False}


def from_the_table(state: State, block: Any, to: Any) -> list[Task] | str:
    return [("pickup", block), ("put", block, to)] if state["on", block] == "table" else "it is on a block"


def from_a_block(state: State, block: Any, to: Any) -> list[Task] | str:
    below = state["on", block]
    return [("unstack", block, below), ("put", block, to)] if below != "table" else "it is on the table"


def onto(state: State, block: Any, to: Any) -> list[Task]:
    return [("putdown", block) if to == "table" else ("stack", block, to)]


def is_settled(state: State, goal: Mapping[Any, Any], block: Any) -> bool:
    """Whether neither this block nor any block below it has to move again."""
    while block != "table":
        below = state["on", block]
        in_the_way = block not in goal and below != "table" and below in goal.values()
        if goal.get(block, below) != below or in_the_way:
            return False
        block = state["on", block]
    return True


def _loose(state: State, goal: Mapping[Any, Any]) -> Iterator[Any]:
    """The clear blocks that must move, in the order of the state."""
    for variable, value in state.items():
        if value is True and variable[0] == "clear" and not is_settled(state, goal, variable[1]):
            yield variable[1]


def empty_hand(state: State, goal: Goal) -> list[Task] | str:
    """Put down the block that was held at the start."""
    return [("putdown", state["hand"]), ("build", goal)] if state["hand"] is not None else "it is empty"


def move_home(state: State, goal: Goal) -> list[Task] | str:
    """Move a clear block to a place where it can stay."""
    wanted = dict(goal)
    for block in _loose(state, wanted):
        to = wanted.get(block, "table")
        if to == "table" or (state["clear", to] and is_settled(state, wanted, to)):
            return [("move", block, to), ("build", goal)]
    return "no clear block can go where it belongs"


def move_away(state: State, goal: Goal) -> list[Task] | str:
    """Put a block that is in the way on the table."""
    for block in _loose(state, dict(goal)):
        if state["on", block] != "table":
            return [("move", block, "table"), ("build", goal)]
    return "no block is in the way"


def nothing_left(state: State, goal: Goal) -> list[Task] | str:
    return [] if all(state["on", block] == to for block, to in goal) else "some block is not where it belongs"


# Towers with no block moved more than twice (N. Gupta, D. Nau, On the Complexity of Blocks-World Planning,
# Artificial Intelligence 56, 1992).
BLOCKS = Domain(
    [pickup, unstack, putdown, stack],
    {
        "build": [empty_hand, move_home, move_away, nothing_left],
        "move": [from_the_table, from_a_block],
        "put": [onto],
    },
)


def putv(state: State, value: int) -> Effects:
    return {"switch": value}


def getv(state: State, value: int) -> Effects | str:
    return {} if state["switch"] == value else f"the switch is at {state['switch']}"


def returning(name: str, answer: object) -> Any:
    """An action or method of this name that always returns this."""
    work = lambda state, *_: answer
    work.__name__ = name
    return work


def method(name: str, *subtasks: Task) -> Any:
    return returning(name, [*subtasks])


NEEDS_0, NEEDS_1 = method("needs_0", ("getv", 0)), method("needs_1", ("getv", 1))
SWITCH = Domain(
    [putv, getv],
    {
        "put_it": [
            method("contradicts", ("putv", 0), ("getv", 1)),
            method("to_0", ("putv", 0), ("getv", 0)),
            method("to_1", ("putv", 1), ("getv", 1)),
        ],
        "need0": [NEEDS_0],
        "need1": [NEEDS_1],
        "need01": [NEEDS_0, NEEDS_1],
        "need10": [NEEDS_1, NEEDS_0],
    },
)


def turn(state: State, dial: int, position: int) -> Effects:
    return {dial: position}


def pull(state: State, *dials: int) -> Effects | str:
    wrong = [dial for dial in dials if state[dial] != state["last"]]
    return f"dial {wrong[0]} is wrong" if wrong else {}


def _turn_to(position: int, at_once: bool) -> Any:
    def refine(state: State, dial: int) -> list[Task]:
        return [("turn", dial, position), *([("pull", dial)] if at_once else [])]

    refine.__name__ = f"to_{position}"
    return refine


def lock(positions: int, dials: int, at_once: bool) -> tuple[State, list[Task], Domain]:
    """A lock whose dials must all be at their last position: the state, the tasks and the domain.

    If a dial tells `at_once` that it is wrong, b·d pulls open it; if only the lock tells, at the end, all b^d
    combinations are tried.
    """
    domain = Domain([turn, pull], {"set": [_turn_to(position, at_once) for position in range(positions)]})
    tasks: list[Task] = [("set", dial) for dial in range(dials)]
    return State({"last": positions - 1}), tasks if at_once else [*tasks, ("pull", *range(dials))], domain


def first_applicable(state: Mapping[Any, Any], tasks: Sequence[Any], domain: Any) -> tuple[Any, ...] | None:
    """A planner that always takes the first method that applies, and never goes back; None if stuck."""
    plan, left = list[Any](), [*tasks]
    while left:
        task, *left = left
        if task[0] in domain.actions:
            after = domain.perform(state, task)
            if isinstance(after, str):
                return None
            state = after
            plan.append(task)
        else:
            ways = (domain.refine(state, task, method) for method in domain.methods[task[0]])
            parts = next((each for each in ways if not isinstance(each, str)), None)
            if parts is None:
                return None
            left = [*parts, *left]
    return tuple(plan)
