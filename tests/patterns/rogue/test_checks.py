"""Each property of a pool with rogues: kept by the page, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.circuit_breaker.rules import Transition
from coordlab.patterns.rogue import Pool
from coordlab.patterns.rogue.checks import properties
from coordlab.patterns.rogue.reviewing import Operator, Remove, Worker
from coordlab.patterns.rogue.rules import (
    Accepted,
    Assigned,
    Checked,
    Member,
    Quorum,
    Refused,
    Removed,
    SequentialTest,
    TakenBack,
    TooFew,
)
from coordlab.properties import Property, Verdict
from coordlab.trace.trace import DECISION, NOTE, Event, Trace
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, without

CREW = ("ann", "bob", "cat", "dan", "eve", "fay")
TASKS = range(1, 31)
ALL = properties(CREW, TASKS, rate=1.0)


@cache
def work(tasks: int = 30, rogue: bool = True) -> Trace:
    """Bob is wrong and is isolated; eve is removed by hand while she is at work; what she says is refused."""
    world = World(3, latency=0.01).add(Pool(CREW, range(1, tasks + 1), quarantine=60.0))
    world.add(Worker(name, competence=1, sensitivity=1, false_alarm=0) for name in CREW)
    world.add(Operator([(0.05, Remove("eve", "hal", "it leaks"))] if rogue else ()))
    return world.inject(*(["rogue bob @0"] if rogue else [])).run(until=31).trace


def judged(trace: Trace, judges: tuple[Property, ...] = ALL) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in judges)}


def told(kind: type, since: float = 0.0, **fields: Any) -> list[Event]:
    """What the pool put on record of one kind, with these fields."""
    return [
        event
        for event in work().select(DECISION, NOTE, since=since)
        if isinstance(event.data, kind)
        and all(getattr(event.data, name) == value for name, value in fields.items())
    ]


def but(event: Event, **fields: Any) -> Trace:
    """The record as it was, but for some fields."""
    return changed(work(), event, data=replace(event.data, **fields))


# --- what must be objected to ---------------------------------------------------------------------


def reviews_its_own_work() -> Trace:
    """The first review is asked of the one who did the work."""
    first = work().select("Review")[0]
    return changed(work(), first, peer=told(Assigned, job=first.data.job)[0].data.agent)


def reviews_twice() -> Trace:
    """One reviewer is asked about the same twice."""
    return repeated(work(), work().select("Review")[0])


def accepted_unheard() -> Trace:
    """The vote of one who is said to have approved never came."""
    first = told(Accepted)[0]
    votes = work().select("Opinion", kind="handle", peer=first.data.approved_by[0], before=first.time + 1e-6)
    return without(work(), *votes)


def accepted_by_one() -> Trace:
    """One approval, where two are needed."""
    first = told(Accepted)[0]
    return but(first, approved_by=first.data.approved_by[:1])


def accepted_by_one_twice() -> Trace:
    """The same one counted as two."""
    first = told(Accepted)[0]
    return but(first, approved_by=first.data.approved_by[:1] * 2)


def accepted_by_itself() -> Trace:
    """Who did the work is among those who approve."""
    first = told(Accepted)[0]
    return but(first, approved_by=(first.data.agent, *first.data.approved_by[1:]))


def quorum_before(event: Event) -> Event:
    return [each for each in told(Quorum) if each.seq < event.seq][-1]


def accepted_by_too_few() -> Trace:
    """Nobody may accept anything, and yet something is accepted."""
    return changed(work(), quorum_before(told(Accepted)[0]), data=TooFew(3, 4))


def quorum_of_rogues() -> Trace:
    """As many approve as may be rogue."""
    return but(quorum_before(told(Accepted)[0]), faulty=2)


def gone() -> Event:
    return told(Removed)[0]


def gives_work_to_the_removed() -> Trace:
    """A task is sent to eve after she has gone."""
    later = work().select("Do", since=gone().time + 0.001)[0]
    return changed(work(), later, peer="eve")


def takes_a_late_result() -> Trace:
    """What eve delivers is not refused."""
    return without(work(), told(Refused, agent="eve")[0])


def accepts_from_the_removed() -> Trace:
    """Her answer counts."""
    return but(told(Accepted, since=gone().time + 0.001)[0], agent="eve")


def counts_a_vote_of_the_removed() -> Trace:
    """Her vote counts."""
    later = told(Accepted, since=gone().time + 0.001)[0]
    return but(later, approved_by=(*later.data.approved_by, "eve"))


def given_on_while_somebody_has_it() -> Trace:
    """A task goes to another though it was not taken back."""
    return without(work(), told(TakenBack)[0])


def given_on_twice() -> Trace:
    """What eve had goes to two others."""
    (task,) = gone().data.tasks
    again = told(Assigned, task=task)[1]
    return repeated(work(), again, data=replace(again.data, agent="fay"))


def accepted_twice() -> Trace:
    """One task, two answers."""
    return repeated(work(), told(Accepted)[0])


def accepted_from_another() -> Trace:
    """From one who never had it."""
    first = told(Accepted)[0]
    others = [name for name in ("cat", "dan") if name != first.data.agent]
    return but(first, agent=others[0])


def never_taken_over() -> Trace:
    """What eve had is in nobody's hands for good."""
    (task,) = gone().data.tasks
    return without(work(), *told(Assigned, task=task)[1:], *told(Accepted, task=task))


