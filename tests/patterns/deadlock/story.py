"""What deadlock detection promises: runs that keep it, traces that break it, and disasters it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.deadlock import Coordinator, Deadlock, Resource, Worker, demo, philosophers
from coordlab.patterns.deadlock.checks import deadlocks, properties
from coordlab.patterns.deadlock.probes import Probe, waiting
from coordlab.trace.limits import Limits
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import plans
from tests.properties.mutated import changed, late, made, repeated, swapped, without

WAYS: dict[str, dict[str, Any]] = {
    "coordinator": {},
    "probes": {"period": None, "probes": 0.3},
    "time-out": {"period": None, "patience": 1.0},
    "order": {"period": None, "ordered": True},
    "one left-handed": {"period": None, "left_handed": 1},
}

dinner = cache(demo)


@cache
def cycle() -> Run:
    """Three wait for each other."""
    return waiting({"1": ("2",), "2": ("3",), "3": ("1",)}).run(until=6.0)


def dined() -> Trace:
    return dinner().trace


def probed() -> Trace:
    return cycle().trace


def report() -> Event:
    return dined().select("decision")[0]


def reported(**fields: Any) -> Trace:
    """The coordinator reports something else."""
    return changed(dined(), report(), data=replace(report().data, **fields))


def a_report_too_early() -> Trace:
    """Before the last of the cycle has asked for its second fork."""
    second = [event for event in dined().select("Request", kind="handle") if event.time < report().time]
    return late(dined(), second[-1], report())


def a_report_of_a_stranger() -> Trace:
    """The coordinator names a worker that does not exist."""
    return changed(dined(), report(), data=Deadlock(("p9.1", "p1.1"), report().data.victims))


def granted_to_two() -> Trace:
    """A fork is granted to a worker while another holds it."""
    grant = dined().select("Granted", kind="send")[0]
    other = next(e for e in dined().select("Granted", kind="send") if e.data.key != grant.data.key)
    return changed(dined(), grant, data=other.data)


def out_of_turn() -> Trace:
    """A fork that was granted at once was granted before it was asked for."""
    asked, grant = (
        dined().select(name, kind=kind)[0] for name, kind in (("Request", "handle"), ("Granted", "send"))
    )
    return swapped(dined(), asked, grant)


def used_by_two() -> Trace:
    """All five have asked for both forks; one works, and so does its neighbour."""
    works = next(event for event in dined().select("role") if event.data == "works")
    return repeated(dined(), works, agent=f"p{(int(str(works.agent)[1:]) + 3) % 5 + 1}")


def a_cycle_that_nobody_breaks() -> Trace:
    """Nobody looks, so the cycle remains to the end."""
    return philosophers(period=30.0).run(until=10.0).trace


def one_is_never_done() -> Trace:
    """The run is long, and one worker never says that it is done."""
    last = [event for event in dined().select("role") if event.data == "is done"][-1]
    return made(without(dined(), last), without(dined(), last).rows, 100.0)


def sent_back_six_times() -> Trace:
    """The same worker is the victim six times in succession."""
    trace = dined()
    for _ in range(5):
        trace = repeated(trace, trace[report().seq])
    return trace


def claims_to_be_stuck() -> Trace:
    """An agent that waits for nobody says that it is stuck."""
    return changed(probed(), probed().select("decision")[0], agent="9")


def silent() -> Trace:
    """Nobody says that it is stuck."""
    return without(probed(), *probed().select("decision"))


def a_probe_twice() -> Trace:
    """The same probe goes along a wait twice."""
    return repeated(probed(), probed().select("Probe", kind="send")[0])


def a_probe_astray() -> Trace:
    """A probe goes where no wait leads."""
    return changed(probed(), probed().select("Probe", kind="send")[0], peer="9", data=Probe("1"))


STORY = (dinner, cycle)
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "every reported deadlock is one": [a_report_too_early, a_report_of_a_stranger],
    "victims break every cycle, and each is needed": [
        lambda: reported(victims=report().data.cycle[:2]),
        lambda: reported(victims=()),
    ],
    "locks are held within their limits": [granted_to_two, out_of_turn],
    "no lock is used by more than it has units": [used_by_two],
    "deadlocks end within 2 s": [a_cycle_that_nobody_breaks],
    "everybody is done within 60 s": [one_is_never_done],
    "nobody is sent back more than 5 times running": [sent_back_six_times],
    "only the stuck say so": [claims_to_be_stuck],
    "found within 5 s": [silent],
    "one probe for each wait": [a_probe_twice, a_probe_astray],
}


def dining(rounds: int) -> Run:
    """Three philosophers eat this many times."""
    return philosophers(3, rounds=rounds).expect(*properties(done=999)).run(until=3.0 * rounds)


GROWS = (lambda: dining(3), lambda: dining(12))
UNTIL = 45.0
DETECTS: dict[str, dict[str, Any]] = {
    "coordinator": {},
    "probes": {"probes": 0.3, "rounds": 5},
    "time-out": {"patience": 0.6, "think": 0.02},
}


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Two to six workers take two or three locks, each in an order of its own, or dine; four things go wrong.

    Agents are slow, messages are slow, late or duplicated; with time-outs workers crash, too.
    """
    way, seed, count = (
        draw(st.sampled_from([*DETECTS, "probes", "time-out", "time-out"])),
        draw(st.integers(0, 999)),
        draw(st.integers(2, 6)),
    )
    settings = {"rounds": 2, **DETECTS[way]}
    world = philosophers(count, period=None, **settings).again(seed=seed)
    kinds, done = "slow delay duplicate", 44.0
    if draw(st.integers(0, 2)):
        locks = [f"lock{number}" for number in range(draw(st.integers(2, 3)))]
        world = World(seed, "uniform(0.01, 0.05)" if way == "probes" else "uniform(0.01, 0.2)")
        world.add(Resource(lock) for lock in locks)
        orders = [tuple(draw(st.permutations(locks))) for _ in range(count)]
        world.add(Worker(f"p{number}", wants, **settings) for number, wants in enumerate(orders, 1))
        kinds, done = "duplicate" if way == "probes" else kinds, 999.0  # see under Assumes
    names = list(world.agents)
    workers = [name for name in names if name[0] == "p"]
    locks = [name for name in names if name not in workers]
    world.add([Coordinator(locks)] if way == "coordinator" else [])
    world.inject(*draw(plans(names, kinds, end=4.0)))
    if way == "time-out":
        world.inject(*draw(plans(workers, "crash", end=6.0, most=2)))
        kinds += " crash"
    # a look is to take less than a period: while the coordinator is slower, it sees nothing
    world.assume(Limits(kinds, hold=1.0, slow=0.3, over=4.0, spared=tuple(locks)))
    return world.expect(*properties(within=6.0, done=done, times=20))


SEEN: dict[str, Callable[[Run], Any]] = {
    "a cycle": lambda run: next(iter(deadlocks(run.trace)), None),
    "a report": lambda run: run.trace.count("Deadlock"),
    "a time-out": lambda run: run.trace.count("GaveUp"),
    "a crash": lambda run: run.trace.count("crash"),
}
