"""A run as data: lab, parameters, faults, seed and end determine it, and fit on one line.

`bully agents=5 loss=0.05 seed=7 until=20 | crash 5 @3 | restart 5 @9`

A text that would be read as something else, or contains a space, is in double quotes, as in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from coordlab import requirements as require
from coordlab.trace.faults import LATEST, Fault, FaultError, as_fault, read_fault
from coordlab.trace.names import is_name
from coordlab.trace.trace import dumps, loads

FORMAT, VERSION = "coordlab-scenario", 1
MOST_FAULTS = 1_000
EXAMPLE = "bully agents=5 seed=7 | crash 5 @3"
_PAIR = re.compile(r"([A-Za-z_]\w*)=(\S*)", re.ASCII)
_PLAIN = re.compile(r"[!#-{}~][!-{}~]*")  # the texts that need no quotes
_ESCAPED = {ord(each): f"\\u{ord(each):04x}" for each in " |\x7f"}  # what a line uses otherwise
_LONGEST = 1_000_000
_FIELDS = {"format", "version", "lab", "parameters", "faults", "seed", "until"}

Value = bool | int | float | str
T = TypeVar("T")


class ScenarioError(ValueError):
    """A scenario that cannot be read: what was given, what is allowed, and what to write instead."""


@dataclass(frozen=True)
class Scenario:
    """All that determines a run.

    lab: the name of the lab.
    parameters: its parameters by name: true or false, finite numbers, and texts.
    faults: what goes wrong, at most 1,000.
    seed: a whole number below 2**63, positive or negative.
    until: the end in virtual seconds, from 0 to 1e9; None is when nothing is left to do.

    Raises ScenarioError for anything else.
    """

    lab: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    until: float | None = None

    def __post_init__(self) -> None:
        name = _expect("lab", self.lab, str)
        if not is_name(name) or "=" in name:  # worlds are made by the thousand: no texts that nobody reads
            _require(False, f"lab={require.shown(name)}", "expected the name of a lab")
        given: dict[object, object] = dict(_expect("parameters", self.parameters, Mapping))  # type: ignore[type-abstract]
        parameters = {name: _checked_parameter(name, value) for name, value in given.items()}
        faults = tuple(_expect("faults", self.faults, Sequence))  # type: ignore[type-abstract]
        _require(
            len(faults) <= MOST_FAULTS, f"{len(faults):,} faults", f"at most {MOST_FAULTS:,} are allowed"
        )
        for each in faults:
            _expect("fault", each, Fault)
        seed, until = require.by_value(self.seed), self.until
        if type(seed) is not int or abs(seed) >= 2**63:
            allowed = "expected a whole number below 2**63"
            _require(False, f"seed={require.shown(self.seed)}", allowed, "seed=7")
        if until is not None:
            until = require.number("until", until, 0, LATEST, unit="seconds", example=20, error=ScenarioError)
        values = {"parameters": parameters, "faults": faults, "seed": seed, "until": until}
        for each, value in values.items():
            object.__setattr__(self, each, value)

    def __hash__(self) -> int:
        return hash((self.lab, frozenset(self.parameters.items()), self.faults, self.seed, self.until))

    def again(self, seed: int, faults: tuple[Fault, ...]) -> Scenario:
        """The same scenario with a seed and faults that are known to be allowed: nothing is checked again."""
        other = object.__new__(type(self))
        vars(other).update(vars(self), seed=seed, faults=faults)
        return other

    def with_faults(self, *faults: Fault | str) -> Scenario:
        """The same scenario with more faults.  Raises FaultError for what is not a fault."""
        return replace(self, faults=(*self.faults, *map(as_fault, faults)))

    def __str__(self) -> str:
        pairs = {**self.parameters, "seed": self.seed}
        if self.until is not None:
            pairs["until"] = self.until
        head = " ".join([self.lab, *(f"{name}={_written(value)}" for name, value in pairs.items())])
        return " | ".join([head, *map(str, self.faults)])

    @classmethod
    def from_line(cls, line: str) -> Scenario:
        """Read the one-line form that `str(scenario)` writes.  Raises ScenarioError for any other text."""
        size = len(_expect("line", line, str))
        fits = line.strip() and size <= _LONGEST
        _require(fits, f"a line of {size:,} characters", "expected a lab, its parameters and faults")
        head, *faults = (part.strip() for part in line.split("|"))
        lab, *pairs = head.split() or [""]  # nothing before the first bar
        values: dict[str, Value] = {}
        for pair in pairs:
            match = _PAIR.fullmatch(pair)
            fresh = match is not None and match[1] not in values
            _require(fresh, repr(pair[:60]), "expected name=value, without spaces, and each name once")
            assert match is not None
            values[match[1]] = _read(match[2])
        return cls.checked(lab, values, faults)

    @classmethod
    def checked(cls, lab: object, values: object, faults: object) -> Scenario:
        """A scenario from data that may be wrong; `seed` and `until` may be among the values.

        Raises ScenarioError.
        """
        given = dict(_expect("parameters", values, dict))
        seed, until = given.pop("seed", 0), given.pop("until", None)
        texts = _expect("faults", faults, list)
        try:
            struck = tuple(read_fault(_expect("fault", each, str)) for each in texts[: MOST_FAULTS + 1])
        except FaultError as error:
            raise ScenarioError(str(error)) from None
        return cls(lab, given, struck, seed, until)  # type: ignore[arg-type]

    def to_json(self) -> str:
        """The scenario as a JSON text with a format version."""
        written = {"parameters": dict(self.parameters), "faults": list(map(str, self.faults))}
        return dumps({"format": FORMAT, "version": VERSION, **vars(self), **written})

    @classmethod
    def from_json(cls, text: str) -> Scenario:
        """Read what `to_json` wrote.  Nothing in it is executed.  Raises ScenarioError for any other text."""
        most = f"a scenario has at most {_LONGEST:,}, a trace more"
        _require(len(_expect("text", text, str)) <= _LONGEST, f"{len(text):,} characters", most)
        try:
            read: object = loads(text)
        except (ValueError, RecursionError) as error:
            given = f"{text[:60]!r} is not JSON ({str(error)[:80]})"
            require.fail(given, "expected what to_json() wrote, or one line", EXAMPLE, ScenarioError)
        data = _expect("the file", read, dict)
        form, version = data.get("format"), data.get("version")
        given = f"format {require.shown(form)}, version {require.shown(version)}"
        allowed = f"this coordlab reads {FORMAT!r}, version {VERSION}"
        _require((form, version) == (FORMAT, VERSION), given, allowed, "scenario.to_json()")
        unknown = sorted(data.keys() - _FIELDS)
        given = f"field {require.shown(''.join(unknown[:1]))}"
        _require(not unknown, given, f"expected {', '.join(sorted(_FIELDS))}")
        values = dict(_expect("parameters", data.get("parameters", {}), dict))
        values |= {name: data[name] for name in ("seed", "until") if data.get(name) is not None}
        return cls.checked(data.get("lab"), values, data.get("faults", []))

    @classmethod
    def read(cls, text: str) -> Scenario:
        """Read either form.  Raises ScenarioError for any other text."""
        written = _expect("text", text, str).lstrip()
        return cls.from_json(text) if written.startswith(("{", "[")) else cls.from_line(text)


def text_of(path: str | Path) -> str:
    """The text in a scenario file, or its beginning if it is too long for one.

    Raises ScenarioError if it is not text, OSError if it cannot be read.
    """
    file = require.path("path", path, "run.json")
    try:
        with file.open(encoding="utf-8-sig") as opened:
            return opened.read(_LONGEST + 1)
    except UnicodeDecodeError:
        allowed = "expected a scenario in UTF-8: one line, or JSON as lab.save(...) writes it"
        require.fail(f"{file.name} is not a text", allowed, EXAMPLE, ScenarioError)


def _require(holds: object, given: str, allowed: str, example: str = EXAMPLE) -> None:
    require.that(holds, given, allowed, example, ScenarioError)


def _expect(what: str, value: object, kind: type[T]) -> T:
    return require.instance(what, value, kind, EXAMPLE, ScenarioError)


def _checked_parameter(name: object, value: object) -> Value:
    if not isinstance(name, str) or "=" in name or not _PAIR.fullmatch(f"{name}="):
        given, allowed = f"parameter {require.shown(name)}", "a name has letters, digits and _ only"
        _require(False, given, allowed, "agents=5")
    taken = require.by_value(value)
    allowed = "expected a finite number, true, false or a text"
    if not isinstance(taken, (bool, str, int, float)) or not (isinstance(taken, str) or abs(taken) <= 1e300):
        require.fail(f"{name}={require.shown(value)}", allowed, "agents=5", ScenarioError)
    return taken


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return short if float(short := f"{value:g}") == value else repr(value)
    if isinstance(value, str) and not (_PLAIN.fullmatch(value) and _read(value) == value):
        return json.dumps(value).translate(_ESCAPED)
    return str(value)


def _read(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    if text.startswith('"'):
        return _quoted(text)
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _quoted(text: str) -> str:
    try:
        return str(loads(text))
    except ValueError as error:
        why = f"expected a text in quotes, with a space written as \\u0020 ({str(error)[:60]})"
        require.fail(require.shown(text[:60]), why, 'name="ann\\u0020bob"', ScenarioError)
