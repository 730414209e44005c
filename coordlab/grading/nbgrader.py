"""A course folder that nbgrader uses too: nbgrader keeps the marks, coordlab grades the answers.

nbgrader_config.py   tells nbgrader that coordlab grades; see `configure`
source/07/07.ipynb   the notebook with solutions, from which nbgrader makes the one that students get
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from coordlab import requirements as require
from coordlab.exercises.part import ExerciseError
from coordlab.grading.classroom import Course
from coordlab.grading.releasing import release

CONFIG = "nbgrader_config.py"
LINES = """\
from pathlib import Path

from coordlab.grading.nbgrader import configure

configure(get_config(), Path(__file__).parent)
"""


def prepare(course: Course, chapter: str, notebook: Path) -> Path:
    """Write what nbgrader needs for an assignment; returns the notebook with solutions in its folder.

    Raises ExerciseError if nbgrader is not installed, or if the folder has a configuration that does not
    call `configure`: then nothing is written.
    """
    install = "pip install 'coordlab[instructor]'"
    found = find_spec("nbgrader") is not None
    require.that(found, "nbgrader is not installed", "expected nbgrader 0.9", install, ExerciseError)
    config = course.folder / CONFIG
    if not config.exists():
        config.write_text(LINES, encoding="utf-8")
    allowed = "expected one that lets coordlab grade"
    ready = configure.__module__ in config.read_text(encoding="utf-8")
    require.that(ready, f"{config} is your own", allowed, f"at its beginning\n{LINES}", ExerciseError)
    target = course.place("source", chapter) / f"{chapter}.ipynb"
    release(notebook, target, course.rules.name, solved=True)
    return target


def configure(config: Any, folder: Path) -> None:
    """Let coordlab grade its assignments in `nbgrader autograde` and the formgrader.

    config: the configuration of nbgrader, from `get_config()`.
    folder: the course folder, with course.json.
    """
    from nbgrader.converters import Autograde
    from nbgrader.preprocessors import Execute

    from coordlab.grading.autograde import GradeApart

    usual = Autograde.class_traits()["autograde_preprocessors"].default()
    config.Autograde.autograde_preprocessors = [GradeApart if each is Execute else each for each in usual]
    config.GradeApart.folder = str(folder.resolve())
    config.OverwriteCells.add_missing_cells = True  # a grade cell that was deleted would have no mark
    config.ClearSolutions.code_stub = {"python": "# your answer"}  # the usual one raises an error
