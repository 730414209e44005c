"""Genuine asyncio code runs unchanged on virtual time: see conformance.py for the stories."""

import asyncio
import contextlib
import contextvars
import re
import signal
from itertools import count

import pytest
from hypothesis import given, settings, strategies as st

from coordlab.world.agent import Agent
from coordlab.world.guards import Runaway
from coordlab.world.loop import VirtualLoop, simulate
from coordlab.world.message import message
from coordlab.world.world import AgentError, World
from tests.pythons import PROJECT, pythons, run_python
from tests.sampling import disaster_count
from tests.world.conformance import STORIES, in_an_agent, on_the_loop
from tests.world.cpython import MISSING


@pytest.mark.parametrize("place", [on_the_loop, in_an_agent])
@pytest.mark.parametrize("name", STORIES)
def test_asyncio_keeps_its_promises(name, place):
    place(STORIES[name])


@pytest.mark.slow
@pytest.mark.parametrize("version", pythons())
def test_asyncio_keeps_its_promises_on_every_python(version):
    told = run_python(pythons()[version], str(PROJECT / "tests/world/conformance.py"))
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("version", pythons())
def test_cpythons_own_tests_of_asyncio_pass_on_the_loop(version):
    told = run_python(pythons()[version], str(PROJECT / "tests/world/cpython.py"))
    if told.stdout == MISSING:
        pytest.skip(MISSING)
    assert told.returncode == 0, told.stderr
    assert int(told.stdout.split()[0]) > 1000


waits = st.lists(st.floats(0, 3e-6) | st.floats(0, 10), min_size=1, max_size=5)


@settings(max_examples=disaster_count())
@given(st.floats(0, 1e6), waits)
def test_no_timer_rings_early_and_a_loop_towards_a_deadline_ends(start, waits):
    """A whole microsecond is the shortest wait; a sleep may end a nanosecond early, where floats err."""

    async def story():
        loop = asyncio.get_running_loop()
        await asyncio.sleep(start)
        for wait in waits:
            rang, deadline, rounds = loop.create_future(), loop.time() + wait, 0
            loop.call_at(deadline, lambda rang=rang: rang.set_result(loop.time()))
            while loop.time() < deadline:
                asked = loop.time() + (left := deadline - loop.time())
                await asyncio.sleep(left)
                assert loop.time() >= asked - 1e-9
                rounds += 1
            assert (await rang >= deadline, rounds <= 2) == (True, True)

    simulate(story(), until=1e7)


@settings(max_examples=disaster_count())
@given(waits, st.floats(0.5, 2))
def test_an_agents_loop_towards_a_deadline_ends_on_a_clock_that_runs_fast_or_slow(waits, rate):
    rounds = []

    class Waiter(Agent):
        async def run(self):
            for wait in waits:
                deadline, before = self.now + wait, len(rounds)
                while self.now < deadline:
                    rounds.append(deadline)
                    await self.sleep(deadline - self.now)
                assert len(rounds) - before <= 2

    World().add(Waiter("zoe")).inject(f"skew zoe x{rate:.3f} @0").run()


def eager(work):
    """The task of a loop with an eager factory: it may be done before the loop hears of it."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    return loop.create_task(work)


MAKERS = [asyncio.create_task, asyncio.Task, *([eager] if hasattr(asyncio, "eager_task_factory") else [])]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("after", [0, 1])
def test_the_error_of_a_task_that_nobody_awaits_is_raised(make, after):
    async def fail():
        if after:
            await asyncio.sleep(after)
        raise KeyError("lost")

    async def main():
        kept = make(fail())
        await asyncio.sleep(2)
        return kept

    with pytest.raises(KeyError, match="lost"):
        simulate(main())


def add_done_callback(loop, callback):
    """Call `callback` when a future is done."""
    future = loop.create_future()
    future.add_done_callback(callback)
    loop.call_later(1, future.set_result, None)


CALLERS = [
    lambda loop, callback: loop.call_soon(callback, None),
    lambda loop, callback: loop.call_later(1, callback, None),
    add_done_callback,
]


@pytest.mark.parametrize("call", CALLERS)
def test_a_handler_of_errors_is_told_of_a_callback_that_fails_and_the_loop_goes_on(call):
    seen = []

    def callback(_):
        name.set("bob")
        raise KeyError("lost")

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, told: seen.append(told))
        call(loop, callback)
        await asyncio.sleep(2)
        return loop.time()

    name = contextvars.ContextVar("name")
    assert simulate(main()) == 2
    [told] = seen
    assert (str(told["exception"]), told["handle"].get_context()[name]) == ("'lost'", "bob")
    assert re.fullmatch(
        r"Exception in callback <Handle .*callback\(.*\) at .*test_asyncio.py:\d+>", told["message"]
    )


@pytest.mark.parametrize("make", [asyncio.create_task, asyncio.Task, asyncio.tasks._PyTask])
def test_a_handler_of_errors_is_told_at_once_of_a_task_that_nobody_keeps(make):
    """An eager one that fails in its first step is kept by the frames that made it, on asyncio's loop too."""

    async def fail():
        raise KeyError("lost")

    async def main():
        loop, seen = asyncio.get_running_loop(), []
        loop.set_exception_handler(lambda _, told: seen.append(told["message"]))
        make(fail())
        await asyncio.sleep(0)
        return seen

    [told] = simulate(main())
    assert told.endswith("Task exception was never retrieved")


@message
class Hello:
    """Hello."""


class Handled(Agent):
    """Has a handler of errors of its own."""

    async def run(self):
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        await asyncio.wait_for(self.work(), 5)

    async def work(self):
        raise KeyError("lost")


class Answering(Handled):
    """Answers a message, after a while, with what is no message."""

    async def work(self):
        self.send("ann", Hello())
        await self.sleep(3)

    async def on_hello(self, sender, message):
        await asyncio.sleep(1)
        return 5


@pytest.mark.parametrize(("kind", "match"), [(Handled, "lost"), (Answering, "ann sends 5")])
def test_a_handler_of_errors_does_not_hide_the_error_of_an_agent(kind, match):
    with pytest.raises(AgentError, match=match):
        World().add(kind("ann")).add(Agent("bob")).run()


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


def test_a_run_without_an_end_is_limited_in_virtual_and_in_real_seconds():
    async def ticking():
        for _ in count():
            await asyncio.sleep(1)

    with pytest.raises(Runaway, match=r"^the clock is at 30 s; it would go on: limit it, .*until=1e7\)$"):
        simulate(ticking(), until=30.5)
    loop = VirtualLoop(wall=0.01)
    with pytest.raises(Runaway, match=r"more than 0\.01 real seconds: .* has it no end\? Then .*until=60\)$"):
        loop.run_until_complete(ticking())
    loop.kill_all()


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
