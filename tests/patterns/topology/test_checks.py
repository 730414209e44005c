"""Each property of a team: kept by the page, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from coordlab.patterns.topology import Finished, team
from coordlab.patterns.topology.checks import properties
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, repeated, swapped, without


@cache
def trace() -> Trace:
    """Five agents in a star, three rounds."""
    return team("star", agents=5, tasks=15).run().trace


def judged(told: Trace, within: float = 600.0) -> dict[str, str]:
    return {each.name: each(told).status for each in properties("star", 5, 3, within)}


def shares() -> list[Event]:
    return trace().select("Share", kind="send")


def tasks() -> list[Event]:
    return trace().select("note")


def one_message_more() -> Trace:
    """A share is sent twice."""
    return repeated(trace(), shares()[-1])


def a_task_twice() -> Trace:
    """Somebody does the first task again."""
    return changed(trace(), tasks()[5], data=Finished(0))


def a_task_too_many() -> Trace:
    """Somebody does a fourth."""
    return repeated(trace(), tasks()[-1], data=Finished(3))


def a_round_too_early() -> Trace:
    """The digest of the first round reaches a member only after its second task."""
    late_one = next(event for event in trace().select("Share", kind="handle") if event.peer == "1")
    task = next(event for event in tasks() if event.agent == late_one.agent and event.data.round == 1)
    return late(trace(), late_one, task)


def a_result_out_of_thin_air() -> Trace:
    """A member tells of a result before anybody has finished."""
    return changed(trace(), shares()[0], data=replace(shares()[0].data, found=(1, 2, 3, 4, 5), round=1))


def told_before_found() -> Trace:
    """A share and the task that it tells of change places."""
    task = next(event for event in tasks() if event.agent == shares()[0].agent)
    return swapped(trace(), task, shares()[0])


BROKEN: list[tuple[Callable[[], Trace], str]] = [
    (one_message_more, "8 messages a round"),
    (a_task_twice, "the same work for everybody"),
    (a_task_too_many, "the same work for everybody"),
    (a_round_too_early, "no round before all know the last"),
    (a_result_out_of_thin_air, "only what was found is told"),
    (told_before_found, "only what was found is told"),
]


def test_the_page_keeps_every_promise() -> None:
    """All five hold."""
    assert set(judged(trace()).values()) == {"holds"}


@pytest.mark.parametrize(("broken", "name"), BROKEN, ids=[make.__name__ for make, _ in BROKEN])
def test_a_broken_promise_is_found(broken: Callable[[], Trace], name: str) -> None:
    """What the trace tells violates the property that is meant for it."""
    assert judged(broken())[name] == "violated"


def test_who_is_not_done_in_time_is_late() -> None:
    """Three seconds of work take more than three seconds."""
    assert judged(trace(), within=3.0)["done within 3 s"] == "violated"


def test_a_run_cut_short_is_undecided() -> None:
    """While the first results are shared nobody can tell yet."""
    verdicts = judged(ended(trace(), 1.05))
    undecided = {name for name, status in verdicts.items() if status == "undecided"}
    assert undecided == {"8 messages a round", "the same work for everybody", "done within 600 s"}


def test_a_message_too_few_is_undecided() -> None:
    """It may still come."""
    assert judged(without(trace(), shares()[-1]))["8 messages a round"] == "undecided"


def test_an_empty_trace_tells_nothing() -> None:
    """Nothing holds because nothing happened."""
    assert set(judged(Trace([], (), {}, 0.0)).values()) == {"undecided"}


@pytest.mark.parametrize("number", range(5))
def test_properties_do_linear_work(number: int) -> None:
    """Four times the trace, four times the work."""
    short, long = (team("star", 5, tasks=5 * rounds).run().trace for rounds in (10, 40))
    judge, other = properties("star", 5, 10)[number], properties("star", 5, 40)[number]
    assert growth(judge, short, short) == 1
    assert other(long).status == "holds"
    assert growth(other, short, long) < 1.5
