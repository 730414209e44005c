"""What failure detectors promise: runs that keep it, traces that break it, and the disasters it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.heartbeat import Beater, Monitor, watched
from coordlab.patterns.heartbeat.checks import properties, quality
from coordlab.patterns.heartbeat.rules import PhiAccrual, Timeout
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, late, repeated, swapped, without

DETECTOR = Timeout(3.0)
DETECTORS: dict[str, Timeout | PhiAccrual] = {
    "time-out": Timeout(3.0),
    "normal": PhiAccrual(),
    "logistic": PhiAccrual(form="logistic"),
    "exponential": PhiAccrual(threshold=2.0, form="exponential"),
    "window of 10": PhiAccrual(window=10, pause=1.0),
}
S1, S2, S3, S4, L1, STAY, L2 = (each.name for each in properties(DETECTOR, within=4.0, mistakes=2.0))


@cache
def lives() -> Run:
    """a1 crashes and comes back; a2 is cut off for a while; a3 crashes for good, and is buried."""
    world = World(latency=0.01).add(Monitor("monitor", ["a1", "a2", "a3"], DETECTOR, grave=2.0))
    world.add(Beater(name, ["monitor"]) for name in ("a1", "a2", "a3"))
    world.inject("crash a1 @4.5..12.5", "cut a2>monitor @14.5..19.5", "crash a3 @21.5")
    return world.expect(*properties(DETECTOR, within=4.0, mistakes=2.0)).run(until=34.0)


def trace() -> Trace:
    return lives().trace


def news(name: str, target: str) -> Event:
    """The last time that this was said of a target."""
    return [e for e in trace().select(name, kind="decision") if e.data.target == target][-1]


def at(seconds: float) -> Event:
    """The last event by then."""
    return [event for event in trace() if event.time <= seconds][-1]


def again(name: str, target: str, seconds: float) -> Trace:
    """The same is said once more, at this time."""
    return repeated(trace(), news(name, target), after=at(seconds))


def heartbeats(**which: Any) -> list[Event]:
    return [*trace().select("Heartbeat", **which)]


def but(event: Event, **fields: Any) -> Trace:
    """What is said is different in these fields."""
    return changed(trace(), event, data=replace(event.data, **fields))


def the_dead_are_restored() -> Trace:
    """Eight seconds after the crash a3 is trusted again."""
    return repeated(trace(), news("Restored", "a2"), after=at(30.0), data=news("Suspected", "a3").data)


@cache
def crowd(agents: int) -> Run:
    """This many targets, of which every fourth crashes and comes back."""
    world = watched(agents, DETECTOR).inject(*[f"crash a{n} @{3 + n / 50}..9" for n in range(1, agents, 4)])
    return world.expect(*properties(DETECTOR, within=4.0, mistakes=2.0)).run(until=15.0)


STORY = (lives,)
GROWS = (lambda: crowd(8), lambda: crowd(32))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    S1: [
        lambda: again("Suspected", "a1", 8.5),
        lambda: again("Restored", "a2", 21.0),
        lambda: again("Buried", "a3", 30.0),
        lambda: again("Recovered", "a1", 14.0),  # in the same incarnation
        lambda: swapped(trace(), news("Suspected", "a3"), news("Buried", "a3")),
        # suspected twice, and not restored in between
        lambda: repeated(without(trace(), news("Restored", "a2")), news("Suspected", "a2"), after=at(33.0)),
    ],
    S2: [
        lambda: changed(trace(), news("Suspected", "a3"), time=round(23.5e6)),  # a second too early
        lambda: but(news("Suspected", "a1"), target="a2"),
        # one more heartbeat just before it is suspected
        lambda: repeated(trace(), heartbeats(kind="handle", peer="a1", before=4.5)[-1], after=at(6.5)),
    ],
    S3: [
        lambda: but(news("Recovered", "a1"), incarnation=1),  # the one that it had before
        lambda: but(heartbeats(agent="a2")[3], incarnation=2),  # so what restores it is from an earlier life
    ],
    S4: [lambda: but(heartbeats(kind="send", agent="a1", since=13)[0], incarnation=1)],
    L1: [
        lambda: without(trace(), news("Suspected", "a3"), news("Buried", "a3")),
        lambda: late(without(trace(), news("Buried", "a3")), news("Suspected", "a3"), after=at(27.0)),
    ],
    STAY: [the_dead_are_restored],
    L2: [
        lambda: without(trace(), news("Restored", "a2")),
        lambda: late(trace(), news("Restored", "a2"), after=at(23.0)),
    ],
}

UNTIL = 30.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Three agents that are watched, up to five faults, and a last crash that is final.

    The monitor may be away when it happens; a heartbeat may come later than those of the next life.
    """
    detector = draw(st.sampled_from([*DETECTORS.values()]))
    world = watched(3, detector, seed=draw(st.integers(0, 999)))
    kinds = "crash crash partition cut slow drop duplicate delay"
    world.inject(*draw(plans(["monitor", "a1", "a2", "a3"], kinds, end=12.0, most=5)))
    end = draw(moments(6, 14))
    world.inject(f"crash {draw(st.sampled_from(['a1', 'a2', 'a3']))} @{end:.3f}")
    if draw(st.booleans()):
        world.inject(f"crash monitor @{end - 0.5:.3f}..{end + 0.5:.3f}")
    if draw(st.booleans()):
        world.inject("delay a1>monitor #3 2.5", "crash a1 @2.5..3")
    within = 6.0 if detector is DETECTORS["time-out"] else 9.0
    return world.expect(*properties(detector, within, mistakes=6.0))


SEEN: dict[str, Callable[[Run], Any]] = {
    "a suspicion": lambda run: run.trace.count("Suspected", kind="decision"),
    "a return": lambda run: run.trace.count("Restored", kind="decision") > 3,  # 3: each is heard once
    "a recovery": lambda run: run.trace.count("Recovered", kind="decision"),
    "a mistake": lambda run: quality(run.trace).mistakes,
    "a crash of the monitor": lambda run: run.trace.count("crash", agent="monitor"),
    "a crash that was found": lambda run: run.verdicts[4].status == "holds",
}
