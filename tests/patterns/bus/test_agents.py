"""The message bus: what it costs beside direct talk, what it survives, and what it promises to whom."""

from __future__ import annotations

from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.bus import Bus, demo, theory
from coordlab.patterns.bus.checks import properties
from coordlab.patterns.bus.client import Client, Effect, Publish, Subscribe, Unsubscribe
from coordlab.patterns.bus.rules import Letter
from coordlab.world.world import Run
from tests.disasters import disasters

STORM = {"latency": "uniform(0.01, 0.05)", "loss": 0.1, "duplicate": 0.1, "reorder": 0.1}


def statuses(run: Run) -> set[str]:
    return {verdict.status for verdict in run.verdicts}


def effects(run: Run, agent: str) -> list[Letter]:
    """What an agent acted on, in order."""
    notes = run.trace.select("note", agent=agent)
    return [event.data.letter for event in notes if isinstance(event.data, Effect)]


def bodies(run: Run, agent: str) -> list[Any]:
    return [letter.body for letter in effects(run, agent)]


def says(topic: str, *bodies: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((topic, body) for body in bodies)


# --- the happy trace ------------------------------------------------------------------------------


def test_one_letter_finds_its_one_reader() -> None:
    """Ann reads the news, Bob publishes it; the bus stands between, and everybody answers."""
    world = World().add(Bus(), Client("ann", ("news",)), Client("bob", says=says("news", "rain")))
    run = world.expect(*properties()).run()
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
    assert statuses(run) == {"holds"}


def test_demo_survives_a_crash_of_the_bus() -> None:
    """Every promise is kept, and the archive has everything."""
    run = demo()
    assert statuses(run) == {"holds"}
    assert sorted(map(str, bodies(run, "archive"))) == ["19.5", "20.5", "21.0", "open"]


# --- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize("acknowledged", [True, False])
@pytest.mark.parametrize("agents", [2, 3, 5, 10])
def test_theory_counts_what_a_broadcast_costs_over_the_bus(agents: int, acknowledged: bool) -> None:
    """Everybody says one thing to all others; what one hears of oneself is not counted."""
    names = [f"n{number}" for number in range(agents)]
    world = World().add(Bus())
    for name in names:
        wants = tuple(f"news/{other}" for other in names if other != name)
        world.add(Client(name, wants, says(f"news/{name}", "hot"), acknowledged=acknowledged))
    trace = world.run().trace
    sent = trace.count("Publish", "Accepted", "Deliver", "Received", kind="send")
    accepted = 0 if acknowledged else trace.count("Accepted", kind="send")  # the bus is polite
    assert sent - accepted == theory.messages(agents, agents - 1, acknowledged)
    assert theory.messages(agents, agents - 1) == theory.broadcast(agents)


@pytest.mark.parametrize("agents", [2, 3, 5, 10])
def test_direct_talk_costs_one_message_less_and_a_channel_for_each_pair(agents: int) -> None:
    """Nobody stands between: n(n - 1) messages, wanted or not."""
    names = [f"n{number}" for number in range(agents)]
    world = World().add(Client(name, ("#",), says(f"news/{name}", "hot"), bus=None) for name in names)
    run = world.run()
    assert run.trace.count("Deliver", kind="send") == theory.broadcast(agents, direct=True)
    pairs = {frozenset((event.agent, event.peer)) for event in run.trace.select("Deliver", kind="send")}
    assert len(pairs) == theory.connections(agents, direct=True)
    assert [len(effects(run, name)) for name in names] == [agents - 1] * agents


def test_selective_topics_are_what_saves_messages() -> None:
    """Ten agents, each wants one other's news: the bus brings 20, who talks directly tells 90."""
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


def test_theory_tells_how_often_a_letter_is_sent_where_messages_get_lost() -> None:
    """With a fifth of all messages lost, about 1.56 times."""
    world = World(seed=3, loss=0.2)
    world.add(
        Bus(attempts=100), Client("ann", ("news",)), Client("bob", says=says("news", *range(400)), pause=0.1)
    )
    run = world.run()
    assert bodies(run, "ann") == list(range(400))
    assert run.trace.count("Deliver", kind="send") / 400 == pytest.approx(theory.tries(0.2), rel=0.1)


# --- what it survives -----------------------------------------------------------------------------


def storm(seed: int, **settings: Any) -> Run:
    """Two publishers, two readers, and whatever can go wrong."""
    world = World(seed, **STORM)  # type: ignore[arg-type]
    world.add(Bus(), Client("display", ("site/+/temperature", "#")), Client("archive", ("#",)))
    world.add(Client("one", says=says("site/1/temperature", *range(4))))
    world.add(Client("two", says=says("site/2/temperature", *range(4))))
    names = ["bus", "display", "archive", "one", "two"]
    world.inject(*disasters(seed, names, "crash crash partition cut slow drop", end=3.0))
    return world.expect(*properties(within=10.0)).run(until=30.0)


def test_promises_hold_over_200_disasters() -> None:
    """Crashes of anybody, partitions, losses, doubles: nothing is lost, and nothing acts twice."""
    redelivered = 0
    for seed in range(200):
        run = storm(seed)
        assert statuses(run) == {"holds"}, run.line
        redelivered += run.trace.count("Deliver", kind="send") > len(effects(run, "archive")) * 3
    assert redelivered > 100  # the disasters are disasters


def test_every_letter_takes_effect_exactly_once_in_order_of_its_publisher() -> None:
    """All that was published while the archive was subscribed."""
    for seed in range(50):
        run = storm(seed)
        for publisher in ("one", "two"):
            said = [letter.body for letter in effects(run, "archive") if letter.publisher == publisher]
            assert said == list(range(4))[4 - len(said) :], run.line


def test_a_bus_without_a_disk_forgets_everybody() -> None:
    """Not durable, it comes back and knows no subscriber; nobody tells the subscribers."""
    world = World().add(
        Bus(durable=False), Client("ann", ("news",)), Client("bob", says=says("news", 1, 2, 3))
    )
    run = world.inject("crash bus @0.8..0.9").run()
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


def test_without_looking_twice_a_repeated_letter_acts_twice() -> None:
    """At least once is not exactly once: whoever is not idempotent pays twice."""
    world = World().add(
        Bus(), Client("ann", ("pay",), idempotent=False), Client("bob", says=says("pay", 100))
    )
    run = world.inject("drop ann>bus #2").expect(*properties()).run()
    assert bodies(run, "ann") == [100, 100]
    assert [verdict.name for verdict in run.verdicts if not verdict] == ["nobody acts twice on a letter"]


@pytest.mark.parametrize(("shed", "kept"), [("oldest", [0, 7, 8, 9]), ("newest", [0, 1, 2, 3])])
def test_a_full_queue_sheds_and_says_so(shed: str, kept: list[int]) -> None:
    """Ann is away for a while; of ten letters the bus keeps three for her, and names the others."""
    world = World().add(Bus(bound=3, shed=shed), Client("ann", ("news",)))
    world.add(Client("bob", says=says("news", *range(10)), pause=0.1))
    run = world.inject("crash ann @0.125..2").expect(*properties(bound=3, within=5)).run()
    assert bodies(run, "ann") == kept
    noted = [e.data.letter.body for e in run.trace.select("note", agent="bus")]
    assert sorted([*noted, *kept]) == list(range(10))
    assert statuses(run) == {"holds"}


def test_a_letter_nobody_answers_is_dead_and_published_as_such() -> None:
    """Ann never comes back: after 3 attempts the bus gives up, and the undertaker hears of it."""
    world = World().add(Bus(attempts=3), Client("ann", ("news",)), Client("undertaker", ("dead/#",)))
    world.add(Client("bob", says=says("news", "rain")))
    run = world.inject("crash ann @0.3").expect(*properties()).run()
    assert [(letter.topic, letter.body) for letter in effects(run, "undertaker")] == [
        ("dead/news", "ann: rain")
    ]
    assert statuses(run) == {"holds"}


def test_a_dead_letter_is_not_announced_for_ever() -> None:
    """If the undertaker is gone too, that is the end of it."""
    world = World().add(Bus(attempts=2), Client("ann", ("#",)), Client("bob", says=says("news", "rain")))
    run = world.inject("crash ann @0.3").run()
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


def test_whoever_unsubscribes_is_left_alone() -> None:
    """Even if the bus was just about to repeat itself."""
    world = World().add(Bus(), Fickle("ann", ("news",)), Client("bob", says=says("news", *range(5))))
    run = world.expect(*properties()).run()
    assert bodies(run, "ann") == [0, 1]
    assert statuses(run) == {"holds"}


class Returning(Client):
    """Goes away after two seconds, and thinks better of it at once."""

    async def run(self) -> None:
        await super().run()
        await self.sleep(1.0)
        await self.insist(Unsubscribe("news"))
        await self.insist(Subscribe("news"))


def test_whoever_comes_back_while_the_bus_still_waits_for_an_answer_is_served_again() -> None:
    """Ann does not hear letter 1, leaves and returns meanwhile; of all that follows she misses nothing."""
    world = World().add(Bus(patience=2.0), Returning("ann", ("news",)))
    world.add(Client("bob", says=says("news", *range(4)), pause=0.45))
    run = world.inject("cut bus>ann @0.9..0.95").expect(*properties()).run()
    assert bodies(run, "ann") == [0, 2, 3]
    assert statuses(run) == {"holds"}


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
    world = World().add(Bus(), Asker("ann"), Adder("bob", ("sums",)))
    notes = [event.data for event in world.run().trace.select("note", agent="ann")]
    assert [note for note in notes if isinstance(note, str)] == ["sums: 5", "nothing: None"]


def test_an_answer_given_before_all_is_subscribed_is_published_once() -> None:
    """Bob is asked while he still subscribes to something else: he has one letter to post, not two."""
    world = World().add(
        Bus(),
        Adder("bob", ("sums", "other")),
        Client("ann", ("answers/ann",), says("sums", (2, 3)), pause=0.002),
    )
    run = world.inject("delay bus>bob #2 0.015").expect(*properties()).run()
    assert bodies(run, "ann") == [5]
    assert statuses(run) == {"holds"}


def test_two_patterns_that_both_match_act_once() -> None:
    """The display wants a letter for two reasons."""
    world = World().add(Bus(), Client("ann", ("a/+", "#")), Client("bob", says=says("a/b", 1)))
    run = world.expect(*properties()).run()
    assert bodies(run, "ann") == [1]
    assert statuses(run) == {"holds"}


# --- what the usual first try gets wrong, and the page right --------------------------------------


def test_wildcards_match_here() -> None:
    assert bodies(
        World().add(Bus(), Client("ann", ("a/+",)), Client("bob", says=says("a/b", 1))).run(), "ann"
    )


def test_a_slow_reader_delays_nobody_else() -> None:
    """Ann takes five seconds a message; Cat hears as soon as if Ann were not there."""
    world = World().add(Bus(), Client("ann", ("#",)), Client("cat", ("#",)), Client("bob", says=says("a", 1)))
    run = world.inject("slow ann 5 @0.1").run(until=60.0)
    first = {name: run.trace.select("note", agent=name)[0].time for name in ("ann", "cat")}
    assert first == {"ann": 5.52, "cat": 0.52}


# --- what bad input gets --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "says_what"),
    [
        (lambda: Bus(shed="some"), r"shed='some'.*oldest, newest.*Write for instance"),
        (lambda: Bus(bound=0), r"bound=0"),
        (lambda: Bus(bound=float("nan")), r"bound=nan.*1 or more.*Write"),  # type: ignore[arg-type]
        (lambda: Bus(attempts=2.5), r"attempts=2.5.*1 or more.*Write"),  # type: ignore[arg-type]
        (lambda: Bus(attempts=True), r"attempts=True.*1 or more.*Write"),
        (lambda: Client("ann", patience=0.0), r"patience=0.0.*above 0.*Write for instance patience=0.2"),
        (lambda: Client("ann", patience=float("nan")), r"patience=nan"),
        (lambda: Client("ann", "news"), r"wants='news'.*several patterns.*Write wants=\('news',\)"),  # type: ignore[arg-type]
        (lambda: Client("ann", (5,)), r"nobody can subscribe to 5"),  # type: ignore[arg-type]
        (lambda: Client("ann", says=((None, 5),)), r"nothing can be published on None"),  # type: ignore[arg-type]
        (lambda: Client("ann", ("a/#/b",)), r"nobody can subscribe to 'a/#/b'"),
        (lambda: Client("ann", says=says("a/+", 1)), r"nothing can be published on 'a/\+'"),
        (
            lambda: Client("ann", replay="some"),
            r"replay='some': .* none, last, all can be had",
        ),
    ],
)
def test_what_cannot_be_is_refused(make: Any, says_what: str) -> None:
    """When it is made, not when it is used."""
    with pytest.raises(ValueError, match=says_what):
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
        "nobody can subscribe to 'a/#/b'",
        "replay='some'",
        "nothing can be published on 'a/#'",
        "eve published a letter of bob",
        "nothing can be published on 5",
        "nobody can subscribe to 5",
    ]
