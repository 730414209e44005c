"""Runs: how they end, what comes of them, and what is said when something is wrong."""

import asyncio
import contextlib
import gc
import re
import time
import warnings

import pytest

from coordlab.trace.faults import Crash, FaultError
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import AgentError, Budget, BudgetError, DeadlockError, World, WorldError


@message
class Hello:
    """Hello."""

    number: int = 0


class Greeter(Agent):
    """Greets one agent once a second and takes greetings."""

    met = State(0)

    def __init__(self, name, whom=None):
        super().__init__(name)
        self.whom = whom

    async def run(self):
        if self.whom:
            async for beat in self.every(1):
                self.send(self.whom, Hello(beat))

    def on_hello(self, sender, message):
        self.met += 1


class Doing(Agent):
    """Does in `run` what it is given."""

    def __init__(self, name, act):
        super().__init__(name)
        self.act = act

    async def run(self):
        await self.act(self)

    def on_hello(self, sender, message):
        pass


def does(act, *others, until=None, **budget):
    """The run of a world in which Zoe does this."""
    return World(latency=0.1, budget=Budget(**budget)).add(Doing("zoe", act), *others).run(until)


@pytest.fixture(autouse=True)
def nothing_is_left_behind(capfd):
    """Whatever a test does: no loop is left running, Python complains of nothing, and the next run works."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
        gc.collect(1)
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()
    assert World(latency=0.1).add(Greeter("ann", "bob"), Greeter("bob")).run(2.5).trace.count("handle") == 2
    assert capfd.readouterr().err == ""


# --- how a run ends ------------------------------------------------------------------------------------


def test_an_empty_world_has_an_empty_run():
    """Nobody is there and nothing happens, with and without an end."""
    assert (len(World().run().trace), World().run().trace.until) == (0, 0.0)
    assert World().run(until=5).trace.until == 5
    assert repr(World().run()) == "world latency=constant(0.01) seed=0\n"


def test_a_run_ends_when_nothing_is_left_to_do():
    """The last greeting is the end."""

    async def act(zoe):
        await zoe.sleep(2)
        zoe.send("bob", Hello())

    run = does(act, Greeter("bob"))
    assert (run.trace.until, run.trace[-1].kind, run.until) == (2.1, "state", None)


def test_a_run_ends_at_its_end():
    """What is due at the end is done; what is due later is not."""
    run = World(latency=0.1).add(Greeter("ann", "bob"), Greeter("bob")).run(until=3)
    assert (run.trace.count("send"), run.trace.count("handle"), run.world.now) == (3, 2, 3)


def test_until_zero_is_the_first_instant():
    """Agents start and send, and nothing arrives."""

    async def act(zoe):
        zoe.send("bob", Hello())

    assert [event.kind for event in does(act, Greeter("bob"), until=0).trace] == ["start", "start", "send"]


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), 1e10])
def test_an_end_is_a_moment(wrong):
    """The world can still run after a wrong end."""
    world = World()
    with pytest.raises(ValueError, match=r"until=.*give the end in virtual seconds, as in run\(until=20\)"):
        world.run(until=wrong)
    assert world.run(until=1).trace.until == 1


def test_a_world_runs_once():
    """The second time it says what to do instead; the first run is whole."""
    world = World().add(Greeter("ann"))
    run = world.run(until=1)
    with pytest.raises(RuntimeError, match=r"has run already.*run.branch\(Crash\(...\)\)"):
        world.run()
    with pytest.raises(RuntimeError, match="this run is over"):
        world.inject("crash ann @2")
    with pytest.raises(RuntimeError, match="runs already, or has"):
        world.add(Greeter("bob"))
    assert (len(run.trace), run.line) == (1, "world latency=constant(0.01) seed=0 until=1")


# --- what comes of it ----------------------------------------------------------------------------------


def greeting(*faults, until=3.5):
    """Ann greets Bob each second."""
    return World(latency=0.1, seed=3).add(Greeter("ann", "bob"), Greeter("bob")).inject(*faults).run(until)


def test_a_branch_is_the_same_run_with_more_faults():
    """It is equal until the fault strikes; the parent stays as it was."""
    run = greeting()
    branch = run.branch(Crash("bob", at=2.5))
    first = run.divergence(branch)
    assert (branch.trace[first].kind, branch.trace[first].time) == ("fault", 2.5)
    assert run.trace.rows[:first] == branch.trace.rows[:first]
    assert (run.line, branch.line) == (greeting().line, greeting("crash bob @2.5").line)
    assert branch.trace == greeting("crash bob @2.5").trace


def test_a_branch_of_a_branch_has_the_faults_of_both():
    """In the order in which they were added."""
    branch = greeting().branch("crash bob @1.5").branch("restart bob @2.5")
    assert branch.line.endswith(" | crash bob @1.5 | restart bob @2.5")
    assert branch.trace.count("restart") == 1


def test_equal_runs_do_not_diverge():
    """And a run that is only longer diverges where the shorter one ends."""
    assert greeting().divergence(greeting()) is None
    assert greeting().divergence(greeting(until=9)) == len(greeting().trace)


def test_a_branch_begins_with_the_arguments_as_they_were():
    """An agent that uses up the list it was given has it whole again in a branch, and after a restart."""

    class Worker(Agent):
        def __init__(self, name, tasks):
            super().__init__(name)
            self.tasks = tasks

        async def run(self):
            while self.tasks:
                await self.sleep(1)
                self.note(self.tasks.pop())

    run = World().add(Worker("zoe", ["b", "a"])).run()
    assert [event.data for event in run.trace.select("note")] == ["a", "b"]
    assert run.branch().trace == run.trace
    again = run.branch("crash zoe @1.5..5")
    assert [event.data for event in again.trace.select("note")] == ["a", "a", "b"]


def test_agents_that_share_an_argument_share_it_in_a_branch():
    """Two agents with one list have one list again, but not that of the first run."""

    class Sharing(Agent):
        def __init__(self, name, board):
            super().__init__(name)
            self.board = board

        async def run(self):
            self.board.append(self.name)
            self.note(self.board)

    board = []
    run = World().add(Sharing("ann", board), Sharing("bob", board)).run()
    assert run.branch().trace == run.trace
    assert run.trace[-1].data == "('ann', 'bob')"
    assert board == ["ann", "bob"]


def test_arguments_that_cannot_be_copied_are_passed_on():
    """A generator is used up, and that is the caller's affair."""
    words = (word for word in ("hello", "you"))

    class Speaker(Agent):
        def __init__(self, name, words):
            super().__init__(name)
            self.words = words

        async def run(self):
            self.note(next(self.words))

    run = World().add(Speaker("zoe", words)).run()
    assert run.branch().trace[-1].data == "you"


