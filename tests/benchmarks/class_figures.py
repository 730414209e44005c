"""What grading a class costs: correct answers, known mistakes, some that hang and some that crash."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from coordlab.exercises import assignment
from coordlab.grading.classroom import Course, Rules
from tests.benchmarks.footprint import Figure
from tests.benchmarks.search_figures import spent

SUBMISSIONS = int(os.environ.get("COORDLAB_SUBMISSIONS", "200"))
EACH_UNLUCKY = 40  # of so many submissions, one hangs and one crashes
CHAPTER, CLASS = "07", "07b"
HANGS = "        while True:\n            pass\n"
CRASHES = """\
        deep = ()
        for _ in range(10**6):
            deep = filter(None, deep)
        list(deep)
"""


def answers(course: Course, student: str, number: int) -> Iterator[str]:
    """The answers of a student as code: of each part another one, right or wrong."""
    known = import_module(f"tests.exercises.answers_{CHAPTER}")
    for part in assignment(CHAPTER):
        given = [*known.CORRECT[part.id], *known.MUTANTS[part.id]]
        chosen = given[number % len(given)]
        if part.id != CLASS:
            yield f"{part.name} = {chosen(part.variant(student, course.rules.name))!r}\n"
            continue
        yield Path(str(known.__file__)).read_text(encoding="utf-8")
        yield f"class {part.name}({chosen.__name__}):\n"
        unlucky = {0: HANGS, 1: CRASHES}.get(number % EACH_UNLUCKY)
        yield f"    async def run(self):\n{unlucky}" if unlucky else "    pass\n"


def class_figures(_: int) -> list[Figure]:
    """Wall and CPU seconds for a class, graded on all cores.

    The processes of the answers use about as much CPU again, which bubblewrap does not pass on.
    """
    with TemporaryDirectory() as folder:
        course = Course(Path(folder), Rules("benchmark", key="the same each time"))
        place = course.place("collected", CHAPTER)
        place.mkdir(parents=True)
        for number in range(SUBMISSIONS):
            student = f"s{number:03}"
            (place / f"{student}.py").write_text("".join(answers(course, student, number)), encoding="utf-8")
        marks: list[str] = []

        def grade() -> None:
            for _, found in course.grade(CHAPTER):
                marks.append(found["parts"][CLASS]["status"])

        began = time.perf_counter()
        cpu = spent(grade)
        wall = time.perf_counter() - began
    stopped = sum(each == "stopped" for each in marks)
    what = f"{len(marks)} submissions of {CHAPTER}, {stopped} stopped"
    limit = 600.0 * SUBMISSIONS / 200
    return [
        Figure(f"{what}: wall seconds", {"coordlab": wall}, limit, f"≤ {limit:g}"),
        Figure(f"{what}: CPU seconds without the answers' own", {"coordlab": cpu}, None, ""),
    ]
