"""A sweep runs every cell with the same seeds, here or elsewhere, and keeps what is finished."""

from __future__ import annotations

import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from coordlab import World, labs
from coordlab.experiments import ExperimentError, Result, sweep
from coordlab.experiments.store import StoreError
from coordlab.experiments.sweeping import batches
from coordlab.patterns.bully.agents import Candidate
from coordlab.patterns.bully.checks import properties
from coordlab.trace.trace import Trace
from coordlab.world.agent import Agent
from coordlab.world.message import message
from tests import sampling
from tests.pythons import PROJECT
from tests.sampling import some

GRID = {"agents": [2, 3, 4], "loss": [0.0, 0.2]}
MEASURES = {
    "messages": lambda trace: trace.count("send"),
    "lost": lambda trace: any(each.data == "lost" for each in trace.select("drop")),
}


def build(seed: int, agents: int = 3, loss: float = 0.0) -> World:
    """An election in which the highest crashes."""
    world = World(seed, latency="uniform(0.01, 0.05)", loss=loss)
    return world.add(Candidate(rank) for rank in range(1, agents + 1)).inject(f"crash {agents} @1")


def swept(**settings: Any) -> Result:
    return sweep(build, GRID, 6, MEASURES, until=3, **settings)


def test_every_cell_is_run_with_the_same_seeds() -> None:
    result = swept(seed=5)
    cells = [{"agents": agents, "loss": loss} for agents in (2, 3, 4) for loss in (0.0, 0.2)]
    assert list(result.cells()) == cells
    assert [(row.cell, row.seed) for row in result.rows] == [
        (c, seed) for c in cells for seed in range(5, 11)
    ]
    row = result.rows[7]
    assert row.line == "build agents=2 loss=0.2 seed=6 until=3"
    assert row.values["messages"] == build(6, 2, 0.2).run(until=3).trace.count("send")
    assert result.estimate("lost", loss=0.0).mean == 0


def test_a_difference_is_measured_pair_by_pair() -> None:
    """Two cells that are the same differ by nothing, however much chance there is."""
    result = swept()
    same = {"agents": 3, "loss": 0.2}
    assert tuple(result.compare("messages", same, same))[:3] == (0, 0, 0)
    more = result.compare("messages", {"agents": 4, "loss": 0.0}, {"agents": 2, "loss": 0.0})
    assert more.low > 0


def test_without_measures_it_is_told_how_often_each_property_holds() -> None:
    result = sweep(build, {"agents": [2, 3]}, 4, {}, *properties(), until=12)
    assert result.measures == tuple(each.name for each in properties())
    assert result.estimate("agreement within 4.375 s", agents=3).mean == 1


def test_a_lab_is_swept_by_its_measures() -> None:
    lab = labs.bully(agents=3, until=9)
    result = sweep(lab, {"agents": [3, 4]}, 2, ["watching: Ping and Pong"])
    assert result.rows[0].line == labs.bully(agents=3, until=9).line
    assert result.estimate("watching: Ping and Pong", agents=4).mean > 10


