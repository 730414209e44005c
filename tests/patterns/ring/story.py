"""What a ring election promises: the run that keeps it, traces that break it, disasters it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.ring import Member
from coordlab.patterns.ring.checks import properties, settling_time
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.patterns.bully.story import MOST, falls
from tests.properties.mutated import changed, late, repeated, without

RING = (2, 5, 1, 4, 3)


@cache
def election() -> Run:
    """5 crashes at 3 s, 4 takes over; 5 comes back at 15 s and rules again."""
    world = World(latency=0.01).add(Member(rank, RING) for rank in RING)
    return world.inject("crash 5 @3..15").expect(*properties(5)).run(until=30)


def long(seconds: float) -> Run:
    """The highest falls and comes back, again and again."""
    world = World(3, latency="uniform(0.01, 0.05)").add(Member(rank, RING) for rank in RING)
    crashes = [f"crash 5 @{at}..{at + 4}" for at in range(3, int(seconds), 10)]
    return world.inject(*crashes).expect(*properties(5)).run(until=seconds)


def trace() -> Trace:
    return election().trace


def role(agent: str, value: str, since: float) -> Event:
    """The first time since then that an agent took on a role."""
    turns = trace().select("role", kind="state", agent=agent, since=since)
    return next(each for each in turns if each.data == value)


def passes_on_a_lower_rank() -> Trace:
    """3 passes on 2's rank instead of its own."""
    sent = trace().select("Election", agent="3")[0]
    return changed(trace(), sent, data=replace(sent.data, rank=2))


def rules_too_soon() -> Trace:
    """4 rules before its rank has come back."""
    back = [e for e in trace().select("Election", kind="handle", agent="4", since=3) if e.time < 4]
    return without(trace(), *back)


def stays_on_the_throne() -> Trace:
    """4 rules on when 5 is back."""
    return without(trace(), *trace().select("role", agent="4", since=15))


def never_hears() -> Trace:
    """The news of 4's rule changes nothing at 1."""
    heard = [each for each in trace().select("coordinator", agent="1", since=3, before=15) if each.data]
    return without(trace(), *heard)


def hears_too_late() -> Trace:
    """1 hears of 4's rule only just before 5 is back."""
    heard = [each for each in trace().select("coordinator", agent="1", since=3, before=15) if each.data]
    return late(trace(), heard[0], [each for each in trace() if each.time < 14.9][-1])


def wrong_heir() -> Trace:
    """3 rules when 5 is gone, and 4 does not."""
    crowned = changed(trace(), role("4", "coordinates", 3), agent="3")
    return without(crowned, role("3", "follows", 3))


def goes_on() -> Trace:
    """1 passes on 5's rank with as many places to go as it came with."""
    sent = next(each for each in trace().select("Election", agent="1") if each.data.rank == 5)
    return changed(trace(), sent, data=replace(sent.data, left=4))


def goes_on_unheard() -> Trace:
    """1 passes on 5's rank before it has come."""
    came = [each for each in trace().select("Election", kind="handle", agent="1") if each.content.rank == 5]
    return without(trace(), *came)


def once_more(name: str) -> Trace:
    """In the first election a message is sent once more than at worst."""
    mutated, first = trace(), trace().select(name)[0]
    for _ in range({"Election": 15, "Elected": 5}[name] + 1 - trace().count(name, before=3)):
        mutated = repeated(mutated, first)
    return mutated


def elected_unheard() -> Trace:
    """1 never hears that 4 is elected."""
    return without(trace(), *trace().select("Elected", kind="handle", agent="1", since=3, before=15))


STORY = (election,)
GROWS = (lambda: long(20), lambda: long(80))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "only the higher rank goes on": [passes_on_a_lower_rank],
    "rules only if its rank has come round": [rules_too_soon, wrong_heir],
    "no rank goes round twice": [goes_on, goes_on_unheard],
    "an election takes no more messages than at worst": [
        lambda: once_more("Election"),
        lambda: once_more("Elected"),
    ],
    "the last one elected is the highest": [elected_unheard],
    "one coordinator per component": [stays_on_the_throne],
    "the highest alive coordinates": [wrong_heir],
    "agreement within 10.75 s": [never_hears, hears_too_late],
}

UNTIL = 1 + MOST + (MOST + 2) * settling_time(6, 0.25, 1.0)


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Up to six members in some order; messages arrive within patience / 2."""
    ring = draw(st.permutations(range(1, 7)))[: draw(st.integers(2, 6))]
    world = World(draw(st.integers(0, 999)), latency="uniform(0.025, 0.125)")
    world.add(Member(rank, ring) for rank in ring)
    world.inject(*draw(falls([str(rank) for rank in ring], settling_time(len(ring), 0.25, 1.0))))
    return world.expect(*properties(len(ring)))


def also(run: Run) -> None:
    """The end is calm for long enough to tell."""
    assert {verdict.status for verdict in run.verdicts} == {"holds"}, run.line


SEEN: dict[str, Callable[[Run], Any]] = {
    "a partition": lambda run: run.trace.count("Partition", kind="fault"),
    "a restart": lambda run: run.trace.count("restart"),
    "a member is skipped": lambda run: run.trace.count("Election", kind="drop"),
    "two rule after the first election": lambda run: (
        len({e.agent for e in run.trace.select("role") if e.data == "coordinates"}) > 1
    ),
}
