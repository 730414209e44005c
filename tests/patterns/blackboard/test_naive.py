"""What the first try at a blackboard does wrong, beyond the one case that each docstring shows."""

from __future__ import annotations

import pytest

from coordlab.patterns.blackboard import naive


@pytest.mark.parametrize("agents", [1, 2, 5])
@pytest.mark.parametrize("each", [1, 10, 50])
def test_the_sum_is_what_one_agent_added(agents: int, each: int) -> None:
    assert naive.updates_are_lost(agents, each) == each


@pytest.mark.parametrize("pattern", ["*", "finding:*", "finding:a?", "[f]inding:ai"])
def test_no_pattern_matches_anything_but_itself(pattern: str) -> None:
    assert naive.heard(pattern, "finding:ai") == []
    assert naive.heard(pattern, pattern) == [pattern]


def test_a_subscriber_that_hears_itself_never_stops() -> None:
    assert naive.writers_hear_themselves(3600) == 3600
