"""What all orchestration styles share: why a run stopped, its budget, loops, delegation rights, the turns.

The words are those of the frameworks in use (CrewAI, AutoGen, LangGraph); none of them is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from coordlab.world.message import message

# --- why it stopped -------------------------------------------------------------------------------


class Stop(StrEnum):
    """The kinds of reasons for which a run stops."""

    DONE = "done"  # nothing was left to do
    CONDITION = "condition"  # a termination condition came true: which
    BUDGET = "budget"  # another turn would exceed it: turns, messages, tokens or time
    LOOP = "loop"  # the same is said again and again: by whom
    FAILED = "failed"  # a part could not be done: which or by whom, and why
    INTERRUPTED = "interrupted"  # it waits for somebody outside: for whom
    CANCELLED = "cancelled"  # somebody outside wants no more of it: who, and why


@message
class StopReason:
    """This is why it is over.

    >>> str(StopReason(Stop.BUDGET, "turns")), str(StopReason(Stop.FAILED, "ann", "no network"))
    ('budget: turns', 'failed: ann (no network)')
    """

    kind: Stop
    what: str = ""  # which condition or limit, or who
    why: str = ""

    def __str__(self) -> str:
        return f"{self.kind}{self.what and f': {self.what}'}{self.why and f' ({self.why})'}"


class Ended(Exception):
    """Ends a run from wherever it is; the conductor turns it into the result."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(str(reason))
        self.reason = reason


# --- what it costs --------------------------------------------------------------------------------

Estimate = Callable[[str], int]
"""How many tokens a text has, about."""


