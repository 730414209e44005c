"""The trace: everything that happened in a run, in order, each event with its cause.

A row is a plain tuple `(time, kind, agent, peer, message, name, cause, data)`, its position in the
list is its sequence number, and time is a whole number of virtual microseconds.  Readers see rows as
`Event`s, whose time is in seconds.

| kind | agent | peer | name | data |
|---|---|---|---|---|
| start, restart | who comes up | | class | its states, as pairs |
| crash | who goes down | | | |
| send | who sends | to whom | message type | the message |
| deliver | who receives | from whom | message type | |
| drop | who would have received | from whom | message type | lost, cut, down or dropped |
| handle | who acts on it | from whom | message type | |
| late | whose question is over | from whom | message type | |
| timer | whose time is up | | what was awaited | seconds waited |
| state | whose state changes | | which | its new value |
| note, decision | who says so | | message type, if any | the message, or words |
| fault, heal | who is struck, or stops being so | | kind of fault | its scenario text |

`message` numbers the messages of a run from 1; a send, its deliveries (two, if duplicated), drops and
handling share the number.  `cause` is the sequence number of the event that triggered this one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from functools import cache
from math import inf, isfinite
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, overload

if TYPE_CHECKING:
    import networkx
    import pandas

START, CRASH, RESTART = "start", "crash", "restart"
SEND, DELIVER, DROP, HANDLE, LATE = "send", "deliver", "drop", "handle", "late"
TIMER, STATE, NOTE, DECISION = "timer", "state", "note", "decision"
FAULT, HEAL = "fault", "heal"
KINDS = (
    *(START, CRASH, RESTART, SEND, DELIVER, DROP, HANDLE, LATE),
    *(TIMER, STATE, NOTE, DECISION, FAULT, HEAL),
)

TRAVELS = frozenset((SEND, DELIVER, DROP, HANDLE, LATE))  # the kinds that tell of a message on its way
SPOKEN = frozenset((NOTE, DECISION))

MICRO = 1_000_000
_HALF = re.compile("[\ud800-\udfff]")
FORMAT, VERSION = "coordlab-trace", 1

Row = tuple[int, str, str | None, str | None, int | None, str | None, int | None, Any]


class TraceError(ValueError):
    """A trace file that cannot be read: says which line, what stands there and what should."""


class Event(NamedTuple):
    """One thing that happened; see the table above.  `time` is in virtual seconds.

    `content` is the message itself: of a send and of everything that happens to the message later (deliver,
    drop, handle, late), and what a note or decision puts on record; None for all other kinds.
    """

    seq: int
    time: float
    kind: str
    agent: str | None
    peer: str | None
    message: int | None
    name: str | None
    cause: int | None
    data: Any
    content: Any = None

    def __str__(self) -> str:
        whom = f" -> {self.peer}" if self.kind == SEND else f" <- {self.peer}" if self.peer else ""
        words = [f"{self.time:.3f}", self.agent or "", self.kind, self.name or ""]
        tail = "" if self.kind == SEND or self.data is None else f" {plain(self.data)}"
        return " ".join(word for word in words if word) + whom + tail


class Trace:
    """The events of one run.  `agents` are their names in order of joining; `until` the end, in seconds.

    `says` gives for each message type the sentence it utters (its docstring).
    """

    __slots__ = ("_read", "agents", "rows", "says", "until")

    def __init__(
        self,
        rows: list[Row],
        agents: tuple[str, ...] = (),
        says: dict[str, str] | None = None,
        until: float = 0.0,
    ) -> None:
        self.rows, self.agents, self.says, self.until = rows, agents, says or {}, until
        self._read: tuple[int, dict[int | None, Any]] = -1, {}

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, seq: int) -> Event: ...
    @overload
    def __getitem__(self, seq: slice) -> Selection: ...
    def __getitem__(self, seq: int | slice) -> Event | Selection:
        if isinstance(seq, slice):
            return Selection(self[each] for each in range(*seq.indices(len(self.rows))))
        time, kind, agent, peer, message, name, cause, data = self.rows[seq]
        content = self._sent().get(message) if kind in TRAVELS else data if kind in SPOKEN else None
        return Event(
            seq % len(self.rows), time / MICRO, kind, agent, peer, message, name, cause, data, content
        )

    def __iter__(self) -> Iterator[Event]:
        sent: dict[int | None, Any] = {}
        for seq, (time, kind, agent, peer, message, name, cause, data) in enumerate(self.rows):
            content = None
            if kind == SEND:
                sent[message] = content = data
            elif kind in TRAVELS:
                content = sent.get(message)
            elif kind in SPOKEN:
                content = data
            yield Event(seq, time / MICRO, kind, agent, peer, message, name, cause, data, content)

    def _sent(self) -> dict[int | None, Any]:
        """Each message by its number."""
        if self._read[0] != len(self.rows):
            self._read = len(self.rows), {row[4]: row[7] for row in self.rows if row[1] == SEND}
        return self._read[1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trace) and self.to_jsonl() == other.to_jsonl()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Trace of {len(self)} events, {len(self.agents)} agents, {self.until:g} s>"

    def select(
        self,
        *names: str,
        kind: str | None = None,
        agent: str | None = None,
        peer: str | None = None,
        since: float = 0.0,
        before: float = inf,
    ) -> Selection:
        """The events that match every condition given; a name is a kind or the name of a message or state.

        A message name alone means its sends: `trace.select("Election")`.
        """
        places = self._matches(names, kind, agent, peer, since, before)
        return Selection(self[seq] for seq in places)

    def count(
        self,
        *names: str,
        kind: str | None = None,
        agent: str | None = None,
        peer: str | None = None,
        since: float = 0.0,
        before: float = inf,
    ) -> int:
        """How many events `select` would return."""
        return sum(1 for _ in self._matches(names, kind, agent, peer, since, before))

    def _matches(
        self,
        names: tuple[str, ...],
        kind: str | None,
        agent: str | None,
        peer: str | None,
        since: float,
        before: float,
    ) -> Iterator[int]:
        """The numbers of the events that `select` returns, found on the rows themselves."""
        kinds = {name for name in names if name in KINDS}
        words = set(names) - kinds
        if words and kind is None and not kinds and words & self.says.keys():
            kinds = {SEND}
        if kind is not None:
            kinds.add(kind)
        timed = since > 0 or before < inf
        for seq, (time, this, who, whom, _, name, _, _) in enumerate(self.rows):
            if (
                (not kinds or this in kinds)
                and (not words or name in words)
                and (agent is None or who == agent)
                and (peer is None or whom == peer)
                and (not timed or since <= time / MICRO < before)
            ):
                yield seq

    def divergence(self, other: Trace) -> int | None:
        """The number of the first event in which two traces differ; None if they are equal."""
        shared = min(len(self.rows), len(other.rows))
        first = next((seq for seq in range(shared) if self.rows[seq] != other.rows[seq]), shared)
        return None if first == len(self.rows) == len(other.rows) else first

    def past(self, seq: int) -> Selection:
        """The chain of causes that led to event `seq`, the first cause first, `seq` itself last."""
        return Selection(reversed([self[seq], *self.causes(seq)]))

    def causes(self, seq: int) -> Iterator[Event]:
        """What led to event `seq`, the nearest cause first."""
        while (cause := self.rows[seq][6]) is not None:
            yield self[cause]
            seq = cause

    def to_jsonl(self) -> str:
        """The whole trace as JSON Lines: a header, then one array a row.  Equal runs give equal text."""
        header = {
            "format": FORMAT,
            "version": VERSION,
            "agents": self.agents,
            "says": self.says,
            "until": self.until,
        }
        lines = [dumps(header)]
        lines += [dumps((*row[:7], plain(row[7], filed=True))) for row in self.rows]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_jsonl(cls, text: str) -> Trace:
        """Read what `to_jsonl` wrote, or raise a `TraceError` that names the line.  Nothing is executed."""
        from coordlab.trace.files import read_trace

        return read_trace(text)

    def to_frame(self) -> pandas.DataFrame:
        """One line per event as a pandas frame, indexed by sequence number; needs pandas."""
        import pandas

        frame = pandas.DataFrame.from_records(
            [event[:-1] for event in self], columns=Event._fields[:-1], index="seq"
        )
        return frame.astype({"message": "Int64", "cause": "Int64"})

    def to_graph(self) -> networkx.DiGraph[str]:
        """Who sent how many messages to whom: an edge has `messages`, a node `sent` and `received`.

        networkx draws it on axes of matplotlib: `networkx.draw(run.trace.to_graph(), ax=axes)`.
        """
        import networkx

        graph: networkx.DiGraph[str] = networkx.DiGraph()
        graph.add_nodes_from(self.agents, sent=0, received=0)
        for _, kind, agent, peer, *_ in self.rows:
            if kind == SEND:
                graph.nodes[agent]["sent"] += 1
                before = graph.get_edge_data(agent, peer, {"messages": 0})
                graph.add_edge(agent, peer, messages=before["messages"] + 1)
            elif kind == DELIVER:
                graph.nodes[agent]["received"] += 1
        return graph


class Selection(list[Event]):
    """Some events of a trace, in order."""

    def as_text(self) -> str:
        """One line per event; a send reads `7.000 bob -> ann` when all are of one name."""
        return "\n".join(self._line(event) for event in self)

    def _line(self, event: Event) -> str:
        if event.kind == SEND and len({e.name for e in self}) == 1:
            return f"{event.time:.3f} {event.agent} -> {event.peer}"
        return str(event)

    def __repr__(self) -> str:
        return self.as_text() or "no events"


class Record(SimpleNamespace):
    """A message as a file tells of it: its fields, but not its class."""

    says = "Somebody said this."  # which makes it a message, so that others may hold it

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(vars(self).items()))

    def __repr__(self) -> str:
        return _shown(self)


def in_words(name: str | None, data: Any) -> str:
    """A message as text, with its name, `Bid(cost=3)`; anything else as it is."""
    if name is None:
        return str(plain(data))
    return f"{name if isinstance(data, Record) else ''}{_shown(data)}"


def _shown(value: Any) -> str:
    """As `repr`, but sets are shown in order, enums by their value, and records without a name."""
    if isinstance(value, Enum):
        return _shown(value.value)
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(_shown, value))) + "}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_shown, value))}{',' * (len(value) == 1)})"
    if isinstance(value, Record):
        return _fields("", vars(value))
    if hasattr(value, "__dataclass_fields__"):
        names = _names(type(value))  # type: ignore[arg-type]
        return _fields(type(value).__name__, {name: getattr(value, name) for name in names})
    return repr(value)


@cache
def _names(kind: type) -> tuple[str, ...]:
    """What a dataclass's fields are called."""
    return tuple(field.name for field in fields(kind))


