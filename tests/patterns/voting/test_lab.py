"""The voting lab."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.labs.lab import Lab
from coordlab.patterns.voting.pictures import lead, tally
from coordlab.patterns.voting.theory import correlated
from coordlab.trace.scenario import ScenarioError


def counted(lab: Lab) -> dict[str, object]:
    """What was counted, by its label."""
    return {each.label: each.counted for each in lab.measures}


def test_at_many_seeds_all_properties_hold_and_every_theory_that_applies_agrees() -> None:
    for seed in range(13):
        lab = labs.voting(seed=seed)
        assert {each.status for each in lab.run.verdicts} == {"holds"}
        assert [each.label for each in lab.measures if each.agrees is False] == []


def test_who_waits_for_every_ballot_never_ends_when_two_are_down() -> None:
    lab = labs.voting().try_out("Wait for every ballot")
    assert [each.name for each in lab.run.verdicts if each.status == "violated"] == [
        "an outcome within 1.1 s"
    ]
    assert counted(lab)["votes closed"] == 2


def test_without_a_quorum_few_decide_for_all() -> None:
    lab = labs.voting(version="no-quorum", silent=0.8, seed=1)
    assert "the outcome follows from the ballots" in {
        each.name for each in lab.run.verdicts if each.status == "violated"
    }


def test_when_all_repeat_one_source_every_ballot_of_a_vote_is_the_same() -> None:
    lab = labs.voting().try_out("All repeat one source")
    ends = [event.data for event in lab.run.trace.select("Closed", kind="decision")]
    assert {len(end.counts) for end in ends} == {1}


@pytest.mark.parametrize(
    ("method", "city"), [("plurality", "Memphis"), ("instant_runoff", "Knoxville"), ("schulze", "Nashville")]
)
def test_three_methods_choose_three_capitals_of_tennessee(method: str, city: str) -> None:
    lab = labs.voting().try_out("The capital of Tennessee").set(method=method)
    assert counted(lab)["last outcome"] == city
    assert [each.agrees for each in lab.measures if each.label == "last outcome"] == [
        True if city == "Nashville" else None
    ]


def test_three_who_rank_in_a_circle_elect_nobody() -> None:
    lab = labs.voting(ballots="cycle", crashed=0)
    told = lab.run.trace.select("Closed", kind="decision")[0].data
    assert (told.result, told.winners) == ("tie", ("ann", "bob", "cat"))


MINE = [[["tea", "milk"], 2], [["milk", "tea"], 1]]


def test_rankings_of_ones_own_are_counted_and_repeated_from_the_line() -> None:
    lab = labs.voting(ballots=MINE, crashed=0)
    assert counted(lab)["last outcome"] == "tea"
    assert labs.play(lab.line).measures == lab.measures


@pytest.mark.parametrize(
    ("ballots", "why"),
    [
        ([[["tea"], 2]], "a ranking orders two or more different texts"),
        ([*MINE, [["tea", "beer"], 1]], "does not rank the alternatives of the first, milk, tea"),
        ([[["tea", "milk"], 0]], "0 voters with one ranking: expected a whole number, 1 or more"),
        ([[["tea", "milk"], 42]], "expected 1 to 41 voters in all"),
        ([], "expected data in the form of a preset"),
    ],
)
def test_wrong_rankings_are_refused_with_a_sentence_for_each_mistake(ballots: object, why: str) -> None:
    with pytest.raises(ScenarioError, match=why):
        labs.voting(ballots=ballots)


def test_the_tally_names_who_voted_for_what_and_how_it_ended() -> None:
    lab = labs.voting(ballots="Tennessee", crashed=0)
    shown = {(cell.row, cell.column): cell.text for cell in tally({}, lab.run.trace).cells}
    assert sorted(shown["Nashville", "voters"].split()) == ["v10", "v7", "v8", "v9"]
    assert (shown["Memphis", "ballots"], shown["outcome", "ballots"]) == ("6", "Nashville")


def test_the_lead_stays_within_what_the_missing_can_make_of_it() -> None:
    lab = labs.voting(voters=3, crashed=0, rule="absolute", deadline=2.0)
    curves = lead({}, lab.run.trace).curves
    assert all(
        low[1] <= now[1] <= high[1]
        for now, low, high in zip(curves["yes ahead"], curves["at least"], curves["at most"], strict=True)
    )
    assert (curves["at least"][0][1], curves["at most"][0][1]) == (-3.0, 3.0)


def test_alike_errors_leave_a_crowd_little_wiser_than_one() -> None:
    assert [round(correlated(n, 0.6, 0.3), 3) for n in (1, 51)] == [0.6, 0.641]


def test_the_shares_of_right_decisions_lie_on_the_jury_theorem() -> None:
    made = labs.voting().figure("How much does it help")
    assert made.judged == "jury theorem with copies: 6 of 6 points agree"
