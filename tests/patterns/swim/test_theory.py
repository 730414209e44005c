"""What SWIM promises on average, against runs and against dice."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from math import ceil
from pathlib import Path
from statistics import mean, stdev

import pytest

from coordlab.patterns.swim import group, theory
from coordlab.patterns.swim.rules import next_round
from coordlab.trace.trace import Trace

SIZES = (2, 3, 5, 10, 20, 40)


def near(drawn: list[int], expected: float) -> bool:
    """Whether the mean of what was drawn is within three standard errors."""
    return abs(mean(drawn) - expected) <= 3 * stdev(drawn) / len(drawn) ** 0.5


def periods_until_probed(members: int, dice: random.Random) -> int:
    """In which period the first of the others picks the crashed one, if each throws dice."""
    periods = 1
    while all(dice.randrange(members - 1) for _ in range(members - 1)):
        periods += 1
    return periods


def periods_in_rounds(members: int, dice: random.Random) -> int:
    """The same, if each goes on with the round that it has begun, and then with another one."""
    others = range(1, members)
    places = []
    for _ in others:
        probes = next_round(list(map(str, others)), dice) + next_round(list(map(str, others)), dice)
        begun = dice.randrange(members - 1)
        places.append(probes[begun:].index("1") + 1)
    return min(places)


@pytest.mark.parametrize("members", SIZES)
def test_the_first_probe_comes_when_theory_says(members: int) -> None:
    dice = random.Random(members)
    drawn = [periods_until_probed(members, dice) for _ in range(1000)]
    assert near(drawn, theory.first_detection(members)) or members == 2 == 1 + max(drawn)


def test_in_a_large_group_it_takes_1582_thousandths_of_a_period() -> None:
    means = [theory.first_detection(members) for members in (2, 5, 10, 100, 10_000)]
    assert means == sorted(means)
    assert round(theory.first_detection(), 3) == round(means[-1], 3) == 1.582


@pytest.mark.slow
def test_probing_in_rounds_takes_as_long() -> None:
    dice = random.Random(5)
    assert near([periods_in_rounds(30, dice) for _ in range(300)], theory.first_detection())


def test_in_their_first_round_members_are_a_little_quicker() -> None:
    means = {members: theory.first_detection_in_rounds(members) for members in (2, 10, 10_000)}
    assert {members: round(each, 3) for members, each in means.items()} == {2: 1.0, 10: 1.482, 10_000: 1.582}
    assert all(each <= theory.first_detection(members) for members, each in means.items())


@pytest.mark.slow
def test_news_takes_about_half_the_time_that_is_allowed() -> None:
    """From the first doubt of a crash to the last, in 60 groups of six."""
    took = []
    for seed in range(60):
        trace = group(6, seed=seed).inject("crash m2 @4.3").run(until=20.0).trace
        times = [each.time for each in trace.select("Suspected", kind="decision", since=4.3)]
        took.append(times[4] - times[0])
    assert theory.spread(6) / 2.5 < max(took) < theory.spread(6) / 1.5


def test_the_readme_says_how_long_the_first_detection_takes() -> None:
    """For the rounds of this pattern; random choice, as in the paper's analysis, takes 1.53 among 10."""
    ten, many = (f"{theory.first_detection_in_rounds(members):.2f}" for members in (10, 10_000))
    readme = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
    assert f"first detection after {ten} periods among 10, {many} in a large group" in readme
    assert f"{theory.first_detection(10):.2f}" == "1.53"


@pytest.mark.slow
def test_the_pattern_takes_as_long() -> None:
    drawn, dice = [], random.Random(3)
    for seed in range(100):
        at = dice.uniform(2, 5)
        trace = group(10, seed=seed, latency=0.01).inject(f"crash m7 @{at:.6f}").run(until=11.0).trace
        drawn.append(ceil(trace.select("Ping", peer="m7", since=at)[0].time - at))
    assert near(drawn, theory.first_detection_in_rounds(10))


@pytest.mark.slow
@pytest.mark.parametrize("members", SIZES)
def test_the_load_of_a_member_is_the_same_in_every_group(members: int) -> None:
    trace = group(members, latency=0.01).run(until=11.0).trace
    acks = trace.count("Ack", since=1.01, before=10.01)
    assert trace.count("Ping", since=1.0, before=10.0) + acks == 9 * theory.messages(members)
    assert {trace.count("Ping", agent=f"m{n}", since=1.0, before=10.0) for n in range(1, members + 1)} == {9}
    assert max(len(event.data.updates) for event in trace.select("Ping", "Ack")) <= 8


@pytest.mark.parametrize("helpers", range(5))
def test_a_failed_probe_costs_what_theory_says(helpers: int) -> None:
    trace = group(8, helpers=helpers, latency=0.01).inject("crash m7 @4").run(until=9.0).trace
    first = trace.select("Ping", peer="m7", since=4)[0]
    then = trace.select("Ping", "PingRequest", kind="send", since=first.time, before=first.time + 0.99)
    spent = [each for each in then if each.peer == "m7" or each.name == "PingRequest"]
    of_this = [each for each in spent if first.seq in {cause.seq for cause in trace.causes(each.seq)}]
    assert 1 + len(of_this) == theory.failed_probe(helpers)


@cache
def lossy() -> Trace:
    """Six members, 400 periods, a fifth of all messages is lost."""
    return group(6, seed=4, latency=0.01, loss=0.2).run(until=400.0).trace


@pytest.mark.slow
def test_a_fifth_lost_makes_one_probe_in_thirteen_fail() -> None:
    waits = lossy().select("timer")
    for name, chance in (("Ping", 1 - 0.8**2), ("PingRequest", (1 - 0.8**4) ** 3)):
        expected = chance * len({(event.time, event.agent) for event in lossy().select(name)})
        failed = sum(event.name == f"answers to {name}" for event in waits)
        assert abs(failed - expected) < 3 * (expected * (1 - chance)) ** 0.5, name
    assert theory.false_suspicion(0.2, 3) == pytest.approx((1 - 0.8**2) * (1 - 0.8**4) ** 3)
    assert round(1 / theory.false_suspicion(0.2, 3)) == 13


def test_helpers_make_false_alarms_rare_and_nothing_impossible() -> None:
    chances = [theory.false_suspicion(0.1, helpers) for helpers in range(4)]
    assert chances == sorted(chances, reverse=True)
    assert [round(1 / chances[0]), round(1 / chances[3])] == [5, 129]
    assert [theory.false_suspicion(loss, 3) for loss in (0, 1)] == [0, 1]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: theory.first_detection(1), "members=1: expected a whole number, 2 or more"),
        (lambda: theory.first_detection_after(1, 0), "members=1: expected a whole number, 2 or more"),
        (lambda: theory.first_detection_after(5, -1), "probes=-1: expected a whole number, 0 or more"),
        (lambda: theory.messages(0), "members=0: expected a whole number, 2 or more"),
        (lambda: theory.false_suspicion(1.5, 3), "loss=1.5: expected a probability from 0 to 1"),
        (lambda: theory.false_suspicion(0.1, -1), "helpers=-1: expected a whole number, 0 or more"),
        (lambda: theory.failed_probe(-1), "helpers=-1: expected a whole number, 0 or more"),
    ],
)
def test_what_has_no_meaning_is_refused(wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        wrong()
