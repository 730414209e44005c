"""Properties of planning and acting where the verdict is not the plain one of the story."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coordlab.patterns.htn import GivenUp
from coordlab.trace.trace import Trace
from tests.patterns.htn import story
from tests.properties.mutated import changed, repeated


def objects(trace: Trace) -> list[str]:
    """The names of the properties that do not hold."""
    verdicts = [judge(trace) for judge in story.journey().world.properties]
    return [verdict.name for verdict in verdicts if verdict.status != "holds"]


@pytest.mark.parametrize("make", [story.takes_the_second_best, story.gives_up_too_soon, story.never_ends])
def test_only_one_property_objects(make: Callable[[], Trace]) -> None:
    """A second-best plan is a plan; so is a plan that never ends.  A trace from a file is judged alike."""
    (name,) = [name for name, ways in story.BROKEN.items() if make in ways]
    assert objects(make()) == objects(Trace.from_jsonl(make().to_jsonl())) == [name]


def test_repeated_facts_are_no_change() -> None:
    """The same facts twice are allowed."""
    assert objects(repeated(story.trace(), story.facts(-1))) == []


def test_reaching_the_limit_is_not_an_error() -> None:
    """Only "exhausted" says that there is no plan."""
    was = story.decision("Planned")
    trace = changed(story.trace(), was, name="GivenUp", data=GivenUp(was.data.tasks, "limit", "too much"))
    assert objects(trace) == []
