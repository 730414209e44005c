"""The conflict lab: several want different values to stand, and each conflict must end in bounded time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.conflict import expected, pictures
from coordlab.patterns.conflict.agents import Human, Proposer, Resolver
from coordlab.patterns.conflict.checks import properties
from coordlab.patterns.conflict.lab_agents import (
    CHAINS,
    ENDLESS,
    EVIDENCE,
    EVIDENCE_FIRST,
    NAMES,
    ORDERS,
    FirstCome,
    followed,
    policy,
    views,
)
from coordlab.properties import recorded
from coordlab.world.agent import Agent
from coordlab.world.world import World

VERSIONS = ("textbook", "first-come", "no-budget", "no-time-limit")
PARAMETERS = (
    lab.Parameter("proposers", 3, 2, len(NAMES), 1, group="Proposers", help="how many agents propose values"),
    lab.Parameter("about", "kinds", choices=("kinds", "names"), group="Proposers",
                  help="kinds: five conflicts, one for each step of the chain; names: ten conflicts about "
                  "a name"),
    lab.Parameter("yields", 0.0, 0.0, 1.0, 0.05, label="chance to give way", group="Proposers",
                  help="how likely a proposer gives way when it is asked again and hears the other values"),
    lab.Parameter("ahead", 0.0, 0.0, 10.0, 0.5, unit="s", label="ann's clock is ahead by", group="Proposers",
                  help="how far ann's clock is ahead, so that hers is the latest stamp whatever the true "
                  "time",
                  only_with={"order": ("time",)}),
    replace(lab.SLOWEST, low=0.02, high=0.2, group="Proposers"),
    replace(lab.LOSS, group="Proposers"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Policy",
                  help=f"first-come lets the first value stand; no-budget asks again {ENDLESS} times; "
                  "no-time-limit waits for the human for ever"),
    lab.Parameter("steps", "all", choices=tuple(CHAINS), group="Policy",
                  help="which steps are tried to settle a conflict, and in which order"),
    lab.Parameter("order", "priority", choices=tuple(ORDERS), group="Policy",
                  help="what decides a tie-break: the higher priority, the latest stamp, or a draw among "
                  "equal priorities"),
    lab.Parameter("retries", 2, 0, 20, 1, group="Policy", help="how often all proposers may be asked again"),
    lab.Parameter("patience", 0.25, 0.1, 1.0, 0.05, unit="s", group="Policy",
                  help="how long the resolver waits for the proposers"),
    lab.Parameter("hearing", 2.0, 0.5, 5.0, 0.5, unit="s", group="Policy",
                  help="how long the resolver waits for the human"),
    lab.Parameter("favours", EVIDENCE_FIRST, choices=(EVIDENCE_FIRST, *NAMES[:2]), label="you rule for",
                  group="You are the human",
                  help="whose value stands if you are asked: ann's, bob's, or the one with more evidence"),
    lab.Parameter("takes", 1.5, 0.0, 5.0, 0.5, unit="s", label="a ruling takes", group="You are the human",
                  help="how long you take for a ruling; you rule on one conflict after the other"),
    lab.Parameter("absent", False, label="you are absent", group="You are the human",
                  help="whether you never answer"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A resolver, proposers and a human, of the learner's classes if given."""
    world = lab.network(given, seed)
    names = NAMES[: given["proposers"]]
    conflicts = dict.fromkeys(conflict for name in names for conflict in views(name, given))
    settles = roles.get("resolver", FirstCome if given["version"] == "first-come" else Resolver)
    world.add(lab.fitting(settles, followed(given), tuple(conflicts), human="human"))
    for name in names:
        wants = {
            "evidence": EVIDENCE.get(name, ()),
            "priority": int(name in ("ann", "bob")),
            "yields": given["yields"],
        }
        wants = wants if given["about"] == "kinds" else {"yields": given["yields"]}
        world.add(lab.fitting(roles.get("proposer", Proposer), name, views(name, given), **wants))
    rules = {name: given[name] for name in ("takes", "absent", "favours")}
    rules["favours"] = "" if given["favours"] == EVIDENCE_FIRST else given["favours"]
    return world.add(lab.fitting(roles.get("human", Human), "human", **rules))


_TWO: lab.Parameters = {"about": "names", "proposers": 2, "loss": 0.0, "version": "textbook", "slowest": 0.05}
SPEC = lab.LabSpec(
    name="conflict",
    title="Conflict resolution",
    question="Who wins if several want different values, and when is it settled at the latest?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: properties(policy(given)),
    measures=(
        lab.Measure("messages", lambda trace: trace.count("send"), expected.messages),
        lab.Measure("slowest resolution, s", pictures.slowest, expected.in_time),
        lab.Measure("settled by", pictures.steps),
        lab.Measure("asked again, on average", pictures.retries),
        lab.Measure("share settled by asking again", pictures.by_retry),
        lab.Measure("candidates lost", pictures.lost),
        lab.Measure("won by ann", lambda trace: sum(
            any(each.id == "ann" for each in event.content.kept) for event in recorded(trace, "Resolved"))),
    ),
    until=lambda given: max(6.0, policy(given).bound + 1.0),
    limits=lambda given: lab.Limits(lab.STORMY, hold=1.0, slow=0.3, over=3.0),
    faults=expected.faults,
    focus=lambda given: (0.0, policy(given).bound + 0.5),
    figures=(
        lab.Figure("How often must two be asked until one gives way?", x="yields",
                   values=(0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95),
                   measure="asked again, on average",
                   theory={"1 / (2p(1 - p)), at most 20": expected.asked(expected.rounds)},
                   settings={**_TWO, "retries": 20}, replications=20),
        lab.Figure("What does a budget of retries buy?", x="retries", values=(0, 1, 2, 3, 5, 8, 12, 20),
                   measure="share settled by asking again",
                   theory={"one gives way in time": expected.asked(expected.within)},
                   settings={**_TWO, "yields": 0.2}, replications=20),
    ),
    roles=(lab.Role("resolver", Resolver), lab.Role("proposer", Proposer), lab.Role("human", Human)),
    views=(
        lab.View("conflicts", "What each proposer wants in each conflict, what was tried, and what stands.",
                 pictures.conflicts),
        lab.View("waits", "How long each conflict is open, and what it waits for.", pictures.waits),
    ),
    schedules=(
        lab.Schedule("A fast clock wins", "Look at who wins while ann's clock is 5 s ahead.",
                     {"about": "names", "order": "time", "ahead": 5.0}),
        lab.Schedule("Nobody gives way", "Look for the conflict that stays open: all are asked again and "
                     "again, and nobody gives way.", {"version": "no-budget"}),
        lab.Schedule("The human is on holiday", "Look at city and date: they wait for an answer of the "
                     "human, which never comes.",
                     {"version": "no-time-limit", "absent": True}),
    ),
    offers=lambda given: (
        lab.Offer("you are away", "pause human @{at}..{until}", (), 3.0),
        lab.Offer("a proposer's clock jumps ahead by 5 s",
                  "skew {agent} x1 +5 @{at}", NAMES[: given["proposers"]]),
        lab.Offer("the resolver crashes and comes back", "crash resolver @{at}..{until}", (), 0.5),
    ),
    tones=pictures.TONES,
    page="coordlab.patterns.conflict.agents",
    chapter="09_conflict_resolution",
)  # fmt: skip
