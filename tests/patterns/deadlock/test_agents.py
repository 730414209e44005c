"""Deadlocks: how they are found and broken, what that costs, and how they are avoided."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.deadlock import Coordinator, Worker, philosophers, theory
from coordlab.patterns.deadlock.checks import Locks, deadlocks, properties, stuck
from coordlab.patterns.deadlock.locks import Resource
from coordlab.world.errors import DeadlockError
from coordlab.world.world import Run
from tests.patterns.deadlock.story import WAYS
from tests.sampling import disaster_count


def statuses(run: Run) -> set[str]:
    return {verdict.status for verdict in run.verdicts}


def working(run: Run) -> list[tuple[str | None, float]]:
    """Who begins to work, and when."""
    return [(event.agent, event.time) for event in run.trace.select("role") if event.data == "works"]


def crosswise(**settings: Any) -> World:
    """Ann takes the pen, then the ink; Bob the ink, then the pen; they start together."""
    world = World(latency=0.01).add(Resource("pen"), Resource("ink"))
    world.add(Worker("ann", ("pen", "ink"), rounds=1, think=0.001, **settings))
    return world.add(Worker("bob", ("ink", "pen"), rounds=1, think=0.001, **settings))


def test_a_worker_that_gets_both_locks_works() -> None:
    """Ann alone: two requests, two grants, half a second of work, two releases."""
    world = World(latency=0.01).add(Resource("pen"), Resource("ink"))
    run = world.add(Worker("ann", ("pen", "ink"), rounds=1, think=0.0)).run()
    assert run.trace.select("send", "handle", "state").as_text() == (
        "0.000 ann state role waits\n"
        "0.000 ann send Request -> pen\n"
        "0.010 pen handle Request <- ann\n"
        "0.010 pen state role held\n"
        "0.010 pen send Granted -> ann\n"
        "0.020 ann handle Granted <- pen\n"
        "0.020 ann send Request -> ink\n"
        "0.030 ink handle Request <- ann\n"
        "0.030 ink state role held\n"
        "0.030 ink send Granted -> ann\n"
        "0.040 ann handle Granted <- ink\n"
        "0.040 ann state role works\n"
        "0.540 ann state role thinks\n"
        "0.540 ann send Release -> pen\n"
        "0.540 ann send Release -> ink\n"
        "0.540 ann state role is done\n"
        "0.550 pen handle Release <- ann\n"
        "0.550 pen state role free\n"
        "0.550 ink handle Release <- ann\n"
        "0.550 ink state role free"
    )


def test_a_request_that_comes_after_its_release_holds_nothing() -> None:
    """Ann gave up and has long finished with the pen when her first request arrives."""
    world = World(latency=0.01).add(Resource("pen"), Worker("ann", ("pen",), rounds=1, patience=0.2))
    run = world.inject("delay ann>pen #1 3.0").run()
    assert [event.data for event in run.trace.select("role", agent="pen")] == ["held", "free"]
    assert run.trace.select("Request", kind="handle")[-1].time > 3.0


def test_without_detection_the_world_reports_the_deadlock() -> None:
    """Nobody looks, so the world notices that nothing will happen, and says who waits."""
    with pytest.raises(DeadlockError, match=r"all tasks wait.*ann has waited.*bob has waited") as stuck:
        crosswise().run()
    seen = list(deadlocks(stuck.value.run.trace))
    assert [who for _, who in seen] == [["ann.1", "bob.1"]]


@pytest.mark.parametrize("way", WAYS)
def test_each_way_lets_all_philosophers_eat(way: str) -> None:
    """Every promise is kept, three meals each."""
    run = philosophers(**WAYS[way]).expect(*properties()).run(until=60.0)
    assert statuses(run) == {"holds"}
    assert len(working(run)) == 15


@cache
def eaten(way: str, seed: int) -> Run:
    return philosophers(**WAYS[way]).again(seed=seed).run(until=60.0)


def false_victims(run: Run) -> int:
    """How many times a worker gave up, or was sent back, though it was in no deadlock."""
    count, locks = 0, Locks(run.trace)
    for event in run.trace:
        locks.take(event)
        if event.name in ("GaveUp", "Deadlock"):
            keys = [event.data.key] if event.name == "GaveUp" else event.data.victims
            count += len({*keys} - {*stuck(locks.waits)})
    return count


def test_only_the_time_out_has_false_victims() -> None:
    """A graph of waits sends back only workers in a cycle; patience sends back many others."""
    wronged = {way: sum(false_victims(eaten(way, seed)) for seed in range(4)) for way in WAYS}
    assert {way for way, many in wronged.items() if many} == {"time-out"}
    assert wronged["time-out"] > 4


@pytest.mark.parametrize("way", ["order", "one left-handed"])
def test_an_order_needs_no_coordinator(way: str) -> None:
    """No cycle ever closes."""
    assert [stuck for seed in range(4) for stuck in deadlocks(eaten(way, seed).trace)] == []


def test_a_time_out_costs_its_whole_length() -> None:
    """Ann and Bob lock up: for 2 to 3 s of patience, or for less than half a second with probes."""
    ends = {}
    for way, settings in (("time-out", {"patience": 2.0}), ("probes", {"probes": 0.3})):
        changes = list(deadlocks(crosswise(**settings).run(until=9.0).trace))
        ends[way] = changes[1][0].time - changes[0][0].time
    assert 1.9 < ends["time-out"] < 3.1
    assert ends["probes"] < 0.5


def test_two_of_the_same_patience_do_not_give_up_together_for_ever() -> None:
    """Ann and Bob rest for a thousandth of a second between attempts, which is less than a message takes."""
    run = crosswise(patience=0.5).expect(*properties(within=1.0)).run(until=30.0)
    assert statuses(run) == {"holds"}


def test_a_probe_about_an_attempt_that_is_over_convicts_nobody() -> None:
    """The fork is still held by ann's first attempt, whose Release is late, when her second asks for it."""
    world = World(latency=0.01).add(Resource("pen"), Worker("ann", ("pen",), rounds=2, hold=0.1, probes=0.2))
    run = world.inject("delay ann>pen #2 2.0").expect(*properties()).run(until=9.0)
    assert (run.trace.count("Probe", kind="send") > 2, run.trace.count("Deadlock")) == (True, 0)


