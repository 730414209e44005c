"""The run that a part is about can be looked at, with and without an answer."""

from __future__ import annotations

import pytest

from coordlab.exercises import ExerciseError
from coordlab.grading import me, watch
from tests.exercises.answers_13 import first_two_approve


@pytest.fixture(autouse=True)
def released_variant():
    me("...")


def test_the_run_that_is_to_be_read_is_shown_as_it_is():
    assert watch("12a").line == watch("12a").line
    assert watch("12a").trace.count("Request") > 0


def test_a_schedule_is_shown_without_faults_first_and_then_with_those_of_the_answer():
    calm = watch("13c")
    assert not calm.world.faults
    variant = dict(calm.world.scenario.parameters)
    found = watch("13c", first_two_approve(variant))
    assert [each.agent for each in found.world.faults] == ["eve", "bob", "lea"]


def test_a_part_without_a_run_says_so():
    with pytest.raises(ExerciseError, match="judged on schedules"):
        watch("13a")
