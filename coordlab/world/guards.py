"""What a run asks of the process while it lasts: to be interruptible, to end, and a collector at rest."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any


@contextmanager
def interruptible() -> Generator[None]:
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
def alarm(after: float, ring: Callable[..., None]) -> Generator[None]:
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


@contextmanager
def collector_at_rest() -> Generator[None]:
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
