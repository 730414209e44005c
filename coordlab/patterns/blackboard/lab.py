"""The blackboard lab: who decides what happens next when nobody is in charge?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.blackboard import checks, expected, pictures
from coordlab.patterns.blackboard.agents import Blackboard
from coordlab.patterns.blackboard.expected import CONCLUSIONS, TICK, UNTIL
from coordlab.patterns.blackboard.expert import ANIMALS, RULES, SEEN, Observer, Poller, Reporter, Rule
from coordlab.patterns.blackboard.lab_agents import VERSIONS
from coordlab.patterns.blackboard.rules import MERGES, RATINGS
from coordlab.world.agent import Agent
from coordlab.world.world import World

SOURCES = tuple(name for name, *_ in ANIMALS)
LIMIT = 3.0  # seconds for the turn of a source
PARAMETERS = (
    lab.Parameter("version", "textbook", choices=tuple(VERSIONS), group="Control",
                  help="no-control lets all sources act at once; literal-keys takes a pattern for the "
                  "name of a key; no-versions counts no versions of entries, which shows with two "
                  "witnesses"),
    lab.Parameter("rating", "first_come", choices=tuple(RATINGS), group="Control",
              help="which source on the agenda acts next: the first that came, the last, or the one with "
              "the surest entry"),
    lab.Parameter("concurrent", 1, 1, 4, 1, group="Control", label="sources at a time",
              help="how many sources may act at the same time"),
    lab.Parameter("merge", "newest", choices=tuple(MERGES), group="Control",
              help="what a second write to a key does: replace the entry, replace it only if it is surer, "
              "or keep both"),
    lab.Parameter("witnesses", 1, 1, 3, 1,
                  help="how many observers report the same facts; each later one is half as sure"),
    lab.Parameter("cost", 0.5, 0.1, 2.0, 0.1, unit="s", label="work takes",
              help="how long a rule works on a conclusion"),
    lab.SLOWEST,
    lab.LOSS,
    lab.Parameter("readers", 2, 0, 6, 1, group="Readers",
                  help="how many agents want to hear of every conclusion"),
    lab.Parameter("news", "notify", choices=("notify", "poll"), group="Readers",
              help="how readers hear of news: the board notifies them, or they poll it once a second"),
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A board, an observer, a rule for each kind of animal, of the learner's class if given, and readers."""
    world = lab.network(given, seed)
    kind: type[Agent] = roles.get("board", VERSIONS[given["version"]])
    how = {"merge": MERGES[given["merge"]], "rating": RATINGS[given["rating"]]}
    world.add(lab.fitting(kind, "board", **how, concurrent=given["concurrent"], limit=LIMIT))
    for number in range(given["witnesses"]):
        seen = tuple((fact, round(sure / 2**number, 3)) for fact, sure in SEEN)
        world.add(Observer(f"eye-{number + 1}" if number else "eye", seen, pause=0.3 + 0.1 * number))
    kind = roles.get("source", Rule)
    world.add(lab.fitting(kind, *rule, cost=given["cost"]) for rule in ANIMALS)
    polled = given["news"] == "poll"
    return world.add(
        Poller(name, CONCLUSIONS, TICK) if polled else Reporter(name) for name in _readers(given)
    )


def _readers(given: lab.Parameters) -> tuple[str, ...]:
    return lab.numbered("reader-", given["readers"])


SPEC = lab.LabSpec(
    name="blackboard",
    title="Blackboard",
    question="Who decides what happens next when nobody is in charge?",
    parameters=PARAMETERS,
    build=build,
    roles=(lab.Role("source", Rule), lab.Role("board", Blackboard)),
    properties=lambda given: checks.properties(
        RATINGS[given["rating"]], RULES, 1.0, given["concurrent"], LIMIT
    ),
    measures=(
        lab.Measure("the animal", pictures.named, expected.follows),
        lab.Measure("how sure", pictures.sure, expected.surest),
        lab.Measure("last entry written at, s", pictures.found_at),
        lab.Measure("activations", lambda trace: trace.count("Activate")),
        lab.Measure("readers: told, or asked", pictures.asked_or_told, expected.news),
        lab.Measure("messages in all", lambda trace: trace.count("send")),
        lab.Measure("messages lost", lab.lost),
    ),
    until=UNTIL,
    limits=lambda given: lab.Limits(
        "crash pause slow delay duplicate", hold=0.5, slow=0.3, over=4.0, spared=("board",)
    ),
    focus=lambda given: (0.0, 4.5),
    views=(
        lab.View("board", "What is on the board, and what each entry rests on.", pictures.board),
        lab.View("reasons", "Which facts follow from which by the rules, and how sure those on the board "
                 "are.", pictures.reasons),
        lab.View("agenda", "Which sources wait for their turn, with which entries, and which ones act.",
                 pictures.agenda),
    ),
    figures=(
        lab.Figure("What does it cost to hear of news?", x="readers", values=(0, 1, 2, 3, 4, 5, 6),
                   measure="readers: told, or asked",
                   theory={"by notice": lab.Curve(expected.told, applies=lambda given: not given["loss"]),
                           "by polling": lab.Curve(expected.asked)},
                   series={"by notice": {"news": "notify"}, "by polling": {"news": "poll"}},
                   settings={"version": "textbook"}, replications=3),
    ),
    schedules=(
        lab.Schedule("Readers ask every second", "Look at the readers: how often do six ask, to hear of 3 "
                     "conclusions?",
                     {"readers": 6, "news": "poll"}),
        lab.Schedule("A less sure witness", "Look at hair on the board: 95 % sure, until somebody who is "
                     "less sure writes over it.", {"witnesses": 2}),
        lab.Schedule("Patterns taken literally", "Look at the agenda: it stays empty, because nobody "
                     "writes a key named fact:*.", {"version": "literal-keys"}),
    ),
    offers=lambda given: (
        lab.Offer("the board crashes and comes back", "crash board @{at}..{until}", (), 1.0),
        lab.Offer("a source crashes and comes back", "crash {agent} @{at}..{until}", SOURCES),
        lab.Offer("a source is slow", "slow {agent} 1 @{at}..{until}", SOURCES),
        lab.Offer("no notice reaches a reader", "cut board>{agent} @{at}..{until}", _readers(given)),
    ),
    tones={"idle": "idle", "working": "active", "quiet": "idle", "controlling": "active"}
    | {"exhausted": "failed"},
    page="coordlab.patterns.blackboard.agents",
    chapter="02_blackboard",
)  # fmt: skip
