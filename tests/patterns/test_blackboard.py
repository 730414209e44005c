"""The blackboard with its agents: control, quiescence, and what goes wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from coordlab import Agent, State, World
from coordlab.checks.blackboard import closure, properties
from coordlab.patterns.blackboard import (
    RATINGS,
    Activation,
    Blackboard,
    KnowledgeSource,
    Notify,
    Read,
    Refused,
    Retract,
    Subscribe,
    Unsubscribe,
    Write,
    Written,
    choose,
    first_come,
)
from coordlab.patterns.board import Entry, most_confident
from coordlab.patterns.expert import ANIMALS, RULES, SEEN, Observer, Poller, Reporter, Rule
from coordlab.world.world import Run

Script = list[tuple[str, Any]]


class Client(Agent):
    """Says the same things to the board as its script, each at its time, and notes what it hears."""

    def __init__(self, name: str, script: Script) -> None:
        super().__init__(name)
        self.script = script

    async def run(self) -> None:
        """One wish after the other."""
        for wish in self.script:
            answers = await self.ask("board", wish, within=0.5)
            for answer in answers.values():
                self.note(repr(answer))

    def on_notify(self, sender: str, message: Notify) -> None:
        self.note(f"{message.entry.key} {message.entry.version}")


def experts(rules: Any = ANIMALS, seed: int = 7, **settings: Any) -> World:
    """A board, an eye, and a rule for each of `rules`."""
    world = World(seed, latency="uniform(0.01, 0.05)").add(Blackboard(**settings), Observer("eye", SEEN))
    return world.add(Rule(name, needs, gives, strength) for name, needs, gives, strength in rules)


def known(run: Run) -> set[str]:
    return {event.data.entry.key[5:] for event in run.trace.select("Written")}


def notes(script: Script, **settings: Any) -> list[str]:
    """What a client hears that follows this script on a fresh board."""
    world = World().add(Blackboard(**settings), Client("ann", script))
    return [str(event.data) for event in world.run(until=10).trace.select("note", agent="ann")]


# --- the board as an agent ------------------------------------------------------------------------


def test_it_writes_reads_and_retracts() -> None:
    """Every request has its answer, and a retracted entry is no longer found."""
    entry = "Entry(key='a', value=1, version=1, author='ann', level='', confidence=1.0, sources=())"
    assert notes([Write("a", 1), Read("*"), Retract("a"), Read("*"), Retract("a")]) == [
        f"Written(entry={entry})",
        f"Found(entries=({entry},))",
        "Retracted(key='a', version=2)",
        "Found(entries=())",
        "Refused(key='a', version=2)",
    ]


def test_it_refuses_what_came_too_late_and_what_the_policy_lets_stand() -> None:
    """A compare-and-set on an old version, and a write that is less sure than what stands there."""
    script = [Write("a", 1, confidence=0.9), Write("a", 2, expected=0), Write("a", 3, confidence=0.1)]
    assert notes(script, merge=most_confident)[1:] == ["Refused(key='a', version=1)"] * 2


def told(events: list[tuple[str, Any]]) -> list[str]:
    """What `cat` hears if she and `bob` say these things, half a second apart."""
    world = World().add(Blackboard())

    class Scripted(Client):
        async def run(self) -> None:
            for at, (who, wish) in enumerate(events):
                await self.sleep(0.5 * (at + 1) - self.now)
                if who == self.name:
                    self.send("board", wish)

        def on_written(self, sender: str, message: Written) -> None: ...
        def on_refused(self, sender: str, message: Refused) -> None: ...

    trace = world.add(Scripted("bob", []), Scripted("cat", [])).run(until=10).trace
    return [str(event.data) for event in trace.select("note", agent="cat")]


def test_a_late_subscriber_is_told_what_stands_there_if_she_wants() -> None:
    """With replay the board catches her up; without, she hears only what comes."""
    before, after = ("bob", Write("a:1", 1)), ("bob", Write("a:2", 1))
    assert told([before, ("cat", Subscribe("a:*")), after]) == ["a:1 1", "a:2 1"]
    assert told([before, ("cat", Subscribe("a:*", replay=False)), after]) == ["a:2 1"]


def test_who_unsubscribes_hears_no_more() -> None:
    """Nor does unsubscribing twice, or from what one never asked for, hurt."""
    leave = ("cat", Unsubscribe("a:*"))
    writes = [("bob", Write("a:1", 1)), ("bob", Write("a:2", 1))]
    assert told([leave, ("cat", Subscribe("a:*")), writes[0], leave, leave, writes[1]]) == ["a:1 1"]


def test_nobody_is_told_of_what_she_wrote_herself() -> None:
    """Else two of them would answer each other for ever."""
    assert told([("cat", Subscribe("*")), ("cat", Write("a", 1)), ("bob", Write("b", 1))]) == ["b 1"]


def test_asking_again_replaces_what_one_asked_for() -> None:
    """The same pattern with another level: she is told once, and only of that level."""
    asks = [("cat", Subscribe("*")), ("cat", Subscribe("*", "high"))]
    writes = [("bob", Write("a", 1, "low")), ("bob", Write("b", 1, "high"))]
    assert told([*asks, *writes]) == ["b 1"]


# --- control --------------------------------------------------------------------------------------

SURE = {"ann": 0.5, "bob": 0.9, "cat": 0.2, "dan": 0.9}
AGENDA = [
    Activation(name, Entry(name, 1, confidence=sure), order)
    for order, (name, sure) in enumerate(SURE.items())
]


@pytest.mark.parametrize(
    ("rating", "order"),
    [
        ("first_come", "ann bob cat dan"),
        ("last_come", "dan cat bob ann"),
        ("by_confidence", "bob dan ann cat"),
    ],
)
def test_a_rating_decides_who_acts_first(rating: str, order: str) -> None:
    """The whole agenda in the order in which it is worked off; of equals the oldest first."""
    agenda, acted = list(AGENDA), []
    while agenda:
        agenda.remove(best := choose(agenda, RATINGS[rating]))
        acted.append(best.source)
    assert " ".join(acted) == order


@pytest.mark.parametrize("rating", RATINGS)
def test_200_shuffles_end_in_the_same_closure(rating: str) -> None:
    """Whatever the order of the rules, the luck and the number at work: quiet, with all that follows."""
    expected = closure({fact for fact, _ in SEEN}, RULES)
    for seed in range(200):
        dice = random.Random(seed)
        rules = dice.sample(ANIMALS, len(ANIMALS))
        world = experts(rules, seed, rating=RATINGS[rating], concurrent=dice.randint(1, 4))
        run = world.expect(*properties(RATINGS[rating], RULES)).run()
        assert known(run) == expected, seed
        assert run.trace.select("role", agent="board")[-1].data == "quiet"
        assert all(run.verdicts), run


@pytest.mark.parametrize("seed", range(20))
def test_any_set_of_observations_ends_in_its_closure(seed: int) -> None:
    """Not only the cheetah's: facts drawn from all that the rules need."""
    dice = random.Random(seed)
    needed = sorted({need for _, needs, _, _ in ANIMALS for need in needs})
    seen = tuple((fact, 0.9) for fact in dice.sample(needed, dice.randint(0, 6)))
    world = World(seed).add(Blackboard(), Observer("eye", seen))
    run = world.add(Rule(*each) for each in ANIMALS).run(until=60)
    assert known(run) == closure({fact for fact, _ in seen}, RULES)


