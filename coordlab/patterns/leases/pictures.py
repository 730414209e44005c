"""The pictures of leases: who leads, who is bound to whom, what each knows; and what is counted."""

from __future__ import annotations

from collections import Counter

from coordlab.labs.declaration import Parameters
from coordlab.labs.views import Bar, Cell, Spans, Table, states
from coordlab.patterns.leases.lab_agents import names
from coordlab.properties import on_record
from coordlab.trace.faults import Skew, read_fault
from coordlab.trace.lanes import spans
from coordlab.trace.trace import FAULT, HEAL, SEND, START, STATE, Event, Trace

STORAGE = "storage"
TONES = {"follows": "normal", "stands": "between", "leads": "active", "is out of order": "down"}


def led(trace: Trace, leaders: int) -> float:
    """Seconds in which at least this many lead at once."""
    reigns = [each for each in spans(trace) if each.role == "leads"]
    turns = sorted((at, step) for each in reigns for at, step in ((each.since, 1), (each.until, -1)))
    total, leading, before = 0.0, 0, 0.0
    for at, step in turns:
        total += at - before if leading >= leaders else 0.0
        leading, before = leading + step, at
    return round(total, 3)


def working(trace: Trace) -> int:
    """How many members are in order."""
    return len([each for each in trace.select(kind=START) if each.name != "OutOfOrder"]) - 1


def first_election(trace: Trace) -> int:
    """Requests and votes of the candidate that stood first."""
    asked = trace.select("RequestVote", kind=SEND)
    first = (asked[0].agent, asked[0].content) if asked else ("", None)
    answered = [(vote.peer, trace[vote.cause or 0].content) for vote in trace.select("Vote", kind=SEND)]
    return [(each.agent, each.content) for each in asked].count(first) + answered.count(first)


def leases(given: Parameters, trace: Trace) -> Spans:
    """Who leads, who stands, to whom each other member is bound (in true time), and the tokens."""
    busy, bars = spans(trace), list[Bar]()
    bound = {name: _bound(name, trace) for name in names(given)}
    for span in busy:
        if span.role == "follows":
            bars += (
                Bar(span.agent, max(since, span.since), min(until, span.until), f"bound to {whom}")
                for since, until, whom in bound[span.agent]
                if since < span.until and until > span.since
            )
        elif span.agent != STORAGE:
            bars.append(Bar(span.agent, span.since, span.until, span.role, TONES.get(span.role, "down")))
    tokens = trace.select("highest", kind=STATE)
    ends = [*(event.time for event in tokens[1:]), trace.until]
    bars += (
        Bar(STORAGE, event.time, end, f"token {event.data}") for event, end in zip(tokens, ends, strict=False)
    )
    return Spans((*bound, STORAGE), tuple(bars))


def _bound(name: str, trace: Trace) -> list[tuple[float, float, str]]:
    """The spans, in true seconds, in which a member is bound to another; adjoining ones are joined."""
    found: list[tuple[float, float, str]] = []
    rate, since = 1.0, -1.0  # that of its clock, and when it promised last, by that
    for event in trace:
        rate *= _turned(event, name)
        told = event.content
        if event.agent == name and on_record(event, "Promise") and told.to and told.since != since:
            since, until = told.since, event.time + (told.until - told.since) / rate
            if found and found[-1][2] == told.to and event.time <= found[-1][1]:
                found[-1] = found[-1][0], until, told.to
            else:
                found.append((event.time, until, told.to))
    return found


def _turned(event: Event, name: str) -> float:
    """By what an event changes the rate of a member's clock."""
    if event.kind not in (FAULT, HEAL) or event.name != "Skew":
        return 1.0
    fault = read_fault(str(event.data))
    assert isinstance(fault, Skew)
    return 1.0 if fault.agent != name else fault.rate if event.kind == FAULT else 1 / fault.rate


def terms(given: Parameters, trace: Trace) -> Table:
    """The term, the vote and the role of each; how many of its writes were kept, and how many refused."""
    cells, kept = list[Cell](), Counter[tuple[str | None, str]]()
    for event in trace:
        agent = str(event.agent)
        if on_record(event, "Promise"):
            cells.append(Cell(event.seq, agent, "votes for", event.content.vote))
        elif event.kind == SEND and event.name in ("Stored", "Fenced"):
            column = {"Stored": "writes kept", "Fenced": "writes refused"}[event.name]
            kept[event.peer, column] += 1
            tone = "failed" if event.name == "Fenced" else "normal"
            cells.append(Cell(event.seq, str(event.peer), column, str(kept[event.peer, column]), tone))
        for state, value in states(event):
            told, term = str(value), state in ("term", "highest")
            if state == "role":
                cells.append(Cell(event.seq, agent, "does", told, TONES.get(told, "down")))
            elif term and value:
                cells.append(Cell(event.seq, agent, "term", f"token {told}" if state == "highest" else told))
    columns = ("does", "term", "votes for", "writes kept", "writes refused")
    return Table((*names(given), STORAGE), columns, tuple(cells), "member")
