"""Planning by refinement: which plans it finds, which search it makes, and what it says if there is none."""

from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from coordlab.patterns.htn import theory
from coordlab.patterns.htn.domains import JOURNEY, at_home
from coordlab.patterns.htn.naive import first_applicable
from coordlab.patterns.htn.planner import find_plan
from coordlab.patterns.htn.rules import (
    Domain,
    Refined,
    State,
    Task,
    execute,
    replay,
    settled,
)
from tests.patterns.htn.domains import BLOCKS, SWITCH, blocks, lock
from tests.sampling import disaster_count

Towers = tuple[tuple[Any, ...], ...]


def built(towers: Towers) -> dict[Any, Any]:
    """What each block is on, in the order of the blocks; each tower is given from the bottom up."""
    on = {block: below for tower in towers for below, block in zip(("table", *tower), tower, strict=False)}
    return dict(sorted(on.items()))


def build(towers: Towers) -> list[Task]:
    """The task of building these."""
    return [("build", tuple(built(towers).items()))]


def moved(plan: tuple[Task, ...] | None) -> str:
    """The moves of a blocks-world plan as text: a block, and where it is put."""
    assert plan is not None
    put = [task for task in plan if task[0] in ("putdown", "stack")]
    return " ".join(f"{task[1]}>{task[2] if task[0] == 'stack' else 'T'}" for task in put)


def random_blocks(count: int, seed: int) -> tuple[State, list[Task]]:
    """Blocks on towers at random, and towers to be built of them."""
    dice = random.Random(seed)

    def towers() -> Towers:
        made: list[list[int]] = []
        for block in dice.sample(range(count), count):
            if made and dice.random() < 0.9:
                dice.choice(made).append(block)
            else:
                made.append([block])
        return tuple(map(tuple, made))

    return blocks(built(towers())), build(towers())


# --- numbers --------------------------------------------------------------------------------------


def test_alice_takes_a_taxi_to_the_park_and_bob_walks() -> None:
    """8 km are too far to walk, 2 km are not."""
    found = find_plan(at_home(), [("travel", "alice", "park"), ("travel", "bob", "park")], JOURNEY)
    assert found.plan == (
        ("call_taxi", "alice"),
        ("ride_taxi", "alice", "park"),
        ("pay_driver", "alice", "park"),
        ("walk", "bob", "park"),
    )
    assert (found.cost, found.because) == (4, "")
    assert found.tree == (
        "travel alice park  by by_taxi\n  call_taxi alice\n  ride_taxi alice park\n  pay_driver alice park\n"
        "travel bob park  by by_foot\n  walk bob park"
    )


def test_an_empty_plan_is_a_plan() -> None:
    """She is there already."""
    found = find_plan(at_home().after({("at", "alice"): "park"}), [("travel", "alice", "park")], JOURNEY)
    assert (found.status, found.plan, bool(found)) == ("found", (), True)


SUSSMAN = blocks({"c": "a", "a": "table", "b": "table"})


LARGE_D = ((2, 3, 16, 17, 18, 19), (6, 7, 8, 9), (13, 12, 1), (15, 14, 4, 5, 10, 11))
LARGE_D_GOAL = ((4, 9, 8, 13, 15), (6, 7, 11, 16, 3, 2, 12))
LARGE_D_MOVES = "1>T 19>T 18>T 17>T 9>T 8>T 11>7 10>T 5>T 4>T 9>4 8>9 14>T 16>11 3>16 2>3 12>2 13>8 15>13"


def test_bw_large_d_takes_38_steps() -> None:
    """The same plan that SHOP's successors find for this problem of SHOP's distribution."""
    found = find_plan(blocks(built(LARGE_D)), build(LARGE_D_GOAL), BLOCKS)
    assert (len(found.plan or ()), moved(found.plan)) == (38, LARGE_D_MOVES)


