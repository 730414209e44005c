"""The rules that settle conflicts: orders, merges, evidence and giving way."""

from __future__ import annotations

import itertools
import random
import statistics
from typing import Any

import pytest
from hypothesis import given, strategies as st

from coordlab.patterns.conflict import theory
from coordlab.patterns.conflict.rules import (
    ORDER,
    STEPS,
    Candidate,
    Policy,
    Resolved,
    back_off,
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
    assert [tie_break("c1", among).value for among in ([low, old], [old, new], [new, same])] == [  # type: ignore[union-attr]
        "old",
        "new",
        drawn.value,
    ]


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


def test_who_gives_way_does_so_by_chance_and_only_to_another_value() -> None:
    """Never at 0, always at 1; and to itself there is nothing to give way."""
    ann, bob = Candidate("ann", "x"), Candidate("bob", "y")
    dice = random.Random(1)
    assert [reconsidered(ann, [ann, bob], chance, dice).value for chance in (0.0, 1.0)] == ["x", "y"]
    assert reconsidered(ann, [ann], 1.0, dice) == ann


@pytest.mark.parametrize("chance", [0.1, 0.25, 0.5, 0.9])
def test_two_who_give_way_need_as_many_rounds_as_theory_says(chance: float) -> None:
    """The mean of 2000 standoffs lies within four standard errors of 1 / (2p(1 - p))."""
    dice = random.Random(7)
    took = [back_off(chance, dice) or 0 for _ in range(2000)]
    error = statistics.stdev(took) / 2000**0.5
    assert abs(statistics.mean(took) - theory.rounds(chance)) < 4 * error
    enough = sum(each <= 3 for each in took) / 2000
    assert abs(enough - theory.within(chance, 3)) < 4 * (0.25 / 2000) ** 0.5


def test_two_who_always_or_never_give_way_never_agree() -> None:
    """At 1 they pass each other for ever, at 0 they stand there."""
    assert [back_off(chance, random.Random(1), most=1000) for chance in (0.0, 1.0)] == [None, None]


def test_a_step_that_does_not_settle_it_says_why() -> None:
    """One sentence for each."""
    among, policy = [Candidate("ann", "x"), Candidate("bob", "y")], Policy(order=("priority",))
    assert [
        resolve("c", among, step, policy, choice)
        for step, choice in [*zip(STEPS[:4], [None] * 4, strict=True), ("escalate", "zed")]
    ] == [
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


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"chain": ("merge", "vote", "default")},
        r"chain=\('merge', 'vote', 'default'\): it lists some of merge, retry",
    ),
    ({"chain": ("merge", "merge", "default")}, r"each once"),
    ({"chain": ()}, r"chain=\(\): it lists"),
    ({"chain": "default"}, r"chain='default': it lists"),
    (
        {"chain": ("merge", "escalate")},
        r"may end with the conflict still open: .* Write chain=\(\.\.\., 'default'\)",
    ),
    ({"order": ("age",)}, r"order=\('age',\): it lists some of priority, time, draw, id"),
    ({"retries": -1}, r"retries=-1: the budget is a whole number, 0 or more\. Write retries=2"),
    ({"retries": 1.5}, r"retries=1\.5"),
    ({"retries": True}, r"retries=True"),
    ({"patience": 0}, r"patience=0: a wait takes some seconds and ends\. Write patience=5\.0"),
    ({"hearing": float("inf")}, r"hearing=inf"),
    ({"hearing": float("nan")}, r"hearing=nan"),
    ({"hearing": "long"}, r"hearing='long': a wait takes some seconds"),
    ({"merge": "union"}, r"merge='union': a function makes one of two values.*\. Write merge=union"),
    ({"chain": 5}, r"chain=5: it lists"),
    ({"order": (["draw"],)}, r"order=\(\['draw'\],\): it lists"),
]


@pytest.mark.parametrize(("settings", "words"), WRONG)
def test_a_policy_that_cannot_be_is_refused(settings: dict[str, Any], words: str) -> None:
    """Before anything runs, and with what to write instead."""
    with pytest.raises(ValueError, match=words):
        Policy(**settings)


def test_candidates_and_chances_that_cannot_be_are_refused() -> None:
    """No value, no place in an order, no chance, no step."""
    with pytest.raises(ValueError, match=r"Candidate\('ann', nan\) is not even equal to itself.*Write"):
        Candidate("ann", float("nan"))
    with pytest.raises(ValueError, match=r"priority='high'.* finite numbers\. Write Candidate"):
        Candidate("ann", "x", priority="high")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"by=\('vote',\): it lists some of merge, retry"):
        resolve("c", [Candidate("ann", "x")], "vote", Policy())
    with pytest.raises(ValueError, match=r"order=\('age',\): it lists some of priority"):
        tie_break("c", [Candidate("ann", "x")], ("age",))
    with pytest.raises(ValueError, match=r"most=1\.5: rounds are counted.* Write most=1000"):
        back_off(0.5, random.Random(0), most=1.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"Candidate\('ann', None\) says nothing"):
        Candidate("ann", None)
    for field in ("priority", "at"):
        with pytest.raises(ValueError, match=rf"{field}=nan.* finite numbers\. Write Candidate"):
            Candidate("ann", "x", **{field: float("nan")})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"chance=1\.5: a chance is from 0 to 1\. Write chance=0\.5"):
        back_off(1.5, random.Random(1))


def test_the_bound_counts_the_steps_that_wait() -> None:
    """A chain that neither asks again nor escalates waits for the proposers once."""
    chains = [chain for n in range(3) for chain in itertools.permutations(("retry", "escalate"), n)]
    bounds = {
        chain: Policy(chain=(*chain, "default"), retries=3, patience=1, hearing=10).bound for chain in chains
    }
    assert bounds == {
        (): 1,
        ("retry",): 4,
        ("escalate",): 11,
        ("retry", "escalate"): 14,
        ("escalate", "retry"): 14,
    }
