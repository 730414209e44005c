"""What a team promises: the runs that keep it, traces that break it, disasters that it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.topology import Finished, team
from coordlab.patterns.topology.rules import STEPS
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import plans
from tests.properties.mutated import changed, late, repeated, swapped, without


@cache
def star() -> Run:
    """Five agents in a star, three rounds."""
    return team("star", agents=5, tasks=15).run()


def trace() -> Trace:
    return star().trace


def shares() -> list[Event]:
    return trace().select("Share", kind="send")


def tasks() -> list[Event]:
    return trace().select("note")


def a_round_too_early() -> Trace:
    """The digest of the first round reaches a member only after its second task."""
    digest = next(event for event in trace().select("Share", kind="handle") if event.peer == "1")
    task = next(event for event in tasks() if event.agent == digest.agent and event.data.round == 1)
    return late(trace(), digest, task)


def a_result_out_of_thin_air() -> Trace:
    """A member tells of results before any member has finished."""
    return changed(trace(), shares()[0], data=replace(shares()[0].data, found=(1, 2, 3, 4, 5), round=1))


def told_before_found() -> Trace:
    """A share and the task that it tells of change places."""
    task = next(event for event in tasks() if event.agent == shares()[0].agent)
    return swapped(trace(), task, shares()[0])


def a_result_is_lost() -> Trace:
    """The hub never hears of one result: it waits for ever, and so do all."""
    return team("star", agents=5, tasks=15).inject("drop 3>1 #2").run().trace


STORY = (star,)
GROWS = (lambda: team("star", 5, tasks=25).run(), lambda: team("star", 5, tasks=100).run())
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "8 messages a round": [
        lambda: repeated(trace(), shares()[-1]),
        lambda: without(trace(), shares()[-1]),
        a_result_is_lost,
    ],
    "the same work for everybody": [
        lambda: changed(trace(), tasks()[5], data=Finished(0)),  # the first task again
        lambda: repeated(trace(), tasks()[-1], data=Finished(3)),  # a fourth
        a_result_is_lost,
    ],
    "no round before all know the last": [a_round_too_early],
    "only what was found is told": [a_result_out_of_thin_air, told_before_found],
    "done within 600 s": [lambda: Trace(trace().rows[:-9], trace().agents, trace().says, 601.0)],
}
UNTIL = 60.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Slow agents, and messages that come late or twice."""
    style, seed = draw(st.sampled_from(sorted(STEPS))), draw(st.integers(0, 999))
    names = [*map(str, range(1, 7)), *["bus"] * (style == "bus")]
    world = team(style, 6, 12, latency="uniform(0.01, 0.05)", seed=seed)
    return world.inject(*draw(plans(names, "slow duplicate delay", end=4.0)))


def also(run: Run) -> None:
    """They cost time and nothing else."""
    assert {verdict.status for verdict in run.verdicts} == {"holds"}, run.line


SEEN: dict[str, Callable[[Run], Any]] = {
    "a slow agent": lambda run: run.trace.count("Slow", kind="fault"),
    "a message that comes twice": lambda run: run.trace.count("deliver") > run.trace.count("send"),
    "gossip": lambda run: run.trace.count("Ask"),
}
