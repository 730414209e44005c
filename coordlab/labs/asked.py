"""The lab that a command asks for: by its name, a scenario line or a file, with settings such as agents=7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from coordlab import labs, requirements as require
from coordlab.labs.lab import Lab
from coordlab.trace.faults import read_fault
from coordlab.trace.scenario import Scenario, Value, text_of


def _text_of(scenario: str) -> str:
    """The text of a scenario: the content of the file `scenario` if it exists, else `scenario` itself."""
    return text_of(scenario) if len(scenario) < 255 and Path(scenario).is_file() else scenario


def asked(
    source: str,
    settings: Mapping[str, Value] = MappingProxyType({}),
    faults: Sequence[str] = (),
    schedule: str = "",
) -> Lab:
    """The lab of a name, a scenario line or a scenario file, with other settings; it runs once.

    `faults`, if any, replace those of the scenario.  A `schedule` is run in place of
    the lab's default scenario.
    """
    text = source if source in labs.NAMES else _text_of(source).strip()
    missing = text == source and Path(source).suffix in (".json", ".txt")
    allowed = "a recorded trace is not run again, but played"
    example = f"coordlab play {source} -o page.html"
    require.that(not source.endswith(".jsonl"), repr(source), allowed, example)
    allowed = f"expected a file, a scenario line, or one of the labs {', '.join(labs.NAMES)}"
    require.that(not missing, f"no file {source!r}", allowed, "coordlab run bully", FileNotFoundError)
    line = None if text in labs.NAMES else Scenario.read(text)
    allowed = "a schedule is a scenario of its own: expected the name of a lab beside it"
    example = f"coordlab run bully --schedule {schedule!r}"
    require.that(not schedule or line is None, f"--schedule {schedule!r} and {source!r}", allowed, example)
    spec = labs.spec(text if line is None else line.lab)
    base = spec.scenario({}) if line is None else spec.complete(line)
    found = spec.turned(spec.trial(spec.schedule(schedule)) if schedule else base, settings)
    return Lab(spec, scenario=replace(found, faults=tuple(map(read_fault, faults))) if faults else found)


def values(pairs: Iterable[str]) -> dict[str, Value]:
    """The values in texts such as agents=7, read as in a scenario line."""
    return {name: _value(pair) for name, pair in each_once(pairs).items()}


def each_once(pairs: Iterable[str], option: str = "-p") -> dict[str, str]:
    """Texts such as agents=7 by their names; the second for a name is refused."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, text = _split(pair)
        example = f"{option} {found.get(name)}" + (f",{text}" if option == "-g" else "")
        require.that(name not in found, f"{found.get(name)} and {pair}", "expected each name once", example)
        found[name] = pair
    return found


def _split(pair: str) -> tuple[str, str]:
    """The name and the value in a text such as agents=7."""
    name, equals, text = pair.partition("=")
    allowed = "expected a name, =, and a value, without spaces, and a fault has an option of its own"
    example = f'{name.strip() or "agents"}=7 --fault "crash 5 @3"'
    require.that(bool(equals) and " " not in pair, repr(pair), allowed, example)
    return name, text


def moment(text: str) -> float | str:
    """A virtual second, if the text says one, else the name of a property."""
    try:
        return float(text)
    except ValueError:
        return text


def _value(pair: str) -> Value:
    return Scenario.from_line(f"lab value={_split(pair)[1]}").parameters["value"]


def several(pair: str) -> list[Value]:
    """The values in a text such as agents=3,5,8."""
    name, texts = _split(pair)
    return [_value(f"{name}={text}") for text in texts.split(",")]
