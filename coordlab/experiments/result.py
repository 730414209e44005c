"""The result of a sweep: one row for each run, and what can be said of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from coordlab import requirements as require
from coordlab.draw import Drawing
from coordlab.draw.chart import chart
from coordlab.intervals import Fit, Interval, checked_curve, estimate, fit
from coordlab.trace.scenario import Value

if TYPE_CHECKING:
    import pandas

Cell = Mapping[str, Value]
Curve = Callable[[float], float]
THEORY = "result.plot(theory=lambda n: n * n - 1)"


class Row(NamedTuple):
    """One run: its cell of the grid, its seed, what was measured, and the error that stopped it, if any."""

    cell: dict[str, Value]
    seed: int
    values: dict[str, float]
    problem: str
    line: str

    @property
    def key(self) -> str:
        """The cell on one line, such as `agents=5 loss=0.1`."""
        return named(self.cell)


def named(cell: Cell) -> str:
    """A cell of the grid on one line."""
    return " ".join(f"{name}={value}" for name, value in cell.items())


@dataclass(repr=False)
class Result:
    """What a sweep found.

    rows: one for each run, in the order of the grid, then of the seeds.
    measures: the labels of what was measured.
    stopped: why the sweep ended early, or "".
    """

    rows: list[Row]
    measures: tuple[str, ...]
    stopped: str = ""
    title: str = field(default="", compare=False)

    @property
    def failed(self) -> list[Row]:
        """The runs that an error stopped, or of which something could not be measured."""
        return [row for row in self.rows if row.problem]

    def samples(self, measure: str, **cell: Value) -> dict[tuple[str, int], float]:
        """What was measured in the runs of one cell, or of several: by the rest of the cell, and the seed.

        Raises ValueError for an unknown measure.
        """
        require.one_of("measure", measure, self.measures)
        found: dict[tuple[str, int], float] = {}
        for row in self.rows:
            if measure in row.values and cell.items() <= row.cell.items():
                rest = {name: value for name, value in row.cell.items() if name not in cell}
                found[named(rest), row.seed] = row.values[measure]
        return found

    def estimate(self, measure: str, **cell: Value) -> Interval:
        """The mean of a measure over the runs of a cell, or the share of True, with its 95 % interval.

        Raises ValueError if nothing was measured there.
        """
        found = self.samples(measure, **cell)
        cells = " or ".join(map(named, self.cells()))[:300]
        example = f"result.estimate({measure!r}, **next(result.cells()))"
        require.that(found, f"{measure!r} has no value for {named(cell)}", f"measured are {cells}", example)
        return estimate(found.values())

    def compare(self, measure: str, one: Cell, other: Cell) -> Interval:
        """By how much a measure is greater in the cells `one` than in `other`, run by run with the same seed.

        Raises ValueError if they have no seed in common.
        """
        for name, cell in (("one", one), ("other", other)):
            require.instance(name, cell, Mapping, "result.compare('n', {'agents': 3}, {'agents': 5})")  # type: ignore[type-abstract]
        first, second = self.samples(measure, **one), self.samples(measure, **other)
        pairs = [float(first[each]) - float(second[each]) for each in first if each in second]
        given = f"{named(one)} and {named(other)} have no seed in common"
        example = f"result.compare({measure!r}, {{'agents': 3}}, {{'agents': 5}})"
        require.that(pairs, given, "expected two cells of this sweep", example)
        return estimate(pairs)

    def points(self, measure: str, x: str | None = None) -> dict[str, dict[float, Interval]]:
        """The estimates along the parameter `x`, for each combination of the others, by its name."""
        x = self._axis(x)
        found: dict[str, dict[float, Interval]] = {}
        for cell in self.cells():
            others = named({name: value for name, value in cell.items() if name != x})
            if self.samples(measure, **cell):
                found.setdefault(others or measure, {})[float(cell[x])] = self.estimate(measure, **cell)
        return found

    def cells(self) -> Iterator[dict[str, Value]]:
        """The cells of the grid that were run, in order."""
        for _, rows in groupby(self.rows, key=lambda row: row.key):
            yield next(rows).cell

    def plot(
        self,
        measure: str | None = None,
        theory: Curve | Mapping[str, Curve] | None = None,
        x: str | None = None,
        ax: Any = None,
    ) -> Any:
        """The estimates with their bands, and theory over them: a chart, or drawn on axes of matplotlib.

        measure: its label; default: the first.
        theory: a function of x, or several by their label; one that takes whole numbers alone is straight
            between the values that were run.
        x: the parameter along the axis; default: the first with several numbers.
        ax: axes of matplotlib, which are returned; None: a drawing with a text for those who do not see it.
        """
        measure, x = measure or self.measures[0], self._axis(x)
        named = theory if isinstance(theory, Mapping) else {"theory": theory} if theory else {}
        curves = {label: checked_curve(label, each, THEORY) for label, each in named.items()}
        points = self.points(measure, x)
        places = sorted({at for row in points.values() for at in row})
        curves = {label: _everywhere(curve, places) for label, curve in curves.items() if places}
        drawing: Drawing = chart(curves, points, x=x, y=measure, title=self.title)
        if ax is None:
            return drawing
        axes, example = hasattr(ax, "errorbar"), "result.plot(ax=plt.subplots()[1])"
        require.that(axes, f"ax={require.shown(ax)}", "expected axes of matplotlib", example, TypeError)
        for label, row in points.items():
            ends = [[p.mean - p.low for p in row.values()], [p.high - p.mean for p in row.values()]]
            ax.errorbar(list(row), [p.mean for p in row.values()], yerr=ends, fmt="o", capsize=3, label=label)
        steps = [places[0] + (places[-1] - places[0]) * step / 100 for step in range(101)]
        for label, curve in curves.items():
            ax.plot(steps, [curve(at) for at in steps], label=label)
        ax.set(xlabel=x, ylabel=measure)
        ax.legend()
        return ax

    def fit(
        self,
        curve: Callable[..., float],
        measure: str,
        x: str | None = None,
        least: float = -inf,
        **start: float,
    ) -> Fit:
        """The parameters with which `curve(x, ...)` comes closest to all runs, with 95 % intervals (t).

        least: no parameter is below it.
        start: where the search for each parameter begins, by its name.

        Needs scipy.  Raises ValueError if there are fewer places than parameters.

            result.fit(topology.theory.throughput, "throughput", alone=1, contention=0.1, coherency=0.01)
        """
        x = self._axis(x)
        runs = [row for row in self.rows if measure in row.values]
        along, heights = [float(row.cell[x]) for row in runs], [float(row.values[measure]) for row in runs]
        return fit(curve, along, heights, least, **start)

    def frame(self) -> pandas.DataFrame:
        """The rows as a tidy pandas frame: a column for each parameter, the seed, and each measure."""
        import pandas

        tidy = [
            {**row.cell, "seed": row.seed, **row.values, "problem": row.problem, "line": row.line}
            for row in self.rows
        ]
        return pandas.DataFrame.from_records(tidy)

    def _axis(self, x: str | None) -> str:
        """The parameter along the axis."""
        first = self.rows[0].cell if self.rows else {}
        varied = [name for name in first if len({row.cell[name] for row in self.rows}) > 1]
        numbers = [name for name in varied if not isinstance(first[name], (str, bool))]
        chosen = x or next(iter(numbers), None)
        given = f"x={x!r}" if x else "no parameter with several numbers"
        allowed = f"the parameters of this sweep are {', '.join(first) or 'none'}"
        require.that(chosen in first, given, allowed, "result.plot(x='agents')")
        return str(chosen)

    def __repr__(self) -> str:
        lines = [f"{len(self.rows):,} runs" + (f", {len(self.failed)} failed" if self.failed else "")]
        lines += [f"the first that failed: {self.failed[0].problem}"] if self.failed else []
        lines += [f"stopped early: {self.stopped}"] if self.stopped else []
        for cell in self.cells():
            known = [name for name in self.measures if self.samples(name, **cell)]
            told = "; ".join(f"{name} {self.estimate(name, **cell)}" for name in known)
            lines.append(f"  {named(cell)}: {told or 'nothing was measured'}")
        return "\n".join(lines)


def _everywhere(curve: Curve, places: Sequence[float]) -> Curve:
    """The curve itself, or straight lines between its heights at `places` if it takes whole numbers alone."""
    try:
        curve(places[0] + 0.5)
    except (ValueError, TypeError):
        return joined({at: curve(int(at)) for at in places})
    return curve


def joined(heights: Mapping[float, float]) -> Curve:
    """Straight lines between points, which are in order."""
    places = list(heights)

    def at(x: float) -> float:
        after = min(max(bisect_left(places, x), 1), len(places) - 1)
        low, high = places[max(after - 1, 0)], places[after]
        share = (x - low) / (high - low) if high > low else 0.0
        return heights[low] + share * (heights[high] - heights[low])

    return at
