"""What the properties of a state graph say of limits and of order; each objects only to its own breach."""

from __future__ import annotations

from dataclasses import replace
from operator import add

import pytest

from coordlab import World
from coordlab.patterns.orchestration import Member
from coordlab.patterns.orchestration.rules import Stop, StopReason
from coordlab.patterns.state_graph import Runner, node
from coordlab.patterns.state_graph.checks import goes_on_where_it_was, limited, merged
from coordlab.patterns.state_graph.graph import START, StateGraph
from coordlab.trace.trace import Trace
from tests.patterns.state_graph import story
from tests.properties.mutated import changed, ended


def judged(trace: Trace, status: str) -> set[str]:
    """The names of the properties with this verdict."""
    verdicts = [judge(trace) for judge in story.ran().world.properties]
    return {verdict.name for verdict in verdicts if verdict.status == status}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *[("nodes run only if triggered", 1), ("one snapshot for all", 0)],
        *[("it goes on where it was", 2), ("a run ends within 2 s", 0)],
    ],
)
def test_nothing_else_objects(name: str, number: int) -> None:
    """What is wrong in one way is right in the others."""
    assert judged(story.BROKEN[name][number](), "violated") <= {name, "as if uninterrupted"}


def test_a_limit_that_was_exceeded_is_seen() -> None:
    """The third super-step begins though two are the limit; four are enough."""
    verdict = limited(2)(story.course())
    assert (verdict.status, verdict.because) == ("violated", "super-step 3 begins; the limit is 2.")
    assert limited(4)(story.course())


def test_reducers_that_do_not_commute_are_merged_in_order() -> None:
    drawn = StateGraph({"log": add}).add_node("a").add_node("b").add_edge(START, "a").add_edge(START, "b")
    graph = drawn.compile()
    world = World().add(Runner(graph, {}), *[Member(n, node(lambda s, n=n: {"log": [n]})) for n in "ab"])
    trace = world.run().trace
    assert [merged(graph, commutes)(trace).status for commutes in (True, False)] == ["violated", "holds"]


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    undecided = {"a run ends within 2 s", "as if uninterrupted"}
    assert judged(ended(story.course(), 0.03), "undecided") == undecided


def test_a_result_of_another_kind_may_leave_work_undone() -> None:
    result = story.course().select("decision")[0]
    over = replace(result.data, reason=StopReason(Stop.BUDGET, "super-steps"))
    assert limited(25)(changed(story.stops_too_soon(), result, data=over))


def test_a_checkpoint_is_known_by_its_name() -> None:
    strange = changed(story.course(), story.noted(1), name=None, data="just words")
    assert goes_on_where_it_was(strange).status == "violated"
