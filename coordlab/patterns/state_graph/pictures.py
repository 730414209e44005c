"""What one sees of a graph: which nodes run, and the state; and what is counted."""

from __future__ import annotations

from collections import Counter

from coordlab.labs import declaration as lab
from coordlab.labs.views import BEFORE, Cell, Graph as Picture, Mark, Table
from coordlab.patterns.orchestration.turns import is_result, is_turn
from coordlab.patterns.state_graph.graph import START
from coordlab.patterns.state_graph.lab_agents import edges, graph
from coordlab.patterns.state_graph.rules import Interrupt
from coordlab.properties import recorded
from coordlab.trace.trace import HANDLE, Trace, brief

ASKS = ("asks", "between")


def executions(trace: Trace) -> int:
    """How often nodes were called."""
    return sum(is_turn(event) for event in trace.select("Turn", kind="send"))


def steps(trace: Trace) -> int:
    """Super-steps that are done."""
    return max((event.data.step for event in recorded(trace, "Checkpoint")), default=0)


def ended(trace: Trace) -> tuple[str, float] | None:
    """Why the graph stopped last, and when; None if it never did."""
    found = [event for event in trace if is_result(event)]
    return (str(found[-1].data.reason), round(found[-1].time, 6)) if found else None


def running(given: lab.Parameters, trace: Trace) -> Picture:
    """The graph: which nodes run, have run and how often, ask, or failed."""
    names = graph(given).nodes
    times, marks = Counter[str](), [Mark(BEFORE, name, "", "idle") for name in names]
    for event in trace:
        name = str(event.peer)
        if is_turn(event):
            times[name] += 1
            marks.append(Mark(event.seq, name, f"runs ({times[name]})", "active"))
        elif event.kind == HANDLE and event.agent == "graph" and event.name in ("Reply", "Failed"):
            asks = isinstance(getattr(event.content, "content", None), Interrupt)
            failed, ran = (
                ("failed", "failed"),
                ("ran once" if times[name] == 1 else f"ran {times[name]} times", "normal"),
            )
            marks.append(
                Mark(event.seq, name, *(failed if event.name == "Failed" else ASKS if asks else ran))
            )
    arrows = [(one, other) for one, more in edges(given["stages"], given["arm"]).items() for other in more]
    last = f"join{given['stages']}"
    arrows += [(last, "review"), ("review", last)] if given["drafts"] else []
    return Picture((START, *names), tuple(arrows), tuple(marks), layout="layers")


def state(_: lab.Parameters, trace: Trace) -> Table:
    """The state after each super-step."""
    cells = [
        Cell(event.seq, f"after {event.data.step}", str(key), brief(value))
        for event in recorded(trace, "Checkpoint")
        for key, value in event.data.values
    ]
    rows = tuple(dict.fromkeys(cell.row for cell in cells))
    return Table(rows, ("runs", "draft", "verdict"), tuple(cells), head="super-step")
