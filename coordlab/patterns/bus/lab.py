"""The bus lab: what does a letter cost that arrives, and how often does it arrive?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.bus import expected, pictures, theory
from coordlab.patterns.bus.agents import Bus
from coordlab.patterns.bus.checks import properties
from coordlab.patterns.bus.client import Client
from coordlab.patterns.bus.rules import SHEDDING
from coordlab.trace.trace import NOTE
from coordlab.world.agent import Agent
from coordlab.world.world import World

VERSIONS = ("textbook", "at-most-once", "no-memory", "forgetful")
PARAMETERS = (
    lab.Parameter("publishers", 2, 1, 4, 1, group="Clients", help="how many clients publish"),
    lab.Parameter("subscribers", 3, 1, 6, 1, group="Clients", help="how many clients subscribe"),
    lab.Parameter("letters", 8, 1, 20, 1, group="Clients",
                  help="how many letters each publisher sends, one every half a second"),
    lab.Parameter("wants", "all", choices=("all", "one topic"), group="Clients",
                  help="whether each subscriber wants all letters, or only those on a topic of its own"),
    replace(lab.LOSS, default=0.1, group="Network"),
    lab.Parameter("duplicate", 0.0, 0.0, 0.5, 0.01, label="messages doubled", group="Network",
                  help="the share of messages that arrive twice"),
    replace(lab.SLOWEST, high=0.3, group="Network"),
    lab.Parameter("outage", 1.0, 0.0, 3.0, 0.5, unit="s", group="Network", help="how long the bus is down"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Bus",
                  help="at-most-once repeats nothing, so that letters may be lost; no-memory lets "
                  "subscribers forget what they acted on; forgetful empties the bus in a crash"),
    lab.Parameter("patience", 0.2, 0.1, 1.0, 0.1, unit="s", group="Bus",
                  help="after how long a message without an answer is repeated"),
    lab.Parameter("attempts", 20, 1, 30, 1, group="Bus",
                  help="how often a letter is delivered at most, before it is a dead letter"),
    lab.Parameter("bound", 10, 1, 20, 1, group="Bus", help="how many letters may wait for one subscriber"),
    lab.Parameter("shed", "oldest", choices=SHEDDING, group="Bus",
                  help="which letter is dropped when the queue is full"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A bus, and clients that publish and subscribe, of the learner's classes if given."""
    world = lab.network(given, seed)
    how = {name: given[name] for name in ("patience", "attempts", "bound", "shed")}
    world.add(lab.fitting(roles.get("bus", Bus), "bus", durable=given["version"] != "forgetful", **how))
    client = {
        "patience": given["patience"],
        "acknowledged": given["version"] != "at-most-once",
        "replay": "all",
        "idempotent": given["version"] != "no-memory",
    }
    kind, size = roles.get("client", Client), given["subscribers"]
    for number in range(1, size + 1):
        pattern = "#" if given["wants"] == "all" else f"site/{number}"
        world.add(lab.fitting(kind, f"s{number}", wants=(pattern,), **client))
    for number in range(1, given["publishers"] + 1):
        says = tuple((f"site/{each % size + 1}", each) for each in range(given["letters"]))
        world.add(lab.fitting(kind, f"p{number}", says=says, **client))
    return world


SERIES = {
    "at most once": {"version": "at-most-once"},
    "at least once, no memory": {"version": "no-memory"},
    "at least once, with a memory": {"version": "textbook"},
}
UNDISTURBED = {"outage": 0.0, "duplicate": 0.0, "attempts": 20, "bound": 20, "patience": 0.2, "slowest": 0.05}
SPEC = lab.LabSpec(
    name="bus",
    title="Message bus",
    question="How often does a letter arrive, and what does that cost?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("client", Client), lab.Role("bus", Bus)),
    properties=lambda given: properties(given["bound"], within=10.0, attempts=given["attempts"]),
    measures=(
        lab.Measure("effects per letter", pictures.effects_of_a_letter, expected.effects),
        lab.Measure("deliveries per letter", pictures.deliveries_of_a_letter),
        lab.Measure("letters missed", pictures.missed),
        lab.Measure("letters that took effect twice", pictures.twice,
                    lambda given, trace: None if given["version"] == "no-memory" else lab.Theory(0)),
        lab.Measure("dead letters", lambda trace: trace.count("DeadLetter", kind=NOTE)),
        lab.Measure("longest queue", pictures.longest_queue,
                    lambda given, trace: lab.Theory(given["bound"], "most")),
        lab.Measure("messages about letters", pictures.messages, expected.messages),
    ),
    until=expected.end,
    limits=lambda given: lab.Limits("crash partition cut slow drop", slow=0.3, over=4.0),
    faults=expected.faults,
    focus=lambda given: (0.0, 7.0),
    views=(
        lab.View("queues", "How many letters wait for each subscriber.",
                 lambda given, trace: pictures.lengths(expected.durable(given), given["bound"], trace)),
        lab.View("subscribers", "How many letters wait for each subscriber, are answered, were shed, or "
                 "are dead.",
                 lambda given, trace: pictures.subscribers(expected.durable(given), trace)),
    ),
    figures=(
        lab.Figure("How often does a letter take effect, as more messages are lost?", x="loss",
                   values=(0.0, 0.1, 0.2, 0.3, 0.4), measure="effects per letter",
                   theory={label: lab.Curve(expected.mean_effects) for label in SERIES}, settings=UNDISTURBED,
                   series=SERIES),
        lab.Figure("How often is a letter delivered until its answer arrives?", x="loss",
                   values=(0.0, 0.1, 0.2, 0.3, 0.4), measure="deliveries per letter",
                   theory={"at least once": lab.Curve(
                               lambda given, loss: theory.tries(loss),
                               applies=lambda given: given["version"] in ("textbook", "no-memory"))},
                   settings=UNDISTURBED),
    ),
    schedules=(
        lab.Schedule("At most once", "Look at the letters missed: nothing is repeated, and nobody notices.",
                     {"version": "at-most-once", "loss": 0.2}),
        lab.Schedule("Without a memory", "Look at the verdicts: an answer is lost, and s3 acts twice.",
                     {"version": "no-memory"}),
        lab.Schedule("A short queue", "Look at s1: it is down, its queue is full, and letters are shed.",
                     {"bound": 3, "outage": 0.0}, ("crash s1 @1..5",)),
    ),
    offers=lambda given: (
        lab.Offer("the bus crashes", "crash bus @{at}..{until}"),
        lab.Offer("a subscriber crashes", "crash {agent} @{at}..{until}", expected.subscribers(given)),
        lab.Offer("a subscriber is slow", "slow {agent} 0.3 @{at}..{until}", expected.subscribers(given)),
        lab.Offer("answers are lost", "cut {agent}>bus @{at}..{until}", expected.subscribers(given)),
    ),
    tones={"idle": "idle", "busy": "active"},
    page="coordlab.patterns.bus.agents",
    chapter="14_coordination_tax",
)  # fmt: skip
