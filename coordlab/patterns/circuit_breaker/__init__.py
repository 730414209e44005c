"""Circuit breaker: a callee that keeps failing is not called for a while, then tried again with care.

Problem.   A callee is down or slow. Its callers wait for nothing, fail in turn, and keep it from recovering.
Idea.      Count outcomes. Too many bad ones: open, refuse every call at once. After a wait: half-open, admit
           a few probes. If they come back well, close; if not, open again.
Messages.  Request, and Result or Failed back. The breaker sends none: it is part of the caller.
Cost.      Nothing while all is well. A callee that stays down gets failures - 1 + ⌈patience / period⌉ calls
           until the breaker trips, then a few probes in each wait; all other calls are refused at once.
Assumes.   Calls end: limit their time inside the breaker, or a hang is not a failure. One breaker for each
           callee. It is lost with its caller, and closed after a restart.
Source.    M. Nygard, Release It!, 2nd ed., 2018, section 5.2; windows, slow calls and probes as resilience4j.

Outside a world it guards any asyncio code, on the time of the running loop:
    breaker = CircuitBreaker(Settings(failures=3, wait=10), "db")
    @breaker
    async def load(key): ...        # may raise OpenError, which knows when to `retry_after`
    async with breaker, asyncio.timeout(0.2): ...
"""

from __future__ import annotations

from coordlab.patterns.circuit_breaker import (
    checks as checks,
    naive as naive,
    rules as rules,
    theory as theory,
)
from coordlab.patterns.circuit_breaker.agents import *
