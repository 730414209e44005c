"""Faults as data: what goes wrong, with whom, and when.

Each fault is a frozen record that reads and writes itself as one short text, such as `crash 5 @3` or
`partition 1,2/3,4,5 @3..9`, and strikes a world by itself.  A fault with `until` ends then; without, it
lasts.
"""

# ruff: noqa: D102  (every kind answers the same questions: `Fault` says which)

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from coordlab.world.world import World

KINDS: dict[str, type[Fault]] = {}
LATEST = 1e9  # seconds: whatever happens, happens before


class FaultError(ValueError):
    """A fault that cannot be: says what was given, what there is, and what to write."""


def seconds(value: float) -> str:
    """Seconds to the microsecond, as short as possible: 3, 0.25, 12.345678."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong at `at` (seconds; None is now) and, where that makes sense, until `until`."""

    at: float | None = None
    until: float | None = None

    usage: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        KINDS[cls.__name__.lower()] = cls

    def __post_init__(self) -> None:
        for name in ("at", "until"):
            if (when := getattr(self, name)) is not None:
                self._settle(name, when, 0 <= _number(when) <= LATEST, "seconds, 0 or later")
        for name in self.agents:
            if not is_name(name):
                raise FaultError(
                    f"{name!r} is no agent's name, which is a text without spaces. "
                    f"Write it like {self.usage!r}."
                )
        if self.until is not None and self.until <= (self.at or 0):
            raise FaultError(
                f"the fault begins at {self.at or 0:g} s and ends at {self.until:g} s: the end must come "
                f"later, as in {self.usage!r}."
            )

    def _settle(self, name: str, value: float, right: bool, wanted: str) -> None:
        """Take a number to the microsecond, as the text has it, if it is right."""
        if not right:
            raise FaultError(f"{name}={value!r}: {wanted} are meant, as in {self.usage!r}.")
        object.__setattr__(self, name, round(value, 6))

    @property
    def agents(self) -> tuple[str, ...]:
        """The names of the agents it speaks of."""
        raise NotImplementedError

    @property
    def body(self) -> str:
        """What its text says between the kind of fault and the time."""
        return " ".join(self.agents)

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Fault:
        """The fault whose `body` this is."""
        raise NotImplementedError

    def strike(self, world: World) -> None:
        """Make it happen."""
        raise NotImplementedError

    def end(self, world: World) -> None:
        """Undo it."""
        raise NotImplementedError

    def __str__(self) -> str:
        when = "" if self.at is None else seconds(self.at)
        when += "" if self.until is None else f"..{seconds(self.until)}"
        return f"{type(self).__name__.lower()} {self.body}{when and ' @'}{when}"


@dataclass(frozen=True)
class Crash(Fault):
    """A power cut: what the agent was doing stops, what it knew is gone but for its stable storage."""

    agent: str
    usage = "crash 5 @3"

    @property
    def agents(self) -> tuple[str, ...]:
        return (self.agent,)

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Fault:
        return cls(_name(body), at=at, until=until)

    def strike(self, world: World) -> None:
        world.crash(self.agent)

    def end(self, world: World) -> None:
        world.restart(self.agent)


@dataclass(frozen=True)
class Restart(Crash):
    """The power is back: the agent is built anew and starts with what it had put into `stable`."""

    usage = "restart 5 @9"

    def strike(self, world: World) -> None:
        world.restart(self.agent)

    def end(self, world: World) -> None:
        world.crash(self.agent)


@dataclass(frozen=True)
class Partition(Fault):
    """The network falls apart into groups that hear nothing of each other.

    Agents named in no group form one more.  Messages under way between groups are lost.
    """

    groups: Iterable[Iterable[str]] | str
    usage = "partition 1,2/3,4,5 @3..9"

    def __post_init__(self) -> None:
        given = self.groups.split("/") if isinstance(self.groups, str) else self.groups
        groups = tuple(tuple(each.split(",") if isinstance(each, str) else each) for each in given)
        object.__setattr__(self, "groups", groups)
        super().__post_init__()
        if len(set(self.agents)) < len(self.agents) or not all(groups):
            raise FaultError(
                f"partition {self.body!r}: every group needs members, and nobody is in two. "
                f"Write {self.usage!r}."
            )

    @property
    def agents(self) -> tuple[str, ...]:
        return tuple(name for group in self.groups for name in group)

    @property
    def body(self) -> str:
        return "/".join(",".join(group) for group in self.groups)

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Fault:
        return cls(body, at=at, until=until)

    @property
    def sides(self) -> dict[str, int]:
        """The number of each agent's group."""
        return {name: number for number, group in enumerate(self.groups) for name in group}

    def strike(self, world: World) -> None:
        world.network.partitions.append(self.sides)
        world.network.refresh()

    def end(self, world: World) -> None:
        world.network.partitions.remove(self.sides)
        world.network.refresh()


