"""From a plan to leaves, who gets them, and how long that takes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, strategies as some

from coordlab.patterns.delegation import theory
from coordlab.patterns.delegation.domains import REPORT
from coordlab.patterns.delegation.precedence import EVERYTHING, Watched, precedence
from coordlab.patterns.delegation.rules import (
    POLICIES,
    Candidate,
    Leaf,
    Member,
    bid,
    break_down,
    candidates,
    checked,
    critical_path,
    delegable,
    in_order,
    shortest,
)
from coordlab.patterns.htn.planner import find_plan
from coordlab.patterns.htn.rules import Domain, DomainError, State, Task, execute
from tests.patterns.delegation.scheduling import schedule
from tests.patterns.htn.domains import BLOCKS, SWITCH, blocks
from tests.sampling import disaster_count

ANN = Member("ann", ("cut", "glue"), capacity=2)
BOB = Member("bob", ("cut",), speed=2.0)


def equals(count: int) -> list[Member]:
    return [Member(f"w{number}", ("work",)) for number in range(count)]


def random_leaves(seed: int, most: int = 7) -> list[Leaf]:
    """Leaves of 0 to 5 seconds, each after some of those before it."""
    dice = random.Random(seed)
    leaves: list[Leaf] = []
    for number in range(dice.randint(1, most)):
        after = [each.name for each in leaves if dice.random() < 0.3]
        leaves.append(Leaf(f"l{number}", "work", dice.randint(0, 5), tuple(after)))
    return leaves


# --- decompose until it matches what agents can do ----------------------------------------------------


def names(leaves: object) -> list[str]:
    assert isinstance(leaves, tuple)
    return [leaf.name for leaf in leaves]


def test_a_task_is_refined_until_a_member_can_do_it() -> None:
    """A member that can study gets a whole study; otherwise it is refined into what some member can."""
    tasks: list[Task] = [("report", "north", "south")]
    experts = [Member("ann", ("study",)), Member("bob", ("write", "illustrate", "bind"))]
    clerks = [Member("cat", ("gather", "analyse", "write")), Member("dan", ("plot", "bind"))]
    eve, bob = Member("eve", ("report",)), Member("bob", ("bind",))
    broken = [break_down({}, tasks, REPORT, crew) for crew in (experts, clerks, [eve], [bob])]
    assert [", ".join(names(leaves)) for leaves in broken[:3]] == [
        "study north, study south, write north south, illustrate north south, bind",
        "gather north, analyse north, gather south, analyse south, write north south, plot north south, bind",
        "report north south",
    ]
    assert broken[3] == "stuck at the start: gather north (nobody can gather)"


def test_leaves_have_their_work_and_unique_names() -> None:
    """The same task twice is two leaves, the second after the first, because both set the same."""
    crew = [Member("ann", ("putv", "getv"))]
    leaves = break_down({"switch": -1}, [("putv", 1), ("putv", 1), ("getv", 1)], SWITCH, crew, {"putv": 2.5})
    assert leaves == (
        Leaf("putv 1", "putv", 2.5),
        Leaf("putv 1 (2)", "putv", 2.5, ("putv 1",)),
        Leaf("getv 1", "getv", 1.0, ("putv 1", "putv 1 (2)")),
    )


def test_a_whole_task_without_a_plan_is_no_leaf() -> None:
    doubt = Domain(SWITCH.actions.values(), {"do": [asks_too_much]})
    mine = delegable(doubt, ["do"])
    assert find_plan({"switch": 0}, [("do",)], mine).because == (
        "stuck at the start: do (stuck after 1 action: getv 7 (the switch is at 0))"
    )


def asks_too_much(state: State) -> list[Task]:
    return [("putv", 0), ("getv", 7)]


# --- precedence: what must come before what -----------------------------------------------------------


def orders(before: Sequence[tuple[int, ...]], done: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    left = [step for step in range(len(before)) if step not in done]
    if not left:
        yield done
    for step in left:
        if set(before[step]) <= set(done):
            yield from orders(before, (*done, step))


@pytest.mark.parametrize("seed", range(disaster_count()))
def test_every_order_that_keeps_precedence_has_the_same_effect(seed: int) -> None:
    """All linear extensions of random plans end in the state in which the plan ends."""
    dice = random.Random(seed)

    def add(state: State, one: str, other: str) -> dict[str, int]:
        return {one: state[one] + 1 if state.get(other, 0) % 2 else state[one] * 2 + 1}

    def copy(state: State, one: str, other: str) -> dict[str, int]:
        return {one: state[other]} if other in state else {}

    def total(state: State, one: str, other: str) -> dict[str, int]:
        return {one: sum(state.values()) + len(state)}

    domain = Domain([add, copy, total])
    kinds, steps = ["add", "add", "copy", "total"], dice.randint(1, 6)
    plan = tuple((dice.choice(kinds), *dice.sample("abc", 2)) for _ in range(steps))
    start = {"a": 1, "b": 2, "c": 3}
    before, end = precedence(start, plan, domain), execute(start, plan, domain)
    for order in orders(before):
        assert execute(start, tuple(plan[step] for step in order), domain) == end


def test_independent_steps_need_not_wait() -> None:
    """Two studies side by side; the text after both; the figures beside the text."""
    found = find_plan({}, [("report", "north", "south")], REPORT)
    assert precedence({}, found.plan or (), REPORT) == ((), (0,), (), (2,), (1, 3), (1, 3), (4, 5))


def test_steps_that_share_the_hand_are_a_chain() -> None:
    state = blocks({"c": "a", "a": "table", "b": "table"})
    found = find_plan(state, [("build", (("a", "b"), ("b", "c")))], BLOCKS)
    before = precedence(state, found.plan or (), BLOCKS)
    assert [step in later for step, later in enumerate(before[1:])] == [True] * 5


@pytest.mark.parametrize(
    "look", [list, len, dict, lambda s: s.items(), lambda s: s.values(), lambda s: {**s}]
)
def test_an_action_that_reads_the_whole_state_depends_on_all_of_it(look: Callable[[Any], Any]) -> None:
    seen = set[Any]()
    look(Watched.of({"a": 1}, seen, set()))
    assert EVERYTHING in seen


def test_a_plan_that_fails_has_no_order() -> None:
    words = r"analyse north cannot be done where the plan has it.*Plan it again"
    with pytest.raises(DomainError, match=words):
        precedence({}, (("analyse", "north"),), REPORT)


# --- who gets a leaf ----------------------------------------------------------------------------------


def test_each_policy_chooses_by_its_rule() -> None:
    crew = [
        Candidate(Member("ann", ("cut",), capacity=4), running=2, last=3),
        Candidate(Member("bob", ("cut",), capacity=1, speed=1.5), running=0, last=4),
        Candidate(Member("cat", ("cut",), capacity=9, speed=2), running=1, last=2),
        Candidate(Member("dan", ("cut",), capacity=9, speed=3), running=3, last=5),
    ]
    leaf = Leaf("cut", "cut", 6)
    assert [*POLICIES] == ["first", "least_loaded", "round_robin", "fastest", "contract_net"]
    chosen = [policy(leaf, crew).member.name for policy in POLICIES.values()]
    assert chosen == ["ann", "bob", "cat", "dan", "bob"]
    equal = [Candidate(member, 0) for member in equals(3)]
    assert {policy(leaf, equal).member.name for policy in POLICIES.values()} == {"w0"}


def test_candidates_can_do_it_and_have_room() -> None:
    def found(capability: str, **settings: Any) -> list[str]:
        each = candidates(Leaf("leaf", capability), (ANN, BOB), **settings)
        return [candidate.member.name for candidate in each]

    assert [found("cut"), found("glue"), found("weld")] == [["ann", "bob"], ["ann"], []]
    assert [found("cut", hands=("ann", name)) for name in ("ann", "bob")] == [["bob"], ["ann"]]
    assert [found(each, avoided=(["ann"],)) for each in ("cut", "glue")] == [["bob"], ["ann"]]
    assert found("cut", avoided=(["ann"], {"bob"})) == ["bob"]
    assert found("cut", hands=("bob",), avoided=(["ann"],)) == []


def test_a_bid_grows_with_the_work_under_way() -> None:
    leaf = Leaf("cut", "cut", 6)
    assert [bid(leaf, ANN, running) for running in range(3)] == [6, 12, None]
    assert [bid(leaf, BOB, running) for running in range(2)] == [3, None]
    assert bid(Leaf("weld", "weld"), ANN, 0) is None


# --- how long it takes --------------------------------------------------------------------------------


def optimal(leaves: Sequence[Leaf], agents: int) -> float:
    """The best of all list schedules of equal agents, which is the best of all schedules."""
    return min(makespan(order, agents) for order in permutations(leaves))


def makespan(order: Sequence[Leaf], agents: int) -> float:
    """How long it takes if, in this order as far as may be, each leaf is begun as early as possible."""
    free, ends = [0.0] * agents, dict[str, float]()
    left = list(order)
    while left:
        leaf = next((each for each in left if all(name in ends for name in each.after)), left[0])
        left.remove(leaf)
        agent = free.index(min(free))
        start = max([free[agent], *(ends[name] for name in leaf.after)])
        ends[leaf.name] = free[agent] = start + leaf.work
    return max(ends.values())


@pytest.mark.parametrize("agents", [1, 2, 3])
def test_list_scheduling_keeps_grahams_bound(agents: int) -> None:
    """Between what no schedule beats and (2 - 1/m) times the best, found by trying all orders."""
    for seed in range(disaster_count()):
        leaves, crew = random_leaves(seed, most=6), equals(agents)
        took, best = max(s.end for s in schedule(leaves, crew)), optimal(leaves, agents)
        path, work = critical_path(leaves), sum(leaf.work for leaf in leaves)
        least = max(path, work / agents)
        assert shortest(leaves, crew) == least
        assert least - 1e-9 <= best <= took <= theory.graham(agents) * best + 1e-9
        assert took <= theory.longest(path, work, agents) + 1e-9


def test_grahams_worst_case_is_reached() -> None:
    """m(m-1) short leaves and a long one that comes last: 2m - 1 instead of m."""
    for agents in (2, 3, 4):
        short = [Leaf(f"s{number}", "work", 1) for number in range(agents * (agents - 1))]
        long = Leaf("long", "work", agents)
        took = max(s.end for s in schedule([*short, long], equals(agents)))
        best = max(s.end for s in schedule([long, *short], equals(agents)))
        assert (took, best) == (2 * agents - 1, agents)
        assert took / best == theory.graham(agents)


@given(some.integers(0, 10_000), some.integers(1, 4), some.sampled_from(sorted(POLICIES)))
def test_no_schedule_breaks_a_rule(seed: int, agents: int, policy: str) -> None:
    """Every leaf once, after those it waits for, and no member with more than it has room for."""
    leaves = random_leaves(seed)
    crew = [Member(f"w{n}", ("work",), capacity=n % 2 + 1, speed=1 + n / 2) for n in range(agents)]
    stints = schedule(leaves, crew, POLICIES[policy])
    ends = {stint.leaf.name: stint.end for stint in stints}
    assert sorted(ends) == sorted(leaf.name for leaf in leaves)
    for stint in stints:
        assert all(ends[name] <= stint.start for name in stint.leaf.after)
        at_once = [s for s in stints if s.member == stint.member and s.start <= stint.start < s.end]
        assert len(at_once) <= stint.member.capacity
    assert max(ends.values()) >= shortest(leaves, crew) - 1e-9


# --- what cannot be -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda: in_order([Leaf("", "x")]), r"name='': expected a text\. .*Leaf\('paint', 'paint'\)"),
        (lambda: in_order([Leaf("a", "x"), Leaf("a", "y")]), r"leaves: 'a' is listed twice"),
        (lambda: in_order([Leaf("a", "x", after=("b",))]), r"a: after='b': expected one of 'a'"),
        (lambda: in_order([Leaf("a", "x", work=-1)]), r"a: work=-1: expected seconds, 0 or more"),
        (lambda: in_order([Leaf("a", "x", work=float("nan"))]), r"work=nan"),
        (
            lambda: in_order([Leaf("c", "x"), Leaf("a", "x", 1, ("b",)), Leaf("b", "x", 1, ("a",))]),
            r"^(a, b|b, a): these wait for each other in a circle",
        ),
        (lambda: checked([], [ANN, BOB, ANN]), r"crew: 'ann' is listed twice"),
        (lambda: Member("ann", "cut"), r"capabilities='cut': expected tuple"),  # type: ignore[arg-type]
        (lambda: Member("ann", ("cut",), capacity=0), r"capacity=0: expected a whole number, 1 or more"),
        (lambda: Member("ann", ("cut",), capacity=True), r"capacity=True: expected a whole number"),
        (lambda: Member("ann", ("cut",), speed=0), r"speed=0: expected a number above 0"),
        (lambda: shortest([], []), r"crew=\(\): expected at least one member"),
        (lambda: theory.graham(0), r"agents=0"),
        (lambda: theory.longest(1, 1, 0), r"agents=0"),
        (lambda: theory.messages(-1), r"leaves=-1"),
    ],
)
def test_refusals(attempt: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        attempt()


def test_least_loaded_compares_shares_of_capacity() -> None:
    ann, bob = Member("ann", ("cut",), capacity=10), Member("bob", ("cut",), capacity=2)
    free = candidates(Leaf("a", "cut"), (bob, ann), hands=("ann", "ann", "bob"))
    assert POLICIES["least_loaded"](Leaf("a", "cut"), free).member == ann


def test_a_whole_task_sets_only_what_it_changes() -> None:
    """Studying the south need not wait for the north, though a plan has it first."""
    crew = [Member("ann", ("study", "write", "sketch", "bind"))]
    leaves = break_down({}, [("report", "north", "south")], REPORT, crew)
    assert not isinstance(leaves, str)
    assert [leaf.after for leaf in leaves[:2]] == [(), ()]
