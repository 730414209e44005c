"""A run beside other work of the caller's event loop, in step with real time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from coordlab import requirements as require
from coordlab.world.task import MICRO, micros

if TYPE_CHECKING:
    from coordlab.world.run import Run
    from coordlab.world.world import World


async def beside(world: World, until: float | None, speed: float) -> Run:
    """Run a world beside the rest of the caller's event loop; see `World.run_live`."""
    speed = require.number("speed", speed, above=0)
    clock, loop = asyncio.get_running_loop().time, world.loop
    began = clock()
    with world.once(until) as end:
        while until is not None or not loop.idle():
            elapsed = micros((clock() - began) * speed)
            if elapsed >= loop.due(end):
                with loop.parked():
                    loop.drive(min(end, elapsed))
            if elapsed >= end:
                break
            due = loop.due(end)
            loop.now = max(loop.now, min(elapsed, due - 1))  # the time at which `inject` strikes
            await asyncio.sleep(min(0.02, max(0, due - elapsed) / MICRO / speed))
        world._conclude()
    return world._result()
