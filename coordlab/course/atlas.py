"""The map of the patterns: which builds on which, read from their imports, and drawn."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coordlab.course.chapters import NEEDS, PATTERNS, chapter_of
from coordlab.draw import Drawing
from coordlab.draw.scene import Look, Mark, Scene, listed
from coordlab.draw.svg import paint

if TYPE_CHECKING:
    import networkx

FOLDERS = Path(__file__).parent.parent / "patterns"
LEFT, COLUMN, ROW, BOX = 130.0, 172.0, 78.0, (146.0, 42.0)  # pixels: left margin, steps, size of a box
_EDGE, _PREFIX = Look("accent", width=1.6), "coordlab.patterns."

Place = tuple[float, float]


@cache
def graph() -> networkx.DiGraph[Any]:
    """The patterns; an arc leads from each to those that build on it, that is, import it."""
    import networkx

    found = networkx.DiGraph()
    found.add_nodes_from(PATTERNS)
    for name in PATTERNS:
        files = sorted((FOLDERS / name).glob("*.py"))
        bases = {base for file in files for base in _imported(file.read_text(encoding="utf-8"))}
        found.add_edges_from((base, name) for base in sorted(bases - {name}))
    return found


def _imported(code: str) -> Iterator[str]:
    """The patterns that a file imports."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
            yield from (
                each.removeprefix(_PREFIX).partition(".")[0] for each in names if each.startswith(_PREFIX)
            )


def built_on(name: str) -> str:
    """The titles of the patterns that one builds on, in words; "" if there are none."""
    return listed(PATTERNS[base].title for base in graph().predecessors(name))


def drawing() -> Drawing:
    """The map: a row for each need, a box for each pattern, an arrow to each that builds on another."""
    scene = Scene("Map of the patterns", _words(), LEFT + 6 * COLUMN, len(NEEDS) * ROW + 4)
    places = _places()
    for row, need in enumerate(NEEDS):
        top = row * ROW + 4
        if row % 2 == 0:
            corners = ((0.0, top), (scene.width, top + ROW))
            scene.chrome.append(Mark("row", "bar", corners, Look("group0")))
        scene.chrome.append(Mark("name", "text", ((10.0, top + ROW / 2 + 4),), Look("ink"), text=need))
    for base, name in graph().edges:
        scene.marks.extend(_arrow(places[base], places[name]))
    for name, (x, y) in places.items():
        scene.marks.extend(_box(name, x, y))
    return Drawing(paint(scene), scene.alt)


def _places() -> dict[str, Place]:
    """The upper left corner of each box: patterns of a need in their order, one row below the other."""
    rows = groupby(PATTERNS, lambda name: NEEDS.index(PATTERNS[name].need))
    return {
        name: (LEFT + at * COLUMN, row * ROW + 4 + (ROW - BOX[1]) / 2)
        for row, names in rows
        for at, name in enumerate(names)
    }


def _box(name: str, x: float, y: float) -> Iterator[Mark]:
    (wide, high), chapter = BOX, chapter_of(name)
    yield Mark("edge", "bar", ((x - 1, y - 1), (x + wide + 1, y + high + 1)), Look("line"))
    yield Mark("box", "bar", ((x, y), (x + wide, y + high)), Look("bg"), PATTERNS[name].problem)
    middle, title = x + wide / 2, PATTERNS[name].title.partition(",")[0]
    yield Mark("name", "text", ((middle, y + 18),), Look("ink"), text=title, anchor="middle")
    where = f"chapter {chapter.number}"
    yield Mark("chapter", "text", ((middle, y + 34),), Look("soft"), text=where, size=11, anchor="middle")


def _arrow(start: Place, end: Place) -> Iterator[Mark]:
    """Straight to a neighbour in the row, and to another row; below the boxes to one further away."""
    (x, y), (right, low), (wide, high) = start, end, BOX
    if y != low:
        ends = ((x + wide - 24, y + high + 1), (right + 24, low - 1))
        yield Mark("arrow", "arrow", ends, _EDGE)
    elif abs(right - x) == COLUMN:
        middle = y + high / 2
        yield Mark("arrow", "arrow", ((x + (wide if right > x else 0), middle),
                                      (right + (wide if right < x else 0), middle)), _EDGE)  # fmt: skip
    else:
        below, one, other = y + high + 11, x + wide / 2, right + wide / 2
        yield Mark("arrow", "line", ((one, y + high), (one, below)), _EDGE)
        yield Mark("arrow", "line", ((one, below), (other, below)), _EDGE)
        yield Mark("arrow", "arrow", ((other, below), (other, y + high + 1)), _EDGE)


def _words() -> str:
    """The map as text."""
    arcs = [f"{PATTERNS[name].title} on {built_on(name)}" for name in PATTERNS if built_on(name)]
    return f"Map of {len(PATTERNS)} patterns for {len(NEEDS)} needs. What builds on what: {'; '.join(arcs)}."
