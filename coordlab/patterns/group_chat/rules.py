"""Group chat: who speaks next, when it is over, and how much of the talk each speaker reads.

A transcript is a tuple of utterances, of which the first, by `USER`, sets the task.  The words are those of
AutoGen, of which nothing is used.  It differs where its users stumbled: a stop word in the task does not
end the chat, and whoever is excluded from speaking again is not fallen back upon.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Set
from dataclasses import dataclass
from typing import Any

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
    """A condition, policy or window that cannot be, or one that was used against its rules."""


# --- when it is over ----------------------------------------------------------------------------------


class Condition:
    """When a chat is over: told each utterance, it answers with the reason once it holds.

    Having fired it must be `reset` before it is told more.  `a | b` fires with either, `a & b` once both
    have, not necessarily at the same utterance.

    >>> over = max_messages(3) | stop_word("DONE")
    >>> [over.heard(Utterance(who, what)) for who, what in (("user", "Say DONE"), ("ann", "so be it"))]
    [None, None]
    >>> str(over.heard(Utterance("bob", "DONE")))
    "condition: max_messages(3), stop_word('DONE') (bob)"
    """

    fired: StopReason | None = None

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def heard(self, said: Utterance, seconds: float = 0.0) -> StopReason | None:
        """Take in an utterance, so many seconds after the chat began; the reason if it is over."""
        if self.fired:
            raise ChatError(
                f"{self!r} has fired ({self.fired}) and was told more: {said!r}. A condition that has "
                f"fired is told nothing until it is reset. Write condition.reset() before the next chat."
            )
        if self.judge(said, seconds):
            self.fired = StopReason(Stop.CONDITION, *self.why())
        return self.fired

    def judge(self, said: Utterance, seconds: float) -> bool:
        """Whether it holds now: a subclass says so."""
        raise NotImplementedError(
            f"{type(self).__name__} does not say when it holds. Write judge(said, seconds)."
        )

    def why(self) -> tuple[str, str]:
        """Which condition has fired, and what made it."""
        return self.name, ""

    def reset(self) -> None:
        """As if nothing had been heard."""
        self.fired = None

    def __or__(self, other: Condition) -> Condition:
        return Combined(" | ", any, self, other)

    def __and__(self, other: Condition) -> Condition:
        return Combined(" & ", all, self, other)


class Combined(Condition):
    """Either or both of two conditions; each remembers that it has fired."""

    def __init__(self, sign: str, enough: Callable[[Iterable[bool]], bool], *halves: Condition) -> None:
        if strange := [half for half in halves if not isinstance(half, Condition)]:
            raise ChatError(
                f"{strange[0]!r} is no condition: only conditions are combined, by | and &. Write for "
                f"instance max_messages(10) | stop_word('DONE')."
            )
        super().__init__(f"({sign.join(map(repr, halves))})")
        self.enough, self.halves = enough, halves

    def judge(self, said: Utterance, seconds: float) -> bool:
        """Whether enough of its halves have fired."""
        for half in self.halves:
            if not half.fired:
                half.heard(said, seconds)
        return self.enough(half.fired is not None for half in self.halves)

    def why(self) -> tuple[str, str]:
        """The reasons of the halves that have fired."""
        names, whys = zip(*(half.why() for half in self.halves if half.fired), strict=True)
        return ", ".join(names), ", ".join(filter(None, whys))

    def reset(self) -> None:
        """As if neither half had heard anything."""
        super().reset()
        for half in self.halves:
            half.reset()


class AtMost(Condition):
    """Fires once what `weight(utterance)` gives adds up to `limit`."""

    def __init__(self, name: str, limit: float, weight: Callable[[Utterance], float]) -> None:
        if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not limit > 0:
            raise ChatError(f"{name}({limit!r}): a limit is a number above 0. Write for instance {name}(10).")
        super().__init__(f"{name}({limit:g})")
        self.limit, self.weight, self.sum = limit, weight, 0.0

    def judge(self, said: Utterance, seconds: float) -> bool:
        """Whether the limit is reached."""
        self.sum += self.weight(said)
        return self.sum >= self.limit

    def reset(self) -> None:
        """Count anew."""
        super().reset()
        self.sum = 0.0


def max_messages(limit: int) -> Condition:
    """So many messages have been said, the task included."""
    return AtMost("max_messages", limit, lambda said: 1)


def max_turns(limit: int) -> Condition:
    """So many messages have been said, the task not included."""
    return AtMost("max_turns", limit, lambda said: said.agent != USER)


def max_tokens(limit: int) -> Condition:
    """What was said, the task included, comes to so many tokens; what was read is the budget's matter."""
    return AtMost("max_tokens", limit, lambda said: weigh([said]))


