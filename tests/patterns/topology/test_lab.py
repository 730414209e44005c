"""The coordination tax lab."""

from __future__ import annotations

import pytest

from coordlab import labs


@pytest.mark.parametrize("version", ["mesh", "star", "tree", "bus", "gossip"])
def test_every_style_does_the_same_work_and_counts_as_theory_says(version: str) -> None:
    lab = labs.topology(version=version)
    assert {each.status for each in lab.run.verdicts} == {"holds"}
    assert [each.label for each in lab.measures if each.agrees is False] == []


@pytest.mark.parametrize("version", ["mesh", "star", "bus"])
def test_the_time_of_one_round_is_exactly_that_of_theory(version: str) -> None:
    time = labs.topology(version=version, rounds=1).measures[1]
    assert time.theory is not None
    assert (time.theory.says, time.agrees) == ("equal", True)


def test_behind_a_broker_twelve_are_slower_than_five() -> None:
    five, twelve = (labs.topology(version="bus", agents=size).measures[1].counted for size in (5, 12))
    assert five < twelve


def test_the_busiest_of_a_tree_handles_a_third_of_what_the_broker_does() -> None:
    tree, bus = (
        labs.topology().try_out("Twelve agents in a tree"),
        labs.topology().try_out("Twelve agents and a broker"),
    )
    assert [lab.measures[2].counted for lab in (tree, bus)] == [12, 36]


def test_without_the_hub_the_second_round_never_ends() -> None:
    lab = labs.topology().try_out("The hub crashes")
    assert [each.name for each in lab.run.verdicts if each.status == "violated"] == [
        "12 messages a round",
        "the same work for everybody",
        "done within 7.83 s",
    ]


def test_more_agents_are_faster_but_for_the_broker() -> None:
    points = labs.topology().figure("Are more agents faster?").points
    time = {label: {size: each.mean for size, each in row.items()} for label, row in points.items()}
    assert all(time[style][12] < time[style][5] < time[style][2] for style in ("mesh", "star", "tree"))
    assert time["bus"][12] > time["bus"][5]


def test_seconds_per_task_are_told_to_the_millisecond() -> None:
    """Seven in a tree do 21 tasks in 4.84 s: 0.230476 s each, of which nobody reads more than 0.23."""
    assert labs.topology().measures[1].shown["value"] == "0.23"
