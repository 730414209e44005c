"""The delegation lab."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.patterns.delegation.lab_agents import anomaly, chains, critical, report
from tests.labs.opened import opened, problems, shown


def counted(lab: labs.Lab) -> dict[str, object]:
    """What was counted, by its label."""
    return {each.label: each.counted for each in lab.measures}


def in_whole_seconds(lab: labs.Lab) -> int:
    """When it was reported, without the time of the messages."""
    return int(float(str(counted(lab)["reported after, s"])))


@pytest.mark.parametrize("seed", range(13))
def test_all_properties_hold_and_all_counts_are_those_of_theory(seed: int) -> None:
    lab = labs.delegation(seed=seed)
    assert problems(lab) == []
    assert {each.agrees for each in lab.measures if each.theory} == {True}


@pytest.mark.parametrize(
    ("version", "broken"),
    [
        ("hasty", ["nothing before what it waits for", "no faster than possible"]),
        ("piled-up", ["no more at a time than there is room for"]),
    ],
)
def test_each_version_violates_what_it_leaves_out(version: str, broken: list[str]) -> None:
    assert problems(labs.delegation(version=version)) == broken


def test_who_waits_for_a_reply_for_ever_never_reports_after_a_crash() -> None:
    lab = labs.delegation(version="trusting").inject("crash w2 @1.2..6")
    assert problems(lab) == ["reported within 38 s"]


def test_nine_leaves_take_longer_with_one_worker_more() -> None:
    lab = opened("delegation", "A fourth worker")
    assert (in_whole_seconds(lab), in_whole_seconds(lab.set(workers=3))) == (15, 12)


def test_the_longest_leaf_should_go_first() -> None:
    lab = opened("delegation", "The longest last")
    assert shown(lab, "schedule", 5.0) == {"w3": "long"}
    assert (in_whole_seconds(lab), in_whole_seconds(lab.set(order="longest-first"))) == (7, 4)


def test_what_a_crashed_worker_did_is_lost_and_done_by_another() -> None:
    """It is noticed one second after it should have been done."""
    lab = opened("delegation", "A worker crashes at work")
    moments = [shown(lab, "progress", at)["gather r2"] for at in (1.0, 3.0, 4.0, 40.0)]
    assert (problems(lab), counted(lab)["leaves lost"]) == ([], 1)
    assert moments == ["w2 works", "lost", "w1 works", "done by w1"]


def test_the_schedule_marks_the_longest_chain() -> None:
    lab = labs.delegation()
    bars = [bar for view in labs.spec("delegation").views[:1]
            for bar in view.draw(lab.parameters, lab.run.trace).bars]  # type: ignore[union-attr]  # fmt: skip
    assert {bar.text for bar in bars if bar.tone == "active"} == critical(report(3))
    assert critical(report(3)) == {"gather r3", "analyse r3", "write", "sketch", "bind"}


def test_chains_are_measured_from_both_ends() -> None:
    found = chains(anomaly())
    assert (found["t4"], found["t9"]) == ((2.0, 6.0), (12.0, 9.0))
