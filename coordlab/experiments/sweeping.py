"""`sweep`: run each cell of a grid with the same seeds, here or on an executor; keep what is finished."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from itertools import groupby, islice, product
from math import isfinite
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from coordlab import requirements as require
from coordlab.experiments.result import Cell, Result, Row
from coordlab.progress_bar import Tell, teller
from coordlab.properties.verdicts import HOLDS, UNDECIDED
from coordlab.trace.parcel import do_packed, packed_work
from coordlab.trace.scenario import Scenario, ScenarioError, Value
from coordlab.trace.trace import Trace, dumps
from coordlab.world.run import Judge, check_properties
from coordlab.world.source import Attempt, Source, attempt, source_of, takes

if TYPE_CHECKING:
    from coordlab.experiments.store import Store

Measures = Mapping[str, Callable[[Trace], object]]
BATCH, LARGEST = 20, 200  # runs that go to a worker at once: at first, and at most
AHEAD = 64  # batches that wait for a worker; a larger batch is at most this part of what is finished
SEEDS = 2**63 - 1  # the largest seed of a scenario


Key = tuple[str, int]  # the text of a cell, and a seed
Job = tuple[Cell, int]


class ExperimentError(ValueError):
    """A sweep that is not possible; `result` holds the runs that are finished, if there are any."""

    result: Result | None = None


@dataclass
class Measuring:
    """Runs jobs and measures them; it can go to another process."""

    source: Source
    measures: Measures
    properties: tuple[Judge, ...]

    def __call__(self, jobs: Sequence[Job]) -> list[Row]:
        """A row for each job."""
        parts = groupby(jobs, key=itemgetter(0))
        return [row for cell, part in parts for row in self.of_cell(dict(cell), [seed for _, seed in part])]

    def of_cell(self, cell: dict[str, Value], seeds: Sequence[int]) -> list[Row]:
        """A row for each seed of one cell; the parameters are checked once."""
        start = self.source.turned(self.source.scenario, cell)
        return [self.measured(cell, start.again(seed, start.faults)) for seed in seeds]

    def measured(self, cell: dict[str, Value], scenario: Scenario) -> Row:
        """Run one scenario of a cell."""
        seed = scenario.seed
        try:
            tried = attempt(self.source, scenario, self.properties)
        except Exception as error:  # noqa: BLE001  (the build function is the user's)
            return Row(cell, seed, {}, f"{type(error).__name__}: {error}", str(scenario))
        values: dict[str, float] = {}
        problem = tried.problem
        for label, measure in self.measures.items():
            try:
                values[label] = _number(measure(tried.run.trace))
            except Exception as error:  # noqa: BLE001  (as is the measure)
                problem = problem or f"the measure {label!r} failed: {type(error).__name__}: {error}"
        return Row(cell, seed, values | self.kept(tried), problem, str(scenario))

    def kept(self, tried: Attempt) -> dict[str, float]:
        """If nothing else is measured: which properties held."""
        if self.measures:
            return {}
        decided = (each for each in tried.run.verdicts if each.status != UNDECIDED)
        return {each.name: each.status == HOLDS for each in decided}


def _number(value: object) -> float:
    """A measured value as a number, or True or False.  Raises ValueError for anything else."""
    if isinstance(value, bool):
        return value
    found = require.number("the measure", value)
    require.that(
        isfinite(found), f"{value!r}", "expected a finite number, True or False", "trace.count('Bid')"
    )
    return found


def sweep(
    what: object,
    grid: Mapping[str, Iterable[Value]],
    replications: int = 20,
    measures: Measures | Sequence[str] = (),
    *properties: Judge,
    until: float | None = None,
    seed: int = 0,
    executor: Executor | None = None,
    store: str | Path | None = None,
    progress: bool | Tell = False,
    **parameters: Value,
) -> Result:
    """Run each cell of a grid with the same seeds, and measure each run.

    what: a lab, or a function that builds a world from `seed` and parameters.
    grid: the values of each parameter that varies; every combination is a cell.
    replications: how many seeds each cell is run with, 1 or more.
    measures: functions of a trace that return a number, True or False, by label; or labels of a lab's own.
        Without any, it is measured which properties hold.
    properties, until: as for `explore`.
    seed: the first seed; the others follow it.
    executor: any `concurrent.futures.Executor`, such as a process pool or that of a Dask client.
    store: a file in which finished runs are kept; a sweep that was killed goes on from there.
    progress, parameters: as for `explore`.

    A run that fails becomes a row with a problem; Ctrl-C returns what is finished.  Raises ExperimentError
    if a cell is not allowed, or the executor cannot do the work or dies; StoreError for a wrong store.
    """
    source = source_of(what, parameters, until)
    counted = _counted(what, measures)
    cells = _cells(grid, source)
    seeds = _seeds(seed, replications)
    _check_means(executor, properties)
    about = f"{replace(source.scenario, seed=seed)} measuring {sorted(counted)}"
    texts = [(dumps(cell), cell) for cell in cells]
    order = {(text, each): (cell, each) for text, cell in texts for each in seeds}
    measuring = Measuring(source, counted, properties)
    with _opened(store, about) as kept:
        return _swept(measuring, order, kept, executor, teller(progress, len(order), "run"))


def _seeds(seed: object, replications: object) -> range:
    """The seeds of each cell, all of which a scenario can hold."""
    size = require.count("replications", replications, 1, error=ExperimentError)
    first = require.count("seed", seed, -SEEDS, SEEDS - size, 7, ExperimentError)
    return range(first, first + size)


def _check_means(executor: object, properties: Sequence[Judge]) -> None:
    """Raise ExperimentError or TypeError unless these can run the cells, and judge the runs."""
    if executor is not None:
        require.instance("executor", executor, Executor, "executor=ProcessPoolExecutor()", ExperimentError)
    check_properties(properties)


def _cells(grid: object, source: Source) -> list[dict[str, Value]]:
    """Every combination of the values, each as Python's own."""
    given, example = f"grid={require.shown(grid)}", "grid={'agents': [3, 5, 8]}"
    allowed = "expected values for each parameter"
    if not isinstance(grid, Mapping):
        require.fail(given, allowed, example, ExperimentError)
    several = all(isinstance(each, Iterable) and not isinstance(each, (str, bytes)) for each in grid.values())
    require.that(several, given, allowed, example, ExperimentError)
    lists = [[require.by_value(value) for value in values] for values in grid.values()]
    cells: list[dict[str, Value]] = [dict(zip(grid, values, strict=True)) for values in product(*lists)]  # type: ignore[arg-type]
    require.that(grid and cells, given, allowed, example, ExperimentError)
    held = all(isinstance(value, (bool, int, float, str)) for values in lists for value in values)
    require.that(held, given, "expected numbers, texts, True or False", example, ExperimentError)
    allowed = "each cell runs with the same seeds, which count up from `seed`"
    require.that("seed" not in grid, given, allowed, "replications=20, seed=5", ExperimentError)
    if (known := takes(source)) is not None:
        for name in grid:
            require.one_of("parameter", name, sorted(known), ExperimentError)
    require.that(
        all(isinstance(each, str) for each in grid), given, "expected names", example, ExperimentError
    )
    for cell in cells:
        try:
            source.turned(source.scenario, cell)
        except ScenarioError as error:
            raise ExperimentError(str(error)) from None
    return cells


