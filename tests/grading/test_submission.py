"""What is taken from a submission: the definitions that an answer needs, and nothing that it may not do."""

from __future__ import annotations

import json

import pytest

from coordlab.grading.submission import MOST_IN_CELL, Submission, SubmissionError


def taken(*cells, name="answer_07a"):
    return Submission(cells).definitions(name)


def test_only_what_the_answer_needs_is_taken_in_order():
    found = taken(
        "import math\nfrom coordlab import Agent\nunused = 1\nprint('hello')",
        "small = 2\ndef twice(x):\n    return small * x",
        "answer_07a = twice(math.pi)\ncheck('07a', answer_07a)\nfor i in range(3): pass",
    )
    assert found.splitlines()[0] == "import math"
    assert "def twice(x):" in found
    for word in ("unused", "Agent", "print", "check", "for i"):
        assert word not in found


def test_the_last_definition_counts():
    assert taken("answer_07a = 1", "answer_07a = 2") == "answer_07a = 2"


def test_tuples_types_and_quoted_names_are_followed():
    found = taken("one, two = 1, 2\nclass Box:\n    pass\nkept: 'Box' = two\nanswer_07a: int = kept")
    assert "class Box" in found
    assert "one, two = (1, 2)" in found


def test_a_name_that_is_not_there_takes_nothing():
    assert taken("x = 1") == ""


def test_lines_for_ipython_are_passed_over():
    assert taken("%matplotlib inline\n!ls\nAgent?\n  %time\n?help\nanswer_07a = 1") == "answer_07a = 1"


def test_a_broken_cell_matters_only_if_the_answer_may_be_in_it():
    assert taken("def (:", "answer_07a = 1") == "answer_07a = 1"
    with pytest.raises(SubmissionError, match=r"line 2: answer_07a = \(.*correct this line"):
        taken("x = 1\nanswer_07a = (")
    with pytest.raises(SubmissionError, match="null byte"):
        taken("answer_07a = 1\0")
    with pytest.raises(SubmissionError, match=f"at most {MOST_IN_CELL:,} are read"):
        taken("answer_07a = 1 #" + "?" * MOST_IN_CELL)


def test_what_is_nested_too_deeply_is_refused():
    with pytest.raises(SubmissionError, match=r"nested too deeply|not Python"):
        taken("answer_07a = " + "-" * 900 + "x" + ".a" * 900)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("import os", "imports os"),
        ("import math as m, sys", "imports sys"),
        ("from os import path", "imports os"),
        ("from . import x", r"imports \."),
        ("from random import _os", "uses _os"),
        ("x = eval", "uses eval"),
        ("x = ().__class__", "uses __class__"),
        ("x = other._private", "uses _private"),
        ("x = self._world", "uses _world"),
        ("_world = 1", "uses _world"),
        ("x = '{}'.format(1)", "uses format"),
        ("def __getattr__(name): pass", "uses __getattr__"),
    ],
)
def test_what_an_answer_may_not_do_is_told_with_its_line(line, word):
    names = "math, os, path, x, check, _os, _world, __getattr__, m, sys"
    with pytest.raises(SubmissionError, match=rf"line \d+ of your answer {word}"):
        taken(line, f"def found():\n    return {names}", "answer_07a = found()")


def test_a_pattern_may_not_look_inside_either():
    case = "    match x:\n        case Agent(_world=w):\n            return w"
    with pytest.raises(SubmissionError, match="uses _world"):
        taken(f"def found(x):\n{case}\nanswer_07a = found(1)")


@pytest.mark.parametrize(
    "body",
    [
        "self._seen = {}",
        "super()._elect()",
        "return f'{self.now:.2f}'",
        "match message:\n            case Vote(charge=c):\n                return c",
        "_, last = 1, 2",
    ],
)
def test_what_honest_answers_do_is_allowed(body):
    head = "from coordlab import Agent\nclass Answer_07b(Agent):\n    def on_vote(self, sender, message):\n"
    assert "class Answer_07b" in taken(f"{head}        {body}", name="Answer_07b")


@pytest.mark.parametrize(
    ("cells", "owner"),
    [
        (('me("ann")',), "ann"),
        (("me('...')",), ""),
        (("me( 'ann' )", 'me("ben")'), "ben"),
        (('me("ann", course="autumn")',), "ann"),
        (('# me("ann")',), None),
        (("x = 1",), None),
    ],
)
def test_the_last_name_in_me_says_whose_variant_it_is(cells, owner):
    assert Submission(cells).owner == owner


def test_a_module_is_one_cell_and_a_notebook_has_those_with_code(tmp_path):
    (tmp_path / "ann.py").write_text("\ufeffanswer_07a = 1", encoding="utf-8")
    assert Submission.read(tmp_path / "ann.py").cells == ("answer_07a = 1",)
    cells = [{"cell_type": "markdown", "source": "x"}, {"cell_type": "code", "source": ["a = 1\n", "b = 2"]}]
    (tmp_path / "ann.ipynb").write_text(json.dumps({"nbformat": 4, "cells": cells}))
    assert Submission.read(tmp_path / "ann.ipynb").cells == ("a = 1\nb = 2",)
