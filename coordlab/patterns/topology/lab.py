"""The coordination tax lab: who tells whom, and when does one more agent slow all down?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.topology import theory
from coordlab.patterns.topology.agents import Member, Server
from coordlab.patterns.topology.checks import properties
from coordlab.patterns.topology.pictures import busiest, milliseconds, progress, sent, task_time, team
from coordlab.patterns.topology.rules import STEPS
from coordlab.trace.trace import FAULT, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

CLOSED = ("mesh", "star", "bus")  # the styles whose time has a closed form
PARAMETERS = (
    lab.Parameter("version", "tree", choices=tuple(STEPS), label="who tells whom", group="Team",
                  help="mesh: each member tells each; star: all tell one hub; tree: each tells its parent "
                  "and children; bus: all tell a broker; gossip: members ask others at random"),
    lab.Parameter("agents", 7, 2, 12, 1, group="Team", help="how many members the team has"),
    lab.Parameter("branching", 2, 1, 6, 1, group="Team", help="how many children a member of the tree has",
                  only_with={"version": ("tree",)}),
    lab.Parameter("rounds", 3, 1, 5, 1, group="Work",
                  help="how many tasks each member does; after each all must know what all found"),
    lab.Parameter("work", 1.0, 0.1, 2.0, 0.1, unit="s", group="Work", help="how long one task takes"),
    lab.Parameter("handling", 0.05, 0.0, 0.2, 0.01, unit="s", group="Network",
                  help="how long a member takes to send or to handle one message, one at a time"),
    lab.Parameter("latency", 0.02, 0.01, 0.5, 0.01, unit="s", group="Network",
                  help="how long each message takes"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """The members, of the learner's class if given, and the broker of a bus."""
    world, size, style = World(seed, given["latency"], budget=lab.BUDGET), given["agents"], given["version"]
    how = {name: given[name] for name in ("rounds", "work", "handling", "branching")}
    kind = roles.get("member", Member)
    world.add(lab.fitting(kind, number, style, size, **how) for number in range(1, size + 1))
    if style == "bus":
        world.add(Server("bus", style, size, given["handling"], given["branching"]))
    return world


def _messages(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    if given["version"] == "gossip":
        return None
    each = theory.messages(given["version"], given["agents"])
    return lab.Theory(each * given["rounds"], unless=_other_experiment(trace))


def _time(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """One round; in more, those who know everything first go on, so that a round hides in the next."""
    if given["version"] not in CLOSED:
        return None
    says, hidden = "equal" if given["rounds"] == 1 else "most", _hidden(given, given["agents"])
    unless = _other_experiment(trace) or ("" if hidden else "the latency exceeds n - 2 times the handling")
    return lab.Theory(_task(given["version"], given, given["agents"]), says, unless)


def _hidden(given: lab.Parameters, agents: float) -> bool:
    """Whether the latency hides behind the handling, as the closed form of the mesh takes for granted."""
    return bool(given["version"] != "mesh" or given["latency"] <= (agents - 2) * given["handling"])


def _task(style: str, given: lab.Parameters, agents: float) -> float:
    """Seconds for each task of a round, as precise as they are counted."""
    one_round = theory.seconds(style, int(agents), given["latency"], given["handling"])
    return milliseconds((given["work"] + one_round) / agents)


def _other_experiment(trace: Trace) -> str:
    late = "" if task_time(trace) else "the run ends before the work is done"
    return "a fault strikes" if trace.select(kind=FAULT) else late


def _curve(style: str) -> lab.Curve:
    return lab.Curve(
        lambda given, agents: _task(style, given, agents),
        says="most",
        applies=lambda given: bool(given["latency"] <= given["handling"]),
    )


def in_time(given: lab.Parameters) -> float:
    """Seconds in which any team is done, by and large: half as long again as its style should take."""
    style, agents, trip = given["version"], given["agents"], given["latency"] + 4 * given["handling"]
    if style in CLOSED:
        sharing = theory.seconds(style, agents, given["latency"], given["handling"])
    elif style == "tree":
        width = 2 * (given["branching"] + 1) * given["handling"]
        sharing = 2 * theory.depth(agents, given["branching"]) * (given["latency"] + width)
    else:
        sharing = 4 * theory.gossip_rounds(agents) * trip
    return float(round(1.5 * given["rounds"] * (given["work"] + sharing), 2))


SPEC = lab.LabSpec(
    name="topology",
    title="Coordination tax",
    question="Who tells whom, and when does one more agent slow all down?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("member", Member),),
    properties=lambda given: properties(given["version"], given["agents"], given["rounds"], in_time(given)),
    measures=(
        lab.Measure("messages", sent, _messages),
        lab.Measure("seconds per task", task_time, _time),
        lab.Measure("messages of the busiest agent", busiest),
    ),
    until=lambda given: round(1.2 * in_time(given), 1),
    limits=lambda given: lab.Limits("slow duplicate delay", hold=1.0, slow=0.3, over=4.0),
    focus=lambda given: (0.0, 3 * given["work"]),
    views=(
        lab.View("team", "Who tells whom, and how many messages each member has handled.", team),
        lab.View("progress", "How many tasks are done.", progress),
    ),
    figures=(
        lab.Figure("Are more agents faster?", x="agents", values=(2, 3, 4, 5, 6, 8, 10, 12),
                   measure="seconds per task", theory={style: _curve(style) for style in CLOSED},
                   series={style: {"version": style} for style in (*CLOSED, "tree")}, replications=1),
    ),
    schedules=(
        lab.Schedule("Twelve agents and a broker",
                     "Look at the bus: it is busy all the time, and all wait for it.",
                     {"version": "bus", "agents": 12}),
        lab.Schedule("Twelve agents in a tree",
                     "Look at the load: nobody handles more than a few messages per round.",
                     {"version": "tree", "agents": 12, "branching": 3}),
        lab.Schedule("The hub crashes", "Look for the round that never ends: all wait for the hub, agent 1.",
                     {"version": "star"}, ("crash 1 @2",)),
    ),
    offers=lambda given: (
        lab.Offer("a member crashes", "crash {agent} @{at}", lab.numbered("", given["agents"])),
        lab.Offer("a member is slow", "slow {agent} 5 @{at}..{until}", lab.numbered("", given["agents"])),
    ),
    tones={"works": "active", "shares": "between", "is done": "normal"},
    page="coordlab.patterns.topology.agents",
    chapter="14_coordination_tax",
)  # fmt: skip
