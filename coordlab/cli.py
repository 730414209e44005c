"""The command line: open the course, run a lab in the terminal, write a page that plays a run."""

from __future__ import annotations

import codecs
import csv
import inspect
import io
import json
import os
import sys
import traceback
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from coordlab import __version__, labs, patterns, requirements as require
from coordlab.course import folder as course
from coordlab.grading.commands import course as course_commands
from coordlab.labs import report
from coordlab.labs.asked import asked, each_once, moment, several, values
from coordlab.labs.lab import Lab
from coordlab.trace.files import read_trace_file
from coordlab.trace.narration import TEMPLATES
from coordlab.trace.trace import TraceError

if TYPE_CHECKING:
    from coordlab.explore import Pair

HOLDS, VIOLATED, STOPPED, UNWRITABLE, BROKEN = 0, 1, 3, 74, 70  # exit codes; that of a wrong command is 2
PLAIN = {"✓": "+", "✗": "x", "→": "->", "…": "...", "“": '"', "”": '"', "≤": "<=", "–": "-", "²": "^2"}


class Commands(click.Group):
    """The commands; their output fits every code page, and only a verdict has the exit code of a verdict."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command and end the process with its exit code."""
        codecs.register_error("plain", lambda error: (_plain(error), error.end))  # type: ignore[attr-defined]
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="plain")
        try:
            try:
                return super().main(*args, **options)
            finally:
                sys.stdout.flush()
        except OSError as error:
            click.echo(f"Error: the output could not be written ({error.strerror}).", err=True)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python would try once more when it ends
            sys.exit(UNWRITABLE)
        except Exception:  # noqa: BLE001  (whatever it is, it is not a verdict)
            click.echo(traceback.format_exc(), err=True)
            sys.exit(BROKEN)


