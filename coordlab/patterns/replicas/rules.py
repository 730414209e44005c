"""Copies that may change apart and merge again: version vectors, registers, counters and sets.

Every kind of copy has a `value`, the operations that change it, and `merged`, which is commutative,
associative and idempotent: in whatever order states arrive, and however often, equal news makes equal copies
(Shapiro et al., Conflict-free Replicated Data Types, SSS 2011).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Protocol, Self, TypeVar

from coordlab import requirements as require
from coordlab.world.message import message

Vector = tuple[tuple[str, int], ...]
"""A version vector: the number of known changes by author, sorted by name, without authors of none."""

MODES = ("push", "pull", "push-pull")
"""Who learns in a call of gossip: who is called, who calls, or both."""


def joined(one: Vector, other: Vector) -> Vector:
    """The larger count of each author: all that either vector knows.

    >>> joined((("ann", 2),), (("ann", 1), ("bob", 1)))
    (('ann', 2), ('bob', 1))
    """
    most = dict(one)
    for name, count in other:
        most[name] = max(count, most.get(name, 0))
    return tuple(sorted(most.items()))


def counted(vector: Vector, by: str, more: int = 1) -> Vector:
    """The vector with `more` changes by one author."""
    return joined(vector, ((by, dict(vector).get(by, 0) + more),)) if more else vector


def compare(one: Vector, other: Vector) -> str:
    """How one vector relates to the other: "before", "after", "equal" or "concurrent" (Parker et al. 1983).

    >>> ann, bob = (("ann", 1),), (("bob", 1),)
    >>> compare(ann, joined(ann, bob)), compare(ann, bob)
    ('before', 'concurrent')
    """
    if one == other:
        return "equal"
    both = joined(one, other)
    return "before" if both == other else "after" if both == one else "concurrent"


class Replicated(Protocol):
    """A copy of any kind."""

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of the methods that change it."""

    @property
    def value(self) -> object:
        """What a reader sees."""

    def merged(self, other: Self) -> Self:
        """All that either copy knows."""


R = TypeVar("R", bound=Replicated)


@message
class Update:
    """Change your copy like this, at this time."""

    at: float  # seconds after the start
    operation: str
    value: object = 1

    def __post_init__(self) -> None:
        require.seconds("at", self.at)


def applied(copy: R, update: Update, by: str, at: float) -> R:
    """The copy after an update by this author, at this time of its clock (seconds).

    Raises ValueError if copies of this kind have no such operation, or cannot count the value.

    >>> applied(GCounter(), Update(1.0, "add", 3), by="ann", at=1.0).value
    3
    """
    operation = require.one_of("operation", update.operation, copy.operations)
    changed: R = getattr(copy, operation)(update.value, by, at)
    return changed


def merge(one: R, other: R) -> R:
    """All that either copy knows.  Raises TypeError if they are of two kinds.

    >>> merge(GCounter().add(1, "ann"), GCounter().add(1, "bob")).value
    2
    """
    if type(one) is not type(other):
        kinds = f"{type(one).__name__} and {type(other).__name__}"
        start = f"start every replica with {type(one).__name__}()"
        require.fail(kinds, "expected copies of one kind", start, TypeError)
    return one.merged(other)


def repaired(copies: Mapping[str, R]) -> tuple[R, list[str]]:
    """All copies merged, and the names of those that are behind that: a reader repairs them.

    Raises ValueError if there is no copy, TypeError if they are of two kinds.

    >>> whole, behind = repaired({"ann": GCounter().add(2, "ann"), "bob": GCounter()})
    >>> whole.value, behind
    (2, ['bob'])
    """
    require.that(copies, "copies={}", "expected a copy by name, one or more", "{'ann': ORSet()}")
    whole = reduce(merge, copies.values())
    return whole, [name for name, copy in copies.items() if copy != whole]


# --- counters -------------------------------------------------------------------------------------


@message
class GCounter:
    """I have counted this much."""

    operations = ("add",)
    counts: Vector = ()  # by each author

    @property
    def value(self) -> int:
        """The sum of all counts."""
        return sum(count for _, count in self.counts)

    def add(self, amount: int, by: str, at: float = 0.0) -> GCounter:
        """Count this much more.  Raises ValueError if it is not a whole number, 0 or more."""
        return GCounter(counted(self.counts, by, require.count("amount", amount)))

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
        """Ups less downs.  It may fall below zero: each removed what was there, all together removed more.

        >>> stock = PNCounter().add(1, "ann")
        >>> stock.remove(1, "ann").merged(stock.remove(1, "bob")).value
        -1
        """
        return self.up.value - self.down.value

    def add(self, amount: int, by: str, at: float = 0.0) -> PNCounter:
        """Count this much up."""
        return PNCounter(self.up.add(amount, by), self.down)

    def remove(self, amount: int, by: str, at: float = 0.0) -> PNCounter:
        """Count this much down."""
        return PNCounter(self.up, self.down.add(amount, by))

    def merged(self, other: PNCounter) -> PNCounter:
        """Each of the two counters merged."""
        return PNCounter(self.up.merged(other.up), self.down.merged(other.down))


# --- registers ------------------------------------------------------------------------------------


@message
class Write:
    """I wrote this, knowing these versions."""

    value: object
    by: str
    at: float  # seconds, on the author's clock
    version: Vector  # all that the author knew, this write included

    def __post_init__(self) -> None:
        require.number("at", self.at)
        counted_in = self.by in dict(self.version)
        require.that(
            counted_in, f"version={self.version!r}", "expected its own author in it", "(('ann', 1),)"
        )

    @property
    def number(self) -> int:
        """Its number among the writes of its author."""
        return dict(self.version)[self.by]

    @property
    def stamp(self) -> tuple[float, str, int]:
        """Its place in the order of all writes: by the author's clock; where clocks agree, by name."""
        return self.at, self.by, self.number


