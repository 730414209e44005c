"""Replicas that gossip: what they agree on, how fast, at which cost, and what they survive."""

from __future__ import annotations

import random
import statistics
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.conflict import naive
from coordlab.patterns.replicas import Replica, demo, periods, rumour, theory
from coordlab.patterns.replicas.checks import properties
from coordlab.patterns.replicas.gossip import MODES
from coordlab.patterns.replicas.rules import GCounter, LastWriter, ORSet, PNCounter, Siblings, Update
from coordlab.world.world import Run
from tests.disasters import disasters

NAMES = ("ann", "bob", "cat", "dan", "eve")
KINDS: tuple[Any, ...] = (GCounter(), PNCounter(), Siblings(), LastWriter(), ORSet())


def replicas(
    start: Any, updates: dict[str, list[Update]], names: tuple[str, ...] = NAMES[:3], **settings: Any
) -> World:
    world = World(seed=7, latency=0.01)
    return world.add(Replica(name, start, updates.get(name, ()), **settings) for name in names).expect(
        *properties()
    )


def statuses(run: Run) -> set[str]:
    return {verdict.status for verdict in run.verdicts}


def said(run: Run, agent: str, **when: Any) -> list[str]:
    """What an agent's copy said, in turn."""
    return [event.data for event in run.trace.select("role", kind="state", agent=agent, **when)]


def last(run: Run) -> dict[str, Any]:
    """The last copy of each."""
    return {event.agent or "": event.data for event in run.trace.select("copy", kind="state")}


# --- the happy trace ------------------------------------------------------------------------------


def test_one_adds_milk_and_the_other_hears_of_it() -> None:
    """Ann adds milk at 0.1 s; at 0.5 s both call, and half a message's time later Bob has milk, too."""
    run = replicas(ORSet(), {"ann": [Update(0.1, "add", "milk")]}, ("ann", "bob")).run(until=0.6)
    happened = run.trace.select("send", "state", "timer", "handle")
    assert [str(event) for event in happened if event.name != "copy"] == [
        "0.100 ann timer its sleep to end 0.1",
        "0.100 ann state role milk",
        "0.500 ann timer its next beat 0.5",
        "0.500 ann send Exchange -> bob",
        "0.500 bob timer its next beat 0.5",
        "0.500 bob send Exchange -> ann",
        "0.510 bob handle Exchange <- ann",
        "0.510 bob state role milk",
        "0.510 bob send Push -> ann",
        "0.510 ann handle Exchange <- bob",
        "0.510 ann send Push -> bob",
        "0.520 ann handle Push <- bob",
        "0.520 bob handle Push <- ann",
    ]


def test_add_wins_over_a_remove_that_has_not_seen_it() -> None:
    """Cut off, cat adds the milk anew that ann strikes off: there is milk, and one addition is gone."""
    run = demo()
    assert said(run, "ann") == ["milk", "nothing", "milk"]
    assert [(sorted(copy.added), sorted(copy.removed)) for copy in last(run).values()] == [
        ([("milk", "ann", 1), ("milk", "cat", 1)], [("milk", "ann", 1)])
    ] * 3
    assert statuses(run) == {"holds"}


def test_what_all_have_seen_and_one_removes_stays_removed() -> None:
    """Eve is cut off with the milk, and back after it was struck off: it does not rise again."""
    updates = {"ann": [Update(0.1, "add", "milk"), Update(4.0, "remove", "milk")]}
    run = replicas(ORSet(), updates, NAMES).inject("partition eve @3..8").run(until=14)
    assert [said(run, name)[-1] for name in NAMES] == ["nothing"] * 5
    assert said(run, "eve", since=8) == ["nothing"]
    assert statuses(run) == {"holds"}


# --- who wins, and what is lost -------------------------------------------------------------------


@pytest.mark.parametrize("writers", [2, 3, 5])
def test_the_last_writer_loses_all_but_one_of_those_who_write_at_once(writers: int) -> None:
    """Two, three or five write within one gossip period; siblings keep them all."""
    updates = {name: [Update(0.1, "write", name)] for name in NAMES[:writers]}
    losing = last(replicas(LastWriter(), updates, NAMES).run(until=8))
    keeping = last(replicas(Siblings(), updates, NAMES).run(until=8))
    assert {(copy.value, len(copy.lost)) for copy in losing.values()} == {(NAMES[writers - 1], writers - 1)}
    assert {copy.value for copy in keeping.values()} == {NAMES[:writers]}


@pytest.mark.parametrize(("skew", "value", "lost"), [("", "new", ()), ("skew ann +10 @0", "old", ("new",))])
def test_a_fast_clock_makes_the_newer_write_lose(skew: str, value: str, lost: tuple[str, ...]) -> None:
    """Bob has read what ann wrote, and writes over it 3 s later; with her clock 10 s ahead, in vain."""
    updates = {"ann": [Update(0.1, "write", "old")], "bob": [Update(3.0, "write", "new")]}
    run = replicas(LastWriter(), updates).inject(*[skew] * bool(skew)).run(until=8)
    assert {(copy.value, copy.lost) for copy in last(run).values()} == {(value, lost)}
    assert statuses(run) == {"holds"}


