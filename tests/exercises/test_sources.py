"""The instructor's notebooks: a grader takes their solutions for answers, and those released for none."""

from __future__ import annotations

from pathlib import Path

import pytest

from coordlab.grading.marking import marks
from coordlab.grading.submission import Submission
from tests import sampling

EXERCISES = Path(__file__).parents[2] / "exercises"
CHAPTERS = sorted(each.name for each in (EXERCISES / "source").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("chapter", sampling.some(CHAPTERS, 4))
def test_a_grader_with_a_secret_takes_no_honest_solution_for_a_cheat(chapter):
    """Nearly all points: a schedule of a secret may be harsher than any published one."""
    submission = Submission.read(EXERCISES / "source" / chapter / f"{chapter}.ipynb")
    found = marks(submission, chapter, "", "", "a key")
    assert {part: each["problem"] for part, each in found.items()} == dict.fromkeys(found, "")
    assert all(each["earned"] >= 0.95 * each["points"] for each in found.values())


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_released_notebook_is_not_started(chapter):
    submission = Submission.read(EXERCISES / "release" / chapter / f"{chapter}.ipynb")
    found = marks(submission, chapter, "", "", "a key")
    assert {each["status"] for each in found.values()} == {"not started"}


@pytest.mark.parametrize("name", ["task", "check", "hint", "score", "me", "trace"])
def test_names_within_an_answer_are_not_taken_for_those_of_the_notebook(name):
    cells = (
        "from coordlab.grading import check, hint, me, score, task, watch",
        'trace = watch("10a").trace',
        f"SIZE = 3\ndef answer_06a({name}):\n    return [SIZE for each in {name}]",
        f"class Answer_07b(Agent):\n    def on_news(self, sender, {name}):\n        return lambda: {name}",
    )
    assert "SIZE = 3" in Submission(cells).definitions("answer_06a")
    for answer in ("answer_06a", "Answer_07b"):
        assert "watch" not in Submission(cells).definitions(answer)
