"""A course that nbgrader keeps: its own commands run, and coordlab's marks stand in its gradebook."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import sys
from functools import partial
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderApp
from nbgrader.utils import determine_grade

from coordlab.exercises import ExerciseError, every_part
from coordlab.grading import classroom, marking, nbgrader
from coordlab.grading.autograde import GradeApart
from coordlab.grading.classroom import Course
from coordlab.grading.isolation import Limits
from coordlab.grading.submission import MOST_BYTES
from tests.exercises import answers_07
from tests.grading.test_course import answer, notebook, run
from tests.grading.test_guide import GUIDE

COMMANDS = re.findall(r"^\$ (nbgrader .+)$", GUIDE, re.MULTILINE)
pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own libraries warn


def obey(command):
    """Run a command of nbgrader in this process, which is faster than a new one."""
    program, *words = shlex.split(command)
    assert program == "nbgrader"
    app = NbGraderApp()
    app.initialize(words)
    try:
        app.subapp.start()
    finally:
        type(app.subapp).clear_instance()


def handed_in(content, student="ann"):
    target = Path("submitted") / student / "07" / "07.ipynb"
    target.parent.mkdir(parents=True)
    target.write_text(content, encoding="utf-8")
    return target


def submit(student, **answers):
    """Hand in the released notebook with a name, and with these sources in the cells of these parts."""
    content = json.loads(Path("release/07/07.ipynb").read_text("utf-8"))
    for cell in content["cells"]:
        part = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if cell["id"] == "me":
            cell["source"] = f'me("{student}", course="autumn")'
        elif part in answers:
            cell["source"] = answers[part]
    handed_in(json.dumps(content), student)


def variant(student, part):
    return every_part()[part].variant(student, "autumn")


def numbers(student):
    return {"07a": f"answer_07a = {answer(student)}"}


def schedule(student):
    return {"07c": f"answer_07c = {answers_07.crash_and_part(variant(student, '07c'))!r}"}


def in_part(student):
    return {"07a": f"answer_07a = {tuple(map(int, answers_07.all_answer(variant(student, '07a'))))}"}


RUNS = {"07b": "open('ran', 'w').close()"}
FORGES = {"07b-score": "4.0"}
HANGS = {"07a": "def found():\n    while True:\n        pass\nanswer_07a = found()"}
EXITS = {"07a": "def found():\n    raise SystemExit(3)\nanswer_07a = found()"}


@pytest.fixture
def course(tmp_path, monkeypatch):
    run("init", tmp_path / "course", "--name", "autumn")
    run("nbgrader", "07", "-f", tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    programs = str(Path(sys.executable).parent)  # nbgrader calls a program of its environment by name
    monkeypatch.setenv("PATH", os.pathsep.join([programs, os.environ["PATH"]]))
    return Course.open(Path())


def marks(student):
    """The marks of each part in nbgrader's gradebook, as the CSV of an instructor adds them up."""
    with Gradebook("sqlite:///gradebook.db") as book:
        grades = book.find_submission_notebook("07", "07", student).grades
        return {each.name.removesuffix("-score"): each.score for each in grades}


def no_grading(*_):
    os._exit(1)


def graded(*cells, name="07"):
    """What becomes of a submission of these cells, which lies in the course's folder."""
    about = {"student": "ann", "assignment": name, "notebook": name}
    return GradeApart(folder=".").preprocess(new_notebook(cells=list(cells)), {"nbgrader": about})[0].cells


def grade_cell(name, points, source=""):
    about = {"grade": True, "solution": False, "locked": True, "grade_id": name, "points": points}
    return new_code_cell(source, metadata={"nbgrader": about})


@pytest.mark.slow
def test_an_instructor_may_change_what_a_part_is_worth(course):
    handed_in(notebook(in_part("ann")["07a"]))
    (before,) = graded(grade_cell("07a-score", 2))
    (after,) = graded(grade_cell("07a-score", 10))
    assert determine_grade(after)[0] == 5 * determine_grade(before)[0] > 0


def test_a_grade_cell_that_coordlab_does_not_know_is_refused(course):
    """Without an output, nbgrader would give it full marks."""
    with pytest.raises(ExerciseError, match="expected one of '07a-score', '07b-score', '07c-score'"):
        graded(grade_cell("mine", 3))


