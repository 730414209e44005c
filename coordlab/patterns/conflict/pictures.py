"""The pictures of conflicts: what each wants, which step settled what, and when; and what is counted."""

from __future__ import annotations

from collections import Counter
from math import fsum

from coordlab.labs.declaration import Parameters
from coordlab.labs.views import Bar, Cell, Spans, Table
from coordlab.patterns.conflict.rules import STEPS, shown
from coordlab.properties import on_record, recorded
from coordlab.trace.trace import HANDLE, SEND, Trace

TONES = {"settling": "between", "settled": "normal", "disputes": "between", "free": "idle", "busy": "active"}
LASTING = ("retry", "escalate")  # the steps that take time


def opened(trace: Trace) -> dict[str, float]:
    """When each conflict was opened, or first asked about, in seconds."""
    found: dict[str, float] = {}
    for event in (*recorded(trace, "Opened"), *trace.select("Ask", kind=SEND)):
        found.setdefault(event.content.conflict, event.time)
    return found


def slowest(trace: Trace) -> float:
    """Seconds until a conflict was settled, or until the end of the run, in the slowest one."""
    settled = {event.content.conflict: event.time for event in recorded(trace, "Resolved")}
    spent = [settled.get(each, trace.until) - since for each, since in opened(trace).items()]
    return round(max(spent, default=0.0), 3)


def steps(trace: Trace) -> str:
    """How many conflicts each step settled."""
    by = Counter(event.content.by for event in recorded(trace, "Resolved"))
    return ", ".join(f"{step} {by[step]}" for step in STEPS if by[step]) or "none"


def by_retry(trace: Trace) -> float | None:
    """The share of the settled conflicts in which all agreed after they were asked again."""
    by = [event.content.by for event in recorded(trace, "Resolved")]
    return round(by.count("retry") / len(by), 3) if by else None


def retries(trace: Trace) -> float | None:
    """How often all were asked again, on average of all conflicts; None if there are none."""
    asked: dict[str, int] = {}
    for event in trace.select("Ask", kind=SEND):
        told = event.content
        asked[told.conflict] = max(told.attempt, asked.get(told.conflict, 0))
    return round(fsum(asked.values()) / len(asked), 3) if asked else None


def lost(trace: Trace) -> int:
    """Candidates that do not stand: they lost, or came late."""
    return sum(len(e.content.lost) for e in recorded(trace, "Resolved")) + sum(
        1 for _ in recorded(trace, "Lost")
    )


def conflicts(given: Parameters, trace: Trace) -> Table:
    """What each wants in each conflict as the resolver knows it, what was tried, what stands and why."""
    cells, people = list[Cell](), dict[str, None]()
    for event in trace:
        told = event.content
        if event.kind == HANDLE and event.name == "Proposal" and told.candidate:
            people.setdefault(told.candidate.id)
            cells.append(
                Cell(event.seq, told.conflict, told.candidate.id, shown(told.candidate.value), "between")
            )
        elif on_record(event, "Tried"):
            cells.append(Cell(event.seq, told.conflict, "step", f"{told.step}: {told.reason}"))
        elif on_record(event, "Resolved"):
            cells.append(Cell(event.seq, told.conflict, "step", f"{told.by}: {told.reason}"))
            cells.append(Cell(event.seq, told.conflict, "stands", shown(told.value), "active"))
            for each, tone in [(each, "active") for each in told.kept] + [(each, "no") for each in told.lost]:
                people.setdefault(each.id)
                cells.append(Cell(event.seq, told.conflict, each.id, shown(each.value), tone))
    return Table(tuple(opened(trace)), (*sorted(people), "step", "stands"), tuple(cells), "conflict")


def waits(given: Parameters, trace: Trace) -> Spans:
    """How long each conflict was open, and what it waited for."""
    bars, since = list[Bar](), dict[str, tuple[float, str]]()
    for event in trace:
        told = event.content
        if on_record(event, "Opened"):
            since[told.conflict] = event.time, "asks"
        elif on_record(event, "Tried", "Resolved") and told.conflict in since:
            begun, step = since.pop(told.conflict)
            now = told.step if event.name == "Tried" else told.by
            step = step if step == "asks" and now not in LASTING else now
            if event.time > begun:
                bars.append(Bar(told.conflict, begun, event.time, step, "between"))
            if event.name == "Tried":
                since[told.conflict] = event.time, ""
    bars += [Bar(each, begun, None, "is open", "stuck") for each, (begun, _) in since.items()]
    return Spans(tuple(opened(trace)), tuple(bars))
