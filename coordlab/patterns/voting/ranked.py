"""Ranked ballots: who wins when everybody may put the alternatives in order.

A ranking is a tuple, the best first; a tuple inside it holds equals; whoever it does not name stands last,
all equal.  Every method gives all its winners, in the order of the alternatives: several of them are a tie.

    >>> tennessee = profile({tuple("MNCK"): 42, tuple("NCKM"): 26, tuple("CKNM"): 15, tuple("KCNM"): 17})
    >>> plurality(tennessee), instant_runoff(tennessee), schulze(tennessee)
    (('M',), ('K',), ('N',))

Terms and methods as in F. Brandt et al. (eds.), Handbook of Computational Social Choice, 2016, chapters 2-4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain, groupby, permutations
from typing import TypeVar

Ranking = tuple[str | tuple[str, ...], ...]
Levels = tuple[tuple[str, ...], ...]
Edge = tuple[str, str]
Scores = Mapping[str, Fraction | int]
T = TypeVar("T")
MOST = 20_000  # ways of breaking ties that a method follows at once


# --- ballots --------------------------------------------------------------------------------------


def tiers(ranking: Ranking) -> Levels:
    """A ranking with everybody in a tuple of equals.

    >>> tiers(("b", ("a", "d")))
    (('b',), ('a', 'd'))
    """
    levels = tuple(each if isinstance(each, tuple) else (each,) for each in _tuple(ranking))
    names = list(chain.from_iterable(levels))
    if wrong := [each for each in names if not isinstance(each, str)]:
        raise TypeError(f"{ranking!r} ranks {wrong[0]!r}, which is no name. Name alternatives by texts.")
    if twice := [each for each in names if names.count(each) > 1]:
        raise ValueError(
            f"{ranking!r} names {twice[0]!r} twice, and a ranking names each alternative once. "
            f"Leave out the second; equals go into one tuple."
        )
    return tuple(filter(None, levels))


def _tuple(ranking: Ranking) -> Ranking:
    if not isinstance(ranking, tuple):
        raise TypeError(f"{ranking!r} is no ranking, which is a tuple, the best first: ('ann', 'bob').")
    return ranking


def completed(levels: Levels, alternatives: Sequence[str]) -> Levels:
    """The same with everybody whom it does not name at the end.

    >>> completed((("b",), ("d", "a")), "abcd")
    (('b',), ('a', 'd'), ('c',))
    """
    named = set(chain.from_iterable(levels))
    if strange := sorted(named.difference(alternatives)):
        raise ValueError(
            f"a ballot names {strange[0]!r}, but the alternatives are {', '.join(alternatives)}. "
            f"Rank those only, or add it to the alternatives."
        )
    rest = tuple(each for each in alternatives if each not in named)
    return (*(tuple(sorted(each, key=alternatives.index)) for each in levels), *([rest] if rest else []))


@dataclass(frozen=True)
class Profile:
    """All ballots of an election, and how many cast each.  Make one with `profile`."""

    alternatives: tuple[str, ...]
    ballots: tuple[tuple[Levels, int], ...]

    @cached_property
    def voters(self) -> int:
        """How many ballots there are."""
        return sum(many for _, many in self.ballots)

    @cached_property
    def support(self) -> dict[Edge, int]:
        """How many rank the first of a pair above the second."""
        count = dict.fromkeys(permutations(self.alternatives, 2), 0)
        for named, many in self.ballots:
            levels = completed(named, self.alternatives)
            below = list(chain.from_iterable(levels))
            for level in levels:
                below = below[len(level) :]
                for one in level:
                    for other in below:
                        count[one, other] += many
        return count

    @cached_property
    def margins(self) -> dict[Edge, int]:
        """By how many more the first of a pair is ranked above the second than below it."""
        return {(a, b): many - self.support[b, a] for (a, b), many in self.support.items()}

    @cached_property
    def majorities(self) -> dict[Edge, int]:
        """The margins of the pairs in which the first beats the second."""
        return {pair: margin for pair, margin in self.margins.items() if margin > 0}

    def first_places(self, field: Sequence[str]) -> dict[str, Fraction]:
        """How many rank each of `field` first among them; equals share a ballot, and so do all unnamed."""
        scores = dict.fromkeys(field, Fraction(0))
        for levels, many in self.ballots:
            standing = ([each for each in level if each in scores] for level in levels)
            best = next(filter(None, standing), field)
            for each in best:
                scores[each] += Fraction(many, len(best))
        return scores

    def best(self, scores: Scores) -> tuple[str, ...]:
        """Those with the highest score."""
        highest = max(scores[each] for each in self.alternatives)
        return tuple(each for each in self.alternatives if scores[each] == highest)

    def __repr__(self) -> str:
        return f"<Profile of {self.voters} ballots over {', '.join(self.alternatives)}>"


def profile(rankings: Mapping[Ranking, int] | Iterable[Ranking], alternatives: Iterable[str] = ()) -> Profile:
    """The profile of these rankings, or of these and how many cast each.

    The alternatives are those declared, else all that are named, in the order of their first mention.

    >>> profile([("ann", "bob"), ("bob",)])
    <Profile of 2 ballots over ann, bob>
    """
    counted = rankings if isinstance(rankings, Mapping) else Counter(map(_tuple, rankings))
    for ranking, many in counted.items():
        if type(many) is not int or many < 0:
            raise ValueError(f"{many!r} ballots say {ranking!r}: give a whole number of ballots, 0 or more.")
    ballots = tuple((tiers(ranking), many) for ranking, many in counted.items())
    named = chain.from_iterable(chain.from_iterable(levels) for levels, _ in ballots)
    everybody = tuple(dict.fromkeys(alternatives or named))
    if not everybody:
        raise ValueError("nobody stands for election. Give alternatives, or a ballot that names one.")
    for levels, _ in ballots:
        completed(levels, everybody)
    return Profile(everybody, ballots)


# --- by scores ------------------------------------------------------------------------------------


def plurality(votes: Profile) -> tuple[str, ...]:
    """Who has most first places; equals at the top share a ballot."""
    return votes.best(votes.first_places(votes.alternatives))


def approval(votes: Profile) -> tuple[str, ...]:
    """Who is named on most ballots: to be named, in whatever place, is to be approved."""
    scores = dict.fromkeys(votes.alternatives, 0)
    for levels, many in votes.ballots:
        for each in chain.from_iterable(levels):
            scores[each] += many
    return votes.best(scores)


def borda(votes: Profile) -> tuple[str, ...]:
    """Who has most points: on each ballot one for everybody ranked below, half a one for every equal."""
    # The margins of an alternative add up to twice its points less the same number for all.
    return votes.best(_sums(votes.margins))


def copeland(votes: Profile) -> tuple[str, ...]:
    """Who has most pairwise victories less defeats."""
    return votes.best(_sums({pair: (margin > 0) - (margin < 0) for pair, margin in votes.margins.items()}))


def minimax(votes: Profile) -> tuple[str, ...]:
    """Whose widest defeat, by margin, is the narrowest."""
    worst = dict.fromkeys(votes.alternatives, votes.voters)
    for (one, _), margin in votes.margins.items():
        worst[one] = min(worst[one], margin)
    return votes.best(worst)


def _sums(pairs: Mapping[Edge, int]) -> Scores:
    sums: Counter[str] = Counter()
    for (one, _), points in pairs.items():
        sums[one] += points
    return sums


# --- by rounds and by paths -----------------------------------------------------------------------


def instant_runoff(votes: Profile, order: Sequence[str] = ()) -> tuple[str, ...]:
    """Who is left when, round by round, the one with fewest first places leaves.

    Of several with fewest, the last in `order` leaves.  Without an order each of them leaves in a universe of
    its own, and all who win in one are winners.

    >>> even = profile([("a", "b"), ("b", "a")])
    >>> instant_runoff(even), instant_runoff(even, order="ba")
    (('a', 'b'), ('b',))
    """
    _check(order, votes)
    fields = [votes.alternatives]
    for _ in votes.alternatives[1:]:
        fields = _few({rest: None for field in fields for rest in _rounds(votes, field, order)})
    return tuple(each for each in votes.alternatives if (each,) in fields)


def _check(order: Sequence[str], votes: Profile) -> None:
    if order and sorted(order) != sorted(votes.alternatives):
        raise ValueError(
            f"order={order!r}: each alternative stands there once, the one that ties favour most first. "
            f"Write for instance order={votes.alternatives!r}."
        )


def _rounds(votes: Profile, field: tuple[str, ...], order: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Who may be left after one round."""
    scores = votes.first_places(field)
    fewest = [each for each in field if scores[each] == min(scores.values())]
    for leaving in [max(fewest, key=order.index)] if order else fewest:
        yield tuple(each for each in field if each != leaving)


