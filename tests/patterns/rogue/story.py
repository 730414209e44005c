"""What a pool with rogues promises: runs that keep it, traces that break it, disasters it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.circuit_breaker.rules import Transition
from coordlab.patterns.rogue import Operator, Pool, Remove, Worker
from coordlab.patterns.rogue.checks import properties
from coordlab.patterns.rogue.rules import (
    Accepted,
    Assigned,
    Checked,
    Quorum,
    Refused,
    Removed,
    TakenBack,
    TooFew,
)
from coordlab.patterns.rogue.trust import SequentialTest
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, late, repeated, without

SEVEN = ("ann", "bob", "cat", "dan", "eve", "fay", "gil")
CREW = SEVEN[:6]
PERFECT = {"competence": 1.0, "sensitivity": 1.0, "false_alarm": 0.0}


@cache
def work(tasks: int = 30, rogue: bool = True) -> Run:
    """Bob is wrong and is isolated; eve is removed by hand while she is at work; what she says is refused."""
    world = World(3, latency=0.01).add(Pool(CREW, range(1, tasks + 1), quarantine=60.0))
    world.add(Worker(name, **PERFECT) for name in CREW)
    world.add(Operator([(0.05, Remove("eve", "hal", "it leaks"))] if rogue else ()))
    world.inject(*(["rogue bob @0"] if rogue else []))
    return world.expect(*properties(CREW, range(1, tasks + 1), rate=1.0)).run(until=31)


def trace() -> Trace:
    return work().trace


def told(kind: type, since: float = 0.0, **fields: Any) -> list[Event]:
    """What the pool put on record of one kind, with these fields."""
    return [
        event
        for event in trace().select("note", "decision", kind.__name__, since=since)
        if all(getattr(event.content, name) == value for name, value in fields.items())
    ]


def but(event: Event, **fields: Any) -> Trace:
    """The record as it was, except for some fields."""
    return changed(trace(), event, data=replace(event.data, **fields))


def review() -> Event:
    return trace().select("Review")[0]


def votes(voter: str, before: float) -> list[Event]:
    return [*trace().select("Opinion", kind="handle", peer=voter, before=before)]


def again() -> Event:
    """The assignment to another of the task that eve had."""
    return told(Assigned, task=hers())[1]


def quorum_without_bob() -> Event:
    return told(Quorum, since=turn("bob").time)[0]


def accepted(since: float = 0.0) -> Event:
    return told(Accepted, since)[0]


def gone() -> Event:
    return told(Removed)[0]


def turn(breaker: str) -> Event:
    return told(Transition, breaker=breaker)[0]


def quorum_before(event: Event) -> Event:
    return [each for each in told(Quorum) if each.seq < event.seq][-1]


def after_removal() -> Event:
    return accepted(gone().time + 0.001)


def hers() -> int:
    """The task that eve had when she was removed."""
    (task,) = gone().data.tasks
    return int(task)


def never_isolated() -> Trace:
    """Bob fails five checks in a row without effect."""
    failed, mutated = told(Checked, agent="bob")[-1], without(trace(), turn("bob"))
    for _ in range(3):
        mutated = repeated(mutated, failed)
    return mutated


STORY = (work,)
GROWS = (lambda: work(15), lambda: work(60))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "reviewed by others, each once": [
        lambda: changed(trace(), review(), peer=told(Assigned, job=review().data.job)[0].data.agent),
        lambda: repeated(trace(), review()),
    ],
    "accepted only by a quorum": [
        # the vote of one agent that is said to have approved never came
        lambda: without(trace(), *votes(accepted().data.approved_by[0], before=accepted().time + 1e-6)),
        lambda: but(accepted(), approved_by=accepted().data.approved_by[:1]),  # two are needed
        lambda: but(accepted(), approved_by=accepted().data.approved_by[:1] * 2),  # one counted twice
        lambda: but(accepted(), approved_by=(accepted().data.agent, *accepted().data.approved_by[1:])),
        lambda: changed(trace(), quorum_before(accepted()), name="TooFew", data=TooFew(3, 4)),
        lambda: but(quorum_before(accepted()), faulty=2),  # as many approve as may be rogue
    ],
    "who is removed is out": [
        lambda: without(trace(), told(Refused, agent="eve")[0]),
        lambda: changed(trace(), trace().select("Do", since=gone().time + 0.001)[0], peer="eve"),
        lambda: but(after_removal(), agent="eve"),
        lambda: but(after_removal(), approved_by=(*after_removal().data.approved_by, "eve")),
    ],
    "each task in one pair of hands": [
        lambda: without(trace(), told(TakenBack)[0]),
        lambda: without(trace(), told(TakenBack, task=hers())[0], *told(Assigned, task=hers())[1:]),
        lambda: repeated(trace(), again(), data=replace(again().data, agent="fay")),
        lambda: repeated(trace(), accepted()),
        lambda: but(accepted(), agent="cat" if accepted().data.agent != "cat" else "dan"),  # did not have it
    ],
    "its work is taken over within 30 s": [
        lambda: without(trace(), *told(Assigned, task=hers())[1:], *told(Accepted, task=hers())),
    ],
    "an order to remove wins": [
        lambda: repeated(
            trace(),
            turn("eve"),
            after=accepted(gone().time + 0.5),
            data=replace(turn("eve").data, before="forced open", after="half-open"),
        ),
        lambda: without(trace(), turn("eve")),  # said, but not done
        lambda: but(gone(), why="no reason"),
        lambda: without(trace(), trace().select("Remove", kind="handle")[0]),  # the order never arrived
        lambda: without(trace(), gone()),  # the order is ignored
        lambda: changed(trace(), gone(), kind="send", name="Declined"),
    ],
    "a new quorum is told": [
        lambda: without(trace(), quorum_without_bob()),
        lambda: late(
            trace(),
            quorum_without_bob(),
            after=trace().select(since=quorum_without_bob().time + 0.1)[0],
        ),
        lambda: but(told(Quorum, since=gone().time)[0], voices=6),
    ],
    "answers are taken as they were given": [
        lambda: but(accepted(), answer=-1),
        lambda: but(told(Checked)[0], right=False),
        lambda: repeated(trace(), trace().select("Do")[0]),
    ],
    "isolated after 5 checks at the latest": [never_isolated],
    "every task comes to an end within 30 s": [lambda: without(trace(), accepted())],
}

HOWS = ("wrong", "random", "colludes", "boasts", "silent")
UNTIL = 14.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Four to seven agents, some rogue for a while, perhaps one removed by hand, and other faults."""
    crew, faulty = SEVEN[: draw(st.integers(4, 7))], draw(st.integers(1, 2))
    tasks = range(draw(st.integers(5, 25)))
    test = SequentialTest(honest=0.9, rogue=0.5, false_alarm=0.1, miss=0.1)
    world = World(draw(st.integers(0, 999)), latency="uniform(0.01, 0.05)")
    quarantine = draw(st.sampled_from([0.3, 1.0]))
    world.add(Pool(crew, tasks, faulty, test=test, period=0.1, quarantine=quarantine, within=10.0))
    world.add(Worker(name, 0.95, 0.95, 0.02, seconds=0.15) for name in crew)
    order = st.tuples(
        moments(0.1, 4), st.sampled_from(crew).map(lambda name: Remove(name, "hal", "it leaks"))
    )
    world.add(Operator(draw(st.lists(order, max_size=1))))
    kinds = "crash crash partition cut slow drop duplicate delay"
    world.inject(*draw(plans(("pool", *crew), kinds, end=4.0)))
    if draw(st.booleans()):
        at = draw(moments(0.2, 3))
        world.inject(f"crash pool @{at:.3f}..{at + 0.3:.3f}")
    for name in draw(st.lists(st.sampled_from(crew), max_size=3)):
        at, lasts = draw(moments(0, 3)), draw(moments(0.5, 4))
        how, share = draw(st.sampled_from(HOWS)), draw(st.sampled_from([0.3, 0.7, 1.0]))
        world.inject(f"rogue {name} {how} {share} @{at:.3f}..{at + lasts:.3f}")
    return world.expect(*properties(crew, tasks, faulty, rate=0.7, test=test, within=10.0))


def moved(run: Run, state: str) -> bool:
    return any(event.content.after == state for event in run.trace.select("Transition"))


SEEN: dict[str, Callable[[Run], Any]] = {
    **{
        name: lambda run, name=name: run.trace.count(name)
        for name in ("Refused", "TakenBack", "TooFew", "Removed")
    },
    **{
        state: lambda run, state=state: moved(run, state)
        for state in ("open", "half-open", "closed", "forced open")
    },
    **{
        how: lambda run, how=how: any(getattr(each, "how", "") == how for each in run.world.faults)
        for how in HOWS
    },
    "a crash of the pool": lambda run: run.trace.count("crash", agent="pool"),
}
