"""A board as plain data: entries by key, each with its versions; subscriptions; and an agenda."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from coordlab import requirements as require
from coordlab.world.message import message

# --- entries and queries --------------------------------------------------------------------------


Sources = tuple[tuple[str, int], ...]
"""The keys and versions that an entry rests on."""


@message
class Entry:
    """This is on the board."""

    key: str
    value: Any
    version: int = 0  # 1, 2, 3 … for each key
    author: str = ""
    level: str = ""  # of abstraction
    confidence: float = 1.0  # from 0 to 1
    sources: Sources = ()

    def __post_init__(self) -> None:
        check_claim(self.key, self.confidence, self.sources)


@message
class Query:
    """What do you have on this?"""

    pattern: str = "*"  # a glob that the whole key must match
    level: str = ""  # "" for any
    confidence: float = 0.0  # at least this
    author: str = ""  # "" for any

    def __post_init__(self) -> None:
        require.instance("pattern", self.pattern, str, "pattern='finding:*'", ValueError)
        require.probability("confidence", self.confidence)

    def matches(self, entry: Entry) -> bool:
        """Whether it asks for this entry.

        >>> Query("finding:*", confidence=0.5).matches(Entry("finding:ai", "it learns", confidence=0.1))
        False
        """
        return (
            fnmatchcase(entry.key, self.pattern)
            and self.level in ("", entry.level)
            and self.confidence <= entry.confidence
            and self.author in ("", entry.author)
        )


def check_claim(key: str, confidence: float, sources: Sources) -> None:
    """Check what an entry claims; raises ValueError if the key, the confidence or a source is not valid."""
    plain = isinstance(key, str) and key and not any(letter in key for letter in "*?[")
    allowed = "expected a text, not empty, without the *, ? and [ of patterns"
    require.that(plain, f"key={key!r}", allowed, "key='finding:ai'")
    require.probability("confidence", confidence)
    pairs = isinstance(sources, tuple) and all(isinstance(each, tuple) for each in sources)
    fits = pairs and all([*map(type, each)] == [str, int] for each in sources)
    allowed = "expected a tuple of pairs of key and version"
    require.that(fits, f"sources={sources!r}", allowed, "sources=(('finding:ai', 1),)")


EVERYTHING = Query()


# --- what a second write to a key means -----------------------------------------------------------

Merge = Callable[[Entry, Entry], Entry | None]
"""From the old entry and the one being written, the entry to store; None to keep the old one."""


def newest(_: Entry, new: Entry) -> Entry | None:
    """The last write wins."""
    return new


def most_confident(old: Entry, new: Entry) -> Entry | None:
    """The more confident entry wins; of equals the older."""
    return new if new.confidence > old.confidence else None


def keep_all(old: Entry, new: Entry) -> Entry | None:
    """Both are kept: the value becomes the tuple of all values that were written, each once.

    A tuple that is written counts as several values.  The new entry rests on the old one too.
    """
    had, more = _several(old.value), _several(new.value)
    fresh = tuple(each for each in more if each not in had)
    grounds = (*new.sources, (old.key, old.version))
    return replace(new, value=had + fresh, sources=grounds) if fresh else None


def _several(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


MERGES: dict[str, Merge] = {"newest": newest, "most_confident": most_confident, "keep_all": keep_all}


# --- the board ------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Subscription(require.Readable):
    """A callback for the entries that `query` asks for and `where` accepts."""

    query: Query
    notify: Callable[[Entry], None]
    where: Callable[[Entry], bool] = lambda entry: True

    def wants(self, entry: Entry) -> bool:
        """Whether it is told of this entry."""
        return self.query.matches(entry) and self.where(entry)


class Conflict(ValueError):
    """A write that names a version that is not current, or a source that never was on the board."""


class Board(require.Readable):
    """Entries by key, each with its history; `merge` decides what a second write to a key does.

    >>> board = Board()
    >>> board.write("finding:ai", "it learns", author="ann").version
    1
    >>> [entry.value for entry in board.query(Query("finding:*"))]
    ['it learns']
    """

    def __init__(self, merge: Merge = newest) -> None:
        self.merge = merge
        self.histories: dict[str, list[Entry | None]] = {}
        self.subscriptions: list[Subscription] = []

    def read(self, key: str) -> Entry | None:
        """The current entry of `key`; None if there is none, or it was retracted."""
        return self.histories[key][-1] if key in self.histories else None

    def query(self, query: Query = EVERYTHING) -> list[Entry]:
        """The current entries that a query asks for, in the order in which their keys were first written."""
        current = (history[-1] for history in self.histories.values())
        return [entry for entry in current if entry is not None and query.matches(entry)]

    def version(self, key: str) -> int:
        """How many versions `key` has had; 0 for none."""
        return len(self.histories.get(key, ()))

    def history(self, key: str) -> list[Entry | None]:
        """Every version of `key`, in order; None where it was retracted."""
        return list(self.histories.get(key, ()))

    def write(self, key: str, value: Any, *, expected: int | None = None, **details: Any) -> Entry | None:
        """Store a new version of `key` and tell subscribers; None if the merge policy keeps the old entry.

        expected  the version that the writer has seen: then nothing is merged.
        details   other fields of `Entry`, such as author, level, confidence, sources.

        Raises Conflict if `expected` is not the current version or a source never was on the board,
        ValueError if a field is not valid, TypeError if the merge policy does not return an entry.
        """
        entry: Entry | None = Entry(key, value, **details)
        self._check(key, expected, details.get("sources", ()))
        old = self.read(key)
        if old is not None and entry is not None and expected is None:
            entry = self.merge(old, entry)
        if entry is None:
            return None
        if not isinstance(entry, Entry):
            allowed = "expected an Entry, or None to keep the old one"
            require.fail(f"the merge policy returned {entry!r}", allowed, "merge=most_confident", TypeError)
        entry = replace(entry, key=key, version=self.version(key) + 1)
        self.histories.setdefault(key, []).append(entry)
        for each in [each for each in self.subscriptions if each.wants(entry)]:
            each.notify(entry)
        return entry

    def retract(self, key: str) -> bool:
        """Take the entry of `key` off the board; its history stays.  False if there was none."""
        if self.read(key) is None:
            return False
        self.histories[key].append(None)
        return True

    def subscribe(self, subscription: Subscription, replay: bool = False) -> Subscription:
        """Tell of each matching entry from now on; with `replay`, first of the current ones."""
        self.subscriptions.append(subscription)
        for entry in self.query() if replay else ():
            if subscription.wants(entry):
                subscription.notify(entry)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop telling; changes nothing if it is not subscribed."""
        self.subscriptions = [each for each in self.subscriptions if each is not subscription]

    def derivation(self, key: str, version: int | None = None) -> Iterator[tuple[int, Entry]]:
        """An entry (by default the current one) and all that it rests on, as an outline: depth and entry.

        Each entry is followed by those it rests on, one deeper.  Raises LookupError without such a version.

        >>> board = Board()
        >>> hair, mammal = board.write("hair", True), board.write("mammal", True, sources=(("hair", 1),))
        >>> [(depth, entry.key) for depth, entry in board.derivation("mammal")]
        [(0, 'mammal'), (1, 'hair')]
        """
        open_ends = [(0, (key, self.version(key) if version is None else version))]
        while open_ends:
            depth, what = open_ends.pop()
            entry = self._ever(*what)
            if entry is None:
                raise LookupError(f"{what[0]!r}, version {what[1]}, is not on the board: {self._known()}.")
            yield depth, entry
            open_ends += [(depth + 1, each) for each in reversed(entry.sources)]

    def _ever(self, key: str, version: int) -> Entry | None:
        history = self.histories.get(key, [])
        return history[version - 1] if 1 <= version <= len(history) else None

    def _check(self, key: str, expected: int | None, sources: Sources) -> None:
        """Raise Conflict unless `key` has the expected version, and all that the write rests on was here."""
        if expected not in (None, self.version(key)):
            raise Conflict(
                f"{key!r} is at version {self.version(key)}, not {expected}: read it again, then decide."
            )
        for source in sources:
            if self._ever(*source) is None:
                raise Conflict(
                    f"{key!r} rests on {source[0]!r}, version {source[1]}, which was never on the board: "
                    f"{self._known()}."
                )

    def _known(self) -> str:
        keys = "; ".join(f"{entry.key!r}, version {entry.version}" for entry in self.query()[:5])
        return f"name an entry that exists, such as {keys}" if keys else "the board is empty, so write first"


