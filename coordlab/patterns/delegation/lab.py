"""The delegation lab: do more workers finish earlier?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.delegation import expected, pictures
from coordlab.patterns.delegation.agents import Coordinator
from coordlab.patterns.delegation.checks import properties
from coordlab.patterns.delegation.lab_agents import VERSIONS, WORK, Hasty, leaves_of
from coordlab.patterns.delegation.pictures import crew_of, workers
from coordlab.patterns.delegation.rules import POLICIES
from coordlab.patterns.delegation.workers import Worker
from coordlab.world.agent import Agent
from coordlab.world.world import World

UNTIL, WITHIN, FOREVER = 40.0, 38.0, 1e6
GIVEN = ("longest-last", "anomaly")
PARAMETERS = (
    lab.Parameter("work", "report", choices=tuple(WORK), group="Work",
                  help="report: a report on regions; drawn: leaves that wait for up to two others; chain: "
                  "leaves one after the other; longest-last: a long leaf after twelve short ones; "
                  "anomaly: nine leaves that four workers finish later than three"),
    lab.Parameter("size", 3, 1, 10, 1, group="Work",
                  help="how large the work is: its regions, its links, or half the number of its leaves",
                  not_with={"work": GIVEN}),
    lab.Parameter("order", "as-listed", choices=("as-listed", "longest-first"), group="Work",
                  help="which leaf goes first: the first in the list, or the one that most work waits for"),
    lab.Parameter("workers", 3, 1, 8, 1, group="Crew",
                  help="how many workers there are; each can do everything"),
    lab.Parameter("capacity", 1, 1, 3, 1, group="Crew", help="how many leaves a worker does at a time"),
    lab.Parameter("failing", 0.0, 0.0, 1.0, 0.05, group="Crew", help="how often an attempt at a leaf fails"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Coordinator",
                  help="hasty hands out everything at once; trusting waits for a reply for ever; piled-up "
                  "ignores the capacity of workers"),
    lab.Parameter("policy", "least_loaded", choices=tuple(POLICIES), group="Coordinator",
                  help="how the coordinator chooses the worker for a leaf"),
    lab.Parameter("patience", 1.0, 0.5, 5.0, 0.5, unit="s", group="Coordinator",
                  help="how much longer than the work the coordinator waits for a reply"),
    lab.Parameter("attempts", 3, 1, 5, 1, group="Coordinator",
                  help="how often a leaf may fail before the coordinator gives it up"),
    lab.SLOWEST,
    lab.LOSS,
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A coordinator and its workers, of the learner's classes if given."""
    crew = crew_of(given)
    world, version = lab.network(given, seed), given["version"]
    patience = FOREVER if version == "trusting" else given["patience"]
    if version == "piled-up":
        crew = tuple(replace(member, capacity=100) for member in crew)
    how = {"policy": "first" if version == "piled-up" else given["policy"]}
    how |= {"within": FOREVER if version == "trusting" else WITHIN}
    kind = roles.get("coordinator", Hasty if version == "hasty" else Coordinator)
    world.add(lab.fitting(kind, leaves_of(given), crew, **how, patience=patience, attempts=given["attempts"]))
    each = roles.get("worker", Worker)
    return world.add(lab.fitting(each, member, failure=given["failing"]) for member in crew)


_CHAIN: dict[str, Any] = {"work": "chain", "failing": 0.2, "loss": 0.0, "version": "textbook", "workers": 3}
SPEC = lab.LabSpec(
    name="delegation",
    title="Delegation",
    question="Do more workers finish earlier?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("coordinator", Coordinator), lab.Role("worker", Worker)),
    properties=lambda given: properties(leaves_of(given), crew_of(given), WITHIN, given["patience"]),
    measures=(
        lab.Measure("reported after, s", pictures.makespan, expected.makespan),
        lab.Measure("all is done", pictures.all_done),
        lab.Measure("leaves at work, on average", pictures.busy),
        lab.Measure("leaves lost", lambda trace: trace.count("Lost", kind="decision")),
        lab.Measure("messages in all", lambda trace: trace.count("send"), expected.messages),
    ),
    until=UNTIL,
    limits=lambda given: lab.Limits(lab.STORMY, slow=0.3, over=12.0),
    lanes=lambda given: ("coordinator", *workers(given)),
    focus=lambda given: (0.0, min(UNTIL, 1.1 * expected.longest_time(given, given["workers"]))),
    views=(
        lab.View("schedule", "Who works on what; blue: on a longest chain; red: in vain, or beyond the "
                 "capacity.",
                 pictures.schedule),
        lab.View("progress", "Which leaf waits for which, and how each stands.", pictures.progress),
    ),
    figures=(
        lab.Figure("Do more workers finish earlier?", x="workers", values=(1, 2, 3, 4, 5, 6, 8),
                   measure="reported after, s",
                   theory={"the shortest schedule possible": lab.Curve(
                               expected.shortest_time, "least", expected.plain),
                           "Graham's bound": lab.Curve(expected.longest_time, "most", expected.plain)},
                   replications=3),
        lab.Figure("How often is a whole chain done, if 1 of 5 attempts fails?", x="size",
                   values=(1, 2, 4, 6, 8, 10), measure="all is done",
                   theory={"one attempt": expected.complete(1), "two attempts": expected.complete(2)},
                   series={"one attempt": {"attempts": 1}, "two attempts": {"attempts": 2}}, settings=_CHAIN,
                   replications=100),
    ),
    schedules=(
        lab.Schedule("A fourth worker", "Look at the report, then take the fourth worker away.",
                     {"work": "anomaly", "workers": 4}),
        lab.Schedule("The longest last", "Look at the last leaf, and at who is idle while it is done. Then "
                     "choose the order longest-first.",
                     {"work": "longest-last", "workers": 4}),
        lab.Schedule("A worker crashes at work", "Look at the leaf of w2: it is lost, the coordinator "
                     "notices when its time is over, and another worker does "
                     "it.", faults=("crash w2 @1.2..6",)),
    ),
    offers=lambda given: (
        lab.Offer("a worker crashes at work", "crash {agent} @{at}..{until}", workers(given), 4.0),
        lab.Offer("a worker stalls", "pause {agent} @{at}..{until}", workers(given), 4.0),
        lab.Offer("a worker's replies are lost",
                  "cut {agent}>coordinator @{at}..{until}", workers(given), 4.0),
        lab.Offer("the coordinator crashes and comes back", "crash coordinator @{at}..{until}", (), 1.0),
    ),
    tones={"idle": "idle", "working": "active", "delegating": "normal", "reported": "idle"},
    page="coordlab.patterns.delegation",
    chapter="06_htn_planning",
)  # fmt: skip