@pytest.mark.parametrize(
    ("need", "plan"),
    [
        ("need0", [("putv", 0), ("getv", 0), ("getv", 0)]),
        ("need01", [("putv", 0), ("getv", 0), ("getv", 0)]),
        ("need10", [("putv", 0), ("getv", 0), ("getv", 0)]),
        ("need1", [("putv", 1), ("getv", 1), ("getv", 1)]),
    ],
)
def test_backtracking_goes_back_as_far_as_needed(need: str, plan: list[Task]) -> None:
    """The first choice may be the wrong one; an action that changes nothing is kept."""
    assert find_plan({"switch": -1}, [("put_it",), (need,)], SWITCH).plan == tuple(plan)


@pytest.mark.parametrize(("methods", "tasks"), [(b, d) for b in (1, 2, 3, 5) for d in (1, 2, 3, 4)])
def test_late_mistakes_cost_a_power_early_ones_a_product(methods: int, tasks: int) -> None:
    """The lock is pulled b^d times if only the end tells, b·d times if each dial does."""
    late, soon = (find_plan(*lock(methods, tasks, at_once)).tried["pull"] for at_once in (False, True))
    assert (late, soon) == (theory.leaves(methods, tasks), theory.checks(methods, tasks))


def test_long_plans_need_no_recursion() -> None:
    """A plan may be longer than Python's stack is deep."""
    found = find_plan(*random_blocks(150, seed=1), BLOCKS)
    assert len(found.plan or ()) == 498
    assert execute(random_blocks(150, seed=1)[0], found.plan or (), BLOCKS) == found.state

    def step(state: State, left: int) -> dict[str, int]:
        return {"left": left}

    def countdown(state: State, left: int) -> list[Task]:
        return [("step", left), ("count", left - 1)] if left else []

    long = find_plan({}, [("count", 5000)], Domain([step], {"count": [countdown]}))
    assert len(long.plan or ()) == 5000
    assert long.chosen[-1].level == 5000


@pytest.mark.parametrize("seed", range(disaster_count()))
def test_no_block_moves_more_than_twice(seed: int) -> None:
    """And all end up where they belong."""
    state, tasks = random_blocks(12, seed)
    found = find_plan(state, tasks, BLOCKS)
    assert found.state is not None
    assert all(found.state["on", block] == to for block, to in tasks[0][1])
    assert len(found.plan or ()) <= 4 * 12  # a move is two actions


JOURNEYS = {
    ("walk", "alice", "park"): "8 km are too far",
    ("walk", "alice", "home"): "alice is there already",
    ("ride_taxi", "alice", "park"): "alice sits in no taxi",
    ("pay_driver", "alice", "park"): "alice does not sit in a taxi at park",
    ("take_bus", "alice", "home"): "alice is there already",
}


@pytest.mark.parametrize("task", JOURNEYS)
def test_an_impossible_action_says_why(task: Task) -> None:
    """Each for its own reason."""
    assert JOURNEY.perform(at_home(), task) == JOURNEYS[task]


def test_a_plan_continues_what_was_begun() -> None:
    """In a taxi she rides on, at the end of the ride she pays, and a held block is put down."""
    riding = at_home().after({("at", "alice"): "taxi", "taxi at": "home", "taxi is free": False})
    there = riding.after({"taxi at": "park", ("owes", "alice"): 5.5})
    task: list[Task] = [("travel", "alice", "park")]
    assert [find_plan(each, task, JOURNEY).plan for each in (riding, there)] == [
        (("ride_taxi", "alice", "park"), ("pay_driver", "alice", "park")),
        (("pay_driver", "alice", "park"),),
    ]
    broke = there.after({("cash", "alice"): 1})
    assert find_plan(broke, task, JOURNEY).because == (
        "stuck at the start: travel alice park (stay: alice is not there yet; by_foot: alice sits in a taxi; "
        "by_bus: alice sits in a taxi), pay_driver alice park (alice has 1 and owes 5.5)"
    )
    held = SUSSMAN.after({("on", "c"): "hand", ("clear", "c"): False, ("clear", "a"): True, "hand": "c"})
    assert moved(find_plan(held, [("build", (("a", "b"), ("b", "c")))], BLOCKS).plan) == "c>T b>c a>b"


