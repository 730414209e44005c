"""What a learner calls in an exercise: the task of a part, a check of an answer, hints.

task("07b")                     # what is asked, with the numbers and names of your variant
check("07b", Answer_07b)        # points, what happened, and help
hint("07b", 1)                  # the first of three steps
watch("07b", Answer_07b, line)  # a line of the report in the player
watch("04b")                    # the run that a part asks you to read
me("ann", course="autumn")      # whose variant it is from now on, in which course if in any
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from coordlab import requirements as require
from coordlab.course.progress import answers
from coordlab.exercises import every_part
from coordlab.exercises.answers import Reading, Schedule, WhoAndWhen
from coordlab.exercises.judging import WriteProperty
from coordlab.exercises.part import PUBLISHED, ExerciseError, Part, Variant, named
from coordlab.exercises.practice import OnSchedules
from coordlab.grading.report import STEPS, Report
from coordlab.world.run import Run

STUDENT_FILE, STUDENT_VARIABLE = "student.txt", "COORDLAB_STUDENT"
COURSE_VARIABLE, KEY_VARIABLE = "COORDLAB_COURSE", "COORDLAB_KEY"
_given: dict[str, str] = {}  # by `me`


def me(student: str, course: str = "") -> None:
    """Say whose variant of each part is asked for.

    student: a name or a number, as the instructor knows it; "..." is for the released variant.
    course: the name of the course, as it stands in a notebook of that course.

    Raises ExerciseError for an empty name.
    """
    name = require.instance("student", student, str, 'me("s042")', ExerciseError).strip()
    require.that(name, "an empty name", "expected a name or a number", 'me("s042")', ExerciseError)
    _given.clear()
    _given.update(student="" if name == "..." else name, course=str(course))


def student() -> str:
    """Whose variant is asked for: as `me`, the environment or the first line of `student.txt` says; or ""."""
    if name := _given.get("student"):
        return name
    if name := os.environ.get(STUDENT_VARIABLE, "").strip():
        return name
    file = Path(STUDENT_FILE)
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
    return lines[0].strip() if lines else ""


def asked(part: str) -> tuple[Part, Variant]:
    """A part, and the variant of the student who asks."""
    found = named(every_part(), part)
    course = _given.get("course") or os.environ.get(COURSE_VARIABLE, "")
    return found, found.variant(student(), course)


class Task(str):
    """The words of a task, which a notebook shows as text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return str(self)


def task(part: str) -> Task:
    """What is asked, with the numbers and names of your variant."""
    found, variant = asked(part)
    return Task(found.asked(variant))


def score(part: str, answer: object) -> float:
    """The points of an answer, a number: for a grader that runs notebooks, such as nbgrader.

    The schedules are drawn from the secret in the environment variable `COORDLAB_KEY`, if it is set.
    """
    found, variant = asked(part)
    return found.grade(answer, variant, os.environ.get(KEY_VARIABLE) or PUBLISHED).earned


def check(part: str, answer: object) -> Report:
    """Check an answer to a part such as "07b"; the best result is kept with your progress.

    Raises ExerciseError for a part that does not exist.
    """
    found, variant = asked(part)
    report = Report(found, variant, found.grade(answer, variant))
    before = answers.get(f"exercise {part}")
    if report.graded.outcomes and not (isinstance(before, (int, float)) and before > report.graded.earned):
        answers.remember(f"exercise {part}", report.graded.earned)
    return report


def hint(part: str, step: int = 1, about: str = "") -> str:
    """A step of help: 1 asks a question, 2 says where to look, 3 shows a worked step.

    about: the name of a check; "": the first one that has hints.  Which steps you opened is kept with your
    own progress only.  Raises ExerciseError for a step or a check that does not exist.
    """
    found, _ = asked(part)
    known = {each.name: each for each in found.checks if each.hints}
    chosen = known[require.one_of("about", about or next(iter(known)), list(known), ExerciseError)]
    number = require.count("step", step, 1, len(chosen.hints), 1, ExerciseError)
    answers.remember(f"hint {part} {chosen.name}", number)
    return f"{STEPS[number - 1]}: {chosen.hints[number - 1]}"


def watch(part: str, answer: Any = ..., line: str = "") -> Run:
    """The run of a line of a report, with your answer if one is asked for: the player shows it.

    A part about one run that is given needs neither an answer nor a line: `watch("10a")`.  For a part that
    asks for a schedule, the answer is your line; without it, the run has no faults.  Raises
    ExerciseError for a part without runs, or a line that is not one of its scenarios.
    """
    found, variant = asked(part)
    if isinstance(found, (Reading, WhoAndWhen)):
        return found.run(variant)
    if isinstance(found, WriteProperty):
        return found.watched(line, variant)
    if isinstance(found, Schedule):
        return found.run(str(found.scenario(variant)) if answer is ... else str(answer), variant)
    allowed = "expected a part that is judged on schedules"
    judged = isinstance(found, OnSchedules)
    require.that(judged, part, allowed, 'watch("07b", MyRobot, line)', ExerciseError)
    assert isinstance(found, OnSchedules)
    if problem := found.unlike(answer):
        raise ExerciseError(problem)
    scenario = found.scenario(line, variant)
    end = None if scenario.until is None else float(scenario.until)
    return found.source(found.kind(answer, variant), variant).world(scenario).run(end)
