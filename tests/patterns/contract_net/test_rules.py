"""Bids, scores, commitments and assignments, apart from any agent."""

from __future__ import annotations

import random
from itertools import permutations
from math import inf, isclose, nan
from statistics import mean
from typing import Any

import pytest
from hypothesis import given, strategies as st

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
    award,
    best,
    by_priority,
    cheapest,
    flaw,
    fruitless,
    one_by_one,
    optimal,
    served,
    shortlist,
    total,
)

DIG = Task("dig")
numbers = st.integers(0, 1000)
bids = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.builds(Bid, numbers, numbers, st.integers(0, 100).map(lambda each: each / 100)),
    min_size=1,
)
scorings = st.builds(Weighted, *[st.integers(1, 9)] * 3) | st.just(by_priority) | st.just(cheapest)
units = st.sampled_from([1 / 3600, 0.001, 1 / 60, 0.3, 1.0, 7.0, 60.0, 1e6])


# --- scoring --------------------------------------------------------------------------------------


@given(bids, scorings, units, units)
def test_other_units_change_no_winner(made: Bids, scoring: Any, money: float, time: float) -> None:
    """Cents for euros, hours for seconds: the same one wins."""
    other = {name: Bid(bid.cost * money, bid.seconds * time, bid.confidence) for name, bid in made.items()}
    assert best(scoring(DIG, made)) == best(scoring(DIG, other))


@given(bids, scorings, st.randoms())
def test_the_order_of_bids_changes_no_winner(made: Bids, scoring: Any, dice: random.Random) -> None:
    """Whoever answers first has no advantage."""
    names = list(made)
    dice.shuffle(names)
    assert best(scoring(DIG, made)) == best(scoring(DIG, {name: made[name] for name in names}))


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
    """And nobody wins by default."""
    assert cheapest(DIG, {}) == {}


@given(st.dictionaries(st.text("abc", min_size=1), st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1))
def test_a_shortlist_is_the_ranking_cut_off(scores: dict[str, float]) -> None:
    """Best first, of equals the first in the alphabet: as sorting has it."""
    ranked = sorted(scores, key=lambda name: (-scores[name], name))
    assert [shortlist(scores, most) for most in range(4)] == [ranked[:most] for most in range(4)]


# --- what is wrong with a bid, and with a call ----------------------------------------------------


@given(
    st.floats() | st.integers() | st.none() | st.booleans() | st.text(),
    st.sampled_from(["cost", "seconds", "confidence"]),
)
def test_a_flaw_is_found_in_whatever_is_no_number(value: Any, name: str) -> None:
    """No value makes it fail; what passes is a number within its limits."""
    fields: Any = {"cost": 1.0, "seconds": 1.0, name: value}
    if flaw(Bid(**fields), DIG) is None:
        assert 0 <= value <= {"cost": 1e15, "seconds": 10, "confidence": 1}[name]
        assert not isinstance(value, bool)


@pytest.mark.parametrize(
    ("reasons", "invited", "status"),
    [
        ([INCAPABLE, NOT_UNDERSTOOD], 2, "nobody is capable"),
        ([INCAPABLE], 2, "not all answered"),
        ([INCAPABLE, UNWILLING], 2, "all refused"),
        (["too far", BUSY], 2, "all refused"),
        ([BUSY, INVALID], 2, "no valid proposal"),
        ([INVALID], 2, "no valid proposal"),
        ([], 1, "not all answered"),
    ],
)
def test_a_fruitless_call_says_what_it_came_to(reasons: list[str], invited: int, status: str) -> None:
    """Nobody capable only if all say so."""
    assert fruitless(reasons, invited) == status


# --- commitments ----------------------------------------------------------------------------------

acts = st.lists(
    st.tuples(st.sampled_from(["propose", "accept", "reject", "cancel", "lapse"]), st.sampled_from("abcd"))
)


@given(acts, st.integers(1, 3))
def test_commitments_never_exceed_the_capacity(story: list[tuple[str, str]], capacity: int) -> None:
    """Whatever is proposed, awarded, rejected, cancelled or lapses, in whatever order."""
    mine, now = Commitments(capacity), 0.0
    for act, conversation in story:
        now += 1.0
        if act == "propose" and mine.room:
            mine.hold(conversation, now + 2.0)
        elif act == "accept" and (mine.drop(conversation) or mine.room):
            mine.begin(conversation, None)
        elif act == "reject":
            mine.drop(conversation)
        elif act == "cancel":
            mine.end(conversation)
        mine.lapse(now) if act == "lapse" else None
        assert 0 <= mine.load <= capacity
        assert mine.room == capacity - mine.load


# --- one by one, or all at once -------------------------------------------------------------------

tables = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(numbers, min_size=width, max_size=width), min_size=1, max_size=width)
)


@given(tables)
def test_the_optimum_is_that_of_trying_everything(costs: list[list[int]]) -> None:
    """SciPy's assignment and all permutations agree; one by one is never better."""
    tried = min(total(costs, each) for each in permutations(range(len(costs[0])), len(costs)))
    assert total(costs, optimal(costs)) == tried
    assert total(costs, one_by_one(costs)) >= tried
    assert len(set(one_by_one(costs))) == len(costs)


