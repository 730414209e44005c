"""The trace: everything that happened in a run, in order, each event with its cause.

A row is a plain tuple `(time, kind, agent, peer, message, name, cause, data)`, its position in the
list is its sequence number, and time is a whole number of virtual microseconds.  Readers see rows as
`Event`s, whose time is in seconds.

| kind | agent | peer | name | data |
|---|---|---|---|---|
| start, restart | the one that starts | | its class | its states, as pairs |
| crash | the one that stops | | | |
| send | the sender | the recipient | message type | the message |
| deliver | the recipient | the sender | message type | |
| drop | the recipient | the sender | message type | lost, cut, down, dropped or failed |
| handle | the recipient | the sender | message type | |
| late | the recipient, whose question is over | the sender | message type | |
| timer | the one that waited | | what it waited for | seconds waited |
| state | the one that changes | | the state | its new value |
| note, decision | the one that records it | | message type, if any | the message, or words |
| fault, heal | the one that is struck | | kind of fault | its scenario text |

`message` numbers the messages of a run from 1; a send, its deliveries (two, if duplicated), drops and
handling have the same number.  `cause` is the sequence number of the event that led to this one.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from functools import cache, cached_property
from itertools import count
from math import inf, isfinite
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, overload

from coordlab import requirements as require

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

TRAVELS = frozenset((SEND, DELIVER, DROP, HANDLE, LATE))  # the kinds of events of a message on its way
SPOKEN = frozenset((NOTE, DECISION))
_PLAIN = frozenset((str, int, float, bool, type(None)))

MICRO = 1_000_000
_HALF = re.compile("[\ud800-\udfff]")
FORMAT, VERSION = "coordlab-trace", 1

Row = tuple[int, str, str | None, str | None, int | None, str | None, int | None, Any]


class TraceError(ValueError):
    """A trace file that cannot be read: names the line, what it contains and what is allowed."""


class Event(NamedTuple):
    """One event, see the table above.  `time` is in virtual seconds.

    `content` is the message of a send and of all that happens to it later (deliver, drop, handle, late), and
    what a note or decision records; None for all other kinds.
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
        told = plain(self.data)
        if self.kind in (START, RESTART):
            told = ", ".join(f"{name}={value}" for name, value in told or ())
        tail = "" if self.kind == SEND or told in (None, "") else f" {told}"
        return " ".join(word for word in words if word) + whom + tail


