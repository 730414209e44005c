"""Timers: a thousand agents, each of which sleeps again and again, a little longer than the one before."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from heapq import heappop, heappush
from typing import Any

import simpy

from coordlab.world.loop import VirtualLoop
from coordlab.world.task import Pause, Task
from tests.benchmarks.workload import MICRO, Target, Workload, on_solipsism

AGENTS = 1000


def period(agent: int) -> int:
    """How long an agent sleeps, in microseconds."""
    return MICRO + 100 * agent


def bare_heap(size: int) -> tuple[int, float]:
    """The least that a simulation in Python can do: take the first entry of a heap and call its function."""
    heap: list[Any] = []
    left = [size // AGENTS] * AGENTS
    now = order = wakes = 0

    def wake(agent: int) -> None:
        nonlocal order, wakes
        wakes += 1
        left[agent] -= 1
        if left[agent]:
            order += 1
            heappush(heap, (now + MICRO + 100 * agent, order, wake, agent))

    for agent in range(AGENTS):
        order += 1
        heappush(heap, (period(agent), order, wake, agent))
    while heap:
        now, _, action, agent = heappop(heap)
        action(agent)
    return wakes, now / MICRO


def coordlab_sleep(size: int) -> tuple[int, float]:
    """The world's own way to wait."""
    loop, wakes = VirtualLoop(), [0]

    async def agent(number: int) -> None:
        for _ in range(size // AGENTS):
            await Pause(period(number))
            wakes[0] += 1

    for work in map(agent, range(AGENTS)):
        Task(work, loop=loop)
    loop.run_forever()
    return wakes[0], loop.time()


def coordlab_asyncio_sleep(size: int) -> tuple[int, float]:
    """asyncio.sleep, unchanged, on the world's loop."""
    loop, wakes = VirtualLoop(), [0]
    for number in range(AGENTS):
        loop.create_task(_asyncio_agent(number, size // AGENTS, wakes))
    loop.run_forever()
    return wakes[0], loop.time()


async def _asyncio_agent(number: int, times: int, wakes: list[int], scale: float = 1 / MICRO) -> None:
    seconds = period(number) * scale
    for _ in range(times):
        await asyncio.sleep(seconds)
        wakes[0] += 1


async def _asyncio_agents(size: int, scale: float) -> tuple[int, float]:
    wakes = [0]
    works = (_asyncio_agent(number, size // AGENTS, wakes, scale) for number in range(AGENTS))
    await asyncio.gather(*works)
    return wakes[0], asyncio.get_running_loop().time()


def solipsism(size: int) -> tuple[int, float]:
    """asyncio.sleep on async-solipsism's loop."""
    return on_solipsism(_asyncio_agents(size, 1 / MICRO))


def plain_asyncio(size: int) -> tuple[int, None]:
    """asyncio.sleep(0) on asyncio's own loop: no clock, no timers, only its queue of what is ready."""
    return asyncio.run(_asyncio_agents(size, 0.0))[0], None


def simpy_timeouts(size: int) -> tuple[int, float]:
    """SimPy processes that yield timeouts."""
    env, wakes = simpy.Environment(), [0]

    def agent(number: int) -> Generator[Any, Any, None]:
        timeout, delay = env.timeout, period(number)
        for _ in range(size // AGENTS):
            yield timeout(delay)
            wakes[0] += 1

    for number in range(AGENTS):
        env.process(agent(number))
    env.run()
    return wakes[0], env.now / MICRO


def answer(outcome: tuple[int, float | None]) -> dict[str, Any]:
    """How many wake-ups, and when the last was."""
    wakes, end = outcome
    return {"wakes": wakes} | ({} if end is None else {"end": round(end, 4)})


WORKLOAD = Workload(
    title="timers",
    unit="wake-up",
    size=1_000_000,
    contenders={
        "bare heap": bare_heap,
        "coordlab": coordlab_sleep,
        "coordlab, asyncio.sleep": coordlab_asyncio_sleep,
        "SimPy": simpy_timeouts,
        "async-solipsism": solipsism,
        "plain asyncio": plain_asyncio,
    },
    answer=answer,
    targets=(Target("coordlab", "SimPy", 1.0), Target("coordlab", "bare heap", 1 / 2.2)),
    notes={"plain asyncio": "sleep(0): no clock and no timers, only the queue of what is ready"},
)
