"""Panels of agents: whom they hear, what they learn, and how sure they are."""

from __future__ import annotations

import random
from math import sqrt
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.weighted import Expert, Moderator, Opinion, Question, ask_panel, demo, theory
from coordlab.patterns.weighted.checks import properties
from coordlab.patterns.weighted.rules import brier, log_odds
from coordlab.world.world import Run
from tests.disasters import disasters

FIVE = {"ann": 0.9, "bob": 0.9, "cat": 0.6, "dan": 0.6, "eve": 0.6}
FAULTS = "crash partition cut slow drop duplicate delay"


class Scripted(Expert):
    """Says what it is told to, whatever is asked."""

    def __init__(self, name: str, choice: Any, thinking: float = 0.1) -> None:
        super().__init__(name, thinking=thinking)
        self.choice = choice

    def judge(self, question: Question) -> Any:
        return self.choice


class Chatterbox(Expert):
    """Answers three times, and a question that was not asked."""

    async def on_question(self, sender: str, message: Question) -> Opinion:
        for number in (message.number, message.number, message.number + 7):
            self.send(sender, Opinion(number, "yes"))
        return Opinion(message.number, "no")


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


# --- the happy trace ------------------------------------------------------------------------------


def test_an_expert_is_heard_above_two_novices() -> None:
    """One yes of .9 against two no of .6: 2.197 against 0.811, and four to one that it is right."""
    run = asked(said(ann="yes", bob="no", cat="no"), known={"ann": 0.9, "bob": 0.6, "cat": 0.6})
    happened = run.trace.select("send", "decision")
    voice = "{'voter': '%s', 'choice': '%s', 'weight': %s, 'known': True}"
    voices = ("ann", "yes", log_odds(0.9)), ("bob", "no", log_odds(0.6)), ("cat", "no", log_odds(0.6))
    assert [str(event) for event in happened] == [
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


def test_the_demo_keeps_every_promise() -> None:
    """Nothing known at first, everything learnt: 40 questions, and the liar's contrary counts most."""
    assert statuses(demo()) == {"holds"}


# --- what it costs, and what it gains -------------------------------------------------------------


@pytest.mark.parametrize("experts", [1, 2, 5, 20])
def test_theory_counts_what_is_sent(experts: int) -> None:
    """A question, an opinion and an outcome each, for each of three questions."""
    run = ask_panel({f"e{number}": 0.7 for number in range(experts)}, questions=3)
    assert run.trace.count("send") == 3 * theory.messages(experts)


@pytest.mark.parametrize(("weigh", "exact"), [("equal", 0.87696), ("linear", 0.90180), ("log_odds", 0.92664)])
def test_panels_are_right_as_often_as_theory_says(weigh: str, exact: float) -> None:
    """1,000 questions to (.9, .9, .6, .6, .6), by each rule, a tie being half right: within 3 sd."""
    run = ask_panel(FIVE, questions=1000, weigh=weigh)
    ties = sum(event.data.result == "tie" for event in run.trace.select("decision"))
    share = (sum(good for _, good in right(run)) + ties / 2) / 1000
    assert abs(share - exact) < 3 * sqrt(exact * (1 - exact) / 1000)
    assert (ties > 0) == (weigh == "linear")  # .9 + .9 against .6 + .6 + .6


def test_weights_are_learnt_within_two_hundred_questions() -> None:
    """With two liars of seven: then they are as good as the true weights, and as the best single expert."""
    seven = {"ann": 0.9, "bob": 0.8, "cat": 0.7, "dan": 0.6, "eve": 0.6, "liar": 0.2, "twin": 0.2}
    learnt = right(ask_panel(seven, questions=1000, known={}, learning=True))[200:]
    known = right(ask_panel(seven, questions=1000))[200:]
    one, other = (sum(good for _, good in each) / len(each) for each in (learnt, known))
    assert abs(one - other) < 0.01
    assert one >= theory.best_single(list(seven.values()))


def test_confidences_are_what_they_promise() -> None:
    """The Brier score of 600 decisions is the one that the confidences themselves predict."""
    graded = right(ask_panel(FIVE, questions=600))
    promised = sum(confidence * (1 - confidence) for confidence, _ in graded) / len(graded)
    assert abs(brier(graded) - promised) < 0.015
    assert brier(graded) < 0.08  # a coin has 0.25


# --- what goes wrong ------------------------------------------------------------------------------


def test_abstentions_count_nowhere() -> None:
    """Two yes, one no, two abstentions among equals: accepted. All abstain: nothing, and no confidence."""
    some = asked(said(a="yes", b="yes", c="no", d="abstain", e="abstain"), known=dict.fromkeys("abcde", 0.7))
    none = asked(said(a="abstain", b="abstain"), known={"a": 0.9, "b": 0.9})
    assert (first(some).result, round(first(some).confidence, 3)) == ("accepted", 0.7)
    assert (first(none).result, first(none).confidence) == ("no_quorum", 0.5)
    assert "violated" not in statuses(some) | statuses(none)


def test_many_names_do_not_help() -> None:
    """Thirty names that nobody knows outweigh no novice, and share what is declared for strangers."""
    for settings in ({}, {"stranger": 0.9, "strangers": 0.4}):
        crowd = said(**{f"s{number}": "no" for number in range(30)})
        run = asked([*said(ann="yes"), *crowd], known={"ann": 0.6}, **settings)
        assert first(run).result == "accepted"
        assert "violated" not in statuses(run)


def test_a_liar_is_believed_the_contrary() -> None:
    """Who is right once in ten says no, two of .6 agree: accepted, with the confidence of 9 : 2.25."""
    run = asked(said(liar="no", b="no", c="no"), known={"liar": 0.1, "b": 0.6, "c": 0.6})
    assert (first(run).result, first(run).confidence) == ("accepted", pytest.approx(0.8))


def test_who_talks_often_is_heard_once_and_garbage_not_at_all() -> None:
    """The first answer counts; the others are noted, and so is an answer to nothing."""
    run = asked([Chatterbox("ann"), *said(bob="perhaps", cat=("yes",))], known={"ann": 0.9, "bob": 0.9})
    assert [str(event.data) for event in run.trace.select("note") if event.name is None] == [
        "ann's opinion on question 1 does not count: duplicate.",
        "ann's opinion on question 8 does not count: late.",
        "ann's opinion on question 1 does not count: duplicate.",
        "bob's opinion on question 1 does not count: malformed.",
        "cat's opinion on question 1 does not count: malformed.",
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


# --- disasters ------------------------------------------------------------------------------------


def disaster(seed: int) -> Run:
    """Up to six experts, some known, four questions, and up to four faults, of the moderator too."""
    dice = random.Random(seed)
    names = [f"e{number}" for number in range(1, dice.randint(2, 6) + 1)]
    known = {name: dice.uniform(0.05, 0.95) for name in names if dice.random() < 0.7}
    settings: dict[str, Any] = {
        "known": known,
        "learning": dice.random() < 0.5,
        "strangers": dice.choice([0.0, 0.5]),
        "weigh": dice.choice(["log_odds", "linear", "equal"]),
        "cap": dice.choice([0.7, 10.0]),
    }
    world = World(seed, latency="uniform(0.01, 0.2)", loss=dice.choice([0.0, 0.1]))
    world.add(Moderator(questions=4, stranger=0.7, **settings))
    for name in names:
        kind = dice.choice([Expert, Expert, Chatterbox])
        world.add(kind(name, dice.random(), dice.choice([0.0, 0.3]), dice.uniform(0, 1.2)))
    world.inject(*disasters(seed, ["moderator", *names], FAULTS, end=4.0))
    return world.expect(*properties(**settings)).run(until=10.0)


def test_promises_hold_over_200_disasters() -> None:
    """Whatever crashes, is late, lost or repeated: four decisions, each by those who were heard."""
    for seed in range(200):
        run = disaster(seed)
        assert "violated" not in statuses(run), run.line
        assert run.trace.count("decision") == 4, run.line


def test_the_disasters_are_disasters() -> None:
    """All outcomes, strangers who are heard, opinions that do not count, moderators that fall."""
    runs = [disaster(seed) for seed in range(200)]
    decisions = [event.data for run in runs for event in run.trace.select("decision")]
    assert {each.result for each in decisions} == {"accepted", "rejected", "tie", "no_quorum"}
    assert any(not voice.known and voice.weight for each in decisions for voice in each.voices)
    assert sum(run.trace.count("crash", agent="moderator") for run in runs) > 5
    assert sum(event.name is None for run in runs for event in run.trace.select("note")) > 100


# --- what cannot be -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "wrong"),
    [
        (lambda: Moderator(known={"ann": 1.0}), r"competence of ann=1.0: a probability above 0 and below 1"),
        (lambda: Moderator(known={"ann": -1}), r"competence of ann=-1"),
        (lambda: Moderator(weigh="loud"), r"weigh='loud' is none of log_odds, linear, equal"),
        (lambda: Moderator(strangers=-1), r"strangers=-1"),
        (lambda: Moderator(trust=0), r"trust=0"),
        (lambda: Moderator(questions=0), r"questions=0, deadline=1.0.*Write Moderator\(questions=10"),
        (lambda: Moderator(deadline=0), r"questions=1, deadline=0"),
        (lambda: Expert("ann", 1.1), r"ann: competence=1.1, reserve=0.0: probabilities are meant"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(made: Any, wrong: str) -> None:
    """Not in the middle of a run."""
    with pytest.raises(ValueError, match=wrong):
        made()


@pytest.mark.parametrize(
    "settings",
    [{"questions": float("nan")}, {"questions": 1.5}, {"deadline": float("nan")}, {"deadline": float("inf")}],
)
def test_a_moderator_asks_so_often_and_so_long(settings: dict[str, Any]) -> None:
    """A whole number of questions, each for some time."""
    with pytest.raises(ValueError, match=r"Write Moderator\(questions=10, deadline=1.0\)"):
        Moderator(**settings)


def test_a_question_that_a_crash_repeats_is_the_same_question() -> None:
    """Its truth stands in stable storage."""
    for seed in range(10):
        world = World(seed).add(Moderator(), Expert("ann"), Expert("bob"))
        asked = world.inject("crash moderator @0.05..0.2").run(until=3.0).trace.select("Question")
        assert len(asked) == 4
        assert len({each.data.truth for each in asked}) == 1


def test_who_is_taken_for_a_novice_is_right_too_often() -> None:
    """Confidences that are too small are no truer than those that are too large."""
    run = ask_panel(
        {"ann": 0.95, "bob": 0.95, "cat": 0.95},
        questions=100,
        known=dict.fromkeys(("ann", "bob", "cat"), 0.55),
    )
    (wrong,) = [verdict for verdict in run.verdicts if verdict.status == "violated"]
    assert "too many were right" in wrong.because
