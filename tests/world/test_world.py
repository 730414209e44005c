"""Runs: how they end, what they leave behind, and what is said when something is wrong."""

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


def greeting(*faults, until=3.5, bob=Greeter):
    """The run in which Ann greets Bob each second."""
    return World(latency=0.1, seed=3).add(Greeter("ann", "bob"), bob("bob")).inject(*faults).run(until)


class Doing(Agent):
    """Does in `run` what it is given: a function, plain or async."""

    def __init__(self, name, act):
        super().__init__(name)
        self.act = act

    async def run(self):
        if (waiting := self.act(self)) is not None:
            await waiting

    def on_hello(self, sender, message):
        pass


def does(act, *others, until=None, **budget):
    """The run of a world in which Zoe does this."""
    return World(latency=0.1, budget=Budget(**budget)).add(Doing("zoe", act), *others).run(until)


@pytest.fixture(autouse=True)
def nothing_is_left_behind(capfd):
    """After each test no loop is left running, Python has warned of nothing, and the next run works."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
        gc.collect(1)
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()
    assert greeting(until=2.5).trace.count("handle") == 2
    assert capfd.readouterr().err == ""


# --- how a run ends ------------------------------------------------------------------------------------


def test_an_empty_world_has_an_empty_run():
    assert (len(World().run().trace), World().run().trace.until) == (0, 0.0)
    assert World().run(until=5).trace.until == 5
    assert repr(World().run()) == "world latency=constant(0.01) seed=0\n"


def test_a_run_ends_when_nothing_is_left_to_do():
    async def act(zoe):
        await zoe.sleep(2)
        zoe.send("bob", Hello())

    run = does(act, Greeter("bob"))
    assert (run.trace.until, run.trace[-1].kind, run.until) == (2.1, "state", None)


def test_a_run_ends_at_its_end():
    run = greeting(until=3)
    assert (run.trace.count("send"), run.trace.count("handle"), run.world.now) == (3, 2, 3)


def test_until_zero_is_the_first_instant():
    run = does(lambda zoe: zoe.send("bob", Hello()), Greeter("bob"), until=0)
    assert [event.kind for event in run.trace] == ["start", "start", "send"]


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), 1e10, "20", True])
def test_an_end_is_a_number_of_seconds(wrong):
    world = World()
    with pytest.raises(
        ValueError, match=r"until=.*: expected seconds from 0 to 1e\+09. For example: until=20"
    ):
        world.run(until=wrong)
    assert world.run(until=1).trace.until == 1


def test_a_world_runs_once():
    world = World().add(Greeter("ann"))
    run = world.run(until=1)
    for act, match in (
        (world.run, r"has run already: .* branch from the run: run.branch\(Crash"),
        (lambda: world.inject("crash ann @2"), r"the run is over: .* run.branch\(Crash"),
        (lambda: world.add(Greeter("bob")), r"the run has begun: .*world.add\(agent, at=5.0\)"),
    ):
        with pytest.raises(RuntimeError, match=match):
            act()
    assert (len(run.trace), run.line) == (1, "world latency=constant(0.01) seed=0 until=1")


# --- what it leaves behind ----------------------------------------------------------------------------------


def test_a_branch_is_the_same_run_with_more_faults():
    run = greeting()
    branch = run.branch(Crash("bob", at=2.5))
    first = run.divergence(branch)
    assert (branch.trace[first].kind, branch.trace[first].time) == ("fault", 2.5)
    assert run.trace.rows[:first] == branch.trace.rows[:first]
    assert (run.line, branch.line) == (greeting().line, greeting("crash bob @2.5").line)
    assert branch.trace == greeting("crash bob @2.5").trace
    assert branch.branch("restart bob @3").trace == greeting("crash bob @2.5", "restart bob @3").trace


def test_equal_runs_do_not_diverge():
    assert greeting().divergence(greeting()) is None
    assert greeting().divergence(greeting(until=9)) == len(greeting().trace)


def test_a_branch_begins_with_the_arguments_as_they_were():
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
    class Speaker(Agent):
        def __init__(self, name, words):
            super().__init__(name)
            self.words = words

        async def run(self):
            self.note(next(self.words))

    run = World().add(Speaker("zoe", (word for word in ("hello", "you")))).run()
    with pytest.warns(UserWarning, match="does not repeat the one before"):
        assert run.branch().trace[-1].data == "you"  # what the first run has left of the generator


def test_a_run_shows_itself_in_words():
    assert repr(greeting(until=1.5)) == (
        "world latency=constant(0.1) seed=3 until=1.5\n"
        "    0.000 s  ann starts.\n"
        "    0.000 s  bob starts.\n"
        "    1.000 s  ann to bob: “Hello.”\n"
        "    1.100 s  bob: met is now 1."
    )


def test_a_handler_replaced_between_two_runs_is_used():
    class Mended(Greeter):
        pass

    greeting(bob=Mended)
    Mended.on_hello = lambda self, sender, message: self.note("mended")
    assert greeting(bob=Mended, until=1.5).trace[-1].data == "mended"


def test_a_cell_that_is_run_again_makes_the_same_messages():
    def cell():
        @message
        class Hello:
            """Hello again."""

        return Hello

    old, new = cell(), cell()

    def act(zoe):
        zoe.send("zoe", old())
        zoe.send("zoe", new())

    assert does(act).trace.count("Hello") == 2


@pytest.mark.slow
def test_nothing_is_printed_when_unfinished_worlds_are_thrown_away():
    """Python warns of no world that never ran, stopped in the middle, or failed (see the fixture)."""

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
    class Thinking(Greeter):
        async def on_hello(self, sender, message):
            await self.sleep(1)
            return Hello()

    world = World(latency=0.1).add(Greeter("ann", "bob"), Thinking("bob"))
    world.loop.first_at(1_100_000, lambda *_: world.loop.at(1_100_000, lambda *_: world.crash("bob"), 0), 0)
    assert world.run(until=1.1).trace.count("crash") == 1


# --- what is refused before the run --------------------------------------------------------------------


class Nameless(Agent):
    """Forgets super().__init__(name)."""

    def __init__(self, name):
        self.title = name


def two_worlds():
    """Ann is added to two worlds."""
    ann = Greeter("ann")
    World().add(ann)
    World().add(ann)


BAD_NAMES = ("", "ann bob", "a,b", "a>b", "a/b", "a|b", "a@b", "a#b", "a\nb", "\x00", "\ud800", "x" * 101)
NAME = r"the name of an agent has 1 to 100 characters, no space and none of"
OUTSIDE = "outside a run: agents {} only while the world runs"
WITH_ANN = "the agents here are ann{}. For example: correct the name"


def ann_and(*others):
    """A world of Ann and these."""
    return World().add(Greeter("ann"), *map(Greeter, others))


@pytest.mark.parametrize(
    ("act", "error", "match"),
    [
        (
            lambda: ann_and("bob", "ann"),
            ValueError,
            f"name='ann': {NAME}.*taken so far: ann, bob. For example: name='ann'",
        ),
        *((lambda name=name: World().add(Greeter(name)), ValueError, NAME) for name in BAD_NAMES),
        (two_worlds, ValueError, r"<Greeter ann> is in a world already.*world.add\(Greeter\('ann'\)\)"),
        (lambda: World().add("ann"), TypeError, "expected an instance of a subclass of Agent"),
        (lambda: World().add(5), TypeError, "5: expected an instance of a subclass of Agent"),
        (lambda: World().add(Greeter), TypeError, "expected an instance|not iterable"),
        (
            lambda: World().add(Nameless("ann")),
            TypeError,
            r"a Nameless without a name: .* whose __init__ calls super\(\).__init__\(name\)",
        ),
        *(
            (lambda seed=seed: World(seed=seed), ValueError, "seed=.*: expected a whole number.*: seed=7")
            for seed in ("7", 1.5, None, True)
        ),
        (
            lambda: World().inject(5),
            FaultError,
            r"5: expected a fault or its text. For example: Crash\('5', at=3\)",
        ),
        (lambda: World().expect(True), TypeError, r"True: expected a property.*world.expect\(always"),
        (
            lambda: World().expect(lambda now: True),
            TypeError,
            r"<lambda>.*: expected a property, which has a name",
        ),
        (lambda: World(budget=3), TypeError, r"budget=3: expected Budget, not int.*Budget\(wall=10\)"),
        (lambda: Budget(-1), ValueError, "events=-1: expected a whole number, 1 or more.*events=1000000"),
        (lambda: Budget(tasks=0.5), ValueError, "tasks=0.5: expected a whole number, 1 or more"),
        (lambda: Budget(wall=float("nan")), ValueError, "wall=nan: expected seconds above 0"),
        *(
            (
                lambda at=at: World().add(Greeter("ann"), at=at),
                ValueError,
                r"at=.*: expected seconds from 0 to 1e\+09",
            )
            for at in (-1, float("nan"), float("inf"), 1e10)
        ),
        (
            lambda: ann_and("bob").inject("crash zed @3"),
            FaultError,
            "'crash zed @3' names 'zed': the agents here are ann, bob. For example: one of these names",
        ),
        (
            lambda: ann_and().inject("slow ann 0.5 @3", "slow ann 0.5 @3"),
            FaultError,
            r"'slow ann 0\.5 @3' is there already: a fault strikes once",
        ),
        (
            lambda: ann_and().inject("rogue ann"),
            FaultError,
            "'rogue ann wrong' would change nothing: no method of Greeter reads self.rogue",
        ),
        (lambda: greeting().divergence(3), TypeError, "other=3: expected Run, not int"),
        (lambda: ann_and()["zed"], LookupError, f"no agent 'zed': {WITH_ANN.format('')}"),
        (
            lambda: ann_and("bob")["ann"].send("bob", Hello()),
            RuntimeError,
            f"ann sends {OUTSIDE.format('send')}",
        ),
        (
            lambda: greeting().world["ann"].send("bob", Hello()),
            RuntimeError,
            f"ann sends {OUTSIDE.format('send')}",
        ),
        (
            lambda: ann_and()["ann"].spawn(asyncio.sleep(1)),
            RuntimeError,
            f"ann spawns {OUTSIDE.format('spawn')}",
        ),
    ],
)
def test_a_mistake_before_the_run_is_refused(act, error, match):
    with pytest.raises(error, match=match):
        act()


def test_a_refusal_leaves_the_world_as_it_was():
    world = World().add(Greeter("ann"))
    for wrong in (5, "crash zed @3"):
        with pytest.raises(FaultError):
            world.inject(wrong)
    assert (world.faults, world.properties) == ([], ())


def test_a_world_knows_its_agents_by_name():
    ann = Greeter("ann")
    world = World().add(ann)
    assert (world["ann"], repr(world)) == (ann, "<World of 1 agents, seed 0, 0 s>")


# --- what goes wrong in a run --------------------------------------------------------------------------


def fails(act, match, kind=AgentError, **terms):
    """The error of a run in which Zoe does this; its run is what happened until then."""
    with pytest.raises(kind, match=match) as caught:
        does(act, Greeter("bob"), **terms)
    assert isinstance(caught.value, WorldError)
    assert caught.value.run.trace[0].kind == "start"
    return caught.value


@message
class CallForProposals:
    """Who can do it?"""

    task: str


def two_of_one_name(zoe):
    """Two message classes are called Hello."""

    @message
    class Hello:
        """Another hello."""

    zoe.send("bob", globals()["Hello"]())
    zoe.send("bob", Hello())


def changing(zoe):
    """A message is changed after it was sent."""
    hello = Hello(1)
    zoe.send("bob", hello)
    hello.number = 2


@pytest.mark.parametrize(
    ("act", "match"),
    [
        *(
            (
                lambda zoe, to=to: zoe.send(to, Hello()),
                rf"zoe sends to {shown}: the agents here are zoe, bob\.",
            )
            for to, shown in (("zed", "'zed'"), (["bob"], r"\['bob'\]"), (7, "7"), (None, "None"))
        ),
        *(
            (lambda zoe, to=to: zoe.ask(to, Hello()), "zoe sends to .*: the agents here are zoe, bob")
            for to in (5, None, Greeter("bob"))
        ),
        *(
            (
                lambda zoe, wrong=wrong: zoe.send("bob", wrong),
                "zoe sends .*: only instances of a class made with @message",
            )
            for wrong in ("hello", {"a": 1}, Hello, None)
        ),
        (
            lambda zoe: zoe.send("bob", CallForProposals("dig")),
            r"bob .* at 0.1 s.* bob got CallForProposals\(task='dig'\) .* only on_hello.*def on_call_for_",
        ),
        (
            changing,
            r"Hello\(number=1\) cannot be changed \(number = 2\).*dataclasses.replace\(message, number=...\)",
        ),
        (two_of_one_name, "Hello and .*Hello are two messages called Hello.*For example: rename one"),
        (lambda zoe: zoe.sleep(-1), "(?s)seconds=-1: expected seconds, 0 or more.*test_world.py"),
        (lambda zoe: zoe._world.run(), "(?s)this world has run already.*test_world.py"),
    ],
)
def test_a_mistake_in_a_run_is_refused(act, match):
    fails(act, match)


def test_a_reply_is_a_message():
    class Wrong(Greeter):
        def on_hello(self, sender, message):
            return True

    with pytest.raises(AgentError, match=r"bob sends True: only .* can be sent, or returned from a handler"):
        greeting(bob=Wrong)


def test_an_error_in_an_agent_says_who_when_on_what_and_where():
    class Wrong(Greeter):
        def on_hello(self, sender, message):
            self.met = self.share(message.number - 2)

        def share(self, number):
            return 1 // number

    with pytest.raises(AgentError) as caught:
        greeting(bob=Wrong)
    assert re.fullmatch(
        r"agent bob \(Wrong\) failed at 2\.1 s, handling Hello\(number=2\) from ann: ZeroDivisionError: .*\n"
        r"  line \d+ of test_world\.py, in share: return 1 // number",
        str(caught.value),
    )
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_errors_in_a_task_group_are_named_one_by_one():
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


def test_the_trace_until_the_error_is_there_and_earlier_runs_stay_whole():
    async def act(zoe):
        for _ in range(2):
            zoe.send("bob", Hello())
            await zoe.sleep(1)
        raise ValueError("no")

    run = greeting()
    before = run.trace.to_jsonl()
    trace = fails(act, "failed at 2 s.*ValueError: no").run.trace
    assert (trace.count("handle"), trace.until, trace.agents) == (2, 2.0, ("zoe", "bob"))
    assert run.trace.to_jsonl() == before


@pytest.mark.parametrize("error", [asyncio.CancelledError, GeneratorExit, StopIteration])
def test_an_error_that_would_confuse_the_caller_is_wrapped(error):
    """A handler that raises CancelledError must not cancel the cell in which the world runs."""

    class Wrong(Greeter):
        def on_hello(self, sender, message):
            raise error

    match = f"bob .Wrong. failed at 1.1 s.*{error.__name__} raised outside a task"
    with pytest.raises(AgentError, match=match):
        greeting(bob=Wrong)


def test_an_error_in_the_repr_of_a_message_or_error_does_not_hide_the_error_at_hand():
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

    match = "handling <Odd without words: ValueError> from zoe: Mute: <Mute without words"
    with pytest.raises(AgentError, match=match):
        does(lambda zoe: zoe.send("eve", Odd()), Wrong("eve"))


# --- deadlock ------------------------------------------------------------------------------------------


class Hoping(Agent):
    """Waits for what never comes."""

    async def run(self):
        await self.until(lambda: False)


def test_if_all_wait_it_is_a_deadlock():
    class Silent(Agent):
        async def run(self):
            await self.sleep(1)
            await asyncio.Queue().get()

        def on_hello(self, sender, message):
            return None

    async def act(zoe):
        await zoe.sleep(2)
        await zoe.ask(["bob", "cat"], Hello())

    with pytest.raises(DeadlockError) as caught:
        does(act, Silent("bob"), Silent("cat"), Hoping("dan"))
    assert re.fullmatch(
        r"deadlock at 2.1 s: all tasks wait, and nothing is due\. .*"
        r"zoe has waited for an answer to Hello from bob, cat since 2 s; "
        r"bob has waited for Queue.get \(line \d+ in .*Silent.run\) since 1 s; .*"
        r"dan has waited for a condition \(line \d+ in [^<]*(<locals>.)?Hoping.run\) since 0 s.*"
        r"Limit the wait \(within=\.\.\.\), or let an agent send\.",
        str(caught.value),
    )
    assert caught.value.run.trace.count("deliver") == 2


def test_a_deadlock_of_many_names_ten():
    with pytest.raises(DeadlockError, match=r"; and 15 more. Limit"):
        World().add(Hoping(str(number)) for number in range(25)).run(until=5)


def test_an_agent_that_only_handles_is_not_waiting():
    assert len(World().add(Greeter("ann")).run().trace) == 1


# --- budgets -------------------------------------------------------------------------------------------


async def never_yields(zoe):
    """A loop without an await."""
    await zoe.sleep(1)
    while True:
        pass


async def swallows(zoe):
    """`except Exception` does not hold up the end of a run."""
    while True:
        with contextlib.suppress(Exception):
            zoe.send("bob", Hello())


async def in_a_child(zoe):
    """An overrun in a task of asyncio."""

    async def send():
        while True:
            zoe.send("bob", Hello())

    await asyncio.gather(send(), return_exceptions=True)


async def awaits_tasks(zoe):
    """Time does not pass."""
    while True:
        await asyncio.create_task(asyncio.sleep(0))


async def calls_soon(zoe):
    """A callback that calls itself."""
    loop = asyncio.get_running_loop()

    def breed():
        loop.call_soon(breed)

    breed()
    await zoe.sleep(1)


INSTANT = r"more than [\d,]+ actions at 0 s, while the clock did not move; zoe was the busiest"


@pytest.mark.parametrize(
    ("act", "match", "budget"),
    [
        (
            never_yields,
            r"more than 0.01 real seconds \(the clock is at 1 s\); zoe was the busiest. Does it loop without",
            {"wall": 0.01},
        ),
        (swallows, INSTANT, {"instant": 1000}),
        (in_a_child, INSTANT, {"instant": 1000}),
        (awaits_tasks, f"{INSTANT}.*loop without `await self.sleep", {"instant": 1000}),
        (calls_soon, INSTANT, {"instant": 1000}),
    ],
)
def test_an_agent_that_never_ends_is_stopped(act, match, budget):
    began = time.monotonic()
    fails(act, match, BudgetError, **budget)
    assert time.monotonic() - began < 3


def test_messages_that_breed_are_stopped():
    class Parrot(Agent):
        async def run(self):
            self.send(self.peers[0], Hello())

        def on_hello(self, sender, message):
            self.send(sender, message)
            self.send(sender, message)

    world = World(latency="uniform(0.01,0.02)", budget=Budget(events=5000, instant=1000))
    with pytest.raises(BudgetError, match=r"the trace has more than 5,000 events.*was the busiest"):
        world.add(Parrot("ann"), Parrot("bob")).run()


@pytest.mark.parametrize(
    ("budget", "match"),
    [
        (Budget(time=50), "more than 50 virtual seconds"),
        (Budget(events=100, instant=50), "more than 100 events"),
    ],
)
def test_heartbeats_need_an_end(budget, match):
    world = World(latency=0.1, budget=budget).add(Greeter("ann", "bob"), Greeter("bob"))
    with pytest.raises(BudgetError, match=rf"{match}.*Set an end"):
        world.run()


def test_a_large_world_may_begin_with_everybody_writing_to_everybody():
    """The budget of an instant grows with the square of the number of agents."""

    class Shy(Greeter):
        async def run(self):
            self.broadcast(Hello())

    world = World(budget=Budget(instant=10)).add(Shy(str(number)) for number in range(60))
    assert world.run().trace.count("handle") == 60 * 59


@pytest.mark.slow
def test_thousands_of_agents_are_no_burden():
    class Sleeper(Agent):
        async def run(self):
            for _ in range(3):
                await self.sleep(1)

    trace = World().add(Sleeper(str(number)) for number in range(5000)).run().trace
    assert (len(trace), trace.until) == (20_000, 3.0)
