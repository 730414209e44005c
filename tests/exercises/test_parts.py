"""Each part of each exercise: correct answers get all points, each mistake is caught by the check for it."""

from __future__ import annotations

from importlib import import_module
from inspect import isclass

import pytest

from coordlab.exercises import CHAPTERS, every_part
from coordlab.exercises.functions import Function
from coordlab.exercises.part import ROWS
from coordlab.exercises.practice import Practice
from coordlab.grading.report import Report
from tests import sampling

PARTS = every_part()
ANSWERS = [import_module(f"tests.exercises.answers_{chapter}") for chapter in CHAPTERS]
CORRECT = [(part, each) for module in ANSWERS for part, given in module.CORRECT.items() for each in given]
MUTANTS = [
    (part, each, check)
    for module in ANSWERS
    for part, given in module.MUTANTS.items()
    for each, check in given.items()
]
RUN = [each for each in PARTS if PARTS[each].runs]  # by many runs, which take a second or two
TRIED = [
    each
    for part in PARTS
    for mine in [[each for each in MUTANTS if each[0] == part]]
    for each in (sampling.some(mine, 2) if part in RUN else mine)
]
SECRETS = ["published", pytest.param("a key", marks=pytest.mark.whole)]


def given(part, answer, variant):
    """An answer to a variant: a class, or what a function makes of the variant."""
    return answer if isinstance(PARTS[part], Practice) else answer(variant)


def named(value):
    return getattr(value, "__name__", None)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(("part", "answer"), CORRECT, ids=named)
def test_a_correct_answer_gets_all_points(part, answer, secret):
    found = PARTS[part]
    variant = found.row(1)
    graded = found.grade(given(part, answer, variant), variant, secret)
    assert Report(found, variant, graded).full, Report(found, variant, graded).text


@pytest.mark.parametrize(("part", "answer", "check"), TRIED, ids=named)
def test_a_mistake_is_caught_by_the_check_for_it(part, answer, check):
    found = PARTS[part]
    variant = found.row(1)
    graded = found.grade(given(part, answer, variant), variant)
    missed = [each.check.name for each in graded.outcomes if not each.full]
    assert (missed or [""])[0] == check
    assert graded.earned < found.points


@pytest.mark.parametrize("part", PARTS)
def test_there_are_enough_answers_and_each_check_catches_something(part):
    correct = [each for name, each in CORRECT if name == part]
    mutants = {each: check for name, each, check in MUTANTS if name == part}
    assert len(correct) >= 2
    assert len(mutants) >= 5


@pytest.mark.parametrize("part", [*(each for each in PARTS if each not in RUN), *sampling.some(RUN, 5)])
def test_the_marks_can_be_nothing_some_and_all(part):
    found = PARTS[part]
    variant = found.row(1)
    answers = [each for name, each in CORRECT if name == part][:1]
    answers += [each for name, each, _ in reversed(MUTANTS) if name == part]  # the simplest ones are last
    earned = set[float]()
    for each in answers:
        earned.add(found.grade(given(part, each, variant), variant).earned)
        if {0, found.points} < earned:
            return
    pytest.fail(f"only {sorted(earned)}")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("nothing", [..., None])
def test_what_is_not_started_is_told_calmly(part, nothing):
    found = PARTS[part]
    report = Report(found, found.row(0), found.grade(nothing, found.row(0)))
    assert "not started" in report.text
    assert report.graded.earned == 0


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("odd", [int, 3.5, "text", [], {}, object(), float("nan"), lambda: 1, (1, 2, "x")])
def test_an_answer_of_another_kind_gets_a_next_step(part, odd):
    found = PARTS[part]
    graded = found.grade(odd, found.row(0))
    assert graded.problem or graded.earned == 0
    assert "Traceback" not in graded.problem


@pytest.mark.parametrize("part", PARTS)
def test_each_variant_can_be_drawn_and_asked(part):
    found = PARTS[part]
    rows = [found.row(number) for number in range(ROWS)]
    assert rows == [found.row(number) for number in range(ROWS)]
    assert all("{" not in found.asked(row) for row in rows)
    assert len({str(row) for row in rows}) > ROWS / 3


@pytest.mark.parametrize(
    "part", [each for each in PARTS if not isinstance(PARTS[each], (Practice, Function))]
)
def test_the_answer_of_another_student_is_worth_nothing(part):
    """Of 100 pairs of students, at least 95 gain nothing by copying; a sample of them by default."""
    found = PARTS[part]
    answer = next(each for name, each in CORRECT if name == part)
    gained, pairs = 0, 5 if part in RUN and not sampling.whole else 100
    for number in range(pairs):
        mine, other = found.variant(f"s{number}", "course"), found.variant(f"s{number + 1}", "course")
        gained += found.grade(answer(other), mine).earned > 0
    assert gained <= pairs // 20


@pytest.mark.parametrize("part", [each for each in PARTS if isinstance(PARTS[each], Practice)])
def test_the_page_of_the_package_is_no_answer(part):
    """The classes of the patterns, as they are and as a subclass, get no more than nothing."""
    found = PARTS[part]
    module = import_module(f"tests.exercises.answers_{part[:2]}")
    for page in module.PAGES[part]:
        for kind in (page, type("Mine", (page,), {})):
            assert found.grade(kind, found.row(0)).earned == 0


def test_names_of_parts_are_those_of_their_chapter():
    assert [each[:2] for each in PARTS] == [chapter for chapter in CHAPTERS for _ in "abc"]
    assert [each.id for each in PARTS.values()] == list(PARTS)
    assert not any(isclass(each) for each in PARTS.values())
