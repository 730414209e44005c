"""What a message bus decides: which topic matches, what is kept, what is shed when a queue is full.

Topics have levels, as in MQTT 3.1.1 (section 4.7): `site/1/temperature`.  In a pattern `+` stands for one
level, and `#`, at the end, for all levels that follow, also none.  Neither of them, as the first level,
matches a topic that begins with `$`, such as `$SYS/load`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from coordlab import requirements as require
from coordlab.world.message import message


@message
class Letter:
    """This is what I have to say on this topic."""

    publisher: str
    number: int  # 1, 2, 3 … of its publisher; both together identify the letter
    topic: str
    body: object = None
    about: int = 0  # the number of the letter that this one answers


SHEDDING = ("oldest", "newest")
REPLAY = ("none", "last", "all")


def check_topic(topic: str) -> str:
    """The topic.  Raises ValueError if nothing can be published on it."""
    if not isinstance(topic, str) or not topic or any(mark in topic for mark in "+#"):
        allowed = "expected levels to publish on, without + and #, which belong in patterns"
        require.fail(f"topic={topic!r}", allowed, "topic='site/1/temperature'")
    return topic


def check_pattern(pattern: str) -> str:
    """The pattern.  Raises ValueError if nobody can subscribe to it."""
    levels = pattern.split("/") if isinstance(pattern, str) else []
    clear = all(level in ("+", "#") or not set(level) & {"+", "#"} for level in levels)
    if not (pattern and levels) or not clear or "#" in levels[:-1]:
        allowed = "expected levels to subscribe to; + stands for a whole level, # for all at the end"
        require.fail(f"pattern={pattern!r}", allowed, "pattern='site/+/temperature' or 'site/#'")
    return pattern


def matches(topic: str, pattern: str) -> bool:
    """Whether the pattern matches the topic.

    >>> matches("site/1/temperature", "site/+/temperature"), matches("site", "site/#")
    (True, True)
    """
    levels, wanted = topic.split("/"), pattern.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    if wanted[-1] == "#":
        wanted = wanted[:-1]
        levels = levels[: len(wanted)] if len(levels) >= len(wanted) else []
        if not wanted:
            return True
    return len(levels) == len(wanted) and all(
        want in ("+", level) for level, want in zip(levels, wanted, strict=True)
    )


@dataclass
class Session:
    """What is to be delivered to a subscriber, in order; `acknowledged` if it answers."""

    subscriber: str
    pattern: str
    acknowledged: bool = True
    pending: deque[int] = field(default_factory=deque)  # offsets; the first is being delivered


def enqueue(queue: deque[int], offset: int, bound: int, shed: str) -> int | None:
    """Put an offset into a queue of at most `bound`; returns what was shed: the new one, or the oldest.

    The first in the queue is being delivered and never shed; the second is the oldest of those that wait.
    """
    queue.append(offset)
    if len(queue) <= bound:
        return None
    place = 1 if shed == "oldest" else -1
    lost = queue[place]
    del queue[place]
    return lost


class Journal(require.Readable):
    """All letters in the order in which the bus accepted them; an offset is a letter's place, from 0.

    A letter that comes again, with the same publisher and number, is not taken twice.
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
        """The matching offsets that a new subscriber is sent: none, the last of each topic, or all."""
        kept = {"none": (), "last": sorted(self.last.values()), "all": range(len(self.letters))}[replay]
        return (offset for offset in kept if matches(self.letters[offset].topic, pattern))


@dataclass
class Disk:
    """What a bus keeps: its journal, a session for each subscriber and pattern, and a count of the dead."""

    journal: Journal = field(default_factory=Journal)
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict)
    dead: int = 0
