"""Hostile code and hostile files: a world, a trace and a scenario survive them."""

import asyncio
import sys
import time
import tracemalloc
from dataclasses import dataclass

import networkx
import pytest

from coordlab import labs
from coordlab.course.learning import compare
from coordlab.properties import moments
from coordlab.trace.faults import FaultError, read_fault
from coordlab.trace.files import read_trace
from coordlab.trace.names import is_name
from coordlab.trace.scenario import Scenario, ScenarioError
from coordlab.trace.trace import Trace, TraceError, plain
from coordlab.world.agent import Agent, State
from coordlab.world.message import message
from coordlab.world.world import AgentError, Budget, BudgetError, World


@message
class Vote:
    """Who is for it?"""


class Voter(Agent):
    """Answers any vote."""

    seen = State(0)

    def on_vote(self, sender, message):
        return message


def acting(act, **settings):
    """The run of a world in which ann does `act(self)`, and bob and cat answer votes."""

    class Ann(Voter):
        async def run(self):
            if (waiting := act(self)) is not None:
                await waiting

    return World(**settings).add(Ann("ann"), Voter("bob"), Voter("cat")).run(until=3)


@pytest.mark.parametrize(
    "wait",
    [
        lambda ann: ann.sleep(1),
        lambda ann: ann.ask("bob", Vote(), within=1),
        lambda ann: ann.until(lambda: False, within=1),
        lambda ann: asyncio.sleep(1),
    ],
)
def test_an_agent_that_catches_everything_still_ends_with_its_world(wait):
    async def stubborn(ann):
        while True:
            try:
                await wait(ann)
            except:  # noqa: E722
                continue

    began = time.monotonic()
    assert acting(stubborn).trace.until == 3
    assert time.monotonic() - began < 5


def test_a_clean_up_that_never_ends_is_a_budget_error():
    async def immortal(self):
        try:
            await self.sleep(9)
        finally:
            while True:
                pass

    with pytest.raises(BudgetError, match="real seconds") as error:
        acting(immortal, budget=Budget(wall=0.2))
    assert error.value.run.trace.count("start") == 3


@pytest.mark.parametrize(
    "act",
    [
        lambda ann: setattr(ann, "seen", ann.seen + 1),
        lambda ann: ann.note("again"),
        lambda ann: ann.spawn(ann.sleep(1)),
        lambda ann: asyncio.get_running_loop().create_future(),
    ],
)
def test_doing_anything_without_end_and_without_await_is_stopped(act):
    """Not by real time, after gigabytes, but by the budget for one instant; the error names the agent."""

    async def busy(ann):
        while True:
            act(ann)

    with pytest.raises(BudgetError, match=r"actions at 0 s, while the clock did not move; ann"):
        acting(busy, budget=Budget(instant=2_000))


def test_many_overlapping_partitions_are_judged_in_reasonable_time():
    faults = [f"partition 1/2/3 @0.001..{2 + number / 1000:.3f}" for number in range(300)]
    began = time.monotonic()
    assert labs.play(" | ".join(["bully agents=3 until=3", *faults])).run.verdicts
    assert time.monotonic() - began < 10
    with pytest.raises(ScenarioError, match="1,001 faults: at most 1,000 are allowed"):
        Scenario.from_line(" | ".join(["bully", *["crash 1 @1"] * 1001]))


def test_half_a_character_can_be_written_and_read():
    text = acting(lambda ann: ann.note("half \ud800")).trace.to_jsonl()
    assert text.encode()
    assert [event.data for event in Trace.from_jsonl(text).select("note")] == ["half ?"]
    assert plain("grün, 緑, 🌱") == "grün, 緑, 🌱"


def test_an_export_that_fails_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("precious")
    lab = labs.bully()
    monkeypatch.setattr(lab, "shown", lambda: [None])
    with pytest.raises(AttributeError):
        lab.page(path)
    assert path.read_text() == "precious"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ('[0,"note","a",null,null,["x"],null,"x"]', "name"),
        ('[0,"send","a","a",3000000000,"M",null,{}]', "message"),
        ('[0,"note","a",null,null,null,null,"' + "x" * 1_000_001 + '"]', "characters"),
    ],
)
def test_rows_that_would_trip_a_reader_are_refused(row, field):
    header = '{"format":"coordlab-trace","version":1,"agents":["a"],"says":{"M":"m"},"until":1}'
    with pytest.raises(TraceError, match=f"line 2.*{field}"):
        read_trace(f"{header}\n{row}\n")