def ranked_pairs(votes: Profile, order: Sequence[str] = ()) -> tuple[str, ...]:
    """Whom nobody beats when majorities are locked in, the widest first, but for those that close a cycle.

    Equal margins are locked in `order`, by victor and then by loser.  Without an order they are locked in
    every order, each in a universe of its own, and all who win in one are winners.  N. Tideman,
    Independence of Clones as a Criterion for Voting Rules, Social Choice and Welfare 4(3), 1987.

    >>> ranked_pairs(profile({tuple("abc"): 4, tuple("bca"): 3, tuple("cab"): 2}))
    ('a',)
    """
    _check(order, votes)
    locked = [frozenset[Edge]()]
    margin = votes.majorities.__getitem__
    for _, group in groupby(sorted(votes.majorities, key=margin, reverse=True), margin):
        edges = sorted(group, key=lambda pair: [order.index(each) for each in pair if order])
        locked = _few({way: None for state in locked for way in _ways(state, edges, bool(order))})
    beaten = [{loser for _, loser in state} for state in locked]
    return tuple(each for each in votes.alternatives if not all(each in losers for losers in beaten))


def _ways(locked: frozenset[Edge], edges: list[Edge], ordered: bool) -> Iterable[frozenset[Edge]]:
    """What may be locked after these edges: as they come, and in every other order where that matters."""
    edges = [(a, b) for a, b in edges if (b, a) not in locked]
    in_turn = locked
    for edge in edges:
        in_turn = _lock(in_turn, edge)
    if ordered or in_turn.issuperset(edges):
        return (in_turn,)
    ends, front, seen = dict[frozenset[Edge], None](), [locked], {locked}
    while front:
        state = front.pop()
        fresh = [(a, b) for a, b in edges if (a, b) not in state and (b, a) not in state]
        more = dict.fromkeys(each for edge in fresh if (each := _lock(state, edge)) not in seen)
        front += more
        seen.update(more)
        if not fresh:
            ends[state] = None
        _few(seen)
    return ends