def standing(writes: Iterable[Write]) -> frozenset[Write]:
    """The writes that no other write knew of."""
    among = frozenset(writes)
    counting: dict[str, list[tuple[int, Write]]] = {}  # only who counts a write can have known it
    for write in among:
        for name, count in write.version:
            counting.setdefault(name, []).append((count, write))

    def known(each: Write) -> bool:
        number = each.number
        later = (one for count, one in counting[each.by] if count >= number and one is not each)
        return any(compare(each.version, one.version) == "before" for one in later)

    return frozenset(each for each in among if not known(each))


def _next(writes: frozenset[Write], known: Iterable[Write], by: str) -> Vector:
    """The version of a write by an author that has read `known`, and knows its own earlier writes."""
    own = max((dict(each.version).get(by, 0) for each in writes), default=0)
    return counted(reduce(joined, (each.version for each in known), ((by, own),) if own else ()), by)


def _ordered(values: Iterable[object]) -> tuple[object, ...]:
    """Each value once, in an order that is the same in every process; of 2 and 2.0 the first by text, 2."""
    return tuple(dict.fromkeys(sorted(values, key=_text)))


def _text(value: object) -> str:
    """Like `repr`, with the members of sets in order."""
    if isinstance(value, frozenset):
        return repr(sorted(map(_text, value)))
    inner = value if isinstance(value, tuple) else tuple(getattr(value, "__dict__", {}).values())
    return repr(tuple(map(_text, inner))) if inner else repr(value)


@message
class Siblings:
    """These were written concurrently, and all stand until an author that has read them writes again."""

    operations = ("write",)
    writes: frozenset[Write] = frozenset()

    @property
    def value(self) -> tuple[object, ...]:
        """Every value that stands.

        >>> start = Siblings()
        >>> both = start.write("a", "ann").merged(start.write("b", "bob"))
        >>> both.value, both.write("c", "ann").value
        (('a', 'b'), ('c',))
        """
        return _ordered(each.value for each in self.writes)

    def write(self, value: object, by: str, at: float = 0.0) -> Siblings:
        """Replace all that stands here."""
        return Siblings(frozenset({Write(value, by, at, _next(self.writes, self.writes, by))}))

    def merged(self, other: Siblings) -> Siblings:
        """The writes of both that no other write knew of."""
        return Siblings(standing(self.writes | other.writes))


@message
class LastWriter:
    """The latest stamp wins; the losers are kept on record here, and gone in other implementations."""

    operations = ("write",)
    stamped: frozenset[Write] = frozenset()

    @property
    def winner(self) -> Write | None:
        """The write with the latest stamp."""
        return max(self.stamped, key=lambda each: each.stamp, default=None)

    @property
    def value(self) -> object:
        """What the winner wrote, or None.

        >>> start = LastWriter().write("old", "ann", at=9.0)    # ann's clock is fast
        >>> newer = start.write("new", "bob", at=5.0)
        >>> newer.value, newer.lost
        ('old', ('new',))
        """
        return None if self.winner is None else self.winner.value

    @property
    def lost(self) -> tuple[object, ...]:
        """The values that show nowhere, though no later author had seen them."""
        return _ordered(each.value for each in self.stamped if each != self.winner)

    def write(self, value: object, by: str, at: float) -> LastWriter:
        """Write, stamped with the author's clock (seconds)."""
        known = [] if self.winner is None else [self.winner]
        return _last(self.stamped | {Write(value, by, at, _next(self.stamped, known, by))})

    def merged(self, other: LastWriter) -> LastWriter:
        """The later winner, and the losers of both copies."""
        return _last(self.stamped | other.stamped)


def _last(writes: frozenset[Write]) -> LastWriter:
    return LastWriter(standing(writes) | {max(writes, key=lambda each: each.stamp)} if writes else writes)


# --- a set ----------------------------------------------------------------------------------------


Addition = tuple[object, str, int]
"""The element, who added it, and how many additions its author then knew, this one included."""


@message
class ORSet:
    """These were added, each time with a tag of its own, and these tags were seen and removed."""

    operations = ("add", "remove")
    added: frozenset[Addition] = frozenset()
    removed: frozenset[Addition] = frozenset()

    @property
    def value(self) -> tuple[object, ...]:
        """The elements with an addition that no remove has seen.

        >>> milk = ORSet().add("milk", "ann")
        >>> milk.remove("milk", "bob").value, milk.remove("milk", "bob").merged(milk.add("milk", "cat")).value
        ((), ('milk',))
        """
        return _ordered(each[0] for each in self.added - self.removed)

    def tags(self, element: object) -> frozenset[Addition]:
        """The standing additions of an element."""
        return frozenset(each for each in self.added - self.removed if each[0] == element)

    def add(self, element: object, by: str, at: float = 0.0) -> ORSet:
        """Add this element: that wins over concurrent removals, which have not seen this addition."""
        new = ORSet(frozenset({(element, by, len(self.added) + 1)}))
        return self._with(self.added | new.added, self.removed)

    def remove(self, element: object, by: str, at: float = 0.0) -> ORSet:
        """Remove every addition of the element that was seen here."""
        return self._with(self.added, self.removed | self.tags(element))

    def merged(self, other: ORSet) -> ORSet:
        """All additions and all removals of both."""
        return self._with(self.added | other.added, self.removed | other.removed)

    def _with(self, added: frozenset[Addition], removed: frozenset[Addition]) -> ORSet:
        """A copy made without looking at each addition again, so that many additions take linear time."""
        copy = object.__new__(ORSet)
        vars(copy).update(added=added, removed=removed)
        return copy
