"""The runs of 14b: writers publish letters on a bus, readers subscribe; some buses or readers do it wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from coordlab.exercises.ending import texts
from coordlab.properties import Objection, Property, safety
from coordlab.trace.scenario import Value
from coordlab.trace.trace import CRASH, HANDLE, RESTART, SEND, START, STATE, Event, Trace
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

    from coordlab.exercises.part import Variant

LETTERS = 8  # of each writer
PEOPLE = ("ann", "ben", "cleo", "dan", "eve", "finn", "gus", "hal", "ida", "jon", "kim", "lea")
LIVES = (START, RESTART, CRASH)  # events with which a reader has read nothing
PATIENCE = 0.3  # seconds after which a message that was not answered is repeated


@message
class Subscribe:
    """Send me all letters on this topic."""

    topic: str


@message
class Subscribed:
    """I will."""

    topic: str


@message
class Publish:
    """Send this letter to all who want the topic."""

    letter: str
    topic: str


@message
class Accepted:
    """I have it."""

    letter: str


@message
class Deliver:
    """These are for you; the places are those in the journal of the bus."""

    places: tuple[int, ...]
    letters: tuple[str, ...]


@message
class Received:
    """I have them."""

    places: tuple[int, ...]


class Bus(Agent):
    """Delivers to each reader one letter after the other, each until it is answered."""

    def __init__(self) -> None:
        super().__init__("bus")
        self.journal: list[str] = []
        self.topics: dict[str, str] = {}
        self.queues: dict[str, list[int]] = {}

    def on_subscribe(self, sender: str, message: Subscribe) -> Subscribed:
        if sender not in self.topics:
            self.topics[sender], self.queues[sender] = message.topic, []
        return Subscribed(message.topic)

    def on_publish(self, sender: str, message: Publish) -> Accepted:
        if message.letter not in self.journal:
            self.journal.append(message.letter)
            for reader, topic in self.topics.items():
                if topic == message.topic:
                    self.line_up(reader, len(self.journal) - 1)
        return Accepted(message.letter)

    def line_up(self, reader: str, place: int) -> None:
        """Append a letter to the queue of a reader; the first one wakes the bus."""
        queue = self.queues[reader]
        queue.append(place)
        if len(queue) == 1:
            self.spawn(self.serve(reader, queue))

    async def serve(self, reader: str, queue: list[int]) -> None:
        """Empty a queue."""
        while queue:
            some = self.chosen(queue)
            await self.deliver(reader, some)
            for place in some:
                queue.remove(place)

    def chosen(self, queue: list[int]) -> list[int]:
        """The letters to deliver next."""
        return queue[:1]

    async def deliver(self, reader: str, some: list[int]) -> None:
        """Deliver letters until they are answered."""
        while not await self.delivered(reader, some):
            pass

    async def delivered(self, reader: str, some: list[int]) -> bool:
        """Deliver letters once; whether they were answered."""
        parcel = Deliver(tuple(some), tuple(self.journal[place] for place in some))
        return bool(await self.ask(reader, parcel, within=PATIENCE))


class Parcels(Bus):
    """Delivers all that waits at once."""

    def chosen(self, queue: list[int]) -> list[int]:
        return [*queue]


class Once(Bus):
    """Delivers a letter once, whether it arrives or not."""

    async def deliver(self, reader: str, some: list[int]) -> None:
        await self.delivered(reader, some)


class NewestFirst(Bus):
    """Delivers the newest letter first, if several wait."""

    def chosen(self, queue: list[int]) -> list[int]:
        return queue[-1:]


class AllAtOnce(Bus):
    """Delivers each letter by itself, and does not wait for the one before."""

    def line_up(self, reader: str, place: int) -> None:
        self.spawn(self.deliver(reader, [place]))


class Late(Bus):
    """Answers at once, and subscribes a reader a while later."""

    def on_subscribe(self, sender: str, message: Subscribe) -> Subscribed:
        self.spawn(self.later(sender, message))
        return Subscribed(message.topic)

    async def later(self, sender: str, message: Subscribe) -> None:
        """Subscribe a reader after a while."""
        await self.sleep(1.0)
        super().on_subscribe(sender, message)


class Reader(Agent):
    """Subscribes to a topic, and keeps in the state `word` which letters it has read; each once."""

    def __init__(self, name: str, word: str, topic: str, begins: float) -> None:
        super().__init__(name)
        self.word, self.topic, self.begins, self.last = word, topic, begins, -1

    async def run(self) -> None:
        """Subscribe."""
        await self.sleep(max(0.0, self.begins - self.now))
        while not await self.ask("bus", Subscribe(self.topic), within=PATIENCE):
            pass

    def on_deliver(self, sender: str, message: Deliver) -> Received:
        read = [*getattr(self, self.word)]
        for place, letter in zip(message.places, message.letters, strict=True):
            if self.fresh(place, letter, read):
                read.append(letter)
            self.last = max(self.last, place)
        setattr(self, self.word, tuple(read))
        return Received(message.places)

    def fresh(self, place: int, letter: str, read: list[str]) -> bool:
        """Whether a letter is to be read."""
        return place > self.last


class Sorter(Reader):
    """Knows letters by their names, and not by their places."""

    def fresh(self, place: int, letter: str, read: list[str]) -> bool:
        return letter not in read


class Trusting(Reader):
    """Reads whatever comes."""

    def fresh(self, place: int, letter: str, read: list[str]) -> bool:
        return True


class ByNumber(Reader):
    """Takes letters of two writers for one if their numbers are equal."""

    def fresh(self, place: int, letter: str, read: list[str]) -> bool:
        number = letter.partition(".")[2]
        return place > self.last and all(each.partition(".")[2] != number for each in read)


class Writer(Agent):
    """Publishes letters, each until the bus has it, on one of two topics."""

    def __init__(self, name: str, topics: tuple[str, ...]) -> None:
        super().__init__(name)
        self.topics = topics

    async def run(self) -> None:
        """Publish one after the other."""
        for number in range(1, LETTERS + 1):
            await self.sleep(self.dice.uniform(0.05, 0.7))
            letter = Publish(f"{self.name}.{number}", self.dice.choice(self.topics))
            while not await self.ask("bus", letter, within=PATIENCE):
                pass


VERSIONS: tuple[tuple[type[Bus], type[Reader]], ...] = (
    (Bus, Reader),
    (Parcels, Reader),
    (Once, Reader),
    (Bus, Trusting),
    (AllAtOnce, Sorter),
    (NewestFirst, Sorter),
    (Late, Reader),
    (Bus, ByNumber),
)


def draw_letters(dice: Random) -> dict[str, Value]:
    """The names of writers and readers, their topics, and what the state is called that lists letters."""
    names = dice.sample(PEOPLE, 5)
    topics = dice.sample(("salt", "tea", "wool", "iron", "cloth", "grain", "oil", "paper"), 2)
    word = f"{dice.choice(('read', 'seen', 'known'))}_{dice.choice(('mail', 'post', 'news', 'notes'))}"
    wants = [topics[0], topics[0], topics[1]]
    dice.shuffle(wants)
    readers = ",".join(f"{name}:{topic}" for name, topic in zip(names[2:], wants, strict=True))
    return {"writers": ",".join(names[:2]), "readers": readers, "word": word}


def readers_of(readers: Value) -> dict[str, str]:
    """The topic of each reader."""
    pairs = (each.split(":") for each in str(readers).split(","))
    return {name: topic for name, topic in pairs}  # noqa: C416  (the pairs are lists)


def build_letters(version: int, seed: int, writers: str, readers: str, word: str) -> World:
    """A bus, writers and readers of this version; the readers come one after the other."""
    bus, reader = VERSIONS[version]
    kind: Any = type(reader.__name__, (reader,), {word: State[tuple[str, ...]](())})
    wants = readers_of(readers)
    world = World(seed, latency="uniform(0.01, 0.05)").add(bus())
    world.add(kind(name, word, topic, 1.2 * place) for place, (name, topic) in enumerate(wants.items()))
    return world.add(Writer(name, tuple(sorted({*wants.values()}))) for name in writers.split(","))


def once_in_order(variant: Variant) -> Property:
    """Since its last start each reader has letters once, in order, and all published since it subscribed."""
    word, wants = str(variant["word"]), readers_of(variant["readers"])

    @safety("each letter once, in order, and none is missing")
    def judge(trace: Trace) -> Iterator[Objection]:
        yield from _misread(trace, word)
        yield from _missing(trace, word, wants)

    return judge


def _misread(trace: Trace, word: str) -> Iterator[Objection]:
    """What is read twice, or after a later letter of the same writer."""
    read: dict[str, tuple[str, ...]] = {}
    for event in trace:
        who = str(event.agent)
        if event.kind in LIVES:
            read[who] = ()
        elif event.kind == STATE and event.name == word:
            now, before = texts(event.data), read[who]
            for place in range(len(before), len(now)):
                if why := _wrong(now[place], now[:place]):
                    yield event, f"{who} {why}"
            read[who] = now


def _wrong(letter: str, before: tuple[str, ...]) -> str:
    """Why a letter must not be read after these; or ""."""
    writer, _, number = letter.partition(".")
    pairs = (each.partition(".") for each in before)
    later = [int(other) for who, _, other in pairs if who == writer and int(other) >= int(number)]
    if letter in before:
        return f"has read {letter} already."
    return f"reads {letter} after {writer}.{later[0]}." if later else ""


def _missing(trace: Trace, word: str, wants: dict[str, str]) -> Iterator[Objection]:
    """What a reader that is up at the end has not read, and was published since it subscribed."""
    read: dict[str, tuple[str, ...]] = {}
    subscribed: dict[str, int] = {}
    published: dict[str, Event] = {}
    for event in trace:
        who = str(event.agent)
        if event.kind in LIVES:
            read[who] = ()
            subscribed.pop(who, None)
        elif event.kind == HANDLE and event.name == "Subscribed":
            subscribed.setdefault(who, event.seq)
        elif event.kind == SEND and event.name == "Publish":
            published.setdefault(event.content.letter, event)
        elif event.kind == STATE and event.name == word:
            read[who] = texts(event.data)
    for letter, event in published.items():
        for who, since in subscribed.items():
            if since < event.seq and wants[who] == event.content.topic and letter not in read[who]:
                yield event, f"{who} had subscribed when {letter} was published, and never reads it."


def _at(dice: Random, first: float, last: float) -> float:
    return round(dice.uniform(first, last), 2)


def losses(dice: Random, variant: Variant) -> list[str]:
    """Letters and answers are lost."""
    lost = set[str]()
    for name in readers_of(variant["readers"]):
        lost |= {f"drop bus>{name} #{dice.randint(2, 6)}", f"drop {name}>bus #{dice.randint(2, 5)}"}
    return sorted(lost)


def returns(dice: Random, variant: Variant) -> list[str]:
    """Readers crash and return, one of them twice."""
    names = [*readers_of(variant["readers"])]
    begins = [(names[0], _at(dice, 0.5, 1.0)), *((name, _at(dice, 2.0, 3.0)) for name in names)]
    return [f"crash {name} @{at:g}..{at + 1.2:g}" for name, at in begins]


def delays(dice: Random, variant: Variant) -> list[str]:
    """Letters are late, or come twice."""
    found = set[str]()
    for name in readers_of(variant["readers"]):
        found.add(f"delay bus>{name} #{dice.randint(2, 4)} {_at(dice, 0.5, 1.2):g}")
        found.add(f"duplicate bus>{name} #{dice.randint(5, 6)}")
    return sorted(found)
