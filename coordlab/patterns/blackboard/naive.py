"""A common first attempt at a blackboard: a dictionary, a lock, and callbacks by the text that was asked for.

Each function shows one fault on virtual time and returns the evidence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from coordlab.world.loop import simulate


@dataclass
class Note:
    """The entry under a key."""

    key: str
    value: Any
    author: str = ""
    confidence: float = 1.0


Callback = Callable[[Note], Coroutine[Any, Any, None]]


class CallbackBoard:
    """One note under each key, and the callbacks for it."""

    def __init__(self) -> None:
        self.notes: dict[str, Note] = {}
        self.callbacks: dict[str, list[Callback]] = {}
        self.lock = asyncio.Lock()

    async def write(self, key: str, value: Any, author: str = "", confidence: float = 1.0) -> None:
        """Store a note, and call those that asked for it."""
        async with self.lock:
            self.notes[key] = note = Note(key, value, author, confidence)
            for callback in self.callbacks.get(key, []):
                asyncio.create_task(callback(note))  # noqa: RUF006  (nothing keeps the task)

    async def read(self, key: str) -> Note | None:
        """The note under a key."""
        async with self.lock:
            return self.notes.get(key)

    async def subscribe(self, pattern: str, callback: Callback) -> None:
        """Call back about every note that matches."""
        async with self.lock:
            self.callbacks.setdefault(pattern, []).append(callback)


def heard(pattern: str = "finding:*", key: str = "finding:ai", late: bool = False) -> list[str]:
    """What a subscriber to a pattern hears when something is written under a key, after it or just before.

    >>> heard("finding:*", "finding:ai"), heard("finding:ai", "finding:ai")
    ([], ['finding:ai'])
    >>> heard("finding:ai", "finding:ai", late=True)
    []
    """
    calls = []

    async def callback(note: Note) -> None:
        calls.append(note.key)

    async def main() -> None:
        board = CallbackBoard()
        steps = [board.subscribe(pattern, callback), board.write(key, "models can plan")]
        for step in reversed(steps) if late else steps:
            await step
        await asyncio.sleep(1)

    simulate(main())
    return calls


def errors_vanish() -> tuple[list[str], list[str]]:
    """An error in a subscriber never reaches the writer: what had failed when the write was over, and later.

    >>> errors_vanish()
    ([], ['finding:ai'])
    """
    failed: list[str] = []

    async def callback(note: Note) -> None:
        failed.append(note.key)
        raise KeyError(note.key)

    async def main() -> list[str]:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # it would only be logged
        board = CallbackBoard()
        await board.subscribe("finding:ai", callback)
        await board.write("finding:ai", "models can plan")
        by_then = list(failed)
        await asyncio.sleep(1)
        return by_then

    return simulate(main()), failed


def updates_are_lost(agents: int = 2, each: int = 10) -> int:
    """The sum at the end when `agents` agents add 1 `each` times: they read, think for a moment, and write.

    >>> updates_are_lost()
    10
    """

    async def add(board: CallbackBoard) -> None:
        for _ in range(each):
            seen = board.notes["count"].value if await board.read("count") else 0
            await asyncio.sleep(0.01)
            await board.write("count", seen + 1)

    async def main() -> int:
        board = CallbackBoard()
        await asyncio.gather(*(add(board) for _ in range(agents)))
        total: int = board.notes["count"].value
        return total

    return simulate(main())


def writers_hear_themselves(seconds: float = 60.0) -> int:
    """How often a subscriber writes in `seconds` that corrects each note a second later: its own notes too.

    Nothing ends it: there is no unsubscribing, no condition, no control and no quiescence.

    >>> writers_hear_themselves()
    60
    """
    writes = 0

    async def main() -> None:
        board = CallbackBoard()

        async def correct(note: Note) -> None:
            nonlocal writes
            await asyncio.sleep(1)
            writes += 1
            await board.write(note.key, note.value)

        await board.subscribe("finding:ai", correct)
        await board.write("finding:ai", "models can plan")
        await asyncio.sleep(seconds + 0.5)

    simulate(main())
    return writes
