"""The voting lab: is a crowd right more often than one of it, and who decides when some are silent?"""

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
from coordlab.patterns.voting import theory
from coordlab.patterns.voting.agents import Chair, Voter
from coordlab.patterns.voting.checks import properties
from coordlab.patterns.voting.rules import ACCEPTED, NO, NO_QUORUM, YES, Majority
from coordlab.trace.trace import FAULT, Event, Trace
from coordlab.world.agent import Agent
from coordlab.world.dice import dice
from coordlab.world.world import World

QUESTIONS = tuple(f"question-{number}" for number in range(1, 11))  # the right answer to each is yes
RULES = {
    "simple": Majority(),
    "present": Majority("present"),
    "absolute": Majority("absolute"),
    "two-thirds": Majority(threshold="2/3"),
}
VERSIONS = ("textbook", "waits-for-all", "no-quorum")
UNTIL, THINKING = 12.0, 0.1
FOREVER = 1e6  # seconds
PARAMETERS = (
    Parameter("voters", 11, 1, 41, 1, group="Voters", help="how many are asked"),
    Parameter("competence", 0.6, 0.0, 1.0, 0.05, group="Voters", help="how often each is right by itself"),
    Parameter("copied", 0.0, 0.0, 1.0, 0.1, group="Voters",
              help="the share of questions in which all repeat one source, which is as competent"),
    Parameter("silent", 0.0, 0.0, 1.0, 0.1, group="Voters", help="how often a voter does not answer"),
    Parameter("crashed", 2, 0, 10, 1, group="Voters", help="how many crash early and stay down"),
    Parameter("slowest", 0.05, 0.01, 0.5, 0.01, unit="s", label="slowest message",
              help="messages take from a fifth of this to this"),
    Parameter("rule", "simple", choices=tuple(RULES), group="Chair",
              help="more than half of those who say yes or no, who take part, or of all; or two thirds"),
    Parameter("deadline", 1.0, 0.2, 2.0, 0.1, unit="s", group="Chair", help="how long a vote is open"),
    Parameter("version", "textbook", choices=VERSIONS, group="Chair",
              help="wait until every ballot is there; or decide by whatever came in"),
)  # fmt: skip


class Juror(Voter):
    """Says yes, which is right, with probability `competence`, unless all copy a source in this question.

    sources: the answer of the source to each question in which all copy it.
    silent: the probability that it does not answer.
    """

    def __init__(
        self,
        name: str,
        competence: float = 0.6,
        silent: float = 0.0,
        sources: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, thinking=THINKING)
        self.competence, self.silent, self.sources = competence, silent, sources or {}

    def judge(self, proposal: str) -> str | None:
        """Its own answer, that of the source, or None."""
        own = YES if self.dice.random() < self.competence else NO
        return None if self.dice.random() < self.silent else self.sources.get(proposal, own)


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A chair with ten questions, and voters, of the learner's class if given."""
    size, version, source = given["voters"], given["version"], dice(seed, "source")
    world = World(seed, f"uniform({given['slowest'] / 5},{given['slowest']})", budget=BUDGET)
    quorum = {"textbook": None, "waits-for-all": size, "no-quorum": 0}[version]
    deadline = FOREVER if version == "waits-for-all" else given["deadline"]
    world.add(Chair("chair", QUESTIONS, RULES[given["rule"]], quorum, deadline))
    drawn = {question: (source.random(), source.random()) for question in QUESTIONS}
    sources = {
        question: YES if right < given["competence"] else NO
        for question, (copied, right) in drawn.items()
        if copied < given["copied"]
    }
    settings = {"competence": given["competence"], "silent": given["silent"], "sources": sources}
    return world.add(
        fitting(roles.get("voter", Juror), f"v{number}", **settings) for number in range(1, size + 1)
    )


def _closed(trace: Trace) -> list[Event]:
    return trace.select("Closed", kind="decision")


def share_right(trace: Trace) -> float | None:
    """The share of the votes that are closed which found the right answer; None if none is closed."""
    results = [event.data.result for event in _closed(trace)]
    return results.count(ACCEPTED) / len(results) if results else None


def longest(trace: Trace) -> float:
    """Seconds from the first call of a vote to its close, or to the end of the run, in the longest vote."""
    began: dict[str, float] = {}
    for event in trace.select("CallForVotes", kind="send"):
        began.setdefault(event.data.proposal, event.time)
    ended = {event.data.proposal: event.time for event in _closed(trace)}
    return max((round(ended.get(each, trace.until) - at, 3) for each, at in began.items()), default=0.0)


def _messages(given: Parameters, trace: Trace) -> Theory:
    called = {event.data.proposal for event in trace.select("CallForVotes", kind="send")}
    return Theory(theory.messages(given["voters"]) * len(called), says="most", unless=_disturbed(trace))


def _in_time(given: Parameters, trace: Trace) -> Theory | None:
    if given["version"] == "waits-for-all":
        return None
    return Theory(round(given["deadline"], 3), says="most", unless=_disturbed(trace))


def _disturbed(trace: Trace) -> str:
    """Why the run is not what theory speaks of: voters may crash, nothing else."""
    strokes = trace.select(kind=FAULT)
    other = any(not str(event.data).startswith("crash v") for event in strokes)
    return "a fault other than a crash of a voter strikes" if other else ""


def _independent(given: Parameters, voters: float) -> float:
    return theory.jury_of([given["competence"]] * int(voters), ties="lost")


def _copying(given: Parameters, voters: float) -> float:
    copied = float(given["copied"])
    return copied * float(given["competence"]) + (1 - copied) * _independent(given, voters)


def _jury(given: Parameters) -> bool:
    """Whether all who are asked answer yes or no in time, and more than half decide."""
    in_time = THINKING + 2 * given["slowest"] < given["deadline"]
    return bool(not given["silent"] and given["rule"] != "two-thirds" and in_time)


_EVERYBODY_UP = {"crashed": 0}
SPEC = LabSpec(
    name="voting",
    title="Majority voting",
    question="Is a crowd right more often than one of it, and who decides when some are silent?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: properties(RULES[given["rule"]], deadline=given["deadline"]),
    measures=(
        Measure("share of right decisions", share_right),
        Measure("votes closed", lambda trace: len(_closed(trace))),
        Measure("without a quorum", lambda trace: sum(e.data.result == NO_QUORUM for e in _closed(trace))),
        Measure("longest vote, s", longest, _in_time),
        Measure("messages in all", lambda trace: trace.count("send"), _messages),
    ),
    until=UNTIL,
    faults=lambda given: tuple(
        f"crash v{number} @0.5" for number in range(1, min(given["crashed"], given["voters"]) + 1)
    ),
    focus=lambda given: (0.0, 1.5),
    figures=(
        Figure(
            "Is a larger crowd right more often?",
            x="voters",
            values=(1, 3, 5, 9, 15, 25, 41),
            measure="share of right decisions",
            theory={
                "each judges for itself": Curve(
                    _independent, applies=lambda given: _jury(given) and not given["copied"]
                ),
                "with copies of one source": Curve(_copying, applies=_jury),
            },
            settings=_EVERYBODY_UP,
        ),
        Figure(
            "What does it help to ask many, if they copy one source?",
            x="copied",
            values=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
            measure="share of right decisions",
            theory={
                "the jury theorem, diluted": Curve(
                    lambda given, copied: _copying({**given, "copied": copied}, given["voters"]),
                    applies=_jury,
                )
            },
            settings=_EVERYBODY_UP,
        ),
    ),
    roles=(Role("voter", Juror),),
    page="coordlab.patterns.voting.agents",
)
