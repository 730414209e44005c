"""The message bus: what it costs beside direct talk, what it survives, and what it promises to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.bus import Bus, Client, Publish, Subscribe, Unsubscribe, demo, theory
from coordlab.patterns.bus.checks import properties
from coordlab.patterns.bus.rules import Letter
from coordlab.world.agent import Agent
from coordlab.world.world import Run


def ran(*agents: Agent, fault: str = "", bound: int = 1_000, broken: tuple[str, ...] = ()) -> Run:
    """The run of these agents, in which all properties hold but those named."""
    world = World().add(*agents).inject(*[fault] * bool(fault))
    attempts = next(each.attempts for each in agents if isinstance(each, Bus))
    run = world.expect(*properties(bound, attempts=attempts)).run()
    assert tuple(verdict.name for verdict in run.verdicts if verdict.status == "violated") == broken
    return run


def effects(run: Run, agent: str) -> list[Letter]:
    """What an agent acted on, in order."""
    return [event.data.letter for event in run.trace.select("Effect", kind="note", agent=agent)]


def bodies(run: Run, agent: str) -> list[Any]:
    return [letter.body for letter in effects(run, agent)]


def says(topic: str, *bodies: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((topic, body) for body in bodies)


# --- the happy trace ------------------------------------------------------------------------------


def test_one_letter_finds_its_one_reader() -> None:
    """Ann reads the news, Bob publishes it; the bus stands between, and everybody answers."""
    run = ran(Bus(), Client("ann", ("news",)), Client("bob", says=says("news", "rain")))
    assert run.trace.select("send", "handle", "note").as_text() == (
        "0.000 ann send Subscribe -> bus\n"
        "0.010 bus handle Subscribe <- ann\n"
        "0.010 bus send Subscribed -> ann\n"
        "0.020 ann handle Subscribed <- bus\n"
        "0.500 bob send Publish -> bus\n"
        "0.510 bus handle Publish <- bob\n"
        "0.510 bus send Accepted -> bob\n"
        "0.510 bus send Deliver -> ann\n"
        "0.520 bob handle Accepted <- bus\n"
        "0.520 ann handle Deliver <- bus\n"
        "0.520 ann note Effect {'letter': {'publisher': 'bob', 'number': 1, 'topic': 'news', 'body': 'rain', "
        "'about': 0}}\n"
        "0.520 ann send Received -> bus\n"
        "0.530 bus handle Received <- ann"
    )


def test_demo_survives_a_crash_of_the_bus() -> None:
    """The archive has everything."""
    assert sorted(map(str, bodies(demo(), "archive"))) == ["19.5", "20.5", "21.0", "open"]


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize("acknowledged", [True, False])
@pytest.mark.parametrize("agents", [2, 3, 5, 10])
def test_theory_counts_what_a_broadcast_costs_over_the_bus(agents: int, acknowledged: bool) -> None:
    """Everybody says one thing to all others; nobody hears of itself."""
    names = [f"n{number}" for number in range(agents)]
    world = World().add(Bus())
    for name in names:
        wants = tuple(f"news/{other}" for other in names if other != name)
        world.add(Client(name, wants, says(f"news/{name}", "hot"), acknowledged=acknowledged))
    trace = world.run().trace
    sent = trace.count("Publish", "Accepted", "Deliver", "Received", kind="send")
    assert sent == theory.messages(agents, agents - 1, acknowledged)
    assert theory.messages(agents, agents - 1) == theory.broadcast(agents)


@pytest.mark.parametrize("agents", [2, 3, 5, 10])
def test_direct_talk_costs_one_message_less_and_a_channel_for_each_pair(agents: int) -> None:
    """Without a bus: n(n - 1) messages, wanted or not."""
    names = [f"n{number}" for number in range(agents)]
    world = World().add(Client(name, ("#",), says(f"news/{name}", "hot"), bus=None) for name in names)
    run = world.run()
    assert run.trace.count("Deliver", kind="send") == theory.broadcast(agents, direct=True)
    pairs = {frozenset((event.agent, event.peer)) for event in run.trace.select("Deliver", kind="send")}
    assert len(pairs) == theory.connections(agents, direct=True)
    assert [len(effects(run, name)) for name in names] == [agents - 1] * agents


def test_selective_topics_are_what_saves_messages() -> None:
    """Ten agents, each wants one other's news: the bus takes 20 messages, direct talk 90."""
    names = [f"n{number}" for number in range(10)]
    pairs = list(zip(names, names[1:] + names[:1], strict=True))
    counts = {}
    for bus in ("bus", None):
        world = World().add([Bus()] if bus else [])
        for name, other in pairs:
            wants = (f"news/{other}",)
            world.add(Client(name, wants, says(f"news/{name}", "hot"), bus=bus, acknowledged=False))
        run = world.run()
        counts[bus] = run.trace.count("Publish", "Deliver", kind="send")
        assert [len(effects(run, name)) for name in names] == [1] * 10
    assert counts == {"bus": theory.broadcast(10, interested=1 / 9), None: theory.broadcast(10, direct=True)}


