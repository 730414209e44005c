"""Chapter 07, bully election: count the messages; elect by charge, not by name; break the textbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from coordlab.exercises.answers import Numbers, Schedule
from coordlab.exercises.part import Check, Variant
from coordlab.exercises.practice import Practice
from coordlab.patterns.bully.agents import Candidate, hold_election
from coordlab.patterns.bully.checks import agreement, one_coordinator, rulers
from coordlab.properties import Moment, Objection, Property, always, safety
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Value
from coordlab.trace.trace import CRASH, HANDLE, STATE, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

ROBOTS = ("ada", "ben", "cleo", "dan", "eve", "finn", "gus", "hal", "ida", "jon", "kim", "lea")


# --- a: the price ----------------------------------------------------------------------------------------


def draw_price(dice: Random) -> dict[str, Value]:
    """How many agents there are, how many of them crash, and who notices."""
    agents = dice.randint(8, 60)
    down = dice.randint(1, 5)
    return {"agents": agents, "down": down, "notices": dice.randint(1, agents - down - 1)}


def price(variant: Variant) -> tuple[float, ...]:
    """The Election, Answer and Coordinator messages of one election."""
    numbers = (int(variant[name]) for name in ("agents", "notices", "down"))
    agents, notices, down = numbers
    trace = hold_election(agents, notices, down=down).trace
    return tuple(float(trace.count(name, since=3)) for name in ("Election", "Answer", "Coordinator"))


# --- b: the strongest leads ------------------------------------------------------------------------------

PATIENCE, SETTLE = 0.3, 4.0  # seconds


def draw_fleet(dice: Random) -> dict[str, Value]:
    """Which robots there are, and how charged their batteries are, in per cent."""
    names = sorted(dice.sample(ROBOTS, 5))
    charges = sorted(dice.sample(range(5, 100), 5), reverse=True)  # the last name has the least
    fleet = [f"{name}:{charge}" for name, charge in zip(names, charges, strict=True)]
    dice.shuffle(fleet)
    return {"fleet": ",".join(fleet)}


def charges(fleet: Value) -> dict[str, int]:
    """The charge of each robot, by name."""
    pairs = (each.split(":") for each in str(fleet).split(","))
    return {name: int(charge) for name, charge in pairs}


def build_fleet(kind: Callable[..., Agent], seed: int, fleet: str) -> World:
    """Robots that know their own charge, and how many seconds an answer may take."""
    world = World(seed, latency="uniform(0.01, 0.05)")
    return world.add(kind(name, charge, PATIENCE) for name, charge in charges(fleet).items())


def strongest(variant: Variant) -> Property:
    """After calm seconds each leader has the most charge of those that it can reach."""
    charge = charges(variant["fleet"])

    def right(now: Moment) -> bool | str:
        for each in now.components:
            for ruling in rulers(now, each):
                if ruling != (top := max(each, key=lambda name: charge[name])):
                    now.about = now.changed[ruling]
                    return f"{ruling} ({charge[ruling]} %) leads though {top} ({charge[top]} %) is up."
        return True

    return always("the robot with the most charge leads", right, calm=SETTLE)


@safety("follows only a robot that told it")
def told(trace: Trace) -> Iterator[Objection]:
    """A robot follows another only after a message of that one, and itself only if it leads."""
    heard: dict[str | None, set[str | None]] = {name: set() for name in trace.agents}
    leads: set[str | None] = set()
    for event in sorted([*trace.select(CRASH), *trace.select(HANDLE), *trace.select(STATE)]):
        if event.kind == CRASH:
            heard[event.agent] = set()
            leads.discard(event.agent)
        elif event.kind == HANDLE:
            heard[event.agent].add(event.peer)
        elif event.name == "role":
            (leads.add if event.data == "coordinates" else leads.discard)(event.agent)
        elif event.name == "coordinator" and event.data is not None:
            known = event.agent in leads if event.data == event.agent else event.data in heard[event.agent]
            if not known:
                yield event, f"{event.agent} follows {event.data}, which has not told it."


# --- c: break the textbook -------------------------------------------------------------------------------


def draw_break(dice: Random) -> dict[str, Value]:
    """How many candidates there are, which two are to coordinate at once, and from when on."""
    agents = dice.randint(6, 12)
    high = agents - dice.randint(1, 2)
    return {"agents": agents, "low": dice.randint(1, high - 1), "high": high, "at": dice.randint(6, 14)}


def build_break(seed: int, agents: int, **_: Value) -> World:
    """Candidates of ranks 1 to `agents`; every message takes 0.02 s."""
    return World(seed, latency=0.02).add(Candidate(rank) for rank in range(1, agents + 1))


def two_lead(variant: Variant) -> Property:
    """The two never coordinate at once, alone, in the second after `at`."""
    low, high, at = str(variant["low"]), str(variant["high"]), int(variant["at"])

    def apart(now: Moment) -> bool | str:
        if not at <= now.time < at + 1:
            return True
        both = sorted(now.where("role", "coordinates"), key=int)
        return both != [low, high] or f"{low} and {high} coordinate at once."

    return always(f"{low} and {high} do not coordinate at once", apart)


PARTS = (
    Numbers(
        "07a", "The price of an election",
        "{agents} candidates with ranks 1 to {agents}. The {down} highest crash at once, and only {notices} "
        "notices that the highest is silent. How many Election, Answer and Coordinator messages does the "
        "election take, until all follow the new coordinator?",
        10,
        (
            Check("Election messages", 1.0, hints=(
                "Who asks, and whom?",
                "Each that is asked holds an election of its own: it asks all above it.",
                "With 4 candidates of which the highest is down, 1 asks 3, 2 asks 2 and 3 asks 1: 6.")),
            Check("Answer messages", 0.5, hints=(
                "Which Elections are answered?",
                "All but those to agents that are down.",
                "With 4 candidates of which the highest is down, 3 of the 6 go to 4: 3 answers.")),
            Check("Coordinator messages", 0.5, hints=(
                "Who wins, and whom does it tell?",
                "The highest that is up tells all below it.",
                "With 4 candidates of which the highest is down, 3 tells 1 and 2: 2.")),
        ),
        draw_price, right=price,
    ),
    Practice(
        "07b", "The strongest leads",
        "A fleet of robots ({fleet}, in per cent of charge). The robot with the most charge leads, whatever "
        "its name. Each robot knows only its own charge. Write Answer_07b(name, charge, patience) with the "
        "states role (follows, electing or coordinates) and coordinator (a name, or None), and messages of "
        "your own. Robots crash and return, messages are lost, and the radio is cut: 4 s after the last of "
        "it all that reach each other must agree.",
        30,
        (
            Check("agreement", 1.5, lambda variant: agreement(SETTLE), hints=(
                "Where does your class wait, and for whom? What if that one never comes?",
                "A robot that was told to stand back waits for news. Give that wait an end, and ask again.",
                "until(lambda: self.role != 'electing', within=1.0), and elect again if that is None.")),
            Check("the robot with the most charge leads", 1.5, strongest, hints=(
                "Who may tell a robot to stand back?",
                "Names say nothing: a charge must be in the message.",
                "@message class Election: charge: int; answer only if self.charge > message.charge.")),
            Check("one leader in each group", 0.5, lambda variant: one_coordinator(SETTLE), hints=(
                "What does a leader do when it hears of another leader?",
                "A leader must go on looking for stronger robots, also after it has won.",
                "async for _ in self.every(1.0): ask the others whether they coordinate, too.")),
            Check("follows only a robot that told it", 0.5, lambda variant: told, hints=(
                "From where does your robot know its leader?",
                "From a message of that leader, and of no other.",
                "def on_coordinator(self, sender, message): self.coordinator = sender")),
        ),
        draw_fleet, lines=45, build=build_fleet, until=16.0,
        limits=lambda variant: Limits("crash partition cut slow drop duplicate delay",
                                      hold=0.08, slow=0.05, over=8.0),
    ),
    Schedule(
        "07c", "Two leaders at once",
        "{agents} candidates, as in the chapter; every message takes 0.02 s. Find faults with which exactly "
        "{low} and {high} coordinate at once, at some moment from {at} s to {at} + 1 s.",
        20,
        (
            Check("both coordinate", 2.0, hints=(
                "Which fault keeps two agents from hearing of each other?",
                "A partition gives each side a leader: its highest that is up.",
                "partition 1,2 @3..9 makes 2 lead on its side.")),
            Check("with three faults at most", 2.0, hints=(
                "Can one fault give a side of the partition the right leader?",
                "A partition can have more than two sides; a crash takes one agent away.",
                "Crash the agents above the higher of the two, and cut off the others with one partition.")),
        ),
        draw_break, build=build_break, until=16.0, broken=two_lead,
        kinds=("crash", "partition", "cut", "pause"), most=lambda variant: 3,
    ),
)  # fmt: skip
