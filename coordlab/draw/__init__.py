"""Static drawings of a trace: for the page, for print, and in words.

    space_time(run.trace)                          # the whole run: lanes, messages, faults
    space_time(run.trace, since=2.9, until=4.1)    # a closer look
    space_time(run.trace, ax=axes)                 # the same on axes of matplotlib

Each shows itself in a notebook, light or dark, and prints as a description in words.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from coordlab.draw.spacetime import space_time_scene
from coordlab.draw.svg import paint
from coordlab.trace.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_THEMES = (
    "<style>.cl-draw{max-width:100%}"
    '[data-jp-theme-light="true"] .cl-draw{color-scheme:light}'
    '[data-jp-theme-light="false"] .cl-draw{color-scheme:dark}</style>'
)

__all__ = ["Drawing", "space_time"]


@dataclass(frozen=True, repr=False)
class Drawing:
    """A drawing as SVG text, and in words (`alt`), which is also how it prints."""

    svg: str
    alt: str

    def __repr__(self) -> str:
        return self.alt

    @property
    def html(self) -> str:
        """As an image in the page that takes on the notebook's theme.

        Not inline: of a notebook that is not trusted yet JupyterLab would strip the marks and leave the
        words.
        """
        data = "data:image/svg+xml;base64," + b64encode(self.svg.encode()).decode()
        return f'{_THEMES}<img class="cl-draw" alt="{escape(self.alt)}" src="{data}">'

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.alt}

    def save(self, path: str | Path) -> Path:
        """Write the SVG to a file, and say where it is."""
        path = Path(path)
        if path.suffix != ".svg":
            raise ValueError(
                f"{str(path)!r}: a drawing is saved as SVG. Write {path.stem + '.svg'!r}; for other "
                f"formats draw with matplotlib, space_time(trace, ax=axes), and save its figure."
            )
        path.write_text(self.svg, encoding="utf-8")
        return path


@overload
def space_time(
    trace: Trace,
    since: float | None = None,
    until: float | None = None,
    *,
    title: str | None = None,
    width: float = 760,
    ax: None = None,
) -> Drawing: ...
@overload
def space_time(
    trace: Trace,
    since: float | None = None,
    until: float | None = None,
    *,
    title: str | None = None,
    width: float = 760,
    ax: Axes,
) -> Axes: ...
def space_time(
    trace: Trace,
    since: float | None = None,
    until: float | None = None,
    *,
    title: str | None = None,
    width: float = 760,
    ax: Axes | None = None,
) -> Drawing | Axes:
    """The space-time diagram of a run, or of its part from `since` to `until` (virtual seconds).

    A run of too many messages is drawn as lanes above a strip that shows when how many were sent.
    `width` is in pixels.  With `ax` it is drawn there, as wide as that is, and the axes are returned.
    """
    if ax is not None:
        width = max(300.0, ax.get_window_extent().width / ax.figure.dpi * 96)
    scene = space_time_scene(trace, since, until, title, width)
    if ax is None:
        return Drawing(paint(scene), scene.alt)
    from coordlab.draw.axes import paint_on

    return paint_on(scene, ax)
