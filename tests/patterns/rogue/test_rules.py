"""Whom to believe: panels, quorums, the sequential test, the fence, and how rogues behave."""

from __future__ import annotations

import random
from itertools import product
from math import ceil, sqrt
from typing import Any

import pytest
from hypothesis import given, strategies as some
from scipy import stats

from coordlab.patterns.circuit_breaker.rules import FORCED_OPEN, HALF_OPEN, OPEN, Transition
from coordlab.patterns.rogue import theory
from coordlab.patterns.rogue.rules import (
    Job,
    Member,
    Quorum,
    TooFew,
    answer,
    idle,
    lie,
    members,
    opinion,
    panel,
    quorum,
    truth,
)
from coordlab.patterns.rogue.trust import CLEARED, CONVICTED, DEFAULT, Record, SequentialTest, TrustRecord

NAMES = ("ann", "bob", "cat", "dan", "eve")


@pytest.mark.parametrize("faulty", [1, 2])
@pytest.mark.parametrize("right", [True, False])
def test_f_of_2f_plus_1_reviewers_can_neither_push_a_result_through_nor_keep_it_out(
    faulty: int, right: bool
) -> None:
    needed = quorum([Member(str(i)) for i in range(2 * faulty + 2)], faulty)
    assert isinstance(needed, Quorum)
    asked = [str(i) for i in range(needed.reviewers)]
    for said in product((True, False, None), repeat=faulty):
        rogues = {name: vote for name, vote in zip(asked, said, strict=False) if vote is not None}
        votes = {**rogues, **dict.fromkeys(asked[faulty:], right)}
        assert (approved(votes, asked, needed) is True) == right
    votes = {**dict.fromkeys(asked[:faulty], False), **dict.fromkeys(asked[faulty:-1], True)}
    assert approved(votes, asked[:-1], needed) is False


def approved(votes: dict[str, bool], asked: list[str], needed: Quorum) -> bool | None:
    """Whether a job with these votes is approved, while all tokens are as they were."""
    tokens = dict.fromkeys(["worker", *asked], 0)
    return Job(1, 12, "worker", 0, asked=dict.fromkeys(asked, 0), votes=votes).approved(tokens, needed)


@given(some.integers(0, 30), some.integers(0, 5), some.data())
def test_a_quorum_is_more_than_the_rogues_and_can_be_reached_without_them(
    voices: int, faulty: int, data: Any
) -> None:
    least = data.draw(some.integers(0, faulty))
    needed = quorum([Member(str(i)) for i in range(voices)], faulty, least)
    if isinstance(needed, TooFew):
        assert needed == TooFew(voices, 2 * least + 2)
        assert voices < needed.needed
    else:
        assert least <= needed.faulty <= faulty
        assert needed.faulty < needed.approvals == needed.reviewers - needed.faulty
        assert needed.reviewers + 1 <= voices


@given(some.lists(some.sampled_from(["", "x", "y"]), min_size=1, max_size=8), some.integers(0, 8))
def test_a_panel_has_neither_the_worker_nor_two_who_err_alike(kins: list[str], size: int) -> None:
    crew = {str(i): Member(str(i), kin) for i, kin in enumerate(kins)}
    chosen = panel(crew, "0", crew, size)
    voices = [crew[name].voice for name in chosen]
    others = {member.voice for member in crew.values()} - {crew["0"].voice}
    assert crew["0"].voice not in voices
    assert len(set(voices)) == len(voices) == min(size, len(others))


def test_three_clones_are_one_voice() -> None:
    clones = [Member(name, kin="model x") for name in ("cat", "dan", "eve")]
    assert quorum([Member("ann"), Member("bob"), *clones]) == TooFew(voices=3, needed=4)
    assert Member("x").voice != Member("ann", kin="x").voice


def test_work_goes_to_those_who_have_not_failed_at_it() -> None:
    assert idle(NAMES, ["ann"], ["bob", "cat"]) == ["dan", "eve"]
    assert idle(NAMES, ["ann"], NAMES) == ["bob", "cat", "dan", "eve"]
    assert idle(NAMES, ["dan", "eve"], ["ann", "bob", "cat"]) == []
    assert idle(NAMES, NAMES, []) == []


@pytest.mark.parametrize(("right", "wrong"), [(0, 0), (8, 0), (8, 2), (0, 5), (40, 50)])
def test_reputation_is_the_mean_of_a_beta_distribution(right: int, wrong: int) -> None:
    mean = stats.beta(1 + right, 1 + wrong).mean()
    assert Record(right, wrong).reputation == pytest.approx(mean)


