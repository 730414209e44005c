"""What a shared counter promises: runs that keep it, traces that break it, disasters that it survives."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.counter import NAMES, Stored, checks, counting, demo, in_order, theory
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import plans
from tests.properties.mutated import changed, without

SAFE = checks.METHODS[1:]


@cache
def locked() -> Run:
    """Three agents with a lock."""
    return demo()


def trace() -> Trace:
    return locked().trace


def stored() -> list[Event]:
    return trace().select("Stored")


def long(steps: int) -> Run:
    return counting(2, method="lock", steps=steps).expect(*checks.properties(8.0)).run()


def never_done() -> Trace:
    """The last agent does not say that it is done."""
    done = [event for event in trace().select("role") if event.data == "is done"]
    return Trace(without(trace(), done[-1]).rows, trace().agents, trace().says, 9.0)


STORY = (
    locked,
    lambda: counting(3, method="compare-and-set").expect(*checks.properties(8.0)).run(),
    lambda: counting(3, method="one-message").expect(*checks.properties(8.0)).run(),
)
GROWS = (lambda: long(5), lambda: long(20))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "no update is lost": [
        lambda: counting().run().trace,
        lambda: in_order(theory.order(2, 5, ending=2)).run().trace,
        lambda: changed(trace(), stored()[4], data=Stored("ann", value=7, over=4)),
    ],
    "all are done within 8 s": [never_done],
}
UNTIL = 60.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Slow agents and late messages, for each safeguard."""
    method, seed = draw(st.sampled_from(SAFE)), draw(st.integers(0, 999))
    world = counting(3, seed, method=method, steps=3).expect(*checks.properties(50.0))
    return world.inject(*draw(plans([*NAMES[:3], "board"], "slow delay", end=3.0)))


def also(run: Run) -> None:
    """They cost time and nothing else."""
    assert {verdict.status for verdict in run.verdicts} == {"holds"}, run.line
    assert run.world["board"].value == 9  # type: ignore[attr-defined]


SEEN: dict[str, Callable[[Run], Any]] = {
    "a slow agent": lambda run: run.trace.count("Slow", kind="fault"),
    "a late message": lambda run: run.trace.count("Delay", kind="fault") or "delay" in run.line,
    "a write that is refused": lambda run: run.trace.count("Refused"),
}