def ratios(seed: int) -> list[float]:
    """How much dearer one by one is than the optimum, on twenty random tables of two to six tasks."""
    dice, found = random.Random(seed), []
    for _ in range(20):
        size = dice.randint(2, 6)
        costs = [[dice.random() for _ in range(size)] for _ in range(size)]
        found.append(total(costs, one_by_one(costs)) / total(costs, optimal(costs)))
    return found


def test_one_by_one_costs_a_fifth_more_on_average() -> None:
    """On random costs about 1.2 times the optimum, and never less than the optimum."""
    every = [ratios(seed) for seed in range(50)]
    assert min(min(each) for each in every) >= 1 - 1e-12
    assert 1.15 < mean(mean(each) for each in every) < 1.30


@pytest.mark.parametrize("tasks", [1, 2, 3, 10, 50])
def test_every_award_can_be_best_and_the_whole_bad(tasks: int) -> None:
    """One by one costs H(n), the optimum less than π²/6."""
    costs = theory.misleading_costs(tasks)
    assert isclose(total(costs, one_by_one(costs)), theory.harmonic(tasks))
    assert isclose(total(costs, optimal(costs)), theory.squares(tasks))


@pytest.mark.parametrize(
    "costs", [[[1, 2], [3]], [[1], [2]], [[nan, 1]], [[1, inf]], [["1", 2]], [[]], 5, [1, 2], None], ids=str
)
def test_what_is_no_table_of_costs_is_refused(costs: Any) -> None:
    """A row for each task, all as long, numbers only, and enough contractors."""
    for awards in (one_by_one, optimal):
        with pytest.raises(
            ValueError, match=r"a row of numbers for each task.*\. Write for instance \[\[3, 1\]"
        ):
            awards(costs)


def test_no_tasks_cost_nothing() -> None:
    """And are awarded to nobody."""
    assert one_by_one([]) == optimal([]) == ()
    assert total([], ()) == 0


def test_identical_rankings_serve_one_task() -> None:
    """Whatever the number of calls and bidders; nobody serves none."""
    assert [served([["a", "b", "c"]] * bidders) for bidders in (0, 1, 9)] == [0, 1, 1]


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: Task("t", needs="dig"),
            r"needs='dig': a frozenset of texts\. Write .*frozenset\(\{'dig'\}\)",
        ),
        (lambda: Task("t", needs={"dig"}), r"needs=\{'dig'\}: a frozenset of texts\."),
        (lambda: Task("t", priority=2), r"priority=2: a number from 0 to 1\. Write"),
        (lambda: Task("t", within=nan), r"within=nan: a number from 0 on\. Write"),
        (lambda: Weighted(0, 0, 0), r"weights are zero or more, and one is above\. Write"),
        (lambda: Weighted(1, -1), r"weights are zero or more"),
        (lambda: Weighted(inf), r"weights are zero or more"),
        (lambda: Policy(bidding=-1), r"bidding=-1: a number from 0 on\. Write .*bidding=0\.5"),
        (lambda: Policy(attempts=True), r"attempts=True: a whole number from 1 on\. Write .*attempts=1"),
        (lambda: Policy(scoring="cheapest"), r"scoring='cheapest': a function.*\. Write .*scoring=cheapest"),
        (lambda: best({}), r"scores=\{\}: .*\. Write"),
        (lambda: Policy(attempts=0), r"attempts=0: a whole number from 1 on\. Write .*attempts=1"),
        (lambda: Policy(rounds=1.5), r"rounds=1\.5: a whole number from 1 on"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, says: str) -> None:
    """What was given, what is allowed, what to write."""
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.parametrize("bad", [Bid(-5, 1), Bid(nan, 1), Bid(1, 3600), Bid(1, 1, 2.0)], ids=str)
def test_a_bid_with_a_flaw_is_never_awarded(bad: Bid) -> None:
    """It does not even count in the scores of the others; alone it wins nothing."""
    good = {"bob": Bid(100, 5), "cat": Bid(90, 6)}
    assert award(DIG, {"ann": bad, **good}) == award(DIG, good)
    assert award(DIG, {"ann": bad}, cheapest) is None


def test_advice_on_a_score_that_is_no_number_helps() -> None:
    """The scoring was a ready-made one; what is wrong is the bid."""
    with pytest.raises(ValueError, match=r"score is nan: .*0 to 1\. Write .* award\(task, bids\)"):
        best(cheapest(DIG, {"ann": Bid(nan, 1), "bob": Bid(1, 1)}))


def test_who_was_not_invited_cannot_bid() -> None:
    """Nor can one who is out since the round before; neither is an answer of those invited."""
    bidding = Bidding(DIG, ("ann", "bob"))
    assert (bidding.take("zoe", Bid(1, 1)), bidding.standing, bidding.reasons) == (UNINVITED, {}, [])
    bidding.take("ann", Bid(2, 1))
    bidding.take("bob", Bid(3, 1))
    assert bidding.narrow(cheapest) == ["bob"]
    assert (bidding.take("bob", Bid(1, 1)), bidding.winner(cheapest)) == (UNINVITED, "ann")
