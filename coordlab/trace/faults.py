"""Faults as data: what goes wrong, with which agents, and when.

Each fault is a frozen record that writes itself as one short text, such as `crash 5 @3` or
`partition 1,2/3,4,5 @3..9`, which `read_fault` reads.  `at` and `until` are in virtual seconds: a fault
without `at` begins at once, one without `until` lasts to the end of the run.
"""

# ruff: noqa: D102  (every kind has the same methods: `Fault` explains them)

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from coordlab import requirements as require
from coordlab.trace.calls import Fail, Half, Late, OfCall, Stale
from coordlab.trace.fault import KINDS, LATEST, SHORTEST, Fault, FaultError, OfAgent, OfLink, ends, seconds
from coordlab.trace.target import Target

__all__ = [
    "LATEST",
    "ROGUE",
    "Crash",
    "Cut",
    "Delay",
    "Drop",
    "Duplicate",
    "Fail",
    "Fault",
    "FaultError",
    "Half",
    "Late",
    "OfCall",
    "Partition",
    "Pause",
    "Restart",
    "Rogue",
    "Skew",
    "Slow",
    "Stale",
    "as_fault",
    "read_fault",
    "seconds",
]
_LONGEST = 100_000  # characters of a text: 50 MB at most are remembered


@dataclass(frozen=True)
class Crash(OfAgent):
    """A power cut: the agent stops, and loses its memory, except for its stable storage.

    A crash of an agent that is down changes nothing; the end of any of its crashes starts it again.
    """

    form, usage = "AGENT", "crash 5 @3"

    def strike(self, world: Target) -> None:
        world.crash(self.agent)

    def end(self, world: Target) -> None:
        world.restart(self.agent)


@dataclass(frozen=True)
class Restart(Crash):
    """The power returns: the agent is made again, and starts with what it had put into `stable`."""

    usage = "restart 5 @9"

    def strike(self, world: Target) -> None:
        world.restart(self.agent)

    def end(self, world: Target) -> None:
        world.crash(self.agent)


@dataclass(frozen=True)
class Partition(Fault):
    """The network splits into groups that do not hear each other.

    groups: lists of names, or a text such as "1,2/3,4,5"; no name is in two.

    Agents that are in no group form one more.  Messages on their way between groups are lost.
    """

    groups: Iterable[Iterable[str]] | str
    form, usage = "AGENTS/AGENTS", "partition 1,2/3,4,5 @3..9"

    def __post_init__(self) -> None:
        given = self.groups.split("/") if isinstance(self.groups, str) else self.groups
        shown = f"groups={require.shown(self.groups)}"
        try:
            groups = tuple(tuple(each.split(",") if isinstance(each, str) else each) for each in given)
        except TypeError:
            self._require(False, shown, "expected lists of names")
        object.__setattr__(self, "groups", groups)
        super().__post_init__()
        once = len(set(self.agents)) == len(self.agents) and all(groups)
        self._require(once, shown, "every group has members, and no agent is in two")

    @property
    def agents(self) -> tuple[str, ...]:
        return tuple(name for group in self.groups for name in group)

    @property
    def body(self) -> str:
        return "/".join(",".join(group) for group in self.groups)

    @property
    def sides(self) -> dict[str, int]:
        """The number of each agent's group."""
        return {name: number for number, group in enumerate(self.groups) for name in group}

    def strike(self, world: Target) -> None:
        world.network.part(self.sides)

    def end(self, world: Target) -> None:
        world.network.unite(self.sides)


@dataclass(frozen=True)
class Cut(OfLink):
    """One direction of a link is cut: messages from `sender` do not reach `to`; replies still do."""

    form, usage = "FROM>TO", "cut 1>2 @3..5"

    def strike(self, world: Target) -> None:
        world.network.cut(*self.agents)

    def end(self, world: Target) -> None:
        world.network.join(*self.agents)


