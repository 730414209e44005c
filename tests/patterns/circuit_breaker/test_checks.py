"""Each property of circuit breakers: kept by the pattern, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.circuit_breaker import Callee, Caller
from coordlab.patterns.circuit_breaker.checks import closing_time, properties
from coordlab.patterns.circuit_breaker.rules import (
    CLOSED,
    FAILURE,
    HALF_OPEN,
    OPEN,
    SUCCESS,
    Outcome,
    Permit,
    Refusal,
    Settings,
    Transition,
)
from coordlab.properties import Verdict
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, swapped, without

SETTINGS = Settings(
    failures=3, failure_rate=0.9, window_calls=6, minimum_calls=4, wait=1.0, probes=2, probe_wait=1.0
)
NAMES = [each.name for each in properties(SETTINGS, 0.25)]
S1, S2, S3, S4, S5, S6, L1, L2, L3 = NAMES


def callers(names: tuple[str, ...], until: float) -> Trace:
    """Each calls db four times a second; it is down from 2.9 s to 5.5 s."""
    world = World(latency=0.01).add(Callee("db"), *(Caller(name, settings=SETTINGS) for name in names))
    return world.inject("crash db @2.9..5.5").run(until=until).trace


@cache
def story() -> Trace:
    """Ann alone: closed, open, half-open, open, half-open, open, half-open, closed."""
    return callers(("ann",), until=9.0)


def judged(trace: Trace) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in properties(SETTINGS, 0.25))}


def notes(kind: type, since: float = 0.0) -> list[Event]:
    """What the breaker tells of one kind."""
    return [event for event in story().select("note", since=since) if isinstance(event.data, kind)]


def turn(after: str, since: float = 0.0) -> Event:
    """The first transition to a state since then."""
    return next(event for event in notes(Transition, since) if event.data.after == after)


def probe() -> Event:
    return next(event for event in notes(Permit) if event.data.probe)


def refusal(since: float = 0.0) -> Event:
    return notes(Refusal, since)[0]


def edited(event: Event, **fields: Any) -> Trace:
    """Some fields of what the breaker tells read otherwise."""
    return changed(story(), event, data=replace(event.data, **fields))


# --- mutations ------------------------------------------------------------------------------------


def permitted_while_open() -> Trace:
    """Half a second after the trip one is admitted."""
    return changed(story(), refusal(), data=Permit("db", 1, 99, refusal().time))


def called_without_leave() -> Trace:
    """The call is made, though it was refused."""
    asked = story().select("Request")[0]
    return repeated(story(), asked, after=refusal())


def permit_in_the_forced_state() -> Trace:
    """The hand had forced it open."""
    opened = turn(OPEN)
    forced = edited(opened, after="forced open", why="forced")
    return changed(forced, refusal(), data=Permit("db", 1, 99, refusal().time))


def a_herd_of_probes() -> Trace:
    """Three probes at once, where two are allowed."""
    one = probe()
    two = repeated(story(), one, data=replace(one.data, number=98))
    return repeated(two, one, data=replace(one.data, number=99))


def closed_from_open() -> Trace:
    """From open straight to closed."""
    return edited(turn(HALF_OPEN), after=CLOSED)


def transition_lost() -> Trace:
    """The breaker is half-open, and nobody was told that it had opened."""
    return without(story(), turn(OPEN))


def transition_twice() -> Trace:
    """It opens, and opens."""
    return repeated(story(), turn(OPEN))


def generation_kept() -> Trace:
    """The generation does not go up."""
    return edited(turn(OPEN), generation=0)


def closed_by_an_old_call() -> Trace:
    """The call that closed it was admitted before the trip."""
    last = [event for event in notes(Outcome) if event.seq < turn(CLOSED).seq][-1]
    return edited(last, generation=0)


def tripped_by_nothing() -> Trace:
    """It opens a call later: after a refusal, not after an outcome."""
    return late(story(), turn(OPEN), after=story().select("send", since=turn(OPEN).time + 0.1)[0])


def tripped_before_the_outcome() -> Trace:
    """The outcome and the transition that follows change places."""
    last = [event for event in notes(Outcome) if event.seq < turn(OPEN).seq][-1]
    return swapped(story(), last, turn(OPEN))


def tried_too_early() -> Trace:
    """Half-open 0.4 s after the trip."""
    return changed(story(), turn(HALF_OPEN), time=round((turn(OPEN).time + 0.4) * 1e6))


def tried_by_impatience() -> Trace:
    """Half-open at the first refusal, which takes its place."""
    return swapped(story(), turn(HALF_OPEN), refusal())


def rate_of_another_window() -> Trace:
    """One outcome tells of a rate that is not that of the last six calls."""
    rated = next(event for event in notes(Outcome) if event.data.failure_rate)
    return edited(rated, failure_rate=0.9)


def rate_below_the_minimum() -> Trace:
    """After two calls it tells a rate, where four are the minimum."""
    return edited(notes(Outcome)[1], failure_rate=0.0, slow_rate=0.0)


def outcome_lost() -> Trace:
    """One failure is missing, and still it trips."""
    return without(story(), [event for event in notes(Outcome) if event.data.result == FAILURE][1])


def no_trip_at_the_threshold() -> Trace:
    """Three failures in a row, and the next call is made as if nothing were."""
    third = [event for event in notes(Outcome) if event.data.result == FAILURE][2]
    return repeated(without(story(), turn(OPEN)), notes(Permit)[0], after=third)


def refused_after_the_wait() -> Trace:
    """The first one to ask after a second hears no, and does not call."""
    refused = changed(story(), probe(), data=Refusal("db", OPEN, 0.0))
    return without(refused, story().select("Request", since=probe().time)[0])


def never_closes() -> Trace:
    """All is well, the probes come back, and it stays half-open."""
    return without(story(), turn(CLOSED))


def closes_too_late() -> Trace:
    """It closes, but only after so many more calls."""
    return late(story(), turn(CLOSED), after=[event for event in story() if event.time < 8.9][-1])


def closes_by_too_many_probes() -> Trace:
    """A breaker with nine probes, one every 0.25 s, is not as quick as one with two."""
    slow = replace(SETTINGS, probes=9)
    world = World(latency=0.01).add(Callee("db"), Caller("ann", settings=slow))
    return world.inject("crash db @2.9..5.5").run(until=12).trace


def probe_lost() -> Trace:
    """A probe is never heard of again, and the breaker waits for it."""
    first = probe()
    mine = [event for event in notes(Outcome, first.time) if event.data.number == first.data.number]
    return without(story(), *mine, turn(OPEN, first.time))


BROKEN: dict[str, list[Callable[[], Trace]]] = {
    S1: [permitted_while_open, called_without_leave, permit_in_the_forced_state],
    S2: [a_herd_of_probes],
    S3: [closed_from_open, transition_lost, transition_twice, generation_kept],
    S4: [closed_by_an_old_call, tripped_by_nothing, tripped_before_the_outcome],
    S5: [tried_too_early, tried_by_impatience],
    S6: [rate_of_another_window, rate_below_the_minimum, outcome_lost, no_trip_at_the_threshold],
    L1: [refused_after_the_wait],
    L2: [never_closes, closes_too_late, closes_by_too_many_probes],
    L3: [probe_lost],
}


def test_the_pattern_keeps_them_all() -> None:
    """The run as it was: every property holds."""
    assert {each.status for each in judged(story()).values()} == {"holds"}


@pytest.mark.parametrize(("name", "mutation"), [(name, each) for name in BROKEN for each in BROKEN[name]])
def test_each_objects_to_the_trace_that_breaks_it(name: str, mutation: Callable[[], Trace]) -> None:
    """A violation names its moment, its event and its reason."""
    verdict = judged(mutation())[name]
    assert verdict.status == "violated"
    assert verdict.at is not None
    assert verdict.because


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction."""
    assert list(BROKEN) == NAMES


