"""A blackboard as one writes it at first: a dictionary, a lock, and callbacks under the text asked for.

Each function is one thing that is wrong with it: it plays the case, on virtual time, and gives the evidence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from coordlab.world.loop import simulate


@dataclass
class Note:
    """What stands under a key."""

    key: str
    value: Any
    author: str = ""
    confidence: float = 1.0


Callback = Callable[[Note], Coroutine[Any, Any, None]]


class CallbackBoard:
    """One note under each key, and whom to call."""

    def __init__(self) -> None:
        self.notes: dict[str, Note] = {}
        self.callbacks: dict[str, list[Callback]] = {}
        self.lock = asyncio.Lock()

    async def write(self, key: str, value: Any, author: str = "", confidence: float = 1.0) -> None:
        """Put it there, and call who asked for it."""
        async with self.lock:
            self.notes[key] = note = Note(key, value, author, confidence)
            for callback in self.callbacks.get(key, []):
                asyncio.create_task(callback(note))  # noqa: RUF006  (nobody keeps it)

    async def read(self, key: str) -> Note | None:
        """What stands there."""
        async with self.lock:
            return self.notes.get(key)

    async def subscribe(self, pattern: str, callback: Callback) -> None:
        """Call it about everything that matches."""
        async with self.lock:
            self.callbacks.setdefault(pattern, []).append(callback)


def heard(pattern: str = "finding:*", key: str = "finding:ai", late: bool = False) -> list[str]:
    """What one hears who subscribed to a pattern when somebody writes under a key, or had just written.

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


def the_last_writer_wins() -> list[tuple[str, float]]:
    """All that is left of a week of careful work and a guess about the same thing.

    >>> the_last_writer_wins()
    [('a guess', 0.1)]
    """

    async def main() -> list[tuple[str, float]]:
        board = CallbackBoard()
        await board.write("finding:ai", "careful work", "ann", 0.85)
        await board.write("finding:ai", "a guess", "bob", 0.1)
        return [(note.value, note.confidence) for note in board.notes.values()]

    return simulate(main())


def errors_vanish() -> dict[str, list[str]]:
    """Who learns that a subscriber failed: not the writer, who goes on before anybody was called.

    >>> errors_vanish()
    {'called before the write was over': [], 'told to the writer': [], 'failed': ['finding:ai']}
    """
    failed: list[str] = []
    told: list[str] = []

    async def callback(note: Note) -> None:
        failed.append(note.key)
        raise KeyError(note.key)

    async def main() -> list[str]:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # it would only be logged
        board = CallbackBoard()
        await board.subscribe("finding:ai", callback)
        try:
            await board.write("finding:ai", "models can plan")
            called = list(failed)
            await asyncio.sleep(1)
        except KeyError as error:
            told.append(repr(error))
        return called

    return {
        "called before the write was over": simulate(main()),
        "told to the writer": told,
        "failed": failed,
    }


def news_overtakes_news() -> list[int]:
    """In which order a subscriber gets two versions, if it thinks longer about the first.

    >>> news_overtakes_news()
    [2, 1]
    """
    noted: list[int] = []

    async def callback(note: Note) -> None:
        await asyncio.sleep(1 / note.value)
        noted.append(note.value)

    async def main() -> None:
        board = CallbackBoard()
        await board.subscribe("count", callback)
        await board.write("count", 1)
        await board.write("count", 2)
        await asyncio.sleep(2)

    simulate(main())
    return noted


def updates_are_lost(agents: int = 2, each: int = 10) -> int:
    """What stands in the end when so many agents add 1 so often: they read, think for a moment, and write.

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


def readers_write() -> Any:
    """What stands on the board after somebody has only read it, and scribbled on what it got.

    >>> readers_write()
    'nonsense'
    """

    async def main() -> Any:
        board = CallbackBoard()
        await board.write("finding:ai", "careful work")
        if note := await board.read("finding:ai"):
            note.value = "nonsense"
        return board.notes["finding:ai"].value

    return simulate(main())


def writers_hear_themselves(seconds: float = 60.0) -> int:
    """How often one writes in a minute who corrects, a second later, what it is told of: itself.

    Nothing ever ends it: there is no unsubscribing, no condition, no control, and no quiet to wait for.

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