def test_an_exercise_under_another_name_is_not_run(course):
    with pytest.raises(ExerciseError, match=r"essay.ipynb: expected the name of an exercise"):
        graded(grade_cell("07a-score", 2), name="essay")


@pytest.mark.slow
def test_an_assignment_of_ones_own_is_run_as_before(course):
    (cell,) = graded(grade_cell("mine", 3, "1 + 1"), name="essay")
    assert determine_grade(cell) == (2, 3)


def test_a_submission_that_is_too_large_is_named(course):
    handed_in(" " * (MOST_BYTES + 1))
    with pytest.raises(ExerciseError, match=r"07.ipynb: it is broken, larger than 5,000,000 bytes"):
        graded()


def test_a_submission_that_is_a_link_is_not_followed(course):
    target = handed_in("{}")
    target.rename("secret.ipynb")
    target.symlink_to(Path("secret.ipynb").resolve())
    with pytest.raises(ExerciseError, match="no link to one"):
        graded()


@pytest.mark.slow
@pytest.mark.skipif("fork" not in __import__("multiprocessing").get_all_start_methods(), reason="needs fork")
def test_nbgrader_keeps_the_marks_of_a_class(course, monkeypatch, capsys):
    """The commands of the guide, with one student who hangs and one who ends the process."""
    monkeypatch.setattr(marking, "Limits", partial(Limits, wall=3.0, cpu=3))
    make, grade, *rest = COMMANDS
    obey(make)
    assert "SOLUTION" not in Path("release/07/07.ipynb").read_text("utf-8")
    submit("ann", **numbers("ann"), **schedule("ann"))
    submit("ben", **in_part("ben"), **schedule("ben"))
    submit("cat", **RUNS, **FORGES)
    submit("dan", **HANGS, **schedule("dan"))
    submit("eve", **EXITS, **schedule("eve"))
    obey(grade)
    assert marks("ann") == {"07a": 2, "07b": 0, "07c": 4}
    assert 0 < marks("ben")["07a"] < 2
    assert marks("cat") == {"07a": 0, "07b": 0, "07c": 0}
    assert marks("dan") == marks("eve") == {"07a": 0, "07b": 0, "07c": 4}
    assert course.students("07") == ["ann", "ben", "cat", "dan", "eve"]
    assert [marks(each) for each in course.students("07")] == [
        course.points("07", each) for each in course.students("07")
    ]
    assert list(course.folder.rglob("ran")) == []
    assert "dan 07a stopped" in capsys.readouterr().err

    with Gradebook("sqlite:///gradebook.db") as book:
        book.find_grade("07a-score", "07", "07", "dan").manual_score = 1.5
        book.find_comment("07a", "07", "07", "dan").manual_comment = "A good idea."
        book.db.commit()
    monkeypatch.setattr(classroom, "_graded", no_grading)  # what has not changed is not graded again
    obey(f"{grade} --force")
    assert marks("dan") == {"07a": 1.5, "07b": 0, "07c": 4}

    for command in rest:
        obey(command)
    assert "A good idea." in Path("feedback/dan/07/07.html").read_text("utf-8")
    given = [*Path("release").rglob("*.ipynb"), *Path("feedback").rglob("*.html")]
    assert len(given) == 6
    assert not any(course.rules.key in each.read_text("utf-8") for each in given)
    with Path("grades.csv").open(encoding="utf-8") as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {each: sum(marks(each).values()) for each in course.students("07")}


@pytest.mark.slow
def test_a_grade_cell_gives_nothing_a_part_or_all_where_nbgrader_runs_it_itself(course):
    Path(nbgrader.CONFIG).unlink()
    obey("nbgrader generate_assignment 07")
    submit("ann", **in_part("ann"), **schedule("ann"))
    obey("nbgrader autograde 07")
    found = marks("ann")
    assert not Path("collected").exists()
    assert (found["07b"], found["07c"]) == (0, 4)
    assert 0 < found["07a"] < 2


def test_a_configuration_of_ones_own_is_kept_and_the_lines_to_add_are_told(course):
    Path(nbgrader.CONFIG).write_text("c = get_config()\n")
    said = run("nbgrader", "07", "-f", ".", fails=True)
    assert nbgrader.LINES.strip() in said
    assert Path(nbgrader.CONFIG).read_text() == "c = get_config()\n"
