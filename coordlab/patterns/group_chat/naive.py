"""A group chat as one writes it at first: a list, two loops, and hope.

Each function below shows one thing that is wrong with it, by one call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from coordlab.world.loop import simulate


class NaiveChat:
    """Everybody in turn, `max_rounds` times, or until `is_task_complete` says so."""

    async def run_conversation(
        self, agents: Sequence[Any], initial_message: str, max_rounds: int = 10
    ) -> list[Any]:
        """All messages."""
        messages = [initial_message]
        for round in range(max_rounds):  # noqa: A001, B007
            for agent in agents:
                response = await agent.respond(messages)
                messages.append(response)
                if self.is_task_complete(messages):  # type: ignore[attr-defined]
                    return messages
        return messages


class WithCheck(NaiveChat):
    """The same, with the missing method: done when somebody says DONE."""

    def is_task_complete(self, messages: list[Any]) -> bool:
        """Whether the last message says so."""
        return "DONE" in messages[-1]


class Speaker:
    """Says its lines, the last of them again and again, and counts what it reads."""

    def __init__(self, *lines: str) -> None:
        self.lines, self.turns, self.read = lines, 0, 0

    async def respond(self, messages: list[Any]) -> str:
        """Its next line."""
        self.read += len(messages)
        self.turns += 1
        return self.lines[min(self.turns, len(self.lines)) - 1]


def _chat(*speakers: Any, rounds: int = 10) -> list[Any]:
    return simulate(WithCheck().run_conversation(speakers, "How many days?", rounds))


def _failure(work: Coroutine[Any, Any, Any]) -> str:
    """What it fails with."""

    async def failed() -> tuple[Any, ...]:
        return await asyncio.gather(work, return_exceptions=True)

    return str(*simulate(failed()))


def whether_it_is_done_is_not_defined() -> str:
    """It stops with the first reply, on a method that nobody wrote.

    >>> whether_it_is_done_is_not_defined()
    "'NaiveChat' object has no attribute 'is_task_complete'"
    """
    return _failure(NaiveChat().run_conversation([Speaker("8")], "How many days?"))


def consensus_ends_nothing() -> tuple[int, int]:
    """All agree in round 1, and talk on for nine more: messages needed, and said.

    >>> consensus_ends_nothing()
    (3, 30)
    """
    return 3, len(_chat(Speaker("8"), Speaker("8"), Speaker("8"))) - 1


def done_looks_like_exhausted() -> bool:
    """Whether a chat that was finished and one that ran out of rounds give the same thing: messages.

    >>> done_looks_like_exhausted()
    True
    """
    done, exhausted = (
        _chat(Speaker("8"), Speaker("DONE"), rounds=1),
        _chat(Speaker("8"), Speaker("9"), rounds=1),
    )
    return type(done) is type(exhausted) and len(done) == len(exhausted)


def nobody_knows_who_said_it() -> list[Any]:
    """Messages are bare texts, without their sender.

    >>> nobody_knows_who_said_it()
    ['How many days?', '5', '8']
    """
    return _chat(Speaker("5"), Speaker("8"), rounds=1)


def the_builtin_is_shadowed() -> str:
    """The loop is over `round`: whoever wants to round a number in it, cannot.

    >>> the_builtin_is_shadowed()
    "'int' object is not callable"
    """
    why = ""
    for round in range(1):  # noqa: A001
        try:
            round(2.5)  # type: ignore[operator]
        except TypeError as error:
            why = str(error)
    return why


def everybody_reads_everything(agents: int = 5, rounds: int = 10) -> int:
    """Messages read in all: it grows with the square of what is said.

    >>> everybody_reads_everything(), everybody_reads_everything(agents=10)
    (1275, 5050)
    """
    speakers = [Speaker("hm") for _ in range(agents)]
    _chat(*speakers, rounds=rounds)
    return sum(speaker.read for speaker in speakers)


def one_failure_loses_it_all() -> str:
    """The second fails: there is neither a transcript nor a reason, only its exception.

    >>> one_failure_loses_it_all()
    'no network'
    """

    class Failing(Speaker):
        async def respond(self, messages: list[Any]) -> str:
            raise ConnectionError("no network")

    return _failure(WithCheck().run_conversation([Speaker("8"), Failing()], "How many days?"))


def anybody_rewrites_history() -> list[Any]:
    """Each gets the list itself: one clears it, and nobody ever said what was said.

    >>> anybody_rewrites_history()
    ['8, as I always said']
    """

    class Editor(Speaker):
        async def respond(self, messages: list[Any]) -> str:
            messages.clear()
            return "8, as I always said"

    return _chat(Speaker("5"), Editor(), rounds=1)
