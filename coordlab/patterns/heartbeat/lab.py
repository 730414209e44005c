"""The heartbeat lab: is it dead, or only slow?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.heartbeat import expected, pictures
from coordlab.patterns.heartbeat.agents import Beater, Monitor
from coordlab.patterns.heartbeat.checks import properties, quality
from coordlab.patterns.heartbeat.expected import TIMEOUT, detector
from coordlab.patterns.heartbeat.lab_agents import Repeating, Since1970, WallClock
from coordlab.patterns.heartbeat.rules import PHIS
from coordlab.trace.trace import DECISION
from coordlab.world.agent import Agent
from coordlab.world.world import World

FORMS = ("normal", "logistic")  # of phi, in the figure
VERSIONS = {"textbook": Monitor, "repeats": Repeating, "since-1970": Since1970, "wall-clock": WallClock}


PARAMETERS = (
    lab.Parameter("agents", 3, 2, 8, 1, help="how many agents the monitor watches"),
    replace(lab.SLOWEST, high=1.0),
    lab.LOSS,
    lab.Parameter("stopped", 1.0, 0.0, 5.0, 0.1, unit="s", label="process of a1 stops",
                  help="how long the process of a1 stops, as for a garbage collection"),
    lab.Parameter("interval", 1.0, 0.2, 2.0, 0.1, unit="s", group="Protocol",
                  help="the time between two heartbeats of an agent"),
    lab.Parameter("version", "textbook", choices=tuple(VERSIONS), group="Monitor",
                  help="repeats tells of a suspicion at each look; since-1970 takes agents not yet heard "
                  "for silent since 1970; wall-clock goes by a clock that may be set"),
    lab.Parameter("detector", TIMEOUT, choices=(TIMEOUT, *PHIS), group="Monitor",
                  help="what raises suspicion: a fixed time-out, or phi with this distribution of the gaps"),
    lab.Parameter("wait", 2.5, 0.3, 6.0, 0.1, unit="s", group="Monitor", label="time-out",
                  help="how long an agent must be silent to be suspected",
                  only_with={"detector": (TIMEOUT,)}),
    lab.Parameter("threshold", 8.0, 0.5, 16.0, 0.5, group="Monitor",
                  help="the value of phi at which an agent is suspected", not_with={"detector": (TIMEOUT,)}),
    lab.Parameter("window", 100, 2, 200, 1, group="Monitor",
                  help="how many of the latest gaps phi learns from", not_with={"detector": (TIMEOUT,)}),
    lab.Parameter("least", 0.1, 0.01, 1.0, 0.01, unit="s", group="Monitor", label="least deviation",
                  help="the least standard deviation that phi assumes, however regular the gaps are",
                  not_with={"detector": (TIMEOUT,)}),
    lab.Parameter("forgiven", 0.0, 0.0, 3.0, 0.1, unit="s", group="Monitor", label="forgiven pause",
                  help="how much of a silence phi does not count", not_with={"detector": (TIMEOUT,)}),
    lab.Parameter("period", 0.25, 0.05, 1.0, 0.05, unit="s", group="Monitor", label="looks every",
                  help="the time between two looks of the monitor"),
)  # fmt: skip


def _names(given: lab.Parameters) -> tuple[str, ...]:
    return lab.numbered("a", given["agents"])


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A monitor and the agents that it watches, of the learner's classes if given."""
    world = lab.network(given, seed)
    names = _names(given)
    how = {"detector": detector(given), "period": given["period"]}
    world.add(lab.fitting(roles.get("monitor", VERSIONS[given["version"]]), "monitor", names, **how))
    beater = roles.get("agent", Beater)
    return world.add(lab.fitting(beater, name, ["monitor"], interval=given["interval"]) for name in names)


SPEC = lab.LabSpec(
    name="heartbeat",
    title="Heartbeats",
    question="Is an agent dead, or only slow?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("monitor", Monitor), lab.Role("agent", Beater)),
    properties=lambda given: properties(
        detector(given), expected.within(given), expected.taken_back(given)
    ),
    measures=(
        lab.Measure("time to find a crash, s", pictures.detection, expected.finding),
        lab.Measure("mistakes", pictures.mistakes, expected.never_wrong),
        lab.Measure("mistakes per hour", lambda trace: quality(trace).mistakes_per_hour),
        lab.Measure("reports of the monitor", lambda trace: trace.count(kind=DECISION)),
        lab.Measure("heartbeats", lambda trace: trace.count("Heartbeat", kind="send")),
    ),
    until=26.0,
    limits=lambda given: lab.Limits("crash partition cut drop duplicate", over=12.0),
    faults=expected.faults,
    focus=lambda given: (4.0, 16.0),
    views=(
        lab.View("suspicion", "How long each agent is silent, or its phi, and the limit for suspicion.",
                 lambda given, trace: pictures.suspicion(detector(given), given["period"], trace)),
        lab.View("opinions", "What is true of each agent, what the monitor holds of it, and whether that "
                 "is right.",
                 lambda given, trace: pictures.opinions(trace)),
    ),
    figures=(
        lab.Figure("How often is a live agent suspected, as the monitor waits longer?", x="wait",
                   values=(1.5, 2.5, 3.5, 4.5), measure="mistakes per hour",
                   theory={"runs of lost heartbeats": lab.Curve(
                               expected.mistake_rate, applies=expected.clear)},
                   settings={"detector": TIMEOUT, "loss": 0.25, "stopped": 0.0, "agents": 6, "until": 120}),
        lab.Figure("How long does a crash stay unknown, as the monitor waits longer?", x="wait",
                   values=(1.5, 2.0, 3.0, 4.0, 5.0, 6.0), measure="time to find a crash, s",
                   theory={"at least": lab.Curve(expected.swept("wait", most=False), says="least"),
                           "at most": lab.Curve(expected.swept("wait", most=True), says="most")},
                   settings={"detector": TIMEOUT, "loss": 0.0, "stopped": 0.0}),
        lab.Figure("How long does phi wait for a higher threshold?", x="threshold",
                   values=(1.0, 2.0, 4.0, 8.0, 12.0, 16.0), measure="time to find a crash, s",
                   theory={form: lab.Curve(expected.swept("threshold", most=True), "most") for form in FORMS},
                   settings={"loss": 0.0, "stopped": 0.0, "period": 0.05},
                   series={form: {"detector": form} for form in FORMS}),
    ),
    schedules=(
        lab.Schedule("Too slow, or dead?", "Look at a1: it stops for 3 s, and is suspected though it lives.",
                     {"stopped": 3.0}),
        lab.Schedule("Phi suspects early", "Look at phi: it has learnt that gaps are even, and suspects a1 "
                     "though it lives.",
                     {"detector": "normal", "stopped": 2.0, "period": 0.05}),
        lab.Schedule("The clock is set", "Look at 16.6 s: the clock jumps, and all who are up are suspected.",
                     {"version": "wall-clock"}),
    ),
    offers=lambda given: (
        lab.Offer("the process stops", "pause {agent} @{at}..{until}", _names(given), 2.0),
        lab.Offer("the heartbeats do not arrive", "cut {agent}>monitor @{at}..{until}", _names(given), 4.0),
        lab.Offer("the link is slow", "slow {agent}>monitor 1.5 @{at}..{until}", _names(given), 4.0),
        lab.Offer("the monitor's clock is set", "skew monitor +60 @{at}"),
    ),
    tones={"content": "normal", "worried": "between"},
    page="coordlab.patterns.heartbeat.agents",
    chapter="10_heartbeats",
)  # fmt: skip
