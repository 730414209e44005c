"""The bully lab: who leads when the leader falls silent, and what does it cost?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.bully import expected, pictures, theory
from coordlab.patterns.bully.agents import Candidate
from coordlab.patterns.bully.checks import properties
from coordlab.patterns.bully.lab_agents import KeepsRuling, halves, names, watching
from coordlab.world.agent import Agent
from coordlab.world.world import World

VERSIONS = ("textbook", "skip-silent", "unguarded", "keeps-ruling")
PARAMETERS = (
    lab.Parameter("agents", 5, 2, 12, 1, help="how many candidates there are; the rank of each is its name"),
    lab.SLOWEST,
    lab.LOSS,
    lab.Parameter("patience", 0.25, 0.05, 1.0, 0.05, unit="s", group="Protocol",
                  help="how long an agent waits for an answer"),
    lab.Parameter("heartbeat", 1.0, 0.2, 3.0, 0.1, unit="s", group="Protocol",
                  help="the time between two checks of whether the coordinator is up"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Protocol",
                  help="skip-silent does not ask the silent coordinator again: it breaks nothing, and saves "
                  "time and messages; unguarded holds an election for every Election; keeps-ruling goes on "
                  "coordinating after a crash"),
    lab.Parameter("noticed", "all", choices=("all", "lowest", "second"), group="Protocol",
                  label="who watches",
                  help="who checks whether the coordinator is up: all agents, the lowest, or the second "
                  "highest"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A world of candidates of ranks 1 to `agents`, of the learner's class if given."""
    world, watch = lab.network(given, seed), watching(given)
    kind = roles.get("agent", KeepsRuling if given["version"] == "keeps-ruling" else Candidate)
    wanted = {
        "patience": given["patience"],
        "skip_silent": given["version"] == "skip-silent",
        "guarded": given["version"] != "unguarded",
    }
    return world.add(
        lab.fitting(kind, rank, heartbeat=given["heartbeat"] if rank in watch else None, **wanted)
        for rank in range(1, given["agents"] + 1)
    )


SPEC = lab.LabSpec(
    name="bully",
    title="Bully election",
    question="Who leads when the leader falls silent, and what does it cost?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: properties(given["patience"], given["heartbeat"]),
    measures=(
        lab.Measure("messages of this election", pictures.messages, expected.messages),
        lab.Measure("silence until agreement, s", pictures.silence, expected.silence),
        lab.Measure("elections held", pictures.elections, expected.held),
        lab.Measure("two at once before a crash", pictures.two_at_once, expected.two_at_once),
        lab.Measure("watching: Ping and Pong", lambda trace: trace.count("Ping", "Pong")),
        lab.Measure("messages lost", lab.lost),
    ),
    until=lambda given: 14.0 if given["version"] == "keeps-ruling" else 12.0,
    limits=lambda given: lab.Limits("crash partition"),
    faults=lambda given: (f"crash {given['agents']} @3..9",),
    lanes=lambda given: names(given)[::-1],
    focus=lambda given: (8.5, 11.0) if given["version"] == "keeps-ruling" else (2.9, 5.0),
    figures=(
        lab.Figure("How many messages does an election take as the team grows?", x="agents",
                   values=(3, 4, 5, 6, 7, 8, 9, 10, 12), measure="messages of this election",
                   theory={"the lowest notices": expected.noticed_by(lowest=True),
                           "the second highest notices": expected.noticed_by(lowest=False)},
                   series={"the lowest notices": {"noticed": "lowest"},
                           "the second highest notices": {"noticed": "second"}},
                   settings={"version": "textbook"}, replications=3),
        lab.Figure("How many elections are held without the guard?", x="agents", values=(3, 4, 5, 6, 7, 8),
                   measure="elections held",
                   theory={"one election at a time": expected.elections(lambda n: n - 1),
                           "one for every Election": expected.elections(theory.unguarded_elections)},
                   series={"one election at a time": {"version": "textbook"},
                           "one for every Election": {"version": "unguarded"}},
                   settings={"noticed": "lowest", "slowest": 0.02}, replications=3),
        lab.Figure("How likely are two coordinators, as agents wait longer for an answer?", x="patience",
                   values=(0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6),
                   measure="two at once before a crash",
                   theory={"of two agents": lab.Curve(lambda given, wait: theory.two_coordinate(
                       wait, given["slowest"] / 5, given["slowest"]))},
                   settings={"agents": 2, "slowest": 0.5, "loss": 0.0, "version": "textbook",
                             "heartbeat": 3.0, "until": 3.0},  # nobody watches before the crash
                   replications=50),
        lab.Figure("How long does nobody lead, as agents wait longer for an answer?", x="patience",
                   values=(0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0),
                   measure="silence until agreement, s", theory={"at most": expected.SILENT}),
    ),
    roles=(lab.Role("agent", Candidate),),
    views=(
        lab.View("beliefs", "An arrow leads from each agent to the one that it follows.", pictures.beliefs),
        lab.View("elections", "How often each agent asked, answered, and told that it coordinates.",
                 pictures.asked),
    ),
    schedules=(
        lab.Schedule("Every Election starts another", "Look at the elections: each further rank doubles "
                     "their number.",
                     {"version": "unguarded", "noticed": "lowest"}),
        lab.Schedule("The old leader comes back", "Look at 9 s: 5 takes itself for the coordinator, and the "
                     "others follow 4.", {"version": "keeps-ruling"}),
        lab.Schedule("Two halves", "Look for two who coordinate while the halves do not hear each other; "
                     "from 8 s on all follow 5.", {}, ("partition 1,2/3,4,5 @3..8",)),
    ),
    offers=lambda given: (
        lab.Offer("messages of an agent come late", "slow {agent} 0.5 @{at}..{until}", names(given)),
        lab.Offer("the two halves part", halves(given), lasts=5.0),
    ),
    tones=pictures.TONES,
    page="coordlab.patterns.bully.agents",
    chapter="07_bully_election",
)  # fmt: skip
