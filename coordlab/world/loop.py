"""An asyncio event loop on virtual time: the clock jumps to the next thing that is due.

One heap of `(when, order, action, a, b)` holds everything that lies ahead.  `when` is a whole number
of microseconds; `order` counts up, so equal times are first come, first served.  A `Task` drives a
coroutine that may wait in two ways: for the world's own `Pause` and `Wait`, which cost a heap entry
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
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
)
from contextlib import contextmanager, suppress
from contextvars import Context, copy_context
from heapq import heappop, heappush, heapreplace
from importlib import import_module
from itertools import count
from types import coroutine
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, cast

MICRO = 1_000_000
FOREVER = sys.maxsize

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
_EMPTY = Context()
_ALWAYS = -FOREVER
_PATIENCE = 1000  # how often a dying coroutine may try to wait
_swap: Callable[..., Any] | None = getattr(asyncio.tasks, "_swap_current_task", None)


class _ThreadsCurrentTask(dict[Any, Any]):
    """Where Python 3.14 and later keep the current task: in the thread, behind a function."""

    def __setitem__(self, loop: Any, task: Any) -> None:
        cast("Callable[..., Any]", _swap)(loop, task)


_current: dict[Any, Any] = (
    vars(asyncio.tasks)["_current_tasks"] if sys.version_info < (3, 14) else _ThreadsCurrentTask()
)


class Runaway(RuntimeError):
    """A budget is used up: the run would not end, or not in reasonable time."""


class _Overrun(BaseException):
    """What stops a run in mid-action.  No `Exception`, so that no agent swallows it by accident."""

    def __init__(self, loop: VirtualLoop, kind: str) -> None:
        super().__init__(kind)
        self.loop, self.kind = loop, kind


def micros(seconds: float) -> int:
    """Seconds as a whole number of microseconds, the unit in which the loop counts."""
    return round(seconds * MICRO)


class Wait:
    """What a task awaits to be parked while this is `open`; `str` says it, should this be a deadlock."""

    __slots__ = ("open",)
    open: bool

    def __await__(self) -> Generator[Any, Any, None]:
        """Wait until `VirtualLoop.resume` is called with the task."""
        return _once(self)


def _once(want: object) -> Generator[Any, Any, None]:
    """What gives the loop one thing and ends: a generator would take twice the memory."""
    return iter((want,))  # type: ignore[return-value]


class Pause:
    """Awaits a whole number of microseconds."""

    __slots__ = ("microseconds",)

    def __init__(self, microseconds: int) -> None:
        self.microseconds = microseconds

    def __await__(self) -> Generator[Any, Any, None]:
        return _once(self.microseconds)


@coroutine
def sleep(seconds: float) -> Generator[Any, Any, None]:
    """Wait for `seconds` of virtual time (the cheap way; `asyncio.sleep` works as well)."""
    yield int(seconds * MICRO + 0.5)


class Future(asyncio.Future[Any]):
    """An asyncio future whose hash counts from one in each loop, so that sets of them keep their order."""

    __slots__ = ("_number",)
    _loop: VirtualLoop
    _number: int
    if TYPE_CHECKING:

        def _make_cancelled_error(self) -> asyncio.CancelledError: ...

    def __hash__(self) -> int:
        try:
            return self._number
        except AttributeError:
            self._number = number = next(self._loop.numbers)
            return number


class Task(Future):
    """Drives one coroutine; stands in for `asyncio.Task` wherever asyncio looks for one.

    `owner` is whoever set it going and `cause` the event it acts upon: both pass on to the tasks and
    timers it starts.  `waiting` is None while it can run, else what it waits for, since `since`.  The
    heap knows a task by its `epoch`: entries made in an earlier one are void.
    """

    __slots__ = (
        *("_cancels", "_coro", "_must_cancel", "_send", "_waiter", "cause", "context", "epoch"),
        *("fatal", "name", "owner", "since", "waiting"),
    )

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
        self.waiting: Any = None
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
        self._must_cancel, self._cancel_message = True, msg
        if self is self._loop.current():
            self._loop.call_soon(self._startle)
        else:
            self._startle()
        return True

    def _startle(self) -> None:
        """Let a task that sleeps or is parked learn of its cancellation."""
        if self._must_cancel and self._waiter is None and not self.done():
            self.epoch += 1
            self._loop.wake(self)

    def kill(self, _: None = None) -> None:
        """Stop for good, at once and without a wait: what a power cut does to a process."""
        loop = self._loop
        if self.done():
            return
        if self is loop.current():  # it pulled the plug itself, and gets no further than its next await
            loop.at(loop.now, Task.kill, self)
            return
        self.epoch += 1
        loop.forget(self)
        if self._waiter is not None:
            self._waiter.remove_done_callback(self._woken)
        with loop.burying(self.owner):
            _bury(self._coro)
            Future.cancel(self)

    def _take_cancel(self, error: BaseException | None) -> BaseException:
        if self._must_cancel and not isinstance(error, asyncio.CancelledError):
            error = self._make_cancelled_error()
        self._must_cancel = False
        assert error is not None
        return error

    def _woken(self, future: asyncio.Future[Any]) -> None:
        if self.done():
            return
        self._waiter = self.waiting = None
        self.cause = self._loop.cause
        if future.cancelled():
            error: BaseException | None = cast("Future", future)._make_cancelled_error()
        else:
            error = future.exception()
        self._loop.go(self, error)

    def finish(self, error: BaseException | None, result: Any = None) -> None:
        """Its coroutine has ended, with an error or a result."""
        self._loop.forget(self)
        if isinstance(error, asyncio.CancelledError):
            Future.cancel(self, *error.args[:1])
        elif self._must_cancel and error is None:
            Future.cancel(self, getattr(self, "_cancel_message", None))
        elif error is None:
            Future.set_result(self, result)
        elif self.fatal:
            raise error
        else:
            Future.set_exception(self, error)
            self._loop.failed.append((self, self._loop.now))


class Handle:
    """A callback that is due; remembers who scheduled it and upon which event."""

    __slots__ = ("acting", "args", "callback", "cause", "context", "when_due")

    def __init__(self, loop: VirtualLoop, callback: Any, args: Any, context: Any, when: int) -> None:
        self.callback, self.args = callback, args
        self.context = copy_context() if context is None else context
        self.acting, self.cause, self.when_due = loop.acting, loop.cause, when

    @property
    def owner(self) -> Any:
        """On whose behalf it is called: what wakes a task belongs to that task's owner."""
        task = getattr(self.callback, "__self__", None)
        return task.owner if isinstance(task, Task) else self.acting

    def cancel(self) -> None:
        self.callback = None

    def cancelled(self) -> bool:
        return self.callback is None

    def when(self) -> float:
        return self.when_due / MICRO


