"""Traces made from the logs of other systems: mappings or events, checked entry by entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from coordlab import requirements as require
from coordlab.trace.faults import LATEST, FaultError, read_fault
from coordlab.trace.files import Reader
from coordlab.trace.names import NAMES, is_name
from coordlab.trace.trace import (
    DELIVER,
    DROP,
    FAULT,
    HANDLE,
    HEAL,
    LATE,
    MICRO,
    RESTART,
    SEND,
    START,
    Event,
    Record,
    Trace,
    TraceError,
)

_EXAMPLE = '{"time": 0.5, "kind": "send", "agent": "ann", "peer": "bob", "data": Hello()}'
_FIELDS = f"expected mappings with fields of {', '.join(Event._fields[1:-1])}"


def read_log(log: Iterable[Event | Mapping[str, Any]], until: float | None) -> Trace:
    """The trace of a log: see `Trace.of`.  Raises TraceError, which names entry and field."""
    require.that(isinstance(log, Iterable), f"log={require.shown(log)}", _FIELDS, "Trace.of([])", TraceError)
    entries = [_entry(place, each) for place, each in enumerate(log)]
    begun = [each["agent"] for each in entries if each["kind"] == START]
    met = [name for each in entries for name in (each["agent"], each["peer"]) if name is not None]
    agents = list(dict.fromkeys((*begun, *met)))
    reader = _Log({"agents": agents, "says": {}, "until": 0.0})
    silent = [name for name in agents if name not in begun]
    for name in silent:
        reader.note(
            {**dict.fromkeys(Event._fields), "time": entries[0]["time"], "kind": START, "agent": name}
        )
    reader.first = len(silent)
    for reader.line, each in enumerate(entries):
        reader.note(each)
    last = reader.rows[-1][0] / MICRO if reader.rows else 0.0
    reader.until = (
        last
        if until is None
        else require.number("until", until, last, LATEST, unit="seconds", error=TraceError)
    )
    return reader.trace()


def _entry(place: int, given: Event | Mapping[str, Any]) -> dict[str, Any]:
    """An entry with all fields; those that are missing are None."""
    entry = given._asdict() if isinstance(given, Event) else given
    if not (isinstance(entry, Mapping) and set(entry) <= set(Event._fields)):
        require.fail(f"entry {place}: {require.shown(given)}", _FIELDS, _EXAMPLE, TraceError)
    for end in ("agent", "peer"):
        name = entry.get(end)
        if not (is_name(name) or (name is None and end == "peer")):
            require.fail(f"entry {place}, {end}: {require.shown(name)}", NAMES, _EXAMPLE, TraceError)
    require.bounded(entry, f"entry {place}", TraceError)
    return {**dict.fromkeys(Event._fields), **entry}


class _Log(Reader):
    """Reads entry by entry.  `first` is the place of the first one in the trace."""

    unit, advice, shown = "entry", _EXAMPLE, staticmethod(require.shown)
    first = 0

    def __init__(self, header: dict[str, object]) -> None:
        super().__init__(header)
        self.line = 0
        self.numbers: dict[object, int] = {}  # of messages, by what the log calls them
        self.latest: dict[object, int] = {}  # the last event of each message, by its number

    def note(self, entry: dict[str, Any]) -> None:
        """Add an entry as a row of the trace."""
        kind, data, cause = entry["kind"], entry["data"], entry["cause"]
        earliest = self.rows[-1][0] / MICRO if self.rows else 0.0
        where = f"entry {self.line}, time"
        time = require.number(where, entry["time"], earliest, LATEST, unit="seconds", error=TraceError)
        number = self._numbered(kind, entry["message"])
        name = self._named(kind, number, data) if entry["name"] is None else entry["name"]
        if kind in (START, RESTART):
            data = list(data.items()) if isinstance(data, Mapping) else data or ()
        if cause is None:
            cause = self.latest.get(number)
        else:
            earlier = type(cause) is int and 0 <= cause < self.line
            self._check("cause", cause, earlier, "the place of an earlier entry, from 0")
            cause += self.first
        self.add((round(time * MICRO), kind, entry["agent"], entry["peer"], number, name, cause, data))
        if number is not None:
            self.latest[number] = len(self.rows) - 1
        if kind == SEND:
            name, said = self.rows[-1][5] or "", self.rows[-1][7]
            self.says.setdefault(name, name if isinstance(said, Record) else said.says)

    def _numbered(self, kind: object, message: object) -> object:
        """The number of a message: a new one for a send, later the same; a text if it was never sent."""
        key = message if isinstance(message, (int, str)) else None
        if kind == SEND and key not in self.numbers:
            self.numbers[(self.line,) if key is None else key] = len(self.numbers) + 1
            return len(self.numbers)
        return message if message is None else self.numbers.get(key, str(message))

    def _named(self, kind: object, number: object, data: object) -> str | None:
        """The name of an entry that has none: that of its class, its message or its fault."""
        if number in self.latest:
            return self.rows[self.latest[number]][5]
        if kind in (FAULT, HEAL):
            with suppress(FaultError):
                return type(read_fault(str(data))).__name__
        if kind in (START, RESTART):
            return "Agent"
        if hasattr(type(data), "says"):
            return type(data).__name__
        return "" if kind in (DELIVER, DROP, HANDLE, LATE, FAULT, HEAL) else None  # another field is wrong
