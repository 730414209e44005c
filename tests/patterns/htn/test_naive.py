"""What is wrong with the usual first try at breaking tasks down, and that planning gets it right."""

from __future__ import annotations

import pytest

from coordlab.patterns.delegation.domains import REPORT
from coordlab.patterns.delegation.rules import Leaf, Member, break_down
from coordlab.patterns.htn import naive
from coordlab.patterns.htn.domains import JOURNEY, at_home
from coordlab.patterns.htn.planner import find_plan
from coordlab.patterns.htn.rules import Domain, State, Task
from tests.patterns.htn.domains import SWITCH, first_applicable


def test_bug_2_the_state_decides_the_method() -> None:
    """The first attempt takes the taxi in any state; a planner looks at the cash."""
    assert naive.knows_no_state() == (["call taxi", "ride", "pay"], 1)
    rich, poor = (find_plan(at_home(cash), [("travel", "alice", "park")], JOURNEY) for cash in (20, 3))
    assert [each.chosen[0].by for each in (rich, poor)] == ["by_taxi", "by_bus"]


def test_bug_3_a_task_that_returns_itself_ends_the_search() -> None:
    """No RecursionError, but the reason why there is no plan."""

    def build(state: State) -> list[Task]:
        return [("build",)]

    assert naive.never_ends() == "RecursionError"
    assert find_plan({}, [("build",)], Domain([], {"build": [build]})).because == (
        "stuck at the start: build (it comes back to itself in the same state)"
    )


def test_bug_4_a_task_without_methods_is_refused() -> None:
    """The first attempt returns it as if it were simple."""
    assert naive.Decomposer(enough=5).decompose(naive.Task("found a city", 100))[0].complexity == 100
    with pytest.raises(ValueError, match="unknown task 'found a city'"):
        find_plan({}, [("found a city",)], JOURNEY)


def test_bug_5_refinement_ends_where_an_agent_can() -> None:
    """A capability ends it, not a number."""
    assert naive.stops_where_nobody_can() == ("study", False)
    leaves = break_down({}, [("study", "north")], REPORT, [Member("ann", ("gather", "analyse"))])
    assert leaves == (
        Leaf("gather north", "gather"),
        Leaf("analyse north", "analyse", 1.0, ("gather north",)),
    )


def test_the_first_applicable_method_is_not_enough() -> None:
    """A planner that never goes back misses what backtracking finds."""
    assert first_applicable({"switch": -1}, [("put_it",), ("need1",)], SWITCH) is None
    assert find_plan({"switch": -1}, [("put_it",), ("need1",)], SWITCH)
    easy: list[Task] = [("travel", "bob", "park")]
    assert first_applicable(at_home(), easy, JOURNEY) == find_plan(at_home(), easy, JOURNEY).plan
    assert first_applicable(at_home(), [("ride_taxi", "bob", "park")], JOURNEY) is None

    def never(state: State) -> str:
        return "no"

    assert first_applicable({}, [("do",)], Domain([], {"do": [never]})) is None


def test_simple_tasks_are_left_alone() -> None:
    """This the first attempt does right."""
    task = naive.Task("wait", 1)
    assert naive.Decomposer().decompose(task) == [task]
