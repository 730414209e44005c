"""What the properties of a team cannot tell yet."""

from __future__ import annotations

from coordlab.patterns.topology.checks import done_in_time, messages_per_round, properties
from tests.patterns.topology.story import shares, trace
from tests.properties.mutated import ended, without


def test_a_team_that_is_not_done_in_time_is_late() -> None:
    """Three seconds of work take more than three seconds."""
    assert done_in_time(3.0)(trace()).status == "violated"


def test_a_run_cut_short_is_undecided() -> None:
    """While the first results are shared nobody can tell yet."""
    verdicts = [judge(ended(trace(), 1.05)) for judge in properties("star", 5, 3)]
    undecided = {each.name for each in verdicts if each.status == "undecided"}
    assert undecided == {"8 messages a round", "the same work for everybody", "done within 600 s"}


def test_a_message_too_few_is_undecided() -> None:
    """It may still come."""
    assert messages_per_round("star", 5)(without(trace(), shares()[-1])).status == "undecided"
