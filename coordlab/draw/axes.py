"""Paints a scene on matplotlib axes, in their units: seconds to the right, one unit down for each lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coordlab.draw.scene import COLOURS, Mark, Scene, contrast
from coordlab.trace.lanes import clean

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

_HATCHES = {2: "||", 3: "///", 4: "..", 5: "--", 6: "\\\\\\", 7: "++"}
_MARKERS = {"cross": "x", "circle": "o", "diamond": "D", "square": "s", "flag": ">"}
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}
_POINT = 0.75  # points per pixel


def paint_on(scene: Scene, ax: Axes) -> Axes:
    """Draw each mark of the scene as one artist of `ax`, with legend, title and labels; return `ax`."""
    brush = _Brush(scene, ax)
    for number, mark in enumerate(scene.marks):
        brush.draw(mark, 2 + number / (len(scene.marks) + 1))
    left, right, bottom, top = scene.limits
    ax.set_xlim(brush.x(left), brush.x(right))
    ax.set_ylim(brush.y(bottom), brush.y(top))
    ax.set_title("\n".join(filter(None, [scene.heading, scene.caption])), parse_math=False, fontsize="medium")
    ax.set_xlabel("virtual seconds")
    ax.set_yticks(range(len(scene.lanes)), [clean(name) for name in scene.lanes], parse_math=False)
    ax.grid(axis="x", alpha=0.4)
    ax.set_axisbelow(True)
    brush.legend()
    return ax


class _Brush:
    """Makes artists of marks: in the units of the axes, in colours that suit their background."""

    def __init__(self, scene: Scene, ax: Axes) -> None:
        from matplotlib.colors import to_hex

        self.scene, self.ax = scene, ax
        self.dark = contrast(to_hex(ax.get_facecolor()), "#000000") < 4.5

    def colour(self, name: str) -> str:
        return COLOURS[name][self.dark]

    def x(self, pixel: float) -> float:
        return (pixel - self.scene.units[0]) * self.scene.units[1]

    def y(self, pixel: float) -> float:
        return (pixel - self.scene.units[2]) * self.scene.units[3]

    def draw(self, mark: Mark, order: float) -> None:
        """Add a mark to the axes; a higher `order` is drawn on top."""
        if mark.shape == "text":
            self._text(mark, order)
        elif mark.shape in ("bar", "arrow"):
            self.ax.add_patch(self.patch(mark, zorder=order))
        else:
            self.ax.add_line(self.line(mark, zorder=order))

    def patch(self, mark: Mark, **more: Any) -> Patch:
        """A rectangle or an arrow."""
        from matplotlib.colors import to_rgba
        from matplotlib.patches import FancyArrowPatch, Rectangle

        ends = [(self.x(x), self.y(y)) for x, y in mark.points]
        look, colour = mark.look, self.colour(mark.look.colour)
        if mark.shape == "arrow":
            inner = self.colour("bg") if look.hollow else colour
            return FancyArrowPatch(
                *ends, arrowstyle="-|>", mutation_scale=8, shrinkA=0, shrinkB=0, edgecolor=colour,
                facecolor=inner, linewidth=look.width * _POINT, linestyle=self._dash(mark), **more,
            )  # fmt: skip
        more |= {"facecolor": colour, "edgecolor": to_rgba(self.colour("ink"), 0.35), "linewidth": 0}
        more["hatch"] = _HATCHES.get(look.hatch or 0)
        return Rectangle(ends[0], ends[1][0] - ends[0][0], ends[1][1] - ends[0][1], **more)

    def line(self, mark: Mark, **more: Any) -> Line2D:
        """A line, or a marker at one point."""
        from matplotlib.lines import Line2D

        look, colour = mark.look, self.colour(mark.look.colour)
        xs, ys = zip(*((self.x(x), self.y(y)) for x, y in mark.points), strict=True)
        more |= {"color": colour, "linewidth": look.width * _POINT, "linestyle": self._dash(mark)}
        if mark.shape != "line":
            inner = self.colour("bg") if look.hollow else colour
            more |= {"marker": _MARKERS[mark.shape], "markersize": 2 * mark.size * _POINT, "linestyle": ""}
            more |= {"markerfacecolor": inner, "markeredgewidth": look.width * _POINT}
        return Line2D(xs, ys, **more)

    def _dash(self, mark: Mark) -> str | tuple[int, tuple[float, ...]]:
        return (0, tuple(mark.look.dash)) if mark.look.dash else "-"

    def _text(self, mark: Mark, order: float) -> None:
        from matplotlib.patheffects import withStroke

        (x, y), anchor = mark.points[0], _ANCHORS[mark.anchor]
        halo = [withStroke(linewidth=2.2, foreground=self.colour(mark.halo))] if mark.halo else []
        look: dict[str, Any] = {"color": self.colour(mark.look.colour), "fontsize": mark.size * _POINT}
        look |= {"horizontalalignment": anchor, "verticalalignment": "center", "path_effects": halo}
        middle = self.y(y - 0.36 * mark.size)  # of the text; y is its baseline
        self.ax.text(self.x(x), middle, clean(mark.text), zorder=order, parse_math=False, **look)

    def legend(self) -> None:
        """Put the legend below the axes, if there is anything to explain."""
        entries = {label: mark for part in self.scene.legend.values() for label, mark in part.items()}
        handles: list[Artist] = [self._sample(mark) for mark in entries.values()]
        labels = [f" {label}" if label.startswith("_") else label for label in entries]
        if not handles:
            return
        look = {"ncols": 4, "frameon": False, "fontsize": 8}
        box = self.ax.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.0, -0.14), **look)
        for text in box.get_texts():
            text.set_parse_math(False)

    def _sample(self, mark: Mark) -> Artist:
        if mark.shape == "bar":
            return self.patch(mark._replace(points=((0.0, 0.0), (1.0, 1.0))))
        return self.line(mark._replace(shape="line") if mark.shape == "arrow" else mark)