@pytest.mark.slow
def test_theory_tells_how_often_a_letter_is_sent_where_messages_get_lost() -> None:
    """With a fifth of all messages lost, about 1.56 times."""
    world = World(seed=0, loss=0.2)
    world.add(
        Bus(attempts=100), Client("ann", ("news",)), Client("bob", says=says("news", *range(400)), pause=0.1)
    )
    run = world.run()
    assert bodies(run, "ann") == list(range(400))
    assert run.trace.count("Deliver", kind="send") / 400 == pytest.approx(theory.tries(0.2), rel=0.1)


# --- what it survives -----------------------------------------------------------------------------


def test_a_bus_without_a_disk_forgets_everybody() -> None:
    """Not durable, it comes back and knows no subscriber; nobody tells the subscribers."""
    bob = Client("bob", says=says("news", 1, 2, 3))
    run = ran(Bus(durable=False), Client("ann", ("news",)), bob, fault="crash bus @0.8..0.9")
    assert bodies(run, "ann") == [1]


def test_at_most_once_loses_and_never_repeats() -> None:
    """Without answers, in the same weather, some letters are gone and none comes twice by the bus's doing."""
    world = World(seed=1, loss=0.2)
    world.add(Bus(), Client("ann", ("news",), acknowledged=False))
    world.add(Client("bob", says=says("news", *range(100)), acknowledged=False))
    run = world.run()
    heard = bodies(run, "ann")
    assert 40 < len(heard) < 90
    assert len(heard) == len(set(heard))
    assert run.trace.count("Deliver", kind="send") <= 100


def test_a_repeated_letter_acts_twice_if_the_client_does_not_look() -> None:
    """At least once is not exactly once: a client that is not idempotent pays twice."""
    agents = Bus(), Client("ann", ("pay",), idempotent=False), Client("bob", says=says("pay", 100))
    run = ran(*agents, fault="drop ann>bus #2", broken=("nobody acts twice on a letter",))
    assert bodies(run, "ann") == [100, 100]


@pytest.mark.parametrize(("shed", "kept"), [("oldest", [0, 1, 8, 9]), ("newest", [0, 1, 2, 3])])
def test_a_full_queue_sheds_and_says_so(shed: str, kept: list[int]) -> None:
    """Ann is away; of ten letters the bus keeps three for her, the one being delivered and two more."""
    bob = Client("bob", says=says("news", *range(10)), pause=0.1)
    agents = Bus(bound=3, shed=shed), Client("ann", ("news",)), bob
    run = ran(*agents, fault="crash ann @0.125..2", bound=3)
    assert bodies(run, "ann") == kept
    noted = [e.data.letter.body for e in run.trace.select("note", agent="bus")]
    assert sorted([*noted, *kept]) == list(range(10))


