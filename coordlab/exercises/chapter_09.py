"""Chapter 09, conflict resolution: count a chain; let the newest write lose; sell no ticket twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from coordlab.exercises.answers import Numbers, Schedule
from coordlab.exercises.part import Check, Variant
from coordlab.exercises.practice import CRASHES, LATE, LOST, ORDER, PARTED, RETURNS, Practice
from coordlab.exercises.tickets import (
    NAMES,
    build_shops,
    draw_shops,
    in_one_place,
    never_oversold,
    once_each,
    sold_out,
)
from coordlab.patterns.conflict.agents import Human, Proposer, Resolver
from coordlab.patterns.conflict.rules import Policy
from coordlab.patterns.replicas.agents import Replica
from coordlab.patterns.replicas.rules import LastWriter, Update
from coordlab.properties import Objection, Property, safety
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Value
from coordlab.trace.trace import DECISION, STATE, Trace
from coordlab.world.world import World

if TYPE_CHECKING:
    from random import Random


# --- a: what a chain costs -------------------------------------------------------------------------------


def draw_chain(dice: Random) -> dict[str, Value]:
    """How many propose, how many of them are silent, how often they are asked, and how long it all takes."""
    agents = dice.randint(6, 40)
    return {
        "agents": agents,
        "silent": dice.randint(2, 5),
        "retries": dice.randint(2, 6),
        "patience": dice.randint(2, 9) / 10,
        "takes": dice.randint(11, 49) / 10,
    }


def chain(variant: Variant) -> tuple[float, ...]:
    """The Ask and Proposal messages of a conflict, and the seconds until it is settled."""
    agents, silent = int(variant["agents"]), int(variant["silent"])
    policy = Policy(
        ("retry", "escalate", "default"),
        retries=int(variant["retries"]),
        patience=float(variant["patience"]),
        hearing=10.0,
    )
    world = World(0, latency=0.000_001).add(Resolver(policy, ["name"], human="eve"))
    world.add(Human("eve", takes=float(variant["takes"])))
    world.add(Proposer(f"p{number}", {"name": number}) for number in range(agents))
    trace = world.inject(*(f"crash p{number} @0" for number in range(silent))).run(policy.bound + 1).trace
    settled = trace.select("Resolved", kind=DECISION)[0].time
    return float(trace.count("Ask")), float(trace.count("Proposal")), round(settled, 3)


# --- b: the newest write loses ---------------------------------------------------------------------------


def draw_writes(dice: Random) -> dict[str, Value]:
    """Who writes when, in tenths of a second, and whose write is to stand though another is newer."""
    times = sorted(dice.sample(range(20, 90, 5), 4))
    names = dice.sample(NAMES, 4)
    writes = [f"{name}:{at / 10:g}" for name, at in zip(names, times, strict=True)]
    winner, last = dice.choice(names[:3]), names[3]
    dice.shuffle(writes)
    return {"writes": ",".join(writes), "stands": winner, "last": last}


def moments_of(writes: Value) -> dict[str, float]:
    """When each writes, by its clock."""
    pairs = (each.split(":") for each in str(writes).split(","))
    return {name: float(at) for name, at in pairs}


def build_writes(seed: int, writes: str, **_: Value) -> World:
    """Replicas of a register in which the latest stamp wins; each writes its own name once."""
    world = World(seed, latency=0.02)
    return world.add(
        Replica(name, LastWriter(), [Update(at, "write", name)]) for name, at in moments_of(writes).items()
    )


def newest_stands(variant: Variant) -> Property:
    """It is not so that all wrote, `last` at last, and all copies say `stands` in the end."""
    stands, last = str(variant["stands"]), str(variant["last"])

    @safety(f"{stands} does not stand against {last}")
    def judge(trace: Trace) -> Iterator[Objection]:
        wrote = [str(event.agent) for event in trace.select("Update", kind=DECISION)]
        said = {event.agent: event for event in trace.select("role", kind=STATE)}
        all_wrote = sorted(wrote) == sorted(trace.agents) and wrote[-1] == last
        if all_wrote and len(said) == len(wrote) and all(each.data == stands for each in said.values()):
            yield max(said.values()), f"All wrote, {last} wrote last, and {stands} stands in all copies."

    return judge


PARTS = (
    Numbers(
        "09a", "What a chain costs",
        "{agents} agents each want another value to stand, and nobody gives way. The resolver asks all; "
        "then it asks all again, {retries} times; each time it waits {patience:g} s for answers, as "
        "{silent} of the agents are down. At last it asks a human, who takes {takes:g} s, and decides. "
        "Messages take no time. How many Ask messages are sent, how many Proposal messages, and after how "
        "many seconds is it settled?",
        10,
        (
            Check("Ask messages", 0.5, hints=(
                "How often is each agent asked?",
                "Once, and once more for each retry. The resolver does not know who is down.",
                "4 agents and 2 retries: 4 · 3 = 12.")),
            Check("Proposal messages", 0.75, hints=(
                "Who answers?",
                "Each agent that is up answers each time.",
                "4 agents of which 1 is down, and 2 retries: 3 · 3 = 9.")),
            Check("seconds until it is settled", 0.75, hints=(
                "When does the resolver stop waiting, if somebody is silent?",
                "Each round lasts the whole patience; then comes the human.",
                "3 rounds of 0.4 s and a human who takes 2 s: 3.2 s.")),
        ),
        draw_chain, right=chain, within=0.001,
    ),
    Schedule(
        "09b", "The newest write loses",
        "Four agents keep copies of a note, and the latest stamp wins. Each writes its own name once, when "
        "its own clock says so: {writes} s. Find faults with which all four write, {last} writes last by "
        "true time, and yet at 16 s all copies say {stands}.",
        15,
        (
            Check("the newest write is lost", 1.5, hints=(
                "From where does a write have its stamp?",
                "From the clock of its author. A clock may jump ahead, or run too fast or too slow.",
                "skew zoe x1 +5 @2: at 2 s her clock jumps ahead; what was due by then she does at once.")),
            Check("with one fault", 1.5, hints=(
                "Which one clock must be wrong, and in which direction?",
                "The stamp that wins must be later than all others, whatever the true time.",
                "zoe writes at 4 by her clock, yan at 6: a jump of 9 s stamps hers with 9 or more.")),
        ),
        draw_writes, build=build_writes, until=16.0, broken=newest_stands,
        kinds=("skew", "partition", "cut", "pause", "crash"), most=lambda variant: 1,
    ),
    Practice(
        "09c", "Sell no ticket twice",
        "Four shops sell tickets for one concert ({shops}: the name, its tickets, its customers), and more "
        "customers come than there are tickets. A counter that merges would sell too many. Write "
        "Answer_09c(name, tickets, customers): tickets is how many this shop has at the start, customers "
        "when each of its customers comes, by its clock, and each waits until served. States: sold, how "
        "many this shop has sold, and left, how many it has. A shop without tickets must get some from "
        "another. Shops crash and return, messages are lost or come twice, the network is parted. 8 s "
        "after the last of it all tickets are sold; never is one sold twice.",
        35,
        (
            Check("all tickets are sold", 1.5, sold_out, hints=(
                "What if the message that brings a ticket is lost?",
                "Ask again until it comes, also if you need it no more; the giver must know the request.",
                "A librarian notes: request 3 of ann, book 7. Sent again, it gets the same answer.")),
            Check("no more are sold than there are", 1.0, never_oversold, hints=(
                "May a shop sell a ticket that it does not have?",
                "Sell only while left is above 0, and take one off for each sale.",
                "A jar with 3 sweets: if jar: jar -= 1; eaten += 1.")),
            Check("one for each customer", 0.5, once_each, hints=(
                "What does a shop know after a crash?",
                "Only what is in self.stable, which it must read in __init__.",
                "self.pages = self.stable.get(\"pages\", 0)")),
            Check("each ticket is in one place", 1.0, in_one_place, hints=(
                "A message that brings tickets comes twice. How many are there now?",
                "Number the requests, and take the answer to the open one only.",
                "if message.number == self.open: self.open += 1, and then take what it brings.")),
        ),
        draw_shops, lines=35, build=build_shops, until=16.0,
        limits=lambda variant: Limits("crash partition cut slow drop duplicate delay",
                                      hold=0.5, slow=0.05, over=7.0),
        kinds=(CRASHES, RETURNS, PARTED, LOST, LATE, ORDER),
    ),
)  # fmt: skip
