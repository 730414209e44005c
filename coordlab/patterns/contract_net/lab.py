"""The contract net lab: can every award be best and the whole be bad?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.contract_net import expected, theory
from coordlab.patterns.contract_net.agents import Manager
from coordlab.patterns.contract_net.checks import properties
from coordlab.patterns.contract_net.lab_agents import (
    CALLS,
    SCORINGS,
    VERSIONS,
    Digger,
    Eager,
    Silent,
    first_come,
    managers,
    policy_of,
    prices_of_all,
)
from coordlab.patterns.contract_net.pictures import bids, broken, contractors, cost, done, promises, served
from coordlab.patterns.contract_net.rules import Task, planned
from coordlab.world.agent import Agent
from coordlab.world.dice import dice
from coordlab.world.world import World

PARAMETERS = (
    lab.Parameter("tasks", 4, 1, 12, 1, help="how many tasks there are to award"),
    lab.Parameter("contractors", 5, 1, 12, 1,
                  help="how many contractors there are; each has a price of its own for each task"),
    lab.Parameter("calls", "by-chance", choices=CALLS,
                  help="by-chance: all tasks are called at once, and each contractor hears them in "
                  "another order; alike: all hear the same task first; one-by-one: one manager calls one "
                  "task after the other"),
    lab.Parameter("slowest", 0.05, 0.01, 0.5, 0.01, unit="s", label="slowest message",
                  help="each message takes between half of this and this; exactly this if all hear alike"),
    lab.LOSS,
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Protocol",
                  help="eager contractors promise more than their capacity; first-come awards to the "
                  "first proposal; silent tells losers nothing; planned assigns all tasks at the least "
                  "cost"),
    lab.Parameter("deadline", 0.3, 0.1, 2.0, 0.1, unit="s", group="Protocol",
                  help="how long a manager waits for proposals"),
    lab.Parameter("scoring", "cheapest", choices=tuple(SCORINGS), group="Protocol",
                  help="what makes a proposal the best one: cost, time, or both and confidence"),
    lab.Parameter("priority", 0.5, 0.0, 1.0, 0.1, group="Protocol",
                  help="how urgent all tasks are: the more urgent, the more time counts and the less cost",
                  only_with={"scoring": ("by-priority",)}),
    lab.Parameter("attempts", 6, 1, 10, 1, group="Protocol", help="how often a task is announced at most"),
    lab.Parameter("capacity", 1, 1, 3, 1, group="Contractors",
                  help="how many tasks a contractor takes at a time"),
    lab.Parameter("work", 4.0, 0.5, 6.0, 0.5, unit="s", group="Contractors",
                  help="each task takes 0.7 to 1.3 times this, depending on the contractor"),
    lab.Parameter("failing", 0.0, 0.0, 1.0, 0.1, group="Contractors",
                  help="how often the work on a task fails"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """Managers with their tasks, and contractors, of the learner's classes if given."""
    version, slowest = given["version"], given["slowest"]
    latency = f"constant({slowest})" if given["calls"] == "alike" else f"uniform({slowest / 2},{slowest})"
    world = World(seed, latency, loss=given["loss"], budget=lab.BUDGET)
    prices = prices_of_all(seed, given["tasks"], given["contractors"])
    plan = planned(prices, given["capacity"]) if version == "planned" else {}
    policy = replace(policy_of(given), scoring=first_come) if version == "first-come" else policy_of(given)
    urgency = {"priority": given["priority"], "within": 2 * given["work"]}
    tasks = [Task(f"t{number}", **urgency) for number in range(1, given["tasks"] + 1)]
    names = managers(given)
    kind: type[Agent] = roles.get("manager", Silent if version == "silent" else Manager)
    for name, own in zip(names, [tasks] if len(names) == 1 else [[task] for task in tasks], strict=True):
        how = {"policy": policy, "interval": policy.bidding, "directed": plan.get(own[0].name)}
        world.add(lab.fitting(kind, name, own, tuple(prices), **how))
    kind = roles.get("contractor", Eager if version == "eager" else Digger)
    for who, terms in prices.items():
        seconds = round(given["work"] * dice(seed, "speed", who).uniform(0.7, 1.3), 1)
        how = {"seconds": seconds, "capacity": given["capacity"], "fails": given["failing"]}
        world.add(lab.fitting(kind, who, terms, **how))
    return world


