"""Runs, worlds, properties and errors in other processes."""

import pickle
from concurrent.futures import ProcessPoolExecutor

import cloudpickle
import pytest

from coordlab.properties import always
from coordlab.world.agent import Agent, State
from coordlab.world.errors import AgentError
from coordlab.world.message import message
from coordlab.world.network import uniform
from coordlab.world.world import World


def greeting(fail=False):
    """A run whose classes nobody finds by name, as in a notebook."""

    @message
    class Hello:
        """Good morning."""

    class Greeter(Agent):
        met = State(0)

        async def run(self):
            self.met = len(await self.ask(self.peers, Hello(), within=1))
            assert not fail

        def on_hello(self, sender, message):
            return message

    world = World(seed=7, latency=uniform(0.01, 0.05)).add(Greeter("ann"), Greeter("bob"))
    return world.expect(always("few", lambda now: now.state("ann", "met") != 2)).inject("crash bob @0.02")


def carried(run):
    """What another process makes of a run."""
    return run, run.branch("crash ann @0"), run.world.properties[0]


@pytest.mark.parametrize("with_", [pickle, cloudpickle])
def test_a_run_comes_back_as_it_was(with_):
    run = greeting().run(until=3)
    again = with_.loads(with_.dumps(run))
    assert (again.trace, again.line, again.until) == (run.trace, run.line, 3)
    assert (again.world["ann"].met, repr(again.world)) == (run.world["ann"].met, repr(run.world))
    with pytest.raises(RuntimeError, match="this world has run already"):
        again.world.run()


def test_a_run_goes_through_a_process_pool():
    run = greeting().run(until=3)
    with ProcessPoolExecutor(1) as pool:
        again, branch, judge = pool.submit(carried, run).result()
    assert (again.trace, branch.trace) == (run.trace, run.branch("crash ann @0").trace)
    assert [judge(again.trace)] == run.verdicts == again.verdicts


def test_a_world_that_has_not_run_keeps_all_that_was_set():
    world = greeting().redraw(0.01, 4)
    assert pickle.loads(pickle.dumps(world)).run(until=3).trace == world.run(until=3).trace


def test_a_running_world_stays_where_it_is():
    class Thief(Agent):
        async def run(self):
            pickle.dumps(self._world)

    with pytest.raises(AgentError, match="running: a world can be pickled before and after its run"):
        World().add(Thief("ann")).run()


def test_an_error_takes_its_run_along_and_leaves_its_traceback():
    with pytest.raises(AgentError) as caught:
        greeting(fail=True).run()
    error = pickle.loads(pickle.dumps(caught.value))
    assert (str(error), error.run.trace) == (str(caught.value), caught.value.run.trace)
