"""Conflict resolution: every step of the chain, its cost, and what it survives."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.conflict import (
    Ask,
    Escalate,
    Human,
    Proposer,
    Resolver,
    Ruling,
    demo,
    naive,
    standoff,
    theory,
)
from coordlab.patterns.conflict.checks import properties
from coordlab.patterns.conflict.rules import Candidate, Policy, Resolved, union
from coordlab.world.world import Run
from tests.disasters import disasters

SETTINGS: dict[str, Any] = {"patience": 0.25, "hearing": 2.0, "default": "as before"}


def quarrel(
    policy: Policy,
    *agents: Any,
    conflicts: tuple[str, ...] = ("name",),
    human: str | None = None,
    **world: Any,
) -> World:
    made = World(**{"seed": 7, "latency": "uniform(0.01, 0.05)", **world})
    return made.add(Resolver(policy, conflicts, human), *agents).expect(*properties(policy))


def settle(policy: Policy, *agents: Any, **settings: Any) -> Run:
    return quarrel(policy, *agents, **settings).run(until=policy.bound + 0.5)


def outcome(run: Run) -> list[tuple[str, Any, str]]:
    return [(event.data.conflict, event.data.value, event.data.by) for event in run.trace.select("decision")]


def tried(run: Run) -> list[tuple[str, str]]:
    return [
        (event.data.step, event.data.reason)
        for event in run.trace.select("note")
        if hasattr(event.data, "step")
    ]


def two(**both: Any) -> list[Proposer]:
    return [Proposer("ann", {"name": "x"}, **both), Proposer("bob", {"name": "y"}, **both)]


def statuses(run: Run) -> set[str]:
    return {verdict.status for verdict in run.verdicts}


# --- the happy trace ------------------------------------------------------------------------------


def test_two_hear_each_others_evidence_and_agree() -> None:
    """Ann has one sign of a full disk, Bob two of a bad link; asked again, both blame the link."""
    policy = Policy(**SETTINGS)
    ann = Proposer("ann", {"name": "disk"}, [("name", "log", "disk")])
    bob = Proposer("bob", {"name": "net"}, [("name", "ping", "net"), ("name", "probe", "net")])
    run = settle(policy, ann, bob, latency=0.01)
    told = [
        event
        for event in run.trace
        if event.kind not in ("start", "deliver", "handle", "state", "note", "decision")
    ]
    assert [str(event) for event in told] == [
        "0.000 resolver send Ask -> ann",
        "0.000 resolver send Ask -> bob",
        "0.010 ann send Proposal -> resolver",
        "0.010 bob send Proposal -> resolver",
        "0.020 resolver send Ask -> ann",
        "0.020 resolver send Ask -> bob",
        "0.030 ann send Proposal -> resolver",
        "0.030 bob send Proposal -> resolver",
        "0.040 resolver send Resolved -> ann",
        "0.040 resolver send Resolved -> bob",
    ]
    assert [(event.time, event.agent, event.data) for event in run.trace.select("role", kind="state")] == [
        (0.0, "resolver", "settling"),
        (0.04, "resolver", "settled"),
        (0.05, "ann", "settled"),
        (0.05, "bob", "settled"),
    ]
    assert tried(run) == [("merge", "no rule makes one of disk, net")]
    assert outcome(run) == [("name", "net", "retry")]
    assert statuses(run) == {"holds"}


def test_every_step_has_its_conflict() -> None:
    """Five conflicts, five steps, and each step that failed before says why."""
    run = demo()
    reasons = {event.data.conflict: event.data.reason for event in run.trace.select("decision")}
    assert reasons == {
        "tags": "made of {old}, {new}",
        "cause": "all agree, asked again",
        "name": "ann is first by priority",
        "hue": "ann's was chosen",
        "date": "nothing else settled it",
    }
    date = [
        event.data
        for event in run.trace.select("note")
        if getattr(event.data, "step", "") and event.data.conflict == "date"
    ]
    assert [(each.step, each.reason) for each in date] == [
        ("merge", "no rule makes one of May, June"),
        ("retry", "still May, June after 2 retries"),
        ("tie-break", "May, June are tied by priority"),
        ("escalate", "nobody decided within 2 s"),
    ]
    assert statuses(run) == {"holds"}


@pytest.mark.parametrize(
    ("chain", "value"),
    [
        (("tie-break", "merge", "default"), "tie-break"),
        (("merge", "tie-break", "default"), "merge"),
        (("escalate", "merge", "default"), "escalate"),
        (("default",), "default"),
    ],
)
def test_the_order_of_the_chain_is_data(chain: tuple[str, ...], value: str) -> None:
    """The same two sets of tags: the first step in the chain that can settle it does."""
    agents = [
        Proposer("ann", {"name": frozenset("a")}),
        Proposer("bob", {"name": frozenset("b")}),
        Human("eve"),
    ]
    run = settle(Policy(chain=chain, merge=union, **SETTINGS), *agents, human="eve")
    assert [by for _, _, by in outcome(run)] == [value]


# --- asking again ---------------------------------------------------------------------------------


def test_asking_again_without_news_repeats_the_conflict() -> None:
    """The evidence that would settle it at once is not passed on: every retry hears the same."""
    agents = [
        Proposer("ann", {"name": "disk"}, [("name", "log", "disk")]),
        Proposer("bob", {"name": "net"}, [("name", "ping", "net"), ("name", "probe", "net")]),
    ]
    run = settle(Policy(retries=5, in_context=False, **SETTINGS), *agents)
    heard = [(event.agent, event.data.candidate.value) for event in run.trace.select("Proposal")]
    assert sorted(heard) == [("ann", "disk")] * 6 + [("bob", "net")] * 6
    assert outcome(run)[0][2] == "tie-break"


@cache
def took(chance: float) -> list[int]:
    return [run.trace.count("Ask") // 2 - 1 for run in (standoff(chance, seed=seed) for seed in range(150))]


@pytest.mark.parametrize("chance", [0.5, 0.25, 0.1])
def test_two_who_give_way_by_chance_agree_as_fast_as_theory_says(chance: float) -> None:
    """150 standoffs: the mean number of retries within four standard errors of 1 / (2p(1 - p))."""
    error = statistics.stdev(took(chance)) / 150**0.5
    assert abs(statistics.mean(took(chance)) - theory.rounds(chance)) < 4 * error


def test_two_who_always_give_way_never_agree_and_the_budget_ends_it() -> None:
    """At p = 1 they swap their wishes 200 times; then the next step settles it."""
    run = standoff(1.0)
    assert run.trace.count("Ask") == 2 * 201
    assert outcome(run)[0][2] == "tie-break"
    assert statuses(run) == {"holds"}


# --- the human ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("human", "by"),
    [
        (Human("eve", takes=1.9), "escalate"),
        (Human("eve", takes=2.0), "default"),
        (Human("eve", absent=True), "default"),
    ],
    ids=["in time", "too slow", "absent"],
)
def test_a_human_decides_in_time_or_the_default_stands(human: Human, by: str) -> None:
    """Nobody waits longer than the hearing."""
    run = settle(
        Policy(order=("priority",), **SETTINGS),
        *two(),
        human.__class__(*human._making[0], **human._making[1]),
        human="eve",
    )
    assert outcome(run) == [("name", "x" if by == "escalate" else "as before", by)]
    assert statuses(run) == {"holds"}


def test_humans_work_through_a_queue() -> None:
    """Four conflicts at 0.6 s each, and 2 s of patience: three are decided, the last has its default."""
    names = ("a", "b", "c", "d")
    views = [Proposer(who, dict.fromkeys(names, who)) for who in ("ann", "bob")]
    run = settle(
        Policy(order=("priority",), **SETTINGS), *views, Human("eve", takes=0.6), human="eve", conflicts=names
    )
    assert [by for _, _, by in outcome(run)] == ["escalate"] * 3 + ["default"]
    rulings = [event.time for event in run.trace.select("Ruling")]
    assert [round(later - earlier, 6) for earlier, later in pairwise(rulings)] == [0.6] * 3
    assert [event.data for event in run.trace.select("role", kind="state", agent="eve")] == ["busy", "free"]


def test_a_human_prefers_the_best_supported() -> None:
    """Bob has evidence and Ann has none; to whoever takes in no evidence, asking again is no help."""
    chain = ("escalate", "default")
    bob = Proposer("bob", {"name": "y"}, [("name", "poll", "y")])
    run = settle(
        Policy(chain=chain, **SETTINGS), Proposer("ann", {"name": "x"}), bob, Human("eve"), human="eve"
    )
    assert outcome(run) == [("name", "y", "escalate")]


class Confused(Human):
    """Names somebody who has no candidate."""

    def judge(self, candidates: tuple[Candidate, ...]) -> str:
        return "zed"


@pytest.mark.parametrize(
    ("agents", "human", "reason"),
    [
        ([*two()], None, "nobody decided within 2 s"),
        ([], None, "nobody decided within 2 s"),
        ([*two(), Confused("eve")], "eve", "zed is no candidate"),
    ],
    ids=["no human", "no candidates", "confused"],
)
def test_an_escalation_that_leads_nowhere_says_so(agents: list[Any], human: str | None, reason: str) -> None:
    """And the default stands."""
    fresh = [type(each)(*each._making[0], **each._making[1]) for each in agents]
    run = settle(Policy(chain=("escalate", "default"), **SETTINGS), *fresh, human=human)
    assert tried(run) == [("escalate", reason)]
    assert outcome(run) == [("name", "as before", "default")]


# --- what it costs --------------------------------------------------------------------------------

KINDS = ("Ask", "Proposal", "Escalate", "Ruling", "Resolved")


@pytest.mark.parametrize("proposers", range(1, 8))
@pytest.mark.parametrize("retries", range(4))
@pytest.mark.parametrize("escalated", [False, True])
def test_theory_counts_what_is_sent(proposers: int, retries: int, escalated: bool) -> None:
    """One to seven who all differ, up to three retries, with a human or without."""
    policy = Policy(retries=retries, order=("priority",) if escalated else ("id",), **SETTINGS)
    agents = [Proposer(str(n), {"name": n}) for n in range(proposers)]
    run = settle(policy, *agents, *[Human("eve")] * escalated, human="eve" if escalated else None)
    asked_again = retries if proposers > 1 else 0
    assert run.trace.count(*KINDS) == theory.messages(proposers, asked_again, escalated and proposers > 1)


# --- what it survives -----------------------------------------------------------------------------


def test_who_comes_late_is_on_record_as_lost() -> None:
    """Bob's link takes longer than anybody waits: his candidate does not stand, and the trace says so."""
    policy = Policy(retries=0, **SETTINGS)
    run = quarrel(policy, *two()).inject("slow bob 0.5 @0..2").run(until=4)
    assert outcome(run) == [("name", "x", "merge")]
    lost = [
        event.data.candidate.value
        for event in run.trace.select("note")
        if type(event.data).__name__ == "Lost"
    ]
    assert lost == ["y"]
    assert statuses(run) == {"holds"}