@pytest.mark.parametrize(("right", "wrong"), [(0, 0), (8, 0), (0, 3), (7, 2), (40, 40)])
def test_the_ratio_is_that_of_the_likelihoods(right: int, wrong: int) -> None:
    many = right + wrong
    ratio = stats.binom.logpmf(right, many, 0.6) - stats.binom.logpmf(right, many, 0.9)
    assert theory.ratio(right, wrong, 0.9, 0.6) == pytest.approx(ratio, abs=1e-9)


def simulated(competence: float, runs: int) -> list[tuple[str, int]]:
    """How tests of such an agent end, and after how many checks."""
    dice, ends = random.Random(1), []
    for _ in range(runs):
        record = Record()
        while (verdict := DEFAULT.verdict(record)) is None:
            record = record.plus(dice.random() < competence)
        ends.append((verdict, record.right + record.wrong))
    return ends


@pytest.mark.parametrize("competence", [0.3, 0.6, 0.77, 0.9, 0.99])
def test_the_test_errs_and_lasts_as_theory_says(competence: float) -> None:
    ends = simulated(competence, 5000)
    convicted, checks = theory.sprt(competence)
    share = sum(verdict == CONVICTED for verdict, _ in ends) / len(ends)
    assert abs(share - convicted) <= 3 * sqrt(convicted * (1 - convicted) / len(ends)) + 1e-9
    lengths = [length for _, length in ends]
    assert abs(stats.tmean(lengths) - checks) <= 3 * stats.sem(lengths)


@given(
    before=some.lists(some.booleans(), max_size=40),
    order=some.randoms(use_true_random=False),
    rate=some.sampled_from([0.4, 0.5, 0.75, 1.0]),
)
def test_enough_checks_of_which_enough_are_wrong_convict(
    before: list[bool], order: random.Random, rate: float
) -> None:
    many = DEFAULT.enough(rate)
    wrong = ceil(rate * many)
    checks = [False] * wrong + [True] * (many - wrong)
    order.shuffle(checks)
    record = TrustRecord("eve", quarantine=1e6)
    for right in (*before, *checks):
        if record.testing(0.0):
            record.learn(right, 0.0)
    assert record.state == OPEN


def checked(record: TrustRecord, *answers: bool, now: float = 0.0) -> str:
    for right in answers:
        assert record.testing(now)
        record.learn(right, now)
    return record.state


def test_trust_is_lost_by_three_errors_and_regained_by_eight_right_answers() -> None:
    ann, told = TrustRecord("ann", quarantine=2.0), list[Any]()
    ann.breaker.listeners = (told.append,)
    assert checked(ann, False, False, False) == OPEN
    assert not ann.testing(1.9)
    assert checked(ann, *[True] * 7, now=2.0) == HALF_OPEN
    assert not ann.trusted
    checked(ann, True, now=2.0)
    assert ann.trusted
    again = TrustRecord("ann", quarantine=2.0)
    checked(again, False, False, False)
    assert checked(again, False, False, False, now=2.0) == OPEN
    assert [again.testing(now) for now in (3.9, 4.0)] == [False, True]
    changes = [each for each in told if isinstance(each, Transition)]
    assert [(each.after, each.generation) for each in changes] == [(OPEN, 1), (HALF_OPEN, 2), ("closed", 3)]


@pytest.mark.parametrize("before", [(), (False,) * 2, (False,) * 3])
def test_who_is_removed_by_hand_stays_so(before: tuple[bool, ...]) -> None:
    ann = TrustRecord("ann", quarantine=2.0)
    checked(ann, *before)
    ann.remove(0.5)
    if ann.permit:  # a verdict of a test that was begun under another token
        ann.learn(False, 0.5)
    assert [ann.testing(now) for now in (1.0, 2.5, 1e6)] == [False] * 3
    assert ann.state == FORCED_OPEN
    with pytest.raises(
        ValueError, match=r"ann is forced open: no test is running\. For example: if record\.testing"
    ):
        ann.learn(True, 2.0)


VOTE = some.tuples(some.sampled_from(["ann", "bob", "cat", "eve"]), some.integers(0, 2), some.booleans())


@given(some.lists(VOTE, max_size=12))
def test_only_the_first_vote_with_the_token_of_now_counts(votes: list[tuple[str, int, bool]]) -> None:
    job = Job(1, 12, "ann", token=0, asked={"bob": 0, "cat": 0})
    now = {"ann": 0, "bob": 0, "cat": 1}
    for voter, token, approves in votes:
        job.voted(voter, token, approves, now)
    first = next((approves for voter, token, approves in votes if (voter, token) == ("bob", 0)), None)
    assert job.votes == ({} if first is None else {"bob": first})


