"""Chapter 14, the coordination tax: three numbers; letters once and in order; a tree around its gaps."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from coordlab.exercises.answers import Numbers
from coordlab.exercises.gathering import (
    DEADLINE,
    END,
    TRIES,
    WAIT,
    all_in,
    boss_of,
    build_tree,
    counted_once,
    draw_tree,
    step_by_step,
)
from coordlab.exercises.judging import WriteProperty
from coordlab.exercises.letters import (
    VERSIONS,
    build_letters,
    delays,
    draw_letters,
    losses,
    once_in_order,
    returns,
)
from coordlab.exercises.part import Check, Variant
from coordlab.exercises.practice import CRASHES, LATE, LOST, ORDER, RETURNS, Kind, Practice
from coordlab.trace.limits import Limits
from coordlab.trace.scenario import Value

if TYPE_CHECKING:
    from random import Random

# --- a: what a bus costs ----------------------------------------------------------------------------------


def draw_bus(dice: Random) -> dict[str, Value]:
    """The size of a team, per cent of messages that are lost, and per cent of contention and coherency."""
    return {
        "agents": dice.randint(20, 150),
        "lost": dice.randint(5, 30),
        "contention": dice.randint(5, 30),
        "coherency": round(dice.uniform(0.05, 0.95), 2),
    }


def bus_costs(variant: Variant) -> tuple[float, ...]:
    """How many channels a bus saves, how many deliveries a round takes, and the team that does the most."""
    agents, arrive = int(variant["agents"]), 1 - float(variant["lost"]) / 100
    contention, coherency = float(variant["contention"]) / 100, float(variant["coherency"]) / 100
    saved = agents * (agents - 1) / 2 - agents
    return saved, agents * (agents - 1) / arrive**2, sqrt((1 - contention) / coherency)


SEVERAL = Kind("several faults at once", "anything", "crash slow drop duplicate delay")


PARTS = (
    Numbers(
        "14a", "What a bus costs",
        "A team has {agents} agents. In each round each publishes one letter, and each gets the letters of "
        "all others. (1) How many channels fewer does the team need with a bus than with a mesh? (2) The bus "
        "repeats each delivery until a receipt comes back. Of all deliveries, and of all receipts, {lost} % "
        "are lost, each by chance. How many deliveries does the bus send in a round, on average? "
        "(3) Measured in small teams, contention is {contention} %, coherency {coherency} %. How many agents "
        "do the most work by the universal scalability law? Do not round; half a per cent off is right.",
        10,
        (
            Check("channels that a bus saves", 0.5, hints=(
                "How many pairs are there, and how many agents does a bus know?",
                "A mesh has a channel for each pair, a bus one for each agent.",
                "6 agents: 15 pairs, 6 channels to the bus, so 9 fewer.")),
            Check("deliveries in a round", 0.75, hints=(
                "How likely is it that one try is the last one?",
                "Delivery and receipt must both arrive. Divide by the probability of that.",
                "3 agents: 6 deliveries. If half of all are lost, one try in 4 is the last: 24.")),
            Check("agents that do the most", 0.75, hints=(
                "At which size does one agent more cost as much as it brings?",
                "At the root of (1 - contention) / coherency, both as shares and not in per cent.",
                "Contention 19 %, coherency 1 %: the root of 0.81 / 0.01 is 9.")),
        ),
        draw_bus, right=bus_costs, within=0.005,
    ),
    WriteProperty(
        "14b", "Once and in order",
        "The writers {writers} publish letters on a bus: Publish(letter, topic), where ann.3 is the third "
        "letter of ann. Readers want one topic each: {readers}. A reader sends Subscribe, and handles "
        "Subscribed. Its state {word} is a tuple of the letters that it has read since it started; a crash "
        "empties it, and after its return the reader subscribes again. Write a property answer_14b of a "
        "trace. For each reader, since its last start: no letter is read twice; letters of one writer are "
        "read in the order of their numbers; and if it is up at the end, it has read each letter on its "
        "topic that was first sent to the bus after the reader handled Subscribed. Earlier letters may be "
        "there or not. Return True, or a sentence that says what is wrong.",
        25,
        (
            Check("accepts what keeps the promise", 0.5, hints=(
                "Which letters need a reader not have? Think of one that comes late, or returns.",
                "What it handled before a crash counts no more. It is due letters again from Subscribed on.",
                "if event.kind == \"crash\": read[event.agent], due[event.agent] = (), None")),
            Check("catches what breaks it", 2.5, hints=(
                "Which three things can go wrong with a list of letters?",
                "One twice, one too late, one missing. What is missing shows only at the end.",
                '"ann.12".split(".") is ["ann", "12"]. Compare numbers: "12" < "3" is True.')),
        ),
        draw_letters, lines=30, build=build_letters, versions=len(VERSIONS), until=12.0,
        promise=once_in_order, schedules=(losses, returns, delays),
    ),
    Practice(
        "14c", "A tree around its gaps",
        "Seven members form a tree, and each has a number: {members}. The first is the boss; the second and "
        "the third report to it; the fourth and the fifth report to the second, the last two to the third. "
        "Write Answer_14c(name, above, below, number): above is a tuple of its parent, the parent of that, "
        "and so on up to the boss, below a tuple of its children. Members send the message Report upwards; "
        "Report.names is a tuple of all whose numbers it brings, and all else in it is up to you. By "
        f"{DEADLINE:g} s at the latest the boss, and only it, calls self.decide(Total(names, amount)), once, "
        "where amount is the sum of the numbers of these members. "
        f"A member reports when all its children are in its report, or {WAIT:g} s after its start; what it "
        f"hears later it reports later. Only when it has sent {TRIES} Reports to its parent since its start "
        "may it send one to the next above. "
        "In each run the second or the third crashes for ever in the first 0.1 s, a child "
        "of the other one does before anybody hears of it, and nothing that the boss sends to that other "
        "one arrives until 1.3 s. Others crash too, but not the boss; who returns has lost what it knew. "
        "Messages get lost, late and doubled. In the Total must be the number of all who never crash.",
        40,
        (
            Check("the boss has the number of all who never crashed", 2.0, all_in, hints=(
                "Your parent has your report, and crashes for ever. Who knows your number now?",
                "A receipt must mean that the boss has it. Ask again until then, your parent first.",
                "await self.until(lambda: message.letter in self.filed), then return Filed(message.letter)")),
            Check("one total, with each number once", 1.0, counted_once, hints=(
                "What if a report comes twice, or on two ways?",
                "Sums cannot be told apart. Keep the number of each name, and add them up at the end.",
                "self.votes |= dict(message.votes) counts nobody twice.")),
            Check(f"children are waited for, and parents tried {TRIES} times", 1.0, step_by_step, hints=(
                "When does your class send its first Report, and to whom?",
                f"First wait for the children, within {WAIT:g} s; then go through `above` in order.",
                "await self.until(lambda: {*self.guests} <= {*self.arrived}, within=2.5)")),
        ),
        draw_tree, lines=40, build=build_tree, until=END,
        limits=lambda variant: Limits("crash slow drop duplicate delay", hold=0.5, slow=0.05,
                                      spared=(boss_of(variant),)),
        kinds=(CRASHES, RETURNS, LOST, LATE, ORDER, SEVERAL),
    ),
)  # fmt: skip
