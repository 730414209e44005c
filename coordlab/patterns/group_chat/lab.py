"""The group chat lab: what does it cost that all read everything, and does talking make a team right?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.labs.views import Cell, Curves, Table
from coordlab.patterns.group_chat import rules, theory
from coordlab.patterns.group_chat.agents import Chair
from coordlab.patterns.group_chat.checks import properties
from coordlab.patterns.orchestration.agents import Member
from coordlab.patterns.orchestration.rules import Turn, Utterance
from coordlab.patterns.orchestration.turns import is_turn, result
from coordlab.properties import recorded
from coordlab.trace.trace import FAULT, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

RIGHT, WRONG = "8 days", "5 days"
POLICIES: dict[str, rules.Policy] = {"round robin": rules.round_robin, "anybody else": rules.Selector()}
VERSIONS = ("textbook", "fixed-rounds")
UNTIL = 60.0
PARAMETERS = (
    lab.Parameter("members", 3, 2, 7, 1, group="Team", help="who estimate the days that a job takes: 8"),
    lab.Parameter("competence", 0.6, 0.0, 1.0, 0.05, group="Team", help="how often each is right at first"),
    lab.Parameter("conformity", 0.5, 0.0, 1.0, 0.1, group="Team",
                  help="how often a speaker takes over what another has said last"),
    lab.Parameter("correction", 0.0, 0.0, 1.0, 0.1, group="Team",
                  help="how often one who would give up the right answer keeps it"),
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Chair",
                  help="ends when all keep their answers for a round; or goes on to the last turn"),
    lab.Parameter("policy", "round robin", choices=tuple(POLICIES), group="Chair",
                  help="who speaks next: one after the other, or a member drawn by the host"),
    lab.Parameter("turns", 20, 2, 60, 1, group="Chair", help="the most that there are"),
    lab.Parameter("window", 0, 0, 20, 1, group="Chair",
                  help="how many of the last messages a speaker reads; 0: all of them"),
    lab.Parameter("thinking", 0.2, 0.1, 2.0, 0.1, unit="s", group="World", help="how long a turn takes"),
)  # fmt: skip


class Estimator(Member):
    """Says how many days a job takes, and sometimes takes over what another has said.

    competence, conformity, correction: probabilities, see the parameters of the lab.
    """

    def __init__(
        self,
        name: str,
        competence: float = 0.6,
        conformity: float = 0.5,
        correction: float = 0.0,
        seconds: float = 0.2,
    ) -> None:
        super().__init__(name, None, seconds)
        self.competence, self.conformity, self.correction = competence, conformity, correction
        self.says = ""

    async def reply(self, turn: Turn) -> object:
        """Its own first answer; later perhaps that of a member drawn from those it has just read."""
        if not self.says:
            self.says = RIGHT if self.dice.random() < self.competence else WRONG
            return self.says
        last = {
            said.agent: said.content for said in turn.context if said.agent not in (rules.USER, self.name)
        }
        if last and self.dice.random() < self.conformity:
            heard = str(self.dice.choice(list(last.values())))
            keeps = self.says == RIGHT and self.dice.random() < self.correction
            self.says = self.says if keeps else heard
        return self.says


class Host(Member):
    """Draws who speaks next."""

    async def reply(self, turn: Turn) -> object:
        """One of the names in the question."""
        return self.dice.choice(turn.task.removeprefix("Who speaks next: ").removesuffix("?").split(", "))


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
    host = "host" if given["policy"] == "anybody else" else None
    over, team = _over(given, given["version"]), names(given)
    chair = Chair(
        team, "How long does it take?", over, POLICIES[given["policy"]], _window(given), host, repeats=None
    )
    world = World(seed, "uniform(0.01, 0.05)", budget=lab.BUDGET).add(chair)
    how = {name: given[name] for name in ("competence", "conformity", "correction")}
    kind = roles.get("member", Estimator)
    world.add(lab.fitting(kind, name, seconds=given["thinking"], **how) for name in team)
    return world.add(Host(host)) if host else world


def turns(trace: Trace) -> list[tuple[int, str, int, int]]:
    """For each turn of a member: the event, the member, and how many messages and tokens it reads."""
    floor = [event for event in trace.select("Turn", kind="send") if is_turn(event) and event.peer != "host"]
    return [(e.seq, str(e.peer), len(e.content.context), e.content.tokens) for e in floor]


def said(trace: Trace) -> list[tuple[int, float, Utterance]]:
    """What members have said: the event, the time, and the utterance."""
    spoken = [(event.seq, event.time, event.data) for event in recorded(trace, "Utterance")]
    return [each for each in spoken if each[2].agent != rules.USER]


def right(trace: Trace) -> float | None:
    """The share of the members whose last answer is right; None until one has spoken."""
    last = {each.agent: each.content for _, _, each in said(trace)}
    return round(list(last.values()).count(RIGHT) / len(last), 3) if last else None


def why(trace: Trace) -> str | None:
    """Why the chat ended."""
    ended = result(trace)
    return str(ended.reason) if ended else None


def _reads(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """Exactly, whatever the reason for the end."""
    unless = "a fault strikes" if trace.select(kind=FAULT) else ""
    return lab.Theory(theory.reads(len(turns(trace)), given["window"] or None), unless=unless)


def transcript(_: lab.Parameters, trace: Trace) -> Table:
    """Who said what, and what each turn read."""
    cells = []
    for number, (event, name, messages, tokens) in enumerate(turns(trace), 1):
        read = {"speaker": name, "reads": str(messages), "tokens": str(tokens)}
        cells += [Cell(event, str(number), column, text) for column, text in read.items()]
    for number, (event, _time, each) in enumerate(said(trace), 1):
        tone = "active" if each.content == RIGHT else "no"
        cells.append(Cell(event, str(number), "says", str(each.content), tone))
    rows = tuple(dict.fromkeys(cell.row for cell in cells))
    return Table(rows, ("speaker", "says", "reads", "tokens"), tuple(sorted(cells)), head="turn")


def read_so_far(_: lab.Parameters, trace: Trace) -> Curves:
    """Messages read by all members together."""
    points, total = [(0.0, 0.0)], 0
    for event, _name, messages, _tokens in turns(trace):
        total += messages
        points.append((trace[event].time, float(total)))
    return Curves({"messages read": tuple(points)}, unit="messages")


SPEC = lab.LabSpec(
    name="group_chat",
    title="Group chat",
    question="What does it cost that all read everything, and does talking make a team right?",
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
        lab.Measure("share right at the end", right),
        lab.Measure("why it ended", why),
    ),
    until=UNTIL,
    focus=lambda given: (0.0, 8 * given["thinking"]),
    views=(
        lab.View("Transcript", "Who said what, and how much each turn read.", transcript),
        lab.View("Reading", "How much all have read.", read_so_far),
    ),
    figures=(
        lab.Figure(
            "How much is read as a chat goes on?",
            x="turns",
            values=(5, 10, 20, 30, 40, 50),
            measure="messages read",
            theory={
                "everything": lab.Curve(lambda given, turns: theory.reads(int(turns))),
                "the last five": lab.Curve(lambda given, turns: theory.reads(int(turns), 5)),
            },
            settings={"version": "fixed-rounds"},
            series={"everything": {"window": 0}, "the last five": {"window": 5}},
            replications=1,
        ),
        lab.Figure(
            "Does talking make a team right?",
            x="conformity",
            values=(0.0, 0.25, 0.5, 0.75, 1.0),
            measure="share right at the end",
            theory={
                "talk alone changes nothing": lab.Curve(
                    lambda given, conformity: given["competence"],
                    applies=lambda given: not given["correction"],
                )
            },
            replications=60,
        ),
    ),
    schedules=(
        lab.Schedule("Everybody reads everything", "Look at the tokens: each turn reads more than the last.",
                     {"members": 5, "turns": 50, "version": "fixed-rounds"}),
        lab.Schedule("The last five only", "Look at the tokens: they stop growing.",
                     {"members": 5, "turns": 50, "version": "fixed-rounds", "window": 5}),
        lab.Schedule("Agreed, and wrong", "Look at the first round: four are right. In the last nobody is.",
                     {"members": 5, "conformity": 1.0, "seed": 16}),
    ),
    offers=lambda given: (
        lab.Offer("a member is away", "crash {agent} @{at}..{until}", names(given), 0.5),
        lab.Offer("a member thinks for long", "slow {agent} 20 @{at}..{until}", names(given)),
    ),
    tones={"working": "active", "conducting": "normal", "idle": "idle", "stopped": "idle"},
    page="coordlab.patterns.group_chat.agents",
    chapter="15_orchestration",
)  # fmt: skip
