"""What a group that watches itself promises: runs that keep it, traces that break it, and disasters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.heartbeat.checks import quality
from coordlab.patterns.heartbeat.rules import Suspected
from coordlab.patterns.swim import group
from coordlab.patterns.swim.checks import properties
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, late, repeated, swapped, without

S1, S3, S4, ASKED, ANSWERED, SPREADS, L1, STAY, L2 = (each.name for each in properties(4))


@cache
def lives() -> Run:
    """m2 is cut off, buried, and restored under incarnation 2; m3 crashes for good."""
    world = group(4, latency=0.01).inject("partition m2 @3..15", "crash m3 @30.5")
    return world.expect(*properties(4)).run(until=60.0)


def trace() -> Trace:
    return lives().trace


def news(name: str, target: str, agent: str = "m1") -> Event:
    """The last time that an agent said this of a target."""
    said = trace().select(name, kind="decision", agent=agent)
    return [event for event in said if event.data.target == target][-1]


def at(seconds: float) -> Event:
    """The last event by then."""
    return [event for event in trace() if event.time <= seconds][-1]


def speaks_of_an_earlier_life() -> Trace:
    """m2 does not refute the news that it is dead."""
    ping = trace().select("Ping", kind="send", agent="m2", since=20)[0]
    old = tuple(replace(each, incarnation=1) for each in ping.data.updates)
    return changed(trace(), ping, data=replace(ping.data, updates=old))


def asks_about_another() -> Trace:
    """All have helpers ping m2, and suspect m3."""
    mutated = trace()
    for sent in trace().select("PingRequest", kind="send", since=30.5):
        mutated = changed(mutated, sent, data=replace(sent.data, target="m2"))
    return mutated


def suspected_though_it_answers() -> Trace:
    """m1 suspects m2 just after it has had the answer to its ping."""
    ack = trace().select("Ack", kind="handle", agent="m1", peer="m2", since=20)[0]
    return repeated(trace(), news("Suspected", "m3"), after=ack, data=Suspected("m2", 2))


def buried_twice() -> Trace:
    return repeated(trace(), news("Buried", "m3"), after=at(55.0))


def restored_by_old_news() -> Trace:
    """m2 is restored under the incarnation in which it was buried."""
    restored = news("Restored", "m2")
    return changed(trace(), restored, data=replace(restored.data, incarnation=1))


def the_dead_are_restored() -> Trace:
    """m3 is alive to m1 though it has been down for 20 s."""
    return repeated(trace(), news("Restored", "m2"), after=at(50.5), data=news("Buried", "m3").data)


def crowd(members: int) -> Run:
    """A group of which one crashes and another comes back."""
    world = group(members).inject("crash m2 @2", "crash m3 @3..8")
    return world.expect(*properties(members)).run(until=14.0)


STORY = (lives,)
GROWS = (lambda: crowd(6), lambda: crowd(24))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    S1: [
        buried_twice,
        lambda: repeated(trace(), news("Restored", "m2"), after=at(29.0)),
        lambda: swapped(trace(), news("Suspected", "m3"), news("Buried", "m3")),
    ],
    S3: [
        restored_by_old_news,
        lambda: repeated(trace(), news("Buried", "m2"), after=at(29.0)),  # in incarnation 1, after 2
        buried_twice,
    ],
    S4: [speaks_of_an_earlier_life],
    ASKED: [asks_about_another],
    ANSWERED: [suspected_though_it_answers],
    SPREADS: [
        lambda: without(trace(), news("Suspected", "m3"), news("Buried", "m3")),
        lambda: late(without(trace(), news("Buried", "m3")), news("Suspected", "m3"), after=at(38.0)),
    ],
    L1: [
        lambda: without(trace(), news("Buried", "m3")),
        lambda: without(trace(), news("Suspected", "m3", "m4"), news("Buried", "m3", "m4")),
        lambda: late(trace(), news("Buried", "m3"), after=at(46.0)),
    ],
    STAY: [the_dead_are_restored],
    L2: [
        lambda: without(trace(), news("Restored", "m2")),
        lambda: late(trace(), news("Restored", "m2"), after=at(23.0)),  # every probe takes 7 s at most
    ],
}

UNTIL = 32.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Up to six members, up to six faults, and a last crash that is final."""
    names = [f"m{number}" for number in range(1, draw(st.integers(2, 6)) + 1)]
    kinds = "crash crash partition cut slow drop duplicate delay"
    world = group(len(names), seed=draw(st.integers(0, 999)))
    world.inject(*draw(plans(names, kinds, end=9.0, most=6)))
    world.inject(f"crash {draw(st.sampled_from(names))} @{draw(moments(5, 10)):.3f}")
    return world.expect(*properties(len(names)))


SEEN: dict[str, Callable[[Run], Any]] = {
    "a suspicion": lambda run: run.trace.count("Suspected", kind="decision"),
    "a burial": lambda run: run.trace.count("Buried", kind="decision"),
    "a refutation": lambda run: any(
        event.data.incarnation > 1 for event in run.trace.select("Restored", kind="decision")
    ),
    "a mistake": lambda run: quality(run.trace).mistakes,
    "a crash that was found": lambda run: run.verdicts[6].status == "holds",
}
