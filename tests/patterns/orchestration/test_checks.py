"""Each property that all orchestration styles share: kept by a run, and broken by a trace made so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from coordlab import World
from coordlab.patterns.crew import Crew
from coordlab.patterns.crew.rules import Delegate, Task
from coordlab.patterns.orchestration import Scripted
from coordlab.patterns.orchestration.checks import delegated_by_right, is_result, properties
from coordlab.patterns.orchestration.rules import Budget, Rights, StopReason
from coordlab.properties import Property, Verdict
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, made, repeated, without

BUDGET, RIGHTS = Budget(turns=5, time=9.0), Rights({"boss": ("ann", "bob")})


def expected() -> tuple[Property, ...]:
    return (*properties(BUDGET, within=5.0), delegated_by_right(RIGHTS))


@cache
def run(delegations: int = 2) -> Trace:
    """A manager delegates to Ann and to Bob in turn, a second each."""
    orders = [Delegate(("ann", "bob")[number % 2], f"part {number}") for number in range(delegations)]
    crew = Crew(("ann", "bob"), [Task("find")], "hierarchical", "boss", budget=Budget(turns=None))
    world = World(latency=0.01).add(crew, Scripted("boss", *orders, "found"))
    world.add(Scripted(name, *["done"] * delegations, seconds=1.0) for name in ("ann", "bob"))
    return world.run(until=3.0 + 2 * delegations).trace


def judged(trace: Trace) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in expected())}


def turn(number: int) -> Event:
    return run().select("Turn")[number - 1]


def the_result() -> Event:
    return next(filter(is_result, run()))


def stops_twice() -> Trace:
    """The result comes again."""
    return repeated(run(), the_result())


def stops_for_no_reason() -> Trace:
    """Of a kind that nobody knows."""
    wrong = StopReason("tired")  # type: ignore[arg-type]
    return changed(run(), the_result(), data=replace(the_result().data, reason=wrong))


def never_stops() -> Trace:
    """The result is missing."""
    return without(run(), the_result())


def turn_after_the_end() -> Trace:
    """The last turn is given again when all is over."""
    return repeated(run(), turn(5), after=the_result())


def turn_before_the_beginning() -> Trace:
    """Nobody has begun to conduct."""
    began = next(event for event in run() if event.data == "conducting")
    return without(run(), began)


def one_turn_too_many() -> Trace:
    """The fifth is called the sixth."""
    return changed(run(), turn(5), data=replace(turn(5).data, id=6))


def turn_when_time_is_over() -> Trace:
    """The time spent reads otherwise."""
    spent = run().select("spent", kind="state", before=turn(5).time + 1e-9)[-1]
    return changed(run(), spent, data=replace(spent.data, seconds=9.0))


def miscounted_turns() -> Trace:
    """The result tells of one turn less."""
    spent = the_result().data.spent
    less = replace(the_result().data, spent=replace(spent, turns=spent.turns - 1))
    return changed(run(), the_result(), data=less)


def uncounted_reply() -> Trace:
    """A reply that was said was longer than counted."""
    reply = run().select("Reply")[0]
    return changed(run(), reply, data=replace(reply.data, tokens=99))


def lost_number() -> Trace:
    """After the second turn comes a fourth."""
    return changed(run(), turn(3), data=replace(turn(3).data, id=4))


def child_of_the_future() -> Trace:
    """A turn that comes from a later one."""
    return changed(run(), turn(2), data=replace(turn(2).data, parent=3))


def delegated_to_a_stranger() -> Trace:
    """Ann's turn goes to one to whom the manager may not delegate."""
    return changed(run(), turn(2), peer="zed")


def delegated_by_a_stranger() -> Trace:
    """The manager's turn was another's."""
    return changed(run(), turn(1), peer="ann")


BROKEN = {
    "one stop reason": [stops_twice, stops_for_no_reason, turn_before_the_beginning],
    "a run ends within 5 s": [never_stops],
    "no turn after the stop": [turn_after_the_end, turn_before_the_beginning],
    "within the budget": [one_turn_too_many, turn_when_time_is_over],
    "turns and tokens are counted": [miscounted_turns, uncounted_reply],
    "each turn has a parent": [lost_number, child_of_the_future, turn_after_the_end],
    "only allowed delegations": [delegated_to_a_stranger, delegated_by_a_stranger],
}


def test_the_run_keeps_them_all() -> None:
    """As it was: every property holds."""
    assert {each.status for each in judged(run()).values()} == {"holds"}


@pytest.mark.parametrize(
    ("name", "mutation"), [(name, each) for name, mutations in BROKEN.items() for each in mutations]
)
def test_each_objects_to_the_trace_that_breaks_it(name: str, mutation: Callable[[], Trace]) -> None:
    """A violation names its moment, its event and its reason."""
    verdict = judged(mutation())[name]
    assert verdict.status == "violated"
    assert verdict.at is not None
    assert verdict.event is not None
    assert verdict.because


@pytest.mark.parametrize("mutation", [stops_twice, never_stops, uncounted_reply, delegated_to_a_stranger])
def test_nothing_else_objects(mutation: Callable[[], Trace]) -> None:
    """What breaks one promise only is objected to by that one only."""
    violated = [name for name, verdict in judged(mutation()).items() if verdict.status == "violated"]
    assert violated == [name for name, mutations in BROKEN.items() if mutation in mutations]


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction."""
    assert set(BROKEN) == set(judged(run()))


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """After a second nobody can know whether it will stop, and after the first turn nobody has delegated."""
    early = judged(ended(run(), 1.0))
    undecided = [name for name, verdict in early.items() if verdict.status == "undecided"]
    assert undecided == ["one stop reason", "a run ends within 5 s"]
    assert judged(ended(run(), 0.01))["only allowed delegations"].status == "undecided"


def test_a_crash_excuses_a_conductor() -> None:
    """Who is down need not end; it is not known whether it would have."""
    world = World(latency=0.01).add(
        Crew(("ann",), [Task("a", agent="ann")]), Scripted("ann", "a", seconds=9.0)
    )
    trace = world.inject("crash crew @1").run(until=30.0).trace
    assert judged(trace)["a run ends within 5 s"].status == "undecided"


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    empty = made(run(), [], 0.0)
    assert {each.status for each in judged(empty).values()} == {"undecided"}


@pytest.mark.parametrize("judge", properties(Budget(turns=None), 1e6), ids=lambda each: each.name)
def test_the_work_is_linear(judge: Property) -> None:
    """Four times the turns, about four times the work."""
    assert growth(judge, run(20), run(80)) < 1.5
