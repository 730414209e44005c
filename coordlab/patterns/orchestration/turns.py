"""The turns of an orchestrated run and its result, as read from its trace."""

from __future__ import annotations

from dataclasses import dataclass, replace

from coordlab import requirements as require
from coordlab.patterns.orchestration.rules import Result
from coordlab.properties import on_record, recorded
from coordlab.trace.trace import HANDLE, SEND, Event, Trace

REPLIES = ("Reply", "Failed")
TONES = {"working": "active", "conducting": "normal", "idle": "idle", "stopped": "idle"}
"""What the roles of conductors and members mean, for the colours of their lanes."""


def is_turn(event: Event) -> bool:
    """Whether a member is given a turn here."""
    return event.kind == SEND and event.name == "Turn"


def is_reply(event: Event) -> bool:
    """Whether a conductor handles a reply or a failure here."""
    return event.kind == HANDLE and event.name in REPLIES


def is_result(event: Event) -> bool:
    """Whether a conductor decides a `Result` here."""
    return on_record(event, "Result")


@dataclass(frozen=True)
class TurnRecord:
    """One turn: which agent had it, from when to when (seconds; None without a reply), and the turns within.

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


def turns(trace: Trace, conductor: str | None = None) -> list[TurnRecord]:
    """The turns that a conductor (default: the only one) gave, in order, none nested in another.

    Raises ValueError if there are several conductors and none is named.
    """
    found: dict[tuple[str | None, int], TurnRecord] = {}
    for event in trace:
        said = event.content
        if is_turn(event):
            record = TurnRecord(
                said.id, said.parent, str(event.peer), said.task, event.time, None, said.tokens
            )
            found[event.agent, said.id] = record
        elif is_reply(event) and (record := found[event.agent, said.turn]).ended is None:
            tokens = record.tokens + said.tokens
            found[event.agent, said.turn] = replace(record, ended=event.time, tokens=tokens)
    conductors = sorted({str(name) for name, _ in found})
    if conductor is None and len(conductors) > 1:
        given = f"the trace has the turns of several conductors: {', '.join(conductors)}"
        require.fail(given, "expected one of them by name", f"turns(trace, conductor={conductors[0]!r})")
    return [record for (name, _), record in found.items() if conductor in (None, name)]


def tree(trace: Trace, conductor: str | None = None) -> tuple[TurnRecord, ...]:
    """The turns of a run, each with those that came from it nested in it.

    Raises ValueError if there are several conductors and none is named.
    """
    inner: dict[int, list[TurnRecord]] = {}
    for record in reversed(turns(trace, conductor)):
        nested = replace(record, turns=tuple(reversed(inner.pop(record.id, []))))
        inner.setdefault(record.parent, []).append(nested)
    return tuple(reversed(inner.get(0, [])))


def result(trace: Trace, conductor: str | None = None) -> Result | None:
    """The last `Result` that a conductor (default: any) recorded, or None if it has not stopped yet."""
    results = [event.data for event in recorded(trace, "Result") if conductor in (None, event.agent)]
    return results[-1] if results else None
