"""Each property of the state graph: kept by the runner, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from operator import or_
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.orchestration import Member
from coordlab.patterns.orchestration.rules import Stop, StopReason
from coordlab.patterns.state_graph import Runner, node
from coordlab.patterns.state_graph.checks import as_uninterrupted, limited, properties
from coordlab.patterns.state_graph.rules import START, Checkpoint, Command, Graph, StateGraph, Task
from coordlab.properties import Verdict
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, made, repeated, without


@cache
def graph() -> Graph:
    """A diamond with unequal arms that join in e."""
    drawn = StateGraph({"seen": or_})
    for name in "abcde":
        drawn.add_node(name)
    drawn.add_edge(START, "a").add_edge("a", "b").add_edge("a", "c").add_edge("c", "d")
    return drawn.add_edge(["b", "d"], "e").compile()


@cache
def course() -> Trace:
    """Its run; the one who runs it is away for a moment."""
    world = World(latency=0.01).add(Runner(graph(), {"seen": set()}))
    world.add(Member(name, node(lambda state, name=name: {"seen": {name}})) for name in "abcde")
    return world.inject("crash graph @0.041..0.05").run(until=1.0).trace


def judged(trace: Trace) -> dict[str, Verdict]:
    judges = [*properties(graph(), within=2.0), as_uninterrupted(course())]
    return {verdict.name: verdict for verdict in (each(trace) for each in judges)}


def noted(step: int) -> Event:
    """The first note of a checkpoint."""
    return next(each for each in course().select("note") if each.data.step == step)


def turn(to: str) -> Event:
    return course().select("Turn", peer=to)[-1]


def told(step: int, **fields: Any) -> Trace:
    """All notes of the checkpoint of a super-step read otherwise."""
    trace = course()
    for event in course().select("note"):
        if event.data.step == step:
            trace = changed(trace, event, data=replace(event.data, **fields))
    return trace


def runs_untriggered() -> Trace:
    """D is given a turn beside b and c."""
    task = (Task("d"), noted(1).data.values)
    return repeated(course(), turn("c"), peer="d", data=replace(turn("c").data, context=task))


def runs_twice() -> Trace:
    """B is given the same turn again."""
    return repeated(course(), turn("b"))


def triggers_a_stranger() -> Trace:
    """After a, e is to run."""
    return told(1, tasks=(Task("e"),))


def goes_on_without_an_answer() -> Trace:
    """C is taken to have run, though no reply of it was handled."""
    return without(course(), *course().select("Reply", kind="handle", peer="c"))


def reads_something_else() -> Trace:
    """B is given another state than c."""
    return changed(
        course(), turn("b"), data=replace(turn("b").data, context=(Task("b"), (("seen", frozenset("z")),)))
    )


def loses_a_write() -> Trace:
    """What d wrote is not there."""
    return told(3, values=noted(2).data.values)


def merges_what_cannot_be() -> Trace:
    """A's reply was to another key."""
    reply = course().select("Reply", agent="a")[0]
    wrong = replace(reply.data, content=Command((("sene", frozenset("a")),)))
    return changed(course(), reply, data=wrong)


def joins_too_early() -> Trace:
    """E is triggered when only b has come."""
    return told(2, tasks=(Task("d"), Task("e")))


def never_joins() -> Trace:
    """All have come to e, and it is not triggered."""
    return told(3, tasks=())


def stops_too_soon() -> Trace:
    """The result says done, and e is yet to run, in a fifth super-step."""
    return told(4, tasks=(Task("e"),))


def goes_back() -> Trace:
    """After the crash it begins with the first checkpoint again."""
    again = [each for each in course().select("note") if each.data.step == 2][-1]
    return changed(course(), again, data=noted(1).data)


def skips_one() -> Trace:
    """The checkpoint of super-step 3 is missing."""
    return without(course(), noted(3))


def forgets() -> Trace:
    """After the crash nobody has come to the join."""
    again = [each for each in course().select("note") if each.data.step == 2][-1]
    return changed(course(), again, data=replace(again.data, arrived=((),)))


def never_ends() -> Trace:
    """There is no result."""
    trace = without(course(), *course().select("decision"))
    return made(trace, list(trace.rows), until=3.0)


