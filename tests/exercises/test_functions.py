"""Functions as answers: called with plain data, judged by type and value, also in a process of their own."""

from __future__ import annotations

import pytest

from coordlab.exercises import every_part
from coordlab.exercises.functions import Local, same
from coordlab.grading.isolation import Limits
from coordlab.grading.marking import GRADED, NOT_JUDGED, STOPPED, mark
from coordlab.grading.submission import Submission

PART = every_part()["06b"]
VARIANT = PART.row(0)
RIGHT = f"""
def answer_06b(task, methods):
    done = []
    def add(name, within):
        if name in within:
            return False
        if name in methods:
            return all(add(part, [*within, name]) for part in methods[name])
        if name == {VARIANT["again"]!r} or name not in done:
            done.append(name)
            if name == {VARIANT["before"]!r}:
                done.append({VARIANT["again"]!r})
        return True
    return done if add(task, []) else None
"""


def marks(source, secret="a key", wall=20.0):
    return mark(Submission((source,)), PART, VARIANT, secret, Limits(wall=wall))


def definition(body):
    return f"def answer_06b(task, methods):\n    {body}\n"


@pytest.mark.parametrize(
    ("mine", "right", "alike"),
    [
        ("tie", "tie", True),
        (1, True, False),
        (True, True, True),
        (0, False, False),
        (None, None, True),
        (0.1 + 0.2, 0.3, True),
        (1, 1.0, True),
        (1.0, 1, False),
        (True, 1.0, False),
        ("0.5", 0.5, False),
        (0.31, 0.3, False),
        (10**400, 0.3, False),
        (["a", "b"], ("a", "b"), True),
        (["b", "a"], ["a", "b"], False),
        ("ab", ["a", "b"], False),
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": True}, {"a": 1}, False),
    ],
)
def test_values_are_compared_by_type_and_value(mine, right, alike):
    assert same(mine, right) is alike


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (lambda a: {1, 2}, "it returned a set, and plain data is asked for"),
        (lambda a: float("nan"), "it returned a float"),
        (lambda a: a["x"], "KeyError: 'x'"),
        (lambda: 1, "TypeError: "),
    ],
)
def test_what_is_no_plain_data_is_told(function, problem):
    assert Local(function).returned([{}]).problem.startswith(problem)


def test_a_function_gets_arguments_of_its_own():
    given = {"a": [1]}

    def spoils(value):
        value["a"].append(2)
        return value

    assert Local(spoils).returned([given]).value == {"a": [1, 2]}
    assert given == {"a": [1]}


def test_one_counterexample_is_shown_the_shortest():
    graded = PART.grade(lambda task, methods: methods[task], VARIANT)
    told = graded.outcomes[-1].told
    assert told.startswith("wrong in 20 of 20 cases. answer_06b(")
    assert told.endswith("right is None")
    assert [each.earned > 0 for each in graded.outcomes] == [True, False, False, False, False]


def test_if_the_first_check_earns_nothing_no_other_does():
    graded = PART.grade(lambda task, methods: None, VARIANT)
    assert graded.outcomes[-1].told == "right in all 20 cases"
    assert graded.earned == 0


def test_another_secret_draws_other_cases():
    def wrong(task, methods):
        return []

    here, there = (PART.grade(wrong, VARIANT, secret).outcomes[0].told for secret in ("one", "two"))
    assert here != there


def test_a_grader_gives_the_marks_that_the_function_earns_here():
    names = {}
    exec(RIGHT, names)
    found = marks(RIGHT)
    assert found["status"] == GRADED
    assert found["earned"] == PART.grade(names["answer_06b"], VARIANT, "a key").earned == PART.points


def test_a_part_of_the_cases_earns_a_part_of_the_points():
    found = marks(RIGHT.replace("return False", "return True"))
    assert [each["earned"] for each in found["checks"]] == [0.75, 1.0, 0.75, 0.75, 0.0]


@pytest.mark.parametrize(
    "body",
    [
        "raise SystemExit",
        "return print",
        "return {task: 1, 2: {3}}",
        "return add(task)",
        "return answer_06b(task, methods)",
        "return 10**100000",
    ],
)
def test_what_a_function_does_in_its_process_costs_its_points_only(body):
    found = marks(definition(body))
    assert found["earned"] == 0
    assert found["status"] in (GRADED, STOPPED)


def test_a_function_that_hangs_is_stopped():
    found = marks(definition("while True: pass"), wall=3.0)
    assert (found["status"], found["earned"]) == (STOPPED, 0)
    assert "it hung" in found["problem"]


def test_what_is_no_function_is_told():
    found = marks("class answer_06b:\n    pass")
    assert found["status"] == NOT_JUDGED
    assert "a function is asked for" in found["problem"]
