"""Which definitions of a notebook belong to an answer."""

from __future__ import annotations

import pytest

from coordlab.grading.submission import Submission, SubmissionError


def taken(*cells, name="answer_05b"):
    return Submission(cells).definitions(name)


def test_an_import_that_is_repeated_later_is_there_when_it_is_used():
    found = taken(
        "from math import log\nanswer_05b = log(2)", "from math import exp, log\nother = exp(log(3))"
    )
    assert found.splitlines()[0] == "from math import log"


def test_names_of_parameters_and_locals_are_not_looked_up_in_the_notebook():
    found = taken(
        "from coordlab.grading import check, me, task",
        "lead = me('...')",
        "def answer_05b(task):\n    lead = [check for check in task]\n    return {'hint': lead}",
    )
    assert found.startswith("def answer_05b(task):")


def test_a_helper_that_is_defined_again_later_counts_when_it_is_called():
    found = taken(
        "def half(x):\n    return x",
        "two = half(4)",
        "def answer_05b():\n    return half(two)",
        "def half(x):\n    return x / 2",
    )
    names = {}
    exec(found, names)
    assert (names["two"], names["answer_05b"]()) == (4, 2)


def test_a_function_may_call_itself_and_an_older_attempt_is_left_behind():
    found = taken(
        "def answer_05b(x):\n    return open(x)", "def answer_05b(x):\n    return x and answer_05b(x - 1)"
    )
    assert found == "def answer_05b(x):\n    return x and answer_05b(x - 1)"


def test_quoted_annotations_and_what_a_class_body_uses_are_followed():
    found = taken(
        "class Box:\n    pass",
        "size = 3",
        "class Answer_05c:\n    most = size\n    def on_box(self, sender, box: 'Box'):\n        pass",
        name="Answer_05c",
    )
    assert "class Box" in found
    assert "size = 3" in found


@pytest.mark.parametrize(
    "change", ["for each in (1, 2):\n    total = total + each", "total += 3", "if total == 0:\n    total = 3"]
)
def test_a_loop_or_condition_that_changes_an_answer_is_refused_in_a_sentence(change):
    """A grader would take the number from before it, without a word."""
    with pytest.raises(SubmissionError, match=r"changes total outside a function.*def work\(\)"):
        taken("total = 0", change, "answer_05b = total")


def test_a_loop_that_changes_nothing_of_the_answer_is_left_out():
    assert taken("total = 3", "for each in range(3):\n    print(each, total)", "answer_05b = total") == (
        "total = 3\nanswer_05b = total"
    )


def test_an_agent_may_call_an_attribute_as_python_calls_a_function():
    head = "from coordlab import Agent\nclass Answer_07b(Agent):\n    def on_vote(self, sender, message):\n"
    assert "self.open" in taken(f"{head}        self.open, self.id = [sender], 3", name="Answer_07b")
    with pytest.raises(SubmissionError, match="uses open"):
        taken(f"{head}        open(sender)", name="Answer_07b")
