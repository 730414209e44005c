"""What an agent can do: ask, wait, keep time, spawn, remember, and explain."""

import asyncio
from enum import Enum

import pytest

from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import AgentError, World


@message
class Question:
    """What do you say?"""


@message
class Reply:
    """I say this."""

    words: str = "yes"


class Talker(Agent):
    """Answers after `delay` seconds of thinking; asks `friends` once and keeps what it heard and when."""

    def __init__(self, name, friends=(), delay=0.0, **terms):
        super().__init__(name)
        self.friends, self.delay, self.terms = friends, delay, terms
        self.heard = self.heard_at = None

    async def run(self):
        if self.friends:
            self.heard = await self.ask(self.friends, Question(), **self.terms)
            self.heard_at = self.now

    async def on_question(self, sender, message):
        await self.sleep(self.delay)
        return Reply(self.name)


def talk(*agents, until=None, **weather):
    """The world in which these have talked."""
    return World(latency=0.1, **weather).add(*agents).run(until).world


def ran(agent, *others, until=None, **settings):
    """The agent after a run in the company of others."""
    World(**settings).add(agent, *others).run(until)
    return agent


def doing(act):
    """Zoe after a run in which she does this."""

    class Doing(Talker):
        async def run(self):
            await act(self)

    return ran(Doing("zoe"))


def ann_heard(world):
    """From whom, in this order, and when she had heard enough."""
    return list(world["ann"].heard), round(world["ann"].heard_at, 6)


# --- ask -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("friends", "terms", "heard"),
    [
        ("bob", {}, (["bob"], 3.2)),
        (["bob", "cat", "dan"], {}, (["cat", "dan", "bob"], 3.2)),
        (["bob", "cat", "dan"], {"enough": 2}, (["cat", "dan"], 2.2)),
        (["cat", "dan"], {"enough": 9}, (["cat", "dan"], 2.2)),  # more than all is all
        (["bob", "cat"], {"within": 2.0}, (["cat"], 2.0)),
        (["bob"], {"within": 2.0}, ([], 2.0)),
        (["ann", "cat"], {}, (["ann", "cat"], 1.2)),  # one may ask oneself
        (["cat", "cat"], {}, (["cat"], 1.2)),  # nobody is asked twice
    ],
)
def test_an_ask_returns_the_answers_in_order_of_arrival(friends, terms, heard):
    others = Talker("bob", delay=3), Talker("cat", delay=1), Talker("dan", delay=2)
    world = talk(Talker("ann", friends, **terms), *others)
    assert ann_heard(world) == heard
    assert world["ann"].heard == {name: Reply(name) for name in heard[0]}
    assert world.mail.sent == 2 * len({*friends} if isinstance(friends, list) else [friends])


def test_a_deadline_that_is_not_needed_costs_no_time():
    assert talk(Talker("ann", "bob", within=100.0), Talker("bob")).now == 0.2


def test_enough_of_nobody_is_there_at_once():
    world = talk(Talker("ann", [], enough=3), Talker("bob", ["ann"], enough=0))
    assert (world["ann"].heard, world["bob"].heard, world.mail.sent) == (None, {}, 2)


def test_an_answer_that_comes_twice_counts_once():
    world = talk(Talker("ann", ["bob", "cat"]), Talker("bob"), Talker("cat", delay=1), duplicate=1.0)
    assert ann_heard(world)[0] == ["bob", "cat"]
    assert world.now > 1.2


def test_a_late_answer_goes_to_its_handler():
    class Patient(Talker):
        late = State("")

        def on_reply(self, sender, message):
            self.late = f"{message.words} at {self.now:g}"

    assert talk(Patient("ann", ["bob"], within=1.0), Talker("bob", delay=3))["ann"].late == "bob at 3.2"


@pytest.mark.parametrize("terms", [{"within": 1.0}, {"enough": 1}])
def test_a_late_answer_without_a_handler_is_only_recorded(terms):
    world = World(latency=0.1).add(Talker("ann", ["bob", "cat"], **terms), Talker("bob", delay=3))
    late = world.add(Talker("cat")).run().trace.select("late")
    assert late.as_text() == "3.200 ann late Reply <- bob"


