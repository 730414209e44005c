"""Each property of conflict resolution: kept by the page, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.conflict import Proposer, Resolver
from coordlab.patterns.conflict.checks import properties
from coordlab.patterns.conflict.rules import Policy, Resolved
from coordlab.properties import Verdict
from coordlab.trace.trace import TIMER, Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, without

POLICY = Policy(retries=1, patience=0.25, default="as before")


@cache
def quarrel() -> Trace:
    """Ann, bob and cat want x, y and z; cat's first answer comes when all is settled."""
    world = World(latency=0.01).add(Resolver(POLICY, ["name"]))
    world.add(Proposer(who, {"name": what}) for who, what in (("ann", "x"), ("bob", "y"), ("cat", "z")))
    return world.inject("slow cat 0.6 @0..3").run(until=4).trace


def judged(trace: Trace) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in properties(POLICY))}


def only(*names: str, **conditions: Any) -> Event:
    """The one event that matches."""
    (event,) = quarrel().select(*names, **conditions)
    return event


def decision() -> Event:
    return only("decision")


def resolved(**fields: Any) -> Trace:
    """The resolution reads otherwise."""
    return changed(quarrel(), decision(), data=replace(decision().data, **fields))


def other_winner() -> Trace:
    """The loser by rank stands, and the winner is lost."""
    done: Resolved = decision().data
    return resolved(value=done.lost[0].value, kept=done.lost, lost=done.kept)


def makes_up_a_merge() -> Trace:
    """A value that no rule makes of these candidates."""
    return resolved(by="merge", value="xy")


def drops_the_loser() -> Trace:
    """Whoever did not win is not mentioned."""
    return resolved(lost=())


def drops_who_was_late() -> Trace:
    """Cat's candidate comes when all is settled, and nobody takes note."""
    notes = [event for event in quarrel().select("note") if type(event.data).__name__ == "Lost"]
    return without(quarrel(), *notes)


def asks_once_more() -> Trace:
    """Bob is asked a second time over the budget of one."""
    again = next(event for event in quarrel().select("Ask", peer="bob") if event.data.attempt)
    return repeated(quarrel(), again)


def never_settles() -> Trace:
    """No resolution in 9 s."""
    return made(quarrel(), without(quarrel(), decision()).rows, 9.0)


def settles_late() -> Trace:
    """The resolution comes at 8 s, which is after the bound."""
    rows = [*quarrel().rows, (8_000_000, TIMER, "ann", None, None, "nothing", None, 0.0)]
    long = made(quarrel(), rows, 9.0)
    return late(long, long.select("decision")[0], long[-1])


BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "the order of arrival decides nothing": [other_winner, makes_up_a_merge],
    "no candidate is dropped": [drops_the_loser, drops_who_was_late],
    "retries within the budget": [asks_once_more],
    "settled within 5.5 s": [settles_late, never_settles],
}


def test_the_page_keeps_them_all() -> None:
    """The run as it was: every property holds."""
    assert {each.status for each in judged(quarrel()).values()} == {"holds"}


@pytest.mark.parametrize(
    ("name", "mutation"), [(name, each) for name, several in BROKEN.items() for each in several]
)
def test_each_objects_to_the_trace_that_breaks_it_and_the_others_do_not(
    name: str, mutation: Callable[[], Trace]
) -> None:
    """A violation names its moment, its event and its reason; it is the only one."""
    verdicts = judged(mutation())
    assert [each.name for each in verdicts.values() if each.status == "violated"] == [name]
    assert verdicts[name].at is not None
    assert verdicts[name].because


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction."""
    assert set(BROKEN) == set(judged(quarrel()))


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """Candidates are heard, and the conflict is open still."""
    verdicts = judged(ended(quarrel(), 0.3))
    assert {name: each.because for name, each in verdicts.items() if each.status == "undecided"} == {
        "no candidate is dropped": "name is still open when the run ends",
        "settled within 5.5 s": "('resolver', 'name') is still open when the run ends",
    }


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(quarrel(), [], 0.0)).values()} == {"undecided"}


def test_a_crash_stops_the_time_until_the_conflict_is_opened_again() -> None:
    """The resolver is down for longer than the bound; what counts is the time it was up."""
    world = World(latency=0.01).add(Resolver(POLICY, ["name"]), Proposer("ann", {"name": "x"}))
    run = world.inject("crash resolver @0.005..20").expect(*properties(POLICY)).run(until=30)
    assert {verdict.status for verdict in run.verdicts} == {"holds"}


@cache
def busy(proposers: int, conflicts: int) -> Trace:
    """So many proposers and conflicts."""
    names = [f"c{number}" for number in range(conflicts)]
    world = World(latency=0.01).add(Resolver(POLICY, names))
    world.add(Proposer(f"p{number}", dict.fromkeys(names, number)) for number in range(proposers))
    return world.run(until=4).trace


@pytest.mark.parametrize("number", range(4))
def test_the_work_grows_with_the_trace_and_no_faster(number: int) -> None:
    """Four times the conflicts, and four times the proposers."""
    judge = properties(POLICY)[number]
    assert growth(judge, busy(3, 20), busy(3, 80)) < 1.5
    assert growth(judge, busy(20, 3), busy(80, 3)) < 1.5
