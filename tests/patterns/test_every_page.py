"""What every page of a pattern has in common."""

from __future__ import annotations

import ast
import importlib
import inspect
import pathlib
import statistics

import pytest

import coordlab
from coordlab.trace.trace import Trace
from coordlab.world.run import Run

PACKAGE = pathlib.Path(coordlab.__file__).parent
HEADS = ["Problem.", "Idea.", "Messages.", "Cost.", "Assumes.", "Source."]

ROOT = PACKAGE.parent
PAGES = sorted(path.name for path in (PACKAGE / "patterns").iterdir() if (path / "agents.py").exists())
SHOWN = [name for name in PAGES if hasattr(importlib.import_module(f"coordlab.patterns.{name}"), "demo")]


def page(name: str) -> object:
    return importlib.import_module(f"coordlab.patterns.{name}")


def demo(name: str) -> Run:
    run: Run = page(name).demo()  # type: ignore[attr-defined]
    return run


@pytest.mark.parametrize("name", PAGES)
def test_a_page_begins_with_what_a_reader_needs(name: str) -> None:
    """Problem, idea, messages, cost, assumptions and sources, in this order, each in a few lines."""
    head = (inspect.getdoc(page(name)) or "").splitlines()
    assert [line.split()[0] for line in head if line[:1].isupper() and line.split()[0] in HEADS] == HEADS


@pytest.mark.parametrize("name", SHOWN)
def test_a_demo_keeps_every_promise(name: str) -> None:
    """And makes some."""
    verdicts = demo(name).verdicts
    assert {verdict.status for verdict in verdicts} == {"holds"}


@pytest.mark.parametrize("name", SHOWN)
def test_a_file_is_judged_as_its_run_is(name: str) -> None:
    """What was written down and read again gets the same verdicts, or says why it cannot have one."""
    run = demo(name)
    again = Trace.from_jsonl(run.trace.to_jsonl())
    verdicts = [judge(again) for judge in run.world.properties]
    told = [verdict for verdict in verdicts if "read from a file" not in verdict.because]
    assert again == run.trace
    assert {verdict.status for verdict in told} == {"holds"}
    assert len(told) >= len(verdicts) - 3 * (name == "replicas")


@pytest.mark.parametrize("name", SHOWN)
def test_a_demo_is_the_same_each_time(name: str) -> None:
    """Same scenario, same trace; and a branch without new faults is the run itself."""
    run = demo(name)
    assert run.trace == demo(name).trace == run.branch().trace


def test_functions_are_short() -> None:
    """Half of them have at most eight lines, docstring and example included."""
    lines = [
        (node.end_lineno or 0) - node.lineno + 1
        for path in (PACKAGE / "patterns").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    assert statistics.median(lines) <= 8


@pytest.mark.parametrize("name", PAGES)
def test_a_pattern_is_checked_tested_and_listed(name: str) -> None:
    """It has properties, tests of its agents and of its properties, and a row in the README."""
    folder, tests = PACKAGE / "patterns" / name, ROOT / "tests" / "patterns" / name
    assert "def properties(" in (folder / "checks.py").read_text("utf-8"), "see CONTRIBUTING.md"
    for path in (tests / "test_agents.py", tests / "test_checks.py"):
        assert "\ndef test_" in path.read_text("utf-8"), f"{path} tests nothing"
    assert f"coordlab/patterns/{name}" in (ROOT / "README.md").read_text("utf-8"), "no row in the README"
