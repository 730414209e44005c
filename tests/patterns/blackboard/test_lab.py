"""The blackboard lab."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.patterns.blackboard import theory
from coordlab.patterns.blackboard.expected import STRENGTHS
from coordlab.trace.trace import SEND
from tests.labs.opened import opened, problems, shown


@pytest.mark.parametrize("seed", range(13))
def test_all_properties_hold_and_all_counts_are_those_of_theory(seed: int) -> None:
    lab = labs.blackboard(seed=seed)
    assert problems(lab) == []
    assert {each.agrees for each in lab.measures if each.theory} == {True}


@pytest.mark.parametrize(
    ("settings", "broken"),
    [
        ({"version": "no-control"}, ["no more than 1 acting at a time"]),
        ({"version": "literal-keys"}, ["all that follows is found"]),
        ({"version": "no-versions", "witnesses": 2}, ["versions count up"]),
    ],
)
def test_each_version_violates_what_it_leaves_out(settings: dict[str, object], broken: list[str]) -> None:
    assert [each for each in broken if each not in problems(labs.blackboard(**settings))] == []


def test_six_readers_who_ask_every_second_ask_432_times_for_three_conclusions() -> None:
    lab = opened("blackboard", "Readers ask every second")
    written = lab.run.trace.select("Written", kind=SEND)
    assert sum(bool(event.data.entry.sources) for event in written) == 3
    assert next(each.counted for each in lab.measures if each.label == "readers: told, or asked") == 432


def test_a_less_sure_witness_writes_over_a_surer_one_unless_the_board_prefers_the_surer() -> None:
    """The newest entry wins by default; the animal is found less surely then."""
    lab = opened("blackboard", "A less sure witness")
    before, after = (shown(lab, "board", at)["hair"]["confidence"] for at in (0.4, 0.6))
    assert (before, after, lab.measures[1].counted) == ("95%", "48%", 0.315)
    assert lab.set(merge="most_confident").measures[1].counted == 0.63


def test_a_pattern_that_is_taken_literally_triggers_nobody() -> None:
    lab = opened("blackboard", "Patterns taken literally")
    assert set(map(str, shown(lab, "agenda", 12.0).values())) == {"{}"}


def test_the_agenda_shows_who_waits_who_acts_and_what_came_of_it() -> None:
    """At 0.45 s `mammals` acts on the hair, and the others wait with it; then the mammal is on the board."""
    lab = labs.blackboard()
    now, later = (shown(lab, "agenda", at) for at in (0.45, 1.2))
    assert now["mammals"] == {"waits with": "", "acts on": "hair"}
    assert now["cats"]["waits with"] == "hair"
    assert later["mammals"]["has added"] == "mammal"


def test_the_reasons_show_how_sure_each_conclusion_is() -> None:
    sure = shown(labs.blackboard(), "reasons", 12.0)
    assert (sure["hair"], sure["carnivore"], sure["cheetah"], sure["tiger"]) == ("95%", "81%", "63%", "")


def test_the_surer_of_two_ways_counts() -> None:
    found = theory.surest({"hair": 0.5, "gives milk": 0.9, "hooves": 0.7}, STRENGTHS)
    assert (found["mammal"], found["ungulate"]) == (0.9, 0.7)
