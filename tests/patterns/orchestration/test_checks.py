"""What the properties of all orchestration styles say where they say neither yes nor no, and that alone."""

from __future__ import annotations

import pytest

from coordlab import World
from coordlab.patterns.crew import Crew
from coordlab.patterns.crew.rules import Task
from coordlab.patterns.orchestration import Scripted
from coordlab.patterns.orchestration.checks import ends
from coordlab.trace.trace import Trace
from tests.patterns.orchestration import story
from tests.properties.mutated import ended


def judged(trace: Trace, status: str) -> list[str]:
    """The names of the properties with this verdict."""
    verdicts = [judge(trace) for judge in story.delegated().world.properties]
    return [verdict.name for verdict in verdicts if verdict.status == status]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *[("one stop reason", 0), ("a run ends within 5 s", 0)],
        *[("turns and tokens are counted", 1), ("only allowed delegations", 0)],
    ],
)
def test_nothing_else_objects(name: str, number: int) -> None:
    assert judged(story.BROKEN[name][number](), "violated") == [name]


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """After a second it may still stop, and after the first turn none has been delegated."""
    assert judged(ended(story.trace(), 1.0), "undecided") == ["one stop reason", "a run ends within 5 s"]
    assert "only allowed delegations" in judged(ended(story.trace(), 0.01), "undecided")


def test_a_crash_excuses_a_conductor() -> None:
    """A conductor that is down need not end; it is not known whether it would have."""
    crew, ann = Crew(("ann",), [Task("a", agent="ann")]), Scripted("ann", "a", seconds=9.0)
    run = World(latency=0.01).add(crew, ann).inject("crash crew @1").run(until=30.0)
    assert ends(5.0)(run.trace).status == "undecided"
