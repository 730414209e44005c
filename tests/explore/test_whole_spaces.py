"""Every schedule of a tiny world, a profile by kind of fault, and what is found by reading an agent."""

from __future__ import annotations

from typing import Any

import pytest

from coordlab import World
from coordlab.explore import ExploreError, exhaust, lint, robustness
from coordlab.patterns.bully.agents import Candidate
from coordlab.patterns.bully.checks import properties
from coordlab.trace.faults import Crash
from coordlab.trace.limits import KINDS
from tests.explore.broken import Careless, Store, blind, correct, counting, overtaken, trusting


def election(seed: int) -> World:
    """Three candidates and a steady network."""
    world = World(seed, latency=0.01).add(Candidate(rank) for rank in range(1, 4))
    return world.expect(*properties())


@pytest.mark.slow
def test_every_schedule_of_a_tiny_world_is_run() -> None:
    """64 choices of long messages, without a fault, and with each crash at each moment of a send."""
    answer = exhaust(election, steps=6, long=0.1, until=9)
    assert answer
    assert str(answer) == f"all {answer.tried} schedules keep every property"
    assert answer.tried % 64 == 0
    lines = exhaust(election, steps=6, long=0.1, until=9, faults="")
    assert str(lines) == "all 64 schedules keep every property"


def test_the_shortest_schedule_that_breaks_comes_first() -> None:
    answer = exhaust(overtaken, steps=2, long=1.5, until=4)
    assert not answer
    assert [str(each) for each in answer.failures[0].scenario.faults] == ["delay writer>store #1 1.5"]
    assert answer.pairs[0].passing is not None


def test_the_faults_can_be_given() -> None:
    answer = exhaust(election, steps=2, until=9, faults=[Crash("3", at=3.0), Crash("2", at=3.0)])
    assert (bool(answer), answer.tried) == (True, 12)


def test_a_space_that_is_too_large_is_refused_with_its_size() -> None:
    with pytest.raises(ExploreError, match="30 steps and 0 faults make 1,073,741,824 schedules"):
        exhaust(election, steps=30, faults="", until=9)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"long": 0}, "long=0"),
        ({"long": "x"}, "long='x'"),
        ({"steps": -1}, "steps=-1"),
        ({"faults": 3}, "faults=3"),
    ],
)
def test_what_cannot_be_exhausted_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ExploreError, match=message):
        exhaust(election, until=3, **settings)


def test_an_interrupted_answer_says_so() -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    answer = exhaust(election, steps=4, until=9, progress=stop)
    assert "The search stopped early: it was interrupted" in str(answer)


def test_a_profile_shows_which_kinds_of_fault_are_survived() -> None:
    profile = robustness(blind, budget=25, faults="crash partition", until=20)
    assert profile.survived["crash"].mean == 1
    assert profile.survived["partition"].high < 1
    assert all(each.low < each.mean < each.high or each.mean in (0, 1) for each in profile.survived.values())
    assert "partition: 0." in str(profile)
    assert "broken: one coordinator per component" in str(profile)
    assert profile._repr_mimebundle_()["text/plain"] == str(profile)
    assert "schedules that broke nothing" in profile.plot().alt


def test_a_profile_knows_faults_of_calls() -> None:
    """An agent that trusts every answer survives no kind: failed, late, without fields, repeated."""
    profile = robustness(trusting, budget=20, faults="fail late half stale drop", until=4)
    assert {kind: each.high < 1 for kind, each in profile.survived.items()} == dict.fromkeys(
        ("fail", "late", "half", "stale", "drop"), True
    )
    assert robustness(correct, budget=3, until=3).survived.keys() == set(KINDS)


def careless(seed: int) -> World:
    """One agent that does everything wrong."""
    return World(seed).add(Careless("ann"))


def test_lint_finds_what_an_agent_should_not_do() -> None:
    findings = lint(careless, until=3)
    assert not findings
    kinds = ["changed message", "different run", "outside", "outside"]
    assert sorted(each.kind for each in findings.found) == kinds
    text = str(findings)
    assert "`random` comes from outside the world; write self.dice" in text
    assert "`time` comes from outside the world; write self.now, or await self.sleep(...)" in text
    assert "`message.value` changes a message; make a new one with dataclasses.replace" in text
    assert "ann: a second run differs from" in text


def test_lint_repeats_messages() -> None:
    (finding,) = lint(counting, until=5).found
    assert (finding.kind, finding.where) == ("not repeatable", "Put")
    assert finding.what == "if it arrives twice (duplicate writer>store #1), “at most 3” is violated"


@pytest.mark.parametrize("what", [correct, World().add(Store("store"))])
def test_lint_finds_nothing_in_correct_agents(what: Any) -> None:
    assert str(lint(what, until=12)) == "nothing to mend"