def test_two_questions_at_once_keep_their_answers_apart():
    class Curious(Talker):
        async def run(self):
            one, two = self.ask("bob", Question()), self.ask("cat", Question())
            self.heard = await asyncio.gather(one, two)

    world = talk(Curious("ann"), Talker("bob", delay=2), Talker("cat", delay=1))
    assert world["ann"].heard == [{"bob": Reply("bob")}, {"cat": Reply("cat")}]


def test_an_ask_can_be_cancelled():
    class Hasty(Talker):
        async def run(self):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await self.ask("bob", Question())
            self.heard_at = self.now

    world = World(latency=0.1).add(Hasty("ann"), Talker("bob", delay=3))
    assert (world.run().trace.count("late"), world["ann"].heard_at) == (1, 1.0)


def test_a_plain_message_is_answered_by_a_plain_message():
    class Chatty(Agent):
        async def run(self):
            if self.name == "ann":
                self.send("bob", Question())

        def on_question(self, sender, message):
            return Reply("hello")

        def on_reply(self, sender, message):
            return None

    handled = World(latency=0.1).add(Chatty("ann"), Chatty("bob")).run().trace.select("handle")
    assert handled.as_text() == "0.100 bob handle Question <- ann\n0.200 ann handle Reply <- bob"


def test_an_async_handler_may_hand_over_to_another():
    class Delegating(Talker):
        def on_question(self, sender, message):
            return self.think(sender)

        async def think(self, sender):
            await self.sleep(1)
            return Reply(f"to {sender}")

    assert talk(Talker("ann", "bob"), Delegating("bob"))["ann"].heard == {"bob": Reply("to ann")}


@pytest.mark.parametrize("what", ["ask('bob', Question())", "sleep(1)", "until(bool)"])
def test_a_plain_handler_cannot_wait(what):
    class Plain(Talker):
        def on_question(self, sender, message):
            eval(f"self.{what}", {"Question": Question}, {"self": self})

    call = what.split("(", maxsplit=1)[0]
    with pytest.raises(
        AgentError, match=rf"bob.{call}\(...\) waits: only a coroutine can wait.*await self.{call}"
    ):
        talk(Talker("ann", "bob"), Plain("bob"))


# --- until ---------------------------------------------------------------------------------------------


class Waiter(Agent):
    """Waits until its mood is this; others may change it."""

    mood = State("calm")

    def __init__(self, name, **terms):
        super().__init__(name)
        self.terms, self.log = terms, []

    async def run(self):
        value = await self.until(lambda: self.mood == "merry" and self.mood, **self.terms)
        self.log.append((value, self.now))

    def on_reply(self, sender, message):
        self.mood = message.words


class Mood(Agent):
    """Tells Zoe at these times how to feel."""

    def __init__(self, name, *moods):
        super().__init__(name)
        self.moods = moods

    async def run(self):
        for mood in self.moods:
            await self.sleep(1)
            self.send("zoe", Reply(mood))


@pytest.mark.parametrize(("first", "log"), [("calm", [("merry", 2.1)]), ("merry", [("merry", 0)])])
def test_until_returns_the_value_once_it_is_true(first, log):
    class Starting(Waiter):
        mood = State(first)

    assert ran(Starting("zoe"), Mood("ann", "sad", "merry", "sad"), latency=0.1).log == log


def test_until_returns_none_when_time_is_up():
    world = World(latency=0.1).add(Waiter("zoe", within=1.0), Mood("ann", "sad"))
    timer = world.run().trace.select("timer", agent="zoe")[0]
    assert (world["zoe"].log, str(timer)) == ([(None, 1.0)], "1.000 zoe timer its condition 1.0")


