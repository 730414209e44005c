"""Copies that may change apart and merge again: version vectors, registers, counters and sets.

Every kind of copy has a `value`, the operations that change it, and `merged`, which is commutative,
associative and idempotent: whatever order states arrive in, and however often, equal news make equal copies
(Shapiro et al., Conflict-free Replicated Data Types, SSS 2011).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from math import isfinite
from typing import Any, Protocol, Self, TypeVar

from coordlab.world.message import message

Vector = tuple[tuple[str, int], ...]
"""A version vector: how many changes by each author are known, by name; an author of none is left out."""


def joined(one: Vector, other: Vector) -> Vector:
    """All that either knows.

    >>> joined((("ann", 2),), (("ann", 1), ("bob", 1)))
    (('ann', 2), ('bob', 1))
    """
    most = dict(one)
    for name, count in other:
        most[name] = max(count, most.get(name, 0))
    return tuple(sorted(most.items()))


def counted(vector: Vector, by: str, more: int = 1) -> Vector:
    """The same with so many more changes by one author.

    >>> counted((("ann", 2),), "bob")
    (('ann', 2), ('bob', 1))
    """
    _author(by)
    return joined(vector, ((by, dict(vector).get(by, 0) + more),)) if more else vector


def _author(by: str) -> str:
    if not isinstance(by, str):
        raise TypeError(f"by={by!r}: an author is known by its name, a text. Write by='ann'.")
    return by


def compare(one: Vector, other: Vector) -> str:
    """Whether one is before, after, equal to, or concurrent with the other (Parker et al. 1983).

    >>> ann, bob = (("ann", 1),), (("bob", 1),)
    >>> compare(ann, joined(ann, bob)), compare(ann, bob)
    ('before', 'concurrent')
    """
    if one == other:
        return "equal"
    both = joined(one, other)
    return "before" if both == other else "after" if both == one else "concurrent"


class Replicated(Protocol):
    """What a copy can do, of whatever kind it is."""

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of what changes it."""

    @property
    def value(self) -> Any:
        """What it says, to one who only reads."""

    def merged(self, other: Self) -> Self:
        """All that either copy knows."""


R = TypeVar("R", bound=Replicated)


@message
class Update:
    """Change your copy so, at this time."""

    at: float  # seconds
    operation: str
    value: Any = 1

    def __post_init__(self) -> None:
        if not (isinstance(self.at, (int, float)) and isfinite(self.at) and self.at >= 0):
            raise ValueError(f"at={self.at!r}: an update comes at 0 s or later. Write Update(1.0, 'add', 1).")


def applied(copy: R, update: Update, by: str, at: float) -> R:
    """The copy after an update by this author, at this time of its clock; a `ValueError` if there is no such.

    >>> applied(GCounter(), Update(1.0, "add", 3), by="ann", at=1.0).value
    3
    """
    if update.operation not in copy.operations:
        raise ValueError(
            f"{type(copy).__name__} has no operation {update.operation!r}, only "
            f"{', '.join(copy.operations)}. Write Update(1.0, {copy.operations[0]!r}, ...)."
        )
    changed: R = getattr(copy, update.operation)(update.value, by, at)
    return changed


def merge(one: R, other: R) -> R:
    """All that either copy knows; a `TypeError` if they are of two kinds, or no copies.

    >>> merge(GCounter().add(1, "ann"), GCounter().add(1, "bob")).value
    2
    """
    if type(one) is not type(other):
        raise TypeError(
            f"{type(one).__name__} and {type(other).__name__} cannot be merged: all copies of a thing are of "
            f"one kind. Start every replica with the same, such as {type(one).__name__}()."
        )
    if not hasattr(one, "merged"):
        raise TypeError(
            f"a {type(one).__name__} is no copy that can be merged: a copy has a value and `merged`. Write "
            f"for instance merge(ORSet().add('milk', 'ann'), ORSet().add('tea', 'bob'))."
        )
    return one.merged(other)