def test_a_stock_may_fall_below_zero() -> None:
    """One piece, sold by two sides of a partition: merging keeps every sale, and no rule about the sum."""
    updates = {
        "ann": [Update(0.1, "add", 1), Update(4.0, "remove", 1)],
        "cat": [Update(4.0, "remove", 1)],
    }
    run = replicas(PNCounter(), updates).inject("partition ann,bob/cat @3..6").run(until=12)
    assert said(run, "bob") == ["1", "0", "-1"]
    assert statuses(run) == {"holds"}


# --- reading --------------------------------------------------------------------------------------


def test_a_read_repairs_those_who_are_behind() -> None:
    """Nobody gossips; at 1 s cat reads, says what all know together, and tells ann and bob."""
    world = World(seed=7, latency=0.01).add(
        Replica("ann", ORSet(), [Update(0.1, "add", "milk")], period=None),
        Replica("bob", ORSet(), [Update(0.1, "add", "eggs")], period=None),
        Replica("cat", ORSet(), period=None, reads=[1.0]),
    )
    run = world.expect(*properties()).run(until=6)
    assert [str(event) for event in run.trace.select("note")] == [
        "1.020 cat note read eggs, milk, repaired cat, ann, bob"
    ]
    assert run.trace.select("send", since=1).as_text().splitlines() == [
        "1.000 cat send Pull -> ann",
        "1.000 cat send Pull -> bob",
        "1.010 ann send Push -> cat",
        "1.010 bob send Push -> cat",
        "1.020 cat send Push -> ann",
        "1.020 cat send Push -> bob",
    ]
    assert statuses(run) == {"holds"}


def test_a_read_does_with_those_who_answer() -> None:
    """Ann is down: cat reads what she and bob know, in time."""
    world = World(latency=0.01).add(
        Replica("ann", ORSet(), period=None),
        Replica("bob", ORSet(), [Update(0.1, "add", "eggs")], period=None),
        Replica("cat", ORSet(), period=None, reads=[1.0, 3.0]),
    )
    run = world.inject("crash ann @0.5..2", "crash cat @1.6..2").run(until=6)
    assert [event.data for event in run.trace.select("note")] == [
        "read eggs, repaired cat",
        "read eggs, repaired ann",
    ]


# --- how fast, at which cost ----------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_agents_need_as_many_periods_as_the_synchronous_rule_says(mode: str) -> None:
    """Four standard errors over 60 runs; by push-pull fewer, for replies pass on what has just come."""
    took = [periods(rumour(20, mode, seed=seed)) or 0 for seed in range(60)]
    mean, deviation = theory.rounds(20, mode)
    error = 4 * deviation / 60**0.5
    if mode == "push-pull":
        assert 0.5 * mean < statistics.mean(took) < mean
    else:
        assert abs(statistics.mean(took) - mean) < error


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("agents", range(2, 10))
@pytest.mark.parametrize("fan_out", [1, 3])
def test_theory_counts_what_is_sent(mode: str, agents: int, fan_out: int) -> None:
    """Five periods of two to nine replicas, each calling one or three."""
    trace = rumour(agents, mode, fan_out=fan_out).trace
    assert trace.count("send", before=5.5) == theory.messages(agents, 5, mode, fan_out)


def test_a_rumour_that_is_never_heard_has_no_number_of_periods() -> None:
    """Everything is lost."""
    assert periods(rumour(3, loss=1.0)) is None


# --- what it survives -----------------------------------------------------------------------------


def test_a_crash_forgets_nothing_that_was_written() -> None:
    """Ann counts 1, is down when she would count 2, and counts it when she is back: once, 3 in all."""
    updates = {"ann": [Update(0.1, "add", 1), Update(1.0, "add", 2)], "bob": [Update(1.0, "add", 4)]}
    run = replicas(GCounter(), updates).inject("crash ann @0.2..2").run(until=8)
    assert said(run, "ann")[-1] == "7"
    assert [copy.value for copy in last(run).values()] == [7, 7, 7]
    assert statuses(run) == {"holds"}


def disaster(seed: int, *kinds: Any) -> tuple[Run, Any]:
    """Two to five replicas of a kind, up to 20 updates, faults, and a network that loses and doubles."""
    dice = random.Random(seed)
    names, start, mode = (
        NAMES[: dice.randint(2, 5)],
        (kinds or KINDS)[seed % len(kinds or KINDS)],
        MODES[seed % 3],
    )
    world = World(seed, "uniform(0.01, 0.2)", loss=0.2, duplicate=0.2, reorder=0.3)
    for name in names:
        operations = [dice.choice(start.operations) for _ in range(dice.randint(0, 4))]
        values = [
            dice.randint(0, 9) if "Counter" in type(start).__name__ else dice.choice("abc")
            for _ in operations
        ]
        updates = [Update(dice.uniform(0, 4), *each) for each in zip(operations, values, strict=True)]
        world.add(Replica(name, start, updates, mode, period=0.25, reads=[dice.uniform(0, 4)]))
    world.inject(*disasters(seed, names, "crash partition cut slow drop duplicate delay", end=4.0))
    if dice.random() < 0.3:
        world.inject(f"skew {names[0]} +{dice.uniform(0, 5):.3f} @0")
    return world.expect(*properties(6.0)).run(until=11.0), start


