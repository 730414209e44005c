"""The lab of weighted consensus."""

from __future__ import annotations

from math import isclose, log

import pytest

from coordlab import labs
from coordlab.patterns.weighted import theory
from coordlab.patterns.weighted.expected import share_right
from tests.labs.opened import opened, problems, shown


@pytest.mark.parametrize("seed", range(13))
def test_all_properties_hold_and_all_counts_are_those_of_theory(seed: int) -> None:
    lab = labs.weighted(seed=seed)
    assert problems(lab) == []
    assert {each.agrees for each in lab.measures if each.theory} == {True}


@pytest.mark.parametrize(
    ("settings", "broken"),
    [
        ({"version": "stated"}, "confidences are true"),
        ({"version": "open-door", "sybils": 1}, "strangers weigh no more than declared"),
        ({"version": "counts-abstainers"}, "who weighs nothing changes nothing"),
        ({"version": "peeks"}, "weights rest on what was graded before"),
    ],
)
def test_each_version_violates_what_it_leaves_out(settings: dict[str, object], broken: str) -> None:
    assert broken in problems(labs.weighted(**settings))


def test_four_outvote_an_expert_who_is_nearly_always_right() -> None:
    lab = opened("weighted", "One vote each")
    voices = shown(lab, "voices", 20.0)
    assert (voices["e1"]["right so far"], voices["all"]["right so far"]) == ("39 of 40", "32 of 40")
    weighed = shown(lab.set(rule="log_odds"), "voices", 20.0)
    assert weighed["all"]["right so far"] == "39 of 40"


def test_at_an_open_door_strangers_decide() -> None:
    lab = opened("weighted", "An open door")
    assert lab.measures[0].counted == 4 / 40
    assert problems(lab) == ["confidences are true", "strangers weigh no more than declared"]


def test_the_contrary_of_what_a_liar_says_comes_to_count() -> None:
    lab = opened("weighted", "A liar among strangers")
    weights = [shown(lab, "weights", at)["e3"] for at in (0.2, 5.0)]
    assert problems(lab) == []
    assert (weights[0], weights[1] < -1) == (0.1, True)


def test_the_voices_are_shown_with_their_weights() -> None:
    """Before the first question, and after it."""
    lab = labs.weighted(panel="liar", abstaining=0.0)
    assert shown(lab, "voices", 0.0)["e1"] == {"right so far": "0 of 0"}
    assert {who: row.get("weight") for who, row in shown(lab, "voices", 0.2).items()} == {
        "e1": "0.41",
        "e2": "0.41",
        "e3": "-2.20",
        "all": "margin 0.46",
    }


@pytest.mark.parametrize("panel", ["two-experts", "liar"])
def test_expected_is_the_best_of_all_rules_if_nobody_abstains_or_copies(panel: str) -> None:
    lab = labs.weighted(panel=panel, abstaining=0.0)
    best = {"two-experts": 0.92664, "liar": 0.9}[panel]
    assert isclose(share_right(lab.parameters), best, abs_tol=1e-5)


def test_theory_with_abstentions_is_the_mean_over_who_is_there() -> None:
    """Of an expert and a novice, each there half of the time."""
    weights = [log(9), log(1.5)]
    alone = [theory.accuracy([1], [p]) for p in (0.9, 0.6)]
    both = theory.accuracy(weights, [0.9, 0.6])
    assert isclose(theory.share_right(weights, [0.9, 0.6], reserve=0.5), (both + sum(alone) + 0.5) / 4)