def test_a_run_shows_itself_in_words():
    """Its line, its story, its verdicts."""
    assert repr(greeting(until=1.5)) == (
        "world latency=constant(0.1) seed=3 until=1.5\n"
        "    0.000 s  ann starts.\n"
        "    0.000 s  bob starts.\n"
        "    1.000 s  ann to bob: “Hello.”\n"
        "    1.100 s  bob: met is now 1."
    )


def test_a_handler_that_was_mended_is_used():
    """In a notebook one may replace a handler between two runs."""

    class Mended(Greeter):
        pass

    World(latency=0.1).add(Greeter("ann", "bob"), Mended("bob")).run(until=1.5)
    Mended.on_hello = lambda self, sender, message: self.note("mended")
    run = World(latency=0.1).add(Greeter("ann", "bob"), Mended("bob")).run(until=1.5)
    assert run.trace[-1].data == "mended"


def test_a_cell_that_is_run_again_makes_the_same_messages():
    """The class of a message made anew, under the same name, is the same message to the world."""

    def cell():
        @message
        class Hello:
            """Hello again."""

        return Hello

    old, new = cell(), cell()

    async def act(zoe):
        zoe.send("zoe", old())
        zoe.send("zoe", new())

    assert does(act).trace.count("Hello") == 2


def test_nothing_is_printed_when_unfinished_worlds_are_thrown_away():
    """Worlds that never ran, stopped in the middle, or failed vanish without a word (see the fixture)."""

    async def act(zoe):
        zoe.spawn(zoe.sleep(100))
        zoe.task = asyncio.create_task(asyncio.Event().wait())
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(100))
            async for _ in numbers():
                await asyncio.gather(asyncio.sleep(50), asyncio.Queue().get())

    async def numbers():
        try:
            yield 1
        finally:
            await asyncio.sleep(1)

    World().add(Doing("zoe", act))
    does(act, until=10)
    world = World().add(Doing("zoe", act), Doing("yan", None))
    with pytest.raises(AgentError):
        world.run()
    del world
    gc.collect()