def expected(run: Run, start: Any) -> Any:
    """What counters and sets must say, from the updates alone; None for registers."""
    updates = [(event.agent, event.data) for event in run.trace.select("decision")]
    if "Counter" in type(start).__name__:
        return sum(each.value * (1 if each.operation == "add" else -1) for _, each in updates)
    return None


@pytest.mark.parametrize("kinds", [(ORSet(),), KINDS[:-1]], ids=["sets", "counters and registers"])
def test_promises_hold_over_200_disasters(kinds: tuple[Any, ...]) -> None:
    """CR-L2 and the rest: after loss, doubles, reordering, partitions and crashes all copies are equal."""
    for seed in range(200):
        run, start = disaster(seed, *kinds)
        assert statuses(run) == {"holds"}, (run.line, run.verdicts)
        values = {copy.value for copy in last(run).values()}
        assert len(values) <= 1, run.line
        total = expected(run, start)
        assert total is None or values <= {total}, run.line


def test_the_disasters_are_disasters() -> None:
    """Messages are lost by the hundred, come twice, and overtake each other; replicas fall and sides part."""
    runs = [disaster(seed)[0] for seed in range(0, 200, 8)]
    drops = [event.data for run in runs for event in run.trace.select("drop")]
    assert {"lost", "cut", "down"} <= set(drops)
    assert sum(run.trace.count("crash") for run in runs) >= 5
    assert sum(run.trace.count("Partition", kind="fault") for run in runs) >= 3
    doubled = [event.message for event in runs[0].trace.select("deliver")]
    assert len(doubled) > len(set(doubled))
    assert (
        sum(len(copy.value) > 1 for run in runs for copy in last(run).values() if isinstance(copy, Siblings))
        > 0
    )


def test_without_a_merge_rule_nothing_converges_and_with_one_it_does() -> None:
    """Three copies wander for 1000 rounds; three replicas that wrote as much at once end with all three."""
    assert naive.without_a_merge_rule_nothing_converges() == 3
    updates = {name: [Update(0.1, "write", name)] for name in NAMES[:3]}
    assert {copy.value for copy in last(replicas(Siblings(), updates).run(until=6)).values()} == {NAMES[:3]}


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"start": 5}, TypeError, r"start=5 is no copy that merges\. Write for instance start=ORSet\(\)"),
        ({"mode": "shout"}, ValueError, r"mode='shout': gossip goes by push, pull, push-pull"),
        ({"fan_out": 0}, ValueError, r"fan_out=0: so many are called in a round, 1 or more"),
        ({"period": 0}, ValueError, r"period=0: give seconds above 0, or None to be silent\. Write 0\.5"),
        (
            {"updates": [Update(1.0, "write", "x")]},
            ValueError,
            r"ORSet has no operation 'write', only add, remove",
        ),
        ({"start": GCounter(), "updates": [Update(1.0, "add", -1)]}, ValueError, r"-1 cannot be counted"),
        ({"period": "often"}, ValueError, r"period='often': give seconds above 0"),
        ({"updates": "milk"}, TypeError, r"updates='milk'.*give a list of updates.*Write updates=\[Update"),
        (
            {"updates": (Update(1.0, "add", each) for each in "x")},
            TypeError,
            r"updates=<gen.*a list of updates",
        ),
        ({"reads": 5.0}, TypeError, r"reads=5\.0: give .*a list of times"),
        ({"reads": ["soon"]}, ValueError, r"reads=\['soon'\]: a read comes at 0 s or later"),
        (
            {"reads": [-1.0]},
            ValueError,
            r"reads=\[-1\.0\]: a read comes at 0 s or later\. Write reads=\[1\.0\]",
        ),
    ],
)
def test_a_replica_that_cannot_be_is_refused(
    settings: dict[str, Any], error: type[Exception], words: str
) -> None:
    """When it is made, not in the middle of a run."""
    with pytest.raises(error, match=words):
        Replica("ann", **{"start": ORSet(), **settings})


def test_copies_of_two_kinds_end_the_run_with_an_explanation() -> None:
    """Ann counts and bob keeps a list."""
    world = World().add(Replica("ann", GCounter()), Replica("bob", ORSet()))
    with pytest.raises(Exception, match=r"cannot be merged: all copies of a thing are of one kind"):
        world.run(until=2)