def _fields(name: str, values: dict[str, Any]) -> str:
    return f"{name}({', '.join(f'{field}={_shown(value)}' for field, value in values.items())})"


SET = "{}"  # what a set is filed under: JSON has none


def plain(value: Any, filed: bool = False) -> Any:
    """`value` as JSON can hold it: a message becomes the object of its fields, a set a sorted list.

    If it is to be `filed`, the list is marked, so that a reader makes a set of it again.
    """
    if value.__class__ is str:
        return value if value.isascii() else value.encode("utf-8", "replace").decode()  # no half characters
    if value is None or value.__class__ in (int, bool):
        return value
    if isinstance(value, float):
        return float(value) if isfinite(value) else repr(float(value))  # JSON knows no infinity
    if isinstance(value, Enum):
        return plain(value.value, filed)
    if isinstance(value, (tuple, list)):
        return [plain(item, filed) for item in value]
    if isinstance(value, (set, frozenset)):
        members = sorted((plain(item, filed) for item in value), key=repr)
        return {SET: members} if filed else members
    if isinstance(value, dict):
        return {str(key): plain(item, filed) for key, item in value.items()}
    if isinstance(value, Record):
        return plain(vars(value), filed)
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name), filed) for name in _names(type(value))}  # type: ignore[arg-type]
    return str(value) if isinstance(value, str) else int(value) if isinstance(value, int) else repr(value)


def dumps(value: Any) -> str:
    """Compact JSON text, the same for the same value everywhere."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def loads(text: str) -> Any:
    """The value that a JSON text stands for; a `ValueError` for what only Python's reader lets pass."""
    value = json.loads(text, parse_constant=_no_number, object_pairs_hook=_each_once)
    if "\\u" in text and _HALF.search(dumps(value)):
        raise ValueError("half a character, a lone surrogate")
    return value


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a key stands there twice, among {', '.join(found)[:40]}")
    return found
