"""What one sees of a shared counter: who works with which number; and what is counted."""

from __future__ import annotations

from coordlab.labs.views import Bar, Spans
from coordlab.patterns.counter.agents import BOARD
from coordlab.properties import recorded
from coordlab.trace.trace import HANDLE, SEND, Trace


def counted(trace: Trace) -> int:
    """What the board shows in the end."""
    return next((event.data.value for event in reversed([*recorded(trace, "Stored")])), 0)


def lost(trace: Trace) -> int:
    """How many of the updates are not in that number."""
    return trace.count("Stored") - counted(trace)


def per_step(trace: Trace) -> float | None:
    """Messages for each update; None before the first one."""
    return round(trace.count(kind=SEND) / steps, 3) if (steps := trace.count("Stored")) else None


def finished(trace: Trace) -> float | None:
    """The second in which the last agent is done; None if one is not."""
    ended = {event.agent: round(event.time, 3) for event in trace.select("role") if event.data == "is done"}
    return max(ended.values(), default=None) if len(ended) == len(trace.agents) - 1 else None


def copies(trace: Trace) -> Spans:
    """What the board shows; and for each agent, from when to when it works with which number."""
    value, since, bars, read = 0, 0.0, list[Bar](), dict[str, tuple[float, int]]()
    for event in trace:
        peer = str(event.peer)
        if event.agent == BOARD and event.kind == HANDLE and event.name == "Read":
            read[peer] = event.time, value
        elif event.name == "Stored":
            now = event.data
            if now.by in read:
                start, seen = read.pop(now.by)
                tone = "active" if seen == now.over else "failed"
                bars.append(Bar(now.by, start, event.time, f"{seen} + 1", tone))
            bars.append(Bar(BOARD, since, event.time, str(value)))
            value, since = now.value, event.time
        elif event.kind == SEND and event.name == "Refused":
            start, seen = read.pop(peer)
            bars.append(Bar(peer, start, event.time, f"{seen} + 1: refused", "between"))
    return Spans(tuple(trace.agents), (*bars, Bar(BOARD, since, None, str(value))))
