"""Ranked ballots: every method against an independent count, and against the definitions."""

from __future__ import annotations

import random
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from pref_voting import voting_methods
from pref_voting.profiles import Profile as Theirs

from coordlab.patterns.voting import ranked
from coordlab.patterns.voting.ranked import (
    CONDORCET,
    METHODS,
    Profile,
    Ranking,
    approval,
    borda,
    condorcet_cycle,
    condorcet_loser,
    condorcet_winner,
    instant_runoff,
    plurality,
    profile,
    ranked_pairs,
    schulze,
    smith_set,
)
from tests.sampling import disaster_count

few = settings(max_examples=disaster_count())

TENNESSEE = profile({tuple("MNCK"): 42, tuple("NCKM"): 26, tuple("CKNM"): 15, tuple("KCNM"): 17})
CYCLE = profile([tuple("ABC"), tuple("BCA"), tuple("CAB")])

ORACLES = {
    "plurality": voting_methods.plurality,
    "borda": voting_methods.borda,
    "copeland": voting_methods.copeland,
    "minimax": voting_methods.minimax,
    "schulze": voting_methods.beat_path,
    "ranked_pairs": voting_methods.ranked_pairs,
    "instant_runoff": voting_methods.instant_runoff_put,
}


def drawn(seed: int, most: int = 5) -> tuple[list[Ranking], str]:
    """Up to nine full rankings of up to `most` alternatives."""
    dice = random.Random(seed)
    names = "abcdefgh"[: dice.randint(1, most)]
    return [tuple(dice.sample(names, len(names))) for _ in range(dice.randint(1, 9))], names


def beats(votes: Profile, one: str, other: str) -> bool:
    """Counted ballot by ballot."""
    margin, last = 0, len(votes.alternatives)
    for levels, many in votes.ballots:
        place = {each: rank for rank, level in enumerate(levels) for each in level}
        first, second = place.get(one, last), place.get(other, last)
        margin += many * ((first < second) - (first > second))
    return margin > 0


def test_tennessee_has_three_capitals_and_one_condorcet_winner() -> None:
    """Memphis has most first places, Knoxville survives the run-offs, Nashville beats everybody."""
    won = {name: method(TENNESSEE) for name, method in METHODS.items() if name != "approval"}
    assert won == dict.fromkeys(won, ("N",)) | {"plurality": ("M",), "instant_runoff": ("K",)}
    assert (condorcet_winner(TENNESSEE), condorcet_cycle(TENNESSEE)) == ("N", ())


def test_three_voters_may_want_a_circle() -> None:
    """ABC, BCA, CAB: nobody beats everybody, the circle is shown, and no method can prefer one of three."""
    assert condorcet_winner(CYCLE) is None
    assert condorcet_cycle(CYCLE) == smith_set(CYCLE) == ("A", "B", "C")
    assert {method(CYCLE) for method in METHODS.values()} == {("A", "B", "C")}


def test_schulze_picks_the_winner_of_the_example_he_gives() -> None:
    """45 voters and five alternatives, as in section 3.1 of his paper: E wins."""
    counts = {"ACBED": 5, "ADECB": 5, "BEDAC": 8, "CABED": 3, "CAEBD": 7, "CBADE": 2, "DCEBA": 7, "EBADC": 8}
    assert schulze(profile({tuple(order): many for order, many in counts.items()})) == ("E",)


@pytest.mark.slow
@pytest.mark.parametrize("name", ORACLES)
def test_methods_agree_with_an_independent_count(name: str) -> None:
    """Small elections, rich in ties: the same set of winners as pref_voting."""
    for seed in range(disaster_count()):
        most = 4 if name == "ranked_pairs" else 5  # theirs goes through all orders
        rankings, names = drawn(seed, most)
        theirs = ORACLES[name](Theirs([[names.index(each) for each in ranking] for ranking in rankings]))
        winners = tuple(names[each] for each in sorted(theirs))
        assert METHODS[name](profile(rankings, names)) == winners, rankings


def test_circles_and_smith_sets_are_what_their_definitions_say() -> None:
    for seed in range(disaster_count()):
        rankings, names = drawn(seed)
        votes = profile(rankings, names)
        groups = [
            group
            for size in range(1, len(names) + 1)
            for group in dict.fromkeys(tuple(sorted(each[:size])) for each in permutations(names))
            if all(beats(votes, one, other) for one in group for other in names if other not in group)
        ]
        circles = [
            path
            for size in range(3, len(names) + 1)
            for path in permutations(names, size)
            if all(beats(votes, one, other) for one, other in zip(path, (*path[1:], path[0]), strict=True))
        ]
        assert smith_set(votes) == groups[0]
        assert len(condorcet_cycle(votes)) == (len(circles[0]) if circles else 0)
        assert condorcet_cycle(votes) in [(), *circles]
        assert condorcet_winner(votes) == (groups[0][0] if len(groups[0]) == 1 else None)
        losers = [one for one in names if all(beats(votes, each, one) for each in names if each != one)]
        assert condorcet_loser(votes) == (losers[0] if losers and len(names) > 1 else None)
        for name in ("borda", "instant_runoff", "copeland", "schulze", "ranked_pairs"):
            assert condorcet_loser(votes) not in METHODS[name](votes)


def names_and_ballots() -> st.SearchStrategy[list[Ranking]]:
    """Rankings of four, some cut short, some with equals."""
    levels = st.sampled_from(
        [each[:size] for each in permutations("abcd") for size in range(1, 5)]
        + [((one, other), third) for one, other, third, _ in permutations("abcd")]
    )
    return st.lists(levels, min_size=1, max_size=8)


