"""Each property of leases: kept by the pattern, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from coordlab.patterns.leases import Stored, elections
from coordlab.patterns.leases.checks import properties
from coordlab.properties import Property, Verdict
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, without


@cache
def reigns() -> Trace:
    """3 leads, is cut off, and 2 leads; then the network heals."""
    return elections(faults=["partition 1,3/2,4,5,storage @4..9"], until=20.0).trace


def judged(trace: Trace) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in properties(5))}


def crowned(nth: int) -> Event:
    """When the nth leader, from 0, began to lead."""
    return [event for event in reigns().select("role") if event.data == "leads"][nth]


def same_term() -> Trace:
    """The second leader leads the term of the first."""
    trace = reigns()
    for event in trace.select("term", agent=crowned(1).agent, since=4):
        trace = changed(trace, event, data=1)
    return trace


def too_few_votes() -> Trace:
    """All votes for the first leader but its own have got lost."""
    handled = reigns().select("Vote", kind="handle", before=crowned(0).time + 1e-6)
    return without(reigns(), *handled)


def followers_for_votes() -> Trace:
    """Most follow the first leader, but nobody has voted for it."""
    asked = reigns().select("RequestVote", kind="handle", before=crowned(0).time)
    trace = reigns()
    for event in asked:
        trace = changed(trace, event, name="Heartbeat")
    return trace


def goes_back() -> Trace:
    """A member forgets the term that it has known."""
    return repeated(reigns(), reigns().select("term", agent="4")[-1], after=reigns()[-1], data=1)


def leads_an_old_term() -> Trace:
    """The first leader is crowned only after the second."""
    return late(reigns(), crowned(0), crowned(1))


def breaks_its_promise() -> Trace:
    """A member follows another one long before its promise has run out."""
    promises = reigns().select("decision", agent="4")
    after = next(each for each in promises if each.data.until > 0)
    return repeated(reigns(), after, data=replace(after.data, to="2", since=after.data.since + 0.1))


def stays_on() -> Trace:
    """The first leader does not notice that its lease is over."""
    return without(
        reigns(), reigns().select("role", agent=crowned(0).agent, since=crowned(0).time + 0.001)[0]
    )


def takes_old_tokens() -> Trace:
    """The storage keeps what comes with an old token."""
    return repeated(reigns(), reigns().select("Stored")[-1], data=Stored(1))


def nobody_leads() -> Trace:
    """After the healing nobody is crowned any more."""
    return without(reigns(), *[each for each in reigns().select("role", since=9) if each.data == "leads"])


def led_too_late() -> Trace:
    """The first leader is crowned only after ten seconds; meanwhile nothing happens to the network."""
    calm = elections(until=20.0).trace
    first = next(event for event in calm.select("role") if event.data == "leads")
    return late(calm, first, next(event for event in calm if event.time > 10.2))


BROKEN = {
    "one leader per term": [same_term],
    "a majority elects": [too_few_votes, followers_for_votes],
    "terms increase": [goes_back, leads_an_old_term],
    "promises are kept": [breaks_its_promise],
    "one leader at once": [stays_on],
    "the storage is fenced": [takes_old_tokens],
    "led again within 9 s": [nobody_leads, led_too_late],
}


def test_the_pattern_keeps_them_all() -> None:
    """The run as it was: every property holds."""
    assert {each.status for each in judged(reigns()).values()} == {"holds"}


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
    assert set(BROKEN) == set(judged(reigns()))


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """Before the first silence is over nobody leads, and nobody need."""
    verdicts = judged(ended(reigns(), 1.0))
    assert [name for name, verdict in verdicts.items() if verdict.status == "undecided"] == [
        "led again within 9 s"
    ]


def test_a_trace_from_a_file_is_judged_alike() -> None:
    """What was written and read again, judged like what has just run."""
    assert judged(Trace.from_jsonl(reigns().to_jsonl())) == judged(reigns())


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(reigns(), [], 0.0)).values()} == {"undecided"}


@cache
def long(seconds: float) -> Trace:
    """The members fall one after the other, and come back."""
    falls = [f"crash {at // 10 % 5 + 1} @{at}..{at + 4}" for at in range(3, int(seconds), 10)]
    return elections(faults=falls, until=seconds).trace


@pytest.mark.parametrize("judge", properties(5), ids=lambda each: each.name)
def test_judging_four_times_as_long_a_run_takes_four_times_the_work(judge: Property) -> None:
    """Nobody looks back at what has been judged."""
    assert growth(judge, long(20), long(80)) < 1.2
