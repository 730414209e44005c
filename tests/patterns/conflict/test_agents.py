"""Conflict resolution: every step of the chain, its cost, and what it survives."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.conflict import Human, Proposer, Resolver, demo, naive, standoff, theory
from coordlab.patterns.conflict.checks import properties
from coordlab.patterns.conflict.rules import Candidate, Policy, union
from coordlab.world.world import Run


def policy(**settings: Any) -> Policy:
    return Policy(**{"patience": 0.25, "hearing": 2.0, "default": "as before", **settings})


def settle(
    policy: Policy,
    *agents: Any,
    conflicts: tuple[str, ...] = ("name",),
    human: str | None = None,
    faults: tuple[str, ...] = (),
    **world: Any,
) -> Run:
    """The run of a resolver and these agents, in which all properties hold."""
    made = World(**{"seed": 7, "latency": "uniform(0.01, 0.05)", **world})
    made.add(Resolver(policy, conflicts, human), *agents).inject(*faults)
    run = made.expect(*properties(policy)).run(until=max(4.0, policy.bound + 0.5))
    assert {verdict.status for verdict in run.verdicts} == {"holds"}
    return run


def outcome(run: Run) -> list[tuple[str, Any, str]]:
    return [(event.data.conflict, event.data.value, event.data.by) for event in run.trace.select("decision")]


def tried(run: Run, conflict: str = "name") -> list[tuple[str, str]]:
    notes = [event.data for event in run.trace.select("Tried", kind="note")]
    return [(each.step, each.reason) for each in notes if each.conflict == conflict]


def two(**both: Any) -> list[Proposer]:
    return [Proposer("ann", {"name": "x"}, **both), Proposer("bob", {"name": "y"}, **both)]


def diagnosis() -> list[Proposer]:
    """Ann has one sign of a full disk, Bob two of a bad link."""
    signs = [("name", "ping", "net"), ("name", "probe", "net")]
    ann = Proposer("ann", {"name": "disk"}, [("name", "log", "disk")])
    return [ann, Proposer("bob", {"name": "net"}, signs)]


# --- the happy trace ------------------------------------------------------------------------------


def test_two_hear_each_others_evidence_and_agree() -> None:
    run = settle(policy(), *diagnosis(), latency=0.01)
    assert [str(event) for event in run.trace.select("send")] == [
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


def test_every_step_has_its_conflict() -> None:
    run = demo()
    assert {event.data.conflict: event.data.reason for event in run.trace.select("decision")} == {
        "tags": "made of {old}, {new}",
        "cause": "all agree, asked again",
        "name": "ann is first by priority",
        "city": "ann's was chosen",
        "date": "nothing else settled it",
    }
    assert tried(run, "date") == [
        ("merge", "no rule makes one of May, June"),
        ("retry", "still May, June after 2 retries"),
        ("tie-break", "May, June are tied by priority"),
        ("escalate", "nobody decided within 2 s"),
    ]


@pytest.mark.parametrize("chain", ["tie-break merge", "merge tie-break", "escalate merge", ""])
def test_the_order_of_the_chain_is_data(chain: str) -> None:
    """The same two sets of tags: the first step in the chain settles it."""
    agents = [Proposer(name, {"name": frozenset(name)}) for name in ("ann", "bob")]
    steps = (*chain.split(), "default")
    run = settle(policy(chain=steps, merge=union), *agents, Human("eve"), human="eve")
    assert [by for _, _, by in outcome(run)] == [steps[0]]


# --- asking again ---------------------------------------------------------------------------------


def test_asking_again_without_news_repeats_the_conflict() -> None:
    """The evidence that would settle it at once is not passed on: every retry hears the same."""
    run = settle(policy(retries=5, in_context=False), *diagnosis())
    heard = [(event.agent, event.data.candidate.value) for event in run.trace.select("Proposal")]
    assert sorted(heard) == [("ann", "disk")] * 6 + [("bob", "net")] * 6
    assert outcome(run)[0][2] == "tie-break"


@pytest.mark.slow
@pytest.mark.parametrize("chance", [0.5, 0.25, 0.1])
def test_two_that_give_way_at_random_agree_as_fast_as_theory_says(chance: float) -> None:
    """150 standoffs: the mean number of retries, and the share that needs at most 3, by four errors."""
    took = [standoff(chance, seed=seed).trace.count("Ask") // 2 - 1 for seed in range(150)]
    assert abs(statistics.mean(took) - theory.rounds(chance)) < 4 * statistics.stdev(took) / 150**0.5
    enough = sum(each <= 3 for each in took) / 150
    assert abs(enough - theory.within(chance, 3)) < 4 * (0.25 / 150) ** 0.5


def test_two_that_always_give_way_never_agree_and_the_budget_ends_it() -> None:
    """At p = 1 they swap their values 200 times; then the next step settles it."""
    run = standoff(1.0)
    assert run.trace.count("Ask") == 2 * 201
    assert outcome(run)[0][2] == "tie-break"
    assert {verdict.status for verdict in run.verdicts} == {"holds"}


# --- the human ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("takes", "absent", "by"), [(1.9, False, "escalate"), (2.0, False, "default"), (0.0, True, "default")]
)
def test_a_human_decides_in_time_or_the_default_stands(takes: float, absent: bool, by: str) -> None:
    run = settle(policy(order=("priority",)), *two(), Human("eve", takes, absent), human="eve")
    assert outcome(run) == [("name", "x" if by == "escalate" else "as before", by)]


def test_humans_work_through_a_queue() -> None:
    """Four conflicts at 0.6 s each, and a hearing of 2 s: three are decided, the last has its default."""
    names = ("a", "b", "c", "d")
    views = [Proposer(who, dict.fromkeys(names, who)) for who in ("ann", "bob")]
    human = Human("eve", takes=0.6)
    run = settle(policy(order=("priority",)), *views, human, human="eve", conflicts=names)
    assert [by for _, _, by in outcome(run)] == ["escalate"] * 3 + ["default"]
    rulings = [event.time for event in run.trace.select("Ruling")]
    assert [round(later - earlier, 6) for earlier, later in pairwise(rulings)] == [0.6] * 3
    assert [event.data for event in run.trace.select("role", kind="state", agent="eve")] == ["busy", "free"]


def test_a_human_who_favours_somebody_rules_for_that_one_where_it_has_a_say() -> None:
    """Bob is favoured against better evidence, and cat is favoured in vain: it proposes nothing."""

    def ruled(favours: str) -> object:
        ann, bob = Proposer("ann", {"name": "x"}, [("name", "poll", "x")]), Proposer("bob", {"name": "y"})
        eve = Human("eve", favours=favours)
        return outcome(settle(policy(chain=("escalate", "default")), ann, bob, eve, human="eve"))[0][1]

    assert [ruled(who) for who in ("", "bob", "cat")] == ["x", "y", "x"]


def test_a_human_prefers_the_best_supported() -> None:
    agents = [Proposer("ann", {"name": "x"}), Proposer("bob", {"name": "y"}, [("name", "poll", "y")])]
    run = settle(policy(chain=("escalate", "default")), *agents, Human("eve"), human="eve")
    assert outcome(run) == [("name", "y", "escalate")]


class Confused(Human):
    """Names an agent that has no candidate."""

    def judge(self, candidates: tuple[Candidate, ...]) -> str:
        return "zed"


@pytest.mark.parametrize(
    ("agents", "human", "reason"),
    [
        (two, None, "nobody decided within 2 s"),
        (list, None, "nobody decided within 2 s"),
        (lambda: [*two(), Confused("eve")], "eve", "zed is no candidate"),
    ],
    ids=["no human", "no candidates", "confused"],
)
def test_an_escalation_that_settles_nothing_says_why(
    agents: Callable[[], list[Any]], human: str | None, reason: str
) -> None:
    run = settle(policy(chain=("escalate", "default")), *agents(), human=human)
    assert tried(run) == [("escalate", reason)]
    assert outcome(run) == [("name", "as before", "default")]


# --- what it costs, and what it survives ----------------------------------------------------------


@pytest.mark.parametrize("proposers", [1, 2, 5])
@pytest.mark.parametrize("retries", [0, 3])
@pytest.mark.parametrize("escalated", [False, True])
def test_theory_counts_what_is_sent(proposers: int, retries: int, escalated: bool) -> None:
    rules = policy(retries=retries, order=("priority",) if escalated else ("id",))
    agents = [Proposer(str(n), {"name": n}) for n in range(proposers)]
    run = settle(rules, *agents, *[Human("eve")] * escalated, human="eve" if escalated else None)
    asked_again = retries if proposers > 1 else 0
    assert run.trace.count("send") == theory.messages(proposers, asked_again, escalated and proposers > 1)


def test_a_late_candidate_is_on_record_as_lost() -> None:
    """Bob's link takes longer than anybody waits: his candidate does not stand, and the trace says so."""
    run = settle(policy(retries=0), *two(), faults=("slow bob 0.5 @0..2",))
    assert outcome(run) == [("name", "x", "merge")]
    assert [event.data.candidate.value for event in run.trace.select("Lost", kind="note")] == ["y"]


