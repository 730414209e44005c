"""When a group chat is over, who speaks next, and how much of the transcript each speaker reads.

A transcript is a tuple of utterances, of which the first, by `USER`, sets the task.  Two differences to
AutoGen: a stop word in the task does not end the chat, and an excluded member is not fallen back on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Set
from dataclasses import dataclass
from typing import NoReturn

from coordlab import requirements as require
from coordlab.patterns.orchestration.rules import Stop, StopReason, Utterance, canonical, weigh
from coordlab.world.message import message

USER = "user"
Transcript = tuple[Utterance, ...]


@message
class Handoff:
    """Over to you."""

    to: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.text} → {self.to}".strip()


class ChatError(ValueError):
    """A condition, policy or window that is not valid, or one that was used against its rules."""


class Condition:
    """When a chat is over: told each utterance, it returns the reason as soon as it holds.

    After it has fired it must be `reset` before it is told more.  `a | b` fires with either, `a & b` as soon
    as both have, not necessarily at the same utterance.

    >>> over = max_messages(2) | stop_word("DONE")
    >>> [str(over.heard(Utterance(name, "DONE"))) for name in ("user", "bob")]
    ['None', "condition: max_messages(2), stop_word('DONE') (bob)"]
    """

    fired: StopReason | None = None
    by = ""  # the agent that made it fire, if the reason names one

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def heard(self, said: Utterance, seconds: float = 0.0) -> StopReason | None:
        """Take in an utterance, this many seconds after the chat began; returns the reason if it is over.

        Raises ChatError if the condition has fired and was not reset.
        """
        if self.fired:
            given = f"{self!r} has fired ({self.fired}) and was told more: {said!r}"
            require.fail(given, "a condition that has fired must be reset", "condition.reset()", ChatError)
        if self.judge(said, seconds):
            self.fired = StopReason(Stop.CONDITION, *self.why())
        return self.fired

    def judge(self, said: Utterance, seconds: float) -> bool:
        """Whether it holds now: a subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} never holds. Write judge(said, seconds).")

    def why(self) -> tuple[str, str]:
        """Which condition has fired, and what made it fire."""
        return self.name, self.by

    def reset(self) -> None:
        """Forget everything that was heard."""
        self.fired = None

    def __or__(self, other: Condition) -> Condition:
        return Combined(" | ", any, self, other)

    def __and__(self, other: Condition) -> Condition:
        return Combined(" & ", all, self, other)


class Combined(Condition):
    """Either or both of two conditions; each remembers that it has fired."""

    def __init__(self, sign: str, enough: Callable[[Iterable[bool]], bool], *halves: Condition) -> None:
        for half in halves:
            require.instance("condition", half, Condition, "max_messages(10) | stop_word('DONE')", ChatError)
        super().__init__(f"({sign.join(map(repr, halves))})")
        self.enough, self.halves = enough, halves

    def judge(self, said: Utterance, seconds: float) -> bool:
        for half in self.halves:
            if not half.fired:
                half.heard(said, seconds)
        return self.enough(half.fired is not None for half in self.halves)

    def why(self) -> tuple[str, str]:
        names, whys = zip(*(half.why() for half in self.halves if half.fired), strict=True)
        return ", ".join(names), ", ".join(filter(None, whys))

    def reset(self) -> None:
        super().reset()
        for half in self.halves:
            half.reset()


class AtMost(Condition):
    """Fires when the sum of `weight(utterance)` reaches `limit`, which is above 0."""

    def __init__(self, name: str, limit: float, weight: Callable[[Utterance], float]) -> None:
        self.limit = require.number(name, limit, above=0, example=10, error=ChatError)
        super().__init__(f"{name}({limit:g})")
        self.weight, self.sum = weight, 0.0

    def judge(self, said: Utterance, seconds: float) -> bool:
        self.sum += self.weight(said)
        return self.sum >= self.limit

    def reset(self) -> None:
        super().reset()
        self.sum = 0.0


def max_messages(limit: int) -> Condition:
    """Fires at this many messages, including the task.  Raises ChatError unless `limit` is above 0."""
    return AtMost("max_messages", limit, lambda said: 1)


