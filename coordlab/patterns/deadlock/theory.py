"""Deadlock: how likely it is, what finding it costs, by counting."""

from __future__ import annotations

from fractions import Fraction
from functools import cache


def philosophers(agents: int) -> Fraction:
    """How likely `agents` at a round table lock up, who take the right fork, then the left, and eat once.

    The model: whoever can take a fork next is equally likely to.  Exact, by following every interleaving, so
    for up to about ten.

    >>> [str(philosophers(n)) for n in (2, 3, 4, 5)]
    ['1/2', '1/3', '11/48', '19/120']
    """
    if not isinstance(agents, int) or agents < 2:
        raise ValueError(f"agents={agents}: a ring takes two at least. Write philosophers(5).")

    @cache
    def stuck(taken: tuple[int, ...]) -> Fraction:
        """From here on, if `taken` says how many forks each has taken; two is the end of it."""
        free = [who for who in range(agents) if _free(taken, who)]
        if not free:
            return Fraction(int(min(taken) < 2))
        after = (tuple(n + (other == who) for other, n in enumerate(taken)) for who in free)
        return sum(map(stuck, after), Fraction(0)) / len(free)

    return stuck((0,) * agents)


def _free(taken: tuple[int, ...], who: int) -> bool:
    """Whether the next fork of `who` is there: its own unless its neighbour eats, then its neighbour's."""
    if taken[who] == 0:
        return True  # nobody else takes that fork first, and whoever has eaten has laid it down
    return taken[who] == 1 and taken[(who + 1) % len(taken)] != 1


def probes(edges: int, initiators: int = 1, any_of: bool = False) -> int:
    """Messages at most, where `edges` waits are open: a probe along each, or a query and a reply (OR).

    >>> probes(5), probes(5, initiators=5), probes(5, any_of=True)
    (5, 25, 10)
    """
    _counts(edges=edges, initiators=initiators)
    return edges * initiators * (2 if any_of else 1)


def hops(ring: int, any_of: bool = False) -> int:
    """Messages one after the other until whoever asks knows: round the ring, or (OR) there and back.

    >>> hops(5), hops(5, any_of=True)
    (5, 10)
    """
    _counts(ring=ring)
    return 2 * ring if any_of else ring


def looks(locks: int) -> int:
    """Messages of one look of a coordinator at all locks.

    >>> looks(5)
    10
    """
    _counts(locks=locks)
    return 2 * locks


def _counts(**given: int) -> None:
    for name, value in given.items():
        if not isinstance(value, int) or value is True or value < 0:
            raise ValueError(
                f"{name}={value!r} is no count: give 0 or more, a whole number, such as {name}=5."
            )
