"""The blackboard with its agents: control, quiescence, and what goes wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from coordlab import Agent, World
from coordlab.patterns.blackboard import (
    Blackboard,
    KnowledgeSource,
    Notify,
    Refused,
    Retract,
    Subscribe,
    Unsubscribe,
    Write,
    Written,
)
from coordlab.patterns.blackboard.checks import closure, properties
from coordlab.patterns.blackboard.expert import ANIMALS, RULES, SEEN, Observer, Poller, Reporter, Rule
from coordlab.patterns.blackboard.rules import RATINGS, Entry, Query, first_come
from coordlab.patterns.blackboard.theory import notices, polling_reads
from coordlab.world.world import Run
from tests.sampling import disaster_count

Script = list[tuple[str, Any]]


class Client(Agent):
    """Sends the messages of its script to the board, and notes the replies."""

    def __init__(self, name: str, script: Script) -> None:
        super().__init__(name)
        self.script = script

    async def run(self) -> None:
        for wish in self.script:
            answers = await self.ask("board", wish, within=0.5)
            for answer in answers.values():
                self.note(repr(answer))

    def on_notify(self, sender: str, message: Notify) -> None:
        self.note(f"{message.entry.key} {message.entry.version}")


def experts(rules: Any = ANIMALS, seed: int = 7, facts: Any = SEEN, **settings: Any) -> World:
    """A board, an observer of `facts`, and a rule for each of `rules`."""
    world = World(seed, latency="uniform(0.01, 0.05)").add(Blackboard(**settings), Observer("eye", facts))
    return world.add(Rule(name, needs, gives, strength) for name, needs, gives, strength in rules)


def known(run: Run) -> set[str]:
    return {event.data.entry.key for event in run.trace.select("Written")}


def notes(script: Script, **settings: Any) -> list[str]:
    world = World().add(Blackboard(**settings), Client("ann", script))
    return [str(event.data) for event in world.run(until=10).trace.select("note", agent="ann")]


# --- the happy trace ------------------------------------------------------------------------------


def test_an_entry_triggers_a_source_that_reads_works_and_writes() -> None:
    """Hair is seen; the only rule is activated, finds all it needs, and concludes; then all is quiet."""
    world = World(latency=0.01).add(Blackboard(), Observer("eye", SEEN[:1]), Rule(*ANIMALS[0]))
    happened = world.run().trace.select("send", "state", "timer", since=0.01)
    assert [str(event) for event in happened] == [
        "0.300 eye timer its sleep to end 0.3",
        "0.300 eye send Write -> board",
        "0.310 board send Written -> eye",
        "0.310 board state role controlling",
        "0.310 board timer its sleep to end 0",
        "0.310 board send Activate -> mammals",
        "0.320 mammals send Query -> board",
        "0.330 board send Found -> mammals",
        "0.340 mammals state role working",
        "0.840 mammals timer its sleep to end 0.5",
        "0.840 mammals send Query -> board",
        "0.850 board send Found -> mammals",
        "0.860 mammals send Write -> board",
        "0.870 board send Written -> mammals",
        "0.880 mammals state role idle",
        "0.880 mammals send Done -> board",
        "0.890 board state role quiet",
    ]


# --- the board as an agent ------------------------------------------------------------------------


def test_it_writes_finds_and_retracts() -> None:
    """Every request gets its reply, and a retracted entry is no longer found."""
    entry = "Entry(key='a', value=1, version=1, author='ann', level='', confidence=1.0, sources=())"
    assert notes([Write("a", 1), Query(), Retract("a"), Query(), Retract("a")]) == [
        f"Written(entry={entry})",
        f"Found(entries=({entry},))",
        "Retracted(key='a', version=2)",
        "Found(entries=())",
        "Refused(key='a', version=2, why='there is no such entry')",
    ]


def test_it_refuses_old_versions_and_unknown_sources() -> None:
    """A compare-and-set on an old version, and a write with a source that was never on the board."""
    script = [Write("a", 1), Write("a", 2, expected=0), Write("b", 3, sources=(("c", 1),)), Query("b")]
    assert notes(script)[1:] == [
        """Refused(key='a', version=1, why="'a' is at version 1, not 0: read it again, then decide.")""",
        (
            """Refused(key='b', version=0, why="'b' rests on 'c', version 1, which was never on the board: """
            """name an entry that exists, such as 'a', version 1.")"""
        ),
        "Found(entries=())",
    ]


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


