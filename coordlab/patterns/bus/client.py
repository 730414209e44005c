"""The client of a message bus: it publishes, subscribes, and acts once on each letter that comes."""

from __future__ import annotations

from collections import deque

from coordlab import requirements as require
from coordlab.patterns.bus.rules import REPLAY, Letter, check_pattern, check_topic, matches
from coordlab.world.agent import Agent, State
from coordlab.world.message import message

__all__ = ["Client", "Deliver", "Effect", "Publish", "Subscribe", "Unsubscribe"]


@message
class Publish:
    """Please deliver this to all that want it."""

    letter: Letter
    acknowledged: bool = True  # I publish it again until you answer


@message
class Accepted:
    """I will."""

    number: int


@message
class Subscribe:
    """Please deliver to me what is published on topics like this."""

    pattern: str
    replay: str = "none"  # of what was published before: "none", the "last" of each topic, or "all"
    acknowledged: bool = True  # deliver it again until I answer


@message
class Subscribed:
    """I will."""

    pattern: str


@message
class Refused:
    """I cannot do that."""

    reason: str


@message
class Unsubscribe:
    """Please deliver no more of that."""

    pattern: str


@message
class Deliver:
    """This was published, and you subscribed to it."""

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
    """Publishes letters and acts on those that it wants; what it acted on is in stable storage.

    - `wants`: patterns of topics to subscribe to
    - `says`: what it publishes, pairs of a topic and a body
    - `bus`: the name of the bus; None: it tells every other agent directly
    - `pause`: seconds before each of its letters
    - `patience`: seconds after which it repeats a request that the bus has not answered, above 0
    - `acknowledged`: whether it and the bus repeat letters until they are answered
    - `replay`: which earlier letters it wants, one of REPLAY
    - `idempotent`: whether it looks up what it acted on, so that no letter takes effect twice

    Raises TypeError or ValueError if one of them is not allowed.
    """

    acted = State(0)

    def __init__(
        self,
        name: str,
        wants: tuple[str, ...] = (),
        says: tuple[tuple[str, object], ...] = (),
        bus: str | None = "bus",
        pause: float = 0.5,
        patience: float = 0.2,
        acknowledged: bool = True,
        replay: str = "none",
        idempotent: bool = True,
    ) -> None:
        super().__init__(name)
        patterns = require.names("wants", wants, empty=True, example="wants=('news',)")
        self.wants, self.says = tuple(map(check_pattern, patterns)), says
        for topic, _ in says:
            check_topic(topic)
        self.patience = require.seconds("patience", patience, positive=True, example=0.2)
        self.replay = require.one_of("replay", replay, REPLAY)
        self.bus, self.pause, self.acknowledged, self.idempotent = bus, pause, acknowledged, idempotent
        self.answers: dict[int, object] = {}  # to requests, by their numbers
        self.posting = False

    @property
    def outbox(self) -> deque[Letter]:
        """The letters that the bus has not accepted yet, in stable storage."""
        outbox: deque[Letter] = self.stable.setdefault("outbox", deque())
        return outbox

    async def run(self) -> None:
        """Subscribe, then publish; after a restart, what is not published yet."""
        disk = self.stable
        for pattern in self.wants if self.bus else ():
            await self.insist(Subscribe(pattern, self.replay, self.acknowledged))
        self.spawn(self.post())
        for topic, body in self.says[disk.setdefault("said", 0) :]:
            await self.sleep(self.pause)
            disk["said"] += 1
            self.publish(topic, body)

    def publish(self, topic: str, body: object, about: int = 0) -> int:
        """Publish a letter; returns its number, by which an answer will name it."""
        disk = self.stable
        number: int = disk.get("number", 0) + 1
        disk["number"] = number
        letter = Letter(self.name, number, check_topic(topic), body, about)
        if self.bus is None:
            self.broadcast(Deliver(0, letter, "#", acknowledged=False))
        elif not self.acknowledged:
            self.send(self.bus, Publish(letter, acknowledged=False))
        else:
            self.outbox.append(letter)
            self.spawn(self.post())
        return number

    async def post(self) -> None:
        """Publish what is in the outbox, one letter after the other."""
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

    async def request(self, topic: str, body: object, within: float) -> object:
        """What a subscriber answers on `answers/` + its own name `within` seconds; None if none does."""
        await self.insist(Subscribe(f"answers/{self.name}"))
        number = self.publish(topic, body)
        return await self.until(lambda: self.answers.get(number), within)

    def act(self, letter: Letter) -> object:
        """The answer to a letter, or None for no answer.  Override it."""
        return None

    def on_deliver(self, sender: str, message: Deliver) -> Received | None:
        letter, seen = message.letter, self.stable.setdefault("seen", set())
        fresh = (letter.publisher, letter.number) not in seen or not self.idempotent
        if fresh and (self.bus or any(matches(letter.topic, pattern) for pattern in self.wants)):
            seen.add((letter.publisher, letter.number))
            self.take(letter)
        return Received(message.offset) if message.acknowledged else None

    def take(self, letter: Letter) -> None:
        """Act on a letter, and publish the answer."""
        self.acted += 1
        self.note(Effect(letter))
        if letter.about:
            self.answers[letter.about] = letter.body
        elif (answer := self.act(letter)) is not None:
            self.publish(f"answers/{letter.publisher}", answer, about=letter.number)

    def on_refused(self, sender: str, message: Refused) -> None:
        self.note(message.reason)

    def on_accepted(self, sender: str, message: Accepted) -> None:
        """The bus also accepts letters whose client does not wait for that."""
