"""Message bus: the messages and the agents."""

from __future__ import annotations

from coordlab import requirements as require
from coordlab.patterns.bus import client, rules
from coordlab.patterns.bus.checks import properties
from coordlab.patterns.bus.client import Accepted, Client, Deliver, Publish, Refused, Subscribe, Subscribed
from coordlab.patterns.bus.rules import Disk, Letter, Session, matches
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Bus", "DeadLetter", "Shed", "demo"]


@message
class Shed:
    """The queue is full: this letter is lost to that subscriber."""

    subscriber: str
    pattern: str
    letter: Letter


@message
class DeadLetter:
    """The subscriber does not answer: I give up on this letter."""

    subscriber: str
    letter: Letter


class Bus(Agent):
    """Delivers letters to subscribers, each in the order of the journal.

    - `patience`: seconds after which a delivery that was not answered is repeated, above 0
    - `attempts`: deliveries of a letter, 1 or more; after them it is dead, and published on `dead/` + topic
    - `bound`: the most letters in the queue for one subscriber, 1 or more; the first is being delivered
    - `shed`: what is dropped if there are more, the "oldest" behind the first or the "newest"
    - `durable`: whether journal and queues survive a crash

    Raises ValueError if one of them is not allowed.
    """

    role = State("idle")  # or busy
    pending = State(0)

    def __init__(
        self,
        name: str = "bus",
        patience: float = 0.2,
        attempts: int = 20,
        bound: int = 1_000,
        shed: str = "oldest",
        durable: bool = True,
    ) -> None:
        super().__init__(name)
        self.patience = require.seconds("patience", patience, positive=True)
        self.attempts = require.count("attempts", attempts, least=1, example=20)
        self.bound = require.count("bound", bound, least=1, example=100)
        self.shed = require.one_of("shed", shed, rules.SHEDDING)
        self.disk: Disk = self.stable.setdefault("disk", Disk()) if durable else Disk()
        self.serving: dict[tuple[str, str], bool] = {}

    async def run(self) -> None:
        """Go on with what was pending before a crash."""
        for session in self.disk.sessions.values():
            self.attend(session)

    def on_publish(self, sender: str, message: Publish) -> Accepted | Refused | None:
        letter = message.letter
        try:
            rules.check_topic(letter.topic)
        except ValueError as error:
            return Refused(str(error))
        if letter.publisher != sender:
            return Refused(f"{sender} published a letter of {letter.publisher}: sign with your own name.")
        self.publish(letter)
        return Accepted(letter.number) if message.acknowledged else None

    def publish(self, letter: Letter) -> None:
        """Take a letter into the journal, once, and into the queue of every subscriber that it matches."""
        offset, fresh = self.disk.journal.append(letter)
        for session in list(self.disk.sessions.values()) if fresh else ():
            if matches(letter.topic, session.pattern):
                self.line_up(session, offset)

    def line_up(self, session: Session, offset: int) -> None:
        """Append a letter to a session's queue; send it at once if it is not to be answered."""
        if not session.acknowledged:
            self.send(session.subscriber, self.delivery(session, offset))
            return
        lost = rules.enqueue(session.pending, offset, self.bound, self.shed)
        if lost is not None:
            self.note(Shed(session.subscriber, session.pattern, self.disk.journal.letters[lost]))
        self.attend(session)

    def delivery(self, session: Session, offset: int) -> Deliver:
        """The message that delivers a letter."""
        letter = self.disk.journal.letters[offset]
        return Deliver(offset, letter, session.pattern, session.acknowledged)

    def attend(self, session: Session) -> None:
        """Start to empty a queue, unless that has begun already."""
        self.measure()
        key = session.subscriber, session.pattern
        if session.pending and not self.serving.get(key):
            self.serving[key], self.role = True, "busy"
            self.spawn(self.empty(session))

    def measure(self) -> None:
        """Record the length of the longest queue."""
        self.pending = max((len(each.pending) for each in self.disk.sessions.values()), default=0)

    async def empty(self, session: Session) -> None:
        """Deliver one letter after the other, each until it is answered or dead."""
        while session.pending:
            offset = session.pending[0]
            if not await self.insist(session, offset):
                self.bury(session, offset)
            if session.pending:  # else the subscriber left meanwhile
                session.pending.popleft()
            self.measure()
        key = session.subscriber, session.pattern
        self.serving[key] = False
        self.role = "busy" if any(self.serving.values()) else "idle"
        if again := self.disk.sessions.get(key):  # it left and came back meanwhile
            self.attend(again)

    async def insist(self, session: Session, offset: int) -> bool:
        """Deliver a letter until it is answered or no longer wanted; False if all attempts were in vain."""
        for _ in range(self.attempts):
            if not session.pending:
                return True  # the subscriber left
            if await self.ask(session.subscriber, self.delivery(session, offset), within=self.patience):
                return True
        return not session.pending

    def bury(self, session: Session, offset: int) -> None:
        """Record that a letter is dead, and publish it for subscribers of `dead/#`."""
        letter = self.disk.journal.letters[offset]
        self.note(DeadLetter(session.subscriber, letter))
        if not letter.topic.startswith("dead/"):
            self.disk.dead += 1
            about = f"{session.subscriber}: {letter.body}"
            self.publish(Letter(self.name, self.disk.dead, f"dead/{letter.topic}", about))

    def on_subscribe(self, sender: str, message: Subscribe) -> Subscribed | Refused:
        try:
            rules.check_pattern(message.pattern)
            require.one_of("replay", message.replay, rules.REPLAY)
        except ValueError as error:
            return Refused(str(error))
        sessions = self.disk.sessions
        if (sender, message.pattern) not in sessions:  # else it asks again, because the answer was lost
            session = sessions[sender, message.pattern] = Session(
                sender, message.pattern, message.acknowledged
            )
            for offset in self.disk.journal.since(message.pattern, message.replay):
                self.line_up(session, offset)
        return Subscribed(message.pattern)

    def on_unsubscribe(self, sender: str, message: client.Unsubscribe) -> Subscribed:
        if session := self.disk.sessions.pop((sender, message.pattern), None):
            session.pending.clear()
        return Subscribed(message.pattern)


def demo() -> Run:
    """Two sensors, a display and an archive; the bus crashes and comes back, and nothing is lost or repeated.

    >>> [event.data.letter.body for event in demo().trace.select("note", agent="display")]
    [21.0, 20.5, 19.5]
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)")
    world.add(Bus(), Client("display", ("site/+/temperature",)), Client("archive", ("#",)))
    world.add(Client("one", says=(("site/1/temperature", 20.5), ("site/1/door", "open"))))
    world.add(Client("two", says=(("site/2/temperature", 21.0), ("site/2/temperature", 19.5))))
    return world.inject("crash bus @1.05..1.8").expect(*properties()).run()
