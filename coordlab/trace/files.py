"""Reading traces from files that anybody may have written: data only, checked line by line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from coordlab.trace.faults import LATEST, FaultError, is_name, read_fault
from coordlab.trace.trace import (
    CRASH,
    DECISION,
    DELIVER,
    DROP,
    FAULT,
    FORMAT,
    HANDLE,
    HEAL,
    KINDS,
    LATE,
    NOTE,
    RESTART,
    SEND,
    SET,
    START,
    STATE,
    TIMER,
    VERSION,
    Record,
    Row,
    Trace,
    TraceError,
    loads,
)

MOST_BYTES = 100_000_000
_LONGEST = 1_000_000  # characters on a line
_COLUMNS = ("time", "kind", "agent", "peer", "message", "name", "cause", "data")
_LATEST = 10**15  # microseconds
_DEEPEST = 50  # lists in lists
_TRAVELS = {SEND, DELIVER, DROP, HANDLE, LATE}
_FATES = ("lost", "cut", "down", "dropped")


def read_trace_file(path: str | Path, most: int = MOST_BYTES) -> Trace:
    """The trace in a JSON Lines file of at most `most` bytes."""
    with Path(path).open("rb") as file:
        size = file.seek(0, 2) if file.seekable() else 0
        if size:
            file.seek(0)
        content = b"" if size > most else file.read(most + 1)
    if size > most or len(content) > most:
        raise TraceError(
            f"{path} has {max(size, len(content)):,} bytes; at most {most:,} are read, so that a bad file "
            f"cannot fill the memory. If you trust it, pass most={max(size, 2 * most)}."
        )
    try:
        return read_trace(content.decode())
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TraceError(
            f"line {line} holds the byte {content[error.start]:#x}, which is no UTF-8: a trace is the text "
            f"that Trace.to_jsonl() gives. Write it again with encoding='utf-8'."
        ) from None


def read_trace(text: str) -> Trace:
    """The trace that `Trace.to_jsonl` wrote, or a `TraceError` naming line and field."""
    lines = text.removesuffix("\n").split("\n")
    header = _json(lines[0], 1)
    if not isinstance(header, dict) or (header.get("format"), repr(header.get("version"))) != (
        FORMAT,
        repr(VERSION),
    ):
        raise TraceError(
            f"line 1 is {lines[0][:80]!r}: a trace begins with the header "
            f'{{"format":"{FORMAT}","version":{VERSION},…}} that Trace.to_jsonl() writes.'
        )
    reader = _Reader(header)
    for line in lines[1:]:
        reader.take(line)
    return reader.trace()


class _Reader:
    """Reads line after line, and knows what has been before: who is up, what was sent, what lasts."""

    def __init__(self, header: dict[str, Any]) -> None:
        self.line = 1
        self.names = tuple(self._header(header, "agents", _names, "a list of names, each once"))
        self.says = self._header(header, "says", _sentences, "sentences by message name")
        self.until = self._header(header, "until", _moment, "seconds from 0 on")
        self.agents = set(self.names)
        self.rows: list[Row] = []
        self.up: set[str] = set()
        self.sent: set[int] = set()
        self.lasting: list[str] = []

    def _header(self, header: dict[str, Any], column: str, fits: Callable[[Any], bool], wanted: str) -> Any:
        value = header.get(column)
        self._check(column, value, fits(value), wanted)
        return value

    def trace(self) -> Trace:
        """What has been read."""
        last = self.rows[-1][0] if self.rows else 0
        self.line = 1
        self._check("until", self.until, self.until * 1e6 >= last - 1, f"{last / 1e6:g} s or later")
        return Trace(self.rows, self.names, self.says, self.until)

    def take(self, line: str) -> None:
        """Read one event."""
        self.line += 1
        if len(line) > _LONGEST:
            raise TraceError(
                f"line {self.line} has {len(line):,} characters: an event has at most {_LONGEST:,}."
            )
        values = _json(line, self.line)
        if not isinstance(values, list) or len(values) != len(_COLUMNS):
            raise TraceError(
                f"line {self.line} is {line[:80]!r}: an event is an array of {', '.join(_COLUMNS)}."
            )
        time, kind, agent, peer, message, name, cause, data = values
        earliest = self.rows[-1][0] if self.rows else 0
        right = type(time) is int and earliest <= time <= _LATEST
        self._check("time", time, right, f"whole microseconds, {earliest} or more")
        self._check("kind", kind, isinstance(kind, str) and kind in KINDS, f"one of {', '.join(KINDS)}")
        self._check("agent", agent, self._known(agent), "an agent of line 1")
        self._check("peer", peer, self._known(peer) if kind in _TRAVELS else peer is None, _peer(kind))
        self._check(
            "name",
            name,
            isinstance(name, str) or (name is None and kind in (CRASH, NOTE, DECISION)),
            "a text",
        )
        known = cause is None or (type(cause) is int and 0 <= cause < len(self.rows))
        self._check("cause", cause, known, f"an earlier event, 0 to {len(self.rows) - 1}, or null")
        self._check("message", message, self._travels(kind, message), _number_of(kind))
        self.rows.append((time, kind, agent, peer, message, name, cause, self._data(kind, agent, data)))

    def _travels(self, kind: str, message: Any) -> bool:
        if kind not in _TRAVELS:
            return message is None
        if type(message) is not int or not 0 < message < 2**31:
            return False
        if kind == SEND:
            fresh = message not in self.sent
            self.sent.add(message)
            return fresh
        return message in self.sent

    def _data(self, kind: str, agent: str, data: Any) -> Any:
        settled = self._settled(data)
        if kind == SEND:
            self._check("data", data, isinstance(data, dict), "the fields of the message")
            return settled
        if kind in (START, RESTART):
            self._check("data", data, _pairs(settled), "pairs of a state's name and its value")
            self.up.add(agent)
        elif kind == STATE:
            self._check("agent", agent, agent in self.up, "an agent that has started and not crashed")
        elif kind == CRASH:
            self.up.discard(agent)
        elif kind == DROP:
            self._check("data", data, data in _FATES, f"one of {', '.join(_FATES)}")
        elif kind == TIMER:
            self._check("data", data, _number(data), "seconds")
        elif kind in (FAULT, HEAL):
            self._lasting(kind, data)
        return settled

    def _lasting(self, kind: str, text: Any) -> None:
        try:
            known = isinstance(text, str) and all(map(self._known, read_fault(text).agents))
        except FaultError:
            known = False
        self._check("data", text, known, "a fault that strikes agents of line 1, such as 'crash 5 @3'")
        if kind == FAULT:
            self.lasting.append(text)
        else:
            self._check("data", text, text in self.lasting, "a fault that has begun")
            self.lasting.remove(text)

    def _known(self, name: Any) -> bool:
        return isinstance(name, str) and name in self.agents

    def _settled(self, value: Any, depth: int = 0) -> Any:
        """JSON data as a trace holds it: tuples instead of lists, records instead of objects, sets."""
        if depth > _DEEPEST:
            raise TraceError(f"line {self.line}, data: lists in lists go deeper than {_DEEPEST} levels.")
        if isinstance(value, list):
            return tuple(self._settled(each, depth + 1) for each in value)
        if isinstance(value, dict):
            if value.keys() == {SET} and isinstance(value[SET], list):
                return frozenset(self._settled(value[SET], depth + 1))
            return Record(**{name: self._settled(each, depth + 1) for name, each in value.items()})
        return value

    def _check(self, column: str, value: Any, right: bool, wanted: str) -> None:
        if not right:
            stands = json.dumps(value)[:60]
            raise TraceError(
                f"line {self.line}, {column}: {stands} stands there, but it must be {wanted}. Write the "
                f"trace again with Trace.to_jsonl()."
            )


def _json(line: str, number: int) -> Any:
    try:
        return loads(line)
    except (ValueError, RecursionError) as error:
        raise TraceError(
            f"line {number} is not JSON ({str(error)[:60]}): {line[:60]!r}. Was the file cut off, or edited? "
            f"Write the trace again with Trace.to_jsonl()."
        ) from None


def _pairs(data: Any) -> bool:
    return isinstance(data, tuple) and all(
        isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in data
    )


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_name, value)) and len(set(value)) == len(value)


def _sentences(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


def _moment(value: Any) -> bool:
    return _number(value) and 0 <= value <= LATEST


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _peer(kind: Any) -> str:
    return "an agent of line 1" if kind in _TRAVELS else "null, for nothing travels"


def _number_of(kind: str) -> str:
    wanted = {SEND: "a number above 0 that no message had before"}
    return wanted.get(kind, "the number of a message sent before" if kind in _TRAVELS else "null")