def max_turns(limit: int) -> Condition:
    """Fires at this many messages, without the task.  Raises ChatError unless `limit` is above 0."""
    return AtMost("max_turns", limit, lambda said: said.agent != USER)


def max_tokens(limit: int) -> Condition:
    """Fires when this many tokens were said, with the task.  Raises ChatError unless `limit` is above 0."""
    return AtMost("max_tokens", limit, lambda said: weigh([said]))


class When(Condition):
    """Fires at the first utterance for which `holds(utterance, seconds since the chat began)` is true."""

    def __init__(self, name: str, holds: Callable[[Utterance, float], object]) -> None:
        super().__init__(name)
        self.holds = holds

    def judge(self, said: Utterance, seconds: float) -> bool:
        self.by = said.agent
        return bool(self.holds(said, seconds))


def timeout(seconds: float) -> Condition:
    """Fires at the first utterance after this many virtual seconds; raises ChatError unless above 0."""
    limit = require.seconds("timeout", seconds, positive=True, example=30, error=ChatError)
    return When(f"timeout({limit:g})", lambda said, now: now >= limit)


def stop_word(word: str, sources: Collection[str] | None = None) -> Condition:
    """Fires when one of `sources` says it as a word of its own, case as given; by default all but the user.

    Raises ChatError if the word is blank, or `sources` is a single text.
    """
    valid = isinstance(word, str) and word.strip() and not isinstance(sources, str)
    allowed, example = "expected a word, and a list of names or None", "stop_word('DONE', ['critic'])"
    require.that(valid, f"stop_word({word!r}, {sources!r})", allowed, example, ChatError)
    heard = (lambda name: name != USER) if sources is None else (lambda name: name in sources)
    alone = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
    return When(
        f"stop_word({word!r})", lambda said, _: heard(said.agent) and bool(alone.search(str(said.content)))
    )


def calls(function: str) -> Condition:
    """Fires at a call, `terminate(...)`, by anybody but the user; raises ChatError unless given a name."""
    valid = isinstance(function, str) and function.isidentifier()
    require.that(valid, f"calls({function!r})", "expected a function's name", "calls('terminate')", ChatError)
    call = re.compile(rf"(?<![\w.]){function}\s*\(")
    return When(f"calls({function!r})", lambda said, _: said.agent != USER and call.search(str(said.content)))


def handoff(to: str = USER) -> Condition:
    """Fires when an agent hands over to this one; to the user, if a human is to go on."""
    name = f"handoff({to!r})"
    return When(name, lambda said, _: isinstance(said.content, Handoff) and said.content.to == to)


class Unchanged(Condition):
    """Fires when each member has repeated its position in `rounds` more rounds: agreement, or stalemate.

    `members` are their names, `rounds` is 1 or more, and `position(content)` is what counts of a content.
    Agreement does not mean that the answer is right.  Raises ChatError if an argument is something else.

    >>> settled = Unchanged(["ann", "bob"], rounds=1)
    >>> said = [("ann", "7"), ("bob", "8"), ("ann", "8"), ("bob", "8"), ("ann", "8")]
    >>> [str(settled.heard(Utterance(*each)) or "") for each in said]
    ['', '', '', '', 'condition: agreement (8)']
    """

    def __init__(
        self, members: Collection[str], rounds: int = 2, position: Callable[[object], object] = canonical
    ) -> None:
        self.rounds = require.count("rounds", rounds, 1, example=2, error=ChatError)
        super().__init__(f"unchanged({rounds})")
        self.members, self.position = require.names("members", members, error=ChatError), position
        self.positions: dict[str, object] = {}
        self.same: dict[str, int] = {}

    def judge(self, said: Utterance, seconds: float) -> bool:
        name, position = said.agent, self.position(said.content)
        if name not in self.members:
            return False
        if name not in self.positions or self.positions[name] != position:
            self.positions[name], self.same = position, dict.fromkeys(self.members, 0)
        else:
            self.same[name] += 1
        return len(self.positions) == len(self.members) and min(self.same.values()) >= self.rounds

    def why(self) -> tuple[str, str]:
        held = list(dict.fromkeys(map(str, self.positions.values())))
        return "agreement" if len(held) == 1 else "stalemate", " or ".join(held)

    def reset(self) -> None:
        super().reset()
        self.positions, self.same = {}, {}


