"""The errors of a run that cannot go on, and the texts that say which agent failed, when, and why."""

from __future__ import annotations

import asyncio
import re
import threading
import traceback
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from coordlab import requirements as require
from coordlab.trace.faults import seconds
from coordlab.trace.trace import HANDLE, RESTART, SEND, START
from coordlab.world.agent import Agent
from coordlab.world.outside import THREADS
from coordlab.world.task import MICRO, AsyncioTask, Signal, Task

if TYPE_CHECKING:
    from coordlab.world.loop import VirtualLoop
    from coordlab.world.run import Run
    from coordlab.world.world import World

_OURS = re.compile(
    r"[\\/](coordlab[\\/]((world|labs)[\\/]\w+|requirements)|asyncio[\\/]\w+|contextlib)\.py$|<frozen "
    r"|[\\/]python3\.\d+[\\/](?!site-packages|dist-packages)"  # the standard library
)

_PACKAGE = str(Path(__file__).parents[1])

_HINTS = {
    r"'coroutine'|<coroutine object": "Is an `await` missing, as in `replies = await self.ask(...)`?",
    r"'Ticker' object is not iterable": "Write `async for tick in self.every(...)`.",
    r"\.on_\w+\(\) (takes|missing) ": "A handler takes (self, sender, message).",
}
"""What to do about an error of Python's whose text has such a part."""


class WorldError(RuntimeError):
    """A run that could not go on.  Its attribute `run` is the `Run` until then."""

    run: Run


class AgentError(WorldError):
    """An agent raised an exception: which agent, when, handling which message, and in which line.

    Its cause is the exception, with the frames of the agent's own code; `whole` is the whole traceback:
    `traceback.print_tb(error.whole)`.
    """

    whole: TracebackType | None = None

    def __reduce__(self) -> tuple[type[AgentError], tuple[object, ...], dict[str, object]]:
        return type(self), self.args, vars(self) | {"whole": None}  # tracebacks stay in their process


class DeadlockError(WorldError):
    """All tasks wait and nothing is due: which agent waits for what, since when."""


class BudgetError(WorldError):
    """The run used more than its `Budget`: of what, and which agent used most.

    remedy: the part of its text that says how to allow more; a lab has another one.
    """

    remedy = ""


def listed(names: Iterable[str], most: int = 12, empty: str = "nobody") -> str:
    """Names for an error message: all of them, or the first `most`."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or empty) + more


def blame(world: World, error: BaseException) -> str:
    """Which agent failed, when, on what, and in which line."""
    agent = world.loop.acting
    who = f"agent {agent.name} ({type(agent).__name__})" if isinstance(agent, Agent) else "the world"
    what = in_words(error)
    where = line_of(_leaves(error)[0]) or line_of(error) or begun(world, world.loop.cause)
    hint = "".join(f". {advice}" for part, advice in _HINTS.items() if re.search(part, what))
    return f"{who} failed at {seconds(world.now)} s{_acting_on(world, world.loop.cause)}: {what}{hint}{where}"


def in_words(error: BaseException) -> str:
    """The class and the text of an error, or of each in a group."""
    words = "; ".join(f"{type(each).__name__}: {_safely(str, each)}" for each in _leaves(error))
    return require.without_addresses(words)


def stuck(loop: VirtualLoop) -> str:
    """Which agents, or tasks without one, wait for what, since when."""
    tasks = list(loop.tasks)
    lines = [
        f"{task.owner.name if isinstance(task.owner, Agent) else task.get_name()} has waited for "
        f"{_waited_for(task)} since {seconds(task.since / MICRO)} s"
        for task in tasks[:10]
    ]
    more = f"; and {len(tasks) - 10} more" if len(tasks) > 10 else ""
    return (
        f"deadlock at {seconds(loop.now / MICRO)} s: all tasks wait, and nothing is due. "
        f"{'; '.join(lines)}{more}. {_advice(loop, tasks)}"
    )


def used_up(loop: VirtualLoop, kind: str) -> str:
    """Which budget a run without agents has used up, and what to do about it."""
    used = {
        "instant": f"more than {loop.instant:,} actions at one instant: is an `await` missing in a loop?",
        "wall": f"more than {loop.wall:g} real seconds: is an `await` missing in a loop, or has it no end? "
        "Then limit the virtual seconds: simulate(work, until=60)",
        "tasks": f"more than {loop.crowd:,} tasks at once: does each start more than one?",
        "time": "it would go on: limit it, or allow more virtual seconds: simulate(work, until=1e7)",
    }
    return f"the clock is at {seconds(loop.time())} s; {used[kind]}"


def _advice(loop: VirtualLoop, tasks: Collection[Task | AsyncioTask]) -> str:
    """What to do about tasks that all wait."""
    started = (each for each in threading.enumerate() if each.ident not in loop.older)
    if threads := [each.name for each in started if not each.daemon]:
        allowed, example = THREADS
        names = listed(dict.fromkeys(threads))
        return f"Is it for a thread beside it ({names})? But {allowed}. Write {example}."
    if any(isinstance(task.owner, Agent) for task in tasks):
        return "Limit the wait (within=...), or let an agent send."
    return "Limit the wait: async with asyncio.timeout(seconds)."


def without_ours(error: BaseException) -> TracebackType | None:
    """The traceback of `error` without our own frames and asyncio's, unless there are no others.

    The errors in a group, and those from which `error` came, lose theirs for good.
    """
    parts = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for each in filter(None, (*parts, error.__cause__, error.__context__)):
        each.__traceback__ = without_ours(each)
    frames = list[TracebackType]()
    each_frame = error.__traceback__
    while each_frame is not None:
        frames.append(each_frame)
        each_frame = each_frame.tb_next
    own = [each for each in frames if not _OURS.search(each.tb_frame.f_code.co_filename)]
    kept: TracebackType | None = None
    for each in reversed(own or frames[-1:]):
        kept = TracebackType(kept, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return kept


def _leaves(error: BaseException) -> list[BaseException]:
    """The errors in an exception group, such as a TaskGroup raises; otherwise the error itself."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in _leaves(each)]
    return [error]


