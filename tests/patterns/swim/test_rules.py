"""What members know of each other: which news counts, all cases of it; and what is passed on how often."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import reduce
from itertools import permutations, product

import pytest
from hypothesis import given, strategies as st

from coordlab.patterns.heartbeat.rules import ALIVE, DEAD, SUSPECT, UNKNOWN
from coordlab.patterns.swim.rules import (
    ORDER,
    Rumours,
    Update,
    edges,
    next_round,
    refuted,
    repeats,
    supersedes,
)

ALL = [Update("bob", status, incarnation) for incarnation in range(4) for status in ORDER]
PAIRS = list(product(ALL, repeat=2))

# Section 4.2 of the paper: what overrides what, by the two incarnations (news, known).
PAPER: dict[tuple[str, str], Callable[[int, int], bool]] = {
    (ALIVE, ALIVE): lambda i, j: i > j,
    (ALIVE, SUSPECT): lambda i, j: i > j,
    (ALIVE, DEAD): lambda i, j: False,
    (SUSPECT, ALIVE): lambda i, j: i >= j,
    (SUSPECT, SUSPECT): lambda i, j: i > j,
    (SUSPECT, DEAD): lambda i, j: False,
    (DEAD, ALIVE): lambda i, j: True,
    (DEAD, SUSPECT): lambda i, j: True,
    (DEAD, DEAD): lambda i, j: False,
}


def by_paper(news: Update, known: Update) -> bool:
    return PAPER[news.status, known.status](news.incarnation, known.incarnation)


def judged() -> list[tuple[Update, Update]]:
    """All pairs of which the paper speaks: it knows no status but these three."""
    return [pair for pair in PAIRS if UNKNOWN not in (pair[0].status, pair[1].status)]


def test_the_living_and_the_suspects_follow_section_4_2() -> None:
    pairs = [pair for pair in judged() if DEAD not in (pair[0].status, pair[1].status)]
    assert len(pairs) == 64
    assert [supersedes(*pair) for pair in pairs] == [by_paper(*pair) for pair in pairs]


def test_the_dead_differ_from_it_only_where_incarnations_do() -> None:
    """In the paper death is for ever; here a later incarnation ends it, and an earlier death is old news."""
    differ = [(news, known) for news, known in judged() if supersedes(news, known) != by_paper(news, known)]
    back = [(n, k) for n, k in differ if k.status == DEAD and n.incarnation > k.incarnation]
    old = [(n, k) for n, k in differ if n.status == DEAD != k.status and n.incarnation < k.incarnation]
    assert (len(back), len(old), len(differ)) == (18, 12, 30)


def test_anything_is_news_to_a_member_that_knows_nothing() -> None:
    nothing = Update("bob", UNKNOWN, 0)
    assert all(supersedes(news, nothing) for news in ALL if news != nothing)


def test_of_two_updates_one_counts() -> None:
    assert all(supersedes(a, b) + supersedes(b, a) + (a == b) == 1 for a, b in PAIRS)


def test_the_order_in_which_news_arrives_does_not_matter() -> None:
    merge = lambda known, news: news if supersedes(news, known) else known
    for three in product(ALL[1:], repeat=3):
        assert len({reduce(merge, (*order, order[0])) for order in permutations(three)}) == 1


def test_a_refutation_supersedes_every_doubt() -> None:
    for own, news in product(range(4), ALL):
        after = refuted(own, news)
        believed = supersedes(Update("bob", ALIVE, after), news)
        assert believed or news.status not in (SUSPECT, DEAD)
        assert (after > own) == (news.status in (SUSPECT, DEAD) and news.incarnation >= own)


@pytest.mark.parametrize(("before", "after"), list(product(ORDER, repeat=2)))
def test_edges_tell_of_changes_and_leave_none_out(before: str, after: str) -> None:
    """One for each change, two for a dead one that is suspected: for it must have been up in between."""
    told = edges(before, after)
    assert told == ((ALIVE, SUSPECT) if (before, after) == (DEAD, SUSPECT) else (after,) * (before != after))


def test_news_is_repeated_a_logarithm_of_times() -> None:
    assert [repeats(members) for members in (0, 1, 2, 10, 1000, 10**6)] == [1, 1, 3, 7, 21, 42]


@given(st.integers(1, 30), st.integers(0, 2**32))
def test_nobody_is_left_out_of_a_round(members: int, seed: int) -> None:
    dice, names = random.Random(seed), [str(number) for number in range(members)]
    probes = [name for _ in range(4) for name in next_round(names, dice)]
    assert all(sorted(probes[at : at + members]) == sorted(names) for at in range(0, 4 * members, members))
    reach = 2 * members - 1
    assert all({*probes[at : at + reach]} == {*names} for at in range(len(probes) - reach + 1))


@given(
    st.integers(1, 5), st.integers(1, 6), st.lists(st.sampled_from(["ann", "bob", "cat", None]), max_size=40)
)
def test_each_rumour_is_told_so_often_and_the_least_told_first(
    most: int, often: int, steps: list[str | None]
) -> None:
    rumours, times, incarnation = Rumours(most), dict[Update, int](), 0
    for name in steps:
        if name:
            incarnation += 1
            rumours.add(Update(name, ALIVE, incarnation))
            times = {each: told for each, told in times.items() if each.member != name}
            times[Update(name, ALIVE, incarnation)] = 0
        else:
            picked = rumours.pick(often)
            assert len(picked) == min(most, len(times))
            left = [told for each, told in times.items() if each not in picked]
            assert max((times[each] for each in picked), default=0) <= min(left, default=often)
            times = {each: told + (each in picked) for each, told in times.items()}
            times = {each: told for each, told in times.items() if told < often}
    assert {update for update, _ in rumours.told.values()} == set(times)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Update("bob", "ill", 1), r"status='ill': expected one of 'unknown', 'alive', 'suspect'"),
        (lambda: Update("bob", "alive", -1), r"incarnation=-1: expected a whole number, 0 or more"),
        (lambda: Rumours(most=0), r"most=0: expected a whole number, 1 or more\. For example: most=6"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()
