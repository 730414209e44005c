"""Faults: each kind strikes as it says, ends as it says, and fits in one short text."""

import asyncio
from itertools import pairwise
from math import prod

import pytest
from hypothesis import given, strategies as st

from coordlab.trace.faults import (
    ROGUE,
    Crash,
    Cut,
    Delay,
    Drop,
    Duplicate,
    FaultError,
    Partition,
    Restart,
    Rogue,
    Skew,
    Slow,
    read_fault,
    seconds,
)
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import World


@message
class Ping:
    """Are you there?"""


@message
class Pong:
    """I am."""


class Pinger(Agent):
    """Pings its friends once a second and counts who answered."""

    heard = State(())

    def __init__(self, name, *friends, period=1.0):
        super().__init__(name)
        self.friends, self.period = friends, period

    async def run(self):
        if self.friends:
            async for _ in self.every(self.period):
                self.heard = tuple(await self.ask(self.friends, Ping(), within=0.5))

    def on_ping(self, sender, message):
        return Pong()


def tell(*faults, until=5.0, latency=0.1, friends=("bob",), names=("bob", "cat")):
    """Ann pings her friends; the trace of it under these faults."""
    world = World(latency=latency).add(Pinger("ann", *friends), *map(Pinger, names))
    return world.inject(*faults).run(until=until).trace


def story(trace, *kinds):
    """The events of these kinds, one line each."""
    return [str(event) for event in trace if event.kind in kinds]


LOST = "1.100 bob drop Ping <- ann down"
HANDLED = "handle Ping <- ann"
BACK = "bob restart Pinger heard=[]"


@pytest.mark.parametrize(
    ("faults", "until", "kinds", "told"),
    [
        # what is under way is lost, and no answer comes any more; what bob had sent still arrives
        ("crash bob @1.05", 2.4, "crash drop", ["1.050 bob crash", LOST, "2.100 bob drop Ping <- ann down"]),
        ("crash bob @1.15", 1.5, "handle", [f"1.100 bob {HANDLED}", "1.200 ann handle Pong <- bob"]),
        # crashing an agent that is down, and restarting one that is up, does nothing
        ("crash bob @1 | crash bob @1.2", 1.9, "crash", ["1.000 bob crash"]),
        ("crash bob @1 | restart bob @1.4 | restart bob @1.6", 1.9, "restart", [f"1.400 {BACK}"]),
        # a restart with an end crashes again
        ("restart bob @1 | restart bob @2..3", 4, "crash restart", ["3.000 bob crash"]),
        # faults take effect before what else is due at that moment; the network knows no earlier crash
        ("crash bob @1.1", 1.5, "crash drop", ["1.100 bob crash", LOST]),
        ("crash bob @1.02..1.06", 1.15, "deliver", ["1.100 bob deliver Ping <- ann"]),
        ("crash bob @0..1.1", 1.15, "deliver", ["1.100 bob deliver Ping <- ann"]),
        # what was delivered and not handled before the crash is gone
        ("slow bob 0.8 @0 | crash bob @1.2..1.4", 1.99, "drop handle", ["1.900 bob drop Ping <- ann down"]),
        # the second message on a link is lost, and no other
        ("drop ann>bob #2", 3.5, "drop", ["2.100 bob drop Ping <- ann dropped"]),
        # messages are lost if a cut begins while they are under way, and if they are sent during it
        ("cut ann>bob @1.05..1.5", 1.9, "drop", ["1.100 bob drop Ping <- ann cut"]),
        ("cut ann>bob @0.9..1.05", 1.9, "drop", ["1.100 bob drop Ping <- ann cut"]),
    ],
)
def test_what_a_fault_does_is_told_by_the_trace(faults, until, kinds, told):
    """Ann pings Bob at 1 s, 2 s …, and each message takes 0.1 s."""
    assert story(tell(*faults.split(" | "), until=until), *kinds.split()) == told


