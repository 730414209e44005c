"""Deadlock: how likely it is, and what finding it costs, by counting."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from coordlab import requirements as require


def philosophers(agents: int) -> Fraction:
    """The probability that `agents` at a round table lock up: each takes the right fork, then the left.

    In the model each agent that can take a fork is equally likely to be next, and each eats once.  Exact, by
    following every interleaving, so for up to about ten agents.

    >>> [str(philosophers(n)) for n in (2, 3, 4, 5)]
    ['1/2', '1/3', '11/48', '19/120']
    """
    require.count("agents", agents, least=2)

    @cache
    def stuck(taken: tuple[int, ...]) -> Fraction:
        """From here on, where `taken` is how many forks each has taken; after two it is finished."""
        # Nobody else takes your first fork first, and a neighbour that has eaten has put it down.
        free = [who for who, n in enumerate(taken) if n == 0 or (n == 1 != taken[(who + 1) % agents])]
        if not free:
            return Fraction(int(min(taken) < 2))
        after = (tuple(n + (other == who) for other, n in enumerate(taken)) for who in free)
        return sum(map(stuck, after), Fraction(0)) / len(free)

    return stuck((0,) * agents)


def probes(edges: int, initiators: int = 1, any_of: bool = False) -> int:
    """Messages at most if there are `edges` waits: a probe along each, or a query and a reply (OR).

    >>> probes(5), probes(5, initiators=5), probes(5, any_of=True)
    (5, 25, 10)
    """
    return require.count("edges", edges) * require.count("initiators", initiators) * (2 if any_of else 1)


def hops(length: int, any_of: bool = False) -> int:
    """Messages in succession until the initiator knows: round the cycle, or there and back (OR)."""
    return require.count("length", length) * (2 if any_of else 1)


def looks(locks: int) -> int:
    """Messages of one look of a coordinator at all locks."""
    return 2 * require.count("locks", locks)