def test_a_silent_proposer_is_heard_at_a_retry() -> None:
    """Cat's first answer is lost; she is asked again because the others differ, and has her say."""
    cat = Proposer("cat", {"name": "z"}, priority=1)
    run = settle(policy(), *two(), cat, faults=("drop cat>resolver #1",))
    assert outcome(run) == [("name", "z", "tie-break")]


def test_an_answer_that_was_overtaken_is_out_of_date() -> None:
    """Ann's first value arrives after she has given way: the later one counts."""
    agents = [Proposer("ann", {"name": "x"}, yields=1.0), *two()[1:]]
    agents += [Proposer("cat", {"name": "z"}), Proposer("dan", {})]
    faults = ("delay ann>resolver #1 0.3", "slow dan 2 @0..3")
    run = settle(policy(retries=1, order=("id",)), *agents, latency=0.01, faults=faults)
    arrived = [event.time for event in run.trace.select("Proposal", kind="handle", peer="ann")]
    assert [round(each, 2) for each in arrived] == [0.27, 0.32]
    assert outcome(run)[0][1] in ("y", "z")


def test_the_same_question_has_the_same_answer() -> None:
    """Every message comes twice, and proposers that give way at random do not throw their dice twice."""

    def answers(duplicate: float, seed: int) -> set[tuple[Any, ...]]:
        run = settle(policy(retries=20), *two(yields=0.2), latency=0.01, duplicate=duplicate, seed=seed)
        said = run.trace.select("Proposal")
        return {(event.agent, event.data.attempt, event.data.candidate.value) for event in said}

    assert [answers(1.0, seed) for seed in range(10)] == [answers(0.0, seed) for seed in range(10)]