class VirtualLoop(asyncio.BaseEventLoop):
    """The event loop.  `now` is in microseconds; `acting` and `cause` tell on whose behalf it runs.

    `instant` is how much may be scheduled while the clock stands still, `wall` the real seconds that a
    run may take; `overrun(kind)` makes the error with which a run ends that takes more, and `spend` is
    called now and then, for whoever keeps a budget of his own.  While there are `watchers`, `look` is
    called after whatever is done.
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
        self.acting: Any = None
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

    def call_soon_threadsafe(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> Any:
        return self.call_soon(callback, *args, context=context)

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

    def create_task(self, coro: Any, *, name: Any = None, context: Any = None, **_: Any) -> Any:
        return Task(coro, loop=self, name=name, context=context)

    def run_in_executor(self, executor: Any, func: Callable[[*_Ts], _T], *args: *_Ts) -> asyncio.Future[_T]:
        """Call `func` at once: on virtual time a thread takes none, and real ones finish in any order."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  (whoever awaits the future gets it)
            future.set_exception(error)
        return future

    def run_until_complete(self, future: Any) -> Any:
        """Run until `future` (or a task made of a coroutine) is done; gives its result."""
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
        """Nothing: it holds no socket and no thread that somebody must close."""

    def _asyncgen_finalizer_hook(self, agen: AsyncGenerator[Any]) -> None:
        """Let an async generator that was left early finish; what dies with its agent does not."""
        if not (self._burying or self.is_closed()):
            self.create_task(agen.aclose())

    def _process_events(self, event_list: Any) -> None: ...

    def _write_to_self(self) -> None: ...

    # --- the loop itself ---------------------------------------------------------------------------

    @contextmanager
    def parked(self) -> Generator[None]:
        """Take the place of the loop that is running in this thread, if any, and give it back."""
        if self.is_running():
            raise RuntimeError("this loop is running already: await the coroutine instead")
        outer = events._get_running_loop()
        task = asyncio.current_task(outer) if outer is not None else None
        if task is not None and _swap is not None:
            _swap(outer, None)
        hooks = sys.get_asyncgen_hooks()
        events._set_running_loop(self)
        sys.set_asyncgen_hooks(firstiter=None, finalizer=self._asyncgen_finalizer_hook)
        self._thread_id = threading.get_ident()
        try:
            yield
        finally:
            sys.set_asyncgen_hooks(*hooks)
            self._thread_id = None
            _current.pop(self, None)
            events._set_running_loop(outer)
            if task is not None and _swap is not None:
                _swap(outer, task)

    def current(self) -> Task | None:
        """The task that is being driven, if one is."""
        return cast("Task | None", asyncio.current_task(self))

    def running(self) -> Task:
        """The task that is being driven, where there must be one."""
        task = self.current()
        assert task is not None
        return task

    def wake(self, task: Task) -> None:
        """Let `task` go on at this instant, after what is already due."""
        self.order = order = self.order + 1
        heappush(self.heap, (self.now, order, None, task, task.epoch))

    def at(self, when: int, action: Callable[[Any, Any], object], a: Any, b: Any = None) -> None:
        """Call `action(a, b)` at `when` microseconds.  If it turns out to be void it gives True."""
        self.order = order = self.order + 1
        heappush(self.heap, (when, order, action, a, b))

    def first_at(self, when: int, action: Callable[[Any, Any], object], a: Any, b: Any = None) -> None:
        """Call `action(a, b)` at `when` microseconds, ahead of everything but earlier calls of this kind."""
        self._urgent = urgent = self._urgent + 1
        heappush(self.heap, (when, urgent - FOREVER, action, a, b))

    def due(self, end: int = FOREVER) -> int:
        """When the next thing is due, in microseconds, or `end` if that is earlier."""
        return min(end, self.heap[0][0]) if self.heap else end

    def idle(self) -> bool:
        """Whether nothing lies ahead: timers of waits that are over do not count."""
        return all(_void(action, a, b) for _, _, action, a, b in self.heap)

    def drive(self, until: int = FOREVER) -> None:
        """Do what is due until `until` inclusive, in order; the clock then stands at the last thing done."""
        try:
            with _collector_at_rest(), self._watchdog():
                self._drive(until)
        except _Overrun as over:
            if over.loop is not self:
                raise
            raise self.overrun(over.kind) from None
        except (asyncio.CancelledError, GeneratorExit, StopIteration) as error:
            # Whoever called would take it for his own: to be cancelled, to be closed, to be at the end.
            raise RuntimeError(f"{type(error).__name__} raised where nobody waits for it") from error

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
        """Call what is to be called soon, and what that makes ready."""
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
        """Let `task` go on until it waits again; gives for how long, if it sleeps."""
        self.acting, self.cause = task.owner, task.cause
        _current[self] = task
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
        except (KeyboardInterrupt, SystemExit, _Overrun):
            task.epoch += 1
            raise
        except BaseException as failure:  # noqa: BLE001  (it belongs to whoever awaits the task)
            task.finish(failure)
        finally:
            _current[self] = None
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
        elif trouble := self._unwaitable(task, want):
            self.go(task, RuntimeError(trouble))
        else:
            want._asyncio_future_blocking = False
            task._waiter, task.waiting, task.since = want, want, self.now
            want.add_done_callback(task._woken, context=_EMPTY)
            if task._must_cancel and want.cancel():
                task._must_cancel = False

    def _unwaitable(self, task: Task, want: Any) -> str:
        if not getattr(want, "_asyncio_future_blocking", None):
            return f"{task.get_name()} awaits {want!r}, which is nothing that asyncio can wait for"
        if want is task:
            return f"{task.get_name()} awaits itself"
        if want.get_loop() is not self:
            return (
                f"{task.get_name()} awaits a future of another event loop. What an agent awaits must be made "
                f"inside the run: make the queue, event or task in its run() or a handler."
            )
        return ""

    def resume(self, task: Task) -> None:
        """Let a parked task go on now, upon the event being handled."""
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
        """Strike a task that has ended off the lists."""
        self.tasks.pop(task, None)
        asyncio._unregister_task(task)  # type: ignore[arg-type]

    def kill(self, owner: Any) -> None:
        """Stop for good whatever `owner` has going: its tasks, its callbacks and its timers."""
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
        """Stop every task for good; they may believe to be running still."""
        while self.tasks:
            with self.parked(), self._watchdog():
                for task in list(self.tasks):
                    task.kill()
        for task, _ in self.failed:
            task._log_traceback = False

    @contextmanager
    def burying(self, owner: Any) -> Generator[None]:
        """While something of `owner` ends: what it starts in its last breath is still its own."""
        before, self.acting, self._burying = self.acting, owner, True
        try:
            yield
        finally:
            self.acting, self._burying = before, False

    # --- budgets -----------------------------------------------------------------------------------

    def watch(self, more: int) -> None:
        """Count one watcher more, or less."""
        self.watchers += more
        self.alert = _ALWAYS if self.watchers else self.limit

    def attend(self) -> None:
        """See to those who watch, and to the budgets."""
        if self.watchers:
            self.look()
        if self.order > self.limit:
            self.check()

    def check(self) -> None:
        """Raise when the clock has stood still for a whole budget, or the run has taken too long."""
        if self._checked == self.now:
            raise _Overrun(self, "instant")
        if time.monotonic() > self._wall_end:
            raise _Overrun(self, "wall")
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
        """Stop an agent that computes for ever without waiting: only a signal can, where there is one."""
        self._wall_end = time.monotonic() + self.wall
        self._renew(-1)

        def ring(*_: Any) -> None:
            raise _Overrun(self, "wall")

        with _interruptible(), _alarm(self.wall + 0.5, ring):
            yield


