"""The command line: its output, its exit codes, its errors."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from coordlab import __version__, labs, patterns
from coordlab.cli import main
from coordlab.course.gallery import GALLERY
from tests.committed import NOTEBOOKS
from tests.labs.opened import recorded


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def as_json(*words: str) -> dict[str, Any]:
    """The output of `run --json`."""
    found: dict[str, Any] = json.loads(typed("run", *words, "--json").output)
    return found


# --- run ------------------------------------------------------------------------------------------


def test_a_lab_is_run_and_described() -> None:
    result = typed("run", "bully", "-p", "agents=3", "--until", "4")
    lines = result.output.splitlines()
    assert (result.exit_code, lines[0]) == (0, labs.bully(agents=3, until=4.0).line)
    assert lines[2:4] == ["… 28 before, and then", "    3.000 s  Fault: crash 3 @3..9."]
    assert "  messages of this election: 5 (theory ≤ 5: agrees)" in lines


def test_everything_as_json() -> None:
    found = as_json("bully", "--seed", "3")
    lab = labs.bully(seed=3)
    assert list(found) == ["scenario", "line", "events", "verdicts", "measures", "problem"]
    assert found["scenario"] == json.loads(lab.scenario.to_json())
    assert (found["line"], found["events"], found["problem"]) == (lab.line, len(lab.run.trace), "")
    assert {tuple(each) for each in found["verdicts"]} == {("name", "status", "at", "event", "because")}
    assert found["measures"][0] == {
        **{"label": "messages of this election", "value": 19, "theory": "≤ 19"},
        **{"judged": "agrees", "agrees": True},
    }


def test_parameters_and_faults_are_options() -> None:
    """Faults replace those of the lab; seed and until may be parameters, too."""
    words = ["-p", "agents=4", "-p", "seed=7", "-p", "until=9", "-f", "crash 4 @2", "-f", "crash 3 @5"]
    assert as_json("bully", *words)["line"] == (
        "bully agents=4 slowest=0.05 loss=0 patience=0.25 heartbeat=1 version=textbook noticed=all"
        " seed=7 until=9 | crash 4 @2 | crash 3 @5"
    )


@pytest.mark.parametrize("form", ["line", "json", "text file"])
def test_a_scenario_is_run_from_a_line_or_a_file(tmp_path: Path, form: str) -> None:
    lab = labs.bully(agents=3, seed=5)
    lab.save(tmp_path / "run.json")
    (tmp_path / "run.txt").write_text(lab.line + "\n", encoding="utf-8")
    source = {"line": lab.line, "json": tmp_path / "run.json", "text file": tmp_path / "run.txt"}[form]
    assert as_json(str(source))["line"] == lab.line


def test_a_lab_has_priority_over_a_file_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bully").write_text("nonsense", encoding="utf-8")
    assert typed("run", "bully").exit_code == 0


def test_the_trace_is_written_and_played(tmp_path: Path) -> None:
    trace, page = tmp_path / "run.jsonl", tmp_path / "run.html"
    typed("run", "bully", "--trace", str(trace))
    assert trace.read_text("utf-8") == labs.bully().run.trace.to_jsonl()
    assert typed("play", str(trace), "-o", str(page)).exit_code == 0
    assert names(page) == ["recorded run"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("bully", 0),
        ("bully until=3.1", 0),
        ("bully slowest=0.5 seed=1 until=30", 1),
        ("bully agents=99", 2),
        pytest.param("bully agents=12 version=unguarded slowest=0.5 until=1e6", 3, marks=pytest.mark.slow),
    ],
    ids=["holds", "undecided", "violated", "wrong", "stopped"],
)
def test_the_exit_code_depends_on_the_verdicts(line: str, code: int) -> None:
    """0: nothing was violated; 1: a property was; 2: the command is wrong; 3: the run stopped."""
    assert typed("run", line, "--json").exit_code == code


WRONG = [
    (["run", "chess"], "no lab 'chess': the labs are blackboard, bully"),
    (["run", "bully", "-p", "size=3"], "no parameter 'size': the parameters of the bully lab are agents"),
    (["run", "bully", "-p", "agents"], "'agents': expected a name, =, and a value, without spaces"),
    (["run", "bully", "-p", "agents=many"], "agents='many': expected a whole number from 2 to 12"),
    (
        ["run", "bully", "-p", "agents=3 | crash 1 @2"],
        'and a fault has an option of its own. For example: agents=7 --fault "crash 5 @3"',
    ),
    (["run", "bully", "-f", "crush 5 @3"], "a fault begins with one of crash"),
    (["run", "bully", "-f", "crash 9 @3"], "'crash 9 @3' names '9': the agents here are 1, 2, 3, 4, 5"),
    (["run", "bully", "--seed", "x"], "'x' is not a valid integer"),
    (["run", "bully", "--until", "-1"], "until=-1.0: expected seconds from 0"),
    (
        ["run", "missing.json"],
        "no file 'missing.json': expected a file, a scenario line, or one of the labs blackboard, bully",
    ),
    (["run", "bully", "--trace", "/nowhere/run.jsonl"], "No such file or directory"),
    (["play", "missing.jsonl", "-o", "x.html"], "No such file or directory"),
    (["play", "bully", "-o", "/nowhere/x.html"], "No such file or directory"),
    (["play", "bully"], "Missing option"),
    (["play", "bully", "-o", "x.html", "--vary", "size=3,5"], "no parameter 'size'"),
    (["play", "bully", "-o", "x.html", "--vary", "agents"], "'agents': expected a name, =, and a value"),
    (["play", "run.jsonl", "-o", "x.html", "--vary", "a=1"], "a recorded trace cannot be varied"),
    (
        ["play", "run.jsonl", "-o", "x.html", "--at", "1"],
        "--at 1: a recorded trace cannot be varied, and opens",
    ),
    (["completion", "tcsh"], "'tcsh' is not one of 'bash', 'zsh', 'fish'"),
]


@pytest.mark.parametrize(("words", "text"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_a_wrong_command_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = typed(*words)
    assert result.exit_code == 2
    assert text in " ".join(result.output.split())
    assert not list(tmp_path.iterdir())


HOSTILE = {
    "nested": "[" * 100_000,
    "huge": '{"format":"' + "x" * 1_100_000,
    "cut off": labs.bully().scenario.to_json()[:60],
    "another format": '{"format":"coordlab-trace","version":1}',
    "no lab": '{"format":"coordlab-scenario","version":1}',
    "list of parameters": '{"format":"coordlab-scenario","version":1,"lab":"bully","parameters":[1]}',
    "object as value": '{"format":"coordlab-scenario","version":1,"lab":"bully","parameters":{"agents":{}}}',
    "infinite end": '{"format":"coordlab-scenario","version":1,"lab":"bully","until":1e999}',
    "code": "__import__('os').system('true')",
    "path": "../../etc/passwd",
    "nothing": "",
    "binary": "\x00\x01\x02",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "given.json"
    file.write_text(HOSTILE[kind], encoding="utf-8")
    for words in (["run", str(file)], ["play", str(file), "-o", str(tmp_path / "x.html")]):
        result = typed(*words)
        assert result.exit_code == 2, result.exception
        assert len(result.output) < 1_000


@pytest.mark.parametrize("command", [["run"], ["explore"], ["sweep", "-g", "agents=3"]])
def test_a_file_that_is_no_text_is_refused_with_what_is_expected(tmp_path: Path, command: list[str]) -> None:
    """Such as a picture, or an editor's file in UTF-16."""
    file = tmp_path / "given.json"
    file.write_text("bully", encoding="utf-16")
    result = typed(*command, str(file))
    assert result.exit_code == 2
    assert "given.json is not a text: expected a scenario in UTF-8" in " ".join(result.output.split())


