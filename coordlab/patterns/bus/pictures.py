"""What is counted in a run of the bus lab, and the queue of each subscriber over time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from coordlab.labs.views import Cell, Curves, Table
from coordlab.patterns.bus.rules import Letter, matches
from coordlab.properties import recorded
from coordlab.trace.trace import CRASH, HANDLE, NOTE, SEND, STATE, Event, Trace


def wanted(trace: Trace) -> set[tuple[str, Letter]]:
    """All pairs of a subscriber and a letter that it wants."""
    patterns = {(str(each.agent), each.data.pattern) for each in trace.select("Subscribe", kind=SEND)}
    letters = {each.data.letter for each in trace.select("Publish", kind=SEND)}
    return {
        (who, letter) for who, pattern in patterns for letter in letters if matches(letter.topic, pattern)
    }


def effects(trace: Trace) -> Counter[tuple[str, Letter]]:
    """How often each subscriber acted on each letter."""
    return Counter((str(each.agent), each.content.letter) for each in recorded(trace, "Effect"))


def effects_of_a_letter(trace: Trace) -> float | None:
    """How often a subscriber acts on a letter that it wants, on average; None if nobody wants any."""
    asked, acted = wanted(trace), effects(trace)
    return sum(acted[each] for each in asked) / len(asked) if asked else None


def deliveries_of_a_letter(trace: Trace) -> float | None:
    """How often the bus sends a letter to a subscriber that wants it, on average."""
    return trace.count("Deliver", kind=SEND) / len(wanted(trace)) if wanted(trace) else None


def missed(trace: Trace) -> int:
    """Letters on which a subscriber that wants them did not act."""
    return len(wanted(trace) - effects(trace).keys())


def twice(trace: Trace) -> int:
    """Letters on which a subscriber acted more than once."""
    return sum(count > 1 for count in effects(trace).values())


def messages(trace: Trace) -> int:
    """Messages about letters, to the bus and from it."""
    return trace.count("Publish", "Accepted", "Deliver", "Received", kind=SEND)


def longest_queue(trace: Trace) -> int:
    """The most letters that waited for one subscriber."""
    return max((each.data for each in trace.select("pending", kind=STATE)), default=0)


class Queues:
    """The letters that wait for each subscriber, and what became of the others, from the record of a bus.

    durable: whether it keeps them over a crash.
    """

    def __init__(self, durable: bool) -> None:
        self.durable = durable
        self.letters: dict[Letter, None] = {}
        self.patterns: dict[str, list[str]] = {}
        self.counts: dict[str, Counter[str]] = {}
        self.sent: dict[tuple[str, int], bool] = {}  # subscriber and offset; whether it was answered

    def take(self, event: Event) -> list[str]:
        """Advance past an event; the subscribers whose counts it changed."""
        told = event.content
        if event.kind == CRASH and event.agent == "bus" and not self.durable:
            names = [*self.counts]
            self.patterns.clear()
            for counts in self.counts.values():
                counts["waiting"] = 0
            return names
        if event.kind == NOTE and event.name in ("Shed", "DeadLetter"):
            return self._lost(told.subscriber, told.letter, "shed" if event.name == "Shed" else "dead")
        if event.agent != "bus" or event.kind != HANDLE:
            return []
        if event.name == "Subscribe" and told.pattern not in self.patterns.get(str(event.peer), []):
            self.patterns.setdefault(str(event.peer), []).append(told.pattern)
            self.counts.setdefault(str(event.peer), Counter())
            return self._line_up([str(event.peer)], [*self.letters] if told.acknowledged else [])
        if event.name == "Publish" and told.letter not in self.letters:
            self.letters[told.letter] = None
            return self._line_up([*self.patterns], [told.letter] if told.acknowledged else [])
        if event.name == "Received" and not self.sent.get((str(event.peer), told.offset)):
            self.sent[str(event.peer), told.offset] = True
            return self._leaves(str(event.peer), "answered")
        return []

    def _line_up(self, names: list[str], letters: list[Letter]) -> list[str]:
        for who in names:
            topics = [each.topic for each in letters]
            self.counts[who]["waiting"] += sum(
                matches(topic, each) for topic in topics for each in self.patterns[who]
            )
        return names

    def _lost(self, who: str, letter: Letter, where: str) -> list[str]:
        """A letter is shed, or dead, which subscribers of such news are told."""
        self._leaves(who, where)
        news = where == "dead" and not letter.topic.startswith("dead/")
        told = [replace(letter, topic=f"dead/{letter.topic}")] if news else []
        return self._line_up([*self.patterns], told)

    def _leaves(self, who: str, where: str) -> list[str]:
        self.counts[who]["waiting"] = max(0, self.counts[who]["waiting"] - 1)
        self.counts[who][where] += 1
        return [who]


COLUMNS = ("waiting", "answered", "shed", "dead")
TONES = {"waiting": "between", "answered": "active", "shed": "failed", "dead": "failed"}


def subscribers(durable: bool, trace: Trace) -> Table:
    """For each subscriber: letters that wait, that it has answered, that were shed, and that are dead."""
    queues, cells = Queues(durable), list[Cell]()
    for event in trace:
        for who in queues.take(event):
            for column in COLUMNS:
                count = queues.counts[who][column]
                cells.append(Cell(event.seq, who, column, str(count), TONES[column] if count else "normal"))
    return Table(tuple(sorted(queues.counts)), COLUMNS, tuple(cells), head="subscriber")


def lengths(durable: bool, bound: int, trace: Trace) -> Curves:
    """How many letters wait for each subscriber over time."""
    queues, curves = Queues(durable), dict[str, list[tuple[float, float | None]]]()
    for event in trace:
        for who in queues.take(event):
            curves.setdefault(who, [(0.0, 0.0)]).append((event.time, float(queues.counts[who]["waiting"])))
    lines = {"bound": float(bound)}
    return Curves({who: tuple(points) for who, points in sorted(curves.items())}, "letters", lines=lines)
