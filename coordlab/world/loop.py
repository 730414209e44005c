"""An asyncio event loop on virtual time: the clock jumps to the next thing that is due.

One heap of `(when, order, action, a, b)` holds everything that is due later.  `when` is a whole number
of microseconds; `order` counts up, so equal times are first come, first served.  A `Task` drives a
coroutine that may wait in two ways: for the world's own `Pause` and `Wait`, which cost a heap entry
and nothing else, or for any asyncio future, so that genuine asyncio code runs unchanged.

The loop runs synchronously wherever it is called, inside a running loop too (a notebook cell): it
parks the outer loop and puts it back afterwards.  Nothing is patched, nest_asyncio is not needed.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import contextmanager
from contextvars import Context
from heapq import heappop, heappush, heapreplace
from itertools import count
from typing import Any, NoReturn, TypeVar, TypeVarTuple, cast

from coordlab import requirements as require
from coordlab.world.guards import (
    Overrun,
    Runaway,
    alarm,
    collector_at_rest,
    current_tasks,
    interruptible,
    replacing,
)
from coordlab.world.task import MICRO, Future, Handle, Task, Wait, Work, immortalise, is_void, unwaitable

FOREVER = sys.maxsize

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
_EMPTY = Context()
_ALWAYS = -FOREVER


class VirtualLoop(asyncio.BaseEventLoop):
    """The event loop.

    instant: how many actions may be scheduled while the clock does not move.
    wall: how many real seconds a run may take.

    `now` is the time in microseconds; `acting` is the agent on whose behalf the loop runs, and `cause` the
    number of the event that it acts on.  `overrun(kind)` makes the error that ends a run that uses more than
    `instant` or `wall`; `spend` is called now and then, to check other budgets.  While there are `watchers`,
    `look` is called after every action.
    """

    def __init__(self, instant: int = 200_000, wall: float = 60.0) -> None:
        super().__init__()
        self._thread_id: int | None = None
        self.now = self.order = 0
        self.heap: list[tuple[int, int, Any, Any, Any]] = []
        self.ready: deque[Handle] = deque()
        self.numbers = count(1)
        self.tasks: dict[Task, None] = {}
        self.failed: list[tuple[Task, int]] = []
        self.acting: object = None
        self.cause: int | None = None
        self.instant, self.wall = instant, wall
        self.limit = self.alert = instant
        self.watchers = self._urgent = 0
        self._checked, self._wall_end, self._burying = -1, float("inf"), False
        self._swept = 0
        self.kept: Callable[[], int] = lambda: 0
        self.spend: Callable[[], None] = lambda: None
        self.look: Callable[[], None] = lambda: None
        self.overrun: Callable[[str], BaseException] = lambda kind: Runaway(f"out of budget: {kind}")

    # --- what asyncio asks of a loop ---------------------------------------------------------------

    def time(self) -> float:
        return self.now / MICRO

    def call_soon(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> Any:
        self.order += 1
        handle = Handle(self, callback, args, context, self.now)
        self.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_at(
        self, when: float, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> Any:
        due = max(self.now, round(min(when * MICRO, FOREVER)))
        handle = Handle(self, callback, args, context, due)
        self.at(due, self._call, handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> Any:
        return self.call_at(self.now / MICRO + delay, callback, *args, context=context)

    def create_future(self) -> Future:
        return Future(loop=self)

    def create_task(  # type: ignore[override]
        self, coro: Work, *, name: str | None = None, context: Context | None = None, **_: object
    ) -> Task:
        return Task(coro, loop=self, name=name, context=context)

    def run_in_executor(
        self, executor: object, func: Callable[[*_Ts], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        """Call `func` at once: a real thread would take no virtual time, and end in an order of its own."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  (it goes to the task that awaits the future)
            future.set_exception(error)
        return future

    def run_until_complete(self, future: Any) -> Any:
        """Run until `future` (or a task made of a coroutine) is done, and return its result."""
        with self.parked():
            main = asyncio.ensure_future(future, loop=self)
            main.add_done_callback(lambda _: self.stop())
            self.drive()
        if not main.done():
            raise RuntimeError(f"all {len(self.tasks)} tasks wait and no timer is left")
        return main.result()

    def run_forever(self) -> None:
        with self.parked():
            self.drive()

    def close(self) -> None:
        super().close()
        self.heap.clear()
        self.ready.clear()

    def __del__(self) -> None:
        """Do nothing: the loop holds no socket and no thread that must be closed."""

    def _asyncgen_finalizer_hook(self, agen: AsyncGenerator[Any]) -> None:
        """Let an async generator that was left early finish, unless it ends with its agent."""
        if not (self._burying or self.is_closed()):
            self.create_task(agen.aclose())

    def _outside(self, *_: object, **__: object) -> NoReturn:
        """Refuse what would reach out of the world."""
        given = "a call to the network, a file or another process"
        allowed = "time is virtual inside a world; do it before the run, after it, or in a thread"
        require.fail(given, allowed, "await asyncio.to_thread(...)", RuntimeError)

    create_connection = create_server = create_datagram_endpoint = _outside
    create_unix_connection = create_unix_server = subprocess_exec = subprocess_shell = _outside
    connect_read_pipe = connect_write_pipe = _outside
    add_reader = add_writer = _outside
    sock_connect = sock_accept = sock_recv = sock_sendall = _outside

    # --- the loop itself ---------------------------------------------------------------------------

    @contextmanager
    def parked(self) -> Generator[None]:
        """Take the place of the loop that is running in this thread, if any, and restore it afterwards."""
        if self.is_running():
            raise RuntimeError("this loop is running already: await the coroutine instead")
        with replacing(self, self._asyncgen_finalizer_hook):
            self._thread_id = threading.get_ident()
            try:
                yield
            finally:
                self._thread_id = None

    def current(self) -> Task | None:
        """The task that is being driven, if one is."""
        return cast("Task | None", asyncio.current_task(self))

    def running(self) -> Task:
        """The task that is being driven; there must be one."""
        task = self.current()
        assert task is not None
        return task

    def wake(self, task: Task) -> None:
        """Let `task` go on at this instant, after what is already due."""
        self.order = order = self.order + 1
        heappush(self.heap, (self.now, order, None, task, task.epoch))

    def at(self, when: int, action: Callable[[Any, Any], object], a: Any, b: Any = None) -> None:
        """Call `action(a, b)` at `when` microseconds.  It returns True if it was void by then."""
        self.order = order = self.order + 1
        heappush(self.heap, (when, order, action, a, b))

    def first_at(self, when: int, action: Callable[[Any, Any], object], a: Any, b: Any = None) -> None:
        """Call `action(a, b)` at `when` microseconds, ahead of everything but earlier calls of this kind."""
        self._urgent = urgent = self._urgent + 1
        heappush(self.heap, (when, urgent - FOREVER, action, a, b))

    def due(self, end: int = FOREVER) -> int:
        """When the next action is due, in microseconds, or `end` if that is earlier."""
        return min(end, self.heap[0][0]) if self.heap else end

    def idle(self) -> bool:
        """Whether nothing is due any more: timers of waits that are over do not count."""
        return all(is_void(action, a, b) for _, _, action, a, b in self.heap)

    def drive(self, until: int = FOREVER) -> None:
        """Do what is due up to and including `until`, in order; the clock is then at the last action."""
        try:
            with collector_at_rest(), self._watchdog():
                self._drive(until)
        except Overrun as over:
            if over.loop is not self:
                raise
            raise self.overrun(over.kind) from None
        except (asyncio.CancelledError, GeneratorExit, StopIteration) as error:
            # The caller would mistake it for its own cancellation, its own end.
            raise RuntimeError(
                f"{type(error).__name__} raised outside a task, where nothing waits for it"
            ) from error

    def _drive(self, until: int) -> None:
        heap, ready, step = self.heap, self.ready, self.step
        self._stopping = False
        while True:
            if ready:
                self._drain()
            if self._stopping or not heap:
                return
            when, order, action, a, b = heap[0]
            if when > until:
                return
            if action is not None:
                heappop(heap)
                before, self.now = self.now, when
                if action(a, b):
                    self.now = before
            elif a.epoch != b:
                heappop(heap)
            else:
                self.now = when
                delay = step(a)
                if delay is None:
                    heappop(heap)
                else:  # nothing new can be due before the entry in hand: it is still the first
                    self.order = order = self.order + 1
                    heapreplace(heap, (when + delay, order, None, a, a.epoch))
            if order > self.alert:
                self.attend()

    def _drain(self) -> None:
        """Call what is ready, and what becomes ready by that."""
        while self.ready:
            self._call(self.ready.popleft())
            if self.order > self.alert:
                self.attend()

    def _call(self, handle: Handle, _: None = None) -> bool:
        callback = handle.callback
        if callback is None:
            return True
        self.acting, self.cause = handle.acting, handle.cause
        handle.context.run(callback, *handle.args)
        return False

    def step(self, task: Task, error: BaseException | None = None) -> int | None:
        """Let `task` go on until it waits again; returns the microseconds, if it sleeps."""
        self.acting, self.cause = task.owner, task.cause
        current_tasks[self] = task
        try:
            if error is None and not task._must_cancel:
                want: int = task.context.run(task._send, None)
            else:
                want = task.context.run(task._coro.throw, task._take_cancel(error))
            if want.__class__ is int:
                task.cause = self.cause
                return want
            self._wait(task, want)
        except StopIteration as end:
            task.finish(None, end.value)
        except (KeyboardInterrupt, SystemExit, Overrun):
            task.epoch += 1
            raise
        except BaseException as failure:  # noqa: BLE001  (it goes to the task that awaits this one)
            task.finish(failure)
        finally:
            current_tasks[self] = None
        return None

    def go(self, task: Task, error: BaseException | None = None) -> None:
        """Let `task` go on now."""
        delay = self.step(task, error)
        if delay is not None:
            self.order = order = self.order + 1
            heappush(self.heap, (self.now + delay, order, None, task, task.epoch))

    def _wait(self, task: Task, want: Any) -> None:
        task.cause = self.cause
        if want is None:  # a bare yield: asyncio.sleep(0)
            self.wake(task)
        elif isinstance(want, Wait):
            task.waiting, task.since = want, self.now
        elif trouble := unwaitable(task, want):
            self.go(task, RuntimeError(trouble))
        else:
            want._asyncio_future_blocking = False
            task._waiter, task.waiting, task.since = want, want, self.now
            want.add_done_callback(task._woken, context=_EMPTY)
            if task._must_cancel and want.cancel():
                task._must_cancel = False

    def resume(self, task: Task) -> None:
        """Let a parked task go on now, because of the event being handled."""
        task.epoch += 1
        task.cause, task.waiting = self.cause, None
        self.go(task)

    def later(self, task: Task) -> None:
        """Let a parked task go on at this instant, but after what is being done."""
        task.epoch += 1
        task.cause, task.waiting = self.cause, None
        self.wake(task)

    # --- the end of tasks --------------------------------------------------------------------------

    def forget(self, task: Task) -> None:
        """Remove a task that has ended from the lists."""
        self.tasks.pop(task, None)
        asyncio._unregister_task(task)  # type: ignore[arg-type]

    def kill(self, owner: object) -> None:
        """Stop all that `owner` has started: its tasks, its callbacks and its timers."""
        running = self.current()
        if running is not None and running.owner is owner:
            running.kill()
        while doomed := [task for task in self.tasks if task.owner is owner and task is not running]:
            for task in doomed:
                task.kill()
        ahead = (a for _, _, _, a, _ in self.heap if isinstance(a, Handle))
        for handle in (*self.ready, *ahead):
            if handle.owner is owner:
                handle.cancel()

    def kill_all(self) -> None:
        """Stop every task, also those that were interrupted while they ran."""
        while self.tasks:
            with self.parked(), self._watchdog():
                for task in list(self.tasks):
                    task.kill()
        for task, _ in self.failed:
            task._log_traceback = False

    def abandon(self) -> None:
        """Give up on tasks that could not be stopped."""
        for task in self.tasks:
            immortalise(task.get_coro())
        self.tasks.clear()

    @contextmanager
    def burying(self, task: Task) -> Generator[None]:
        """While a task is stopped, it is the current one, and what it still starts belongs to its owner."""
        before, self.acting, self._burying = self.acting, task.owner, True
        current = self.current()
        current_tasks[self] = task
        try:
            yield
        finally:
            current_tasks[self] = current
            self.acting, self._burying = before, False

    # --- budgets -----------------------------------------------------------------------------------

    def watch(self, more: int) -> None:
        """Count one more watcher, or one less."""
        self.watchers += more
        self.alert = _ALWAYS if self.watchers else self.limit

    def attend(self) -> None:
        """Look after the watchers and the budgets."""
        if self.watchers:
            self.look()
        if self.order > self.limit:
            self.check()

    def check(self) -> None:
        """Raise Overrun if the clock has not moved for a whole budget, or the run has taken too long."""
        if self._checked == self.now:
            raise Overrun(self, "instant")
        if time.monotonic() > self._wall_end:
            raise Overrun(self, "wall")
        self.spend()
        self._renew(self.now)
        self.failed = [each for each in self.failed if each[0]._log_traceback]
        kept = self.kept()
        if gc.get_count()[0] - (kept - self._swept) > self.instant:  # more is new than the trace alone
            gc.collect(1)
            self._swept = kept

    def _renew(self, checked: int) -> None:
        self._checked, self.limit = checked, self.order + self.instant
        self.watch(0)

    @contextmanager
    def _watchdog(self) -> Generator[None]:
        """Stop an agent that computes for ever without waiting, which only a signal can do."""
        self._wall_end = time.monotonic() + self.wall
        self._renew(-1)

        def ring(*_: object) -> None:
            raise Overrun(self, "wall")

        with interruptible(), alarm(self.wall + 0.5, ring):
            yield


def simulate(work: Coroutine[Any, Any, _T]) -> _T:
    """Run plain asyncio code on virtual time, without agents, and return the result of the coroutine.

    >>> async def nap() -> float:
    ...     await asyncio.sleep(30)
    ...     return asyncio.get_running_loop().time()
    >>> simulate(nap())
    30.0
    """
    loop = VirtualLoop()
    try:
        result: _T = loop.run_until_complete(work)
        return result
    finally:
        loop.kill_all()
        loop.close()