def test_a_broken_trace_file_is_refused_with_its_line(tmp_path: Path) -> None:
    lines = labs.bully().run.trace.to_jsonl().splitlines()
    lines[2] = "[1,2]"
    (tmp_path / "run.jsonl").write_text("\n".join(lines), encoding="utf-8")
    result = typed("play", str(tmp_path / "run.jsonl"), "-o", str(tmp_path / "x.html"))
    assert (result.exit_code, "line 3 is" in result.output) == (2, True)


# --- play -----------------------------------------------------------------------------------------


def names(page: Path) -> list[str]:
    """The names of the branches in a page."""
    return [each["name"] for each in recorded(page.read_text("utf-8"))]


def test_a_page_has_a_run_for_each_value_to_vary(tmp_path: Path) -> None:
    page = tmp_path / "bully.html"
    result = typed("play", "bully", "-o", str(page), "--vary", "agents=3,7")
    assert result.output == f"{page}: {page.stat().st_size / 1000:,.0f} kB\n"
    assert names(page)[:3] == ["your run", "agents = 3", "agents = 7"]
    assert "crash 7 @3..9" in recorded(page.read_text("utf-8"))[2]["line"]


def test_a_page_opens_at_a_moment_or_where_a_property_is_violated(tmp_path: Path) -> None:
    page, line = tmp_path / "x.html", "bully version=unguarded"
    for at, opened in (("2.5", 2.5), ("one election at a time", 0.019694)):
        assert typed("play", line, "-o", str(page), "--at", at).exit_code == 0
        assert recorded(page.read_text("utf-8"))[0]["opens"]["at"] == pytest.approx(opened, abs=1e-3)
    refused = typed("play", line, "-o", str(page), "--at", "agreement")
    assert (refused.exit_code, "violates 'one election at a time'" in refused.output) == (2, True)


