"""Ring election: messages, by counting (Chang and Roberts 1979).  An Ack for each is not counted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from coordlab import requirements as require


def worst(agents: int) -> int:
    """Election messages if all start and each is followed by the next lower: rank k goes k places.

    >>> worst(5)
    15
    """
    return require.count("agents", agents, 1) * (agents + 1) // 2


def best(agents: int) -> int:
    """Election messages if all start and each is followed by the next higher: only the highest goes round.

    >>> best(5)
    9
    """
    return 2 * require.count("agents", agents, 1) - 1


def average(agents: int) -> Fraction:
    """The mean of the Election messages if all start, over all orders of the ring: n(1 + 1/2 + … + 1/n).

    The k-th highest goes on average n/k places.

    >>> average(5), float(average(5))
    (Fraction(137, 12), 11.416666666666666)
    """
    return require.count("agents", agents, 1) * sum(
        (Fraction(1, k) for k in range(1, agents + 1)), Fraction(0)
    )


def elected(agents: int) -> int:
    """Elected messages: once round the ring."""
    return require.count("agents", agents, 1)


def single(agents: int, distance: int | None = None) -> int:
    """Election and Elected messages if one starts, `distance` places before the highest.

    Without a distance, the worst case: it is just after the highest.

    >>> single(5), single(5, distance=0)
    (14, 10)
    """
    require.count("agents", agents, 1)
    places = agents - 1 if distance is None else require.count("distance", distance, 0, agents - 1)
    return places + 2 * agents


def exactly(ring: Sequence[int], starts: Collection[int]) -> int:
    """Election messages in a ring of these ranks if those in `starts` begin, however long each message takes.

    Each rank that is under way goes as far as the next higher one, and that one then goes on, too.

    >>> exactly((2, 5, 1, 4, 3), starts=(2, 5, 1, 4, 3)), exactly((5, 4, 3, 2, 1), starts=(4,))
    (12, 9)
    """
    places, under_way = {rank: place for place, rank in enumerate(ring)}, list(starts)
    total, known = 0, set(starts)
    for rank in under_way:
        ahead = [*ring[places[rank] + 1 :], *ring[: places[rank] + 1]]
        far = next(number for number, other in enumerate(ahead) if other >= rank)
        total += far + 1
        if ahead[far] not in known:
            known.add(ahead[far])
            under_way.append(ahead[far])
    return total