BROKEN = {
    "nodes run only if triggered": [
        *(runs_untriggered, runs_twice, triggers_a_stranger, goes_on_without_an_answer),
    ],
    "one snapshot for all": [reads_something_else],
    "writes are merged": [loses_a_write, merges_what_cannot_be, goes_on_without_an_answer],
    "joins wait for all": [joins_too_early, never_joins],
    "at most 25 super-steps": [stops_too_soon],
    "it goes on where it was": [goes_back, skips_one, forgets],
    "a run ends within 2 s": [never_ends],
    "ends within its depth": [stops_too_soon],
    "as if uninterrupted": [loses_a_write, stops_too_soon],
}


def test_the_runner_keeps_them_all() -> None:
    """The run as it was: every property holds."""
    assert {each.status for each in judged(course()).values()} == {"holds"}


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
    assert set(BROKEN) == set(judged(course()))


@pytest.mark.parametrize("mutation", [reads_something_else, forgets, never_ends, runs_twice])
def test_only_that_one_objects(mutation: Callable[[], Trace]) -> None:
    """What is wrong in one way is right in the others."""
    names = [name for name, verdict in judged(mutation()).items() if verdict.status == "violated"]
    assert set(names) <= {name for name, mutations in BROKEN.items() if mutation in mutations} | {
        "as if uninterrupted"
    }


def test_a_limit_that_was_exceeded_is_seen() -> None:
    """The third super-step begins though two are the limit; four are enough."""
    verdict = limited(2)(course())
    assert (verdict.status, verdict.because) == ("violated", "super-step 3 begins; the limit is 2.")
    assert limited(4)(course())


def test_reducers_that_do_not_commute_are_merged_in_order() -> None:
    """Of appending it can only be asked that it is done in the order of the tasks."""
    from operator import add

    appending = StateGraph({"log": add}).add_node("a").add_node("b").add_edge(START, "a").add_edge(START, "b")
    drawn = appending.compile()
    world = World().add(Runner(drawn, {}), *[Member(n, node(lambda s, n=n: {"log": [n]})) for n in "ab"])
    trace = world.run().trace
    merged = {
        commutes: properties(drawn, commutative=commutes)[2](trace).status for commutes in (True, False)
    }
    assert merged == {True: "violated", False: "holds"}


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """0.03 s are not the end."""
    verdicts = judged(ended(course(), 0.03))
    undecided = [name for name, verdict in verdicts.items() if verdict.status == "undecided"]
    assert undecided == ["a run ends within 2 s", "as if uninterrupted"]
    assert judged(course())["as if uninterrupted"]


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(course(), [], 0.0)).values()} == {"undecided"}


def test_a_result_of_another_kind_may_leave_work_undone() -> None:
    """Only done means that nothing is left."""
    result = course().select("decision")[0]
    over = replace(result.data, reason=StopReason(Stop.BUDGET, "super-steps"))
    assert limited(25)(changed(stops_too_soon(), result, data=over))


@cache
def chain() -> tuple[Graph, Trace]:
    """Eighty nodes in a row, and their run."""
    drawn = StateGraph({"n": None})
    names = [f"n{at:02}" for at in range(80)]
    for source, name in zip([START, *names], names, strict=False):
        drawn.add_node(name).add_edge(source, name)
    compiled = drawn.compile()
    world = World(latency=0.01).add(Runner(compiled, {"n": 0}, limit=80))
    world.add(Member(name, node(lambda state: {"n": state["n"] + 1})) for name in names)
    return compiled, world.run().trace


@pytest.mark.parametrize("at", range(9))
def test_each_goes_through_the_trace_once(at: int) -> None:
    """Four times the super-steps, four times the work."""
    drawn, trace = chain()
    judges = [*properties(drawn, limit=80), as_uninterrupted(trace)]
    assert len(judges) == 9
    assert growth(judges[at], ended(trace, 0.4), trace) < 1.5


def test_a_checkpoint_is_known_by_its_kind() -> None:
    """Other notes are none of theirs."""
    strange = changed(course(), noted(1), name=None, data="just words")
    assert judged(strange)["it goes on where it was"].status == "violated"
    assert isinstance(noted(1).data, Checkpoint)
