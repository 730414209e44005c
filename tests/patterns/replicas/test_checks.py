"""Each property of replicas: kept by the page, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from coordlab import World
from coordlab.patterns.replicas import Replica
from coordlab.patterns.replicas.checks import properties
from coordlab.patterns.replicas.rules import LastWriter, ORSet, Update
from coordlab.properties import Verdict
from coordlab.trace.trace import Event, Trace
from coordlab.world.message import message
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, swapped, without


@cache
def shopping() -> Trace:
    """Ann adds milk and eggs and strikes off the milk; bob hears of it, crashes, and comes back."""
    updates = [Update(0.1, "add", "milk"), Update(0.2, "add", "eggs"), Update(3.0, "remove", "milk")]
    world = World(latency=0.01).add(Replica("ann", ORSet(), updates), Replica("bob", ORSet()))
    return world.inject("crash bob @8..9").run(until=14).trace


def judged(trace: Trace) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in (each(trace) for each in properties())}


def taken(agent: str, number: int) -> Event:
    """The so-manieth change of an agent's copy."""
    return shopping().select("copy", kind="state", agent=agent)[number]


def forgets_in_a_crash() -> Trace:
    """Bob comes back with an empty copy."""
    back = shopping().select("restart")[0]
    return changed(shopping(), back, data=(("role", ""), ("copy", ORSet())))


def overwrites() -> Trace:
    """Bob takes what ann says for the whole truth, and his own addition is gone."""
    return repeated(shopping(), taken("bob", 0), taken("bob", 1), data=ORSet().add("tea", "bob"))


def out_of_order() -> Trace:
    """Ann's second copy comes before her first."""
    return swapped(shopping(), taken("ann", 0), taken("ann", 1))


@message
class First:
    """I keep what I have."""

    value: float

    def merged(self, other: First) -> First:
        """Itself, whatever the other says."""
        return self


@message
class Mean(First):
    """I meet the other halfway."""

    value: float

    def merged(self, other: First) -> Mean:
        """The mean of both."""
        return Mean((self.value + other.value) / 2)


@message
class Sum(First):
    """I add what the other says."""

    value: float

    def merged(self, other: First) -> Sum:
        """The sum of both."""
        return Sum(self.value + other.value)


def unlawful(*copies: First) -> Trace:
    """Ann takes these copies in turn."""
    starts = [changed(shopping(), each, data=()).rows[each.seq] for each in shopping().select("start")]
    taking = zip([taken("ann", number) for number in range(3)], copies, strict=True)
    return made(
        shopping(),
        [
            *starts,
            *(changed(shopping(), event, cause=None, data=copy).rows[event.seq] for event, copy in taking),
        ],
        12.0,
    )


def order_matters() -> Trace:
    """Whoever is first is right."""
    return unlawful(First(1), First(2), First(4))


def grouping_matters() -> Trace:
    """The mean of three depends on which two are taken first."""
    return unlawful(Mean(1), Mean(2), Mean(4))


def repetition_matters() -> Trace:
    """A sum counts twice what comes twice."""
    return unlawful(Sum(1), Sum(2), Sum(4))


def rises_again() -> Trace:
    """After the removal ann hears of the same milk and takes it in as if it were new."""
    return repeated(shopping(), taken("ann", 2), data=taken("ann", 1).data)


def never_hears() -> Trace:
    """The removal changes nothing at bob's."""
    return without(shopping(), *shopping().select("copy", kind="state", agent="bob", since=3))


def hears_too_late() -> Trace:
    """Bob hears of the milk only after 5 s, when he should long have."""
    calm = World(latency=0.01).add(
        Replica("ann", ORSet(), [Update(0.1, "add", "milk")]), Replica("bob", ORSet())
    )
    trace = calm.run(until=12).trace
    news = trace.select("copy", kind="state", agent="bob")[0]
    return late(trace, news, trace.select("timer", since=6)[0])


BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "nothing is dropped": [forgets_in_a_crash, overwrites, out_of_order],
    "merging is lawful": [order_matters, grouping_matters, repetition_matters],
    "removed is removed": [rises_again],
    "equal copies within 4 s": [never_hears, hears_too_late],
}


def test_the_page_keeps_them_all() -> None:
    """The run as it was: every property holds."""
    assert {each.status for each in judged(shopping()).values()} == {"holds"}


@pytest.mark.parametrize(
    ("name", "mutation"), [(name, each) for name, several in BROKEN.items() for each in several]
)
def test_each_objects_to_the_trace_that_breaks_it(name: str, mutation: Callable[[], Trace]) -> None:
    """A violation names its moment, its event and its reason."""
    verdict = judged(mutation())[name]
    assert verdict.status == "violated"
    assert verdict.at is not None
    assert verdict.because


def test_every_property_has_such_a_trace() -> None:
    """None of them holds by construction."""
    assert set(BROKEN) == set(judged(shopping()))


def test_reasons_are_plain_words() -> None:
    """Who had what, and what is wrong with it now."""
    assert judged(forgets_in_a_crash())["nothing is dropped"].because == (
        "bob had ('eggs',) and took (): something is missing there."
    )
    assert judged(rises_again())["removed is removed"].because == "ann had removed milk, and has it again."
    assert judged(never_hears())["equal copies within 4 s"].because.startswith(
        "ann and bob hear each other and still differ."
    )


@pytest.mark.parametrize(
    ("mutation", "why"),
    [
        (order_matters, "the order matters in which 1 and 2 are merged."),
        (grouping_matters, "it matters which two of 1, 2 and 2 are merged first."),
        (repetition_matters, "1 merged with itself is another."),
    ],
)
def test_each_law_has_its_own_reason(mutation: Callable[[], Trace], why: str) -> None:
    """Commutative, associative, idempotent."""
    assert judged(mutation())["merging is lawful"].because == why


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """Half a second after an update nobody can know whether all will be equal."""
    verdicts = judged(ended(shopping(), 0.4))
    assert [name for name, each in verdicts.items() if each.status == "undecided"] == [
        "equal copies within 4 s"
    ]


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert {each.status for each in judged(made(shopping(), [], 0.0)).values()} == {"undecided"}


def test_agents_that_keep_no_copy_are_left_alone() -> None:
    """Another kind of agent in the same world: its states are no copies."""
    assert judged(changed(shopping(), taken("ann", 0), name="mood"))["removed is removed"]


@cache
def busy(agents: int, updates: int) -> Trace:
    """So many replicas, of which the first writes so often."""
    writes = [Update(0.3 * number, "write", number) for number in range(updates)]
    world = World(latency=0.01)
    world.add(Replica(str(n), LastWriter(), writes if n == 0 else ()) for n in range(agents))
    return world.run(until=0.3 * updates + 5).trace


@pytest.mark.parametrize("number", range(4))
def test_the_work_grows_with_the_trace_and_no_faster(number: int) -> None:
    """Four times the updates, and four times the replicas."""
    judge = properties()[number]
    assert growth(judge, busy(5, 20), busy(5, 80)) < 1.5
    assert growth(judge, busy(20, 5), busy(80, 5)) < 1.5
