"""Faults of calls: what goes wrong with the answers of one agent to the questions of another (`Agent.ask`).

    fail ann>bob @3..9       the call ends with an error: ann gets no answer, and waits for none
    late ann>bob 0.5 @3..9   the answer comes half a second later
    half ann>bob @3..9       fields are missing in the answer
    stale ann>bob @3..9      the answer is the one before

`ann` asks and `bob` answers: an agent, or a tool that is written as one; in `ann>ann` an agent asks itself.
In each case bob has acted on the question.  The fault strikes the answers that he sends while it lasts, and
the trace shows them as they were sent.  Other messages between the two are not affected.
"""

# ruff: noqa: D102  (every kind has the same methods: `Fault` explains them)

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from coordlab.trace.fault import LATEST, SHORTEST, OfLink, ends, seconds
from coordlab.trace.target import Target


@dataclass(frozen=True)
class OfCall(OfLink):
    """A fault of the calls in which `sender` asks and `to` answers."""

    def strike(self, world: Target) -> None:
        world.network.spoilt.append(self)

    def end(self, world: Target) -> None:
        world.network.spoilt.remove(self)


@dataclass(frozen=True)
class Fail(OfCall):
    """Calls end with an error: when the answer would arrive, the asker learns that there is none.

    `ask` returns without it, at once if it waits for nothing else.  The trace shows an answer with the fate
    "failed".
    """

    form, usage = "FROM>TO", "fail 1>2 @3..5"


@dataclass(frozen=True)
class Late(OfCall):
    """Answers take longer, and other messages may overtake them.

    by: how much longer, in seconds from 1e-6 to 1e9.
    """

    by: float = 0.5
    form, usage = "FROM>TO SECONDS", "late 1>2 0.5 @3..5"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._settle("by", SHORTEST, LATEST, "seconds")

    @property
    def body(self) -> str:
        return f"{super().body} {seconds(self.by)}"

    @classmethod
    def read(cls, body: str, at: float | None, until: float | None) -> Self:
        link, *by = body.split()
        return cls(*ends(link), *map(float, by), at=at, until=until)


@dataclass(frozen=True)
class Half(OfCall):
    """Answers lack the second half of their fields, rounded up: these are None, whatever their type."""

    form, usage = "FROM>TO", "half 1>2 @3..5"


@dataclass(frozen=True)
class Stale(OfCall):
    """Answers do not change any more: each is the last one of its type that the asker was sent before.

    If there was none, the first one is the answer from then on.
    """

    form, usage = "FROM>TO", "stale 1>2 @3..5"
