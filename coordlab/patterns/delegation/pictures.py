"""The pictures of delegation, who does what when and how each leaf stands; and what is counted for them."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum

from coordlab.labs.declaration import Parameters, numbered
from coordlab.labs.views import BEFORE, Bar, Graph, Mark, Spans, stacked, states
from coordlab.patterns.delegation.lab_agents import SKILLS, critical, leaves_of
from coordlab.patterns.delegation.rules import Member
from coordlab.properties import recorded
from coordlab.trace.trace import CRASH, SEND, Event, Trace

SAID = {"Completed": ("done", "normal"), "GivenUp": ("given up", "failed"), "Lost": ("lost", "stuck")}


def workers(given: Parameters) -> tuple[str, ...]:
    """Their names."""
    return numbered("w", given["workers"])


def crew_of(given: Parameters) -> tuple[Member, ...]:
    """What the coordinator knows of them."""
    return tuple(Member(name, SKILLS, given["capacity"]) for name in workers(given))


def makespan(trace: Trace) -> float | None:
    """Seconds until the coordinator reported; None if it did not."""
    return next((round(event.time, 3) for event in recorded(trace, "Report")), None)


def all_done(trace: Trace) -> bool:
    """Whether the coordinator reported that all leaves were done."""
    return any(not event.data.failures for event in recorded(trace, "Report"))


def busy(trace: Trace) -> float | None:
    """The mean number of leaves at work until the report; None if there was none."""
    end = makespan(trace)
    if not end:
        return None
    return round(fsum(min(bar.until or end, end) - min(bar.since, end) for bar in _work(trace)) / end, 2)


def _work(trace: Trace) -> Iterator[Bar]:
    """What each worker did, in order of the ends."""
    held: dict[str | None, dict[str, float]] = {}
    for event in trace:
        now = _running(event)
        if now is None:
            continue
        own = held.setdefault(event.agent, {})
        for leaf in [each for each in own if each not in now]:
            since, tone = own.pop(leaf), "failed" if event.kind == CRASH else "normal"
            yield Bar(str(event.agent), since, event.time, leaf, tone)
        own |= {leaf: event.time for leaf in now if leaf not in own}
    for worker, own in held.items():
        yield from (Bar(str(worker), since, None, leaf) for leaf, since in own.items())


def _running(event: Event) -> tuple[str, ...] | None:
    """What an agent works on from an event on; None if the event says nothing of it."""
    if event.kind == CRASH:
        return ()
    return next((tuple(value) for name, value in states(event) if name == "running"), None)


def schedule(given: Parameters, trace: Trace) -> Spans:
    """Who works on what: blue on a longest chain, red in vain or beyond the room there is."""
    longest = critical(leaves_of(given))
    bars = [bar._replace(tone="active") if bar.text in longest and bar.tone == "normal" else bar
            for bar in _work(trace)]  # fmt: skip
    return stacked(workers(given), bars, given["capacity"])


def progress(given: Parameters, trace: Trace) -> Graph:
    """What waits for what, and how each leaf stands."""
    leaves = leaves_of(given)
    known = {leaf.name for leaf in leaves}
    marks = [Mark(BEFORE, leaf.name, f"{leaf.work:g} s", "idle") for leaf in leaves]
    for event in trace:
        if event.kind == SEND and event.name == "Assign" and event.data.leaf.name in known:
            marks.append(Mark(event.seq, event.data.leaf.name, f"{event.peer} works", "active"))
        elif event.kind == "decision" and event.name in SAID and event.data.leaf in known:
            text, tone = SAID[event.name]
            by = f" by {event.data.by}" if event.name == "Completed" else ""
            marks.append(Mark(event.seq, event.data.leaf, f"{text}{by}", tone))
    edges = tuple((name, leaf.name) for leaf in leaves for name in leaf.after)
    return Graph(tuple(leaf.name for leaf in leaves), edges, tuple(marks), layout="layers")
