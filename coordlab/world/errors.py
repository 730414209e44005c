"""When a run cannot go on: the errors, and the words for who brought it about, when, and upon what."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from coordlab.trace.faults import seconds
from coordlab.trace.trace import HANDLE, SEND
from coordlab.world.agent import Agent
from coordlab.world.task import MICRO, Task

if TYPE_CHECKING:
    from coordlab.world.world import Run, World

_OURS = re.compile(r"[\\/](coordlab[\\/]world[\\/]\w+|asyncio[\\/]\w+|contextlib)\.py$|<frozen ")


class WorldError(RuntimeError):
    """A run that could not go on.  `run` is what happened until then."""

    run: Run


class AgentError(WorldError):
    """An agent raised an exception: who, when, upon which message, and in which of its lines."""


class DeadlockError(WorldError):
    """Everybody waits and nothing lies ahead: who waits for what, since when."""


class BudgetError(WorldError):
    """The run went beyond its budget: which one, and who used it up."""


class UnhandledMessage(LookupError):
    """A message arrived for which its recipient has no handler."""


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names for an error message: all of them, or the first few."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "nobody") + more


def blame(world: World, error: BaseException) -> str:
    """Who failed, when, upon what, and in which line."""
    agent = world.loop.acting
    who = f"agent {agent.name} ({type(agent).__name__})" if isinstance(agent, Agent) else "the world"
    what = "; ".join(f"{type(each).__name__}: {_safely(str, each)}" for each in _leaves(error))
    where = _own_line(_leaves(error)[0]) or _own_line(error)
    return f"{who} failed at {seconds(world.now)} s{_upon(world, world.loop.cause)}: {what}{where}"


def stuck(world: World) -> str:
    """Who waits for what, since when."""
    tasks = list(world.loop.tasks)
    lines = [
        f"{task.owner.name if task.owner else task.get_name()} has waited for {_waited_for(task)} "
        f"since {seconds(task.since / MICRO)} s"
        for task in tasks[:10]
    ]
    more = f"; and {len(tasks) - 10} more" if len(tasks) > 10 else ""
    return (
        f"deadlock at {seconds(world.now)} s: everybody waits, and nothing lies ahead. "
        f"{'; '.join(lines)}{more}. "
        f"Give the wait an end (within=...), or let somebody send."
    )


def overrun(world: World, kind: str) -> BudgetError:
    """The error for a budget that is used up, naming who used most of it lately."""
    budget, now = world.budget, seconds(world.now)
    what, advice = {
        "instant": (
            f"more than {world.loop.instant:,} things happened while the clock stood at {now} s",
            "Does it answer its own messages, or loop without `await self.sleep(...)`?",
        ),
        "wall": (
            f"the run took more than {budget.wall:g} real seconds (the clock stands at {now} s)",
            "Does it loop without an `await`? Or give it longer: World(budget=Budget(wall=...)).",
        ),
        "time": (
            f"the run went on for more than {budget.time:g} virtual seconds",
            "Give the run an end: world.run(until=20).",
        ),
        "events": (
            f"the trace grew beyond {budget.events:,} events (the clock stands at {now} s)",
            "Give the run an end, as in world.run(until=20), or more room: World(budget=Budget(events=...)).",
        ),
    }[kind]
    return BudgetError(f"{what}; {_busiest(world, kind)} was the busiest. {advice}")


def _busiest(world: World, kind: str) -> str:
    acting = world.loop.acting
    if kind == "wall" and isinstance(acting, Agent):
        return acting.name
    recent = Counter(row[2] for row in world.rows[-10_000:] if row[2] is not None and row[1] != "start")
    return recent.most_common(1)[0][0] if recent else getattr(acting, "name", "nobody")


def _leaves(error: BaseException) -> list[BaseException]:
    """The errors that a group, such as a TaskGroup raises, consists of; else the error itself."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in _leaves(each)]
    return [error]


def _safely(words: Callable[[Any], str], thing: Any) -> str:
    """What `words` says of a thing of which anybody may have written the words."""
    try:
        return words(thing)
    except Exception as error:  # noqa: BLE001  (the error at hand must not hide behind this one)
        return f"<{type(thing).__name__} that cannot say what it is: {type(error).__name__}>"


def _upon(world: World, cause: int | None) -> str:
    if cause is None or cause >= len(world.rows):
        return ""
    _, kind, _, peer, number, name, *_ = world.rows[cause]
    if kind == HANDLE:
        sent = next(row[7] for row in world.rows if row[1] == SEND and row[4] == number)
        return f", handling {_safely(repr, sent)} from {peer}"
    return f", after {kind} {name or ''}".rstrip()


def _waited_for(task: Task) -> str:
    """What a task waits for; of an asyncio future, the call that waits for it, such as Queue.get."""
    if not asyncio.isfuture(task.waiting):
        return str(task.waiting)
    inner: Any = task.get_coro()
    name = line = ""
    while inner is not None:
        name = getattr(inner, "__qualname__", name)
        frame = getattr(inner, "cr_frame", None)
        if frame is not None and not _OURS.search(frame.f_code.co_filename):
            line = f" (line {frame.f_lineno} in {name})"
        inner = getattr(inner, "cr_await", None)
    return name + line


def _own_line(error: BaseException) -> str:
    """The innermost line of the traceback that is neither ours nor asyncio's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not _OURS.search(frame.filename)]
    if not own:
        return ""
    last = own[-1]
    unnamed = "ipykernel" in last.filename or last.filename.startswith("<")
    name = re.split(r"[/\\]", last.filename)[-1]
    file = "" if unnamed else f" of {name}"
    return f"\n  line {last.lineno}{file}, in {last.name}: {last.line}"