def _plain(error: UnicodeError) -> str:
    """What is written for letters that a code page does not have."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(PLAIN.get(letter, "?") for letter in error.object[error.start : error.end])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="coordlab")
def main() -> None:
    """Learn how agents coordinate, and experiment with it.

    Exit codes: 0, no property was violated; 1, one was; 2, the command is wrong; 3, the run stopped with an
    error; 70, coordlab itself failed; 74, the output could not be written.
    """  # fmt: skip


main.add_command(course_commands)


@main.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--chapter", default="index", help="The number of the chapter to open. Default: the course home."
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of your copy of the notebooks. Your changes are never overwritten. Default: "
    "coordlab-course, in the checkout if there is one, else in the current folder.",
)
@click.argument("jupyter", nargs=-1, type=click.UNPROCESSED)
def lab(chapter: str, folder: Path | None, jupyter: tuple[str, ...]) -> None:
    """Open the course in JupyterLab; further options go to it, such as --no-browser --port 8890."""
    with _explained():
        notebook = course.chapter(course.folder(folder), chapter)
    click.echo(f"Opening {notebook}, your own copy. Stop with Ctrl+C.")
    places = [str(course.SETTINGS), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(places)
    import_module("jupyterlab.labapp").LabApp.launch_instance([str(notebook), *jupyter])


def _complete_lab(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in labs.NAMES if name.startswith(begun)]


def _complete_parameter(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    # read from the words themselves: while an option has no value yet, click passes no arguments
    words = os.environ.get("COMP_WORDS", "").split()
    known = [each for name in labs.NAMES if name in words for each in labs.spec(name).parameters]
    return [CompletionItem(f"{each.name}=", help=each.help) for each in known if each.name.startswith(begun)]


PARAMS = click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=_complete_parameter,
    help="A parameter of the lab; repeat for more.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
CSV = click.option("--csv", "as_csv", is_flag=True, help="Print the results as rows of CSV.")


@main.command("list")
@click.argument("name", required=False, shell_complete=_complete_lab)
@JSON
def listing(name: str | None, as_json: bool) -> None:
    """List the labs and the patterns; of the lab NAME its parameters, roles, schedules and views."""
    with _explained():
        found = {each: report.declared(labs.spec(each)) for each in ([name] if name else labs.NAMES)}
    if name and not as_json:
        click.echo(report.listed(name, found[name]))
        return
    heads = {each: _head(each) for each in patterns.NAMES}
    if as_json:
        click.echo(json.dumps({"labs": found, "patterns": heads}, ensure_ascii=False))
        return
    click.echo("Labs (coordlab run NAME; coordlab list NAME tells what each takes):")
    for each, about in found.items():
        click.echo(f"  {each}: {about['question']}")
    click.echo("\nPatterns (coordlab.patterns.NAME):")
    for each, head in heads.items():
        click.echo(f"  {each}: {head}")


def _head(name: str) -> str:
    """What a pattern is, from the first line of its head."""
    text = inspect.getdoc(import_module(f"coordlab.patterns.{name}")) or ""
    return text.partition("\n")[0]


@main.command()
@click.argument("scenario", shell_complete=_complete_lab)
@PARAMS
@click.option(
    "-f",
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    help='A fault, such as "crash 5 @3", instead of those of the scenario; repeat for more.',
)
@click.option(
    "--schedule", default="", metavar="TITLE", help="A run worth trying, by the beginning of its title."
)
@click.option(
    "--view", "views", multiple=True, metavar="NAME", help="Print a view at the end; repeat for more."
)
@click.option("--seed", type=int, help="The seed of the random numbers.")
@click.option("--until", type=float, help="The end of the run, in virtual seconds.")
@JSON
@click.option(
    "--trace",
    "trace_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file to write the trace to, as JSON Lines.",
)
def run(
    scenario: str,
    params: tuple[str, ...],
    faults: tuple[str, ...],
    schedule: str,
    views: tuple[str, ...],
    seed: int | None,
    until: float | None,
    as_json: bool,
    trace_file: Path | None,
) -> None:
    """Run a lab, a scenario line or a scenario file, and print what happened.

    The exit code is 0 if no property was violated, 1 if one was, 2 if the command is wrong, and 3 if the
    run stopped with an error.
    """  # fmt: skip
    with _explained():
        given = {"seed": seed, "until": until, **values(params)}
        settings = {name: value for name, value in given.items() if value is not None}
        found = asked(scenario, settings, faults, schedule)
        for each in views:
            require.one_of("--view", each, found.views)
        if trace_file is not None:
            trace_file.write_bytes(found.run.trace.to_jsonl().encode())
    click.echo(json.dumps(report.data(found), ensure_ascii=False) if as_json else report.text(found, views))
    sys.exit(_exit_code(found))


@main.command()
@click.argument("scenario", shell_complete=_complete_lab)
@PARAMS
@click.option("--budget", type=int, default=500, show_default=True, help="How many schedules to run.")
@click.option("--faults", help="The kinds of fault in them; default: those that the pattern assumes.")
@click.option("--seed", type=int, default=0, help="The seed of the search.")
@CSV
@JSON
def explore(
    scenario: str,
    params: tuple[str, ...],
    budget: int,
    faults: str | None,
    seed: int,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Search for a fault schedule that breaks a property of a lab.

    Prints the smallest that was found for each property, and its nearest neighbour that keeps it.
    """  # fmt: skip
    from coordlab.explore import explore as search

    with _explained():
        found = search(
            asked(scenario, values(params)),
            budget=budget,
            faults=faults,
            seed=seed,
            progress=sys.stderr.isatty(),
        )
        rows = [_contrast(pair) for pair in found.pairs]
    if as_json:
        click.echo(json.dumps({"tried": found.tried, "broken": rows}, ensure_ascii=False))
    elif as_csv:
        _write(["property", "because", "failing", "passing", "change"], rows)
    else:
        click.echo("\n\n".join([repr(found), *map(repr, found.pairs)]))
    sys.exit(HOLDS if found else VIOLATED)


