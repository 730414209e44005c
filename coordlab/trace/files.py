"""Reading traces from files of any origin: data only, checked line by line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from coordlab import requirements as require
from coordlab.trace.faults import LATEST, FaultError, read_fault
from coordlab.trace.names import is_name
from coordlab.trace.trace import (
    CRASH,
    DROP,
    FAULT,
    FORMAT,
    HEAL,
    KINDS,
    RESTART,
    SEND,
    SET,
    SPOKEN,
    START,
    STATE,
    TIMER,
    TRAVELS,
    VERSION,
    Record,
    Row,
    Trace,
    TraceError,
    dumps,
    loads,
)

MOST_BYTES = 100_000_000
_LONGEST = 1_000_000  # characters on a line
_COLUMNS = ("time", "kind", "agent", "peer", "message", "name", "cause", "data")
_LATEST = 10**15  # microseconds
_DEEPEST = 50  # lists in lists
_FATES = ("lost", "cut", "down", "dropped", "failed")
_AGAIN = "write the trace again with Trace.to_jsonl()"


def read_trace_file(path: str | Path, most: int = MOST_BYTES) -> Trace:
    """The trace in a JSON Lines file of at most `most` bytes.

    Raises TraceError, which names line and field, if it is not a trace or too large, OSError if it cannot be
    opened.
    """
    with require.path("path", path, "run.jsonl").open("rb") as file:
        size = file.seek(0, 2) if file.seekable() else 0
        if size:
            file.seek(0)
        content = b"" if size > most else file.read(most + 1)
    if size > most or len(content) > most:
        given = f"{path} has {max(size, len(content)):,} bytes"
        allowed = f"at most {most:,} are read, so that a bad file cannot fill the memory"
        _fail(given, allowed, f"most={max(size, 2 * most)}, if you trust the file")
    try:
        return read_trace(content.decode())
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        given = f"line {line} contains the byte {content[error.start]:#x}"
        _fail(given, "a trace is text in UTF-8", f"{_AGAIN}, encoding='utf-8'")


def read_trace(text: str) -> Trace:
    """The trace that `Trace.to_jsonl` wrote.  Raises TraceError, which names line and field, otherwise."""
    require.instance("text", text, str, "Trace.from_jsonl(trace.to_jsonl())", TraceError)
    lines = text.removesuffix("\n").split("\n")
    header = _json(lines[0], 1)
    known = FORMAT, repr(VERSION)
    if not isinstance(header, dict) or (header.get("format"), repr(header.get("version"))) != known:
        wanted = f'a trace begins with the header {{"format":"{FORMAT}","version":{VERSION},…}}'
        _fail(f"line 1 is {lines[0][:80]!r}", wanted, _AGAIN)
    reader = Reader(header)
    for line in lines[1:]:
        reader.take(line)
    return reader.trace()


_PLAIN = (type(None), str, int, float)
_KINDS = frozenset(KINDS)


class Reader:
    """Reads line by line, and keeps in mind which agents are up, what was sent and which faults last.

    unit, advice, shown: how errors call a row, what they advise, and how they show a value.
    """

    unit, advice = "line", _AGAIN
    shown = staticmethod(dumps)

    def __init__(self, header: dict[str, object]) -> None:
        self.line = 1
        names, says, until = (header.get(each) for each in ("agents", "says", "until"))
        broken = header.get("broken", False)
        self._check("broken", broken, isinstance(broken, bool), "true or false")
        self.broken = broken is True
        each_once = isinstance(names, list) and all(map(is_name, names)) and len(set(names)) == len(names)
        self._check("agents", names, each_once, "a list of names, each once")
        texts = isinstance(says, dict) and all(isinstance(each, str) for each in says.values())
        self._check("says", says, texts, "sentences by message name")
        self.until = require.number("line 1, until", until, 0, LATEST, unit="seconds", error=TraceError)
        self.names: tuple[str, ...] = tuple(names) if isinstance(names, list) else ()
        self.says: dict[str, str] = says if isinstance(says, dict) else {}
        self.agents = set(self.names)
        self.rows: list[Row] = []
        self.up: set[str] = set()
        self.sent: set[int] = set()
        self.lasting: list[str] = []

    def trace(self) -> Trace:
        """The trace that has been read."""
        last = self.rows[-1][0] if self.rows else 0
        self.line = 1
        self._check("until", self.until, self.until * 1e6 >= last - 1, f"{last / 1e6:g} s or later")
        return Trace(self.rows, self.names, self.says, self.until, self.broken)

    def take(self, line: str) -> None:
        """Read one event."""
        self.line += 1
        if len(line) > _LONGEST:
            given = f"{self.unit} {self.line} has {len(line):,} characters"
            _fail(given, f"an event has at most {_LONGEST:,}", _AGAIN)
        values = _json(line, self.line)
        if not isinstance(values, list) or len(values) != len(_COLUMNS):
            wanted = f"an event is an array of {', '.join(_COLUMNS)}"
            _fail(f"{self.unit} {self.line} is {line[:80]!r}", wanted, _AGAIN)
        self.add(values)

    def add(self, values: Sequence[Any]) -> None:
        """Add a row.  Raises TraceError if a value is not allowed there."""
        time, kind, agent, peer, message, name, cause, data = values
        check, earliest = self._check, self.rows[-1][0] if self.rows else 0
        if not (
            type(time) is int and earliest <= time <= _LATEST
        ):  # texts are made when they are needed only
            check("time", time, False, f"whole microseconds, {earliest} or more")
        if not (isinstance(kind, str) and kind in _KINDS):
            check("kind", kind, False, f"one of {', '.join(KINDS)}")
        travels = kind in TRAVELS
        check("agent", agent, self._known(agent), "an agent of line 1")
        right = self._known(peer) if travels else peer is None
        check("peer", peer, right, "an agent of line 1" if travels else "null, for nothing is sent")
        right = isinstance(name, str) or (name is None and (kind == CRASH or kind in SPOKEN))
        check("name", name, right, "a text")
        if not (cause is None or (type(cause) is int and 0 <= cause < len(self.rows))):
            check("cause", cause, False, f"an earlier event, 0 to {len(self.rows) - 1}, or null")
        self._number(kind, message)
        self.rows.append((time, kind, agent, peer, message, name, cause, self._data(kind, agent, name, data)))

    def _number(self, kind: str, message: object) -> None:
        """Check the number of a message: new in a send, known in all other events of a message."""
        whole = type(message) is int and 0 < message < 2**31
        if kind == SEND:
            fresh = whole and message not in self.sent
            self._check("message", message, fresh, "a number above 0 that no message had before")
            self.sent.add(message)  # type: ignore[arg-type]
        elif kind in TRAVELS:
            known = whole and message in self.sent
            self._check("message", message, known, "the number of a message sent before")
        else:
            self._check("message", message, message is None, "null")

    def _data(self, kind: str, agent: str, name: object, data: object) -> object:
        settled = self._settled(data)
        if kind == SEND:
            self._check("data", data, hasattr(type(settled), "says"), "the fields of the message")
        elif kind in (START, RESTART):
            self._check("data", data, _pairs(settled), "pairs of a state's name and its value")
            self.up.add(agent)
        elif kind == STATE:
            self._check("agent", agent, agent in self.up, "an agent that has started and not crashed")
        elif kind == CRASH:
            self.up.discard(agent)
        elif kind == DROP:
            self._check("data", data, data in _FATES, f"one of {', '.join(_FATES)}")
        elif kind == TIMER:
            require.number(f"{self.unit} {self.line}, data", data, unit="seconds", error=TraceError)
        elif kind in (FAULT, HEAL):
            self._fault(kind, name, data)
        return settled

    def _fault(self, kind: str, name: object, text: object) -> None:
        try:
            fault = read_fault(str(text))
            known = isinstance(text, str) and all(map(self._known, fault.agents))
        except FaultError:
            known = False
        self._check("data", text, known, "a fault that strikes agents of the trace, such as 'crash 5 @3'")
        wanted = type(fault).__name__
        self._check("name", name, name == wanted, f"{wanted}, as its text says")
        if kind == FAULT:
            self.lasting.append(str(text))
        else:
            self._check("data", text, text in self.lasting, "a fault that has begun")
            self.lasting.remove(str(text))

    def _known(self, name: object) -> bool:
        return isinstance(name, str) and name in self.agents

    def _settled(self, value: object, depth: int = 0) -> object:
        """JSON data as a trace holds it: tuples instead of lists, records instead of objects, sets."""
        if value.__class__ in _PLAIN:  # as most are
            return value
        if depth > _DEEPEST:
            _fail(
                f"{self.unit} {self.line}, data",
                f"lists in lists have at most {_DEEPEST} levels",
                self.advice,
            )
        if isinstance(value, list):
            return tuple(self._settled(each, depth + 1) for each in value)
        if isinstance(value, dict):
            if value.keys() == {SET} and isinstance(value[SET], list):
                return frozenset(self._settled(each, depth + 1) for each in value[SET])
            return Record(**{name: self._settled(each, depth + 1) for name, each in value.items()})
        return value

    def _check(self, column: str, value: object, right: bool, wanted: str) -> None:
        if not right:
            _fail(
                f"{self.unit} {self.line}, {column}: {self.shown(value)[:60]}",
                f"expected {wanted}",
                self.advice,
            )


def _fail(given: str, allowed: str, example: str) -> NoReturn:
    require.fail(given, allowed, example, TraceError)


def _json(line: str, number: int) -> object:
    try:
        return loads(line)
    except (ValueError, RecursionError) as error:
        given = f"line {number} is not JSON ({str(error)[:60]}): {line[:60]!r}"
        _fail(given, "perhaps the file was cut off, or edited", _AGAIN)


def _pairs(data: object) -> bool:
    return isinstance(data, tuple) and all(
        isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in data
    )
