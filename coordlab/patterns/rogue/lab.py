"""The lab of rogue agents: who can be believed, and how does work go on?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.rogue import expected, pictures
from coordlab.patterns.rogue.agents import Operator, Pool
from coordlab.patterns.rogue.checks import properties
from coordlab.patterns.rogue.lab_agents import Believing
from coordlab.patterns.rogue.rules import Remove
from coordlab.patterns.rogue.workers import Worker
from coordlab.trace.faults import ROGUE
from coordlab.trace.trace import SEND
from coordlab.world.agent import Agent
from coordlab.world.world import World

PARAMETERS = (
    lab.Parameter("members", 7, 4, 9, 1, group="Crew", help="how many agents work and review"),
    lab.Parameter("rogues", 2, 0, "members", 1, group="Crew", help="how many members misbehave, until 8 s"),
    lab.Parameter("kind", "colludes", choices=tuple(ROGUE), group="Crew",
                  help="how a rogue misbehaves: wrong answers, random ones, the same wrong ones as other "
                  "rogues, wrong ones of which it is sure, or none"),
    lab.Parameter("share", 1.0, 0.1, 1.0, 0.1, group="Crew", help="how often a rogue misbehaves"),
    lab.Parameter("competence", 1.0, 0.5, 1.0, 0.05, group="Crew",
                  help="how often an honest answer is right"),
    lab.Parameter("sensitivity", 1.0, 0.5, 1.0, 0.05, group="Crew",
                  help="how often an honest review finds an error"),
    lab.Parameter("removal", True, group="Crew", help="whether a human removes the last member at 1 s"),
    lab.Parameter("tasks", 50, 10, 200, 10, group="Pool", help="how many tasks there are to do"),
    lab.Parameter("version", "textbook", choices=("textbook", "no-checks", "no-reviews"), group="Pool",
                  help="no-checks gives out no tasks with known answers: it breaks no property, but convicts "
                  "nobody, so that rogues go on working; no-reviews believes the worker"),
    lab.Parameter("faulty", 2, 0, 3, 1, group="Pool", label="rogues to mask",
                  help="how many rogues f the reviews mask: 2f + 1 members review, and f + 1 of them must "
                  "approve"),
    lab.Parameter("period", 0.3, 0.1, 1.0, 0.05, unit="s", group="Pool", label="checks every",
                  help="the time between two checks of a member",
                  not_with={"version": ("no-checks",)}),
    lab.Parameter("error", 0.05, 0.01, 0.3, 0.01, group="Pool", label="error of a test",
                  help="how often a test convicts a member that is right in 90 % of its answers, or "
                  "clears one that is right in 60 %"),
    lab.Parameter("quarantine", 2.0, 0.5, 5.0, 0.5, unit="s", group="Pool",
                  help="how long a convicted member is isolated before it is on probation"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A pool, its members, of the learner's class if given, and perhaps a human."""
    world, crew = World(seed, "uniform(0.01,0.05)", budget=lab.BUDGET), expected.names(given)
    pool = {
        "faulty": given["faulty"],
        "least": min(1, given["faulty"]),
        "test": expected.sequential(given),
        "period": None if given["version"] == "no-checks" else given["period"],
        "quarantine": given["quarantine"],
        "within": 25.0,
    }
    kind = Believing if given["version"] == "no-reviews" else Pool
    world.add(kind(crew, range(1, given["tasks"] + 1), **pool))
    how = {"competence": given["competence"], "sensitivity": given["sensitivity"], "false_alarm": 0.0}
    world.add(lab.fitting(roles.get("member", Worker), name, seconds=0.2, **how) for name in crew)
    orders = [(1.0, Remove(crew[-1], "hal", "it leaks what it is told"))] if given["removal"] else []
    return world.add(Operator(orders))