@dataclass(frozen=True)
class Slow(Fault):
    """An agent needs longer to handle each message, or a link to carry one.

    who: the name of an agent, or a link such as "1>2".
    by: how much longer, in seconds from 1e-6 to 1e9.
    """

    who: str
    by: float = 0.5
    form, usage = "AGENT SECONDS", "slow 3 0.5 @2..4"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._settle("by", SHORTEST, LATEST, "seconds")
        fits, given = len(self.agents) < 3, f"who={require.shown(self.who)}"
        self._require(fits, given, "expected an agent, or a link such as 1>2")

    @property
    def agents(self) -> tuple[str, ...]:
        return tuple(self.who.split(">")) if isinstance(self.who, str) else (self.who,)

    @property
    def body(self) -> str:
        return f"{self.who} {seconds(self.by)}"

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Self:
        who, *by = body.split()
        return cls(who, *map(float, by), at=at, until=until)

    def strike(self, world: Target) -> None:
        world.slow(self.agents, self.by)

    def end(self, world: Target) -> None:
        world.slow(self.agents, -self.by)


@dataclass(frozen=True)
class Skew(OfAgent):
    """An agent's clock is wrong.

    rate: how many seconds it counts in one second of true time, from 1e-6 to 1e9.
    ahead: by how many seconds it jumps when the fault begins, from -1e9 to 1e9.

    When the fault ends, the clock goes on from where it stands, at its former rate: it does not jump back.
    Several of one agent add up: their rates multiply, their jumps add.
    """

    rate: float = 1.0
    ahead: float = 0.0
    form, usage = "AGENT xRATE +SECONDS", "skew 3 x1.1 +0.5 @2"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._settle("rate", SHORTEST, LATEST)
        self._settle("ahead", -LATEST, LATEST, "seconds")

    @property
    def body(self) -> str:
        ahead = f"{'+' if self.ahead >= 0 else '-'}{seconds(abs(self.ahead))}"
        return f"{self.agent} x{seconds(self.rate)} {ahead}"

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Self:
        who, *numbers = body.split()
        rates = [float(each[1:]) for each in numbers if each[0] == "x"]
        aheads = [float(each) for each in numbers if each[0] in "+-"]
        if len(rates) > 1 or len(aheads) > 1 or len(rates) + len(aheads) < len(numbers):
            raise ValueError
        return cls(who, *(rates or [1.0]), *(aheads or [0.0]), at=at, until=until)

    def strike(self, world: Target) -> None:
        world.skew(self.agent, self.rate, self.ahead)

    def end(self, world: Target) -> None:
        world.skew(self.agent, self.rate, ends=True)


@dataclass(frozen=True)
class Pause(OfAgent):
    """The process of an agent stops for a while; its clock and its leases go on.

    Messages that arrive and timers that are due wait for the end of the pause.  `until` is needed.
    """

    usage = "pause 3 @2..6"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.until is not None, str(self), "a pause has an end (a crash need not)")

    def strike(self, world: Target) -> None:
        world.pause(self.agent, self.until)

    def end(self, world: Target) -> None:
        world.pause(self.agent, None)


ROGUE = {
    "wrong": "its answers are wrong",
    "random": "its answers are drawn at random",
    "colludes": "it gives the same wrong answer as all who collude",
    "boasts": "it is wrong, and claims to be sure",
    "silent": "it takes work and never answers",
}
"""The ways in which an agent may misbehave.  Its class decides what they change."""


