"""Each property of failure detectors: kept by heartbeats, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

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
from coordlab.patterns.heartbeat.rules import PhiAccrual, Timeout
from coordlab.properties import Property, Verdict, moments
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, swapped, without

DETECTOR = Timeout(3.0)
ALL = properties(DETECTOR, within=4.0, mistakes=2.0)
S1, S2, S3, L1, STAY, L2 = (each.name for each in ALL)


@cache
def story() -> Trace:
    """a1 crashes and comes back; a2 is cut off for a while; a3 crashes for good, and is buried."""
    world = World(latency=0.01).add(Monitor("monitor", ["a1", "a2", "a3"], DETECTOR, grave=2.0))
    world.add(Beater(name, ["monitor"]) for name in ("a1", "a2", "a3"))
    world.inject("crash a1 @4.5..12.5", "cut a2>monitor @14.5..19.5", "crash a3 @21.5")
    return world.run(until=34.0).trace


def judged(trace: Trace) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in ALL)}


def news(name: str, target: str, trace: Trace | None = None) -> Event:
    """The last time that this was said of a target."""
    return [e for e in (trace or story()).select(name, kind="decision") if e.data.target == target][-1]


def at(seconds: float) -> Event:
    """The last event by then."""
    return [event for event in story() if event.time <= seconds][-1]


# --- mutations ------------------------------------------------------------------------------------


def suspected_twice() -> Trace:
    """The same, half a second later once more."""
    return repeated(story(), news("Suspected", "a1"), after=at(8.5))


def restored_twice() -> Trace:
    return repeated(story(), news("Restored", "a2"), after=at(21.0))


def buried_twice() -> Trace:
    return repeated(story(), news("Buried", "a3"), after=at(30.0))


def recovered_twice() -> Trace:
    """In the same incarnation."""
    return repeated(story(), news("Recovered", "a1"), after=at(14.0))


def suspected_after_the_burial() -> Trace:
    """The two change places."""
    return swapped(story(), news("Suspected", "a3"), news("Buried", "a3"))


def restored_unheard() -> Trace:
    """a2 is suspected twice, for nobody says that it was restored in between."""
    return repeated(without(story(), news("Restored", "a2")), news("Suspected", "a2"), after=at(33.0))


def suspected_too_early() -> Trace:
    """A second before the time-out is over."""
    return changed(story(), news("Suspected", "a3"), time=round(23.5e6))


def suspected_though_heard() -> Trace:
    """It is said of a2, which beats."""
    return changed(story(), news("Suspected", "a1"), data=replace(news("Suspected", "a1").data, target="a2"))


def heard_all_along() -> Trace:
    """One more heartbeat of a1 than there was, just before it is suspected."""
    heard = story().select("Heartbeat", kind="handle", peer="a1", before=4.5)[-1]
    return repeated(story(), heard, after=at(6.5))


def restored_by_an_earlier_life() -> Trace:
    """a2 has said before that this is its second life; what restores it comes from the first."""
    fourth = story().select("Heartbeat", agent="a2")[3]
    return changed(story(), fourth, data=replace(fourth.data, incarnation=2))


def falls_back() -> Trace:
    """a1 recovers under the incarnation that it had before."""
    recovered = news("Recovered", "a1")
    return changed(story(), recovered, data=replace(recovered.data, incarnation=1))


def never_suspected() -> Trace:
    return without(story(), news("Suspected", "a3"), news("Buried", "a3"))


def suspected_late() -> Trace:
    """Two seconds after it should have been."""
    buried = without(story(), news("Buried", "a3"))
    return late(buried, news("Suspected", "a3"), after=at(27.0))


def the_dead_are_restored() -> Trace:
    """Eight seconds after the crash a3 is trusted again."""
    return repeated(story(), news("Restored", "a2"), after=at(30.0), data=news("Suspected", "a3").data)


def never_restored() -> Trace:
    return without(story(), news("Restored", "a2"))


def restored_late() -> Trace:
    """Three seconds after it was heard again."""
    return late(story(), news("Restored", "a2"), after=at(23.0))


BROKEN: dict[str, list[Callable[[], Trace]]] = {
    S1: [
        suspected_twice,
        restored_twice,
        buried_twice,
        recovered_twice,
        suspected_after_the_burial,
        restored_unheard,
    ],
    S2: [suspected_too_early, suspected_though_heard, heard_all_along],
    S3: [falls_back, restored_by_an_earlier_life],
    L1: [never_suspected, suspected_late],
    STAY: [the_dead_are_restored],
    L2: [never_restored, restored_late],
}


def test_heartbeats_keep_them_all() -> None:
    """The story as it was: every property holds."""
    assert {each.status for each in judged(story()).values()} == {"holds"}


@pytest.mark.parametrize(
    ("name", "mutation"), [(name, each) for name, mutations in BROKEN.items() for each in mutations]
)
def test_each_objects_to_the_trace_that_breaks_it(name: str, mutation: Callable[[], Trace]) -> None:
    """A violation names its moment, its event and its reason."""
    verdict = judged(mutation())[name]
    assert verdict.status == "violated"
    assert verdict.at is not None
    assert verdict.because


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction."""
    assert set(BROKEN) == set(judged(story()))


def test_what_it_says_when_it_objects() -> None:
    """In plain words, with names and times."""
    said = [
        judged(trace())[name].because for name, trace in ((S1, suspected_twice), (S2, suspected_too_early))
    ]
    assert said == [
        "monitor says Suspected of a1, after Suspected.",
        "monitor suspects a3, whose heartbeats came as they should.",
    ]


# --- undecided ------------------------------------------------------------------------------------


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """2 s after the last crash it may still be found."""
    assert judged(ended(story(), 23.5))[L1].status == "undecided"


