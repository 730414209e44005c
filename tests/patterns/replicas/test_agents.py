"""Replicas that gossip: what they agree on, how fast, at which cost, and what they survive."""

from __future__ import annotations

import statistics
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.conflict import naive
from coordlab.patterns.replicas import Replica, demo, periods, rumour, theory
from coordlab.patterns.replicas.checks import properties
from coordlab.patterns.replicas.rules import MODES, GCounter, LastWriter, ORSet, PNCounter, Siblings, Update
from coordlab.world.world import Run

MILK = Update(0.1, "add", "milk")
NAMES = ("ann", "bob", "cat", "dan", "eve")


def replicas(
    start: Any,
    updates: dict[str, list[Update]],
    names: tuple[str, ...] = NAMES[:3],
    faults: tuple[str, ...] = (),
    until: float = 8.0,
    **settings: Any,
) -> Run:
    world = World(seed=7, latency=0.01).expect(*properties())
    world.add(Replica(name, start, updates.get(name, ()), **settings) for name in names).inject(*faults)
    run = world.run(until)
    assert "violated" not in {verdict.status for verdict in run.verdicts}
    return run


def said(run: Run, agent: str, **when: Any) -> list[str]:
    return [event.data for event in run.trace.select("role", kind="state", agent=agent, **when)]


def last(run: Run) -> dict[str, Any]:
    return {event.agent or "": event.data for event in run.trace.select("copy", kind="state")}


# --- the happy trace ------------------------------------------------------------------------------


def test_one_adds_milk_and_the_other_hears_of_it() -> None:
    """Ann adds milk at 0.1 s; at 0.5 s both call, and half a message's time later Bob has milk, too."""
    run = replicas(ORSet(), {"ann": [MILK]}, ("ann", "bob"), until=0.6)
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
    """Cut off, cat adds the milk again that ann removes: there is milk, and one addition is gone."""
    run = demo()
    assert said(run, "ann") == ["milk", "nothing", "milk"]
    assert [(sorted(copy.added), sorted(copy.removed)) for copy in last(run).values()] == [
        ([("milk", "ann", 1), ("milk", "cat", 2)], [("milk", "ann", 1)])
    ] * 3


def test_what_all_have_seen_and_one_removes_stays_removed() -> None:
    """Eve is cut off with the milk, and back after it was removed: it does not come back."""
    updates = {"ann": [MILK, Update(4.0, "remove", "milk")]}
    run = replicas(ORSet(), updates, NAMES, faults=("partition eve @3..8",), until=14)
    assert [said(run, name)[-1] for name in NAMES] == ["nothing"] * 5
    assert said(run, "eve", since=8) == ["nothing"]


# --- who wins, and what is lost -------------------------------------------------------------------


@pytest.mark.parametrize("writers", [2, 3, 5])
def test_the_last_writer_loses_all_but_one_of_those_who_write_at_once(writers: int) -> None:
    """Two, three or five write within one gossip period; siblings keep them all."""
    updates = {name: [Update(0.1, "write", name)] for name in NAMES[:writers]}
    losing = last(replicas(LastWriter(), updates, NAMES))
    keeping = last(replicas(Siblings(), updates, NAMES))
    assert {(copy.value, len(copy.lost)) for copy in losing.values()} == {(NAMES[writers - 1], writers - 1)}
    assert {copy.value for copy in keeping.values()} == {NAMES[:writers]}


def test_a_fast_clock_makes_the_newer_write_lose() -> None:
    """Bob has read what ann wrote, and writes over it 3 s later; with her clock 10 s ahead, in vain."""
    updates = {"ann": [Update(0.1, "write", "old")], "bob": [Update(3.0, "write", "new")]}
    runs = [replicas(LastWriter(), updates, faults=skew) for skew in ((), ("skew ann +10 @0",))]
    ends = [{(copy.value, copy.lost) for copy in last(run).values()} for run in runs]
    assert ends == [{("new", ())}, {("old", ("new",))}]


def test_a_stock_may_fall_below_zero() -> None:
    """One piece, sold by two sides of a partition: merging keeps every sale, and no rule about the sum."""
    updates = {"ann": [Update(0.1, "add", 1), Update(4.0, "remove", 1)], "cat": [Update(4.0, "remove", 1)]}
    run = replicas(PNCounter(), updates, faults=("partition ann,bob/cat @3..6",), until=12)
    assert said(run, "bob") == ["1", "0", "-1"]


# --- reading --------------------------------------------------------------------------------------


def reading(*reads: float) -> World:
    """Nobody gossips; ann and bob know of milk and eggs, and cat reads."""
    updates = {"ann": [MILK], "bob": [Update(0.1, "add", "eggs")]}
    world = World(seed=7, latency=0.01).expect(*properties())
    world.add(Replica(name, ORSet(), updates[name], period=None) for name in updates)
    return world.add(Replica("cat", ORSet(), period=None, reads=reads))


