"""Chapter 08, split brain: reckon with leases; write what a keeper promises; count weights, not heads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from coordlab.exercises.answers import Numbers
from coordlab.exercises.judging import WriteProperty
from coordlab.exercises.keys import DRIFT, LEASE, VERSIONS, build_keys, crashes, losses, no_two, slow_clocks
from coordlab.exercises.part import Check, Variant
from coordlab.exercises.practice import CRASHES, LATE, LOST, ORDER, RETURNS, Kind, Practice
from coordlab.patterns.leases.checks import leads, one_leader_at_once, one_leader_per_term
from coordlab.patterns.leases.rules import held, majority
from coordlab.patterns.leases.theory import overlap
from coordlab.properties import Moment, Objection, Property, always, safety
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Value
from coordlab.trace.trace import CRASH, HANDLE, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random

GUESTS = ("ada", "ben", "cleo", "dan", "eve", "finn", "gus", "hal", "ida", "jon", "kim", "lea")
PLACES = ("boat", "shed", "gate", "attic", "vault", "cellar", "tower", "barn", "mill", "dock")


# --- a: reckon with leases -------------------------------------------------------------------------------


def draw_lease(dice: Random) -> dict[str, Value]:
    """How many members there are, how long a lease is, and how far clocks are off."""
    tenths = dice.randint(10, 300)
    return {
        "members": dice.randint(5, 99),
        "lease": tenths / 10,
        "drift": dice.randint(1, 9),
        "off": dice.randint(15, 45),
    }


def reckon(variant: Variant) -> tuple[float, ...]:
    """How many must agree, how long a leader may lead, and for how long two lead if clocks are worse."""
    lease, drift, off = (float(variant[name]) for name in ("lease", "drift", "off"))
    span = held(lease, drift / 100)
    return float(majority(int(variant["members"]))), span, overlap(span, lease, off / 100)


# --- b: who has the key ----------------------------------------------------------------------------------

FIRST = ("night", "guest", "spare", "brass", "house", "yard", "lake", "iron", "roof")
SECOND = ("keys", "ring", "hook", "board", "purse", "pocket", "chain", "tags")


def draw_keys(dice: Random) -> dict[str, Value]:
    """What the state is called that says which keys a member has; the keys, and the members."""
    return {
        "word": f"{dice.choice(FIRST)}_{dice.choice(SECOND)}",
        "keys": ",".join(dice.sample(PLACES, 3)),
        "members": ",".join(dice.sample(GUESTS, 3)),
    }


# --- c: weights ------------------------------------------------------------------------------------------

SPAN, OFF, SETTLE = 0.6, 0.05, 5.0  # seconds of a lease, share of drift, seconds
WEIGHTS = ((4, 2, 1, 1, 1), (5, 3, 1, 1, 1), (6, 3, 2, 1, 1), (7, 4, 2, 1, 1))


def draw_weights(dice: Random) -> dict[str, Value]:
    """Who the members are, and what the word of each weighs."""
    weights = list(dice.choice(WEIGHTS))
    dice.shuffle(weights)
    pairs = zip(dice.sample(GUESTS, 5), weights, strict=True)
    return {"weights": ",".join(f"{name}:{weight}" for name, weight in pairs)}


def weighed(given: Value) -> dict[str, int]:
    """The weight of each member, by name."""
    pairs = (each.split(":") for each in str(given).split(","))
    return {name: int(weight) for name, weight in pairs}


def build_weights(kind: Callable[..., Agent], seed: int, weights: str) -> World:
    """Two with most of the weight are cut off for a while; later the heaviest is down, and all others count.

    Members know all weights, how long a lease is, and how far a clock may be off.
    """
    heavy = weighed(weights)
    first, second, *_ = sorted(heavy, key=lambda name: -heavy[name])
    world = World(seed, latency="uniform(0.01, 0.05)")
    world.add(kind(name, dict(heavy), SPAN, OFF) for name in heavy)
    return world.inject(f"partition {first},{second} @1..8", f"crash {first} @9")


def led(variant: Variant) -> Property:
    """After calm seconds somebody leads where most of the weight is."""
    weight = weighed(variant["weights"])

    def right(now: Moment) -> bool | str:
        if not now.calm_for(SETTLE):
            return True
        for each in now.components:
            if 2 * sum(weight[name] for name in each) > sum(weight.values()) and not any(
                now.state(name, "role") == "leads" for name in each
            ):
                return f"Nobody leads {', '.join(each)}, which have most of the weight."
        return True

    return always("most of the weight is led", right)


def chosen(variant: Variant) -> Property:
    """Who begins to lead has heard, within a lease, from members that with it have most of the weight."""
    weight = weighed(variant["weights"])

    @safety("chosen by most of the weight")
    def judge(trace: Trace) -> Iterator[Objection]:
        heard: dict[str | None, dict[str, float]] = {name: {} for name in trace.agents}
        for event in trace:
            if event.kind == CRASH:
                heard[event.agent] = {}
            elif event.kind == HANDLE:
                heard[event.agent][str(event.peer)] = event.time
            elif leads(event):
                fresh = {each for each, at in heard[event.agent].items() if at > event.time - SPAN}
                found = sum(weight[each] for each in fresh | {str(event.agent)})
                if 2 * found <= sum(weight.values()):
                    yield event, f"{event.agent} leads, and {found} of {sum(weight.values())} have answered."

    return judge


PARTS = (
    Numbers(
        "08a", "Leases in numbers",
        "{members} members elect a leader by majority. A follower promises a lease of {lease:g} s, and "
        "clocks may be off by {drift} %. Three numbers: how many members, the leader included, must agree; "
        "for how many seconds a leader may rely on the lease, by its own clock from when it asked; and, if "
        "clocks are off by {off} % instead (that of the leader slow, that of a follower fast), for how "
        "many seconds two may lead.",
        10,
        (
            Check("members that must agree", 0.5, hints=(
                "How many can two groups have that share nobody?",
                "More than half, so that any two groups share a member.",
                "Of 12 members 7 must agree.")),
            Check("seconds that a leader may lead", 0.75, hints=(
                "Whose clock may be fast, and whose slow?",
                "The follower's may be fast: its lease is over sooner. The leader's may be slow.",
                "A lease of 2 s, clocks off by 5 %: 2 · 0.95 / 1.05 = 1.81 s.")),
            Check("seconds in which two may lead", 0.75, hints=(
                "When is the follower free, in true seconds, and when does the leader stop?",
                "Divide each one's seconds by the rate of its clock: 1 + off, and 1 - off.",
                "1.81 s on a clock that is slow by 30 % are 1.81 / 0.7 = 2.59 s; 2 / 1.3 = 1.54 s: 1.05 s.")),
        ),
        draw_lease, right=reckon, within=0.005,
    ),
    WriteProperty(
        "08b", "Who has the key",
        f"In a guest house {{members}} borrow keys ({{keys}}) of a keeper: Borrow(key, asked), then "
        f"Lent(key, asked), for {LEASE:g} s by clocks that may be off by {100 * DRIFT:g} %, and GiveBack. "
        f"The state {{word}} of a member is a tuple of the keys that it has; a crash takes them all from "
        "it. Write a property answer_08b of a trace: no key is with two members at once, by true time; "
        "and who takes a key has handled a Lent for it since it started and since it last took that key. "
        "Return True, or a sentence that says what is wrong.",
        20,
        (
            Check("accepts what keeps the promise", 0.5, hints=(
                "What of a member that crashes with a key?",
                "A crash is an event of the kind \"crash\". After it the member has nothing.",
                "if event.kind == \"crash\": has[event.agent] = set()")),
            Check("catches what breaks it", 2.5, hints=(
                "Which events change who has what, and which say that it was lent?",
                "Go through the trace once. Remember for each member what it has and what it was lent.",
                "For lamps: if event.name == \"lamp\" and event.agent not in allowed: return \"no\"")),
        ),
        draw_keys, lines=15, build=build_keys, versions=len(VERSIONS), until=10.0, promise=no_two,
        schedules=(slow_clocks, crashes, losses),
    ),
    Practice(
        "08c", "Weights, not heads",
        "Five members elect a leader, and their votes have weights: {weights}. Who leads needs more than "
        "half of all weight, not of all heads. Write Answer_08c(name, weights, lease, drift): weights is a "
        "dict, lease is in seconds, and clocks are off by the share drift at most. States: role (leads, or "
        "another word) and term (a number that grows). You may build on coordlab.patterns.leases; there is "
        "no storage. The two heaviest are cut off from the others from 1 s to 8 s, the heaviest is down "
        "from 9 s on; others crash, the network is parted, messages are lost. 5 s after the last of it, "
        "those that have most of the weight have a leader; and never do two lead at once.",
        35,
        (
            Check("most of the weight is led", 1.5, led, hints=(
                "Two members with most of the weight are cut off from three. Who may lead?",
                "Look where Member compares the number of its votes with what it needs.",
                "In a club where founders count twice: sum(1 + (each in founders) for each in votes).")),
            Check("never two leaders at once", 1.0, lambda variant: one_leader_at_once, hints=(
                "When is a leader's lease over, by the clock of its followers?",
                "A leader must stop before that, from when it asked, with a margin for the drift.",
                "held(lease, drift) of coordlab.patterns.leases.rules is that time.")),
            Check("chosen by most of the weight", 1.0, chosen, hints=(
                "Whose answers has it counted, and when did they come?",
                "Votes are of one question: forget them before the next one.",
                "self.votes = {self.name} before each question, and on_vote adds the sender.")),
            Check("one leader per term", 0.5, lambda variant: one_leader_per_term, hints=(
                "May a member vote twice in a term?",
                "What it has voted must outlive a crash.",
                "self.stable[\"seen\"] = number keeps a number across crashes.")),
        ),
        draw_weights, lines=15, build=build_weights, until=15.0,
        limits=lambda variant: Limits("crash partition skew slow drop duplicate delay",
                                      hold=0.3, slow=0.03, drift=OFF, over=7.0),
        kinds=(CRASHES, RETURNS, Kind("a partition that heals", "instants", "partition"),
               Kind("a leader is cut off, and clocks drift", "overlap", "partition skew"), LOST, LATE, ORDER),
    ),
)  # fmt: skip
