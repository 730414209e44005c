"""What a schedule can aim at: the messages, the instants and the changes of role of one run."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from coordlab.trace.trace import CRASH, DROP, FAULT, HANDLE, HEAL, SEND, STATE, Row, Trace


class Sent(NamedTuple):
    """A message: its number in the trace, its microsecond, its link and its index on that link, from 1."""

    seq: int
    time: int
    sender: str
    to: str
    nth: int


class Landmarks:
    """The places of a run at which a fault may matter, found once for each trace."""

    def __init__(self, trace: Trace) -> None:
        self.rows, self.agents = trace.rows, trace.agents

    @cached_property
    def sends(self) -> dict[str, list[Sent]]:
        """The messages by their name."""
        counts: dict[tuple[str, str], int] = {}
        found: dict[str, list[Sent]] = {}
        for seq, (time, kind, agent, peer, _, name, _, _) in enumerate(self.rows):
            if kind == SEND and agent is not None and peer is not None:
                counts[agent, peer] = nth = counts.get((agent, peer), 0) + 1
                found.setdefault(str(name), []).append(Sent(seq, time, agent, peer, nth))
        return found

    @cached_property
    def answers(self) -> dict[str, list[tuple[int, str, str]]]:
        """For each type of answer, those sent while handling the question: microsecond, asker, answerer."""
        found: dict[str, list[tuple[int, str, str]]] = {}
        for time, kind, agent, peer, _, name, cause, _ in self.rows:
            if kind == SEND and cause is not None and self.rows[cause][1:4] == (HANDLE, agent, peer):
                found.setdefault(str(name), []).append((time, str(peer), str(agent)))
        return found

    @cached_property
    def instants(self) -> dict[tuple[str, str], list[tuple[int, str]]]:
        """For each kind of event and each name: when an agent did it."""
        found: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for time, kind, agent, _, _, name, _, _ in self.rows:
            if agent is not None and kind not in _NO_ACT:
                found.setdefault((kind, str(name)), []).append((time, agent))
        return found

    @cached_property
    def turns(self) -> list[tuple[int, str, object]]:
        """When an agent took on which role."""
        return [(row[0], str(row[2]), row[7]) for row in self.rows if row[1] == STATE and row[5] == "role"]

    @cached_property
    def features(self) -> frozenset[tuple[object, ...]]:
        """The shape of the run: which event led to which, and which roles there were at one time."""
        rows = self.rows
        return frozenset([_step(row, rows) for row in rows if row[1] in _TELLING]) | self._roles

    @cached_property
    def _roles(self) -> frozenset[tuple[object, ...]]:
        now: dict[str, str] = {}
        seen = set[tuple[object, ...]]()
        for _, agent, role in self.turns:
            now[agent] = str(role)
            seen.add(("roles", *sorted(now.values())))
        return frozenset(seen)


_NO_ACT = frozenset((CRASH, FAULT, HEAL))
_TELLING = frozenset((HANDLE, DROP, STATE, "late", "note", "decision", "restart"))


def _step(row: Row, rows: list[Row]) -> tuple[object, ...]:
    """An event without its time and agent, with what led to it."""
    _, kind, _, _, _, name, cause, data = row
    led = (None, None) if cause is None else (rows[cause][1], rows[cause][5])
    return (kind, name, data if kind in (STATE, DROP) and data.__class__ in (str, bool) else None, *led)
