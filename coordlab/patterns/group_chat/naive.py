"""The usual first group chat: a list and two loops; and one call for each flaw."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence

from coordlab.world.loop import simulate


class Speaker:
    """Says its lines, the last of them again and again, and counts what it reads."""

    def __init__(self, *lines: str) -> None:
        self.lines, self.turns, self.read = lines, 0, 0

    async def respond(self, messages: list[str]) -> str:
        """Its next line."""
        self.read += len(messages)
        self.turns += 1
        return self.lines[min(self.turns, len(self.lines)) - 1]


class NaiveChat:
    """Every agent in turn, `max_rounds` times, or until `is_task_complete` says so."""

    async def run_conversation(
        self, agents: Sequence[Speaker], initial_message: str, max_rounds: int = 10
    ) -> list[str]:
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
    """The same, with the missing method: done when an agent says DONE."""

    def is_task_complete(self, messages: list[str]) -> bool:
        """Whether the last message says so."""
        return "DONE" in messages[-1]


def _chat(*speakers: Speaker, rounds: int = 10) -> list[str]:
    return simulate(WithCheck().run_conversation(speakers, "How many days?", rounds))


def _failure(work: Coroutine[object, object, object]) -> str:
    """The error it fails with."""

    async def failed() -> object:
        (error,) = await asyncio.gather(work, return_exceptions=True)
        return error

    return str(simulate(failed()))


def is_task_complete_is_missing() -> str:
    """It stops with the first reply, at a method that is not defined.

    >>> is_task_complete_is_missing()
    "'NaiveChat' object has no attribute 'is_task_complete'"
    """
    return _failure(NaiveChat().run_conversation([Speaker("8")], "How many days?"))


def consensus_ends_nothing() -> tuple[int, int]:
    """All agree in round 1, and talk for nine more: messages needed, and said.

    >>> consensus_ends_nothing()
    (3, 30)
    """
    return 3, len(_chat(Speaker("8"), Speaker("8"), Speaker("8"))) - 1


def done_looks_like_exhausted() -> list[list[str]]:
    """A chat that was finished and one that ran out of rounds: messages, without a reason.

    >>> done_looks_like_exhausted()
    [['How many days?', '8', 'DONE'], ['How many days?', '8', '9']]
    """
    return [_chat(Speaker("8"), Speaker(last), rounds=1) for last in ("DONE", "9")]


def messages_have_no_sender() -> list[str]:
    """Who said 5 and who said 8 is lost: messages are bare texts.

    >>> messages_have_no_sender()
    ['How many days?', '5', '8']
    """
    return _chat(Speaker("5"), Speaker("8"), rounds=1)


def the_builtin_is_shadowed() -> str:
    """The loop variable is `round`, so that nothing in the loop can round a number.

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


def all_read_everything(agents: int = 5, rounds: int = 10) -> int:
    """Messages read in all: the square of what is said.

    >>> all_read_everything(), all_read_everything(agents=10)
    (1275, 5050)
    """
    speakers = [Speaker("hm") for _ in range(agents)]
    _chat(*speakers, rounds=rounds)
    return sum(speaker.read for speaker in speakers)


class Failing(Speaker):
    """Has no network."""

    async def respond(self, messages: list[str]) -> str:
        """Fails."""
        raise ConnectionError("no network")


def one_failure_loses_it_all() -> str:
    """The second agent fails: there is neither a transcript nor a reason, only its exception.

    >>> one_failure_loses_it_all()
    'no network'
    """
    return _failure(WithCheck().run_conversation([Speaker("8"), Failing()], "How many days?"))


class Editor(Speaker):
    """Changes the list that it is given."""

    async def respond(self, messages: list[str]) -> str:
        """Erases what was said."""
        messages.clear()
        return "8, as I always said"


def any_agent_rewrites_history() -> list[str]:
    """Each agent gets the list itself: one clears it, and the rest is lost.

    >>> any_agent_rewrites_history()
    ['8, as I always said']
    """
    return _chat(Speaker("5"), Editor(), rounds=1)
