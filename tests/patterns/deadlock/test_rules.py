"""Who waits for ever: beside networkx, brute force, and the books' own examples."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import networkx
import pytest
from hypothesis import given, strategies as st

from coordlab.patterns.deadlock import theory
from coordlab.patterns.deadlock.checks import stuck
from coordlab.patterns.deadlock.rules import (
    MODELS,
    Candidate,
    Lock,
    OrProber,
    Wait,
    all_of,
    any_of,
    cycle,
    deadlocked,
    unchanged,
    victim,
    victims,
    wait_for,
    without,
)

NAMES = "abcdef"


@st.composite
def waits(draw: st.DrawFn, model: str | None = None) -> dict[str, Wait]:
    """Some of six wait for some others, in one model or in any."""
    made = {}
    for who in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        others = [other for other in NAMES if other != who]
        on = tuple(draw(st.lists(st.sampled_from(others), min_size=1, max_size=4, unique=True)))
        made[who] = MODELS[model](*on) if model else Wait(on, draw(st.integers(1, len(on))))
    return made


def graph(waiting: Mapping[str, Wait]) -> networkx.DiGraph:
    edges = networkx.DiGraph((who, other) for who, wait in waiting.items() for other in wait.on)
    edges.add_nodes_from(waiting)
    return edges


@given(waits())
def test_reduction_finds_all_that_are_never_freed(waiting: dict[str, Wait]) -> None:
    """In any mixture of models, and any order of letting go: the properties try, without this rule."""
    assert deadlocked(waiting) == stuck(waiting)


@given(waits("AND"))
def test_in_the_and_model_a_deadlock_is_a_cycle(waiting: dict[str, Wait]) -> None:
    """Networkx finds one exactly if somebody is stuck."""
    assert bool(deadlocked(waiting)) == (not networkx.is_directed_acyclic_graph(graph(waiting)))


@given(waits("OR"))
def test_in_the_or_model_a_deadlock_is_a_knot(waiting: dict[str, Wait]) -> None:
    """An agent is stuck if it reaches only others that wait."""
    edges = graph(waiting)
    knotted = {who for who in waiting if networkx.descendants(edges, who) <= set(waiting)}
    assert set(deadlocked(waiting)) == knotted


@given(waits())
def test_a_cycle_is_a_chain_of_waits_among_the_stuck(waiting: dict[str, Wait]) -> None:
    """Each waits for the next, and the last for the first."""
    found, stuck = cycle(waiting), deadlocked(waiting)
    assert bool(found) == bool(stuck)
    assert set(found) <= set(stuck)
    assert all(other in waiting[who].on for who, other in zip(found, found[1:] + found[:1], strict=True))


@given(waits(), st.sampled_from([min, max]))
def test_victims_break_every_deadlock_and_each_is_needed(waiting: dict[str, Wait], choose: type[min]) -> None:
    """Without them nobody is stuck; without all but one, somebody is."""
    chosen = victims(waiting, choose)
    assert deadlocked(without(waiting, chosen)) == []
    for spared in chosen:
        assert deadlocked(without(waiting, [each for each in chosen if each != spared]))


def test_four_that_all_wait_for_all_others() -> None:
    """Twenty elementary cycles, and three victims break them."""
    everybody = {who: all_of(*(other for other in "1234" if other != who)) for who in "1234"}
    assert len(list(networkx.simple_cycles(graph(everybody)))) == 20
    assert len(victims(everybody, max)) == 3


@pytest.mark.parametrize("agents", [2, 3, 4, 5])
def test_the_probability_of_a_lock_up(agents: int) -> None:
    """1/2, 1/3, 11/48, 19/120: acted out with real locks, fork by fork."""

    def stuck(taken: tuple[int, ...]) -> float:
        locks = [Lock() for _ in range(agents)]
        for who, many in enumerate(taken):
            if many == 1:
                locks[who].request(str(who))
        can = [who for who, many in enumerate(taken) if many < 2 and not locks[(who + many) % agents].holders]
        if not can:
            return float(any(many < 2 for many in taken))
        nexts = (tuple(many + (each == who) for each, many in enumerate(taken)) for who in can)
        return sum(map(stuck, nexts)) / len(can)

    assert stuck((0,) * agents) == pytest.approx(float(theory.philosophers(agents)))


@pytest.mark.parametrize("order", list(itertools.permutations("abc")))
def test_a_victim_does_not_depend_on_the_order_of_candidates(order: tuple[str, ...]) -> None:
    """The youngest is sent back; of equals the first by name; one sent back three times is spared."""
    began = {"a": 1.0, "b": 2.0, "c": 2.0}
    assert victim(Candidate(name, began[name]) for name in order) == "b"
    assert victim(Candidate(name, began[name], aborted=3 * (name == "b")) for name in order) == "c"
    assert victim((Candidate(name, work=began[name]) for name in order), "least_work") == "a"
    assert victim((Candidate(name, locks=-ord(name)) for name in order), "fewest_locks") == "c"


def test_copies_and_late_replies_change_nothing() -> None:
    """Ann asks Bob and Cat: two replies of Bob's count once."""
    ann = OrProber("ann")
    ann.start(("bob", "cat"))
    assert [ann.replied("ann", who) for who in ("bob", "bob")] == [None, None]
    assert not ann.deadlocked
    assert ann.queried("dan", "dan", ("bob",)) == (("bob",), None)
    assert ann.queried("dan", "dan", ("bob",)) == ((), None)
    assert (ann.replied("ann", "cat"), ann.deadlocked) == (None, True)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=40), st.integers(1, 3))
