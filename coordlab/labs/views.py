"""The pictures of a pattern, made from a trace: a table, a graph, spans or curves over time.

The data holds all that changes, and when.  The player and `at` only choose what holds at a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, pairwise
from math import inf
from typing import Any, NamedTuple, TypeAlias

from coordlab import requirements as require
from coordlab.labs.parameters import Parameters
from coordlab.trace.trace import CRASH, RESTART, START, STATE, Event, Trace

TONES = ("normal", "idle", "active", "between", "failed", "stuck", "down", "no")
"""What a colour means: as usual; doing nothing; leading, working or in favour; on the way from one state to
another; failed, open or violated; waiting for what will not come; not running; against."""

BEFORE = -1
"""The number of the event before the first one: what holds from the beginning."""

LAYOUTS = ("tree", "ring", "layers", "network")


class Cell(NamedTuple):
    """From an event on, a cell of a table shows a text; "": nothing."""

    event: int
    row: str
    column: str
    text: str
    tone: str = "normal"


class Mark(NamedTuple):
    """From an event on, a node, or the edge between two nodes, shows a text; tone "": it is not there."""

    event: int
    what: str | tuple[str, str]
    text: str = ""
    tone: str = "normal"


class Bar(NamedTuple):
    """What a lane does from one virtual second to another (None: until the end)."""

    lane: str
    since: float
    until: float | None
    text: str
    tone: str = "normal"


@dataclass(frozen=True)
class Table:
    """Rows and columns whose cells change; all rows of the run have their place from the beginning.

    head: the heading of the column with the names of the rows.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[Cell, ...]
    head: str = ""

    def __post_init__(self) -> None:
        _distinct("rows", self.rows)
        _distinct("columns", self.columns)
        known("row", (each.row for each in self.cells), self.rows)
        known("column", (each.column for each in self.cells), self.columns)
        known("tone", (each.tone for each in self.cells), TONES)
        _in_order([each.event for each in self.cells], "cells")


@dataclass(frozen=True)
class Graph:
    """Nodes and edges; each appears with its first mark, or from the beginning if it has none.

    An edge is there only while both its ends are.

    layout: one of `LAYOUTS`; the places are chosen once for the whole run.
    directed: whether edges have arrowheads.
    """

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    marks: tuple[Mark, ...] = ()
    layout: str = "network"
    directed: bool = True

    def __post_init__(self) -> None:
        _distinct("nodes", self.nodes)
        _distinct("edges", self.edges)
        known("node", (end for edge in self.edges for end in edge), self.nodes)
        known("what", (each.what for each in self.marks), (*self.nodes, *self.edges))
        known("tone", (each.tone for each in self.marks), (*TONES, ""))
        known("layout", (self.layout,), LAYOUTS)
        _in_order([each.event for each in self.marks], "marks")


@dataclass(frozen=True)
class Spans:
    """Lanes with bars, as in a Gantt chart."""

    lanes: tuple[str, ...]
    bars: tuple[Bar, ...]

    def __post_init__(self) -> None:
        _distinct("lanes", self.lanes)
        known("lane", (each.lane for each in self.bars), self.lanes)
        known("tone", (each.tone for each in self.bars), TONES)
        for each in self.bars:
            ends = each.until is None or each.since <= each.until
            allowed = "expected a bar that ends when it begins or later"
            require.that(ends, str(each), allowed, 'Bar("worker-1", 0.5, 2.0, "builds")')


def stacked(lanes: Iterable[str], bars: Iterable[Bar], room: int = 1, beyond: str = "failed") -> Spans:
    """Spans in which no bars overlap: where a lane does several things at a time it has a row for each.

    lanes: from top to bottom; the further rows of lane "ann" are "ann (2)", "ann (3)" and so on.
    room: how many rows each has at least, and more are too many.
    beyond: the tone of bars in further rows.
    """
    ends: dict[tuple[str, int], float] = {}
    placed = list[Bar]()
    for bar in sorted(bars, key=lambda each: each.since):
        row = next(row for row in count() if ends.get((bar.lane, row), 0.0) <= bar.since)
        ends[bar.lane, row] = inf if bar.until is None else bar.until
        tone = bar.tone if row < room else beyond
        placed.append(bar._replace(lane=_row(bar.lane, row), tone=tone))
    rows = {lane: max([room, *(row + 1 for name, row in ends if name == lane)]) for lane in lanes}
    return Spans(tuple(_row(lane, row) for lane in rows for row in range(rows[lane])), tuple(placed))


def _row(lane: str, row: int) -> str:
    return f"{lane} ({row + 1})" if row else lane


@dataclass(frozen=True)
class Curves:
    """Numbers over time.

    curves: by label, points of (virtual second, value) in order of time; None breaks the curve.
    unit: of the values.
    steps: whether a value holds until the next one; otherwise straight lines join them.
    lines: values to compare with, such as a threshold, by label.
    tones: what a curve means, by its label; default: "normal".
    """

    curves: Mapping[str, tuple[tuple[float, float | None], ...]]
    unit: str = ""
    steps: bool = True
    lines: Mapping[str, float] = field(default_factory=dict)
    tones: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known("label", self.tones, tuple(self.curves))
        known("tone", self.tones.values(), TONES)
        for label, points in self.curves.items():
            _in_order([at for at, _ in points], f"points of {label!r}")


Picture: TypeAlias = "Table | Graph | Spans | Curves"


@dataclass(frozen=True, repr=False)
class View(require.Readable):
    """A picture that a lab declares.

    name: that of its tab, one word in lower case if possible.
    help: a sentence that says what one sees.
    draw: makes it from the parameters and the trace.
    """

    name: str
    help: str
    draw: Callable[[Parameters, Trace], Picture]


def states(event: Event) -> Iterator[tuple[str, Any]]:
    """The states that an agent has from this event on, by their names; a crash makes its role "down"."""
    if event.kind in (START, RESTART):
        yield from event.data
    elif event.kind == STATE:
        yield str(event.name), event.data
    elif event.kind == CRASH:
        yield "role", "down"


def _distinct(what: str, given: Iterable[object]) -> None:
    """Refuse a name that is there twice."""
    listed = list(given)
    twice = next((each for number, each in enumerate(listed) if each in listed[:number]), None)
    require.that(twice is None, f"{what} with {twice!r} twice", "expected each once", f"{what}=('a', 'b')")


def known(what: str, given: Iterable[object], allowed: tuple[object, ...]) -> None:
    """Refuse what is not declared."""
    declared = set(allowed)
    for each in given:
        if each not in declared:
            require.one_of(what, each, allowed)


def _in_order(moments: list[float], what: str) -> None:
    """Refuse changes that are not in order of time."""
    wrong = next(((one, other) for one, other in pairwise(moments) if other < one), None)
    words = "" if wrong is None else f"{what} with {wrong[1]:g} after {wrong[0]:g}"
    require.that(wrong is None, words, "expected them in order of time", "sorted(changes)")
