"""The command line: open the course, run a lab in the terminal, make a page that plays a run."""

from __future__ import annotations

import json
import os
import sys
import webbrowser
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from coordlab import __version__, labs
from coordlab.course import folder as course
from coordlab.labs.lab import Lab
from coordlab.trace.faults import read_fault
from coordlab.trace.files import read_trace_file
from coordlab.trace.narration import TEMPLATES, narration
from coordlab.trace.scenario import Scenario
from coordlab.trace.trace import TraceError

HOLDS, BROKEN, BROKE_OFF = 0, 1, 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="coordlab")
def main() -> None:
    """Learn, and experiment with, how agents coordinate."""


@main.command(context_settings={"ignore_unknown_options": True})
@click.option("--chapter", default="00", show_default=True, help="The chapter to open, by its number.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where your copy of the notebooks is: by default coordlab-course, in the checkout if there is one, "
    "else in the current folder. What you wrote there is never overwritten.",
)
@click.argument("jupyter", nargs=-1, type=click.UNPROCESSED)
def lab(chapter: str, folder: Path | None, jupyter: tuple[str, ...]) -> None:
    """Open the course in JupyterLab; what follows goes to it, such as --no-browser --port 8890."""
    with _explained():
        notebook = course.chapter(course.folder(folder), chapter)
    click.echo(f"Opening {notebook}, your own copy. Stop with Ctrl+C.")
    places = [str(course.SETTINGS), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(places)
    import_module("jupyterlab.labapp").LabApp.launch_instance([str(notebook), *jupyter])


def _complete_lab(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in labs.NAMES if name.startswith(begun)]


def _complete_parameter(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    # from the words themselves: as long as an option lacks its value, click tells of no argument
    words = os.environ.get("COMP_WORDS", "").split()
    known = [each for name in labs.NAMES if name in words for each in labs.spec(name).parameters]
    return [CompletionItem(f"{each.name}=", help=each.help) for each in known if each.name.startswith(begun)]


@main.command()
@click.argument("scenario", shell_complete=_complete_lab)
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=_complete_parameter,
    help="A parameter of the lab; repeat for more.",
)
@click.option(
    "-f",
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    help='Such as "crash 5 @3", instead of those that it comes with; repeat for more.',
)
@click.option("--seed", type=int, help="Another seed, another run.")
@click.option("--until", type=float, help="The end, in virtual seconds.")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON, for another program.")
@click.option(
    "--trace",
    "trace_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the trace here, as JSON Lines.",
)
def run(
    scenario: str,
    params: tuple[str, ...],
    faults: tuple[str, ...],
    seed: int | None,
    until: float | None,
    as_json: bool,
    trace_file: Path | None,
) -> None:
    """Run a lab, a scenario line or a scenario file, and tell what happened.

    The exit code is 0 if every property held or is undecided, 1 if one was violated, 2 for a request
    that makes no sense, and 3 if the run broke off.
    """  # fmt: skip
    with _explained():
        asked = {"seed": seed, "until": until, **_values(params)}
        found = _lab(scenario, {name: value for name, value in asked.items() if value is not None}, faults)
        if trace_file is not None:
            trace_file.write_bytes(found.run.trace.to_jsonl().encode())
    click.echo(json.dumps(_data(found), ensure_ascii=False) if as_json else _told(found))
    sys.exit(_exit_code(found))


@main.command()
@click.argument("source")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The HTML file to write.",
)
@click.option(
    "--vary", metavar="NAME=A,B,…", help="Record a variant for each value, to choose from in the page."
)
@click.option("--open", "show", is_flag=True, help="Show it in the browser.")
def play(source: str, output: Path, vary: str | None, show: bool) -> None:
    """Write a page that plays a run by itself: no kernel, no server, no net.

    SOURCE is a lab, a scenario line, a scenario file, or a trace file (.jsonl).
    """  # fmt: skip
    with _explained():
        output.write_bytes(_page(source, vary).encode())
    click.echo(f"{output}: {output.stat().st_size / 1000:,.0f} kB")
    if show:
        webbrowser.open(output.resolve().as_uri())


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes your shell complete coordlab's commands: eval "$(coordlab completion bash)"."""
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(main, {}, "coordlab", "_COORDLAB_COMPLETE").source())