@pytest.mark.parametrize(
    ("faults", "until", "name", "agent", "times"),
    [
        ("slow bob 0.3 @0.5..2", 2.5, "handle", "bob", [1.4, 2.1]),
        ("slow ann>bob 0.3 @0..1.5", 2.5, "deliver", None, [1.4, 1.5, 2.1, 2.2]),  # the answers are not slow
        ("cut ann>bob @0.5..1.5 | cut ann>bob @0.5..2.5", 3.5, "heard", "ann", [3.2]),  # each ends for itself
        ("delay ann>bob #1 1.2", 2.5, "deliver", "bob", [2.1, 2.3]),  # the second overtakes the first
        ("duplicate ann>bob #1", 1.9, "deliver", "bob", [1.1, 1.2]),
        ("duplicate ann>bob #1", 1.9, "late", "ann", [1.3]),  # the second answer is not needed
    ],
)
def test_a_fault_moves_events(faults, until, name, agent, times):
    events = tell(*faults.split(" | "), until=until).select(name, agent=agent)
    assert [event.time for event in events] == times


@pytest.mark.parametrize(
    ("faults", "heard"),
    [
        (["partition ann/bob,cat @1.5..3.5"], [("bob", "cat"), (), ("bob", "cat")]),
        # Two at once: a link works when neither lies across it; each heals for itself.
        (
            ["partition ann/bob,cat @0.5..2.5", "partition ann,bob/cat @1.5..3.5"],
            [("bob",), ("bob", "cat")],
        ),
    ],
)
def test_partitions_part_overlap_and_heal(faults, heard):
    trace = tell(*faults, until=4.5, friends=("bob", "cat"))
    assert [event.data for event in trace.select("heard")] == heard
    assert {event.data for event in trace.select("drop")} == {"cut"}


# --- crash and restart ---------------------------------------------------------------------------------


def test_a_crash_with_an_end_restarts():
    trace = tell("crash bob @1.5..2.5", until=3.5)
    assert story(trace, "fault", "heal", "crash", "restart") == [
        "1.500 bob fault Crash crash bob @1.5..2.5",
        "1.500 bob crash",
        "2.500 bob heal Crash crash bob @1.5..2.5",
        f"2.500 {BACK}",
    ]
    assert [trace[trace.select(kind)[0].cause].kind for kind in ("crash", "restart")] == ["fault", "heal"]
    assert [event.data for event in trace.select("heard", agent="ann")] == [("bob",), (), ("bob",)]


LIVES = [
    (["crash bob @1..5", "crash bob @3..8"], [(1, "crash"), (5, "restart")]),
    (["crash bob @1..8", "crash bob @3..5"], [(1, "crash"), (5, "restart")]),
    (["crash bob @1..5", "crash bob @5..8"], [(1, "crash"), (5, "restart"), (5, "crash"), (8, "restart")]),
    (["crash bob @1", "crash bob @3..8"], [(1, "crash"), (8, "restart")]),
    (["crash bob @1..5", "crash bob @3"], [(1, "crash"), (5, "restart")]),
    (["crash bob @1..8", "restart bob @4"], [(1, "crash"), (4, "restart")]),
    (
        ["crash bob @1..8", "restart bob @4", "crash bob @6"],
        [(1, "crash"), (4, "restart"), (6, "crash"), (8, "restart")],
    ),
]


@pytest.mark.parametrize(("faults", "lives"), LIVES, ids=[" | ".join(faults) for faults, _ in LIVES])
def test_the_end_of_any_crash_starts_an_agent_that_is_down(faults, lives):
    """However its crashes overlap."""
    trace = World().add(Agent("bob")).inject(*faults).run(until=10).trace
    assert [(event.time, event.kind) for event in trace.select("crash", "restart")] == lives