def test_an_async_handler_cut_off_before_its_first_step_is_silent():
    """The greeting arrives at the very end: its handler never begins, and nobody is warned of it."""

    class Thinking(Greeter):
        async def on_hello(self, sender, message):
            await self.sleep(1)
            return Hello()

    world = World(latency=0.1).add(Greeter("ann", "bob"), Thinking("bob"))
    world.loop.first_at(1_100_000, lambda *_: world.loop.at(1_100_000, lambda *_: world.crash("bob"), 0), 0)
    assert world.run(until=1.1).trace.count("crash") == 1


# --- what is refused before the run --------------------------------------------------------------------


def test_names_are_unique():
    """The second Ann is refused, with who is there."""
    with pytest.raises(ValueError, match=r"'ann' cannot be an agent's name here.*Taken so far: ann, bob"):
        World().add(Greeter("ann"), Greeter("bob"), Greeter("ann"))


@pytest.mark.parametrize(
    "name", ["", "ann bob", "a,b", "a>b", "a/b", "a|b", "a@b", "a#b", "a\nb", "\x00", "\ud800", "x" * 101]
)
def test_names_fit_into_a_scenario_line(name):
    """No space, and none of the signs with which faults are written."""
    with pytest.raises(ValueError, match="a name is unique in its world and has no space and none of"):
        World().add(Greeter(name))


def test_an_agent_lives_in_one_world():
    """To put it into a second one is refused; a third name is not taken by the attempt."""
    ann = Greeter("ann")
    World().add(ann)
    with pytest.raises(ValueError, match=r"<Greeter ann> is in a world already. Make another one"):
        World().add(ann)


@pytest.mark.parametrize("wrong", ["ann", 5, Greeter, None])
def test_only_agents_join(wrong):
    """A name, a number or the class itself is not an agent."""
    with pytest.raises(TypeError, match=r"is no agent with a name|not iterable"):
        World().add(wrong)


def test_an_agent_needs_its_name():
    """An __init__ that forgets super().__init__ is found out when it joins."""

    class Nameless(Agent):
        def __init__(self, name):
            self.title = name

    with pytest.raises(
        TypeError, match=r"this Nameless is no agent with a name.*calls super\(\).__init__\(name\)"
    ):
        World().add(Nameless("ann"))


@pytest.mark.parametrize("seed", ["7", 1.5, None, True])
def test_a_seed_is_a_whole_number(seed):
    """Else its line could not be read again."""
    with pytest.raises(TypeError, match=r"seed=.* is no whole number. Write for instance seed=7"):
        World(seed=seed)


def test_only_faults_are_injected_and_only_properties_expected():
    """A number is neither; the world is as it was."""
    world = World().add(Greeter("ann"))
    with pytest.raises(FaultError, match=r"5 is no fault. Write for instance Crash\('5', at=3\)"):
        world.inject(5)
    with pytest.raises(TypeError, match=r"True is no property.*world.expect\(always"):
        world.expect(True)
    assert (world.faults, world.properties) == ([], ())


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), 1e10])
def test_agents_join_at_a_moment(wrong):
    """Not before the beginning, and not never."""
    with pytest.raises(ValueError, match=r"at=.* is no moment"):
        World().add(Greeter("ann"), at=wrong)


def test_a_fault_strikes_somebody_who_is_there():
    """The error names the fault, the stranger and those who are there; the world is as it was."""
    world = World().add(Greeter("ann"), Greeter("bob"))
    with pytest.raises(
        FaultError, match=r"'crash zed @3': there is no agent 'zed'. The agents here are ann, bob"
    ):
        world.inject("crash zed @3")
    assert world.faults == []


def test_a_world_knows_its_agents_by_name():
    """world["ann"] is Ann; a stranger is told who is there."""
    ann = Greeter("ann")
    world = World().add(ann)
    assert (world["ann"], repr(world)) == (ann, "<World of 1 agents, seed 0, 0 s>")
    with pytest.raises(LookupError, match="there is no agent 'zed' here, only ann"):
        world["zed"]


def test_sending_before_the_run_is_refused():
    """And after it."""
    world = World().add(Greeter("ann"), Greeter("bob"))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="ann can only send while the world runs"):
            world["ann"].send("bob", Hello())
        if not world.started:
            world.run()


