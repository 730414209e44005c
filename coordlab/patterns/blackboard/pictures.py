"""The pictures of the blackboard: the board, what rests on what, and the agenda; and what is counted."""

from __future__ import annotations

from collections.abc import Collection

from coordlab.labs.declaration import Parameters
from coordlab.labs.views import BEFORE, Cell, Graph, Mark, Table
from coordlab.patterns.blackboard.expert import ANIMALS, SEEN
from coordlab.patterns.blackboard.rules import Entry
from coordlab.properties import on_record
from coordlab.trace.trace import CRASH, HANDLE, NOTE, SEND, Event, Trace, brief

KINDS = ("fact:cheetah", "fact:tiger", "fact:zebra")
COLUMNS = ("value", "author", "confidence", "version", "rests on")


def _word(key: str) -> str:
    return key.removeprefix("fact:")


def board(_: Parameters, trace: Trace) -> Table:
    """A row for each key of the run, in the order in which they came."""
    cells: list[Cell] = []
    for event in trace.select("Written", "Retracted", kind=SEND):
        entry = event.data.entry if event.name == "Written" else Entry(event.data.key, "")
        shown = ("",) * 5
        if event.name == "Written":
            rests = ", ".join(_word(key) for key, _ in entry.sources)
            sure = f"{entry.confidence:.0%}"
            shown = brief(entry.value), entry.author, sure, str(entry.version), rests
        cells += (Cell(event.seq, _word(entry.key), *each) for each in zip(COLUMNS, shown, strict=True))
    return Table(tuple(dict.fromkeys(cell.row for cell in cells)), COLUMNS, tuple(cells), "key")


def reasons(_: Parameters, trace: Trace) -> Graph:
    """What could follow from what, by the rules; what is on the board, how sure, and what it rests on."""
    marks = list[Mark]()
    nodes = dict.fromkeys(fact for fact, _ in SEEN)
    edges = {(need, gives): None for _, needs, gives, _ in ANIMALS for need in needs}
    nodes |= dict.fromkeys(each for edge in edges for each in edge)
    marks += (Mark(BEFORE, each, "", "idle") for each in nodes)
    for event in trace.select("Written", "Retracted", kind=SEND):
        entry = event.data.entry if event.name == "Written" else None
        what = _word(entry.key if entry else event.data.key)
        if what not in nodes:
            nodes[what] = None
        text, tone = (f"{entry.confidence:.0%}", "normal") if entry else ("withdrawn", "idle")
        marks.append(Mark(event.seq, what, text, "active" if entry and entry.sources else tone))
        grounds = [(_word(key), what) for key, _version in entry.sources] if entry else []
        marks += (Mark(event.seq, edge, "", "active") for edge in grounds if edge in edges)
    return Graph(tuple(nodes), tuple(edges), tuple(marks), layout="layers")


def agenda(_: Parameters, trace: Trace) -> Table:
    """For each source what it waits for its turn with, what it acts on, and what it has added."""
    waiting: dict[str, list[str]] = {name: [] for name, *_rule in ANIMALS}
    cells: list[Cell] = []

    def show(event: Event, source: str, **shown: str) -> None:
        for column, text in {"waits with": ", ".join(waiting[source]), **shown}.items():
            tone = {"waits with": "between", "acts on": "active"}.get(column, "normal")
            cells.append(Cell(event.seq, source, column, text, tone))

    for event in trace:
        if on_record(event, "Activation") and event.data.source in waiting:
            source, word = event.data.source, _word(event.data.entry.key)
            if event.kind == NOTE:
                waiting[source].append(word)
                show(event, source)
            else:
                waiting[source].remove(word)
                show(event, source, **{"acts on": word})
        elif event.kind == HANDLE and event.name == "Done" and event.peer in waiting:
            show(event, event.peer, **{"acts on": ""})
        elif event.kind == SEND and event.name == "Written" and event.peer in waiting:
            show(event, event.peer, **{"has added": _word(event.data.entry.key)})
        elif event.kind == CRASH and (event.agent == "board" or event.agent in waiting):
            for source in waiting if event.agent == "board" else [event.agent]:
                waiting[source] = [] if event.agent == "board" else waiting[source]
                show(event, source, **{"acts on": ""})
    return Table(tuple(waiting), ("waits with", "acts on", "has added"), tuple(cells), head="source")


def _last(trace: Trace, keys: Collection[str]) -> Entry | None:
    """The last entry written under one of these keys."""
    written = [event.data.entry for event in trace.select("Written")]
    return next((entry for entry in reversed(written) if entry.key in keys), None)


def named(trace: Trace) -> str | None:
    """The animal that was concluded last; None: none."""
    found = _last(trace, KINDS)
    return found.key[5:] if found else None


def sure(trace: Trace) -> float | None:
    """How sure the board is of it; None: of none."""
    found = _last(trace, KINDS)
    return round(found.confidence, 3) if found else None


def found_at(trace: Trace) -> float | None:
    """When the last entry was written, in virtual seconds; None: nothing was."""
    written = trace.select("Written")
    return round(written[-1].time, 3) if written else None


def asked_or_told(trace: Trace) -> int:
    """How often readers asked, and how often they were told."""
    readers = [name for name in trace.agents if name.startswith("reader-")]
    told = trace.count("Notify")
    return told + sum(event.agent in readers for event in trace.select("Query"))