def test_a_read_repairs_the_replicas_that_are_behind() -> None:
    """Nobody gossips; at 1 s cat reads, says what all know together, and tells ann and bob."""
    run = reading(1.0).run(until=6)
    (note,) = run.trace.select("note")
    assert str(note) == "1.020 cat note read eggs, milk, repaired ann, bob"
    assert run.trace.select("send", since=1).as_text().splitlines() == [
        "1.000 cat send Pull -> ann",
        "1.000 cat send Pull -> bob",
        "1.010 ann send Push -> cat",
        "1.010 bob send Push -> cat",
        "1.020 cat send Push -> ann",
        "1.020 cat send Push -> bob",
    ]


def test_a_read_uses_the_answers_that_come() -> None:
    run = reading(1.0, 3.0).inject("crash ann @0.5..2", "crash cat @1.6..2").run(until=6)
    told = [event.data for event in run.trace.select("note")]
    assert told == ["read eggs, repaired nobody", "read eggs, milk, repaired ann, bob"]


# --- how fast, at which cost ----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_agents_need_as_many_periods_as_the_synchronous_rule_says(mode: str) -> None:
    """Four standard errors over 60 runs; by push-pull fewer, because replies pass on what has just come."""
    took = [periods(rumour(20, mode, seed=seed)) or 0 for seed in range(60)]
    mean, deviation = theory.rounds(20, mode)
    if mode == "push-pull":
        assert 0.5 * mean < statistics.mean(took) < mean
    else:
        assert abs(statistics.mean(took) - mean) < 4 * deviation / 60**0.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("agents", [2, 3, 8])
@pytest.mark.parametrize("fan_out", [1, 3])
def test_theory_counts_what_is_sent(mode: str, agents: int, fan_out: int) -> None:
    trace = rumour(agents, mode, fan_out=fan_out).trace
    assert trace.count("send", before=5.5) == theory.messages(agents, 5, mode, fan_out)


def test_a_rumour_that_is_never_heard_has_no_number_of_periods() -> None:
    assert periods(rumour(3, loss=1.0)) is None


# --- what it survives -----------------------------------------------------------------------------


def test_a_crash_forgets_nothing_that_was_written() -> None:
    """Ann counts 1, is down when she would count 2, and counts it when she is back: once, 3 in all."""
    updates = {"ann": [Update(0.1, "add", 1), Update(1.0, "add", 2)], "bob": [Update(1.0, "add", 4)]}
    run = replicas(GCounter(), updates, faults=("crash ann @0.2..2",))
    assert said(run, "ann")[-1] == "7"
    assert [copy.value for copy in last(run).values()] == [7, 7, 7]


def test_without_a_merge_rule_nothing_converges_and_with_one_it_does() -> None:
    """Three copies wander for 1000 rounds; three replicas that wrote as much at once end with all three."""
    assert naive.without_a_merge_rule_nothing_converges() == 3
    updates = {name: [Update(0.1, "write", name)] for name in NAMES[:3]}
    assert {copy.value for copy in last(replicas(Siblings(), updates)).values()} == {NAMES[:3]}


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"start": 5}, TypeError, r"start=5: expected a copy that merges.*start=ORSet\(\)"),
        ({"mode": "shout"}, ValueError, r"mode='shout': expected one of 'push', 'pull', 'push-pull'"),
        ({"fan_out": 0}, ValueError, r"fan_out=0: expected a whole number, 1 or more"),
        ({"period": 0}, ValueError, r"period=0: expected seconds above 0"),
        ({"period": "often"}, ValueError, r"period='often': expected seconds above 0"),
        ({"updates": [Update(1.0, "write")]}, ValueError, r"operation='write': expected one of 'add'"),
        ({"start": GCounter(), "updates": [Update(1.0, "add", -1)]}, ValueError, r"amount=-1: expected"),
        ({"updates": "milk"}, TypeError, r"updates='m': expected Update, not str.*updates=\[Update"),
        ({"updates": (MILK for _ in "x")}, TypeError, r"updates=<gen.*expected Collection"),
        ({"reads": 5.0}, TypeError, r"reads=5\.0: expected Collection, not float"),
        ({"reads": ["soon"]}, ValueError, r"reads='soon': expected seconds, 0 or more"),
        ({"reads": [-1.0]}, ValueError, r"reads=-1\.0: expected seconds, 0 or more"),
    ],
)
def test_a_replica_refuses_arguments_that_make_no_sense(
    settings: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Replica("ann", **{"start": ORSet(), **settings})


def test_copies_of_two_kinds_end_the_run_with_an_explanation() -> None:
    world = World().add(Replica("ann", GCounter()), Replica("bob", ORSet()))
    with pytest.raises(Exception, match=r"expected copies of one kind"):
        world.run(until=2)
