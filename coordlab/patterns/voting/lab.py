"""The voting lab: is a crowd right more often than one of it, and who decides when some are silent?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.voting.agents import Chair
from coordlab.patterns.voting.checks import properties
from coordlab.patterns.voting.expected import alike, copies, in_time, independent, jury, messages, winner
from coordlab.patterns.voting.lab_agents import (
    BALLOTS,
    MOST,
    QUESTIONS,
    RULES,
    Juror,
    drawn,
    electorate,
    rule,
)
from coordlab.patterns.voting.pictures import closed, last_outcome, lead, longest, share_right, tally
from coordlab.patterns.voting.ranked import METHODS
from coordlab.patterns.voting.rules import NO_QUORUM
from coordlab.world.agent import Agent
from coordlab.world.world import World

VERSIONS = ("textbook", "waits-for-all", "no-quorum")
UNTIL = 12.0
FOREVER = 1e6  # seconds
JURORS = {"ballots": ("jurors",)}
PARAMETERS = (
    BALLOTS,
    lab.Parameter("voters", 11, 1, MOST, 1, group="Voters", only_with=JURORS,
                  help="how many jurors are asked"),
    lab.Parameter("competence", 0.6, 0.0, 1.0, 0.05, group="Voters",
                  help="how likely each juror is right by itself",
                  only_with=JURORS),
    lab.Parameter("copied", 0.0, 0.0, 1.0, 0.1, group="Voters", only_with=JURORS,
                  help="the share of questions in which all repeat one source, which is as competent as a "
                  "juror"),
    lab.Parameter("correlated", 0.0, 0.0, 0.9, 0.1, group="Voters", only_with=JURORS,
                  help="how much the errors of jurors correlate: a hard question is hard for all"),
    lab.Parameter("silent", 0.0, 0.0, 1.0, 0.1, group="Voters", help="how often a voter does not answer"),
    lab.Parameter("crashed", 2, 0, 10, 1, group="Voters", help="how many voters crash early and stay down"),
    lab.SLOWEST,
    lab.Parameter("version", "textbook", choices=VERSIONS, group="Chair",
                  help="waits-for-all waits until every ballot is there; no-quorum decides by whatever "
                  "came in, which shows when most voters crash"),
    lab.Parameter("rule", "simple", choices=tuple(RULES), group="Chair", label="majority", only_with=JURORS,
                  help="what a majority is: more than half of those who say yes or no, of those who take "
                  "part, or of all; or two thirds"),
    lab.Parameter("method", "schulze", choices=tuple(METHODS), group="Chair", not_with=JURORS,
                  help="how the rankings are counted"),
    lab.Parameter("deadline", 1.0, 0.2, 2.0, 0.1, unit="s", group="Chair", help="how long a vote is open"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A chair with its questions, and voters, of the learner's classes if given."""
    version, cast = given["version"], electorate(given)
    world = lab.network(given, seed)
    quorum = {"textbook": None, "waits-for-all": len(cast), "no-quorum": 0}[version]
    deadline = FOREVER if version == "waits-for-all" else given["deadline"]
    asked = QUESTIONS if cast[0] is None else QUESTIONS[:1]
    chair, voter = roles.get("chair", Chair), roles.get("voter", Juror)
    how = {"proposals": asked, "rule": rule(given), "quorum": quorum, "deadline": deadline}
    world.add(lab.fitting(chair, "chair", **how))
    hard, said = drawn(given, seed)
    settings = {"competences": hard, "silent": given["silent"], "sources": said}
    return world.add(
        lab.fitting(voter, f"v{number}", choice=choice, **settings) for number, choice in enumerate(cast, 1)
    )


def _crashes(given: lab.Parameters) -> tuple[str, ...]:
    many = min(given["crashed"], len(electorate(given)))
    return tuple(f"crash {name} @0.5" for name in lab.numbered("v", many))


def _offers(given: lab.Parameters) -> tuple[lab.Offer, ...]:
    voters = lab.numbered("v", len(electorate(given)))
    return (
        lab.Offer("a voter crashes", "crash {agent} @{at}", voters),
        lab.Offer("a voter is cut off", "cut {agent}>chair @{at}..{until}", voters),
        lab.Offer("a voter thinks for long", "slow {agent} 20 @{at}..{until}", voters),
        lab.Offer("the chair crashes and comes back", "crash chair @{at}..{until}", (), 1.0),
    )


_JURORS: dict[str, str | float] = {"ballots": "jurors", "crashed": 0}
SPEC = lab.LabSpec(
    name="voting",
    title="Voting",
    question="Is a crowd right more often than one member of it, and who decides when some are silent?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("chair", Chair), lab.Role("voter", Juror)),
    properties=lambda given: properties(rule(given), deadline=given["deadline"]),
    measures=(
        lab.Measure("share of right decisions", share_right),
        lab.Measure("last outcome", last_outcome, winner),
        lab.Measure("votes closed", lambda trace: len(closed(trace))),
        lab.Measure("votes without a quorum",
                    lambda trace: sum(e.data.result == NO_QUORUM for e in closed(trace))),
        lab.Measure("longest vote, s", longest, in_time),
        lab.Measure("messages in all", lambda trace: trace.count("send"), messages),
    ),
    until=UNTIL,
    limits=lambda given: lab.Limits(lab.STORMY, hold=1.0, slow=0.3, over=5.0),
    faults=_crashes,
    lanes=lambda given: ("chair", *lab.numbered("v", len(electorate(given)))),
    focus=lambda given: (0.0, 1.5),
    views=(
        lab.View("tally", "The ballots that count, who is missing, and how the vote ended.", tally),
        lab.View("lead", "By how many votes yes leads, and how far the missing can move that; of rankings, "
                 "first places.", lead),
    ),
    figures=(
        lab.Figure("Is a larger crowd right more often?", x="voters", values=(1, 3, 5, 9, 15, 25, 41),
                   measure="share of right decisions",
                   theory={"independent": lab.Curve(independent, applies=jury),
                           "copied (.3)": lab.Curve(lambda given, n: copies(given, n, 0.3), applies=jury),
                           "correlated (.3)": lab.Curve(alike, applies=jury)},
                   settings=_JURORS,
                   series={"independent": {"copied": 0.0, "correlated": 0.0},
                           "copied (.3)": {"copied": 0.3, "correlated": 0.0},
                           "correlated (.3)": {"copied": 0.0, "correlated": 0.3}},
                   replications=10),
        lab.Figure("How much does it help to ask many, if they copy one source?", x="copied",
                   values=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0), measure="share of right decisions",
                   theory={"jury theorem with copies": lab.Curve(
                               lambda given, c: copies(given, given["voters"], c), applies=jury)},
                   settings={**_JURORS, "correlated": 0.0}, replications=20),
    ),
    schedules=(
        lab.Schedule("All repeat one source", "Look at the tally: 41 voters have one opinion.",
                     {"voters": 41, "copied": 1.0, "crashed": 0}),
        lab.Schedule("Wait for every ballot",
                     "Look at the chair: two voters crash, and no vote ends any more.",
                     {"version": "waits-for-all"}),
        lab.Schedule("The capital of Tennessee", "Look at the outcome, then choose another method.",
                     {"ballots": "Tennessee", "method": "plurality", "crashed": 0}),
    ),
    offers=_offers,
    tones={"polling": "active", "thinking": "between", "idle": "idle"},
    page="coordlab.patterns.voting.agents",
    chapter="04_voting",
)  # fmt: skip
