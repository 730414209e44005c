"""A run beside the rest of a notebook, in real time."""

import asyncio
import contextlib

import pytest

from coordlab.trace.faults import FaultError
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import AgentError, Budget, BudgetError, World


@message
class Tick:
    """Tick."""


class Clockwork(Agent):
    """Ticks to its peers ten times a second and counts their ticks."""

    heard = State(0)

    async def run(self):
        async for _ in self.every(0.1):
            for peer in self.peers:
                self.send(peer, Tick())

    def on_tick(self, sender, message):
        self.heard += 1


def clockworks(*faults, latency="uniform(0.01, 0.05)"):
    """Two of them."""
    return World(latency=latency, seed=7).add(Clockwork("ann"), Clockwork("bob")).inject(*faults)


def live(world, beside=None, until=1.0, speed=20.0):
    """Run a world live, with something else beside it in the same loop."""

    async def cell():
        running = asyncio.create_task(world.run_live(until, speed))
        if beside is not None:
            await beside(world)
        return await running

    return asyncio.run(cell())


async def past(world, moment):
    """Wait until the world's clock, which a busy machine holds up, is past a moment."""
    while world.now <= moment:  # noqa: ASYNC110  (the world has no event to wait for)
        await asyncio.sleep(0.01)


def test_a_live_run_gives_the_same_trace():
    assert live(clockworks()).trace == clockworks().run(until=1.0).trace


def test_a_live_run_without_an_end_ends_with_its_last_event():
    class Once(Clockwork):
        async def run(self):
            await self.sleep(0.1)
            self.send(self.peers[0], Tick())

    def world():
        return World().add(Once("ann"), Once("bob"))

    assert live(world(), until=None).trace == world().run().trace


def test_other_coroutines_go_on_meanwhile():
    turns = []

    async def beside(world):
        for _ in range(5):
            await asyncio.sleep(0.001)
            turns.append(world.now)

    live(clockworks(), beside)
    assert turns == sorted(turns)
    turns.clear()
    live(clockworks(), beside, until=20.0, speed=1e6)
    assert len(turns) == 5


def test_time_passes_as_on_the_wall():
    async def cell():
        began = asyncio.get_running_loop().time()
        await clockworks().run_live(until=0.2, speed=10)
        return asyncio.get_running_loop().time() - began

    assert 0.019 < asyncio.run(cell()) < 5


def test_a_fault_injected_meanwhile_strikes_at_once():
    async def beside(world):
        await past(world, 0.2)
        world.inject("crash bob")

    run = live(clockworks(), beside, until=6.0)
    crash = run.trace.select("crash")[0]
    assert 0.2 < crash.time < 6.0
    assert run.scenario.faults[0].at == crash.time
    assert run.branch().trace == run.trace


def test_a_fault_injected_meanwhile_may_end():
    async def beside(world):
        await past(world, 0.2)
        with pytest.raises(FaultError, match=r"lies in the past: it is \d\.\d+ s now"):
            world.inject("crash bob @0.1")
        with pytest.raises(FaultError, match="the end must be later"):
            world.inject("crash bob @..0.1")
        world.inject("crash bob @..5.9", "cut ann>bob @5.95")

    run = live(clockworks(), beside, until=6.0)
    assert [event.kind for event in run.trace if event.kind in ("crash", "restart", "fault", "heal")] == [
        *("fault", "crash", "heal", "restart", "fault")
    ]
    assert run.branch().trace == run.trace


@pytest.mark.parametrize("latency", ["uniform(0.01, 0.05)", "0.02"])
def test_a_message_that_has_passed_cannot_be_dropped(latency):
    async def beside(world):
        await past(world, 0.2)
        passed = sum(row[1:4] == ("send", "ann", "bob") for row in world.rows)
        with pytest.raises(FaultError, match=f"lies in the past: that link has carried {passed} messages"):
            world.inject("drop ann>bob #1")
        world.inject(f"drop ann>bob #{passed + 2}")

    run = live(clockworks(latency=latency), beside, until=6.0)
    lost = [event.time for event in run.trace.select("drop")]
    assert len(lost) == 1
    assert lost == [event.time for event in run.branch().trace.select("drop")]


def test_an_error_ends_a_live_run():
    class Broken(Agent):
        async def run(self):
            await self.sleep(0.1)
            raise ValueError("no")

    with pytest.raises(AgentError, match=r"agent zoe \(Broken\) failed at 0.1 s.*ValueError: no"):
        live(World().add(Broken("zoe")))


def test_a_live_run_can_be_cancelled():
    world = clockworks()

    async def cell():
        running = asyncio.create_task(world.run_live(until=100))
        await asyncio.sleep(0.005)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(cell())
    assert (world.loop.tasks, world.loop.is_closed(), world["ann"].alive) == ({}, True, False)


def test_two_live_runs_side_by_side_do_not_touch():
    async def cell():
        return await asyncio.gather(*(clockworks().run_live(until=0.5, speed=20) for _ in range(2)))

    one, two = asyncio.run(cell())
    assert one.trace == two.trace == clockworks().run(until=0.5).trace


def test_an_end_at_zero_is_the_first_instant():
    assert live(clockworks(), until=0).trace == clockworks().run(until=0).trace


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf")])
def test_speed_is_above_zero(wrong):
    with pytest.raises(ValueError, match=r"speed=.*: expected a number above 0"):
        live(clockworks(), speed=wrong)


def test_budgets_hold_live():
    class Loop(Agent):
        async def run(self):
            await asyncio.sleep(0)
            self.spawn(self.run())

    with pytest.raises(BudgetError, match="zoe was the busiest"):
        live(World(budget=Budget(instant=1000)).add(Loop("zoe")))


def test_a_live_run_does_not_wait_for_what_is_over():
    class Asker(Agent):
        async def run(self):
            await self.ask("bob", Tick(), within=60.0)

    class Answerer(Agent):
        def on_tick(self, sender, message):
            return message

    def world():
        return World().add(Asker("ann"), Answerer("bob"))

    live = asyncio.run(asyncio.wait_for(world().run_live(), timeout=30))
    assert live.trace == world().run().trace
