"""The lab of planning."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.labs.lab import Lab
from coordlab.labs.views import Table
from coordlab.patterns.htn.pictures import facts
from coordlab.trace.trace import SEND, STATE
from tests.labs.opened import opened, problems, shown


def counted(lab: Lab) -> dict[str, object]:
    """What was counted, by its label."""
    return {each.label: each.counted for each in lab.measures}


def broken(lab: Lab) -> list[str]:
    return [each.name for each in lab.run.verdicts if each.status == "violated"]


@pytest.mark.parametrize("task", ["outing", "lock"])
@pytest.mark.parametrize("seed", range(7))
def test_all_properties_hold_and_all_counts_are_those_of_theory(seed: int, task: str) -> None:
    lab = labs.htn(seed=seed, task=task)
    assert problems(lab) == []
    assert {each.agrees for each in lab.measures if each.theory} == {True}


def test_the_search_goes_back_from_a_taxi_that_leaves_too_little_for_the_ticket() -> None:
    lab = opened("htn", "The taxi is too expensive in the end")
    plan = lab.run.trace.select("Planned", kind="decision")[0].data
    assert plan.plan == (("take_bus", "alice", "park"), ("enter", "alice"))
    assert [str(each) for each in plan.refusals][-2:] == [
        "step 4, enter alice, fails: alice has 2.5, a ticket costs 4",
        "step 1, travel alice park, fails: it led nowhere",
    ]
    assert shown(lab, "tree", 20.0)["by_taxi"] == "it led nowhere"


def test_an_actor_without_a_way_back_gives_up_before_its_first_action() -> None:
    lab = opened("htn", "No way back")
    assert (broken(lab), lab.run.trace.count("Do", kind=SEND)) == (["the preferred plan, or none"], 0)
    assert lab.run.trace.select("role", agent="alice", kind=STATE)[-1].data == "gave up"


def test_an_actor_with_its_eyes_shut_says_that_it_is_done_when_every_action_has_failed() -> None:
    lab = opened("htn", "Eyes shut")
    assert broken(lab) == ["done only if the plan was carried out"]
    assert (lab.run.trace.count("Performed"), lab.run.trace.count("Failed")) == (0, 4)


def test_an_actor_that_looks_takes_the_bus_when_the_taxi_is_gone() -> None:
    assert (counted(labs.htn())["plans"], counted(labs.htn())["actions tried"]) == (2, 3)


def test_the_tree_shows_what_was_in_the_way_and_what_became_of_each_action() -> None:
    """With the first plan, and at the end, when a second one has been made."""
    lab = labs.htn()
    first = {
        "plan": "",
        "travel park": "by_taxi",
        "call_taxi": "doing",
        "ride_taxi park": "",
        "pay_driver park": "",
        "enter": "",
        "stay": "is not there yet",
        "by_foot": "8 km are too far",
    }
    nodes = {what: text for what, text in shown(lab, "tree", 0.06).items() if isinstance(what, str)}
    assert nodes == first
    last = shown(lab, "tree", 20.0)
    assert (last["call_taxi"], last["take_bus park"]) == ("no taxi is free", "done")
    assert ("travel park", "pay_driver park") in last


def test_the_facts_that_change_come_first() -> None:
    lab = labs.htn()
    picture = facts(lab.parameters, lab.run.trace)
    assert isinstance(picture, Table)
    cash = [(cell.text, cell.tone) for cell in picture.cells if cell.row == "cash alice"]
    assert (picture.rows[:3], cash) == (
        ("taxi is free", "at alice", "cash alice"),
        [("10", "normal"), ("6", "active")],
    )
