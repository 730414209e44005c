"""An asyncio event loop on virtual time: the clock jumps to the next thing that is due.

One heap of `(when, order, action, a, b)` holds everything that lies ahead.  `when` is a whole number
of microseconds; `order` counts up, so equal times are first come, first served.  A `Task` drives a
coroutine that may wait in two ways: for the world's own `sleep` and `park`, which cost a heap entry
and nothing else, or for any asyncio future, so that genuine asyncio code runs unchanged.

The loop runs synchronously wherever it is called, inside a running loop too (a notebook cell): it
parks the outer loop and puts it back afterwards.  Nothing is patched, nest_asyncio is not needed.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import threading
import time
from asyncio import events
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterable
from contextlib import contextmanager
from contextvars import Context, copy_context
from heapq import heappop, heappush, heapreplace
from itertools import count
from types import coroutine
from typing import Any, TypeVar

MICRO = 1_000_000
FOREVER = sys.maxsize

_T = TypeVar("_T")
_EMPTY = Context()
_swap: Callable[..., Any] | None = getattr(asyncio.tasks, "_swap_current_task", None)


class _ThreadsCurrentTask(dict[Any, Any]):
    """Where Python 3.14 and later keep the current task: in the thread, behind a function."""

    def __setitem__(self, loop: Any, task: Any) -> None:
        _swap(loop, task)  # type: ignore[misc]


_current: dict[Any, Any] = (
    asyncio.tasks._current_tasks  # type: ignore[attr-defined]
    if sys.version_info < (3, 14)
    else _ThreadsCurrentTask()
)


class Runaway(RuntimeError):
    """A budget is used up: the run would not end, or not in reasonable time."""


def micros(seconds: float) -> int:
    """Seconds as a whole number of microseconds, the unit in which the loop counts."""
    return round(seconds * MICRO)


@coroutine
def pause(microseconds: int) -> Generator[Any, Any, None]:
    """Wait for a whole number of microseconds."""
    yield microseconds


@coroutine
def sleep(seconds: float) -> Generator[Any, Any, None]:
    """Wait for `seconds` of virtual time (the cheap way; `asyncio.sleep` works as well)."""
    yield int(seconds * MICRO + 0.5)


@coroutine
def park(waiting: object) -> Generator[Any, Any, Any]:
    """Wait until `VirtualLoop.resume` is called with this task; gives the value passed there.

    `str(waiting)` says for what, should this turn out to be a deadlock.
    """
    return (yield waiting)


class Future(asyncio.Future[Any]):
    """An asyncio future whose hash counts from one in each loop, so that sets of them keep their order."""

    __slots__ = ("_number",)
    _loop: VirtualLoop

    def __hash__(self) -> int:
        try:
            return self._number
        except AttributeError:
            self._number = number = next(self._loop.numbers)
            return number


class Task(Future):
    """Drives one coroutine; stands in for `asyncio.Task` wherever asyncio looks for one.

    `owner` is whoever set it going and `cause` the event it acts upon: both pass on to the tasks and
    timers it starts.  `waiting` is None while it can run, else what it waits for, since `since`.
    """

    __slots__ = ("_cancels", "_coro", "_must_cancel", "_send", "_waiter", "cause", "context", "epoch")
    __slots__ += ("fatal", "name", "owner", "since", "waiting")  # type: ignore[misc]

    def __init__(
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        loop: VirtualLoop,
        name: str | None = None,
        context: Context | None = None,
    ) -> None:
        super().__init__(loop=loop)
        self._coro, self._send = coro, coro.send
        self.context = copy_context() if context is None else context
        self.name, self.owner, self.cause = name, loop.acting, loop.cause
        self._waiter: asyncio.Future[Any] | None = None
        self._must_cancel, self._cancels, self.epoch = False, 0, 0
        self.fatal = False  # whether an error in it ends the run
        self.waiting: object = None
        self.since = loop.now
        asyncio._register_task(self)  # type: ignore[arg-type]
        loop.tasks[self] = None
        loop.wake(self)

    def get_coro(self) -> Coroutine[Any, Any, Any]:
        return self._coro

    def get_context(self) -> Context:
        return self.context

    def get_name(self) -> str:
        return self.name or f"Task-{hash(self)}"

    def set_name(self, name: object) -> None:
        self.name = str(name)

    def get_stack(self, *, limit: int | None = None) -> list[Any]:
        frame = getattr(self._coro, "cr_frame", None)
        return [] if frame is None else [frame]

    def cancelling(self) -> int:
        return self._cancels

    def uncancel(self) -> int:
        self._cancels = max(0, self._cancels - 1)
        if not self._cancels:
            self._must_cancel = False
        return self._cancels

    def cancel(self, msg: Any = None) -> bool:
        if self.done():
            return False
        self._cancels += 1
        if self._waiter is not None and self._waiter.cancel(msg=msg):
            return True
        self._must_cancel = True
        if self._waiter is None and self is not asyncio.current_task(self._loop):
            self.epoch += 1
            self._loop.wake(self)
        return True

    def kill(self) -> None:
        """Stop for good, without waiting for anything: what a power cut does to a process."""
        self.epoch += 1
        self._loop.tasks.pop(self, None)
        asyncio._unregister_task(self)  # type: ignore[arg-type]
        if self._waiter is not None:
            self._waiter.remove_done_callback(self._woken)
        try:
            self._coro.close()
        except (RuntimeError, ValueError):
            pass  # it tried to wait in a finally block, or it is the one that pulled the plug
        if not self.done():
            asyncio.Future.cancel(self)

    def _take_cancel(self, error: BaseException | None) -> BaseException:
        if self._must_cancel and not isinstance(error, asyncio.CancelledError):
            error = asyncio.CancelledError()
        self._must_cancel = False
        assert error is not None
        return error

    def _woken(self, future: asyncio.Future[Any]) -> None:
        self._waiter = self.waiting = None
        self.cause = self._loop.cause
        error = None if future.cancelled() else future.exception()
        if future.cancelled():
            error = future._make_cancelled_error()
        self._loop.go(self, None, error)

    def _finish(self, error: BaseException | None, result: Any = None) -> None:
        self._loop.tasks.pop(self, None)
        asyncio._unregister_task(self)  # type: ignore[arg-type]
        if self._must_cancel and error is None:
            asyncio.Future.cancel(self)
        elif isinstance(error, asyncio.CancelledError):
            asyncio.Future.cancel(self)
        elif error is not None:
            if self.fatal:
                raise error
            asyncio.Future.set_exception(self, error)
            self._loop.failed.append(self)
        else:
            asyncio.Future.set_result(self, result)


class Handle:
    """A callback that is due; remembers who scheduled it and upon which event."""

    __slots__ = ("acting", "args", "callback", "cause", "context", "when_due")

    def __init__(self, loop: VirtualLoop, callback: Any, args: Any, context: Any, when: int) -> None:
        self.callback, self.args = callback, args
        self.context = copy_context() if context is None else context
        self.acting, self.cause, self.when_due = loop.acting, loop.cause, when

    def cancel(self) -> None:
        self.callback = None

    def cancelled(self) -> bool:
        return self.callback is None

    def when(self) -> float:
        return self.when_due / MICRO


class VirtualLoop(asyncio.BaseEventLoop):
    """The event loop.  `now` is in microseconds; `acting` and `cause` tell on whose behalf it runs.

    `instant` is how much may be scheduled while the clock stands still, `wall` the real seconds that a
    run may take; `overrun(kind)` makes the error with which a run ends that takes more.  `spend` is called
    now and then, for whoever keeps a budget of his own.
    """

    def __init__(self, instant: int = 200_000, wall: float = 60.0) -> None:
        super().__init__()
        self.now = self.order = 0
        self.heap: list[tuple[int, int, Any, Any, Any]] = []
        self.ready: deque[Handle] = deque()
        self.numbers = count(1)
        self.tasks: dict[Task, None] = {}
        self.failed: list[Task] = []
        self.acting: Any = None
        self.cause: int | None = None
        self.instant, self.wall = instant, wall
        self.limit, self._checked = instant, -1
        self.spend: Callable[[], None] = lambda: None
        self.overrun: Callable[[str], BaseException] = lambda kind: Runaway(f"out of budget: {kind}")

    # --- what asyncio asks of a loop ---------------------------------------------------------------

    def time(self) -> float:
        return self.now / MICRO

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> Any:
        self.order += 1
        handle = Handle(self, callback, args, context, self.now)
        self.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_at(self, when: float, callback: Any, *args: Any, context: Context | None = None) -> Any:
        due = max(self.now, round(when * MICRO))
        handle = Handle(self, callback, args, context, due)
        self.order = order = self.order + 1
        heappush(self.heap, (due, order, self._call, handle, None))
        return handle

    def call_later(self, delay: float, callback: Any, *args: Any, context: Context | None = None) -> Any:
        return self.call_at(self.now / MICRO + delay, callback, *args, context=context)

    def create_future(self) -> Future:
        return Future(loop=self)

    def create_task(self, coro: Any, *, name: Any = None, context: Any = None, **_: Any) -> Any:
        return Task(coro, loop=self, name=name, context=context)

    def run_until_complete(self, future: Any) -> Any:
        """Run until `future` (or a task made of a coroutine) is done; gives its result."""
        with self.parked():
            main = asyncio.ensure_future(future, loop=self)
            main.add_done_callback(lambda _: self.stop())
            self.run_forever()
        if not main.done():
            raise RuntimeError(f"all {len(self.tasks)} tasks wait and no timer is left")
        return main.result()

    def run_forever(self) -> None:
        with self.parked():
            self.drive()

    def _process_events(self, event_list: Any) -> None: ...

    def _write_to_self(self) -> None: ...

    # --- the loop itself ---------------------------------------------------------------------------

    @contextmanager
    def parked(self) -> Generator[None]:
        """Take the place of the loop that is running in this thread, if any, and give it back."""
        outer = events._get_running_loop()
        if outer is self:
            yield
            return
        task = asyncio.current_task(outer) if outer is not None else None
        if task is not None and _swap is not None:
            _swap(outer, None)
        hooks = sys.get_asyncgen_hooks()
        events._set_running_loop(self)
        sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)  # type: ignore[attr-defined]
        try:
            yield
        finally:
            sys.set_asyncgen_hooks(*hooks)
            self._leave()
            events._set_running_loop(outer)
            if task is not None and _swap is not None:
                _swap(outer, task)

    def _leave(self) -> None:
        self.acting = None
        _current.pop(self, None)

    def wake(self, task: Task) -> None:
        """Let `task` go on at this instant, after what is already due."""
        self.order = order = self.order + 1
        heappush(self.heap, (self.now, order, None, task, task.epoch))

    def at(self, when: int, action: Callable[[Any, Any], None], a: Any, b: Any = None) -> None:
        """Call `action(a, b)` at `when` microseconds."""
        self.order = order = self.order + 1
        heappush(self.heap, (when, order, action, a, b))

    def due(self) -> int | None:
        """When the next thing is due, in microseconds; None when nothing is."""
        return self.heap[0][0] if self.heap else None

    def drive(self, until: int = FOREVER) -> None:
        """Do what is due up to and including `until`, in order; the clock then stands at the last thing done."""
        heap, ready, step = self.heap, self.ready, self.step
        self._stopping = False
        with _collector_at_rest(), self._watchdog():
            while True:
                while ready:
                    self._call(ready.popleft())
                    if self.order > self.limit:
                        self.check()
                if self._stopping or not heap:
                    return
                when, order, action, a, b = heap[0]
                if when > until:
                    return
                self.now = when
                if action is not None:
                    heappop(heap)
                    action(a, b)
                elif a.epoch == b and (delay := step(a)) is not None:
                    # nothing new can be due before the entry in hand: it is still the first
                    self.order = order = self.order + 1
                    heapreplace(heap, (when + delay, order, None, a, a.epoch))
                else:
                    heappop(heap)
                if order > self.limit:
                    self.check()

    def _call(self, handle: Handle, _: None = None) -> None:
        callback = handle.callback
        if callback is not None:
            self.acting, self.cause = handle.acting, handle.cause
            handle.context.run(callback, *handle.args)

    def step(self, task: Task, value: Any = None, error: BaseException | None = None) -> int | None:
        """Let `task` go on with a value or an error until it waits again; gives how long it sleeps, if it does."""
        self.acting, self.cause = task.owner, task.cause
        _current[self] = task
        try:
            if error is None and not task._must_cancel:
                want = task.context.run(task._send, value)
            else:
                want = task.context.run(task._coro.throw, task._take_cancel(error))
            if want.__class__ is int:
                task.cause = self.cause
                return want
            self._wait(task, want)
        except StopIteration as end:
            task._finish(None, end.value)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as failure:
            task._finish(failure)
        finally:
            _current[self] = None
        return None

    def go(self, task: Task, value: Any = None, error: BaseException | None = None) -> None:
        delay = self.step(task, value, error)
        if delay is not None:
            self.order = order = self.order + 1
            heappush(self.heap, (self.now + delay, order, None, task, task.epoch))

    def _wait(self, task: Task, want: Any) -> None:
        task.cause = self.cause
        if want is None:  # a bare yield: asyncio.sleep(0)
            self.wake(task)
        elif getattr(want, "_asyncio_future_blocking", None):
            want._asyncio_future_blocking = False
            task._waiter, task.waiting, task.since = want, want, self.now
            want.add_done_callback(task._woken, context=_EMPTY)
            if task._must_cancel and want.cancel():
                task._must_cancel = False
        else:
            task.waiting, task.since = want, self.now

    def resume(self, task: Task, value: Any = None) -> None:
        """Let a parked task go on now, with `value`, upon the event being handled."""
        task.epoch += 1
        task.cause, task.waiting = self.cause, None
        self.go(task, value)

    def later(self, task: Task) -> None:
        """Let a parked task go on at this instant, but after what is being done."""
        task.epoch += 1
        task.cause, task.waiting = self.cause, None
        self.wake(task)

    def running(self) -> Task:
        """The task that is being driven, or an error where there is none."""
        task = asyncio.current_task(self)
        if task is None:
            raise RuntimeError(
                "only a coroutine can wait, and no task is running here. "
                "Make the handler `async def`, or self.spawn(...) the work."
            )
        return task  # type: ignore[return-value]

    def check(self) -> None:
        """Raise when the clock has stood still for a whole budget, or the run has taken too long."""
        if self._checked == self.now:
            raise self.overrun("instant")
        if time.monotonic() > self._wall_end:
            raise self.overrun("wall")
        self.spend()
        self._checked, self.limit = self.now, self.order + self.instant
        gc.collect(1)

    @contextmanager
    def _watchdog(self) -> Generator[None]:
        """Stop an agent that computes for ever without waiting: only a signal can, where there is one."""
        self._wall_end = time.monotonic() + self.wall
        self.limit, self._checked = self.order + self.instant, -1
        if not _can_alarm():
            yield
            return

        def ring(*_: Any) -> None:
            raise self.overrun("wall")

        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, self.wall + 0.5, 0.5)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


@contextmanager
def _collector_at_rest() -> Generator[None]:
    """Keep Python's cycle collector from looking at a growing trace again and again, which takes half a run.

    The loop's own `check` lets it look at what is new, now and then.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _can_alarm() -> bool:
    if not hasattr(signal, "setitimer") or sys.platform == "emscripten":
        return False
    in_main = threading.current_thread() is threading.main_thread()
    return in_main and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


async def as_completed(awaitables: Iterable[Awaitable[_T]]) -> AsyncIterator[_T]:
    """The results of `awaitables` as they come in, in the same order in every run.

    Stands in for `asyncio.as_completed`, which starts its coroutines in the order of a set.
    """
    done: asyncio.Queue[asyncio.Future[_T]] = asyncio.Queue()
    futures = [asyncio.ensure_future(each) for each in awaitables]
    for future in futures:
        future.add_done_callback(done.put_nowait)
    for _ in futures:
        yield (await done.get()).result()