def test_restart_keeps_stable_storage_and_nothing_else():
    class Counter(Agent):
        volatile = State(0)
        kept = State(0)

        async def run(self):
            self.stable["starts"] = self.stable.get("starts", 0) + 1
            self.kept = self.stable["starts"]
            async for beat in self.every(1):
                self.volatile = beat

    trace = World().add(Counter("zoe")).inject("crash zoe @2.5..3").run(until=4.5).trace
    states = [(event.time, event.name, event.data) for event in trace.select("state")]
    assert states == [
        (0, "kept", 1),
        (1, "volatile", 1),
        (2, "volatile", 2),
        (3, "kept", 2),
        (4, "volatile", 1),
    ]


def test_finally_blocks_of_a_crashed_agent_have_no_effect():
    tried = []

    class Dying(Agent):
        role = State("alive")

        async def run(self):
            self.stable["written"] = "before"
            try:
                await self.sleep(100)
            finally:
                self.role = "dying"
                self.note("farewell")
                self.send("bob", Ping())
                self.stable["written"] = "after"
                self.spawn(self.sleep_on())
                asyncio.get_running_loop().call_later(1, self.send, "bob", Ping())
                tried.append("everything")
                await self.sleep(1)
                tried.append("to wait")

        async def sleep_on(self):
            tried.append("to spawn")

    world = World().add(Dying("zoe"), Pinger("bob")).inject("crash zoe @1")
    trace = world.run(until=5).trace
    assert [event.kind for event in trace] == ["start", "start", "fault", "crash"]
    assert (world["zoe"].stable, tried) == ({"written": "before"}, ["everything"])


def test_all_tasks_and_timers_of_a_crashed_agent_end():
    spoke = []

    class Busy(Agent):
        async def run(self):
            self.spawn(self.talk("spawned"))
            asyncio.create_task(self.talk("created"))  # noqa: RUF006
            asyncio.get_running_loop().call_later(2, spoke.append, "timer")
            async with asyncio.TaskGroup() as group:
                group.create_task(self.talk("grouped"))
                await asyncio.gather(self.talk("gathered"), self.talk("gathered too"))

        async def on_ping(self, sender, message):
            await self.talk("handler")

        async def talk(self, who):
            await asyncio.sleep(2)
            spoke.append(who)

    world = World(latency=0.1).add(Busy("zoe"), Pinger("ann", "zoe", period=0.1)).inject("crash zoe @1")
    world.run(until=5)
    assert (spoke, [task for task in world.loop.tasks if task.owner is world["zoe"]]) == ([], [])


def test_nested_task_groups_end_without_a_warning(capfd):
    class Nested(Agent):
        async def run(self):
            async with asyncio.TaskGroup() as outer:
                outer.create_task(self.inner())
                async with asyncio.timeout(50), asyncio.TaskGroup() as inner:
                    inner.create_task(asyncio.sleep(100))
                    try:
                        await asyncio.sleep(100)
                    finally:
                        for _ in range(20):
                            await asyncio.sleep(1)

        async def inner(self):
            async for _ in self.numbers():
                await asyncio.sleep(100)

        async def numbers(self):
            try:
                yield 1
                yield 2
            finally:
                await asyncio.sleep(1)

    World().add(Nested("zoe"), Nested("yan")).inject("crash zoe @1").run(until=3)
    assert capfd.readouterr().err == ""


def test_a_coroutine_that_catches_everything_is_stopped(capfd):
    lived = []

    class Undead(Agent):
        async def run(self):
            while True:
                try:
                    await asyncio.sleep(1)
                    lived.append(self.now)
                except BaseException:  # noqa: BLE001
                    pass

    World().add(Undead("zoe")).inject("crash zoe @2.5").run(until=9)
    assert (lived, capfd.readouterr().err) == ([1, 2], "")


def test_an_agent_may_crash_itself():
    seen = []

    class Suicidal(Agent):
        async def run(self):
            self._world.crash(self.name)
            seen.append(self.alive)
            await self.ask("bob", Ping())
            seen.append("never")

    trace = World().add(Suicidal("zoe"), Pinger("bob")).run(until=2).trace
    assert (seen, [event.kind for event in trace]) == ([False], ["start", "start", "crash"])


