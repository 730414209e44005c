"""Planning by refinement: which plans it finds, which search it makes, and what it says if there is none."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from coordlab.patterns.htn import theory
from coordlab.patterns.htn.domains import JOURNEY, at_home
from coordlab.patterns.htn.planner import find_plan
from coordlab.patterns.htn.rules import Domain, State, Task, execute, replay
from tests.patterns.htn.domains import BLOCKS, SWITCH, blocks, first_applicable, lock, method
from tests.sampling import disaster_count

Towers = tuple[tuple[Any, ...], ...]


def built(towers: Towers) -> dict[Any, Any]:
    """What each block is on, in the order of the blocks; each tower is given from the bottom up."""
    on = {block: below for tower in towers for below, block in zip(("table", *tower), tower, strict=False)}
    return dict(sorted(on.items()))


def build(towers: Towers) -> list[Task]:
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


def test_alice_takes_a_taxi_to_the_park_and_bob_walks() -> None:
    """8 km are too far to walk, 2 km are not."""
    found = find_plan(at_home(), [("travel", "alice", "park"), ("travel", "bob", "park")], JOURNEY)
    assert repr(found) == (
        "<found: call_taxi alice, ride_taxi alice park, pay_driver alice park, walk bob park>"
    )
    assert (found.cost, found.because) == (4, "")
    assert found.tree == (
        "travel alice park  by by_taxi\n  call_taxi alice\n  ride_taxi alice park\n  pay_driver alice park\n"
        "travel bob park  by by_foot\n  walk bob park"
    )


def test_an_empty_plan_is_a_plan() -> None:
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


@pytest.mark.parametrize(("need", "value"), [("need0", 0), ("need01", 0), ("need10", 0), ("need1", 1)])
def test_backtracking_goes_back_as_far_as_needed(need: str, value: int) -> None:
    """The first choice may be the wrong one; an action that changes nothing is kept."""
    plan = ("putv", value), ("getv", value), ("getv", value)
    assert find_plan({"switch": -1}, [("put_it",), (need,)], SWITCH).plan == plan


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


@pytest.mark.parametrize("seed", range(disaster_count()))
def test_a_goal_may_leave_blocks_out(seed: int) -> None:
    """A block that it does not name makes room where another block must go."""
    state, ((_, whole),) = random_blocks(6, seed)
    goal = random.Random(seed).sample(whole, 3)
    found = find_plan(state, [("build", tuple(goal))], BLOCKS)
    assert found.state is not None
    assert all(found.state["on", block] == to for block, to in goal)


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

        guard = lambda: (dice.choice(names), dice.randint(0, 2)) if dice.random() < 0.2 else None
        ways[f"t{level}"] = [
            (guard(), [part() for _ in range(dice.randint(0, 3))]) for _ in range(dice.randint(1, 3))
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
    for seed in range(10 * disaster_count()):
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


def wait(state: State) -> dict[Any, Any]:
    return {}


def flip(state: State) -> dict[str, bool]:
    return {"up": not state.get("up", False)}


again, first_again = method("again", ("build",)), method("first_again", ("build",), ("wait",))
flip_twice = method("flip_twice", ("flip",), ("flip",), ("build",))
by_way_of, just_wait = method("by_way_of", ("other",)), method("just_wait", ("wait",))


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
    rescued = Domain([wait], {"build": [first_again, just_wait]})
    assert find_plan({}, [("build",)], rescued).plan == (("wait",),)
    found = find_plan({}, [("build",)], Domain([wait], {"build": [first_again]}))
    assert (found.status, found.plan) == ("limit", None)
    assert "build was not refined into itself again and again" in found.because


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
        ("by_bus", "it led nowhere"),
    ]
    assert repr(found) == f"<exhausted: {found.because}>"
