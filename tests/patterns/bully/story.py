"""What a bully election promises: the run that keeps it, traces that break it, disasters it survives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.bully import Answer, Candidate
from coordlab.patterns.bully.checks import properties, settling_time
from coordlab.trace.trace import HANDLE, Event, Trace
from coordlab.world.run import Run
from tests.disasters import moments
from tests.properties.mutated import changed, late, repeated, without


@cache
def election() -> Run:
    """5 crashes at 3 s, 4 takes over; 5 comes back at 9 s and rules again."""
    world = World(latency=0.01).add(Candidate(rank) for rank in range(1, 6))
    return world.inject("crash 5 @3..9").expect(*properties()).run(until=16)


def reigns(seconds: float) -> Run:
    """The highest of five falls and comes back, again and again."""
    world = World(3, latency="uniform(0.01, 0.05)").add(Candidate(rank) for rank in range(1, 6))
    falls = [f"crash 5 @{at}..{at + 4}" for at in range(3, int(seconds), 10)]
    return world.inject(*falls).expect(*properties()).run(until=seconds)


def trace() -> Trace:
    return election().trace


def role(agent: str, value: str, since: float) -> Event:
    """The first time since then that an agent took on a role."""
    turns = trace().select("role", kind="state", agent=agent, since=since)
    return next(each for each in turns if each.data == value)


def followed(agent: str, since: float) -> Event:
    """The first time since then that an agent follows somebody."""
    return next(
        each for each in trace().select("coordinator", kind="state", agent=agent, since=since) if each.data
    )


def stays_on_the_throne() -> Trace:
    """4 rules on when 5 is back."""
    return without(trace(), role("4", "follows", 9))


def wrong_heir() -> Trace:
    """3 rules when 5 is gone, and 4 does not."""
    crowned = changed(trace(), role("4", "coordinates", 3), agent="3")
    return without(crowned, role("3", "follows", 3))


def rules_though_answered() -> Trace:
    """4 has heard an Answer when it becomes coordinator."""
    asked = trace().select("Election", agent="4", since=3)[-1]
    return repeated(trace(), asked, kind=HANDLE, name="Answer", peer="5", data=Answer())


def asks_twice() -> Trace:
    """1 asks 2 again at the same moment."""
    return repeated(trace(), trace().select("Election", agent="1", peer="2", since=3)[0])


def follows_a_stranger() -> Trace:
    """1 follows 3, who never said that it coordinates."""
    return changed(trace(), followed("1", 3), data="3")


def never_hears() -> Trace:
    """The news of 4's rule changes nothing at 1."""
    events = trace().select("state", agent="1", since=3, before=9)
    return without(trace(), *events[2:])


def hears_too_late() -> Trace:
    """1 hears of 4's rule only just before 5 is back."""
    before = [each for each in trace() if each.time < 8.5][-1]
    return late(trace(), followed("1", 3), before)


STORY = (election,)
GROWS = (lambda: reigns(20), lambda: reigns(80))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "one coordinator per component": [stays_on_the_throne],
    "the highest alive coordinates": [wrong_heir, stays_on_the_throne],
    "rules only if nobody above answered": [rules_though_answered],
    "one election at a time": [asks_twice],
    "follows who told it": [follows_a_stranger, lambda: without(trace(), role("4", "coordinates", 3))],
    "agreement within 4.375 s": [never_hears, hears_too_late],
}

MOST = 4  # faults
SETTINGS = ((0.25, 1.0), (0.05, 3.0))  # patience and heartbeat
UNTIL = 1 + MOST + (MOST + 3) * max(settling_time(*each) for each in SETTINGS)


@st.composite
def falls(draw: st.DrawFn, names: Sequence[str], calm: float) -> list[str]:
    """Crashes and partitions, some at once and some after `calm` seconds."""
    texts, at = list[str](), 1.0
    for _ in range(draw(st.integers(1, MOST))):
        at += draw(st.sampled_from([0.0, calm])) + draw(moments(0.01, 1.0))
        end = f"..{at + draw(moments(0.1, calm)):.3f}"
        if draw(st.integers(0, 2)):
            crash = f"crash {draw(st.sampled_from(names))} @{at:.3f}"
            texts.append(crash + draw(st.sampled_from([end, end, ""])))
        else:
            side = draw(st.lists(st.sampled_from(names), min_size=1, max_size=len(names) - 1, unique=True))
            texts.append(f"partition {','.join(side)} @{at:.3f}{end}")
    return texts


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Up to seven candidates; messages arrive within patience / 2."""
    patience, heartbeat = draw(st.sampled_from(SETTINGS))
    names = [str(rank) for rank in range(1, draw(st.integers(2, 7)) + 1)]
    world = World(draw(st.integers(0, 999)), latency=f"uniform({patience / 10},{patience / 2})")
    skip = draw(st.booleans())
    world.add(Candidate(int(name), patience, heartbeat, skip) for name in names)
    world.inject(*draw(falls(names, settling_time(patience, heartbeat))))
    return world.expect(*properties(patience, heartbeat))


def also(run: Run) -> None:
    """The end is calm for long enough to tell."""
    assert {verdict.status for verdict in run.verdicts} == {"holds"}, run.line


SEEN: dict[str, Callable[[Run], Any]] = {
    "a partition": lambda run: run.trace.count("Partition", kind="fault"),
    "a restart": lambda run: run.trace.count("restart"),
    "two elections at least": lambda run: (
        len([e for e in run.trace.select("role") if e.data == "coordinates"]) > 2
    ),
    "an Answer from one that crashes": lambda run: run.trace.count("Answer") and run.trace.count("crash"),
}
