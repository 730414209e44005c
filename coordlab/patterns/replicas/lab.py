"""The replicas lab: all may write at once, cut off or not; how do their copies become equal, and how soon?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.replicas import pictures, theory
from coordlab.patterns.replicas.agents import Replica
from coordlab.patterns.replicas.checks import properties
from coordlab.patterns.replicas.lab_agents import (
    APART,
    START,
    Adopts,
    Forgets,
    faults,
    names,
    updates,
    within,
)
from coordlab.patterns.replicas.rules import MODES
from coordlab.trace.trace import FAULT, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

KINDS = {"textbook": Replica, "adopts": Adopts, "forgets": Forgets}
PARAMETERS = (
    lab.Parameter("replicas", 5, 2, 24, 1, help="how many replicas there are; each has a copy"),
    lab.Parameter("copies", "set", choices=tuple(START), group="World",
                  help="what the copies hold: a set, a register that keeps the latest stamp, a register "
                  "that keeps all concurrent writes, or a counter"),
    lab.Parameter("parted", 3.0, 0.0, 6.0, 0.5, unit="s", label="halves apart for",
                  help="how long two halves of the replicas are cut off from each other, from 2 s on"),
    lab.Parameter("ahead", 0.0, 0.0, 10.0, 0.5, unit="s", label="1's clock is ahead by",
                  help="how far the clock of 1 is ahead, so that its writes win when the latest stamp wins",
                  only_with={"copies": ("last-writer",)}),
    lab.Parameter("latency", 0.05, 0.01, 0.1, 0.01, unit="s", help="how long each message takes"),
    lab.LOSS,
    lab.Parameter("version", "textbook", choices=tuple(KINDS), group="Gossip",
                  help="adopts takes the copy that comes instead of merging it; forgets drops the record "
                  "of what was removed"),
    lab.Parameter("mode", "push-pull", choices=MODES, group="Gossip",
                  help="who learns in a call: the one called (push), the caller (pull), or both (push-pull)"),
    lab.Parameter("fan_out", 1, 1, 5, 1, label="calls in a period", group="Gossip",
                  help="how many others each replica calls in a period"),
    lab.Parameter("period", 0.5, 0.5, 1.0, 0.1, unit="s", group="Gossip",
                  help="the time between two rounds of calls"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """The replicas, of the learner's class if given."""
    world = World(seed, given["latency"], given["loss"], budget=lab.BUDGET)
    kind, changes = roles.get("replica", KINDS[given["version"]]), updates(given)
    how = {name: given[name] for name in ("mode", "period", "fan_out")}
    return world.add(
        lab.fitting(kind, name, START[given["copies"]], updates=changes.get(name, ()), **how)
        for name in names(given)
    )


def _messages(given: lab.Parameters, trace: Trace) -> lab.Theory:
    over = (pictures.ROUNDS + 0.5) * given["period"]
    reasons = {
        "messages may be lost": given["loss"] > 0 and given["mode"] != "push",
        "a fault strikes in the first three periods": any(
            event.name != "Skew" or str(event.data) not in faults(given)  # a clock that is ahead runs as fast
            for event in trace.select(kind=FAULT, before=over)
        ),
        "the run ends too early": trace.until < over,
    }
    each = theory.messages(given["replicas"], pictures.ROUNDS, given["mode"], given["fan_out"])
    return lab.Theory(each, unless=lab.why_not(reasons))


def _soon(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """Gossip may always take longer; it hardly ever takes as long as this."""
    other = [e for e in trace.select(kind=FAULT) if str(e.data) not in faults(given)]
    last = max(3.2, APART + given["parted"], *(event.time for event in trace.select("heal", "fault")))
    reasons = {
        "copies are not merged": given["version"] == "adopts",
        "another fault strikes": other,
        "the run ends too early": trace.until < last + within(given),
    }
    return lab.Theory(within(given), says="most", unless=lab.why_not(reasons))


def _mean(mode: str, says: str) -> lab.Curve:
    return lab.Curve(lambda given, replicas: theory.rounds(int(replicas), mode)[0], says)


# An answer by push-pull may tell what came in the same round, which theory leaves out.
_NEWS = {
    "push": _mean("push", "equal"),
    "pull": _mean("pull", "equal"),
    "push-pull (at most)": _mean("push-pull", "most"),
}
SPEC = lab.LabSpec(
    name="replicas",
    title="Replicas and gossip",
    question="If all may write at once, cut off or not, how do copies become equal, and how soon?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: properties(within(given)),
    measures=(
        lab.Measure("periods until all know", pictures.known_after),
        lab.Measure("messages in the first three periods", pictures.first_rounds, _messages),
        lab.Measure("equal again after, s", pictures.equal_after, _soon),
        lab.Measure("writes lost", pictures.lost),
        lab.Measure("messages in all", lambda trace: trace.count("send")),
    ),
    until=lambda given: round(max(3.2, APART + given["parted"]) + within(given) + 0.5, 1),
    limits=lambda given: lab.Limits(lab.STORMY, hold=1.0, slow=0.3, over=5.0),
    faults=faults,
    focus=lambda given: (0.0, 4.0 + given["parted"]),
    figures=(
        lab.Figure("How long does news take to reach all?", x="replicas", values=(2, 4, 8, 12, 24),
                   measure="periods until all know", theory=_NEWS,
                   series={label: {"mode": label.split()[0]} for label in _NEWS},
                   settings={"parted": 0.0, "loss": 0.0, "fan_out": 1, "version": "textbook", "period": 1.0,
                             "latency": 0.01, "until": 15.0}, replications=15),
    ),
    roles=(lab.Role("replica", Replica),),
    views=(
        lab.View("copies", "What each copy says, and how many changes of each writer it knows; blue: "
                 "all.", pictures.copies),
        lab.View("news", "How many copies know all changes so far.", pictures.up_to_date),
    ),
    schedules=(
        lab.Schedule("The newer write is lost", "Look at what stands in the end: Bern is written last, and "
                     "the clock of 1 is ahead.",
                     {"copies": "last-writer", "ahead": 5.0}),
        lab.Schedule("What was removed comes back", "Look at the bread: a replica that has not heard of "
                     "its removal brings it back.", {"version": "forgets"}),
        lab.Schedule("Sold twice", "Look at the stock after the halves meet: each half has sold 2 of the 3.",
                     {"copies": "counter"}),
    ),
    offers=lambda given: (
        lab.Offer("a replica's clock jumps ahead by 5 s", "skew {agent} x1 +5 @{at}", names(given)),
    ),
    page="coordlab.patterns.replicas.agents",
    chapter="09_conflict_resolution",
)  # fmt: skip
