"""Probes: who is stuck finds out by itself, beside networkx and a rule that sees everybody."""

from __future__ import annotations

import random
from collections.abc import Callable

import networkx
import pytest
from hypothesis import assume, strategies as st

from coordlab.patterns.deadlock import theory
from coordlab.patterns.deadlock.probes import Waiter, waiting
from coordlab.patterns.deadlock.rules import MODELS, deadlocked
from coordlab.world.world import Run, World
from tests.disasters import over, plans
from tests.sampling import disaster_count

RING = {"1": ("2",), "2": ("3",), "3": ("1",)}


def statuses(run: Run) -> set[str]:
    return {verdict.status for verdict in run.verdicts}


def says(run: Run) -> list[str]:
    return sorted(str(event.agent) for event in run.trace.select("decision"))


def drawn(seed: int) -> dict[str, tuple[str, ...]]:
    """Up to seven agents, most of which wait for up to three others."""
    dice = random.Random(seed)
    names = [str(number) for number in range(dice.randint(2, 7))]
    return {
        name: tuple(
            dice.sample([each for each in names if each != name], dice.randint(1, min(3, len(names) - 1)))
        )
        for name in names
        if dice.random() < 0.8
    }


def test_a_probe_comes_back() -> None:
    """Two wait for each other; after half a second each asks, and each hears its own question."""
    run = waiting({"ann": ("bob",), "bob": ("ann",)}).run()
    assert run.trace.select("send", "decision").as_text() == (
        "0.500 ann send Probe -> bob\n"
        "0.500 bob send Probe -> ann\n"
        "0.525 bob send Probe -> ann\n"
        "0.530 ann send Probe -> bob\n"
        "0.548 bob decision Stuck {}\n"
        "0.562 ann decision Stuck {}"
    )


def test_a_query_is_answered_by_all_or_by_none() -> None:
    """Any of two: while one of them can signal, not all reply; once none can, all do."""
    hopeful = waiting({"1": ("2",), "2": ("3",), "3": ("1", "4")}, "OR").run()
    assert says(hopeful) == []
    hopeless = waiting({"1": ("2",), "2": ("3",), "3": ("1", "4"), "4": ("3",)}, "OR").run()
    assert says(hopeless) == ["1", "2", "3", "4"]


@pytest.mark.parametrize("model", MODELS)
def test_exactly_the_stuck_say_so(model: str) -> None:
    """AND: those on a cycle, as networkx finds them; OR: those in or behind a knot, as the rule says."""
    found = 0
    for seed in range(disaster_count()):
        waits = drawn(seed)
        run = waiting(waits, model, seed).run()
        stuck = set(deadlocked({who: MODELS[model](*on) for who, on in waits.items()}))
        spoke = {event.agent for event in run.trace.select("role") if event.data == "signals"}
        assert spoke == {*run.trace.agents} - stuck, (
            run.line
        )  # and no other agent, even after a thousand seconds
        if model == "AND":
            graph = networkx.DiGraph((who, other) for who, on in waits.items() for other in on)
            parts = networkx.strongly_connected_components(graph)
            stuck &= {who for part in parts if len(part) > 1 for who in part}
        assert set(says(run)) == stuck, run.line
        assert statuses(run) <= {"holds", "undecided"}
        found += bool(stuck)
    assert found > disaster_count() / 5


@pytest.mark.parametrize("model", MODELS)
def test_no_phantom_in_disasters(model: str) -> None:
    """With slow, late and duplicated messages no agent says that it is stuck unless it is."""

    @st.composite
    def worlds(draw: st.DrawFn) -> World:
        seed = draw(st.integers(0, 999))
        waits = drawn(seed)
        names = sorted({*waits, *(other for on in waits.values() for other in on)})
        assume(len(names) > 1)
        return waiting(waits, model, seed).inject(*draw(plans(names, "slow duplicate", end=2.0)))

    def judged(world: World) -> None:
        run = world.run(until=60.0)
        wrong = {each.name for each in run.verdicts if each.status == "violated"}
        assert wrong <= {"found within 5 s"}, run.line  # for which agents must not be slow

    over(worlds(), judged, disaster_count(), shrink=True)


@pytest.mark.parametrize("agents", [2, 3, 5, 9])
def test_theory_counts_probes_and_queries(agents: int) -> None:
    """A cycle of n, all of which ask: n waits, n probes along each; twice that for OR."""
    cycle = {str(n): (str((n + 1) % agents),) for n in range(agents)}
    probes = waiting(cycle).run().trace.count("Probe", kind="send")
    queries = waiting(cycle, "OR").run().trace.count("Query", "Reply", kind="send")
    assert probes == theory.probes(agents, initiators=agents)
    assert queries == theory.probes(agents, initiators=agents, any_of=True)


@pytest.mark.parametrize(("model", "any_of"), [("AND", False), ("OR", True)])
def test_the_answer_takes_as_many_hops_as_theory_says(model: str, any_of: bool) -> None:
    """One hop takes 10 to 50 ms."""
    said = waiting(RING, model).run().trace.select("decision")[0].time - 0.5
    hops = theory.hops(3, any_of)
    assert 0.01 * hops <= said <= 0.05 * hops


def test_a_lost_probe_leaves_the_question_open() -> None:
    """The assumption is broken: nobody says anything wrong, and perhaps nobody says anything."""
    run = waiting(RING).inject("drop 1>2 #1", "drop 2>3 #1", "drop 3>1 #1").run(until=20.0)
    assert says(run) == []
    assert statuses(run) == {"holds", "undecided"}


@pytest.mark.parametrize(
    ("make", "error", "says_what"),
    [
        (
            lambda: Waiter("ann", ("bob", "cat"), "XOR"),
            ValueError,
            r"model='XOR': expected one of 'AND', 'OR'",
        ),
        (lambda: Waiter("ann", ("bob", "bob")), ValueError, r"on: 'bob' is listed twice"),
        (lambda: Waiter("ann", "bob"), TypeError, r"on='bob': expected a list or tuple of names"),  # type: ignore[arg-type]
    ],
)
def test_refusals(make: Callable[[], object], error: type[Exception], says_what: str) -> None:
    """Before anything runs."""
    with pytest.raises(error, match=says_what):
        make()