def test_spawning_before_the_run_is_refused():
    """The coroutine is closed, not forgotten."""
    world = World().add(Greeter("ann"))
    with pytest.raises(RuntimeError, match="ann can only spawn while the world runs"):
        world["ann"].spawn(asyncio.sleep(1))


# --- what goes wrong in a run --------------------------------------------------------------------------


def fails(act, match, kind=AgentError, **terms):
    """The error of a run in which Zoe does this; its run is what happened until then."""
    with pytest.raises(kind, match=match) as caught:
        does(act, Greeter("bob"), **terms)
    assert isinstance(caught.value, WorldError)
    assert caught.value.run.trace[0].kind == "start"
    return caught.value


def test_an_unknown_recipient_is_named():
    """With who is there, and what to do."""

    async def act(zoe):
        zoe.send("zed", Hello())

    fails(act, "zoe wrote to 'zed', but the agents here are zoe, bob. Write to one of these names, or add")


@pytest.mark.parametrize("to", [["bob"], 7, None, Greeter("bob")])
def test_a_recipient_is_a_name(to):
    """A list, a number or the agent itself is not."""

    async def act(zoe):
        zoe.send(to, Hello())

    fails(act, "zoe wrote to .*, but the agents here are zoe, bob")


def test_a_missing_handler_is_named():
    """With the message, and the handler to write."""

    @message
    class CallForProposals:
        """Who can do it?"""

        task: str

    async def act(zoe):
        zoe.send("bob", CallForProposals("dig"))

    error = fails(
        act,
        r"CallForProposals\(task='dig'\) from zoe, but Greeter does not handle it. It handles on_hello",
    )
    assert "def on_call_for_proposals(self, sender, message): ..." in str(error)
    assert str(error).startswith("agent bob (Greeter) failed at 0.1 s")


@pytest.mark.parametrize("wrong", ["hello", {"a": 1}, Hello, None])
def test_only_messages_travel(wrong):
    """A text, a dict, the class itself or nothing is no message."""

    async def act(zoe):
        zoe.send("bob", wrong)

    fails(act, r"zoe sent .*, which is no message: only instances of a class made with @message travel")


def test_a_reply_is_a_message():
    """A handler that returns True is told that what it returns is its reply."""

    class Wrong(Greeter):
        def on_hello(self, sender, message):
            return True

    with pytest.raises(
        AgentError, match=r"bob sent True \(or a handler returned it, as its reply\), which is no message"
    ):
        World().add(Greeter("ann", "bob"), Wrong("bob")).run()


def test_a_message_cannot_be_changed_after_it_was_sent():
    """The recipient would see another message than the one that was sent."""

    async def act(zoe):
        hello = Hello(1)
        zoe.send("bob", hello)
        hello.number = 2

    fails(
        act, r"Hello\(number=1\) cannot be changed \(number = 2\).*dataclasses.replace\(message, number=...\)"
    )


def test_two_messages_of_one_name_are_refused():
    """The trace knows them by name."""

    def other():
        @message
        class Hello:
            """Another hello."""

        return Hello

    async def act(zoe):
        zoe.send("bob", Hello())
        zoe.send("bob", other()())

    fails(act, "two classes of messages are called Hello: Hello and .*other.*Hello. Rename one")


def test_an_error_in_an_agent_says_who_when_upon_what_and_where():
    """Bob's handler divides by zero upon Zoe's second greeting: agent, time, message and his own line."""

    class Wrong(Greeter):
        def on_hello(self, sender, message):
            self.met = self.share(message.number - 2)

        def share(self, number):
            return 1 // number

    with pytest.raises(AgentError) as caught:
        World(latency=0.1).add(Greeter("zoe", "bob"), Wrong("bob")).run()
    assert re.fullmatch(
        r"agent bob \(Wrong\) failed at 2\.1 s, handling Hello\(number=2\) from zoe: ZeroDivisionError: .*\n"
        r"  line \d+ of test_world\.py, in share: return 1 // number",
        str(caught.value),
    )
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_errors_in_a_task_group_are_told_one_by_one():
    """Not as "unhandled errors in a TaskGroup (2 sub-exceptions)"."""

    async def act(zoe):
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            group.create_task(fail())

    async def fail():
        try:
            await asyncio.sleep(1)
        finally:
            raise ValueError("no")

    error = fails(act, r"agent zoe \(Doing\) failed at 1 s.*: ValueError: no; ValueError: no")
    assert str(error).endswith('in fail: raise ValueError("no")')


