"""The blackboard lab: who decides what happens next when nobody is in charge?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from coordlab.labs.declaration import (
    BUDGET,
    Cell,
    Curve,
    Figure,
    LabSpec,
    Measure,
    Parameter,
    Parameters,
    Role,
    Table,
    Theory,
    View,
)
from coordlab.patterns.blackboard import checks, theory
from coordlab.patterns.blackboard.agents import Blackboard
from coordlab.patterns.blackboard.expert import ANIMALS, RULES, SEEN, Observer, Poller, Reporter, Rule
from coordlab.patterns.blackboard.rules import MERGES, RATINGS, Entry
from coordlab.trace.trace import DROP, FAULT, SEND, STATE, Trace, brief
from coordlab.world.agent import Agent
from coordlab.world.world import World

CONCLUSIONS = tuple(dict.fromkeys(gives for _, gives in RULES))
FACTS = {f"fact:{fact}" for fact, _ in SEEN}
KINDS = ("fact:cheetah", "fact:tiger", "fact:zebra")
COLUMNS = ("value", "author", "confidence", "version", "rests on")
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


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """A board, an observer, a rule for each kind of animal, of the learner's class if given, and readers."""
    latency = f"uniform({given['slowest'] / 5},{given['slowest']})"
    world = World(seed, latency, loss=given["loss"], budget=BUDGET)
    board = Blackboard(
        merge=MERGES[given["merge"]],
        rating=RATINGS[given["rating"]],
        concurrent=given["concurrent"],
        limit=3.0,
    )
    source: Callable[..., Agent] = roles.get("source", Rule)
    world.add(board, Observer("eye", SEEN))
    world.add(source(name, needs, gives, strength, given["cost"]) for name, needs, gives, strength in ANIMALS)
    polled = given["news"] == "poll"
    for number in range(1, given["readers"] + 1):
        name = f"reader-{number}"
        world.add(Poller(name, CONCLUSIONS, TICK) if polled else Reporter(name))
    return world


def _last(trace: Trace, keys: Collection[str]) -> Entry | None:
    """The last entry written under one of these keys."""
    written = [event.data.entry for event in trace.select("Written")]
    return next((entry for entry in reversed(written) if entry.key in keys), None)


def _named(trace: Trace) -> str | None:
    found = _last(trace, KINDS)
    return found.key[5:] if found else None


def _sure(trace: Trace) -> float | None:
    found = _last(trace, KINDS)
    return round(found.confidence, 3) if found else None


def _found_at(trace: Trace) -> float | None:
    written = trace.select("Written")
    return round(written[-1].time, 3) if written else None


def _follows(_: Parameters, trace: Trace) -> Theory:
    found = checks.closure(FACTS, RULES)
    return Theory(next(key[5:] for key in KINDS if key in found), unless=_other_experiment(trace))


def _news(given: Parameters, trace: Trace) -> Theory:
    readers, unless = given["readers"], _other_experiment(trace)
    if given["news"] == "poll":  # whether there is news or not, so the work need not be over
        reads = theory.polling_reads(readers, len(CONCLUSIONS), int(trace.until / TICK))
        return Theory(reads, unless="a fault strikes" if trace.select(kind=FAULT) else "")
    return Theory(int(theory.notices(readers, len(checks.closure(FACTS, RULES) - FACTS))), unless=unless)


_TOLD = Curve(
    lambda given, readers: theory.notices(int(readers), len(checks.closure(FACTS, RULES) - FACTS)),
    applies=lambda given: given["news"] == "notify" and given["loss"] == 0,
)
_ASKED = Curve(
    lambda given, readers: theory.polling_reads(int(readers), len(CONCLUSIONS), int(UNTIL / TICK)),
    applies=lambda given: given["news"] == "poll",
)


def _other_experiment(trace: Trace) -> str:
    """Why the run is not what theory speaks of: work that is over, without faults, on a reliable network."""
    roles = trace.select("role", agent="board", kind=STATE)
    seen = {event.data.entry.key for event in trace.select("Written")} >= FACTS
    reasons = {
        "a fault strikes": trace.select(kind=FAULT),
        "a message is lost": trace.select(kind=DROP),
        "the work is not over at the end": not seen or not roles or roles[-1].data != "quiet",
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _asked_or_told(trace: Trace) -> int:
    readers = [name for name in trace.agents if name.startswith("reader-")]
    told = trace.count("Notify")
    return told + sum(event.agent in readers for event in trace.select("Query"))


def _board(_: Parameters, trace: Trace) -> Table:
    """A row for each key of the run, in the order in which they came."""
    cells: list[Cell] = []
    for event in trace.select("Written", "Retracted", kind=SEND):
        entry = event.data.entry if event.name == "Written" else Entry(event.data.key, "")
        shown = ("",) * 5
        if event.name == "Written":
            rests = ", ".join(key.removeprefix("fact:") for key, _ in entry.sources)
            sure = f"{entry.confidence:.0%}"
            shown = brief(entry.value), entry.author, sure, str(entry.version), rests
        row = entry.key.removeprefix("fact:")
        cells += (Cell(event.seq, row, *each) for each in zip(COLUMNS, shown, strict=True))
    return Table(tuple(dict.fromkeys(cell.row for cell in cells)), COLUMNS, tuple(cells), "key")


SPEC = LabSpec(
    name="blackboard",
    title="Blackboard",
    question="Who decides what happens next when nobody is in charge?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: checks.properties(RATINGS[given["rating"]], RULES, within=1.0),
    measures=(
        Measure("the animal", _named, _follows),
        Measure("how sure", _sure),
        Measure("last entry written at, s", _found_at),
        Measure("activations", lambda trace: trace.count("Activate")),
        Measure("readers: told, or asked", _asked_or_told, _news),
        Measure("messages in all", lambda trace: trace.count("send")),
        Measure("messages lost", lambda trace: sum(e.data != "down" for e in trace.select(kind=DROP))),
    ),
    until=UNTIL,
    focus=lambda given: (0.0, 4.5),
    figures=(
        Figure(
            "What does it cost to hear of news?",
            x="readers",
            values=(0, 1, 2, 3, 4, 5, 6),
            measure="readers: told, or asked",
            theory={"by notice": _TOLD, "by polling": _ASKED},
            replications=3,
        ),
    ),
    roles=(Role("source", Rule),),
    views=(View("board", "What is on the board, and what each entry rests on.", _board),),
    page="coordlab.patterns.blackboard.agents",
)
