"""What one sees of a crew: its schedule and its tasks; and what is counted."""

from __future__ import annotations

from collections import Counter

from coordlab.labs import declaration as lab
from coordlab.labs.views import Bar, Cell, Spans, Table
from coordlab.patterns.crew.lab_agents import MANAGER, tasks
from coordlab.patterns.orchestration.turns import is_turn, turns
from coordlab.properties import on_record, recorded
from coordlab.trace.trace import Trace


def makespan(trace: Trace) -> float | None:
    """Seconds until the crew has stopped; None if it has not."""
    return next((round(event.time, 6) for event in recorded(trace, "Result")), None)


def refused(trace: Trace) -> int:
    """Drafts that were refused."""
    return sum(1 for _ in recorded(trace, "Refused"))


def passed(trace: Trace) -> bool:
    """Whether the report is done."""
    return any(event.data.task == "report" for event in recorded(trace, "Output"))


def schedule(_: lab.Parameters, trace: Trace) -> Spans:
    """What each agent works on."""
    ended = {event.content.turn: event.name for event in trace.select("Reply", "Failed", kind="handle")}
    about = {event.data.id: event.data.about for event in trace if is_turn(event)}
    drafts, bars = Counter[str](), []
    for turn in turns(trace):
        task = about[turn.id]
        drafts[task] += turn.agent != MANAGER
        text = task if drafts[task] < 2 else f"{task} {drafts[task]}"
        tone = (
            "failed" if ended.get(turn.id) == "Failed" else "between" if turn.agent == MANAGER else "active"
        )
        bars.append(Bar(turn.agent, turn.started, turn.ended, text, tone))
    return Spans(tuple(name for name in trace.agents if name != "crew"), tuple(bars))


def progress(given: lab.Parameters, trace: Trace) -> Table:
    """The tasks: who does each, how it stands, and what came of it."""
    cells, tried = [], Counter[str]()
    for event in trace:
        if is_turn(event) and event.peer != MANAGER:
            task = event.data.about
            tried[task] += 1
            cells.append(Cell(event.seq, task, "agent", str(event.peer)))
            cells.append(Cell(event.seq, task, "state", f"try {tried[task]}", "active"))
        elif on_record(event, "Refused"):
            cells.append(Cell(event.seq, event.data.task, "state", f"refused: {event.data.why}", "failed"))
        elif on_record(event, "Output"):
            cells.append(Cell(event.seq, event.data.task, "state", "done"))
            cells.append(Cell(event.seq, event.data.task, "output", str(event.data.content)))
    rows = tuple(task.name for task in tasks(given))
    return Table(rows, ("agent", "state", "output"), tuple(cells), "task")