def _lock(locked: frozenset[Edge], edge: Edge) -> frozenset[Edge]:
    """With one more edge and all that follows from it, unless it would close a cycle."""
    if edge[::-1] in locked or edge in locked:
        return locked
    over = [edge[0], *(a for a, b in locked if b == edge[0])]
    under = [edge[1], *(b for a, b in locked if a == edge[1])]
    return locked.union((a, b) for a in over for b in under)


def _few(ways: Collection[T]) -> list[T]:
    """These, unless they are too many to follow."""
    if len(ways) > MOST:
        raise ValueError(
            f"these ballots tie so often that there are more than {MOST} ways to break the ties. "
            f"Declare one: give order=, the alternatives from the one that ties favour most to the least."
        )
    return list(ways)


def schulze(votes: Profile) -> tuple[str, ...]:
    """Whom nobody beats by a wider path, a path being as wide as its narrowest majority.

    M. Schulze, A New Monotonic, Clone-Independent, Reversal Symmetric, and Condorcet-Consistent
    Single-Winner Election Method, Social Choice and Welfare 36(2), 2011.
    """
    names = range(len(votes.alternatives))
    width = [[votes.majorities.get((a, b), 0) for b in votes.alternatives] for a in votes.alternatives]
    for via in names:
        for start in width:
            reach = start[via]
            start[:] = [max(direct, min(reach, on)) for direct, on in zip(start, width[via], strict=True)]
    return tuple(
        votes.alternatives[one]
        for one in names
        if all(width[one][each] >= width[each][one] for each in names)
    )


# --- majorities -----------------------------------------------------------------------------------


def condorcet_winner(votes: Profile) -> str | None:
    """Who beats everybody else in pairs; None if nobody does.

    >>> condorcet_winner(profile([tuple("abc"), tuple("bca"), tuple("bac")]))
    'b'
    """
    wins = Counter(one for one, _ in votes.majorities)
    return next((each for each in votes.alternatives if wins[each] == len(votes.alternatives) - 1), None)


def smith_set(votes: Profile) -> tuple[str, ...]:
    """The smallest group of which everybody beats everybody outside it.

    >>> smith_set(profile([tuple("abcd"), tuple("bcad"), tuple("cabd")]))
    ('a', 'b', 'c')
    """
    group = list(copeland(votes))
    for inside in group:  # grows as it is gone through
        group += [
            each
            for each in votes.alternatives
            if each not in group and (inside, each) not in votes.majorities
        ]
    return tuple(each for each in votes.alternatives if each in group)


def condorcet_cycle(votes: Profile) -> tuple[str, ...]:
    """A shortest circle in which everybody beats the next, and the last the first; empty if there is none.

    >>> condorcet_cycle(profile([tuple("abc"), tuple("bca"), tuple("cab")]))
    ('a', 'b', 'c')
    """
    found: list[tuple[str, ...]] = []
    for start in votes.alternatives:
        reached: dict[str, tuple[str, ...]] = {start: (start,)}
        front = [start]
        for one in front:  # grows as it is gone through
            for beaten in votes.alternatives:
                if beaten not in reached and (one, beaten) in votes.majorities:
                    reached[beaten] = (*reached[one], beaten)
                    front.append(beaten)
        found += [path for last, path in reached.items() if (last, start) in votes.majorities]
    return min(found, key=len, default=())


Method = Callable[[Profile], tuple[str, ...]]

METHODS: dict[str, Method] = {
    "plurality": plurality,
    "approval": approval,
    "borda": borda,
    "instant_runoff": instant_runoff,
    "copeland": copeland,
    "minimax": minimax,
    "schulze": schulze,
    "ranked_pairs": ranked_pairs,
}
CONDORCET = ("copeland", "minimax", "schulze", "ranked_pairs")
"""Those that elect the Condorcet winner whenever there is one."""
