"""Blocks of code in an order: what they make together is run and judged; what makes no class is told."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from coordlab.exercises import every_part
from coordlab.exercises.blocks import Blocks
from coordlab.exercises.part import ROWS, ExerciseError
from coordlab.grading import check, watch
from coordlab.grading.isolation import Limits
from coordlab.grading.marking import mark
from coordlab.grading.submission import Submission
from tests.exercises.answers_01 import sells, sells_what_was_refused, writes_unchecked

PARTS = [each for each in every_part().values() if isinstance(each, Blocks)]
TICKETS = every_part()["01b"]
VARIANT = TICKETS.row(0)


@pytest.mark.parametrize("part", PARTS, ids=lambda each: each.id)
def test_a_task_shows_the_given_code_and_each_block_with_its_letter(part):
    for number in range(5):
        variant = part.row(number)
        asked = part.asked(variant)
        assert part.given in asked
        for letter, code in part.dealt(variant).items():
            first, *rest = code.split("\n")
            assert f"\n{letter} |{first}\n" in asked
            assert all(f"\n   |{line}\n" in asked for line in rest)


@pytest.mark.parametrize("part", PARTS, ids=lambda each: each.id)
def test_each_variant_deals_its_own_letters(part):
    dealt = [part.dealt(part.row(number)) for number in range(ROWS)]
    assert all(sorted(each.values()) == sorted(part.blocks) for each in dealt)
    assert all(one != other for one, other in pairwise(dealt))


def test_the_right_order_is_not_that_of_the_package():
    with pytest.raises(ValueError, match="expected them sorted"):
        replace(TICKETS, blocks=TICKETS.blocks[::-1])


@pytest.mark.parametrize("written", [str.lower, list, tuple, ", ".join, " ".join])
def test_letters_may_be_written_in_several_ways(written):
    answer = sells(VARIANT)
    assert TICKETS.code(written(answer), VARIANT) == TICKETS.code(answer, VARIANT)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("", "answer_01b has no letter: expected some. For example: answer_01b = "),
        ("AB?", "letter '?': the letters are A, B, C, D, E, F, G, H, I, J, K, each at most once"),
        ("ABA", "letter 'A': the letters are A, B"),
        (["AB", "CZ"], "letter 'Z': the letters are A, B"),
        (17, 'answer_01b is 17, and letters of blocks are asked for. Write answer_01b = "CAB"'),
        (["A", 2], "and letters of blocks are asked for"),
    ],
)
def test_what_are_no_letters_is_told_with_an_example(answer, told):
    graded = TICKETS.grade(answer, VARIANT)
    assert told in graded.problem
    assert graded.earned == 0


def test_an_order_that_is_not_python_is_told_with_its_line():
    letter = next(letter for letter, code in TICKETS.dealt(VARIANT).items() if "self.role" in code)
    graded = TICKETS.grade(letter, VARIANT)
    assert graded.problem.startswith("In this order it is not Python: expected an indented block")
    assert """at 'self.role = "done"'.""" in graded.problem


def test_an_order_that_makes_no_class_is_told_with_its_line():
    small = replace(TICKETS, given="class Answer(Agent):", blocks=("    role = missing", "    value = 1"))
    letter = next(letter for letter, code in small.dealt(VARIANT).items() if "missing" in code)
    told = small.grade(letter, VARIANT).problem
    assert told.startswith("In this order it is not a class. NameError: name 'missing' is not defined")
    assert "role = missing" in told


def test_a_run_that_fails_is_told_with_the_line_of_the_block():
    order = sells(VARIANT)
    too_late = order[1] + order[0] + order[2:]  # it decides by what it has not read
    told = TICKETS.grade(too_late, VARIANT).problem
    assert "It was stopped before anything could be judged" in told
    assert "if left == 0 or self.sold == self.buyers:" in told


def test_a_line_of_the_report_plays_with_the_letters(monkeypatch):
    monkeypatch.delenv("COORDLAB_STUDENT", raising=False)
    wrong = sells_what_was_refused(VARIANT)
    report = check("01b", wrong)
    assert 0 < report.graded.earned < TICKETS.points
    run = watch("01b", wrong, report.graded.pair.failing.line)
    assert not TICKETS.checks[1].judge(VARIANT)(run.trace)
    with pytest.raises(ExerciseError, match="letters of blocks are asked for"):
        watch("01b", 3, report.graded.pair.failing.line)


@pytest.mark.parametrize(("answer", "points"), [(sells, 3.0), (writes_unchecked, 0.0)])
def test_a_grader_marks_the_letters_that_a_cell_holds(answer, points):
    cell = f'answer_01b = ...\nanswer_01b = "{answer(VARIANT)}"'
    marks = mark(Submission((cell,)), TICKETS, VARIANT, "a key", Limits())
    assert marks["status"] == "graded"
    assert marks["earned"] == points
