"""What a message bus decides: which topic matches, what is kept, what is shed when a queue is full.

Topics have levels, as in MQTT 3.1.1 (section 4.7): `site/1/temperature`.  In a pattern `+` stands for one
level, and `#`, at the end, for all that follow, be it none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from coordlab.world.message import message


@message
class Letter:
    """This is what I have to say on this topic."""

    publisher: str
    number: int  # 1, 2, 3 … of its publisher: with it, the letter's identity
    topic: str
    body: Any = None
    about: int = 0  # the number of the letter that this one answers


def check_topic(topic: str) -> str:
    """The topic, if one can publish on it; else a `ValueError`.

    >>> check_topic("site/1/temperature")
    'site/1/temperature'
    """
    if not isinstance(topic, str) or not topic or any(mark in topic for mark in "+#"):
        raise ValueError(
            f"nothing can be published on {topic!r}: a topic names its levels, and + and # belong into "
            f"patterns. Write for instance 'site/1/temperature'."
        )
    return topic


def check_pattern(pattern: str) -> str:
    """The pattern, if one can subscribe to it; else a `ValueError`.

    >>> check_pattern("site/+/temperature"), check_pattern("#")
    ('site/+/temperature', '#')
    """
    levels = pattern.split("/") if isinstance(pattern, str) else []
    clear = all(level in ("+", "#") or not set(level) & {"+", "#"} for level in levels)
    if not (pattern and levels) or not clear or "#" in levels[:-1]:
        raise ValueError(
            f"nobody can subscribe to {pattern!r}: + stands for one whole level, # for all that follow, at "
            f"the end only. Write for instance 'site/+/temperature' or 'site/#'."
        )
    return pattern


def matches(topic: str, pattern: str) -> bool:
    """Whether a letter on `topic` is meant by `pattern`.

    >>> matches("site/1/temperature", "site/+/temperature"), matches("site", "site/#")
    (True, True)
    >>> matches("site/1/temperature", "site/+"), matches("site/1", "site/+/#")
    (False, True)
    """
    levels, wanted = topic.split("/"), pattern.split("/")
    if wanted[-1] == "#":
        wanted = wanted[:-1]
        levels = levels[: len(wanted)] if len(levels) >= len(wanted) else []
        if not wanted:
            return True
    return len(levels) == len(wanted) and all(
        want in ("+", level) for level, want in zip(levels, wanted, strict=True)
    )


SHEDDING = ("oldest", "newest")
REPLAY = ("none", "last", "all")


def check_queue(bound: int, shed: str, attempts: int) -> None:
    """Refuse, with a `ValueError`, a queue that cannot be."""
    counts = [isinstance(each, int) and each is not True and each >= 1 for each in (bound, attempts)]
    if shed not in SHEDDING or not all(counts):
        raise ValueError(
            f"shed={shed!r}, bound={bound}, attempts={attempts}: shed is one of {', '.join(SHEDDING)}, the "
            f"others are whole numbers, 1 or more. Write for instance bound=100, shed='oldest', attempts=20."
        )


def check_replay(replay: str) -> str:
    """How much of the past a new subscriber wants, if it can be had; else a `ValueError`.

    >>> check_replay("last")
    'last'
    """
    if replay not in REPLAY:
        raise ValueError(
            f"replay={replay!r}: of what came before, {', '.join(REPLAY)} can be had. Write replay='last'."
        )
    return replay


@dataclass
class Session:
    """What a subscriber is still to be brought, in order; `acknowledged` if it answers."""

    subscriber: str
    pattern: str
    acknowledged: bool = True
    pending: deque[int] = field(default_factory=deque)

    @property
    def next(self) -> int | None:
        """The offset whose turn it is."""
        return self.pending[0] if self.pending else None


def enqueue(queue: deque[int], offset: int, bound: int, shed: str) -> int | None:
    """Put an offset into a queue of at most `bound`; gives what had to go: the oldest there, or the new one.

    >>> queue = deque([1, 2])
    >>> enqueue(queue, 3, bound=2, shed="oldest"), enqueue(queue, 4, bound=2, shed="newest"), list(queue)
    (1, 4, [2, 3])
    """
    if len(queue) < bound:
        queue.append(offset)
        return None
    if shed == "newest":
        return offset
    queue.append(offset)
    return queue.popleft()


class Journal:
    """All letters in the order in which the bus accepted them; an offset is a letter's place, from 0.

    A letter that comes again, by its publisher and number, is not taken twice.

    >>> journal = Journal()
    >>> journal.append(Letter("ann", 1, "a")), journal.append(Letter("bob", 1, "b"))
    ((0, True), (1, True))
    >>> journal.append(Letter("ann", 1, "a")), list(journal.since("#", "last"))
    ((0, False), [0, 1])
    """

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.places: dict[tuple[str, int], int] = {}
        self.last: dict[str, int] = {}  # the offset of the last letter on each topic

    def append(self, letter: Letter) -> tuple[int, bool]:
        """The offset of the letter, and whether it is new."""
        key = letter.publisher, letter.number
        if key in self.places:
            return self.places[key], False
        offset = self.places[key] = self.last[letter.topic] = len(self.letters)
        self.letters.append(letter)
        return offset, True

    def since(self, pattern: str, replay: str) -> Iterator[int]:
        """The offsets that a new subscriber is sent: none, the last of each topic, or all that match."""
        kept = {"none": (), "last": sorted(self.last.values()), "all": range(len(self.letters))}
        return (
            offset for offset in kept[check_replay(replay)] if matches(self.letters[offset].topic, pattern)
        )
