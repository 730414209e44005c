"""The pair that explains a loss, as two drawings of one stretch of time; what differs first is ringed."""

from __future__ import annotations

from collections.abc import Sequence

from coordlab.draw import space_time
from coordlab.trace.trace import MICRO, Row, Trace, line_of_row

WIDTH = 440  # pixels: two stand side by side on a page
BEFORE, AFTER, LONGEST = 0.6, 2.0, 8.0  # virtual seconds around what differs


def pictures(traces: Sequence[Trace], broken: float | None) -> list[dict[str, str]]:
    """A drawing of each trace, as `svg` and as `alt` in words; none if the first trace is empty.

    traces: of the failing run, and of the passing one if there is one.
    broken: when the failing run broke the check, in virtual seconds; None: at its end.
    """
    if not traces[0].rows:
        return []
    ringed = _first_difference(*traces) if len(traces) == 2 else (None,)
    since, until = _window(traces[0], broken, ringed[0])
    drawings = [
        space_time(trace, since, until, width=WIDTH, ringed=seq, like=other)
        for trace, seq, other in zip(traces, ringed, reversed(traces), strict=True)
    ]
    return [{"svg": each.svg, "alt": each.alt} for each in drawings]


def _first_difference(one: Trace, other: Trace) -> tuple[int | None, int | None]:
    """The first event of an agent in each that is not the same in both; None if there is none."""
    found = ([seq for seq, row in enumerate(trace.rows) if row[2] is not None] for trace in (one, other))
    return next(
        (
            (mine, theirs)
            for mine, theirs in zip(*found, strict=False)
            if _happened(one.rows[mine]) != _happened(other.rows[theirs])
        ),
        (None, None),
    )


def _happened(row: Row) -> str:
    """An event as a text, without the numbers that earlier events shift: of its message, of its cause."""
    return line_of_row((*row[:4], None, row[5], None, row[7]))


def _window(trace: Trace, broken: float | None, ringed: int | None) -> tuple[float, float]:
    """From shortly before the difference to shortly after the violation, in virtual seconds."""
    at = trace.until if broken is None else broken
    differs = at if ringed is None else trace.rows[ringed][0] / MICRO
    since = max(0.0, min(differs, at) - BEFORE)
    until = min(trace.until, max(differs, at) + AFTER, since + LONGEST)
    return since, max(until, since + BEFORE)