# --- whose turn is it? ----------------------------------------------------------------------------


@message
class Activation:
    """This source could act on this entry."""

    source: str
    entry: Entry
    order: int  # in which it was added to the agenda


Rating = Callable[[Activation], float]
"""How promising an activation is: the highest acts first."""


def first_come(activation: Activation) -> float:
    """Oldest first."""
    return -activation.order


def last_come(activation: Activation) -> float:
    """Newest first: follow up what has just been found."""
    return activation.order


def by_confidence(activation: Activation) -> float:
    """Most confident entry first."""
    return activation.entry.confidence


_RATINGS = (first_come, last_come, by_confidence)
RATINGS: dict[str, Rating] = {each.__name__: each for each in _RATINGS}


def choose(agenda: list[Activation], rating: Rating) -> Activation:
    """The activation with the highest rating; of equals the oldest.

    Raises ValueError if there is none, or a rating is not a number.

    >>> agenda = [Activation("ann", Entry("a", 1), 1), Activation("bob", Entry("b", 1), 2)]
    >>> choose(agenda, first_come).source, choose(agenda, last_come).source
    ('ann', 'bob')
    """
    require.that(agenda, "the agenda is empty", "expected an activation", "if agenda: agenda.take()")
    return max(agenda, key=lambda each: (require.number("rating", rating(each)), -each.order))


class Agenda(require.Readable):
    """Which source could act on which entry, each once for each version; the highest rating first.

    >>> agenda = Agenda(by_confidence)
    >>> for sure in (0.2, 0.9):
    ...     activation = agenda.add("ann", Entry(f"clue:{sure}", True, confidence=sure))
    >>> agenda.take().entry.key
    'clue:0.9'
    """

    def __init__(self, rating: Rating = first_come) -> None:
        self.rating, self.added = rating, 0
        self.waiting: list[Activation] = []
        self.seen: set[tuple[str, str, int]] = set()

    def __len__(self) -> int:
        return len(self.waiting)

    def add(self, source: str, entry: Entry) -> Activation | None:
        """The activation; None if the source has had its turn with this version, or waits for it."""
        if (source, entry.key, entry.version) in self.seen:
            return None
        self.seen.add((source, entry.key, entry.version))
        self.added += 1
        self.waiting.append(Activation(source, entry, self.added))
        return self.waiting[-1]

    def take(self) -> Activation:
        """Take the activation whose turn it is off the agenda."""
        best = choose(self.waiting, self.rating)
        self.waiting.remove(best)
        return best

    def renew(self, source: str) -> None:
        """Let a source act again on all that it has seen, except on what already waits."""
        waiting = {(each.source, each.entry.key, each.entry.version) for each in self.waiting}
        self.seen = {each for each in self.seen if each[0] != source or each in waiting}
