"""Bids, scores, commitments and assignments, apart from any agent."""

from __future__ import annotations

import random
from itertools import permutations
from math import inf, isclose, nan
from statistics import mean
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from coordlab.patterns.contract_net import theory
from coordlab.patterns.contract_net.rules import (
    BUSY,
    INCAPABLE,
    INVALID,
    NOT_UNDERSTOOD,
    UNINVITED,
    UNWILLING,
    Bid,
    Bidding,
    Bids,
    Commitments,
    Policy,
    Task,
    Weighted,
    assigned,
    award,
    best,
    by_priority,
    cheapest,
    flaw,
    shortlist,
)
from tests.patterns.contract_net.tables import (
    Costs,
    misleading_costs,
    one_by_one,
    optimal,
    total,
)
from tests.sampling import disaster_count

few = settings(max_examples=disaster_count())

DIG = Task("dig")
numbers = st.integers(0, 1000)
bids = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.builds(Bid, numbers, numbers, st.integers(0, 100).map(lambda each: each / 100)),
    min_size=1,
)
conversations = st.sampled_from("abcd")
scorings = st.builds(Weighted, *[st.integers(1, 9)] * 3) | st.just(by_priority) | st.just(cheapest)
units = st.sampled_from([1 / 3600, 0.001, 1 / 60, 0.3, 1.0, 7.0, 60.0, 1e6])


@few
@given(bids, scorings, units, units)
def test_other_units_change_no_winner(made: Bids, scoring: Any, money: float, time: float) -> None:
    other = {name: Bid(bid.cost * money, bid.seconds * time, bid.confidence) for name, bid in made.items()}
    assert best(scoring(DIG, made)) == best(scoring(DIG, other))


@few
@given(bids, scorings, st.randoms())
def test_the_order_of_bids_changes_no_winner(made: Bids, scoring: Any, dice: random.Random) -> None:
    names = list(made)
    dice.shuffle(names)
    assert best(scoring(DIG, made)) == best(scoring(DIG, {name: made[name] for name in names}))


@few
@given(bids, scorings)
def test_scores_go_from_0_to_1_and_nobody_beats_the_best_of_all(made: Bids, scoring: Any) -> None:
    """A bid that is at least as good in everything scores at least as high."""
    scores = scoring(DIG, made)
    assert all(-1e-9 <= score <= 1 + 1e-9 for score in scores.values())
    for one, bid in made.items():
        for other, worse in made.items():
            if bid.cost <= worse.cost and bid.seconds <= worse.seconds and bid.confidence >= worse.confidence:
                assert scores[one] >= scores[other] - 1e-9


def test_the_better_bid_beats_the_worse_one() -> None:
    """Half the cost and half the time are worth more than 0.03 of confidence, at every priority."""
    made = {"a": Bid(200, 120, 0.93), "b": Bid(100, 60, 0.90)}
    assert {best(by_priority(Task("t", priority=p / 10), made)) for p in range(11)} == {"b"}


def test_no_bids_have_no_scores() -> None:
    assert cheapest(DIG, {}) == {}


@few
@given(st.dictionaries(st.text("abc", min_size=1), st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1))
def test_a_shortlist_is_the_ranking_cut_off(scores: dict[str, float]) -> None:
    ranked = sorted(scores, key=lambda name: (-scores[name], name))
    assert [shortlist(scores, most) for most in range(4)] == [ranked[:most] for most in range(4)]


@few
@given(
    st.floats() | st.integers() | st.none() | st.booleans() | st.text(),
    st.sampled_from(["cost", "seconds", "confidence"]),
)
def test_a_flaw_is_found_in_whatever_is_no_number(value: Any, name: str) -> None:
    fields: Any = {"cost": 1.0, "seconds": 1.0, name: value}
    if flaw(Bid(**fields), DIG) is None:
        assert 0 <= value <= {"cost": 1e15, "seconds": 10, "confidence": 1}[name]
        assert not isinstance(value, bool)


