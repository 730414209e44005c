"""What the properties of a team cannot tell yet."""

from __future__ import annotations

from coordlab.patterns.topology.checks import done_in_time, properties
from tests.patterns.topology.story import trace
from tests.properties.mutated import ended


def test_a_team_that_is_not_done_in_time_is_late() -> None:
    """Three seconds of work take more than three seconds."""
    assert done_in_time(3.0)(trace()).status == "violated"


def test_a_run_cut_short_is_undecided() -> None:
    """While the first results are shared nobody can tell yet."""
    verdicts = [judge(ended(trace(), 1.05)) for judge in properties("star", 5, 3)]
    undecided = {each.name for each in verdicts if each.status == "undecided"}
    assert undecided == {"8 messages a round", "the same work for everybody", "done within 600 s"}
