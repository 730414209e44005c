"""Each property of the ring election: kept by the pattern, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from coordlab import World
from coordlab.patterns.ring import Member
from coordlab.patterns.ring.checks import properties
from coordlab.properties import Property, Verdict
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, without

RING = (2, 5, 1, 4, 3)


@cache
def election() -> Trace:
    """5 crashes at 3 s, 4 takes over; 5 comes back at 15 s and rules again."""
    world = World(latency=0.01).add(Member(rank, RING) for rank in RING)
    return world.inject("crash 5 @3..15").run(until=30).trace


def judged(trace: Trace) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in properties(5))}


def role(agent: str, value: str, since: float) -> Event:
    """The first time since then that an agent took on a role."""
    turns = election().select("role", kind="state", agent=agent, since=since)
    return next(each for each in turns if each.data == value)


def passes_on_a_lower_rank() -> Trace:
    """3 passes on 2's rank instead of its own."""
    sent = election().select("Election", agent="3")[0]
    return changed(election(), sent, data=replace(sent.data, rank=2))


def rules_too_soon() -> Trace:
    """4 rules before its rank has come back."""
    back = [e for e in election().select("Election", kind="handle", agent="4", since=3) if e.time < 4]
    return without(election(), *back)


def stays_on_the_throne() -> Trace:
    """4 rules on when 5 is back."""
    return without(election(), *election().select("role", agent="4", since=15))


def never_hears() -> Trace:
    """The news of 4's rule changes nothing at 1."""
    heard = [each for each in election().select("coordinator", agent="1", since=3, before=15) if each.data]
    return without(election(), *heard)


def hears_too_late() -> Trace:
    """1 hears of 4's rule only just before 5 is back."""
    heard = [each for each in election().select("coordinator", agent="1", since=3, before=15) if each.data]
    return late(election(), heard[0], [each for each in election() if each.time < 14.9][-1])


def wrong_heir() -> Trace:
    """3 rules when 5 is gone, and 4 does not."""
    crowned = changed(election(), role("4", "coordinates", 3), agent="3")
    return without(crowned, role("3", "follows", 3))


BROKEN = {
    "only the higher rank goes on": [passes_on_a_lower_rank],
    "rules only if its rank has come round": [rules_too_soon, wrong_heir],
    "one coordinator per component": [stays_on_the_throne],
    "the highest alive coordinates": [wrong_heir],
    "agreement within 10.75 s": [never_hears, hears_too_late],
}


def test_the_pattern_keeps_them_all() -> None:
    """The run as it was: every property holds."""
    assert {each.status for each in judged(election()).values()} == {"holds"}


@pytest.mark.parametrize(
    ("name", "mutation"), [(name, each) for name, mutations in BROKEN.items() for each in mutations]
)
def test_each_objects_to_the_trace_that_breaks_it(name: str, mutation: Callable[[], Trace]) -> None:
    """A violation names its moment and its reason."""
    verdict = judged(mutation())[name]
    assert verdict.status == "violated"
    assert verdict.at is not None
    assert verdict.because


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction."""
    assert set(BROKEN) == set(judged(election()))


def test_a_rank_that_came_round_before_a_crash_counts_no_more() -> None:
    """Who rules again after a restart must have seen its rank again."""
    back = election().select("Election", kind="handle", agent="5", since=15)
    assert not judged(without(election(), *back))["rules only if its rank has come round"]


def test_an_early_end_decides_nothing_about_the_outcome() -> None:
    """0.1 s after the crash nobody can know whether all will agree; and nothing was ever calm."""
    verdicts = judged(ended(election(), 3.1))
    undecided = [name for name, verdict in verdicts.items() if verdict.status == "undecided"]
    assert undecided == list(BROKEN)[2:]


def test_a_trace_from_a_file_is_judged_alike() -> None:
    """What was written and read again, judged like what has just run."""
    assert judged(Trace.from_jsonl(election().to_jsonl())) == judged(election())


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(election(), [], 0.0)).values()} == {"undecided"}


def test_a_rank_that_comes_twice_is_no_offence() -> None:
    """A doubled message changes nothing."""
    assert judged(repeated(election(), election().select("Election")[0]))["only the higher rank goes on"]


@cache
def long(seconds: float) -> Trace:
    """The highest falls and comes back, again and again."""
    world = World(3, latency="uniform(0.01, 0.05)").add(Member(rank, RING) for rank in RING)
    falls = [f"crash 5 @{at}..{at + 4}" for at in range(3, int(seconds), 10)]
    return world.inject(*falls).run(until=seconds).trace


@pytest.mark.parametrize("judge", properties(5), ids=lambda each: each.name)
def test_judging_four_times_as_long_a_run_takes_four_times_the_work(judge: Property) -> None:
    """Nobody looks back at what has been judged."""
    assert growth(judge, long(20), long(80)) < 1.2