def crowded(seed: int) -> World:
    """Three to six workers take two or three locks, each in an order of its own."""
    dice = random.Random(seed)
    locks = [f"lock{number}" for number in range(dice.randint(2, 3))]
    world = World(seed, latency="uniform(0.01, 0.05)").add(map(Resource, locks))
    names = [f"w{number}" for number in range(dice.randint(3, 6))]
    return world.add(Worker(name, dice.sample(locks, len(locks)), probes=0.3) for name in names)


def test_a_probe_of_a_wait_that_is_over_convicts_nobody() -> None:
    """An initiator that has moved on to its next lock drops it."""
    for seed in range(disaster_count()):
        run = crowded(seed).expect(*properties(within=4.0, times=99)).run(until=60.0)
        assert statuses(run) == {"holds"}, run.line


@pytest.mark.parametrize("latency", [0.1, 0.2, "uniform(0.05, 0.24)"])
def test_each_deadlock_is_reported_once(latency: float | str) -> None:
    """Even if a victim has not heard that it must go back when the coordinator looks again."""
    forks = ("fork1", "fork2", "fork3")
    for seed in range(5):
        world = World(seed, latency).add(map(Resource, forks)).add(Coordinator(forks))
        world.add(Worker(f"p{n}", (forks[n], forks[(n + 1) % 3]), think=0.2) for n in range(3))
        run = world.inject("crash coordinator @2.2..2.3").expect(*properties(within=6.0)).run(until=60.0)
        assert statuses(run) == {"holds"}, run.line


@pytest.mark.parametrize("agents", [2, 3, 5, 8])
def test_probes_find_a_cycle_in_as_many_hops_as_it_is_long(agents: int) -> None:
    """The youngest's probe passes each lock and each holder once, and sends nothing else."""
    world = philosophers(agents, period=None, probes=3.0, think=1e-3, hold=5.0)
    trace = world.run(until=4.0).trace
    (decision,) = trace.select("decision")
    own = [e for e in trace.select("Probe", kind="send") if e.data.initiator.key == decision.data.cycle[0]]
    assert len(own) == 2 * theory.hops(agents)  # a hop is a message to the lock, and one to its holder
    assert trace.count("Probe", kind="send") <= 2 * theory.probes(agents, initiators=agents)