# --- an oracle: all plans, one after the other ------------------------------------------------------


Ways = dict[str, list[tuple[tuple[str, int] | None, list[Task]]]]


def random_problem(seed: int) -> tuple[dict[str, int], list[Task], Ways]:
    """Three variables, and tasks each with up to three ways, some of which need a variable to be so."""
    dice = random.Random(seed)
    names, ways = "abc", Ways()
    for level in range(5):
        choices = [f"t{lower}" for lower in range(level + 1, 5)] + ["put", "need", "need"]

        def part() -> Task:
            name = dice.choice(choices)  # noqa: B023
            return (name,) if name[0] == "t" else (name, dice.choice(names), dice.randint(0, 2))

        ways[f"t{level}"] = [
            (
                (dice.choice(names), dice.randint(0, 2)) if dice.random() < 0.2 else None,
                [part() for _ in range(dice.randint(0, 3))],
            )
            for _ in range(dice.randint(1, 3))
        ]
    return dict.fromkeys(names, 0), [("t0",), ("t1",), ("need", "a", 1), ("t2",)], ways


def as_domain(ways: Ways) -> Domain:
    """The same for the planner."""

    def put(state: State, name: str, value: int) -> dict[str, int]:
        return {name: value}

    def need(state: State, name: str, value: int) -> dict[str, int] | str:
        return {} if state[name] == value else f"{name} is {state[name]}"

    def method(number: int, guard: tuple[str, int] | None, parts: list[Task]) -> Callable[..., Any]:
        def refined(state: State) -> list[Task] | str:
            return parts if guard is None or state[guard[0]] == guard[1] else "the guard says no"

        refined.__name__ = f"m{number}"
        return refined

    return Domain(
        [put, need],
        {task: [method(number, *way) for number, way in enumerate(each)] for task, each in ways.items()},
    )


def all_plans(state: dict[str, int], tasks: list[Task], ways: Ways) -> Iterator[tuple[Task, ...]]:
    """Every plan in order of preference, by plain recursion."""
    if not tasks:
        yield ()
        return
    (name, *rest), *later = tasks
    if name in ways:
        for guard, parts in ways[name]:
            if guard is None or state[guard[0]] == guard[1]:
                yield from all_plans(state, [*parts, *later], ways)
    elif name == "put" or state[rest[0]] == rest[1]:
        after = {**state, rest[0]: rest[1]} if name == "put" else state
        yield from (((name, *rest), *plan) for plan in all_plans(after, later, ways))


def test_the_plan_is_the_first_of_all_plans() -> None:
    """On random domains, compared with an enumeration; None only if there is none."""
    rescued = impossible = 0
    for seed in range(5 * disaster_count()):
        state, tasks, ways = random_problem(seed)
        domain, best = as_domain(ways), next(all_plans(state, tasks, ways), None)
        found = find_plan(state, tasks, domain)
        assert (found.plan, found.status) == (best, "exhausted" if best is None else "found")
        rescued += best is not None and first_applicable(state, tasks, domain) is None
        impossible += best is None
        if found:
            assert replay(state, tasks, found.chosen, domain) == found.plan
            assert execute(state, found.plan or (), domain) == found.state
    assert rescued >= 3
    assert impossible >= 3


def test_a_budget_excludes_expensive_plans() -> None:
    """The plan is the first within the budget; what is beyond it was not looked at."""
    for seed in range(disaster_count()):
        state, tasks, ways = random_problem(seed)
        plans = list(islice(all_plans(state, tasks, ways), 500))
        cheap = next((plan for plan in plans if len(plan) <= 5), None)
        found = find_plan(state, tasks, as_domain(ways), budget=5)
        if len(plans) < 500 or cheap is not None:
            assert found.plan == cheap
            assert found or found.status == ("limit" if plans else found.status)