@pytest.mark.parametrize("way", ["spawn", "create_task", "call_later", "handler"])
def test_until_sees_whatever_its_agent_does(way):
    """Not only handlers: tasks of any kind and callbacks make the condition true as well."""

    class Busy(Waiter):
        async def run(self):
            if way == "spawn":
                self.spawn(self.cheer())
            elif way == "create_task":
                self.task = asyncio.create_task(self.cheer())
            elif way == "call_later":
                asyncio.get_running_loop().call_later(2, setattr, self, "mood", "merry")
            else:
                self.send("zoe", Question())
            await super().run()

        async def cheer(self):
            await asyncio.sleep(2)
            self.mood = "merry"

        async def on_question(self, sender, message):
            await self.sleep(1)
            await self.cheer()

    assert ran(Busy("zoe"), latency=0.1).log == [("merry", 3.1 if way == "handler" else 2)]


def test_several_may_wait_for_several_things():
    class Many(Agent):
        count = State(0)

        async def run(self):
            self.log = []
            for number in (3, 1, 2, 1):
                self.spawn(self.wait_for(number))
            async for tick in self.every(1):
                self.count = tick
                if tick == 3:
                    return

        async def wait_for(self, number):
            await self.until(lambda: self.count >= number)
            self.log.append((number, self.now))

    world = World().add(Many("zoe"))
    world.run()
    assert world["zoe"].log == [(1, 1), (1, 1), (2, 2), (3, 3)]
    assert (world["zoe"]._watches, world.loop.watchers) == ((), 0)


def test_a_crash_ends_a_wait():
    world = World(latency=0.1).add(Waiter("zoe"), Mood("ann", "sad", "merry"))
    world.inject("crash zoe @0.5..1.5").run()
    assert (world["zoe"].log, world.loop.watchers) == ([("merry", 2.1)], 0)


def test_an_error_in_a_condition_names_its_line():
    class Wrong(Waiter):
        async def run(self):
            await self.until(lambda: self.mood == "sad" and 1 / 0)

    with pytest.raises(AgentError, match=r"(?s)agent zoe.*at 1.1 s, handling Reply\(words='sad'\).*1 / 0"):
        ran(Wrong("zoe"), Mood("ann", "sad"), latency=0.1)


# --- keeping time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "busy", "last", "ticks"),
    [
        (1.5, 0, 3, [(1, 1.5), (2, 3.0), (3, 4.5)]),
        (1, 2.5, 7, [(1, 1), (4, 4), (7, 7)]),  # ticks that pass while the body waits are skipped
        (0.1, 0, 10_000, [(tick, pytest.approx(tick * 0.1, abs=1e-6)) for tick in range(1, 10_001)]),
    ],
)
def test_every_ticks_in_time(period, busy, last, ticks):
    seen = []

    async def act(zoe):
        async for tick in zoe.every(period):
            seen.append((tick, zoe.now))
            if tick == last:
                return
            await zoe.sleep(busy)

    doing(act)
    assert seen == ticks


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "1"])
@pytest.mark.parametrize(
    ("act", "match"),
    [
        (lambda zoe, wrong: zoe.sleep(wrong), "seconds=.*: expected seconds, 0 or more"),
        (lambda zoe, wrong: zoe.every(wrong), "period=.*: expected seconds above 0"),
        (lambda zoe, wrong: zoe.every(0), "period=0: expected seconds above 0"),
        (lambda zoe, wrong: zoe.until(bool, within=wrong), "within=.*: expected seconds, 0 or more"),
        (lambda zoe, wrong: zoe.ask("zoe", Question(), within=wrong), "within=.*: expected seconds, 0 or"),
    ],
)
def test_a_duration_is_zero_or_more_and_finite(act, match, wrong):
    async def waiting(zoe):
        await act(zoe, wrong)

    with pytest.raises(AgentError, match=match):
        doing(waiting)


# --- spawn ---------------------------------------------------------------------------------------------


