"""Tasks on virtual time: what drives a coroutine, and what it may wait for.

An agent's `run` and its handlers are driven by a `Task` of ours, which understands the world's own `Pause`
and `Wait`, each an entry of the loop's heap and nothing else, and any asyncio future.  What asyncio itself
starts (`asyncio.create_task`, `gather`, `TaskGroup`) is a task of asyncio's; there, our waits are futures.
"""

from __future__ import annotations

import asyncio
from asyncio import _get_running_loop, base_tasks
from asyncio.format_helpers import _format_callback_source
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterable, Iterator
from contextlib import suppress
from contextvars import Context, copy_context
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

from coordlab import requirements as require
from coordlab.world.guards import current_task

if TYPE_CHECKING:
    from coordlab.world.loop import VirtualLoop

MICRO = 1_000_000

_T = TypeVar("_T")
Work = Coroutine[Any, Any, Any]
"""What a task drives."""
Waiting = Generator[Any, Any, None]
"""What `await` iterates over: each value that it yields is a wish to the loop."""
_PATIENCE = 1000  # how often a dying coroutine may try to wait


def micros(seconds: float) -> int:
    """Seconds as whole microseconds, in which the loop counts: rounded up, so that no wait ends too early.

    What is above by less than a nanosecond is an error of floating point.  Only 0 seconds take no time.

    >>> micros(0.1 + 0.2), micros(1 / 3), micros(1e-12), micros(0)
    (300000, 333334, 1, 0)
    """
    if seconds < 0:
        return -micros(-seconds)
    return int(seconds * MICRO + 0.999) or int(seconds > 0)


class Wait:
    """Parks the task that awaits it as long as it is `open`; `str` names it in a deadlock.

    `task` waits: a task of ours, or else a `Signal` for one of asyncio's.
    """

    __slots__ = ("open", "task")
    open: bool
    task: Task | Signal

    def __await__(self) -> Waiting:
        """Wait until `VirtualLoop.resume` is called with the task."""
        if isinstance(self.task, Task):
            return _once(self)
        self.task.wait = self
        return self.task.__await__()


def _once(want: object) -> Waiting:
    """Yield one wish to the loop and end: a generator would take twice the memory."""
    return iter((want,))  # type: ignore[return-value]


class Pause:
    """Awaits a whole number of microseconds."""

    __slots__ = ("microseconds",)

    def __init__(self, microseconds: int) -> None:
        self.microseconds = microseconds

    def __await__(self) -> Waiting:
        if isinstance(current_task(_get_running_loop()), Task):
            return _once(self.microseconds)
        return asyncio.sleep(self.microseconds / MICRO).__await__()


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


class Signal(Future):
    """Wakes a task of asyncio's that awaits the `wait` of an agent."""

    __slots__ = ("wait",)
    wait: Wait

    def ring(self) -> None:
        if not self.done():
            self.set_result(None)


class AsyncioTask(asyncio.Task[Any]):
    """A task of asyncio's with a hash as `Future` has it.

    `owner` is the agent that started it, and `since` the time at which it began to wait.
    """

    __slots__ = ("_number", "owner", "since")
    owner: object
    since: int
    _fut_waiter: asyncio.Future[Any] | None

    def __init__(self, coro: Work, *, loop: VirtualLoop, name: str | None = None, **options: Any) -> None:
        self._number = number = next(loop.numbers)
        super().__init__(coro, loop=loop, name=name or f"Task-{number}", **options)

    def __hash__(self) -> int:
        return self._number