def test_a_silent_proposer_is_heard_at_a_retry() -> None:
    """Cat's first answer is lost; asked again because the others differ, she has her say."""
    policy = Policy(**SETTINGS)
    run = (
        quarrel(policy, *two(), Proposer("cat", {"name": "z"}, priority=1))
        .inject("drop cat>resolver #1")
        .run(until=4)
    )
    assert outcome(run) == [("name", "z", "tie-break")]


def test_an_answer_that_was_overtaken_is_out_of_date() -> None:
    """Ann's first wish arrives after she has given way: it is the later one that counts."""
    ann, cat, dan = (
        Proposer(*each) for each in (("ann", {"name": "x"}, (), 0, 1.0), ("cat", {"name": "z"}), ("dan", {}))
    )
    policy = Policy(retries=1, order=("id",), **SETTINGS)
    world = quarrel(policy, ann, Proposer("bob", {"name": "y"}), cat, dan, latency=0.01)
    run = world.inject("delay ann>resolver #1 0.3", "slow dan 2 @0..3").run(until=4)
    arrived = [event.time for event in run.trace.select("Proposal", kind="handle", peer="ann")]
    assert [round(each, 2) for each in arrived] == [0.27, 0.32]
    assert outcome(run)[0][1] in ("y", "z")


def test_the_same_question_has_the_same_answer() -> None:
    """Every message comes twice, and those who give way by chance do not throw their dice twice."""
    policy = Policy(retries=20, **SETTINGS)

    def answers(duplicate: float, seed: int) -> set[tuple[Any, ...]]:
        run = settle(policy, *two(yields=0.2), latency=0.01, duplicate=duplicate, seed=seed)
        said = run.trace.select("Proposal")
        return {(event.agent, event.data.attempt, event.data.candidate.value) for event in said}

    assert [answers(1.0, seed) for seed in range(10)] == [answers(0.0, seed) for seed in range(10)]


