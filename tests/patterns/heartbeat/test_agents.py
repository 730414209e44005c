"""Heartbeats: who is suspected, when, how often it is said, and what a silence teaches."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.heartbeat import DEFAULT, Beater, Heartbeat, Monitor, Peer, naive, watched
from coordlab.patterns.heartbeat.checks import properties, quality
from coordlab.patterns.heartbeat.rules import (
    Detector,
    News,
    PhiAccrual,
    Recovered,
    Restored,
    Suspected,
    Timeout,
)
from coordlab.trace.trace import Trace
from coordlab.world.run import Run
from coordlab.world.world import AgentError
from tests.patterns.heartbeat.story import DETECTORS


def one(detector: Timeout | PhiAccrual = DEFAULT, **weather: Any) -> World:
    """A monitor of a1; messages take 10 ms."""
    return watched(1, detector, **{"latency": 0.01, **weather})


def told(trace: Trace, since: float = 0.0, agent: str = "monitor") -> list[str]:
    return [
        f"{event.time:.2f} {event.name} {event.data.target} {event.data.incarnation}"
        for event in trace.select("decision", agent=agent, since=since)
    ]


def statuses(run: Run) -> dict[str, str]:
    return {verdict.name: verdict.status for verdict in run.verdicts}


# --- the happy trace, and one fault ---------------------------------------------------------------


def test_a_heartbeat_restores_a_silence_is_suspected_and_a_new_life_recovers() -> None:
    trace = one().inject("crash a1 @1.5..6").run(until=7.2).trace
    happened = [str(event) for event in trace.select("handle", "state", "decision", "crash", "restart")]
    assert happened == [
        "0.010 monitor handle Heartbeat <- a1",
        "0.010 monitor decision Restored {'target': 'a1', 'incarnation': 1}",
        "1.010 monitor handle Heartbeat <- a1",
        "1.500 a1 crash",
        "4.500 monitor state suspects ['a1']",
        "4.500 monitor state role worried",
        "4.500 monitor decision Suspected {'target': 'a1', 'incarnation': 1}",
        "6.000 a1 restart Beater",
        "6.010 monitor handle Heartbeat <- a1",
        "6.010 monitor state suspects []",
        "6.010 monitor state role content",
        "6.010 monitor decision Recovered {'target': 'a1', 'incarnation': 2}",
        "7.010 monitor handle Heartbeat <- a1",
    ]


def test_a_long_suspicion_becomes_a_death() -> None:
    world = World(latency=0.01).add(Monitor("monitor", ["a1"], Timeout(3.0), grave=2.0))
    trace = world.add(Beater("a1", ["monitor"])).inject("cut a1>monitor @1.5..9.5").run(until=12).trace
    assert told(trace, since=1) == ["4.50 Suspected a1 1", "6.50 Buried a1 1", "10.01 Restored a1 1"]


def test_who_never_came_is_suspected_after_a_time_out_and_not_at_the_first_look() -> None:
    trace = one().inject("crash a1 @0").run(until=5.0).trace
    assert told(trace) == ["3.00 Suspected a1 0"]


def test_a_monitor_that_comes_late_listens_from_then_on() -> None:
    world = World(latency=0.01).add(Monitor("monitor", ["a1", "a2"], Timeout(3.0)), at=50.0)
    world.add(Beater(name, ["monitor"]) for name in ("a1", "a2")).inject("crash a2 @20")
    assert told(world.run(until=60).trace) == ["50.01 Restored a1 1", "53.00 Suspected a2 0"]


def test_a_monitor_that_crashes_has_forgotten_and_begins_anew() -> None:
    world = watched(2, Timeout(3.0), latency=0.01).inject("crash a2 @5.2", "crash monitor @10.2..30")
    run = world.run(until=40)
    assert told(run.trace, since=5) == ["8.50 Suspected a2 1", "30.01 Restored a1 1", "33.00 Suspected a2 0"]
    assert [judge(run.trace).status for judge in properties(Timeout(3.0))] == ["holds"] * 6


def test_all_may_watch_all() -> None:
    names = ["p1", "p2", "p3", "p4"]
    world = World(latency=0.01).add(Peer(name, names) for name in names).inject("crash p3 @5.5")
    run = world.expect(*properties(Timeout(3.0))).run(until=12.0)
    assert [(e.agent, e.data.target) for e in run.trace.select("Suspected", kind="decision")] == [
        (name, "p3") for name in ("p1", "p2", "p4")
    ]
    assert set(statuses(run).values()) == {"holds"}


# --- detectors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_finds_a_crash_and_errs_on_nobody(name: str) -> None:
    run = one(DETECTORS[name]).inject("crash a1 @60.5").run(until=75.0)
    waits = {"time-out": 3.0, "normal": 1.5, "logistic": 1.5, "exponential": 4.5, "window of 10": 2.5}
    assert quality(run.trace).detection == (waits[name],)
    assert quality(run.trace).mistakes == ()


def test_phi_learns_how_long_silences_are() -> None:
    """Heartbeats come every 2 s though it expects 1 s: it errs at first, then takes it as it is."""
    run = watched(1, PhiAccrual(pause=1.5), interval=2.0, latency="exponential(0.2)").run(until=600)
    suspected = [event.time for event in run.trace.select("Suspected", kind="decision")]
    assert len([at for at in suspected if at > 60]) == 0


def test_anything_with_the_two_methods_is_a_detector() -> None:
    @dataclass
    class Lenient:
        last: float = inf
        chances: list[float] = field(default_factory=lambda: [5.0, 2.0])

        def heard(self, now: float, outage: bool = False) -> None:
            self.last = now

        def suspects(self, now: float) -> bool:
            return now - self.last > self.chances[-1]

    detector: Detector = Lenient()
    world = World(latency=0.01).add(Monitor("monitor", ["a1"], detector), Beater("a1", ["monitor"]))
    run = world.inject("crash a1 @5.5").expect(*properties(detector)).run(until=12.0)
    assert set(statuses(run).values()) == {"holds"}
    assert told(run.trace, since=1) == ["7.50 Suspected a1 1"]


# --- slow is not dead -----------------------------------------------------------------------------


def test_a_pause_for_garbage_looks_like_a_crash_until_it_is_over() -> None:
    world = one().inject("slow a1>monitor 3 @9.5..12.5")
    run = world.expect(*properties(Timeout(3.0), mistakes=2.0)).run(until=30)
    assert told(run.trace, since=1) == ["12.50 Suspected a1 1", "13.01 Restored a1 1"]
    assert quality(run.trace).mistakes == (pytest.approx(0.51),)
    assert {"mistakes are taken back within 2 s": "holds"}.items() <= statuses(run).items()


def test_an_acceptable_pause_forgives_it() -> None:
    """With the 3 s of an Akka cluster the same pause is no news; a crash takes 3 s longer to find."""
    patient = PhiAccrual(pause=3.0)
    paused = one(patient).inject("slow a1>monitor 3 @9.5..12.5").run(until=30)
    assert told(paused.trace, since=1) == []
    plain, late = (one(each).inject("crash a1 @20.5").run(until=30).trace for each in (PhiAccrual(), patient))
    assert quality(late).detection[0] - quality(plain).detection[0] == 3.0


def test_a_heart_that_beats_while_the_worker_is_stuck_tells_nothing() -> None:
    class Worker(Beater):
        def well(self) -> bool:
            return self.now < 5  # its work is stuck from then on

    def suspected(kind: type[Beater]) -> list[str]:
        world = World(latency=0.01).add(Monitor("monitor", ["a1"]), kind("a1", ["monitor"]))
        return told(world.run(until=12.0).trace, since=1)

    assert (suspected(Beater), suspected(Worker)) == ([], ["7.50 Suspected a1 1"])


TRACES = {
    "near": {"latency": "uniform(0.01, 0.05)"},
    "jitter": {"latency": "exponential(0.15)"},
    "heavy tail": {"latency": "pareto(0.05, 2.5)"},
}


def hours(detector: Timeout | PhiAccrual, trace: str) -> Trace:
    """Three hours of watching altogether, with twelve crashes spread over them."""
    dice = random.Random(trace)
    crashes = [
        f"crash a{dice.randint(1, 3)} @{at + dice.uniform(0, 100):.3f}..{at + 150}"
        for at in range(200, 3500, 280)
    ]
    return watched(3, detector, seed=5, **TRACES[trace]).inject(*crashes).run(until=3600.0).trace


@pytest.mark.slow
@pytest.mark.parametrize("trace", TRACES)
def test_one_detector_is_quick_and_rarely_wrong_on_three_networks(trace: str) -> None:
    quality_of = quality(hours(Timeout(2.9), trace))
    assert len(quality_of.detection) == 12
    assert 2.4 < quality_of.mean_detection < 3.0
    assert quality_of.mistakes_per_hour < 1
    assert quality_of.mean_mistake < 2.0
    assert quality_of.accuracy > 0.9995


@pytest.mark.slow
def test_quicker_is_wrong_more_often_and_slower_is_slower() -> None:
    quick, slow = (quality(hours(Timeout(seconds), "jitter")) for seconds in (1.5, 2.5))
    assert slow.mean_detection - quick.mean_detection == pytest.approx(1.0, abs=0.1)
    assert quick.mistakes_per_hour > 5
    assert slow.mistakes_per_hour < 1


# --- where the usual first try goes wrong ---------------------------------------------------------


def test_nobody_is_failed_before_its_time() -> None:
    assert naive.never_heard() == 15.0
    assert told(one(Timeout(30.0)).inject("crash a1 @0").run(until=60).trace) == ["30.00 Suspected a1 0"]


def test_a_failure_is_told_once() -> None:
    assert naive.failovers_for_one_failure() == 10
    assert len(told(one(Timeout(30.0)).inject("crash a1 @0").run(until=156).trace)) == 1


def test_a_story_of_the_first_try_is_played_with_another_monitor() -> None:
    class Calm(naive.FirstTry):
        async def monitor(self, agent: str) -> None:
            await self.on_failure(agent)

    assert naive.failures(naive.heard(), Calm) == [0.0]


def test_a_recovery_is_told() -> None:
    assert naive.told_of_a_recovery() == []
    run = one(Timeout(30.0)).inject("crash a1 @1..100").run(until=156)
    assert told(run.trace, since=100) == ["100.01 Recovered a1 2"]


@pytest.mark.parametrize("ahead", ["+3600", "-3600"])
def test_setting_the_clock_changes_nothing(ahead: str) -> None:
    assert (naive.clock_set_forwards(), naive.clock_set_back()) == ([60.0], [])
    skewed = watched(2, Timeout(3.0), latency=0.01).inject("crash a2 @5.2")
    skewed.inject(f"skew monitor x1 {ahead} @4", f"skew a1 x1 {ahead} @4")
    assert told(skewed.run(until=20.0).trace, since=1) == ["8.50 Suspected a2 1"]


def test_an_error_in_what_one_does_about_it_is_seen() -> None:
    assert naive.looks_after_a_slip() == (1, True)

    class Slips(Monitor):
        def on_news(self, news: News) -> None:
            raise KeyError(news.target)

    with pytest.raises(AgentError, match=r"agent monitor \(Slips\) failed at .* KeyError: 'a1'"):
        World().add(Slips("monitor", ["a1"]), Beater("a1", ["monitor"])).run(until=5)


def test_one_who_stops_watching_stops() -> None:
    class Once(Monitor):
        def on_news(self, news: News) -> None:
            if isinstance(news, Suspected):
                self.stop()

    world = World(latency=0.01).add(Once("monitor", ["a1", "a2"]))
    world.add(Beater(name, ["monitor"]) for name in ("a1", "a2"))
    world.inject("crash a1 @1.5..8", "crash a2 @1.5..8")
    trace = world.run(until=20.0).trace
    assert told(trace, since=1) == ["4.50 Suspected a1 1"]
    assert trace.count("timer", agent="monitor", since=5.1) == 0


@pytest.mark.slow
def test_one_loop_watches_everybody() -> None:
    looks = [watched(agents).run(until=20.0).trace.count("timer", agent="monitor") for agents in (1, 100)]
    assert looks == [40, 40]


def test_a_crash_is_noticed_no_later_than_a_period_after_the_time_out() -> None:
    assert naive.seconds_to_notice() == 45.0
    run = one(Timeout(30.0)).inject("crash a1 @10.05").run(until=60)
    suspected = run.trace.select("Suspected", kind="decision")[0].time
    assert 30.0 <= suspected - 10.01 <= 30.5


# --- acting on it, and statistics -----------------------------------------------------------------


def test_a_subclass_that_acts_on_the_news_acts_once_for_each_change_and_it_is_counted() -> None:
    acted: list[News] = []

    class Acts(Monitor):
        def on_news(self, news: News) -> None:
            acted.append(news)

    monitor = Acts("monitor", ["a1"])
    world = World(latency=0.01).add(monitor, Beater("a1", ["monitor"]))
    world.inject("crash a1 @1.5..6", "cut a1>monitor @10.5..15.5").run(until=30)
    first, second = [Restored("a1", 1), Suspected("a1", 1)], [Suspected("a1", 2), Restored("a1", 2)]
    assert acted == [*first, Recovered("a1", 2), *second]
    assert monitor.statistics == {"a1": {"Restored": 2, "Suspected": 2, "Recovered": 1}}


# --- bad input ------------------------------------------------------------------------------------


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: Monitor("monitor", "a1"), r"the others of monitor='a1': expected a list or tuple of names"),
    (lambda: Monitor("monitor", ["a1", "a1"]), r"the others of monitor: 'a1' is listed twice"),
    (lambda: Beater("monitor", ["a1", "monitor"]), r"monitor among .*: expected the names of others"),
    (lambda: Monitor("monitor", ["a1"], period=inf), r"period=inf: expected seconds above 0"),
    (lambda: Beater("a1", ["monitor"], interval=0), r"interval=0: expected seconds above 0"),
    (lambda: Monitor("monitor", ["a1"], 3.0), r"detector=3\.0: expected Detector.* For example: Timeout"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "says"), REFUSED)
def test_what_makes_no_sense_is_refused(make: Callable[[], Any], says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        make()


def test_the_heartbeat_of_a_stranger_is_no_news() -> None:
    world = World(latency=0.01).add(Monitor("monitor", []), Beater("zed", ["monitor"]))
    trace = world.run(until=3.0).trace
    assert (trace.count("Heartbeat", kind="handle"), told(trace)) == (3, [])


def test_an_older_heartbeat_that_arrives_late_restores_nobody() -> None:
    world = one(reorder=0.0).inject("delay a1>monitor #2 9", "crash a1 @1.5..2.5", "crash a1 @3.2")
    run = world.run(until=14)
    late = run.trace.select("Heartbeat", kind="handle")[-1]
    assert (round(late.time, 2), late.content) == (10.01, Heartbeat(1))
    assert told(run.trace) == ["0.01 Restored a1 1", "2.51 Recovered a1 2", "6.00 Suspected a1 2"]