def forced() -> Event:
    return told(Transition, breaker="eve")[0]


def said_but_not_done() -> Trace:
    """She is on record as removed, and her breaker does not move."""
    return without(work(), forced())


def comes_back() -> Trace:
    """Her breaker half-opens after a while."""
    later = told(Accepted, since=gone().time + 0.5)[0]
    again = replace(forced().data, before="forced open", after="half-open")
    return repeated(work(), forced(), after=later, data=again)


def removed_without_an_order() -> Trace:
    """For another reason than the one in the order."""
    return but(gone(), why="no reason")


def removed_without_any_order() -> Trace:
    """The order never arrived."""
    return without(work(), work().select("Remove", kind="handle")[0])


def order_ignored() -> Trace:
    """The order arrived, and that was that."""
    return without(work(), gone())


def quorum_untold() -> Trace:
    """Bob is isolated, and nobody says what quorum that makes."""
    isolated = told(Transition, breaker="bob")[0]
    return without(work(), told(Quorum, since=isolated.time)[0])


def quorum_told_late() -> Trace:
    """Only some moments later."""
    isolated = told(Transition, breaker="bob")[0]
    quorum = told(Quorum, since=isolated.time)[0]
    return late(work(), quorum, after=next(e for e in work() if e.time > quorum.time + 0.1))


def quorum_wrong() -> Trace:
    """Eve counts though she has gone."""
    return but(told(Quorum, since=gone().time)[0], voices=6)


def never_isolated() -> Trace:
    """Bob fails five checks in a row and nothing happens."""
    failed, isolated = told(Checked, agent="bob")[-1], told(Transition, breaker="bob")[0]
    trace = without(work(), isolated)
    for _ in range(3):
        trace = repeated(trace, failed)
    return trace


def without_an_end() -> Trace:
    """A task is neither answered nor given up."""
    return without(work(), told(Accepted)[0])


BROKEN = {
    "reviewed by others, each once": [reviews_its_own_work, reviews_twice],
    "accepted only by a quorum": [
        accepted_unheard,
        accepted_by_one,
        accepted_by_one_twice,
        accepted_by_itself,
        accepted_by_too_few,
        quorum_of_rogues,
    ],
    "who is removed is out": [
        gives_work_to_the_removed,
        takes_a_late_result,
        accepts_from_the_removed,
        counts_a_vote_of_the_removed,
    ],
    "each task in one pair of hands": [
        given_on_while_somebody_has_it,
        given_on_twice,
        accepted_twice,
        accepted_from_another,
    ],
    "its work is taken over within 30 s": [never_taken_over],
    "an order to remove wins": [
        said_but_not_done,
        comes_back,
        removed_without_an_order,
        removed_without_any_order,
        order_ignored,
    ],
    "a new quorum is told": [quorum_untold, quorum_told_late, quorum_wrong],
    "isolated after 5 checks at the latest": [never_isolated],
    "every task comes to an end within 30 s": [without_an_end],
}