def estimate(text: str) -> int:
    """About how many tokens a text has: one for every four characters begun, as for English.

    >>> estimate(""), estimate("four"), estimate("fives")
    (0, 1, 2)
    """
    return -(-len(text) // 4)


def weigh(contents: Iterable[Any], tokens: Estimate = estimate) -> int:
    """The tokens of several contents: what each says of itself (its `tokens`), else of its text.

    >>> weigh(["four", Utterance("ann", "hello", tokens=7)])
    8
    """
    total = 0
    for each in contents:
        own = getattr(each, "tokens", None)
        total += tokens(str(each)) if own is None else own
    return total


@message
class Usage:
    """This much has been used.

    `turns` are calls of a member; `messages` the tasks given from outside and the replies asked for;
    `tokens` what was read and said; `seconds` virtual time.
    """

    turns: int = 0
    messages: int = 0
    tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Budget:
    """What a run may use, whatever its style; None is without limit.  `time` is in virtual seconds.

    A turn is only begun if it fits.  How long its reply is, is known afterwards: that alone may take the
    tokens beyond their limit.
    """

    turns: int | None = 100
    messages: int | None = None
    tokens: int | None = None
    time: float | None = None

    def __post_init__(self) -> None:
        for name, limit in vars(self).items():
            number = isinstance(limit, (int, float)) and not isinstance(limit, bool)
            if limit is not None and not (number and limit >= 0):
                raise ValueError(
                    f"Budget({name}={limit!r}): a limit is a number, 0 or more, or None for no limit. "
                    f"Write for instance Budget({name}=20)."
                )

    def limits(self) -> dict[str, float]:
        """Each limit by its name.

        >>> Budget(turns=3).limits()
        {'turns': 3, 'messages': inf, 'tokens': inf, 'time': inf}
        """
        return {name: float("inf") if limit is None else limit for name, limit in vars(self).items()}

    def left(self, spent: Usage) -> dict[str, float]:
        """What is left of each; below 0 if a reply took more than there was.

        >>> Budget(turns=3, time=9.0).left(Usage(turns=1, seconds=2.5))
        {'turns': 2, 'messages': inf, 'tokens': inf, 'time': 6.5}
        """
        used = (spent.turns, spent.messages, spent.tokens, spent.seconds)
        return {name: limit - use for (name, limit), use in zip(self.limits().items(), used, strict=True)}

    def struck(self, spent: Usage) -> str | None:
        """Which limit does not allow so much: the first of turns, messages, tokens, time; None if all do.

        At the limit of time it is over; of the others, beyond.

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


DEFAULT = Budget()
"""A hundred turns: more than a small job takes, and an end to one that would never stop."""


# --- loops ----------------------------------------------------------------------------------------


def canonical(content: object) -> str:
    """What a content comes to for the question whether it is the same again: case and spacing left out.

    >>> canonical("  Let  me SEARCH ")
    'let me search'
    """
    return " ".join(str(content).casefold().split())


def check_seconds(**given: float) -> None:
    """Refuse, with a `ValueError`, what is no time to wait.

    >>> check_seconds(patience=60.0)
    """
    for name, value in given.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (number and 0 <= value < float("inf")):
            raise ValueError(f"{name}={value!r}: give seconds, 0 or more, and an end. Write {name}=60.0.")


def check_budget(budget: Budget) -> Budget:
    """The budget, if it is one; else a `TypeError`."""
    if not isinstance(budget, Budget):
        raise TypeError(
            f"budget={budget!r} is not a coordlab.patterns.orchestration.Budget, which limits turns, "
            f"messages, tokens and time (coordlab.Budget is that of a world). For example: "
            f"budget=coordlab.patterns.orchestration.rules.Budget(turns=20)."
        )
    return budget


@dataclass
class LoopDetector:
    """Finds that the same turns come `times` times in a row: one, or a cycle of up to `longest` of them.

    >>> loops = LoopDetector(times=2)
    >>> [loops.heard(who, what) for who, what in (("a", "x"), ("b", "y"), ("a", "X"), ("b", "y "))]
    [(), (), (), ('a', 'b')]
    """

    times: int = 3
    longest: int = 4
    _tail: list[tuple[str, str]] = field(default_factory=list)
    _same: dict[int, int] = field(default_factory=dict)  # for each period, how many turns in a row repeat

    def __post_init__(self) -> None:
        counts = [isinstance(each, int) and each is not True for each in (self.times, self.longest)]
        if not all(counts) or self.times < 2 or self.longest < 1:
            raise ValueError(
                f"LoopDetector(times={self.times}, longest={self.longest}): a loop is what comes "
                f"at least twice, of one turn or more. Write for instance LoopDetector(times=3, longest=4)."
            )

    def heard(self, agent: str, content: object) -> tuple[str, ...]:
        """Take in one more turn; gives the agents of the cycle that this closes, or nobody."""
        turn = agent, canonical(content)
        for period in range(1, min(self.longest, len(self._tail)) + 1):
            again = self._tail[-period] == turn
            self._same[period] = self._same.get(period, 0) + 1 if again else 0
        self._tail = [*self._tail[-self.longest + 1 :], turn] if self.longest > 1 else [turn]
        closed = (p for p, same in self._same.items() if same >= (self.times - 1) * p)
        period = next(closed, 0)
        return tuple(who for who, _ in self._tail[len(self._tail) - period :]) if period else ()


# --- who may delegate to whom ---------------------------------------------------------------------


def same_name(one: str, other: str) -> bool:
    """Whether two names mean the same: case, quotes and outer spaces do not matter.

    >>> same_name('"Senior  Writer" ', "senior writer")
    True
    """
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    return canonical(name.strip(" \t\n\"'`“”‘’«»"))


def find_name(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that is meant, or None.

    >>> find_name("'ANN'", ["bob", "ann"]), find_name("zed", ["bob", "ann"])
    ('ann', None)
    """
    return next((each for each in names if same_name(name, each)), None)


@dataclass(frozen=True)
class Rights:
    """Who may delegate to whom, as data; None lets everybody delegate to everybody else.

    Nobody may delegate to himself, and who is not named may not delegate.

    >>> rights = Rights({"boss": ("ann", "bob"), "ann": ("bob",)})
    >>> rights.permits("boss", "ann"), rights.permits("bob", "ann"), Rights().permits("ann", "Ann")
    (True, False, False)
    """

    allowed: Mapping[str, Sequence[str]] | None = None

    def __post_init__(self) -> None:
        if self.allowed is not None and not isinstance(self.allowed, Mapping):
            raise TypeError(
                f"Rights({self.allowed!r}): it maps names to names, or is None: everybody may. "
                f"Write Rights({{'boss': ('ann', 'bob')}})."
            )
        for who, whom in (self.allowed or {}).items():
            if isinstance(whom, str):
                raise TypeError(
                    f"Rights({{{who!r}: {whom!r}}}): to whom one may delegate is a sequence of names. "
                    f"Write {{{who!r}: ({whom!r},)}}."
                )

    def permits(self, who: str, to: str) -> bool:
        """Whether `who` may delegate to `to`."""
        if same_name(who, to):
            return False
        if self.allowed is None:
            return True
        name = find_name(who, self.allowed)
        return name is not None and find_name(to, self.allowed[name]) is not None

    def choices(self, who: str, names: Iterable[str]) -> tuple[str, ...]:
        """Those of `names` to whom `who` may delegate.

        >>> Rights({"boss": ("ann",)}).choices("boss", ["ann", "bob"])
        ('ann',)
        """
        return tuple(each for each in names if self.permits(who, each))


# --- what is said ---------------------------------------------------------------------------------


@message
class Utterance:
    """This has been said."""

    agent: str
    content: Any
    tokens: int | None = None  # to be estimated


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
    """It is over; this came of it.

    `outputs` is all there is, partial if the reason is not that it is done.
    """

    reason: StopReason
    outputs: tuple[Any, ...]
    spent: Usage


def frozen(value: Any) -> Any:
    """`value` as a message can carry it: lists become tuples, tables tuples of pairs.

    >>> frozen({"draft": ["a", "b"]})
    (('draft', ('a', 'b')),)
    """
    if isinstance(value, dict):
        return tuple((frozen(key), frozen(each)) for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(map(frozen, value))
    return frozenset(map(frozen, value)) if isinstance(value, (set, frozenset)) else value


# --- the turns of a run, from its trace -----------------------------------------------------------


@dataclass(frozen=True)
class TurnRecord:
    """One turn: who had it, from when to when (seconds; None if no reply came), and the turns within.

    `tokens` counts what was read and said in this turn itself.  `str` is the tree as text.
    """

    id: int
    parent: int
    agent: str
    task: str
    started: float
    ended: float | None = None
    tokens: int = 0
    turns: tuple[TurnRecord, ...] = ()

    def __str__(self) -> str:
        task = self.task if len(self.task) <= 40 else f"{self.task[:39]}…"
        end = "no reply" if self.ended is None else f"{self.ended:.3f} s"
        when = f"{self.started:.3f} to {end}, {self.tokens} tokens"
        inner = "".join(f"\n{each}" for each in self.turns).replace("\n", "\n  ")
        return f"{self.id} {self.agent}: {task} [{when}]{inner}"


def turns(trace: Iterable[Any], conductor: str | None = None) -> list[TurnRecord]:
    """The turns that a conductor (default: the only one) gave, in order, none nested in another."""
    found: dict[tuple[str, int], TurnRecord] = {}
    said: dict[int, Any] = {}
    for event in trace:
        if event.kind == "send" and event.name == "Turn":
            turn, to = event.data, event.peer
            record = TurnRecord(turn.id, turn.parent, to, turn.task, event.time, None, turn.tokens)
            found[event.agent, turn.id] = record
        elif event.kind == "send" and event.name in REPLIES:
            said[event.message] = event.data
        elif event.kind == "handle" and event.name in REPLIES:
            reply = said[event.message]
            record = found[event.agent, reply.turn]
            if record.ended is None:
                ended = replace(record, ended=event.time, tokens=record.tokens + reply.tokens)
                found[event.agent, reply.turn] = ended
    conductors = sorted({who for who, _ in found})
    if conductor is None and len(conductors) > 1:
        raise ValueError(
            f"the trace has the turns of several conductors: {', '.join(conductors)}. "
            f"Name one: turns(trace, conductor={conductors[0]!r})."
        )
    return [record for (who, _), record in found.items() if conductor in (None, who)]


REPLIES = ("Reply", "Failed")


def tree(trace: Iterable[Any], conductor: str | None = None) -> tuple[TurnRecord, ...]:
    """The turns of a run, each with those that came from it nested in it.

    Replaying from an event is the world's own: `run.branch(...)`.
    """
    records = turns(trace, conductor)
    inner: dict[int, list[TurnRecord]] = {}
    for record in reversed(records):
        nested = replace(record, turns=tuple(reversed(inner.pop(record.id, []))))
        inner.setdefault(record.parent, []).append(nested)
    return tuple(reversed(inner.get(0, [])))


def result(trace: Iterable[Any], conductor: str | None = None) -> Any:
    """The last `Result` that a conductor (default: any) recorded, or None if it has not stopped yet."""
    ended = [
        event.data
        for event in trace
        if event.kind == "decision" and event.name == "Result" and conductor in (None, event.agent)
    ]
    return ended[-1] if ended else None