def test_replay_tells_a_late_subscriber_what_is_there() -> None:
    before, after = ("bob", Write("a:1", 1)), ("bob", Write("a:2", 1))
    assert told([before, ("cat", Subscribe(Query("a:*"))), after]) == ["a:1 1", "a:2 1"]
    assert told([before, ("cat", Subscribe(Query("a:*"), replay=False)), after]) == ["a:2 1"]


def test_a_subscriber_that_unsubscribes_hears_no_more() -> None:
    leave = ("cat", Unsubscribe(Query("a:*")))
    writes = [("bob", Write("a:1", 1)), ("bob", Write("a:2", 1))]
    assert told([leave, ("cat", Subscribe(Query("a:*"))), writes[0], leave, leave, writes[1]]) == ["a:1 1"]


def test_subscribing_twice_is_subscribing_once_and_a_writer_is_not_told_of_its_own() -> None:
    asks = [("cat", Subscribe(Query())), ("cat", Subscribe(Query())), ("cat", Subscribe(Query("a")))]
    writes = [("cat", Write("c", 1)), ("bob", Write("a", 1)), ("bob", Write("b", 1))]
    assert told([*asks, *writes]) == ["a 1", "a 1", "b 1"]


# --- control --------------------------------------------------------------------------------------


def test_any_order_ends_in_the_same_closure() -> None:
    """For any facts, order of rules, rating and number at work: quiet, with all that follows."""
    needed = sorted({need for _, needs, _, _ in ANIMALS for need in needs})
    for seed in range(disaster_count()):
        dice = random.Random(seed)
        rules, rating = dice.sample(ANIMALS, len(ANIMALS)), dice.choice(list(RATINGS.values()))
        facts = tuple((fact, 0.9) for fact in dice.sample(needed, dice.randint(1, 8)))
        world = experts(rules, seed, facts, rating=rating, concurrent=dice.randint(1, 4))
        run = world.expect(*properties(rating, RULES)).run(until=60)
        assert known(run) == closure({f"fact:{fact}" for fact, _ in facts}, RULES), seed
        assert last_role(run) == "quiet"
        assert all(run.verdicts), run


def test_conclusions_carry_sources_and_confidence() -> None:
    """The cheetah rests on three entries, and is as sure as the least sure of them times the rule."""
    written = {event.data.entry.key: event.data.entry for event in experts().run().trace.select("Written")}
    cheetah = written["fact:cheetah"]
    assert cheetah.sources == (("fact:tawny", 1), ("fact:dark spots", 1), ("fact:carnivore", 1))
    assert cheetah.confidence == pytest.approx(0.9 * min(0.8, 0.7, 0.9 * min(0.95, 0.9)))


def test_a_crashed_source_does_not_stop_control() -> None:
    """The hunters' rule is down: control waits for it until its limit, then goes on."""
    run = experts(limit=2.0).inject("crash hunters @0.1").run(until=60)
    activated = run.trace.select("Activate", peer="hunters")
    following = run.trace.select("decision", since=activated[0].time + 1e-6)[0]
    assert following.time == pytest.approx(activated[0].time + 2.0)
    assert known(run) == {f"fact:{fact}" for fact, _ in SEEN} | {"fact:mammal"}
    assert last_role(run) == "quiet"


def last_role(run: Run) -> object:
    return run.trace.select("role", agent="board")[-1].data


@pytest.mark.parametrize(
    ("budget", "activations"), [({"steps": 0}, 0), ({"steps": 5}, 5), ({"seconds": 2.0}, 4)]
)
def test_control_stops_when_its_budget_is_used_up(budget: dict[str, Any], activations: int) -> None:
    run = experts(**budget).expect(*properties(first_come, RULES)).run(until=30)
    assert (run.trace.count("Activate"), last_role(run)) == (activations, "exhausted")
    assert all(event.time < 2.0 or "steps" in budget for event in run.trace.select("Activate"))
    assert run.verdicts[-1].status == "undecided"


