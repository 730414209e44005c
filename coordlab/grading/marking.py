"""Marks one submission: each part in a process of its own; the result is plain data, the same each time."""

from __future__ import annotations

from typing import Any

from coordlab.exercises import assignment
from coordlab.exercises.part import Graded, Part, Variant
from coordlab.grading.isolation import Isolated, Limits, Stopped
from coordlab.grading.pictures import pictures
from coordlab.grading.submission import Submission, SubmissionError
from coordlab.world.errors import in_words

GRADED, NOT_STARTED, NOT_JUDGED, STOPPED = "graded", "not started", "not judged", "stopped"
Marks = dict[str, Any]
"""The marks of a part, as JSON has them."""


def marks(
    submission: Submission, chapter: str, student: str, course: str, key: str, limits: Limits | None = None
) -> dict[str, Marks]:
    """The marks of each part of an assignment.

    course: deals the variants (see `Part.variant`).
    key: the instructor's secret, from which the schedules are drawn.
    """
    return {
        part.id: mark(submission, part, part.variant(student, course), f"{key} {student}", limits or Limits())
        for part in assignment(chapter)
    }


def mark(submission: Submission, part: Part, variant: Variant, secret: str, limits: Limits) -> Marks:
    """The marks of one part; whatever the answer does costs this part only."""
    try:
        source = submission.definitions(part.name)
    except SubmissionError as error:
        return _marks(part, variant, Graded(problem=str(error)))
    if not source:
        return _marks(part, variant, part.grade(..., variant))
    try:
        with Isolated(part, variant, source, limits, secret) as answer:
            if answer.problem or answer.value is ...:
                graded = Graded(problem=answer.problem) if answer.problem else part.grade(..., variant)
            elif part.runs:
                graded = part.tried(answer, variant, secret)
            else:
                graded = part.grade(answer.value, variant, secret)
            return _marks(part, variant, graded)  # the pair of a report still needs the process
    except Stopped as error:
        return {**_marks(part, variant, Graded(problem=str(error))), "status": STOPPED}
    except Exception as error:  # noqa: BLE001  (a run that no check foresaw costs its own part only)
        told = f"it made a run that could not be judged: {in_words(error)}"
        return {**_marks(part, variant, Graded(problem=told)), "status": STOPPED}


def printable(text: str) -> str:
    """A stranger's text without what would steer a terminal."""
    return "".join(each for each in text if each.isprintable() or each == "\n")


def _marks(part: Part, variant: Variant, graded: Graded) -> Marks:
    """A result as plain data."""
    status = GRADED if graded.outcomes else NOT_JUDGED if graded.started else NOT_STARTED
    pair = graded.pair
    explained: dict[str, str] = {}
    drawn: list[dict[str, str]] = []
    if pair is not None:
        passing = "" if pair.passing is None else pair.passing.line
        explained = {"because": pair.verdict.because, "failing": pair.failing.line, "passing": passing}
        explained["change"] = pair.change
        runs = [run for run in (pair.failing, pair.passing) if run is not None]
        drawn = pictures([run.trace for run in runs], pair.verdict.at)
    return {
        "status": status,
        "earned": graded.earned,
        "points": part.points,
        "problem": printable(graded.problem),
        "variant": dict(variant),
        "checks": [
            {
                "name": each.check.name,
                "points": each.check.points,
                "earned": each.earned,
                "told": printable(each.told),
            }
            for each in graded.outcomes
        ],
        "explained": {name: printable(text) for name, text in explained.items()},
        "pictures": drawn,
        "survived": {kind: list(found[:3]) for kind, found in graded.survived.items()},
        "profile": graded.profile,
    }