def _text_of(scenario: str) -> str:
    """A scenario's text: that of the file, if there is one of this name."""
    is_file = len(scenario) < 255 and Path(scenario).is_file()
    if not is_file:
        return scenario
    with Path(scenario).open(encoding="utf-8-sig") as file:
        return file.read(1_000_001)


def _lab(source: str, settings: Mapping[str, Any] = MappingProxyType({}), faults: Sequence[str] = ()) -> Lab:
    """The lab of that name, or the scenario of a line or a file, with these settings; it runs once.

    `faults`, if any, replace those that it comes with.
    """
    text = source if source in labs.NAMES else _text_of(source).strip()
    if text == source and Path(source).suffix in (".json", ".txt"):
        raise FileNotFoundError(f"there is no file {source!r} here. Give a lab: {', '.join(labs.NAMES)}")
    line = None if text in labs.NAMES else Scenario.read(text)
    spec = labs.spec(text if line is None else line.lab)
    found = spec.turned(spec.scenario({}) if line is None else spec.complete(line), settings)
    return Lab(spec, scenario=replace(found, faults=tuple(map(read_fault, faults))) if faults else found)


def _values(pairs: Iterable[str]) -> dict[str, Any]:
    """The values in texts such as agents=7, read as in a scenario's line."""
    return {pair.partition("=")[0]: _value(pair) for pair in pairs}


def _value(pair: str) -> Any:
    name, _, text = pair.partition("=")
    if " " in text:
        raise ValueError(f"{pair!r}: a value has no spaces. Write {name}=7; what goes wrong is a --fault.")
    return Scenario.from_line(f"lab value={text}").parameters["value"]


def _page(source: str, vary: str | None) -> str:
    from coordlab.widgets.encoding import Branch, pack
    from coordlab.widgets.page import page

    if source.endswith(".jsonl"):
        if vary:
            raise ValueError(f"--vary {vary}: a recorded trace cannot be varied. Give a lab or a scenario.")
        trace = read_trace_file(source)
        recording = pack(trace, title=Path(source).stem, templates=TEMPLATES)
        return page([Branch(recording, "recorded run")], Path(source).stem)
    found = _lab(source)
    name, _, values = (vary or "").partition("=")
    for value in values.split(",") if vary else ():
        found.vary(**_values([f"{name}={value}"])).select(0)
    return page(found.shown(), found.spec.title)


def _told(found: Lab) -> str:
    return f"{found.line}\n\n{narration(found.run.trace)}\n\n{found!r}"


def _data(found: Lab) -> dict[str, Any]:
    verdicts = [
        {
            "name": each.name,
            "status": each.status,
            "at": each.at,
            "event": each.event,
            "because": each.because,
        }
        for each in found.run.verdicts
    ]
    measures = [{"label": label, "value": value, "theory": theory} for label, value, theory in found.measures]
    return {
        "scenario": json.loads(found.scenario.to_json()),
        "line": found.line,
        "events": len(found.run.trace),
        "verdicts": verdicts,
        "measures": measures,
        "problem": found.branch.problem,
    }


def _exit_code(found: Lab) -> int:
    if found.branch.problem:
        return BROKE_OFF
    return BROKEN if any(each.status == "violated" for each in found.run.verdicts) else HOLDS


@contextmanager
def _explained() -> Iterator[None]:
    """Say what is wrong with a request in the error's own words, not with a traceback."""
    try:
        yield
    except (ValueError, OSError, TraceError) as error:
        raise click.UsageError(str(error)) from None
