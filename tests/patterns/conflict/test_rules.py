"""The rules that settle conflicts: orders, merges, evidence and giving way."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from coordlab.patterns.conflict import theory
from coordlab.patterns.conflict.rules import (
    ORDER,
    STEPS,
    Candidate,
    Policy,
    Resolved,
    convinced,
    lot,
    merged,
    rank,
    reconsidered,
    resolve,
    tie_break,
    union,
)

values = st.sampled_from(["x", "y"]) | st.frozensets(st.sampled_from("abc"))
evidence = st.frozensets(st.tuples(st.sampled_from("123"), st.sampled_from("xy")), max_size=3)
candidate = st.builds(
    Candidate, st.sampled_from("abcd"), values, evidence, st.sampled_from([0, 1]), st.sampled_from([0.0, 1.0])
)
candidates = st.lists(candidate, max_size=4, unique_by=lambda each: each.id)


@given(
    candidates, st.sampled_from(["merge", "retry", "tie-break", "default"]), st.permutations(ORDER), st.data()
)
def test_the_order_of_arrival_decides_nothing(
    among: list[Candidate], step: str, order: list[str], data: st.DataObject
) -> None:
    """CR-S1: the same candidates in any order have the same outcome, whatever the step and the rank."""
    policy = Policy(merge=union, order=tuple(order), default="d")
    shuffled = data.draw(st.permutations(among))
    assert resolve("c", shuffled, step, policy) == resolve("c", among, step, policy)


@given(candidates, st.sampled_from(STEPS))
def test_every_candidate_is_accounted_for(among: list[Candidate], step: str) -> None:
    """CR-S2: whatever settles it, each candidate is either kept or lost, and none is both."""
    done = resolve("c", among, step, Policy(merge=union, default="d"), choice="a")
    if isinstance(done, Resolved):
        assert sorted(each.id for each in done.kept + done.lost) == sorted(each.id for each in among)


@given(candidates.filter(bool))
def test_a_total_order_always_decides(among: list[Candidate]) -> None:
    """By priority, time, draw and name there is one first, and a brute search finds the same."""
    first = tie_break("c", among)
    beats = [one for one in among if all(rank("c", one) <= rank("c", other) for other in among)]
    assert [first] == beats


def test_each_part_of_the_order_counts_only_where_those_before_tie() -> None:
    """Priority before time, the later time before the earlier, the draw before the name."""
    low, old = Candidate("a", "low", at=9.0), Candidate("b", "old", priority=1, at=1.0)
    new, same = Candidate("c", "new", priority=1, at=2.0), Candidate("d", "same", priority=1, at=2.0)
    drawn = min([new, same], key=lambda each: lot("c1", each.id))
    assert [tie_break("c1", among) for among in ([low, old], [old, new], [new, same])] == [old, new, drawn]


def test_a_partial_order_may_leave_a_tie() -> None:
    """Two of equal priority, and no other rule: nobody is first, unless both say the same."""
    ann, bob = Candidate("ann", "x"), Candidate("bob", "y")
    assert tie_break("c", [ann, bob], ("priority",)) is None
    assert tie_break("c", [ann, Candidate("cat", "x")], ("priority",)) == ann
    assert tie_break("c", []) is None


def test_the_draw_is_fair_and_the_same_for_everybody() -> None:
    """Over 2000 conflicts each of two wins about half: within four standard deviations."""
    wins = sum(lot(f"c{each}", "ann") < lot(f"c{each}", "bob") for each in range(2000))
    assert abs(wins - 1000) < 4 * (2000 * 0.25) ** 0.5


def test_pooled_evidence_makes_those_agree_who_weigh_it_alike() -> None:
    """Whoever has heard all of it is for the same; where it is balanced, each stays with its own."""
    ann = Candidate("ann", "x", frozenset({("1", "x")}))
    bob = Candidate("bob", "y", frozenset({("2", "y"), ("3", "y")}))
    cat = Candidate("cat", "z", frozenset({("4", "y"), ("5", "x"), ("1", "x")}))
    assert [convinced(ann, [bob]).value, convinced(bob, [ann]).value] == ["y", "y"]
    assert convinced(cat, []).value == "x"
    assert convinced(Candidate("dan", "z"), []).value == "z"
    assert repr(convinced(Candidate("eve", "z", frozenset({("1", 2.0), ("2", 2)})), []).value) == "2.0"


def test_who_gives_way_does_so_by_chance_and_only_to_another_value() -> None:
    """Never at 0, always at 1; and to itself there is nothing to give way."""
    ann, bob = Candidate("ann", "x"), Candidate("bob", "y")
    dice = random.Random(1)
    assert [reconsidered(ann, [ann, bob], chance, dice).value for chance in (0.0, 1.0)] == ["x", "y"]
    assert reconsidered(ann, [ann], 1.0, dice) == ann


def test_a_step_that_does_not_settle_it_says_why() -> None:
    among, policy = [Candidate("ann", "x"), Candidate("bob", "y")], Policy(order=("priority",))
    tries = [*((step, None) for step in STEPS[:4]), ("escalate", "zed")]
    assert [resolve("c", among, step, policy, choice) for step, choice in tries] == [
        "no rule makes one of x, y",
        "still x, y after 2 retries",
        "x, y are tied by priority",
        "nobody decided within 5 s",
        "zed is no candidate",
    ]


def test_union_takes_sets_only() -> None:
    """Two lists of tags become one; a text has nothing to unite with."""
    sets = [Candidate("ann", frozenset("ab")), Candidate("bob", frozenset("bc"))]
    done = resolve("c", sets, "merge", Policy(merge=union))
    assert isinstance(done, Resolved)
    assert (done.value, done.reason) == (frozenset("abc"), "made of {a, b}, {b, c}")
    assert isinstance(resolve("c", [*sets, Candidate("cat", "x")], "merge", Policy(merge=union)), str)


def test_candidates_are_merged_in_the_order_of_their_names() -> None:
    """Whatever the order in which they are given, and even if the merge depends on it."""
    ann, bob, cat = (Candidate(name, name) for name in ("ann", "bob", "cat"))
    assert merged([cat, ann, bob], lambda one, other: one + other) == "annbobcat"


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Policy(chain=("vote", "default")), ValueError, r"chain='vote': expected one of 'merge'"),
        (lambda: Policy(chain=("merge", "merge", "default")), ValueError, r"chain: 'merge' is listed twice"),
        (lambda: Policy(chain=()), ValueError, r"chain=\(\): expected at least one name"),
        (lambda: Policy(chain="default"), TypeError, r"chain='default': expected a list or tuple"),  # type: ignore[arg-type]
        (lambda: Policy(chain=("merge", "escalate")), ValueError, r"the last step must be 'default'"),
        (lambda: Policy(order=("age",)), ValueError, r"order='age': expected one of 'priority', 'time'"),
        (lambda: Policy(order=(["draw"],)), TypeError, r"order=\(\['draw'\],\): expected a list or tuple"),  # type: ignore[arg-type]
        (lambda: Policy(retries=-1), ValueError, r"retries=-1: expected a whole number, 0 or more"),
        (lambda: Policy(patience=0), ValueError, r"patience=0: expected seconds above 0"),
        (lambda: Policy(hearing=float("inf")), ValueError, r"hearing=inf: expected seconds above 0"),
        (lambda: Policy(merge="union"), ValueError, r"merge='union': expected a function of two values"),  # type: ignore[arg-type]
        (lambda: rank("c", Candidate("ann", "x"), ("foo",)), ValueError, r"order='foo': expected one of"),
        (lambda: resolve("c", [], "vote", Policy()), ValueError, r"by='vote': expected one of 'merge'"),
        (lambda: Candidate("ann", None), ValueError, r"value=None: .*Candidate\('ann', 'unknown'\)"),
        (lambda: Candidate("ann", float("nan")), ValueError, r"value=nan: expected a value"),
        (lambda: Candidate("ann", "x", priority="high"), ValueError, r"priority='high': expected a number"),  # type: ignore[arg-type]
        (lambda: Candidate("ann", "x", at=float("nan")), ValueError, r"at=nan: expected a number"),
        (lambda: theory.rounds(-0.1), ValueError, r"chance=-0\.1: expected a probability from 0 to 1"),
        (lambda: theory.messages(-1), ValueError, r"proposers=-1: expected a whole number"),
        (lambda: theory.within(0.5, -1), ValueError, r"retries=-1: expected a whole number"),
    ],
)
def test_rules_refuse_what_they_cannot_use(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()


def test_two_rounds_at_one_half_are_the_fewest() -> None:
    """The number grows with the distance from 1/2, is the same for p and 1 - p, and infinite at 0 and 1."""
    assert theory.rounds(0.5) == 2.0 == min(theory.rounds(each / 100) for each in range(101))
    assert all(abs(theory.rounds(p) - theory.rounds(1 - p)) < 1e-9 for p in (0.1, 0.2, 0.3, 0.4))
    assert [theory.rounds(0), theory.rounds(1)] == [float("inf")] * 2


def test_the_bound_counts_the_steps_that_wait() -> None:
    """A chain that neither asks again nor escalates waits for the proposers once."""
    bounds = {(): 1, ("retry",): 4, ("escalate",): 11, ("retry", "escalate"): 14, ("escalate", "retry"): 14}
    for chain, bound in bounds.items():
        assert Policy(chain=(*chain, "default"), retries=3, patience=1, hearing=10).bound == bound
