"""A picture of shares with their intervals, one row for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from coordlab import requirements as require
from coordlab.draw import Drawing
from coordlab.draw.scene import Look, Mark, Scene, wide
from coordlab.draw.svg import paint
from coordlab.intervals import Interval

_ROW, _TOP, _BOTTOM, _RIGHT = 26, 34, 34, 70  # pixels


def shares(rows: Mapping[str, Interval], x: str, title: str = "", width: float = 560) -> Drawing:
    """A picture of shares between 0 and 1, each with its 95 % band.

    rows: the shares by their labels, from top to bottom.
    x: what is shown, the label of the axis.
    title: the heading.
    width: in pixels.

    Raises ValueError if there are no rows.
    """
    require.that(rows, "no rows", "expected at least one share", "{'crash': share(19, 20)}")
    table = "\n".join([f"{x}:", *(f"  {label}: {found}" for label, found in rows.items())])
    scene = Scene("Shares", table, width, _TOP + _ROW * len(rows) + _BOTTOM, title, legend={"Points": {}})
    left = 16 + max(map(wide, rows))
    span = width - _RIGHT - left
    floor = _TOP + _ROW * len(rows)
    scene.chrome = [
        *_scale(left, span, floor),
        Mark("tick", "text", ((left + span, floor + 32),), Look("soft"), text=x, anchor="end"),
    ]
    for number, (label, found) in enumerate(rows.items()):
        scene.marks += _row(label, found, left, span, _TOP + _ROW * (number + 0.5))
    return Drawing(paint(scene), table)


def _scale(left: float, span: float, floor: float) -> Iterator[Mark]:
    for tenth in range(0, 11, 2):
        across = left + span * tenth / 10
        yield Mark("grid", "line", ((across, _TOP), (across, floor)), Look("line"))
        yield Mark(
            "tick", "text", ((across, floor + 16),), Look("soft"), text=f"{tenth * 10} %", anchor="middle"
        )


def _row(label: str, found: Interval, left: float, span: float, height: float) -> Iterator[Mark]:
    low, high, at = (left + span * each for each in (found.low, found.high, found.mean))
    tip = f"{label}: {found}"
    yield Mark("label", "text", ((left - 10, height + 4),), Look("ink"), text=label, anchor="end")
    yield Mark("band", "bar", ((low, height - 4), (high, height + 4)), Look("role4"), tip)
    yield Mark("point", "circle", ((at, height),), Look("ink", width=1.4), tip, size=4)
    words = f"{100 * found.mean:.0f} %"
    yield Mark("label", "text", ((left + span + 10, height + 4),), Look("ink"), text=words)