def test_an_agent_may_be_crashed_from_its_handler():
    class Fragile(Pinger):
        def on_ping(self, sender, message):
            self._world.inject(Crash(self.name))
            self._world.crash(self.name)
            return Pong()

    trace = World().add(Pinger("ann", "zoe"), Fragile("zoe")).run(until=1.9).trace
    assert (trace.count("Pong"), trace.count("crash")) == (0, 1)


def test_a_crash_in_the_middle_of_an_ask_ends_the_question():
    class Once(Agent):
        async def run(self):
            if self.now == 0:
                await self.ask("bob", Ping())

    world = World(latency=1.0).add(Once("ann"), Pinger("bob")).inject("crash ann @0.5..1.5")
    after = world.run(until=5).trace.select(agent="ann", since=1.6)
    assert after.as_text() == "2.000 ann deliver Pong <- bob\n2.000 ann late Pong <- bob"


def test_an_agent_that_has_not_joined_can_neither_crash_nor_restart():
    world = World(latency=0.1).add(Pinger("ann", "bob")).add(Pinger("bob"), at=2.0)
    trace = world.inject("crash bob @0.5..1.5", "restart bob @1").run(until=3.5).trace
    assert story(trace, "start", "crash", "restart", "drop") == [
        "0.000 ann start Pinger heard=[]",
        "1.100 bob drop Ping <- ann down",
        "2.000 bob start Pinger heard=[]",
    ]


# --- the network falls apart ---------------------------------------------------------------------------


def test_a_cut_is_one_way():
    world = World(latency=0.1).add(Pinger("ann", "bob"), Pinger("bob", "ann"))
    trace = world.inject(Cut("ann", "bob", at=0.5)).run(until=1.5).trace
    assert {(event.peer, event.agent) for event in trace.select("drop")} == {("ann", "bob")}
    assert trace.select("deliver").as_text() == "1.100 ann deliver Ping <- bob"


def test_agents_in_no_group_form_the_rest():
    world = World().add(Pinger("ann", "bob"), Pinger("bob", "cat"), Pinger("cat"))
    trace = world.inject("partition ann @0").run(until=1.5).trace
    assert {event.agent for event in trace.select("heard")} == {"bob"}


# --- slow agents, slow links, wrong clocks -------------------------------------------------------------


def test_a_slow_agent_keeps_the_order():
    world = World(latency=0.01).add(Pinger("ann", "bob", period=0.1), Pinger("bob"))
    trace = world.inject("slow bob 0.35 @0..0.45").run(until=1).trace
    handled = [row[4] for row in trace.rows if row[1] == "handle" and row[2] == "bob"]
    assert handled == sorted(handled)
    assert world["bob"]._delayed is False


def test_a_rogue_knows_that_it_is_one_while_the_fault_lasts():
    seen = []

    class Worker(Agent):
        async def run(self):
            async for _ in self.every(1.0):
                rogue = self.rogue
                seen.append((self.now, rogue and (rogue.how, rogue.share)))

    World().add(Worker("bob")).inject("rogue bob wrong 0.5 @1.5..4.5", "crash bob @2.5..2.6").run(until=5.5)
    wrong = ("wrong", 0.5)
    assert seen == [(1.0, None), (2.0, wrong), (3.6, wrong), (4.6, None)]


