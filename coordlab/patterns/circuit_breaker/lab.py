"""The circuit breaker lab: when should one stop calling a service that fails, and when try again?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.circuit_breaker import expected, pictures
from coordlab.patterns.circuit_breaker.agents import Callee, Caller
from coordlab.patterns.circuit_breaker.checks import properties
from coordlab.patterns.circuit_breaker.lab_agents import Busy, HerdCaller, Insistent
from coordlab.patterns.circuit_breaker.rules import Settings
from coordlab.trace.trace import HANDLE, NOTE
from coordlab.world.agent import Agent
from coordlab.world.world import World

VERSIONS = ("textbook", "herd", "no-breaker")


PARAMETERS = (
    lab.Parameter("callers", 2, 1, 6, 1, help="how many callers there are; each has a breaker of its own"),
    lab.Parameter("period", 0.1, 0.1, 1.0, 0.05, unit="s", help="the time between two calls of a caller"),
    lab.Parameter("retries", 0, 0, 3, 1, help="how often a caller repeats a failed call, after random waits"),
    lab.SLOWEST,
    lab.Parameter("work", 0.0, 0.0, 0.2, 0.01, unit="s", group="Service", label="time for a call",
                  help="how long the service works on a call; it does one call after the other"),
    lab.Parameter("failing", 0.0, 0.0, 1.0, 0.05, label="calls that fail", group="Service",
                  help="the share of calls that the service answers with a failure"),
    lab.Parameter("outage", 4.0, 0.0, 8.0, 0.5, unit="s", group="Service",
                  help="how long the service is down"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Breaker",
                  help="herd lets every call through a half-open breaker; no-breaker calls without a "
                  "breaker"),
    lab.Parameter("patience", 0.25, 0.05, 1.0, 0.05, unit="s", group="Breaker",
                  help="after how long a caller gives up a call"),
    lab.Parameter("trips", "in-a-row", choices=("in-a-row", "by-rate"), group="Breaker",
                  help="what opens a breaker: failures in a row, or the share of failures among the "
                  "latest calls"),
    lab.Parameter("failures", 3, 1, 10, 1, group="Breaker", label="failures in a row",
                  help="how many failures in a row open a breaker",
                  only_with={"trips": ("in-a-row",)}),
    lab.Parameter("rate", 0.5, 0.1, 1.0, 0.1, group="Breaker", label="failure rate",
                  help="the share of failures that opens a breaker",
                  only_with={"trips": ("by-rate",)}),
    lab.Parameter("window", 10, 2, 50, 1, group="Breaker",
                  help="how many of the latest calls the failure rate counts; it needs at least half as many",
                  only_with={"trips": ("by-rate",)}),
    lab.Parameter("wait", 1.0, 0.2, 4.0, 0.1, unit="s", group="Breaker",
                  help="how long a breaker stays open before it tries again"),
    lab.Parameter("probes", 1, 1, 5, 1, group="Breaker",
                  help="how many probes must succeed before a half-open breaker closes"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A service, and callers, of the learner's classes if given."""
    world = lab.network(given, seed)
    world.add(lab.fitting(roles.get("service", Busy), "db", failing=given["failing"], work=given["work"]))
    kind = roles.get("caller", HerdCaller if given["version"] == "herd" else Insistent)
    chosen = Settings(failures=None) if given["version"] == "no-breaker" else expected.settings(given)
    wanted = {name: given[name] for name in ("period", "patience", "retries")}
    return world.add(lab.fitting(kind, name, settings=chosen, **wanted) for name in _callers(given))


def _callers(given: lab.Parameters) -> tuple[str, ...]:
    return lab.numbered("c", given["callers"])


BOTH = ("textbook", "no-breaker")
STORM = {"retries": 3, "work": 0.02, "callers": 4, "outage": 4.0}
SPEC = lab.LabSpec(
    name="circuit_breaker",
    title="Circuit breaker",
    question="When should one stop calling a service that fails, and when try again?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("caller", Caller), lab.Role("service", Callee)),
    properties=lambda given: properties(expected.settings(given), given["period"], given["patience"]),
    measures=(
        lab.Measure("calls in vain", pictures.in_vain, expected.calls),
        lab.Measure("all closed again after, s", pictures.closed_again, expected.closing),
        lab.Measure("served per second at the end", pictures.served_at_the_end, expected.at_the_end),
        lab.Measure("calls refused at once", lambda trace: trace.count("Refusal", kind=NOTE)),
        lab.Measure("results", lambda trace: trace.count("Result", kind=HANDLE)),
        lab.Measure("trips", pictures.trips),
    ),
    until=15.0,
    limits=lambda given: lab.Limits(lab.STORMY, hold=1.0, slow=0.3, over=8.0),
    faults=expected.outage,
    focus=lambda given: (2.5, expected.DOWN + given["outage"] + 2.5),
    views=(
        lab.View("goodput", "Results, requests and refusals per second, and how many calls callers want.",
                 lambda given, trace: pictures.goodput(expected.asked(given), trace)),
        lab.View("breakers", "The state of each breaker, its calls under way, and how the others ended.",
                 lambda given, trace: pictures.breakers(trace)),
    ),
    figures=(
        lab.Figure("How much is served long after an outage, as the load grows?", x="callers",
                   values=(1, 2, 3, 4), measure="served per second at the end",
                   theory={version: lab.Curve(expected.served, says="least") for version in BOTH},
                   settings={**STORM, "period": 0.1, "slowest": 0.01, "failing": 0.0, "patience": 0.25},
                   series={version: {"version": version} for version in BOTH}, replications=3),
        lab.Figure("How many calls go to a service that is down?", x="outage",
                   values=(1.0, 2.0, 4.0, 6.0, 8.0), measure="calls in vain",
                   theory={"textbook": lab.Curve(expected.with_breaker, says="most", applies=expected.well),
                           "no-breaker": lab.Curve(expected.without, says="most", applies=expected.once)},
                   series={version: {"version": version} for version in BOTH}, replications=3),
        lab.Figure("How long are calls refused after an outage, as the breaker waits longer?", x="wait",
                   values=(0.2, 0.5, 1.0, 2.0, 3.0, 4.0), measure="all closed again after, s",
                   theory={"at most": lab.Curve(expected.until_closed, says="most", applies=expected.well)},
                   replications=5),
    ),
    schedules=(
        lab.Schedule("A retry storm", "Look at the goodput after 7 s, when the service is back, and at the "
                     "retries.",
                     {**STORM, "version": "no-breaker"}),
        lab.Schedule("The same with a breaker", "Look at the goodput, and at the callers that are refused.",
                     STORM),
        lab.Schedule("A thundering herd",
                     "Look at the breakers: half-open, each lets all calls go to the dead service.",
                     {"version": "herd"}),
    ),
    offers=lambda given: (
        lab.Offer("the service crashes", "crash db @{at}..{until}", (), 4.0),
        lab.Offer("the service is slow", "slow db 0.3 @{at}..{until}", (), 2.0),
        lab.Offer("the calls of a caller fail", "fail {agent}>db @{at}..{until}", _callers(given), 2.0),
        lab.Offer("the calls of a caller do not arrive",
                  "cut {agent}>db @{at}..{until}", _callers(given), 2.0),
    ),
    tones={"closed": "normal", "half-open": "between", "open": "failed"},
    page="coordlab.patterns.circuit_breaker.agents",
    chapter="11_circuit_breakers",
)  # fmt: skip
