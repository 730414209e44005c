"""The deadlock lab: who waits for whom, and who must go back so that it ends?"""

from __future__ import annotations

from collections.abc import Mapping
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
from coordlab.patterns.deadlock import checks, theory
from coordlab.patterns.deadlock.agents import Coordinator, Worker
from coordlab.patterns.deadlock.locks import Resource
from coordlab.patterns.deadlock.rules import POLICIES
from coordlab.trace.trace import DROP, FAULT, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

METHODS = ("coordinator", "probes", "time-out", "order", "nobody")
UNTIL = 30.0
PARAMETERS = (
    Parameter("workers", 5, 2, 8, 1, help="they sit at a round table, with one fork between neighbours"),
    Parameter("left_handed", 0, 0, 8, 1, label="left-handed", help="how many take the other fork first"),
    Parameter("think", 0.1, 0.0, 2.0, 0.1, unit="s", help="pause between meals, 0.5 to 1.5 times this"),
    Parameter("hold", 0.5, 0.1, 2.0, 0.1, unit="s", help="how long one works with both forks"),
    Parameter("slowest", 0.05, 0.01, 0.5, 0.01, unit="s", label="slowest message",
              help="a message takes between a fifth of this and this"),
    Parameter("version", "coordinator", choices=METHODS, group="Method",
              help="what is done about deadlocks; nobody: nothing is done"),
    Parameter("period", 0.5, 0.2, 3.0, 0.1, unit="s", group="Method", label="looks or probes every",
              help="between two looks of the coordinator, or two probes of one who waits"),
    Parameter("policy", "youngest", choices=tuple(POLICIES), group="Method", label="who goes back",
              help="whom the coordinator sends back"),
    Parameter("patience", 1.0, 0.1, 5.0, 0.1, unit="s", group="Method",
              help="time-out of a wait, drawn from 1 to 1.5 times this"),
)  # fmt: skip


class Clock(Agent):
    """Keeps the run going until its end: a run without a coordinator would stop when nothing is due."""

    async def run(self) -> None:
        """Wait for longer than any run."""
        await self.sleep(1e8)


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """Workers at a round table, of the learner's class if given, the forks, and perhaps a coordinator."""
    size, version = given["workers"], given["version"]
    forks = tuple(f"fork{number}" for number in range(1, size + 1))
    world = World(seed, f"uniform({given['slowest'] / 5},{given['slowest']})", budget=BUDGET)
    world.add(Resource(fork) for fork in forks)
    settings = {
        "think": given["think"],
        "hold": given["hold"],
        "patience": given["patience"] if version == "time-out" else None,
        "probes": given["period"] if version == "probes" else None,
        "ordered": version == "order",
    }
    for number in range(size):
        wants = (forks[number], forks[(number + 1) % size])[:: 1 if number >= given["left_handed"] else -1]
        world.add(fitting(roles.get("worker", Worker), f"p{number + 1}", wants, **settings))
    if version == "coordinator":
        return world.add(Coordinator(forks, given["period"], given["policy"]))
    return world.add(Clock("clock"))


def rings(trace: Trace) -> list[tuple[float, float]]:
    """When each deadlock began, and when it was over or the run ended, in seconds."""
    found: list[tuple[float, float]] = []
    began: float | None = None
    for event, stuck in checks.deadlocks(trace):
        if stuck and began is None:
            began = event.time
        elif not stuck and began is not None:
            found.append((began, event.time))
            began = None
    return found if began is None else [*found, (began, trace.until)]


def longest(trace: Trace) -> float:
    """Seconds that the longest ring lasted; 0 if there was none."""
    return max((round(end - began, 3) for began, end in rings(trace)), default=0.0)


def sent_back(trace: Trace) -> int:
    """How many gave up, or were chosen to go back."""
    return trace.count("GaveUp") + sum(len(event.data.victims) for event in trace.select("Deadlock"))


def innocents(trace: Trace) -> int:
    """How many of them were in no ring, and so would have got their forks."""
    found = 0
    for event, waits in checks.waiting(trace, "GaveUp", "Deadlock"):
        keys = event.data.victims if event.name == "Deadlock" else (event.data.key,)
        found += sum(key not in checks.stuck(waits) for key in keys)
    return found


def _longest(given: Parameters, trace: Trace) -> Theory | None:
    if given["version"] != "coordinator":
        return None
    reasons = {
        "there is no ring": not rings(trace),
        "a look takes longer than a period": 2 * given["slowest"] >= given["period"],
        "a fault strikes": trace.select(kind=FAULT),
        "a message is lost": trace.select(kind=DROP),
    }
    unless = next((reason for reason, holds in reasons.items() if holds), "")
    return Theory(_at_most(given, given["period"]), says="most", unless=unless)


def _at_most(given: Parameters, period: float) -> float:
    """The most seconds a ring lasts: until its second look, and the messages until the victims let go."""
    return round(2 * period + 4 * float(given["slowest"]), 3)


def _within(given: Parameters) -> float:
    """The most seconds that a ring may last, for the property."""
    if given["version"] == "time-out":
        return round(1.5 * float(given["patience"]) + 4 * float(given["slowest"]), 3)
    return _at_most(given, given["period"])


def _innocent(given: Parameters, trace: Trace) -> Theory | None:
    if given["version"] in ("time-out", "nobody"):
        return None
    return Theory(0, unless="a fault strikes" if trace.select(kind=FAULT) else "")


def _look(given: Parameters, trace: Trace) -> Theory | None:
    lost = "a fault strikes" if trace.select(kind=FAULT) else ""
    return Theory(theory.looks(given["workers"]), unless=lost) if given["version"] == "coordinator" else None


def _of_a_look(trace: Trace) -> float | None:
    """Messages of the first look."""
    looks = trace.select("Look", kind="send")
    if not looks:
        return None
    asked = sum(event.time == looks[0].time for event in looks)
    return asked + min(asked, trace.count("Table"))


SPEC = LabSpec(
    name="deadlock",
    title="Deadlock",
    question="Who waits for whom, and who must go back so that it ends?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: checks.properties(_within(given), done=UNTIL - 5),
    measures=(
        Measure("rings", lambda trace: len(rings(trace))),
        Measure("longest ring, s", longest, _longest),
        Measure("sent back", sent_back),
        Measure("of them innocent", innocents, _innocent),
        Measure("messages of a look", _of_a_look, _look),
        Measure("messages in all", lambda trace: trace.count("send")),
    ),
    until=UNTIL,
    lanes=lambda given: (
        "coordinator" if given["version"] == "coordinator" else "clock",
        *(f"p{number}" for number in range(1, given["workers"] + 1)),
        *(f"fork{number}" for number in range(1, given["workers"] + 1)),
    ),
    focus=lambda given: (0.0, 2.5),
    figures=(
        Figure(
            "How long does a ring last, as the coordinator looks less often?",
            x="period",
            values=(0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 3.0),
            measure="longest ring, s",
            theory={
                "two periods and the messages": Curve(
                    _at_most, says="most", applies=lambda given: given["version"] == "coordinator"
                )
            },
        ),
        Figure(
            "How many innocents does impatience send back?",
            x="patience",
            values=(0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 2.5),
            measure="of them innocent",
            theory={"who looks before it acts": Curve(lambda given, patience: 0.0, says="least")},
            settings={"version": "time-out"},
        ),
    ),
    roles=(Role("worker", Worker),),
    page="coordlab.patterns.deadlock",
)