class Trace:
    """The events of one run, in order: it can be iterated, indexed and sliced.

    rows: the events as plain tuples.
    agents: the names of the agents, in order of joining.
    says: the sentence of each message type (the first line of its docstring), by name.
    until: the end of the run, in virtual seconds.
    broken: whether an error ended the run there: what would have come after is not known.
    """

    def __init__(
        self,
        rows: list[Row],
        agents: tuple[str, ...] = (),
        says: dict[str, str] | None = None,
        until: float = 0.0,
        broken: bool = False,
    ) -> None:
        self.rows, self.agents, self.says, self.until, self.broken = rows, agents, says or {}, until, broken

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, seq: int) -> Event: ...
    @overload
    def __getitem__(self, seq: slice) -> Selection: ...
    def __getitem__(self, seq: int | slice) -> Event | Selection:
        if isinstance(seq, slice):
            return Selection(self[each] for each in range(*seq.indices(len(self.rows))))
        try:
            return self._event(seq % len(self.rows or " "), self.rows[seq])
        except (TypeError, IndexError) as error:
            allowed = f"expected the number of one of {len(self)} events, from 0"
            require.fail(f"event {require.shown(seq)}", allowed, "trace[0]", type(error))

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    @cached_property
    def _events(self) -> list[Event]:
        """All events, made once: each property looks at them."""
        return list(map(self._event, count(), self.rows))

    def _event(self, seq: int, row: Row) -> Event:
        time, kind, agent, peer, message, name, cause, data = row
        content = self._sent.get(message) if kind in TRAVELS else data if kind in SPOKEN else None
        return Event._make((seq, time / MICRO, kind, agent, peer, message, name, cause, data, content))

    @cached_property
    def _sent(self) -> dict[int | None, Any]:
        """Each message by its number."""
        return {row[4]: row[7] for row in self.rows if row[1] == SEND}

    def __reduce__(self) -> tuple[type[Trace], tuple[Any, ...]]:
        return Trace, (self.rows, self.agents, self.says, self.until, self.broken)

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
        """The events that match all conditions.

        names: kinds of events (any of them), and names of messages, states or timers (any of them); the
            name of a message alone means its sends: `trace.select("Election")`.
        kind, agent, peer: as in the table above.
        since, before: virtual seconds; `since` is included, `before` is not.
        """
        rows, event = self.rows, self._event
        return Selection(
            [event(seq, rows[seq]) for seq in self._matches(names, kind, agent, peer, since, before)]
        )

    def count(self, *names: str, **conditions: Any) -> int:
        """How many events `select` would return; it takes the same arguments."""
        return len(self._matches(names, **conditions))

    def _matches(
        self,
        names: tuple[str, ...],
        kind: str | None = None,
        agent: str | None = None,
        peer: str | None = None,
        since: float = 0.0,
        before: float = inf,
    ) -> Sequence[int]:
        """The numbers of the events that `select` returns, found on the rows themselves."""
        for name in (*names, *(each for each in (kind, agent, peer) if each is not None)):
            require.instance("name", name, str, "trace.select('Election')")
        kinds = {name for name in names if name in KINDS}
        words = set(names) - kinds
        if words and kind is None and not kinds and words & self.says.keys():
            kinds = {SEND}
        if kind is not None:
            kinds.add(kind)
        rows, found = self.rows, self._between(since, before)
        ends = [() if each is None else (each,) for each in (agent, peer)]
        for column, values in ((5, words), (1, kinds), (2, ends[0]), (3, ends[1])):
            if values:
                found = [seq for seq in found if rows[seq][column] in values]
        return found

    def _between(self, since: float, before: float) -> Sequence[int]:
        """The numbers of the events from `since` on and before `before`, in virtual seconds."""
        if since <= 0 and before == inf:
            return range(len(self.rows))
        first, end = (
            bisect_left(self.rows, each, key=lambda row: row[0] / MICRO) for each in (since, before)
        )
        return range(first, end)

    def divergence(self, other: Trace) -> int | None:
        """The number of the first event in which two traces differ, or None if they are equal."""
        require.instance("other", other, Trace, "trace.divergence(run.trace)")
        pairs = enumerate(zip(self.rows, other.rows, strict=False))
        differ = (seq for seq, (one, two) in pairs if one != two and line_of_row(one) != line_of_row(two))
        first = next(differ, min(len(self.rows), len(other.rows)))
        return None if first == len(self.rows) == len(other.rows) else first

    def past(self, seq: int) -> Selection:
        """The chain of causes of event `seq`, the first cause first, `seq` itself last."""
        return Selection(reversed([self[seq], *self.causes(seq)]))

    def causes(self, seq: int) -> Iterator[Event]:
        """The causes of event `seq`, the nearest first."""
        cause = self[seq].cause
        while cause is not None:
            yield self[cause]
            cause = self.rows[cause][6]

    def to_jsonl(self) -> str:
        """The whole trace as JSON Lines: a header, then one array per row.  Equal runs have equal text."""
        header = {"format": FORMAT, "version": VERSION, "agents": self.agents, "says": self.says}
        lines = [dumps({**header, "until": self.until} | ({"broken": True} if self.broken else {}))]
        lines += map(line_of_row, self.rows)
        return "\n".join(lines) + "\n"

    @classmethod
    def from_jsonl(cls, text: str) -> Trace:
        """Read what `to_jsonl` wrote.  Nothing in it is executed.

        Raises TraceError, which names the line and the field, for any other text.
        """
        from coordlab.trace.files import read_trace

        return read_trace(text)

    @classmethod
    def of(cls, log: Iterable[Event | Mapping[str, Any]], until: float | None = None) -> Trace:
        """The trace of another system's log: mappings with the names of `Event`'s fields, or events.

        log: in order of time.  Each entry has `time` (seconds), `kind` and `agent`; a send also `peer` and
            `data` (a message, or its fields and then a `name`); what becomes of it repeats its `message`, any
            number or text.  States at the start are pairs or a dict; `cause` is the place of an entry in the
            log, from 0, by default that of the last one about the same message.
        until: the end in seconds; by default the time of the last entry.

        An agent without a `start` has started when the log begins.  Raises TraceError, which names entry and
        field, for anything else.
        """
        from coordlab.trace.logs import read_log

        return read_log(log, until)

    def to_frame(self) -> pandas.DataFrame:
        """The events as rows of a pandas frame, indexed by sequence number; or ImportError without pandas."""
        try:
            import pandas
        except ImportError:
            require.fail(
                "to_frame()", "pandas is not installed", "pip install 'coordlab[pandas]'", ImportError
            )
        rows = [event[:-1] for event in self]
        frame = pandas.DataFrame.from_records(rows, columns=Event._fields[:-1], index="seq")
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
        """One line for each event; a send is `7.000 bob -> ann` if all have the same name."""
        return "\n".join(self._line(event) for event in self)

    def _line(self, event: Event) -> str:
        if event.kind == SEND and len({e.name for e in self}) == 1:
            return f"{event.time:.3f} {event.agent} -> {event.peer}"
        return str(event)

    def __repr__(self) -> str:
        return self.as_text() or "no events"


