"""Chapter 12, deadlock: find the step after which it was too late; lock by height; deadlock just one pair."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from coordlab.exercises.answers import Schedule, WhoAndWhen
from coordlab.exercises.docks import END, LOWER, TIMES, TOLD, all_done, granted_first, one_user, wanted
from coordlab.exercises.part import Check, Variant
from coordlab.exercises.practice import LATE, LOST, ORDER, PARTED, Kind, Practice
from coordlab.patterns.deadlock.checks import deadlocks, reported_in_time
from coordlab.patterns.deadlock.lab import Clock
from coordlab.patterns.deadlock.locks import Claim, Granted, Release, Request, Resource
from coordlab.properties import HOLDS, VIOLATED, Property, Verdict
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Value
from coordlab.trace.trace import SEND, STATE, Trace
from coordlab.world.agent import Agent, State
from coordlab.world.run import Run
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

CARRIERS = ("ada", "ben", "cleo", "dan", "eve", "finn", "gus", "hal", "ida", "jon", "kim", "lea")


class Carrier(Agent):
    """Sets out several times; each time it takes its docks one after the other, and needs 0.3 s at each."""

    role = State("thinks")  # or waits, is done

    def __init__(self, name: str, docks: tuple[str, ...], rounds: int, begins: float = 0.0) -> None:
        super().__init__(name)
        self.docks, self.rounds, self.begins, self.held = docks, rounds, begins, set[str]()

    async def run(self) -> None:
        """Rest, take the docks, and let go."""
        for number in range(self.rounds):
            await self.rest(self.begins + 3.0 * number)
            self.role, claim = "waits", Claim(self.name, number + 1)
            for dock in self.docks:
                self.send(dock, Request(claim))
                await self.until(partial(self.held.__contains__, dock))
                await self.sleep(0.3)
            self.role = "thinks"
            self.held.clear()
            for dock in self.docks:
                self.send(dock, Release(claim.key))
        self.role = "is done"

    async def rest(self, until: float) -> None:
        """Wait for its time."""
        await self.sleep(until - self.now)

    def on_granted(self, sender: str, message: Granted) -> None:
        """The dock is its own."""
        self.held.add(sender)


# --- a: the step after which it was too late --------------------------------------------------------------

ROUNDS, LONGEST = 2, 9.0  # how often each sets out; seconds of a run
BEAT, CHANCE = 0.25, 0.1  # seconds between two draws of whether to set out, and its probability


class Dicing(Carrier):
    """Sets out by chance."""

    async def rest(self, until: float) -> None:
        """Draw again and again whether to set out now."""
        async for _ in self.every(BEAT):
            if self.dice.random() < CHANCE:
                return


def draw_depot(dice: Random) -> dict[str, Value]:
    """The numbers of three robots and two docks, and when the depot opens."""
    robots = ",".join(f"r{number}" for number in dice.sample(range(10, 100), 3))
    docks = ",".join(f"d{number}" for number in dice.sample(range(10, 100), 2))
    return {"robots": robots, "docks": docks, "opens": dice.randint(1, 20), "seed": dice.randint(1, 10**6)}


def build_depot(seed: int, robots: str, docks: str, opens: int) -> World:
    """Two robots take the two docks in opposite order; the third needs one of them."""
    first, second = docks.split(",")
    wants = ((first, second), (second, first), (second,))
    world = World(seed, latency="uniform(0.01, 0.03)").add(Resource(dock) for dock in (first, second))
    for place, (name, each) in enumerate(zip(robots.split(","), wants, strict=True)):
        world.add(Dicing(name, each, ROUNDS), at=opens + 0.08 * place)
    return world.add(Clock("clock"))


@cache
def _stuck(robots: str, docks: str, opens: int, seed: int) -> Run:
    """The first run, of this seed or a later one, in which the two robots get stuck, clearly one by one."""
    pairs = list(zip(robots.split(","), docks.split(","), strict=False))
    while True:
        run = build_depot(seed, robots, docks, opens).run(until=opens + LONGEST)
        asked = [run.trace.select("Request", kind=SEND, agent=name, peer=dock) for name, dock in pairs]
        one, two = (each[-1].time if each else 0.0 for each in asked)
        clear = 0.05 < abs(one - two) < 0.25 and opens + 2 < max(one, two) < opens + LONGEST - 3
        if clear and any(len(those) > 1 for _, those in deadlocks(run.trace)):
            return run
        seed += 1


def depot(variant: Variant) -> Run:
    """The run of a variant."""
    return _stuck(**variant)


# --- b: the lower dock first ------------------------------------------------------------------------------


NETWORK = "partition cut slow drop duplicate delay"
SEVERAL = Kind("several faults at once", "anything", NETWORK)


def draw_docks(dice: Random) -> dict[str, Value]:
    """Five robots in a circle, each with a dock of its own, and the heights of the docks."""
    names, heights = dice.sample(CARRIERS, 5), dice.sample(range(1, 100), 5)
    return {"docks": ",".join(f"{name}:{height}" for name, height in zip(names, heights, strict=True))}


def build_docks(kind: Callable[..., Agent], seed: int, docks: str) -> World:
    """Robots that know which docks they need, how high these are, and how often they work."""
    world = World(seed, latency="uniform(0.01, 0.05)")
    return world.add(kind(name, wants, TIMES) for name, wants in wanted({"docks": docks}).items())


# --- c: just this pair ------------------------------------------------------------------------------------


def draw_pairs(dice: Random) -> dict[str, Value]:
    """Three pairs of carriers, when each begins, which pair is to be stuck, and from when on."""
    names, docks, plan = dice.sample(CARRIERS, 6), dice.sample(range(10, 100), 6), []
    begins = [0.2, 1.2, 2.2]
    dice.shuffle(begins)
    for pair in range(3):
        one, two = docks[2 * pair : 2 * pair + 2]
        plan.append(f"{names[2 * pair]}:d{one}:d{two}:{begins[pair]:g}")
        plan.append(f"{names[2 * pair + 1]}:d{two}:d{one}:{begins[pair] + 1:g}")
    chosen, late = dice.randrange(3), dice.randrange(1, 4)
    dice.shuffle(plan)
    return {
        "plan": ",".join(plan),
        "one": names[2 * chosen],
        "two": names[2 * chosen + 1],
        "at": int(begins[chosen]) + 1 + 3 * late,
    }


def build_pairs(seed: int, plan: str, **_: Value) -> World:
    """Carriers and docks; every message takes 0.02 s."""
    each = [part.split(":") for part in plan.split(",")]
    world = World(seed, latency=0.02).add(Resource(dock) for dock in sorted({one for _, one, _, _ in each}))
    world.add(Carrier(name, (one, two), 4, float(at)) for name, one, two, at in each)
    return world.add(Clock("clock"))


def just_these(variant: Variant) -> Property:
    """Not just these two get stuck, in the second after `at`."""
    pair, at = {str(variant["one"]), str(variant["two"])}, float(variant["at"])
    name = f"not just {variant['one']} and {variant['two']} are deadlocked"

    def judge(trace: Trace) -> Verdict:
        found = [(event, {key.rpartition(".")[0] for key in those}) for event, those in deadlocks(trace)]
        done = {event.agent for event in trace.select("role", kind=STATE) if event.data == "is done"}
        others = {each.split(":")[0] for each in str(variant["plan"]).split(",")} - pair
        if len(found) == 1 and found[0][1] == pair and at <= found[0][0].time < at + 1 and others <= done:
            why = f"they wait for each other from {found[0][0].time:.3f} s on; all others get done."
            return Verdict(name, VIOLATED, found[0][0].time, found[0][0].seq, why)
        return Verdict(name, HOLDS)

    return Property(name, judge)


PARTS = (
    WhoAndWhen(
        "12a", "Too late",
        "Two of the robots {robots} take the two docks {docks} in opposite order, and the third needs one of "
        "them. Each draws lots every 0.25 s, and sets out when its lot says so. Look at the run: "
        "watch(\"12a\"). Two robots get stuck for ever. Who made the step after which nothing could save the "
        "run any more, even if all lots were drawn again from then on, and when? Answer with a name and the "
        "seconds, within 0.05 s.",
        10,
        (
            Check("who", 1.0, hints=(
                "What did each of the stuck robots do before it could no longer go on?",
                "Both must have set out. The one that set out first could still have been lucky.",
                "If ann is on the narrow bridge, bob decides: he waits at his side, or he drives on.")),
            Check("when", 1.0, hints=(
                "Was it too late when the circle closed, or earlier?",
                "Nobody turns round on the way. Look for the moment at which the second one sets out.",
                "Bob meets ann at 7.4 s on the bridge, but he drove on it at 6.9 s: 6.9.")),
        ),
        draw_depot, run=depot, broken=lambda variant: reported_in_time(1.0),
    ),
    Practice(
        "12b", "The lower dock first",
        "Five robots, each with a dock of its own; the number is its height: {docks}. Each needs the docks "
        "of the second and the third robot after it in this circle. Write Answer_12b(name, wants, rounds); "
        "wants are two pairs (owner, height). It works `rounds` rounds, 0.3 s each, at both docks at once; "
        "its state role is waits, works, rests, or is done. It also manages its own dock, which has one user "
        "at a time. It asks an owner with the message Take and gets Granted, the lower dock first; all else "
        "is up to you, such as Release. Until 8 s messages are lost, repeated and late, and links are cut; "
        "nobody crashes.",
        30,
        (
            Check("every robot gets its work done", 1.5, all_done, hints=(
                "What happens if a message is lost, or if all robots take their first dock at once?",
                "Ask again until you have an answer. Who gets the same question twice must not be confused.",
                "while not await self.ask(owner, Knock(number), within=0.5): pass")),
            Check("one user of a dock at a time", 1.0, one_user, hints=(
                "When does an owner know that its dock is free again?",
                "An old Take may arrive after its Release. Number the rounds, and remember which are over.",
                "A library that gets an old slip again, after the book came back, looks at its date.")),
            Check(TOLD, 0.5, lambda variant: granted_first(variant, TOLD), hints=(
                "Which Granted belongs to this round?",
                "One of the round before may come late or twice: it does not count.",
                "if message.number == self.number: self.has.add(sender)")),
            Check(LOWER, 1.0, lambda variant: granted_first(variant, LOWER), hints=(
                "In which order does your class ask?",
                "Sort the docks by height, and ask for the second when the first is yours.",
                "sorted(cups, key=lambda cup: cup[1]) puts the smallest cup first.")),
        ),
        draw_docks, lines=64, build=build_docks, until=END,
        limits=lambda variant: Limits(NETWORK, hold=2.0, slow=0.05, over=8.0),
        kinds=(PARTED, LOST, LATE, ORDER, SEVERAL),
    ),
    Schedule(
        "12c", "Just this pair",
        "Six carriers, each with its two docks in the order in which it takes them, and the time at which "
        "it begins, in seconds: {plan}. Each sets out four times, every 3 s, and needs 0.3 s at each dock. "
        "All messages take 0.02 s. In tests nothing ever happens. Find faults (pause, slow, delay) with "
        "which exactly {one} and {two} wait for each other for ever, from some moment between {at} s and "
        "{at} + 1 s on, and all others get done.",
        20,
        (
            Check("just this pair is deadlocked", 2.0, hints=(
                "Why do the two not meet, if nothing is slow?",
                "The first has gone when the second comes. Hold it up between its docks, in the right round.",
                "If kim takes a dock at 3.2 s, pause kim @3.21..4.3 lets the dock wait for kim.")),
            Check("with one fault", 2.0, hints=(
                "Which of the two must be late, and which must be on time?",
                "The first to come must hold one dock when the other one takes its first.",
                "slow kim 1 @3.2..3.3 is one fault; it holds up a message by a second.")),
        ),
        draw_pairs, build=build_pairs, until=16.0, broken=just_these,
        kinds=("pause", "slow", "delay"), most=lambda variant: 1,
    ),
)  # fmt: skip