def test_while_a_mistake_may_still_be_taken_back_nothing_is_decided() -> None:
    """The cut is over, and the next heartbeat on its way."""
    assert judged(ended(story(), 19.9))[L2].status == "undecided"


def test_where_nobody_crashed_and_nobody_erred_liveness_is_undecided() -> None:
    """Nothing was opened, so nothing was kept; what is never to happen did not."""
    calm = watched(2, DETECTOR).run(until=10.0).trace
    assert [verdict.status for verdict in judged(calm).values()] == [
        *["holds"] * 3,
        "undecided",
        "holds",
        "undecided",
    ]


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(story(), [], 0.0)).values()} == {"undecided"}


# --- finer points ---------------------------------------------------------------------------------


def test_a_monitor_that_was_down_may_say_everything_again() -> None:
    """It has forgotten; and it is given time anew."""
    world = World(latency=0.01).add(Monitor("monitor", ["a1"], DETECTOR), Beater("a1", ["monitor"]))
    trace = world.inject("crash a1 @3.5", "crash monitor @8..20").run(until=30).trace
    assert [e.time for e in trace.select("Suspected", kind="decision")] == [6.5, 23.0]
    assert each_change_once()(trace)
    assert crashes_are_found(4.0)(trace)
    silent = without(trace, trace.select("Suspected", kind="decision")[-1])
    assert crashes_are_found(4.0)(silent).status == "violated"


def test_nobody_must_be_found_by_one_who_is_down() -> None:
    """The monitor crashes before it could; and nothing else is open."""
    trace = watched(1, DETECTOR).inject("crash a1 @3.5", "crash monitor @4").run(until=30).trace
    assert crashes_are_found(4.0)(trace)


def test_a_network_fault_may_start_the_time_anew() -> None:
    """If news can be long under way, who is restored right after a partition is not restored too late."""
    trace = the_dead_are_restored()
    healed = repeated(trace, trace.select("heal", agent="a2")[0], after=at(29.0))
    assert the_dead_stay_suspected(4.0)(healed).status == "violated"
    assert the_dead_stay_suspected(4.0, anew=network_fault)(healed).status == "holds"


def test_an_older_heartbeat_may_be_heard_if_it_changes_nothing() -> None:
    """It comes late, and restores nobody; if somebody is restored because of it, that is wrong."""
    world = watched(1, DETECTOR, latency=0.01).inject("delay a1>monitor #2 9", "crash a1 @1.5..2.5")
    trace = world.run(until=14).trace
    old = next(e for e in trace.select("Heartbeat", kind="handle") if round(e.time, 2) == 10.01)
    restored = repeated(trace, trace.select("decision")[-1], after=old, cause=old.seq, name="Restored")
    judge = properties(DETECTOR)[2]
    assert (judge(trace).status, judge(restored).status) == ("holds", "violated")


# --- quality of service ---------------------------------------------------------------------------


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
    """On a lossy network, with a last crash: mistakes and their length, by the states of the monitor."""
    world = watched(1, Timeout(1.5), seed=seed, loss=0.2).inject("crash a1 @200.3")
    trace = world.run(until=260.0).trace
    both, doubted = shares(ended(trace, 200.299))
    found = quality(trace)
    assert found.seconds == pytest.approx(both, abs=0.01)
    assert sum(found.mistakes) == pytest.approx(doubted, abs=0.01)
    assert found.accuracy == pytest.approx(1 - doubted / both, abs=1e-3)
    assert found.mistakes_per_hour == pytest.approx(3600 * len(found.mistakes) / both, rel=1e-3)
    assert found.mean_mistake * len(found.mistakes) == pytest.approx(doubted, abs=0.01)


def test_quality_of_the_story() -> None:
    """Two crashes found, one mistake; being suspected until one is heard again is no mistake."""
    found = quality(story())
    assert found.detection == (pytest.approx(3.0), pytest.approx(3.0))
    assert found.mean_detection == pytest.approx(3.0)
    assert found.mistakes == (pytest.approx(2.51),)


def test_a_crash_of_one_who_is_suspected_already_is_found_at_once() -> None:
    """And the mistake ends there."""
    trace = (
        watched(1, DETECTOR, latency=0.01)
        .inject("cut a1>monitor @2.5..9", "crash a1 @6.5")
        .run(until=20)
        .trace
    )
    assert quality(trace).detection == (0.0,)
    assert quality(trace).mistakes == (pytest.approx(1.0),)


def test_of_nothing_there_is_no_quality() -> None:
    """Not a number, rather than a perfect one."""
    found = quality(made(story(), [], 0.0))
    assert (found.detection, found.mistakes, found.mean_mistake) == ((), (), 0.0)
    assert [str(each) for each in (found.mean_detection, found.mistakes_per_hour, found.accuracy)] == [
        "nan"
    ] * 3


# --- work -----------------------------------------------------------------------------------------


@cache
def weather(agents: int, detector: Timeout | PhiAccrual = DETECTOR) -> Trace:
    """So many targets, of which every fourth crashes and comes back."""
    world = watched(agents, detector).inject(*[f"crash a{n} @{3 + n / 50}..9" for n in range(1, agents, 4)])
    return world.run(until=15.0).trace


@pytest.mark.parametrize("judge", ALL, ids=lambda each: each.name)
def test_judging_four_times_as_many_targets_takes_four_times_the_work(judge: Property) -> None:
    """Nobody looks back at what has been judged."""
    assert growth(judge, weather(20), weather(80)) < 1.3


def test_and_so_does_measuring() -> None:
    """The quality of service as well."""
    measure = Property("quality", lambda trace: Verdict("quality", str(quality(trace))))
    assert growth(measure, weather(20), weather(80)) < 1.3
