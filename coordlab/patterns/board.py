"""A board: entries by key, each with its versions, and those who want to hear of them.

Plain data, usable without a world; `coordlab.patterns.blackboard` puts agents around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from coordlab.world.message import message


@message
class Entry:
    """This stands on the board."""

    key: str
    value: Any
    version: int = 0  # 1, 2, 3 … for each key
    author: str = ""
    level: str = ""  # of abstraction
    confidence: float = 1.0
    sources: tuple[tuple[str, int], ...] = ()  # the keys and versions that it rests on


Merge = Callable[[Entry, Entry], Entry | None]


def newest(_: Entry, new: Entry) -> Entry | None:
    """The last write wins, whatever it overwrites."""
    return new


def most_confident(old: Entry, new: Entry) -> Entry | None:
    """The more confident one stands; the older of two equals."""
    return new if new.confidence > old.confidence else None


def keep_all(old: Entry, new: Entry) -> Entry | None:
    """Both stand: the value becomes the tuple of all that were written, each once.

    A tuple that is written counts as several values.
    """
    had, more = _several(old.value), _several(new.value)
    fresh = tuple(each for each in more if each not in had)
    return replace(new, value=had + fresh) if fresh else None


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


MERGES: dict[str, Merge] = {"newest": newest, "most_confident": most_confident, "keep_all": keep_all}


def matches(entry: Entry, pattern: str, level: str = "") -> bool:
    """Whether an entry's key fits a glob such as `finding:*`, and its level, if one is given."""
    return fnmatchcase(entry.key, pattern) and level in ("", entry.level)


@dataclass(frozen=True)
class Subscription:
    """Who is told of which entries."""

    pattern: str
    notify: Callable[[Entry], None]
    level: str = ""
    where: Callable[[Entry], bool] = lambda entry: True

    def wants(self, entry: Entry) -> bool:
        """Whether this entry is one of them."""
        return matches(entry, self.pattern, self.level) and self.where(entry)


class Conflict(ValueError):
    """A compare-and-set that came too late: the key has another version by now."""


class Board:
    """Entries by key, each with its history; `merge` decides what becomes of a second write to a key.

    >>> board = Board()
    >>> board.write("finding:ai", "it learns", author="ann").version
    1
    >>> [entry.value for entry in board.read("finding:*")]
    ['it learns']
    """

    def __init__(self, merge: Merge = newest) -> None:
        self.merge = merge
        self.histories: dict[str, list[Entry | None]] = {}
        self.subscriptions: list[Subscription] = []

    def current(self, key: str) -> Entry | None:
        """What stands under `key` now; None if nothing does, or it was retracted."""
        return self.histories[key][-1] if key in self.histories else None

    def version(self, key: str) -> int:
        """How many versions `key` has had; 0 for none."""
        return len(self.histories.get(key, ()))

    def history(self, key: str) -> list[Entry | None]:
        """Every version of `key`, the first first; None where it was retracted."""
        return list(self.histories.get(key, ()))

    def read(self, pattern: str = "*", level: str = "") -> list[Entry]:
        """What stands on the board and matches, in the order in which the keys first came."""
        standing = (history[-1] for history in self.histories.values())
        return [entry for entry in standing if entry is not None and matches(entry, pattern, level)]

    def write(self, key: str, value: Any, *, expected: int | None = None, **details: Any) -> Entry | None:
        """Put a new version of `key` on the board and tell the subscribers.

        With `expected` only if that is the version now, else a `Conflict`: who names a version has
        seen it, so nothing is merged.  None if the merge policy lets the old entry stand.
        """
        before = self.version(key)
        if expected is not None and expected != before:
            raise Conflict(
                f"{key!r} is at version {before}, not {expected}: read it again, then decide anew."
            )
        entry: Entry | None = Entry(key, value, **details)
        old = self.current(key)
        if old is not None and entry is not None and expected is None:
            entry = self.merge(old, entry)
        if entry is None:
            return None
        entry = replace(entry, version=before + 1)
        self.histories.setdefault(key, []).append(entry)
        for each in [each for each in self.subscriptions if each.wants(entry)]:
            each.notify(entry)
        return entry

    def retract(self, key: str) -> bool:
        """Take what stands under `key` off the board; its history stays.  False if nothing stood there."""
        if self.current(key) is None:
            return False
        self.histories[key].append(None)
        return True

    def subscribe(self, subscription: Subscription, replay: bool = False) -> Subscription:
        """Tell of each matching entry from now on; with `replay`, first of those that stand already."""
        self.subscriptions.append(subscription)
        for entry in self.read() if replay else ():
            if subscription.wants(entry):
                subscription.notify(entry)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Tell no more."""
        self.subscriptions.remove(subscription)
