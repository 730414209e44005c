"""The ring lab: who leads, if each can only talk to the next, and what does the order of the ring cost?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.bully.lab_agents import halves, names
from coordlab.patterns.bully.pictures import TONES, agreed_at, beliefs, crashed_at, silence
from coordlab.patterns.ring import pictures, theory
from coordlab.patterns.ring.agents import Member
from coordlab.patterns.ring.checks import properties, settling_time
from coordlab.patterns.ring.lab_agents import ORDERS, NeverSkips, PassesAll, starters
from coordlab.trace.trace import CRASH, FAULT, HEAL, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

KINDS = {"textbook": Member, "passes-all": PassesAll, "never-skips": NeverSkips}
UNTIL = 20.0
PARAMETERS = (
    lab.Parameter("agents", 5, 2, 12, 1, help="how many members the ring has; the rank of each is its name"),
    lab.Parameter("order", "drawn", choices=tuple(ORDERS),
                  help="the order of the ranks around the ring: drawn by chance, each before the next "
                  "higher one, or each before the next lower one"),
    lab.Parameter("starts", "all", choices=("all", "one"),
                  help="who calls an election at the start: all members, or the one just after the highest"),
    replace(lab.SLOWEST, high=0.15),
    lab.LOSS,
    lab.Parameter("version", "textbook", choices=tuple(KINDS), group="Protocol",
                  help="passes-all passes on lower ranks as well; never-skips sends to the next member "
                  "even if that is silent"),
    lab.Parameter("patience", 0.25, 0.15, 1.0, 0.05, unit="s", group="Protocol",
                  help="how long a member waits for an answer before it skips the silent one"),
    lab.Parameter("heartbeat", 1.0, 0.5, 3.0, 0.1, unit="s", group="Protocol",
                  help="the time between two checks of whether the coordinator is up"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """The members in the order of the ring, of the learner's class if given."""
    world = lab.network(given, seed)
    ring = ORDERS[given["order"]](given["agents"], seed)
    how = {"patience": given["patience"], "heartbeat": given["heartbeat"]}
    kind, begin = roles.get("member", KINDS[given["version"]]), starters(given, ring)
    return world.add(lab.fitting(kind, rank, ring, starts=rank in begin, **how) for rank in ring)


def _first(given: lab.Parameters, trace: Trace) -> str:
    """Why the first election is not what theory speaks of: all answer in time, and nobody begins again."""
    return lab.why_not({
        "patience < 2 × slowest": given["patience"] < 2 * given["slowest"],
        "messages may be lost": given["loss"] > 0,
        "lower ranks are passed on": given["version"] == "passes-all",
        "the election is not over when a fault strikes or the run ends": not pictures.over(trace),
        "somebody calls a second election": pictures.again(trace),
    })  # fmt: skip


def _election(given: lab.Parameters, trace: Trace) -> lab.Theory:
    ring = [int(name) for name in trace.agents]
    return lab.Theory(theory.exactly(ring, starters(given, ring)), unless=_first(given, trace))


def _elected(given: lab.Parameters, trace: Trace) -> lab.Theory:
    return lab.Theory(given["agents"], unless=_first(given, trace))


def _settles(given: lab.Parameters, trace: Trace) -> lab.Theory:
    bound = settling_time(given["agents"], given["patience"], given["heartbeat"])
    since, end = crashed_at(trace), agreed_at(trace)
    over = trace.until if end is None else end + 1e-6
    strokes = trace.select(kind=FAULT, before=over) + trace.select(kind=HEAL, since=since, before=over)
    reasons = {
        "nobody crashes": not trace.select(kind=CRASH),
        "nobody skips the silent one": given["version"] == "never-skips",
        "patience < 2 × slowest": given["patience"] < 2 * given["slowest"],
        "another fault strikes, or one ends, before all agree": len(strokes) > 1,
        "a message is lost": lab.lost(trace, since, over),
        "the run ends too early": end is None and trace.until < since + bound,
    }
    return lab.Theory(round(bound, 3), says="most", unless=lab.why_not(reasons))


def _all(given: lab.Parameters) -> bool:
    return not given["loss"] and bool(given["patience"] >= 2 * given["slowest"])


_COSTS = {
    "at worst": lab.Curve(lambda given, agents: theory.worst(int(agents)), "equal", _all),
    "on average": lab.Curve(lambda given, agents: float(theory.average(int(agents))), "equal", _all),
    "at best": lab.Curve(lambda given, agents: theory.best(int(agents)), "equal", _all),
}
SPEC = lab.LabSpec(
    name="ring",
    title="Ring election",
    question="Who leads, if each can only talk to the next, and what does the order of the ring cost?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: properties(given["agents"], given["patience"], given["heartbeat"]),
    measures=(
        lab.Measure("Election messages at the start",
                    lambda trace: len(pictures.first(trace, "Election")), _election),
        lab.Measure("Elected messages at the start",
                    lambda trace: len(pictures.first(trace, "Elected")), _elected),
        lab.Measure("silence until agreement, s", silence, _settles),
        lab.Measure("Election and Elected messages in all", lambda trace: trace.count("Election", "Elected")),
        lab.Measure("watching: Ping and Pong", lambda trace: trace.count("Ping", "Pong")),
    ),
    until=UNTIL,
    limits=lambda given: lab.Limits("crash partition"),
    faults=lambda given: (f"crash {given['agents']} @4",),
    focus=lambda given: (0.0, 1.5),
    figures=(
        lab.Figure("What does the order of the ring cost?", x="agents", values=(3, 4, 5, 6, 8, 10, 12),
                   measure="Election messages at the start", theory=_COSTS,
                   series={"at worst": {"order": "falling"}, "on average": {"order": "drawn"},
                           "at best": {"order": "rising"}},
                   settings={"starts": "all", "version": "textbook", "until": 4.5}, replications=50),
    ),
    roles=(lab.Role("member", Member),),
    views=(
        lab.View("ring", "The ranks on their way around the ring; ! marks the news of who is elected.",
                 pictures.ring),
        lab.View("ranks", "Whom each member follows, and how many ranks it has sent and held back.",
                 pictures.ranks),
        lab.View("beliefs", "Who follows whom.", beliefs),
    ),
    schedules=(
        lab.Schedule("The worst order", "Look at the ranks sent: each goes on until it meets the highest, 15 "
                     "messages in all.", {"order": "falling"}),
        lab.Schedule("The best order", "Look at the ranks held back: the next member stops all but the "
                     "highest, 9 messages in all.", {"order": "rising"}),
        lab.Schedule("Nobody skips the silent one", "Look for the ranks that stop where 5 crashed: nobody "
                     "is elected any more.", {"version": "never-skips"}),
    ),
    offers=lambda given: (
        lab.Offer("a member answers too late", "slow {agent} 0.5 @{at}..{until}", names(given)),
        lab.Offer("the two halves part", halves(given), lasts=5.0),
    ),
    tones=TONES,
    page="coordlab.patterns.ring.agents",
    chapter="07_bully_election",
)  # fmt: skip