# --- the caller's state ---------------------------------------------------------------------------


def test_an_action_cannot_change_the_state() -> None:
    """The error says what to return instead."""

    def vandalize(state: State) -> dict[str, int]:
        state["switch"] = 1
        return {}

    with pytest.raises(TypeError, match=r"a state never changes.*return \{variable: value\}"):
        find_plan({"switch": 0}, [("vandalize",)], Domain([vandalize]))


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.update(a=1),
        lambda state: state.pop("a"),
        lambda state: state.clear(),
        lambda state: state.setdefault("b", 1),
        lambda state: state.popitem(),
        lambda state: state.__ior__({"a": 1}),
        lambda state: state.__delitem__("a"),
    ],
)
def test_a_state_cannot_be_changed(change: Callable[[State], Any]) -> None:
    """By no method; copies are equal to the original."""
    state = State(a=0)
    with pytest.raises(TypeError, match="a state never changes"):
        change(state)
    assert state == copy.deepcopy(state) == pickle.loads(pickle.dumps(state)) == {"a": 0}
    assert hash(state) == hash(State(a=0))


# --- circles ----------------------------------------------------------------------------------------


def wait(state: State) -> dict[Any, Any]:
    return {}


def flip(state: State) -> dict[str, bool]:
    return {"up": not state.get("up", False)}


def again(state: State) -> list[Task]:
    return [("build",)]


def first_again(state: State) -> list[Task]:
    return [("build",), ("wait",)]


def flip_twice(state: State) -> list[Task]:
    return [("flip",), ("flip",), ("build",)]


def by_way_of(state: State) -> list[Task]:
    return [("other",)]


def just_wait(state: State) -> list[Task]:
    return [("wait",)]


@pytest.mark.parametrize("ways", [[again], [flip_twice], [by_way_of]])
def test_a_task_that_returns_to_itself_in_the_same_state_is_refused(ways: list[Any]) -> None:
    """At once, after actions that undo each other, or by way of another task: the search ends."""
    domain = Domain([wait, flip], {"build": ways, "other": [again]})
    found = find_plan({"up": False}, [("build",)], domain)
    assert (found.status, found.plan) == ("exhausted", None)
    assert "it comes back to itself in the same state" in found.because
    rescued = Domain([wait, flip], {"build": [*ways, just_wait], "other": [again]})
    assert find_plan({"up": False}, [("build",)], rescued).plan is not None


def test_more_to_do_each_time_is_a_limit() -> None:
    """Build = build, wait: any number of waits could follow, so not everything has been looked at."""
    assert find_plan({}, [("build",)], Domain([wait], {"build": [first_again, just_wait]})).plan == (
        ("wait",),
    )
    found = find_plan({}, [("build",)], Domain([wait], {"build": [first_again]}))
    assert (found.status, found.plan) == ("limit", None)
    assert "build was not refined into itself again and again" in found.because


# --- limits -----------------------------------------------------------------------------------------


def test_a_stopped_search_does_not_say_exhausted() -> None:
    """`limit` tasks were looked at; one more step would have found the plan."""
    needed = find_plan(at_home(), [("travel", "alice", "park")], JOURNEY).steps
    stopped = find_plan(at_home(), [("travel", "alice", "park")], JOURNEY, limit=needed - 1)
    assert (needed, stopped.status, stopped.plan) == (4, "limit", None)
    assert stopped.because.startswith("the search was stopped after 3 steps; stuck at the start: travel")
    assert find_plan(at_home(), [("travel", "alice", "park")], JOURNEY, limit=needed)


