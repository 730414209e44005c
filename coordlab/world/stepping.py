"""One step of the loop, for who drives it by hand: between two steps others may act in place of agents."""

from __future__ import annotations

from heapq import heappop, heappush

from coordlab.world.loop import VirtualLoop


def go_on(loop: VirtualLoop) -> None:
    """Do the next thing that is due, as `VirtualLoop.drive` does one after another."""
    if loop.ready:  # one thing at a time: what is due next may be a row of the others
        loop._drain()
        return
    if loop.heap and loop.heap[0][2] is not None:
        loop.advance()
    elif loop.heap:
        when, _, _, task, epoch = heappop(loop.heap)
        if task.epoch == epoch:
            loop.now = when
            delay = loop.step(task)
            if delay is not None:
                loop.order += 1
                heappush(loop.heap, (when + delay, loop.order, None, task, task.epoch))
    if loop.order > loop.alert:
        loop.attend()