@main.command()
@click.argument("scenario", shell_complete=_complete_lab)
@click.option(
    "-g", "--grid", "grid", multiple=True, required=True, metavar="NAME=A,B,…", help="Values to sweep."
)
@PARAMS
@click.option(
    "-m", "--measure", "measures", multiple=True, help="A measure of the lab; default: its properties."
)
@click.option("-r", "--replications", default=20, show_default=True, help="How many seeds for each cell.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="How many processes.")
@click.option(
    "--store", type=click.Path(path_type=Path, dir_okay=False), help="A file that keeps finished runs."
)
@CSV
@JSON
def sweep(
    scenario: str,
    grid: tuple[str, ...],
    params: tuple[str, ...],
    measures: tuple[str, ...],
    replications: int,
    workers: int,
    store: Path | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Run a lab with every combination of values, each with the same seeds, and measure.

    The exit code is 3 if every run failed; standard error then says why the first did.
    """  # fmt: skip
    from coordlab.experiments import sweep as measured

    with _explained():
        pairs = each_once((*grid, *params), "-g").items()
        lab = asked(scenario, values(params))
        swept = {name: several(pair) for name, pair in pairs if pair in grid}
        with ProcessPoolExecutor(workers) if workers > 1 else nullcontext() as pool:
            shown = sys.stderr.isatty()
            found = measured(lab, swept, replications, measures, store=store, executor=pool, progress=shown)
    rows = [{**row.cell, "seed": row.seed, **row.values, "problem": row.problem} for row in found.rows]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    elif as_csv:
        _write([*dict.fromkeys(name for row in rows for name in row)], rows)
    else:
        click.echo(repr(found))
    if len(found.failed) == len(found.rows):
        click.echo(f"Error: every run failed, the first with {found.failed[0].problem}", err=True)
        sys.exit(STOPPED)


def _contrast(pair: Pair) -> dict[str, object]:
    """A contrasting pair as a row; `passing` is empty if no neighbour was found."""
    passing = "" if pair.passing is None else pair.passing.line
    about = {"property": pair.verdict.name, "because": pair.verdict.because}
    return {**about, "failing": pair.failing.line, "passing": passing, "change": pair.change}


def _write(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    """Print a header and rows as CSV."""
    table = io.StringIO()
    writer = csv.DictWriter(table, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    click.echo(table.getvalue(), nl=False)


@main.command()
@click.argument("source")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The HTML file to write.",
)
@click.option("--vary", metavar="NAME=A,B,…", help="Add a run for each of these values of a parameter.")
@click.option("--at", help="Open at a virtual second, or where the property of this name is violated.")
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
def play(source: str, output: Path, vary: str | None, at: str | None, show: bool) -> None:
    """Write a page that plays a run without a kernel, a server or the network.

    SOURCE is a lab, a scenario line, a scenario file, or a trace file (.jsonl).
    """  # fmt: skip
    with _explained():
        output.write_bytes(_page(source, vary, at).encode())
    click.echo(f"{output}: {output.stat().st_size / 1000:,.0f} kB")
    if show:
        webbrowser.open(output.resolve().as_uri())


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--open", "show", is_flag=True, help="Open the index in the browser.")
def gallery(folder: Path, show: bool) -> None:
    """Write twelve infamous traces to FOLDER: an index, and a page each that opens at the decisive event.

    The pages play without a kernel, a server or the network.
    """  # fmt: skip
    from coordlab.course.cards import page
    from coordlab.course.gallery import GALLERY
    from coordlab.labs.export import exhibit

    opened = {name: labs.play(each.line).open_at(each.violates) for name, each in GALLERY.items()}
    with _explained():
        folder.mkdir(parents=True, exist_ok=True)
        for name, each in GALLERY.items():
            text = exhibit(opened[name], each.title, each.says, each.repaired)
            (folder / f"{name}.html").write_bytes(text.encode())
        index = folder / "index.html"
        index.write_bytes(page(opened).encode())
    click.echo(f"{index}, and {len(opened)} pages beside it")
    if show:
        webbrowser.open(index.resolve().as_uri())


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell, for eval "$(coordlab completion bash)"."""
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(main, {}, "coordlab", "_COORDLAB_COMPLETE").source())


def _page(source: str, vary: str | None, at: str | None) -> str:
    from coordlab.widgets.encoding import Branch, pack
    from coordlab.widgets.page import page

    if source.endswith(".jsonl"):
        allowed = (
            "a recorded trace cannot be varied, and opens at its beginning; expected a lab or a scenario"
        )
        given = f"--vary {vary}" if vary else f"--at {at}"
        require.that(not vary and at is None, given, allowed, "coordlab play bully")
        trace = read_trace_file(source)
        recording = pack(trace, title=Path(source).stem, templates=TEMPLATES)
        return page([Branch(recording, "recorded run")], Path(source).stem)
    found = asked(source)
    if at is not None:
        found.open_at(moment(at))
    return found.html({vary.partition("=")[0]: several(vary)} if vary else None)


def _exit_code(found: Lab) -> int:
    if found.branch.problem:
        return STOPPED
    return VIOLATED if any(each.status == "violated" for each in found.run.verdicts) else HOLDS


@contextmanager
def _explained() -> Iterator[None]:
    """Show an error as its text, without a traceback."""
    try:
        yield
    except OSError as error:
        where = f"{error.filename}: {error.strerror}" if error.strerror else str(error)
        raise click.UsageError(where) from None
    except (ValueError, TraceError) as error:
        raise click.UsageError(str(error)) from None