def test_a_lock_serves_in_turn_and_never_more_than_its_limit(
    steps: list[tuple[str, bool]], limit: int
) -> None:
    """Compared with a model: one list of all that came, of which the first few hold it."""
    lock, came = Lock(limit), list[str]()
    for who, lets_go in steps:
        if lets_go:
            before = came[:limit]
            came = [each for each in came if each != who]
            assert lock.release(who) == [each for each in came[:limit] if each not in before]
        else:
            came += [who] if who not in came else []
            assert lock.request(who) == (who in came[:limit])
        assert (lock.holders, lock.line) == (came[:limit], came[limit:])


def test_two_looks_agree_only_on_what_stayed() -> None:
    """A changed holder empties the line: nobody has waited for the same one all the time."""
    assert unchanged(Lock(1, ["a"], ["b"]), Lock(1, ["c"], ["b"])).line == []
    assert wait_for({"pen": Lock(2, ["a", "b"], ["c"])}) == {"c": any_of("a", "b")}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Wait(("a", "b"), 3), r"needed=3: expected a whole number from 1 to 2"),
        (lambda: Wait((), 0), r"on=\(\): expected at least one name"),
        (lambda: Wait(("a", "a"), 1), r"on: 'a' is listed twice"),
        (lambda: Lock(0), r"limit=0: expected a whole number, 1 or more"),
        (lambda: victim([Candidate("a")], "oldest"), r"policy='oldest': expected one of 'youngest'"),
        (lambda: victim([]), r"candidates=\[\]: expected at least one\. .*victim\(\[Candidate"),
        (lambda: victims({"a": all_of("a")}, lambda found: "b"), r"choose\(cycle\)='b': expected one of 'a'"),
        (lambda: cycle({"a": "b"}), r"waits\['a'\]='b': expected Wait, not str\. .*all_of\('bob'\)"),  # type: ignore[dict-item]
        (lambda: theory.philosophers(1), r"agents=1: expected a whole number, 2 or more"),
        (lambda: theory.probes(-1), r"edges=-1: expected a whole number, 0 or more"),
        (lambda: theory.hops(1.5), r"length=1\.5"),  # type: ignore[arg-type]
        (lambda: theory.looks(True), r"locks=True"),
    ],
)
def test_refusals(make: Callable[[], object], says: str) -> None:
    """With what was given and what is allowed."""
    with pytest.raises((TypeError, ValueError), match=says):
        make()
