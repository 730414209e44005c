"""What a state graph promises: the runs that keep it, the traces that break it, and disasters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from operator import or_
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.orchestration import Member
from coordlab.patterns.orchestration.rules import Stop
from coordlab.patterns.orchestration.turns import result
from coordlab.patterns.state_graph import WORKS, Editor, Runner, node, report
from coordlab.patterns.state_graph.checks import as_uninterrupted, properties
from coordlab.patterns.state_graph.graph import START, Graph, StateGraph
from coordlab.patterns.state_graph.rules import Command, Task
from coordlab.properties import recorded
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, made, repeated, without


@cache
def graph() -> Graph:
    """A diamond with unequal arms that join in e."""
    drawn = StateGraph({"seen": or_})
    for name in "abcde":
        drawn.add_node(name)
    drawn.add_edge(START, "a").add_edge("a", "b").add_edge("a", "c").add_edge("c", "d")
    return drawn.add_edge(["b", "d"], "e").compile()


@cache
def ran(crash: str = "crash graph @0.041..0.05") -> Run:
    """Its run; the runner is down for a moment."""
    world = World(latency=0.01).add(Runner(graph(), {"seen": set()}))
    world.add(Member(name, node(lambda state, name=name: {"seen": {name}})) for name in "abcde")
    if crash:
        world.inject(crash).expect(*properties(graph(), within=2.0), as_uninterrupted(ran("").trace))
    return world.run(until=1.0)


@cache
def chain(nodes: int, reference: Run | None = None) -> Run:
    """Nodes in a row, and their run, compared with the same one."""
    drawn = StateGraph({"n": None})
    names = [f"n{at:02}" for at in range(nodes)]
    for source, name in zip([START, *names], names, strict=False):
        drawn.add_node(name).add_edge(source, name)
    compiled = drawn.compile()
    world = World(latency=0.01).add(Runner(compiled, {"n": 0}, limit=nodes))
    world.add(Member(name, node(lambda state: {"n": state["n"] + 1})) for name in names)
    if reference is None:
        return chain(nodes, world.run())
    return world.expect(*properties(compiled, limit=nodes), as_uninterrupted(reference.trace)).run()


def course() -> Trace:
    return ran().trace


def noted(step: int) -> Event:
    """The first note of a checkpoint."""
    return next(each for each in recorded(course(), "Checkpoint") if each.data.step == step)


def again() -> Event:
    """The checkpoint of super-step 2, as it is noted after the crash."""
    return [each for each in recorded(course(), "Checkpoint") if each.data.step == 2][-1]


def turn(to: str) -> Event:
    return course().select("Turn", peer=to)[-1]


def told(step: int, **fields: Any) -> Trace:
    """All notes of the checkpoint of a super-step read otherwise."""
    trace = course()
    for event in recorded(course(), "Checkpoint"):
        if event.data.step == step:
            trace = changed(trace, event, data=replace(event.data, **fields))
    return trace


def given(to: str, task: str, values: Any) -> Any:
    """The turn of `to` with another task and state."""
    return replace(turn(to).data, context=(Task(task), values))


def answers(content: object) -> Trace:
    """A's reply reads otherwise."""
    reply = course().select("Reply", agent="a")[0]
    return changed(course(), reply, data=replace(reply.data, content=content))


def goes_on_without_an_answer() -> Trace:
    """C counts as run, though no reply of it was handled."""
    return without(course(), *course().select("Reply", kind="handle", peer="c"))


def loses_a_write() -> Trace:
    """What d wrote is not there."""
    return told(3, values=noted(2).data.values)


def stops_too_soon() -> Trace:
    """The result says done, and e is yet to run, in a fifth super-step."""
    return told(4, tasks=(Task("e"),))


def forgets_an_arm() -> Trace:
    """Only b follows a; c is not triggered."""
    event = next(each for each in recorded(ran().trace, "Checkpoint") if each.data.step == 1)
    return changed(ran().trace, event, data=replace(event.data, tasks=event.data.tasks[:1]))