def test_a_skewed_clock_runs_fast_from_then_on_and_waits_shorter():
    seen = []

    class Watcher(Agent):
        async def run(self):
            while True:
                seen.append((self._world.now, self.now))
                await (asyncio.sleep(1) if self.name == "bob" else self.sleep(3))

    for name, times in (
        ("bob", [(0, 0), (1, 1), (2, 2.5), (3, 4.5), (4, 6.5), (5, 7.5)]),
        ("cat", [(0, 0), (3, 4.5), (4.5, 7.0)]),
    ):
        seen.clear()
        World().add(Watcher(name)).inject(f"skew {name} x2 +0.5 @2..4").run(until=5)
        assert seen == times


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9), st.integers(0, 40)), max_size=4, unique=True))
def test_a_clock_never_jumps_when_a_skew_ends_and_has_its_own_rate_after_the_last(spans):
    """However the faults of one clock overlap: rates multiply, and jumps stay."""
    faults = [Skew("bob", 1 + tenths / 10, at=at, until=at + long) for at, long, tenths in spans]
    seen = []

    class Watcher(Agent):
        async def run(self):
            while True:
                seen.append(self.now)
                await asyncio.sleep(0.5)

    World().add(Watcher("bob")).inject(*faults).run(until=20)
    rates = [
        prod(each.rate for each in faults if each.at <= at < each.until)
        for at in (number / 2 for number in range(40))
    ]
    assert [late - early for early, late in pairwise(seen)] == pytest.approx([rate / 2 for rate in rates])


def test_of_two_ways_to_go_rogue_the_later_counts_until_it_ends():
    seen = []

    class Worker(Agent):
        async def run(self):
            async for _ in self.every(1.0):
                rogue = self.rogue
                seen.append(rogue and rogue.how)

    faults = ("rogue bob wrong @0.5..5.5", "rogue bob silent @1.5..2.5", "rogue bob boasts @3.5..6.5")
    World().add(Worker("bob")).inject(*faults).run(until=7.5)
    assert seen == ["wrong", "silent", "wrong", "boasts", "boasts", "boasts", None]


# --- the nth message -----------------------------------------------------------------------------------


def test_marks_do_not_move_the_other_messages():
    def arrivals(*faults):
        trace = tell(*faults, until=9.5, latency="uniform(0.05, 0.2)")
        return [event.time for event in trace.select("handle", "Ping", agent="bob")]

    whole, holed = arrivals(), arrivals("drop ann>bob #3", "delay ann>bob #5 0.3")
    assert [time for time in whole if time not in holed] == [whole[2], whole[4]]


# --- faults as text ------------------------------------------------------------------------------------

NAMES = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters=",>/|@#"), min_size=1, max_size=8
)
TIMES = st.floats(0, 1e6).map(lambda value: round(value, 6))
SPANS = st.floats(1e-6, 1e6).map(lambda value: round(value, 6))


@st.composite
def faults(draw):
    """Any fault at all."""
    at = draw(st.none() | TIMES)
    until = draw(st.none() | SPANS.map(lambda span: (at or 0) + span + 1e-6))
    when = {"at": at, "until": until}
    one, two, three = draw(st.lists(NAMES, min_size=3, max_size=3, unique=True))
    nth, by, ahead = draw(st.integers(1, 10**6)), draw(SPANS), draw(st.floats(-1e6, 1e6))
    how, share = draw(st.sampled_from(list(ROGUE))), draw(st.floats(0.001, 1))
    made = [
        *(Crash(one, **when), Restart(one, **when), Cut(one, two, **when), Skew(one, by, ahead, **when)),
        *(Partition([[one], [two, three]], **when), Partition([[three, one, two]], **when)),
        *(Slow(one, by, **when), Slow(f"{one}>{two}", by, **when), Rogue(one, how, share, **when)),
        *(Drop(one, two, nth), Duplicate(one, two, nth), Delay(one, two, nth, by)),
    ]
    return draw(st.sampled_from(made))