def test_a_crash_costs_time_but_no_candidate_and_no_budget() -> None:
    """The resolver falls between two retries and comes back: three retries in all, and one outcome."""
    policy = Policy(retries=3, **SETTINGS)
    run = quarrel(policy, *two(), latency=0.1).inject("crash resolver @0.5..1").run(until=6)
    attempts = [event.data.attempt for event in run.trace.select("Ask", peer="ann")]
    assert attempts == [0, 1, 2, 0, 3]
    assert [by for _, _, by in outcome(run)] == ["tie-break"]
    assert statuses(run) == {"holds"}


def test_what_is_settled_stays_settled_after_a_crash() -> None:
    """Nothing is opened again."""
    run = quarrel(Policy(**SETTINGS), *two()).inject("crash resolver @2..3").run(until=6)
    assert len(outcome(run)) == 1
    assert run.trace.count("Ask", since=3) == 0


def test_a_fast_clock_wins_the_tie_by_time() -> None:
    """Bob is asked at the same moment, but his clock is 10 s ahead; by priority or draw that is no help."""
    by_time = quarrel(Policy(retries=0, order=("time", "id"), **SETTINGS), *two()).inject("skew bob +10 @0")
    by_name = quarrel(Policy(retries=0, order=("id",), **SETTINGS), *two()).inject("skew bob +10 @0")
    assert [outcome(world.run(until=4))[0][1] for world in (by_time, by_name)] == ["y", "x"]


