"""Static drawings of a trace: as SVG, on matplotlib axes, and in words.

    space_time(run.trace)                          # the whole run: lanes, messages, faults
    space_time(run.trace, since=2.9, until=4.1)    # a closer look
    space_time(run.trace, ax=axes)                 # the same on axes of matplotlib
    thumbnail(run.trace, 2.9, 4.1, 3.3, "5 crashes")    # a moment as a small picture

A drawing displays itself in a notebook, in a light or dark theme, and prints as a description in words.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, overload

from coordlab import requirements as require
from coordlab.draw.spacetime import space_time_scene
from coordlab.draw.svg import paint
from coordlab.draw.thumbnail import thumbnail_scene
from coordlab.trace.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_THEMES = (
    "<style>.cl-draw{max-width:100%}"
    '[data-jp-theme-light="true"] .cl-draw{color-scheme:light}'
    '[data-jp-theme-light="false"] .cl-draw{color-scheme:dark}</style>'
)

End = float | None
"""An end of the part of a run to draw, in virtual seconds; None for the end of the run."""

__all__ = ["Drawing", "space_time", "thumbnail"]


@dataclass(frozen=True, repr=False)
class Drawing:
    """A drawing: `svg` is its SVG text, `alt` its description in words, which is also its repr."""

    svg: str
    alt: str

    def __repr__(self) -> str:
        return self.alt

    @property
    def html(self) -> str:
        """The drawing as an HTML image that follows the theme of the notebook.

        The SVG is not inline, because JupyterLab removes the shapes of inline SVG in an untrusted notebook.
        """
        data = "data:image/svg+xml;base64," + b64encode(self.svg.encode()).decode()
        return f'{_THEMES}<img class="cl-draw" alt="{escape(self.alt)}" src="{data}">'

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.alt}

    def save(self, path: str | Path) -> Path:
        """Write the SVG to the file `path` and return the path.  Raises ValueError unless it ends in .svg."""
        path = require.new_file("path", path, "run.svg")
        other = "a drawing is saved as .svg; for another format draw on matplotlib axes and save the figure"
        require.that(path.suffix == ".svg", repr(str(path)), other, f"save({path.stem + '.svg'!r})")
        path.write_text(self.svg, encoding="utf-8")
        return path


@overload
def space_time(
    trace: Trace,
    since: End = ...,
    until: End = ...,
    *,
    title: str = ...,
    width: float = ...,
    ax: None = ...,
    tones: Mapping[str, str] | None = ...,
    ringed: int | None = ...,
    like: Trace | None = ...,
) -> Drawing: ...
@overload
def space_time(
    trace: Trace,
    since: End = ...,
    until: End = ...,
    *,
    title: str = ...,
    width: float = ...,
    ax: Axes,
    tones: Mapping[str, str] | None = ...,
    ringed: int | None = ...,
    like: Trace | None = ...,
) -> Axes: ...
def space_time(
    trace: Trace,
    since: End = None,
    until: End = None,
    *,
    title: str = "",
    width: float = 760,
    ax: Axes | None = None,
    tones: Mapping[str, str] | None = None,
    ringed: int | None = None,
    like: Trace | None = None,
) -> Drawing | Axes:
    """The space-time diagram of a run: time to the right, a lane for each agent, an arrow for each message.

    since, until: the part to draw, in virtual seconds, 0 <= since < until.  Default: the whole run.
    title: the heading.  Default: none.
    width: in pixels, 300 or more.
    ax: matplotlib axes to draw on, as wide as they are.  Default: return a `Drawing`.
    tones: what each role means, which its colour shows, by name: normal, idle, active, between, failed,
        stuck, down or no, such as {"leads": "active"}.  Default: colours by order.
    ringed: the number of an event of an agent that gets a ring, as what differs first from another run.
    like: the trace of another run, whose drawing stands beside this one: both get the same colours.

    A run with more than 400 messages (800 if a part is asked for) is drawn as lanes, without arrows, above
    a strip that shows the number of messages over time.  Raises ValueError if the part or the width is out
    of range, or a tone does not exist.
    """
    if ax is not None:
        width = max(300.0, ax.get_window_extent().width / ax.figure.dpi * 96)
    scene = space_time_scene(trace, since, until, title, width, tones, ringed, like)
    if ax is None:
        return Drawing(paint(scene), scene.alt)
    from coordlab.draw.axes import paint_on

    return paint_on(scene, ax)


def thumbnail(
    trace: Trace,
    since: float,
    until: float,
    at: float,
    says: str,
    agent: str = "",
    tones: Mapping[str, str] | None = None,
) -> Drawing:
    """A part of a run as a small picture without letters, with a line at the moment `at`.

    since, until, at: virtual seconds, 0 <= since < until.
    says: what there is to see, for those who do not see it.
    agent: whose lane has a ring at that moment.  Default: none.
    tones: see `space_time`.

    Raises ValueError if the part is empty, or if the agent or a tone does not exist.
    """
    given, allowed = f"since={since!r}, until={until!r}", "expected two times in seconds, the earlier first"
    require.that(0 <= since < until, given, allowed, "since=0, until=1.5")
    require.one_of("agent", agent, ("", *trace.agents))
    scene = thumbnail_scene(trace, (since, until), at, agent, says, tones or {})
    return Drawing(paint(scene), scene.alt)
