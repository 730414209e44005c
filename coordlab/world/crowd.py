"""The tasks of a loop: which agent started each, which have failed, and how they are stopped."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from heapq import heappop
from typing import Any, cast

from coordlab import requirements as require
from coordlab.world.guards import Overrun, current_tasks
from coordlab.world.outside import THREADS, ClosedWorld
from coordlab.world.task import AsyncioTask, Handle, Task, Work, bury, immortalise, is_running, is_void


class Crowd(ClosedWorld):
    """The part of a loop that keeps its tasks, at most `crowd` at once."""

    crowd: int
    now: int
    acting: object
    cause: int | None
    heap: list[tuple[int, int, Any, Any, Any]]
    ready: deque[Handle]
    at: Callable[..., None]
    parked: Callable[[], AbstractContextManager[None]]
    watched: Callable[[], AbstractContextManager[None]]

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[Task | AsyncioTask, None] = {}
        self.failed: list[tuple[Task | AsyncioTask, int, int | None]] = []  # when, and because of which event
        self.held: dict[object, int] = {}  # who is paused, and until when
        self._burying = False

    def admit(self, coro: Work) -> None:
        """Let another task begin, unless there are too many."""
        if len(self.tasks) >= self.crowd:
            coro.close()
            raise Overrun(self, "tasks")

    def adopt(self, task: Any) -> object:
        """Take a task of asyncio's for the acting agent's, and return the agent."""
        self.tasks[task] = None
        task.owner, task.since = self.acting, self.now
        return self.acting

    def ended(self, task: AsyncioTask) -> None:
        """Take note that a task of asyncio's is done."""
        self.tasks.pop(task, None)
        error = task._exception
        if isinstance(error, Overrun):  # asyncio has caught it
            task._log_traceback = False
            raise error
        if error is not None:
            self.fail(task)

    def fail(self, task: Task | AsyncioTask) -> None:
        """Remember that a task has raised an error; a handler of the program's own is told by asyncio."""
        if self._exception_handler is None:
            self.failed.append((task, self.now, self.cause))

    def unheard(self, handle: Handle, error: BaseException) -> None:
        """Tell the program's own handler, if there is one, that a callback has raised `error`; else raise it.

        An error that reaches us through a callback of the world's own ends the run all the same.
        """
        ours = str(getattr(handle.callback, "__module__", "")).startswith("coordlab.world.")
        stops = isinstance(error, (KeyboardInterrupt, SystemExit, Overrun))
        if ours or stops or self._exception_handler is None:
            raise error
        message = f"Exception in callback {handle!r}"
        self.call_exception_handler({"message": message, "exception": error, "handle": handle})

    def raise_unheard(self) -> None:
        """Raise the first error that nobody has asked a task for, or the call of a real thread."""
        for task, at, cause in self.failed:
            if task._log_traceback:
                self.acting, self.now, self.cause = task.owner, at, cause
                raise task.exception() or RuntimeError("a task failed")
        if self.intruder:
            self.acting = self.cause = None
            require.fail(f"the thread {self.intruder} called the loop", *THREADS, RuntimeError)

    def forget(self, task: Task | AsyncioTask) -> None:
        """Remove a task that has ended from the lists."""
        self.tasks.pop(task, None)
        asyncio._unregister_task(task)  # type: ignore[arg-type]

    def rest(self, owner: object) -> int:
        """For how many microseconds `owner` is paused yet; 0 or less if it is not."""
        return self.held.get(owner, 0) - self.now

    def due(self, end: int = sys.maxsize) -> int:
        """When the next action is due, in microseconds, or `end` if that is earlier."""
        return min(end, self.heap[0][0]) if self.heap else end

    def advance(self) -> None:
        """Do the next thing that is due, where no task waits: for who acts in place of the agents."""
        when, _, action, a, b = heappop(self.heap)
        before, self.now = self.now, when
        if action is not None and action(a, b):
            self.now = before

    def idle(self) -> bool:
        """Whether nothing is due any more: timers of waits that are over do not count."""
        return all(is_void(action, a, b) for _, _, action, a, b in self.heap)

    def kill(self, owner: object) -> None:
        """Stop all that `owner` has started: its tasks, its callbacks and its timers."""
        for task in [each for each in self.tasks if each.owner is owner and is_running(each)]:
            self.kill_task(task)
        while doomed := [each for each in self.tasks if each.owner is owner and not is_running(each)]:
            for task in doomed:
                self.kill_task(task)
        ahead = (a for _, _, _, a, _ in self.heap if isinstance(a, Handle))
        for handle in (*self.ready, *ahead):
            if handle.acting is owner:
                handle.cancel()

    def kill_task(self, task: Task | AsyncioTask, _: None = None) -> None:
        """Stop a task at once and for ever, as a power cut stops a process."""
        if task.done():
            return
        if is_running(task):  # it stops itself, and goes on to its next await only
            self.at(self.now, self.kill_task, task)
            return
        if isinstance(task, Task):
            task.epoch += 1
        self.forget(task)
        with self.burying(task):
            bury(task.get_coro())
            asyncio.Future.cancel(task)

    def kill_all(self) -> None:
        """Stop every task, also those that were interrupted while they ran."""
        while self.tasks:
            with self.parked(), self.watched():
                for task in list(self.tasks):
                    self.kill_task(task)
        for handle in self.ready:
            thread = getattr(handle.callback, "__self__", None)
            if isinstance(thread, threading.Thread):  # it would keep the process from ending
                handle.context.run(cast("Callable[..., object]", handle.callback), *handle.args)
        for task, *_ in self.failed:
            task._log_traceback = False

    def abandon(self) -> None:
        """Give up on tasks that could not be stopped."""
        for task in self.tasks:
            immortalise(task.get_coro())
        self.tasks.clear()

    @contextmanager
    def burying(self, task: Task | AsyncioTask) -> Generator[None]:
        """While a task is stopped, it is the current one, and what it still starts belongs to its owner."""
        before, self.acting, self._burying = self.acting, task.owner, True
        current = asyncio.current_task(self)
        current_tasks[self] = task
        try:
            yield
        finally:
            current_tasks.pop(self)
            if current is not None:
                current_tasks[self] = current
            self.acting, self._burying = before, False

    def _asyncgen_finalizer_hook(self, agen: AsyncGenerator[Any]) -> None:
        """Let an async generator that was left early finish, unless it ends with its agent."""
        if not (self._burying or self.is_closed()):
            self.create_task(agen.aclose())
