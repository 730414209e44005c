"""The agents that the circuit breaker lab adds: a service with little room, and callers that insist."""

from __future__ import annotations

from typing import Any

from coordlab import requirements as require
from coordlab.patterns.circuit_breaker.agents import Callee, Caller, CallFailed, Failed, Request, Result
from coordlab.patterns.circuit_breaker.rules import OPEN, Breaker

BASE = 0.05  # seconds; the mean wait before a call is repeated, which doubles each time


class Busy(Callee):
    """A service that works `work` seconds on each request, one after the other, in the order they came."""

    def __init__(self, name: str = "db", failing: float = 0.0, work: float = 0.0) -> None:
        super().__init__(name, failing)
        self.work, self.free = require.seconds("work", work), 0.0

    async def on_request(self, sender: str, message: Request) -> Result | Failed:  # type: ignore[override]
        """Also on a request whose caller has given up: it cannot know."""
        self.free = max(self.free, self.now) + self.work
        await self.sleep(self.free - self.now)
        return super().on_request(sender, message)


class Insistent(Caller):
    """A caller that repeats what failed, `retries` times, after random waits; never what was refused."""

    def __init__(self, name: str, callee: str = "db", retries: int = 0, **how: Any) -> None:
        super().__init__(name, callee, **how)
        self.retries = require.count("retries", retries)

    async def attempt(self) -> None:
        """Call, and call again if that failed."""
        for again in range(self.retries):
            try:
                return await super().attempt()
            except (CallFailed, TimeoutError):
                await self.sleep(self.dice.uniform(0.5, 1.5) * BASE * 2**again)
        return await super().attempt()


class Herd(Breaker):
    """A first try: once the wait is over, it lets everybody call until it knows more."""

    @property
    def _shut(self) -> bool:
        return self.state == OPEN


class HerdCaller(Insistent):
    """A caller whose breaker is a `Herd`."""

    def __init__(self, name: str, callee: str = "db", **how: Any) -> None:
        super().__init__(name, callee, **how)
        self.breaker.machine = Herd(self.breaker.machine.settings, callee, (self.heard,))
