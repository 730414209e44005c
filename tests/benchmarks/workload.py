"""What a benchmark is made of: one piece of work, done by several contenders with the same answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import async_solipsism

MICRO = 1_000_000
RECORDED = ("send", "deliver", "drop", "handle", "timer", "state")


@dataclass(frozen=True)
class Target:
    """`ours` is to be at least `times` as fast as `theirs`; below 1: to take at most 1 / `times` as long."""

    ours: str
    theirs: str
    times: float

    def __str__(self) -> str:
        bound = f"≥ {self.times:g} x as fast as" if self.times >= 1 else f"≤ {1 / self.times:g} x the time of"
        return f"{self.ours}: {bound} {self.theirs}"


@dataclass(frozen=True)
class Workload:
    """Work of a `size` counted in `unit`s; `answer` says of an outcome what all contenders must agree on."""

    title: str
    unit: str
    size: int
    contenders: dict[str, Callable[[int], Any]]
    answer: Callable[[Any], dict[str, Any]]
    targets: tuple[Target, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    counted: Callable[[Any], int] | None = None  # how many units an outcome comes to, if not its size


def on_solipsism(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine on async-solipsism's loop."""
    with asyncio.Runner(loop_factory=async_solipsism.EventLoop) as runner:
        return runner.run(work)


def account(rows: list[Any], timed: bool = True) -> dict[str, Any]:
    """What a trace says, whatever the order of equal times: counts, a checksum, and that causes are sound."""
    kept = [row for row in rows if row[1] in RECORDED]
    answer = {"events": dict(sorted(Counter(row[1] for row in kept).items())), "unsound": unsound(rows)}
    if timed:
        answer["checksum"] = sum(crc32(repr(_gist(row)).encode()) for row in kept)
    return answer


def _gist(row: Any) -> tuple[Any, ...]:
    time, kind, agent, peer, _, name, _, data = row
    return time, kind, agent, peer, name, None if kind == "timer" else data


def unsound(rows: list[Any]) -> int:
    """How many deliveries do not point to their send, and handlings not to their delivery."""
    wanted = {"deliver": "send", "handle": "deliver"}
    pairs: Iterable[Any] = ((row, rows[row[6]]) for row in rows if row[1] in wanted)
    return sum(cause[1] != wanted[row[1]] or cause[4] != row[4] for row, cause in pairs)