def _opened(store: str | Path | None, about: str) -> AbstractContextManager[Store | None]:
    if store is None:
        return nullcontext()
    from coordlab.experiments.store import Store  # Python in a browser has no sqlite3

    return closing(Store(store, about))


def _swept(
    measuring: Measuring,
    order: Mapping[Key, Job],
    kept: Store | None,
    executor: Executor | None,
    tell: Tell,
) -> Result:
    """Run what is not kept yet; the rows are in the order of the grid on every executor."""
    done = kept.rows() if kept else {}
    left = [key for key in order if key not in done]
    finished = len(order) - len(left)

    def result(stopped: str = "") -> Result:
        rows = [done[key] for key in order if key in done]
        labels = dict.fromkeys([*measuring.measures, *(label for row in rows for label in row.values)])
        return Result(rows, tuple(labels), stopped)

    try:
        for batch in batches(measuring, {key: order[key] for key in left}, executor):
            done.update(batch)
            if kept:
                kept.add(batch)
            finished += len(batch)
            tell(finished, len(order))
    except KeyboardInterrupt:
        return result("it was interrupted")
    except ExperimentError as error:
        error.result = result(str(error))
        raise
    return result()


def _counted(what: object, measures: object) -> Measures:
    """What is measured: functions by label, or the measures of a lab that have these labels.

    Raises ExperimentError for anything else, and if the lab has no such measure.
    """
    own: Measures = getattr(getattr(what, "source", None), "measures", {})
    example = "measures={'messages': lambda trace: trace.count('send')}"
    if isinstance(measures, Mapping):
        right = all(isinstance(name, str) and callable(each) for name, each in measures.items())
        allowed = "expected functions of a trace by their labels"
        require.that(right, f"measures={require.shown(measures)}", allowed, example, ExperimentError)
        return measures
    labels = require.names("measures", measures, empty=True, example=example, error=ExperimentError)
    for label in labels:
        allowed = f"the measures here are {', '.join(own) or 'only those that you pass'}"
        require.that(label in own, f"no measure {label!r}", allowed, example, ExperimentError)
    return {label: own[label] for label in labels}


def batches(
    measuring: Measuring, jobs: Mapping[Key, Job], executor: Executor | None
) -> Iterator[dict[Key, Row]]:
    """The rows of all jobs, a batch at a time, in the order in which they are finished."""
    keys, size, finished = iter(jobs), BATCH, 0
    if executor is None:
        while part := list(islice(keys, BATCH)):
            yield dict(zip(part, measuring([jobs[key] for key in part]), strict=True))
        return
    packed = packed_work(measuring, ExperimentError)
    waiting: dict[Future[list[Row]], list[Key]] = {}
    try:
        while True:
            while len(waiting) < AHEAD and (part := list(islice(keys, size))):
                waiting[executor.submit(do_packed, packed, [jobs[key] for key in part])] = part
            if not waiting:
                return
            for each in wait(waiting, return_when=FIRST_COMPLETED).done:
                part = waiting.pop(each)
                yield dict(zip(part, each.result(), strict=True))
                finished += len(part)
            size = max(BATCH, min(LARGEST, finished // AHEAD))
    except (BrokenExecutor, CancelledError, ConnectionError) as error:
        given = f"the executor died ({type(error).__name__}: {error})"
        allowed = "the runs that were finished are kept"
        require.fail(
            given, allowed, "sweep(..., store='runs.db') again, which goes on from there", ExperimentError
        )
    finally:
        for each in waiting:
            each.cancel()
