"""The group chat lab: what does it cost that all read everything, and does talking make a team right?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.group_chat import rules, theory
from coordlab.patterns.group_chat.agents import Chair
from coordlab.patterns.group_chat.checks import properties
from coordlab.patterns.group_chat.lab_agents import Estimator, Host
from coordlab.patterns.group_chat.pictures import read_so_far, right, transcript, turns, why
from coordlab.patterns.orchestration.turns import TONES
from coordlab.trace.trace import FAULT, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

POLICIES: dict[str, rules.Policy] = {"round-robin": rules.round_robin, "anybody-else": rules.Selector()}
VERSIONS = ("textbook", "fixed-rounds")
PARAMETERS = (
    lab.Parameter("members", 3, 2, 7, 1, group="Team",
                  help="how many members estimate the days that a job takes; 8 is right"),
    lab.Parameter("competence", 0.6, 0.0, 1.0, 0.05, group="Team",
                  help="how likely a member is right at first"),
    lab.Parameter("conformity", 0.5, 0.0, 1.0, 0.1, group="Team",
                  help="how often a speaker adopts an answer that it has just read"),
    lab.Parameter("correction", 0.0, 0.0, 1.0, 0.1, group="Team",
                  help="how often a member keeps the right answer when it would adopt a wrong one"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Chair",
                  help="textbook ends when all keep their answers for a round; fixed-rounds goes on to "
                  "the last turn"),
    lab.Parameter("policy", "round-robin", choices=tuple(POLICIES), group="Chair",
                  help="who speaks next: one member after the other, or a member drawn by the host"),
    lab.Parameter("turns", 20, 2, 60, 1, group="Chair", help="how many turns the chat has at most"),
    lab.Parameter("window", 0, 0, 20, 1, group="Chair",
                  help="how many of the last messages a speaker reads; 0: all of them"),
    lab.Parameter("thinking", 0.2, 0.1, 2.0, 0.1, unit="s", group="World", help="how long a turn takes"),
)  # fmt: skip


def names(given: lab.Parameters) -> tuple[str, ...]:
    """The members, in the order of round robin."""
    return ("ann", "bob", "cat", "dan", "eve", "fay", "gus")[: given["members"]]


def _over(given: lab.Parameters, version: str) -> rules.Condition:
    last = rules.max_turns(given["turns"])
    return rules.Unchanged(names(given), rounds=1) | last if version == "textbook" else last


def _window(given: lab.Parameters) -> rules.Window:
    return rules.LastMessages(given["window"]) if given["window"] else rules.everything


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A chair and its members, of the learner's class if given."""
    host = "host" if given["policy"] == "anybody-else" else None
    over, team = _over(given, given["version"]), names(given)
    chair = Chair(
        team,
        "How long does it take?",
        over,
        POLICIES[given["policy"]],
        _window(given),
        host,
        patience=2 * given["thinking"] + 0.2,
        repeats=None,
    )
    world = World(seed, "uniform(0.01, 0.05)", budget=lab.BUDGET).add(chair)
    how = {name: given[name] for name in ("competence", "conformity", "correction")}
    kind = roles.get("member", Estimator)
    world.add(lab.fitting(kind, name, seconds=given["thinking"], **how) for name in team)
    return world.add(Host(host)) if host else world


def _reads(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """Exactly, whatever the reason for the end."""
    unless = "a fault strikes" if trace.select(kind=FAULT) else ""
    return lab.Theory(theory.reads(len(turns(trace)), given["window"] or None), unless=unless)


def end(given: lab.Parameters) -> float:
    """When the last turn is over in any case: with a host each turn takes a question, too."""
    each = given["thinking"] + (0.1 if given["policy"] == "round-robin" else 0.3)
    return float(round(1.2 * given["turns"] * each + 1, 1))


SPEC = lab.LabSpec(
    name="group_chat",
    title="Group chat",
    question="What does it cost if all read everything, and does talking make a team right?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("member", Estimator),),
    properties=lambda given: properties(
        names(given), POLICIES[given["policy"]], _over(given, "textbook"), _window(given), given["turns"] + 1
    ),
    measures=(
        lab.Measure("messages read", lambda trace: sum(each[2] for each in turns(trace)), _reads),
        lab.Measure("tokens read", lambda trace: sum(each[3] for each in turns(trace))),
        lab.Measure("turns", lambda trace: len(turns(trace))),
        lab.Measure("share of members right at the end", right),
        lab.Measure("why it ended", why),
    ),
    until=end,
    limits=lambda given: lab.Limits("crash cut slow drop duplicate delay", hold=1.0, slow=0.3, over=2.0),
    focus=lambda given: (0.0, 8 * given["thinking"]),
    views=(
        lab.View("transcript", "Who said what, and how much each turn read.", transcript),
        lab.View("reading", "How many messages all members have read so far.", read_so_far),
    ),
    figures=(
        lab.Figure("How much is read as a chat goes on?", x="turns", values=(5, 10, 20, 30, 40, 50),
                   measure="messages read",
                   theory={"everything": lab.Curve(lambda given, turns: theory.reads(int(turns))),
                           "the last five": lab.Curve(lambda given, turns: theory.reads(int(turns), 5))},
                   settings={"version": "fixed-rounds"},
                   series={"everything": {"window": 0}, "the last five": {"window": 5}}, replications=1),
        lab.Figure("Does talking make a team right?", x="conformity", values=(0.0, 0.25, 0.5, 0.75, 1.0),
                   measure="share of members right at the end",
                   theory={"talk alone changes nothing": lab.Curve(
                               lambda given, conformity: given["competence"],
                               applies=lambda given: not given["correction"])},
                   replications=60),
    ),
    schedules=(
        lab.Schedule("Everybody reads everything", "Look at the tokens: each turn reads more than the last.",
                     {"members": 5, "turns": 50, "version": "fixed-rounds"}),
        lab.Schedule("Only the last five messages", "Look at the tokens: they stop growing, as each turn "
                     "reads five messages.",
                     {"members": 5, "turns": 50, "version": "fixed-rounds", "window": 5}),
        lab.Schedule("Agreed on a wrong answer", "Look at the answers: how many are right in the first "
                     "round, and how many in the last?",
                     {"members": 5, "conformity": 1.0, "seed": 16}),
    ),
    offers=lambda given: (
        lab.Offer("a member is away", "crash {agent} @{at}..{until}", names(given), 0.5),
        lab.Offer("a member thinks for long", "slow {agent} 20 @{at}..{until}", names(given)),
    ),
    tones=TONES,
    page="coordlab.patterns.group_chat.agents",
    chapter="15_orchestration_styles",
)  # fmt: skip
