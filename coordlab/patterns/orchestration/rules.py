"""What all orchestration styles share: why a run stopped, its budget, loops, delegation rights, messages.

The words are those of the frameworks in use (CrewAI, AutoGen, LangGraph); none of them is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import Any

from coordlab import requirements as require
from coordlab.world.message import message

# --- why it stopped -------------------------------------------------------------------------------


class Stop(StrEnum):
    """The kinds of reasons for which a run stops."""

    DONE = "done"  # nothing was left to do
    CONDITION = "condition"  # a termination condition came true: which
    BUDGET = "budget"  # another turn would exceed it: turns, messages, tokens or time
    LOOP = "loop"  # the same is said again and again: by which agents
    FAILED = "failed"  # a part could not be done: which or by which agent, and why
    INTERRUPTED = "interrupted"  # it waits for somebody outside: for which agent
    CANCELLED = "cancelled"  # somebody outside ended it: which agent, and why


@message
class StopReason:
    """This is why it is over.

    >>> str(StopReason(Stop.BUDGET, "turns")), str(StopReason(Stop.FAILED, "ann", "no network"))
    ('budget: turns', 'failed: ann (no network)')
    """

    kind: Stop
    what: str = ""  # which condition, limit or agent
    why: str = ""

    def __str__(self) -> str:
        return f"{self.kind}{self.what and f': {self.what}'}{self.why and f' ({self.why})'}"


class Ended(Exception):
    """Ends a run from anywhere within it; the conductor turns it into the result."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(str(reason))
        self.reason = reason


# --- what it costs --------------------------------------------------------------------------------

Estimate = Callable[[str], int]
"""About how many tokens a text has."""


