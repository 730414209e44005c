"""Each property of locks, coordinators and probes: kept, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from coordlab.patterns.deadlock import Deadlock, demo, philosophers, probe_checks as probing
from coordlab.patterns.deadlock.checks import properties
from coordlab.patterns.deadlock.probes import Probe, waiting
from coordlab.patterns.deadlock.rules import all_of
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth, steps
from tests.properties.mutated import changed, ended, late, made, repeated, without

trace = cache(lambda: demo().trace)
RING = {"1": all_of("2"), "2": all_of("3"), "3": all_of("1")}
ring = cache(lambda: waiting({"1": ("2",), "2": ("3",), "3": ("1",)}).run(until=6.0).trace)

PHANTOM = "no deadlock is reported that is none"
VICTIMS = "victims break every ring, and none too many"


def judged(told: Trace, within: float = 2.0, done: float = 60.0, times: int = 5) -> dict[str, str]:
    return {each.name: each(told).status for each in properties(within, done, times)}


def probed(told: Trace) -> dict[str, str]:
    return {each.name: each(told).status for each in probing.properties(RING)}


def report() -> Event:
    return trace().select("decision")[0]


def a_report_too_early() -> Trace:
    """Before the last of the ring has asked for its second fork."""
    second = [event for event in trace().select("Request", kind="handle") if event.time < report().time]
    return late(trace(), second[-1], report())


def a_report_of_one_who_is_free() -> Trace:
    """The coordinator names somebody who is not there."""
    return changed(trace(), report(), data=Deadlock(("p9.1", "p1.1"), report().data.victims))


def a_victim_too_many() -> Trace:
    """Two are sent back where one would do."""
    return changed(trace(), report(), data=replace(report().data, victims=report().data.ring[:2]))


def no_victim() -> Trace:
    """A ring is reported, and nobody sent back."""
    return changed(trace(), report(), data=replace(report().data, victims=()))


def granted_to_two() -> Trace:
    """A fork goes to somebody while another holds it."""
    grant = trace().select("Granted", kind="send")[0]
    other = next(e for e in trace().select("Granted", kind="send") if e.data.key != grant.data.key)
    return changed(trace(), grant, data=other.data)


BROKEN: list[tuple[Callable[[], Trace], str]] = [
    (a_report_too_early, PHANTOM),
    (a_report_of_one_who_is_free, PHANTOM),
    (a_victim_too_many, VICTIMS),
    (no_victim, VICTIMS),
    (granted_to_two, "locks are held within their limits"),
]


def test_the_page_keeps_every_promise() -> None:
    """All six hold."""
    assert set(judged(trace()).values()) == {"holds"}


@pytest.mark.parametrize(("broken", "name"), BROKEN, ids=[make.__name__ for make, _ in BROKEN])
def test_a_broken_promise_is_found(broken: Callable[[], Trace], name: str) -> None:
    """What the trace tells violates the property that is meant for it."""
    assert judged(broken())[name] == "violated"


def test_a_ring_that_stands_too_long_is_found() -> None:
    """It stood for most of a second."""
    assert judged(trace(), within=0.1)["deadlocks end within 0.1 s"] == "violated"


def test_a_ring_that_nobody_breaks_is_found_or_undecided_if_the_run_ends() -> None:
    """Nobody looks: the ring stands to the end."""
    told = philosophers(period=30.0).run(until=10.0).trace
    assert judged(told)["deadlocks end within 2 s"] == "violated"
    assert judged(ended(told, 1.0))["deadlocks end within 2 s"] == "undecided"


def test_who_is_not_done_in_time_is_late_and_undecided_before() -> None:
    """Three meals take more than a second."""
    assert judged(trace(), done=1.0)["everybody is done within 1 s"] == "violated"
    assert judged(ended(trace(), 1.0))["everybody is done within 60 s"] == "undecided"


def test_whoever_falls_too_often_is_found() -> None:
    """Once is more than never."""
    assert judged(trace(), times=0)["nobody is sent back more than 0 times running"] == "violated"


def test_an_empty_trace_tells_nothing() -> None:
    """Of locks, or of probes."""
    empty = made(trace(), [], 0.0)
    assert set(judged(empty).values()) | set(probed(empty).values()) == {"undecided"}


@pytest.mark.parametrize("number", range(6))
def test_properties_do_linear_work(number: int) -> None:
    """Four times the meals, four times the work."""
    short, long = (philosophers(3, rounds=meals).run(until=3.0 * meals).trace for meals in (3, 12))
    assert growth(properties(done=999)[number], short, long) < 1.5


# --- probes ---------------------------------------------------------------------------------------


def test_probes_keep_every_promise() -> None:
    """All three hold."""
    assert set(probed(ring()).values()) == {"holds"}


def test_who_says_so_without_cause_is_found() -> None:
    """Somebody who waits for nobody claims to be stuck."""
    told = changed(ring(), ring().select("decision")[0], agent="9")
    assert probed(told)["only the stuck say so"] == "violated"


def test_a_ring_that_nobody_finds_is_found_here() -> None:
    """All decisions are gone; cut short, it is undecided."""
    silent = without(ring(), *ring().select("decision"))
    assert probed(silent)["found within 5 s"] == "violated"
    assert probed(ended(silent, 3.0))["found within 5 s"] == "undecided"


@pytest.mark.parametrize("mutate", ["twice", "astray"])
def test_a_probe_too_many_is_found(mutate: str) -> None:
    """The same one twice along a wait, or one where no wait leads."""
    probe = ring().select("Probe", kind="send")[0]
    told = repeated(ring(), probe) if mutate == "twice" else changed(ring(), probe, peer="9", data=Probe("1"))
    assert probed(told)["one probe for each wait"] == "violated"


@pytest.mark.parametrize("number", range(3))
def test_probe_properties_do_linear_work(number: int) -> None:
    """A ring four times as long, with sixteen times the probes."""
    waits = [{str(n): (str((n + 1) % agents),) for n in range(agents)} for agents in (5, 20)]
    told = [waiting(each).run(until=6.0).trace for each in waits]
    models = [{who: all_of(*on) for who, on in each.items()} for each in waits]
    work = [
        steps(probing.properties(model)[number], trace) for model, trace in zip(models, told, strict=True)
    ]
    assert work[1] / work[0] < 1.5 * len(told[1]) / len(told[0])
