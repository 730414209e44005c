"""What is counted in the SWIM lab, and what each member believes of each other one."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, isnan
from statistics import median

from coordlab.labs.views import Cell, Table
from coordlab.patterns.heartbeat.checks import quality, said
from coordlab.trace.trace import CRASH, HANDLE, RESTART, SEND, START, Event, Trace


def probes(trace: Trace) -> list[Event]:
    """The pings that are sent of one's own accord, not for another member."""
    return [each for each in trace.select("Ping", kind=SEND) if not _handles(trace, each, "PingRequest")]


def _handles(trace: Trace, event: Event, name: str) -> bool:
    cause = None if event.cause is None else trace[event.cause]
    return cause is not None and (cause.kind, cause.name) == (HANDLE, name)


def detection(trace: Trace) -> float | None:
    """Mean seconds from a crash to the suspicion by each other member; None if none found it."""
    found = quality(trace).mean_detection
    return None if isnan(found) else round(found, 3)


def load(trace: Trace) -> float | None:
    """Messages for each probe, and so of a member in a period, as each makes one probe; to one digit."""
    made = len(probes(trace))
    return round(trace.count(kind=SEND) / made, 1) if made else None


def first_probe(trace: Trace) -> int | None:
    """In which period after the first crash a member first probes the one that is down; None: in none.

    A period is the usual time between two probes of a member.
    """
    crash = next(iter(trace.select(kind=CRASH)), None)
    times: dict[str | None, list[float]] = {}
    found: float | None = None
    for each in probes(trace):
        times.setdefault(each.agent, []).append(each.time)
        if crash and found is None and each.peer == crash.agent and each.time > crash.time:
            found = each.time - crash.time
    gaps = [later - earlier for own in times.values() for earlier, later in pairwise(own)]
    return ceil(found / median(gaps)) if found is not None and gaps else None


def wrong_probes(trace: Trace) -> float:
    """The share of probes of trusted members after which the prober suspects them of its own accord."""
    doubts, asked, wrong = set[tuple[str, str]](), 0, 0
    for event in trace:
        if event.kind == SEND and event.name == "Ping" and not _handles(trace, event, "PingRequest"):
            asked += (str(event.agent), str(event.peer)) not in doubts
        elif pair := said(event):
            own = event.cause is not None and trace[event.cause].kind != HANDLE
            wrong += own and event.name == "Suspected"
            (doubts.add if event.name in ("Suspected", "Buried") else doubts.discard)(pair)
    return wrong / max(1, asked)


BELIEFS = {
    "Restored": ("up", "normal"),
    "Recovered": ("up", "normal"),
    "Suspected": ("suspect", "between"),
    "Buried": ("dead", "failed"),
}


def beliefs(trace: Trace) -> Table:
    """What each member, a row, believes of each other, with its incarnation; and what is true of itself."""
    cells: list[Cell] = []
    heard: dict[str, set[str]] = {each: set() for each in trace.agents}
    for event in trace:
        agent = str(event.agent)
        if event.kind in (START, RESTART):
            cells.append(Cell(event.seq, agent, agent, "is up", "active"))
        elif event.kind == CRASH:
            cells.append(Cell(event.seq, agent, agent, "is down", "down"))
            cells += [Cell(event.seq, agent, each, "") for each in sorted(heard[agent])]
            heard[agent].clear()
        elif pair := said(event):
            words, tone = BELIEFS[str(event.name)]
            heard[agent].add(pair[1])
            cells.append(Cell(event.seq, agent, pair[1], f"{words} {event.content.incarnation}", tone))
    return Table(tuple(trace.agents), tuple(trace.agents), tuple(cells), head="who believes")