def test_conclusions_say_what_they_rest_on_and_how_surely() -> None:
    """The cheetah rests on three entries, and is as sure as the least sure of them times the rule."""
    written = {event.data.entry.key: event.data.entry for event in experts().run().trace.select("Written")}
    cheetah = written["fact:cheetah"]
    assert cheetah.sources == (("fact:tawny", 1), ("fact:dark spots", 1), ("fact:carnivore", 1))
    assert cheetah.confidence == pytest.approx(0.9 * min(0.8, 0.7, 0.9 * min(0.95, 0.9)))


def test_a_dead_source_does_not_wedge_control() -> None:
    """The hunters' rule is down: control waits for it no longer than its limit, then goes on."""
    run = experts(limit=2.0).inject("crash hunters @0.1").run(until=60)
    activated = run.trace.select("Activate", peer="hunters")
    following = run.trace.select("decision", since=activated[0].time + 1e-6)[0]
    assert following.time == pytest.approx(activated[0].time + 2.0)
    assert known(run) == {fact for fact, _ in SEEN} | {"mammal"}
    assert run.trace.select("role", agent="board")[-1].data == "quiet"


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_control_stops_when_its_steps_are_used_up(steps: int) -> None:
    """It says that it is exhausted, not quiet, and activates nobody more."""
    run = experts(steps=steps).run(until=30)
    assert run.trace.count("Activate") == steps
    assert run.trace.select("role", agent="board")[-1].data == "exhausted"


