"""A board: entries by key, each with its versions, those who want to hear of them, and whose turn it is.

Plain data, usable without a world; `coordlab.patterns.blackboard` puts agents around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from coordlab.world.message import message

# --- entries, and what one may ask for ------------------------------------------------------------


Sources = tuple[tuple[str, int], ...]
"""The keys and versions that an entry rests on."""


@message
class Entry:
    """This stands on the board."""

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

    pattern: str = "*"  # a glob that the whole key must fit
    level: str = ""  # "" for any
    confidence: float = 0.0  # at least so sure
    author: str = ""  # "" for anybody

    def __post_init__(self) -> None:
        if not isinstance(self.pattern, str):
            raise ValueError(f"pattern={self.pattern!r} is no glob. Write a text such as 'finding:*'.")
        check_confidence(self.confidence)

    def matches(self, entry: Entry) -> bool:
        """Whether an entry is one of those asked for.

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
    """A ValueError unless something can stand under such a key, so surely, on such grounds."""
    if not isinstance(key, str) or not key or any(letter in key for letter in "*?["):
        raise ValueError(
            f"{key!r} is no key: that is a text, not empty, without the *, ? and [ of patterns. "
            f"Write for instance 'finding:ai'."
        )
    check_confidence(confidence)
    pairs = isinstance(sources, tuple) and all(isinstance(each, tuple) for each in sources)
    if not pairs or not all([*map(type, each)] == [str, int] for each in sources):
        raise ValueError(
            f"sources={sources!r}: what an entry rests on is named by pairs of key and version. "
            f"Write for instance sources=(('finding:ai', 1),)."
        )


def check_confidence(confidence: float) -> None:
    """A ValueError unless this is a number from 0 to 1."""
    if not (isinstance(confidence, (int, float)) and 0 <= confidence <= 1):
        raise ValueError(
            f"confidence={confidence!r} is none: it lies between 0 (a guess) and 1 (certain). "
            f"Write for instance confidence=0.85."
        )


EVERYTHING = Query()


# --- what a second write to a key means -----------------------------------------------------------

Merge = Callable[[Entry, Entry], Entry | None]
"""From what stands there and what is written, what shall stand; None to let the old one stand."""


def newest(_: Entry, new: Entry) -> Entry | None:
    """The last write wins, whatever it overwrites."""
    return new


def most_confident(old: Entry, new: Entry) -> Entry | None:
    """The more confident one stands; the older of two equals."""
    return new if new.confidence > old.confidence else None


def keep_all(old: Entry, new: Entry) -> Entry | None:
    """Both stand: the value becomes the tuple of all that were written, each once.

    A tuple that is written counts as several values.  The new entry rests on the old one, too.
    """
    had, more = _several(old.value), _several(new.value)
    fresh = tuple(each for each in more if each not in had)
    grounds = (*new.sources, (old.key, old.version))
    return replace(new, value=had + fresh, sources=grounds) if fresh else None


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


MERGES: dict[str, Merge] = {"newest": newest, "most_confident": most_confident, "keep_all": keep_all}


# --- the board ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Subscription:
    """Who is told of which entries: those that `query` asks for and `where` lets pass."""

    query: Query
    notify: Callable[[Entry], None]
    where: Callable[[Entry], bool] = lambda entry: True

    def wants(self, entry: Entry) -> bool:
        """Whether this entry is one of them."""
        return self.query.matches(entry) and self.where(entry)


class Conflict(ValueError):
    """A write that names a version which does not stand there: too late, or on no grounds."""


