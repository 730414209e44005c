"""Domains, states and plans: what an action may do, how a plan is followed, and what is refused."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from coordlab.patterns.htn import theory
from coordlab.patterns.htn.domains import JOURNEY, at_home
from coordlab.patterns.htn.planner import find_plan
from coordlab.patterns.htn.rules import Domain, Refined, Refusal, State, Task, execute, replay, settled
from tests.patterns.htn.domains import method, returning


def wait(state: State) -> dict[Any, Any]:
    return {}


again = method("again", ("build",))


IMPOSSIBLE = {
    ("walk", "alice", "park"): "8 km are too far",
    ("walk", "alice", "home"): "alice is there already",
    ("ride_taxi", "alice", "park"): "alice sits in no taxi",
    ("pay_driver", "alice", "park"): "alice does not sit in a taxi at park",
    ("take_bus", "alice", "home"): "alice is there already",
}


@pytest.mark.parametrize("task", IMPOSSIBLE)
def test_an_impossible_action_says_why(task: Task) -> None:
    assert JOURNEY.perform(at_home(), task) == IMPOSSIBLE[task]


def test_an_action_cannot_change_the_state() -> None:
    """The error says what to return instead."""

    def vandalize(state: State) -> dict[str, int]:
        state["switch"] = 1
        return {}

    with pytest.raises(TypeError, match=r"a state never changes.*return \{variable: value\}"):
        find_plan({"switch": 0}, [("vandalize",)], Domain([vandalize]))


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        *[("update", ({"a": 1},)), ("pop", "a"), ("clear", ()), ("setdefault", ("b", 1)), ("popitem", ())],
        *[("__ior__", ({"a": 1},)), ("__delitem__", "a"), ("__setitem__", ("a", 1))],
    ],
)
def test_a_state_cannot_be_changed(method: str, arguments: tuple[Any, ...]) -> None:
    """By no method; copies are equal to the original."""
    state = State(a=0)
    with pytest.raises(TypeError, match="a state never changes"):
        getattr(state, method)(*arguments)
    assert state == copy.deepcopy(state) == pickle.loads(pickle.dumps(state)) == {"a": 0}
    assert hash(state) == hash(State(a=0))


def test_a_changed_plan_is_detected() -> None:
    """Executed or replayed, it says where it goes wrong."""
    tasks: list[Task] = [("travel", "alice", "park")]
    rows = find_plan(at_home(), tasks, JOURNEY).chosen
    plan = tuple(row.task for row in rows if not row.by)
    wrong_plans = (plan[1:], (plan[0], ("travel", "alice")), ((),))
    assert [str(execute(at_home(), each, JOURNEY)) for each in wrong_plans] == [
        "step 1, ride_taxi alice park, fails: alice sits in no taxi",
        "step 2, travel alice, fails: it is not an action",
        "step 1, , fails: it is not an action",
    ]
    failed = execute(at_home(), (plan[0], plan[0]), JOURNEY)
    assert failed == Refusal(plan[0], "call_taxi", "no taxi is free", 1)
    by_bus, on_foot = Refined(tasks[0], "by_bus", 0), Refined(tasks[0], "by_foot", 0)
    wrong = {
        "pay_driver alice park was never done": rows[:-1],
        "call_taxi alice was refined where travel alice park was to be done": rows[1:],
        "pay_driver alice park was refined where nothing was to be done": (*rows, rows[-1]),
        "travel alice park cannot be done so: 8 km are too far": (on_foot,),
        "x does not do take_bus alice park": (by_bus, Refined(("take_bus", "alice", "park"), "x", 1)),
        "no action does not do travel alice park": (Refined(tasks[0], "", 0),),
    }
    assert [replay(at_home(), tasks, each, JOURNEY) for each in wrong.values()] == [*wrong]


def takes_two(state: State, one: str, other: str) -> dict[str, str]:
    return {one: other}


def asks_for_more(state: State) -> list[Task]:
    return [("wait",)] if state["money"] else []


WAIT, unknown = Domain([wait]), method("unknown", ("fly",))
pack, one_task = returning("pack", {"bag": ["cup"]}), returning("one_task", ("wait",))
says_no = returning("says_no", False)


def going(method: Callable[..., Any]) -> Domain:
    """A domain whose only task is refined by this method."""
    return Domain([wait], {"go": [method]})


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda: Domain([wait], {"wait": [again]}), r"\['wait'\] are both: expected a name that is either"),
        (lambda: Domain([wait, wait]), r"actions=.*: expected a list of functions, each with a name of its"),
        (lambda: Domain([42]), r"actions=\[42\]: expected a list of functions"),  # type: ignore[list-item]
        (lambda: Domain({"w": 42}), r"actions=\{'w': 42\}: .*or a mapping of names to functions"),  # type: ignore[dict-item]
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
        (lambda: find_plan({}, [("takes_two", 1)], Domain([takes_two])), "a required argument: 'other'"),
        (lambda: find_plan({}, [("go",)], going(unknown)), r"'unknown' of 'go': unknown task"),
        (lambda: find_plan({}, [("go",)], going(one_task)), r"'wait': expected a task"),
        (lambda: find_plan({}, [("go",)], going(says_no)), "False: a method returns a list of tasks"),
        (lambda: find_plan({}, [("says_no",)], Domain([says_no])), r"returned False: an action returns what"),
        (lambda: find_plan({"cash": 1}, [("go",)], going(asks_for_more)), "'money': it has 'cash'"),
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
    with pytest.raises(ValueError, match=words):
        attempt()


def test_a_mapping_names_functions() -> None:
    """So that one function, or a partial one, can be several actions and methods."""
    turn = lambda state, to: {"switch": to}
    domain = Domain(
        {"on": partial(turn, to=1), "off": partial(turn, to=0)},
        {"blink": {"once": lambda state: [("on",), ("off",)]}},
    )
    found = find_plan({"switch": 0}, [("blink",)], domain)
    assert (found.plan, found.chosen[0].by) == ((("on",), ("off",)), "once")
    assert replay({"switch": 0}, [("blink",)], found.chosen, domain) == found.plan


def test_an_error_in_an_action_is_raised_unchanged() -> None:
    """A TypeError that is not about the call."""

    def broken(state: State) -> dict[str, int]:
        return {"sum": 1 + "1"}  # type: ignore[operator]

    with pytest.raises(TypeError, match="unsupported operand"):
        find_plan({}, [("broken",)], Domain([broken]))