def test_who_has_no_view_has_no_say_and_costs_no_patience() -> None:
    """Cat abstains at once, so the others' agreement is known after two messages' time."""
    agents = [Proposer("ann", {"name": "x"}), Proposer("bob", {"name": "x"}), Proposer("cat", {"hue": "red"})]
    run = settle(Policy(**SETTINGS), *agents, latency=0.01)
    assert [(event.time, event.data.reason) for event in run.trace.select("decision")] == [
        (0.02, "all agree")
    ]


def disaster(seed: int) -> Run:
    """Up to five proposers of all kinds, three conflicts, a human, a lossy network, up to four faults."""
    dice = random.Random(seed)
    names = ["ann", "bob", "cat", "dan", "fay"][: dice.randint(2, 5)]
    conflicts = ("a", "b", "c")
    steps = dice.sample(("merge", "retry", "tie-break", "escalate"), dice.randint(0, 4))
    order = dice.sample(("priority", "time", "draw", "id"), dice.randint(1, 4))
    policy = Policy((*steps, "default"), union, dice.randint(0, 3), order=tuple(order), **SETTINGS)
    world = World(seed, "uniform(0.01, 0.2)", loss=0.1, duplicate=0.1, reorder=0.1)
    world.add(
        Resolver(policy, conflicts, human="eve"), Human("eve", dice.uniform(0.1, 2.0), dice.random() < 0.3)
    )
    for name in names:
        views = {each: dice.choice(["x", "y", frozenset(name)]) for each in conflicts if dice.random() < 0.8}
        seen = [(each, f"{name} saw", value) for each, value in views.items() if dice.random() < 0.3]
        world.add(Proposer(name, views, seen, dice.randint(0, 1), dice.random()))
    kinds = "crash partition cut slow drop duplicate delay"
    world.inject(*disasters(seed, [*names, "eve", "resolver"], kinds, end=3.0))
    return world.expect(*properties(policy)).run(until=3.0 + policy.bound + 0.1)


def test_promises_hold_over_200_disasters() -> None:
    """Whatever is lost, late, doubled or down, each conflict is settled in time and nobody is dropped."""
    for seed in range(200):
        run = disaster(seed)
        assert statuses(run) == {"holds"}, (run.line, run.verdicts)
        assert sorted(conflict for conflict, _, _ in outcome(run)) == ["a", "b", "c"]


def test_the_disasters_are_disasters() -> None:
    """Messages are lost, resolvers fall, candidates come too late, and every step has its turn."""
    runs = [disaster(seed) for seed in range(0, 200, 4)]
    assert {by for run in runs for _, _, by in outcome(run)} == {
        "merge",
        "retry",
        "tie-break",
        "escalate",
        "default",
    }
    assert sum(run.trace.count("drop") for run in runs) > 100
    assert sum(run.trace.count("crash", agent="resolver") for run in runs) >= 2
    assert sum(type(event.data).__name__ == "Lost" for run in runs for event in run.trace.select("note")) >= 3


# --- what the first try gets wrong ----------------------------------------------------------------


def by_draw() -> bool:
    """Clocks are no part of it where the order does not name them, and the draw knows no arrival."""
    worlds = [quarrel(Policy(retries=0, order=("draw", "id"), **SETTINGS), *two()) for _ in range(2)]
    skewed = worlds[1].inject("skew ann +10 @0")
    return outcome(worlds[0].run(until=4)) == outcome(skewed.run(until=4))