def test_an_error_in_run_names_the_line_of_the_learner():
    """Not one of ours."""

    async def act(zoe):
        await zoe.sleep(-1)

    assert str(fails(act, "sleep -1 s is no delay")).endswith("in act: await zoe.sleep(-1)")


def test_earlier_runs_stay_whole():
    """What fails later does not touch them."""
    run = greeting()
    before = run.trace.to_jsonl()

    async def act(zoe):
        raise ValueError("no")

    fails(act, "ValueError: no")
    assert run.trace.to_jsonl() == before


def test_the_trace_until_the_error_is_there():
    """Zoe greets Bob twice and then fails."""

    async def act(zoe):
        for _ in range(2):
            zoe.send("bob", Hello())
            await zoe.sleep(1)
        raise ValueError("no")

    trace = fails(act, "failed at 2 s").run.trace
    assert (trace.count("handle"), trace.until, trace.agents) == (2, 2.0, ("zoe", "bob"))


@pytest.mark.parametrize("error", [asyncio.CancelledError, GeneratorExit, StopIteration])
def test_an_error_that_the_caller_would_take_for_his_own_is_wrapped(error):
    """A handler that raises CancelledError must not cancel the cell in which the world runs."""

    class Wrong(Greeter):
        def on_hello(self, sender, message):
            raise error

    with pytest.raises(
        AgentError, match=f"bob .Wrong. failed at 1.1 s.*{error.__name__} raised where nobody waits"
    ):
        World(latency=0.1).add(Greeter("ann", "bob"), Wrong("bob")).run()


def test_errors_and_messages_that_cannot_say_what_they_are():
    """Broken words of a learner's own do not hide the error."""

    class Mute(Exception):
        def __str__(self):
            raise ValueError("no words")

    @message
    class Odd(Hello):
        """Odd."""

        def __repr__(self):
            raise ValueError("no words")

    class Wrong(Greeter):
        def on_odd(self, sender, message):
            raise Mute

    async def act(zoe):
        zoe.send("eve", Odd())

    match = "handling <Odd that cannot say what it is: ValueError> from zoe: Mute: <Mute that cannot say"
    with pytest.raises(AgentError, match=match):
        does(act, Wrong("eve"))


def test_a_world_cannot_run_inside_itself():
    """An agent that starts its own world again is told that it runs."""

    async def act(zoe):
        zoe._world.run()

    assert str(fails(act, "this world has run already")).endswith("in act: zoe._world.run()")


@pytest.mark.parametrize("to", [5, None, Greeter("bob")])
def test_asking_needs_names(to):
    """As sending does."""

    async def act(zoe):
        await zoe.ask(to, Hello())

    fails(act, "zoe wrote to .*, but the agents here are zoe, bob")


# --- deadlock ------------------------------------------------------------------------------------------


def test_everybody_waiting_is_a_deadlock():
    """Who waits for what, since when, and where: an answer, a condition, asyncio's own queue."""

    class Silent(Agent):
        async def run(self):
            await self.sleep(1)
            await asyncio.Queue().get()

        def on_hello(self, sender, message):
            return None

    class Hoping(Agent):
        async def run(self):
            await self.until(lambda: False)

    async def act(zoe):
        await zoe.sleep(2)
        await zoe.ask(["bob", "cat"], Hello())

    world = World(latency=0.1).add(Doing("zoe", act), Silent("bob"), Silent("cat"), Hoping("dan"))
    with pytest.raises(DeadlockError) as caught:
        world.run()
    words = str(caught.value)
    assert words.startswith("deadlock at 2.1 s: everybody waits, and nothing lies ahead.")
    assert "zoe has waited for an answer to Hello from bob, cat since 2 s" in words
    assert re.search(r"bob has waited for Queue.get \(line \d+ in .*Silent.run\) since 1 s", words)
    assert re.search(r"dan has waited for a condition \(line \d+ in .*Hoping.run.*\) since 0 s", words)
    assert words.endswith("Give the wait an end (within=...), or let somebody send.")
    assert caught.value.run.trace.count("deliver") == 2