def test_a_budget_is_a_limit() -> None:
    """The bus costs 1 and the taxi 3, unless a ride is expensive."""
    dear = Domain(JOURNEY.actions.values(), JOURNEY.methods, {"ride_taxi": 10.0})
    assert find_plan(at_home(), [("travel", "alice", "park")], dear).cost == 12
    by_bus = find_plan(at_home(), [("travel", "alice", "park")], dear, budget=11)
    assert by_bus.plan == (("take_bus", "alice", "park"),)
    found = find_plan(at_home(), [("travel", "alice", "park")], dear, budget=0.5)
    assert found.status == "limit"
    assert found.because.startswith("plans that cost more than 0.5 were not looked at; stuck at the start: ")
    assert found.because.endswith(
        "call_taxi alice (the plan would cost 1), take_bus alice park (the plan would cost 1)"
    )


# --- explanations -----------------------------------------------------------------------------------


def test_because_names_the_tasks_and_reasons() -> None:
    """Those where the search got furthest."""
    poor = at_home(cash=3).after({"bus runs": False})
    found = find_plan(poor, [("travel", "alice", "park")], JOURNEY)
    assert found.because == (
        "stuck at the start: travel alice park (stay: alice is not there yet; by_foot: 8 km are too far; "
        "by_taxi: alice has 3, and it costs 5.5), take_bus alice park (no bus runs)"
    )
    assert [(each.by, each.because) for each in found.refusals] == [
        ("stay", "alice is not there yet"),
        ("by_foot", "8 km are too far"),
        ("by_taxi", "alice has 3, and it costs 5.5"),
        ("take_bus", "no bus runs"),
    ]
    assert repr(found) == f"<exhausted: {found.because}>"


# --- following a plan -------------------------------------------------------------------------------


def test_a_changed_plan_is_detected() -> None:
    """Executed or replayed, it says where it goes wrong."""
    tasks: list[Task] = [("travel", "alice", "park")]
    found = find_plan(at_home(), tasks, JOURNEY)
    assert found.plan is not None
    assert execute(at_home(), found.plan[1:], JOURNEY) == (
        "step 1, ride_taxi alice park, fails: alice sits in no taxi"
    )
    assert (
        execute(at_home(), (("travel", "alice"), ()), JOURNEY) == "step 1, 'travel alice', is not an action"
    )
    rows = found.chosen
    by_bus = Refined(tasks[0], "by_bus", 0)
    on_foot = Refined(tasks[0], "by_foot", 0)
    assert replay(at_home(), tasks, rows[:-1], JOURNEY) == "pay_driver alice park was never done"
    assert replay(at_home(), tasks, rows[1:], JOURNEY) == (
        "call_taxi alice was refined where travel alice park was to be done"
    )
    assert replay(at_home(), tasks, (*rows, rows[-1]), JOURNEY) == (
        "pay_driver alice park was refined where nothing was to be done"
    )
    assert replay(at_home(), tasks, (on_foot,), JOURNEY) == (
        "travel alice park cannot be done so: 8 km are too far"
    )
    assert replay(at_home(), tasks, (by_bus, Refined(("take_bus", "alice", "park"), "x", 1)), JOURNEY) == (
        "x does not do take_bus alice park"
    )
    assert replay(at_home(), tasks, (Refined(tasks[0], "", 0),), JOURNEY) == (
        "no action does not do travel alice park"
    )


# --- what cannot be ---------------------------------------------------------------------------------


def pack(state: State) -> dict[str, Any]:
    return {"bag": ["cup"]}


def takes_two(state: State, one: str, other: str) -> dict[str, str]:
    return {one: other}


def broken(state: State) -> dict[str, int]:
    return {"sum": 1 + "1"}  # type: ignore[operator]


def one_task(state: State) -> Any:
    return ("wait",)


def unknown(state: State) -> list[Task]:
    return [("fly",)]


def says_no(state: State) -> Any:
    return False


def asks_for_more(state: State) -> list[Task]:
    return [("wait",)] if state["money"] else []


WAIT = Domain([wait])


