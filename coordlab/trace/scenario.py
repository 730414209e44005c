"""A run as data: lab, parameters, faults, seed and end determine it, and fit on one line.

`bully agents=5 loss=0.05 seed=7 until=20 | crash 5 @3 | restart 5 @9`

A text that would be read as something else, or has a space, stands in double quotes, as in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from coordlab.trace.faults import LATEST, Fault, FaultError, is_name, read_fault
from coordlab.trace.trace import dumps, loads

FORMAT, VERSION = "coordlab-scenario", 1
MOST_FAULTS = 1_000
_PAIR = re.compile(r"([A-Za-z_]\w*)=(\S*)", re.ASCII)
_PLAIN = re.compile(r"[!#-~][!-~]*")  # what needs no quotes
_LONGEST = 1_000_000
_FIELDS = {"format", "version", "lab", "parameters", "faults", "seed", "until"}

Value = bool | int | float | str


class ScenarioError(ValueError):
    """A scenario that cannot be read: says what stands there, what may, and what to write."""


@dataclass(frozen=True)
class Scenario:
    """Which lab runs with which parameters, what goes wrong, the seed, and the end in virtual seconds."""

    lab: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    until: float | None = None

    def with_faults(self, *faults: Fault | str) -> Scenario:
        """The same, with more faults."""
        more = tuple(read_fault(each) if isinstance(each, str) else each for each in faults)
        return replace(self, faults=self.faults + more)

    def __str__(self) -> str:
        pairs = {**self.parameters, "seed": self.seed}
        if self.until is not None:
            pairs["until"] = self.until
        head = " ".join([self.lab, *(f"{name}={_written(value)}" for name, value in pairs.items())])
        return " | ".join([head, *map(str, self.faults)])

    @classmethod
    def from_line(cls, line: str) -> Scenario:
        """Read the one-line form that `str(scenario)` writes."""
        if len(line) > _LONGEST or not line.strip():
            raise ScenarioError(
                f"a line of {len(line):,} characters is no scenario: that has a lab's name and at most "
                f"{_LONGEST:,} characters. Write for instance: bully agents=5 seed=7 | crash 5 @3"
            )
        head, *faults = (part.strip() for part in line.strip().split(" | "))
        lab, *pairs = head.split()
        values: dict[str, Value] = {}
        for pair in pairs:
            match = _PAIR.fullmatch(pair)
            if match is None or match[1] in values:
                raise ScenarioError(
                    f"{pair[:60]!r} is no parameter, or stands there twice. After the lab's name come pairs "
                    f"without spaces, then faults, each after ' | ': bully agents=5 seed=7 | crash 5 @3"
                )
            values[match[1]] = _read(match[2])
        return cls.checked(lab, values, faults)

    @classmethod
    def checked(cls, lab: Any, values: Any, faults: Any) -> Scenario:
        """A scenario from data that may be wrong; `seed` and `until` may stand among the values."""
        values = dict(_expect("parameters", values, dict))
        for name, value in values.items():
            _check_parameter(name, value)
        seed, until = values.pop("seed", 0), values.pop("until", None)
        if type(seed) is not int or abs(seed) >= 2**63:
            raise ScenarioError(
                f"seed={_brief(seed)} is no whole number below 2**63. Write for instance seed=7."
            )
        if until is not None and not (type(until) in (int, float) and 0 <= until <= LATEST):
            raise ScenarioError(
                f"until={_brief(until)} is no moment: give virtual seconds, at most 1e9, as in until=20."
            )
        if len(_expect("faults", faults, list)) > MOST_FAULTS:
            raise ScenarioError(
                f"{len(faults):,} faults: a scenario has at most {MOST_FAULTS:,}. Leave some out."
            )
        try:
            struck = tuple(read_fault(_expect("fault", each, str)) for each in faults)
        except FaultError as error:
            raise ScenarioError(str(error)) from None
        if not is_name(_expect("lab", lab, str)) or "=" in lab:
            raise ScenarioError(
                f"{lab[:60]!r} is no name of a lab. Write for instance: bully agents=5 seed=7"
            )
        return cls(lab, values, struck, seed, until)

    def to_json(self) -> str:
        """The scenario as a JSON text with a format version."""
        return dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "lab": self.lab,
                "parameters": dict(self.parameters),
                "faults": list(map(str, self.faults)),
                "seed": self.seed,
                "until": self.until,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Scenario:
        """Read what `to_json` wrote, or raise a `ScenarioError`.  Nothing in it is executed."""
        if len(text) > _LONGEST:
            raise ScenarioError(
                f"{len(text):,} characters are no scenario: one has at most {_LONGEST:,}. Is it a trace?"
            )
        try:
            data = _expect("the file", loads(text), dict)
        except (ValueError, RecursionError) as error:
            if isinstance(error, ScenarioError):
                raise
            raise ScenarioError(
                f"this is not JSON ({str(error)[:80]}): {text[:60]!r}. A scenario is what to_json() wrote, "
                f"or one line such as: bully agents=5 seed=7 | crash 5 @3"
            ) from None
        if (data.get("format"), data.get("version")) != (FORMAT, VERSION):
            raise ScenarioError(
                f"format {_brief(data.get('format'))}, version {_brief(data.get('version'))}: this coordlab "
                f"reads {FORMAT!r}, version {VERSION}. Write the file again with to_json()."
            )
        if unknown := sorted(data.keys() - _FIELDS):
            raise ScenarioError(
                f"field {_brief(unknown[0])} is unknown; there are {', '.join(sorted(_FIELDS))}."
            )
        values = dict(_expect("parameters", data.get("parameters", {}), dict))
        values |= {name: data[name] for name in ("seed", "until") if data.get(name) is not None}
        return cls.checked(data.get("lab"), values, data.get("faults", []))

    @classmethod
    def read(cls, text: str) -> Scenario:
        """Read either form."""
        return cls.from_json(text) if text.lstrip().startswith(("{", "[")) else cls.from_line(text)


def _expect(what: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ScenarioError(
            f"{what} is {_brief(value)}, a {type(value).__name__}; it must be a {kind.__name__}. Look at "
            f"what to_json() writes."
        )
    return value


def _check_parameter(name: str, value: Any) -> None:
    if _PAIR.fullmatch(f"{name}=") is None:
        raise ScenarioError(
            f"parameter {_brief(name)}: a name has letters, digits and _ only, as in agents=5."
        )
    fits = isinstance(value, (bool, str)) or (isinstance(value, (int, float)) and abs(value) <= 1e300)
    if name not in ("seed", "until") and not fits:
        raise ScenarioError(
            f"parameter {name} is {_brief(value)}, a {type(value).__name__}; it must be a finite number, "
            f"true, false or a text, as in agents=5."
        )


def _brief(value: Any) -> str:
    """A value for an error message, however long it is."""
    if isinstance(value, int) and abs(value) >= 10**60:
        return "a number of more than 60 digits"
    return repr(value)[:60]


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return short if float(short := f"{value:g}") == value else repr(value)
    if isinstance(value, str) and not (_PLAIN.fullmatch(value) and _read(value) == value):
        return json.dumps(value).replace(" ", "\\u0020").replace("\x7f", "\\u007f")
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
        return str(_expect("a text in quotes", loads(text), str))
    except ValueError as error:
        raise ScenarioError(
            f"{text[:60]!r} is no text in quotes ({str(error)[:60]}). Inside them, write a space as \\u0020."
        ) from None
