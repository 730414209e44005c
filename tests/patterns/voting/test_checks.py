"""What the properties of a vote cannot tell yet."""

from __future__ import annotations

from coordlab import World
from coordlab.patterns.voting import Chair, Voter
from coordlab.patterns.voting.checks import closed_in_time
from tests.patterns.voting.story import vote
from tests.properties.mutated import ended


def test_a_trace_that_ends_before_the_deadline_does_not_tell_whether_there_will_be_an_outcome() -> None:
    """Nor does one in which nobody was called; a crash of the chair ends the wait."""
    judge = closed_in_time()
    assert judge(ended(vote(), 0.15)).status == "undecided"
    assert judge(World().add(Voter("ann")).run(until=1.0).trace).status == "undecided"
    world = World(latency=0.01).add(Chair(), Voter("ann"))
    assert judge(world.inject("crash chair @0.5").run(until=5.0).trace).status == "holds"
