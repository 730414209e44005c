"""What every page of a pattern has in common."""

from __future__ import annotations

import ast
import importlib
import inspect
import pathlib
import statistics

import pytest

import coordlab
from coordlab.world.run import Run
from coordlab.world.trace import Trace

PACKAGE = pathlib.Path(coordlab.__file__).parent
HEADS = ["Problem.", "Idea.", "Messages.", "Cost.", "Assumes.", "Source."]

# What a page is made of, rather than a page: it has no head and no demo.
PARTS = {
    *("bus_client", "contractor", "expert", "locks", "orchestration", "resilience", "reviewing", "workers"),
}
PAGES = sorted({path.stem for path in (PACKAGE / "patterns").glob("*.py")} - PARTS - {"__init__"})
SHARED = {  # two ways with one trouble, and one theory for what spreads
    "probes": {"theory": "deadlock", "tests": "deadlock"},
    "replicas": {"theory": "gossip"},
}
PURE = ("rules", "theory", "checks", "patterns", "naive")


def page(name: str) -> object:
    return importlib.import_module(f"coordlab.patterns.{name}")


def demo(name: str) -> Run:
    """The page's own; the blackboard's is the expert system upon it."""
    run: Run = page({"blackboard": "expert"}.get(name, name)).demo()  # type: ignore[attr-defined]
    return run


@pytest.mark.parametrize("name", PAGES)
def test_a_page_begins_with_what_a_reader_needs(name: str) -> None:
    """Problem, idea, messages, cost, assumptions and sources, in this order, each in a few lines."""
    head = (inspect.getdoc(page(name)) or "").splitlines()
    assert [line.split()[0] for line in head if line[:1].isupper() and line.split()[0] in HEADS] == HEADS


@pytest.mark.parametrize("name", PAGES)
def test_a_demo_keeps_every_promise(name: str) -> None:
    """And makes some."""
    verdicts = demo(name).verdicts
    assert {verdict.status for verdict in verdicts} == {"holds"}


@pytest.mark.parametrize("name", PAGES)
def test_a_file_is_judged_as_its_run_is(name: str) -> None:
    """What was written down and read again gets the same verdicts, or says why it cannot have one."""
    run = demo(name)
    again = Trace.from_jsonl(run.trace.to_jsonl())
    verdicts = [judge(again) for judge in run.world.properties]
    told = [verdict for verdict in verdicts if "read from a file" not in verdict.because]
    assert again == run.trace
    assert {verdict.status for verdict in told} == {"holds"}
    assert len(told) >= len(verdicts) - 3 * (name == "replicas")


@pytest.mark.parametrize("name", PAGES)
def test_a_demo_is_the_same_each_time(name: str) -> None:
    """Same scenario, same trace; and a branch without new faults is the run itself."""
    run = demo(name)
    assert run.trace == demo(name).trace == run.branch().trace


@pytest.mark.parametrize("path", sorted((PACKAGE / "patterns").glob("*.py")), ids=lambda path: path.stem)
def test_a_page_is_a_page(path: pathlib.Path) -> None:
    """At most 250 lines."""
    assert len(path.read_text("utf-8").splitlines()) <= 250


def test_functions_are_short() -> None:
    """Half of them have at most eight lines, docstring and example included."""
    lines = [
        (node.end_lineno or 0) - node.lineno + 1
        for part in PURE
        for path in (PACKAGE / part).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    assert statistics.median(lines) <= 8


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_checked_counted_tested_and_shown(name: str) -> None:
    """It has properties, closed forms, tests of its own and of its properties, and stands in the README."""
    root = pathlib.Path(__file__).parents[2]
    shares = SHARED.get(name, {})
    needed = [
        f"coordlab/checks/{name}.py",
        f"coordlab/theory/{shares.get('theory', name)}.py",
        f"tests/patterns/test_{name}.py",
        f"tests/checks/test_{shares.get('tests', name)}.py",
    ]
    assert [path for path in needed if not (root / path).exists()] == [], "see CONTRIBUTING.md"
    for path in needed[2:]:
        assert "\ndef test_" in (root / path).read_text("utf-8"), f"{path} tests nothing"
    assert "def properties(" in (root / needed[0]).read_text("utf-8"), f"{needed[0]} gives no properties(...)"
    assert f"(coordlab/patterns/{name}.py)" in (root / "README.md").read_text("utf-8"), "no row in the README"
