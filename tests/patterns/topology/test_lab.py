"""The coordination tax lab."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.labs.declaration import Schedule
from coordlab.labs.lab import Lab


def opened(title: str) -> Lab:
    """The lab at one of its schedules."""
    spec = labs.spec("topology")
    found: Schedule = next(each for each in spec.schedules if each.title == title)
    lab = Lab(spec, **found.settings)
    return lab if found.faults is None else lab.heal().inject(*found.faults)


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
    tree, bus = opened("Twelve agents in a tree"), opened("Twelve agents and a broker")
    assert [lab.measures[2].counted for lab in (tree, bus)] == [12, 36]


def test_without_the_hub_the_second_round_never_ends() -> None:
    lab = opened("The hub crashes")
    assert [each.name for each in lab.run.verdicts if each.status == "violated"] == [
        "12 messages a round",
        "the same work for everybody",
        "done within 7.83 s",
    ]


def test_more_agents_are_faster_but_for_the_broker() -> None:
    made = labs.topology().figure("Are more agents faster?")
    assert made.left == 0
