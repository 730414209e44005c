"""The circuit breaker lab: when should one stop calling a service that fails, and when try again?"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from coordlab.labs.declaration import (
    BUDGET,
    Curve,
    Figure,
    LabSpec,
    Measure,
    Parameter,
    Parameters,
    Role,
    Theory,
    fitting,
)
from coordlab.patterns.circuit_breaker import theory
from coordlab.patterns.circuit_breaker.agents import Callee, Caller
from coordlab.patterns.circuit_breaker.checks import closing_time, properties
from coordlab.patterns.circuit_breaker.rules import CLOSED, OPEN, Breaker, Settings
from coordlab.trace.trace import DROP, FAULT, RESTART, STATE, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

VERSIONS = ("textbook", "herd", "no-breaker")
UNTIL, DOWN = 20.0, 3.0
PARAMETERS = (
    Parameter("callers", 2, 1, 6, 1, help="each has a breaker of its own"),
    Parameter("period", 0.1, 0.1, 1.0, 0.05, unit="s", help="between two calls of a caller"),
    Parameter("slowest", 0.05, 0.01, 0.5, 0.01, unit="s", label="slowest message",
              help="messages take from a fifth of this to this"),
    Parameter("failing", 0.0, 0.0, 1.0, 0.05, label="calls that fail",
              help="the share of calls to which the service answers that it could not"),
    Parameter("outage", 4.0, 0.0, 8.0, 0.5, unit="s", help="how long the service is down"),
    Parameter("version", "textbook", choices=VERSIONS, group="Breaker",
              help="a breaker that lets everybody try when half-open; or none"),
    Parameter("patience", 0.25, 0.05, 1.0, 0.05, unit="s", group="Breaker",
              help="after how long a call is given up"),
    Parameter("failures", 3, 1, 10, 1, group="Breaker", label="failures in a row", help="that trip it"),
    Parameter("wait", 1.0, 0.2, 4.0, 0.1, unit="s", group="Breaker", help="how long it is open"),
    Parameter("probes", 1, 1, 5, 1, group="Breaker", help="calls that must succeed so that it closes"),
)  # fmt: skip


def settings(given: Parameters) -> Settings:
    """Those of the textbook's breaker."""
    return Settings(
        failures=given["failures"], wait=given["wait"], probes=given["probes"], probe_wait=given["patience"]
    )


class Herd(Breaker):
    """A first try: once the wait is over, it lets everybody call until it knows more."""

    @property
    def _shut(self) -> bool:
        return self.state == OPEN


class HerdCaller(Caller):
    """A caller whose breaker is a `Herd`."""

    def __init__(self, name: str, callee: str = "db", **how: Any) -> None:
        super().__init__(name, callee, **how)
        self.breaker.machine = Herd(self.breaker.machine.settings, callee, (self.heard,))


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A service, and callers, of the learner's class if given."""
    world = World(seed, f"uniform({given['slowest'] / 5},{given['slowest']})", budget=BUDGET)
    world.add(Callee("db", given["failing"]))
    kind = roles.get("caller", HerdCaller if given["version"] == "herd" else Caller)
    chosen = Settings(failures=None) if given["version"] == "no-breaker" else settings(given)
    wanted = {"period": given["period"], "patience": given["patience"], "settings": chosen}
    return world.add(fitting(kind, f"c{number}", **wanted) for number in range(1, given["callers"] + 1))


def in_vain(trace: Trace) -> int:
    """Calls that came to the service while it was down."""
    return sum(event.name == "Request" and event.data == "down" for event in trace.select(kind=DROP))


def closed_again(trace: Trace) -> float | None:
    """Seconds from the end of the last outage until all breakers were closed; None if they never were."""
    back = max((event.time for event in trace.select(kind=RESTART, agent="db")), default=None)
    turns = {event.agent: (event.time, event.data) for event in trace.select("role", kind=STATE)}
    if back is None or any(state != CLOSED for _, state in turns.values()):
        return None
    return round(max(0.0, *(time - back for time, _ in turns.values()), 0.0), 3)


def _in_vain(given: Parameters, trace: Trace) -> Theory | None:
    if given["version"] != "textbook":
        return None
    return Theory(_with(given, given["outage"]), says="most", unless=_other_experiment(given, trace))


def _closing(given: Parameters, trace: Trace) -> Theory | None:
    if given["version"] != "textbook":
        return None
    back = DOWN + float(given["outage"])
    short = "the run ends before that" if trace.until < back + _at_most(given, given["wait"]) else ""
    unless = _other_experiment(given, trace) or short
    return Theory(round(_at_most(given, given["wait"]), 3), says="most", unless=unless)


def _with(given: Parameters, outage: float) -> int:
    """The most calls in vain: one more may be on its way when the outage begins."""
    calls = theory.calls_in_outage(
        _beats(given, outage),
        given["period"],
        given["patience"],
        given["failures"],
        given["wait"],
        given["probes"],
    )
    return calls * int(given["callers"])


def _beats(given: Parameters, outage: float) -> int:
    return ceil((outage + float(given["slowest"])) / float(given["period"])) + 1


def _at_most(given: Parameters, wait: float) -> float:
    """The last probe in vain must be given up; then the breaker waits, and its probes come back."""
    return float(given["patience"]) + closing_time(settings({**given, "wait": wait}), given["period"])


def _other_experiment(given: Parameters, trace: Trace) -> str:
    """Why the run is not what theory speaks of: one outage of a service that is well before and after."""
    strokes = [str(event.data) for event in trace.select(kind=FAULT)]
    reasons = {
        "there is no outage": not strokes,
        "another fault strikes": strokes != [*_outage(given)],
        "the service fails some calls": given["failing"] > 0,
        "patience < 3 × slowest": not _patient(given),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _outage(given: Parameters) -> tuple[str, ...]:
    return (f"crash db @{DOWN:g}..{DOWN + given['outage']:g}",) if given["outage"] else ()


def _patient(given: Parameters) -> bool:
    return bool(given["patience"] >= 3 * given["slowest"])


def _well(given: Parameters) -> bool:
    return bool(given["version"] == "textbook" and not given["failing"] and _patient(given))


SPEC = LabSpec(
    name="circuit_breaker",
    title="Circuit breaker",
    question="When should one stop calling a service that fails, and when try again?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: properties(settings(given), given["period"], given["patience"]),
    measures=(
        Measure("calls in vain", in_vain, _in_vain),
        Measure("all closed again after, s", closed_again, _closing),
        Measure("calls refused at once", lambda trace: trace.count("Refusal")),
        Measure("results", lambda trace: trace.count("Result", kind="handle")),
        Measure("trips", lambda trace: sum(e.data == OPEN for e in trace.select("role", kind=STATE))),
    ),
    until=UNTIL,
    faults=_outage,
    focus=lambda given: (2.5, 5.5),
    figures=(
        Figure(
            "How many calls go to a service that is down?",
            x="outage",
            values=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0),
            measure="calls in vain",
            theory={
                "with a breaker": Curve(_with, says="most", applies=_well),
                "without": Curve(lambda given, outage: given["callers"] * _beats(given, outage), says="most"),
            },
            replications=5,
        ),
        Figure(
            "How long do calls not get through after an outage, as the breaker waits longer?",
            x="wait",
            values=(0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0),
            measure="all closed again after, s",
            theory={"at most": Curve(_at_most, says="most", applies=_well)},
            replications=5,
        ),
    ),
    roles=(Role("caller", Caller),),
    page="coordlab.patterns.circuit_breaker.agents",
)
