"""Who tells whom: the styles in which a team of n shares its results, as routing steps on plain numbers.

Members are numbered 1 to n.  A step answers one question: whom do I tell now, given what I know?
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache

from coordlab import requirements as require

BUS = 0  # the number of the broker, which is not a member
Step = Callable[[int, int, int, Collection[int], int], tuple[int, ...]]


def parent(member: int, branching: int) -> int | None:
    """The parent of a member in a tree in which each has up to `branching` children; None for 1.

    >>> [parent(member, branching=2) for member in range(1, 8)]
    [None, 1, 1, 2, 2, 3, 3]
    """
    return None if member == 1 else (member - 2) // branching + 1


def children(member: int, agents: int, branching: int) -> tuple[int, ...]:
    """The children of a member in that tree.

    >>> children(2, agents=6, branching=3), children(1, agents=6, branching=3)
    ((5, 6), (2, 3, 4))
    """
    first = branching * (member - 1) + 2
    return tuple(range(first, min(first + branching, agents + 1)))


@cache
def below(member: int, agents: int, branching: int) -> frozenset[int]:
    """A member and its descendants.

    >>> sorted(below(2, agents=7, branching=2))
    [2, 4, 5]
    """
    each = [below(child, agents, branching) for child in children(member, agents, branching)]
    return frozenset({member}).union(*each)


def mesh(member: int, agents: int, branching: int, known: Collection[int], teller: int) -> tuple[int, ...]:
    """Tell all others what you found; pass nothing on.

    >>> mesh(2, agents=4, branching=0, known={2}, teller=2)
    (1, 3, 4)
    """
    others = (other for other in range(1, agents + 1) if other != member)
    return tuple(others) if teller == member else ()


def tree(member: int, agents: int, branching: int, known: Collection[int], teller: int) -> tuple[int, ...]:
    """Tell your parent once you know the results of all below; from the root on, tell the children all.

    >>> tree(2, agents=7, branching=2, known={2, 4}, teller=4), tree(2, 7, 2, {2, 4, 5}, teller=5)
    ((), (1,))
    >>> tree(2, 7, 2, known=range(1, 8), teller=1)
    (4, 5)
    """
    above, under = parent(member, branching), children(member, agents, branching)
    if len(known) == agents and (above is None or teller == above):
        return under
    if above is None or teller == above or not below(member, agents, branching) <= set(known):
        return ()
    return (above,)


def star(member: int, agents: int, branching: int, known: Collection[int], teller: int) -> tuple[int, ...]:
    """A tree of one level: 1 is the hub.

    >>> star(3, agents=4, branching=0, known={3}, teller=3), star(1, 4, 0, {1, 2, 3, 4}, teller=4)
    ((1,), (2, 3, 4))
    """
    return tree(member, agents, agents, known, teller)


def bus(member: int, agents: int, branching: int, known: Collection[int], teller: int) -> tuple[int, ...]:
    """Tell the broker what you found; the broker tells all others.

    >>> bus(2, agents=4, branching=0, known={2}, teller=2), bus(BUS, 4, 0, {2}, teller=2)
    ((0,), (1, 3, 4))
    """
    if member == BUS:
        return tuple(other for other in range(1, agents + 1) if other != teller)
    return (BUS,) if teller == member else ()


def gossip(member: int, agents: int, branching: int, known: Collection[int], teller: int) -> tuple[int, ...]:
    """Tell nobody: a member that lacks results asks another, drawn at random, again and again.

    >>> gossip(2, agents=4, branching=0, known={2}, teller=2)
    ()
    """
    return ()


STEPS: dict[str, Step] = {"mesh": mesh, "star": star, "tree": tree, "bus": bus, "gossip": gossip}


def check(style: str, agents: int, branching: int) -> None:
    """Raise ValueError unless there is such a style, an agent at least, and one child at least in a tree."""
    require.one_of("style", style, STEPS)
    require.count("agents", agents, least=1, example=7)
    require.count("branching", branching, least=int(style == "tree"), example=2)


def channels(style: str, agents: int, branching: int = 2) -> list[tuple[int, int]]:
    """The pairs that must be able to reach each other; the broker of a bus is 0.

    >>> channels("tree", agents=4, branching=2), len(channels("mesh", agents=10))
    ([(1, 2), (1, 3), (2, 4)], 45)
    """
    check(style, agents, branching)
    members = range(1, agents + 1)
    if style == "bus":
        return [(BUS, member) for member in members]
    if style in ("mesh", "gossip"):
        return [(one, other) for one in members for other in members if one < other]
    width = agents if style == "star" else branching
    return [(one, other) for one in members for other in children(one, agents, width)]
