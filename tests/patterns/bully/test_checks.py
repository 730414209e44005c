"""Each property of the bully election: kept by the protocol, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from coordlab import World
from coordlab.patterns.bully import Answer, Candidate
from coordlab.patterns.bully.checks import properties
from coordlab.properties import Property, Verdict
from coordlab.trace.trace import HANDLE, Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, without


@cache
def election() -> Trace:
    """5 crashes at 3 s, 4 takes over; 5 comes back at 9 s and rules again."""
    world = World(latency=0.01).add(Candidate(rank) for rank in range(1, 6))
    return world.inject("crash 5 @3..9").run(until=16).trace


def judged(trace: Trace) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in properties())}


def role(agent: str, value: str, since: float) -> Event:
    """The first time since then that an agent took on a role."""
    turns = election().select("role", kind="state", agent=agent, since=since)
    return next(each for each in turns if each.data == value)


def followed(agent: str, since: float) -> Event:
    return next(
        each for each in election().select("coordinator", kind="state", agent=agent, since=since) if each.data
    )


def stays_on_the_throne() -> Trace:
    """4 rules on when 5 is back."""
    return without(election(), role("4", "follows", 9))


def wrong_heir() -> Trace:
    """3 rules when 5 is gone, and 4 does not."""
    crowned = changed(election(), role("4", "coordinates", 3), agent="3")
    return without(crowned, role("3", "follows", 3))


def rules_though_answered() -> Trace:
    """4 has heard an Answer when it becomes coordinator."""
    asked = election().select("Election", agent="4", since=3)[-1]
    return repeated(election(), asked, kind=HANDLE, name="Answer", peer="5", data=Answer())


def asks_twice() -> Trace:
    """1 asks 2 again at the same moment."""
    return repeated(election(), election().select("Election", agent="1", peer="2", since=3)[0])


def never_hears() -> Trace:
    """The news of 4's rule changes nothing at 1."""
    events = election().select("state", agent="1", since=3, before=9)
    return without(election(), *events[2:])


def hears_too_late() -> Trace:
    """1 hears of 4's rule only just before 5 is back."""
    before = [each for each in election() if each.time < 8.5][-1]
    return late(election(), followed("1", 3), before)


BROKEN = {
    "one coordinator per component": [stays_on_the_throne],
    "the highest alive coordinates": [wrong_heir, stays_on_the_throne],
    "rules only if nobody above answered": [rules_though_answered],
    "one election at a time": [asks_twice],
    "agreement within 4.375 s": [never_hears, hears_too_late],
}


def test_the_protocol_keeps_them_all() -> None:
    """The run as it was: every property holds."""
    assert {each.status for each in judged(election()).values()} == {"holds"}


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
    assert set(BROKEN) == set(judged(election()))


def test_asking_again_after_the_wait_is_no_second_election() -> None:
    """Unanswered for a patience, one may ask anew; before that, one may not."""
    ask = election().select("Election", agent="1", peer="5", since=3)[0]
    end = next(each for each in election() if each.time >= ask.time + 0.25)
    soon = next(each for each in election() if each.time > ask.time)
    assert judged(repeated(election(), ask, after=end))["one election at a time"]
    assert not judged(repeated(election(), ask, after=soon))["one election at a time"]


def test_a_crash_ends_the_wait() -> None:
    """Who crashed while it waited may ask at once when it is back."""
    world = World(latency=0.01).add(Candidate(rank) for rank in range(1, 6))
    run = world.inject("crash 5 @3", "crash 1 @3.35..3.4").run(until=12)
    asked = [each.time for each in run.trace.select("Election", agent="1", peer="5", since=3)]
    assert asked[1] - asked[0] < 0.25
    assert judged(run.trace)["one election at a time"]


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """0.1 s after the crash nobody can know whether all will agree; and nothing was ever calm."""
    verdicts = judged(ended(election(), 3.1))
    undecided = [name for name, verdict in verdicts.items() if verdict.status == "undecided"]
    assert undecided == [
        "one coordinator per component",
        "the highest alive coordinates",
        "agreement within 4.375 s",
    ]


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    empty = made(election(), [], 0.0)
    assert {each.status for each in judged(empty).values()} == {"undecided"}


@cache
def reigns(seconds: float) -> Trace:
    """The highest of five falls and comes back, again and again."""
    world = World(3, latency="uniform(0.01, 0.05)").add(Candidate(rank) for rank in range(1, 6))
    falls = [f"crash 5 @{at}..{at + 4}" for at in range(3, int(seconds), 10)]
    return world.inject(*falls).run(until=seconds).trace


@pytest.mark.parametrize("judge", properties(), ids=lambda each: each.name)
def test_judging_four_times_as_long_a_run_takes_four_times_the_work(judge: Property) -> None:
    """Nobody looks back at what has been judged."""
    assert growth(judge, reigns(20), reigns(80)) < 1.2
