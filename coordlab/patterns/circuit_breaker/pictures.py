"""What is counted in a run of the circuit breaker lab, and what each breaker does over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from coordlab.labs.views import Cell, Curves, Table
from coordlab.patterns.circuit_breaker.rules import CLOSED, FAILURE, HALF_OPEN, OPEN, SUCCESS
from coordlab.trace.trace import CRASH, DROP, HANDLE, NOTE, RESTART, SEND, START, STATE, Event, Trace

BIN = 0.5  # seconds


def in_vain(trace: Trace) -> int:
    """Calls that came to the service while it was down."""
    return sum(event.name == "Request" and event.data == "down" for event in trace.select(kind=DROP))


def closed_again(trace: Trace) -> float | None:
    """Seconds from the end of the last outage until all breakers were closed; None if they never were."""
    back = max((event.time for event in trace.select(kind=RESTART, agent="db")), default=None)
    turns = {event.agent: (event.time, event.data) for event in trace.select("role", kind=STATE)}
    if back is None or any(state != CLOSED for _, state in turns.values()):
        return None
    return round(max(0.0, *(time - back for time, _ in turns.values()), 0.0), 3)


def served_at_the_end(trace: Trace) -> float | None:
    """Results a second in the last four seconds of the run; None if it is shorter."""
    since = trace.until - 4.0
    return trace.count("Result", kind=HANDLE, since=since) / 4.0 if since >= 0 else None


def trips(trace: Trace) -> int:
    """How often a breaker opened."""
    return sum(event.data == OPEN for event in trace.select("role", kind=STATE))


def goodput(asked: float, trace: Trace) -> Curves:
    """Results, requests and refusals of all callers, a second, in steps of half a second."""
    counted = {
        "results": trace.select("Result", kind=HANDLE),
        "requests sent": trace.select("Request", kind=SEND),
        "refused at once": trace.select("Refusal", kind=NOTE),
    }
    curves = {label: _rate(events, trace.until) for label, events in counted.items()}
    tones = {"results": "active", "requests sent": "between", "refused at once": "no"}
    return Curves(curves, "a second", lines={"asked for": asked}, tones=tones)


def _rate(events: Iterable[Event], until: float) -> tuple[tuple[float, float | None], ...]:
    bins = Counter(int(event.time / BIN + 1e-9) for event in events)
    return tuple((number * BIN, bins[number] / BIN) for number in range(int(until / BIN + 1e-9)))


COLUMNS = ("state", "failures in a row", "under way", "served", "failed", "refused")
TONES = {CLOSED: "active", HALF_OPEN: "between", OPEN: "failed"}


def breakers(trace: Trace) -> Table:
    """For each caller: the state of its breaker, its calls under way, and how they ended so far."""
    callers = tuple(each for each in trace.agents if each != "db")
    counts = {each: Counter(dict.fromkeys(COLUMNS[1:], 0)) for each in callers}
    cells: list[Cell] = []
    for event in trace:
        who = str(event.agent)
        if who not in counts:
            continue
        if event.kind in (START, RESTART):
            cells.append(Cell(event.seq, who, "state", CLOSED, TONES[CLOSED]))
        elif event.kind == STATE and event.name == "role":
            cells.append(Cell(event.seq, who, "state", str(event.data), TONES.get(event.data, "normal")))
        cells += [Cell(event.seq, who, name, str(counts[who][name])) for name in _counted(event, counts[who])]
    return Table(callers, COLUMNS, tuple(cells), head="caller")


def _counted(event: Event, counts: Counter[str]) -> tuple[str, ...]:
    """Count what a breaker tells; the names of the counts that have changed."""
    if event.kind == CRASH:
        counts["under way"] = counts["failures in a row"] = counts["generation"] = 0
        return "under way", "failures in a row"
    if event.kind != NOTE:
        return ()
    if event.name == "Permit":
        counts["under way"] += 1
        return ("under way",)
    if event.name == "Refusal":
        counts["refused"] += 1
        return ("refused",)
    if event.name == "Transition":
        counts["failures in a row"], counts["generation"] = 0, event.data.generation
        return ("failures in a row",)
    if event.name != "Outcome":
        return ()
    counts["under way"] = max(0, counts["under way"] - 1)
    ended = {SUCCESS: "served", FAILURE: "failed"}.get(event.data.result)
    if ended is None:
        return ("under way",)
    counts[ended] += 1
    if event.data.generation == counts["generation"]:  # else it was admitted before the last transition
        counts["failures in a row"] = 0 if ended == "served" else counts["failures in a row"] + 1
    return "under way", ended, "failures in a row"