def test_a_source_without_a_contribution_takes_its_turn() -> None:
    """By default a source is triggered by everything, can always act, and contributes nothing."""
    world = World().add(Blackboard(), KnowledgeSource("mute", cost=1.0), Client("ann", [Write("a", 1)]))
    trace = world.run().trace
    assert [event.data.contributed for event in trace.select("Done")] == [0]
    assert trace.until > 1.0


def test_as_many_act_at_a_time_as_control_allows() -> None:
    """With two at a time at most two work together, and it is done sooner."""
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


# --- what it survives -----------------------------------------------------------------------------


def test_a_source_that_comes_back_looks_at_everything_again() -> None:
    """The rule about mammals crashes at work: once back, it is activated for all entries."""
    acting = experts().run().trace.select("role", agent="mammals")[0]
    assert acting.data == "working"
    world = experts(limit=1.0).inject(f"crash mammals @{acting.time + 0.1:.3f}..2")
    run = world.expect(*properties(first_come, RULES)).run()
    assert run.trace.count("Activate", peer="mammals", since=2) >= 4
    assert "fact:cheetah" in known(run)
    assert all(run.verdicts)


# --- the order of things --------------------------------------------------------------------------


class Guesser(Rule):
    """Acts on an absence: concludes what it gives as long as nothing says the contrary."""

    async def condition(self, entry: Entry) -> bool:
        keys = {each.key for each in await self.query(self.trigger)}
        return not keys & {f"fact:{each}" for each in (*self.needs, self.gives)}

    async def contribute(self, entry: Entry) -> list[Write]:
        return [Write(f"fact:{self.gives}", True, "conclusion")]


def guessed(facts: tuple[tuple[str, float], ...]) -> Run:
    """Facts in this order, the usual rules, and a rule that guesses a reptile where there is no hair yet."""
    return observed(Observer("eye", facts), Guesser("hasty", ("hair",), "reptile"))


def observed(*agents: Agent) -> Run:
    """The usual rules, and these agents."""
    world = World(latency=0.01).add(Blackboard(), *agents).add(Rule(*each) for each in ANIMALS)
    return world.expect(*properties(first_come, RULES)).run()


def test_acting_on_an_absence_makes_the_order_matter_and_the_check_objects() -> None:
    """Hair seen first: a cheetah; hair seen last: the same cheetah, and a reptile too."""
    first, last = (guessed(facts) for facts in (SEEN, SEEN[::-1]))
    assert known(last) - known(first) == {"fact:reptile"}
    assert [run.verdicts[-1].status for run in (first, last)] == ["holds", "violated"]
    why = "on the board, but following from nothing that was observed: fact:reptile."
    assert last.verdicts[-1].because == why


class Forgetful(Observer):
    """Withdraws its first observation `wait` seconds after the last."""

    def __init__(self, name: str, facts: tuple[tuple[str, float], ...], wait: float) -> None:
        super().__init__(name, facts)
        self.wait = wait

    async def run(self) -> None:
        await super().run()
        await self.sleep(self.wait)
        await self.ask("board", Retract(f"fact:{self.facts[0][0]}"))


def test_the_check_objects_to_conclusions_without_sources() -> None:
    verdict = observed(Forgetful("eye", SEEN, wait=5.0)).verdicts[-1]
    assert verdict.because.endswith("observed: fact:carnivore, fact:cheetah, fact:mammal.")


def test_a_withdrawn_fact_leads_to_no_conclusion() -> None:
    run = observed(Forgetful("eye", SEEN[:1], wait=0.2))
    assert run.trace.select("role", agent="mammals")[0].data == "working"
    assert known(run) == {"fact:hair"}


# --- a lost update --------------------------------------------------------------------------------


class Adder(KnowledgeSource):
    """Adds one to a total three times: reads it, thinks, and writes it back."""

    async def run(self) -> None:
        for _ in range(3):
            (entry,) = await self.query(Query("total"))
            await self.sleep(self.dice.uniform(0.0, 0.2))
            await self.ask("board", Write("total", entry.value + 1))


class CarefulAdder(KnowledgeSource):
    """Adds one to a total three times, as an update."""

    async def run(self) -> None:
        """Say which version it has read, and try again if that was not the last."""
        for _ in range(3):
            await self.sleep(self.dice.uniform(0.0, 0.2))
            await self.update("total", lambda value: value + 1)


