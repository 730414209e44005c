"""What is no race: many small runs, an empty run, the import, memory."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import simpy

from coordlab.patterns.bully import Candidate
from coordlab.world.agent import Agent
from coordlab.world.world import World
from tests.benchmarks import messages
from tests.benchmarks.workload import on_solipsism

WAITING = 100_000
PEERS = ("coordlab", "SimPy", "async-solipsism")


@dataclass(frozen=True)
class Figure:
    """One measured number for each contender, and how large ours may be."""

    what: str
    values: dict[str, float]
    limit: float | None
    said: str  # how the target reads

    def __str__(self) -> str:
        cells = [f"{self.values[peer]:,.4g}" if peer in self.values else "" for peer in PEERS]
        reached = (
            ""
            if self.limit is None
            else "reached"
            if self.values["coordlab"] <= self.limit
            else "NOT reached"
        )
        return f"| {self.what} | " + " | ".join(cells) + f" | {self.said} | {reached} |"


def apart(function: Callable[..., float], *args: Any, rounds: int = 1) -> float:
    """The median of what `function` of this module returns, each time in a fresh process."""
    code = f"from tests.benchmarks.footprint import *; print({function.__name__}(*{args!r}))"
    return median(float(_python(code)) for _ in range(rounds))


def _python(code: str, **environment: str) -> str:
    command, around = [sys.executable, "-c", code], {**os.environ, **environment}
    return subprocess.run(command, env=around, stdout=subprocess.PIPE, text=True, check=True).stdout


# --- small runs ------------------------------------------------------------------------------------


def sweep_seconds(runs: int = 1000) -> float:
    """CPU seconds for so many different runs of five candidates with heartbeats, a crash and a restart."""
    began = time.process_time()
    for seed in range(runs):
        world = World(seed=seed, latency="uniform(0.01, 0.05)").add(Candidate(rank) for rank in range(1, 6))
        world.inject(f"crash 5 @{3 + seed % 50 / 10}..{9 + seed % 50 / 10}").run(until=20.0)
    return time.process_time() - began


def empty_run_micros(times: int = 2000) -> float:
    """CPU microseconds to make a world and run it."""
    began = time.process_time()
    for _ in range(times):
        World().run()
    return (time.process_time() - began) / times * 1e6


def small_runs(rounds: int) -> list[Figure]:
    """Sweeps and the empty run."""
    sweep, empty = (apart(each, rounds=rounds) for each in (sweep_seconds, empty_run_micros))
    return [
        Figure(
            "1,000 bully runs (n = 5, heartbeats, crash and restart, 20 s), s",
            {"coordlab": sweep},
            2.2,
            "about 2",
        ),
        Figure("an empty world: make and run, µs", {"coordlab": empty}, 100.0, "< 100"),
    ]


# --- import ----------------------------------------------------------------------------------------


def import_millis(statement: str, cache: str) -> float:
    """CPU milliseconds that an import takes in a fresh interpreter, with everything compiled in `cache`."""
    code = f"import time; began = time.process_time(); {statement}; print(time.process_time() - began)"
    return 1000 * float(_python(code, PYTHONPYCACHEPREFIX=cache, PYTHONDONTWRITEBYTECODE=""))


def imports(rounds: int) -> list[Figure]:
    """Side by side with SimPy, the median of fifteen; those before only fill the cache."""
    statements = ("import coordlab", "import coordlab; coordlab.World", "import simpy", "import asyncio")
    with TemporaryDirectory() as cache:
        turns = [[import_millis(each, cache) for each in statements] for _ in range(16)]
    bare, world, other, least = (median(column) for column in zip(*turns[1:], strict=True))
    limit, said = 1.5 * other, "≤ 1.5 x SimPy"
    return [
        Figure("`import coordlab`, ms", {"coordlab": bare, "SimPy": other}, limit, said),
        Figure("`import coordlab; coordlab.World`, ms", {"coordlab": world, "SimPy": other}, limit, said),
        Figure("of which `import asyncio`, ms", {"coordlab": least}, None, ""),
    ]


# --- memory ----------------------------------------------------------------------------------------


class Meter:
    """Bytes taken since `start`, as Python allocates them or as the system sees them."""

    def __init__(self, traced: bool) -> None:
        self.traced = traced

    def start(self) -> None:
        gc.collect()
        if self.traced:
            tracemalloc.start()
        self.before = self.read()

    def read(self) -> int:
        if self.traced:
            return tracemalloc.get_traced_memory()[0]
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGESIZE")

    def taken(self) -> int:
        return self.read() - self.before


class Sleeper(Agent):
    """Waits for a long time."""

    async def run(self) -> None:
        await self.sleep(1000.0)


class Reader(Agent):
    """Reads the meter while all others wait."""

    def __init__(self, name: str, meter: Meter) -> None:
        super().__init__(name)
        self.meter, self.taken = meter, 0

    async def run(self) -> None:
        await self.sleep(1.0)
        self.taken = self.meter.taken()


def waiting_coordlab(traced: bool) -> float:
    """Bytes for an agent that sleeps, with its name, its row in the trace and its task."""
    meter = Meter(traced)
    meter.start()
    world, reader = World(), Reader("reader", meter)
    world.add(Sleeper(str(number)) for number in range(WAITING)).add(reader).run(until=2.0)
    return reader.taken / WAITING


class Idler(Agent):
    """Acts upon messages only."""


def idle_coordlab(traced: bool) -> float:
    """Bytes for an agent that only handles messages."""
    meter = Meter(traced)
    meter.start()
    world, reader = World(), Reader("reader", meter)
    world.add(Idler(str(number)) for number in range(WAITING)).add(reader).run(until=2.0)
    return reader.taken / WAITING


@dataclass
class Owner:
    """What an agent has besides its process: a name."""

    name: str


def waiting_simpy(traced: bool) -> float:
    """Bytes for an object with a name and a process that yields a timeout."""
    meter = Meter(traced)
    meter.start()
    env = simpy.Environment()

    def sleeper(owner: Owner) -> Generator[Any, Any, str]:
        yield env.timeout(1000)
        return owner.name

    owners = [Owner(str(number)) for number in range(WAITING)]
    kept = [env.process(sleeper(owner)) for owner in owners]
    env.run(until=2)
    return meter.taken() / len(kept)


def waiting_solipsism(traced: bool) -> float:
    """Bytes for an object with a name and a task that sleeps."""
    meter = Meter(traced)
    meter.start()

    async def sleeper(owner: Owner) -> str:
        await asyncio.sleep(1000)
        return owner.name

    async def main() -> float:
        tasks = [asyncio.create_task(sleeper(Owner(str(number)))) for number in range(WAITING)]
        await asyncio.sleep(2)
        taken = meter.taken() / len(tasks)
        for task in tasks:
            task.cancel()
        return taken

    return on_solipsism(main())


def event_bytes(traced: bool, contender: str, size: int = 200_000) -> float:
    """Bytes that one row of a trace takes."""
    meter = Meter(traced)
    meter.start()
    rows = messages.WORKLOAD.contenders[contender](size)
    gc.collect()
    return meter.taken() / len(rows)


def memory(rounds: int) -> list[Figure]:
    """An agent that waits, and an event of the trace."""
    waiting = dict(zip(PEERS, (waiting_coordlab, waiting_simpy, waiting_solipsism), strict=True))
    figures = []
    for traced, how in ((True, "tracemalloc"), (False, "resident")):
        values = {peer: apart(function, traced) for peer, function in waiting.items()}
        figures.append(Figure(f"waiting agent, of {WAITING:,}, bytes, {how}", values, 1500.0, "< 1500"))
        idle = {"coordlab": apart(idle_coordlab, traced)}
        figures.append(Figure(f"agent with handlers only, bytes, {how}", idle, 1500.0, "< 1500"))
        events = {peer: apart(event_bytes, traced, peer) for peer in PEERS}
        figures.append(Figure(f"event of the trace, bytes, {how}", events, 250.0, "< 250"))
    return figures


MEASURES: dict[str, Callable[[int], list[Figure]]] = {
    "small_runs": small_runs,
    "imports": imports,
    "memory": memory,
}