def test_a_letter_nobody_answers_is_dead_and_published_as_such() -> None:
    """Ann never comes back: after 3 attempts the bus gives up, and the undertaker hears of it."""
    readers = Client("ann", ("news",)), Client("undertaker", ("dead/#",))
    run = ran(Bus(attempts=3), *readers, Client("bob", says=says("news", "rain")), fault="crash ann @0.3")
    letters = effects(run, "undertaker")
    assert [(letter.topic, letter.body) for letter in letters] == [("dead/news", "ann: rain")]


def test_a_dead_letter_about_a_dead_letter_is_not_published() -> None:
    """If its subscriber is gone too, the bus only records it."""
    bob = Client("bob", says=says("news", "rain"))
    run = ran(Bus(attempts=2), Client("ann", ("#",)), bob, fault="crash ann @0.3")
    dead = [event.data.letter.topic for event in run.trace.select("note", agent="bus")]
    assert dead == ["news", "dead/news"]


# --- what else users expect -----------------------------------------------------------------------


@pytest.mark.parametrize(("replay", "heard"), [("none", []), ("last", [2, 9]), ("all", [1, 2, 9])])
def test_a_latecomer_hears_as_much_of_the_past_as_it_wants(replay: str, heard: list[int]) -> None:
    """Nothing, the last word on each topic, or all of it."""
    world = World().add(Bus(), Client("bob", says=(*says("a", 1, 2), *says("b", 9)), pause=0.1))
    run = world.add(Client("ann", ("#",), replay=replay), at=2.0).run()
    assert bodies(run, "ann") == heard


class Fickle(Client):
    """Wants no more after a while."""

    async def run(self) -> None:
        await super().run()
        await self.sleep(1.0)
        await self.insist(Unsubscribe("news"))


def test_a_client_that_unsubscribes_is_sent_nothing_more() -> None:
    """Even if the bus was just about to repeat itself."""
    run = ran(Bus(), Fickle("ann", ("news",)), Client("bob", says=says("news", *range(5))))
    assert bodies(run, "ann") == [0, 1]


def test_a_letter_for_a_client_that_has_left_is_not_dead() -> None:
    """Ann does not hear letter 1, and leaves while the bus still waits for her answer to its only attempt."""
    bob = Client("bob", says=says("news", *range(3)), pause=0.45)
    bus = Bus(attempts=1, patience=2.0)
    run = ran(bus, Fickle("ann", ("news",)), bob, fault="cut bus>ann @0.9..0.95")
    assert (bodies(run, "ann"), run.trace.count("DeadLetter")) == ([0], 0)


class Returning(Client):
    """Unsubscribes after two seconds, and subscribes again at once."""

    async def run(self) -> None:
        await super().run()
        await self.sleep(1.0)
        await self.insist(Unsubscribe("news"))
        await self.insist(Subscribe("news"))


def test_a_client_that_returns_while_the_bus_waits_for_its_answer_is_served_again() -> None:
    """Ann does not hear letter 1, leaves and returns meanwhile; of all that follows she misses nothing."""
    bob = Client("bob", says=says("news", *range(4)), pause=0.45)
    run = ran(Bus(patience=2.0), Returning("ann", ("news",)), bob, fault="cut bus>ann @0.9..0.95")
    assert bodies(run, "ann") == [0, 2, 3]


class Asker(Client):
    """Wants to know something, and asks twice: somebody, and nobody."""

    async def run(self) -> None:
        for topic in ("sums", "nothing"):
            self.note(f"{topic}: {await self.request(topic, (2, 3), within=1.0)}")


class Adder(Client):
    """Answers sums."""

    def act(self, letter: Letter) -> Any:
        return sum(letter.body)


def test_a_request_finds_its_answer_by_number() -> None:
    """Ann asks for a sum and has it; for what nobody knows she gets None, in time."""
    run = ran(Bus(), Asker("ann"), Adder("bob", ("sums",)))
    notes = [event.data for event in run.trace.select("note", agent="ann")]
    assert [note for note in notes if isinstance(note, str)] == ["sums: 5", "nothing: None"]


