"""The pictures of replicas: what each copy says and knows, how many are up to date; and what is counted."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Any

from coordlab.labs.declaration import Parameters
from coordlab.labs.views import Cell, Curves, Table
from coordlab.patterns.replicas.agents import words
from coordlab.patterns.replicas.checks import taken
from coordlab.patterns.replicas.rules import LastWriter, ORSet, PNCounter, Vector, joined
from coordlab.trace.trace import DECISION, FAULT, HEAL, SEND, Event, Trace

ROUNDS = 3


def vector(copy: Any) -> Vector:
    """How many changes of each author a copy knows."""
    found: Vector = ()
    if isinstance(copy, PNCounter):
        return joined(copy.up.counts, copy.down.counts)
    if isinstance(copy, ORSet):
        for _, by, number in copy.added:
            found = joined(found, ((by, number),))
        return found
    for each in getattr(copy, "writes", getattr(copy, "stamped", ())):
        found = joined(found, each.version)
    return found


def period(trace: Trace) -> float:
    """Seconds between two rounds of calls: the first change is made in the middle of the first one."""
    changes = trace.select("Update", kind=DECISION)
    return 2 * float(changes[0].content.at) if changes else inf


def known_after(trace: Trace) -> int | None:
    """After how many periods all knew what 1 did first; None: not all do."""
    heard: dict[str | None, float] = {}
    for event, copy in taken(trace):
        if "1" in dict(vector(copy)):
            heard.setdefault(event.agent, event.time)
    return int(max(heard.values()) / period(trace)) if len(heard) == len(trace.agents) else None


def copies_at(trace: Trace) -> Iterator[tuple[Event, dict[str, Any], Any]]:
    """Each event that changes a copy, with all copies after it, and with all that was ever known, merged."""
    now: dict[str, Any] = {}
    whole: Any = None
    for event, copy in taken(trace):
        whole = copy if whole is None else whole.merged(copy)
        now[str(event.agent)] = copy
        yield event, now, whole


def equal_after(trace: Trace) -> float | None:
    """Seconds from the last change, or from the end of the last fault, until all are equal; None: never."""
    stirred = max((event.time for event in trace if event.kind in (FAULT, HEAL, DECISION)), default=0.0)
    equal: float | None = None
    for event, now, _ in copies_at(trace):
        alike = len(now) == len(trace.agents) and all(copy == now[trace.agents[0]] for copy in now.values())
        equal = (event.time if equal is None else equal) if alike else None
    return None if equal is None else round(max(0.0, equal - stirred), 3)


def first_rounds(trace: Trace) -> int:
    """Messages of the first three rounds of calls, and of the answers to them."""
    return trace.count("Push", "Pull", "Exchange", kind=SEND, before=(ROUNDS + 0.5) * period(trace))


def lost(trace: Trace) -> int:
    """Values that show nowhere, though no later author had seen them, in the fullest copy at the end."""
    whole = [merged for _, _, merged in copies_at(trace)][-1:]
    return len(whole[0].lost) if whole and isinstance(whole[0], LastWriter) else 0


def copies(given: Parameters, trace: Trace) -> Table:
    """What each copy says, and how many changes of each writer it knows; blue: it knows all of them."""
    cells, shown = list[Cell](), dict[tuple[str, str], tuple[str, str]]()
    for event, now, whole in copies_at(trace):
        for name, copy in now.items():
            tone = "active" if copy == whole else "between"
            versions = ", ".join(f"{by}: {count}" for by, count in vector(copy))
            for column, text in (("says", words(copy.value)), ("knows", versions)):
                if shown.get((name, column)) != (text, tone):
                    shown[name, column] = text, tone
                    cells.append(Cell(event.seq, name, column, text, tone))
    return Table(trace.agents, ("says", "knows"), tuple(cells), "replica")


def up_to_date(given: Parameters, trace: Trace) -> Curves:
    """How many copies know all changes so far, over time."""
    points = list[tuple[float, float | None]]()
    for event, now, whole in copies_at(trace):
        points.append((event.time, float(sum(copy == whole for copy in now.values()))))
    return Curves(
        {"know all there is": tuple(points)},
        unit="replicas",
        lines={"all": float(len(trace.agents))},
        tones={"know all there is": "active"},
    )