class When(Condition):
    """Fires at the first utterance, so many seconds after the chat began, of which `holds` is true."""

    def __init__(self, name: str, holds: Callable[[Utterance, float], object]) -> None:
        super().__init__(name)
        self.holds, self.by = holds, ""

    def judge(self, said: Utterance, seconds: float) -> bool:
        """Whether it is this one."""
        self.by = said.agent
        return bool(self.holds(said, seconds))

    def why(self) -> tuple[str, str]:
        """Which condition, and whose utterance it was."""
        return self.name, self.by


def timeout(seconds: float) -> Condition:
    """Something is said so many virtual seconds after the chat began, or later."""
    if not isinstance(seconds, (int, float)) or seconds is True or not seconds > 0:
        raise ChatError(f"timeout({seconds!r}): give seconds above 0, as in timeout(30.0).")
    return When(f"timeout({seconds:g})", lambda said, now: now >= seconds)


def stop_word(word: str, sources: Collection[str] | None = None) -> Condition:
    """Somebody says the word, upper and lower case as given: one of `sources`, else anybody but the user."""
    if not isinstance(word, str) or not word.strip() or isinstance(sources, str):
        raise ChatError(
            f"stop_word({word!r}, {sources!r}): give a word, and a list of names or nothing. Write for "
            f"instance stop_word('DONE', ['critic'])."
        )
    heard = (lambda who: who != USER) if sources is None else (lambda who: who in sources)
    return When(f"stop_word({word!r})", lambda said, _: heard(said.agent) and word in str(said.content))


def calls(function: str) -> Condition:
    """Somebody but the user calls the function in what it says: `terminate(...)`, not the bare word."""
    if not isinstance(function, str) or not function.isidentifier():
        raise ChatError(f"calls({function!r}): give the name of a function, as in calls('terminate').")
    call = re.compile(rf"(?<![\w.]){function}\s*\(")
    return When(f"calls({function!r})", lambda said, _: said.agent != USER and call.search(str(said.content)))


def handoff(to: str = USER) -> Condition:
    """Somebody hands over to this one: to the user, if a human is to go on."""
    return When(
        f"handoff({to!r})", lambda said, _: isinstance(said.content, Handoff) and said.content.to == to
    )


class Unchanged(Condition):
    """Fires when each of `members` has said the same in `rounds` rounds more: agreement, or stalemate.

    What counts of what one says is its `position`.  That all say the same does not make it right.

    >>> settled = Unchanged(["ann", "bob"], rounds=1)
    >>> said = [("ann", "7"), ("bob", "8"), ("ann", "8"), ("bob", "8"), ("ann", "8")]
    >>> [str(settled.heard(Utterance(*each)) or "") for each in said]
    ['', '', '', '', 'condition: agreement (8)']
    """

    def __init__(
        self,
        members: Collection[str],
        rounds: int = 2,
        position: Callable[[Any], object] = canonical,
    ) -> None:
        whole = isinstance(rounds, int) and rounds is not True and rounds >= 1
        if not isinstance(members, Collection) or isinstance(members, str) or not members or not whole:
            raise ChatError(
                f"Unchanged({members!r}, rounds={rounds!r}): give the names of the members and a number of "
                f"rounds, 1 or more. Write for instance Unchanged(['ann', 'bob'], rounds=2)."
            )
        super().__init__(f"unchanged({rounds})")
        self.members, self.rounds, self.position = tuple(members), rounds, position
        self.positions: dict[str, object] = {}
        self.same: dict[str, int] = {}

    def judge(self, said: Utterance, seconds: float) -> bool:
        """Whether everybody has kept its position for long enough."""
        who, position = said.agent, self.position(said.content)
        if who not in self.members:
            return False
        if who not in self.positions or self.positions[who] != position:
            self.positions[who], self.same = position, dict.fromkeys(self.members, 0)
        else:
            self.same[who] += 1
        return len(self.positions) == len(self.members) and min(self.same.values()) >= self.rounds

    def why(self) -> tuple[str, str]:
        """Agreement on what, or stalemate between what."""
        held = list(dict.fromkeys(map(str, self.positions.values())))
        return "agreement" if len(held) == 1 else "stalemate", " or ".join(held)

    def reset(self) -> None:
        """Forget all positions."""
        super().reset()
        self.positions, self.same = {}, {}


# --- who is next --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chat:
    """Where a chat stands: who takes part, what has been said, and who had the last turn, if anybody."""

    members: tuple[str, ...]
    transcript: Transcript
    last: str | None = None


