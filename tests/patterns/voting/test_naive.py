"""What the first try at a vote does wrong, beside what the page does with the same case."""

from __future__ import annotations

import pytest

from coordlab import World
from coordlab.patterns.voting import Chair, Voter, hold_vote, naive
from coordlab.world.world import Run


def closed(run: Run) -> str:
    return str(run.trace.select("decision")[0].data.result)


def test_one_yes_of_a_hundred_is_no_quorum() -> None:
    """The first try accepts it."""
    assert naive.one_yes_of_a_hundred()[0]
    assert closed(hold_vote(["yes"] + [None] * 99)) == "no_quorum"


def test_a_tie_all_abstaining_and_a_no_differ() -> None:
    """The first try says False to all three; the page tells them apart by outcome and counts."""
    assert set(naive.three_kinds_of_no().values()) == {False}
    cases = [
        hold_vote(votes).trace.select("decision")[0].data
        for votes in (["yes", "no"], ["abstain"] * 2, ["no"] * 2)
    ]
    assert len({(case.result, case.counts) for case in cases}) == 3


def test_a_vote_without_voters_says_what_is_missing() -> None:
    """Not what a set of futures is."""
    assert "Futures" in naive.nobody_to_ask()
    with pytest.raises(Exception, match=r"electorate=\(?\[?.*: expected at least one name\."):
        World().add(Chair()).run(until=1.0)


def test_one_that_gives_up_does_not_end_the_vote() -> None:
    """It is missing; and who was slow is not left at work, for it was told."""
    assert naive.one_gives_up() == "CancelledError"
    world = World(latency=0.01).add(Chair(), Voter("ann", "yes"), Voter("bob", "yes"), Voter("cat", "no"))
    assert closed(world.inject("crash cat @0.05").run(until=2.0)) == "accepted"
    assert naive.still_at_work() == 3


def test_a_vote_ends_when_it_is_decided() -> None:
    """After a tenth of a second, where the first try waits its ten."""
    world = World(latency=0.01).add(Chair(deadline=10.0), Voter("slow", "no", thinking=60))
    run = world.add(Voter(f"v{number}", "yes") for number in range(4)).run(until=12.0)
    assert (naive.seconds_to_decide(), run.trace.select("decision")[0].time) == (10.0, 0.12)
