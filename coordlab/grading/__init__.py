"""Exercises that are checked on hundreds of schedules: for the learner alone, and for a class.

from coordlab.grading import check
check("07b", Answer_07b)
"""

from __future__ import annotations

from coordlab.exercises.part import ExerciseError
from coordlab.grading.learner import check, hint, me, score, task, watch
from coordlab.grading.report import Report

__all__ = ["ExerciseError", "Report", "check", "hint", "me", "score", "task", "watch"]
