"""Blackboard: specialists solve a problem together by what they write on a board, not by talking.

Problem.   Nobody can solve it alone, and nobody knows in advance in which order the pieces will come.
Idea.      All knowledge stands on one board. An entry triggers the knowledge sources it concerns; a
           control puts them on an agenda and lets the most promising act, until nothing is left to do.
Messages.  Write, Read, Subscribe to the board; Notify back; Activate and Done between control and sources.
Cost.      Notifying costs one message per match; polling costs agents × keys reads at every tick.
Assumes.   The board stays up and links are reliable: a lost Notify is not repeated (subscribe again, with
           replay, to catch up). The result is the same in any order only if sources add and never retract.
Source.    L. Erman et al., The Hearsay-II Speech-Understanding System, ACM Computing Surveys 12(2), 1980;
           H. P. Nii, Blackboard Systems, AI Magazine 7(2), 1986.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coordlab.patterns.board import Board, Conflict, Entry, Merge, Subscription, newest
from coordlab.world.agent import Agent, State
from coordlab.world.message import message

# --- control: whose turn is it? -------------------------------------------------------------------


@message
class Activation:
    """This source could act on this entry."""

    source: str
    entry: Entry
    order: int  # in which it came onto the agenda


Rating = Callable[[Activation], float]


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
    """The top-rated activation; the oldest of equals."""
    return max(agenda, key=lambda each: (rating(each), -each.order))


# --- messages and agents --------------------------------------------------------------------------


@message
class Write:
    """Please put this on the board."""

    key: str
    value: Any
    level: str = ""
    confidence: float = 1.0
    sources: tuple[tuple[str, int], ...] = ()
    expected: int | None = None


@message
class Written:
    """It is on the board."""

    entry: Entry


@message
class Refused:
    """It is not: something else stands there."""

    key: str
    version: int


@message
class Retract:
    """Please take this off the board."""

    key: str


@message
class Retracted:
    """It is off the board."""

    key: str
    version: int


@message
class Read:
    """What do you have on this?"""

    pattern: str
    level: str = ""


@message
class Found:
    """This is what I have."""

    entries: tuple[Entry, ...]


@message
class Subscribe:
    """Tell me of every entry that matches."""

    pattern: str
    level: str = ""
    replay: bool = True
    trigger: bool = False  # activate me in turn, rather than tell me at once


@message
class Unsubscribe:
    """Tell me no more."""

    pattern: str


@message
class Notify:
    """There is news for you."""

    pattern: str
    entry: Entry


@message
class Activate:
    """It is your turn: work on this."""

    entry: Entry


@message
class Done:
    """I have done what I could."""

    contributed: int


class Blackboard(Agent):
    """The board and its control: notifies subscribers, activates `concurrent` triggered sources at a time.

    An activation that is not done within `limit` seconds is given up; after `steps` of them control stops.
    """

    role = State("quiet")  # or controlling, or exhausted
    agenda_length = State(0)

    def __init__(
        self,
        name: str = "board",
        merge: Merge = newest,
        rating: Rating = first_come,
        concurrent: int = 1,
        limit: float = 10.0,
        steps: int = 1_000,
    ) -> None:
        super().__init__(name)
        self.board, self.rating, self.concurrent, self.limit = Board(merge), rating, concurrent, limit
        self.steps, self.busy, self.added = steps, 0, 0
        self.agenda: list[Activation] = []
        self.triggered: set[tuple[str, str, int]] = set()
        self.told: dict[tuple[str, str], Subscription] = {}

    def on_write(self, sender: str, message: Write) -> Written | Refused:
        details = {"author": sender, "level": message.level, "confidence": message.confidence}
        try:
            entry = self.board.write(
                message.key, message.value, expected=message.expected, sources=message.sources, **details
            )
        except Conflict:
            entry = None
        return Written(entry) if entry else Refused(message.key, self.board.version(message.key))

    def on_retract(self, sender: str, message: Retract) -> Retracted | Refused:
        gone = self.board.retract(message.key)
        return (Retracted if gone else Refused)(message.key, self.board.version(message.key))

    def on_read(self, sender: str, message: Read) -> Found:
        return Found(tuple(self.board.read(message.pattern, message.level)))

    def on_subscribe(self, sender: str, message: Subscribe) -> None:
        def notify(entry: Entry) -> None:
            if entry.author == sender:
                return  # it knows
            if message.trigger:
                self.schedule(sender, entry)
            else:
                self.send(sender, Notify(message.pattern, entry))

        subscription = Subscription(message.pattern, notify, message.level)
        self.on_unsubscribe(sender, Unsubscribe(message.pattern))
        self.told[sender, message.pattern] = self.board.subscribe(subscription, message.replay)

    def on_unsubscribe(self, sender: str, message: Unsubscribe) -> None:
        if (sender, message.pattern) in self.told:
            self.board.unsubscribe(self.told.pop((sender, message.pattern)))

    def schedule(self, source: str, entry: Entry) -> None:
        """Put a source on the agenda, once for each version of an entry."""
        if (source, entry.key, entry.version) in self.triggered:
            return
        self.triggered.add((source, entry.key, entry.version))
        self.added += 1
        self.agenda.append(Activation(source, entry, self.added))
        self.agenda_length = len(self.agenda)
        self.note(self.agenda[-1])
        if self.busy < self.concurrent:
            self.busy += 1
            self.spawn(self.control())

    async def control(self) -> None:
        """Let the most promising source act, until the agenda is empty: quiescence."""
        self.role = "controlling"
        await self.sleep(0)  # whatever is due at this instant comes onto the agenda first
        while self.agenda and self.steps > 0:
            self.steps -= 1
            best = choose(self.agenda, self.rating)
            self.agenda.remove(best)
            self.agenda_length = len(self.agenda)
            self.decide(best)
            await self.ask(best.source, Activate(best.entry), within=self.limit)
        self.busy -= 1
        if not self.busy:
            self.role = "exhausted" if self.agenda else "quiet"


class KnowledgeSource(Agent):
    """A specialist: says what triggers it, whether it can act, and what it then contributes.

    Override `contribute`, and `condition` if it needs more than its trigger.  `cost` is how many
    virtual seconds its work takes.
    """

    role = State("idle")  # or working
    trigger = "*"
    level = ""

    def __init__(self, name: str, board: str = "board", cost: float = 0.5) -> None:
        super().__init__(name)
        self.board, self.cost = board, cost

    async def run(self) -> None:
        """Ask to be activated."""
        self.send(self.board, Subscribe(self.trigger, self.level, trigger=True))

    async def condition(self, entry: Entry) -> bool:
        """Whether it can act on this entry now."""
        return True

    async def contribute(self, entry: Entry) -> list[Write]:
        """What it has to add."""
        return []

    async def read(self, pattern: str) -> tuple[Entry, ...]:
        """What stands on the board now."""
        found = await self.ask(self.board, Read(pattern), within=5.0)
        return found[self.board].entries if found else ()

    async def on_activate(self, sender: str, message: Activate) -> Done:
        if not await self.condition(message.entry):
            return Done(0)
        self.role = "working"
        await self.sleep(self.cost)
        writes = await self.contribute(message.entry)
        for write in writes:
            await self.ask(self.board, write, within=5.0)
        self.role = "idle"
        return Done(len(writes))