def test_the_gallery_is_an_index_and_a_page_for_each_trace(tmp_path: Path) -> None:
    result = typed("gallery", str(tmp_path / "made"))
    assert result.output == f"{tmp_path / 'made' / 'index.html'}, and 12 pages beside it\n"
    assert {each.stem for each in (tmp_path / "made").iterdir()} == {"index", *GALLERY}
    (tmp_path / "file").write_text("")
    refused = typed("gallery", str(tmp_path / "file"))
    assert (refused.exit_code, "is a file" in refused.output) == (2, True)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the browser here is a shell script")
def test_a_page_is_opened_with_open(tmp_path: Path) -> None:
    noted, browser, page = (tmp_path / name for name in ("noted", "browser", "x.html"))
    browser.write_text(f'#!/bin/sh\necho "$1" > {noted}\n', encoding="utf-8")
    browser.chmod(0o755)
    command = [sys.executable, "-m", "coordlab", "play", "bully", "-o", str(page), "--open"]
    subprocess.run(command, env={**os.environ, "BROWSER": f"{browser} %s"}, check=True, capture_output=True)
    assert noted.read_text().strip() == page.as_uri()


@pytest.mark.browser
def test_the_page_plays(chrome: Any, tmp_path: Path) -> None:
    page = tmp_path / "bully.html"
    typed("play", "bully", "-o", str(page), "--vary", "agents=3")
    tab, complaints = chrome.new_page(), list[str]()
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda word: complaints.append(word.text))
    tab.goto(page.as_uri())
    tab.wait_for_selector(".cl-player[data-ready]")
    tabs = tab.locator(".cl-tab").all_inner_texts()
    tab.close()
    assert (tabs[:2], complaints) == (["your run", "agents = 3"], [])


# --- the rest -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(shell: str) -> None:
    assert "_COORDLAB_COMPLETE" in typed("completion", shell).output


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("coordlab run b", ["blackboard", "bully", "bus"]),
        ("coordlab run bully -p ", [f"{each.name}=" for each in labs.spec("bully").parameters]),
        ("coordlab run bully -p h", ["heartbeat="]),
        ("coordlab run chess -p h", []),
    ],
)
def test_labs_and_parameters_are_completed(line: str, completed: list[str]) -> None:
    *_, begun = words = line.split(" ")
    environment = {
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_COORDLAB_COMPLETE": "bash_complete",
    }
    result = CliRunner().invoke(main, env=environment, prog_name="coordlab")
    assert [each.removeprefix("plain,") for each in result.output.split()] == completed, begun