@pytest.mark.parametrize(
    ("mutation", "broken"),
    [
        (permitted_while_open, {S1}),
        (a_herd_of_probes, {S2}),
        (generation_kept, {S3}),
        (closed_by_an_old_call, {S4}),
        (rate_below_the_minimum, {S6}),
        (tried_too_early, {S5}),
        (refused_after_the_wait, {L1}),
        (closes_by_too_many_probes, {L2}),
    ],
)
def test_nobody_else_objects(mutation: Callable[[], Trace], broken: set[str]) -> None:
    """A trace that breaks one promise breaks that one alone."""
    assert {name for name, verdict in judged(mutation()).items() if verdict.status == "violated"} == broken


# --- undecided ------------------------------------------------------------------------------------


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """Just after the trip nobody can know whether a probe will be admitted, or come back, or close it."""
    verdicts = judged(ended(story(), turn(OPEN).time + 0.5))
    assert [name for name, verdict in verdicts.items() if verdict.status == "undecided"] == [L1, L2, L3]


def test_a_probe_under_way_at_the_end_is_undecided() -> None:
    """It may still come back; a probe before it did."""
    last = [event for event in notes(Permit) if event.data.probe][-1]
    assert judged(ended(story(), last.time + 0.005))[L3].status == "undecided"


