"""The usual first circuit breaker: a count, a time, three states; and a call for each thing that is wrong.

>>> half_open_herd(), success_from_before(), failure_from_before()
(50, ('open', 'closed'), 111.0)
>>> four_of_five_fail(), one_success_closes(), hangs_do_not_count()
((800, 'closed'), 'closed', (0, 'closed'))
>>> caller_errors_trip(), nested_breakers_cascade(), clock_set_back()
('open', ('open', 'open'), 3661.0)
>>> refused_at_the_wait(), state_is_stale()
(True, 'open')
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar

from coordlab.world.loop import simulate

T = TypeVar("T")


def played(story: Callable[[], Coroutine[Any, Any, T]]) -> Callable[[], T]:
    """Make a coroutine function one that runs on virtual time."""

    @wraps(story)
    def play() -> T:
        return simulate(story())

    return play


def now() -> float:
    """Seconds on the clock of the running loop."""
    return asyncio.get_running_loop().time()


class FirstTry:
    """Opens after `failures` in a row, and lets calls through again when `wait` seconds are over."""

    def __init__(self, failures: int = 5, wait: float = 60.0, clock: Callable[[], float] = now) -> None:
        self.failures, self.wait, self.clock = failures, wait, clock
        self.state, self.count, self.failed_at = "closed", 0, 0.0

    async def call(self, work: Callable[[], Awaitable[object]]) -> object:
        """The result of `work`, or an error."""
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
        self.count, self.state = 0, "closed"
        return result

    def on_failure(self) -> None:
        """Count, and trip."""
        self.count, self.failed_at = self.count + 1, self.clock()
        if self.count >= self.failures:
            self.state = "open"


async def _works(seconds: float = 0.0) -> None:
    await asyncio.sleep(seconds)


async def _fails(error: type[Exception] = ConnectionError, after: float = 0.0) -> None:
    await asyncio.sleep(after)
    raise error("no")


async def _try(breaker: FirstTry, work: Callable[[], Awaitable[object]]) -> bool:
    """Whether a call returns a result."""
    with suppress(Exception):
        await breaker.call(work)
        return True
    return False


async def _tripped(breaker: FirstTry | None = None) -> FirstTry:
    """A breaker that has just opened."""
    breaker = breaker or FirstTry()
    for _ in range(breaker.failures):
        await _try(breaker, _fails)
    return breaker


async def _shut(breaker: FirstTry) -> float:
    """Seconds from now until a call goes through, tried once a second."""
    began = now()
    while not await _try(breaker, _works):  # noqa: ASYNC110  (this is what its callers do)
        await asyncio.sleep(1)
    return now() - began


@played
async def half_open_herd() -> int:
    """How many of 50 callers reach a service that should only be probed: half-open has no limit."""
    breaker, reached = await _tripped(), list[float]()

    async def probe() -> None:
        reached.append(now())
        await asyncio.sleep(1)

    await asyncio.sleep(61)
    await asyncio.gather(*(breaker.call(probe) for _ in range(50)))
    return len(reached)


@played
async def success_from_before() -> tuple[str, str]:
    """The state after the trip, and after the success of a call that began before it: closed at once."""
    breaker = FirstTry()
    early = asyncio.ensure_future(breaker.call(lambda: _works(1)))
    before = (await _tripped(breaker)).state
    await early
    return before, breaker.state


@played
async def failure_from_before() -> float:
    """Seconds from the trip to the next call if one that began before it fails after 50 s: 111, not 61."""
    breaker = FirstTry()
    early = asyncio.ensure_future(_try(breaker, lambda: _fails(after=50)))
    shut = await _shut(await _tripped(breaker))
    await early
    return shut


@played
async def four_of_five_fail() -> tuple[int, str]:
    """Failures among 1000 calls of which every fifth succeeds, and the final state: it never trips."""
    breaker = FirstTry()
    served = [await _try(breaker, _fails if call % 5 else _works) for call in range(1, 1001)]
    return served.count(False), breaker.state


@played
async def one_success_closes() -> str:
    """The state after one success of a service that fails nine times of ten: it gets all traffic again."""
    breaker = await _tripped()
    await asyncio.sleep(61)
    await _try(breaker, _works)
    return breaker.state


@played
async def hangs_do_not_count() -> tuple[int, str]:
    """The count, and the state, after 100 calls that their callers gave up."""
    breaker = FirstTry()
    for _ in range(100):
        with suppress(TimeoutError):
            await asyncio.wait_for(breaker.call(lambda: _works(3600)), timeout=1)
    return breaker.count, breaker.state


@played
async def caller_errors_trip() -> str:
    """The state after five calls with a wrong argument to a healthy service."""
    breaker = FirstTry()
    for _ in range(5):
        await _try(breaker, lambda: _fails(ValueError))
    return breaker.state


@played
async def nested_breakers_cascade() -> tuple[str, str]:
    """The states of two nested breakers: a refusal by the inner one trips the outer one as well."""
    inner, outer = await _tripped(), FirstTry()
    for _ in range(5):
        await _try(outer, lambda: inner.call(_works))
    return inner.state, outer.state


@played
async def clock_set_back() -> float:
    """Seconds until a call goes through, tried once a second, if the wall clock is set back by an hour."""
    ahead = 3600.0
    breaker = await _tripped(FirstTry(clock=lambda: now() + ahead))
    ahead = 0.0
    return await _shut(breaker)


@played
async def refused_at_the_wait() -> bool:
    """Whether a call is refused exactly when the wait of 60 s is over: the time is compared with `>`."""
    breaker = await _tripped()
    await asyncio.sleep(breaker.wait)
    return not await _try(breaker, _works)


@played
async def state_is_stale() -> str:
    """The state shown ten minutes after the trip, if nobody calls: only a call changes it."""
    breaker = await _tripped()
    await asyncio.sleep(600)
    return breaker.state