def test_the_executor_makes_no_difference(tmp_path: Path) -> None:
    """Also for functions without a name, which cloudpickle carries to the other process."""
    here = swept()
    with ProcessPoolExecutor(2) as pool:
        assert swept(executor=pool).rows == here.rows
        assert swept(executor=pool, store=tmp_path / "runs.db").rows == here.rows
    assert swept(store=tmp_path / "runs.db").rows == here.rows


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Dask's own, about a worker that is lost
def test_a_dask_cluster_does_the_same_though_a_worker_is_lost() -> None:
    distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    with (
        distributed.LocalCluster(
            2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        pids = list(client.run(os.getpid).values())
        killed = list[int]()

        def kill(done: int, of: int) -> None:
            if not killed:
                killed.append(pids[0])
                os.kill(pids[0], signal.SIGKILL)

        found = sweep(build, GRID, 30, MEASURES, until=3, executor=client.get_executor(), progress=kill)
    assert killed
    assert found.rows == sweep(build, GRID, 30, MEASURES, until=3).rows


KILLED = """
import sys
sys.path.insert(0, sys.argv[2])
from tests.experiments.test_sweep import GRID, MEASURES, build, sweep
told = lambda done, of: print(done, flush=True)
sweep(build, GRID, 40, MEASURES, until=3, store=sys.argv[1], progress=told)
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", some(range(50), 4))
def test_a_sweep_that_is_killed_goes_on_where_it_was(tmp_path: Path, moment: int) -> None:
    """Nothing is lost, nothing is there twice, whenever it is killed."""
    store, seen = tmp_path / "runs.db", list[int]()
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(store), str(PROJECT)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        told = [child.stdout.readline() for _ in range(moment % 12)]
        time.sleep(Random(moment).uniform(0, 0.1))
        child.kill()
        told += child.stdout.read().splitlines()
    kept = int(told[-1]) if told else 0
    result = sweep(
        build, GRID, 40, MEASURES, until=3, store=store, progress=lambda done, _: seen.append(done)
    )
    assert result.rows == undisturbed().rows
    assert len(result.rows) == 240
    assert kept == 240 or seen[0] >= kept + 20
    with closing(sqlite3.connect(store)) as file:
        assert file.execute("select count(*) from runs").fetchone() == (240,)


@cache
def undisturbed() -> Result:
    return sweep(build, GRID, 40, MEASURES, until=3)


class Once(Agent):
    """Sends one message."""

    async def run(self) -> None:
        self.send("reader", Token())


@message
class Token:
    """A message."""


def one_message(seed: int, loss: float) -> World:
    """A message that is lost with a known probability, and else takes 10 to 50 ms, 30 on average."""
    return World(seed, latency="uniform(0.01, 0.05)", loss=loss).add(Once("writer"), Agent("reader"))


def arrived(trace: Trace) -> float:
    """When the message was handled; without loss it always is."""
    return next((each.time for each in trace.select("deliver")), 0.0)


@pytest.mark.slow
def test_bands_hold_the_truth_in_95_of_100_sweeps() -> None:
    """Of a share by Wilson's interval, and of a mean by Student's t; 1,000 sweeps with `--all`."""
    sweeps, size = (1_000 if sampling.whole else 100), 20
    measures = {"lost": lambda trace: trace.count("drop") == 1, "arrived": arrived}
    held = {"lost": 0, "arrived": 0}
    for number in range(sweeps):
        found = sweep(one_message, {"loss": [0.0, 0.4]}, size, measures, seed=size * number)
        share, mean = found.estimate("lost", loss=0.4), found.estimate("arrived", loss=0.0)
        held["lost"] += share.low <= 0.4 <= share.high
        held["arrived"] += mean.low <= 0.03 <= mean.high
    least, most = (0.93, 0.97) if sampling.whole else (0.9, 1.0)
    assert all(least <= count / sweeps <= most for count in held.values()), held


def test_a_run_that_fails_is_a_row_and_ends_nothing() -> None:
    measures = {
        "odd": lambda trace: float("nan") if len(trace.agents) == 3 else 1,
        "fine": lambda trace: 2,
    }
    result = sweep(build, {"agents": [-1, 2, 3]}, 2, measures, until=1)
    assert [row.values for row in result.rows] == [{}, {}, {"odd": 1, "fine": 2}, {"odd": 1, "fine": 2}] + [
        {"fine": 2}
    ] * 2
    assert [bool(row.problem) for row in result.rows] == [True, True, False, False, True, True]
    assert "expected a number" in result.rows[-1].problem
    assert "4 failed" in repr(result)


def test_an_interrupted_sweep_keeps_what_is_finished(tmp_path: Path) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    result = swept(progress=stop, store=tmp_path / "runs.db")
    assert (len(result.rows), result.stopped) == (20, "it was interrupted")
    assert swept(store=tmp_path / "runs.db").rows[:20] == result.rows


class AtOnce(Executor):
    """Runs everything when it is submitted, and remembers how many runs each batch had."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def submit(self, work: Any, /, *args: Any, **_: Any) -> Future[Any]:
        self.sizes.append(len(args[-1]))
        future: Future[Any] = Future()
        future.set_result(work(*args))
        return future


def test_batches_grow_with_what_is_finished() -> None:
    """So a long sweep sends little, and what can be lost stays a small part of what is done."""
    pool, jobs = AtOnce(), {("{}", seed): ({}, seed) for seed in range(20_000)}
    found = list(batches(lambda some: [seed for _, seed in some], jobs, pool))  # type: ignore[arg-type]
    before = [sum(pool.sizes[:place]) for place in range(len(pool.sizes))]
    assert sorted(seed for rows in found for seed in rows.values()) == list(range(20_000))  # type: ignore[type-var]
    assert all(size <= max(20, done / 64) for size, done in zip(pool.sizes, before, strict=True))
    assert len(pool.sizes) < 20_000 / 20 / 3  # three times fewer than of 20 each


class Dying(Executor):
    """Does one batch, and dies."""

    done = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.done += 1
        future: Future[Any] = Future()
        if self.done == 1:
            future.set_result(fn(*args))
        else:
            future.set_exception(BrokenExecutor("all workers are gone"))
        return future


def test_a_dead_executor_is_said_and_what_is_finished_is_kept() -> None:
    with pytest.raises(ExperimentError, match="the executor died") as caught:
        swept(executor=Dying())
    assert caught.value.result is not None
    assert len(caught.value.result.rows) in (0, 20)


class Locked:
    """Cannot be copied."""

    def __reduce__(self) -> str:
        raise TypeError("cannot pickle a lock")

    def __call__(self, trace: Trace) -> int:
        return 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"grid": {}}, "expected values for each parameter"),
        ({"grid": {"agents": []}}, "expected values for each parameter"),
        ({"grid": {"seed": [1, 2]}}, "each cell runs with the same seeds"),
        ({"replications": 0}, "replications=0"),
        (
            {"measures": {"x": Locked()}, "executor": Dying()},
            "cannot go to another process",
        ),
        ({"measures": ["x"]}, "no measure 'x'"),
        ({"store": "/no/such/folder/runs.db"}, "does not exist"),
    ],
)
def test_what_cannot_be_swept_is_refused(settings: dict[str, Any], message: str) -> None:
    wanted = {"grid": GRID, "replications": 2, "measures": MEASURES, "until": 1, **settings}
    with pytest.raises(ValueError, match=message):
        sweep(build, **wanted)