class Task(Future):
    """Drives one coroutine of an agent; to asyncio, and to libraries, it is an `asyncio.Task`.

    `owner` is the agent that started it and `cause` the event that it acts on: the tasks and timers that it
    starts inherit both.  `waiting` is None while it can run, otherwise what it has waited for since `since`.
    The heap knows a task by its `epoch`: entries made in an earlier one are void.
    """

    __slots__ = (
        *("_cancels", "_coro", "_fut_waiter", "_must_cancel", "_send", "cause", "context", "epoch"),
        *("fatal", "name", "owner", "since", "waiting"),
    )
    _log_destroy_pending = True

    def __init__(
        self,
        coro: Work,
        *,
        loop: VirtualLoop,
        name: str | None = None,
        context: Context | None = None,
    ) -> None:
        super().__init__(loop=loop)
        self._coro, self._send = coro, coro.send
        self.context = copy_context() if context is None else context
        self.name, self.owner, self.cause = name, loop.acting, loop.cause
        self._fut_waiter: asyncio.Future[Any] | None = None
        self._must_cancel, self._cancels, self.epoch = False, 0, 0
        self.fatal = False  # whether an error in it ends the run
        self.waiting: object = None
        self.since = loop.now
        asyncio._register_task(self)  # type: ignore[arg-type]
        loop.tasks[self] = None
        loop.wake(self)

    @property  # type: ignore[misc]
    def __class__(self) -> type[asyncio.Task[Any]]:  # type: ignore[override]
        """What `isinstance` is told: libraries ask it of the current task."""
        return asyncio.Task

    def get_coro(self) -> Work:
        return self._coro

    def get_context(self) -> Context:
        return self.context

    def get_name(self) -> str:
        return self.name or f"Task-{hash(self)}"

    def set_name(self, name: object) -> None:
        self.name = str(name)

    def get_stack(self, *, limit: int | None = None) -> list[FrameType]:
        return base_tasks._task_get_stack(cast("asyncio.Task[Any]", self), limit)

    def print_stack(self, *, limit: int | None = None, file: TextIO | None = None) -> None:
        base_tasks._task_print_stack(cast("asyncio.Task[Any]", self), limit, cast("Any", file))

    def cancelling(self) -> int:
        return self._cancels

    def uncancel(self) -> int:
        self._cancels = max(0, self._cancels - 1)
        if not self._cancels:
            self._must_cancel = False
        return self._cancels

    def cancel(self, msg: object = None) -> bool:
        if self.done():
            return False
        self._cancels += 1
        if self._fut_waiter is not None and self._fut_waiter.cancel(msg=msg):
            return True
        self._must_cancel, self._cancel_message = True, msg
        if is_running(self):
            self._loop.call_soon(self._startle)
        else:
            self._startle()
        return True

    def _startle(self) -> None:
        """Wake a task that sleeps or is parked, to be cancelled."""
        if self._must_cancel and self._fut_waiter is None and not self.done():
            self.epoch += 1
            self._loop.wake(self)

    def _take_cancel(self, error: BaseException | None) -> BaseException:
        if self._must_cancel and not isinstance(error, asyncio.CancelledError):
            error = self._make_cancelled_error()
        self._must_cancel = False
        assert error is not None
        return error

    def _woken(self, future: asyncio.Future[Any]) -> None:
        if self.done():
            return
        self._fut_waiter = self.waiting = None
        self.cause = self._loop.cause
        if future.cancelled():
            error: BaseException | None = cast("Future", future)._make_cancelled_error()
        else:
            error = future.exception()
        self._loop.go(self, error)

    def finish(self, error: BaseException | None, result: object = None) -> None:
        """Take the error or the result with which its coroutine has ended."""
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
            self._loop.fail(self)


class Handle:
    """A callback that is due; remembers which agent scheduled it, and because of which event.

    `task` is the task of asyncio's of which it is a step, if it is one, and `asked` the time asked for.
    """

    __slots__ = ("acting", "args", "asked", "callback", "cause", "context", "task")

    def __init__(
        self,
        loop: VirtualLoop,
        callback: Callable[..., object] | None,
        args: tuple[object, ...],
        context: Context | None,
        asked: float = 0.0,
    ) -> None:
        self.callback, self.args = callback, args
        self.context = copy_context() if context is None else context
        self.acting, self.cause, self.asked = loop.acting, loop.cause, asked
        self.task: AsyncioTask | None = None

    def cancel(self) -> None:
        self.callback = None

    def cancelled(self) -> bool:
        return self.callback is None

    def when(self) -> float:
        return self.asked

    def get_context(self) -> Context:
        return self.context

    def __repr__(self) -> str:
        if self.callback is None:
            return "<Handle cancelled>"
        return f"<Handle {_format_callback_source(self.callback, self.args)}>"


def unwaitable(task: Task, want: Any) -> str:
    """Why `task` cannot wait for `want`, or "" if it can."""
    if not getattr(want, "_asyncio_future_blocking", None):
        return f"{task.get_name()} awaits {require.shown(want)}, for which asyncio cannot wait"
    if want is task:
        return f"{task.get_name()} awaits itself"
    if want.get_loop() is not task.get_loop():
        return (
            f"{task.get_name()} awaits a future of another event loop. What an agent awaits must be made "
            f"inside the run: make the queue, event or task in its run() or a handler."
        )
    return ""


def is_running(task: Task | AsyncioTask) -> bool:
    """Whether a task is in mid-step; it may have started another, which runs."""
    return bool(getattr(task.get_coro(), "cr_running", False))


def is_void(action: object, a: Any, b: Any) -> bool:
    """Whether an entry of the heap is void."""
    if action is None:
        return bool(a.epoch != b)
    return a.cancelled() if isinstance(a, Handle) else isinstance(a, Wait) and not a.open


def bury(coro: Any) -> None:
    """End a coroutine, however often its `finally` blocks wait; their errors are dropped."""
    chain = list(_awaiting(coro))
    for _ in range(_PATIENCE):
        with suppress(Exception, asyncio.CancelledError):
            coro.close()
            break
    for each in chain:
        if each.cr_frame is not None:
            immortalise(each)


def _awaiting(coro: Any) -> Iterator[Any]:
    """A coroutine, the one that it awaits, and so on."""
    while hasattr(coro, "cr_frame"):
        yield coro
        coro = coro.cr_await


def immortalise(coro: object) -> None:
    """Keep a coroutine that refuses to end for ever: to free it, Python would have to run it again."""
    with suppress(ImportError, AttributeError):
        ctypes = import_module("ctypes")
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(coro))


async def as_completed(awaitables: Iterable[Awaitable[_T]]) -> AsyncIterator[_T]:
    """The results of `awaitables` as they are completed, in the same order in every run.

    Use it instead of `asyncio.as_completed`, which starts its coroutines in the order of a set.
    """
    done: asyncio.Queue[asyncio.Future[_T]] = asyncio.Queue()
    futures = [asyncio.ensure_future(each) for each in awaitables]
    for future in futures:
        future.add_done_callback(done.put_nowait)
    for _ in futures:
        yield (await done.get()).result()