def test_an_answer_given_before_all_is_subscribed_is_published_once() -> None:
    """Bob is asked while he still subscribes to something else: he has one letter to post, not two."""
    ann = Client("ann", ("answers/ann",), says("sums", (2, 3)), pause=0.002)
    run = ran(Bus(), Adder("bob", ("sums", "other")), ann, fault="delay bus>bob #2 0.015")
    assert bodies(run, "ann") == [5]


def test_two_patterns_that_both_match_act_once() -> None:
    """The display wants a letter for two reasons."""
    run = ran(Bus(), Client("ann", ("a/+", "#")), Client("bob", says=says("a/b", 1)))
    assert bodies(run, "ann") == [1]


def test_a_slow_reader_delays_nobody_else() -> None:
    """Ann takes five seconds a message; Cat hears as soon as if Ann were not there."""
    world = World().add(Bus(), Client("ann", ("#",)), Client("cat", ("#",)), Client("bob", says=says("a", 1)))
    run = world.inject("slow ann 5 @0.1").run(until=60.0)
    first = {name: run.trace.select("note", agent=name)[0].time for name in ("ann", "cat")}
    assert first == {"ann": 5.52, "cat": 0.52}


# --- what bad input gets --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Bus(shed="some"), ValueError, r"shed='some': expected one of 'oldest', 'newest'"),
        (lambda: Bus(bound=0), ValueError, r"bound=0: expected a whole number, 1 or more"),
        (lambda: Bus(attempts=True), ValueError, r"attempts=True: expected a whole number, 1 or more"),
        (lambda: Bus(patience=0), ValueError, r"patience=0: expected seconds above 0"),
        (lambda: Client("ann", patience=0.0), ValueError, r"patience=0.0: expected seconds above 0"),
        (lambda: Client("ann", "news"), TypeError, r"wants='news': .*For example: wants=\('news',\)"),  # type: ignore[arg-type]
        (lambda: Client("ann", (5,)), TypeError, r"wants=\(5,\): expected a list or tuple of names"),  # type: ignore[arg-type]
        (lambda: Client("ann", ("a/#/b",)), ValueError, r"pattern='a/#/b': expected levels to subscribe to"),
        (lambda: Client("ann", says=((None, 5),)), ValueError, r"topic=None: expected levels to publish"),  # type: ignore[arg-type]
        (lambda: Client("ann", says=says("a/+", 1)), ValueError, r"topic='a/\+': expected levels to publish"),
        (lambda: Client("ann", replay="some"), ValueError, r"replay='some': expected one of 'none', 'last'"),
        (lambda: theory.messages(-1, 1), ValueError, r"letters=-1: expected a whole number, 0 or more"),
        (lambda: theory.broadcast(2, 1.5), ValueError, r"interested=1.5: expected a share from 0 to 1"),
        (lambda: theory.tries(1.0), ValueError, r"loss=1.0: expected a probability below 1"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    """When it is made, not when it is used."""
    with pytest.raises(error, match=words):
        make()


class Stranger(Client):
    """Asks for what cannot be, and signs with another's name."""

    async def run(self) -> None:
        self.send("bus", Subscribe("a/#/b"))
        self.send("bus", Subscribe("a", replay="some"))
        self.send("bus", Publish(Letter("eve", 1, "a/#", "hot")))
        self.send("bus", Publish(Letter("bob", 1, "a", "forged")))
        self.send("bus", Publish(Letter("eve", 2, 5)))  # type: ignore[arg-type]
        self.send("bus", Subscribe(5))  # type: ignore[arg-type]


def test_what_the_bus_cannot_do_it_refuses_and_goes_on() -> None:
    """Eve is told why, each time; Ann hears Bob and nobody else."""
    world = World().add(Bus(), Stranger("eve"), Client("ann", ("a",)), Client("bob", says=says("a", 1)))
    run = world.run()
    assert bodies(run, "ann") == [1]
    assert [event.data.split(":")[0] for event in run.trace.select("note", agent="eve")] == [
        "pattern='a/#/b'",
        "replay='some'",
        "topic='a/#'",
        "eve published a letter of bob",
        "topic=5",
        "pattern=5",
    ]
