"""Ranked ballots: who wins when voters put the alternatives in order.

A ranking is a tuple, the best first; a tuple inside it holds equals; all it does not name are last, as
equals.  Every method returns all its winners, in the order of the alternatives: several are a tie.

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

from coordlab import requirements as require

Ranking = tuple[str | tuple[str, ...], ...]
Levels = tuple[tuple[str, ...], ...]
Edge = tuple[str, str]
Scores = Mapping[str, Fraction | int]
T = TypeVar("T")
MOST = 5_000  # how many ways of breaking ties a method follows: a second or two


def tiers(ranking: Ranking) -> Levels:
    """A ranking in which every level is a tuple of equals.

    Raises TypeError if it is not a tuple of names, ValueError if it names one twice.
    """
    example = "('ann', ('bob', 'cat')), in which bob and cat are equals"
    given, allowed = f"ranking={ranking!r}", "expected a tuple, the best first"
    require.that(isinstance(ranking, tuple), given, allowed, example, TypeError)
    levels = tuple(each if isinstance(each, tuple) else (each,) for each in ranking)
    require.names(f"ranking {ranking!r}", tuple(chain.from_iterable(levels)), empty=True, example=example)
    return tuple(filter(None, levels))


def completed(levels: Levels, alternatives: Sequence[str]) -> Levels:
    """The same ranking with all that it does not name at the end.  Raises ValueError for a strange name."""
    named = set(chain.from_iterable(levels))
    for strange in sorted(named.difference(alternatives)):
        require.one_of("alternative on a ballot", strange, alternatives)
    rest = tuple(each for each in alternatives if each not in named)
    return (*(tuple(sorted(each, key=alternatives.index)) for each in levels), *([rest] if rest else []))


@dataclass(frozen=True)
class Profile:
    """All ballots of an election, and how many cast each.  Make one with `profile`."""

    alternatives: tuple[str, ...]
    ballots: tuple[tuple[Levels, int], ...]

    @cached_property
    def support(self) -> dict[Edge, int]:
        """For each pair, how many rank the first above the second."""
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
        """For each pair, how many rank the first above the second, less those that rank it below."""
        return {(a, b): many - self.support[b, a] for (a, b), many in self.support.items()}

    @cached_property
    def majorities(self) -> dict[Edge, int]:
        """The margins of the pairs in which the first beats the second."""
        return {pair: margin for pair, margin in self.margins.items() if margin > 0}

    def first_places(self, field: Sequence[str]) -> dict[str, Fraction | int]:
        """How many rank each of `field` first among them; equals share a ballot, and all unnamed, too."""
        scores: dict[str, Fraction | int] = dict.fromkeys(field, 0)
        for levels, many in self.ballots:
            standing = ([each for each in level if each in scores] for level in levels)
            best = next(filter(None, standing), field)
            for each in best:
                scores[each] += many if len(best) == 1 else Fraction(many, len(best))
        return scores

    def best(self, scores: Scores) -> tuple[str, ...]:
        """The alternatives with the highest score."""
        highest = max(scores[each] for each in self.alternatives)
        return tuple(each for each in self.alternatives if scores[each] == highest)


def profile(rankings: Mapping[Ranking, int] | Iterable[Ranking], alternatives: Iterable[str] = ()) -> Profile:
    """The profile of these rankings, or of a mapping from rankings to how many cast each.

    The alternatives are those declared, else all that are named, in the order of their first mention.
    Raises ValueError if there are none, or if a ballot or its number is not valid.
    """
    if isinstance(rankings, Mapping):
        counts = {each: require.count(f"ballots of {each!r}", n) for each, n in rankings.items()}
        ballots = tuple((tiers(each), n) for each, n in counts.items())
    else:
        ballots = tuple(Counter(map(tiers, rankings)).items())
    named = chain.from_iterable(chain.from_iterable(levels) for levels, _ in ballots)
    everybody = require.names("alternatives", tuple(dict.fromkeys(alternatives or named)))
    for levels, _ in ballots:
        completed(levels, everybody)
    return Profile(everybody, ballots)


def plurality(votes: Profile) -> tuple[str, ...]:
    """The alternatives with most first places; equals at the top share a ballot."""
    return votes.best(votes.first_places(votes.alternatives))


def approval(votes: Profile) -> tuple[str, ...]:
    """The alternatives named on most ballots: to be named, in any place, is to be approved."""
    scores = dict.fromkeys(votes.alternatives, 0)
    for levels, many in votes.ballots:
        for each in chain.from_iterable(levels):
            scores[each] += many
    return votes.best(scores)


def borda(votes: Profile) -> tuple[str, ...]:
    """The alternatives with most points: on each ballot 1 for each ranked below, 1/2 for each equal."""
    # The margins of an alternative add up to twice its points less the same number for all.
    return votes.best(_sums(votes.margins))


def copeland(votes: Profile) -> tuple[str, ...]:
    """The alternatives with most pairwise victories less defeats."""
    return votes.best(_sums({pair: (margin > 0) - (margin < 0) for pair, margin in votes.margins.items()}))


def minimax(votes: Profile) -> tuple[str, ...]:
    """The alternatives whose widest defeat, by margin, is the narrowest."""
    worst: dict[str, int] = {}
    for (one, _), margin in votes.margins.items():
        worst[one] = min(worst.get(one, margin), margin)
    return votes.best(worst or dict.fromkeys(votes.alternatives, 0))


def _sums(pairs: Mapping[Edge, int]) -> Scores:
    sums: Counter[str] = Counter()
    for (one, _), points in pairs.items():
        sums[one] += points
    return sums


def instant_runoff(votes: Profile, order: Sequence[str] = ()) -> tuple[str, ...]:
    """The alternative left when, round by round, the one with fewest first places leaves.

    Of several with fewest, the last in `order` leaves.  Without an order every way to break the ties is
    followed, and all who win in one are winners; those without a first place leave together.
    """
    _require_all(order, votes)
    front, seen = [votes.alternatives], {votes.alternatives}
    while front:
        field = front.pop()
        fresh = [rest for rest in _rounds(votes, field, order) if rest not in seen]
        front += fresh
        seen.update(fresh)
        _few(() if order else seen)
    return tuple(each for each in votes.alternatives if (each,) in seen)


def _require_all(order: Sequence[str], votes: Profile) -> None:
    """Raise ValueError if an order is given that does not list all alternatives."""
    right = not order or sorted(order) == sorted(votes.alternatives)
    require.that(right, f"order={order!r}", f"expected {_ORDER}", f"order={votes.alternatives!r}")


_ORDER = "each alternative once, from the one that ties favour most to the least"


def _rounds(votes: Profile, field: tuple[str, ...], order: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The fields that may be left after one round."""
    scores = votes.first_places(field)
    lowest, highest = min(scores.values()), max(scores.values())
    fewest = [each for each in field if scores[each] == lowest]
    if lowest == 0 < highest:  # in any order, nobody's first places change when one of these leaves
        yield tuple(each for each in field if scores[each])
        return
    for leaving in [max(fewest, key=order.index)] if order else fewest:
        if len(field) > 1:
            yield tuple(each for each in field if each != leaving)


