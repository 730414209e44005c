"""What every fault has: its time, its text, the agents that it names; and faults of an agent or of a link."""

# ruff: noqa: D102  (every kind has the same methods: `Fault` explains them)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

from coordlab import requirements as require
from coordlab.trace.names import NAMES, is_name
from coordlab.trace.target import Target

KINDS: dict[str, type[Fault]] = {}
LATEST = 1e9  # seconds: nothing happens later
SHORTEST = 1e-6  # seconds: the clock counts microseconds


class FaultError(ValueError):
    """A fault that is not possible: what was given, what is allowed, and what to write instead."""


def seconds(value: float) -> str:
    """Seconds to the microsecond, as short as possible: 3, 0.25, 12.345678."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong.

    at: when it begins, in virtual seconds from 0 to 1e9; None means now, or the beginning of a run
        that has not started.
    until: when it ends, later than `at`; None means never.

    Raises FaultError if a time, a name or a number is not possible.
    """

    at: float | None = None
    until: float | None = None

    form: ClassVar[str] = ""  # of the text between the kind of fault and the time
    usage: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if "usage" in vars(cls):
            KINDS[cls.__name__.lower()] = cls

    def __post_init__(self) -> None:
        for name in ("at", "until"):
            if getattr(self, name) is not None:
                self._settle(name, 0, LATEST, "seconds")
        for name in self.agents:
            if not is_name(name):
                self._require(False, f"name={require.shown(name)}", NAMES)
        if self.until is not None:
            begin = self.at or 0
            given = f"at={begin:g}, until={self.until:g}"
            self._require(begin < self.until, given, "the end must be later than the beginning")

    def _require(self, holds: object, given: str, allowed: str) -> None:
        require.that(holds, given, allowed, repr(self.usage), FaultError)

    def _settle(self, name: str, least: float, most: float, unit: str = "") -> None:
        """Check a number, and round it to the microsecond, as its text does."""
        value = require.number(name, getattr(self, name), least, most, unit=unit, error=FaultError)
        object.__setattr__(self, name, round(value, 6))

    @property
    def agents(self) -> tuple[str, ...]:
        """The names of the agents that it names."""
        raise NotImplementedError

    @property
    def body(self) -> str:
        """The part of its text between the kind of fault and the time."""
        return " ".join(self.agents)

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Self:
        """The fault with this `body`."""
        kind: Callable[..., Self] = cls
        return kind(body, at=at, until=until)

    def strike(self, world: Target) -> None:
        """Let it begin."""
        raise NotImplementedError

    def end(self, world: Target) -> None:
        """Let it end."""
        raise NotImplementedError

    def __str__(self) -> str:
        when = "" if self.at is None else seconds(self.at)
        when += "" if self.until is None else f"..{seconds(self.until)}"
        return f"{type(self).__name__.lower()} {self.body}{when and ' @'}{when}"


@dataclass(frozen=True)
class OfAgent(Fault):
    """A fault of one agent."""

    agent: str

    @property
    def agents(self) -> tuple[str, ...]:
        return (self.agent,)


@dataclass(frozen=True)
class OfLink(Fault):
    """A fault of the link from `sender` to `to`, in this direction only.

    The two may be one agent: what it sends to itself takes the network, too.
    """

    sender: str
    to: str

    @property
    def agents(self) -> tuple[str, str]:
        return (self.sender, self.to)

    @property
    def body(self) -> str:
        return f"{self.sender}>{self.to}"

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Self:
        return cls(*ends(body), at=at, until=until)


def ends(text: str) -> tuple[str, str]:
    """The two ends of a link that a text such as "1>2" names.  Raises ValueError for any other text."""
    sender, to = text.split(">")
    return sender, to
