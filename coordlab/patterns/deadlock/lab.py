"""The deadlock lab: who waits for whom, and who must go back so that it ends?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.deadlock import checks, expected, pictures
from coordlab.patterns.deadlock.agents import Coordinator, Worker
from coordlab.patterns.deadlock.locks import Resource
from coordlab.patterns.deadlock.rules import POLICIES
from coordlab.world.agent import Agent
from coordlab.world.world import World

LOOKING = ("coordinator", "one-look")  # where a coordinator looks for deadlocks
METHODS = (*LOOKING, "probes", "time-out", "order", "nobody")


PARAMETERS = (
    lab.Parameter("workers", 5, 2, 8, 1,
                  help="how many workers sit at a round table, with one fork between neighbours"),
    lab.Parameter("left_handed", 0, 0, "workers", 1, label="left-handed",
                  help="how many workers take their other fork first"),
    lab.Parameter("think", 0.1, 0.0, 2.0, 0.1, unit="s",
                  help="the pause between two meals; each lasts 0.5 to 1.5 times this"),
    lab.Parameter("hold", 0.5, 0.1, 2.0, 0.1, unit="s", help="how long a worker works with both forks"),
    lab.SLOWEST,
    lab.Parameter("version", "coordinator", choices=METHODS, group="Method",
              help="what is done about deadlocks: a coordinator looks for cycles twice, or trusts one look, "
              "waiting workers send probes, waits time out, all forks are taken in one order, or nothing"),
    lab.Parameter("period", 0.5, 0.2, 3.0, 0.1, unit="s", group="Method", label="looks or probes every",
              help="the time between two looks of the coordinator, or between two probes of a waiting worker",
              only_with={"version": (*LOOKING, "probes")}),
    lab.Parameter("policy", "youngest", choices=tuple(POLICIES), group="Method", label="who goes back",
              help="which worker in a deadlock the coordinator sends back",
              only_with={"version": LOOKING}),
    lab.Parameter("patience", 1.0, 0.1, 5.0, 0.1, unit="s", group="Method",
              help="after how long a wait times out; each limit is drawn from 1 to 1.5 times this",
              only_with={"version": ("time-out",)}),
)  # fmt: skip


class Clock(Agent):
    """Keeps the run going until its end: a run without a coordinator would stop when nothing is due."""

    async def run(self) -> None:
        """Wait for longer than any run."""
        await self.sleep(1e8)


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """Workers at a round table, of the learner's class if given, the forks, and perhaps a coordinator."""
    size, version = given["workers"], given["version"]
    forks = lab.numbered("fork", given["workers"])
    world = lab.network(given, seed)
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
        world.add(lab.fitting(roles.get("worker", Worker), f"p{number + 1}", wants, **settings))
    if version in LOOKING:
        twice = version == "coordinator"
        return world.add(Coordinator(forks, given["period"], given["policy"], twice=twice))
    return world.add(Clock("clock"))


SERIES = {method: {"version": method} for method in ("coordinator", "probes", "time-out")}
SPEC = lab.LabSpec(
    name="deadlock",
    title="Deadlock detection",
    question="Who waits for whom, and who must go back so that a deadlock ends?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("worker", Worker),),
    properties=lambda given: checks.properties(expected.by_method(given), done=expected.end(given) - 1),
    measures=(
        lab.Measure("deadlocks", lambda trace: len(pictures.cycles(trace)), expected.none_closes),
        lab.Measure("longest deadlock, s", pictures.longest, expected.longest),
        lab.Measure("victims", pictures.victims),
        lab.Measure("false victims", pictures.false_victims, expected.innocent),
        lab.Measure("messages per look", pictures.of_a_look, expected.look),
        lab.Measure("messages in all", lambda trace: trace.count("send")),
    ),
    until=expected.end,
    limits=lambda given: lab.Limits("duplicate"),
    lanes=lambda given: (
        "coordinator" if given["version"] in LOOKING else "clock",
        *lab.numbered("p", given["workers"]),
        *lab.numbered("fork", given["workers"]),
    ),
    focus=lambda given: (0.3, 2.8),
    views=(
        lab.View("waits", "Who waits for whom: a closed chain of arrows is a deadlock.",
                 lambda given, trace: pictures.waits(trace)),
        lab.View("forks", "Who holds each fork, and when.", lambda given, trace: pictures.forks(trace)),
    ),
    figures=(
        lab.Figure("How long does a deadlock last, as more sit at the table?", x="workers",
                   values=(2, 3, 4, 5, 6, 8), measure="longest deadlock, s",
                   theory={method: lab.Curve(expected.with_workers, says="most") for method in SERIES},
                   settings={"think": 0.0, "left_handed": 0}, series=SERIES, replications=5),
        lab.Figure("How many false victims does a short time-out have?", x="patience",
                   values=(0.2, 0.4, 0.6, 1.0, 1.5, 2.0, 2.5), measure="false victims",
                   theory={"coordinator": lab.Curve(lambda given, patience: 0.0)},
                   series={"time-out": {"version": "time-out"}, "coordinator": {"version": "coordinator"}}),
        lab.Figure("How long does a deadlock last, as the coordinator looks less often?", x="period",
                   values=(0.3, 0.5, 1.0, 1.5, 2.0, 3.0), measure="longest deadlock, s",
                   theory={"one period": lab.Curve(lambda given, period: period, says="least"),
                           "two periods and the messages": lab.Curve(expected.at_most, says="most")},
                   settings={"version": "coordinator", "think": 0.0, "left_handed": 0}, replications=5),
    ),
    schedules=(
        lab.Schedule("Nobody looks for deadlocks",
                     "Look at the waits: five workers wait in a cycle, and nothing happens any more.",
                     {"version": "nobody", "think": 0.0}),
        lab.Schedule("One left-handed worker", "Look at the waits: one worker is left-handed, and no "
                     "cycle closes.",
                     {"version": "nobody", "think": 0.0, "left_handed": 1}),
        lab.Schedule("A short time-out", "Look at the false victims: they go back though they would have "
                     "got their forks.",
                     {"version": "time-out", "patience": 0.2}),
        lab.Schedule("One look is trusted", "Look at the waits: which circle does the coordinator report, "
                     "and when was it closed?",
                     {"version": "one-look", "workers": 4, "slowest": 0.2}, ("crash p1 @0.5..0.53",)),
    ),
    offers=lambda given: (
        lab.Offer("a worker crashes", "crash {agent} @{at}..{until}", lab.numbered("p", given["workers"])),
        lab.Offer("a fork answers slowly", "slow {agent} 0.5 @{at}..{until}",
                  lab.numbered("fork", given["workers"]), 4.0),
        *([lab.Offer("the coordinator crashes", "crash coordinator @{at}..{until}")]
          if given["version"] in LOOKING else []),
    ),
    tones={**pictures.ROLES, "free": "idle", "held": "active"},
    page="coordlab.patterns.deadlock",
    chapter="12_deadlock",
)  # fmt: skip
