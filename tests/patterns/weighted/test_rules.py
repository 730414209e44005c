"""Weighted consensus: what weighs, what does not, and what its confidence is worth."""

from __future__ import annotations

import random
from math import exp, inf, log, nan, sqrt
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from coordlab.patterns.voting.rules import Ballot, decide as majority
from coordlab.patterns.weighted.rules import WEIGHTS, Consensus, brier, decide, learnt, log_odds
from tests.sampling import disaster_count

few = settings(max_examples=disaster_count())

CHOICES = st.sampled_from(["yes", "no", "abstain"])
COMPETENCES = st.floats(0.01, 0.99)
PANELS = st.lists(st.tuples(CHOICES, COMPETENCES), min_size=1, max_size=8)


def panel(voices: list[tuple[str, float]]) -> tuple[dict[str, str], dict[str, float]]:
    """The votes and the competences of v0, v1 ..."""
    return {f"v{n}": c for n, (c, _) in enumerate(voices)}, {f"v{n}": p for n, (_, p) in enumerate(voices)}


@few
@given(PANELS, st.sampled_from(sorted(WEIGHTS)), COMPETENCES)
def test_an_abstention_or_a_voice_without_weight_changes_nothing(
    voices: list[tuple[str, float]], weigh: str, other: float
) -> None:
    votes, competences = panel(voices)
    before = decide(votes, competences, weigh)
    more = decide({**votes, "x": "abstain"}, {**competences, "x": other}, weigh)
    assert (more.result, more.margin, more.confidence) == (before.result, before.margin, before.confidence)
    if before.result != "no_quorum":
        coin = decide({**votes, "x": "yes"}, {**competences, "x": 0.5})
        assert coin.result == decide(votes, competences).result


@few
@given(PANELS, st.floats(0.001, 1000))
def test_a_common_factor_changes_nothing(voices: list[tuple[str, float]], factor: float) -> None:
    """All weights times c: the same decision, the same margin, the same confidence."""
    votes, competences = panel(voices)
    one, other = decide(votes, competences), decide(votes, competences, lambda p: factor * log_odds(p))
    assert other.result == one.result
    assert (other.margin, other.confidence) == pytest.approx((one.margin, one.confidence))


@few
@given(st.lists(CHOICES, min_size=1, max_size=9))
def test_equal_weights_are_the_simple_majority(choices: list[str]) -> None:
    votes, competences = panel([(choice, 0.7) for choice in choices])
    ballots = [Ballot(voter, choice) for voter, choice in votes.items()]
    expected = majority(ballots, list(votes)).result
    if {"yes", "no"} & set(choices):
        assert decide(votes, competences, "equal").result == decide(votes, competences).result == expected
    else:
        assert decide(votes, competences).result == "no_quorum"


@few
@given(PANELS, st.sampled_from(sorted(WEIGHTS)), COMPETENCES)
def test_a_confidence_is_never_below_a_coin_nor_above_certainty(
    voices: list[tuple[str, float]], weigh: str, prior: float
) -> None:
    consensus = decide(*panel(voices), weigh, prior=prior)
    assert 0.5 <= consensus.confidence <= 1
    assert 0 <= consensus.margin <= 1


@few
@given(PANELS, st.lists(CHOICES, max_size=12), COMPETENCES, st.floats(0, 3))
def test_strangers_together_never_weigh_more_than_was_declared(
    voices: list[tuple[str, float]], crowd: list[str], stranger: float, strangers: float
) -> None:
    votes, competences = panel(voices)
    many = {f"s{number}": choice for number, choice in enumerate(crowd)}
    consensus = decide({**votes, **many}, competences, stranger=stranger, strangers=strangers)
    assert sum(abs(voice.weight) for voice in consensus.voices if not voice.known) <= strangers + 1e-9


@pytest.mark.slow
def test_confidence_is_how_often_it_is_right() -> None:
    """Five simulated agents, 4,000 questions: in each band it is the share of right answers."""
    dice = random.Random(5)
    competences = {"ann": 0.9, "bob": 0.8, "cat": 0.6, "dan": 0.6, "eve": 0.3}
    graded = []
    for _ in range(4000):
        truth, other = dice.sample(["yes", "no"], 2)
        heard = {voter: p for voter, p in competences.items() if dice.random() < 0.8}
        votes = {voter: truth if dice.random() < p else other for voter, p in heard.items()}
        consensus = decide(votes, competences)
        if consensus.result in ("accepted", "rejected"):
            graded.append((consensus.confidence, (consensus.result == "accepted") == (truth == "yes")))
    for low in (0.5, 0.6, 0.7, 0.8, 0.9):
        band = [(confidence, right) for confidence, right in graded if low <= confidence < low + 0.1]
        stated, true = (sum(column) / len(band) for column in zip(*band, strict=True))
        assert abs(stated - true) < 3 * sqrt(stated * (1 - stated) / len(band)), low
    expected = sum(confidence * (1 - confidence) for confidence, _ in graded) / len(graded)
    assert abs(brier(graded) - expected) < 0.01 < 0.25 - brier(graded)


