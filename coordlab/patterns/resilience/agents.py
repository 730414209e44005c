"""Resilience: bulkhead, time limit, retry and fallback, and services that call each other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncContextDecorator, asynccontextmanager
from functools import wraps
from itertools import count
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from coordlab import requirements as require
from coordlab.patterns.circuit_breaker.agents import (
    CAREFUL,
    Callee,
    Caller,
    CallFailed,
    CircuitBreaker,
    Failed,
    Request,
    Result,
    coroutine_function,
)
from coordlab.patterns.circuit_breaker.checks import properties as of_breakers
from coordlab.patterns.circuit_breaker.rules import CallRefused, Errors, Settings, error_classes
from coordlab.patterns.resilience.checks import properties
from coordlab.patterns.resilience.rules import BulkheadFull, delays
from coordlab.trace.trace import Trace
from coordlab.world.message import message
from coordlab.world.world import Run, World

if TYPE_CHECKING:
    import random

__all__ = [
    "NEVER",
    "Attempt",
    "Breakers",
    "Bulkhead",
    "Client",
    "Full",
    "Service",
    "cascade",
    "demo",
    "fallback",
    "goodput",
    "one_click",
    "retry",
    "time_limit",
]

_Function = TypeVar("_Function", bound=Callable[..., Awaitable[Any]])
_P = ParamSpec("_P")
_T = TypeVar("_T")
_Async = Callable[_P, Coroutine[Any, Any, _T]]


class Bulkhead(AsyncContextDecorator):
    """Lets `limit` calls run at once and `queue` more wait in order; refuses others with `BulkheadFull`."""

    def __init__(self, limit: int, queue: int = 0) -> None:
        self.limit, self.queue = require.count("limit", limit, 1), require.count("queue", queue)
        self.running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def __repr__(self) -> str:
        return f"<Bulkhead, {self.running} of {self.limit} run, {len(self._waiting)} of {self.queue} wait>"

    def __call__(self, func: _Function) -> _Function:
        """The same coroutine function, kept within the limit."""
        return super().__call__(coroutine_function(func))

    async def __aenter__(self) -> None:
        if self.running < self.limit:
            self.running += 1
            return
        if len(self._waiting) >= self.queue:
            raise BulkheadFull(
                f"{self!r}: there is no room, and this call was not made. Try later, go on without, or "
                f"make more room: Bulkhead(limit=8, queue=8)."
            )
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except BaseException:
            if not turn.cancelled():
                self._leave()  # it was let in, and is cancelled at the same moment
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        """Pass the place on to the call that has waited longest."""
        while self._waiting:
            if not (turn := self._waiting.popleft()).cancelled():
                turn.set_result(None)
                return
        self.running -= 1


@asynccontextmanager
async def time_limit(seconds: float) -> AsyncIterator[None]:
    """End what runs in it, or a function decorated with it, by a TimeoutError after `seconds`."""
    require.seconds("seconds", seconds, positive=True, example=0.5)
    async with asyncio.timeout(seconds):
        yield


def retry(
    retries: int = 3,
    base: float = 0.1,
    cap: float = 10.0,
    dice: random.Random | None = None,
    upon: Errors = (Exception,),
) -> Callable[[_Async[_P, _T]], _Async[_P, _T]]:
    """Call again after these exceptions, up to `retries` times, after `delays`; never after a refusal."""
    next(delays(retries, base, cap), None)  # refuses wrong values now, not at the first failure
    error_classes(upon)

    def decorate(func: _Async[_P, _T]) -> _Async[_P, _T]:
        @wraps(coroutine_function(func))
        async def tries(*args: _P.args, **named: _P.kwargs) -> _T:
            for delay in delays(retries, base, cap, dice):
                try:
                    return await func(*args, **named)
                except CallRefused:
                    raise
                except upon:
                    await asyncio.sleep(delay)
            return await func(*args, **named)

        return tries

    return decorate


def fallback(
    instead: Callable[[Any], _T], upon: Errors = (CallRefused,)
) -> Callable[[_Async[_P, _T]], _Async[_P, _T]]:
    """Return `instead(error)` if the function raises one of these; by default, if the call was refused."""
    example = "fallback(lambda error: ...)"
    require.that(callable(instead), repr(instead), "expected a function of the error", example, TypeError)
    error_classes(upon)

    def decorate(func: _Async[_P, _T]) -> _Async[_P, _T]:
        @wraps(coroutine_function(func))
        async def tries(*args: _P.args, **named: _P.kwargs) -> _T:
            try:
                return await func(*args, **named)
            except upon as error:
                return instead(error)

        return tries

    return decorate


class Breakers(dict[str, CircuitBreaker]):
    """One breaker for each callee, made by `make(callee)` when it is first needed.

    >>> breakers = Breakers(lambda callee: CircuitBreaker(Settings(failures=3), callee))
    >>> breakers["db"] is breakers["db"], breakers["db"] is breakers["mail"]
    (True, False)
    """

    def __init__(self, make: Callable[[str], CircuitBreaker]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, callee: str) -> CircuitBreaker:
        self[callee] = made = self.make(callee)
        return made


# --- the cascade ----------------------------------------------------------------------------------

NEVER = Settings(failures=None)  # a breaker that never trips


@message
class Attempt:
    """I make an attempt at a call."""

    call: int  # 1, 2, 3 … of this agent since it started
    number: int  # 1 for the first attempt at this call


@message
class Full:
    """I have no room for this request."""


class Client(Caller):
    """A caller that tries again, `retries` times after random delays, each time through its breaker."""

    def __init__(self, name: str, callee: str = "", retries: int = 3, base: float = 0.05, **how: Any) -> None:
        super().__init__(name, callee, **how)
        self.retries, self.base, self.calls = retries, base, 0

    async def attempt(self) -> None:
        """Call, and call again if that failed."""
        self.calls += 1
        call, numbers, attempt = self.calls, count(1), super().attempt

        @retry(self.retries, self.base, dice=self.dice, upon=(CallFailed, TimeoutError))
        async def again() -> None:
            self.note(Attempt(call, next(numbers)))
            await attempt()

        await again()


class Service(Client):
    """Works `work` seconds on a request, in one of `workers` places, and then calls its `callee`, if any."""

    def __init__(
        self, name: str, callee: str = "", work: float = 0.0, workers: int = 32, queue: int = 8, **how: Any
    ) -> None:
        super().__init__(name, callee, **how)
        self.work, self.room = work, Bulkhead(workers, queue)

    async def run(self) -> None:
        """Do nothing until asked."""

    async def on_request(self, sender: str, message: Request) -> Result | Failed:
        try:
            async with self.room:
                await self.sleep(self.work)
                served = not self.callee or await self.call()
        except BulkheadFull:
            self.note(Full())
            served = False
        return Result() if served else Failed()


def one_click(hops: int = 3, retries: int = 3) -> Run:
    """Run one click through `hops` calls, each retried, to a service that always fails; no breaker trips.

    >>> one_click(hops=3, retries=3).trace.count("Request", peer="s3")
    64
    """
    how: dict[str, Any] = {"settings": NEVER, "retries": retries, "base": 0.0, "patience": None}
    chain = [Service(f"s{hop}", f"s{hop + 1}", **how) for hop in range(1, hops)]
    world = World(latency=0.001).add(Client("user", "s1", period=100.0, **how), *chain)
    return world.add(Callee(f"s{hops}", failing=1.0)).run(until=199.0)


def cascade(load: float = 9.5, retries: int = 3, settings: Settings = CAREFUL, seed: int = 7) -> World:
    """`load` clicks a second through three services, of which the last, `back`, can do 10 a second."""
    require.number("load", load, above=0, below=1000, unit="clicks a second", example=9.5)
    how: dict[str, Any] = {"settings": settings, "retries": retries}
    return World(seed, latency="uniform(0.001, 0.005)").add(
        Client("users", "front", period=1 / load, patience=2.0, **how),
        Service("front", "middle", patience=1.5, **how),
        Service("middle", "back", patience=0.5, **how),
        Service("back", work=0.2, workers=2),
    )


def goodput(trace: Trace, since: float, before: float) -> float:
    """Clicks served per second, from `since` until `before` (seconds)."""
    return trace.count("Result", kind="handle", agent="users", since=since, before=before) / (before - since)


def demo() -> Run:
    """The last of three services is down from 5 s to 10 s; its callers' breakers let it come back.

    >>> [goodput(demo().trace, *span) for span in ((1, 5), (6, 10), (11, 15))]
    [9.5, 0.0, 9.5]
    """
    places = {"front": 40, "middle": 40, "back": 10}
    world = cascade().expect(*of_breakers(CAREFUL, traffic=1.0), *properties(places, retries=3, within=8.0))
    return world.inject("crash back @5..10").run(until=15.0)