def never_ends() -> Trace:
    """There is no result."""
    trace = without(course(), *course().select("decision"))
    return made(trace, list(trace.rows), until=3.0)


STORY = (ran,)
GROWS = tuple(lambda nodes=nodes: chain(nodes) for nodes in (20, 80))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "nodes run only if triggered": [
        lambda: repeated(course(), turn("c"), peer="d", data=given("c", "d", noted(1).data.values)),
        lambda: repeated(course(), turn("b")),
        lambda: told(1, tasks=(Task("e"),)),
        goes_on_without_an_answer,
    ],
    "one snapshot for all": [
        lambda: changed(course(), turn("b"), data=given("b", "b", (("seen", frozenset("z")),)))
    ],
    "writes are merged": [
        loses_a_write,
        lambda: answers(Command((("sene", frozenset("a")),))),
        lambda: answers("done"),
        goes_on_without_an_answer,
    ],
    "joins wait for all": [  # e is triggered when only b has come; and not at all
        lambda: told(2, tasks=(Task("d"), Task("e"))),
        lambda: told(3, tasks=()),
    ],
    "at most 25 super-steps": [stops_too_soon],
    "it goes on where it was": [  # it begins at the first checkpoint again; skips the third; forgets arrivals
        lambda: changed(course(), again(), data=noted(1).data),
        lambda: without(course(), noted(3)),
        lambda: changed(course(), again(), data=replace(again().data, arrived=((),))),
    ],
    "a run ends within 2 s": [never_ends],
    "edges are followed": [forgets_an_arm],
    "ends within its depth": [stops_too_soon],
    "as if uninterrupted": [loses_a_write, stops_too_soon],
}
UNTIL = 20.0


def reporting() -> World:
    """The report of the demo; the second draft is published."""
    world = World(latency=0.01).add(Runner(report(), {}, human="ed", patience=5.0))
    world.add(Member(name, node(work), seconds=0.1) for name, work in WORKS.items())
    return world.add(Editor("ed", publishes=2)).expect(*properties(report()))


@cache
def calm() -> Run:
    """The report, undisturbed."""
    return reporting().run(until=6.0)


def joining(limit: int) -> World:
    """The diamond, whose four super-steps the limit may cut off."""
    world = World(latency=0.01).add(Runner(graph(), {"seen": set()}, limit=limit, patience=5.0))
    world.add(Member(name, node(lambda state, name=name: {"seen": {name}}), seconds=0.2) for name in "abcde")
    return world.expect(*properties(graph(), limit=limit))


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Crashes, cuts, lost and late messages: done, failed or waiting, and nothing was merged twice."""
    kinds = "crash crash cut slow drop duplicate delay"
    if draw(st.integers(0, 3)) == 0:
        world = joining(draw(st.sampled_from([2, 3, 4])))
        return world.inject(*draw(plans(["graph", *"abcde"], kinds, end=1.0, most=3)))
    names = ["graph", "ed", *WORKS]
    world = reporting().inject(*draw(plans(names, kinds, end=3.0, most=7)))
    if draw(st.booleans()):
        begun = draw(moments(0, 2))
        world.inject(f"crash graph @{begun:.3f}..{begun + 0.2:.3f}")
    return world.expect(as_uninterrupted(calm().trace))


SEEN: dict[str, Callable[[Run], Any]] = {
    **{
        f"stopped: {kind}": lambda run, kind=kind: result(run.trace).reason.kind == kind
        for kind in (Stop.DONE, Stop.FAILED, Stop.INTERRUPTED)
    },
    "other turns than undisturbed": lambda run: (
        list(map(str, run.trace.select("Turn"))) != list(map(str, calm().trace.select("Turn")))
    ),
    "the runner restarts": lambda run: run.trace.count("restart", agent="graph"),
}


def also(run: Run) -> None:
    """It stops."""
    assert result(run.trace), run.line