@pytest.mark.parametrize("version", ["true", "1.0", '"1"', "2"])
def test_only_the_very_version_is_read(version):
    with pytest.raises(TraceError, match="line 1"):
        read_trace(f'{{"format":"coordlab-trace","version":{version},"agents":[],"says":{{}},"until":1}}\n')


def test_a_frozen_record_with_a_list_inside_is_copied_into_the_trace():
    @dataclass(frozen=True)
    class Holder:
        items: list

    def sly(ann):
        ann.seen = holder = Holder([1])
        holder.items.append(2)

    assert [event.data for event in acting(sly).trace.select("seen")] == [(("items", (1,)),)]


def test_notes_say_the_same_in_every_process():
    run = acting(lambda ann: ann.note({"z", "x", "y"}))
    assert run.trace.select("note")[0].data == "('x', 'y', 'z')"
    with pytest.raises(AgentError, match="must read the same in every run"):
        acting(lambda ann: ann.note(object()))


def test_a_set_of_names_is_asked_in_the_order_of_joining():
    """Its own order is another one in each process."""
    run = acting(lambda ann: ann.ask({"cat", "bob"}, Vote()))
    assert [event.peer for event in run.trace.select("Vote", agent="ann")] == ["bob", "cat"]


def test_agents_know_each_other_by_name_only():
    """One that is handed another would share it with every branch."""

    class Boss(Agent):
        def __init__(self, name, helper):
            super().__init__(name)

    helper = Voter("bob")
    with pytest.raises(ValueError, match="pass the name"):
        World().add(Boss("ann", helper), helper)


def test_a_fault_that_an_agent_brings_about_strikes_once_in_a_branch():
    async def saboteur(self):
        await self.sleep(1)
        self._world.inject("slow bob 0.5")

    run = acting(saboteur)
    assert [each.trace.count("fault") for each in (run, run.branch(), run.branch().branch())] == [1, 1, 1]


@pytest.mark.parametrize("text", ["skew a 1.1 @2", "skew a y", "skew a x2 x3", "skew a +1 junk"])
def test_a_skew_that_is_half_understood_is_refused(text):
    with pytest.raises(FaultError, match=r"For example: 'skew 3 x1\.1"):
        read_fault(text)


def test_a_coroutine_is_no_condition():
    """It would be true at once, whatever it says."""

    async def never():
        return False

    with pytest.raises(AgentError, match="must be a plain function"):
        acting(lambda ann: ann.until(never))


@pytest.mark.parametrize("name", ["\x9b31m", "a\u202eb", "a\u200bb"])
def test_names_hold_nothing_that_a_terminal_obeys(name):
    assert not is_name(name)


def test_a_moment_knows_what_changed_last_by_agent():
    run = acting(lambda ann: ann.sleep(1))
    *_, now = moments(run.trace)
    kinds = {name: run.trace[seq].kind for name, seq in now.changed.items()}
    assert kinds == dict.fromkeys(("ann", "bob", "cat"), "start")


def test_a_topology_speaks_of_all_agents_and_nobody_else():
    world = World(topology=networkx.path_graph(["ann", "bobb"])).add(Voter("ann"), Voter("bob"))
    with pytest.raises(AgentError, match=r"differ in bob, bobb.*topology\.add_node"):
        world.run(until=1)
    with pytest.raises(TypeError, match="expected a networkx graph"):
        World(topology=[("a", "b")])


class Odd(BaseException):
    """Nothing that anybody expects."""


def odd(ann):
    """Raises it."""
    raise Odd("odd")


async def bomb(ann):
    """Every task starts two more."""
    asyncio.get_running_loop().create_task(bomb(ann))
    asyncio.get_running_loop().create_task(bomb(ann))
    await asyncio.sleep(1)


def calls_back(ann):
    """A function in a thread that waits for the world."""
    loop = asyncio.get_running_loop()
    return asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(asyncio.sleep(1), loop).result())


VIRTUAL = r"time is virtual inside a world.*await asyncio\.to_thread"