@pytest.mark.parametrize(
    ("sender", "token", "now", "counts"),
    [("ann", 0, 0, True), ("ann", 0, 1, False), ("ann", 1, 1, False), ("bob", 0, 0, False)],
    ids=["its own", "since isolated", "a guessed token", "somebody else's"],
)
def test_an_answer_counts_from_whose_job_it_is(sender: str, token: int, now: int, counts: bool) -> None:
    job = Job(1, 12, "ann", token=0)
    assert job.answered(sender, token, 144, {"ann": now, "bob": 0}) == counts


def test_a_vote_is_forgotten_with_the_trust_in_its_voter() -> None:
    job, needed = Job(1, 12, "ann", token=0, asked={"bob": 0, "cat": 0, "dan": 0}), Quorum(4, 1, 2, 3)
    before = dict.fromkeys(("ann", "bob", "cat", "dan"), 0)
    job.votes = {"bob": True, "cat": True}
    assert (job.approved(before, needed), job.approving(before)) == (True, ("bob", "cat"))
    after = {**before, "bob": 1}
    assert (job.approved(after, needed), job.settled(after, needed)) == (None, False)
    assert job.settled({**before, "ann": 1}, needed)
    assert job.approved(before, None) is None


@given(some.integers(-50, 50), some.integers(0, 1000))
def test_each_kind_of_rogue_answers_in_its_way(task: int, seed: int) -> None:
    def said(how: str | None) -> int | None:
        return answer(how, task, 1.0, random.Random(seed))

    assert (said(None), said("colludes"), said("silent")) == (truth(task), lie(task), None)
    assert lie(task) != truth(task) != said("wrong") == said("boasts") != lie(task)


@given(some.sampled_from([None, "wrong", "colludes", "boasts", "silent"]), some.integers(-50, 50))
def test_each_kind_of_rogue_reviews_in_its_way(how: str | None, task: int) -> None:
    given_ = (truth(task), lie(task), truth(task) + 7)
    said = [opinion(how, task, each, 1.0, 0.0, random.Random(1)) for each in given_]
    contrary = [False, True, True]
    expected = {None: [True, False, False], "colludes": [False, True, False], "silent": [None] * 3}
    assert said == expected.get(how, contrary)


def test_chance_decides_as_often_as_it_should() -> None:
    dice, many = random.Random(3), 10_000
    shares = [
        sum(answer(None, 12, 0.8, dice) == 144 for _ in range(many)),
        sum(opinion(None, 12, 144, 0.9, 0.05, dice) is False for _ in range(many)),
        sum(opinion(None, 12, 145, 0.9, 0.05, dice) is False for _ in range(many)),
        sum(opinion("random", 12, 144, 0.9, 0.05, dice) is True for _ in range(many)),
    ]
    for count, chance in zip(shares, (0.8, 0.05, 0.9, 0.5), strict=True):
        assert abs(count - many * chance) <= 3 * sqrt(many * chance * (1 - chance))


REFUSED = [
    (lambda: members(["ann", "ann"]), r"crew: 'ann' is listed twice; expected each name once"),
    (lambda: DEFAULT.enough(0.2), r"rate=0\.2: expected a share .* For example: rate=0\.4"),
    (lambda: quorum([], -1), r"faulty=-1: expected a whole number, 0 or more"),
    (lambda: quorum([], 1, 2), r"least=2: expected a whole number from 0 to 1"),
    (lambda: SequentialTest(0.6, 0.9), r"rogue=0\.9: expected a number above 0 and below 0\.6"),
    (lambda: SequentialTest(0.9, 0.6, 0.0), r"false_alarm=0\.0: expected a probability above 0 and below 1"),
    (lambda: SequentialTest(0.9, 0.6, 0.6, 0.6), r"miss=0\.6: expected a number above 0 and below 0\.4"),
]


@pytest.mark.parametrize(("wrong", "why"), REFUSED)
def test_what_makes_no_sense_is_refused(wrong: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        wrong()


def test_the_verdicts_are_what_they_say() -> None:
    said = [DEFAULT.verdict(Record(*each)) for each in [(8, 0), (7, 0), (0, 3), (0, 2), (4, 3), (5, 3)]]
    assert said == [CLEARED, None, CONVICTED, None, None, None]