def test_an_expert_outweighs_four_novices_and_two_do_not_outweigh_all() -> None:
    """.95 against four of .6: ln 19 = 2.94 against 1.62; .9 alone against .9 and one .6 loses."""
    four = {f"n{number}": 0.6 for number in range(4)}
    consensus = decide({"expert": "yes", **dict.fromkeys(four, "no")}, {"expert": 0.95, **four})
    assert repr(consensus) == "<Consensus accepted: margin 0.29, confidence 0.790>"
    assert decide({"a": "yes", "b": "no", "c": "no"}, {"a": 0.9, "b": 0.9, "c": 0.6}).result == "rejected"


def test_a_liar_is_believed_the_contrary() -> None:
    """A voter that is right once in ten is as useful as one that is wrong once in ten."""
    consensus = decide({"liar": "no", "b": "no", "c": "no"}, {"liar": 0.1, "b": 0.6, "c": 0.6})
    assert (consensus.result, round(consensus.voices[0].weight, 3)) == ("accepted", -2.197)


def test_ties_are_ties_whatever_the_rounding() -> None:
    """0.1 and 0.2 against 0.3, which floating point numbers take for more."""
    consensus = decide({"a": "yes", "b": "yes", "c": "no"}, {"a": 0.1, "b": 0.2, "c": 0.3}, "linear")
    assert 0.1 + 0.2 > 0.3
    assert (consensus.result, consensus.confidence) == ("tie", 0.5)


def test_a_cap_bounds_every_voice() -> None:
    """A voter that was always right in a short record does not rule alone."""
    votes, competences = {"a": "yes", "b": "no", "c": "no"}, {"a": 0.999, "b": 0.8, "c": 0.8}
    assert decide(votes, competences).result == "accepted"
    assert decide(votes, competences, cap=1.0).result == "rejected"
    assert [voice.weight for voice in decide(votes, competences, cap=1.0).voices] == [1.0, 1.0, 1.0]


def test_strangers_have_no_voice_by_default_and_a_shared_one_if_declared() -> None:
    """A hundred names weigh as much as one."""
    known, crowd = {"a": 0.6}, {f"s{number}": "no" for number in range(100)}
    assert decide({"a": "yes", **crowd}, known).result == "accepted"
    for many in (1, 100):
        some = dict(list(crowd.items())[:many])
        assert decide({"a": "yes", **some}, known, stranger=0.9, strangers=0.4).result == "accepted"
        assert decide({"a": "yes", **some}, known, stranger=0.9, strangers=0.5).result == "rejected"


def test_what_was_likely_before_counts_like_one_more_voice() -> None:
    """A prior of .9 against yes outweighs one voter of .8; alone it decides nothing."""
    assert decide({"a": "yes"}, {"a": 0.8}, prior=0.1).result == "rejected"
    posterior = 1 / (1 + exp(-(log_odds(0.8) + log_odds(0.3))))
    assert decide({"a": "yes"}, {"a": 0.8}, prior=0.3).confidence == pytest.approx(posterior)
    assert decide({"a": "abstain"}, {"a": 0.8}, prior=0.1).result == "no_quorum"


def test_a_rule_that_goes_against_the_evidence_is_no_surer_than_a_coin() -> None:
    """Linear weights let three novices outvote an expert of .99."""
    votes = {"e": "yes", "a": "no", "b": "no", "c": "no"}
    consensus = decide(votes, {"e": 0.99, "a": 0.6, "b": 0.6, "c": 0.6}, "linear")
    assert (consensus.result, consensus.confidence) == ("rejected", 0.5)


