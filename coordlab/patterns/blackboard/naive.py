"""A common first attempt at a blackboard: a dictionary, a lock and callbacks; a function for each fault."""

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


def _told(
    calls: list[Any], callback: Callback, *values: object, on: str = "k", key: str = "k", late: bool = False
) -> list[Any]:
    """The calls when values were written under a key; the subscriber came before that, or after if `late`."""

    async def main() -> list[Any]:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # it would only be logged
        board = CallbackBoard()
        steps = [board.subscribe(on, callback), *(board.write(key, value) for value in values)]
        for step in reversed(steps) if late else steps:
            await step
        by_then = list(calls)
        await asyncio.sleep(2)
        return by_then

    return simulate(main())


def heard(pattern: str = "finding:*", key: str = "finding:ai", late: bool = False) -> list[str]:
    """What a subscriber to a pattern hears when something is written under a key, after it or just before.

    >>> heard("finding:*", "finding:ai"), heard("finding:ai", "finding:ai"), heard("finding:ai", late=True)
    ([], ['finding:ai'], [])
    """
    calls: list[str] = []

    async def callback(note: Note) -> None:
        calls.append(note.key)

    _told(calls, callback, "models can plan", on=pattern, key=key, late=late)
    return calls


def the_last_writer_wins() -> list[Note]:
    """All that is left of careful work after a guess under the same key.

    >>> the_last_writer_wins()
    [Note(key='finding:ai', value='a guess', author='bob', confidence=0.1)]
    """
    board = CallbackBoard()
    simulate(board.write("finding:ai", "careful work", "ann", 0.85))
    simulate(board.write("finding:ai", "a guess", "bob", 0.1))
    return list(board.notes.values())


def errors_vanish() -> tuple[list[str], list[str]]:
    """An error in a subscriber never reaches the writer: what had failed when the write was over, and later.

    >>> errors_vanish()
    ([], ['k'])
    """
    failed: list[str] = []

    async def callback(note: Note) -> None:
        failed.append(note.key)
        raise KeyError(note.key)

    return _told(failed, callback, "models can plan"), failed


def news_overtakes_news() -> list[int]:
    """The order in which a subscriber notes values 1 and 2 if it thinks longer about the first.

    >>> news_overtakes_news()
    [2, 1]
    """
    noted: list[int] = []

    async def callback(note: Note) -> None:
        await asyncio.sleep(1 / note.value)
        noted.append(note.value)

    _told(noted, callback, 1, 2)
    return noted


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
        return int(board.notes["count"].value)

    return simulate(main())


def readers_write() -> object:
    """The value on the board after a reader has changed the note that it was given.

    >>> readers_write()
    'nonsense'
    """
    board = CallbackBoard()
    simulate(board.write("finding:ai", "careful work"))
    simulate(board.read("finding:ai")).value = "nonsense"  # type: ignore[union-attr]
    return board.notes["finding:ai"].value


def writers_hear_themselves(seconds: float = 60.0) -> int:
    """How often a subscriber writes in `seconds` that corrects each note a second later: its own notes too.

    Nothing ends it: there is no unsubscribing, no condition, no control and no quiescence.

    >>> writers_hear_themselves()
    60
    """
    writes = []

    async def main() -> None:
        board = CallbackBoard()

        async def correct(note: Note) -> None:
            await asyncio.sleep(1)
            writes.append(note)
            await board.write(note.key, note.value)

        await board.subscribe("finding:ai", correct)
        await board.write("finding:ai", "models can plan")
        await asyncio.sleep(seconds + 0.5)

    simulate(main())
    return len(writes)
