"""The runs of 10a and 10c: sensors in a ring that watch each other; a monitor that asks, and may be hasty."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Any

from coordlab.patterns.heartbeat.agents import Beater, Monitor
from coordlab.patterns.heartbeat.rules import Timeout
from coordlab.properties import Objection, Property, never, safety
from coordlab.properties.verdicts import VIOLATED
from coordlab.trace.trace import DECISION, HANDLE, RESTART, START, STATE, Event, Trace
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.run import Run
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

    from coordlab.exercises.part import Variant

# --- 10a: a ring of sensors ------------------------------------------------------------------------------

LOSS, BEATS = 0.1, 6


class Sensor(Beater, Monitor):
    """Sends heartbeats to the next in the ring, the first after `wait` seconds; watches the one before."""

    def __init__(self, name: str, before: str, after: str, interval: float, wait: float) -> None:
        Monitor.__init__(self, name, [before], Timeout(2.3 * interval), period=0.1)
        self.watchers, self.interval, self.wait = (after,), interval, wait

    async def run(self) -> None:
        self.spawn(self.beat())
        await Monitor.run(self)

    async def beat(self) -> None:
        """Send heartbeats, not at the same time as the others."""
        await self.sleep(self.wait)
        await Beater.run(self)


nobody_suspected = never(
    "no sensor is suspected, as all are up",
    lambda event: event.kind == DECISION and event.name == "Suspected",
)


def ring(variant: Variant) -> Run:
    """The first run, of this seed or a later one, in which a sensor is suspected, which are all up."""
    names, interval = str(variant["sensors"]).split(","), float(variant["interval"])
    for seed in count(int(variant["seed"])):
        world = World(seed, latency="uniform(0.01, 0.03)", loss=LOSS)
        for place, name in enumerate(names):
            after, wait = names[(place + 1) % len(names)], round(place * interval / 5, 3)
            world.add(Sensor(name, names[place - 1], after, interval, wait))
        run = world.expect(nobody_suspected).run(until=BEATS * interval)
        if nobody_suspected(run.trace).status == VIOLATED:
            return run
    raise AssertionError  # seeds do not end


# --- 10c: a monitor that asks ----------------------------------------------------------------------------


@message
class Ping:
    """Are you there?"""

    number: int


@message
class Pong:
    """I am here."""

    number: int


class Target(Agent):
    """Answers."""

    def on_ping(self, sender: str, message: Ping) -> Pong:
        return Pong(message.number)


class Asker(Agent):
    """Asks all targets again and again, and suspects each that has not answered for `bound` seconds.

    word: the name of its state, a tuple of the targets that it suspects.
    """

    def __init__(self, word: str, bound: float) -> None:
        super().__init__("monitor")
        self.word, self.bound = word, bound
        self.last: dict[str, float] = {}

    @property
    def suspects(self) -> tuple[str, ...]:
        """Whom it suspects."""
        found: tuple[str, ...] = getattr(self, self.word)
        return found

    def suspect(self, names: set[str]) -> None:
        """Suspect these from now on."""
        if names != set(self.suspects):
            setattr(self, self.word, tuple(sorted(names)))

    async def run(self) -> None:
        """Ask, and look."""
        self.began = self.now
        async for tick in self.every(0.1):
            if tick % 3 == 1:
                self.broadcast(Ping(tick))
            self.look()

    def look(self) -> None:
        """Suspect all that are silent for too long."""
        self.suspect({each for each in self.peers if self.silent(each) >= self.bound})

    def silent(self, name: str) -> float:
        """For how many seconds an agent has not answered; the time before the monitor's start is none."""
        return self.now - self.last.get(name, self.began)

    def on_pong(self, sender: str, message: Pong) -> None:
        self.last[sender] = self.now
        self.suspect(set(self.suspects) - {sender})


