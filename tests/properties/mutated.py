"""Traces that tell of a run what did not happen: what a property must be able to object to."""

from __future__ import annotations

from typing import Any

from coordlab.trace.trace import TIMER, Event, Row, Trace

FIELDS = ("time", "kind", "agent", "peer", "message", "name", "cause", "data")


def made(trace: Trace, rows: list[Row], until: float | None = None) -> Trace:
    return Trace(rows, trace.agents, trace.says, trace.until if until is None else until)


def changed(trace: Trace, event: Event, **fields: Any) -> Trace:
    """Some fields of an event read otherwise."""
    rows = list(trace.rows)
    row = {**dict(zip(FIELDS, rows[event.seq], strict=True)), **fields}
    rows[event.seq] = tuple(row[field] for field in FIELDS)  # type: ignore[assignment]
    return made(trace, rows)


def without(trace: Trace, *events: Event) -> Trace:
    """Instead of these events something that matters to nobody, so that all others keep their numbers."""
    for event in events:
        trace = changed(trace, event, kind=TIMER, peer=None, message=None, name="nothing", data=0.0)
    return trace


def swapped(trace: Trace, one: Event, other: Event) -> Trace:
    """Each of two events takes the other's place and moment."""
    rows = list(trace.rows)
    first, second = rows[one.seq], rows[other.seq]
    rows[one.seq], rows[other.seq] = (first[0], *second[1:]), (second[0], *first[1:])
    return made(trace, rows)


def repeated(trace: Trace, event: Event, after: Event | None = None, **fields: Any) -> Trace:
    """The event once more, right after itself or after another one; causes keep pointing where they did."""
    place = (after or event).seq + 1
    moved = [
        (*row[:6], row[6] + 1 if row[6] is not None and row[6] >= place else row[6], row[7])
        for row in trace.rows
    ]
    copy = {**dict(zip(FIELDS, trace.rows[event.seq], strict=True)), **fields}
    copy["time"] = trace.rows[place - 1][0]
    rows = [*moved[:place], tuple(copy[field] for field in FIELDS), *moved[place:]]
    return made(trace, rows)  # type: ignore[arg-type]


def late(trace: Trace, event: Event, after: Event) -> Trace:
    """The event comes only after another one, which is the later of the two."""
    assert after.seq > event.seq
    return without(repeated(trace, event, after), event)


def ended(trace: Trace, until: float) -> Trace:
    """The same, cut off."""
    return made(trace, [row for row in trace.rows if row[0] <= until * 1e6], until)
