"""Chapter 10, heartbeats: the beat that decided; condemned by most; write what a monitor promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from coordlab.exercises.answers import WhoAndWhen
from coordlab.exercises.judging import WriteProperty
from coordlab.exercises.part import Check
from coordlab.exercises.pings import (
    ASKERS,
    build_pings,
    lost_answers,
    nobody_suspected,
    only_the_silent,
    ring,
    stopped_monitor,
    stopped_targets,
)
from coordlab.exercises.practice import CRASHES, LATE, LOST, ORDER, RETURNS, Kind, Practice
from coordlab.properties import Moment, Objection, Property, always, safety
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Value
from coordlab.trace.trace import CRASH, HANDLE, RESTART, START, STATE, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

NAMES = ("ada", "ben", "cleo", "dan", "eve", "finn", "gus", "hal", "ida", "jon", "kim", "lea")


# --- a: the beat that decided ----------------------------------------------------------------------------


def draw_ring(dice: Random) -> dict[str, Value]:
    """Which sensors stand in the ring, how often they beat, and from which seed on a run is looked for."""
    sensors = (f"s{number}" for number in dice.sample(range(100, 1000), 5))
    return {
        "sensors": ",".join(sensors),
        "interval": dice.randint(80, 140) / 100,
        "seed": dice.randrange(100_000),
    }


# --- b: condemned by most --------------------------------------------------------------------------------

PATIENCE, SETTLE = 1.0, 4.0  # seconds
CUT_OFF = 8.0  # when two are cut off


def draw_posts(dice: Random) -> dict[str, Value]:
    """Who the guards are; the first does not reach the second, and the last two are cut off."""
    return {"guards": ",".join(dice.sample(NAMES, 5))}


def build_posts(kind: Callable[..., Agent], seed: int, guards: str) -> World:
    """Guards; a link fails for a while, and later two guards are cut off from three."""
    first, second, _, *few = names = guards.split(",")
    world = World(seed, latency="uniform(0.01, 0.05)").add(kind(name, PATIENCE) for name in names)
    return world.inject(f"cut {first}>{second} @1..7.5", f"partition {','.join(few)} @{CUT_OFF:g}")


def groups(now: Moment, most: bool) -> Iterator[list[str]]:
    """The groups that hear each other and have more than half of all agents; or the others."""
    return (each for each in now.components if (2 * len(each) > len(now.trace.agents)) is most)


def missing() -> Property:
    """After calm seconds each of a majority says of all the others that they are down.

    While a link fails, a majority by one is not enough: one of them hears too few doubts.
    """

    def right(now: Moment) -> bool | str:
        if not now.calm_for(SETTLE):
            return True
        spare = now.time < CUT_OFF
        for each in groups(now, most=True):
            if 2 * (len(each) - spare) <= len(now.trace.agents):
                continue
            gone = set(now.trace.agents) - set(each)
            for name in each:
                if left := sorted(gone - set(now.state(name, "down"))):
                    return f"{left[0]} is gone, and {name} does not say so."
        return True

    return always("who is gone is known", right)


def condemned() -> Property:
    """After calm seconds nobody is said to be down by one that hears it, if need be through others."""

    def right(now: Moment) -> bool | str:
        if not now.calm_for(SETTLE):
            return True
        for each in now.components:
            for name in each:
                if wrong := sorted(set(each) & set(now.state(name, "down"))):
                    return f"{name} says that {wrong[0]} is down, which is up and within reach."
        return True

    return always("nobody within reach is condemned", right)


def by_few() -> Property:
    """After calm seconds, guards in a minority report nobody as down."""

    def right(now: Moment) -> bool | str:
        if not now.calm_for(SETTLE):
            return True
        wrong = [name for each in groups(now, most=False) for name in each if now.state(name, "down")]
        return not wrong or f"{wrong[0]} condemns others, and hears no majority."

    return always("few condemn nobody", right)


@safety("condemned with the others")
def with_others(trace: Trace) -> Iterator[Objection]:
    """Who begins to say that an agent is down has heard, shortly before, from half of the others."""
    heard: dict[str | None, dict[str | None, float]] = {}
    down: dict[str | None, set[str]] = {}
    needed = len(trace.agents) // 2
    for event in trace:
        if event.kind in (START, RESTART, CRASH):
            heard[event.agent], down[event.agent] = {}, set()
        elif event.kind == HANDLE:
            heard[event.agent][event.peer] = event.time
        elif event.kind == STATE and event.name == "down":
            for name in sorted(set(event.data) - down[event.agent]):
                fresh = [
                    each
                    for each, at in heard[event.agent].items()
                    if each != name and at > event.time - 2 * PATIENCE
                ]
                if len(fresh) < needed:
                    yield event, f"{event.agent} condemns {name}, and has heard from {len(fresh)} others."
            down[event.agent] = set(event.data)


# --- c: only the silent ----------------------------------------------------------------------------------

FIRST = ("late", "silent", "lost", "doubtful", "missing", "quiet", "absent", "overdue", "unheard")
SECOND = ("ones", "robots", "boats", "sensors", "pumps", "drones", "nodes", "trucks")


def draw_pings(dice: Random) -> dict[str, Value]:
    """What the state is called that says who is suspected, after how many seconds; and the targets."""
    return {
        "word": f"{dice.choice(FIRST)}_{dice.choice(SECOND)}",
        "bound": dice.randint(16, 32) / 20,
        "targets": ",".join(dice.sample(NAMES, 3)),
    }


PARTS = (
    WhoAndWhen(
        "10a", "The beat that decided",
        "Sensors stand in a ring ({sensors}). Each sends a heartbeat to the next every {interval:g} s, and "
        "suspects the one before after 2.3 intervals of silence. All are up; one heartbeat in ten is lost. "
        "In the run of watch(\"10a\") a sensor is suspected all the same. Which heartbeat decided it: "
        "after its loss the suspicion could not be prevented any more? Answer with its sender and the "
        "second in which it was sent.",
        10,
        (
            Check("who", 0.5, hints=(
                "Who is suspected in the end, and by whom?",
                "Look for the decision Suspected, and go back along that link.",
                "run.trace.select(\"drop\") lists the messages that were lost.")),
            Check("when", 1.5, hints=(
                "How many heartbeats in a row must be lost?",
                "One loss makes a gap of two intervals, and that is less than 2.3.",
                "If one bus an hour comes and you wait for 2.3 hours, the second that fails decides.")),
        ),
        draw_ring, run=ring, broken=lambda variant: nobody_suspected, within=0.03,
    ),
    Practice(
        "10b", "Condemned by most",
        "Five guards ({guards}) watch each other. A guard is down only if more than half of all five doubt "
        "it, so that one bad link condemns nobody, and two guards that are cut off condemn nobody. "
        "Write Answer_10b(name, patience): after `patience` seconds of silence a guard doubts another. State "
        "down: a tuple of the names of those that are down. In each run the first guard does not reach the "
        "second from 1 s to 7.5 s, and the last two are cut off from 8 s on; others crash and return, "
        "messages are lost or late. 4 s after the last fault, all guards in a majority must agree on who is "
        "down.",
        30,
        (
            Check("who is gone is known", 1.5, lambda variant: missing(), hints=(
                "Which guards must know, and from whom do they learn?",
                "Each guard tells all others whom it doubts, again and again.",
                "@message class Weather: rain: tuple[str, ...] tells in which towns it rains.")),
            Check("nobody within reach is condemned", 1.0, lambda variant: condemned(), hints=(
                "One guard does not hear another, and three do. What do they say?",
                "Count who doubts it, yourself included. A doubt that is not repeated is over.",
                "votes = sum(town in told for told in latest.values()) counts who says it rains there.")),
            Check("few condemn nobody", 1.0, lambda variant: by_few(), hints=(
                "Of how many is more than half?",
                "Of all five, not of those that you hear.",
                "2 * votes > len(self.peers) + 1")),
            Check("condemned with the others", 0.5, lambda variant: with_others, hints=(
                "What does a guard know in the first second after its start?",
                "Nothing: its own silence begins then, and so do the others' reports.",
                "self.seen = dict.fromkeys(self.peers, self.now) at the beginning of run.")),
        ),
        draw_posts, lines=20, build=build_posts, until=14.0,
        limits=lambda variant: Limits("crash partition slow drop duplicate delay",
                                      hold=0.3, slow=0.05, over=7.0),
        kinds=(CRASHES, RETURNS, Kind("a partition that heals", "instants", "partition"), LOST, LATE, ORDER),
    ),
    WriteProperty(
        "10c", "Only the silent",
        "The agent monitor sends Ping to {targets} again and again, and they answer Pong. Its state {word} "
        "is a tuple of the names that it suspects. Write a property answer_10c of a trace: a target that "
        "enters {word} has been silent for {bound:g} s or more. The silence of a target begins "
        "when the monitor "
        "handles its last Pong, or when the monitor starts or restarts, if it has handled none since. "
        "A target that is in {word} already may stay. Return True, or a sentence that says what is wrong.",
        20,
        (
            Check("accepts what keeps the promise", 0.5, hints=(
                "Which names are new in the tuple?",
                "Remember the names before, and look at the difference only. A restart empties it.",
                "set(event.data) - before are those that were added.")),
            Check("catches what breaks it", 2.5, hints=(
                "From when on does silence count for a target that was never heard?",
                "From the last event of the kind \"start\" or \"restart\" of the monitor.",
                "if event.kind in (\"start\", \"restart\"): opened, seen = event.time, {}")),
        ),
        draw_pings, lines=15, build=build_pings, versions=len(ASKERS), until=9.0, promise=only_the_silent,
        schedules=(stopped_targets, stopped_monitor, lost_answers),
    ),
)  # fmt: skip
