"""What the properties of failure detectors cannot tell yet, and their quality of service."""

from __future__ import annotations

from math import isnan

import pytest

from coordlab import World
from coordlab.patterns.heartbeat import Beater, Monitor, watched
from coordlab.patterns.heartbeat.checks import (
    crashes_are_found,
    each_change_once,
    network_fault,
    properties,
    quality,
    the_dead_stay_suspected,
)
from coordlab.patterns.heartbeat.rules import Timeout
from coordlab.properties import Property, Verdict, moments
from coordlab.trace.trace import Trace
from tests.patterns.heartbeat.story import DETECTOR, L1, L2, at, crowd, lives, the_dead_are_restored, trace
from tests.properties.linear import growth
from tests.properties.mutated import ended, made, repeated, without


def statuses(trace: Trace) -> dict[str, str]:
    return {verdict.name: verdict.status for verdict in (judge(trace) for judge in lives().world.properties)}


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    assert statuses(ended(trace(), 23.5))[L1] == "undecided"


def test_while_a_mistake_may_still_be_taken_back_nothing_is_decided() -> None:
    assert statuses(ended(trace(), 19.9))[L2] == "undecided"


def test_where_nobody_crashed_and_nobody_erred_liveness_is_undecided() -> None:
    calm = watched(2, DETECTOR).run(until=10.0).trace
    assert [*statuses(calm).values()] == [*["holds"] * 4, "undecided", "holds", "undecided"]


def test_a_monitor_that_was_down_may_say_everything_again() -> None:
    world = World(latency=0.01).add(Monitor("monitor", ["a1"], DETECTOR), Beater("a1", ["monitor"]))
    trace = world.inject("crash a1 @3.5", "crash monitor @8..20").run(until=30).trace
    assert [e.time for e in trace.select("Suspected", kind="decision")] == [6.5, 23.0]
    assert each_change_once(trace)
    assert crashes_are_found(4.0)(trace)
    silent = without(trace, trace.select("Suspected", kind="decision")[-1])
    assert crashes_are_found(4.0)(silent).status == "violated"


def test_nobody_must_be_found_by_one_who_is_down() -> None:
    trace = watched(1, DETECTOR).inject("crash a1 @3.5", "crash monitor @4").run(until=30).trace
    assert crashes_are_found(4.0)(trace)


def test_a_network_fault_may_start_the_time_anew() -> None:
    mutated = the_dead_are_restored()
    healed = repeated(mutated, mutated.select("heal", agent="a2")[0], after=at(29.0))
    assert the_dead_stay_suspected(4.0)(healed).status == "violated"
    assert the_dead_stay_suspected(4.0, again=network_fault)(healed).status == "holds"


def test_an_older_heartbeat_may_be_heard_if_it_changes_nothing() -> None:
    world = watched(1, DETECTOR, latency=0.01).inject("delay a1>monitor #2 9", "crash a1 @1.5..2.5")
    trace = world.run(until=14).trace
    old = next(e for e in trace.select("Heartbeat", kind="handle") if round(e.time, 2) == 10.01)
    restored = repeated(trace, trace.select("decision")[-1], after=old, cause=old.seq, name="Restored")
    judge = properties(DETECTOR)[2]
    assert (judge(trace).status, judge(restored).status) == ("holds", "violated")


def shares(trace: Trace) -> tuple[float, float]:
    """Seconds in which the monitor and a1 are both up, and of these, in which it suspects a1."""
    both = doubted = before = 0.0
    up = suspects = False
    for now in moments(trace):
        both += (now.time - before) * up
        doubted += (now.time - before) * (up and suspects)
        up = {"monitor", "a1"} <= set(now.alive)
        suspects, before = "a1" in (now.state("monitor", "suspects") or ()), now.time
    return both, doubted


@pytest.mark.parametrize("seed", range(5))
def test_quality_is_what_one_finds_moment_by_moment(seed: int) -> None:
    world = watched(1, Timeout(1.5), seed=seed, loss=0.2).inject("crash a1 @200.3")
    trace = world.run(until=260.0).trace
    both, doubted = shares(ended(trace, 200.299))
    found = quality(trace)
    assert found.seconds == pytest.approx(both, abs=0.01)
    assert sum(found.mistakes) == pytest.approx(doubted, abs=0.01)
    assert found.accuracy == pytest.approx(1 - doubted / both, abs=1e-3)
    assert found.mistakes_per_hour == pytest.approx(3600 * len(found.mistakes) / both, rel=1e-3)
    assert found.mean_mistake * len(found.mistakes) == pytest.approx(doubted, abs=0.01)


def test_quality_of_the_trace() -> None:
    """Two crashes found, one mistake; being suspected until one is heard again is no mistake."""
    found = quality(trace())
    assert found.detection == (pytest.approx(3.0), pytest.approx(3.0))
    assert found.mean_detection == pytest.approx(3.0)
    assert found.mistakes == (pytest.approx(2.51),)


def test_a_crash_of_one_who_is_suspected_already_is_found_at_once() -> None:
    world = watched(1, DETECTOR, latency=0.01).inject("cut a1>monitor @2.5..9", "crash a1 @6.5")
    trace = world.run(until=20).trace
    assert quality(trace).detection == (0.0,)
    assert quality(trace).mistakes == (pytest.approx(1.0),)


def test_of_nothing_there_is_no_quality() -> None:
    found = quality(made(trace(), [], 0.0))
    assert (found.detection, found.mistakes, found.mean_mistake) == ((), (), 0.0)
    assert all(isnan(each) for each in (found.mean_detection, found.mistakes_per_hour, found.accuracy))


@pytest.mark.slow
def test_measuring_four_times_as_many_targets_takes_four_times_the_work() -> None:
    measure = Property("quality", lambda trace: Verdict("quality", str(quality(trace))))
    assert growth(measure, crowd(8).trace, crowd(32).trace) < 1.3