@contextmanager
def _interruptible() -> Generator[None]:
    """Let Ctrl-C interrupt what runs here and now; an outer loop would wait for its next turn with it."""
    if threading.current_thread() is not threading.main_thread() or not callable(_handler(signal.SIGINT)):
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _alarm(after: float, ring: Callable[..., None]) -> Generator[None]:
    """Call `ring` after so many real seconds, and again and again, unless somebody else has an alarm set."""
    if not _can_alarm():
        yield
        return
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, after, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)


def _handler(number: int) -> Any:
    return signal.getsignal(number) if sys.platform != "emscripten" else None


def _void(action: Any, a: Any, b: Any) -> bool:
    """Whether an entry of the heap no longer means anything."""
    if action is None:
        return bool(a.epoch != b)
    return a.cancelled() if isinstance(a, Handle) else isinstance(a, Wait) and not a.open


def _bury(coro: Coroutine[Any, Any, Any]) -> None:
    """End a coroutine, however often its `finally` blocks wait; their errors reach nobody any more."""
    for _ in range(_PATIENCE):
        with suppress(Exception, asyncio.CancelledError):
            coro.close()
            return
    _immortalise(coro)


def _immortalise(coro: Coroutine[Any, Any, Any]) -> None:
    """Keep a coroutine that refuses to die for ever: to free it, Python would have to ask it once more."""
    with suppress(ImportError, AttributeError):
        ctypes = import_module("ctypes")
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(coro))


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
