"""What the first try at a bully election does wrong, beyond the one case that each docstring shows."""

from __future__ import annotations

import pytest

from coordlab.patterns.bully import naive
from coordlab.patterns.bully.theory import unguarded_elections


@pytest.mark.parametrize("agents", range(3, 11))
def test_every_agent_more_doubles_the_elections_and_the_coronations(agents: int) -> None:
    """From the lowest, 2^(n-2) and 2^(n-3), where one of each would do."""
    counted = naive.elections_and_coronations(agents)
    assert counted == (unguarded_elections(agents), 2 ** (agents - 3))


@pytest.mark.parametrize("agents", [3, 5, 12])
def test_whoever_but_the_second_highest_starts_it_returns_before_anybody_leads(agents: int) -> None:
    """Only the second highest knows the winner when its call returns."""
    known = [
        starts for starts in range(1, agents) if any(naive.leaders_when_it_prints(agents, starts).values())
    ]
    assert known == [agents - 1]