def test_a_crash_costs_time_but_no_candidate_and_no_budget() -> None:
    """The resolver crashes between two retries and comes back: three retries in all, and one outcome."""
    run = settle(policy(retries=3), *two(), latency=0.1, faults=("crash resolver @0.5..1",))
    assert [event.data.attempt for event in run.trace.select("Ask", peer="ann")] == [0, 1, 2, 0, 3]
    assert [by for _, _, by in outcome(run)] == ["tie-break"]


def test_what_is_settled_stays_settled_after_a_crash() -> None:
    run = settle(policy(), *two(), faults=("crash resolver @2..3",))
    assert len(outcome(run)) == 1
    assert run.trace.count("Ask", since=3) == 0


def test_a_fast_clock_wins_the_tie_by_time() -> None:
    """Bob is asked at the same moment, but his clock is 10 s ahead; by name that is no help."""
    orders = [("time", "id"), ("id",)]
    runs = [settle(policy(retries=0, order=order), *two(), faults=("skew bob +10 @0",)) for order in orders]
    assert [outcome(run)[0][1] for run in runs] == ["y", "x"]


def test_a_proposer_without_a_view_has_no_say_and_costs_no_patience() -> None:
    """Cat abstains at once, so the others' agreement is known after the time of two messages."""
    agents = [Proposer("ann", {"name": "x"}), Proposer("bob", {"name": "x"}), Proposer("cat", {"hue": "red"})]
    run = settle(policy(), *agents, latency=0.01)
    assert [(each.time, each.data.reason) for each in run.trace.select("decision")] == [(0.02, "all agree")]