def test_spawned_work_goes_on_beside_and_can_be_awaited_and_cancelled():
    log = []

    async def act(zoe):
        async def work(seconds):
            await zoe.sleep(seconds)
            log.append(seconds)
            return "done"

        for seconds in (3, 1):
            zoe.spawn(work(seconds))
        await work(2)
        log.append(await zoe.spawn(work(2)))
        task = zoe.spawn(work(1))
        task.cancel()
        await asyncio.wait([task])
        log.append(task.cancelled())

    doing(act)
    assert log == [1, 2, 3, 2, "done", True]


NOT_A_COROUTINE = r"zoe spawns .*: expected a coroutine: .* without `yield`.*self.spawn\(self.work\(\)\)"


@pytest.mark.parametrize("wrong", [lambda zoe: zoe.run, lambda zoe: None, lambda zoe: (n for n in ())])
def test_only_coroutines_can_be_spawned(wrong):
    """The method itself, not called, is the common mistake: the error says what to write."""

    async def act(zoe):
        zoe.spawn(wrong(zoe))

    with pytest.raises(AgentError, match=NOT_A_COROUTINE):
        doing(act)


class PlainRun(Agent):
    """Its run is not async."""

    def run(self):
        return None


class YieldingRun(Agent):
    """Its run yields."""

    async def run(self):
        yield 1


@pytest.mark.parametrize("kind", [PlainRun, YieldingRun])
def test_run_must_be_async_and_must_not_yield(kind):
    with pytest.raises(AgentError, match=NOT_A_COROUTINE):
        World().add(kind("zoe")).run()


def test_an_agent_whose_run_ends_still_handles():
    class Early(Talker):
        async def run(self):
            return

    assert ann_heard(talk(Talker("ann", "bob"), Early("bob")))[0] == ["bob"]


# --- states, notes, decisions --------------------------------------------------------------------------


class Colour(Enum):
    """Of a lamp."""

    RED = 0
    GREEN = 1


def changes(*values, initial=None):
    """What the trace holds of a state set to these one after the other."""

    class Lamp(Agent):
        role = State(initial)

        async def run(self):
            for each in values:
                self.role = each

    return [event.data for event in World().add(Lamp("zoe")).run().trace.select("role")]


def test_only_changes_are_recorded():
    assert changes("on", "on", "off", "on") == ["on", "off", "on"]


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ([1, [2, 3]], (1, (2, 3))),
        ({"b": [1], "a": 2}, (("b", (1,)), ("a", 2))),
        ({3, 1, 2}, (1, 2, 3)),
        (Colour.RED, Colour.RED),
        (Reply("hi"), Reply("hi")),
        (float("inf"), float("inf")),
        (range(3), "range(0, 3)"),
    ],
)
def test_the_trace_holds_what_a_state_was_at_the_time(value, seen):
    assert changes(value) == [seen]


def test_a_list_changed_in_place_and_set_again_is_a_change():
    class Keeper(Agent):
        votes = State(())

        async def run(self):
            self.votes = votes = ["ann"]
            votes.append("bob")
            self.votes = votes

    votes = World().add(Keeper("zoe")).run().trace.select("votes")
    assert [event.data for event in votes] == [("ann",), ("ann", "bob")]


@pytest.mark.parametrize("wrong", [[], {}, set()])
def test_a_state_does_not_begin_with_something_shared(wrong):
    with pytest.raises(TypeError, match=r"all agents would share this \w+.*State\(\(\)\)"):
        State(wrong)


def test_a_state_is_not_its_address():
    with pytest.raises(
        AgentError,
        match=r"<object object>: .* must read the same in every run.*give object a __repr__",
    ):
        changes(object())


@pytest.mark.parametrize("kind", [list, dict])
def test_a_state_does_not_contain_itself(kind):
    value = kind([("own", None)])
    value[0] = value
    with pytest.raises(AgentError, match=r"\.\.\..*: a state or note cannot contain itself"):
        changes(value)


@pytest.mark.parametrize("name", ["name", "alive", "send", "now", "peers", "run", "_world"])
def test_a_state_cannot_take_a_name_of_ours(name):
    with pytest.raises(
        TypeError, match=rf"Wrong.{name} = State\(...\): every agent has an attribute of this name"
    ):
        type("Wrong", (Agent,), {name: State(1)})


