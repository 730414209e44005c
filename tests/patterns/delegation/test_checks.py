"""Properties of delegated work where the verdict is not the plain one of the story."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coordlab import World
from coordlab.patterns.delegation import team
from coordlab.patterns.delegation.checks import done_once, properties
from coordlab.patterns.delegation.rules import Leaf, Member
from coordlab.trace.trace import Trace
from tests.patterns.delegation import story
from tests.properties.mutated import changed, without

ALONE = [
    *(story.to_one_who_cannot, story.to_two_at_once, story.completed_twice, story.begun_unasked),
    *(story.without_the_results, story.reported_otherwise, story.never_reported, story.reported_too_soon),
]


@pytest.mark.parametrize("mutation", ALONE)
def test_only_one_property_objects(mutation: Callable[[], Trace]) -> None:
    (name,) = [name for name, mutations in story.BROKEN.items() if mutation in mutations]
    for trace in (mutation(), Trace.from_jsonl(mutation().to_jsonl())):
        verdicts = [judge(trace) for judge in story.job().world.properties]
        assert [verdict.name for verdict in verdicts if verdict.status != "holds"] == [name]


def test_a_failure_and_a_lack_of_room_end_an_attempt() -> None:
    """After Failed or Busy a leaf may be given to another one at once; after the answer of a third, not."""
    crew = (Member("ann", ("cut",)), Member("bob", ("cut",)))
    leaves = (Leaf("cut", "cut"),)
    trace = World(latency=0.01).add(team(leaves, crew, failure=1.0)).run(until=31).trace
    assert trace.count("Assign") == 3
    assert done_once(crew)(trace)
    heard = trace.select("Failed", kind="handle")[0]
    assert done_once(crew)(without(trace, heard)).status == "violated"
    assert done_once(crew)(changed(trace, heard, peer="bob")).status == "violated"


def test_the_coordinators_downtime_does_not_count() -> None:
    """A coordinator that is down at the end of its time reports when it is back."""
    world = World(latency=0.01).add(team(story.LEAVES, story.CREW, within=3.0))
    world.inject("crash coordinator @1..8").expect(*properties(story.LEAVES, story.CREW, 3.0))
    assert {verdict.status for verdict in world.run(12).verdicts} == {"holds"}
