"""A course folder: what an instructor does with an assignment, each step a command that can be repeated.

course.json        the name, the secret key, and the rules for late and repeated submissions
release/07/        the notebook that students get
collected/07/      one submission a student, as handed in
graded/07/         one file of marks a student, and the instructor's own comments
feedback/07/       one page a student
reports/           one page an assignment, gradebook.csv, and JSON for Gradescope
"""

from __future__ import annotations

import gc
import hashlib
import json
import math
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from coordlab import requirements as require
from coordlab.exercises import CHAPTERS, assignment
from coordlab.exercises.part import ExerciseError
from coordlab.grading.collecting import marked_late
from coordlab.grading.marking import NOT_JUDGED, Marks, marks, printable
from coordlab.grading.submission import Submission, SubmissionError
from coordlab.progress_bar import Tell, teller

CONFIG, VERSION = "course.json", 2
REPEATED = ("last", "first")


@dataclass(frozen=True)
class Rules:
    """The rules of a course, chosen once.

    name: deals the variants: another name gives other variants.
    key: the secret from which the hidden schedules are drawn; keep it, and the same marks come out again.
    due: when each assignment is due, as "2026-12-01T23:59" by its chapter; one without is late only if its
        archive says so.
    late_per_day: which share of the points each day costs that has begun.
    late_most: which share lateness costs at most.
    repeated: which of several submissions of a student counts.
    """

    name: str
    key: str = field(default_factory=lambda: secrets.token_hex(16))
    due: Mapping[str, str] = field(default_factory=dict)
    late_per_day: float = 0.1
    late_most: float = 0.5
    repeated: str = "last"

    def __post_init__(self) -> None:
        require.instance("name", self.name, str, 'Rules("autumn")', ExerciseError)
        require.that(
            len(str(self.key)) >= 8, "a short key", "expected 8 characters or more", "key", ExerciseError
        )
        require.number("late_per_day", self.late_per_day, 0, 1, error=ExerciseError)
        require.number("late_most", self.late_most, 0, 1, error=ExerciseError)
        require.one_of("repeated", self.repeated, REPEATED, ExerciseError)


