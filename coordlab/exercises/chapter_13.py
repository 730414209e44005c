"""Chapter 13, rogue agents: count voices; mask a broken thermometer; let just one lie through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from coordlab.exercises.answers import Numbers, Schedule
from coordlab.exercises.ending import by_the_end
from coordlab.exercises.part import Check, Variant
from coordlab.exercises.practice import CRASHES, LATE, LOST, MIXED, PARTED, RETURNS, Practice
from coordlab.patterns.rogue.agents import Pool
from coordlab.patterns.rogue.rules import truth
from coordlab.patterns.rogue.workers import Worker
from coordlab.properties import HOLDS, VIOLATED, Objection, Property, Verdict, recorded, safety
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Value
from coordlab.trace.trace import DECISION, HANDLE, Event, Trace
from coordlab.world.agent import Agent
from coordlab.world.dice import dice as drawn
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

CREW = ("ann", "bob", "cat", "dan", "eve", "fay", "gil", "hal", "ida", "jon", "kim", "lea")


# --- a: how many voices -----------------------------------------------------------------------------------


def draw_voices(dice: Random) -> dict[str, Value]:
    """How many models may be wrong, how many copies there are of each, and how many members may be silent."""
    return {"wrong": dice.randint(2, 20), "copies": dice.randint(2, 6), "silent": dice.randint(1, 30)}


def voices(variant: Variant) -> tuple[float, ...]:
    """How many to ask, how many equal answers to believe, and how many to ask if copies are known."""
    wrong, copies, silent = (int(variant[name]) for name in ("wrong", "copies", "silent"))
    liars = wrong * copies
    return 2.0 * liars + silent + 1, liars + 1.0, 2.0 * wrong + silent + 1


# --- b: a broken thermometer ------------------------------------------------------------------------------

ROUNDS, BROKEN, END = 8, 1, 14.0  # the rounds, the thermometers that are broken, and seconds of a run
ENOUGH = 2 * BROKEN + 1  # readings that are needed


def draw_weather(dice: Random) -> dict[str, Value]:
    """Five stations, and how warm it is."""
    return {"stations": ",".join(dice.sample(CREW, 5)), "degrees": dice.randint(-20, 35)}


def readings(seed: int, stations: str, degrees: int) -> dict[str, tuple[float, ...]]:
    """What the thermometer of each station says in each round; of one of them, nonsense."""
    names = stations.split(",")
    broken = drawn("broken", seed, stations).choice(names)

    def said(name: str, number: int) -> float:
        dice = drawn("thermometer", seed, stations, degrees, name, number)
        way = dice.choice((-1, 1)) * dice.uniform(5, 60) if name == broken else dice.uniform(0, 1)
        return round(degrees + 0.3 * number + way, 2)

    return {name: tuple(said(name, number) for number in range(1, ROUNDS + 1)) for name in names}


def build_weather(kind: Callable[..., Agent], seed: int, stations: str, degrees: int) -> World:
    """Stations that know what their own thermometer says in each round, and how many may be broken."""
    world = World(seed, latency="uniform(0.01, 0.05)")
    return world.add(kind(name, said, BROKEN) for name, said in readings(seed, stations, degrees).items())


def of_round(event: Event) -> int:
    """The round that a message is about; 0 for a message without one."""
    number = getattr(event.content, "round", 0)
    return number if isinstance(number, int) else 0


def agreed(trace: Trace) -> Iterator[Event]:
    """The decisions on a round."""
    return (event for event in recorded(trace, "Agreed") if event.kind == DECISION)


def all_right(variant: Variant) -> Property:
    """In the end each station has decided each round, in its time, and as the intact thermometers say.

    In its time is at 3 s or later for round 3; and the intact say something from the lowest to the highest
    that they may show.
    """
    low, high = float(variant["degrees"]), float(variant["degrees"]) + 1.0

    def right(event: Event) -> bool:
        value, shift = getattr(event.data, "value", None), 0.3 * of_round(event)
        inside = isinstance(value, (int, float)) and low + shift - 0.01 <= value <= high + shift + 0.01
        return inside and event.time >= of_round(event)

    def missing(trace: Trace) -> Iterator[str]:
        found = {(event.agent, of_round(event)) for event in agreed(trace) if right(event)}
        for name in trace.agents:
            for number in range(1, ROUNDS + 1):
                if (name, number) not in found:
                    bounds = f"from {low + 0.3 * number:g} to {high + 0.3 * number:g} degrees"
                    yield f"{name} has not decided round {number}, at {number} s or later, {bounds}."

    return by_the_end("each round is decided as intact thermometers say", END, missing)


@safety(f"from the readings of {ENOUGH} stations")
def heard_enough(trace: Trace) -> Iterator[Objection]:
    """A station decides a round after it has handled readings of that round from others, or its own."""
    heard: dict[tuple[str | None, int], set[str | None]] = {}
    for event in trace:
        if (event.kind, event.name) == (HANDLE, "Reading"):
            heard.setdefault((event.agent, of_round(event)), {event.agent}).add(event.peer)
        elif (event.kind, event.name) == (DECISION, "Agreed"):
            some = heard.get((event.agent, of_round(event)), {event.agent})
            if len(some) < ENOUGH:
                yield event, f"{event.agent} decides round {of_round(event)} from {len(some)} readings."


@safety("each round is decided once")
def once_each(trace: Trace) -> Iterator[Objection]:
    """No station decides a round twice, not even after a crash."""
    found = set[tuple[str | None, int]]()
    for event in agreed(trace):
        if (key := (event.agent, of_round(event))) in found:
            yield event, f"{event.agent} decides round {key[1]} again."
        found.add(key)


# --- c: just one lie --------------------------------------------------------------------------------------

TASKS = 12


def draw_lie(dice: Random) -> dict[str, Value]:
    """Five members, how many hundredths of a second each needs for a task, and which task is to go wrong."""
    names, speeds = dice.sample(CREW, 5), dice.sample(range(20, 44, 2), 5)
    crew = ",".join(f"{name}:{speed}" for name, speed in zip(names, speeds, strict=True))
    return {"crew": crew, "task": dice.randint(4, TASKS - 3)}


def build_lie(seed: int, crew: str, **_: Value) -> World:
    """A pool that masks one liar: two of three reviewers must approve.  All are right, unless they lie."""
    pairs = [each.split(":") for each in crew.split(",")]
    how = {"competence": 1.0, "sensitivity": 1.0, "false_alarm": 0.0}
    names = [name for name, _ in pairs]
    world = World(seed, latency=0.02).add(Pool(names, range(1, TASKS + 1), faulty=1, least=1, period=None))
    return world.add(Worker(name, seconds=int(speed) / 100, **how) for name, speed in pairs)


def one_lie(variant: Variant) -> Property:
    """Not just this task gets a wrong answer."""
    task = int(variant["task"])
    name = f"not just task {task} is wrong"

    def judge(trace: Trace) -> Verdict:
        found = {event.data.task: event for event in recorded(trace, "Accepted")}
        wrong = [number for number, event in found.items() if event.data.answer != truth(number)]
        if wrong != [task] or len(found) < TASKS:
            return Verdict(name, HOLDS)
        event = found[task]
        why = f"{event.data.answer} is accepted for task {task}, and all other answers are right."
        return Verdict(name, VIOLATED, event.time, event.seq, why)

    return Property(name, judge)


PARTS = (
    Numbers(
        "13a", "How many voices",
        "A question is put to agents that run on language models. Up to {wrong} models are wrong, and all "
        "agree on the same wrong answer. There are {copies} copies of each model, which answer alike. Up to "
        "{silent} of those that are asked do not answer, and all others are right. (1) You do not know which "
        "agents are copies of one model: how many must you ask, so that right answers always "
        "outnumber wrong ones? (2) "
        "How many equal answers are enough to believe them at once? (3) Now you know, and ask one copy of "
        "each model: how many must you ask?",
        10,
        (
            Check("asked without knowing the copies", 1.0, hints=(
                "How many of those that you ask may give the wrong answer, at worst?",
                "All copies of all wrong models. One right answer more, and those that are silent besides.",
                "1 wrong model with 2 copies, 3 silent: 2 lie, 3 are silent, 3 must be right: 8.")),
            Check("equal answers to believe", 0.5, hints=(
                "How many agents can agree on something wrong?",
                "One more than these.",
                "1 wrong model with 2 copies: 3 equal answers cannot all be wrong.")),
            Check("asked with one copy of each", 0.5, hints=(
                "How many wrong voices does a model have now?",
                "One. The rule is the same.",
                "1 wrong model, 3 silent: 1 lies, 3 are silent, 2 must be right: 6.")),
        ),
        draw_voices, right=voices,
    ),
    Practice(
        "13b", "A broken thermometer",
        "Five weather stations ({stations}). In each round each has to decide how warm it is, and up to one "
        "thermometer is broken: it says anything, and its station does not know. Intact ones differ by up "
        "to a degree, so no two need be equal. Write Answer_13b(name, readings, broken); readings are what "
        "its own thermometer says in round 1, 2 and so on, broken is 1. At 1 s, 2 s and so on it asks "
        "others, who answer Reading(round, value), and then calls self.decide(Agreed(round, value)), once "
        "for each round, from 2 * broken + 1 readings or more, its own included. Stations crash and return, "
        "messages get lost.",
        30,
        (
            Check("each round is decided as intact thermometers say", 2.25, all_right, hints=(
                "How far can one wild reading move your result? And what if an answer is lost?",
                "A mean can be moved at will; what lies in the middle cannot. Ask the silent again.",
                "Of 2, 3 and 900 the middle is 3; the mean is about 302.")),
            Check(heard_enough.name, 1.0, lambda variant: heard_enough, hints=(
                "How many readings do you have when you decide, and of which round?",
                "Count each station once, and only readings of this round.",
                "A dict by sender counts nobody twice: found[sender] = message.value")),
            Check("each round is decided once", 0.75, lambda variant: once_each, hints=(
                "What does a station know after a crash?",
                "Only what it had put into self.stable.",
                "self.stable['page'] = 3, and after a crash: self.stable.get('page', 0)")),
        ),
        draw_weather, lines=36, build=build_weather, until=END,
        limits=lambda variant: Limits("crash partition cut slow drop duplicate delay",
                                      hold=0.5, slow=0.05, over=9.0),
        kinds=(CRASHES, RETURNS, PARTED, LOST, LATE, MIXED),
    ),
    Schedule(
        "13c", "Just one lie",
        "A pool gives tasks 1 to 12 to its members ({crew}; the number is how many hundredths of a second "
        "each needs), and two of three reviewers must approve an answer. All messages take 0.02 s. Look at "
        "the run without a fault: watch(\"13c\"). Find faults such as rogue ann colludes @1..2 with which "
        "the pool accepts a wrong answer to task {task}, while all other tasks get the right one.",
        25,
        (
            Check("just this lie is accepted", 2.5, hints=(
                "Who does this task, who reviews it, and when?",
                "The worker must lie as it answers, two reviewers as they review, each just then.",
                "If ann sends a Result at 3.42 s, rogue ann colludes @3.41..3.43 makes it a lie.")),
            Check("with three faults", 1.5, hints=(
                "How many members must take part?",
                "One works, and two approve.",
                "A fault for each of them, one after the other: at the answer, and at the review.")),
        ),
        draw_lie, build=build_lie, until=16.0, broken=one_lie,
        kinds=("rogue",), most=lambda variant: 3,
    ),
)  # fmt: skip
