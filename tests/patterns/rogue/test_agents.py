"""A pool with rogues in it: what is accepted, who is isolated, who is removed, and what it survives."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import sqrt
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.circuit_breaker.rules import Transition
from coordlab.patterns.rogue import Operator, Pool, Remove, Worker, demo, naive, theory
from coordlab.patterns.rogue.checks import properties
from coordlab.patterns.rogue.rules import (
    Accepted,
    Assigned,
    Checked,
    GivenUp,
    Member,
    Quorum,
    Refused,
    Removed,
    TakenBack,
    TooFew,
    lie,
    truth,
)
from coordlab.patterns.rogue.trust import CLEARED, CONVICTED, DEFAULT, Record
from coordlab.patterns.rogue.workers import Do, Opinion, Result, Review
from coordlab.patterns.weighted.rules import brier
from coordlab.world.agent import Agent
from coordlab.world.world import Run
from tests.patterns.rogue.story import PERFECT, SEVEN
from tests.sampling import disaster_count


def pool(
    crew: Any = SEVEN,
    tasks: Any = range(1, 11),
    orders: Any = (),
    seed: int = 7,
    latency: float | str = "uniform(0.01, 0.05)",
    worker: Any = PERFECT,
    **settings: Any,
) -> World:
    """A pool, its workers, the operator with orders, and what is expected of them."""
    world = World(seed, latency=latency).add(Pool(crew, tasks, **settings)).add(Operator(orders))
    world.add(Worker(getattr(each, "name", each), **worker) for each in crew)
    known = ("faulty", "least", "test", "within")
    return world.expect(*properties(crew, tasks, **{key: settings[key] for key in known if key in settings}))


def told(run: Run, kind: type) -> list[Any]:
    """What the pool put on record of one kind."""
    return [event.content for event in run.trace.select("note", "decision", kind.__name__)]


def moves(run: Run, name: str) -> list[str]:
    """Through which states the breaker of an agent went."""
    return [each.after for each in told(run, Transition) if each.breaker == name]


def broken(run: Run) -> list[str]:
    return [str(verdict) for verdict in run.verdicts if verdict.status == "violated"]


def wrong(run: Run) -> int:
    """How many accepted answers are wrong."""
    return sum(each.answer != truth(each.task) for each in told(run, Accepted))


def rogues(how: str, *names: str) -> list[str]:
    """Faults that make these agents rogue from the start."""
    return [f"rogue {name} {how} @0" for name in names]


def accepts(run: Run, many: int) -> bool:
    """Whether this many answers are accepted, none of them wrong, and no promise is broken."""
    return (wrong(run), len(told(run, Accepted)), broken(run)) == (0, many, [])


def test_one_works_three_review_two_must_approve() -> None:
    run = pool("abcd", [12], period=None, latency=0.01).run(until=1.0)
    accepted = "{'task': 12, 'agent': 'a', 'job': 1, 'answer': 144, 'approved_by': ['b', 'c', 'd']}"
    assert run.trace.select("send", "decision").as_text().splitlines() == [
        "0.000 pool decision Quorum {'voices': 4, 'faulty': 1, 'approvals': 2, 'reviewers': 3}",
        "0.000 pool decision Assigned {'task': 12, 'agent': 'a', 'job': 1}",
        "0.000 pool send Do -> a",
        "0.110 a send Result -> pool",
        "0.120 pool send Review -> b",
        "0.120 pool send Review -> c",
        "0.120 pool send Review -> d",
        "0.130 b send Opinion -> pool",
        "0.130 c send Opinion -> pool",
        "0.130 d send Opinion -> pool",
        f"0.140 pool decision Accepted {accepted}",
    ]


def test_in_the_demo_two_collude_and_come_back_and_one_is_removed() -> None:
    run = demo()
    assert moves(run, "bob") == moves(run, "cat") == ["open", "half-open", "closed"]
    assert (moves(run, "gil"), wrong(run), len(told(run, Accepted))) == (["forced open"], 0, 60)


@pytest.mark.parametrize("faulty", [0, 1, 2, 3])
@pytest.mark.parametrize("tasks", [1, 7, 20])
@pytest.mark.parametrize("period", [None, 0.1])
def test_theory_counts_the_messages(faulty: int, tasks: int, period: float | None) -> None:
    """A task takes 4f + 4, a check 2; with honest agents, who lose nothing."""
    run = pool([f"a{i}" for i in range(8)], range(tasks), faulty=faulty, least=0, period=period).run(until=9)
    checks = run.trace.count("Do") - tasks
    assert run.trace.count("send") == theory.messages(tasks, faulty, checks)
    assert (checks > 0) == (period is not None)


@pytest.mark.parametrize("how", ["wrong", "random", "colludes", "boasts"])
def test_two_rogues_of_seven_get_nothing_through_and_keep_nothing_out(how: str) -> None:
    for seed in range(5):
        run = pool(seed=seed, faulty=2, period=None).inject(*rogues(how, "bob", "cat")).run(until=31)
        assert accepts(run, 10)


def test_two_colluders_of_seven_are_isolated_and_nobody_else() -> None:
    """By three checks each, while the work goes on, and nothing wrong is accepted."""
    for seed in range(disaster_count() // 10):
        world = pool(seed=seed, faulty=2, tasks=range(1, 31), quarantine=60.0)
        run = world.inject(*rogues("colludes", "bob", "cat")).run(until=31)
        isolated = [each.breaker for each in told(run, Transition)]
        failed = Counter(each.agent for each in told(run, Checked) if not each.right)
        assert (sorted(isolated), failed) == (["bob", "cat"], {"bob": 3, "cat": 3})
        assert accepts(run, 30)


def test_more_rogues_than_are_masked_can_get_a_lie_through() -> None:
    """Three colluders among four, where one is masked: a lie that two approve of is accepted."""
    world = pool("abcd", range(1, 11), period=None).inject(*rogues("colludes", *"abc"))
    assert wrong(world.run(until=31)) > 0


@pytest.mark.slow
def test_a_single_verifier_lets_through_what_theory_says() -> None:
    """Right 0.8, sensitivity 0.9, false alarms 0.05: of 2,000 tasks, 2.6 % of those accepted are wrong."""
    verifier = {"competence": 0.8, "sensitivity": 0.9, "false_alarm": 0.05}
    false = many = 0
    for seed in range(100):
        world = pool("abcde", range(20), seed=seed, worker=verifier, faulty=0, least=0, period=None)
        run = world.run(until=31)
        many, false = many + len(told(run, Accepted)), false + wrong(run)
    share = theory.accepted_wrong(0.8, 0.9, 0.05)
    assert many == 2000
    assert abs(false / many - share) <= 3 * sqrt(share * (1 - share) / many)


def test_copies_of_one_model_have_one_voice() -> None:
    """Three of six are copies that lie alike, where one rogue is masked: their lie never gets through."""
    crew = ["ann", "bob", "cat", *(Member(name, kin="x") for name in ("dan", "eve", "fay"))]
    for seed in range(5):
        world = pool(crew, seed=seed, period=None).inject(*rogues("colludes", "dan", "eve", "fay"))
        run = world.run(until=31)
        assert accepts(run, 10)


@pytest.mark.parametrize("how", ["wrong", "random", "colludes", "boasts", "silent"])
def test_every_kind_of_rogue_is_isolated_and_the_work_goes_on(how: str) -> None:
    run = pool(tasks=range(1, 101), faulty=2, quarantine=0.5).inject(f"rogue bob {how} @0..2").run(until=31)
    assert moves(run, "bob")[:2] == ["open", "half-open"]
    assert accepts(run, 100)


def test_on_probation_it_gets_checks_only_and_comes_back_when_it_passes() -> None:
    run = pool(tasks=range(1, 121), quarantine=0.5).inject("rogue bob @0..1").run(until=31)
    out, probed, back = (e.time for e in run.trace.select("note") if isinstance(e.data, Transition))
    sent = run.trace.select("Do", "Review", peer="bob", since=out + 0.000001, before=back)
    given = [each.job for each in told(run, Assigned)]
    assert moves(run, "bob") == ["open", "half-open", "closed"]
    assert {event.name for event in sent} == {"Do"}
    assert not [event for event in sent if event.data.job in given or event.time < probed]
    later = [event.data for event in run.trace.select("decision", since=back)]
    assert "bob" in [each.agent for each in later if isinstance(each, Assigned)]


def only_checks(competence: float, many: int = 6, **settings: Any) -> tuple[list[str], list[int]]:
    """How the first test of each of many agents ended, and after how many checks: there is no other work."""
    crew = [Member(f"a{i}", kin="x") for i in range(many)]  # too few voices to do anything else
    run = pool(crew, [1], worker={"competence": competence}, quarantine=1e6, within=30.0, **settings).run(30)
    ends, lasted = [], []
    for member in crew:
        record = Record()
        for each in told(run, Checked):
            if each.agent == member.name and DEFAULT.verdict(record) is None:
                record = record.plus(each.right)
        ends.append(str(DEFAULT.verdict(record)))
        lasted.append(record.right + record.wrong)
        assert moves(run, member.name) == ["open"] or ends[-1] == CLEARED
    return ends, lasted


@pytest.mark.slow
@pytest.mark.parametrize("competence", [0.9, 0.6])
def test_the_pool_isolates_as_often_and_as_fast_as_theory_says(competence: float) -> None:
    ends, lasted = [], list[int]()
    for seed in range(20):
        more, longer = only_checks(competence, seed=seed)
        ends, lasted = ends + more, lasted + longer
    convicted, checks = theory.sprt(competence)
    spread = 3 * sqrt(convicted * (1 - convicted) / len(ends))
    assert abs(ends.count(CONVICTED) / len(ends) - convicted) <= spread
    assert abs(sum(lasted) / len(lasted) - checks) <= 3 * 8 / sqrt(len(lasted))  # 8: about their sd


@pytest.mark.slow
def test_a_rogue_that_errs_at_times_only_is_found_too() -> None:
    """In 31 s, with all but one of twenty seeds; and no promise is broken meanwhile."""
    found = 0
    for seed in range(20):
        slow = {**PERFECT, "seconds": 0.4}
        world = pool(seed=seed, tasks=range(1, 101), quarantine=60.0, worker=slow)
        run = world.inject("rogue bob wrong 0.5 @0").run(until=31)
        assert broken(run) == []
        found += moves(run, "bob") == ["open"]
    assert found == 19


def test_checks_show_who_boasts() -> None:
    run = pool(tasks=range(1, 41), worker={"competence": 0.95}).inject("rogue bob boasts @0").run(until=31)
    graded: dict[str, list[tuple[float, bool]]] = {}
    for event in run.trace.select("Checked"):
        result = run.trace[event.cause or 0].content
        graded.setdefault(event.data.agent, []).append((result.confidence, event.data.right))
    scores = {name: brier(forecasts) for name, forecasts in graded.items()}
    assert max(scores, key=lambda name: scores[name]) == "bob"
    assert scores["bob"] == 1.0


@pytest.mark.slow
def test_an_agent_that_is_down_is_isolated_and_comes_back() -> None:
    run = pool(tasks=range(1, 201), quarantine=0.5, worker={**PERFECT, "seconds": 0.15})
    run = run.inject("crash bob @0.3..2.5").run(until=31)
    assert (moves(run, "bob")[0], moves(run, "bob")[-1]) == ("open", "closed")
    assert accepts(run, 200)


# --- removal by hand ------------------------------------------------------------------------------

BYE = Remove("bob", who="hal", why="it leaks")


def test_a_removed_agent_is_out_at_once_and_its_work_is_taken_over_once() -> None:
    run = pool("abcdef", [1, 2], [(0.05, Remove("b", who="hal", why="it leaks"))], latency=0.01).run(until=9)
    gone = next(e for e in run.trace.select("decision") if isinstance(e.data, Removed))
    assert gone.data == Removed("b", "hal", "it leaks", tasks=(2,))
    assert [each.agent for each in told(run, Assigned) if each.task == 2] == ["b", "c"]
    assert TakenBack(2, "b", "b is trusted no more") in told(run, TakenBack)
    assert told(run, Refused) == [Refused("b", "Result", 2)]
    assert run.trace.select("Do", "Review", peer="b", since=gone.time) == []
    assert {each.task for each in told(run, Accepted)} == {1, 2}
    assert broken(run) == []


@pytest.mark.parametrize("at", [0.01, 0.2, 0.7, 1.5, 2.2])
def test_an_order_wins_whatever_the_tests_say(at: float) -> None:
    world = pool(orders=[(at, BYE)], tasks=range(1, 101), quarantine=0.5)
    run = world.inject("rogue bob @0..0.9").run(until=31)
    assert moves(run, "bob")[-1] == "forced open"
    assert [(each.who, each.why) for each in told(run, Removed)] == [("hal", "it leaks")]
    assert run.trace.count("Removed", kind="handle", agent="operator") == 1
    assert accepts(run, 100)


LOST = ["drop operator>pool #1", "drop pool>operator #1"]


@pytest.mark.parametrize(
    ("faults", "orders"), [(LOST, 3), (["crash pool @0.3..1"], 1), (["crash operator @0.05..1"], 1)]
)
def test_an_order_outlives_losses_and_crashes_and_is_followed_once(faults: list[str], orders: int) -> None:
    run = pool(orders=[(0.1, BYE)], tasks=range(1, 41)).inject(*faults).run(until=31)
    assert (run.trace.count("Remove"), moves(run, "bob")) == (orders, ["forced open"])
    assert len(told(run, Removed)) == 1
    assert accepts(run, 40)


def test_rogues_cannot_remove_anybody() -> None:
    class Coup(Worker):
        async def run(self) -> None:
            answers = await self.ask("pool", Remove("a", who="hal", why="because I say so"))
            self.note(answers["pool"].because)

    world = World().add(Pool("abcd", [1]), *map(Worker, "abc"), Coup("d"))
    run = world.expect(*properties("abcd", [1])).run(until=5)
    notes = [event.data for event in run.trace.select("note", agent="d")]
    assert notes == ["d wants a removed, but only the operator may. Ask the operator."]
    assert (told(run, Removed), broken(run)) == ([], [])


def test_a_stranger_is_not_heard() -> None:
    class Stranger(Agent):
        async def run(self) -> None:
            self.send("pool", Result(1, -1, 1.0, token=0))
            self.send("pool", Opinion(1, True, 1.0, token=0))

    run = pool("abcd", [12], period=None).add(Stranger("zed")).run(until=5)
    assert told(run, Refused) == [Refused("zed", "Result", 1), Refused("zed", "Opinion", 1)]
    assert told(run, Accepted)[0].answer == 144


def test_who_is_removed_cannot_guess_its_way_in() -> None:
    class Guesser(Worker):
        async def run(self) -> None:
            async for _ in self.every(0.2):
                for job, token in product(range(1, 16), range(4)):
                    self.send("pool", Result(job, -1, 1.0, token))
                    self.send("pool", Opinion(job, True, 1.0, token))

    world = World(latency=0.01).add(Pool("abcde", range(1, 9)), map(Worker, "abcd"), Guesser("e"))
    world.add(Operator([(0.0, Remove("e", "hal", "it guesses"))]))
    run = world.expect(*properties("abcde", range(1, 9))).run(until=1.1)
    sent = [e for e in run.trace.select("Result", "Opinion", kind="handle", peer="e") if e.agent == "pool"]
    assert len(told(run, Refused)) == len(sent) > 500
    assert accepts(run, 8)


def test_who_says_one_thing_and_then_another_is_held_to_the_first() -> None:
    class Twice(Worker):
        def on_review(self, sender: str, message: Review) -> Opinion:
            self.send(sender, Opinion(message.job, False, 1.0, message.token))
            return Opinion(message.job, True, 1.0, message.token)

        async def on_do(self, sender: str, message: Do) -> Result:
            self.send(sender, Result(message.job, truth(message.task), 1.0, message.token))
            return Result(message.job, lie(message.task), 1.0, message.token)

    world = World(latency=0.01).add(Pool("abcd", [12], period=None), map(Twice, "abcd"))
    run = world.expect(*properties("abcd", [12])).run(until=0.5)
    assert "Result" in {each.what for each in told(run, Refused)}
    assert (wrong(run), told(run, Accepted), broken(run)) == (0, [], [])


# --- the quorum -----------------------------------------------------------------------------------


def test_the_quorum_shrinks_with_the_pool_and_says_so() -> None:
    """Seven mask two, five and four mask one; three mask none, which is declared, and nothing is accepted."""
    orders = [(float(n), Remove(name, "hal", "it leaks")) for n, name in enumerate(SEVEN[:4], 1)]
    run = pool(orders=orders, tasks=range(1, 3), faulty=2, within=6.0).run(until=8)
    quorums = [Quorum(7, 2, 3, 5), Quorum(6, 2, 3, 5), Quorum(5, 1, 2, 3), Quorum(4, 1, 2, 3), TooFew(3, 4)]
    assert [e.data for e in run.trace.select("decision") if isinstance(e.data, (Quorum, TooFew))] == quorums


def test_too_few_is_an_outcome() -> None:
    run = pool("abc", range(1, 4), within=3.0).run(until=5)
    assert told(run, TooFew) == [TooFew(3, 4)]
    assert told(run, GivenUp) == [GivenUp(task, "no answer was approved within 3 s") for task in (1, 2, 3)]
    assert [e.data for e in run.trace.select("role", agent="pool")] == ["too few", "done"]
    assert (told(run, Accepted), broken(run)) == ([], [])


def test_work_goes_on_when_there_are_enough_again() -> None:
    world = pool("abcd", range(1, 41), quarantine=0.5).inject("rogue b @0..1.2")
    run = world.run(until=31)
    assert [e.data for e in run.trace.select("role", agent="pool")] == ["too few", "working", "done"]
    assert accepts(run, 40)


# --- what it survives -----------------------------------------------------------------------------


def test_after_a_crash_of_the_pool_trust_and_records_are_as_before() -> None:
    run = pool(tasks=range(1, 41), quarantine=60.0).inject("rogue bob @0", "crash pool @1.5..2").run(until=31)
    assert run.world["pool"].trusted == tuple(name for name in SEVEN if name != "bob")  # type: ignore[attr-defined]
    assert max(Counter(each.task for each in told(run, Accepted)).values()) == 1
    assert TakenBack in map(type, told(run, TakenBack))
    assert accepts(run, 40)


# --- where the usual first try goes wrong ---------------------------------------------------------


def test_nobody_picks_its_own_weight() -> None:
    assert naive.a_boaster_outvotes_four()[0] == -144
    runs = [
        pool(faulty=2, period=None).inject(f"rogue eve {how} @0").run(until=31) for how in ("boasts", "wrong")
    ]
    assert [wrong(run) for run in runs] == [0, 0]
    assert runs[0].trace.count("send") == runs[1].trace.count("send")


def test_one_validator_that_lies_is_not_enough() -> None:
    assert naive.the_validator_lies() == {2: -4, 3: -9}
    run = pool(tasks=[2, 3], period=None).inject("rogue ann colludes @0").run(until=31)
    assert {each.task: each.answer for each in told(run, Accepted)} == {2: 4, 3: 9}


def test_a_late_result_does_not_get_in() -> None:
    assert naive.a_late_result_gets_in()[1] == {12: -144}
    world = World().add(Pool("abcde", [12], period=None), Worker("a", seconds=0.4), map(Worker, "bcde"))
    world.add(Operator([(0.1, Remove("a", "hal", "it lies"))])).inject("rogue a colludes @0")
    run = world.run(until=5)
    assert told(run, Refused) == [Refused("a", "Result", 1)]
    assert [each.answer for each in told(run, Accepted)] == [144]


def test_an_honest_minority_is_not_isolated() -> None:
    assert naive.the_honest_are_isolated() == ["eve", "fay", "gil"]
    world = pool(tasks=range(1, 41), within=6.0, quarantine=60.0)
    run = world.inject(*rogues("colludes", "dan", "eve", "fay", "gil")).run(until=8)
    assert run.world["pool"].trusted == ("ann", "bob", "cat")  # type: ignore[attr-defined]
    assert broken(run) == []


# --- bad input ------------------------------------------------------------------------------------

REFUSED = [
    (lambda: Pool(SEVEN, [1], patience=0), r"patience=0: expected seconds above 0"),
    (lambda: Pool(SEVEN, [1], period=0), r"period=0: expected seconds above 0"),
    (lambda: Pool(SEVEN, [1], within=float("inf")), r"within=inf: expected seconds above 0"),
    (lambda: Pool(SEVEN, ["x"]), r"task='x': expected a whole number"),  # type: ignore[list-item]
    (lambda: Worker("ann", competence=1.5), r"competence=1\.5: expected a probability from 0 to 1"),
    (lambda: Remove("bob", "hal", " "), r"why=' '\): say who removes it, and why\. For example: Remove"),
]


@pytest.mark.parametrize(("make", "why"), REFUSED)
def test_what_makes_no_sense_is_refused_before_the_run(make: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make()


def test_to_remove_a_stranger_is_declined() -> None:
    run = pool(orders=[(0.1, Remove("zed", "hal", "it leaks"))], period=None).run(until=31)
    assert "zed is not a member. Name one of ann, bob" in run.trace.select("Declined")[0].data.because
    assert accepts(run, 10)


def test_a_task_given_twice_is_one_task() -> None:
    assert len(told(pool(tasks=[3, 3, 3]).run(until=5), Accepted)) == 1
    assert [e.data for e in pool(tasks=[]).run(until=5).trace.select("role", agent="pool")] == ["done"]
