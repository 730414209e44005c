"""Whoever uses a message bus: publishes, subscribes, and acts on what comes, once."""

from __future__ import annotations

from collections import deque
from typing import Any

from coordlab.patterns.bus.rules import Letter, check_pattern, check_replay, check_topic, matches
from coordlab.world.agent import Agent, State
from coordlab.world.message import message

__all__ = [
    "Accepted",
    "Client",
    "Deliver",
    "Effect",
    "Publish",
    "Received",
    "Refused",
    "Subscribe",
    "Subscribed",
    "Unsubscribe",
]


@message
class Publish:
    """Please bring this to whoever wants it."""

    letter: Letter


@message
class Accepted:
    """I shall."""

    number: int


@message
class Subscribe:
    """Please bring me what is published there."""

    pattern: str
    replay: str = "none"  # of what was published before: or the last of each topic, or all
    acknowledged: bool = True  # bring it again until I answer


@message
class Subscribed:
    """I shall."""

    pattern: str


@message
class Refused:
    """I cannot do that."""

    reason: str


@message
class Unsubscribe:
    """Bring me no more of that."""

    pattern: str


@message
class Deliver:
    """This was published, and you wanted to know."""

    offset: int
    letter: Letter
    pattern: str
    acknowledged: bool = True


@message
class Received:
    """Thank you, I have it."""

    offset: int


@message
class Effect:
    """I act on this letter."""

    letter: Letter


class Client(Agent):
    """Publishes what it is given, `pause` seconds apart, and acts on what it `wants`: patterns of topics.

    It repeats itself until the bus answers.  What it has acted on is on its disk, so that nothing takes
    effect twice; not `idempotent`, it forgets to look.  Without a bus (None) it tells everybody.
    """

    acted = State(0)

    def __init__(
        self,
        name: str,
        wants: tuple[str, ...] = (),
        says: tuple[tuple[str, Any], ...] = (),
        bus: str | None = "bus",
        pause: float = 0.5,
        patience: float = 0.2,
        acknowledged: bool = True,
        replay: str = "none",
        idempotent: bool = True,
    ) -> None:
        super().__init__(name)
        if isinstance(wants, str):
            raise ValueError(
                f"wants={wants!r} is a text: several patterns may stand there. Write wants=({wants!r},)."
            )
        if not patience > 0:
            raise ValueError(
                f"patience={patience!r}: give seconds, above 0. Write for instance patience=0.2."
            )
        self.wants, self.says = tuple(map(check_pattern, wants)), says
        check_replay(replay)
        for topic, _ in says:
            check_topic(topic)
        self.bus, self.pause, self.patience = bus, pause, patience
        self.acknowledged, self.replay, self.idempotent = acknowledged, replay, idempotent
        self.answers: dict[int, Any] = {}  # to requests, by their numbers
        self.posting = False

    @property
    def outbox(self) -> deque[Letter]:
        """What the bus has not answered yet; it is on the disk."""
        outbox: deque[Letter] = self.stable.setdefault("outbox", deque())
        return outbox

    async def run(self) -> None:
        """Subscribe, then say what there is to say; after a restart, what is still unsaid."""
        disk = self.stable
        for pattern in self.wants if self.bus else ():
            await self.insist(Subscribe(pattern, self.replay, self.acknowledged))
        self.spawn(self.post())
        for topic, body in self.says[disk.setdefault("said", 0) :]:
            await self.sleep(self.pause)
            disk["said"] += 1
            self.publish(topic, body)

    def publish(self, topic: str, body: Any, about: int = 0) -> int:
        """Say it on a topic; gives the number by which an answer will name it."""
        disk = self.stable
        number: int = disk.get("number", 0) + 1
        disk["number"] = number
        letter = Letter(self.name, number, check_topic(topic), body, about)
        if self.bus is None:
            self.broadcast(Deliver(0, letter, "#", acknowledged=False))
        elif not self.acknowledged:
            self.send(self.bus, Publish(letter))
        else:
            self.outbox.append(letter)
            self.spawn(self.post())
        return number

    async def post(self) -> None:
        """Bring the bus what waits on the disk, one letter after the other."""
        if self.posting:
            return
        self.posting = True
        while self.outbox:
            await self.insist(Publish(self.outbox[0]))
            self.outbox.popleft()
        self.posting = False

    async def insist(self, wish: Publish | Subscribe | Unsubscribe) -> None:
        """Ask the bus until it answers."""
        while not await self.ask(str(self.bus), wish, within=self.patience):
            pass

    async def request(self, topic: str, body: Any, within: float) -> Any:
        """What somebody answers on `answers/` and one's name, or None if nobody does in time."""
        await self.insist(Subscribe(f"answers/{self.name}"))
        number = self.publish(topic, body)
        return await self.until(lambda: self.answers.get(number), within)

    def act(self, letter: Letter) -> Any:
        """What to answer to a letter; None is no answer.  Override it."""
        return None

    def on_deliver(self, sender: str, message: Deliver) -> Received | None:
        letter, seen = message.letter, self.stable.setdefault("seen", set())
        fresh = (letter.publisher, letter.number) not in seen or not self.idempotent
        if fresh and (self.bus or any(matches(letter.topic, pattern) for pattern in self.wants)):
            seen.add((letter.publisher, letter.number))
            self.take(letter)
        return Received(message.offset) if message.acknowledged else None

    def take(self, letter: Letter) -> None:
        """Act on a letter, and answer it."""
        self.acted += 1
        self.note(Effect(letter))
        if letter.about:
            self.answers[letter.about] = letter.body
        elif (answer := self.act(letter)) is not None:
            self.publish(f"answers/{letter.publisher}", answer, about=letter.number)

    def on_refused(self, sender: str, message: Refused) -> None:
        self.note(message.reason)

    def on_accepted(self, sender: str, message: Accepted) -> None:
        """The bus answers letters that nobody waits for, too."""