def test_where_nothing_trips_nothing_is_proven_about_trips() -> None:
    """Safety holds, liveness is undecided."""
    calm = World(latency=0.01).add(Callee("db"), Caller("ann", settings=SETTINGS)).run(until=3).trace
    assert [verdict.status for verdict in judged(calm).values()] == ["holds"] * 6 + ["undecided"] * 3


def test_without_steady_traffic_nobody_can_tell_whether_it_would_close() -> None:
    """Ann calls no more after the trip, so no probe can close it."""
    trip = turn(OPEN)
    silent = [event for event in (*notes(Permit), *notes(Refusal)) if event.time > trip.time]
    asked = story().select("Request", since=trip.time)
    assert judged(without(story(), *silent, *asked, turn(CLOSED)))[L2].status == "undecided"


def test_the_bound_for_closing_may_run_out_at_the_end_of_the_trace() -> None:
    """Nothing more happens, and with the time the verdict turns."""
    last = [event for event in notes(Transition) if event.data.after == OPEN][-1].time
    cut = {late: judged(ended(never_closes(), last + 2.5 + late))[L2].status for late in (-0.01, 0.01)}
    assert cut == {-0.01: "undecided", 0.01: "violated"}


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(story(), [], 0.0)).values()} == {"undecided"}


# --- what is allowed ------------------------------------------------------------------------------


def test_a_hand_may_do_what_the_rules_do_not() -> None:
    """Forced from open to closed, and from closed to half-open: logged, hence legal."""
    closed = edited(turn(HALF_OPEN), after=CLOSED, why="forced")
    assert judged(closed)[S3].status == "violated"  # for the next one says that it was half-open
    opened = edited(turn(OPEN), why="forced")
    assert [judged(opened)[name].status for name in (S3, S4, S6)] == ["holds"] * 3


def test_a_crash_of_the_caller_ends_its_breakers() -> None:
    """The one it has after its restart begins closed, in generation 0."""
    world = World(latency=0.01).add(Callee("db"), Caller("ann", settings=SETTINGS))
    trace = world.inject("crash db @1..6", "crash ann @3.3..3.6").run(until=12).trace
    assert {verdict.status for verdict in judged(trace).values()} == {"holds"}


class Dozing(Caller):
    """Calls eight times, sleeps for ten seconds, and calls again."""

    async def run(self) -> None:
        """Until the world ends."""
        for pause in (*[0.25] * 8, 10.0, *[0.25] * 8):
            self.spawn(self.call())
            await self.sleep(pause)


def test_a_pause_of_the_caller_is_not_held_against_the_breaker() -> None:
    """It was open before a long pause, and closes after it as soon as it is asked."""
    world = World(latency=0.01).add(Callee("db"), Dozing("ann", settings=SETTINGS))
    trace = world.inject("crash db @1..2").run(until=15).trace
    states = [(round(event.time), event.data) for event in trace.select("role", kind="state")]
    assert states == [(2, OPEN), (3, HALF_OPEN), (12, CLOSED)]
    assert {verdict.status for name, verdict in judged(trace).items() if name != S2} == {"holds"}


def test_the_bound_for_closing_is_the_wait_a_call_for_each_probe_and_the_last_one_back() -> None:
    """1 s, 2 calls 0.25 s apart, and 1 s."""
    assert closing_time(SETTINGS, traffic=0.25) == 2.5


def test_a_trace_that_was_read_from_a_file_is_judged_alike() -> None:
    """What a breaker tells is recognised by its fields."""
    again = Trace.from_jsonl(story().to_jsonl())
    assert {name: verdict.status for name, verdict in judged(again).items()} == dict.fromkeys(NAMES, "holds")


@pytest.mark.parametrize("name", NAMES)
def test_the_work_grows_as_the_trace_does(name: str) -> None:
    """Four times the callers, four times the work."""
    judge = next(each for each in properties(SETTINGS, 0.25) if each.name == name)
    short, long = (callers(tuple(f"c{n}" for n in range(many)), until=7.0) for many in (5, 20))
    assert growth(judge, short, long) < 1.5


def test_outcomes_after_success_or_failure() -> None:
    """The story holds both, so that nothing above is empty."""
    assert {event.data.result for event in notes(Outcome)} == {SUCCESS, FAILURE}
