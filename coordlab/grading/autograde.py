"""The step of `nbgrader autograde` that grades an answer in coordlab's isolated process, without a kernel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_solution
from traitlets import Unicode

from coordlab import requirements as require
from coordlab.exercises import CHAPTERS, assignment, every_part
from coordlab.exercises.part import ExerciseError
from coordlab.grading import collecting
from coordlab.grading.classroom import Course
from coordlab.grading.isolation import warning
from coordlab.grading.marking import GRADED, NOT_STARTED, Marks


class GradeApart(Execute):  # type: ignore[misc]  # nbgrader ships no types
    """Writes the marks into the outputs of the grade cells, where nbgrader reads them.

    A notebook of an assignment that is not coordlab's is executed, as nbgrader does.
    """

    folder = Unicode(help="the course folder, with course.json").tag(config=True)

    def preprocess(self, nb: Any, resources: Any, *more: Any, **named: Any) -> tuple[Any, Any]:
        """The notebook with the points of each part, and what nbgrader knows about it, unchanged.

        Raises ExerciseError for a submission that is too large or no file, for a grade cell that is none
        of the exercise's, and for an exercise in a notebook of another name.
        """
        chapter = resources["nbgrader"]["notebook"]
        cells = [each for each in nb.cells if _is_computed(each)]
        names = [each.metadata.nbgrader.get("grade_id") for each in cells]
        if chapter not in CHAPTERS:
            exercise = {f"{each}-score" for each in every_part()}.intersection(names)
            allowed = "expected the name of an exercise, as coordlab grades its cells"
            require.that(not exercise, f"{chapter}.ipynb", allowed, "07.ipynb", ExerciseError)
            return super().preprocess(nb, resources, *more, **named)  # type: ignore[no-any-return]
        parts = {f"{each.id}-score": each.id for each in assignment(chapter)}
        for name in names:
            require.one_of("grade_id", name, parts, ExerciseError)
        course = Course.open(Path(self.folder))
        student = self._collected(course, chapter, resources["nbgrader"])
        tests: Any = course.gradescope(chapter, student)["tests"]
        found = {each["name"]: each for each in tests}
        for name, cell in zip(names, cells, strict=True):
            cell.outputs = _outputs(found[parts[name]], cell.metadata.nbgrader["points"])
        return nb, resources

    def _collected(self, course: Course, chapter: str, about: Any) -> str:
        """Collect a submission, and grade it unless it is; returns the student's name in the course."""
        places = CourseDirectory(config=self.config, root=self.folder)
        folder = places.format_path(places.submitted_directory, about["student"], about["assignment"])
        student = collecting.safe(about["student"])
        handed = (
            replace(each, student=student)
            for each in collecting.handed_in(Path(folder), chapter)
            if each.name == f"{chapter}.ipynb"
        )
        found = collecting.collected(handed, course.rules.repeated)
        for name, why in found.left:
            require.fail(name, why, "clear its outputs and save it", ExerciseError)
        given, allowed = f"{folder} has no {chapter}.ipynb", "expected a notebook, and no link to one"
        require.that(found.kept, given, allowed, f"{folder}/{chapter}.ipynb", ExerciseError)
        collecting.keep(found, course.place("collected", chapter))
        if warning():
            self.log.warning(warning())
        for _, marks in course.grade(chapter, 1, students=[student]):
            for told in _unlucky(marks):
                self.log.warning("%s %s", student, told)
        return student


def _is_computed(cell: Any) -> bool:
    """Whether nbgrader reads the mark of a cell from its output."""
    return bool(cell.cell_type == "code" and is_grade(cell) and not is_solution(cell))


def _outputs(found: Any, points: float) -> list[Any]:
    """The outputs of a grade cell: what the student reads, and the mark as the only value.

    points: what the cell is worth in nbgrader, where an instructor may have changed it.
    """
    mark = float(points) * found["score"] / found["max_score"]
    told = {"output_type": "stream", "name": "stdout", "text": f"{found['output']}\n"}
    value = {"output_type": "execute_result", "data": {"text/plain": repr(mark)}}
    return list(map(NotebookNode, (told, {**value, "metadata": {}, "execution_count": None})))


def _unlucky(marks: Marks) -> Iterator[str]:
    """A line about each part that could not be judged."""
    for part, each in marks["parts"].items():
        if each["status"] not in (GRADED, NOT_STARTED):
            yield f"{part} {each['status']}: {(each['problem'].splitlines() or [''])[0][:120]}"