@few
@given(names_and_ballots())
def test_the_condorcet_winner_wins(rankings: list[Ranking]) -> None:
    """Ballots cut short and with equals included; and every such method stays within the Smith set."""
    votes = profile(rankings, "abcd")
    winner = condorcet_winner(votes)
    by_hand = [one for one in "abcd" if all(beats(votes, one, each) for each in "abcd" if each != one)]
    assert by_hand == ([winner] if winner else [])
    for name in CONDORCET:
        assert winner is None or METHODS[name](votes) == (winner,)
    for name in ("copeland", "schulze", "ranked_pairs"):
        assert set(METHODS[name](votes)) <= set(smith_set(votes))


@few
@given(names_and_ballots(), st.permutations("abcd"))
def test_no_method_looks_at_names_or_at_the_order_of_ballots(
    rankings: list[Ranking], others: list[str]
) -> None:
    """Rename the alternatives, and the winners are renamed; turn the ballots round, and nothing happens."""
    new = dict(zip("abcd", others, strict=True))

    def renamed(ranking: Ranking) -> Ranking:
        return tuple(
            tuple(new[name] for name in each) if isinstance(each, tuple) else new[each] for each in ranking
        )

    before, after = profile(rankings, "abcd"), profile(list(map(renamed, reversed(rankings))), "abcd")
    for name, method in METHODS.items():
        assert {new[each] for each in method(before)} == set(method(after)), name


def test_equals_share_and_the_unnamed_stand_last() -> None:
    """Each by the rule that is declared: halves for equals at the top, half a point for each equal below."""
    votes = profile([(("a", "b"), "c"), ("c",), ("a",)])
    assert votes.first_places("abc") == {"a": 1.5, "b": 0.5, "c": 1}
    assert [votes.margins["a", "c"], votes.margins["a", "b"], votes.margins["b", "c"]] == [1, 1, 0]
    assert (plurality(votes), borda(votes), approval(votes)) == (("a",), ("a",), ("a", "c"))


def test_an_exhausted_ballot_counts_for_nobody() -> None:
    """A ballot that names only c treats a and b alike."""
    assert instant_runoff(profile({("c",): 3, ("a", "b"): 5, ("b", "a"): 4})) == ("a",)


def test_a_declared_order_breaks_ties_within_a_method() -> None:
    """The tied circle: the favoured one wins the ranked pairs, and stays longest in the run-off."""
    for order in ("ABC", "BCA", "CAB"):
        assert ranked_pairs(CYCLE, order) == instant_runoff(CYCLE, order) == (order[0],)


def test_those_without_a_first_place_leave_together() -> None:
    """Forty of them could leave in more orders than there are atoms; two that tie remain."""
    names = [f"n{number}" for number in range(42)]
    ballots = [tuple(names), (names[1], names[0], *names[2:])]
    assert instant_runoff(profile(ballots, names)) == ("n0", "n1")


def test_one_alternative_wins_and_no_ballots_tie_everybody() -> None:
    assert {method(profile([("a",)])) for method in METHODS.values()} == {("a",)}
    assert {method(profile([], "ab")) for method in METHODS.values()} == {("a", "b")}


@pytest.mark.parametrize(
    ("rankings", "wrong"),
    [
        ([("a", "b", "a")], r"ranking \('a', 'b', 'a'\): 'a' is listed twice; .*bob and cat are equals"),
        ([("a", ("b", "a"))], r"'a' is listed twice"),
        ([("a", "z")], r"alternative on a ballot='z': expected one of 'a', 'b'\."),
        ({("a",): -1}, r"ballots of \('a',\)=-1: expected a whole number, 0 or more\."),
        ({("a",): True}, r"ballots of \('a',\)=True: expected a whole number"),
        (["ann"], r"ranking='ann': expected a tuple, the best first\. .*\('ann', \('bob', 'cat'\)\)"),
        ([["ann"]], r"ranking=\['ann'\]: expected a tuple, the best first\."),
        ([("ann", 5)], r"ranking \('ann', 5\)=.*: expected a list or tuple of names\."),
    ],
)
def test_ballots_that_cannot_be_are_refused(rankings: Any, wrong: str) -> None:
    with pytest.raises((TypeError, ValueError), match=wrong):
        profile(rankings, "ab")


def test_an_election_needs_somebody_to_elect() -> None:
    with pytest.raises(ValueError, match=r"alternatives=\(\): expected at least one name\."):
        profile([])


def test_too_many_ties_ask_for_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty alternatives without a ballot tie in too many ways to follow them all; an order settles it."""
    monkeypatch.setattr(ranked, "MOST", 2)
    ties = profile([tuple("abcde"), tuple("bcdea"), tuple("cdeab"), tuple("deabc"), tuple("eabcd")])
    for method in (instant_runoff, ranked_pairs):
        with pytest.raises(ValueError, match=r"tie in more than 2 ways: declare an order: .*order="):
            method(ties)
        assert method(ties, order="abcde") == ("a",)


@pytest.mark.parametrize("order", [("a",), ("a", "a"), ("a", "b", "c")])
@pytest.mark.parametrize("method", [instant_runoff, ranked_pairs])
def test_an_order_that_breaks_ties_names_each_alternative_once(method: Any, order: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"order=.*: expected each alternative once, .*order=\('a', 'b'\)"):
        method(profile([("a", "b")]), order)
