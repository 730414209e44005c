"""The same traced network of constant latency, built upon each contender as its users would build it.

Rows are those of coordlab's trace.  Times are whole microseconds, except where asyncio wants seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from typing import Any

import simpy

from tests.benchmarks.workload import MICRO

LATENCY = 10_000


class HeapNet:
    """A bare heap that calls handlers: the limit for whoever records the same."""

    def __init__(self) -> None:
        heap: list[Any] = []
        self.rows: list[Any] = []
        self.handlers: dict[str, Callable[[str, Any], None]] = {}
        self.down: set[str] = set()
        rows, handlers, down = self.rows, self.handlers, self.down
        now = order = number = 0
        cause: int | None = None

        def send(sender: str, to: str, message: Any) -> None:
            nonlocal order, number
            order += 1
            number += 1
            name = message.__class__.__name__
            parcel = (message, name, sender, to, number, len(rows))
            rows.append((now, "send", sender, to, number, name, cause, message))
            heappush(heap, (now + LATENCY, order, deliver, parcel))

        def deliver(parcel: Any) -> None:
            nonlocal cause
            message, name, sender, to, number, sent = parcel
            if to in down:
                rows.append((now, "drop", to, sender, number, name, sent, "down"))
                return
            cause = len(rows) + 1
            rows.append((now, "deliver", to, sender, number, name, sent, None))
            rows.append((now, "handle", to, sender, number, name, cause - 1, None))
            handlers[to](sender, message)

        def after(delay: int, action: Callable[[Any], None], argument: Any) -> None:
            nonlocal order
            order += 1
            heappush(heap, (now + delay, order, action, argument))

        def record(kind: str, agent: str, name: str, data: Any) -> None:
            rows.append((now, kind, agent, None, None, name, cause, data))

        def run() -> list[Any]:
            nonlocal now
            while heap:
                now, _, action, argument = heappop(heap)
                action(argument)
            return rows

        self.send, self.after, self.record, self.run = send, after, record, run


class _Inboxes:
    """What SimPy's and asyncio's networks share: the rows, and the taking of a message from an inbox."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.inboxes: dict[str, Any] = {}
        self.down: set[str] = set()
        self.number = 0
        self.cause: int | None = None

    def now(self) -> int:
        raise NotImplementedError

    def handle(self, arrived: Any) -> tuple[str, Any]:
        """Note that its recipient acts upon a message now; gives sender and message."""
        (message, name, sender, to, number, _), delivered = arrived
        self.cause = len(self.rows)
        self.rows.append((self.now(), "handle", to, sender, number, name, delivered, None))
        return sender, message

    def record(self, kind: str, agent: str, name: str, data: Any) -> None:
        self.rows.append((self.now(), kind, agent, None, None, name, self.cause, data))


class SimpyNet(_Inboxes):
    """Agents are processes with a Store as inbox; a message is a Timeout whose callback puts it there."""

    def __init__(self) -> None:
        super().__init__()
        self.env = simpy.Environment()

    def now(self) -> int:
        return int(self.env.now)

    def inbox(self, name: str) -> simpy.Store:
        store = self.inboxes[name] = simpy.Store(self.env)
        return store

    def send(self, sender: str, to: str, message: Any) -> None:
        env, rows = self.env, self.rows
        self.number = number = self.number + 1
        name = message.__class__.__name__
        parcel = (message, name, sender, to, number, len(rows))
        rows.append((env.now, "send", sender, to, number, name, self.cause, message))
        env.timeout(LATENCY, parcel).callbacks.append(self.deliver)

    def deliver(self, event: Any) -> None:
        parcel, rows = event.value, self.rows
        _, name, sender, to, number, sent = parcel
        if to in self.down:
            rows.append((self.env.now, "drop", to, sender, number, name, sent, "down"))
            return
        rows.append((self.env.now, "deliver", to, sender, number, name, sent, None))
        self.inboxes[to].put((parcel, len(rows) - 1))

    def take(self, inbox: simpy.Store, deadline: Any) -> Generator[Any, Any, Any]:
        """Act upon the next message; gives sender and message, or None if the deadline is first."""
        get = inbox.get()
        yield get if deadline is None else get | deadline
        if get.triggered:
            return self.handle(get.value)
        return get.cancel()

    def run(self) -> list[Any]:
        self.env.run()
        return self.rows


class SimpyHandlers(SimpyNet):
    """No processes: the callback of the Timeout calls the handler."""

    def __init__(self) -> None:
        super().__init__()
        self.handlers: dict[str, Callable[[str, Any], None]] = {}

    def deliver(self, event: Any) -> None:
        message, name, sender, to, number, sent = event.value
        now, rows = self.env.now, self.rows
        self.cause = cause = len(rows) + 1
        rows.append((now, "deliver", to, sender, number, name, sent, None))
        rows.append((now, "handle", to, sender, number, name, cause - 1, None))
        self.handlers[to](sender, message)


class QueueNet(_Inboxes):
    """Agents are asyncio tasks with a Queue as inbox; with a latency, a message is a call_later."""

    def __init__(self, latency: int = LATENCY) -> None:
        super().__init__()
        self.loop = asyncio.get_running_loop()
        self.seconds = latency / MICRO

    def now(self) -> int:
        return round(self.loop.time() * MICRO)

    def inbox(self, name: str) -> asyncio.Queue[Any]:
        queue = self.inboxes[name] = asyncio.Queue()
        return queue

    def send(self, sender: str, to: str, message: Any) -> None:
        rows = self.rows
        self.number = number = self.number + 1
        name = message.__class__.__name__
        parcel = (message, name, sender, to, number, len(rows))
        rows.append((self.now(), "send", sender, to, number, name, self.cause, message))
        if self.seconds:
            self.loop.call_later(self.seconds, self.deliver, parcel)
        else:
            self.deliver(parcel)

    def deliver(self, parcel: Any) -> None:
        rows = self.rows
        _, name, sender, to, number, sent = parcel
        if to in self.down:
            rows.append((self.now(), "drop", to, sender, number, name, sent, "down"))
            return
        rows.append((self.now(), "deliver", to, sender, number, name, sent, None))
        self.inboxes[to].put_nowait((parcel, len(rows) - 1))