def repaired(copies: Mapping[str, R]) -> tuple[R, list[str]]:
    """What all copies say together, and who is behind that: whom a reader has to tell (read repair).

    >>> whole, behind = repaired({"ann": GCounter().add(2, "ann"), "bob": GCounter()})
    >>> whole.value, behind
    (2, ['bob'])
    """
    whole = reduce(merge, copies.values())
    return whole, [name for name, copy in copies.items() if copy != whole]


# --- counters -------------------------------------------------------------------------------------


def _amount(amount: int) -> int:
    if isinstance(amount, bool) or not isinstance(amount, int) or amount < 0:
        raise ValueError(
            f"{amount!r} cannot be counted: a counter takes whole numbers from 0 on, and a GCounter never "
            f"goes down. Write 1, or remove from a PNCounter."
        )
    return amount


@message
class GCounter:
    """I have counted this much."""

    operations = ("add",)
    counts: Vector = ()  # by each author

    @property
    def value(self) -> int:
        """The sum of all that was counted."""
        return sum(count for _, count in self.counts)

    def add(self, amount: int, by: str, at: float = 0.0) -> GCounter:
        """So much more."""
        return GCounter(counted(self.counts, by, _amount(amount)))

    def merged(self, other: GCounter) -> GCounter:
        """The larger count of each author."""
        return GCounter(joined(self.counts, other.counts))


@message
class PNCounter:
    """I have counted this much up, and this much down."""

    operations = ("add", "remove")
    up: GCounter = GCounter()
    down: GCounter = GCounter()

    @property
    def value(self) -> int:
        """Ups less downs.  It may fall below zero: what each removed was there, what all did was not.

        >>> stock = PNCounter().add(1, "ann")
        >>> stock.remove(1, "ann").merged(stock.remove(1, "bob")).value
        -1
        """
        return self.up.value - self.down.value

    def add(self, amount: int, by: str, at: float = 0.0) -> PNCounter:
        """So much more."""
        return PNCounter(self.up.add(amount, by), self.down)

    def remove(self, amount: int, by: str, at: float = 0.0) -> PNCounter:
        """So much less."""
        return PNCounter(self.up, self.down.add(amount, by))

    def merged(self, other: PNCounter) -> PNCounter:
        """Each of the two counters merged."""
        return PNCounter(self.up.merged(other.up), self.down.merged(other.down))


# --- registers ------------------------------------------------------------------------------------


@message
class Write:
    """I wrote this, knowing that much."""

    value: Any
    by: str
    at: float  # on the author's clock
    version: Vector  # all it knew, itself included

    @property
    def stamp(self) -> tuple[float, str, int]:
        """Its place in the order of all writes: the author's clock, and a name where clocks agree."""
        return self.at, self.by, dict(self.version)[self.by]


def standing(writes: Iterable[Write]) -> frozenset[Write]:
    """Those that no other write knew of."""
    among = frozenset(writes)
    return frozenset(
        each for each in among if not any(compare(each.version, one.version) == "before" for one in among)
    )


def _next(writes: frozenset[Write], known: Iterable[Write], by: str) -> Vector:
    """The version of a write by one who has read `known`, and knows how often it has written itself."""
    own = max((dict(each.version).get(by, 0) for each in writes), default=0)
    return counted(reduce(joined, (each.version for each in known), ((by, own),) if own else ()), by)


def _ordered(values: Iterable[Any]) -> tuple[Any, ...]:
    stable = lambda value: repr(sorted(value, key=repr) if isinstance(value, frozenset) else value)
    return tuple(sorted(set(values), key=stable))