@dataclass(frozen=True)
class Cut(Fault):
    """One direction of a link is cut: messages from `sender` no longer reach `to`; the way back is whole."""

    sender: str
    to: str
    usage = "cut 1>2 @3..5"

    @property
    def agents(self) -> tuple[str, ...]:
        return (self.sender, self.to)

    @property
    def body(self) -> str:
        return f"{self.sender}>{self.to}"

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Fault:
        return cls(*_link(body), at=at, until=until)

    def strike(self, world: World) -> None:
        world.network.cuts.append(self.agents)  # type: ignore[arg-type]
        world.network.refresh()

    def end(self, world: World) -> None:
        world.network.cuts.remove(self.agents)  # type: ignore[arg-type]
        world.network.refresh()


@dataclass(frozen=True)
class Slow(Fault):
    """An agent takes `by` seconds more before it handles a message, or a link (`1>2`) to carry one."""

    who: str
    by: float = 0.5
    usage = "slow 3 0.5 @2..4"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._settle("by", self.by, _positive(self.by), "seconds, above 0")
        if len(self.agents) > 2:
            raise FaultError(f"{self.who!r} is neither an agent nor a link. Write it like {self.usage!r}.")

    @property
    def agents(self) -> tuple[str, ...]:
        return tuple(str(self.who).split(">"))

    @property
    def body(self) -> str:
        return f"{self.who} {seconds(self.by)}"

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Fault:
        who, *by = body.split()
        ends = _link(who) if ">" in who else (_name(who),)
        return cls(">".join(ends), *map(float, by), at=at, until=until)

    def strike(self, world: World) -> None:
        world.slow(self.agents, self.by)

    def end(self, world: World) -> None:
        world.slow(self.agents, -self.by)


@dataclass(frozen=True)
class Skew(Fault):
    """From `at` on an agent's clock runs `rate` times as fast as true time, from `ahead` seconds ahead."""

    agent: str
    rate: float = 1.0
    ahead: float = 0.0
    usage = "skew 3 x1.1 +0.5 @2"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._settle("rate", self.rate, _positive(self.rate), "times true time, above 0,")
        self._settle("ahead", self.ahead, abs(_number(self.ahead)) <= LATEST, "seconds")

    @property
    def agents(self) -> tuple[str, ...]:
        return (self.agent,)

    @property
    def body(self) -> str:
        return (
            f"{self.agent} x{seconds(self.rate)} {'+' if self.ahead >= 0 else '-'}{seconds(abs(self.ahead))}"
        )

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Fault:
        who, *numbers = body.split()
        rates = [float(each[1:]) for each in numbers if each[0] == "x"]
        aheads = [float(each) for each in numbers if each[0] in "+-"]
        if len(rates) > 1 or len(aheads) > 1 or len(rates) + len(aheads) < len(numbers):
            raise ValueError
        return cls(_name(who), *(rates or [1.0]), *(aheads or [0.0]), at=at, until=until)

    def strike(self, world: World) -> None:
        world.skew(self.agent, (self.rate, self.ahead + (1 - self.rate) * world.now))

    def end(self, world: World) -> None:
        world.skew(self.agent, None)


ROGUE = {
    "wrong": "its answers are wrong",
    "random": "its answers are drawn at random",
    "colludes": "it gives the same wrong answer as all who collude",
    "boasts": "it is wrong, and claims to be sure",
    "silent": "it takes work and never answers",
}
"""The ways in which an agent may go rogue.  It is up to the agent's class to act on them."""


