"""The lab of rogue agents."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.labs import Lab
from coordlab.labs.views import Bar, Curves, Spans
from coordlab.patterns.rogue.lab import SPEC
from coordlab.properties.verdicts import VIOLATED


def counted(lab: Lab, label: str) -> object:
    return next(each.counted for each in lab.measures if each.label == label)


def bars(lab: Lab, name: str) -> list[Bar]:
    """What the pool thinks of a member over time."""
    spans = SPEC.views[0].draw(lab.parameters, lab.run.trace)
    assert isinstance(spans, Spans)
    return [each for each in spans.bars if each.lane == name]


@pytest.mark.parametrize("seed", range(1, 13))
def test_the_textbook_s_pool_is_right_at_any_seed(seed: int) -> None:
    """With fewer tasks than by default."""
    lab = labs.rogue(seed=seed, tasks=40)
    assert {each.status for each in lab.run.verdicts} == {"holds"}
    assert {each.agrees for each in lab.measures if each.theory} == {True}


def test_one_rogue_too_many_has_its_lies_accepted() -> None:
    assert counted(labs.rogue().try_out("One rogue too many"), "share of answers that are wrong") == 1.0


def test_a_rogue_that_behaves_again_is_trusted_again() -> None:
    """Isolated, on probation, and trusted again, after 8 s."""
    found = bars(labs.rogue().try_out("Trusted again"), "w1")
    assert [each.text for each in found][:2] == ["trusted", "isolated"]
    assert (found[-1].text, found[-1].since > 8.0) == ("trusted", True)


def test_without_reviews_a_rogue_s_word_is_enough() -> None:
    lab = labs.rogue().try_out("Nobody reviews")
    broken = [each.name for each in lab.run.verdicts if each.status == VIOLATED]
    assert "accepted only by a quorum" in broken
    assert counted(lab, "wrong answers accepted") != 0


def test_without_checks_a_rogue_keeps_its_place() -> None:
    assert [each.text for each in bars(labs.rogue(version="no-checks"), "w1")] == ["trusted"]


def test_the_last_member_is_removed_by_hand() -> None:
    first, last = bars(labs.rogue(), "w7")
    assert (first.text, last.text, 1.0 < last.since < 1.2) == ("trusted", "removed", True)


def test_three_wrong_answers_are_evidence_enough() -> None:
    """Each adds 1.386, the logarithm of 0.4 / 0.1; the curve then begins again."""
    lab = labs.rogue()
    curves = SPEC.views[1].draw(lab.parameters, lab.run.trace)
    assert isinstance(curves, Curves)
    assert [value for _, value in curves.curves["w1"]][:5] == [0.0, 1.386, 2.773, 4.159, 0.0]
    assert curves.lines == {"convicted": 2.944, "cleared": -2.944}


def test_undisturbed_work_costs_what_theory_says() -> None:
    lab = labs.rogue(rogues=0, removal=False)
    assert [each.agrees for each in lab.measures if each.label == "messages"] == [True]