@pytest.mark.parametrize(
    ("reasons", "invited", "status"),
    [
        ([INCAPABLE, NOT_UNDERSTOOD], "ab", "nobody is capable"),
        ([INCAPABLE], "ab", "not all answered"),
        ([INCAPABLE, UNWILLING], "ab", "all refused"),
        (["too far", BUSY], "ab", "all refused"),
        ([BUSY, INVALID], "ab", "no valid proposal"),
        ([INVALID], "ab", "no valid proposal"),
        ([], "a", "not all answered"),
    ],
)
def test_a_fruitless_call_says_why(reasons: list[str], invited: str, status: str) -> None:
    assert Bidding(DIG, tuple(invited), reasons=reasons).status == status


class Promises(RuleBasedStateMachine):
    """Commitments against a model that knows only until when each conversation is binding."""

    @initialize(capacity=st.integers(1, 3))
    def begin_with(self, capacity: int) -> None:
        self.mine, self.now = Commitments(capacity), 0.0
        self.bound: dict[str, float] = {}

    @rule(conversation=conversations)
    def propose(self, conversation: str) -> None:
        if self.mine.room and conversation not in self.bound:
            self.mine.hold(conversation, self.now + 2)
            self.bound[conversation] = self.now + 2

    @rule(conversation=conversations)
    def award(self, conversation: str) -> None:
        if conversation in self.bound or self.mine.room:
            self.mine.begin(conversation, None)
            self.bound[conversation] = inf

    @rule(conversation=conversations)
    def reject(self, conversation: str) -> None:
        waits = self.bound.get(conversation, inf) < inf
        assert self.mine.drop(conversation) == waits
        if waits:
            del self.bound[conversation]

    @rule(conversation=conversations)
    def cancel(self, conversation: str) -> None:
        self.mine.end(conversation)
        self.bound.pop(conversation, None)
        assert conversation in self.mine.over

    @rule()
    def wait(self) -> None:
        self.now += 1
        lapsed = [each for each, until in self.bound.items() if until <= self.now]
        assert sorted(self.mine.lapse(self.now)) == sorted(lapsed)
        self.bound = {each: until for each, until in self.bound.items() if each not in lapsed}

    @invariant()
    def never_more_than_the_capacity(self) -> None:
        assert self.mine.load == len(self.bound) <= self.mine.capacity
        assert self.mine.room == self.mine.capacity - self.mine.load


TestPromises = Promises.TestCase
TestPromises.settings = few


tables = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(numbers, min_size=width, max_size=width), min_size=1, max_size=width)
)


@few
@given(tables)
def test_the_optimum_is_that_of_trying_everything(costs: list[list[int]]) -> None:
    tried = min(total(costs, each) for each in permutations(range(len(costs[0])), len(costs)))
    assert total(costs, optimal(costs)) == tried
    assert total(costs, one_by_one(costs)) >= tried
    assert len(set(one_by_one(costs))) == len(costs)


def ratio(costs: Costs) -> float:
    return total(costs, one_by_one(costs)) / total(costs, optimal(costs))


