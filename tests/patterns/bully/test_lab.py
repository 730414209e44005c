"""The bully lab: what an election costs, by whoever notices, and what goes wrong without a rule."""

from __future__ import annotations

import pytest

from coordlab import labs
from tests.labs.opened import opened, problems, shown


@pytest.mark.parametrize("seed", range(13))
def test_the_lab_keeps_every_promise_and_agrees_with_theory(seed: int) -> None:
    assert problems(labs.bully(seed=seed)) == []


@pytest.mark.parametrize(("noticed", "messages", "held"), [("lowest", 19, 4), ("second", 4, 1)])
def test_an_election_costs_what_it_must_by_who_notices(noticed: str, messages: int, held: int) -> None:
    lab = labs.bully(noticed=noticed)
    assert problems(lab) == []
    assert [each.counted for each in lab.measures if each.theory and each.theory.says == "equal"] == [
        messages,
        held,
    ]


def test_every_election_starts_another_without_the_guard() -> None:
    lab = opened("bully", "Every Election starts another")
    assert (problems(lab), lab.measures[2].counted) == (["one election at a time"], 8)


def test_an_old_leader_that_rules_on_is_followed_by_nobody() -> None:
    lab = opened("bully", "The old leader comes back")
    assert "one coordinator per component" in problems(lab)
    assert shown(lab, "beliefs", 13.0) == {
        **dict.fromkeys("123", "follows"),
        **dict.fromkeys("45", "coordinates"),
        **dict.fromkeys([("1", "4"), ("2", "4"), ("3", "4")], ""),
    }


def test_two_halves_have_a_coordinator_each() -> None:
    lab = opened("bully", "Two halves")
    rule = [
        [name for name, row in shown(lab, "elections", at).items() if row["does"] == "coordinates"]
        for at in (7.5, 12.0)
    ]
    assert (problems(lab), rule) == ([], [["5", "2"], ["5"]])


def test_the_elections_show_who_asked_whom_how_often() -> None:
    """At the end of the first election: each has asked all above it, and 5 has told all."""
    follows = {"does": "follows", "follows": "5"}
    assert shown(labs.bully(), "elections", 1.0) == {
        "5": {"does": "coordinates", "follows": "5", "answered": "4", "told": "4"},
        "4": {**follows, "asked": "1", "answered": "3"},
        "3": {**follows, "asked": "2", "answered": "2"},
        "2": {**follows, "asked": "3", "answered": "1"},
        "1": {**follows, "asked": "4"},
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "agrees"),
    [
        (
            "How many messages",
            "the lowest notices: 9 of 9 points agree; the second highest notices: 9 of 9 points agree",
        ),
        (
            "How many elections",
            "one election at a time: 6 of 6 points agree; one for every Election: 6 of 6 points agree",
        ),
        ("How likely", "of two agents: 9 of 9 points agree"),
        ("How long", "at most: 9 of 9 points agree"),
    ],
)
def test_figures_agree_with_theory(question: str, agrees: str) -> None:
    assert labs.bully().figure(question).judged == agrees
