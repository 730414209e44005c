"""What the properties of replicas say, and what they cannot tell yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coordlab.patterns.replicas.checks import properties
from coordlab.trace.trace import Trace
from tests.patterns.replicas import story
from tests.properties.mutated import changed, ended


@pytest.mark.parametrize(
    ("mutation", "why"),
    [
        (story.forgets_in_a_crash, "bob had ('eggs',) and took (): something is missing."),
        (story.order_matters, "the order matters in which 1 and 2 are merged."),
        (story.grouping_matters, "it matters which two of 1, 1 and 2 are merged first."),
        (story.repetition_matters, "1 merged with itself is another."),
        (story.rises_again, "ann had removed milk, and has it again."),
        (story.never_hears, "ann and bob hear each other and still differ."),
    ],
)
def test_reasons_are_plain_words(mutation: Callable[[], Trace], why: str) -> None:
    verdicts = [judge(mutation()) for judge in properties()]
    assert any(each.because.startswith(why) for each in verdicts if each.status == "violated")


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """Half a second after an update nobody can know whether all will be equal."""
    verdicts = [judge(ended(story.shopping(), 0.4)) for judge in properties()]
    assert [each.name for each in verdicts if each.status == "undecided"] == ["equal copies within 4 s"]


def test_agents_that_keep_no_copy_are_left_alone() -> None:
    """Another kind of agent in the same world: its states are not copies."""
    trace = changed(story.shopping(), story.taken("ann", 0), name="mood")
    assert all(judge(trace) for judge in properties()[:3])
