"""The usual first circuit breaker: a count, a time, three states; and a call for each thing that is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from coordlab.world.loop import simulate


def now() -> float:
    """Seconds by the running loop."""
    return asyncio.get_running_loop().time()


class FirstTry:
    """Opens after `failures` in a row, and lets calls through again when `wait` seconds are over."""

    def __init__(self, failures: int = 5, wait: float = 60.0, clock: Callable[[], float] = now) -> None:
        self.failures, self.wait, self.clock = failures, wait, clock
        self.state, self.count, self.failed_at = "closed", 0, 0.0

    async def call(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """What `work` gives, or an error."""
        if self.state == "open":
            if self.clock() - self.failed_at > self.wait:
                self.state = "half-open"
            else:
                raise Exception("the circuit breaker is open")
        try:
            result = await work()
        except Exception:
            self.on_failure()
            raise
        self.on_success()
        return result

    def on_success(self) -> None:
        """All is well."""
        self.count, self.state = 0, "closed"

    def on_failure(self) -> None:
        """Count, and trip."""
        self.count, self.failed_at = self.count + 1, self.clock()
        if self.count >= self.failures:
            self.state = "open"


async def _works(seconds: float = 0.0) -> str:
    await asyncio.sleep(seconds)
    return "done"


async def _fails(seconds: float = 0.0, error: type[Exception] = ConnectionError) -> str:
    await asyncio.sleep(seconds)
    raise error("no")


async def _tripped(**settings: Any) -> FirstTry:
    """One that has just opened."""
    breaker = FirstTry(**settings)
    for _ in range(breaker.failures):
        await _try(breaker, _fails)
    return breaker


async def _try(breaker: FirstTry, work: Callable[[], Awaitable[Any]]) -> bool:
    """Whether a call brings a result."""
    with suppress(Exception):
        await breaker.call(work)
        return True
    return False


async def _shut(breaker: FirstTry) -> float:
    """Seconds from now until a call goes through, tried once a second."""
    began = now()
    while not await _try(breaker, _works):  # noqa: ASYNC110  (this is what its callers do)
        await asyncio.sleep(1)
    return now() - began


def half_open_herd() -> int:
    """How many of 50 callers reach a service that is only to be tried: half-open knows no limit.

    >>> half_open_herd()
    50
    """

    async def story() -> int:
        breaker, reached = await _tripped(), 0

        async def probe() -> None:
            nonlocal reached
            reached += 1
            await asyncio.sleep(1)

        await asyncio.sleep(61)
        await asyncio.gather(*(breaker.call(probe) for _ in range(50)))
        return reached

    return simulate(story())


def success_from_before() -> tuple[str, str]:
    """The state after the trip, and after the success of a call that began before it: closed at once.

    >>> success_from_before()
    ('open', 'closed')
    """

    async def story() -> tuple[str, str]:
        breaker = FirstTry()
        early = asyncio.ensure_future(breaker.call(lambda: _works(1)))
        await asyncio.gather(*(_try(breaker, _fails) for _ in range(5)))
        before = breaker.state
        await early
        return before, breaker.state

    return simulate(story())


def failure_from_before() -> float:
    """Seconds from the trip until a call goes through, if one from before it fails 50 s later: it waits anew.

    >>> failure_from_before()
    111.0
    """

    async def story() -> float:
        breaker = FirstTry()
        early = asyncio.ensure_future(_try(breaker, lambda: _fails(50)))
        await asyncio.gather(*(_try(breaker, _fails) for _ in range(5)))
        shut = await _shut(breaker)
        await early
        return shut

    return simulate(story())


def four_of_five_fail() -> tuple[int, str]:
    """Failures among 1000 calls of which every fifth succeeds, and the state in the end: it never trips.

    >>> four_of_five_fail()
    (800, 'closed')
    """

    async def story() -> tuple[int, str]:
        breaker = FirstTry()
        served = [await _try(breaker, _fails if call % 5 else _works) for call in range(1, 1001)]
        return served.count(False), breaker.state

    return simulate(story())


def one_success_closes() -> str:
    """The state after one success upon a service that fails nine times of ten: all traffic is back on it.

    >>> one_success_closes()
    'closed'
    """

    async def story() -> str:
        breaker = await _tripped()
        await asyncio.sleep(61)
        await _try(breaker, _works)
        return breaker.state

    return simulate(story())


def hangs_do_not_count() -> tuple[int, str]:
    """What it has counted, and its state, after 100 calls that their callers gave up: nothing at all.

    >>> hangs_do_not_count()
    (0, 'closed')
    """

    async def story() -> tuple[int, str]:
        breaker = FirstTry()
        for _ in range(100):
            with suppress(TimeoutError):
                await asyncio.wait_for(breaker.call(lambda: _works(3600)), timeout=1)
        return breaker.count, breaker.state

    return simulate(story())


def caller_errors_trip() -> str:
    """The state after five calls with a wrong argument, to a service that is well.

    >>> caller_errors_trip()
    'open'
    """

    async def story() -> str:
        breaker = FirstTry()
        for _ in range(5):
            await _try(breaker, lambda: _fails(error=ValueError))
        return breaker.state

    return simulate(story())


def nested_breakers_cascade() -> tuple[str, str, str]:
    """The kind of error that an open breaker raises, and what an outer breaker takes it for.

    It is nothing but an Exception: a refusal by the inner breaker trips the outer one as well.

    >>> nested_breakers_cascade()
    ('Exception', 'open', 'open')
    """

    async def story() -> tuple[str, str, str]:
        inner, outer, kind = await _tripped(), FirstTry(), ""
        for _ in range(5):
            try:
                await outer.call(lambda: inner.call(_works))
            except Exception as error:  # noqa: BLE001  (there is no narrower one to catch)
                kind = type(error).__name__
        return kind, inner.state, outer.state

    return simulate(story())


def clock_set_back() -> float:
    """Seconds that it refuses calls if the clock on the wall is set back by an hour: not 60.

    >>> clock_set_back()
    3661.0
    """

    async def story() -> float:
        ahead = 3600.0
        breaker = await _tripped(clock=lambda: now() + ahead)
        ahead = 0.0
        return await _shut(breaker)

    return simulate(story())


def refused_at_the_wait() -> bool:
    """Whether it still refuses a call exactly when the 60 s are over: it compares with > .

    >>> refused_at_the_wait()
    True
    """

    async def story() -> bool:
        breaker = await _tripped()
        await asyncio.sleep(60)
        return not await _try(breaker, _works)

    return simulate(story())


def state_is_stale() -> str:
    """What a display shows ten minutes after the trip, while nobody calls: it changes only upon a call.

    >>> state_is_stale()
    'open'
    """

    async def story() -> str:
        breaker = await _tripped()
        await asyncio.sleep(600)
        return breaker.state

    return simulate(story())