def going(method: Callable[..., Any]) -> Domain:
    """A domain whose only task is refined by this method."""
    return Domain([wait], {"go": [method]})


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda: Domain([wait], {"wait": [again]}), r"\['wait'\] are both: expected a name that is either"),
        (
            lambda: Domain([wait, wait]),
            r"actions=.*: expected a list of functions, made with `def`, each with a",
        ),
        (lambda: Domain([42]), r"actions=\[42\]: expected a list of functions"),  # type: ignore[list-item]
        (lambda: Domain({"w": wait}), r"actions=\{'w': .*expected a list of functions"),  # type: ignore[dict-item]
        (lambda: Domain([wait], {"go": again}), r"methods\['go'\]=<function .*list"),  # type: ignore[dict-item]
        (lambda: Domain([wait], {"go": []}), r"methods\['go'\]=\[\]: expected a list of functions"),
        (lambda: Domain([wait], {"go": [again, again]}), r"methods\['go'\]=.*each with a name of its own"),
        (lambda: Domain([wait], costs={"go": 1}), r"costs\['go'\]=1: expected the name of an action"),
        (lambda: Domain([wait], costs={"wait": -1}), r"costs\['wait'\]=-1: expected a number, 0 or more"),
        (lambda: find_plan({}, [("fly",)], WAIT), r"unknown task 'fly': .* wait, .* \(none\)"),
        (lambda: find_plan({}, ["wait"], WAIT), r"the tasks: 'wait': expected a task.*: \('wait',\)"),
        (lambda: find_plan({}, "wait", WAIT), r"tasks='wait': expected a list of tasks"),
        (lambda: find_plan({}, ("wait",), WAIT), r"expected a list of tasks.*tasks=\[\('wait',\)\]"),
        (lambda: find_plan({}, [()], WAIT), r"\(\): expected a task"),
        (lambda: find_plan({}, [("wait", [])], WAIT), r"\('wait', \[\]\): expected a task.*cannot change"),
        (lambda: find_plan({}, [("wait", 1)], WAIT), r"'wait 1': wait\(.*too many positional"),
        (
            lambda: find_plan({}, [("takes_two", 1)], Domain([takes_two])),
            r"missing a required argument: 'other'",
        ),
        (lambda: find_plan({}, [("go",)], going(unknown)), r"'unknown' of 'go': unknown task"),
        (lambda: find_plan({}, [("go",)], going(one_task)), r"'wait': expected a task"),
        (
            lambda: find_plan({}, [("go",)], going(says_no)),
            r"returned False: a method returns a list of tasks",
        ),
        (lambda: find_plan({}, [("says_no",)], Domain([says_no])), r"returned False: an action returns what"),
        (
            lambda: find_plan({"cash": 1}, [("go",)], going(asks_for_more)),
            r"no variable 'money': it has 'cash'",
        ),
        (lambda: find_plan({}, [], WAIT, limit=0), r"limit=0: expected a whole number, 1 or more"),
        (lambda: find_plan({}, [], WAIT, budget=-1), r"budget=-1: expected a cost, 0 or more"),
        (lambda: JOURNEY.perform(at_home(), ("travel", "alice", "park")), r"is not an action, but a task"),
        (lambda: settled({"who": "alice", "at": ["home"]}), r"the state sets 'at' to \['home'\].*tuples"),
        (lambda: find_plan({}, [("pack",)], Domain([pack])), r"the action 'pack' sets 'bag'"),
        (lambda: theory.leaves(0, 3), "methods=0"),
        (lambda: theory.checks(2, -1), "tasks=-1"),
        (lambda: theory.messages(-1), "actions=-1"),
    ],
)
def test_refusals(attempt: Callable[[], Any], words: str) -> None:
    """What was given, what is allowed, and what to write instead."""
    with pytest.raises(ValueError, match=words):
        attempt()


def test_an_error_in_an_action_is_raised_unchanged() -> None:
    """A TypeError that is not about the call."""
    with pytest.raises(TypeError, match="unsupported operand"):
        find_plan({}, [("broken",)], Domain([broken]))
