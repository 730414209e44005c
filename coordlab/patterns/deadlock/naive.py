"""Common first attempts against deadlocks: "use time-outs, fail fast, and let somebody watch".

Plain asyncio locks with a time-out, a watcher that looks once, and a search for cycles for any kind of wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

from coordlab.world.loop import simulate


async def _hold(lock: asyncio.Lock, seconds: float) -> None:
    async with lock:
        await asyncio.sleep(seconds)


def a_time_out_kills_the_patient() -> str:
    """A worker waits one second for a lock that its holder releases after 1.2 s.

    >>> a_time_out_kills_the_patient()
    'failed at 1.0 s, 0.2 s before its turn'
    """

    async def main() -> str:
        lock, loop = asyncio.Lock(), asyncio.get_running_loop()
        holder = loop.create_task(_hold(lock, 1.2))
        await asyncio.sleep(0)
        try:
            await asyncio.wait_for(lock.acquire(), timeout=1.0)
        except TimeoutError:
            failed = loop.time()
        await holder
        return f"failed at {failed} s, {loop.time() - failed:.1f} s before its turn"

    return simulate(main())


def both_give_up_and_meet_again(rounds: int = 10) -> tuple[int, int]:
    """Two workers take two locks in opposite order, fail fast, and try again: tries, and work done.

    >>> both_give_up_and_meet_again()
    (20, 0)
    """

    async def main() -> tuple[int, int]:
        locks, tries, done = (asyncio.Lock(), asyncio.Lock()), 0, 0

        async def worker(first: asyncio.Lock, second: asyncio.Lock) -> None:
            nonlocal tries, done
            for _ in range(rounds):
                tries += 1
                async with first:
                    await asyncio.sleep(0.1)
                    done += not second.locked()
                    await asyncio.sleep(0.1)  # to clean up, or to work

        await asyncio.gather(worker(*locks), worker(*reversed(locks)))
        return tries, done

    return simulate(main())


def a_cancelled_holder_keeps_its_lock() -> bool:
    """Whether a lock is still taken after its holder, which has no `finally`, was cancelled.

    >>> a_cancelled_holder_keeps_its_lock()
    True
    """
    lock = asyncio.Lock()

    async def careless() -> None:
        await lock.acquire()
        await asyncio.sleep(5)
        lock.release()

    with suppress(TimeoutError):
        simulate(asyncio.wait_for(careless(), timeout=1))
    return lock.locked()


def has_cycle(waits: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether following the waits from some agent leads back to it.

    >>> has_cycle({"ann": ("bob",), "bob": ("ann",)})
    True
    """
    try:
        TopologicalSorter(waits).prepare()
    except CycleError:
        return True
    return False


def a_cycle_of_offers_is_called_a_deadlock() -> bool:
    """A search for cycles finds one in waits that all end.

    1 waits for 2, 2 for 3, 3 for 1 or 4; 4 waits for nobody, so all go on.

    >>> a_cycle_of_offers_is_called_a_deadlock()
    True
    """
    return has_cycle({"1": ("2",), "2": ("3",), "3": ("1", "4")})


def one_look_sees_a_cycle_that_never_was() -> tuple[bool, list[bool]]:
    """A watcher asks one lock now and the other later: what it sees, and what was true at each moment.

    Ann waits for Bob until 1 s; Bob waits for Ann from 2 s on.  The watcher asks at 0.5 s and at 2.5 s.

    >>> one_look_sees_a_cycle_that_never_was()
    (True, [False, False, False])
    """
    truth: list[dict[str, tuple[str, ...]]] = [{"ann": ("bob",)}, {}, {"bob": ("ann",)}]
    return has_cycle({**truth[0], **truth[2]}), [has_cycle(moment) for moment in truth]
