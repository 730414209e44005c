"""Each property of a crew: kept by a run, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.crew import Crew, Manager
from coordlab.patterns.crew.checks import is_output, is_plan, is_refusal, properties
from coordlab.patterns.crew.rules import Task, at_most
from coordlab.patterns.orchestration import Scripted
from coordlab.patterns.orchestration.checks import is_result
from coordlab.patterns.orchestration.rules import Budget, Rights, Stop, StopReason
from coordlab.properties import Property, Verdict
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, without

OWN = 6  # the rest are shared by all styles, and tried there


@cache
def run(hierarchical: bool = False, tasks: int = 3) -> Trace:
    """Ann plans, Bob writes twice, for at first it is too long, and Ann prints; handed out or not."""
    some = [Task(f"t{place}", agent="ann", context=() if place < 2 else ("t1",)) for place in range(tasks)]
    some[1] = Task("t1", agent="bob", guardrails=(at_most(5),), retries=1)
    boss: dict[str, Any] = {"process": "hierarchical", "manager": "boss"} if hierarchical else {}
    world = World(latency=0.01).add(Crew(("ann", "bob"), some, budget=Budget(turns=None), **boss))
    world.add(Manager("boss"), Scripted("ann", *["done"] * tasks))
    return world.add(Scripted("bob", "one word more than there may be", "short")).run().trace


def judged(trace: Trace) -> dict[str, Verdict]:
    found = properties(Budget(turns=None), Rights({"boss": ("ann", "bob")}))[:OWN]
    return {verdict.name: verdict for verdict in (each(trace) for each in found)}


def turns(about: str, hierarchical: bool = False) -> list[Event]:
    return [event for event in run(hierarchical).select("Turn") if event.data.about == about]


def output(task: str, hierarchical: bool = False) -> Event:
    return next(event for event in run(hierarchical) if is_output(event) and event.data.task == task)


def refusal() -> Event:
    return next(filter(is_refusal, run()))


def the_result() -> Event:
    return next(filter(is_result, run()))


def begins_too_early() -> Trace:
    """What t2 reads is done only after it has begun."""
    return late(run(), output("t1"), after=turns("t2")[-1])


def without_a_plan_for_it() -> Trace:
    """An output of a task that nobody planned."""
    return changed(run(), output("t0"), data=replace(output("t0").data, task="zed"))


def done_twice() -> Trace:
    """The same output comes again."""
    return repeated(run(), output("t0"))


def of_somebody_else() -> Trace:
    """Ann's output is said to be Bob's."""
    return changed(run(), output("t0"), data=replace(output("t0").data, agent="bob"))


def manager_does_it() -> Trace:
    """Ann never had a turn for t0, and the manager answers for it."""
    return without(run(True), *(event for event in turns("t0", True) if event.peer == "ann"))


def manager_is_delegated_to() -> Trace:
    """Ann's turn goes to the manager."""
    turn = next(event for event in turns("t0", True) if event.peer == "ann")
    return changed(run(True), turn, peer="boss")


def refused_once_more() -> Trace:
    """Two refusals with one retry, and still a turn."""
    return repeated(run(), refusal())


def forgets_the_context() -> Trace:
    """T2 is begun without what it builds on."""
    turn = turns("t2")[-1]
    return changed(run(), turn, data=replace(turn.data, context=()))


def forgets_what_was_refused() -> Trace:
    """The retry does not know why."""
    turn = turns("t1")[-1]
    return changed(run(), turn, data=replace(turn.data, context=()))


def told(**change: Any) -> Trace:
    """The result reads otherwise."""
    return changed(run(), the_result(), data=replace(the_result().data, **change))


def loses_an_output() -> Trace:
    """One that was done is not told of."""
    return told(outputs=the_result().data.outputs[1:])


def out_of_order() -> Trace:
    """All are told, but backwards."""
    return told(outputs=the_result().data.outputs[::-1])


def done_too_soon() -> Trace:
    """It says that it is done, and the last task is not."""
    trace = without(run(), output("t2"))
    return changed(
        trace, the_result(), data=replace(the_result().data, outputs=the_result().data.outputs[:2])
    )


def failed_where_it_did_not() -> Trace:
    """It says that a task failed that has an output."""
    return told(reason=StopReason(Stop.FAILED, "t1", "bob: down"))


BROKEN = {
    "a task starts after its context": [begins_too_early],
    "each output is of one agent": [without_a_plan_for_it, done_twice, of_somebody_else],
    "the manager does no task itself": [manager_does_it, manager_is_delegated_to],
    "retries are counted": [refused_once_more],
    "context is read, and kept by a retry": [forgets_the_context, forgets_what_was_refused],
    "the end tells what is done and what failed": [
        loses_an_output,
        out_of_order,
        done_too_soon,
        failed_where_it_did_not,
    ],
}


@pytest.mark.parametrize("hierarchical", [False, True])
def test_the_crew_keeps_them_all(hierarchical: bool) -> None:
    """As it was: every property holds."""
    assert {each.status for each in judged(run(hierarchical)).values()} == {"holds"}


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


@pytest.mark.parametrize(
    "mutation", [manager_does_it, forgets_the_context, forgets_what_was_refused, out_of_order, done_too_soon]
)
def test_nothing_else_objects(mutation: Callable[[], Trace]) -> None:
    """What breaks one promise only is objected to by that one only."""
    violated = [name for name, verdict in judged(mutation()).items() if verdict.status == "violated"]
    assert violated == [name for name, mutations in BROKEN.items() if mutation in mutations]


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction."""
    assert set(BROKEN) == set(judged(run()))


def test_after_a_crash_retries_are_counted_anew() -> None:
    """The plan is noted again, and what was refused before is forgotten."""
    plan = next(filter(is_plan, run()))
    twice = repeated(run(), refusal())
    assert judged(repeated(twice, plan, after=refusal()))["retries are counted"]


def test_the_other_properties_are_those_of_all_styles() -> None:
    """And who may delegate to whom, if rights are given."""
    names = [each.name for each in properties()]
    assert len(names) == OWN + 6
    assert [each.name for each in properties(rights=Rights())] == [*names, "only allowed delegations"]


def test_a_trace_that_ends_early_breaks_nothing() -> None:
    """While it is at work, a crew has not told anything yet."""
    statuses = {each.status for each in judged(ended(run(), 0.05)).values()}
    assert statuses == {"holds"}


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(run(), [], 0.0)).values()} == {"undecided"}


@pytest.mark.parametrize("judge", properties(Budget(turns=None))[:OWN], ids=lambda each: each.name)
@pytest.mark.parametrize("hierarchical", [False, True])
def test_the_work_is_linear(judge: Property, hierarchical: bool) -> None:
    """Four times the tasks, about four times the work."""
    assert growth(judge, run(hierarchical, 20), run(hierarchical, 80)) < 1.5