def test_a_missing_chapter_is_an_error(tmp_path: Path) -> None:
    result = typed("lab", "--chapter", "99", "--folder", str(tmp_path / "course"))
    assert (result.exit_code, "no chapter '99'" in result.output) == (2, True)


@pytest.mark.slow
def test_further_options_go_to_jupyterlab(tmp_path: Path) -> None:
    first = min(NOTEBOOKS.glob("*.ipynb")).stem
    words = ["lab", "--chapter", first, "--folder", str(tmp_path), "--", "--version"]
    result = subprocess.run(
        [sys.executable, "-m", "coordlab", *words], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    opening, version = result.stdout.splitlines()
    assert opening.startswith(f"Opening {tmp_path / first}.ipynb, your own copy.")
    assert version.split(".")[0].isdigit()


@pytest.mark.slow
def test_the_module_is_the_command() -> None:
    def ran(*words: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "coordlab", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
        return done.returncode, done.stdout + done.stderr

    assert ran("--version") == (0, f"coordlab, version {__version__}\n")
    assert ran("run", "bully")[1].splitlines()[0] == labs.bully().line
    code, words = ran("run", "chess")
    assert (code, words.splitlines()[-1]) == (
        2,
        f"Error: no lab 'chess': the labs are {', '.join(labs.NAMES)}. For example: bully.",
    )


# --- list, explore, sweep ---------------------------------------------------------------------------


def test_labs_and_patterns_are_listed() -> None:
    """On a line each; of one lab all that it takes, with the range and meaning of each parameter."""
    lines, text = typed("list").output.splitlines(), typed("list", "voting").output
    assert {f"  {name}: {labs.spec(name).question}" for name in labs.NAMES} <= {*lines}
    assert len(lines) == len(labs.NAMES) + len(patterns.NAMES) + 3
    assert "  voters=11  1 to 41: " in text
    assert typed("list", "hello").exit_code == 2
    found = json.loads(typed("list", "--json").output)
    assert set(found["labs"]) == set(labs.NAMES)
    assert len(found["patterns"]) > 20
    assert set(found["labs"]["bully"]["parameters"][0]) == {"name", "default", "values", "help"}
    about = found["labs"]["voting"]
    schedule, look = next(iter(about["schedules"].items()))
    assert f'  --schedule "{schedule}"  {look}' in text.splitlines()
    view, shows = next(iter(about["views"].items()))
    assert f"  --view {view}  {shows}" in text.splitlines()
    juror = "coordlab.patterns.voting.lab_agents.Juror"
    assert f"  voter=class  a class of yours in place of {juror}, by script" in text.splitlines()


def test_a_schedule_is_run_and_a_view_printed() -> None:
    """By the beginning of its title; parameters that are given change it."""
    title, view = labs.spec("voting").schedules[0].title, labs.spec("voting").views[0].name
    lab = labs.voting().try_out(title)
    result = typed("run", "voting", "--schedule", title[:5], "--view", view)
    assert result.output.startswith(f"{lab.line}\n")
    assert result.output.endswith(f"\n\n{lab.views[view]!r}\n")
    assert as_json("voting", "--schedule", title, "-p", "seed=5")["line"] == lab.set(seed=5).line


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--schedule", "Nothing"), "schedule='Nothing': expected one of '"),
        (("--view", "x"), "--view='x': expected one of '"),
    ],
)
def test_a_schedule_or_view_that_does_not_exist_is_refused(words: tuple[str, str], text: str) -> None:
    result = typed("run", "voting", *words)
    assert (result.exit_code, text in result.output) == (2, True)


def test_a_lab_is_explored() -> None:
    kept = typed("explore", "bully", "-p", "agents=3", "--budget", "30")
    assert (kept.exit_code, kept.output.splitlines()[0]) == (
        0,
        "30 schedules: every schedule kept every property.",
    )
    words = ("explore", "bully", "-p", "agents=3", "--faults", "slow", "--budget", "40", "--json")
    broken = typed(*words)
    found = json.loads(broken.output)
    assert (broken.exit_code, found["tried"]) == (1, 40)
    assert found["broken"][0]["failing"].startswith("bully agents=")
    rows = [*csv.DictReader(io.StringIO(typed(*words[:-1], "--csv").output))]
    assert rows == found["broken"]


