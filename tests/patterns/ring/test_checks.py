"""What the properties of the ring election say of a crash, of doubled messages, and of the end of a trace."""

from __future__ import annotations

from coordlab.patterns.ring.checks import comes_round_before_it_rules, only_the_higher_goes_on, properties
from tests.patterns.ring.story import trace
from tests.properties.mutated import ended, repeated, without


def test_a_rank_that_came_round_before_a_crash_counts_no_more() -> None:
    """An agent that rules again after a restart must have seen its rank again."""
    back = trace().select("Election", kind="handle", agent="5", since=15)
    assert not comes_round_before_it_rules(without(trace(), *back))


def test_an_early_end_decides_nothing_about_the_outcome() -> None:
    """0.1 s after the crash nobody can know whether all will agree; and nothing was ever calm."""
    verdicts = [judge(ended(trace(), 3.1)) for judge in properties(5)]
    assert [verdict.name for verdict in verdicts if verdict.status == "undecided"] == [
        "one coordinator per component",
        "the highest alive coordinates",
        "agreement within 10.75 s",
    ]


def test_a_message_that_arrives_twice_breaks_nothing() -> None:
    """A doubled message changes nothing."""
    assert only_the_higher_goes_on(repeated(trace(), trace().select("Election")[0]))
