"""What all patterns have in common, asked of each from what its tests declare.

`tests/patterns/<name>/story.py` declares, as module attributes:

    STORY       functions without arguments, each a run in which every property holds; together the runs
                expect every property of the pattern
    BROKEN      property name -> functions without arguments, each a trace that violates that property
                (or a pair of such a function and the property to ask, where several have that name)
    GROWS       two functions, a run and about four times that run, to see how the work of each property grows
    disasters   a Hypothesis strategy of worlds that expect their properties and have faults, not yet run
    UNTIL       when these worlds end, in virtual seconds
    SEEN        words -> a predicate of a run: each must be true in some disaster, else they are none
    also        optional: a function of a run that asserts what every disaster must show besides
    FROM_FILE   optional: names of properties that a trace from a file leaves undecided
"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import pathlib
import pickle
import statistics
from functools import cache
from types import ModuleType
from typing import Any

import pytest

import coordlab
from coordlab.properties import Property
from coordlab.trace.trace import Trace
from coordlab.world.errors import WorldError
from coordlab.world.run import Run
from tests import explored
from tests.disasters import Enough, over
from tests.properties.linear import growth
from tests.properties.mutated import ended
from tests.sampling import disaster_count

PACKAGE = pathlib.Path(coordlab.__file__).parent
ROOT = PACKAGE.parent
HEADS = ["Problem.", "Idea.", "Messages.", "Cost.", "Assumes.", "Source."]
PATTERNS = sorted(path.parent.name for path in (PACKAGE / "patterns").glob("*/agents.py"))
STORIES = sorted(path.parent.name for path in pathlib.Path(__file__).parent.glob("*/story.py"))
DEMOS = [name for name in PATTERNS if "demo" in vars(importlib.import_module(f"coordlab.patterns.{name}"))]


@cache
def story(name: str) -> ModuleType:
    return importlib.import_module(f"tests.patterns.{name}.story")


@cache
def runs(name: str) -> list[Run]:
    """The runs in which every property holds."""
    return [make() for make in story(name).STORY]


def expected(name: str) -> dict[str, Property]:
    """The properties of a pattern, by name, as the first run that expects them does."""
    found: dict[str, Any] = {}
    for run in runs(name):
        for each in run.world.properties:
            found.setdefault(each.name, each)
    return found


BROKEN = [
    pytest.param(name, broken, number, id=f"{name}-{broken}-{number}")
    for name in STORIES
    for broken, ways in story(name).BROKEN.items()
    for number in range(len(ways))
]


# --- a pattern's head, its demo, its place --------------------------------------------------------


@pytest.mark.parametrize("name", PATTERNS)
def test_a_page_begins_with_what_a_reader_needs(name: str) -> None:
    """Problem, idea, messages, cost, assumptions and sources, in this order, each in a few lines."""
    head = (inspect.getdoc(importlib.import_module(f"coordlab.patterns.{name}")) or "").splitlines()
    assert [line.split()[0] for line in head if line[:1].isupper() and line.split()[0] in HEADS] == HEADS


@pytest.mark.parametrize("name", DEMOS)
def test_a_demo_keeps_its_promises_and_is_the_same_each_time(name: str) -> None:
    """From the run, from its file, and from a branch without new faults."""
    demo = importlib.import_module(f"coordlab.patterns.{name}").demo
    run = demo()
    assert {verdict.status for verdict in run.verdicts} == {"holds"}
    assert run.trace == demo().trace == run.branch().trace
    judged_from_file(run, getattr(story(name), "FROM_FILE", ()) if name in STORIES else ())


@pytest.mark.parametrize("name", DEMOS)
def test_a_demo_travels_and_is_judged_as_a_log(name: str) -> None:
    """Run, world and properties go through a pickle; the same events as a plain log get the same verdicts."""
    run = importlib.import_module(f"coordlab.patterns.{name}").demo()
    travelled = pickle.loads(pickle.dumps(run))
    assert (travelled.trace, travelled.line, travelled.verdicts) == (run.trace, run.line, run.verdicts)
    assert (
        travelled.branch().trace
        == run.trace
        == pickle.loads(pickle.dumps(run.world.again())).run(run.until).trace
    )
    log = Trace.of((event._asdict() for event in run.trace), until=run.trace.until)
    assert log == run.trace
    assert [pickle.loads(pickle.dumps(judge))(log) for judge in run.world.properties] == run.verdicts


@pytest.mark.parametrize("name", DEMOS)
def test_answers_that_lack_fields_are_judged(name: str) -> None:
    """Agents may fail on them; properties say something of whatever was sent."""
    run = importlib.import_module(f"coordlab.patterns.{name}").demo()
    for one, other in itertools.islice(itertools.permutations(run.trace.agents, 2), 6):
        try:
            run = run.branch(f"half {one}>{other} @0.01")
        except WorldError as error:
            run = error.run
        assert all(verdict.status for verdict in run.verdicts)


@pytest.mark.parametrize("name", DEMOS)
def test_a_pattern_is_checked_tested_and_listed(name: str) -> None:
    """It has tests of its agents, a story if it makes promises, and a row in the README."""
    folder, tests = PACKAGE / "patterns" / name, ROOT / "tests" / "patterns" / name
    assert "\ndef test_" in (tests / "test_agents.py").read_text("utf-8")
    assert (tests / "story.py").exists() == (folder / "checks.py").exists(), "see CONTRIBUTING.md"
    assert f"coordlab/patterns/{name}" in (ROOT / "README.md").read_text("utf-8"), "no row in the README"


def test_functions_are_short() -> None:
    """Half of them have at most eight lines, docstring and example included."""
    lines = [
        (node.end_lineno or 0) - node.lineno + 1
        for path in (PACKAGE / "patterns").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    assert statistics.median(lines) <= 8


# --- its properties -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STORIES)
def test_every_property_holds_in_the_story(name: str) -> None:
    """And each of its traces is judged from a file as it was from the run."""
    for run in runs(name):
        assert {verdict.name: str(verdict) for verdict in run.verdicts if verdict.status != "holds"} == {}
        judged_from_file(run, getattr(story(name), "FROM_FILE", ()))


def judged_from_file(run: Run, undecided: Any) -> None:
    """A trace that was written down and read again gets the same verdicts."""
    again = Trace.from_jsonl(run.trace.to_jsonl())
    assert (again, run.trace.divergence(again)) == (run.trace, None)
    verdicts = [judge(again) for judge in run.world.properties]
    assert {each.name for each in verdicts if each.status != "holds"} <= set(undecided)
    assert {each.status for each in verdicts} <= {"holds", "undecided"}


@pytest.mark.parametrize(("name", "broken", "number"), BROKEN)
def test_each_property_objects_to_a_trace_that_breaks_it(name: str, broken: str, number: int) -> None:
    """The verdict names the moment and the reason."""
    way = story(name).BROKEN[broken][number]
    make, judge = way if isinstance(way, tuple) else (way, expected(name)[broken])
    verdict = judge(make())
    assert (verdict.name, verdict.status) == (broken, "violated")
    assert verdict.at is not None
    assert verdict.because


@pytest.mark.parametrize("name", STORIES)
def test_no_property_holds_by_construction(name: str) -> None:
    """For each there is a trace that breaks it, and none is listed that does not exist."""
    assert set(story(name).BROKEN) == set(expected(name))


@pytest.mark.parametrize("name", STORIES)
def test_an_empty_trace_decides_nothing(name: str) -> None:
    """Where nothing happened, nothing held; and a run that was cut off has broken nothing."""
    for run in runs(name):
        empty = Trace([], run.trace.agents, run.trace.says, 0.0)
        assert {judge(empty).status for judge in run.world.properties} == {"undecided"}
        for part in (0.25, 0.5, 0.75):
            cut = ended(run.trace, part * run.trace.until)
            assert [
                str(v) for v in (judge(cut) for judge in run.world.properties) if v.status == "violated"
            ] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_the_work_grows_with_the_trace(name: str) -> None:
    """Four times the trace, about four times the work, counted in bytecode instructions."""
    short, long = (make() for make in story(name).GROWS)
    assert len(long.trace) > 2 * len(short.trace)
    work = {
        judge.name: growth(judge, short.trace, long.trace)
        for judge, _ in zip(long.world.properties, short.world.properties, strict=True)
    }
    assert {judge: factor for judge, factor in work.items() if factor >= 1.5} == {}


# --- disasters ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STORIES)
def test_promises_hold_in_disasters(name: str) -> None:
    """Whatever crashes, is late, lost, repeated or cut; a plan that breaks a promise is shrunk."""

    def judged(world: Any) -> None:
        run = world.run(until=story(name).UNTIL)
        wrong = [str(verdict) for verdict in run.verdicts if verdict.status == "violated"]
        assert wrong == [], run.line
        getattr(story(name), "also", lambda _: None)(run)

    over(story(name).disasters(), judged, disaster_count(), shrink=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_a_disaster_can_be_run_again(name: str) -> None:
    """Nothing is kept from one run to the next, so that the search can begin there."""
    for world in explored.worlds(story(name), 2):
        run = world.run(until=story(name).UNTIL)
        assert run.divergence(world.again().run(until=story(name).UNTIL)) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_the_disasters_are_disasters(name: str) -> None:
    """What they are meant to bring about is seen in some of them."""
    missing = dict(story(name).SEEN)

    def look(world: Any) -> None:
        run = world.run(until=story(name).UNTIL)
        for words in [words for words, happened in missing.items() if happened(run)]:
            del missing[words]
        if not missing:
            raise Enough

    over(story(name).disasters(), look, 200, shrink=False)
    assert missing == {}
