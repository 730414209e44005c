"""The SWIM lab: how does a large group know who is up, if each asks only one other at a time?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.heartbeat.checks import quality
from coordlab.patterns.swim import expected, pictures, theory
from coordlab.patterns.swim.agents import Member
from coordlab.patterns.swim.checks import properties
from coordlab.patterns.swim.lab_agents import Silent
from coordlab.world.agent import Agent
from coordlab.world.world import World

PARAMETERS = (
    lab.Parameter("members", 6, 3, 12, 1, group="Group",
                  help="how many members the group has; each knows all others"),
    lab.Parameter("outage", True, group="Group", help="whether m2 crashes after four periods"),
    replace(lab.SLOWEST, high=0.3, group="Group"),
    replace(lab.LOSS, high=0.3, group="Group"),
    lab.Parameter("version", "textbook", choices=("textbook", "asks-nobody", "never-objects"),
                  group="Protocol",
                  help="asks-nobody suspects without asking helpers; never-objects does not object to "
                  "suspicions"),
    lab.Parameter("period", 1.0, 0.7, 2.0, 0.1, unit="s", group="Protocol",
                  help="the time between two probes that a member makes"),
    lab.Parameter("patience", 0.2, 0.05, 0.2, 0.05, unit="s", group="Protocol",
                  help="how long a member waits for an answer before it asks helpers"),
    lab.Parameter("helpers", 3, 0, 5, 1, group="Protocol",
                  help="how many other members are asked to probe as well",
                  not_with={"version": ("asks-nobody",)}),
    lab.Parameter("suspicion", 5.0, 1.0, 8.0, 0.5, unit="s", group="Protocol",
                  help="how long a suspect may object before it is taken for dead"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """The members of a group, of the learner's class if given."""
    world = lab.network(given, seed)
    kind = roles.get("member", Silent if given["version"] == "never-objects" else Member)
    how = {name: given[name] for name in ("period", "patience", "helpers", "suspicion")}
    if given["version"] == "asks-nobody":
        how["helpers"] = 0
    names = _names(given)
    return world.add(
        lab.fitting(kind, name, [each for each in names if each != name], **how) for name in names
    )


def _names(given: lab.Parameters) -> tuple[str, ...]:
    return lab.numbered("m", given["members"])


SPEC = lab.LabSpec(
    name="swim",
    title="SWIM",
    question="How does a group know who is up, if each asks only one other at a time?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("member", Member),),
    properties=lambda given: properties(
        given["members"], given["period"], given["suspicion"], given["helpers"]
    ),
    measures=(
        lab.Measure("messages per member and period", pictures.load, expected.load),
        lab.Measure("periods until m2 is probed", pictures.first_probe, expected.probed),
        lab.Measure("time to find a crash, s", pictures.detection, expected.found),
        lab.Measure("mistakes", lambda trace: len(quality(trace).mistakes), expected.mistakes),
        lab.Measure("share of probes that are wrong", pictures.wrong_probes),
    ),
    until=32.0,
    limits=lambda given: lab.Limits(lab.STORMY, hold=1.0, slow=0.3, over=10.0),
    faults=expected.faults,
    focus=lambda given: (3.0, 14.0),
    views=(
        lab.View("beliefs", "What each member (row) believes of each other (column), and the incarnation.",
                 lambda given, trace: pictures.beliefs(trace)),
    ),
    figures=(
        lab.Figure("What does a larger group cost each member?", x="members", values=(3, 4, 6, 8, 10, 12),
                   measure="messages per member and period",
                   theory={"a ping and an answer": lab.Curve(lambda given, n: theory.messages(int(n)) / n),
                           "heartbeats from all to all": lab.Curve(
                               lambda given, n: n - 1, applies=lambda given: False)},
                   settings={"outage": False, "loss": 0.0, "slowest": 0.05, "patience": 0.2}, replications=3),
        lab.Figure("How soon does some member probe the one that is down?", x="members",
                   values=(4, 6, 8, 10, 12), measure="periods until m2 is probed",
                   theory={"random rounds": lab.Curve(expected.first_probe),
                           "a very large group": lab.Curve(
                               lambda given, n: theory.first_detection(), applies=lambda given: False)},
                   settings={"outage": True, "until": 12}, replications=30),
        lab.Figure("How many live members are suspected, if helpers are asked?", x="helpers",
                   values=(1, 2, 3), measure="share of probes that are wrong",
                   theory={"direct and indirect probes are lost": lab.Curve(
                       lambda given, helpers: theory.false_suspicion(given["loss"], int(helpers)),
                       applies=lambda given: bool(given["version"] == "textbook" and given["helpers"]))},
                   settings={"outage": False, "loss": 0.1, "members": 8, "slowest": 0.05, "patience": 0.2}),
    ),
    schedules=(
        lab.Schedule("One bad link", "Look at m1: helpers reach m2 in its place, and nobody is suspected.",
                     {"outage": False}, ("cut m1>m2 @4..24",)),
        lab.Schedule("No helpers are asked",
                     "Look at m2: m1 suspects it, and it objects under incarnation 2.",
                     {"outage": False, "version": "asks-nobody"}, ("cut m1>m2 @4..24",)),
        lab.Schedule("No objection", "Look at m2: it was cut off, is back, and stays dead for all others.",
                     {"outage": False, "version": "never-objects"}, ("partition m2 @4..14",)),
    ),
    offers=lambda given: (
        lab.Offer("a member is cut off", "partition {agent} @{at}..{until}", _names(given), 10.0),
        lab.Offer("one link is bad", "cut {agent}>m1 @{at}..{until}", _names(given)[1:], 10.0),
        lab.Offer("the process stops", "pause {agent} @{at}..{until}", _names(given), 3.0),
    ),
    tones={"content": "normal", "worried": "between"},
    page="coordlab.patterns.swim.agents",
    chapter="10_heartbeats",
)  # fmt: skip
