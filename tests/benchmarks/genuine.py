"""Genuine asyncio, unchanged: two hundred tasks that sleep, time out and gather."""

from __future__ import annotations

import asyncio
from typing import Any

from coordlab.world.loop import VirtualLoop
from tests.benchmarks.workload import Target, Workload, on_solipsism

TASKS = 200


async def echo(number: int, delay: float) -> int:
    """`number`, after a while."""
    await asyncio.sleep(delay)
    return number


async def work(rounds: int, unit: float) -> int:
    """One task: a sleep within its time, one beyond it, and three things at once, again and again."""
    total = 0
    for number in range(rounds):
        async with asyncio.timeout(10):
            await asyncio.sleep(unit)
        try:
            async with asyncio.timeout(2 * unit):
                await asyncio.sleep(10)
        except TimeoutError:
            total += 1
        total += sum(await asyncio.gather(*(echo(number, each * unit) for each in (1, 2, 3))))
    return total


async def everybody(size: int, unit: float) -> tuple[int, float]:
    """The sum of what the tasks found, and how long they took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    totals = await asyncio.gather(*(work(size // TASKS, unit * (1 + task % 7)) for task in range(TASKS)))
    return sum(totals), loop.time() - began


def coordlab(size: int) -> tuple[int, float]:
    """On coordlab's loop."""
    result: tuple[int, float] = VirtualLoop().run_until_complete(everybody(size, 0.001))
    return result


def solipsism(size: int) -> tuple[int, float]:
    """On async-solipsism's loop."""
    return on_solipsism(everybody(size, 0.001))


def plain_asyncio(size: int) -> tuple[int, None]:
    """On asyncio's own loop, with delays of zero: no timer but those of the time-outs."""
    return asyncio.run(everybody(size, 0.0))[0], None


def answer(outcome: tuple[int, float | None]) -> dict[str, Any]:
    """The sum, and the virtual time it took."""
    total, end = outcome
    return {"total": total} | ({} if end is None else {"end": round(end, 6)})


WORKLOAD = Workload(
    title="genuine asyncio",
    unit="round",
    size=20_000,
    contenders={"coordlab": coordlab, "async-solipsism": solipsism, "plain asyncio": plain_asyncio},
    answer=answer,
    targets=(Target("coordlab", "async-solipsism", 2.5),),
    notes={"plain asyncio": "all delays zero"},
)
