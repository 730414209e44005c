"""Delegation: who does what, in which order, and what happens when a member fails or falls silent."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.delegation import CREW, Assign, Coordinator, Done, Worker, team, theory
from coordlab.patterns.delegation.checks import properties
from coordlab.patterns.delegation.rules import POLICIES, Leaf, Member, shortest
from coordlab.world.agent import Agent
from coordlab.world.world import Run
from tests.patterns.delegation.scheduling import schedule
from tests.sampling import disaster_count

TWO = (Member("ann", ("cut", "glue")), Member("bob", ("cut", "paint")))
CHAIR = (Leaf("cut", "cut", 1.0), Leaf("glue", "glue", 2.0, ("cut",)), Leaf("paint", "paint", 0.5, ("cut",)))


def job(
    leaves: tuple[Leaf, ...] = CHAIR,
    crew: tuple[Member, ...] = TWO,
    *faults: str,
    latency: float | str = 0.01,
    failure: float = 0.0,
    within: float = 30.0,
    **settings: Any,
) -> Run:
    """The run, in which all promises are kept."""
    world = World(7, latency).add(team(leaves, crew, failure, within=within, **settings)).inject(*faults)
    return kept(world.expect(*properties(leaves, crew, within)).run(until=within + 1))


def kept(run: Run) -> Run:
    assert {verdict.status for verdict in run.verdicts} == {"holds"}
    return run


def decided(run: Run, name: str) -> list[Any]:
    return [each.data for each in run.trace.select(name, kind="decision")]


def reported(run: Run) -> tuple[dict[str, str], dict[str, str]]:
    (report,) = decided(run, "Report")
    return dict(report.results), dict(report.failures)


def given(run: Run) -> list[str]:
    return [f"{each.data.leaf.name} {each.peer}" for each in run.trace.select("Assign")]


def side_by_side(count: int, work: float = 1.0) -> tuple[Leaf, ...]:
    return tuple(Leaf(f"l{number}", "cut", work) for number in range(count))


# --- the happy trace ------------------------------------------------------------------------------


def test_a_chair_is_made() -> None:
    run = job()
    happened = run.trace.select("send", "state", "decision")
    assert [str(event).split("{")[0] for event in happened if event.name not in ("role", "handed")] == [
        "0.000 coordinator send Assign -> ann",
        "0.010 ann state running ['cut']",
        "1.010 ann state running []",
        "1.010 ann send Done -> coordinator",
        "1.020 coordinator decision Completed ",
        "1.020 coordinator send Assign -> ann",
        "1.020 coordinator send Assign -> bob",
        "1.030 ann state running ['glue']",
        "1.030 bob state running ['paint']",
        "1.530 bob state running []",
        "1.530 bob send Done -> coordinator",
        "1.540 coordinator decision Completed ",
        "3.030 ann state running []",
        "3.030 ann send Done -> coordinator",
        "3.040 coordinator decision Completed ",
        "3.040 coordinator decision Report ",
    ]


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("count", [0, 1, 5])
def test_theory_counts_what_is_sent(policy: str, count: int) -> None:
    """Two messages a leaf; in a contract net two more for each of three bidders, which all have room."""
    crew = tuple(Member(name, ("cut",), capacity=20) for name in ("ann", "bob", "cat"))
    bidders = 3 if policy == "contract_net" else 0
    run = job(side_by_side(count), crew, policy=policy)
    assert run.trace.count("send") == theory.messages(count, bidders)


@pytest.mark.parametrize("seed", range(disaster_count() // 2))
def test_the_makespan_is_at_most_twice_the_bound(seed: int) -> None:
    dice = random.Random(seed)
    leaves: list[Leaf] = []
    for number in range(12):
        after = [each.name for each in leaves if dice.random() < 0.2]
        leaves.append(Leaf(f"l{number}", "cut", dice.uniform(0.5, 3), tuple(after)))
    crew = tuple(Member(name, ("cut",)) for name in ("ann", "bob", "cat"))
    run = job(tuple(leaves), crew, latency=1e-6)
    (end,) = [each.time for each in run.trace.select("Report")]
    assert shortest(leaves, crew) - 1e-5 <= end <= 2 * shortest(leaves, crew)
    assert end == pytest.approx(max(stint.end for stint in schedule(leaves, crew)), rel=0.5)
    crashed = job(tuple(leaves), crew, "crash bob @1", latency=1e-6)
    assert reported(crashed)[1] == {}


# --- policies -------------------------------------------------------------------------------------


def test_each_policy_gives_the_work_to_others() -> None:
    """Six leaves for three, the last of which is fast and has much room."""
    crew = (
        *(Member(name, ("cut",), capacity=6) for name in ("ann", "bob")),
        Member("cat", ("cut",), 12, 3.0),
    )
    shares = [tally(job(side_by_side(6), crew, policy=policy)) for policy in POLICIES]
    assert shares == [[6, 0, 0], [2, 2, 2], [2, 2, 2], [0, 0, 6], [0, 0, 6]]


def tally(run: Run) -> list[int]:
    return [sum(line.endswith(name) for line in given(run)) for name in ("ann", "bob", "cat")]


def test_a_tender_takes_the_lowest_price() -> None:
    """Cat is fast, until she has so much to do that bob is cheaper."""
    crew = (Member("ann", ("cut",)), Member("bob", ("cut",), speed=2.0), Member("cat", ("cut",), 9, 3.0))
    leaves = (Leaf("a", "cut", 6), Leaf("wait", "cut", 0.1), Leaf("b", "cut", 6, ("wait",)))
    run = job(leaves, crew, policy="contract_net")
    asked = [(each.agent, each.data.cost) for each in run.trace.select("Propose")][-3:]
    assert sorted(asked) == [("ann", 6.0), ("bob", 3.0), ("cat", 4.0)]
    assert given(run) == ["a cat", "wait cat", "b bob"]


def test_a_leaf_that_nobody_can_do_is_given_up_at_once() -> None:
    leaves = (*CHAIR, Leaf("weld", "weld"), Leaf("test", "glue", 1.0, ("weld", "glue")))
    run = job(leaves)
    happened = [(each.time, each.data.leaf, each.data.because) for each in run.trace.select("GivenUp")]
    assert happened == [(0.0, "weld", "nobody can weld"), (3.04, "test", "weld was not done")]
    assert sorted(reported(run)[0]) == ["cut", "glue", "paint"]


# --- when it goes wrong -----------------------------------------------------------------------------


def test_a_failed_leaf_goes_to_another_member() -> None:
    """Half of all attempts fail; after three a leaf is given up, and the others go on."""
    run = job(side_by_side(20, work=0.1), failure=0.5)
    failures = reported(run)[1]
    assert run.trace.count("Failed") > 10
    assert all(why.endswith("failed: it went wrong") for why in failures.values())
    assert 0 < len(failures) < 10


def test_a_silent_member_gets_nothing_while_there_are_others() -> None:
    """Ann crashed for good: one leaf is lost with her, all others go to bob."""
    run = job(side_by_side(6, work=0.2), TWO, "crash ann @0.1")
    assert [each.by for each in decided(run, "Lost")] == ["ann"]
    assert tally(run) == [1, 6, 0]
    assert len(reported(run)[0]) == 6


def test_a_member_that_is_back_is_trusted_again() -> None:
    """Ann crashes and is back 1.5 s later: her Ready is enough."""
    run = job(side_by_side(12, work=0.5), TWO, "crash ann @0.1..1.8")
    assert run.trace.count("Ready") == 1
    back = run.trace.select("Ready")[0].time
    assert run.trace.count("Assign", peer="ann", since=back) >= 2


def test_the_only_capable_member_is_asked_again_and_again() -> None:
    run = job(CHAIR, TWO, "crash ann @0.5..6")
    assert len(decided(run, "Lost")) >= 2
    assert reported(run)[1] == {}


def test_a_bid_is_a_sign_of_life() -> None:
    """Ann did not reply while she was cut off; when bob has failed at a leaf, she is asked again."""
    world = World(latency=0.01).add(Coordinator(side_by_side(2), TWO, "contract_net"))
    world.add(Worker(TWO[0]), Worker(TWO[1], failure=1.0)).inject("partition ann @0..3")
    run = kept(world.expect(*properties(side_by_side(2), TWO)).run(until=31))
    assert tally(run)[0] == 2
    assert reported(run)[1] == {}


def test_an_unfinished_leaf_is_reported_as_failed_and_called_off() -> None:
    run = job(within=2.0)
    assert reported(run)[1] == {"glue": "it was not done within 2 s"}
    assert [event.peer for event in run.trace.select("Cancel")] == ["ann"]
    assert run.trace.select("running", agent="ann")[-1].data == ()
    assert run.trace.select("running", agent="ann")[-1].time < 2.1


def test_a_late_result_counts_once() -> None:
    """Ann is slow, taken for lost, and done before bob, who got the leaf next: bob is called off."""
    leaves = (Leaf("a", "cut", 3.0),)
    run = job(leaves, TWO, "delay ann>coordinator #1 1.5")
    assert given(run) == ["a ann", "a bob"]
    assert [(each.leaf, each.by) for each in decided(run, "Completed")] == [("a", "ann")]
    assert [event.peer for event in run.trace.select("Cancel")] == ["bob"]


def test_a_busy_member_is_asked_again_later() -> None:
    """Ann is taken for lost, but only began late: she refuses the glue, and gets it when she has room."""
    leaves = (Leaf("a", "cut", 1.0), Leaf("g", "glue", 1.0))
    run = job(leaves, TWO, "delay coordinator>ann #1 1.5")
    assert given(run) == ["a ann", "a bob", "g ann", "g ann"]
    assert [event.data.leaf for event in run.trace.select("Busy")] == ["g"]
    assert sorted(reported(run)[0]) == ["a", "g"]


def test_a_result_after_the_report_does_not_count() -> None:
    run = job((Leaf("a", "cut", 1.0),), TWO, "delay ann>coordinator #1 3", within=1.5)
    assert reported(run) == ({}, {"a": "it was not done within 1.5 s"})
    assert decided(run, "Completed") == []


def test_after_a_crash_the_coordinator_continues() -> None:
    """What is done stays done; what was handed out is given out again."""
    run = job(CHAIR, TWO, "crash coordinator @1.5..3")
    assert [each.leaf for each in decided(run, "Lost")] == ["glue", "paint"]
    assert [each.leaf for each in decided(run, "Completed")] == ["cut", "paint", "glue"]
    assert run.trace.count("Report") == job(CHAIR, TWO, "crash coordinator @5..6").trace.count("Report") == 1


def test_an_assignment_that_comes_twice_is_done_once() -> None:
    """The network duplicates it: ann does not cut twice, neither at once nor later."""
    run = job(CHAIR, TWO, "duplicate coordinator>ann #1")
    assert [each.data for each in run.trace.select("running", agent="ann")][:2] == [("cut",), ()]
    job(CHAIR, TWO, "drop ann>coordinator #1")


# --- what cannot be ---------------------------------------------------------------------------------


def test_a_worker_refuses_what_it_cannot_do_and_has_no_room_for() -> None:
    class Stranger(Agent):
        async def run(self) -> None:
            for leaf in (Leaf("a", "weld"), Leaf("b", "cut", 1.0)):
                replies = await self.ask("ann", Assign(leaf, ()), within=0.5)
                self.note(replies["ann"] if replies else "no answer")
            replies = await self.ask("ann", Assign(Leaf("c", "cut"), ()), within=0.5)
            self.note(replies["ann"])
            await self.sleep(2)
            self.note((await self.ask("ann", Assign(Leaf("b", "cut"), ())))["ann"])

        def on_done(self, sender: str, message: Done) -> None:
            pass

    trace = World().add(Worker(TWO[0]), Stranger("stranger")).run(until=9).trace
    assert [str(event.data) for event in trace.select("note")] == [
        "Failed(leaf='a', because='ann cannot weld')",
        "no answer",
        "Busy(leaf='c')",
        "Done(leaf='b', output='b by ann')",
    ]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Coordinator(CHAIR, TWO, policy="lottery"), r"policy='lottery': expected one of 'first', 'l"),
        (lambda: Coordinator(CHAIR[1:], TWO), r"glue: after='cut': expected one of 'glue', 'paint'"),
        (lambda: Coordinator(CHAIR, (*TWO, TWO[0])), r"crew: 'ann' is listed twice"),
        (lambda: Coordinator((), (), within=float("nan")), r"within=nan: expected seconds above 0"),
        (lambda: Coordinator((), (), patience=-1), r"patience=-1: expected seconds above 0"),
        (lambda: Coordinator((), (), attempts=0.5), r"attempts=0.5: expected a whole number, 1 or more"),
        (lambda: Worker(CREW[0], failure=2), r"failure=2: expected a probability from 0 to 1"),
    ],
)
def test_refusals(make: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def test_of_the_leaves_that_are_ready_the_first_in_the_list_goes_out_first() -> None:
    """When ann has done `a`, `c` waits since 1 s and `d` has just become ready: `c` is first in the list."""
    leaves = (
        *(Leaf("a", "cut", 3.0), Leaf("x", "cut", 1.0)),
        *(Leaf("b", "cut", 5.0, ("x",)), Leaf("c", "cut", 1.0, ("x",)), Leaf("d", "cut", 1.0, ("a",))),
    )
    assert given(job(leaves)) == ["a ann", "x bob", "b bob", "c ann", "d ann"]
