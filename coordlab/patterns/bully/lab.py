"""The bully lab: who leads when the leader falls silent, and what does it cost?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.bully import theory
from coordlab.patterns.bully.agents import Candidate
from coordlab.patterns.bully.checks import properties, settling_time
from coordlab.patterns.bully.lab_agents import KeepsRuling, halves, names, watching
from coordlab.patterns.bully.pictures import (
    TONES,
    agreed_at,
    asked,
    beliefs,
    crashed_at,
    elections,
    silence,
    span,
    two_at_once,
)
from coordlab.trace.trace import CRASH, DROP, FAULT, HEAL, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

VERSIONS = ("textbook", "skip-silent", "unguarded", "keeps-ruling")
PARAMETERS = (
    lab.Parameter("agents", 5, 2, 12, 1, help="how many candidates there are; the rank of each is its name"),
    lab.Parameter("slowest", 0.05, 0.01, 0.5, 0.01, unit="s", label="slowest message",
                  help="each message takes between a fifth of this and this"),
    lab.Parameter("loss", 0.0, 0.0, 0.5, 0.01, label="messages lost",
                  help="the share of messages that are lost on the way"),
    lab.Parameter("patience", 0.25, 0.05, 1.0, 0.05, unit="s", group="Protocol",
                  help="how long an agent waits for an answer"),
    lab.Parameter("heartbeat", 1.0, 0.2, 3.0, 0.1, unit="s", group="Protocol",
                  help="the time between two checks of whether the coordinator is up"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Protocol",
                  help="skip-silent does not ask the silent coordinator again; unguarded holds an "
                  "election for every Election; keeps-ruling goes on coordinating after a crash"),
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


def election_messages(trace: Trace) -> int:
    """Election, Answer and Coordinator messages from the first crash until all agreed."""
    since, before = span(trace)
    return trace.count("Election", "Answer", "Coordinator", since=since, before=before)


def _says(given: lab.Parameters) -> str:
    """If one alone watches, it is known who notices."""
    return "most" if given["noticed"] == "all" else "equal"


def _bound(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """How long agents may disagree, if the run is long enough to tell."""
    bound = settling_time(given["patience"], given["heartbeat"])
    short = agreed_at(trace) is None and trace.until < crashed_at(trace) + bound
    why = "the run ends before that" if short else ""
    return lab.Theory(round(bound, 3), says="most", unless=_other_experiment(given, trace) or why)


def _messages(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """The price from the lowest, or from who watches alone, if each agent asks once.

    An Election after the news of its result, from an agent that had not heard it yet, begins another.
    """
    since, before = span(trace)
    elects = trace.select("Election", since=since, before=before)
    pairs = Counter((event.agent, event.peer) for event in elects)
    again = "an agent asks a second time" if max(pairs.values(), default=0) > 1 else ""
    skips = given["version"] == "skip-silent" and given["noticed"] != "all"
    price = theory.messages(given["agents"], watching(given)[0], skip_silent=skips)
    says = "most" if skips else _says(given)  # who asks nobody may rule before others have asked
    return lab.Theory(price, says, unless=_other_experiment(given, trace) or again)


def _held(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """Each that takes part holds one election; without the guard each doubles them."""
    if given["version"] == "skip-silent":
        return None  # who would ask the silent one alone asks nobody
    if given["version"] == "unguarded" and given["noticed"] == "all":
        return None
    first = watching(given)[0]
    taking_part = given["agents"] - first
    doubled = theory.unguarded_elections(taking_part + 1)
    expected = doubled if given["version"] == "unguarded" else taking_part
    again = _messages(given, trace).unless if given["version"] != "unguarded" else ""
    return lab.Theory(expected, _says(given), unless=_other_experiment(given, trace) or again)


def _two(given: lab.Parameters, trace: Trace) -> lab.Theory:
    early = trace.select(kind=FAULT, before=crashed_at(trace) or trace.until)
    reasons = {
        "patience < 2 × slowest": given["patience"] < 2 * given["slowest"],
        "messages may be lost": given["loss"] > 0,
        "another fault strikes before": early,
    }
    return lab.Theory(0, says="most", unless=lab.why_not(reasons))


def _other_experiment(given: lab.Parameters, trace: Trace) -> str:
    """Why the run is not what theory speaks of: one election, begun by one crash, over a reliable network."""
    since, before = span(trace)
    strokes = trace.select(kind=FAULT, before=before) + trace.select(kind=HEAL, since=since, before=before)
    lost = any(event.data != "down" for event in trace.select(kind=DROP, since=since, before=before))
    return lab.why_not({
        "nobody crashes": not trace.select(kind=CRASH),
        "patience < 2 × slowest": given["patience"] < 2 * given["slowest"],
        "another fault strikes, or one ends, before all agree": len(strokes) > 1,
        "a message is lost": lost,
    })  # fmt: skip


def _reliable(given: lab.Parameters) -> bool:
    return not given["loss"] and bool(given["patience"] >= 2 * given["slowest"])


def _noticed_by(lowest: bool) -> lab.Curve:
    return lab.Curve(lambda given, n: theory.messages(int(n), 1 if lowest else int(n) - 1), applies=_reliable)


SPEC = lab.LabSpec(
    name="bully",
    title="Bully election",
    question="Who leads when the leader falls silent, and what does it cost?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: properties(given["patience"], given["heartbeat"]),
    measures=(
        lab.Measure("messages of this election", election_messages, _messages),
        lab.Measure("silence until agreement, s", silence, _bound),
        lab.Measure("elections held", elections, _held),
        lab.Measure("two at once before a crash", two_at_once, _two),
        lab.Measure("watching: Ping and Pong", lambda trace: trace.count("Ping", "Pong")),
        lab.Measure("messages lost", lambda trace: sum(e.data != "down" for e in trace.select(kind=DROP))),
    ),
    until=lambda given: 14.0 if given["version"] == "keeps-ruling" else 12.0,
    faults=lambda given: (f"crash {given['agents']} @3..9",),
    lanes=lambda given: tuple(str(rank) for rank in range(given["agents"], 0, -1)),
    focus=lambda given: (8.5, 11.0) if given["version"] == "keeps-ruling" else (2.9, 5.0),
    figures=(
        lab.Figure("How many messages does an election take as the team grows?", x="agents",
                   values=(3, 4, 5, 6, 7, 8, 9, 10, 12), measure="messages of this election",
                   theory={"the lowest notices": _noticed_by(lowest=True),
                           "the second highest notices": _noticed_by(lowest=False)},
                   series={"the lowest notices": {"noticed": "lowest"},
                           "the second highest notices": {"noticed": "second"}},
                   settings={"version": "textbook"}, replications=3),
        lab.Figure("How many elections are held without the guard?", x="agents", values=(3, 4, 5, 6, 7, 8),
                   measure="elections held",
                   theory={"one election at a time": lab.Curve(lambda given, n: n - 1, applies=_reliable),
                           "one for every Election": lab.Curve(
                               lambda given, n: theory.unguarded_elections(int(n)), applies=_reliable)},
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
                   measure="silence until agreement, s", theory={"at most": lab.Curve(
                       lambda given, wait: settling_time(wait, given["heartbeat"]), "most", _reliable)}),
    ),
    roles=(lab.Role("agent", Candidate),),
    views=(
        lab.View("beliefs", "An arrow leads from each agent to the one that it follows.", beliefs),
        lab.View("elections", "How often each agent asked, answered, and told that it coordinates.", asked),
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
    tones=TONES,
    page="coordlab.patterns.bully.agents",
    chapter="07_bully_election",
)  # fmt: skip