def test_a_function_that_takes_no_seed_is_refused_before_the_first_run() -> None:
    def seedless(agents: int) -> World:
        raise AssertionError(agents)

    with pytest.raises(TypeError, match=r"seedless\(.*\).*: expected a function that takes `seed`"):
        sweep(seedless, GRID, 2, MEASURES, until=1)


def test_a_store_of_another_experiment_or_version_is_refused(tmp_path: Path) -> None:
    store = tmp_path / "runs.db"
    swept(store=store)
    with pytest.raises(StoreError, match=r"holds another experiment: .*until=3.*this sweep is .*until=4"):
        sweep(build, GRID, 2, MEASURES, until=4, store=store)
    with closing(sqlite3.connect(store)) as file, file:
        file.execute("update about set version = 7")
    with pytest.raises(StoreError, match="coordlab-sweep version 7: expected version 1"):
        swept(store=store)
    store.write_text("hello", "utf-8")
    with pytest.raises(StoreError, match="expected a file of a sweep"):
        swept(store=store)


def test_a_result_can_be_read_as_a_frame_a_chart_and_a_fit() -> None:
    pandas = pytest.importorskip("pandas")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    result = swept()
    frame = result.frame()
    assert list(frame.columns) == ["agents", "loss", "seed", "messages", "lost", "problem", "line"]
    assert isinstance(frame, pandas.DataFrame)
    assert frame.groupby("agents").messages.mean()[4] == result.estimate("messages", agents=4).mean
    drawing = result.plot("messages", {"n squared": lambda n: n * n})
    assert "loss=0.0" in drawing.alt
    assert "n squared = 16" in drawing.alt
    axes = pyplot.figure().subplots()
    assert result.plot("messages", lambda n: n * n, ax=axes) is axes
    assert (axes.get_xlabel(), axes.get_ylabel(), len(axes.containers)) == ("agents", "messages", 2)
    factorials = result.plot("messages", {"n!": math.factorial}, ax=axes).get_lines()[-1].get_ydata()
    assert [round(each, 9) for each in factorials[::25]] == [2, 4, 6, 15, 24]  # straight between 2, 3 and 4
    fit = result.fit(lambda n, slope: slope * n, "messages", slope=1.0)
    assert fit.parameters["slope"].low < fit.parameters["slope"].mean < fit.curve(1) + 1e-9
    with pytest.raises(ValueError, match="more different x than parameters"):
        result.fit(lambda n: n, "messages")
    with pytest.raises(ValueError, match="the parameters of this sweep are agents, loss"):
        result.plot("messages", x="n")


def test_a_cell_that_was_not_measured_is_refused_with_those_that_were() -> None:
    result = sweep(labs.bully(), {"agents": [3, 4]}, 2, ["messages lost"])
    with pytest.raises(
        ValueError, match=r"no value for agents=9: measured are agents=3 or agents=4\. For"
    ) as error:
        result.estimate("messages lost", agents=9)
    example = str(error.value).partition("For example: ")[2].removesuffix(".")
    assert eval(example, {"result": result}) == result.estimate("messages lost", agents=3)
