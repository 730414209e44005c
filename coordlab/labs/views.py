"""The pictures of a pattern, made from a trace: a table, a graph, spans or curves over time.

The data holds all that changes, and when.  The player and `at` only choose what holds at a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from coordlab import requirements as require
from coordlab.labs.parameters import Parameters
from coordlab.trace.trace import Trace

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


@dataclass(frozen=True)
class Graph:
    """Nodes and edges; each appears with its first mark, or from the beginning if it has none.

    layout: one of `LAYOUTS`; the places are chosen once for the whole run.
    directed: whether edges have arrowheads.
    """

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    marks: tuple[Mark, ...] = ()
    layout: str = "network"
    directed: bool = True


@dataclass(frozen=True)
class Spans:
    """Lanes with bars, as in a Gantt chart."""

    lanes: tuple[str, ...]
    bars: tuple[Bar, ...]


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


Picture: TypeAlias = "Table | Graph | Spans | Curves"


@dataclass(frozen=True, repr=False)
class View(require.Readable):
    """A picture that a lab declares.

    name: that of its tab, one word if possible.
    help: a sentence that says what one sees.
    draw: makes it from the parameters and the trace.
    """

    name: str
    help: str
    draw: Callable[[Parameters, Trace], Picture]