@few
@given(st.integers(0, 500), st.integers(0, 500), st.floats(0.05, 0.95), st.floats(0.1, 50))
def test_what_is_learnt_lies_between_the_prior_and_the_record(
    right: int, wrong: int, prior: float, trust: float
) -> None:
    """Shrinkage: and it is never 0 or 1, so that every weight is finite."""
    p = learnt(right, wrong, prior, trust)
    seen = right / (right + wrong) if right + wrong else prior
    assert min(prior, seen) - 1e-12 <= p <= max(prior, seen) + 1e-12
    assert 0 < p < 1


@pytest.mark.slow
def test_two_hundred_graded_tasks_are_as_good_as_knowing() -> None:
    """Learnt weights decide within 1 % as well as true ones, and two colluding liars of seven do no harm."""
    dice = random.Random(11)
    true = {"ann": 0.9, "bob": 0.8, "cat": 0.7, "dan": 0.6, "eve": 0.6, "liar": 0.2, "twin": 0.2}

    def answers() -> dict[str, bool]:
        lie = dice.random() < 0.2
        return {voter: lie if voter in ("liar", "twin") else dice.random() < p for voter, p in true.items()}

    lessons = [answers() for _ in range(200)]
    right = {voter: sum(each[voter] for each in lessons) for voter in true}
    known = {voter: learnt(right[voter], len(lessons) - right[voter]) for voter in true}
    tasks = [answers() for _ in range(3000)]
    votes = [{voter: "yes" if said else "no" for voter, said in each.items()} for each in tasks]

    def share(competences: dict[str, float]) -> float:
        return sum(decide(each, competences).result == "accepted" for each in votes) / len(votes)

    assert abs(share(known) - share(true)) < 0.01
    assert share(known) >= 0.9


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"competences": {"a": 1.0}}, r"competence of a=1\.0: expected a probability above 0 and below 1\."),
        ({"competences": {"a": "good"}}, r"competence of a='good': expected a probability"),
        ({"competences": {"a": nan}}, r"competence of a=nan: expected a probability"),
        ({"stranger": 1}, r"stranger=1: expected a probability"),
        ({"prior": 0}, r"prior=0: expected a probability"),
        ({"cap": 0}, r"cap=0: expected a weight above 0\. .*cap=3\.0"),
        ({"strangers": -1}, r"strangers=-1: expected a number, 0 or more\."),
        ({"quorum": 1.5}, r"quorum=1\.5: expected a whole number, 1 or more\."),
        ({"weigh": "loud"}, r"weigh='loud': expected one of 'log_odds', 'linear', 'equal'\."),
        ({"votes": {"a": "perhaps"}}, r"a says 'perhaps': expected yes, no or abstain\. .*'a': 'abstain'"),
    ],
)
def test_what_cannot_be_decided_is_refused(settings: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        decide(**{"votes": {"a": "yes"}, "competences": {"a": 0.7}, **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (lambda: learnt(-1, 0), r"right=-1: expected a number, 0 or more\."),
        (lambda: learnt(1, inf), r"wrong=inf: expected a number, 0 or more\."),
        (lambda: learnt(1, 0, trust=0), r"trust=0: expected a number above 0\."),
        (lambda: learnt(1, 0, prior=1), r"prior=1: expected a probability above 0 and below 1\."),
        (lambda: log_odds(1), r"competence=1: expected a probability above 0 and below 1\."),
        (lambda: brier([(2, True)]), r"confidence=2: expected a probability from 0 to 1\."),
        (lambda: brier([]), r"no forecasts: expected at least one confidence"),
    ],
)
def test_no_record_is_negative_and_no_prior_certain(asked: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        asked()


def test_nobody_is_nobody() -> None:
    assert decide({}, {}) == Consensus("no_quorum", 0.0, 0.5, ())


def test_an_abstention_takes_nothing_from_other_strangers() -> None:
    """What strangers share only those share who vote; and the cap holds for each of them."""
    voices = decide({"x": "yes", "y": "abstain"}, {}, stranger=0.9, strangers=1.0).voices
    assert [voice.weight for voice in voices] == [1.0, 0.0]
    assert decide({"x": "yes"}, {}, stranger=0.9, strangers=5.0, cap=0.5).voices[0].weight == 0.5


def test_a_capped_voice_makes_nobody_surer_than_its_weight() -> None:
    """The confidence rests on what was counted, not on all that somebody knows."""
    sure = decide({"ann": "yes", "bob": "no"}, {"ann": 0.99, "bob": 0.6}, cap=1.0).confidence
    assert sure == pytest.approx(1 / (1 + exp(log(0.6 / 0.4) - 1.0)))