Policy = Callable[[Chat], tuple[str, ...]]
"""Who may speak next: of several names a selector chooses one, else it is the first."""


def check_members(names: Collection[str]) -> tuple[str, ...]:
    """The names of those who take part, if they can; of a set, in the order of the alphabet."""
    listed = isinstance(names, Collection) and not isinstance(names, str)
    members = tuple(sorted(names) if isinstance(names, Set) else names) if listed else ()
    strange = [each for each in members if not isinstance(each, str)]
    if not members or strange or len(set(members)) < len(members) or USER in members:
        raise ChatError(
            f"{names!r} cannot be the members of a chat: give one name or more, each once, and not {USER!r}, "
            f"who sets the task. Write for instance ['ann', 'bob']."
        )
    return members


def candidates(policy: Policy, chat: Chat) -> tuple[str, ...]:
    """Whom a policy names: members, one or more.

    >>> candidates(round_robin, Chat(("ann", "bob"), ()))
    ('ann',)
    """
    named = policy(chat)
    if not isinstance(named, tuple) or not named or any(each not in chat.members for each in named):
        raise ChatError(
            f"the policy named {named!r}, but the members are {', '.join(chat.members)}. Return a tuple of "
            f"one of these or more, as in ({chat.members[0]!r},)."
        )
    return named


def round_robin(chat: Chat) -> tuple[str, ...]:
    """The one after the last, in the order of the members.

    >>> round_robin(Chat(("ann", "bob"), (), last="bob"))
    ('ann',)
    """
    at = chat.members.index(chat.last) + 1 if chat.last in chat.members else 0
    return (chat.members[at % len(chat.members)],)


def swarm(chat: Chat) -> tuple[str, ...]:
    """The first member, and from then on whoever speaks, until a `Handoff` to another one.

    >>> swarm(Chat(("ann", "bob"), (Utterance("ann", Handoff("bob")),), last="ann"))
    ('bob',)
    """
    said = chat.transcript[-1].content if chat.transcript else None
    if not isinstance(said, Handoff):
        return (chat.last or chat.members[0],)
    if said.to not in chat.members:
        raise ChatError(
            f"{chat.last} handed over to {said.to!r}, but the members are {', '.join(chat.members)}. Hand "
            f"over to one of these, as in Handoff({chat.members[0]!r}), or add the member."
        )
    return (said.to,)


@dataclass(frozen=True)
class Selector:
    """Whoever `choose(chat)` names; if it names nobody, everybody but the last speaker may be next.

    With `allow_repeated` the last speaker may be, too.
    """

    choose: Callable[[Chat], str | None] | None = None
    allow_repeated: bool = False

    def __call__(self, chat: Chat) -> tuple[str, ...]:
        """Who may speak next."""
        chosen = self.choose(chat) if self.choose else None
        if chosen is None:
            others = tuple(name for name in chat.members if self.allow_repeated or name != chat.last)
            return others or chat.members
        if chosen not in chat.members:
            raise ChatError(
                f"the selector chose {chosen!r}, but the members are {', '.join(chat.members)}. Return one "
                f"of these, or None to leave it open."
            )
        return (chosen,)


def chosen(answer: object, candidates: tuple[str, ...]) -> str | None:
    """The one candidate that an answer names as a word of its own; None if it names several, or nobody.

    >>> chosen("Let BOB go on.", ("ann", "bob")), chosen("ann or bob", ("ann", "bob"))
    ('bob', None)
    """
    named = [
        name
        for name in candidates
        if re.search(rf"(?<!\w){re.escape(canonical(name))}(?!\w)", canonical(answer))
    ]
    return named[0] if len(named) == 1 else None


# --- how much one reads -------------------------------------------------------------------------------

Window = Callable[[Transcript], Transcript]


def everything(transcript: Transcript) -> Transcript:
    """The whole transcript."""
    return transcript


@dataclass(frozen=True)
class LastMessages:
    """The last `size` messages, after a summary of those before if there is one, by `summarise(messages)`.

    >>> LastMessages(1)((Utterance("user", "Go."), Utterance("ann", "Gone.")))
    (Utterance(agent='ann', content='Gone.', tokens=None),)
    """

    size: int
    summarise: Callable[[Transcript], str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.size, int) or self.size is True or self.size < 1:
            raise ChatError(f"LastMessages({self.size!r}): read 1 message or more, as in LastMessages(5).")

    def __call__(self, transcript: Transcript) -> Transcript:
        """What of it one reads."""
        before, last = transcript[: -self.size], transcript[-self.size :]
        if self.summarise is None or not before:
            return last
        return (Utterance("summary", self.summarise(before)), *last)
