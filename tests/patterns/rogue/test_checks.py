"""What the properties of a pool with rogues cannot tell yet, and what else they allow and forbid."""

from __future__ import annotations

import pytest

from coordlab import World
from coordlab.patterns.rogue import Operator, Pool, Worker
from coordlab.patterns.rogue.checks import isolated, properties, reviewed_by_others
from coordlab.patterns.rogue.rules import Member
from coordlab.patterns.rogue.trust import SequentialTest
from tests.patterns.rogue.story import BROKEN, CREW, gone, trace, work
from tests.properties.mutated import ended

ALL = work().world.properties


@pytest.mark.parametrize(
    "broken",
    [
        "accepted only by a quorum",
        "who is removed is out",
        "an order to remove wins",
        "a new quorum is told",
        "every task comes to an end within 30 s",
    ],
)
def test_a_fault_of_one_kind_breaks_one_property(broken: str) -> None:
    mutated = BROKEN[broken][0]()
    assert [judge.name for judge in ALL if judge(mutated).status == "violated"] == [broken]


def test_two_of_one_kin_must_not_review_the_same() -> None:
    kin = ["ann", "bob", Member("cat", kin="x"), Member("dan", kin="x"), "eve", "fay"]
    assert reviewed_by_others(kin)(trace()).status == "violated"


def test_a_test_that_never_convicts_does_not_isolate_in_time() -> None:
    crew = [Member(name, kin="x") for name in CREW]  # too few voices for anything but checks
    lenient = SequentialTest(false_alarm=1e-12)
    world = World(3, latency=0.01).add(Pool(crew, [1], test=lenient, within=8.0), map(Worker, CREW))
    assert isolated(rate=1.0)(world.inject("rogue bob @0").run(until=8).trace).status == "violated"


def test_where_nobody_is_rogue_two_cannot_tell() -> None:
    verdicts = work(rogue=False).verdicts
    assert {verdict.name for verdict in verdicts if verdict.status != "holds"} == {
        "its work is taken over within 30 s",
        "isolated after 5 checks at the latest",
    }
    assert {verdict.status for verdict in verdicts} == {"holds", "undecided"}


def test_a_trace_that_ends_early_does_not_know_the_end() -> None:
    verdicts = [judge(ended(trace(), gone().time - 0.001)) for judge in ALL]
    assert {each.name: each.because for each in verdicts if each.status == "undecided"} == {
        "its work is taken over within 30 s": "nothing was opened",
        "isolated after 5 checks at the latest": "nobody was isolated",
        "every task comes to an end within 30 s": "1 is still open when the run ends",
    }


def test_a_pool_that_is_down_is_not_late() -> None:
    world = World(3, latency=0.01).add(Pool(CREW, [1], within=2.0), map(Worker, CREW), Operator())
    run = world.inject("crash pool @0.05..3").expect(*properties(CREW, [1], within=2.0)).run(until=6)
    assert run.verdicts[-1].status == "holds"
