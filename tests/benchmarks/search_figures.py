"""What search and experiments cost: a schedule, a turning point, and what a sweep adds to each run."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from coordlab.experiments import sweep
from coordlab.explore import explore, point_of_no_return
from coordlab.patterns.bully.agents import Candidate
from coordlab.patterns.bully.checks import properties
from coordlab.trace.trace import Trace
from coordlab.world.run import Run
from coordlab.world.world import World
from tests.benchmarks.footprint import Figure

SCHEDULES, RUNS = 200, 1_000


def election(seed: int, loss: float = 0.0) -> World:
    """Five candidates with heartbeats; the highest crashes and restarts."""
    world = World(seed, latency="uniform(0.01, 0.05)", loss=loss).add(Candidate(rank) for rank in range(1, 6))
    return world.inject("crash 5 @3..9")


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of this process and of those that it started and that have ended."""
    began = os.times()
    work()
    ended = os.times()
    return sum(ended[:4]) - sum(began[:4])


def schedules() -> float:
    """CPU milliseconds for an explored schedule: 20 s, crashes and restarts, all properties judged."""

    def search() -> None:
        explore(election, *properties(), budget=SCHEDULES, faults="crash", until=20)

    return 1_000 * spent(search) / SCHEDULES


def broken() -> tuple[Run, str]:
    """A run of 12 s in which loss breaks a property, and its name."""
    for seed in range(1_000):
        run = election(seed, loss=0.05).expect(*properties()).run(until=12)
        for verdict in run.verdicts:
            if verdict.status == "violated":
                return run, verdict.name
    raise AssertionError("no run was broken")


def turning() -> float:
    """CPU seconds for the point of no return."""
    run, name = broken()
    return spent(lambda: point_of_no_return(run, name))


def empty(seed: int, loss: float) -> World:
    """A world in which nothing happens, so that a sweep's own cost is seen."""
    return World(seed, loss=loss)


def sent(trace: Trace) -> int:
    """How many messages there were."""
    return trace.count("send")


def added(executor: Callable[[], AbstractContextManager[Executor]]) -> float:
    """What a sweep on an executor, with a store, adds to each run, in CPU microseconds."""

    def swept(runs: int) -> float:
        def work() -> None:
            with TemporaryDirectory() as folder, executor() as pool:
                sweep(
                    empty,
                    {"loss": [0.1]},
                    runs,
                    {"sent": sent},
                    executor=pool,
                    store=Path(folder) / "runs.db",
                )

        return spent(work)

    alone = spent(lambda: [sent(empty(seed, 0.1).run().trace) for seed in range(RUNS)])
    return 1e6 * (swept(4 * RUNS) - swept(RUNS) - 3 * alone) / (3 * RUNS)


class Cluster:
    """A Dask cluster of one worker process, as an executor."""

    def __enter__(self) -> Executor:
        from distributed import Client, LocalCluster  # takes a second: not while tests are collected

        self.cluster = LocalCluster(1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1")  # type: ignore[no-untyped-call]
        self.client = Client(self.cluster)  # type: ignore[no-untyped-call]
        executor: Executor = self.client.get_executor()  # type: ignore[no-untyped-call]
        return executor

    def __exit__(self, *_: object) -> None:
        self.client.close()  # type: ignore[no-untyped-call]
        self.cluster.close()  # type: ignore[no-untyped-call]


def search_figures(rounds: int) -> list[Figure]:
    """All of them with their targets; 50 µs are 2 % of a run of 2.5 ms."""
    told: dict[str, tuple[Callable[[], float], float]] = {
        "an explored bully schedule, CPU ms": (schedules, 2.5),
        "the point of no return of a run of 12 s, CPU s": (turning, 3.0),
        "what a sweep in a pool with a store adds to a run, CPU µs": (
            lambda: added(lambda: ProcessPoolExecutor(1)), 50.0,
        ),
        "the same on Dask": (lambda: added(Cluster), 300.0),
    }  # fmt: skip
    return [
        Figure(what, {"coordlab": median(take() for _ in range(rounds))}, limit, f"< {limit:g}")
        for what, (take, limit) in told.items()
    ]
