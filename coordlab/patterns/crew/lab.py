"""The crew lab: who does which task when, and what do guardrails and a manager cost?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.crew import expected, theory
from coordlab.patterns.crew.agents import Crew, Manager
from coordlab.patterns.crew.checks import properties
from coordlab.patterns.crew.expected import DECIDING, PLANNING
from coordlab.patterns.crew.lab_agents import MANAGER, PLANNER, RESEARCHERS, WRITER, Worker, tasks
from coordlab.patterns.crew.pictures import makespan, passed, progress, refused, schedule
from coordlab.patterns.orchestration.rules import Rights
from coordlab.patterns.orchestration.turns import TONES, is_turn, turns
from coordlab.world.agent import Agent
from coordlab.world.world import World

VERSIONS = ("textbook", "sequential", "hierarchical", "no-guardrail")
PARAMETERS = (
    lab.Parameter("parts", 3, 1, 6, 1, group="Work",
                  help="how many parts are researched between the plan and the report"),
    lab.Parameter("research", 3.0, 0.5, 5.0, 0.5, unit="s", group="Work",
                  help="how long the research on each part takes"),
    lab.Parameter("report", 1.0, 0.5, 5.0, 0.5, unit="s", group="Work",
                  help="how long each draft of the report takes"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Crew",
                  help="textbook works on the parts side by side; sequential on one after the other and "
                  "hierarchical through a manager, which break nothing and cost time and turns; "
                  "no-guardrail lets nobody check the report"),
    lab.Parameter("chance", 0.6, 0.0, 1.0, 0.05, group="Guardrail", label="chance of a good draft",
                  help="how likely a draft is as short as it must be"),
    lab.Parameter("retries", 3, 0, 6, 1, group="Guardrail", help="how often a draft may be refused",
                  not_with={"version": ("no-guardrail",)}),
    lab.Parameter("failing", 0.0, 0.0, 1.0, 0.05, group="World", help="how often a turn ends in an error"),
    lab.Parameter("tries", 1, 1, 5, 1, group="Crew",
                  help="how often an agent whose turns fail is called at most"),
    lab.Parameter("latency", 0.01, 0.01, 0.5, 0.01, unit="s", group="World",
                  help="how long each message takes"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A crew and its agents, of the learner's classes if given."""
    version, team = given["version"], (PLANNER, WRITER, *RESEARCHERS[: given["parts"]])
    manager, managed = (MANAGER, "hierarchical") if version == "hierarchical" else (None, "sequential")
    plan = tasks(given, guarded=version != "no-guardrail")
    world = World(seed, given["latency"], budget=lab.BUDGET)
    world.add(
        Crew(team, plan, managed, manager, tries=given["tries"], patience=patience(given), repeats=None)
    )
    seconds = {PLANNER: PLANNING, WRITER: given["report"]}
    kind, how = roles.get("worker", Worker), {"chance": given["chance"], "failing": given["failing"]}
    world.add(lab.fitting(kind, who, seconds=seconds.get(who, given["research"]), **how) for who in team)
    boss = roles.get("manager", Manager)
    return world.add(lab.fitting(boss, MANAGER, seconds=DECIDING)) if manager else world


RIGHTS = Rights({MANAGER: (PLANNER, WRITER, *RESEARCHERS)})


def patience(given: lab.Parameters) -> float:
    """How many seconds an agent has for a turn: twice what the longest takes."""
    return float(2 * (max(PLANNING, given["research"], given["report"]) + 2 * given["latency"]))


def end(given: lab.Parameters) -> float:
    """When the crew has stopped in any case: all retries are used up, and one agent is silent."""
    silent = given["tries"] * patience(given)
    return float(round(expected.duration(given, given["parts"], given["retries"]) + silent + 1, 1))


SPEC = lab.LabSpec(
    name="crew",
    title="Crew",
    question="Who does which task when, and what do guardrails and a manager cost?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("worker", Worker), lab.Role("manager", Manager)),
    properties=lambda given: properties(
        rights=RIGHTS if given["version"] == "hierarchical" else None, within=end(given), tasks=tasks(given)
    ),
    measures=(
        lab.Measure("makespan, s", makespan, expected.makespan),
        lab.Measure("turns", lambda trace: sum(map(is_turn, trace.select("Turn", kind="send"))),
                    expected.turns),
        lab.Measure("drafts refused", refused),
        lab.Measure("report passed", passed),
        lab.Measure("tokens", lambda trace: sum(turn.tokens for turn in turns(trace))),
    ),
    until=end,
    limits=lambda given: lab.Limits("crash partition cut slow drop delay", hold=1.0, slow=0.3, over=4.0),
    focus=lambda given: (0.0, 2 * PLANNING + given["research"] + 2 * given["report"]),
    views=(
        lab.View("schedule", "What each agent works on, and what failed.", schedule),
        lab.View("tasks", "Who does each task, how it stands, and what came of it.", progress),
    ),
    figures=(
        lab.Figure("How much time do parts side by side save?", x="parts", values=(1, 2, 3, 4, 5, 6),
                   measure="makespan, s", theory={each: expected.curve(each) for each in VERSIONS[:3]},
                   settings={"chance": 1.0, "failing": 0.0},
                   series={each: {"version": each} for each in VERSIONS[:3]}, replications=1),
        lab.Figure("How often does a report pass, with more retries?", x="retries",
                   values=(0, 1, 2, 3, 4, 5, 6), measure="report passed",
                   theory={"passes": lab.Curve(
                               lambda given, retries: theory.passes(given["chance"], int(retries)))},
                   settings={"version": "textbook", "failing": 0.0}, replications=60),
    ),
    schedules=(
        lab.Schedule("One after the other", "Look at the researchers: each waits for the one before.",
                     {"version": "sequential"}),
        lab.Schedule("A manager delegates", "Look at the turns: how many does each task take?",
                     {"version": "hierarchical"}),
        lab.Schedule("Nobody checks the report",
                     "Look at the report: it is too long, and nobody refuses it.",
                     {"version": "no-guardrail", "chance": 0.0}),
    ),
    offers=lambda given: (
        lab.Offer("a worker crashes", "crash {agent} @{at}", RESEARCHERS[: given["parts"]]),
        lab.Offer("a worker is slow", "slow {agent} 20 @{at}..{until}", RESEARCHERS[: given["parts"]]),
        lab.Offer("the crew crashes and comes back", "crash crew @{at}..{until}", (), 1.0),
    ),
    tones=TONES,
    page="coordlab.patterns.crew.agents",
    chapter="15_orchestration_styles",
)  # fmt: skip