class Record(SimpleNamespace):
    """A message read from a file, which holds its fields, but not its class."""

    says = "An unknown message."  # which makes it a message, so that others may hold it

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(vars(self).items()))

    def __repr__(self) -> str:
        return _shown(self)


def brief(value: object) -> str:
    """`value` in words; a number in full up to the millionth.

    >>> brief(0.1 + 0.2), brief(0.81), brief(1234567.25)
    ('0.3', '0.81', '1234567.25')
    """
    value = plain(value)
    if not isinstance(value, float):
        return str(value)
    plainly = value == 0 or 1e-4 <= abs(value) < 1e15
    return repr(round(value, 6)).removesuffix(".0") if plainly else f"{value:g}"


def in_words(name: str | None, data: object) -> str:
    """A message as text, with its name, `Bid(cost=3)`; anything else as it is."""
    if name is None:
        return str(plain(data))
    return f"{name if isinstance(data, Record) else ''}{_shown(data)}"


def noted(name: str | None, data: object) -> str:
    """A note or decision as text: of a message the sentence, if it is known, and the fields."""
    words = in_words(name, data)
    if name is None or isinstance(data, Record):
        return words
    fields = words.removeprefix(name).removesuffix("()")
    return f"“{type(data).says}” {fields}".rstrip()  # type: ignore[attr-defined]


def _shown(value: object) -> str:
    """Like `repr`, but sets are in order, enums are shown by their value, and records without a name."""
    if value.__class__ in _PLAIN:
        return repr(value)
    if isinstance(value, Enum):
        return _shown(value.value)
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(_shown, value))) + "}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_shown, value))}{',' * (len(value) == 1)})"
    if isinstance(value, Record):
        return _fields("", vars(value))
    if hasattr(value, "__dataclass_fields__"):
        return _fields(type(value).__name__, {name: getattr(value, name) for name in _names(type(value))})  # type: ignore[arg-type]
    return repr(value)


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The names of the fields of a dataclass."""
    return tuple(field.name for field in fields(kind))


def _fields(name: str, values: dict[str, object]) -> str:
    return f"{name}({', '.join(f'{field}={_shown(value)}' for field, value in values.items())})"


SET = "{}"  # the key that marks a set in a file: JSON has none


def plain(value: object, filed: bool = False) -> Any:
    """`value` as JSON can hold it: a message becomes the object of its fields, a set a sorted list.

    If it is `filed`, the list is marked, so that reading it makes a set again.
    """
    if type(value) is str:
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


def line_of_row(row: Row) -> str:
    """A row as a line of a file; rows with equal lines are equal, also if they hold NaN."""
    return dumps((*row[:7], plain(row[7], filed=True)))


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dumps(value: object) -> str:
    """Compact JSON text, the same for the same value everywhere."""
    return _encode(value)


def loads(text: str) -> Any:
    """The value of a JSON text.  Raises ValueError also for what only Python's own reader accepts."""
    value = _decode(text)
    if "\\u" in text and _HALF.search(dumps(value)):
        raise ValueError("half a character, a lone surrogate")
    return value


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number in JSON")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError(f"a key is there twice, among {', '.join(found)[:40]}")
    return found


_decode = json.JSONDecoder(parse_constant=_no_number, object_pairs_hook=_each_once).decode