@pytest.mark.parametrize(
    ("act", "kind", "match"),
    [
        (
            lambda ann: sys.exit("over"),
            AgentError,
            r"(?s)ann \(Ann\) failed at 0 s.*SystemExit: over.*line \d+",
        ),
        (odd, AgentError, r"ann \(Ann\) failed at 0 s.*Odd: odd"),
        (bomb, BudgetError, r"more than 100 tasks at once.*ann was the busiest.*Budget\(tasks=\.\.\.\)"),
        (
            lambda ann: asyncio.get_running_loop().stop(),
            AgentError,
            r"a world ends by itself.*world\.run\(until=3\)",
        ),
        (lambda ann: asyncio.open_connection("localhost", 1), AgentError, VIRTUAL),
        (lambda ann: asyncio.get_running_loop().sock_recv(None, 1), AgentError, VIRTUAL),
        (lambda ann: asyncio.create_subprocess_exec("ls"), AgentError, VIRTUAL),
        (calls_back, AgentError, r"run_coroutine_threadsafe\(\.\.\.\) in a function that to_thread calls"),
        (lambda ann: ann.dice.choice([]), AgentError, r"(?s)Cannot choose.*line \d+ of test_hostile\.py"),
        (
            lambda ann: ann.ask("bob", Vote(), enough="2"),
            AgentError,
            "enough='2': expected a whole number, 0 or more",
        ),
        (
            lambda ann: ann.ask("bob", Vote(), enough=-1),
            AgentError,
            "enough=-1: expected a whole number, 0 or more",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_what_would_end_or_block_the_process_ends_the_run_in_words(act, kind, match):
    """The run until then is there, and names who did it."""
    with pytest.raises(kind, match=match) as caught:
        acting(act, budget=Budget(tasks=100))
    assert caught.value.run.trace.count("start") >= 1


def test_ctrl_c_is_meant_for_the_caller():
    with pytest.raises(KeyboardInterrupt):
        acting(lambda ann: (_ for _ in ()).throw(KeyboardInterrupt()).send(None))


# --- values without a bound ----------------------------------------------------------------------------


@message
class Pair:
    """Here are two."""

    one: object = None
    two: object = None


@dataclass(frozen=True)
class Both:
    """Two of anything."""

    one: object = None
    two: object = None


def nested(double, levels=50):
    """A value that holds each part twice: written out, it has 2 ** levels of them."""
    value = double(None, None)
    for _ in range(levels):
        value = double(value, value)
    return value


def looped():
    value = [1]
    value.append(value)
    return value


SHAPES = {
    "lists": nested(lambda one, two: [one, two]),
    "tuples": nested(lambda one, two: (one, two)),
    "dicts": nested(lambda one, two: {1: one, 2: two}),
    "dataclasses": nested(Both),
    "deep": nested(lambda one, two: [one], 3000),
    "loop": looped(),
}


def log_of(data):
    return [{"time": 0.0, "kind": "note", "agent": "ann", "data": data}]


READERS = {
    "a state": lambda value: acting(lambda ann: setattr(ann, "seen", value)),
    "a note": lambda value: acting(lambda ann: ann.note(value)),
    "a decision": lambda value: acting(lambda ann: ann.decide(value)),
    "a field": Pair,
    "a message": lambda value: acting(lambda ann: ann.send("bob", value)),
    "a recipient": lambda value: acting(lambda ann: ann.send(value, Vote())),
    "a log": lambda value: Trace.of(log_of(value)),
    "an entry": lambda value: Trace.of([value]),
    "a parameter": lambda value: Scenario("bully", {"agents": value}),
    "a seed": lambda value: Scenario("bully", seed=value),
    "a setting": lambda value: labs.bully(agents=value),
    "a preset": lambda value: labs.voting(ballots=value),
    "a fault": lambda value: World().inject(value),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reader", READERS)
def test_a_value_of_endless_parts_is_refused_in_words_and_soon(reader, shape):
    began = time.process_time()
    with pytest.raises((AgentError, TypeError, ValueError), match="For example") as error:
        READERS[reader](SHAPES[shape])
    assert len(str(error.value)) < 1000
    assert time.process_time() - began < 1


def test_messages_that_hold_messages_twice_have_a_bound_too():
    with pytest.raises(TypeError, match=r"Pair\.one cannot contain itself, and has at most 100,000 parts"):
        nested(Pair)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_answer_of_endless_parts_is_compared_soon(shape):
    began = time.process_time()
    words = str(compare(3, SHAPES[shape]))
    assert words.startswith("You predicted 3, ")
    assert time.process_time() - began < 1


def test_tasks_that_start_tasks_without_end_are_stopped_before_they_fill_the_memory():
    """At 50,000 tasks, which took 77 MB; as many as a notebook of 2 GB can bear."""

    async def breed(ann):
        await ann.sleep(ann.dice.uniform(0.001, 0.01))
        for _ in range(2):
            ann.spawn(breed(ann))

    tracemalloc.start()
    try:
        with pytest.raises(BudgetError, match=r"more than 5,000 tasks at once .*; ann was the busiest"):
            acting(breed, budget=Budget(tasks=5_000))
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