@pytest.mark.slow
@given(faults())
def test_every_fault_reads_what_it_writes(fault):
    assert read_fault(str(fault)) == fault


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Crash("5", at=3.0), "crash 5 @3"),
        (Crash("5", until=4), "crash 5 @..4"),
        (Restart("5", at=9), "restart 5 @9"),
        (Partition([["1", "2"], ["3"]], at=3, until=9), "partition 1,2/3 @3..9"),
        (Partition("1,2/3", at=3, until=9), "partition 1,2/3 @3..9"),
        (Cut("1", "2", at=3, until=5.25), "cut 1>2 @3..5.25"),
        (Slow("3", 0.5, at=2, until=4), "slow 3 0.5 @2..4"),
        (Slow("1>2", 0.5), "slow 1>2 0.5"),
        (Skew("3", 1.1, -0.5, at=2), "skew 3 x1.1 -0.5 @2"),
        (Rogue("3", "silent", at=2, until=4), "rogue 3 silent @2..4"),
        (Rogue("3", "wrong", 0.25), "rogue 3 wrong 0.25"),
        (Drop("1", "2", 3), "drop 1>2 #3"),
        (Delay("1", "2", 3, 0.5), "delay 1>2 #3 0.5"),
        (Duplicate("1", "2", 3), "duplicate 1>2 #3"),
    ],
)
def test_faults_have_short_texts(fault, text):
    assert str(fault) == text


def test_defaults_may_be_left_out_of_the_text():
    assert read_fault("slow 3") == Slow("3", 0.5)
    assert read_fault("rogue 3") == Rogue("3", "wrong", 1.0)
    assert read_fault("skew 3 +2") == Skew("3", 1.0, 2.0)
    assert read_fault("  delay 1>2 #3 ") == Delay("1", "2", 3, 0.5)


@pytest.mark.parametrize(
    "text",
    [
        *("", "crash", "explode 5 @3", "Crash 5 @3", "crash 5 6 @3", "crash 5 @", "crash 5 @x"),
        *(
            "crash 5 @-1",
            "crash 5 @nan",
            "crash 5 @inf",
            "crash 5 @1e10",
            "crash 5 @3..2",
            "crash 5 @3..3",
            "crash a,b @1",
        ),
        *("partition / @1", "partition 1,1/2 @1", "partition 1,2/2 @1", "partition 1,/2 @1", "partition @1"),
        *("cut 1 @1", "cut 1>2>3 @1", "cut > @1", "slow 3 x @1", "slow 3 0 @1", "slow 3 -1", "slow 1>2>3 1"),
        *("rogue 3 nasty", "rogue 3 wrong 0", "rogue 3 wrong 1.5", "rogue 3 wrong x", "rogue", "rogue 3 0.5"),
        *("skew 3 x0", "skew 3 x-1", "skew", "drop 1>2", "drop 1>2 3", "drop 1>2 #0", "drop 1>2 #-1"),
        *("drop 1>2 #1.5", "drop 1>2 #3 @4", "delay 1>2 #3 0", "delay 1>2 #3 nan", "duplicate 1 #3"),
        *("crash \x00 @1", "crash \ud800 @1", "crash " + "5" * 101, "drop 1>2 #" + "9" * 5000),
    ],
)
def test_a_text_that_is_no_fault_is_refused_with_an_example(text):
    with pytest.raises(FaultError, match="For example: "):
        read_fault(text)


def test_an_unknown_kind_of_fault_lists_the_kinds():
    kinds = "crash, cut, delay, drop, duplicate, fail, half, late, partition, pause, restart, rogue, "
    kinds += "skew, slow, stale"
    match = f"'explode 5': a fault begins with one of {kinds}. For example: 'crash 5 @3'"
    with pytest.raises(FaultError, match=match):
        read_fault("explode 5")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Crash("5", at="3"),
        lambda: Crash("5", at=True),
        lambda: Crash(5),
        lambda: Crash("a b"),
        lambda: Slow("3", "x"),
        lambda: Skew("3", ahead="x"),
        lambda: Drop("1", "2", 1.5),
        lambda: Drop("1", "2", True),
    ],
)
def test_a_fault_made_of_the_wrong_things_is_refused(make):
    with pytest.raises(FaultError, match="For example: "):
        make()


def test_seconds_are_written_short():
    written = [seconds(value) for value in (3, 0.25, 12.345678, 1e-6, 0)]
    assert written == ["3", "0.25", "12.345678", "0.000001", "0"]
