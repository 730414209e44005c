"""The contract net lab."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.labs.lab import Lab
from coordlab.patterns.contract_net.pictures import awards_of, prices_of, promises
from coordlab.trace.trace import SEND
from tests.labs.opened import opened, problems, shown


def counted(lab: Lab, label: str) -> object:
    return next(each.counted for each in lab.measures if each.label == label)


def broken(lab: Lab) -> list[str]:
    return [each.name for each in lab.run.verdicts if each.status == "violated"]


@pytest.mark.parametrize("seed", range(13))
def test_all_properties_hold_and_all_counts_are_those_of_theory(seed: int) -> None:
    lab = labs.contract_net(seed=seed)
    assert problems(lab) == []
    assert {each.agrees for each in lab.measures if each.theory} == {True}


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("eager", ["never more than the capacity"]),
        ("first-come", ["the best score wins"]),
        ("silent", ["one decision for each proposal"]),
        ("planned", []),
    ],
)
def test_each_version_violates_what_it_leaves_out(version: str, names: list[str]) -> None:
    assert broken(labs.contract_net(version=version)) == names


def test_if_all_contractors_want_the_same_task_one_is_served() -> None:
    lab = opened("contract_net", "All want the same")
    assert (counted(lab, "served at the first call"), counted(lab, "tasks done")) == (1, 6)


def test_awards_that_are_all_the_best_may_cost_four_times_as_much_as_the_plan() -> None:
    """Each goes to the cheapest contractor that is still free; the fourth has nothing better than 2.06."""
    lab = opened("contract_net", "Every award is best")
    prices, awards = prices_of(lab.run.trace), awards_of(lab.run.trace)
    paid = [prices[who][task] for task, who in awards.items()]
    taken = list(awards.values())
    best = [min(prices[who][task] for who in prices if who not in taken[:n]) for n, task in enumerate(awards)]
    assert paid == best == [0.22, 0.19, 0.08, 2.06, 1.09]
    assert counted(lab, "cost of the awards") == 3.64
    assert counted(lab.set(version="planned"), "cost of the awards") == 0.8


def test_an_eager_contractor_wins_three_tasks_and_turns_two_down() -> None:
    lab = opened("contract_net", "Eager contractors")
    trace = lab.run.trace
    won = [event.data.task.name for event in trace.select("AcceptProposal", kind=SEND, peer="c2")]
    assert (won[:3], trace.count("Failure", agent="c2", kind=SEND)) == (["t4", "t1", "t2"], 2)
    assert broken(lab) == ["never more than the capacity"]


def test_the_bids_are_shown_beside_each_other_with_what_became_of_them() -> None:
    """At first what each would ask, the cheapest plan with a star; at last what became of it."""
    lab = labs.contract_net(tasks=1, contractors=2)
    assert shown(lab, "bids", 0.0) == {"c1": {"t1": "0.27"}, "c2": {"t1": "0.04 *"}}
    assert shown(lab, "bids", 0.12) == {"c1": {"t1": "0.27 outbid"}, "c2": {"t1": "0.04 * wins"}}


def test_a_contractor_is_bound_by_its_proposal_then_works_and_a_crash_ends_it() -> None:
    lab = labs.contract_net(tasks=1, contractors=1, calls="alike", work=2).inject("crash c1 @1")
    found = [
        (bar.since, bar.until, bar.text, bar.tone) for bar in promises(lab.parameters, lab.run.trace).bars
    ]
    assert found == [(0.05, 0.15, "t1", "between"), (0.15, 1.0, "t1", "active")]


def test_what_is_promised_beyond_the_capacity_has_a_place_of_its_own() -> None:
    lab = labs.contract_net(tasks=2, contractors=1, calls="alike", version="eager")
    picture = promises(lab.parameters, lab.run.trace)
    first = [(bar.lane, bar.text, bar.tone) for bar in picture.bars[:2]]
    assert (picture.lanes, first) == (
        ("c1", "c1 (2)"),
        [("c1", "t1", "between"), ("c1 (2)", "t2", "failed")],
    )


@pytest.mark.slow
def test_the_first_calls_serve_as_many_as_theory_says() -> None:
    judged = labs.contract_net().figure("How many").judged.split("; ")
    assert judged == [f"{calls}: 7 of 7 points agree" for calls in ("by-chance", "alike", "one-by-one")]


@pytest.mark.slow
def test_the_plan_costs_what_theory_says() -> None:
    judged = labs.contract_net().figure("What").judged.split("; ")
    assert judged == [f"{version}: 7 of 7 points agree" for version in ("textbook", "planned")]


def test_a_promise_to_a_manager_whose_clock_is_behind_lasts_no_time() -> None:
    lab = labs.contract_net().inject("skew m1 -1 @0")
    bars = promises(lab.parameters, lab.run.trace).bars
    assert all(bar.until is None or bar.until > bar.since for bar in bars)


def test_a_proposal_that_is_sent_when_it_no_longer_binds_takes_no_room() -> None:
    """c2 is paused while calls and an award wait for it; then it proposes, long after their deadlines."""
    lab = labs.contract_net(seed=1).inject("pause m1 @0..0.028", "pause c2 @0.046..2.2")
    late = lab.run.trace.select("Propose", kind=SEND, agent="c2", since=2.2, before=3)
    assert {each.content.binding_until < each.time for each in late} == {True}
    assert broken(lab) == []