def _safely(words: Callable[[object], str], thing: object) -> str:
    """`words(thing)`, or a replacement if that fails, because the learner wrote it."""
    try:
        return words(thing)
    except Exception as error:  # noqa: BLE001  (the error at hand must not hide behind this one)
        return f"<{type(thing).__name__} without words: {type(error).__name__}>"


def _acting_on(world: World, cause: int | None) -> str:
    if cause is None or cause >= len(world.rows):
        return ""
    _, kind, _, peer, number, name, *_ = world.rows[cause]
    if kind == HANDLE:
        sent = next(row[7] for row in world.rows if row[1] == SEND and row[4] == number)
        return f", handling {_safely(require.shown, sent)} from {peer}"
    return f", after {kind} {name or ''}".rstrip()


def _waited_for(task: Task | AsyncioTask) -> str:
    """What a task waits for; for an asyncio future, the call that waits for it, such as Queue.get."""
    waiting = task.waiting if isinstance(task, Task) else task._fut_waiter
    if isinstance(waiting, Signal):
        return str(waiting.wait)
    if not asyncio.isfuture(waiting):
        return str(waiting)
    inner: object = task.get_coro()
    name = line = ""
    while inner is not None:
        name = getattr(inner, "__qualname__", name)
        frame = getattr(inner, "cr_frame", None)
        if frame is not None and not _OURS.search(frame.f_code.co_filename):
            line = f" (line {frame.f_lineno} in {name})"
        inner = getattr(inner, "cr_await", None)
    return name + line


def line_of(error: BaseException) -> str:
    """The innermost line of the traceback that is the learner's, and that of a pattern which it led to."""
    return innermost(traceback.extract_tb(error.__traceback__))


def begun(world: World, cause: int | None) -> str:
    """The first line of the learner's method that acts on an event, or ""."""
    if cause is None or cause >= len(world.rows) or world.rows[cause][2] not in world.agents:
        return ""
    _, kind, name, _, _, about, *_ = world.rows[cause]
    cls = type(world.agents[name or ""])
    known = {each.__name__: handler for each, handler in cls._handlers.items()}
    method = cls.run if kind in (START, RESTART) else known.get(about or "") if kind == HANDLE else None
    code = getattr(method, "__code__", None)
    if code is None:
        return ""
    first = traceback.FrameSummary(code.co_filename, code.co_firstlineno, code.co_name)
    return innermost([first], patterns=False)


def innermost(frames: Iterable[traceback.FrameSummary], patterns: bool = True) -> str:
    """The innermost line that is the learner's, and, if `patterns`, the line of ours within it."""
    own = [frame for frame in frames if not _OURS.search(frame.filename)]
    theirs = [frame for frame in own if not frame.filename.startswith(_PACKAGE)][-1:]
    shown = [*theirs, *own[-1:]] if patterns and theirs != own[-1:] else theirs
    return "".join(map(_line, shown))


def _line(frame: traceback.FrameSummary) -> str:
    unnamed = "ipykernel" in frame.filename or frame.filename.startswith("<")
    name = re.split(r"[/\\]", frame.filename)[-1]
    file = "" if unnamed else f" of {name}"
    return f"\n  line {frame.lineno}{file}, in {frame.name}: {frame.line}"