class Forgiving(Asker):
    """Correct, too: suspects late, and keeps a suspect until it has answered for a while."""

    def __init__(self, word: str, bound: float) -> None:
        super().__init__(word, bound)
        self.answers: dict[str, int] = {}

    def look(self) -> None:
        late = {each for each in self.peers if self.silent(each) >= self.bound + 0.2}
        kept = {each for each in self.suspects if self.answers.get(each, 0) < 4}
        self.answers = {each: 0 if each in late else self.answers.get(each, 0) for each in late | kept}
        self.suspect(late | kept)

    def on_pong(self, sender: str, message: Pong) -> None:
        self.last[sender] = self.now
        self.answers[sender] = self.answers.get(sender, 0) + 1


class Hasty(Asker):
    """Suspects too soon."""

    def silent(self, name: str) -> float:
        return super().silent(name) / 0.85


class NeverHeard(Asker):
    """Takes who was never heard for silent since 1970."""

    def silent(self, name: str) -> float:
        return self.now - self.last.get(name, -inf)


class Neighbour(Asker):
    """Suspects the next in the list, too."""

    def look(self) -> None:
        late = [each for each in self.peers if self.silent(each) >= self.bound]
        places = [self.peers.index(each) for each in late]
        self.suspect({*late, *(self.peers[(place + 1) % len(self.peers)] for place in places)})


class OldNotes(Asker):
    """Goes on after a restart with the times from before it."""

    async def run(self) -> None:
        self.last = self.stable.setdefault("last", {})
        await super().run()


class Counting(Asker):
    """Suspects who leaves two questions unanswered."""

    def silent(self, name: str) -> float:
        return self.bound if super().silent(name) >= 0.65 else 0.0


ASKERS = (Asker, Forgiving, Hasty, NeverHeard, Neighbour, OldNotes, Counting)


def build_pings(version: int, seed: int, word: str, bound: float, targets: str) -> World:
    """A monitor of this version, and its targets."""
    asker = ASKERS[version]
    kind: Any = type(asker.__name__, (asker,), {word: State[tuple[str, ...]](())})
    world = World(seed, latency="uniform(0.01, 0.05)").add(kind(word, bound))
    return world.add(Target(name) for name in targets.split(","))


def only_the_silent(variant: Variant) -> Property:
    """A target becomes a suspect only after `bound` seconds of silence while the monitor is up."""
    word, bound = str(variant["word"]), float(variant["bound"])

    @safety("only the silent are suspected")
    def judge(trace: Trace) -> Iterator[Objection]:
        last: dict[str | None, float] = {}
        began, suspects = 0.0, set[str]()
        for event in trace:
            if event.agent != "monitor":
                continue
            if event.kind in (START, RESTART):
                began, last, suspects = event.time, {}, set()
            elif event.kind == HANDLE and event.name == "Pong":
                last[event.peer] = event.time
            elif event.kind == STATE and event.name == word:
                for name in sorted(set(event.data) - suspects):
                    yield from _too_soon(event, name, event.time - last.get(name, began), bound)
                suspects = set(event.data)

    return judge


def _too_soon(event: Event, name: str, silent: float, bound: float) -> Iterator[Objection]:
    if silent < bound - 1e-5:
        yield event, f"{name} is suspected after {silent:.3f} s of silence, less than {bound:g} s."


def stopped_targets(dice: Random, variant: Variant) -> list[str]:
    """Two targets crash and return."""
    first, second = dice.sample(str(variant["targets"]).split(","), 2)
    return [
        f"crash {first} @{dice.uniform(1, 4):.2f}..{dice.uniform(5.5, 7):.2f}",
        f"crash {second} @{dice.uniform(2, 5):.2f}..{dice.uniform(7, 8):.2f}",
    ]


def stopped_monitor(dice: Random, variant: Variant) -> list[str]:
    """The monitor crashes and returns, for longer than the bound; and so does a target."""
    at, first = dice.uniform(2, 4), dice.choice(str(variant["targets"]).split(","))
    return [f"crash monitor @{at:.2f}..{at + 2:.2f}", f"crash {first} @{at + 3:.2f}..{at + 5:.2f}"]


def lost_answers(dice: Random, variant: Variant) -> list[str]:
    """Some answers in a row are lost."""
    found = []
    for name in str(variant["targets"]).split(","):
        first = dice.randint(3, 12)
        found += [f"drop {name}>monitor #{number}" for number in range(first, first + dice.randint(1, 5))]
    return found
