"""Genuine asyncio code runs unchanged on virtual time: see conformance.py for the stories."""

import asyncio
import contextlib
import signal

import pytest

from coordlab.world.agent import Agent
from coordlab.world.guards import Runaway
from coordlab.world.loop import VirtualLoop, simulate
from coordlab.world.world import AgentError, World
from tests.pythons import PROJECT, pythons, run_python
from tests.world.conformance import STORIES, in_an_agent, on_the_loop


@pytest.mark.parametrize("place", [on_the_loop, in_an_agent])
@pytest.mark.parametrize("name", STORIES)
def test_asyncio_keeps_its_promises(name, place):
    place(STORIES[name])


@pytest.mark.slow
@pytest.mark.parametrize("version", pythons())
def test_asyncio_keeps_its_promises_on_every_python(version):
    told = run_python(pythons()[version], str(PROJECT / "tests/world/conformance.py"))
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize("times", [(2,), (3, 2)])
def test_the_first_task_that_fails_unheard_ends_the_run(times, capfd):
    async def fail(after):
        await asyncio.sleep(after)
        raise KeyError("lost")

    class Careless(Agent):
        async def run(self):
            self.tasks = [asyncio.create_task(fail(after)) for after in times]
            await self.sleep(5)

    with pytest.raises(AgentError, match=r"(?s)^agent zoe \(Careless\) failed at 2 s.*raise KeyError.*lost"):
        World().add(Careless("zoe")).run()
    assert capfd.readouterr().err == ""  # Python says nothing of the other one either


def test_everybody_waiting_ends_run_until_complete():
    loop = VirtualLoop()
    with pytest.raises(RuntimeError, match=r"deadlock at 0 s.*Task-1 has waited for Event.wait since 0 s"):
        loop.run_until_complete(asyncio.Event().wait())
    loop.kill_all()


def breed():
    """A callback that calls itself at once."""
    asyncio.get_running_loop().call_soon(breed)


@pytest.mark.parametrize(
    ("callback", "error", "match"),
    [(breed, Runaway, "instant"), (lambda: int("no"), ValueError, "invalid literal")],
)
def test_a_callback_that_breeds_or_fails_ends_the_loop(callback, error, match):
    loop = VirtualLoop(instant=100)
    loop.call_later(1, callback)
    with pytest.raises(error, match=match):
        loop.run_forever()


def test_a_loop_does_not_run_inside_itself():
    loop = VirtualLoop()

    async def inside():
        waiting = asyncio.sleep(1)
        try:
            loop.run_until_complete(waiting)
        finally:
            waiting.close()

    with pytest.raises(RuntimeError, match="running already: await"):
        loop.run_until_complete(inside())


def test_a_loop_runs_for_ever_until_it_is_stopped():
    loop, seen = VirtualLoop(), []
    loop.call_later(1, seen.append, "one")
    loop.call_later(3, loop.stop)
    loop.call_later(5, seen.append, "five")
    loop.run_forever()
    assert (seen, loop.time()) == (["one"], 3)


class Sleeper(Agent):
    """Sleeps a minute, and then does what it is given."""

    def __init__(self, name, act=None):
        super().__init__(name)
        self.act = act

    async def run(self):
        await asyncio.sleep(60)
        if self.act:
            self.act()


@pytest.mark.parametrize(
    ("act", "raised"),
    [
        (None, contextlib.nullcontext()),
        (lambda: signal.default_int_handler(signal.SIGINT, None), pytest.raises(KeyboardInterrupt)),
        (lambda: 1 / 0, pytest.raises(AgentError)),
    ],
)
def test_a_world_inside_a_running_loop_leaves_it_and_its_task_alone(act, raised):
    async def cell():
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        world = World().add(Sleeper("zoe", act), Sleeper("yan", act))
        with raised:
            world.run()
        assert (asyncio.get_running_loop(), asyncio.current_task()) == (loop, task)
        assert not world.loop.tasks
        async with asyncio.timeout(5):
            return await asyncio.create_task(asyncio.sleep(0, "went on"))

    assert asyncio.run(cell()) == "went on"
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarms here")
def test_an_alarm_of_somebody_else_is_left_alone():
    rang = []
    before = signal.signal(signal.SIGALRM, lambda *_: rang.append(True))
    signal.setitimer(signal.ITIMER_REAL, 30)
    try:
        World().run()
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 20
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert rang == []


@pytest.mark.parametrize(
    "reach",
    [
        lambda: asyncio.open_connection("localhost", 1),
        lambda: asyncio.create_subprocess_exec("true"),
        lambda: asyncio.start_server(print, port=1),
    ],
)
def test_whoever_reaches_out_of_the_world_is_told_what_to_do_instead(reach):
    async def main():
        await reach()

    with pytest.raises(RuntimeError, match=r"time is virtual.*asyncio\.to_thread"):
        simulate(main())
