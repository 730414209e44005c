"""Chapter 11, circuit breakers: count what retries cost; close with care; open two breakers of many."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING

from coordlab.exercises.answers import Numbers, Schedule
from coordlab.exercises.careful import ALONE, CALLS, END, OUTAGE, PROBE, flows, keeps
from coordlab.exercises.part import Check, Variant
from coordlab.exercises.practice import CRASHES, LATE, LOST, MIXED, PARTED, Practice
from coordlab.patterns.circuit_breaker.agents import Callee, Caller
from coordlab.patterns.circuit_breaker.rules import Settings
from coordlab.properties import HOLDS, VIOLATED, Property, Verdict
from coordlab.trace.faults import Partition
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Value
from coordlab.trace.trace import FAULT, HEAL, STATE, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

SHOPS = ("ann", "bob", "cleo", "dan", "eve", "finn", "gus", "hal", "ida", "jon", "kim", "lea")


# --- a: what a click costs --------------------------------------------------------------------------------


def draw_click(dice: Random) -> dict[str, Value]:
    """How often each of four callers in a row tries again; the last number is how often the user clicks."""
    retries = [str(dice.randint(1, 5)) for _ in range(4)]
    return {"retries": ",".join(retries), "clicks": dice.randint(2, 5)}


def click(variant: Variant) -> tuple[float, ...]:
    """The requests of a click in all; those to the last service; those of all clicks, if one hop retries."""
    attempts = [int(each) + 1 for each in str(variant["retries"]).split(",")]
    sent = [prod(attempts[: hop + 1]) for hop in range(len(attempts))]
    alone = attempts[0] * len(attempts)
    return float(sum(sent)), float(sent[-1]), float(int(variant["clicks"]) * alone)


# --- b: close with care -----------------------------------------------------------------------------------


def draw_shops(dice: Random) -> dict[str, Value]:
    """Three shops in a circle; when a breaker opens, for how long, and how many probes close it."""
    names = dice.sample(SHOPS, 3)
    wait = dice.choice((0.6, 0.8, 1.0, 1.2))
    return {
        "shops": ",".join(names),
        "failures": dice.choice((2, 3)),
        "wait": wait,
        "probes": dice.choice((3, 4)),
    }


def build_shops(
    kind: Callable[..., Agent], seed: int, shops: str, failures: int, wait: float, probes: int
) -> World:
    """Each shop asks the next one in the circle; the first is cut off for a while."""
    names = shops.split(",")
    world = World(seed, latency="uniform(0.1, 0.18)")
    pairs = zip(names, [*names[1:], names[0]], strict=True)
    world.add(kind(name, callee, failures, wait, probes) for name, callee in pairs)
    return world.inject(Partition([[names[0]]], at=OUTAGE[0], until=OUTAGE[1]))


# --- c: two breakers of many ------------------------------------------------------------------------------

WAIT = 2.0  # seconds


def draw_pair(dice: Random) -> dict[str, Value]:
    """Who calls, whose breakers are to be open, and when."""
    names = dice.sample(SHOPS, 6)
    one, two = sorted(dice.sample(names, 2))
    return {"callers": ",".join(names), "one": one, "two": two, "at": dice.randint(4, 12)}


def build_pair(seed: int, callers: str, **_: Value) -> World:
    """Callers of one service, each with a breaker of its own."""
    settings = Settings(failures=3, wait=WAIT)
    names = callers.split(",")
    world = World(seed, latency=0.02).add(Callee("db"))
    return world.add(Caller(name, period=0.25, patience=0.2, settings=settings) for name in names)


def two_open(variant: Variant) -> Property:
    """Not just these two are open for a whole second in which nothing else is wrong."""
    pair, at = {str(variant["one"]), str(variant["two"])}, float(variant["at"])
    name = f"not just {' and '.join(sorted(pair))} are open"

    def judge(trace: Trace) -> Verdict:
        roles: dict[str | None, object] = {}
        wrong = 0  # how many faults last
        for event in trace:
            if event.time > at and (wrong or _open(roles) != pair):
                return Verdict(name, HOLDS)
            if event.time >= at + 1:
                why = f"from {at:g} s to {at + 1:g} s they are, and no fault lasts."
                return Verdict(name, VIOLATED, at, event.seq, why)
            wrong += (event.kind == FAULT) - (event.kind == HEAL)
            if event.kind == STATE and event.name == "role":
                roles[event.agent] = event.data
        return Verdict(name, HOLDS)

    return Property(name, judge)


def _open(roles: dict[str | None, object]) -> set[str | None]:
    return {name for name, role in roles.items() if role == "open"}


PARTS = (
    Numbers(
        "11a", "What a click costs",
        "The user asks s1, s1 asks s2, s2 asks s3, and s3 asks s4, which always fails. A caller that gets no "
        "result tries again: the user, s1, s2 and s3 do so {retries} times, in this order. (1) How many "
        "requests are sent in all for one click? (2) How many of them reach s4? (3) Now only the user tries "
        "again, as often as before, and clicks {clicks} times: how many requests are sent in all?",
        10,
        (
            Check("requests of one click", 1.0, hints=(
                "How many requests does s1 get, and how many does s2 get for each of these?",
                "Who tries r times again asks r + 1 times. Multiply from hop to hop, then add up the hops.",
                "With two hops and 2 and 1 retries, s1 gets 3 and s2 gets 3 · 2 = 6: 9 in all.")),
            Check("requests that reach s4", 0.5, hints=(
                "Which hops does a request pass on its way to s4?",
                "Each hop multiplies by its retries and one.",
                "With two hops and 2 and 1 retries, the last one gets 3 · 2 = 6.")),
            Check("requests if only the user tries again", 0.5, hints=(
                "What does a hop without retries do with a request?",
                "It passes on one request for each that it gets: all four hops get the same number.",
                "With two hops, 2 retries of the user and 4 clicks: 3 + 3 for each click, 24 in all.")),
        ),
        draw_click, right=click,
    ),
    Practice(
        "11b", "Close with care",
        "Three shops stand in a circle ({shops}), and each asks the next one for prices. Write "
        "Answer_11b(name, callee, failures, wait, probes). Every 0.2 s it sends its callee a Request(number),"
        " with a new number and even while others are under way; it answers each Request with "
        "Result(number), of the same number. No result within 0.5 s is a failure. After {failures} failures "
        "in a row it asks nothing for {wait} s, and calls from before count no more. Then it sends one probe "
        "at a time. After {probes} good probes in a row it is closed again; after a bad one it waits "
        "{wait} s again. In each run the first shop is cut off from 1 s to 3.6 s.",
        30,
        (
            Check(flows.name, 0.75, lambda variant: flows, hints=(
                "What does your class do while it waits for a result?",
                "A call takes longer than a period. Start each call beside the others.",
                "async for number in self.every(1.0): self.spawn(self.knock(number))")),
            Check(ALONE, 1.5, keeps(ALONE), hints=(
                "When is a call a failure, and what if others began before it failed?",
                "Remember until when to be silent. A late failure of an earlier call must not count again.",
                "If a club counts its years, a ticket of last year is known by the year that is on it.")),
            Check(PROBE, 1.0, keeps(PROBE), hints=(
                "How many of your calls are under way after the wait?",
                "One flag says that a probe is out. A call may start only if it is down, or if all is well.",
                "self.probing = True before the question; False when it has ended, well or not.")),
            Check(CALLS, 0.75, keeps(CALLS), hints=(
                "Is there a way into a state that nothing leaves?",
                "A probe that does not come back is a failure, too: the next one is due after the wait.",
                "if not await self.ask(callee, Request(n), within=0.5): self.quiet = self.now + wait")),
        ),
        draw_shops, lines=40, build=build_shops, until=END,
        limits=lambda variant: Limits("crash partition cut slow drop duplicate delay",
                                      hold=0.2, slow=0.05, over=5.0),
        kinds=(CRASHES, PARTED, LOST, LATE, MIXED),
    ),
    Schedule(
        "11c", "Two of six",
        "Six agents ({callers}) call db every 0.25 s, each through its own breaker: it opens after 3 "
        "failures in a row, for 2 s, and a call fails after 0.2 s. All messages take 0.02 s. Find faults "
        "with which the breakers of {one} and {two}, and no others, are open from {at} s to {at} + 1 s "
        "without a break, although every fault is over at {at} s.",
        20,
        (
            Check("just these two are open", 2.0, hints=(
                "What must a caller see so that its breaker opens, and how long does that take?",
                "Cut off the two so early that three calls of each fail, and so late that the 2 s last.",
                "partition kim @3.5..4.8 opens the breaker of kim at about 4.2 s, until about 6.2 s.")),
            Check("with one fault", 2.0, hints=(
                "Which fault strikes two agents at once?",
                "Look at the fault that names a group of agents.",
                "partition kim,lea @3..4 cuts both off from all others.")),
        ),
        draw_pair, build=build_pair, until=16.0, broken=two_open,
        kinds=("crash", "partition", "cut"), most=lambda variant: 1,
    ),
)  # fmt: skip