def test_a_lab_is_swept(tmp_path: Path) -> None:
    words = ("sweep", "bully", "-g", "agents=3,4", "-r", "2", "-m", "watching: Ping and Pong")
    text = typed(*words).output
    assert "  agents=4: watching: Ping and Pong " in text
    rows = typed(*words, "--csv", "--store", str(tmp_path / "runs.db")).output.splitlines()
    assert rows[0] == "agents,seed,watching: Ping and Pong,problem"
    assert len(rows) == 5
    found = json.loads(typed(*words, "--json", "--workers", "2", "--store", str(tmp_path / "runs.db")).output)
    assert [(row["agents"], row["seed"]) for row in found] == [(3, 0), (3, 1), (4, 0), (4, 1)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "x.jsonl"), "coordlab play x.jsonl -o page.html"),
        (("play", "missing.jsonl", "-o", "x.html"), "missing.jsonl: No such file or directory"),
        (("run", "bully", "--trace", "/no/such/folder/x"), "/no/such/folder/x: No such file or directory"),
        (("sweep", "bully", "-g", "agents=3", "-m", "beauty"), "no measure 'beauty'"),
        (("explore", "bully", "--faults", "fire"), "'fire'"),
        (
            ("run", "bully", "-p", "agents=3", "-p", "agents=4"),
            "agents=3 and agents=4: expected each name once. For example: -p agents=3.",
        ),
        (("run", "bully", "-p", "agents =5"), "'agents =5': expected a name, =, and a value, without spaces"),
        (("run", "bully", "--schedule", "nope"), "schedule='nope': expected one of 'Every Election"),
        (("sweep", "bully", "-g", "agents=3", "-g", "agents=4"), "agents=3 and agents=4: expected each name"),
        (("sweep", "bully", "-g", "agents=3", "-p", "agents=4"), "agents=3 and agents=4: expected each name"),
        (("sweep", "bully", "-g", "agents=a,b"), "agents='a': expected a whole number from 2 to 12"),
        (("sweep", "bully", "-g", "agentz=3"), "parameter='agentz': expected one of 'agents'"),
        (
            ("sweep", "bully", "-g", "agents=3", "-r", "0"),
            "replications=0: expected a whole number, 1 or more",
        ),
        (("sweep", "bully", "-g", "agents=3", "--workers", "0"), "0 is not in the range"),
    ],
)
def test_a_wrong_command_says_what_to_type(words: tuple[str, ...], message: str) -> None:
    result = typed(*words)
    assert result.exit_code == 2
    assert message in result.output


def test_a_value_that_is_shown_already_is_not_added(tmp_path: Path) -> None:
    typed("play", "bully", "-o", str(tmp_path / "page.html"), "--vary", "agents=3,5,8")
    shown = names(tmp_path / "page.html")
    assert [shown.count(f"agents = {value}") for value in (3, 5, 8)] == [1, 0, 1]


@pytest.mark.parametrize("encoding", ["cp1252", "cp437"])
def test_every_code_page_can_be_written(encoding: str) -> None:
    """What it lacks is written in plain letters, and the exit code is that of the verdict."""
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "coordlab", "run", "bully", "-p", "agents=3"]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "+ one coordinator per component: holds" in done.stdout.decode(encoding)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_disk_is_no_verdict() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "coordlab", "run", "bully"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        74,
        "Error: the output could not be written (No space left on device).\n",
    )


def test_a_failure_of_our_own_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labs, "spec", lambda name: 1 / 0)
    result = typed("list")
    assert result.exit_code == 70
    assert "ZeroDivisionError" in result.output


def test_a_sweep_in_which_every_run_fails_says_why_and_has_the_exit_code_of_failed_runs() -> None:
    result = typed("sweep", "voting", "-g", "voters=3", "-r", "2", "-m", "last outcome", "--csv")
    assert result.exit_code == 3
    assert "Error: every run failed, the first with the measure 'last outcome' failed: " in result.output