@pytest.mark.parametrize(("size", "expected"), [(3, 1.16), (5, 1.26), (10, 1.49), (20, 1.78), (40, 2.13)])
def test_one_by_one_costs_more_the_more_tasks_there_are(size: int, expected: float) -> None:
    """As the README says for uniform costs; for exponential ones as theory says."""
    dice = random.Random(size)
    for draw, mean_ratio, slack in ((dice.random, expected, 0.05), (lambda: dice.expovariate(1), None, 0.12)):
        tables = [[[draw() for _ in range(size)] for _ in range(size)] for _ in range(4000 // size)]
        each = [total(costs, way(costs)) for way in (one_by_one, optimal) for costs in tables]
        found = (
            sum(each[: len(tables)]) / sum(each[len(tables) :])
            if mean_ratio is None
            else mean(map(ratio, tables))
        )
        assert abs(found / (mean_ratio or theory.one_by_one(size)) - 1) < slack


@pytest.mark.parametrize("tasks", [1, 2, 3, 10, 50])
def test_every_award_can_be_best_and_the_whole_bad(tasks: int) -> None:
    """One by one costs 1 + 1/2 + ... + 1/n, which grows without limit; the optimum is less than π²/6."""
    costs = misleading_costs(tasks)
    assert isclose(total(costs, one_by_one(costs)), sum(1 / k for k in range(1, tasks + 1)))
    assert isclose(total(costs, optimal(costs)), sum(1 / k**2 for k in range(1, tasks + 1)))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Task("t", needs="dig"), r"needs='dig': expected frozenset, .*frozenset\(\{'dig'\}\)"),
        (lambda: Task("t", priority=2), r"priority=2: expected a number from 0 to 1\."),
        (lambda: Task("t", within=nan), r"within=nan: expected seconds, 0 or more\."),
        (lambda: Weighted(0, 0, 0), r"one weight must be above 0\. .*Weighted\(cost=1\)"),
        (lambda: Weighted(1, -1), r"seconds=-1: expected a number from 0 to 1e\+15\."),
        (lambda: Policy(bidding=-1), r"bidding=-1: expected seconds, 0 or more\."),
        (lambda: Policy(attempts=True), r"attempts=True: expected a whole number, 1 or more\."),
        (lambda: Policy(rounds=1.5), r"rounds=1\.5: expected a whole number, 1 or more\."),
        (lambda: Policy(scoring="cheapest"), r"scoring='cheapest': expected a function .*scoring=cheapest"),
        (lambda: best({}), r"scores=\{\}: expected a score for each bidder"),
        (lambda: best(cheapest(DIG, {"ann": Bid(nan, 1)})), r"score is nan: .* award\(task, bids\)"),
        (lambda: assigned([[1], [2]]), r"2 tasks for 1 contractors: expected a contractor for each task\."),
        (lambda: Task(""), r"name='': expected a text\. .*Task\('dig'\)"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, says: str) -> None:
    with pytest.raises((TypeError, ValueError), match=says):
        make()


@pytest.mark.parametrize("bad", [Bid(-5, 1), Bid(nan, 1), Bid(1, 3600), Bid(1, 1, 2.0)], ids=str)
def test_a_bid_with_a_flaw_is_never_awarded(bad: Bid) -> None:
    """It does not even count in the scores of the others; alone it wins nothing."""
    good = {"bob": Bid(100, 5), "cat": Bid(90, 6)}
    assert award(DIG, {"ann": bad, **good}) == award(DIG, good)
    assert award(DIG, {"ann": bad}, cheapest) is None


@few
@given(st.integers(1, 5), st.integers(0, 3), st.randoms(use_true_random=False))
def test_the_plan_costs_as_little_as_any_assignment(tasks: int, spare: int, dice: random.Random) -> None:
    """SciPy finds no cheaper one, and each task has a contractor of its own."""
    costs = [[dice.randint(0, 9) for _ in range(tasks + spare)] for _ in range(tasks)]
    found = assigned(costs)
    assert (len(set(found)), total(costs, found)) == (tasks, total(costs, optimal(costs)))


def test_an_agent_that_was_not_invited_cannot_bid() -> None:
    """Nor can one that was dropped in the round before; neither counts as an answer."""
    bidding = Bidding(DIG, ("ann", "bob"))
    assert (bidding.take("zoe", Bid(1, 1)), bidding.standing, bidding.reasons) == (UNINVITED, {}, [])
    bidding.take("ann", Bid(2, 1))
    bidding.take("bob", Bid(3, 1))
    assert bidding.narrow(cheapest) == ["bob"]
    assert (bidding.take("bob", Bid(1, 1)), bidding.winner(cheapest)) == (UNINVITED, "ann")
