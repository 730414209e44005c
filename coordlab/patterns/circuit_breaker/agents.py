"""Circuit breaker: the guard for asyncio code, the messages and the agents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncContextDecorator
from inspect import iscoroutinefunction
from math import inf
from types import TracebackType
from typing import Any, TypeVar

from coordlab import requirements as require
from coordlab.patterns.circuit_breaker.checks import properties
from coordlab.patterns.circuit_breaker.rules import (
    DEFAULT,
    Breaker,
    CallRefused,
    Errors,
    Listener,
    OpenError,
    Permit,
    Refusal,
    Settings,
    Told,
    Transition,
    error_classes,
    result_of,
)
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import Run, World

__all__ = [
    "CAREFUL",
    "CallFailed",
    "Callee",
    "Caller",
    "CircuitBreaker",
    "Failed",
    "Request",
    "Result",
    "coroutine_function",
    "demo",
]

_T = TypeVar("_T")
_Function = TypeVar("_Function", bound=Callable[..., Any])


class CircuitBreaker(AsyncContextDecorator):
    """A breaker for asyncio code: decorate a coroutine function with it, or write `async with breaker:`.

    settings   when it trips and closes
    name       the callee
    counted    exceptions that are failures; any other is an answer, hence a success
    ignored    exceptions that record nothing and return the permit
    listeners  functions that are told every permit, refusal, outcome and transition
    clock      returns seconds; None: the time of the running loop.  With a clock of its own a breaker
               changes only when it is used

    A call that was refused by another guard, or cancelled by its caller, records nothing either.
    """

    def __init__(
        self,
        settings: Settings = DEFAULT,
        name: str = "",
        counted: Errors = (Exception,),
        ignored: Errors = (),
        listeners: tuple[Listener, ...] = (),
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.machine = Breaker(settings, name, listeners)
        self.counted, self.ignored, self.clock = error_classes(counted), error_classes(ignored), clock
        self._permits: dict[asyncio.Task[Any] | None, list[Permit]] = {}  # of the calls of each task
        self._alarm: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<CircuitBreaker {self.machine.name!r}, {self.machine.state}>"

    def __call__(self, func: _Function) -> _Function:
        """The same coroutine function, guarded."""
        return super().__call__(coroutine_function(func))

    @property
    def state(self) -> str:
        """The current state: closed, open, half-open, or what it was forced into."""
        self._do(self.machine.tick)
        return self.machine.state

    def force(self, state: str) -> None:
        """Put it into a state by hand: one of `rules.STATES`."""
        self._do(lambda now: self.machine.force(state, now))

    async def __aenter__(self) -> Permit:
        answer = self._do(self.machine.admit)
        if isinstance(answer, Refusal):
            raise OpenError(answer)
        self._permits.setdefault(asyncio.current_task(), []).append(answer)
        return answer

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        permits = self._permits.get(task := asyncio.current_task(), [])
        if not permits:
            raise RuntimeError(f"{self!r} was entered in one task and left in another. Do both in the same.")
        permit = permits.pop()
        if not permits:
            del self._permits[task]
        result = result_of(error, self.counted, self.ignored)
        self._do(lambda now: self.machine.outcome(permit, now, result))

    def _do(self, what: Callable[[float], _T]) -> _T:
        """Let the machine do something now, and wake up when time will change it next."""
        now = self._now()
        done = what(now)
        if self._alarm is not None:
            self._alarm.cancel()
        if self.clock is None and self.machine.due < inf:
            loop = asyncio.get_running_loop()
            self._alarm = loop.call_later(self.machine.due - now, self._do, self.machine.tick)
        return done

    def _now(self) -> float:
        if self.clock is not None:
            return self.clock()
        try:
            return asyncio.get_running_loop().time()
        except RuntimeError:
            raise RuntimeError(
                f"{self!r} needs the time of a running event loop, and none is running. Use it inside a "
                f"coroutine, or give it a clock: CircuitBreaker(clock=time.monotonic)."
            ) from None


def coroutine_function(func: _Function) -> _Function:
    """The function, if it is a coroutine function.  Raises TypeError if not."""
    given = f"{getattr(func, '__qualname__', func)} is not a coroutine function"
    example = "async def load(key): ..."
    require.that(iscoroutinefunction(func), given, "only coroutine functions are guarded", example, TypeError)
    return func


@message
class Request:
    """Please do this for me."""


@message
class Result:
    """Here it is."""


@message
class Failed:
    """I could not."""


class CallFailed(Exception):
    """The callee answered that it could not."""


CAREFUL = Settings(failures=3, wait=1.0, probes=2, probe_wait=1.0)


class Callee(Agent):
    """Answers requests; a share `failing` of them, from 0 to 1 and at random, with Failed."""

    def __init__(self, name: str = "db", failing: float = 0.0) -> None:
        super().__init__(name)
        self.failing = require.probability("failing", failing)

    def on_request(self, sender: str, message: Request) -> Result | Failed:
        return Failed() if self.dice.random() < self.failing else Result()


class Caller(Agent):
    """Calls `callee` every `period` seconds through a breaker; each call ends after `patience` seconds."""

    role = State("closed")  # the state of its breaker

    def __init__(
        self,
        name: str,
        callee: str = "db",
        period: float = 0.25,
        patience: float | None = 0.2,
        settings: Settings = CAREFUL,
    ) -> None:
        super().__init__(name)
        self.callee, self.period, self.patience = callee, period, patience
        self.breaker = CircuitBreaker(settings, callee, listeners=(self.heard,))

    async def run(self) -> None:
        """Call every period, even while earlier calls are running."""
        async for _ in self.every(self.period):
            self.spawn(self.call())

    async def call(self) -> bool:
        """Make a call; whether it had a result."""
        try:
            await self.attempt()
        except (CallRefused, CallFailed, TimeoutError):
            return False
        return True

    async def attempt(self) -> None:
        """Call, if the breaker permits it."""
        async with self.breaker:
            await self.request()

    async def request(self) -> None:
        """Ask the callee.  Raises CallFailed or TimeoutError if it fails or is silent."""
        answers = await self.ask(self.callee, Request(), within=self.patience)
        if not answers:
            raise TimeoutError(f"{self.callee} was silent for {self.patience} s")
        if isinstance(answers[self.callee], Failed):
            raise CallFailed(self.callee)

    def heard(self, what: Told) -> None:
        """Put what the breaker tells on record."""
        if isinstance(what, Transition):
            self.role = what.after
        self.note(what)


def demo() -> Run:
    """Two callers of one callee, which crashes, comes back, and is slow for a while.

    >>> [event.data for event in demo().trace.select("role", kind="state", agent="ann", before=9.0)]
    ['open', 'half-open', 'open', 'half-open', 'closed']
    """
    world = World(seed=7, latency="uniform(0.01, 0.05)")
    world.add(Callee("db"), Caller("ann"), Caller("bob", period=0.4))
    world.inject("crash db @3..6", "slow db 0.3 @9..10")
    return world.expect(*properties(CAREFUL, traffic=0.4, patience=0.2)).run(until=14.0)
