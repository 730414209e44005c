"""What it costs to hear of news, beside what is counted on a run."""

from __future__ import annotations

import pytest

from coordlab import labs
from coordlab.theory.blackboard import notices, polling_reads


@pytest.mark.parametrize("readers", range(5))
def test_polling_costs_a_read_for_each_reader_key_and_tick(readers: int) -> None:
    """News or no news: theory and the lab's count agree for any number of readers."""
    trace = labs.blackboard(readers=readers, news="poll").run.trace
    asked = sum(str(event.agent).startswith("reader") for event in trace.select("Read"))
    assert asked == polling_reads(readers, keys=6, ticks=12)


@pytest.mark.parametrize("readers", range(5))
def test_notifying_costs_a_message_for_each_match(readers: int) -> None:
    """Three conclusions follow from what was seen; each reader is told of each."""
    assert labs.blackboard(readers=readers).run.trace.count("Notify") == notices(readers, writes=3)


def test_only_those_interested_are_told() -> None:
    """A share of them, from none to all."""
    assert [notices(8, 5, share) for share in (0.0, 0.25, 1.0)] == [0.0, 10.0, 40.0]