@pytest.mark.parametrize("name", ["name", "alive", "now", "peers", "dice", "stable"])
def test_an_agent_cannot_overwrite_what_it_is_given(name):
    with pytest.raises(AttributeError):
        setattr(Agent("zoe"), name, 3)


def test_attributes_named_like_our_insides_do_no_harm():
    """A learner may use names such as slow, clock, states, handlers or watches."""

    class Own(Talker):
        def __init__(self, name):
            super().__init__(name)
            for each in ("slow", "clock", "states", "handlers", "watches", "look", "life"):
                setattr(self, each, "mine")

    assert ann_heard(talk(Talker("ann", "bob"), Own("bob"))) == (["bob"], 0.2)


def test_notes_and_decisions_are_words_or_messages():
    class Thinker(Agent):
        async def run(self):
            await self.sleep(1)
            self.note("I wonder")
            self.decide(Reply("so be it"))
            self.note(42)

    trace = World().add(Thinker("zoe")).run().trace
    assert [(event.kind, event.data, trace[event.cause].kind) for event in trace[2:]] == [
        ("note", "I wonder", "timer"),
        ("decision", Reply("so be it"), "timer"),
        ("note", "42", "timer"),
    ]


# --- dice ----------------------------------------------------------------------------------------------


def rolls(*before, seed=7):
    """What Zoe rolls after these."""

    class Gambler(Agent):
        async def run(self):
            self.rolled = [self.dice.random() for _ in range(3)]

    world = World(seed=seed).add(*map(Gambler, (*before, "zoe")))
    return world.run().world["zoe"].rolled


def test_each_agent_has_its_own_dice():
    assert rolls() == rolls("ann", "bob")
    assert rolls() != rolls(seed=8)


def test_dice_go_on_after_a_restart():
    class Gambler(Agent):
        async def run(self):
            self.stable.setdefault("rolled", []).append(self.dice.random())

    world = World().add(Gambler("zoe")).inject("crash zoe @1..2")
    world.run(until=3)
    assert len(set(world["zoe"].stable["rolled"])) == 2


# --- being ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act", [lambda zoe: zoe.now, lambda zoe: zoe.peers, lambda zoe: zoe.send("ann", Question())]
)
def test_an_agent_in_no_world_can_do_nothing(act):
    with pytest.raises(RuntimeError, match=r"<Agent zoe> is not in a world: .*world.add\(agent\)"):
        act(Agent("zoe"))


def test_peers_are_those_who_have_joined():
    class Looking(Agent):
        async def run(self):
            self.seen = [self.peers]
            await self.sleep(3)
            self.seen.append(self.peers)

    world = World().add(Looking("ann"), Agent("cat")).add(Agent("bob"), at=2)
    assert world["ann"].peers == ["cat", "bob"]
    world.run()
    assert world["ann"].seen == [["cat"], ["cat", "bob"]]


def test_an_agent_that_joins_later_is_down_before():
    class Calling(Agent):
        async def run(self):
            async for _ in self.every(1):
                self.send("bob", Question())
                if self.now > 2:
                    return

        def on_reply(self, sender, message):
            return None

    trace = World(latency=0.1).add(Calling("ann")).add(Talker("bob"), at=2).run(until=3.05).trace
    kinds = [event.kind for event in trace if event.agent == "bob"]
    assert kinds == ["drop", "start", "deliver", "handle", "timer", "send"]
    assert trace.select("start", agent="bob")[0].cause is None


def test_an_agent_says_who_it_is():
    assert (repr(Talker("zoe")), Talker(5).name) == ("<Talker zoe>", "5")


def test_states_of_all_bases_are_in_the_trace():
    class Walker(Agent):
        at = State("home")

    class Talker(Agent):
        mood = State("calm")

    class Both(Walker, Talker):
        role = State("idle")

    trace = World().add(Both("ann")).run().trace
    assert dict(trace.select("start")[0].data) == {"at": "home", "mood": "calm", "role": "idle"}
