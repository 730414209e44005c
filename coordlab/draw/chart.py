"""Charts: measured points, each with its 95 % interval, and the curves that theory predicts.

    chart({"n² - n - 1": lambda n: n * n - n - 1}, {"counted": {5: [19]}}, x="agents", y="messages")

Each measurement is a list of samples (numbers, or booleans, whose share of True is drawn), or an `Interval`.
A chart is an SVG for light and dark pages, and prints as a table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from coordlab import requirements as require
from coordlab.draw import Drawing
from coordlab.draw.scene import Look, Mark, Scene, broken, ticks, wide
from coordlab.draw.svg import paint
from coordlab.intervals import Interval, estimate

Samples = Sequence[float]
Theory = Mapping[str, Callable[[float], float]]
Measured = Mapping[str, Mapping[float, Samples | Interval]]

_STEPS, _HEIGHT, _TOP, _LEFT = 96, 230, 34, 58
_LINE, _ASIDE = 15, 7  # pixels: between two labels, and between two rows at one place
_COLOURS = ("type2", "type3", "type0", "type5")
_RING = Look("accent", width=2, hollow=True)
_SHAPES = ("circle", "diamond", "square", "cross")


def chart(
    theory: Theory,
    measured: Measured,
    x: str,
    y: str,
    title: str = "",
    width: float = 680,
    here: tuple[str, float] | None = None,
    span: tuple[float, float] | None = None,
) -> Drawing:
    """A chart of the measured points and of the curves of theory.

    theory: for each label a function of x.
    measured: for each label the samples, or an `Interval`, at each x.
    x, y: the labels of the axes, with their units.
    title: the heading.
    width: in pixels.
    here: the label and the x of the point that gets a ring, "your setting".
    span: the ends of the x axis.  Default: the first and the last point.

    Raises ValueError if nothing was measured, or if a number is not finite.
    """
    return _Chart(theory, measured, x, y, title, width, here, span).drawing


class _Chart:
    def __init__(
        self,
        theory: Theory,
        measured: Measured,
        x: str,
        y: str,
        title: str,
        width: float,
        here: tuple[str, float] | None,
        span: tuple[float, float] | None,
    ) -> None:
        self.theory, self.xlabel, self.ylabel, self.here = theory, x, y, here
        self.points = {
            label: {at: each if isinstance(each, Interval) else estimate(each) for at, each in row.items()}
            for label, row in measured.items()
        }
        places = [at for row in self.points.values() for at in row]
        places += span or ()
        heights = [value for row in self.points.values() for point in row.values() for value in point[:3]]
        heights += [curve(at) for curve in theory.values() for at in places]
        require.that(
            heights and all(map(math.isfinite, (*places, *heights))),
            f"y = {sorted(set(heights))[:5]} at x = {places[:5]}",
            "expected finite numbers, at least one",
            "measured={'counted': {5: [19]}}",
        )
        self.top = _TOP + (24 if title else 0)
        self.first, self.last = min(places), max(places)
        self.low, self.high = min(0.0, *heights), max(heights) * 1.04 or 1.0
        self.names = {label: broken(label, 0.35 * width) for label in theory}
        self.gap = 12 + self._aside(len(self.points) - 1)  # right of the last point and its ring
        widest = max([wide(line) for name in self.names.values() for line in name], default=0)
        self.right = width - 14 - self.gap - widest
        scene = Scene("Chart", self.table(), width, self.top + _HEIGHT + 40, title, legend={"Points": {}})
        scene.chrome = [*self._axes()]
        scene.marks = [*self._curves(), *self._measurements(scene)]
        self.drawing = Drawing(paint(scene), self.table())

    def place(self, at: float, value: float) -> tuple[float, float]:
        """The position of a point, in pixels."""
        along = (at - self.first) / (self.last - self.first or 1)
        up = (value - self.low) / (self.high - self.low or 1)
        return _LEFT + 8 + along * (self.right - _LEFT - 8), self.top + (1 - up) * _HEIGHT

    def _aside(self, number: int) -> float:
        """How far right of its place a row of points is, so that no row hides another."""
        return _ASIDE * (number - (len(self.points) - 1) / 2)

    def table(self) -> str:
        """The chart as text: one line for each point."""
        lines = [f"{self.ylabel}, by {self.xlabel}"]
        for label, row in self.points.items():
            others = [name for name in self.theory if name not in self.points]
            mine = [label] if label in self.theory else others
            for at, (mean, low, high, _) in row.items():
                band = f" ({low:.3g} to {high:.3g})" if high > low else ""
                pairs = [("theory" if name == label else name, self.theory[name](at)) for name in mine]
                said = "".join(f"; {name} = {height:.4g}" for name, height in pairs)
                said += "; your setting" if (label, at) == self.here else ""
                lines.append(f"{at:>6g}: {label} {mean:.4g}{band}{said}")
        return "\n".join(lines)

    def _axes(self) -> Iterator[Mark]:
        line, soft, floor = Look("line"), Look("soft"), self.top + _HEIGHT
        whole = all(at == int(at) for row in self.points.values() for at in row)
        most = max(2, int((self.right - _LEFT) / 34))  # labels, 34 pixels each
        steps = int(min(10, most, self.last - self.first)) if whole else min(10, most)  # no half agents
        for value, label in ticks(self.low, self.high, 6):
            _, height = self.place(self.first, value)
            yield Mark("grid", "line", ((_LEFT, height), (self.right, height)), line)
            yield Mark("tick", "text", ((_LEFT - 8, height + 4),), soft, text=label, anchor="end")
        alone = [(self.first, f"{self.first:g}")]
        for at, label in ticks(self.first, self.last, steps) if self.last > self.first else alone:
            across, _ = self.place(at, 0)
            yield Mark("grid", "line", ((across, floor), (across, floor + 4)), soft)
            yield Mark("tick", "text", ((across, floor + 18),), soft, text=label, anchor="middle")
        yield Mark("tick", "text", ((self.right, floor + 36),), soft, text=self.xlabel, anchor="end")
        yield Mark("tick", "text", ((12, self.top - 12),), soft, text=self.ylabel)

    def _curves(self) -> Iterator[Mark]:
        """Theory: thin lines of ink, each with its name at its end."""
        steps = [self.first + (self.last - self.first) * step / _STEPS for step in range(_STEPS + 1)]
        ends: list[float] = []
        for label, curve in self.theory.items():
            way = [self.place(at, curve(at)) for at in steps]
            yield from (Mark("curve", "line", pair, Look("ink", width=1.3)) for pair in pairwise(way))
            across, height = way[-1]
            name = self.names[label]
            while any(-len(name) * _LINE < height - each < _LINE for each in ends):  # no label on another
                height += 1
            for line in name:
                ends.append(height)
                yield Mark("label", "text", ((across + self.gap, height + 4),), Look("ink"), text=line)
                height += _LINE

    def _measurements(self, scene: Scene) -> Iterator[Mark]:
        """What was counted: points with their bands, side by side where several rows have the same x."""
        for number, ((label, row), shape, colour) in enumerate(
            zip(self.points.items(), _SHAPES, _COLOURS, strict=False)
        ):
            aside = self._aside(number)
            for at, (mean, low, high, _) in row.items():
                tip = f"{self.xlabel} {at:g}: {label} {mean:.4g}"
                across, height = self.place(at, mean)
                across += aside
                if high > low:
                    tip += f" ({low:.4g} to {high:.4g})"
                    for band in _band(across, self.place(at, low)[1], self.place(at, high)[1], colour, tip):
                        scene.explain("Points", "95 % band", band)
                        yield band
                point = Mark("point", shape, ((across, height),), Look(colour, width=1.4), tip, size=3.8)
                scene.explain("Points", label, point)
                if (label, at) == self.here:  # below the point, which it would hide
                    ring = point._replace(what="ring", shape="circle", look=_RING, size=7.5)
                    scene.explain("Points", "your setting", ring)
                    yield ring
                yield point


def _band(across: float, bottom: float, top: float, colour: str, tip: str) -> Iterator[Mark]:
    """A line from the low end of an interval to its high end, with caps."""
    for ends in (
        ((across, bottom), (across, top)),
        *(((across - 4, y), (across + 4, y)) for y in (bottom, top)),
    ):
        yield Mark("band", "line", ends, Look(colour, width=1.5), tip)
