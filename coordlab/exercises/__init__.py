"""The exercises: what each part of each chapter's assignment asks, and by what an answer is judged.

Solutions are not here: an instructor has them in a checkout, in `exercises/source`.
"""

from __future__ import annotations

from importlib import import_module

from coordlab.exercises.part import ExerciseError, Part

__all__ = ["CHAPTERS", "ExerciseError", "Part", "assignment", "every_part"]

CHAPTERS = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14")
"""The chapters that have an assignment."""


def assignment(chapter: str) -> tuple[Part, ...]:
    """The parts of a chapter's assignment, in order."""
    found: tuple[Part, ...] = import_module(f"coordlab.exercises.chapter_{chapter}").PARTS
    return found


def every_part() -> dict[str, Part]:
    """All parts, by their id."""
    return {each.id: each for chapter in CHAPTERS for each in assignment(chapter)}
