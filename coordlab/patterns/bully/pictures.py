"""The pictures of elections: who follows whom, who asks whom; and what is counted."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from coordlab.labs.declaration import Parameters, once
from coordlab.labs.views import Cell, Graph, Mark, Table, states
from coordlab.patterns.bully.checks import agreed
from coordlab.properties import changes
from coordlab.trace.lanes import spans
from coordlab.trace.trace import CRASH, SEND, Trace

TONES = {"follows": "normal", "electing": "between", "coordinates": "active"}


def crashed_at(trace: Trace) -> float:
    """When the first agent crashed, in seconds; 0 if none did."""
    crashes = trace.select(kind=CRASH)
    return crashes[0].time if crashes else 0.0


@once
def agreed_at(trace: Trace) -> float | None:
    """When, after the first crash, all who were up first agreed on a coordinator again; None if never."""
    since = crashed_at(trace)
    return next((now.time for now in changes(trace) if now.time > since and agreed(now) is True), None)


def span(trace: Trace) -> tuple[float, float]:
    """From the first crash to just after all agreed, or to the end, in seconds."""
    end = agreed_at(trace)
    return crashed_at(trace), trace.until if end is None else end + 1e-6


def messages(trace: Trace) -> int:
    """Election, Answer and Coordinator messages from the first crash until all agreed."""
    since, before = span(trace)
    return trace.count("Election", "Answer", "Coordinator", since=since, before=before)


def silence(trace: Trace) -> float | None:
    """Seconds from the first crash until all agreed; None if they never did."""
    end = agreed_at(trace)
    return None if end is None else round(end - crashed_at(trace), 3)


def elections(trace: Trace) -> int:
    """Elections from the first crash until all agree: how often an agent asks those above it."""
    since, before = span(trace)
    return len(
        {(e.agent, e.time, e.cause) for e in trace.select("Election", kind=SEND, since=since, before=before)}
    )


def two_at_once(trace: Trace) -> int:
    """1 if two coordinate at once before the first crash, else 0."""
    crashes = trace.select(kind=CRASH)
    end = crashes[0].time if crashes else trace.until
    reigns = sorted((each.since, each.until) for each in spans(trace) if each.role == "coordinates")
    return int(any(later < min(until, end) for (_, until), (later, _) in pairwise(reigns)))


def asked(given: Parameters, trace: Trace) -> Table:
    """For each agent its role, its coordinator, and how many Election, Answer and Coordinator it sent."""
    cells, counts = list[Cell](), Counter[tuple[str, str]]()
    columns = {"Election": "asked", "Answer": "answered", "Coordinator": "told"}
    for event in trace:
        agent = str(event.agent)
        for state, value in states(event):
            if state == "role":
                cells.append(Cell(event.seq, agent, "does", value, TONES.get(value, "down")))
            elif state == "coordinator":
                cells.append(Cell(event.seq, agent, "follows", value or ""))
        if event.kind == SEND and (column := columns.get(str(event.name))):
            counts[agent, column] += 1
            cells.append(Cell(event.seq, agent, column, str(counts[agent, column])))
    rows = tuple(sorted(trace.agents, key=int, reverse=True))
    return Table(rows, ("does", "follows", *columns.values()), tuple(cells), "rank")


def beliefs(given: Parameters, trace: Trace) -> Graph:
    """An arrow from each agent to the one that it follows."""
    marks, follows = list[Mark](), dict[str, str | None]()
    for event in trace:
        agent = str(event.agent)
        for state, value in states(event):
            if state == "role":
                marks.append(Mark(event.seq, agent, value, TONES.get(value, "down")))
            if (state, value) == ("role", "down") or state == "coordinator":
                leader = value if state == "coordinator" and value != agent else None
                if before := follows.get(agent):
                    marks.append(Mark(event.seq, (agent, before), tone=""))
                if leader:
                    marks.append(Mark(event.seq, (agent, leader), tone="normal"))
                follows[agent] = leader
    edges = dict.fromkeys(mark.what for mark in marks if isinstance(mark.what, tuple))
    return Graph(trace.agents, tuple(edges), tuple(marks), "ring")
