"""A picture of shares with their intervals, one row for each, perhaps in groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from coordlab import requirements as require
from coordlab.draw import Drawing
from coordlab.draw.scene import Look, Mark, Scene, wide
from coordlab.draw.svg import paint
from coordlab.intervals import Interval

_ROW, _TOP, _BOTTOM, _RIGHT, _GAP = 26, 34, 34, 70, 8  # pixels
_COLOURS, _SHAPES = ("role4", "role2", "role7", "role3"), ("circle", "diamond", "square", "cross")

Shares = Mapping[str, Interval]


def shares(rows: Shares, x: str, title: str = "", width: float = 560) -> Drawing:
    """A picture of shares between 0 and 1, each with its 95 % band.

    rows: the shares by their labels, from top to bottom.
    x: what is shown, the label of the axis.
    title: the heading.
    width: in pixels.

    Raises ValueError if there are no rows.
    """
    require.that(rows, "no rows", "expected at least one share", "{'crash': share(19, 20)}")
    words = [f"  {label}: {found}" for label, found in rows.items()]
    return _drawn({"": rows}, "\n".join([f"{x}:", *words]), x, title, width)


def grouped(groups: Mapping[str, Shares], x: str, title: str = "", width: float = 620) -> Drawing:
    """The same with several rows in each group, such as designs under each kind of fault.

    groups: the rows of each group, from top to bottom; the first of each look alike, and so on.

    Raises ValueError if there are no rows.
    """
    example = "{'crash': {'plan': share(19, 20)}}"
    require.that(any(groups.values()), "no rows", "expected at least one share", example)
    words = [
        f"  {group}: {label}: {found}" for group, rows in groups.items() for label, found in rows.items()
    ]
    return _drawn(groups, "\n".join([f"{x}:", *words]), x, title, width)


def _drawn(groups: Mapping[str, Shares], table: str, x: str, title: str, width: float) -> Drawing:
    """The picture; "" is a group without a name, whose rows look alike."""
    heading = max(wide(group) for group in groups)
    left = 16 + max(wide(label) for rows in groups.values() for label in rows) + heading + 16 * (heading > 0)
    span, count = width - _RIGHT - left, sum(map(len, groups.values()))
    floor = _TOP + _ROW * count + _GAP * (len(groups) - 1)
    scene = Scene("Shares", table, width, floor + _BOTTOM, title, legend={"Points": {}})
    top = float(_TOP)
    for number, (group, rows) in enumerate(groups.items()):
        end = top + _ROW * len(rows)
        if number % 2 == 0 and heading:
            corners = ((0.0, top - _GAP / 2), (width, end + _GAP / 2))
            scene.chrome.append(Mark("row", "bar", corners, Look("group0")))
        name = Mark("label", "text", ((10.0, (top + end) / 2 + 4),), Look("ink"), text=group)
        scene.marks += [name] if group else []
        for place, (label, found) in enumerate(rows.items()):
            tip = f"{group}: {label}: {found}" if group else f"{label}: {found}"
            height = top + _ROW * (place + 0.5)
            scene.marks += _row(label, found, left, span, height, place * bool(group), tip)
        top = end + _GAP
    scene.chrome += [
        *_scale(left, span, floor),
        Mark("tick", "text", ((left + span, floor + 32),), Look("soft"), text=x, anchor="end"),
    ]
    return Drawing(paint(scene), table)


def _scale(left: float, span: float, floor: float) -> Iterator[Mark]:
    for tenth in range(0, 11, 2):
        across = left + span * tenth / 10
        yield Mark("grid", "line", ((across, _TOP), (across, floor)), Look("line"))
        yield Mark(
            "tick", "text", ((across, floor + 16),), Look("soft"), text=f"{tenth * 10} %", anchor="middle"
        )


def _row(
    label: str, found: Interval, left: float, span: float, height: float, style: int, tip: str
) -> Iterator[Mark]:
    low, high, at = (left + span * each for each in (found.low, found.high, found.mean))
    style %= len(_COLOURS)
    yield Mark("label", "text", ((left - 10, height + 4),), Look("ink"), text=label, anchor="end")
    yield Mark("band", "bar", ((low, height - 4), (high, height + 4)), Look(_COLOURS[style]), tip)
    yield Mark("point", _SHAPES[style], ((at, height),), Look("ink", width=1.4), tip, size=4)
    words = f"{100 * found.mean:.0f} %"
    yield Mark("label", "text", ((left + span + 10, height + 4),), Look("ink"), text=words)
