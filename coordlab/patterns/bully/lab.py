"""The bully lab: who leads when the leader falls silent, and what does it cost?"""

from __future__ import annotations

from collections import Counter
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
from coordlab.patterns.bully import theory
from coordlab.patterns.bully.agents import Candidate
from coordlab.patterns.bully.checks import properties, settling_time
from coordlab.patterns.bully.pictures import agreed_at, crashed_at, silence, span
from coordlab.trace.trace import CRASH, DROP, FAULT, HEAL, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

VERSIONS = ("textbook", "skip-silent", "unguarded")
PARAMETERS = (
    Parameter("agents", 5, 2, 12, 1, help="how many candidates; the rank is the name"),
    Parameter("slowest", 0.05, 0.01, 0.5, 0.01, unit="s", label="slowest message",
              help="messages take from a fifth of this to this"),
    Parameter("loss", 0.0, 0.0, 0.5, 0.01, label="messages lost",
              help="the share of messages lost on the way"),
    Parameter("patience", 0.25, 0.05, 1.0, 0.05, unit="s", group="Protocol",
              help="how long to wait for an answer"),
    Parameter("heartbeat", 1.0, 0.2, 3.0, 0.1, unit="s", group="Protocol",
              help="how often to watch who rules"),
    Parameter("version", "textbook", choices=VERSIONS, group="Protocol",
              help="do not ask the silent one again; or hold an election for every Election"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A world of candidates of ranks 1 to `agents`, of the learner's class if given."""
    latency = f"uniform({given['slowest'] / 5},{given['slowest']})"
    world = World(seed, latency, loss=given["loss"], budget=BUDGET)
    wanted = {
        "patience": given["patience"],
        "heartbeat": given["heartbeat"],
        "skip_silent": given["version"] == "skip-silent",
        "guarded": given["version"] != "unguarded",
    }
    return world.add(
        fitting(roles.get("agent", Candidate), rank, **wanted) for rank in range(1, given["agents"] + 1)
    )


def election_messages(trace: Trace) -> int:
    """Election, Answer and Coordinator messages from the first crash until all agreed."""
    since, before = span(trace)
    return trace.count("Election", "Answer", "Coordinator", since=since, before=before)


def _bound(given: Parameters, trace: Trace) -> Theory:
    """How long agents may disagree, if the run is long enough to tell."""
    bound = settling_time(given["patience"], given["heartbeat"])
    short = agreed_at(trace) is None and trace.until < crashed_at(trace) + bound
    why = "the run ends before that" if short else ""
    return Theory(round(bound, 3), says="most", unless=_other_experiment(given, trace) or why)


def _most(given: Parameters, trace: Trace) -> Theory:
    """The price from the lowest, if each agent asks once.

    An Election after the news of its result, from an agent that had not heard it yet, begins another.
    """
    since, before = span(trace)
    elections = trace.select("Election", since=since, before=before)
    asked = Counter((event.agent, event.peer) for event in elections)
    again = "an agent asks a second time" if max(asked.values(), default=0) > 1 else ""
    unless = _other_experiment(given, trace) or again
    return Theory(theory.messages(given["agents"]), says="most", unless=unless)


def _other_experiment(given: Parameters, trace: Trace) -> str:
    """Why the run is not what theory speaks of: one election, begun by one crash, over a reliable network."""
    since, before = span(trace)
    strokes = trace.select(kind=FAULT, before=before) + trace.select(kind=HEAL, since=since, before=before)
    lost = any(event.data != "down" for event in trace.select(kind=DROP, since=since, before=before))
    reasons = {
        "nobody crashes": not trace.select(kind=CRASH),
        "patience < 2 × slowest": given["patience"] < 2 * given["slowest"],
        "another fault strikes, or one ends, before all agree": len(strokes) > 1,
        "a message is lost": lost,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _reliable(given: Parameters) -> bool:
    return not given["loss"] and bool(given["version"] == "textbook")


SPEC = LabSpec(
    name="bully",
    title="Bully election",
    question="Who leads when the leader falls silent, and what does it cost?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: properties(given["patience"], given["heartbeat"]),
    measures=(
        Measure("messages of this election", election_messages, _most),
        Measure("silence until agreement, s", silence, _bound),
        Measure("watching: Ping and Pong", lambda trace: trace.count("Ping", "Pong")),
        Measure("messages lost", lambda trace: sum(e.data != "down" for e in trace.select(kind=DROP))),
    ),
    until=12.0,
    faults=lambda given: (f"crash {given['agents']} @3..9",),
    lanes=lambda given: tuple(str(rank) for rank in range(given["agents"], 0, -1)),
    focus=lambda given: (2.9, 5.0),
    figures=(
        Figure(
            "How many messages does an election take as the team grows?",
            x="agents",
            values=(3, 4, 5, 6, 7, 8, 9, 10, 12),
            measure="messages of this election",
            theory={
                "from the lowest": Curve(lambda given, n: theory.messages(int(n)), applies=_reliable),
                "from the second highest": Curve(
                    lambda given, n: theory.messages(int(n), int(n) - 1), says="least", applies=_reliable
                ),
            },
        ),
        Figure(
            "How long does nobody lead, as agents wait longer for an answer?",
            x="patience",
            values=(0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0),
            measure="silence until agreement, s",
            theory={
                "at most": Curve(
                    lambda given, wait: settling_time(wait, given["heartbeat"]),
                    says="most",
                    applies=_reliable,
                )
            },
        ),
    ),
    roles=(Role("agent", Candidate),),
    page="coordlab.patterns.bully.agents",
)