def total(adder: Callable[[str], Agent], seed: int) -> tuple[int, set[str]]:
    """What two adders make of 0 in six additions, and the verdicts on what was promised."""
    world = World(seed, latency="uniform(0.01, 0.05)").add(Blackboard(), Client("zoe", [Write("total", 0)]))
    run = world.add(adder("ann"), adder("bob"), at=0.5).expect(*properties()).run()
    return run.world["board"].board.read("total").value, {each.status for each in run.verdicts}  # type: ignore[attr-defined]


def test_read_then_write_loses_updates_and_compare_and_set_does_not() -> None:
    """The careful adders always get 6, the naive ones hardly ever; no version is lost."""
    seeds = range(disaster_count())
    careful, naive = ([total(adder, seed) for seed in seeds] for adder in (CarefulAdder, Adder))
    assert {value for value, _ in careful} == {6}
    assert min(value for value, _ in naive) < 6
    assert all(statuses == {"holds"} for _, statuses in careful + naive)


def test_an_update_of_nothing_changes_nothing() -> None:
    run = World().add(Blackboard(), CarefulAdder("ann")).run()
    assert run.trace.count("Write") == 0


def test_an_update_gives_up_on_a_silent_board() -> None:
    world = World().add(Blackboard(), Client("zoe", [Write("total", 0)])).add(CarefulAdder("ann"), at=0.5)
    run = world.inject("cut board>ann @0.5..0.9", "crash board @0.95").run(until=60)
    assert run.trace.count("Write", agent="ann") <= 1


# --- to be told, or to ask ------------------------------------------------------------------------


THREE = tuple(f"fact:{gives}" for gives in ("mammal", "carnivore", "cheetah"))


def test_a_reporter_and_a_poller_learn_the_same() -> None:
    """One is told, the other asks: both note the three conclusions, the poller later."""
    run = experts().add(Reporter("told"), Poller("asks", THREE)).run(until=12)
    said = {who: [event.data for event in run.trace.select("note", agent=who)] for who in ("told", "asks")}
    assert said["told"] == said["asks"]
    assert len(said["told"]) == 3
    assert run.trace.select("note", agent="asks")[-1].time > run.trace.select("note", agent="told")[-1].time


@pytest.mark.parametrize("readers", [0, 1, 4])
def test_theory_counts_what_is_sent(readers: int) -> None:
    """Each reader is told of three conclusions, or reads each of three keys every second."""
    names = [f"reader-{each}" for each in range(readers)]
    told = experts().add(Reporter(name) for name in names).run(until=12).trace
    asked = experts().add(Poller(name, THREE) for name in names).run(until=12).trace
    assert told.count("Notify") == notices(readers, 3)
    assert sum(event.agent in names for event in asked.select("Query")) == polling_reads(readers, 3, 12)


def test_news_comes_in_the_order_of_the_versions() -> None:
    """For any message delays, no subscriber hears the newer version of a key first."""
    for seed in range(disaster_count()):
        world = World(seed, latency="uniform(0.01, 0.5)").add(Blackboard(), Reader("cat"))
        run = world.add(Hasty("bob"), at=1.0).run()
        assert [event.data for event in run.trace.select("note", agent="cat")] == ["1", "2", "3", "4", "5"]


class Reader(Agent):
    """Says which version it hears of."""

    async def run(self) -> None:
        self.send("board", Subscribe(Query()))

    def on_notify(self, sender: str, message: Notify) -> None:
        self.note(message.entry.version)


class Hasty(Agent):
    """Writes five versions at once."""

    async def run(self) -> None:
        for version in range(1, 6):
            self.send("board", Write("a", version))

    def on_written(self, sender: str, message: Written) -> None: ...


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        (lambda: Blackboard(concurrent=0), r"concurrent=0: expected a whole number, 1 or more"),
        (lambda: Blackboard(limit=float("nan")), r"limit=nan: expected seconds above 0"),
        (lambda: Blackboard(steps=-1), r"steps=-1: expected a whole number, 0 or more"),
        (lambda: Blackboard(seconds=-1), r"seconds=-1: expected seconds, 0 or later"),
        (lambda: Write("a", 1, sources=None), r"sources=None: expected a tuple of pairs"),  # type: ignore[arg-type]
    ],
)
def test_refusals(wrong: Callable[[], object], advice: str) -> None:
    with pytest.raises(ValueError, match=advice):
        wrong()