def estimate(text: str) -> int:
    """About how many tokens a text has: a quarter of its characters, rounded up, as for English."""
    return -(-len(text) // 4)


def weigh(contents: Iterable[object], tokens: Estimate = estimate) -> int:
    """The tokens of several contents: for each its own `tokens` if it has some, else those of its text.

    >>> weigh(["four", Utterance("ann", "hello", tokens=7)])
    8
    """
    known = ((each, getattr(each, "tokens", None)) for each in contents)
    return sum(tokens(str(each)) if own is None else own for each, own in known)


@message
class Usage:
    """This much has been used; see `Budget`."""

    turns: int = 0
    messages: int = 0
    tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Budget:
    """What a run may use, in any style; None is without limit.

    - `turns`: calls of a member.
    - `messages`: tasks given from outside and replies asked for.
    - `tokens`: read and said.
    - `time`: in virtual seconds.

    A turn only begins if it fits.  How long its reply is, is known afterwards: only a reply may exceed the
    limit of tokens.  Raises ValueError if a limit is not a number of 0 or more, whole except for `time`.
    """

    turns: int | None = 100
    messages: int | None = None
    tokens: int | None = None
    time: float | None = None

    def __post_init__(self) -> None:
        for name, limit in vars(self).items():
            if limit is not None:
                number = require.number if name == "time" else require.count
                number(name, limit, 0, example=20)

    def struck(self, spent: Usage) -> str | None:
        """Which limit `spent` exceeds: the first of turns, messages, tokens, time; None if none.

        At the limit of time it is over; of the others, beyond it.

        >>> Budget(turns=3).struck(Usage(turns=3)), Budget(turns=3, tokens=10).struck(Usage(4, tokens=11))
        (None, 'turns')
        """
        if self.turns is not None and spent.turns > self.turns:
            return "turns"
        if self.messages is not None and spent.messages > self.messages:
            return "messages"
        if self.tokens is not None and spent.tokens > self.tokens:
            return "tokens"
        return "time" if self.time is not None and spent.seconds >= self.time else None

    def seconds_left(self, spent: Usage) -> float:
        """How much virtual time is left; infinity without a limit."""
        return inf if self.time is None else self.time - spent.seconds


DEFAULT = Budget()
"""A hundred turns: more than a small job takes, and an end to one that would never stop."""


# --- loops ----------------------------------------------------------------------------------------


def canonical(content: object) -> str:
    """A content as text by which repetitions are found: without case and extra spaces.

    >>> canonical("  Let  me SEARCH ")
    'let me search'
    """
    return " ".join(str(content).casefold().split())


@dataclass
class LoopDetector:
    """Finds that the same turns come `times` times in a row: one, or a cycle of up to `longest` of them.

    Raises ValueError unless `times` is at least 2 and `longest` at least 1.

    >>> loops = LoopDetector(times=2)
    >>> [loops.heard(name, text) for name, text in (("a", "x"), ("b", "y"), ("a", "X"), ("b", "y "))]
    [(), (), (), ('a', 'b')]
    """

    times: int = 3
    longest: int = 4
    _tail: list[tuple[str, str]] = field(default_factory=list)
    _same: dict[int, int] = field(default_factory=dict)  # for each period, how many turns in a row repeat

    def __post_init__(self) -> None:
        require.count("times", self.times, 2, example=3)
        require.count("longest", self.longest, 1, example=4)

    def heard(self, agent: str, content: object) -> tuple[str, ...]:
        """Take in one more turn; returns the agents of the cycle that this closes, if it does."""
        turn = agent, canonical(content)
        for period in range(1, min(self.longest, len(self._tail)) + 1):
            again = self._tail[-period] == turn
            self._same[period] = self._same.get(period, 0) + 1 if again else 0
        self._tail = [*self._tail[-self.longest + 1 :], turn] if self.longest > 1 else [turn]
        closed = (p for p, same in self._same.items() if same >= (self.times - 1) * p)
        period = next(closed, 0)
        return tuple(name for name, _ in self._tail[len(self._tail) - period :]) if period else ()


# --- who may delegate to whom ---------------------------------------------------------------------


def find_name(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that is meant, or None; case, quotes and outer spaces make no difference.

    >>> find_name("'ANN' ", ["bob", "ann"]), find_name("zed", ["bob", "ann"])
    ('ann', None)
    """
    return next((each for each in names if _bare(each) == _bare(name)), None)


def _bare(name: str) -> str:
    return canonical(name.strip(" \t\n\"'`“”‘’«»"))


@dataclass(frozen=True)
class Rights:
    """Who may delegate to whom, as data; None lets every agent delegate to every other.

    No agent may delegate to itself, and an agent that is not named may not delegate.  Raises TypeError
    unless `allowed` maps names to lists or tuples of names.

    >>> rights = Rights({"boss": ("ann", "bob"), "ann": ("bob",)})
    >>> rights.permits("boss", "ann"), rights.permits("bob", "ann"), Rights().permits("ann", "Ann")
    (True, False, False)
    """

    allowed: Mapping[str, Sequence[str]] | None = None

    def __post_init__(self) -> None:
        if self.allowed is None:
            return
        example = "Rights({'boss': ('ann', 'bob')})"
        mapped = isinstance(self.allowed, Mapping)
        require.that(
            mapped, f"allowed={self.allowed!r}", "expected names by name, or None", example, TypeError
        )
        for delegating, to in self.allowed.items():
            require.names(f"allowed[{delegating!r}]", to, empty=True, example=f"{{{delegating!r}: ('ann',)}}")

    def permits(self, delegating: str, to: str) -> bool:
        """Whether one agent may delegate to another."""
        if find_name(to, [delegating]):
            return False
        if self.allowed is None:
            return True
        name = find_name(delegating, self.allowed)
        return name is not None and find_name(to, self.allowed[name]) is not None

    def choices(self, delegating: str, names: Iterable[str]) -> tuple[str, ...]:
        """Those of `names` to which an agent may delegate."""
        return tuple(each for each in names if self.permits(delegating, each))


# --- what is said ---------------------------------------------------------------------------------


@message
class Utterance:
    """This has been said."""

    agent: str
    content: Any
    tokens: int | None = None  # None: to be estimated


@message
class Turn:
    """It is your turn.

    `id` counts the turns of a conductor from 1; `parent` is the turn from which this one came, 0 for the
    run itself; `tokens` is what there is to read; `about` names the part of the work it belongs to.
    """

    id: int
    parent: int
    task: str
    context: tuple[Any, ...] = ()
    tokens: int = 0
    about: str = ""


@message
class Reply:
    """This is what I have to say."""

    turn: int
    content: Any
    tokens: int = 0


@message
class Failed:
    """I could not do it."""

    turn: int
    why: str
    tokens: int = 0


@message
class Cancel:
    """Stop now."""

    why: str = ""


@message
class Result:
    """It is over; this is the result.

    `outputs` is all there is so far, partial unless the reason is that it is done.
    """

    reason: StopReason
    outputs: tuple[Any, ...]
    spent: Usage


def frozen(value: object) -> Any:
    """`value` as a message can carry it: lists become tuples, mappings tuples of pairs.

    >>> frozen({"draft": ["a", "b"]})
    (('draft', ('a', 'b')),)
    """
    if isinstance(value, dict):
        return tuple((frozen(key), frozen(each)) for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(map(frozen, value))
    return frozenset(map(frozen, value)) if isinstance(value, (set, frozenset)) else value
