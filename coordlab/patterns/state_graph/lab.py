"""The state graph lab: what runs next, how often, and who may write what at the same time?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.orchestration.agents import Member
from coordlab.patterns.orchestration.turns import TONES
from coordlab.patterns.state_graph import expected, theory
from coordlab.patterns.state_graph.agents import Editor, Runner, node
from coordlab.patterns.state_graph.checks import properties
from coordlab.patterns.state_graph.lab_agents import edges, graph, once, reviewed, sound
from coordlab.patterns.state_graph.pictures import ended, executions, running, state, steps
from coordlab.world.agent import Agent
from coordlab.world.world import World

VERSIONS = ("textbook", "plain-edges", "last-value")
PARAMETERS = (
    lab.Parameter("stages", 1, 1, 4, 1, group="Graph",
                  help="how many diamonds the graph has, one after the other"),
    lab.Parameter("arm", 1, 0, 3, 1, group="Graph", label="longer arm",
                  help="how many more nodes one arm of a diamond has than the other"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Graph",
                  help="textbook lets the arms meet in a join; plain-edges lets each arm start what "
                  "follows; last-value lets arms write one key that has no merge"),
    lab.Parameter("drafts", 0, 0, 3, 1, group="Editor",
                  help="which draft a human publishes, after the earlier ones have gone back; 0: nobody "
                  "is asked"),
    lab.Parameter("limit", 25, 1, 40, 1, group="Runner", label="most super-steps",
                  help="how many super-steps a run may take; more is an error"),
    lab.Parameter("work", 0.5, 0.1, 2.0, 0.1, unit="s", group="Runner", help="how long a node works"),
    lab.Parameter("latency", 0.05, 0.01, 0.5, 0.01, unit="s", group="Runner",
                  help="how long each message takes"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A runner, its nodes, and an editor, of the learner's classes if given."""
    made, last = graph(given), f"join{given['stages']}"
    world = World(seed, given["latency"], budget=lab.BUDGET)
    human = "ed" if given["drafts"] else None
    world.add(Runner(made, {"runs": 0, "draft": 0}, given["limit"], human, patience=patience(given)))
    works: dict[str, Callable[..., object]] = {
        **dict.fromkeys(made.nodes, lambda state: {"runs": 1}),
        last: lambda state: {"runs": 1, "draft": 1},
        "review": reviewed,
    }
    kind = roles.get("node", Member)
    world.add(lab.fitting(kind, name, node(works[name]), seconds=given["work"]) for name in made.nodes)
    return world.add(lab.fitting(roles.get("editor", Editor), "ed", given["drafts"])) if human else world


def patience(given: lab.Parameters) -> float:
    """How many seconds a node has: three times what it takes."""
    return float(3 * given["work"] + 2 * given["latency"])


def end(given: lab.Parameters) -> float:
    """When the graph has stopped in any case: as long as the joins take, the editor, and one silent node."""
    depth = theory.super_steps(edges(given["stages"], given["arm"])) + 2 * given["drafts"]
    asked = given["drafts"] * (1 + 2 * given["latency"])
    return float(round(depth * (given["work"] + 2 * given["latency"]) + asked + patience(given) + 2, 1))


SPEC = lab.LabSpec(
    name="state_graph",
    title="State graph",
    question="What runs next, how often, and who may write what at the same time?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("node", Member), lab.Role("editor", Editor)),
    properties=lambda given: (
        *properties(graph(given), given["limit"], end(given), commutative=given["version"] != "last-value"),
        sound,
        *(() if given["drafts"] else (once,)),
    ),
    measures=(
        lab.Measure("executions of nodes", executions, expected.calls),
        lab.Measure("super-steps", steps, expected.depth),
        lab.Measure("stopped after, s", lambda trace: (ended(trace) or (None, None))[1], expected.seconds),
        lab.Measure("reason for the end", lambda trace: (ended(trace) or (None, None))[0]),
    ),
    until=end,
    limits=lambda given: lab.Limits("crash cut slow drop duplicate delay", hold=1.0, slow=0.3, over=3.0),
    focus=lambda given: (0.0, 6 * (given["work"] + 2 * given["latency"])),
    views=(
        lab.View("graph", "Which nodes run, how often they have, and which one asks.", running),
        lab.View("state", "What the nodes have written, merged after each super-step.", state),
    ),
    figures=(
        lab.Figure("How often do nodes run, with joins and with plain edges?", x="stages",
                   values=(1, 2, 3, 4), measure="executions of nodes",
                   theory={"textbook": expected.curve(True), "plain-edges": expected.curve(False)},
                   series={each: {"version": each} for each in ("textbook", "plain-edges")}, replications=1),
    ),
    schedules=(
        lab.Schedule("Plain edges", "Look at the last node, to which two arms lead: how often does it run?",
                     {"version": "plain-edges"}),
        lab.Schedule("Two write one key", "Look at the second super-step: two nodes write one key, which "
                     "is an error.",
                     {"version": "last-value"}),
        lab.Schedule("An editor, and a crash", "Look at the graph: after the crash it goes on where it was.",
                     {"drafts": 2}, ("crash graph @1..2",)),
    ),
    offers=lambda given: (
        lab.Offer("the runner crashes and comes back", "crash graph @{at}..{until}", (), 1.0),
        lab.Offer("a node crashes", "crash {agent} @{at}", tuple(graph(given).nodes)),
        lab.Offer("a node is slow", "slow {agent} 10 @{at}..{until}", tuple(graph(given).nodes)),
    ),
    tones=TONES,
    page="coordlab.patterns.state_graph.agents",
    chapter="15_orchestration_styles",
)  # fmt: skip