# --- what the first try gets wrong ----------------------------------------------------------------


def by_draw() -> bool:
    """Clocks do not count where the order does not name them, and the draw knows no arrival."""
    rules = policy(retries=0, order=("draw", "id"))
    return outcome(settle(rules, *two())) == outcome(settle(rules, *two(), faults=("skew ann +10 @0",)))


def drawn_alike() -> bool:
    """Two resolvers in two worlds of different seeds draw the same for each of 20 conflicts."""
    names = tuple(f"c{each}" for each in range(20))
    runs = []
    for seed in (1, 2):
        views = [Proposer(who, dict.fromkeys(names, who)) for who in ("ann", "bob")]
        rules = policy(retries=0, order=("draw",))
        runs.append(sorted(outcome(settle(rules, *views, conflicts=names, seed=seed))))
    return runs[0] == runs[1] and len({value for _, value, _ in runs[0]}) == 2


def budgeted() -> bool:
    """Two that always give way are asked as often as allowed, and no more."""
    return standoff(1.0, retries=7).trace.count("Ask", peer="ann") == 8


def defaulted() -> bool:
    absent = Human("eve", absent=True)
    run = settle(policy(chain=("escalate", "default")), *two(), absent, human="eve")
    return outcome(run) == [("name", "as before", "default")]


@pytest.mark.parametrize(
    ("bug", "evidence", "right"),
    [
        (naive.a_fast_clock_beats_the_newer_claim, ("bob", "ann"), by_draw),
        (naive.equal_stamps_leave_it_to_arrival, ["ann", "bob"], by_draw),
        (naive.random_is_no_fallback, 474, drawn_alike),
        (naive.asking_again_never_ends, None, budgeted),
        (naive.a_silent_human_blocks, "still waiting after 86400 s", defaulted),
    ],
)
def test_what_the_first_try_gets_wrong_the_pattern_gets_right(
    bug: Callable[[], object], evidence: object, right: Callable[[], bool]
) -> None:
    assert bug() == evidence
    assert right()


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Resolver(Policy(), "hue"), TypeError, r"conflicts='hue': expected a list or tuple of names"),
        (lambda: Resolver(None, ["hue"]), TypeError, r"policy=None: expected Policy, not NoneType"),  # type: ignore[arg-type]
        (lambda: Proposer("ann", "red"), TypeError, r"views='red': expected a value by conflict"),  # type: ignore[arg-type]
        (lambda: Proposer("ann", {}, [("c", "log")]), TypeError, r"evidence=.*: expected triples"),  # type: ignore[list-item]
        (lambda: Proposer("ann", {}, "log"), TypeError, r"evidence='log': expected triples"),  # type: ignore[arg-type]
        (lambda: Proposer("ann", {}, yields=2), ValueError, r"yields=2: expected a probability from 0 to 1"),
        (lambda: Proposer("ann", {"name": ["x"]}), TypeError, r"value = \['x'\] could still change"),
        (lambda: Human("eve", takes=-1), ValueError, r"takes=-1: expected seconds, 0 or more"),
    ],
)
def test_agents_refuse_arguments_that_make_no_sense(
    make: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        make()
