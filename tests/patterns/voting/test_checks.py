"""Each property of a vote: kept by the chair, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.voting import Chair, Voter, hold_vote
from coordlab.patterns.voting.checks import properties
from coordlab.patterns.voting.rules import Choice
from coordlab.properties import Verdict
from coordlab.trace.trace import HANDLE, Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, without

RULE = Choice(("a", "b"), "copeland")


@cache
def vote() -> Trace:
    """Ann and Bob say yes, then Cat no, after the vote on tea was closed; all say no to soup."""

    class Guest(Voter):
        def judge(self, proposal: str) -> Any:
            return self.choice if proposal == "tea" else "no"

    world = World(latency=0.01).add(Chair(proposals=("tea", "soup")))
    world.add(Guest("ann", "yes"), Guest("bob", "yes", thinking=0.2), Guest("cat", "no", thinking=0.3))
    return world.run(until=3.0).trace


@cache
def ranked() -> Trace:
    """Two of three rank a above b."""
    return hold_vote([("a", "b"), ("a", "b"), ("b", "a")], RULE).trace


def judged(trace: Trace, rule: Choice | None = None) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in properties(rule))}


def closed(proposal: str = "tea") -> Event:
    return next(each for each in vote().select("decision") if each.data.proposal == proposal)


def note(voter: str) -> Event:
    return next(each for each in vote().select("note") if each.data.voter == voter)


def decided(proposal: str = "tea", **fields: Any) -> Trace:
    """The vote was closed otherwise."""
    return changed(vote(), closed(proposal), data=replace(closed(proposal).data, **fields))


def a_ballot_was_lost() -> Trace:
    """The chair never acted on Bob's ballot."""
    handled = next(each for each in vote().select("Vote", kind=HANDLE) if each.peer == "bob")
    return without(vote(), handled)


def accepted_with_fewer() -> Trace:
    """Tea was rejected with two yes, soup accepted with none."""
    trace = decided(result="rejected", missing=())
    return changed(trace, closed("soup"), data=replace(closed("soup").data, result="accepted", missing=()))


def counted_twice() -> Trace:
    """Ann's ballot counts again."""
    return repeated(vote(), note("ann"))


def counted_after_the_close() -> Trace:
    """Cat's ballot counts, though it was late."""
    return changed(vote(), note("cat"), data=replace(note("cat").data, verdict="counted"))


def counted_in_anothers_name() -> Trace:
    """Bob sent the ballot that counts as Ann's."""
    return changed(vote(), note("ann"), data=replace(note("ann").data, sender="bob"))


def one_of_three() -> Trace:
    """Only Ann's ballot counts, and tea is accepted."""
    return without(vote(), note("bob"))


def nobody_called() -> Trace:
    """The vote is closed without having been opened."""
    return without(vote(), *vote().select("CallForVotes"))


def closed_too_early() -> Trace:
    """Tea was accepted on one yes; two who came later said no."""
    trace = changed(vote(), note("bob"), data=replace(note("bob").data, choice="no", verdict="late"))
    return late(trace, trace[note("bob").seq], trace[closed().seq])


def told_otherwise() -> Trace:
    """Bob hears that tea was rejected."""
    told = next(each for each in vote().select("Result") if each.peer == "bob")
    return changed(vote(), told, data=replace(told.data, result="rejected"))


def told_before() -> Trace:
    """Ann is told before it is decided."""
    return late(vote(), closed(), vote().select("Result")[0])


def never_closed() -> Trace:
    """The vote on soup is never closed."""
    return without(vote(), closed("soup"), *vote().select("Result", since=closed("soup").time))


def closed_late() -> Trace:
    """The vote on tea is closed when the run is nearly over."""
    trace = made(vote(), vote().rows, 5.0)
    last = changed(trace, trace[len(trace) - 1], time=int(2.9e6))
    return late(last, last[closed().seq], last[len(last) - 1])


def the_loser_wins() -> Trace:
    """B is elected, whom A beats."""
    event = ranked().select("decision")[0]
    return changed(ranked(), event, data=replace(event.data, winners=("b",)))


BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "the outcome follows from the ballots": [a_ballot_was_lost, lambda: decided(result="tie"), nobody_called],
    "more yes never harms": [accepted_with_fewer],
    "one ballot each, none after the close": [
        counted_twice,
        counted_after_the_close,
        counted_in_anothers_name,
    ],
    "decided only with a quorum": [one_of_three, lambda: decided(result="no_quorum")],
    "what is decided early stays so": [closed_too_early],
    "all are told what was decided": [told_otherwise, told_before],
    "an outcome within 1.1 s": [never_closed, closed_late],
    "who beats everybody is elected": [the_loser_wins],
}


def test_the_chair_keeps_them_all() -> None:
    """The runs as they were: every property holds."""
    assert {each.status for each in judged(vote()).values()} == {"holds"}
    assert {each.status for each in judged(ranked(), RULE).values()} == {"holds"}


@pytest.mark.parametrize(
    ("name", "mutation"), [(name, each) for name, mutations in BROKEN.items() for each in mutations]
)
def test_each_objects_to_the_trace_that_breaks_it(name: str, mutation: Callable[[], Trace]) -> None:
    """A violation names its moment and its reason."""
    verdict = judged(mutation(), RULE if mutation is the_loser_wins else None)[name]
    assert verdict.status == "violated"
    assert verdict.at is not None
    assert verdict.because


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction."""
    assert set(BROKEN) == set(judged(ranked(), RULE))


def test_a_trace_that_ends_before_the_deadline_does_not_tell_whether_there_will_be_an_outcome() -> None:
    """Nor one in which nobody was called; a crash of the chair ends the wait."""
    name = "an outcome within 1.1 s"
    assert judged(ended(vote(), 0.15))[name].status == "undecided"
    assert judged(World().add(Voter("ann")).run(until=1.0).trace)[name].status == "undecided"
    world = World(latency=0.01).add(Chair(), Voter("ann"))
    assert judged(world.inject("crash chair @0.5").run(until=5.0).trace)[name].status == "holds"


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(ranked(), [], 0.0), RULE).values()} == {"undecided"}


@pytest.mark.parametrize("number", range(8))
def test_the_work_grows_with_the_trace(number: int) -> None:
    """Four times the voters, four times the work."""
    short, long = (hold_vote([("a", "b")] * many, RULE).trace for many in (20, 80))
    assert growth(properties(RULE)[number], short, long) < 1.5
