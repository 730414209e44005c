"""The blackboard lab: who decides what happens next when nobody is in charge?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coordlab.labs.spec import LabSpec, Measure, Parameter, Parameters
from coordlab.patterns.blackboard import checks, theory
from coordlab.patterns.blackboard.agents import Blackboard
from coordlab.patterns.blackboard.expert import ANIMALS, RULES, SEEN, Observer, Poller, Reporter, Rule
from coordlab.patterns.blackboard.rules import MERGES, RATINGS
from coordlab.trace.trace import DROP, Trace
from coordlab.world.agent import Agent
from coordlab.world.world import World

CONCLUSIONS = tuple(dict.fromkeys(gives for _, gives in RULES))
FACTS = {f"fact:{fact}" for fact, _ in SEEN}
UNTIL, TICK = 12.0, 1.0
PARAMETERS = (
    Parameter("rating", "first_come", choices=tuple(RATINGS), group="Control",
              help="who on the agenda acts next"),
    Parameter("concurrent", 1, 1, 4, 1, group="Control", label="at a time",
              help="how many sources may act at once"),
    Parameter("merge", "newest", choices=tuple(MERGES), group="Control",
              help="what becomes of a second write to a key"),
    Parameter("cost", 0.5, 0.1, 2.0, 0.1, unit="s", label="work takes",
              help="how long a rule works on a conclusion"),
    Parameter("slowest", 0.05, 0.01, 0.5, 0.01, unit="s", label="slowest message",
              help="messages take from a fifth of this to this"),
    Parameter("loss", 0.0, 0.0, 0.5, 0.01, label="messages lost",
              help="the share of messages lost on the way"),
    Parameter("readers", 2, 0, 6, 1, group="Readers", help="how many want to hear of every conclusion"),
    Parameter("news", "notify", choices=("notify", "poll"), group="Readers",
              help="are they told, or do they ask once a second?"),
)  # fmt: skip


def build(agent: type[Agent] | None, seed: int, **given: Any) -> World:
    """A board, an observer, a rule for each kind of animal, of the learner's class if given, and readers."""
    world = World(seed, latency=f"uniform({given['slowest'] / 5},{given['slowest']})", loss=given["loss"])
    board = Blackboard(
        merge=MERGES[given["merge"]],
        rating=RATINGS[given["rating"]],
        concurrent=given["concurrent"],
        limit=3.0,
    )
    source: Callable[..., Agent] = agent or Rule
    world.add(board, Observer("eye", SEEN))
    world.add(source(name, needs, gives, strength, given["cost"]) for name, needs, gives, strength in ANIMALS)
    polled = given["news"] == "poll"
    for number in range(1, given["readers"] + 1):
        name = f"reader-{number}"
        world.add(Poller(name, CONCLUSIONS, TICK) if polled else Reporter(name))
    return world


def _named(trace: Trace) -> str:
    written = [event.data.entry for event in trace.select("Written")]
    animals = [entry for entry in written if entry.key[5:] in ("cheetah", "tiger", "zebra")]
    return f"{animals[-1].key[5:]}, {animals[-1].confidence:.0%} sure" if animals else "none yet"


def _follows(_: Parameters, __: Trace) -> str:
    found = checks.closure(FACTS, RULES)
    return next(animal for animal in ("cheetah", "tiger", "zebra") if f"fact:{animal}" in found)


def _found_at(trace: Trace) -> str:
    written = trace.select("Written")
    return f"{written[-1].time:.2f} s" if written else "nothing written"


def _news(given: Parameters, _: Trace) -> Any:
    if given["news"] == "poll":
        return theory.polling_reads(given["readers"], len(CONCLUSIONS), int(UNTIL / TICK))
    return int(theory.notices(given["readers"], len(checks.closure(FACTS, RULES) - FACTS)))


def _asked_or_told(trace: Trace) -> int:
    readers = [name for name in trace.agents if name.startswith("reader-")]
    told = trace.count("Notify")
    return told + sum(event.agent in readers for event in trace.select("Query"))


SPEC = LabSpec(
    name="blackboard",
    title="Blackboard",
    question="Who decides what happens next when nobody is in charge?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: checks.properties(RATINGS[given["rating"]], RULES, within=1.0),
    measures=(
        Measure("the animal", _named, _follows),
        Measure("last entry written at", _found_at),
        Measure("activations", lambda trace: trace.count("Activate")),
        Measure("readers: told, or asked", _asked_or_told, _news),
        Measure("messages in all", lambda trace: trace.count("send")),
        Measure("messages lost", lambda trace: sum(e.data == "lost" for e in trace.select(kind=DROP))),
    ),
    until=UNTIL,
    focus=(0.0, 4.5),
    page="coordlab.patterns.blackboard.agents",
)
