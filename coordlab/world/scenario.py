"""A run as data: lab, parameters, faults, seed and end determine it, and fit on one line.

bully agents=5 loss=0.05 seed=7 until=20 | crash 5 @3 | restart 5 @9
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from coordlab.world.faults import Fault, FaultError, read_fault, seconds
from coordlab.world.network import Latency
from coordlab.world.trace import dumps

FORMAT, VERSION = "coordlab-scenario", 1
_PAIR = re.compile(r"([A-Za-z_]\w*)=(\S*)")

Value = bool | int | float | str


class ScenarioError(ValueError):
    """A scenario that cannot be read: says what stands there, what may, and what to write."""


@dataclass(frozen=True)
class Scenario:
    """Which lab runs with which parameters, what goes wrong, which seed, and until when (virtual seconds)."""

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
        head, *faults = (part.strip() for part in line.strip().split(" | "))
        lab, *pairs = head.split()
        values = {}
        for pair in pairs:
            match = _PAIR.fullmatch(pair)
            if match is None:
                raise ScenarioError(
                    f"{pair[:60]!r} is no parameter. After the lab's name come pairs without spaces, then "
                    f"faults, each after ' | ': bully agents=5 seed=7 | crash 5 @3"
                )
            values[match[1]] = _read(match[2])
        return cls.checked(lab, values, faults)

    @classmethod
    def checked(cls, lab: Any, values: Any, faults: Any) -> Scenario:
        """A scenario from data that may be wrong; `seed` and `until` may stand among the values."""
        values = dict(_expect("parameters", values, dict))
        for name, value in values.items():
            _expect(f"parameter {name}", value, (bool, int, float, str))
        seed, until = values.pop("seed", 0), values.pop("until", None)
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise ScenarioError(f"seed={seed!r} is no whole number. Write for instance seed=7.")
        if until is not None and not (isinstance(until, (int, float)) and 0 <= until < float("inf")):
            raise ScenarioError(f"until={until!r} is no moment: give virtual seconds, as in until=20.")
        try:
            struck = tuple(
                read_fault(_expect("fault", each, str)) for each in _expect("faults", faults, list)
            )
        except FaultError as error:
            raise ScenarioError(str(error)) from None
        return cls(_expect("lab", lab, str), values, struck, seed, until)

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
        if len(text) > 1_000_000:
            raise ScenarioError(f"{len(text):,} characters are no scenario: one has at most a million.")
        try:
            data = _expect("the file", json.loads(text), dict)
        except (ValueError, RecursionError) as error:
            if isinstance(error, ScenarioError):
                raise
            raise ScenarioError(
                f"this is not JSON ({str(error)[:80]}): {text[:60]!r}. A scenario is what to_json() wrote, "
                f"or one line such as: bully agents=5 seed=7 | crash 5 @3"
            ) from None
        if (data.get("format"), data.get("version")) != (FORMAT, VERSION):
            raise ScenarioError(
                f"format {data.get('format')!r}, version {data.get('version')!r}: this coordlab reads {FORMAT!r}, "
                f"version {VERSION}. Write the file again with to_json()."
            )
        values = dict(_expect("parameters", data.get("parameters", {}), dict))
        values |= {name: data[name] for name in ("seed", "until") if data.get(name) is not None}
        return cls.checked(data.get("lab"), values, data.get("faults", []))

    @classmethod
    def read(cls, text: str) -> Scenario:
        """Read either form."""
        return cls.from_json(text) if text.lstrip().startswith(("{", "[")) else cls.from_line(text)


def _expect(what: str, value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        wanted = " or ".join(each.__name__ for each in (kind if isinstance(kind, tuple) else (kind,)))
        raise ScenarioError(
            f"{what} is {str(value)[:60]!r}, a {type(value).__name__}; it must be a {wanted}."
        )
    return value


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return seconds(value)
    return re.sub(r"\s", "", str(value)) if isinstance(value, (str, Latency)) else str(value)


def _read(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