@dataclass(frozen=True)
class Course:
    """A course folder."""

    folder: Path
    rules: Rules

    @classmethod
    def init(cls, folder: Path, name: str) -> Course:
        """Make a course folder.  Raises ExerciseError if there is one already."""
        file = folder / CONFIG
        allowed = "a course is made once, so that its key is kept"
        require.that(not file.exists(), f"{file} exists", allowed, "another folder", ExerciseError)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # submissions are not to be read by one another
        rules = Rules(name)
        file.write_text(json.dumps(asdict(rules), indent=2) + "\n", encoding="utf-8")
        return cls(folder, rules)

    @classmethod
    def open(cls, folder: Path) -> Course:
        """The course of a folder.  Raises ExerciseError if it is none, or if its rules cannot be read."""
        file = folder / CONFIG
        example = f"coordlab course init {folder}"
        require.that(
            file.is_file(), f"{folder} has no {CONFIG}", "expected a course folder", example, ExerciseError
        )
        try:
            return cls(folder, Rules(**json.loads(file.read_text(encoding="utf-8"))))
        except (ValueError, TypeError) as error:
            require.fail(f"{file}: {error}", "expected the rules that init wrote", example, ExerciseError)

    def place(self, kind: str, chapter: str) -> Path:
        """The folder of an assignment among those of a kind, such as collected."""
        require.one_of("assignment", chapter, CHAPTERS, ExerciseError)
        return self.folder / kind / chapter

    def students(self, chapter: str) -> list[str]:
        """The students who handed in an assignment, in order."""
        found = self.place("collected", chapter).glob("*.*")
        return sorted({each.stem for each in found if each.suffix in (".ipynb", ".py")})

    # --- grading -----------------------------------------------------------------------------------

    def grade(
        self,
        chapter: str,
        jobs: int | None = None,
        again: bool = False,
        progress: bool | Tell = False,
        students: Sequence[str] | None = None,
    ) -> Iterator[tuple[str, Marks]]:
        """Grade what was collected, several submissions at once; yields each student with the marks.

        jobs: how many at once; None: as many as there are cores.
        again: also those that were graded already and have not changed.
        students: whose; None: all who handed in.
        """
        found = self.students(chapter) if students is None else students
        waiting = [each for each in found if again or not self._is_current(chapter, each)]
        tell = teller(progress, len(waiting), "submission")
        for done, (student, made) in enumerate(self._marked(chapter, waiting, jobs), 1):
            _write(self.place("graded", chapter) / f"{student}.json", made)
            tell(done, len(waiting))
            yield student, made

    def _marked(self, chapter: str, students: Sequence[str], jobs: int | None) -> Iterator[tuple[str, Marks]]:
        """The marks of these students; one whose process dies costs no other."""
        pool, died = ProcessPoolExecutor(jobs or os.cpu_count() or 1), []
        try:
            running = {pool.submit(_graded, self, chapter, each): each for each in students}
            for each in as_completed(running):
                try:
                    yield running[each], each.result()
                except BrokenExecutor:
                    died.append(running[each])
        finally:
            pool.shutdown(cancel_futures=True)
        for student in died:  # any of them may have killed it: now each has a process of its own
            with ProcessPoolExecutor(1) as alone:
                try:
                    yield student, alone.submit(_graded, self, chapter, student).result()
                except BrokenExecutor:
                    yield student, _unjudged(self, chapter, student, "the process that graded it died")

    def submission(self, chapter: str, student: str) -> Path:
        """The file that a student handed in."""
        folder = self.place("collected", chapter)
        return next(iter(sorted(folder.glob(f"{student}.ipynb")) or sorted(folder.glob(f"{student}.py"))))

    def digest(self, chapter: str, student: str) -> str:
        """What the marks depend on: the submission, the rules and the version of the exercises."""
        content = self.submission(chapter, student).read_bytes()
        asked = [(each.id, each.variant("any", self.rules.name)) for each in assignment(chapter)]
        more = json.dumps([VERSION, self.rules.key, self.rules.name, student, asked])
        return hashlib.blake2b(content + more.encode(), digest_size=16).hexdigest()

    def _is_current(self, chapter: str, student: str) -> bool:
        found = self.marks(chapter, student)
        return found is not None and found.get("digest") == self.digest(chapter, student)

    def marks(self, chapter: str, student: str) -> Marks | None:
        """The marks of a student, if there are any."""
        file = self.place("graded", chapter) / f"{student}.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None

    def comment(self, chapter: str, student: str, part: str, earned: float | None, words: str) -> None:
        """An instructor's own mark or comment on a part; it survives every later grading."""
        points = {each.id: each.points for each in assignment(chapter)}
        require.one_of("part", part, points, ExerciseError)
        if earned is not None:
            require.number("earned", earned, 0, points[part], error=ExerciseError)
        known = self.comments(chapter, student)
        _write(self._own(chapter, student), {**known, part: {"earned": earned, "words": words}})

    def comments(self, chapter: str, student: str) -> Mapping[str, Any]:
        """The instructor's own marks and comments, by part."""
        file = self._own(chapter, student)
        found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        return found

    def _own(self, chapter: str, student: str) -> Path:
        """The file of the instructor's own marks and comments; no name of a student leads there."""
        return self.place("graded", chapter) / "comments" / f"{student}.json"

    def points(self, chapter: str, student: str) -> dict[str, float]:
        """The points of each part: the instructor's own mark, if there is one; {} if nothing is graded."""
        found, comments = self.marks(chapter, student), self.comments(chapter, student)
        points = {}
        for part, each in (found or {"parts": {}})["parts"].items():
            own = comments.get(part, {}).get("earned")
            points[part] = each["earned"] if own is None else own
        return points

    def late(self, chapter: str, student: str) -> float:
        """Which share of the points it costs that a submission was late.

        One that Canvas calls late has begun a day at least, whatever its time is, also without a due date.
        """
        due, handed = self.rules.due.get(chapter), self.submission(chapter, student).stat().st_mtime
        days = 1 if student in marked_late(self.place("collected", chapter)) else 0
        if due is not None:
            days = max(days, math.ceil((handed - datetime.fromisoformat(due).timestamp()) / 86_400))
        return min(self.rules.late_most, days * self.rules.late_per_day)

    def shared(self, chapter: str) -> dict[str, list[str]]:
        """The names given to `me(...)` that stand in several submissions, and in whose; "" is no name."""
        owners: dict[str, list[str]] = {}
        for student in self.students(chapter):
            if found := self.marks(chapter, student):
                owners.setdefault(found["owner"], []).append(student)
        return {name: students for name, students in owners.items() if len(students) > 1}

    # --- what comes out ----------------------------------------------------------------------------

    def gradebook(self, chapter: str) -> tuple[list[str], list[list[str]]]:
        """The columns and the rows of a table of marks: one row a student, one column a part."""
        parts = [each.id for each in assignment(chapter)]
        most = sum(each.points for each in assignment(chapter))
        rows = []
        for student in self.students(chapter):
            points, lost, found = (
                self.points(chapter, student),
                self.late(chapter, student),
                self.marks(chapter, student),
            )
            total = round(sum(points.values()) * (1 - lost), 2)
            states = {each["status"] for each in (found or {"parts": {}})["parts"].values()}
            status = "not graded" if found is None else ", ".join(sorted(states))
            marks_of = [f"{points[part]:g}" if part in points else "" for part in parts]
            rows.append([student, chapter, *marks_of, f"{100 * lost:g} %", f"{total:g}", f"{most:g}", status])
        return ["student", "assignment", *parts, "late", "total", "max", "status"], rows

    def gradescope(self, chapter: str, student: str) -> dict[str, object]:
        """The results of a student as Gradescope reads them (results.json of its autograder)."""
        found, points = self.marks(chapter, student) or {"parts": {}}, self.points(chapter, student)
        tests = [
            {
                "name": part,
                "score": points[part],
                "max_score": each["points"],
                "output": each["problem"]
                or "\n".join(f"{check['name']}: {check['told']}" for check in each["checks"]),
            }
            for part, each in found["parts"].items()
        ]
        lost = self.late(chapter, student)
        return {"score": round(sum(points.values()) * (1 - lost), 2), "tests": tests, "visibility": "visible"}


