"""A trace from a stranger is judged only if it can be a run of its scenario."""

from __future__ import annotations

import random
import time

import pytest

from coordlab.grading.verify import CHOSEN, ImpossibleTrace, Puppet, check_possible
from coordlab.patterns import bully, conflict, heartbeat, leases, swim, voting
from coordlab.trace.trace import CRASH, DELIVER, DROP, HANDLE, SEND, STATE, Trace
from coordlab.world.agent import Agent
from coordlab.world.errors import WorldError
from coordlab.world.message import message
from coordlab.world.world import World
from tests.demos import branch

DEMOS = {
    each.__name__.rpartition(".")[2]: each for each in (bully, conflict, heartbeat, leases, swim, voting)
}
OF_CALLS = ("fail", "late", "half", "stale")


@pytest.fixture(scope="module")
def runs():
    return {name: module.demo() for name, module in DEMOS.items()}


def puppets(run):
    """The world of a run that has not run, with puppets."""
    old = run.world
    world = World(old.seed, old.network.latency, **old.network.chances, topology=old.network.topology)
    for at, agent in old._arrivals:
        world.add(Puppet(agent.name), at=at)
    return world.inject(*old.faults)


def reread(trace):
    return Trace.from_jsonl(trace.to_jsonl())


def changed(trace, place, **columns):
    """The trace with other columns in one row; None as the time removes the row."""
    names = ("time", "kind", "agent", "peer", "message", "name", "cause", "data")
    rows = list(trace.rows)
    rows[place] = tuple(columns.get(name, value) for name, value in zip(names, rows[place], strict=True))
    return Trace(rows, trace.agents, trace.says, trace.until)


@pytest.mark.parametrize("name", DEMOS)
def test_every_real_run_is_possible(runs, name):
    check_possible(reread(runs[name].trace), puppets(runs[name]))


@pytest.mark.parametrize(
    "number", [*range(24), *(pytest.param(n, marks=pytest.mark.whole) for n in range(24, 600))]
)
def test_every_real_run_with_random_faults_is_possible(runs, number):
    name = list(DEMOS)[number % len(DEMOS)]
    run = branch(runs[name], random.Random(number))
    if not run.trace.broken and not any(str(each).startswith(OF_CALLS) for each in run.world.faults):
        check_possible(reread(run.trace), puppets(run))


@pytest.mark.parametrize("name", DEMOS)
def test_what_the_world_decides_cannot_be_forged(runs, name):
    """Another time, another fate, another recipient of any delivery or drop is impossible."""
    run, dice = runs[name], random.Random(name)
    trace = reread(run.trace)
    decided = [place for place, row in enumerate(trace.rows) if row[1] not in CHOSEN]
    accepted = []
    for place in dice.sample(decided, min(30, len(decided))):
        row = trace.rows[place]
        forged = [changed(trace, place, time=row[0] + 1)]
        if row[1] in (DELIVER, HANDLE):
            forged.append(changed(trace, place, kind=DROP, data="lost"))
            forged.append(changed(trace, place, agent=row[3], peer=row[2]))
        for each in forged:
            try:
                check_possible(each, puppets(run))
            except ImpossibleTrace:
                continue
            accepted.append(row)
    assert accepted == []


@message
class Hello:
    """Is anybody there?"""


class Greeter(Agent):
    async def run(self):
        await self.ask("bob", Hello(), within=1)

    def on_hello(self, sender, message):
        return message


def greeting():
    return (
        World(seed=7, latency=0.2).add(Greeter("ann"), Greeter("bob")).inject("crash bob @0.3").run(until=2.0)
    )


@pytest.mark.parametrize(
    ("kind", "columns", "why"),
    [
        (SEND, {"message": 9}, "it is message 1"),
        (SEND, {"time": 100_000}, "something else is due at 0 s|nothing of the kind is due|must be"),
        (DELIVER, {"time": 190_000}, "nothing of the kind is due"),
        (CRASH, {"agent": "ann"}, "there must be: 0.300 bob crash"),
        (DROP, {"data": "lost"}, "there must be: 0.400 bob drop Hello <- bob down"),
    ],
)
def test_the_reason_names_the_event_and_what_had_to_come(kind, columns, why):
    run = greeting()
    place = next(place for place, row in enumerate(run.trace.rows) if row[1] == kind)
    with pytest.raises(ImpossibleTrace, match=rf"^event \d+ .*{why}"):
        check_possible(changed(run.trace, place, **columns), puppets(run))


def test_an_agent_that_is_down_does_nothing():
    run = greeting()
    rows = [*run.trace.rows, (500_000, STATE, "bob", None, None, "role", None, "leads")]
    rows.sort(key=lambda row: row[0])
    with pytest.raises(ImpossibleTrace, match="bob is down"):
        check_possible(Trace(rows, run.trace.agents, run.trace.says, 2.0), puppets(run))


def test_a_run_does_not_end_early():
    run = greeting()
    with pytest.raises(ImpossibleTrace, match=r"it went on: 0\.200 "):
        check_possible(Trace(run.trace.rows[:5], run.trace.agents, run.trace.says, 2.0), puppets(run))


def test_other_agents_are_refused():
    run = greeting()
    with pytest.raises(
        ImpossibleTrace, match=r"^the trace is impossible in this scenario: the agents are ann, bob"
    ):
        check_possible(Trace([], ("ann", "cat"), {}, 2.0), puppets(run))


def test_a_run_that_failed_is_checked_as_far_as_it_went():
    class Fails(Greeter):
        def on_hello(self, sender, message):
            raise ValueError("no")

    with pytest.raises(WorldError) as caught:
        World(seed=7, latency=0.2).add(Fails("ann"), Fails("bob")).run(until=2.0)
    check_possible(reread(caught.value.run.trace), puppets(caught.value.run))


def test_ten_thousand_events_are_checked_in_a_tenth_of_a_second():
    run = (
        World(latency="uniform(0.01, 0.05)")
        .add(bully.Candidate(rank) for rank in range(1, 13))
        .run(until=200.0)
    )
    trace = reread(
        Trace(run.trace.rows[:10_000], run.trace.agents, run.trace.says, run.trace.rows[9_999][0] / 1e6, True)
    )
    assert len(trace) == 10_000
    best = min(_seconds(trace, run) for _ in range(3))
    assert best < 0.5  # a loaded machine takes several times as long as an idle one: 0.07 s


def _seconds(trace, run):
    world = puppets(run)
    before = time.process_time()
    check_possible(trace, world)
    return time.process_time() - before
