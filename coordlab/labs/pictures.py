"""The views of a run: what each shows at a moment, as text, and its data for the player."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, TypeAlias

from coordlab import requirements as require
from coordlab.labs.declaration import LabSpec
from coordlab.labs.layouts import places
from coordlab.labs.parameters import Parameters
from coordlab.labs.views import BEFORE, TONES, Bar, Curves, Graph, Picture, Spans, Table, View, known
from coordlab.trace.trace import MICRO, Trace, brief

Data = dict[str, Any]  # what JSON can hold
Slot: TypeAlias = "tuple[str, str] | str"  # what a change is about: a cell, a node or an edge
Change = tuple[int, Slot, str, str]  # the number of its event, its slot, the text and the tone from then on
NONE = "–"


class Drawn:
    """A view of one run.  `print` shows its end, `at(time)` another moment, in virtual seconds."""

    def __init__(self, view: View, picture: Picture, trace: Trace) -> None:
        self.view, self.picture, self.until = view, picture, trace.until
        self._times = [row[0] / MICRO for row in trace.rows]

    def at(self, time: float) -> str:
        """What the view shows at a virtual second, as text; in JupyterLab the player shows the same.

        Raises ValueError if the run has no such moment.
        """
        time = require.number("time", time, 0, self.until, example=self.until)
        lines = SHOWN[type(self.picture)](self.picture, time, bisect_right(self._times, time) - 1)
        return "\n".join([f"{self.view.name.capitalize()} at {time:.3f} s", *_aligned(lines)])

    @property
    def data(self) -> Data:
        """The whole view as the player reads it; see `types.d.ts`."""
        about = {"name": self.view.name, "help": self.view.help}
        return {
            **about,
            "kind": type(self.picture).__name__.lower(),
            **SENT[type(self.picture)](self.picture),
        }

    def __repr__(self) -> str:
        return self.at(self.until)


def drawn(spec: LabSpec, given: Parameters, trace: Trace) -> dict[str, Drawn]:
    """The views of a run of a lab, by name.  Raises ValueError for a tone that does not exist."""
    known("tone", spec.tones.values(), TONES)
    return Views({each.name: Drawn(each, each.draw(given, trace), trace) for each in spec.views})


class Views(dict[str, "Drawn"]):
    """The views of a run by name; the error for another name lists them."""

    def __missing__(self, name: object) -> Drawn:
        require.one_of("view", name, self, LookupError)
        raise AssertionError


# --- as text --------------------------------------------------------------------------------------


def _aligned(rows: list[list[str]]) -> list[str]:
    """Rows of texts as lines, with columns of one width."""
    wide = max(map(len, rows), default=0)
    whole = [[*row, *[""] * (wide - len(row))] for row in rows]
    widths = [max(map(len, column)) for column in zip(*whole, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in whole]


def _table(picture: Table, _: float, event: int) -> list[list[str]]:
    shown, newest = _holding(_cells(picture), event)
    heads = [[picture.head, *picture.columns]]
    return heads + [
        [
            row,
            *(shown.get((row, column), ("", ""))[0] or NONE for column in picture.columns),
            *(["← new"] if newest and newest[0] == row else []),
        ]
        for row in picture.rows
    ]


def _graph(picture: Graph, _time: float, event: int) -> list[list[str]]:
    changes = _marks(picture)
    shown, _ = _holding(changes, event)
    later = {what for _, what, _, _ in changes}
    slots: tuple[Slot, ...] = (*picture.nodes, *picture.edges)
    now = {what: shown.get(what, ("", "" if what in later else "normal")) for what in slots}
    arrow = " → " if picture.directed else " – "
    return [
        [what if isinstance(what, str) else arrow.join(what), _toned(text, tone)]
        for what, (text, tone) in now.items()
        if tone and (isinstance(what, str) or all(now[end][1] for end in what))
    ]


def _spans(picture: Spans, time: float, _: int) -> list[list[str]]:
    begun: dict[str, list[str]] = {lane: [] for lane in picture.lanes}
    for bar in picture.bars:
        if bar.since <= time:
            begun[bar.lane].append(_bar(bar, time))
    return [[lane, "; ".join(bars) or NONE] for lane, bars in begun.items()]


def _bar(bar: Bar, time: float) -> str:
    over = bar.until is not None and bar.until <= time
    until = f" to {_rounded(bar.until)} s" if over else " s on"
    return f"{_toned(bar.text, bar.tone)} from {_rounded(bar.since)}{until}"


def _curves(picture: Curves, time: float, _: int) -> list[list[str]]:
    unit = f" {picture.unit}" if picture.unit else ""
    values = {label: _value(points, time, picture.steps) for label, points in picture.curves.items()}
    told = [[label, NONE if at is None else _rounded(at) + unit] for label, at in values.items()]
    return told + [[label, _rounded(at) + unit] for label, at in picture.lines.items()]


def _value(points: tuple[tuple[float, float | None], ...], time: float, steps: bool) -> float | None:
    """The value of a curve at a moment, None where it has none."""
    after = bisect_right(points, time, key=lambda point: point[0])
    if not after:
        return None
    since, low = points[after - 1]
    until, high = points[after] if after < len(points) else (since, None)
    if steps or since == time:
        return low
    if low is None or high is None:
        return None
    return low + (high - low) * (time - since) / (until - since)


def _rounded(value: float | None) -> str:
    return NONE if value is None else brief(round(value, 3))


def _toned(text: str, tone: str) -> str:
    return text if tone == "normal" else f"{text} ({tone})".strip()


def _cells(picture: Table) -> list[Change]:
    return [(event, (row, column), text, tone) for event, row, column, text, tone in picture.cells]


def _marks(picture: Graph) -> list[Change]:
    return [(event, what, text, tone) for event, what, text, tone in picture.marks]


def _holding(changes: list[Change], event: int) -> tuple[dict[Slot, tuple[str, str]], Slot | None]:
    """What each slot shows after an event, and the slot that changed last in the run."""
    past = [each for each in changes if each[0] <= event]
    newest = past[-1][1] if past and past[-1][0] > BEFORE else None
    return {slot: (text, tone) for _, slot, text, tone in past}, newest


SHOWN: Mapping[type, Any] = {Table: _table, Graph: _graph, Spans: _spans, Curves: _curves}


# --- for the player -------------------------------------------------------------------------------


def _sent_table(picture: Table) -> Data:
    slots = {
        (row, column): number
        for number, (row, column) in enumerate((r, c) for r in picture.rows for c in picture.columns)
    }
    heads = {"head": picture.head, "rows": picture.rows, "columns": picture.columns}
    return {**heads, **_changes(_cells(picture), slots)}


def _sent_graph(picture: Graph) -> Data:
    numbers = {name: number for number, name in enumerate(picture.nodes)}
    slots = {what: number for number, what in enumerate((*picture.nodes, *picture.edges))}
    edges = [(numbers[one], numbers[other]) for one, other in picture.edges]
    return {
        **{"nodes": picture.nodes, "edges": edges, "directed": picture.directed, "layout": picture.layout},
        "places": places(picture.layout, len(picture.nodes), tuple(edges)),
        **_changes(_marks(picture), slots),
    }


def _changes(changes: list[Change], slots: Mapping[Any, int]) -> Data:
    """Changes as columns, with each text once."""
    words = {text: number for number, text in enumerate(dict.fromkeys(each[2] for each in changes))}
    return {
        "words": list(words),
        "event": [event for event, *_ in changes],
        "slot": [slots[slot] for _, slot, *_ in changes],
        "text": [words[text] for _, _, text, _ in changes],
        "tone": [TONES.index(tone) if tone else -1 for *_, tone in changes],
    }


def _sent_spans(picture: Spans) -> Data:
    numbers = {name: number for number, name in enumerate(picture.lanes)}
    bars = [(numbers[lane], *times, text, TONES.index(tone)) for lane, *times, text, tone in picture.bars]
    return {"lanes": picture.lanes, "bars": bars}


def _sent_curves(picture: Curves) -> Data:
    curves = [
        {"label": label, "tone": picture.tones.get(label, "normal"), "points": points}
        for label, points in picture.curves.items()
    ]
    return {"curves": curves, "unit": picture.unit, "steps": picture.steps, "lines": dict(picture.lines)}


SENT: Mapping[type, Any] = {
    Table: _sent_table,
    Graph: _sent_graph,
    Spans: _sent_spans,
    Curves: _sent_curves,
}