@dataclass(frozen=True)
class Rogue(OfAgent):
    """An agent misbehaves.

    how: one of the ways in `ROGUE`.
    share: the part of its actions in which it does, from 1e-6 to 1.

    Of several of one agent, the one that began last counts until it ends.  An agent whose class never reads
    `self.rogue` is refused.
    """

    how: str = "wrong"
    share: float = 1.0
    form, usage = "AGENT HOW SHARE", "rogue 3 wrong 0.5 @2..4"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._settle("share", SHORTEST, 1)
        require.one_of("how", self.how, ROGUE, FaultError)

    @property
    def body(self) -> str:
        return f"{self.agent} {self.how}{'' if self.share == 1 else f' {seconds(self.share)}'}"

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Self:
        who, how, *share = body.split() if " " in body else (body, "wrong")
        return cls(who, how, *map(float, share), at=at, until=until)

    def strike(self, world: Target) -> None:
        world.corrupt(self.agent, self)

    def end(self, world: Target) -> None:
        world.corrupt(self.agent, self, ends=True)


@dataclass(frozen=True)
class Drop(OfLink):
    """The `nth` message from `sender` to `to`, counted from 1, is lost.  It has no time."""

    nth: int
    form, usage = "FROM>TO #NUMBER", "drop 1>2 #3"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "nth", require.count("nth", self.nth, 1, error=FaultError))
        timed = self.at is not None or self.until is not None
        self._require(not timed, require.shown(str(self)), "it strikes when the message is sent; no time")

    @property
    def body(self) -> str:
        return f"{super().body} #{self.nth}"

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Self:
        link, nth, *more = body.split()
        if not nth.startswith("#"):
            raise ValueError
        return cls(*ends(link), int(nth[1:]), *map(float, more), at=at, until=until)

    def strike(self, world: Target) -> None:
        by = self.by if isinstance(self, Delay) else 0.0
        world.network.mark(self.sender, self.to, self.nth, type(self).__name__.lower(), by)


@dataclass(frozen=True)
class Duplicate(Drop):
    """The `nth` message from `sender` to `to`, counted from 1, arrives twice.  It has no time."""

    usage = "duplicate 1>2 #3"


@dataclass(frozen=True)
class Delay(Drop):
    """The `nth` message from `sender` to `to` arrives late, and others may overtake it.  It has no time.

    by: how late, in seconds from 1e-6 to 1e9.
    """

    by: float = 0.5
    form, usage = "FROM>TO #NUMBER SECONDS", "delay 1>2 #3 0.5"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._settle("by", SHORTEST, LATEST, "seconds")

    @property
    def body(self) -> str:
        return f"{super().body} {seconds(self.by)}"


def as_fault(given: Fault | str) -> Fault:
    """A fault, also from its text.  Raises FaultError for anything else."""
    if not isinstance(given, (Fault, str)):
        example = "Crash('5', at=3) or 'crash 5 @3'"
        require.fail(require.shown(given), "expected a fault or its text", example, FaultError)
    return read_fault(given) if isinstance(given, str) else given


@lru_cache(maxsize=512)
def read_fault(text: str) -> Fault:
    """The fault that a text such as `crash 5 @3` or `cut 1>2 @3..5` describes.

    Raises FaultError for any other text.
    """
    given = require.shown(require.instance("text", text, str, repr(Crash.usage), FaultError))
    allowed = f"a fault has at most {_LONGEST:,} characters"
    require.that(len(text) <= _LONGEST, given, allowed, repr(Crash.usage), FaultError)
    verb, _, rest = text.strip().partition(" ")
    kind = KINDS.get(verb)
    if kind is None:
        allowed = f"a fault begins with one of {', '.join(sorted(KINDS))}"
        require.fail(given, allowed, repr(Crash.usage), FaultError)
    body, marked, when = rest.partition("@")
    try:
        at, _, until = when.partition("..")
        if marked and not (at.strip() or until.strip()):
            raise ValueError
        return kind.read(body.strip(), *(float(each) if each.strip() else None for each in (at, until)))
    except FaultError:
        raise
    except (ValueError, TypeError, IndexError):
        timed = "" if issubclass(kind, Drop) else ", and if you like @BEGIN or @BEGIN..END in seconds"
        require.fail(given, f"expected {verb} {kind.form}{timed}", repr(kind.usage), FaultError)
