"""The figures of a lab, each made of many runs by sweeping the setting that is shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from coordlab import requirements as require
from coordlab.draw import Drawing
from coordlab.draw.chart import chart
from coordlab.experiments import Result, Row, sweep
from coordlab.experiments.result import joined
from coordlab.experiments.sweeping import SEEDS
from coordlab.intervals import Interval
from coordlab.labs.declaration import Figure, LabSource
from coordlab.trace.scenario import Value

if TYPE_CHECKING:
    import pandas


@dataclass(repr=False)
class Made:
    """A figure of a lab for one setting, as far as it is made; it displays itself.

    figure: its declaration.
    source: the lab at the setting.
    rows: the runs that are done, by their series and the value of the parameter along the axis.
    """

    figure: Figure
    source: LabSource
    rows: dict[tuple[str, float], list[Row]] = field(default_factory=dict)

    @property
    def here(self) -> float:
        """Where the setting of the lab lies on the axis."""
        return _number(self.source.scenario.parameters[self.figure.x])

    @property
    def values(self) -> list[float]:
        """The values along the axis: those of the declaration, and that of the setting."""
        return sorted({*self.figure.values, self.here})

    @property
    def series(self) -> Mapping[str, Mapping[str, Value]]:
        """What is counted: by its label, the parameters in which it differs from the setting."""
        return self.figure.series or {self.figure.measure: {}}

    @property
    def left(self) -> int:
        """How many runs are not done yet."""
        places = [(label, value) for label in self.series for value in self.values]
        return self.figure.replications * sum(place not in self.rows for place in places)

    def steps(self) -> Iterator[int]:
        """Do the runs of one value and series after another; after each, gives how many runs are left."""
        figure, count = self.figure, {self.figure.measure: self.source.measures[self.figure.measure]}
        first = min(self.source.scenario.seed, SEEDS - figure.replications)
        for value in self.values:
            for label, more in self.series.items():
                if (label, value) not in self.rows:
                    grid: dict[str, list[Value]] = {name: [each] for name, each in more.items()}
                    grid[figure.x] = [value]
                    found = sweep(self.source, grid, figure.replications, count, seed=first)
                    if found.stopped:
                        raise KeyboardInterrupt(found.stopped)
                    self.rows[label, value] = found.rows
                    yield self.left

    @property
    def result(self) -> Result:
        """The runs that are done, as a result of a sweep."""
        rows = [row for label in self.series for row in self._rows(label)]
        return Result(rows, (self.figure.measure,), title=self.figure.question)

    @property
    def points(self) -> dict[str, dict[float, Interval]]:
        """The estimates along the axis, by series."""
        measure, found = self.figure.measure, dict[str, dict[float, Interval]]()
        for label in self.series:
            if rows := self._rows(label):
                points = Result(rows, (measure,)).points(measure, self.figure.x)
                found[label] = next(iter(points.values()), {})
        return found

    def _rows(self, label: str) -> list[Row]:
        """The runs of a series that are done, along the axis."""
        return [row for value in self.values for row in self.rows.get((label, value), ())]

    @property
    def drawing(self) -> Drawing:
        """Points with 95 % bands, the curves of theory, and a ring at the setting."""
        return self.draw(self.figure.question)

    def draw(self, title: str, width: float = 680) -> Drawing:
        """The same drawing with another heading, and of another width in pixels."""
        figure, ends = self.figure, (self.values[0], self.values[-1])
        given = self.source.scenario.parameters
        yours = [label for label, more in self.series.items() if more.items() <= given.items()]
        here = (yours[0], self.here) if yours else None
        return chart(self.curves, self.points, figure.x, figure.measure, title, width, here, ends)

    @property
    def curves(self) -> dict[str, Callable[[float], float]]:
        """The curves of theory; of a whole number they are straight between the values along the axis."""
        whole = isinstance(self.source.scenario.parameters[self.figure.x], int)

        def curve(label: str) -> Callable[[float], float]:
            of = partial(self.figure.theory[label].of, self._given(label))
            return joined({value: of(value) for value in self.values}) if whole else of

        return {label: curve(label) for label in self.figure.theory}

    def _given(self, label: str) -> dict[str, Value]:
        """The parameters of a series."""
        return {**self.source.scenario.parameters, **self.figure.series.get(label, {})}

    @property
    def judged(self) -> str:
        """For each curve of theory that applies: how many of its points agree with it.

        A curve speaks of the series with its label; without series, of all points.
        """
        found, lines = self.points, []
        for label, curve in self.curves.items():
            declared = self.figure.theory[label]
            points = found.get(label if self.figure.series else self.figure.measure)
            if points and declared.applies(self._given(label)):
                hits = sum(_agrees(declared.says, each, curve(at)) for at, each in points.items())
                lines.append(f"{label}: {hits} of {len(points)} points agree")
        if failed := self.result.failed:
            lines.append(f"{len(failed)} of {len(self.result.rows)} runs failed: {failed[0].problem}")
        return "; ".join(lines)

    def frame(self) -> pandas.DataFrame:
        """The runs as a tidy pandas frame."""
        return self.result.frame()

    def __repr__(self) -> str:
        return "\n".join(filter(None, [self.figure.question, self.drawing.alt, self.judged]))

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {**self.drawing._repr_mimebundle_(), "text/plain": repr(self)}


class Figures(require.Readable):
    """The figures of a lab; what is made for a setting is kept."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, str], Made] = {}

    def at(self, figure: Figure, source: LabSource) -> Made:
        """The figure for the setting of a source, as far as it is made.

        Settings that differ in the parameter along the axis alone share their runs.
        """
        source = replace(source, scenario=source.turned(source.scenario, figure.settings))
        key = figure.question, str(source.turned(source.scenario, {figure.x: figure.values[0]}))
        known = self.made.get(key)
        self.made[key] = Made(figure, source) if known is None else replace(known, source=source)
        return self.made[key]


def _agrees(says: str, found: Interval, theory: float) -> bool:
    """Whether a measured mean, with its 95 % band, agrees with theory."""
    if math.isclose(found.mean, theory):
        return True
    return (found.low <= theory or says == "least") and (theory <= found.high or says == "most")


def _number(value: object) -> float:
    assert isinstance(value, (int, float)), "LabSpec checks that the parameter of a figure is a number"
    return value