@message
class Siblings:
    """These were written side by side, and all stand until somebody has read them and writes anew."""

    operations = ("write",)
    writes: frozenset[Write] = frozenset()

    @property
    def value(self) -> tuple[Any, ...]:
        """Every value that stands.

        >>> start = Siblings()
        >>> both = start.write("a", "ann").merged(start.write("b", "bob"))
        >>> both.value, both.write("c", "ann").value
        (('a', 'b'), ('c',))
        """
        return _ordered(each.value for each in self.writes)

    def write(self, value: Any, by: str, at: float = 0.0) -> Siblings:
        """This instead of all that stands here."""
        return Siblings(frozenset({Write(value, by, at, _next(self.writes, self.writes, by))}))

    def merged(self, other: Siblings) -> Siblings:
        """What stands of both."""
        return Siblings(standing(self.writes | other.writes))


@message
class LastWriter:
    """The latest stamp wins; here the losers are kept on record, where elsewhere they are simply gone."""

    operations = ("write",)
    writes: frozenset[Write] = frozenset()

    @property
    def winner(self) -> Write | None:
        """The write with the latest stamp."""
        return max(self.writes, key=lambda each: each.stamp, default=None)

    @property
    def value(self) -> Any:
        """What the winner wrote, or None.

        >>> start = LastWriter().write("old", "ann", at=9.0)    # ann's clock is fast
        >>> newer = start.write("new", "bob", at=5.0)
        >>> newer.value, newer.lost
        ('old', ('new',))
        """
        return None if self.winner is None else self.winner.value

    @property
    def lost(self) -> tuple[Any, ...]:
        """What was written and shows nowhere, though nobody who wrote later had seen it."""
        return _ordered(each.value for each in self.writes if each != self.winner)

    def write(self, value: Any, by: str, at: float) -> LastWriter:
        """This, stamped with the author's clock."""
        known = [] if self.winner is None else [self.winner]
        return _last(self.writes | {Write(value, by, at, _next(self.writes, known, by))})

    def merged(self, other: LastWriter) -> LastWriter:
        """The later winner, and the losers of both."""
        return _last(self.writes | other.writes)


def _last(writes: frozenset[Write]) -> LastWriter:
    return LastWriter(standing(writes) | {max(writes, key=lambda each: each.stamp)} if writes else writes)


# --- a set ----------------------------------------------------------------------------------------


def _element(element: Any) -> Any:
    try:
        hash(element)
    except TypeError:
        raise TypeError(
            f"{element!r} could still change after it was added: an element is a number, a text, or a tuple "
            f"or frozenset of such. Write for instance add((1, 2), 'ann')."
        ) from None
    return element


@message
class ORSet:
    """These were added, each time with a tag of its own, and these tags were seen and removed."""

    operations = ("add", "remove")
    added: frozenset[tuple[Any, str, int]] = frozenset()  # element, author, its how-manieth
    removed: frozenset[tuple[Any, str, int]] = frozenset()

    @property
    def value(self) -> tuple[Any, ...]:
        """The elements: added somewhere, by an addition that no remove has seen.

        >>> milk = ORSet().add("milk", "ann")
        >>> milk.remove("milk", "bob").value, milk.remove("milk", "bob").merged(milk.add("milk", "cat")).value
        ((), ('milk',))
        """
        return _ordered(each[0] for each in self.added - self.removed)

    def tags(self, element: Any) -> frozenset[tuple[Any, str, int]]:
        """The additions of an element that stand."""
        return frozenset(each for each in self.added - self.removed if each[0] == element)

    def add(self, element: Any, by: str, at: float = 0.0) -> ORSet:
        """With this element, whoever removes it elsewhere meanwhile: add wins."""
        own = sum(author == by for _, author, _ in self.added)
        return ORSet(self.added | {(_element(element), _author(by), own + 1)}, self.removed)

    def remove(self, element: Any, by: str, at: float = 0.0) -> ORSet:
        """Without every addition of the element seen here."""
        return ORSet(self.added, self.removed | self.tags(element))

    def merged(self, other: ORSet) -> ORSet:
        """All additions and all removals of both."""
        return ORSet(self.added | other.added, self.removed | other.removed)
