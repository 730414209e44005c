"""What the properties of a crew say of a retry after a crash; each objects only to its own breach."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coordlab.patterns.crew.checks import OWN, properties, retries_are_counted
from coordlab.patterns.orchestration.rules import Rights
from coordlab.properties import recorded
from coordlab.trace.trace import Trace
from tests.patterns.crew import story
from tests.properties.mutated import repeated


@pytest.mark.parametrize(
    "mutation",
    [
        *(story.manager_does_it, story.forgets_the_context, story.forgets_what_was_refused),
        *(story.out_of_order, story.done_too_soon),
    ],
)
def test_nothing_else_objects(mutation: Callable[[], Trace]) -> None:
    violated = [judge.name for judge in OWN if judge(mutation()).status == "violated"]
    assert violated == [name for name, ways in story.BROKEN.items() if mutation in ways]


def test_after_a_crash_retries_are_counted_again() -> None:
    plan = next(recorded(story.trace(), "Plan"))
    assert retries_are_counted(repeated(story.refused_once_more(), plan, after=story.refusal()))


def test_the_other_properties_are_those_of_all_styles() -> None:
    names = [each.name for each in properties()]
    assert len(names) == len(OWN) + 7
    assert [each.name for each in properties(rights=Rights())] == [*names, "only allowed delegations"]