SPEC = lab.LabSpec(
    name="rogue",
    title="Rogue agents",
    question="Whom can one believe, and how does the work go on?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("member", Worker),),
    properties=lambda given: properties(
        expected.names(given), range(1, given["tasks"] + 1), given["faulty"], min(1, given["faulty"]),
        test=expected.sequential(given), within=25.0,
    ),
    measures=(
        lab.Measure("wrong answers accepted", pictures.wrong, expected.nothing_wrong),
        lab.Measure("share of answers that are wrong", pictures.share_wrong),
        lab.Measure("checks until conviction", pictures.checks_until_conviction, expected.checks),
        lab.Measure("time until conviction, s", pictures.time_to_convict),
        lab.Measure("honest members isolated", pictures.honest_isolated, expected.honest_are_trusted),
        lab.Measure("messages", lambda trace: trace.count(kind=SEND), expected.messages),
    ),
    until=lambda given: min(30.0, 4 + 0.12 * given["tasks"]),
    limits=lambda given: lab.Limits(lab.STORMY, hold=1.0, slow=0.3, over=4.0),
    faults=expected.faults,
    focus=lambda given: (0.0, 4.0),
    views=(
        lab.View("trust", "Who is trusted, isolated, on probation or removed, and when.",
                 lambda given, trace: pictures.trust(trace)),
        lab.View("evidence", "The evidence of the running test against each member.",
                 lambda given, trace: pictures.evidence(expected.sequential(given), trace)),
    ),
    figures=(
        lab.Figure("How many rogues can reviewers mask?", x="rogues", values=(0, 1, 2, 3, 4, 5),
                   measure="wrong answers accepted",
                   theory={"none up to f rogues, then at most all": lab.Curve(
                               expected.at_most_all, "most", lambda given: bool(given["sensitivity"] == 1))},
                   settings={"version": "no-checks", "kind": "colludes", "share": 1.0, "members": 7,
                             "tasks": 20},
                   replications=3),
        lab.Figure("How many checks convict a member that is wrong only at times?", x="share",
                   values=(0.5, 0.6, 0.7, 0.8, 1.0), measure="checks until conviction",
                   theory={"the sequential test": lab.Curve(
                               expected.until_conviction, applies=lambda given: bool(given["share"] >= 0.5))},
                   settings={"version": "textbook", "kind": "wrong", "rogues": 3, "members": 4, "faulty": 1,
                             "competence": 1.0, "tasks": 200, "removal": True, "period": 0.3, "until": 8},
                   replications=15),
        lab.Figure("What do reviewers let through, if all are honest and err?", x="sensitivity",
                   values=(0.5, 0.6, 0.7, 0.8, 0.9, 1.0), measure="share of answers that are wrong",
                   theory=dict.fromkeys(("one reviewer", "two of three"), lab.Curve(expected.let_through)),
                   settings={"rogues": 0, "removal": False, "version": "no-checks", "competence": 0.8,
                             "members": 6, "tasks": 100},
                   series={"one reviewer": {"faulty": 0}, "two of three": {"faulty": 1}}),
    ),
    schedules=(
        lab.Schedule("One rogue too many", "Look at the answers: how many agree, and what is accepted?",
                     {"rogues": 4, "version": "no-checks"}),
        lab.Schedule("Trusted again", "Look at w1 after 8 s, when it behaves again, and at the checks.",
                     {"tasks": 200}),
        lab.Schedule("Nobody reviews", "Look at the verdicts, and at whose answers the pool accepts.",
                     {"version": "no-reviews"}),
    ),
    offers=lambda given: tuple(
        lab.Offer(words, f"rogue {{agent}} {how} @{{at}}..{{until}}", expected.names(given), 4.0)
        for how, words in ROGUE.items()
    ),
    tones={"working": "active", "too few": "stuck", "done": "normal", "idle": "idle", "at work": "active",
           "watches": "idle", "orders": "active"},
    page="coordlab.patterns.rogue.agents",
    chapter="13_rogue_agents",
)  # fmt: skip
