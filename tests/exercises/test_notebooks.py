"""The notebooks of the exercises: what learners get is made from the instructor's, which earn all points."""

from __future__ import annotations

import json
import re
import sys
from types import ModuleType
from typing import Any

import pytest

from coordlab.course.chapters import BY_NUMBER
from coordlab.course.folder import RELEASED
from coordlab.exercises import CHAPTERS, assignment
from coordlab.exercises.part import ROWS
from coordlab.grading import learner
from coordlab.grading.releasing import BEGIN, END, release
from tests.committed import NOTEBOOKS
from tests.pythons import PROJECT

SOURCES, RELEASES = PROJECT / "exercises" / "source", PROJECT / "exercises" / "release"


def cells(path: Any) -> list[Any]:
    return list(json.loads(path.read_text("utf-8"))["cells"])


def sources(path: Any) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(path)]


def run(path: Any) -> list[Any]:
    """What the last line of each code cell shows, where it shows something."""
    module = sys.modules["exercise"] = ModuleType("exercise")  # where dataclasses look for names
    names, shown = vars(module), []
    for cell in cells(path):
        if cell["cell_type"] == "code":
            *before, last = "".join(cell["source"]).split("\n")
            if re.match(r"(task|check|score|me)\(", last):
                exec("\n".join(before), names)
                shown.append(eval(last, names))
            else:
                exec("".join(cell["source"]), names)
    return shown


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """No student is named, and no progress is kept."""
    monkeypatch.setattr(learner, "_given", {})
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_learners_get_is_what_the_source_generates(chapter: str, tmp_path: Any) -> None:
    made = tmp_path / "made.ipynb"
    release(SOURCES / chapter / f"{chapter}.ipynb", made)
    assert sources(RELEASES / chapter / f"{chapter}.ipynb") == sources(made)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_line_of_a_solution_is_in_what_learners_get(chapter: str) -> None:
    text = "\n".join(sources(RELEASES / chapter / f"{chapter}.ipynb"))
    given = {line.strip() for line in text.splitlines()}
    solved = []
    for cell in sources(SOURCES / chapter / f"{chapter}.ipynb"):
        for part in re.findall(rf"{BEGIN}\n(.*?){END}", cell, re.DOTALL):
            solved += [line.strip() for line in part.splitlines() if len(line.strip()) > 12]
    assert solved
    assert [line for line in solved if line in given] == []
    assert BEGIN not in text


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_solutions_earn_all_points(chapter: str) -> None:
    shown = run(SOURCES / chapter / f"{chapter}.ipynb")
    scores = [each for each in shown if isinstance(each, float)]
    assert scores == [each.points for each in assignment(chapter)]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_learners_get_runs_and_says_not_started(chapter: str) -> None:
    shown = run(RELEASES / chapter / f"{chapter}.ipynb")
    reports = [each for each in shown if isinstance(each, learner.Report)]
    assert ["not started" in each.text for each in reports] == [True] * len(assignment(chapter))
    assert [each for each in shown if isinstance(each, float)] == [0.0] * len(assignment(chapter))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_part_has_one_answer_and_one_score_for_nbgrader(chapter: str) -> None:
    found = [cell["metadata"].get("nbgrader") for cell in cells(RELEASES / chapter / f"{chapter}.ipynb")]
    graded = [each for each in found if each]
    ids = [each["grade_id"] for each in graded]
    parts = assignment(chapter)
    assert ids == [name for each in parts for name in (each.id, f"{each.id}-score")]
    assert [each["points"] for each in graded if each["grade"]] == [each.points for each in parts]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_chapter_leads_to_its_exercises(chapter: str) -> None:
    text = (NOTEBOOKS / BY_NUMBER[chapter].link).read_text("utf-8")
    assert f"../{RELEASED}/{chapter}/{chapter}.ipynb" in text


def test_the_released_variant_is_the_first_one() -> None:
    for chapter in CHAPTERS:
        for part in assignment(chapter):
            assert part.variant() == part.row(0)
            assert part.variant("s1", "autumn") == part.variant("s1", "autumn")
    assert ROWS >= 200