def test_a_deadlock_of_many_names_ten():
    """And counts the rest."""

    class Hoping(Agent):
        async def run(self):
            await self.until(lambda: False)

    with pytest.raises(DeadlockError, match=r"; and 15 more. Give"):
        World().add(Hoping(str(number)) for number in range(25)).run(until=5)


def test_who_only_handles_is_not_waiting():
    """An agent without a task of its own is no deadlock."""
    assert len(World().add(Greeter("ann")).run().trace) == 1


# --- budgets -------------------------------------------------------------------------------------------


def test_an_agent_that_never_yields_is_stopped():
    """`while True: pass` is ended by the clock on the wall, and named."""

    async def act(zoe):
        await zoe.sleep(1)
        while True:
            pass

    began = time.monotonic()
    fails(
        act,
        r"more than 0.01 real seconds \(the clock stands at 1 s\); zoe was the busiest. Does it loop without",
        BudgetError,
        wall=0.01,
    )
    assert time.monotonic() - began < 3


def test_an_agent_that_swallows_every_exception_is_stopped():
    """`except Exception` does not hold up the end of a run."""

    async def act(zoe):
        while True:
            with contextlib.suppress(Exception):
                zoe.send("bob", Hello())

    fails(
        act,
        "more than .* things happened while the clock stood at 0 s; zoe was the busiest",
        BudgetError,
        instant=1000,
    )


def test_a_budget_error_in_a_child_task_is_not_lost():
    """Nor when it is asyncio's task that overruns."""

    async def act(zoe):
        await asyncio.gather(send(zoe), return_exceptions=True)

    async def send(zoe):
        while True:
            zoe.send("bob", Hello())

    fails(act, "zoe was the busiest", BudgetError, instant=1000)


def test_messages_that_breed_are_stopped():
    """Two agents that answer each message with two are caught by number."""

    class Parrot(Agent):
        async def run(self):
            self.send(self.peers[0], Hello())

        def on_hello(self, sender, message):
            self.send(sender, message)
            self.send(sender, message)

    with pytest.raises(BudgetError, match=r"the trace grew beyond 5,000 events.*was the busiest"):
        World(latency="uniform(0.01,0.02)", budget=Budget(events=5000, instant=1000)).add(
            Parrot("ann"), Parrot("bob")
        ).run()


@pytest.mark.parametrize("wait", [lambda: asyncio.sleep(0), lambda: asyncio.create_task(asyncio.sleep(0))])
def test_sleeping_for_nothing_for_ever_is_stopped(wait):
    """Time stands still, and that is said."""

    async def act(zoe):
        while True:
            await wait()

    fails(
        act,
        "things happened while the clock stood at 0 s.*loop without `await self.sleep",
        BudgetError,
        instant=1000,
    )


def test_callbacks_that_breed_are_stopped():
    """call_soon for ever."""

    async def act(zoe):
        loop = asyncio.get_running_loop()

        def breed():
            loop.call_soon(breed)

        breed()
        await zoe.sleep(1)

    fails(act, "things happened while the clock stood at 0 s", BudgetError, instant=1000)


def test_heartbeats_need_an_end():
    """run() without `until` on agents that beat for ever ends in advice, by time or by events."""
    for budget, match in (
        (Budget(time=50), "more than 50 virtual seconds"),
        (Budget(events=100, instant=50), "beyond 100"),
    ):
        world = World(latency=0.1, budget=budget).add(Greeter("ann", "bob"), Greeter("bob"))
        with pytest.raises(BudgetError, match=rf"{match}.*Give the run an end"):
            world.run()


def test_a_large_world_may_begin_with_everybody_writing_to_everybody():
    """That is no runaway: the budget of an instant grows with the square of the agents."""

    class Shy(Agent):
        async def run(self):
            self.broadcast(Hello())

        def on_hello(self, sender, message):
            pass

    world = World(budget=Budget(instant=10)).add(Shy(str(number)) for number in range(60))
    assert world.run().trace.count("handle") == 60 * 59


def test_thousands_of_agents_are_no_burden():
    """Five thousand agents wake up three times each."""

    class Sleeper(Agent):
        async def run(self):
            for _ in range(3):
                await self.sleep(1)

    trace = World().add(Sleeper(str(number)) for number in range(5000)).run().trace
    assert (len(trace), trace.until) == (20_000, 3.0)