def test_as_many_act_at_a_time_as_control_allows() -> None:
    """With two at a time the most that ever work together is two; and it is done sooner."""
    alone, two = experts(concurrent=1).run(), experts(concurrent=2).run()
    assert (most_at_work(alone), most_at_work(two)) == (1, 2)
    assert two.trace.select("Written")[-1].time <= alone.trace.select("Written")[-1].time


def most_at_work(run: Run) -> int:
    """The most activations that were under way together, by what was asked and what was done."""
    under_way = most = 0
    for event in run.trace.select("Activate", "Done", kind="send"):
        under_way += 1 if event.name == "Activate" else -1
        most = max(most, under_way)
    return most


# --- a lost update --------------------------------------------------------------------------------


class Adder(KnowledgeSource):
    """Adds one to a total three times: reads it, thinks, and writes it back."""

    role = State("idle")
    careful = False

    async def run(self) -> None:
        """Careful ones say which version they have read, and try again if it was not the last."""
        left = 3
        while left:
            (entry,) = await self.read("total")
            await self.sleep(self.dice.uniform(0.0, 0.2))
            expected = entry.version if self.careful else None
            answer = await self.ask("board", Write("total", entry.value + 1, expected=expected))
            left -= not isinstance(answer["board"], Refused)


class CarefulAdder(Adder):
    """Compares and sets."""

    careful = True


def total(adder: Callable[[str], Agent], seed: int) -> tuple[int, bool]:
    """What two adders make of 0 in six additions, and whether all promises about versions held."""
    board = Blackboard()
    board.board.write("total", 0)
    world = World(seed, latency="uniform(0.01, 0.05)").add(board, adder("ann"), adder("bob"))
    run = world.expect(*properties(first_come, [])).run()
    (entry,) = board.board.read("total")
    versions = run.trace.select("Written")
    ascending = [event.data.entry.version for event in versions] == list(range(2, len(versions) + 2))
    return entry.value, ascending


def test_read_then_write_loses_updates_and_compare_and_set_does_not() -> None:
    """50 interleavings: the careful always come to 6, the naive hardly ever do."""
    assert {total(CarefulAdder, seed) for seed in range(50)} == {(6, True)}
    assert min(total(Adder, seed) for seed in range(50)) < (6, True)


# --- to be told, or to ask ------------------------------------------------------------------------


def test_a_reporter_and_a_poller_learn_the_same() -> None:
    """One is told, the other asks: both name the three conclusions, the poller later."""
    keys = tuple(f"fact:{gives}" for gives in ("mammal", "carnivore", "cheetah"))
    run = experts().add(Reporter("told"), Poller("asks", keys)).run(until=12)
    said = {who: [event.data for event in run.trace.select("note", agent=who)] for who in ("told", "asks")}
    assert said["told"] == said["asks"]
    assert len(said["told"]) == 3
    assert run.trace.select("note", agent="asks")[-1].time > run.trace.select("note", agent="told")[-1].time