def test_a_look_costs_two_messages_a_lock() -> None:
    """Four looks in 2.2 s at five forks."""
    trace = philosophers(rounds=0).run(until=2.2).trace
    assert trace.count("Look", "Table", kind="send") == 4 * theory.looks(5)


def test_a_worker_that_crashes_and_comes_back_lets_go() -> None:
    """Ann crashes while she holds the pen; once she is back, Bob gets it, and then she works too."""
    run = crosswise().inject("crash ann @0.02..3").expect(*properties()).run(until=30.0)
    assert [(who, when > 3) for who, when in working(run)] == [("bob", True), ("ann", True)]


def test_a_crash_of_the_coordinator_only_delays() -> None:
    """It is down for three seconds; the cycle lasts as long and is broken afterwards."""
    run = philosophers().inject("crash coordinator @0.9..4").expect(*properties(within=6.0)).run(until=30.0)
    assert statuses(run) == {"holds"}
    assert run.trace.select("decision")[0].time > 4


def test_a_single_look_would_see_phantoms() -> None:
    """Ann waits for Bob, then Bob for Ann, never both: two looks agree on no cycle."""
    world = World(latency=0.01).add(Resource("pen"), Resource("ink"))
    world.add(Worker("ann", ("pen", "ink"), rounds=8, hold=0.3, think=0.2, ordered=True))
    world.add(Worker("bob", ("ink", "pen"), rounds=8, hold=0.2, think=0.3, ordered=True))
    world.add(Coordinator(("pen", "ink"), period=0.1))
    run = world.expect(*properties()).inject("slow ink 0.3 @1..4").run(until=30.0)
    assert (run.trace.select("decision"), statuses(run)) == ([], {"holds"})


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["youngest", "least_work", "fewest_locks"])
def test_nobody_is_the_victim_for_ever(policy: str) -> None:
    """With each policy all dinners end."""
    for seed in range(5):
        forks = tuple(f"fork{n}" for n in (1, 2, 3))
        world = World(seed, latency="uniform(0.01, 0.05)").add(Resource(fork) for fork in forks)
        world.add(Worker(f"p{n}", (forks[n], forks[(n + 1) % 3]), rounds=4, think=0.01) for n in range(3))
        run = world.add(Coordinator(forks, 0.2, policy)).expect(*properties()).run(until=60.0)
        assert statuses(run) == {"holds"}, run.line


def test_a_lock_of_two_units_is_held_by_two() -> None:
    """Three want a room for two: two work at once, the third afterwards."""
    world = World(latency=0.01).add(Resource("room", limit=2))
    world.add(Worker(name, ("room",), rounds=1, think=0.0) for name in ("ann", "bob", "cat"))
    world.add(Coordinator(("room",), period=0.2))
    run = world.expect(*properties()).run(until=5.0)
    assert working(run) == [("ann", 0.02), ("bob", 0.02), ("cat", 0.54)]
    assert statuses(run) == {"holds"}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Worker("ann", ("pen", "pen")), r"wants: 'pen' is listed twice.*\('pen', 'ink'\)"),
        (lambda: Worker("ann", "pen"), r"wants='pen': expected a list or tuple of names"),
        (lambda: Worker("ann", ("pen",), probes=0.0), r"probes=0\.0: expected seconds above 0"),
        (lambda: Worker("ann", ("pen",), patience=float("nan")), r"patience=nan: expected seconds above 0"),
        (lambda: Worker("ann", ("pen",), rounds=-1), r"rounds=-1: expected a whole number, 0 or more"),
        (lambda: Worker("ann", ("pen",), hold=-1), r"hold=-1: expected seconds, 0 or more"),
        (lambda: Coordinator("pen"), r"locks='pen': expected a list or tuple of names"),
        (lambda: Coordinator(("pen",), period=0.0), r"period=0\.0: expected seconds above 0"),
        (lambda: Coordinator(("pen",), policy="old"), r"policy='old': expected one of 'youngest', 'least"),
        (lambda: Resource("pen", limit=0), r"limit=0: expected a whole number, 1 or more"),
        (lambda: philosophers(1), r"agents=1: expected a whole number, 2 or more. For example: agents=5"),
    ],
)
def test_refusals(make: Any, says: str) -> None:
    """When it is made: a probe every 0 s would never let time pass, a text would be taken for its letters."""
    with pytest.raises((TypeError, ValueError), match=says):
        make()
