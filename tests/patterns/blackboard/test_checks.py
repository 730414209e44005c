"""Properties of the blackboard where the verdict is not the plain one of the story."""

from __future__ import annotations

import pytest

from coordlab.patterns.blackboard.checks import closure, everyone_is_told, properties, triggered_once
from coordlab.patterns.blackboard.expert import RULES
from coordlab.patterns.blackboard.rules import first_come
from coordlab.trace.trace import DELIVER, DROP
from tests.patterns.blackboard import story
from tests.properties.mutated import changed, ended, repeated


def test_an_agent_that_is_down_need_not_be_told() -> None:
    arrival = story.cheetah().select("Notify", kind=DELIVER)[0]
    assert everyone_is_told(1.0)(changed(story.cheetah(), arrival, kind=DROP, data="down"))


def test_a_notice_under_way_at_the_end_decides_nothing() -> None:
    """The trace ends a millisecond after the notice was sent: it may still come in time."""
    verdict = everyone_is_told(1.0)(ended(story.cheetah(), story.notices()[-1].time + 0.001))
    assert str(verdict).endswith("undecided: reporter has not been told yet when the run ends")


@pytest.mark.parametrize("until", [1.0, 2.0, 3.0])
def test_a_run_that_is_cut_off_leaves_open_what_follows(until: float) -> None:
    judge = properties(first_come, RULES)[-1]
    assert judge(ended(story.cheetah(), until)).status == "undecided"


def test_the_closure_needs_every_need() -> None:
    """Rules chain; a rule whose needs are never met gives nothing; known facts stay."""
    rules = [(("b",), "c"), (("a",), "b"), (("c", "z"), "d")]
    assert closure({"a"}, rules) == {"a", "b", "c"}


def test_a_turn_after_subscribing_again_is_not_a_second_turn() -> None:
    """A source that crashed and came back may be activated for the same version; otherwise it may not."""
    twice = story.activated_twice()
    again = twice.select("Activate")[9]
    asked = story.cheetah().select("handle", "Subscribe", peer=again.peer)[0]
    before = next(event for event in twice if event.seq == again.seq - 1)
    assert triggered_once(repeated(twice, asked, after=before))
    assert not triggered_once(twice)