def test_the_page_keeps_them_all() -> None:
    """The run as it was: every property holds."""
    assert {each.status for each in judged(work()).values()} == {"holds"}


@pytest.mark.parametrize(
    ("name", "mutation"), [(name, each) for name, mutations in BROKEN.items() for each in mutations]
)
def test_each_objects_to_the_trace_that_breaks_it(name: str, mutation: Callable[[], Trace]) -> None:
    """A violation names its moment, its event and its reason."""
    verdict = judged(mutation())[name]
    assert verdict.status == "violated"
    assert verdict.event is not None
    assert verdict.because


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction."""
    assert set(BROKEN) == set(judged(work()))


@pytest.mark.parametrize(
    "mutation",
    [reviews_twice, accepted_unheard, takes_a_late_result, comes_back, quorum_untold, without_an_end],
)
def test_a_fault_of_one_kind_breaks_one_property(mutation: Callable[[], Trace]) -> None:
    """And no other."""
    assert [each.status for each in judged(mutation()).values()].count("violated") == 1


def test_two_of_one_kin_must_not_review_the_same() -> None:
    """What is fine for four who err apart is not for two of one kin."""
    kin = properties(["ann", "bob", Member("cat", kin="x"), Member("dan", kin="x"), "eve", "fay"], TASKS)
    assert judged(work(), kin)["reviewed by others, each once"].status == "violated"


def test_a_test_that_never_convicts_does_not_isolate_in_time() -> None:
    """A pool that is content with everybody breaks the promise made for the usual test."""
    lenient = SequentialTest(false_alarm=1e-12)
    crew = [Member(name, kin="x") for name in CREW]  # nothing but checks
    world = World(3, latency=0.01).add(Pool(crew, [1], test=lenient, within=8.0), map(Worker, CREW))
    trace = world.inject("rogue bob @0").run(until=8).trace
    assert (
        judged(trace, properties(crew, [1], rate=1.0))["isolated after 5 checks at the latest"].status
        == "violated"
    )


def test_where_nobody_is_rogue_two_cannot_tell() -> None:
    """Nobody was removed, nobody isolated: everything else holds."""
    undecided = {name for name, each in judged(work(rogue=False)).items() if each.status == "undecided"}
    assert undecided == {"its work is taken over within 30 s", "isolated after 5 checks at the latest"}
    assert {each.status for each in judged(work(rogue=False)).values()} == {"holds", "undecided"}


def test_a_trace_that_ends_early_does_not_know_the_end() -> None:
    """Just after the removal: what she had is not taken over yet, nobody is isolated, tasks are open."""
    verdicts = judged(ended(work(), gone().time - 0.001))
    assert [name for name, each in verdicts.items() if each.status == "undecided"] == [
        "its work is taken over within 30 s",
        "isolated after 5 checks at the latest",
        "every task comes to an end within 30 s",
    ]
    assert verdicts["every task comes to an end within 30 s"].because == "1 is still open when the run ends"


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(work(), [], 0.0)).values()} == {"undecided"}


def test_a_pool_that_is_down_is_not_late() -> None:
    """Time for its tasks counts anew from its return, and not meanwhile."""
    world = World(3, latency=0.01).add(Pool(CREW, [1], within=2.0), map(Worker, CREW), Operator())
    run = world.inject("crash pool @0.05..3").run(until=6)
    verdict = judged(run.trace, properties(CREW, [1], within=2.0))["every task comes to an end within 2 s"]
    assert verdict.status == "holds"


@pytest.mark.parametrize("judge", ALL, ids=lambda each: each.name)
def test_judging_four_times_as_much_work_takes_four_times_as_long(judge: Property) -> None:
    """Nobody looks back at what has been judged."""
    assert growth(judge, work(20), work(80)) < 1.5
