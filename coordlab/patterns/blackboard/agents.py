"""Blackboard: the messages and the agents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coordlab import requirements as require
from coordlab.patterns.blackboard import rules
from coordlab.patterns.blackboard.rules import Entry, Query
from coordlab.world.agent import Agent, State
from coordlab.world.message import message

__all__ = [
    "Activate", "Blackboard", "Done", "Found", "KnowledgeSource", "Notify", "Refused", "Retract", "Retracted",
    "Subscribe", "Unsubscribe", "Write", "Written",
]  # fmt: skip


@message
class Write:
    """Please put this on the board."""

    key: str
    value: Any
    level: str = ""
    confidence: float = 1.0
    sources: rules.Sources = ()  # what it rests on
    expected: int | None = None  # only over this version

    def __post_init__(self) -> None:
        rules.check_claim(self.key, self.confidence, self.sources)


@message
class Written:
    """It is on the board."""

    entry: Entry


@message
class Refused:
    """It is not on the board, and this is why."""

    key: str
    version: int  # that is on the board
    why: str


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
class Found:
    """This is what I have."""

    entries: tuple[Entry, ...]


@message
class Subscribe:
    """Tell me of every entry that matches."""

    query: Query
    replay: bool = True  # first of those that are there already
    trigger: bool = False  # activate me in turn, instead of telling me at once


@message
class Unsubscribe:
    """Stop telling me."""

    query: Query


@message
class Notify:
    """There is news for you."""

    query: Query
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
    """The board and its control: it notifies subscribers and activates triggered sources in turn.

    merge       what a second write to a key does.
    rating      which activation goes first: the one with the highest number.
    concurrent  how many sources act at a time, 1 or more.
    limit       seconds, above 0, after which an activation is given up.
    steps       activations after which control stops, 0 or more.
    seconds     virtual time at which control stops, 0 or later.

    Raises ValueError if a number is out of range.
    """

    role = State("quiet")  # or controlling, or exhausted

    def __init__(
        self,
        name: str = "board",
        merge: rules.Merge = rules.newest,
        rating: rules.Rating = rules.first_come,
        concurrent: int = 1,
        limit: float = 10.0,
        steps: int = 1_000,
        seconds: float = float("inf"),
    ) -> None:
        super().__init__(name)
        require.count("concurrent", concurrent, least=1)
        require.seconds("limit", limit, positive=True)
        require.count("steps", steps)
        require.that(seconds >= 0, f"seconds={seconds}", "expected seconds, 0 or later", "seconds=60.0")
        self.board, self.agenda, self.busy = rules.Board(merge), rules.Agenda(rating), 0
        self.concurrent, self.limit, self.steps, self.seconds = concurrent, limit, steps, seconds
        self.subscriptions: dict[tuple[str, Query], rules.Subscription] = {}

    def on_write(self, sender: str, message: Write) -> Written | Refused:
        given = {name: value for name, value in vars(message).items() if name not in ("key", "value")}
        try:
            entry = self.board.write(message.key, message.value, author=sender, **given)
        except rules.Conflict as conflict:
            return self.refuse(message.key, str(conflict))
        return Written(entry) if entry else self.refuse(message.key, "the entry on the board outweighs it")

    def on_retract(self, sender: str, message: Retract) -> Retracted | Refused:
        if not self.board.retract(message.key):
            return self.refuse(message.key, "there is no such entry")
        return Retracted(message.key, self.board.version(message.key))

    def refuse(self, key: str, why: str) -> Refused:
        """The reply to a request that changes nothing."""
        return Refused(key, self.board.version(key), why)

    def on_query(self, sender: str, message: Query) -> Found:
        return Found(tuple(self.board.query(message)))

    def on_subscribe(self, sender: str, message: Subscribe) -> None:
        def tell(entry: Entry) -> None:
            if message.trigger:
                self.schedule(sender, entry)
            else:
                self.send(sender, Notify(message.query, entry))

        self.on_unsubscribe(sender, Unsubscribe(message.query))
        if message.trigger:
            self.agenda.renew(sender)  # after a crash it has to look at everything again
        # A writer is not told of its own entry: it would reply to itself for ever.
        others = rules.Subscription(message.query, tell, where=lambda entry: entry.author != sender)
        self.subscriptions[sender, message.query] = self.board.subscribe(others, message.replay)

    def on_unsubscribe(self, sender: str, message: Unsubscribe) -> None:
        if subscription := self.subscriptions.pop((sender, message.query), None):
            self.board.unsubscribe(subscription)

    def schedule(self, source: str, entry: Entry) -> None:
        """Put a source on the agenda, and start a control unless enough are running."""
        if activation := self.agenda.add(source, entry):
            self.note(activation)
            if self.busy < self.concurrent:
                self.busy += 1
                self.spawn(self.control())

    async def control(self) -> None:
        """Let the source with the highest rating act, until the agenda is empty: quiescence."""
        self.role = "controlling"
        await self.sleep(0)  # first put on the agenda all that is due at this instant
        while self.agenda and self.steps > 0 and self.now < self.seconds:
            self.steps -= 1
            best = self.agenda.take()
            self.decide(best)
            await self.ask(best.source, Activate(best.entry), within=self.limit)
        self.busy -= 1
        if not self.busy:
            self.role = "exhausted" if self.agenda else "quiet"


class KnowledgeSource(Agent):
    """A specialist: it says what triggers it, whether it can act, and what it then contributes.

    Override `contribute`, and `condition` if it needs more than its `trigger`.  `cost` is how many virtual
    seconds its work takes.
    """

    role = State("idle")  # or working
    trigger = rules.EVERYTHING

    def __init__(self, name: str, board: str = "board", cost: float = 0.5) -> None:
        super().__init__(name)
        self.board, self.cost = board, cost

    async def run(self) -> None:
        """Subscribe, to be activated."""
        self.send(self.board, Subscribe(self.trigger, trigger=True))

    async def condition(self, entry: Entry) -> bool:
        """Whether it can act on this entry now."""
        return True

    async def contribute(self, entry: Entry) -> list[Write]:
        """What it has to add."""
        return []

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

    async def query(self, query: Query) -> tuple[Entry, ...]:
        """The current entries that a query asks for."""
        found = await self.ask(self.board, query, within=5.0)
        return found[self.board].entries if found else ()

    async def update(self, key: str, change: Callable[[Any], Any]) -> None:
        """Write `change(value)` of the current value of `key`, again and again while others are quicker."""
        refused = True
        while refused and (entries := await self.query(Query(key))):
            write = Write(key, change(entries[0].value), expected=entries[0].version)
            answer = await self.ask(self.board, write, within=5.0)
            refused = isinstance(answer.get(self.board), Refused)
