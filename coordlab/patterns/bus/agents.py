"""Message bus: the messages and the agents."""

from __future__ import annotations

from typing import Any

from coordlab.patterns.bus.checks import properties
from coordlab.patterns.bus.client import (
    Accepted,
    Client,
    Deliver,
    Publish,
    Refused,
    Subscribe,
    Subscribed,
    Unsubscribe,
)
from coordlab.patterns.bus.rules import (
    Journal,
    Letter,
    Session,
    check_pattern,
    check_queue,
    check_replay,
    check_topic,
    enqueue,
    matches,
)
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = ["Bus", "DeadLetter", "Shed", "demo"]


@message
class Shed:
    """The queue is full: this is lost to that subscriber."""

    subscriber: str
    letter: Letter


@message
class DeadLetter:
    """Nobody answers there: I give up on this one."""

    subscriber: str
    letter: Letter


class Bus(Agent):
    """Brings letters to subscribers, each in the order of the journal.

    A delivery that is not answered in `patience` seconds is repeated, `attempts` times in all; then the
    letter is dead, and published on `dead/` and its topic.  A subscriber's queue holds at most `bound`
    letters; what is shed is the "oldest" or the "newest".  Not `durable`, it forgets all in a crash.
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
        check_queue(bound, shed, attempts)
        self.patience, self.attempts, self.bound, self.shed = patience, attempts, bound, shed
        self.durable, self.serving = durable, dict[tuple[str, str], bool]()

    @property
    def disk(self) -> dict[str, Any]:
        """What it keeps: its journal, and its subscribers' sessions."""
        kept = self.stable if self.durable else self.__dict__.setdefault("memory", {})
        if not kept:
            kept.update(journal=Journal(), sessions={}, dead=0)
        return kept

    async def run(self) -> None:
        """Go on where it stood before a crash."""
        for session in self.disk["sessions"].values():
            self.attend(session)

    def on_publish(self, sender: str, message: Publish) -> Accepted | Refused:
        letter = message.letter
        try:
            check_topic(letter.topic)
        except ValueError as error:
            return Refused(str(error))
        if letter.publisher != sender:
            return Refused(f"{sender} published a letter of {letter.publisher}: sign with your own name.")
        self.publish(letter)
        return Accepted(letter.number)

    def publish(self, letter: Letter) -> None:
        """Take a letter into the journal, once, and into the queue of everybody who wants it."""
        offset, fresh = self.disk["journal"].append(letter)
        for session in list(self.disk["sessions"].values()) if fresh else ():
            if matches(letter.topic, session.pattern):
                self.line_up(session, offset)

    def line_up(self, session: Session, offset: int) -> None:
        """Into the queue; or, if nobody is to answer, out at once."""
        if not session.acknowledged:
            self.send(session.subscriber, self.delivery(session, offset))
            return
        lost = enqueue(session.pending, offset, self.bound, self.shed)
        if lost is not None:
            self.note(Shed(session.subscriber, self.disk["journal"].letters[lost]))
        self.attend(session)

    def delivery(self, session: Session, offset: int) -> Deliver:
        """What to send."""
        letter = self.disk["journal"].letters[offset]
        return Deliver(offset, letter, session.pattern, session.acknowledged)

    def attend(self, session: Session) -> None:
        """See to it that somebody empties the queue."""
        self.measure()
        key = session.subscriber, session.pattern
        if session.pending and not self.serving.get(key):
            self.serving[key], self.role = True, "busy"
            self.spawn(self.empty(session))

    def measure(self) -> None:
        """How long the longest queue is."""
        self.pending = max((len(each.pending) for each in self.disk["sessions"].values()), default=0)

    async def empty(self, session: Session) -> None:
        """One letter after the other, each until it is answered or dead."""
        while session.pending:
            offset = session.pending[0]
            if not await self.insist(session, offset):
                self.bury(session, offset)
            if session.next == offset:  # else it was shed meanwhile
                session.pending.popleft()
            self.measure()
        key = session.subscriber, session.pattern
        self.serving[key] = False
        self.role = "busy" if any(self.serving.values()) else "idle"
        if again := self.disk["sessions"].get(key):  # it left and came back meanwhile
            self.attend(again)

    async def insist(self, session: Session, offset: int) -> bool:
        """Bring it until an answer comes; false if none does in all attempts."""
        for _ in range(self.attempts):
            if session.next != offset:
                return True  # it was shed
            if await self.ask(session.subscriber, self.delivery(session, offset), within=self.patience):
                return True
        return False

    def bury(self, session: Session, offset: int) -> None:
        """Say that a letter is dead; who wants to know subscribes to `dead/#`."""
        letter = self.disk["journal"].letters[offset]
        self.note(DeadLetter(session.subscriber, letter))
        if not letter.topic.startswith("dead/"):
            self.disk["dead"] += 1
            about = f"{session.subscriber}: {letter.body}"
            self.publish(Letter(self.name, self.disk["dead"], f"dead/{letter.topic}", about))

    def on_subscribe(self, sender: str, message: Subscribe) -> Subscribed | Refused:
        try:
            check_pattern(message.pattern)
            check_replay(message.replay)
        except ValueError as error:
            return Refused(str(error))
        sessions = self.disk["sessions"]
        if (sender, message.pattern) not in sessions:  # else it asks again, for it has not heard
            session = sessions[sender, message.pattern] = Session(
                sender, message.pattern, message.acknowledged
            )
            for offset in self.disk["journal"].since(message.pattern, message.replay):
                self.line_up(session, offset)
        return Subscribed(message.pattern)

    def on_unsubscribe(self, sender: str, message: Unsubscribe) -> Subscribed:
        if session := self.disk["sessions"].pop((sender, message.pattern), None):
            session.pending.clear()
        return Subscribed(message.pattern)


def demo() -> Run:
    """Two sensors, a display and an archive; the bus crashes and comes back, and nothing is lost or doubled.

    >>> [event.data.letter.body for event in demo().trace.select("note", agent="display")]
    [20.5, 21.0, 19.5]
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)")
    world.add(Bus(), Client("display", ("site/+/temperature",)), Client("archive", ("#",)))
    world.add(Client("one", says=(("site/1/temperature", 20.5), ("site/1/door", "open"))))
    world.add(Client("two", says=(("site/2/temperature", 21.0), ("site/2/temperature", 19.5))))
    return world.inject("crash bus @1.05..1.8").expect(*properties()).run()