def ranked_pairs(votes: Profile, order: Sequence[str] = ()) -> tuple[str, ...]:
    """The unbeaten when majorities are locked in, the widest first, except those that close a cycle.

    Equal margins are locked in `order`, by victor and then by loser; without it in every order, and all who
    win in one are winners.  N. Tideman, Independence of Clones as a Criterion for Voting Rules, Social Choice
    and Welfare 4(3), 1987.

    >>> ranked_pairs(profile({tuple("abc"): 4, tuple("bca"): 3, tuple("cab"): 2}))
    ('a',)
    """
    _require_all(order, votes)
    locked = [frozenset[Edge]()]
    margin = votes.majorities.__getitem__
    for _, group in groupby(sorted(votes.majorities, key=margin, reverse=True), margin):
        edges = sorted(group, key=lambda pair: [order.index(each) for each in pair if order])
        locked = _few({way: None for state in locked for way in _ways(state, edges, bool(order))})
    beaten = [{loser for _, loser in state} for state in locked]
    return tuple(each for each in votes.alternatives if not all(each in losers for losers in beaten))


def _ways(locked: frozenset[Edge], edges: list[Edge], ordered: bool) -> Iterable[frozenset[Edge]]:
    """What may be locked after these edges, in every order where that makes a difference."""
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
    """The same with one more edge and all that follows from it, unless it would close a cycle."""
    if edge[::-1] in locked or edge in locked:
        return locked
    over = [edge[0], *(a for a, b in locked if b == edge[0])]
    under = [edge[1], *(b for a, b in locked if a == edge[1])]
    return locked.union((a, b) for a in over for b in under)


def _few(ways: Collection[T]) -> list[T]:
    """These, unless there are too many to follow."""
    given = f"ballots that can tie in more than {MOST} ways"
    require.that(len(ways) <= MOST, given, f"declare an order: {_ORDER}", "order=('ann', 'bob')")
    return list(ways)


def schulze(votes: Profile) -> tuple[str, ...]:
    """The alternatives beaten by no wider path; a path is as wide as its narrowest majority.

    M. Schulze, A New Monotonic, Clone-Independent, Reversal Symmetric, and Condorcet-Consistent
    Single-Winner Election Method, Social Choice and Welfare 36(2), 2011.
    """
    names = range(len(votes.alternatives))
    width = [[votes.majorities.get((a, b), 0) for b in votes.alternatives] for a in votes.alternatives]
    for via in names:
        for start in width:
            reach = start[via]
            start[:] = [max(direct, min(reach, on)) for direct, on in zip(start, width[via], strict=True)]
    unbeaten = [one for one in names if all(width[one][each] >= width[each][one] for each in names)]
    return tuple(votes.alternatives[one] for one in unbeaten)


def condorcet_winner(votes: Profile) -> str | None:
    """The alternative that beats every other in pairs; None if there is none."""
    wins = Counter(one for one, _ in votes.majorities)
    return next((each for each in votes.alternatives if wins[each] == len(votes.alternatives) - 1), None)


def condorcet_loser(votes: Profile) -> str | None:
    """The alternative that every other beats in pairs; None if there is none.

    The plurality and minimax may elect it, the other methods here never do.
    """
    defeats, most = Counter(other for _, other in votes.majorities), len(votes.alternatives) - 1
    return next((each for each in votes.alternatives if defeats[each] == most > 0), None)


def smith_set(votes: Profile) -> tuple[str, ...]:
    """The smallest group in which each beats everybody outside it."""
    group = list(copeland(votes))
    for inside in group:  # which grows meanwhile
        outside = [each for each in votes.alternatives if each not in group]
        group += [each for each in outside if (inside, each) not in votes.majorities]
    return tuple(each for each in votes.alternatives if each in group)


def condorcet_cycle(votes: Profile) -> tuple[str, ...]:
    """A shortest cycle in which each beats the next, and the last the first; empty if there is none."""
    found: list[tuple[str, ...]] = []
    for start in votes.alternatives:
        reached: dict[str, tuple[str, ...]] = {start: (start,)}
        front = [start]
        for one in front:  # which grows meanwhile
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
"""The methods that elect the Condorcet winner whenever there is one."""