class Board:
    """Entries by key, each with its history; `merge` decides what becomes of a second write to a key.

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

    def __repr__(self) -> str:
        return f"<Board of {len(self.histories)} keys>"

    def read(self, key: str) -> Entry | None:
        """What stands under `key` now; None if nothing does, or it was retracted."""
        return self.histories[key][-1] if key in self.histories else None

    def query(self, query: Query = EVERYTHING) -> list[Entry]:
        """What stands on the board and is asked for, in the order in which the keys first came."""
        standing = (history[-1] for history in self.histories.values())
        return [entry for entry in standing if entry is not None and query.matches(entry)]

    def version(self, key: str) -> int:
        """How many versions `key` has had; 0 for none."""
        return len(self.histories.get(key, ()))

    def history(self, key: str) -> list[Entry | None]:
        """Every version of `key`, the first first; None where it was retracted."""
        return list(self.histories.get(key, ()))

    def write(self, key: str, value: Any, *, expected: int | None = None, **details: Any) -> Entry | None:
        """Post a new version of `key` and tell the subscribers.  `details` are other fields of `Entry`.

        With `expected` only if that is the version now, else a `Conflict`: who names a version has
        seen it, so nothing is merged.  None if the merge policy lets the old entry stand.
        """
        entry: Entry | None = Entry(key, value, **details)
        self._check(key, expected, details.get("sources", ()))
        old = self.read(key)
        if old is not None and entry is not None and expected is None:
            entry = self.merge(old, entry)
        if entry is None:
            return None
        if not isinstance(entry, Entry):
            raise TypeError(
                f"the merge policy made {entry!r} of two entries: an Entry is meant, or None to let the old "
                f"one stand. Write for instance merge=lambda old, new: max(old, new, key=weight)."
            )
        entry = replace(entry, key=key, version=self.version(key) + 1)
        self.histories.setdefault(key, []).append(entry)
        for each in [each for each in self.subscriptions if each.wants(entry)]:
            each.notify(entry)
        return entry

    def update(self, key: str, change: Callable[[Any], Any], **details: Any) -> Entry | None:
        """Write `change(value)` of what stands under `key` (None if nothing does): no update is lost.

        >>> board = Board()
        >>> for _ in range(3):
        ...     entry = board.update("count", lambda value: (value or 0) + 1)
        >>> entry.value, entry.version
        (3, 3)
        """
        entry, version = self.read(key), self.version(key)
        return self.write(key, change(entry.value if entry else None), expected=version, **details)

    def retract(self, key: str) -> bool:
        """Take what stands under `key` off the board; its history stays.  False if nothing stood there."""
        if self.read(key) is None:
            return False
        self.histories[key].append(None)
        return True

    def subscribe(self, subscription: Subscription, replay: bool = False) -> Subscription:
        """Tell of each matching entry from now on; with `replay`, first of those that stand already."""
        self.subscriptions.append(subscription)
        for entry in self.query() if replay else ():
            if subscription.wants(entry):
                subscription.notify(entry)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Tell no more; nothing changes for who is not told anyway."""
        self.subscriptions = [each for each in self.subscriptions if each is not subscription]

    def derivation(self, key: str, version: int | None = None) -> Iterator[tuple[int, Entry]]:
        """An entry (by default what stands there) and all that it rests on, as an outline: depth and entry.

        Each entry is followed by those it rests on, one deeper.  A LookupError if it never stood there.

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
                raise LookupError(f"{what[0]!r}, version {what[1]}, does not stand here: {self._standing()}.")
            yield depth, entry
            open_ends += [(depth + 1, each) for each in reversed(entry.sources)]

    def _ever(self, key: str, version: int) -> Entry | None:
        history = self.histories.get(key, [])
        return history[version - 1] if 1 <= version <= len(history) else None

    def _check(self, key: str, expected: int | None, sources: Sources) -> None:
        """A `Conflict` unless `key` has the expected version, and all that the write rests on was here."""
        if expected not in (None, self.version(key)):
            raise Conflict(
                f"{key!r} is at version {self.version(key)}, not {expected}: read it again, then decide anew."
            )
        for source in sources:
            if self._ever(*source) is None:
                raise Conflict(
                    f"{key!r} rests on {source[0]!r}, version {source[1]}, which never stood here: "
                    f"{self._standing()}."
                )

    def _standing(self) -> str:
        keys = [f"{entry.key!r}, version {entry.version}" for entry in self.query()[:5]]
        return f"name what does, such as {'; '.join(keys)}" if keys else "nothing does yet, so write it first"


# --- whose turn is it? ----------------------------------------------------------------------------


@message
class Activation:
    """This source could act on this entry."""

    source: str
    entry: Entry
    order: int  # in which it came onto the agenda


Rating = Callable[[Activation], float]
"""How promising an activation is: the highest acts first."""


def first_come(activation: Activation) -> float:
    """The oldest first."""
    return -activation.order


def last_come(activation: Activation) -> float:
    """The newest first: follow up what has just been found."""
    return activation.order


def by_confidence(activation: Activation) -> float:
    """The entry one is surest of first."""
    return activation.entry.confidence


RATINGS: dict[str, Rating] = {
    "first_come": first_come,
    "last_come": last_come,
    "by_confidence": by_confidence,
}


def choose(agenda: list[Activation], rating: Rating) -> Activation:
    """The top-rated activation; the oldest of equals.

    >>> agenda = [Activation("ann", Entry("a", 1), 1), Activation("bob", Entry("b", 1), 2)]
    >>> choose(agenda, first_come).source, choose(agenda, last_come).source
    ('ann', 'bob')
    """
    return max(agenda, key=lambda each: (rated(each, rating), -each.order))


def rated(activation: Activation, rating: Rating) -> float:
    """Its rating, or a ValueError if that is no number."""
    value = rating(activation)
    if not isinstance(value, (int, float)) or value != value:  # noqa: PLR0124  (only NaN differs from itself)
        raise ValueError(
            f"the rating of {activation.source} is {value!r}: a number is meant, the higher the sooner. "
            f"Write for instance rating=lambda activation: activation.entry.confidence."
        )
    return value


def check_control(concurrent: int, limit: float, steps: int, seconds: float) -> None:
    """A ValueError unless a control can work so."""
    counted = type(concurrent) is int and type(steps) is int and concurrent >= 1 and steps >= 0
    if not (counted and 0 < limit < float("inf") and seconds >= 0):
        raise ValueError(
            f"concurrent={concurrent!r}, limit={limit!r}, steps={steps!r}, seconds={seconds!r}: one source "
            f"or more acts at a time, for some time, and steps and seconds are counted from 0. "
            f"Write for instance concurrent=1, limit=10.0, steps=1000, seconds=60.0."
        )


class Agenda:
    """Who could act, and on what: each source once for each version of an entry; the best rated first.

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

    def __repr__(self) -> str:
        return f"<Agenda of {len(self)}>"

    def add(self, source: str, entry: Entry) -> Activation | None:
        """Its activation; None if the source has had its turn with this version, or waits for it."""
        if (source, entry.key, entry.version) in self.seen:
            return None
        self.seen.add((source, entry.key, entry.version))
        self.added += 1
        self.waiting.append(Activation(source, entry, self.added))
        return self.waiting[-1]

    def take(self) -> Activation:
        """Whose turn it is: no longer on the agenda then."""
        best = choose(self.waiting, self.rating)
        self.waiting.remove(best)
        return best

    def renew(self, source: str) -> None:
        """Whatever a source has seen it may see once more, but for what waits already."""
        waiting = {(each.source, each.entry.key, each.entry.version) for each in self.waiting}
        self.seen = {each for each in self.seen if each[0] != source or each in waiting}