def _graded(course: Course, chapter: str, student: str) -> Marks:
    """The marks of one submission, in a process for it.

    Python's cycle collector rests meanwhile: all runs of a part are kept until it is judged, so looking
    through them again and again costs a fifth of the time and frees nothing.
    """
    gc.disable()
    try:
        return _judged(course, chapter, student)
    finally:
        gc.enable()
        gc.collect()


def _judged(course: Course, chapter: str, student: str) -> Marks:
    """The marks of one submission, whatever is wrong with it."""
    rules, digest = course.rules, course.digest(chapter, student)
    try:
        submission = Submission.read(course.submission(chapter, student))
        owner = student if submission.owner is None else printable(submission.owner)
        parts = marks(submission, chapter, owner, rules.name, rules.key)
    except SubmissionError as error:
        return _unjudged(course, chapter, student, printable(str(error)))
    return {"student": student, "owner": owner, "assignment": chapter, "digest": digest, "parts": parts}


def _unjudged(course: Course, chapter: str, student: str, problem: str) -> Marks:
    """The marks of a submission of which nothing could be judged."""
    parts = {
        each.id: {
            "status": NOT_JUDGED,
            "earned": 0.0,
            "points": each.points,
            "problem": problem,
            "checks": [],
        }
        for each in assignment(chapter)
    }
    more = {"owner": student, "assignment": chapter, "digest": course.digest(chapter, student)}
    return {"student": student, **more, "parts": parts}


def _write(file: Path, content: object) -> None:
    """Write a file whole or not at all, so that a stop in between leaves no half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".part")
    draft.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    draft.replace(file)
