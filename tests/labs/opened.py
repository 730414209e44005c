"""A lab at one of its schedules, what is wrong in its run, and what its views and its page hold."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from typing import Any

from coordlab import labs
from coordlab.labs.lab import Lab
from coordlab.labs.views import Curves, Graph, Spans, Table


def opened(name: str, title: str) -> Lab:
    """The lab of this name at the schedule of this title."""
    lab: Lab = getattr(labs, name)()
    return lab.try_out(title)


def problems(lab: Lab) -> list[str]:
    """The properties that the run does not keep, and the measures that contradict theory."""
    broken = [each.name for each in lab.run.verdicts if each.status != "holds"]
    return broken + [each.label for each in lab.measures if each.agrees is False]


def shown(lab: Lab, view: str, at: float) -> dict[Any, Any]:
    """What a view holds at a moment (seconds): texts by row and column, by node or edge, by lane; numbers."""
    trace, given = lab.run.trace, lab.scenario.parameters
    picture = next(each for each in labs.spec(lab.scenario.lab).views if each.name == view).draw(given, trace)
    holds = lambda event: event < 0 or trace[event].time <= at
    if isinstance(picture, Table):
        rows: dict[str, dict[str, str]] = {row: {} for row in picture.rows}
        for cell in picture.cells:
            if holds(cell.event):
                rows[cell.row][cell.column] = cell.text
        return rows
    if isinstance(picture, Graph):
        marks = {mark.what: mark for mark in picture.marks if holds(mark.event)}
        return {what: mark.text for what, mark in marks.items() if mark.tone}
    if isinstance(picture, Spans):
        now = [bar for bar in picture.bars if bar.since <= at and (bar.until is None or at < bar.until)]
        assert len({bar.lane for bar in now}) == len(now), "the bars of a lane do not overlap"
        return {bar.lane: bar.text for bar in now}
    assert isinstance(picture, Curves)
    points = {name: [value for time, value in curve if time <= at] for name, curve in picture.curves.items()}
    return {name: values[-1] for name, values in points.items() if values}


def recorded(text: str) -> list[dict[str, Any]]:
    """What a page says of each of its runs."""
    (data,) = re.findall(r'id="cl-data">(.*?)</script>', text, re.DOTALL)
    return [json.loads(zlib.decompress(b64decode(each["meta"]))) for each in json.loads(data)["branches"]]
