"""An asyncio event loop on virtual time: the clock jumps to the next thing that is due.

One heap of `(when, order, action, a, b)` holds everything that is due later.  `when` is a whole number
of microseconds; `order` counts up, so equal times are first come, first served.  What becomes ready by an
action (`call_soon`) is done before the next one.  See `task.py` for the two kinds of tasks.

The loop runs synchronously wherever it is called, inside a running loop too (a notebook cell): it
parks the outer loop and puts it back afterwards.  Nothing is patched, nest_asyncio is not needed.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
from asyncio.base_events import _run_until_complete_cb  # type: ignore[attr-defined]
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from contextvars import Context
from heapq import heappop, heappush, heapreplace
from itertools import count
from types import BuiltinMethodType, MethodType
from typing import Any, TypeVar, TypeVarTuple

from coordlab import requirements as require
from coordlab.world.crowd import Crowd
from coordlab.world.errors import stuck, used_up, without_ours
from coordlab.world.guards import (
    Overrun,
    Runaway,
    alarm,
    collector_at_rest,
    current_tasks,
    interruptible,
    replacing,
)
from coordlab.world.task import (
    MICRO,
    AsyncioTask,
    Future,
    Handle,
    Signal,
    Task,
    Wait,
    Work,
    micros,
    unwaitable,
)

FOREVER = sys.maxsize

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
_EMPTY = Context()
_ALWAYS = -FOREVER
_AGES = FOREVER / MICRO / 2  # seconds: a timer that is due then never rings
_STRETCH = 1000  # how many callbacks may follow one on another before something due has its turn
_METHODS = (BuiltinMethodType, MethodType)  # what wakes a task; what starts one is neither


class VirtualLoop(Crowd):
    """The event loop; `now` is the time in microseconds.

    instant: how many actions may be scheduled while the clock does not move.
    wall: how many real seconds a run may take.
    crowd: how many tasks there may be at once.

    `acting` is the agent on whose behalf the loop runs, and `cause` the number of the event that it acts on.
    `overrun(kind)` makes the error that ends a run that uses more; `spend` is called now and then, to check
    other budgets.  While there are `watchers`, `look` is called after every action.
    """

    # What every action reads, apart from the many attributes of asyncio's own loop: that is quicker.
    __slots__ = ("acting", "alert", "cause", "heap", "limit", "now", "order")

    def __init__(self, instant: int = 200_000, wall: float = 60.0, crowd: int = 50_000) -> None:
        super().__init__()
        self._thread_id: int | None = None
        self.now = self.order = 0
        self.heap, self.ready, self.numbers = [], deque(), count(1)
        self.acting = self.cause = None
        self.instant, self.wall, self.crowd = instant, wall, crowd
        self.horizon, self.stoppable, self._asked = FOREVER, True, 0.0
        self.limit = self.alert = instant
        self.watchers = self._urgent = self._swept = 0
        self._checked, self._wall_end = -1, float("inf")
        self.kept: Callable[[], int] = lambda: 0
        self.spend: Callable[[], None] = lambda: None
        self.look: Callable[[], None] = lambda: None
        self.overrun: Callable[[str], BaseException] = lambda kind: Runaway(used_up(self, kind))

    # --- what asyncio asks of a loop ---------------------------------------------------------------

    def time(self) -> float:
        return max(self._asked, self.now / MICRO)  # no timer sees an earlier time than it asked for

    def call_soon(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> Any:
        self.order = order = self.order + 1
        handle = Handle(self, callback, args, context)
        task: AsyncioTask = getattr(callback, "__self__", None)  # type: ignore[assignment]
        if isinstance(task, asyncio.Task):  # what wakes a task belongs to the owner of that task
            try:
                handle.acting = task.owner
            except AttributeError:
                handle.acting = self.adopt(task)
            if not isinstance(task, Task):
                handle.task, heap = task, self.heap
                if type(callback) not in _METHODS and heap and heap[0][0] <= self.now:
                    # It begins, or has yielded: what is due at this moment has its turn before.
                    heappush(heap, (self.now, order, self._call, handle, None))
                    return handle
        self.ready.append(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> Any:
        soonest = self.now + (when > self.time())
        handle = Handle(self, callback, args, context, when)
        self.at(max(soonest, int(min(when * MICRO + 0.999, FOREVER))), self._time_up, handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> Any:
        due = self.now + micros(min(delay, _AGES)) if delay > 0 else self.now
        handle = Handle(self, callback, args, context, due / MICRO)
        self.order = order = self.order + 1
        heappush(self.heap, (due, order, self._time_up, handle, None))
        return handle

    def create_future(self) -> Future:
        self.order = order = self.order + 1
        if order > self.limit:
            self.check()
        return Future(loop=self)

    def create_task(self, coro: Work, **options: Any) -> Any:  # type: ignore[override]
        self.admit(coro)
        if self._task_factory is None:
            task: Any = AsyncioTask(coro, loop=self, **options)
        else:
            task = super().create_task(coro, **options)
        if not hasattr(task, "owner"):  # it has begun at once
            self.adopt(task)
        if task.done():
            self.ended(task)
        return task

    def run_until_complete(self, future: Any) -> Any:
        """Run until `future` (or a task made of a coroutine) is done, and return its result."""
        with self.parked():
            main = asyncio.ensure_future(future, loop=self)
            main.add_done_callback(_run_until_complete_cb)
            try:
                self.drive(self.horizon)
            finally:
                main.remove_done_callback(_run_until_complete_cb)
        if main.done():
            return main.result()
        self.raise_unheard()
        if self._stopping:
            raise RuntimeError("the loop was stopped before its main task was done")
        raise RuntimeError(stuck(self)) if self.idle() else self.overrun("time")

    def run_forever(self) -> None:
        with self.parked():
            self.drive()

    def stop(self) -> None:
        given, allowed = "loop.stop()", "a world ends by itself, or at the time given to its run"
        require.that(self.stoppable, given, allowed, "world.run(until=3)", RuntimeError)
        super().stop()

    def close(self) -> None:
        super().close()
        self.heap.clear()
        self.ready.clear()

    def __del__(self) -> None:
        """Do nothing: the loop holds no socket and no thread that must be closed."""

    # --- the loop itself ---------------------------------------------------------------------------

    @contextmanager
    def parked(self) -> Generator[None]:
        """Take the place of the loop that is running in this thread, if any, and restore it afterwards."""
        if self.is_running():
            raise RuntimeError("this loop is running already: await the coroutine instead")
        with replacing(self, self._asyncgen_finalizer_hook):
            if self._home is None:
                self.older = frozenset(each.ident for each in threading.enumerate())
            self._thread_id = self._home = threading.get_ident()
            try:
                yield
            finally:
                self._thread_id = None

    def waiter(self) -> Task | Signal:
        """What will wait: the task of ours that is being driven, or a signal for one of asyncio's."""
        task: object = asyncio.current_task(self)
        return task if isinstance(task, Task) else Signal(loop=self)

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

    def drive(self, until: int = FOREVER) -> None:
        """Do what is due up to and including `until`, in order; the clock is then at the last action."""
        try:
            with collector_at_rest(), self.watched():
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
        while True:  # a condition here would keep Python 3.11 from specialising the loop
            if ready and self._drain():
                continue
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

    def _time_up(self, handle: Handle, _: None = None) -> bool:
        """Call a timer of asyncio's, and the others due at this moment, before the tasks that they wake."""
        heap, order = self.heap, self.order
        if handle.callback is None:
            return True
        while True:
            self._asked = max(self._asked, handle.asked)
            self._call(handle)
            if not heap or heap[0][0] > self.now or heap[0][1] > order or heap[0][2] != self._time_up:
                return False
            handle = heappop(heap)[3]

    def _drain(self) -> bool:
        """Call what is ready, and what becomes ready by that; return whether to go on at once."""
        heap, ready = self.heap, self.ready
        for _ in range(_STRETCH):
            if not ready:
                return False
            self._call(ready.popleft())
            if self.order > self.alert:
                self.attend()
        return not (self._stopping or (heap and heap[0][0] <= self.now))

    def _call(self, handle: Handle, _: None = None) -> bool:
        callback, task = handle.callback, handle.task
        if callback is None or (task is not None and task.done()):
            return True
        if self.held and (rest := self.rest(handle.acting)) > 0:
            self.at(self.now + rest, self._call, handle)
            return True
        self.acting, self.cause = handle.acting, handle.cause
        try:
            handle.context.run(callback, *handle.args)
        except BaseException as error:  # noqa: BLE001  (it is raised, or goes to the program's own handler)
            self.unheard(handle, error)
        if task is not None:
            task.since = self.now
            if task.done():
                self.ended(task)
        del callback, handle, task  # the error of a task leads to this frame, and would keep the task alive
        return False

    def step(self, task: Task, error: BaseException | None = None) -> int | None:
        """Let `task` go on until it waits again; returns the microseconds, if it sleeps."""
        if self.held and error is None and not task._must_cancel and (rest := self.rest(task.owner)) > 0:
            return rest
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
            current_tasks.pop(self, None)
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
            task._fut_waiter, task.waiting, task.since = want, want, self.now
            want.add_done_callback(task._woken, context=_EMPTY)
            if task._must_cancel and want.cancel():
                task._must_cancel = False

    def resume(self, waiter: Task | Signal) -> None:
        """Let what waits go on now, because of the event being handled."""
        if isinstance(waiter, Signal):
            waiter.ring()
        else:
            self._unpark(waiter)
            self.go(waiter)

    def later(self, waiter: Task | Signal) -> None:
        """Let what waits go on at this instant, but after what is being done."""
        if isinstance(waiter, Signal):
            self.call_later(0, waiter.ring)
        else:
            self._unpark(waiter)
            self.wake(waiter)

    def _unpark(self, task: Task) -> None:
        task.epoch += 1
        task.cause, task.waiting = self.cause, None

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
    def watched(self) -> Generator[None]:
        """Stop an agent that computes for ever without waiting, which only a signal can do."""
        self._wall_end = time.monotonic() + self.wall
        self._renew(-1)

        def ring(*_: object) -> None:
            raise Overrun(self, "wall")

        with interruptible(), alarm(self.wall + 0.5, ring):
            yield


def simulate(work: Coroutine[Any, Any, _T], until: float = 1_000_000.0) -> _T:
    """Run plain asyncio code on virtual time, without agents, and return the result of the coroutine.

    until: the virtual seconds after which a run that goes on is ended, above 0.

    Raises what the coroutine raises, or else the first error of another task that nobody has asked for;
    `Runaway` for a run without an end, RuntimeError if all tasks wait for ever.

    >>> async def nap() -> float:
    ...     await asyncio.sleep(30)
    ...     return asyncio.get_running_loop().time()
    >>> simulate(nap())
    30.0
    """
    loop = VirtualLoop()
    loop.horizon = micros(require.seconds("until", until, positive=True, example=60))
    try:
        result: _T = loop.run_until_complete(work)
        loop.raise_unheard()
        return result
    except Exception as error:  # noqa: BLE001  (it is raised again)
        raise error.with_traceback(without_ours(error)) from error.__cause__
    finally:
        loop.kill_all()
        loop.close()
