"""What is wrong with the usual first try at handing out tasks, and that the page gets it right."""

from __future__ import annotations

from coordlab import World
from coordlab.patterns.delegation import Coordinator, Worker, naive, team
from coordlab.patterns.delegation.rules import Leaf, Member
from coordlab.trace.trace import Trace

PAIR = (Member("ann", ("cut",), capacity=2), Member("bob", ("cut",), capacity=2))


def run(leaves: list[Leaf], crew: tuple[Member, ...] = PAIR) -> Trace:
    return World(latency=0.01).add(team(leaves, crew)).run(until=31).trace


def cuts(count: int) -> list[Leaf]:
    return [Leaf(f"l{number}", "cut") for number in range(count)]


def test_bug_1_no_member_does_more_than_it_has_room_for() -> None:
    """Ten for two with room for two each: never ten at once for one and none for the other."""
    assert naive.overloads() == {"ann": 10, "bob": 0}
    trace = run(cuts(10))
    most = [max(len(e.data) for e in trace.select("running", agent=name)) for name in ("ann", "bob")]
    assert most == [2, 2]


def test_bug_2_a_leaf_begins_after_what_it_waits_for() -> None:
    assert naive.races() == ["paint", "cut"]
    trace = run([Leaf("paint", "cut", 1.0, ("cut",)), Leaf("cut", "cut", 2.0)])
    assert [each.data.leaf for each in trace.select("Completed")] == ["cut", "paint"]


def test_bug_6_a_failure_costs_no_results() -> None:
    assert naive.loses_results() == ("glue failed", ["cut"], ["cut", "paint"])
    crew = (Member("ann", ("cut", "paint"), capacity=2), Member("bob", ("glue",)))
    leaves = [Leaf("cut", "cut", 1.0), Leaf("glue", "glue", 2.0), Leaf("paint", "paint", 3.0)]
    world = World(latency=0.01).add(Coordinator(leaves, crew), Worker(crew[0]), Worker(crew[1], failure=1.0))
    (report,) = world.run(until=31).trace.select("Report")
    assert [name for name, _ in report.data.results] == ["cut", "paint"]
    assert [name for name, _ in report.data.failures] == ["glue"]


def test_bug_7_busy_is_not_unable() -> None:
    """Two leaves for one member: the second is done later.  What no member can do is given up at once."""
    assert len(set(naive.confuses_busy_and_unable())) == 1
    trace = run([*cuts(2), Leaf("weld", "weld")], (Member("ann", ("cut",)),))
    assert [(each.time, each.data.because) for each in trace.select("GivenUp")] == [(0.0, "nobody can weld")]
    assert [each.data.leaf for each in trace.select("Completed")] == ["l0", "l1"]


def test_bug_8_the_work_is_shared() -> None:
    given = [each.peer for each in run(cuts(4)).select("Assign")]
    assert sorted(given) == ["ann", "ann", "bob", "bob"]