_PROMISES = {"bound": "between", "working": "active"}
_RELIABLE: dict[str, float] = {"loss": 0.0, "slowest": 0.05, "deadline": 0.3, "failing": 0.0, "work": 6.0}
_EACH_ONE: dict[str, Any] = {"contractors": 10, "capacity": 1, "scoring": "cheapest", "calls": "one-by-one"}
SPEC = lab.LabSpec(
    name="contract_net",
    title="Contract net",
    question="Can each award be the best one, and all together still be bad?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("manager", Manager), lab.Role("contractor", Digger)),
    properties=lambda given: properties(policy_of(given)),
    measures=(
        lab.Measure("served at the first call", served, expected.served),
        lab.Measure("cost of the awards", cost, expected.cost),
        lab.Measure("promises broken", broken, expected.broken),
        lab.Measure("tasks done", lambda trace: len(done(trace))),
        lab.Measure("last task done at, s", lambda trace: max(done(trace), default=None)),
        lab.Measure("messages in all", lambda trace: trace.count("send"), expected.messages),
        lab.Measure("messages lost", lab.lost),
    ),
    until=12.0,
    limits=lambda given: lab.Limits(lab.STORMY, slow=0.3, over=4.0),
    lanes=lambda given: (*managers(given), *contractors(given)),
    focus=lambda given: (0.0, 2.0),
    views=(
        lab.View("bids", "Which price each contractor asks for each task, and who gets it; * marks the "
                 "cheapest plan.", bids),
        lab.View("promises", "What each contractor is bound to by a proposal, and what it works on.",
                 promises),
    ),
    figures=(
        lab.Figure("How many tasks are served at their first call?", x="tasks",
                   values=(1, 3, 4, 6, 8, 10, 12), measure="served at the first call",
                   theory={each: expected.at_first_calls(each) for each in CALLS},
                   series={each: {"calls": each} for each in CALLS}, settings=_RELIABLE, replications=20),
        lab.Figure("What do tasks cost that are awarded one by one, while fewer contractors are left?",
                   x="tasks", values=(1, 2, 4, 6, 8, 9, 10), measure="cost of the awards",
                   theory={"textbook": expected.exponential("textbook", theory.awarded_cost),
                           "planned": expected.exponential("planned", theory.least_cost)},
                   series={each: {"version": each} for each in ("textbook", "planned")},
                   settings=_RELIABLE | _EACH_ONE, replications=40),
    ),
    schedules=(
        lab.Schedule("All want the same", "Look at the first calls: how many of six tasks find one of the "
                     "six free contractors?", {"calls": "alike", "tasks": 6, "contractors": 6}),
        lab.Schedule("Every award is best", "Look at the fourth award: which offers are left, and what do "
                     "all awards cost beside the plan with stars?",
                     {"calls": "one-by-one", "tasks": 5, "contractors": 5, "seed": 40}),
        lab.Schedule("Eager contractors", "Look at c2: it promises more than it can do. What does it do "
                     "with what it wins?", {"version": "eager", "seed": 11}),
    ),
    offers=lambda given: (
        lab.Offer("a contractor crashes at work and comes back", "crash {agent} @{at}..{until}",
                  contractors(given)),
        lab.Offer("a contractor proposes after the deadline",
                  f"slow {{agent}} {given['deadline']:g} @{{at}}..{{until}}", contractors(given), 1.0),
        lab.Offer("a contractor's reports to m1 are lost",
                  "cut {agent}>m1 @{at}..{until}", contractors(given), 6.0),
        lab.Offer("a manager crashes and comes back", "crash {agent} @{at}..{until}", managers(given), 1.0),
    ),
    tones={"idle": "idle", "calling": "between", "awaiting": "normal"} | _PROMISES,
    page="coordlab.patterns.contract_net",
    chapter="03_contract_net",
)  # fmt: skip
