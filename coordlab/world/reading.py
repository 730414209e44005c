"""Reading traces from files that anybody may have written: data only, checked line by line."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from coordlab.world.trace import FORMAT, KINDS, SEND, VERSION, Row, Trace, TraceError

MOST_BYTES = 200_000_000
_COLUMNS = ("time", "kind", "agent", "peer", "message", "name", "cause", "data")


def read_trace_file(path: str | Path, most: int = MOST_BYTES) -> Trace:
    """The trace in a JSON Lines file of at most `most` bytes."""
    size = Path(path).stat().st_size
    if size > most:
        raise TraceError(
            f"{path} has {size:,} bytes; at most {most:,} are read, so that a bad file cannot fill the memory. "
            f"If you trust it, pass most={size}."
        )
    return read_trace(Path(path).read_text(encoding="utf-8"))


def read_trace(text: str) -> Trace:
    """The trace that `Trace.to_jsonl` wrote, or a `TraceError` naming line and field."""
    lines = text.splitlines()
    header = _json(lines[0] if lines else "", 1)
    if not isinstance(header, dict) or (header.get("format"), header.get("version")) != (FORMAT, VERSION):
        raise TraceError(
            f"line 1 is {str(header)[:80]!r}: a trace begins with the header "
            f'{{"format":"{FORMAT}","version":{VERSION},…}} that Trace.to_jsonl() writes.'
        )
    agents, says, until = header.get("agents"), header.get("says"), header.get("until")
    _check(1, "agents", agents, isinstance(agents, list) and _all(agents, str), "a list of names")
    _check(1, "says", says, isinstance(says, dict) and _all(says.values(), str), "sentences by message name")
    _check(1, "until", until, _number(until) and until >= 0, "seconds from 0 on")
    rows: list[Row] = []
    for number, line in enumerate(lines[1:], start=2):
        rows.append(_row(_json(line, number), number, rows, set(agents)))
    return Trace(rows, tuple(agents), says, until)


def _row(values: Any, number: int, before: list[Row], agents: set[str]) -> Row:
    if not isinstance(values, list) or len(values) != len(_COLUMNS):
        raise TraceError(
            f"line {number} is {str(values)[:80]!r}: an event is an array of {', '.join(_COLUMNS)}."
        )
    time, kind, agent, peer, message, name, cause, data = values
    earliest = before[-1][0] if before else 0
    _check(
        number,
        "time",
        time,
        type(time) is int and time >= earliest,
        f"whole microseconds, {earliest} or more",
    )
    _check(number, "kind", kind, kind in KINDS, f"one of {', '.join(KINDS)}")
    for column, who in (("agent", agent), ("peer", peer)):
        _check(
            number, column, who, who is None or (isinstance(who, str) and who in agents), "an agent of line 1"
        )
    _check(
        number,
        "message",
        message,
        message is None or (type(message) is int and message > 0),
        "a number above 0",
    )
    _check(number, "name", name, name is None or isinstance(name, str), "a text")
    known = cause is None or (type(cause) is int and 0 <= cause < len(before))
    _check(number, "cause", cause, known, f"an earlier event, 0 to {len(before) - 1}")
    if kind == SEND:
        _check(number, "data", data, isinstance(data, dict), "the fields of the message")
        data = SimpleNamespace(**data)
    elif isinstance(data, list):
        data = _tuples(data)
    return (time, kind, agent, peer, message, name, cause, data)


def _json(line: str, number: int) -> Any:
    try:
        return json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise TraceError(
            f"line {number} is not JSON ({str(error)[:60]}): {line[:60]!r}. Was the file cut off, or edited?"
        ) from None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")


def _check(line: int, column: str, value: Any, right: bool, wanted: str) -> None:
    if not right:
        raise TraceError(f"line {line}, {column}: {str(value)[:60]!r} stands there, but it must be {wanted}.")


def _all(values: Any, kind: type) -> bool:
    return all(isinstance(value, kind) for value in values)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
