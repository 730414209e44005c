"""Ring election: messages, by counting (Chang and Roberts 1979).  An Ack for each is not counted."""

from __future__ import annotations

from fractions import Fraction


def worst(agents: int) -> int:
    """Election messages if all start and each is followed by the next lower: rank k goes k places.

    >>> worst(5)
    15
    """
    return _members(agents) * (agents + 1) // 2


def best(agents: int) -> int:
    """Election messages if all start and each is followed by the next higher: only the highest goes round.

    >>> best(5)
    9
    """
    return 2 * _members(agents) - 1


def average(agents: int) -> Fraction:
    """The mean of the Election messages if all start, over all orders of the ring: n(1 + 1/2 + … + 1/n).

    The k-th highest goes on average n/k places.

    >>> average(5), float(average(5))
    (Fraction(137, 12), 11.416666666666666)
    """
    return _members(agents) * sum((Fraction(1, k) for k in range(1, agents + 1)), Fraction(0))


def elected(agents: int) -> int:
    """Elected messages: once round.

    >>> elected(5)
    5
    """
    return _members(agents)


def single(agents: int, distance: int | None = None) -> int:
    """Election and Elected messages if one starts, `distance` places before the highest.

    At worst it stands just after the highest, and that is what is meant without a distance.

    >>> single(5), single(5, distance=0)
    (14, 10)
    """
    places = _members(agents) - 1 if distance is None else distance
    if not isinstance(places, int) or not 0 <= places < agents:
        raise ValueError(
            f"distance={distance!r} in a ring of {agents}: the highest is 0 to {agents - 1} places away."
        )
    return places + 2 * agents


def _members(agents: int) -> int:
    if not isinstance(agents, int) or agents < 1:
        raise ValueError(f"agents={agents!r} make no ring: give 1 or more, such as agents=5.")
    return agents
