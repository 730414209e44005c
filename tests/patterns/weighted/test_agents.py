"""Panels of agents: whom they hear, what they learn, and how sure they are."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.weighted import Expert, Moderator, Question, ask_panel, theory
from coordlab.patterns.weighted.checks import properties
from coordlab.patterns.weighted.rules import brier, log_odds
from coordlab.world.world import Run
from tests.patterns.weighted.story import Chatterbox

FIVE = {"ann": 0.9, "bob": 0.9, "cat": 0.6, "dan": 0.6, "eve": 0.6}


class Scripted(Expert):
    """Says what it is told to, whatever is asked."""

    def __init__(self, name: str, choice: Any, thinking: float = 0.1) -> None:
        super().__init__(name, thinking=thinking)
        self.choice = choice

    def judge(self, question: Question) -> Any:
        return self.choice


def said(**choices: Any) -> list[Expert]:
    return [Scripted(name, choice) for name, choice in choices.items()]


def asked(experts: list[Expert], **settings: Any) -> Run:
    """One question to these, with 0.01 s for each message."""
    checked = {name: value for name, value in settings.items() if name != "stranger"}
    world = World(latency=0.01).add(Moderator(**settings)).add(experts)
    return world.expect(*properties(**checked)).run(until=3.0)


def first(run: Run) -> Any:
    return run.trace.select("decision")[0].data


def statuses(run: Run) -> set[str]:
    return {verdict.status for verdict in run.verdicts}


def right(run: Run) -> list[tuple[float, bool]]:
    """The confidence of each decision, and whether it was right."""
    decisions = [event.data for event in run.trace.select("decision")]
    truths = {event.data.number: event.data.truth for event in run.trace.select("Graded", kind="note")}
    spelt = {"accepted": "yes", "rejected": "no"}
    return [(each.confidence, spelt.get(each.result) == truths[each.number]) for each in decisions]


def test_an_expert_is_heard_above_two_novices() -> None:
    """One yes of .9 against two no of .6: 2.197 against 0.811, and four to one that it is right."""
    run = asked(said(ann="yes", bob="no", cat="no"), known={"ann": 0.9, "bob": 0.6, "cat": 0.6})
    voice = "{'voter': '%s', 'choice': '%s', 'weight': %s, 'known': True}"
    voices = ("ann", "yes", log_odds(0.9)), ("bob", "no", log_odds(0.6)), ("cat", "no", log_odds(0.6))
    assert [str(event) for event in run.trace.select("send", "decision")] == [
        *(f"0.000 moderator send Question -> {name}" for name in ("ann", "bob", "cat")),
        *(f"0.110 {name} send Opinion -> moderator" for name in ("ann", "bob", "cat")),
        (
            "0.120 moderator decision Decided {'number': 1, 'result': 'accepted', "
            f"'margin': {first(run).margin}, 'confidence': {first(run).confidence}, "
            f"'voices': [{', '.join(voice % each for each in voices)}]}}"
        ),
        *(f"0.120 moderator send Outcome -> {name}" for name in ("ann", "bob", "cat")),
    ]
    assert (round(first(run).margin, 3), first(run).confidence) == (0.461, pytest.approx(0.8))
    assert statuses(run) == {"holds", "undecided"}  # one question tells nothing about confidences


@pytest.mark.parametrize("experts", [1, 2, 5, 20])
def test_theory_counts_what_is_sent(experts: int) -> None:
    """A question, an opinion and an outcome each, for each of three questions."""
    run = ask_panel({f"e{number}": 0.7 for number in range(experts)}, questions=3)
    assert run.trace.count("send") == 3 * theory.messages(experts)


@pytest.mark.slow
@pytest.mark.parametrize(("weigh", "exact"), [("equal", 0.87696), ("linear", 0.90180), ("log_odds", 0.92664)])
def test_panels_are_right_as_often_as_theory_says(weigh: str, exact: float) -> None:
    """1,000 questions to (.9, .9, .6, .6, .6), by each rule, a tie being half right: within 3 sd."""
    run = ask_panel(FIVE, questions=1000, weigh=weigh)
    ties = sum(event.data.result == "tie" for event in run.trace.select("decision"))
    share = (sum(good for _, good in right(run)) + ties / 2) / 1000
    assert abs(share - exact) < 3 * sqrt(exact * (1 - exact) / 1000)
    assert (ties > 0) == (weigh == "linear")  # .9 + .9 against .6 + .6 + .6


@pytest.mark.slow
def test_weights_are_learnt_within_two_hundred_questions() -> None:
    """With two liars of seven: then they are as good as the true weights, and as the best single expert."""
    seven = {"ann": 0.9, "bob": 0.8, "cat": 0.7, "dan": 0.6, "eve": 0.6, "liar": 0.2, "twin": 0.2}
    learnt = right(ask_panel(seven, questions=1000, known={}, learning=True))[200:]
    known = right(ask_panel(seven, questions=1000))[200:]
    one, other = (sum(good for _, good in each) / len(each) for each in (learnt, known))
    assert abs(one - other) < 0.01
    assert one >= theory.best_single(list(seven.values()))


@pytest.mark.slow
def test_confidences_are_what_they_promise() -> None:
    """The Brier score of 600 decisions is the one that the confidences themselves predict."""
    graded = right(ask_panel(FIVE, questions=600))
    promised = sum(confidence * (1 - confidence) for confidence, _ in graded) / len(graded)
    assert abs(brier(graded) - promised) < 0.015
    assert brier(graded) < 0.08  # a coin has 0.25


def test_abstentions_count_nowhere() -> None:
    """Two yes, one no, two abstentions among equals: accepted. All abstain: nothing, and no confidence."""
    some = asked(said(a="yes", b="yes", c="no", d="abstain", e="abstain"), known=dict.fromkeys("abcde", 0.7))
    none = asked(said(a="abstain", b="abstain"), known={"a": 0.9, "b": 0.9})
    assert (first(some).result, round(first(some).confidence, 3)) == ("accepted", 0.7)
    assert (first(none).result, first(none).confidence) == ("no_quorum", 0.5)
    assert "violated" not in statuses(some) | statuses(none)


def test_repeated_answers_count_once_and_garbage_not_at_all() -> None:
    """The first answer counts; the others are noted, and so is an answer to nothing."""
    run = asked([Chatterbox("ann"), *said(bob="perhaps", cat=("yes",))], known={"ann": 0.9, "bob": 0.9})
    whys = ("ann", 1, "duplicate"), ("ann", 8, "late"), ("ann", 1, "duplicate")
    whys += ("bob", 1, "malformed"), ("cat", 1, "malformed")
    assert [str(event.data) for event in run.trace.select("note") if event.name is None] == [
        f"{name}'s opinion on question {number} does not count: {why}." for name, number, why in whys
    ]
    assert (first(run).result, len(first(run).voices)) == ("accepted", 1)


def test_the_silent_are_not_waited_for_beyond_the_deadline() -> None:
    """One is silent, one thinks too long, one has crashed: the fourth decides."""
    experts = [*said(ann="yes", bob=None), Scripted("cat", "no", thinking=2.0), *said(dan="no")]
    world = World(latency=0.01).add(Moderator(known=dict.fromkeys(("ann", "bob", "cat", "dan"), 0.9)))
    run = world.add(experts).inject("crash dan @0.05").run(until=4.0)
    assert (first(run).result, run.trace.select("decision")[0].time) == ("accepted", 1.0)


def test_a_moderator_that_crashes_repeats_the_question_and_keeps_its_records() -> None:
    """Each question is decided once, on the same truth, with what was learnt before the crash."""
    world = World(latency=0.01).add(Moderator(questions=5, learning=True)).add(Expert("ann", 1.0))
    run = world.inject("crash moderator @0.3..0.6").expect(*properties(learning=True)).run(until=5.0)
    assert [event.data.number for event in run.trace.select("decision")] == [1, 2, 3, 4, 5]
    truths = {(event.data.number, event.data.truth) for event in run.trace.select("Question")}
    assert len(truths) == 5
    assert run.trace.select("decision")[-1].data.voices[0].weight == pytest.approx(log_odds(5 / 6))
    assert "violated" not in statuses(run)


@pytest.mark.parametrize(
    ("made", "wrong"),
    [
        (
            lambda: Moderator(known={"ann": 1.0}),
            r"competence of ann=1\.0: expected a probability above 0 and",
        ),
        (lambda: Moderator(weigh="loud"), r"weigh='loud': expected one of 'log_odds', 'linear', 'equal'"),
        (lambda: Moderator(strangers=-1), r"strangers=-1: expected a number, 0 or more\. .*strangers=0\.5"),
        (lambda: Moderator(trust=0), r"trust=0: expected a number above 0\."),
        (lambda: Moderator(questions=1.5), r"questions=1\.5: expected a whole number, 1 .*questions=10"),
        (lambda: Moderator(deadline=inf), r"deadline=inf: expected seconds above 0\."),
        (lambda: Expert("ann", 1.1), r"competence=1\.1: expected a probability from 0 to 1\."),
        (lambda: Expert("ann", reserve=-1), r"reserve=-1: expected a probability from 0 to 1\."),
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(made: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        made()


def test_a_question_that_a_crash_repeats_is_the_same_question() -> None:
    """Its truth is in stable storage."""
    for seed in range(10):
        world = World(seed).add(Moderator(), Expert("ann"), Expert("bob"))
        asked = world.inject("crash moderator @0.05..0.2").run(until=3.0).trace.select("Question")
        assert len(asked) == 4
        assert len({each.data.truth for each in asked}) == 1
