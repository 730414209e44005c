"""What leaders with leases promise: runs that keep it, traces that break it, and disasters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import permutations
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.labs.clicks import nth_on_link
from coordlab.patterns.leases import Member, Storage, Store, Stored, elections
from coordlab.patterns.leases.checks import properties
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, late, repeated, without


@cache
def reigns() -> Run:
    """3 leads, is cut off, and 2 leads; then the network heals."""
    return elections(faults=["partition 1,3/2,4,5,storage @4..9"], until=20.0)


def trace() -> Trace:
    return reigns().trace


def crowned(nth: int) -> Event:
    """When the nth leader, from 0, began to lead."""
    return [event for event in trace().select("role") if event.data == "leads"][nth]


def same_term() -> Trace:
    """The second leader leads the term of the first."""
    mutated = trace()
    for event in trace().select("term", agent=crowned(1).agent, since=4):
        mutated = changed(mutated, event, data=1)
    return mutated


def followers_for_votes() -> Trace:
    """Most follow the first leader, but nobody has voted for it."""
    mutated = trace()
    for event in trace().select("RequestVote", kind="handle", before=crowned(0).time):
        mutated = changed(mutated, event, name="Heartbeat")
    return mutated


def breaks_its_promise() -> Trace:
    """A member follows another one long before its promise has run out."""
    promise = next(each for each in trace().select("decision", agent="4") if each.data.until > 0)
    data = replace(promise.data, to="2", since=promise.data.since + 0.1)
    return repeated(trace(), promise, data=data)


def stays_on() -> Trace:
    """The first leader does not notice that its lease is over."""
    first = crowned(0)
    return without(trace(), trace().select("role", agent=first.agent, since=first.time + 0.001)[0])


def nobody_leads() -> Trace:
    """After the partition nobody is elected any more."""
    return without(trace(), *[each for each in trace().select("role", since=9) if each.data == "leads"])


def led_too_late() -> Trace:
    """The first leader is elected only after ten seconds; meanwhile nothing happens to the network."""
    calm = elections(until=20.0).trace
    first = next(event for event in calm.select("role") if event.data == "leads")
    return late(calm, first, next(event for event in calm if event.time > 10.2))


def falls(seconds: int) -> Run:
    """The members fall one after the other, and come back."""
    crashes = [f"crash {at // 10 % 5 + 1} @{at}..{at + 4}" for at in range(3, seconds, 10)]
    return elections(faults=crashes, until=seconds)


STORY = (reigns,)
GROWS = (lambda: falls(10), lambda: falls(40))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "one leader per term": [same_term],
    "a majority elects": [
        lambda: without(trace(), *trace().select("Vote", kind="handle", before=crowned(0).time + 1e-6)),
        followers_for_votes,
    ],
    "one vote a term": [lambda: repeated(trace(), trace().select("Vote")[0], peer="5")],
    "terms increase": [
        lambda: repeated(trace(), trace().select("term", agent="4")[-1], after=trace()[-1], data=1),
        lambda: late(trace(), crowned(0), crowned(1)),
    ],
    "promises are kept": [breaks_its_promise],
    "one leader at once": [stays_on],
    "the storage is fenced": [
        lambda: repeated(trace(), trace().select("Stored")[-1], data=Stored(1)),
        lambda: changed(trace(), trace().select("Store")[-1], data=Store(1, "late")),
    ],
    "led again within 9 s": [nobody_leads, led_too_late],
}

UNTIL = 13.1


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Three to five members whose clocks drift, and faults of every kind, or a close call."""
    seed, names = draw(st.integers(0, 999)), [str(number) for number in range(1, draw(SIZES) + 1)]
    if draw(st.integers(0, 2)):
        beat = draw(st.sampled_from([0.1, 0.25]))
        world, calm = (group(seed, names, 0.3, beat, latency="uniform(0.001, 0.01)") for _ in "12")
        faults = draw(close_calls(calm.run(until=2.9).trace))
    else:
        world = group(seed, names, drift=0.01, latency="uniform(0.02, 0.1)")
        faults = draw(plans([*names, "storage"], "crash partition cut slow drop delay duplicate", end=4.0))
        rates = [draw(st.integers(9900, 10_100)) / 10_000 for _ in names]
        for name, rate in zip(names, rates, strict=True):
            begins = draw(moments(0.1, 5))
            end = draw(st.just("") | moments(begins + 0.01, 8).map("..{:.3f}".format))
            faults.append(f"skew {name} x{rate} @{begins:.3f}{end}")
    return world.inject(*faults).expect(*properties(len(names)))


SIZES = st.sampled_from([3, 4, 5])


def group(
    seed: int, names: list[str], drift: float, beat: float = 0.25, latency: str = "uniform(0.01, 0.05)"
) -> World:
    world = World(seed, latency=latency)
    return world.add(Storage(), (Member(name, names, drift=drift, beat=beat) for name in names))


@st.composite
def close_calls(draw: st.DrawFn, calm: Trace) -> list[str]:
    """Two leaders nearly at once: nobody hears the first any more, and what is under way is late.

    The clocks go as fast and as slow as they may; a write comes when the storage is back from a crash.
    """
    late = draw(st.none() | moments(0.2, 0.6))
    early = 0.0 if late else draw(moments(0.2, 0.9))
    first = next((event for event in calm.select("role") if event.data == "leads"), None)
    beats = calm.select("Heartbeat", since=first.time + early) if first else []
    if not first or not beats:
        return []
    leader, beat = first.agent, draw(st.sampled_from(beats))
    since, until = beat.time + 0.011, draw(moments(4.0, 4.1))  # it has just been heard
    others = draw(st.permutations([name for name in calm.agents if name not in (leader, "storage")]))
    faults = [f"skew {leader} x0.7 @{beat.time:.3f}"]
    for number, name in enumerate(others):
        start = since if number else since - early
        faults.append(f"cut {leader}>{name} @{start:.3f}..{until:.3f}")
        faults.append(f"skew {name} x1.3 @{beat.time:.3f}")
    if len(others) > 2:  # two of them do not hear each other, and may ask the rest in the same term
        faults += [f"cut {a}>{b} @{first.time:.3f}..{until:.3f}" for a, b in permutations(others[:2])]
    if draw(st.booleans()):
        down = draw(moments(beat.time, until))
        faults.append(f"crash {others[0]} @{down:.3f}..{down + 0.05:.3f}")
    votes = calm.select("Vote", peer=leader, since=beat.time)[: len(others) if late else 0]
    faults += ["delay {}>{} #{} {}".format(*nth_on_link(calm, vote.message or 0), late) for vote in votes]
    for store in calm.select("Store", since=beat.time)[:1]:
        by = round(until - store.time, 3)
        faults.append("delay {}>{} #{} {}".format(*nth_on_link(calm, store.message or 0), by))
        faults.append(f"crash storage @{until - draw(moments(0.01, 1.0)):.3f}..{until:.3f}")
    return faults


def states(run: Run, role: str) -> int:
    return sum(event.data == role for event in run.trace.select("role"))


SEEN: dict[str, Callable[[Run], Any]] = {
    "a second leader": lambda run: states(run, "leads") > 1,
    "an election in vain": lambda run: states(run, "stands") > states(run, "leads"),
    "a lost message": lambda run: run.trace.count("drop"),
}


def also(run: Run) -> None:
    """In the end somebody leads."""
    assert {verdict.status for verdict in run.verdicts} == {"holds"}, run.line
