"""Chapter 02: the worlds and the checks of the surest clue, and of a list from which names are lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from coordlab.exercises.ending import at_the_end, texts
from coordlab.exercises.part import Variant
from coordlab.patterns.blackboard.agents import Blackboard, Write
from coordlab.patterns.blackboard.rules import Query
from coordlab.properties import Moment, Objection, Property, safety
from coordlab.trace.scenario import Value
from coordlab.trace.trace import HANDLE, SEND, STATE, Event, Trace
from coordlab.world.agent import Agent
from coordlab.world.message import message
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

NAMES = ("ari", "bel", "col", "dot", "eli", "fay", "gem", "hob", "isa", "kit")
CLUES = ("boot", "hair", "glove", "key", "letter", "lamp", "mud", "ring", "rope", "stain", "ticket", "watch")


# --- b: the surest clue first ----------------------------------------------------------------------------

LIMIT = 2.0  # seconds after which a solver is not waited for


@message
class Post:
    """I found this, and am so sure of it, in per cent."""

    clue: str
    sure: int


@message
class Posted:
    """It is on the board."""

    clue: str


@message
class Activate:
    """It is your turn: work on this."""

    clue: str


@message
class Solved:
    """I know what it means."""

    clue: str


class Scout(Agent):
    """Posts what it finds, again and again until that is on the board."""

    def __init__(self, name: str, finds: tuple[tuple[str, int], ...]) -> None:
        super().__init__(name)
        self.finds = finds

    async def run(self) -> None:
        """One clue after the other."""
        for clue, sure in self.finds:
            await self.sleep(0.2)
            while not await self.ask("board", Post(clue, sure), within=0.5):
                pass


class Solver(Agent):
    """Works on what it is given."""

    async def on_activate(self, sender: str, message: Activate) -> Solved:
        """Needs a while."""
        await self.sleep(0.7)
        return Solved(message.clue)


def draw_clues(dice: Random) -> dict[str, Value]:
    """Who finds which clues, and how sure each is."""
    scouts = dice.sample(NAMES, 3)
    finds = zip(dice.sample(CLUES, 9), dice.sample(range(10, 100), 9), strict=True)
    clues = [f"{clue}/{sure}" for clue, sure in finds]
    return {
        "finds": ",".join(f"{name}:{'+'.join(clues[place::3])}" for place, name in enumerate(scouts)),
    }


def found(finds: Value) -> dict[str, dict[str, int]]:
    """What each scout finds, and how sure it is."""
    lists = (each.split(":") for each in str(finds).split(","))
    pairs = ((name, [each.split("/") for each in listed.split("+")]) for name, listed in lists)
    return {name: {clue: int(sure) for clue, sure in mine} for name, mine in pairs}


def build_board(kind: Callable[..., Agent], seed: int, finds: str, **_: Value) -> World:
    """The board, two solvers, and the scouts."""
    world = World(seed, latency="uniform(0.01, 0.05)").add(kind("board", ("sol", "sue")))
    world.add(Solver("sol"), Solver("sue"))
    return world.add(Scout(name, tuple(mine.items())) for name, mine in found(finds).items())


def all_solved(variant: Variant) -> Property:
    """In the end all clues are solved."""
    clues = [clue for mine in found(variant["finds"]).values() for clue in mine]

    def wrong(now: Moment) -> str:
        solved = texts(now.states.get("board", {}).get("solved"))
        left = [each for each in clues if each not in solved]
        return f"{left[0]} is not solved." if left else ""

    return at_the_end("every clue is solved", wrong)


def given_out(trace: Trace) -> Iterator[tuple[Event, str, dict[str, int], set[str]]]:
    """Each activation, its clue, all clues that wait then, and those that a solver works on."""
    posted, over = dict[str, int](), set[str]()
    working: dict[str, float] = {}  # since when, by clue
    for event in trace:
        if event.kind == HANDLE and event.name == "Post":
            posted.setdefault(event.content.clue, event.content.sure)
        elif event.kind == HANDLE and event.name == "Solved":
            over.add(event.content.clue)
        elif event.kind == STATE and event.name == "solved":
            over.update(texts(event.data))
        elif event.kind == SEND and event.name == "Activate":
            clue = event.content.clue
            busy = {each for each, since in working.items() if event.time < since + LIMIT - 1e-6} - over
            waiting = {each: sure for each, sure in posted.items() if each not in busy | over}
            yield event, clue, waiting, busy
            working[clue] = event.time


@safety("the surest first")
def surest_first(trace: Trace) -> Iterator[Objection]:
    """Nothing that waits is surer than what is given out."""
    for event, clue, waiting, _ in given_out(trace):
        best = max(waiting, key=lambda each: waiting[each], default=clue)
        if clue in waiting and waiting[best] > waiting[clue]:
            yield event, f"{clue} ({waiting[clue]}) is given out, while {best} ({waiting[best]}) waits."


@safety("no clue is given out twice")
def once_at_a_time(trace: Trace) -> Iterator[Objection]:
    """A clue is given out again only if nobody has solved it in time."""
    for event, clue, waiting, busy in given_out(trace):
        if clue not in waiting:
            why = "a solver works on it" if clue in busy else "it is solved"
            yield event, f"{clue} is given out, though {why}."


@safety("solved is what a solver has solved")
def as_reported(trace: Trace) -> Iterator[Objection]:
    """The board shows as solved only what a solver has reported, and once."""
    heard: set[str] = set()
    for event in trace:
        if event.kind == HANDLE and event.name == "Solved":
            heard.add(event.content.clue)
        elif event.kind == STATE and event.name == "solved":
            shown = texts(event.data)
            if set(shown) - heard or len(set(shown)) < len(shown):
                yield event, f"the board shows {', '.join(shown)}; reported are {', '.join(sorted(heard))}."


# --- c: lose exactly these -------------------------------------------------------------------------------


class Hasty(Agent):
    """Reads the list, and writes it with its own name: whatever the list is by then."""

    def __init__(self, name: str, start: float) -> None:
        super().__init__(name)
        self.start = start

    async def run(self) -> None:
        """Put its name on the list."""
        await self.sleep(self.start)
        entries = (await self.ask("board", Query("list")))["board"].entries
        names = entries[0].value if entries else ()
        await self.ask("board", Write("list", (*names, self.name)))


def draw_losses(dice: Random) -> dict[str, Value]:
    """Who writes, in order; and who is to be lost: two in a row, and another one."""
    names = dice.sample(NAMES, 9)
    pair = dice.randint(1, 3)
    single = dice.randint(pair + 4, 8)
    return {"writers": ",".join(names), "lost": ",".join([*names[pair : pair + 2], names[single]])}


def build_list(seed: int, writers: str, **_: Value) -> World:
    """A board, and writers that begin a second apart; every message takes 0.1 s."""
    world = World(seed, latency=0.1).add(Blackboard())
    return world.add(Hasty(name, float(place)) for place, name in enumerate(writers.split(",")))


def keeps_one(variant: Variant) -> Property:
    """When all have written, the list is not the one without these names."""
    writers, lost = (str(variant[name]).split(",") for name in ("writers", "lost"))

    @safety(f"not exactly {', '.join(lost)} are lost")
    def objections(trace: Trace) -> Iterator[Objection]:
        written = trace.select("Written", kind=SEND)
        if {each.peer for each in written} == set(writers):
            last = written[-1]
            if set(last.content.entry.value) == set(writers) - set(lost):
                yield last, f"the list is {', '.join(last.content.entry.value)}."

    return objections