@dataclass(frozen=True)
class Rogue(Fault):
    """An agent misbehaves: in one of the ways in `ROGUE`, in a `share` (above 0, to 1) of what it does."""

    agent: str
    how: str = "wrong"
    share: float = 1.0
    usage = "rogue 3 wrong 0.5 @2..4"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._settle("share", self.share, 1e-6 <= _number(self.share) <= 1, "a share above 0, up to 1,")
        if self.how not in ROGUE:
            raise FaultError(
                f"nobody goes rogue as {self.how!r}: the ways are {', '.join(ROGUE)}. "
                f"Write it like {self.usage!r}."
            )

    @property
    def agents(self) -> tuple[str, ...]:
        return (self.agent,)

    @property
    def body(self) -> str:
        return f"{self.agent} {self.how}{'' if self.share == 1 else f' {seconds(self.share)}'}"

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Fault:
        who, how, *share = body.split() if " " in body else (body, "wrong")
        return cls(_name(who), how, *map(float, share), at=at, until=until)

    def strike(self, world: World) -> None:
        world.corrupt(self.agent, self)

    def end(self, world: World) -> None:
        world.corrupt(self.agent, None)


@dataclass(frozen=True)
class Drop(Fault):
    """The `nth` message from `sender` to `to`, counted from 1, is lost on its way."""

    sender: str
    to: str
    nth: int
    usage = "drop 1>2 #3"

    def __post_init__(self) -> None:
        super().__post_init__()
        counted = isinstance(self.nth, int) and not isinstance(self.nth, bool) and self.nth >= 1
        if self.at is not None or self.until is not None or not counted:
            raise FaultError(
                f"{type(self).__name__.lower()} {self.body}: it strikes the nth message of a link, counted "
                f"from 1, whenever that is sent, so it takes no time. Write {self.usage!r}."
            )

    @property
    def agents(self) -> tuple[str, ...]:
        return (self.sender, self.to)

    @property
    def body(self) -> str:
        return f"{self.sender}>{self.to} #{self.nth}"

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Fault:
        link, nth, *more = body.split()
        if not nth.startswith("#"):
            raise ValueError
        return cls(*_link(link), int(nth[1:]), *map(float, more), at=at, until=until)

    @property
    def late_by(self) -> float:
        """By how many seconds the message is held up."""
        return 0.0

    def strike(self, world: World) -> None:
        mark = type(self).__name__.lower(), self.late_by
        world.network.mark(self.sender, self.to, self.nth, *mark)


@dataclass(frozen=True)
class Duplicate(Drop):
    """The `nth` message from `sender` to `to` arrives twice."""

    usage = "duplicate 1>2 #3"


@dataclass(frozen=True)
class Delay(Drop):
    """The `nth` message from `sender` to `to` arrives `by` seconds late, and others may overtake it."""

    by: float = 0.5
    usage = "delay 1>2 #3 0.5"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._settle("by", self.by, _positive(self.by), "seconds, above 0")

    @property
    def body(self) -> str:
        return f"{super().body} {seconds(self.by)}"

    @property
    def late_by(self) -> float:
        return self.by


@lru_cache(maxsize=4096)
def read_fault(text: str) -> Fault:
    """The fault that a text such as `crash 5 @3` or `cut 1>2 @3..5` describes."""
    verb, _, rest = text.strip().partition(" ")
    kind = KINDS.get(verb)
    if kind is None:
        raise FaultError(
            f"{text[:80]!r} begins with no kind of fault. There are {', '.join(sorted(KINDS))}. "
            f"Write for instance {Crash.usage!r}."
        )
    body, marked, when = rest.partition("@")
    try:
        at, _, until = when.partition("..")
        if marked and not (at.strip() or until.strip()):
            raise ValueError
        return kind.read(body.strip(), *(float(each) if each.strip() else None for each in (at, until)))
    except FaultError:
        raise
    except (ValueError, TypeError, IndexError):
        raise FaultError(f"{text[:80]!r} cannot be read as {verb}. Write it like {kind.usage!r}.") from None


def is_name(text: object) -> bool:
    """Whether an agent can be called so: no space, no control character and none of , > / | @ #."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


_NAME = re.compile(
    r"[^\s,>/|@#\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]{1,100}"
)


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError(text)
    return text


def _link(text: str) -> tuple[str, str]:
    sender, to = text.split(">")
    return _name(sender), _name(to)


def _number(value: Any) -> float:
    """The value if it is a number, else one that fits nowhere."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else float("nan")


def _positive(value: float) -> bool:
    return 1e-6 <= _number(value) <= LATEST