@dataclass(frozen=True)
class Chat:
    """A chat so far: its members, what has been said, and the member that had the last turn, if any."""

    members: tuple[str, ...]
    transcript: Transcript
    last: str | None = None


Policy = Callable[[Chat], tuple[str, ...]]
"""The members that may speak next; of several a selector chooses one, without it the first one speaks."""


def check_members(names: Collection[str]) -> tuple[str, ...]:
    """The members' names, of a set sorted; raises ChatError if there is none, one twice, or the user's."""
    listed = sorted(names, key=str) if isinstance(names, Set) else names
    members = require.names("members", listed, error=ChatError)
    require.that(USER not in members, f"members={members!r}", f"{USER!r} sets the task", "['ann']", ChatError)
    return members


def candidates(policy: Policy, chat: Chat) -> tuple[str, ...]:
    """The members that a policy names, one or more; raises ChatError if it names something else."""
    named = policy(chat)
    if not isinstance(named, tuple) or not named or any(each not in chat.members for each in named):
        _strange(chat, f"the policy named {named!r}", f"return ({chat.members[0]!r},)")
    return named


def _strange(chat: Chat, given: str, example: str) -> NoReturn:
    require.fail(given, f"the members are {', '.join(chat.members)}", example, ChatError)


def round_robin(chat: Chat) -> tuple[str, ...]:
    """The member after the last speaker, in the order of the members."""
    at = chat.members.index(chat.last) + 1 if chat.last in chat.members else 0
    return (chat.members[at % len(chat.members)],)


def swarm(chat: Chat) -> tuple[str, ...]:
    """The member that the last `Handoff` names, at first the first one; raises ChatError for a stranger."""
    said = chat.transcript[-1].content if chat.transcript else None
    if not isinstance(said, Handoff):
        return (chat.last or chat.members[0],)
    if said.to not in chat.members:
        _strange(chat, f"{chat.last} handed over to {said.to!r}", f"Handoff({chat.members[0]!r})")
    return (said.to,)


@dataclass(frozen=True, repr=False)
class Selector(require.Readable):
    """A policy: the member that `choose(chat)` names; if it returns None, all but the last speaker.

    With `allow_repeated` the last speaker may be next as well.  Raises ChatError if it names a stranger.
    """

    choose: Callable[[Chat], str | None] | None = None
    allow_repeated: bool = False

    def __call__(self, chat: Chat) -> tuple[str, ...]:
        chosen = self.choose(chat) if self.choose else None
        if chosen is None:
            others = tuple(name for name in chat.members if self.allow_repeated or name != chat.last)
            return others or chat.members
        if chosen not in chat.members:
            _strange(chat, f"the selector chose {chosen!r}", f"return {chat.members[0]!r}, or None")
        return (chosen,)


def chosen(answer: object, candidates: tuple[str, ...]) -> str | None:
    """The one candidate that an answer names; None if it names several, or none.

    An answer that is a name as a whole names it; otherwise names are looked for as words, the longest first,
    so that "Ann-Marie" does not also name "Ann".
    """
    words = canonical(answer)
    named = [name for name in candidates if canonical(name) == words]
    if not named:
        for name in sorted(candidates, key=len, reverse=True):
            words, found = re.subn(rf"(?<!\w){re.escape(canonical(name))}(?!\w)", " ", words)
            named += [name] if found else []
    return named[0] if len(named) == 1 else None


Window = Callable[[Transcript], Transcript]
"""What a speaker reads, chosen from the transcript alone: neither the reader nor its past is known."""


def everything(transcript: Transcript) -> Transcript:
    """The whole transcript."""
    return transcript


@dataclass(frozen=True, repr=False)
class LastMessages(require.Readable):
    """A window: the last `size` messages, 1 or more.

    With `summarise(messages)` they follow a summary of those before.  Raises ChatError if `size` is not one.
    """

    size: int
    summarise: Callable[[Transcript], str] | None = None

    def __post_init__(self) -> None:
        require.count("size", self.size, 1, example=5, error=ChatError)

    def __call__(self, transcript: Transcript) -> Transcript:
        before, last = transcript[: -self.size], transcript[-self.size :]
        if self.summarise is None or not before:
            return last
        return (Utterance("summary", self.summarise(before)), *last)
