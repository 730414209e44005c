"""Each property of a group that watches itself: kept by SWIM, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from coordlab.patterns.heartbeat.checks import crashes_are_found
from coordlab.patterns.swim import group
from coordlab.patterns.swim.checks import properties, reach
from coordlab.properties import Property, Verdict
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, swapped, without

ALL = properties(4)
S1, S3, L1, STAY, L2 = (each.name for each in ALL)


@cache
def story() -> Trace:
    """m2 is cut off, buried, and restored under incarnation 2; m3 crashes for good."""
    world = group(4, latency=0.01).inject("partition m2 @3..15", "crash m3 @30.5")
    return world.run(until=60.0).trace


def judged(trace: Trace) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in ALL)}


def news(name: str, target: str, agent: str = "m1") -> Event:
    """The last time that an agent said this of a target."""
    said = story().select(name, kind="decision", agent=agent)
    return [event for event in said if event.data.target == target][-1]


def at(seconds: float) -> Event:
    """The last event by then."""
    return [event for event in story() if event.time <= seconds][-1]


# --- mutations ------------------------------------------------------------------------------------


def buried_twice() -> Trace:
    return repeated(story(), news("Buried", "m3"), after=at(55.0))


def restored_twice() -> Trace:
    return repeated(story(), news("Restored", "m2"), after=at(29.0))


def suspected_after_the_burial() -> Trace:
    """The two change places."""
    return swapped(story(), news("Suspected", "m3"), news("Buried", "m3"))


def restored_by_old_news() -> Trace:
    """m2 is restored under the incarnation in which it was buried."""
    restored = news("Restored", "m2")
    return changed(story(), restored, data=replace(restored.data, incarnation=1))


def buried_by_old_news() -> Trace:
    """m2 is buried in incarnation 1 after it was restored in 2."""
    return repeated(story(), news("Buried", "m2"), after=at(29.0))


def never_buried() -> Trace:
    """m1 suspects m3 for ever."""
    return without(story(), news("Buried", "m3"))


def never_heard_of() -> Trace:
    """m4 hears neither of the suspicion nor of the death."""
    return without(story(), news("Suspected", "m3", "m4"), news("Buried", "m3", "m4"))


def buried_late() -> Trace:
    """Fifteen seconds after the crash."""
    return late(story(), news("Buried", "m3"), after=at(46.0))


def the_dead_are_restored() -> Trace:
    """m3 is alive to m1 though it has been down for 20 s."""
    return repeated(story(), news("Restored", "m2"), after=at(50.5), data=replace(news("Buried", "m3").data))


def never_restored() -> Trace:
    return without(story(), news("Restored", "m2"))


def restored_late() -> Trace:
    """Eight seconds after the partition is over, though every probe takes seven at most."""
    return late(story(), news("Restored", "m2"), after=at(23.0))


BROKEN: dict[str, list[Callable[[], Trace]]] = {
    S1: [buried_twice, restored_twice, suspected_after_the_burial],
    S3: [restored_by_old_news, buried_by_old_news, buried_twice],
    L1: [never_buried, never_heard_of, buried_late],
    STAY: [the_dead_are_restored],
    L2: [never_restored, restored_late],
}


def test_swim_keeps_them_all() -> None:
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
    """In plain words, with names and incarnations."""
    assert judged(buried_by_old_news())[S3].because == (
        "m1 knew incarnation 2 of m2, and this is older or less grave."
    )


def test_the_bounds_follow_from_the_size_of_the_group() -> None:
    """Twice around, a period to find out, and the time to object; the last is not needed to be restored."""
    assert (reach(4, 1.0), L1, L2) == (
        6.0,
        "crashes are found within 12 s",
        "mistakes are taken back within 7 s",
    )


def test_news_that_was_long_under_way_starts_the_time_anew() -> None:
    """The word that m3 was up reaches m1 10 s after the crash: it has the whole time again to bury it."""
    before = without(story(), news("Suspected", "m3"))
    word = repeated(before, news("Restored", "m2"), after=at(40.0), data=replace(news("Buried", "m3").data))
    trace = late(word, word[news("Buried", "m3").seq], after=at(43.0))
    assert judged(trace)[L1].status == "holds"
    assert crashes_are_found(12.0, grave=True)(trace).status == "violated"


# --- undecided ------------------------------------------------------------------------------------


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """4 s after the crash it may still be found; just after the partition, mistakes may be taken back."""
    assert judged(ended(story(), 34.5))[L1].status == "undecided"
    assert judged(ended(story(), 15.1))[L2].status == "undecided"


def test_where_nobody_crashed_and_nobody_erred_liveness_is_undecided() -> None:
    """Nothing was opened, so nothing was kept."""
    calm = judged(group(4).run(until=10.0).trace)
    assert [verdict.status for verdict in calm.values()] == [
        *["holds"] * 2,
        "undecided",
        "holds",
        "undecided",
    ]


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(story(), [], 0.0)).values()} == {"undecided"}


# --- work -----------------------------------------------------------------------------------------


@cache
def weather(members: int) -> Trace:
    """A group of which one crashes and another comes back."""
    return group(members).inject("crash m2 @2", "crash m3 @3..8").run(until=14.0).trace


@pytest.mark.parametrize("judge", ALL, ids=lambda each: each.name)
def test_judging_a_group_four_times_as_large_takes_no_more_for_each_event(judge: Property) -> None:
    """Nobody looks back at what has been judged."""
    assert growth(judge, weather(20), weather(80)) < 1.5
