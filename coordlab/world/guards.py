"""What a run asks of the process while it lasts (its thread, Ctrl-C, an alarm), and what stops it."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import threading
from asyncio import events
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any, cast

_swap: Callable[..., Any] | None = getattr(asyncio.tasks, "_swap_current_task", None)


class _ThreadsCurrentTask(dict[Any, Any]):
    """Where Python 3.14 and later keep the current task: in the thread, behind a function."""

    def __setitem__(self, loop: Any, task: Any) -> None:
        cast("Callable[..., Any]", _swap)(loop, task)

    def pop(self, loop: Any, default: object = None) -> None:
        self[loop] = None


current_tasks: dict[Any, Any] = (
    vars(asyncio.tasks)["_current_tasks"] if sys.version_info < (3, 14) else _ThreadsCurrentTask()
)
"""The task that each event loop is driving, as asyncio looks it up."""

current_task: Callable[[Any], Any] = current_tasks.get if sys.version_info < (3, 14) else asyncio.current_task
"""As `asyncio.current_task(loop)`, which is a function of Python and slow before 3.14."""


class Runaway(RuntimeError):
    """A budget is used up: the run would not end, or not in reasonable time."""


class Overrun(BaseException):
    """Stops a run in mid-action.  It is not an `Exception`, so that no agent catches it by accident."""

    def __init__(self, loop: asyncio.BaseEventLoop, kind: str) -> None:
        super().__init__(kind)
        self.loop, self.kind = loop, kind


@contextmanager
def replacing(
    loop: asyncio.BaseEventLoop, finalizer: Callable[[AsyncGenerator[Any]], None]
) -> Generator[None]:
    """Let `loop` take the place of the loop that runs in this thread, if any, and restore that one.

    `finalizer` is called with each async generator that was left before its end.
    """
    outer = events._get_running_loop()
    task = asyncio.current_task(outer) if outer is not None else None
    if task is not None and _swap is not None:
        _swap(outer, None)
    hooks = sys.get_asyncgen_hooks()
    events._set_running_loop(loop)
    sys.set_asyncgen_hooks(firstiter=None, finalizer=finalizer)
    try:
        yield
    finally:
        sys.set_asyncgen_hooks(*hooks)
        current_tasks.pop(loop, None)
        events._set_running_loop(outer)
        if task is not None and _swap is not None:
            _swap(outer, task)


@contextmanager
def interruptible() -> Generator[None]:
    """Let Ctrl-C interrupt the run at once; an outer event loop would delay it to its next turn."""
    if threading.current_thread() is not threading.main_thread() or not callable(_handler(signal.SIGINT)):
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def alarm(after: float, ring: Callable[[int, FrameType | None], object]) -> Generator[None]:
    """Call `ring` after this many real seconds, and every half second from then on.

    Does nothing if the program has an alarm of its own, or where there are no signals.
    """
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


@contextmanager
def collector_at_rest() -> Generator[None]:
    """Keep Python's cycle collector from scanning a growing trace again and again, which takes half a run.

    The loop's own `check` lets it scan what is new, now and then.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _handler(number: int) -> object:
    return signal.getsignal(number) if sys.platform != "emscripten" else None


def _can_alarm() -> bool:
    if not hasattr(signal, "setitimer") or sys.platform == "emscripten":
        return False
    in_main = threading.current_thread() is threading.main_thread()
    return in_main and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
