"""The HTN lab: when does a mistake show, and what does it cost to go back?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.htn import pictures, theory
from coordlab.patterns.htn.agents import Actor, Environment
from coordlab.patterns.htn.checks import properties
from coordlab.patterns.htn.domains import WAYS
from coordlab.patterns.htn.lab_agents import LEAVES, TASKS, VERSIONS, begins, domain_of
from coordlab.properties import recorded
from coordlab.trace.trace import SEND, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

PARAMETERS = (
    lab.Parameter("task", "outing", choices=TASKS, group="Task",
                  help="outing: go to a concert in the park, by taxi if it can be paid; lock: find how a "
                  "lock opens"),
    lab.Parameter("cash", 10.0, 0.0, 20.0, 1.0, group="Task", only_with={"task": ("outing",)},
                  help="how much money alice has; the taxi costs 5.5, the ticket 4"),
    lab.Parameter("ways", "taxi-first", choices=tuple(WAYS), group="Task", label="order of methods",
                  only_with={"task": ("outing",)}, help="which way to travel is tried first"),
    lab.Parameter("taken", True, group="Task", label="the taxi is taken", only_with={"task": ("outing",)},
                  help=f"whether somebody else takes the taxi after {LEAVES:g} s"),
    lab.Parameter("dials", 3, 1, 6, 1, group="Task", only_with={"task": ("lock",)},
                  help="how many dials the lock has; each is a task"),
    lab.Parameter("positions", 3, 2, 4, 1, group="Task", only_with={"task": ("lock",)},
                  help="how many positions a dial has; each is a method, and the last one is right"),
    lab.Parameter("mistakes", "at-the-end", choices=("at-once", "at-the-end"), group="Task",
                  only_with={"task": ("lock",)}, label="mistakes show",
                  help="when a wrong position shows: at once, as only the right one clicks, or when the "
                  "lock does not open"),
    lab.Parameter("version", "textbook", choices=tuple(VERSIONS), group="Actor",
                  help="greedy never gives up a method; eyes-shut does not look at what became of its "
                  "actions"),
    lab.Parameter("limit", 10_000, 10, 10_000, 10, group="Actor", label="search limit",
                  help="how many tasks one search may look at"),
    lab.Parameter("plans", 20, 1, 20, 1, group="Actor", help="how many plans alice makes at most"),
    lab.Parameter("failing", 0.0, 0.0, 0.9, 0.1, group="World", help="how often an action fails"),
    lab.Parameter("pace", 0.5, 0.1, 0.8, 0.1, unit="s", group="World", help="how long an action takes"),
    lab.SLOWEST,
    lab.LOSS,
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """An environment, and alice, of the learner's class if given."""
    world, (facts, tasks) = lab.network(given, seed), begins(given)
    leaves = given["task"] == "outing" and given["taken"]
    changes = ((LEAVES, (("taxi is free", False),)),) if leaves else ()
    domain = domain_of(given)
    world.add(Environment(facts, domain, changes, given["pace"], given["failing"]))
    settings = {"attempts": given["plans"], "limit": given["limit"]}
    return world.add(
        lab.fitting(roles.get("actor", VERSIONS[given["version"]]), "alice", tasks, domain, **settings)
    )


def _tried(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    if given["task"] != "lock" or given["version"] != "textbook":
        return None
    expected = theory.tried(given["positions"], given["dials"], given["mistakes"] == "at-once")
    reasons = {
        "there was no search": pictures.first_effort(trace) is None,
        "the search came to its limit": any(e.data.status == "limit" for e in recorded(trace, "GivenUp")),
    }
    return lab.Theory(expected, unless=lab.why_not(reasons))


def _messages(given: lab.Parameters, trace: Trace) -> lab.Theory:
    asked = trace.count("Observe", kind=SEND) + trace.count("Do", kind=SEND)
    plans, actions = len(pictures.searches(trace)), pictures.actions_tried(trace)
    unless = lab.why_not({
        **lab.disturbed(trace),
        "alice asks a second time, or the run ends before she is done": asked != plans + actions
        or trace.count("send") % 2,
    })  # fmt: skip
    return lab.Theory(theory.messages(actions, plans), unless=unless)


def _search(at_once: bool) -> lab.Curve:
    return lab.Curve(lambda given, dials: theory.tried(given["positions"], int(dials), at_once))


_LOCK: dict[str, Any] = {"task": "lock", "version": "textbook", "limit": 10_000, "plans": 20, "loss": 0.0}
SPEC = lab.LabSpec(
    name="htn",
    title="HTN planning",
    question="When does a mistake show, and what does it cost to go back?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("actor", Actor),),
    properties=lambda given: properties(domain_of(given), within=18.0),
    measures=(
        lab.Measure("plans", lambda trace: trace.count("Planned", kind="decision")),
        lab.Measure("steps tried by the first search", pictures.first_effort, _tried),
        lab.Measure("actions tried", pictures.actions_tried),
        lab.Measure("done at, s", pictures.done_at),
        lab.Measure("messages in all", lambda trace: trace.count("send"), _messages),
    ),
    until=20.0,
    limits=lambda given: lab.Limits(lab.STORMY, hold=1.0, slow=0.3, over=6.0),
    lanes=lambda given: ("alice", "site"),
    focus=lambda given: (0.0, 4.0),
    views=(
        lab.View("tree", "Each plan from its tasks down to its actions, with what was in the way and what "
                 "came of it.",
                 pictures.tree),
        lab.View("facts", "The facts of the world; planning changes none of them.", pictures.facts),
    ),
    figures=(
        lab.Figure("How much does a search try, if a mistake shows at once, or only at the end?", x="dials",
                   values=(1, 2, 3, 4, 5, 6), measure="steps tried by the first search",
                   theory={"at-once": _search(True), "at-the-end": _search(False)},
                   series={each: {"mistakes": each} for each in ("at-once", "at-the-end")}, settings=_LOCK,
                   replications=1),
        lab.Figure("How many actions does it take to be done, if some fail?", x="failing",
                   values=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5), measure="actions tried",
                   theory={"actions / (1 - p)": lab.Curve(
                               lambda given, failing: theory.actions_tried(given["dials"] + 1, failing))},
                   settings=_LOCK, replications=40),
    ),
    schedules=(
        lab.Schedule("The taxi is too expensive in the end",
                     "Look at the tree: alice can pay the taxi, but then no ticket. The search goes back "
                     "and takes the bus.", {"cash": 8.0, "taken": False}),
        lab.Schedule("No way back", "Look at alice: she gives up before her first action, though a bus runs.",
                     {"cash": 8.0, "taken": False, "version": "greedy"}),
        lab.Schedule("Eyes shut", "Look at the tree: the taxi is gone, every action fails, and alice says "
                     "that she is done.", {"version": "eyes-shut"}),
    ),
    offers=lambda given: (
        lab.Offer("alice crashes and comes back", "crash alice @{at}..{until}", (), 1.0),
        lab.Offer("the world crashes and comes back", "crash site @{at}..{until}", (), 1.0),
        lab.Offer("alice gets no answers", "cut site>alice @{at}..{until}", (), 3.0),
    ),
    tones={"planning": "between", "acting": "active", "done": "idle", "gave up": "failed"}
    | {"quiet": "idle", "busy": "active"},
    page="coordlab.patterns.htn.agents",
    chapter="06_htn_planning",
)  # fmt: skip
