"""What the properties of a group chat say of a stranger; each objects only to its own breach."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coordlab.patterns.group_chat.checks import by_policy
from coordlab.patterns.group_chat.rules import Handoff, swarm
from coordlab.patterns.orchestration.rules import Utterance
from coordlab.trace.trace import Trace
from tests.patterns.group_chat import story
from tests.properties.mutated import changed


@pytest.mark.parametrize(
    "mutation", [story.out_of_turn, story.reads_something_else, story.lies_about_the_reason, story.never_ends]
)
def test_nothing_else_objects(mutation: Callable[[], Trace]) -> None:
    judges = story.talked().world.properties
    violated = [judge.name for judge in judges if judge(mutation()).status == "violated"]
    assert violated == [name for name, ways in story.BROKEN.items() if mutation in ways]


def test_a_policy_that_allows_no_member_is_broken_by_every_speaker() -> None:
    stranger = changed(story.chat(), story.noted(1), data=Utterance("ann", Handoff("zed"), 1))
    verdict = by_policy(story.NAMES, swarm)(stranger)
    assert verdict.status == "violated"
    assert "handed over to 'zed'" in verdict.because