def drawn_alike() -> bool:
    """Two resolvers in two worlds of different seeds draw the same for each of 20 conflicts."""
    names = tuple(f"c{each}" for each in range(20))
    runs = []
    for seed in (1, 2):
        views = [Proposer(who, dict.fromkeys(names, who)) for who in ("ann", "bob")]
        policy = Policy(retries=0, order=("draw",), **SETTINGS)
        runs.append(sorted(outcome(settle(policy, *views, conflicts=names, seed=seed))))
    return runs[0] == runs[1] and len({value for _, value, _ in runs[0]}) == 2


def budgeted() -> bool:
    """Two who always give way are asked as often as allowed, and no more."""
    return standoff(1.0, retries=7).trace.count("Ask", peer="ann") == 8


def defaulted() -> bool:
    """An absent human costs the hearing, and then the default stands."""
    run = settle(
        Policy(chain=("escalate", "default"), **SETTINGS), *two(), Human("eve", absent=True), human="eve"
    )
    return outcome(run) == [("name", "as before", "default")]


REPAIRED: list[tuple[Callable[[], Any], Any, Callable[[], bool]]] = [
    (naive.a_fast_clock_beats_the_newer_claim, ("bob", "ann"), by_draw),
    (naive.equal_stamps_leave_it_to_arrival, ["ann", "bob"], by_draw),
    (naive.random_is_no_fallback, 474, drawn_alike),
    (naive.asking_again_never_ends, None, budgeted),
    (naive.a_silent_human_blocks, "still waiting after 86400 s", defaulted),
]


@pytest.mark.parametrize(("bug", "evidence", "right"), REPAIRED, ids=[each[0].__name__ for each in REPAIRED])
def test_what_the_first_try_gets_wrong_comes_right(
    bug: Any, evidence: Any, right: Callable[[], bool]
) -> None:
    """The evidence of the bug, and the page doing it right."""
    assert bug() == evidence
    assert right()


def test_what_cannot_be_is_refused() -> None:
    """A chance that is none, a human nobody knows, a value that could still change."""
    with pytest.raises(
        ValueError, match=r"yields=2: to give way has a chance from 0 to 1\. Write yields=0\.5"
    ):
        Proposer("ann", {}, yields=2)
    with pytest.raises(TypeError, match=r"Candidate\.value = \['x'\] could still change after it was sent"):
        Proposer("ann", {"name": ["x"]})
    with pytest.raises(
        ValueError, match=r"takes=-1: a human takes some seconds, 0 or more\. Write takes=1\.0"
    ):
        Human("eve", takes=-1)


NO_SENSE: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: Resolver(Policy(), "hue"),
        r"conflicts='hue': a resolver takes .* a list of names\. Write Resolver",
    ),
    (lambda: Resolver(Policy(), 5), r"conflicts=5: a resolver takes"),  # type: ignore[arg-type]
    (lambda: Resolver(None, ["hue"]), r"policy=None, .*a resolver takes a policy"),  # type: ignore[arg-type]
    (lambda: Proposer("ann", "red"), r"views='red'.*a value for each conflict.*Write"),  # type: ignore[arg-type]
    (lambda: Proposer("ann", {}, [("c", "log")]), r"evidence=.*triples.*Write"),  # type: ignore[list-item]
    (lambda: Proposer("ann", {}, "log"), r"evidence='log'"),  # type: ignore[arg-type]
    (lambda: Proposer("ann", {}, yields="x"), r"yields='x': .*chance from 0 to 1"),  # type: ignore[arg-type]
    (lambda: Proposer("ann", {}, yields=True), r"yields=True"),
    (lambda: Human("eve", takes=None), r"takes=None: a human takes"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "words"), NO_SENSE)
def test_what_is_of_the_wrong_kind_is_refused(make: Callable[[], Any], words: str) -> None:
    """When it is made: not a text that is taken for a list of letters, not in the middle of a run."""
    with pytest.raises(ValueError, match=words):
        make()


MESSAGES: tuple[Any, ...] = (Ask, Escalate, Ruling, Resolved)


def test_messages_say_what_they_are() -> None:
    """Each utters one sentence."""
    assert [each.says for each in MESSAGES] == [
        "What should stand, given what the others say?",
        "Which of these should stand?",
        "That one should.",
        "This stands from now on, and that is why.",
    ]
