"""Each property of delegated work: kept by the page, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from coordlab import World
from coordlab.patterns.delegation import team
from coordlab.patterns.delegation.checks import properties
from coordlab.patterns.delegation.rules import Leaf, Member
from coordlab.properties import Verdict
from coordlab.trace.trace import Event, Trace
from tests.properties.linear import steps
from tests.properties.mutated import changed, ended, late, made, repeated, without

CREW = (Member("ann", ("cut", "glue")), Member("bob", ("cut", "paint")))
LEAVES = (
    Leaf("cut", "cut"),
    Leaf("saw", "cut"),
    Leaf("glue", "glue", 2.0, ("cut", "saw")),
    Leaf("paint", "paint", 1.0, ("cut",)),
)
CAPACITY = "no more at a time than there is room for"
ONCE = "each leaf by one who can, and once"
TURN = "nothing before what it waits for"
TRULY = "the report says what became of all"
IN_TIME = "reported within 10 s"
NOT_FASTER = "no faster than possible"


@cache
def job() -> Trace:
    """Four leaves for two; bob crashes with the saw in his hands, ann saws, and he paints when he is back."""
    world = World(latency=0.01).add(team(LEAVES, CREW, within=10.0))
    return world.inject("crash bob @0.5..3").run(until=12).trace


def judged(trace: Trace) -> dict[str, str]:
    return {
        verdict.name: verdict.status for verdict in (each(trace) for each in properties(LEAVES, CREW, 10.0))
    }


def of(name: str, leaf: str, nth: int = 0) -> Event:
    """The nth time that a message or decision of this name spoke of a leaf."""
    named = [e for e in job() if e.name == name and e.data is not None and e.kind in ("send", "decision")]
    return [e for e in named if leaf in (e.data.leaf, getattr(e.data.leaf, "name", ""))][nth]


def at_work(leaf: str) -> Event:
    return next(e for e in job().select("running", kind="state") if leaf in e.data)


def too_much_at_a_time() -> Trace:
    """Ann is at two leaves and has room for one."""
    return changed(job(), at_work("glue"), data=("glue", "paint"))


def to_one_who_cannot() -> Trace:
    """Bob is to glue."""
    return changed(job(), of("Assign", "glue"), peer="bob")


def to_a_stranger() -> Trace:
    """Who is eve?"""
    return changed(job(), of("Assign", "glue"), peer="coordinator")


def to_two_at_once() -> Trace:
    """The saw is given to ann though bob was not taken for lost."""
    return without(job(), of("Lost", "saw"))


def completed_twice() -> Trace:
    return repeated(job(), of("Completed", "cut"))


def given_out_when_done() -> Trace:
    return repeated(job(), of("Assign", "cut"), after=of("Completed", "cut"))


def begun_too_soon() -> Trace:
    """Ann glues before the saw is done with."""
    return late(job(), of("Completed", "saw"), at_work("glue"))


def begun_unasked() -> Trace:
    """Ann glues when she was to cut."""
    return changed(job(), at_work("cut"), data=("glue",))


def without_the_results() -> Trace:
    """The glue comes without what was cut."""
    assign = of("Assign", "glue")
    return changed(job(), assign, data=replace(assign.data, inputs=()))


def reported_otherwise() -> Trace:
    """A result is lost between its completion and the report."""
    report = job().select("Report")[0]
    return changed(job(), report, data=replace(report.data, results=report.data.results[1:]))


def a_leaf_forgotten() -> Trace:
    """Neither done nor failed, and the report does not speak of it."""
    report = job().select("Report")[0]
    kept = tuple(pair for pair in report.data.results if pair[0] != "paint")
    return without(changed(job(), report, data=replace(report.data, results=kept)), of("Completed", "paint"))


def never_reported() -> Trace:
    return without(job(), *[e for e in job().select("role") if e.data == "reported"])


def reported_too_soon() -> Trace:
    """All that work in half a second."""
    rows = [(min(row[0], 500_000), *row[1:]) for row in job().rows]
    return made(job(), rows)  # type: ignore[arg-type]


BROKEN: dict[str, list[Callable[[], Trace]]] = {
    CAPACITY: [too_much_at_a_time],
    ONCE: [to_one_who_cannot, to_a_stranger, to_two_at_once, completed_twice, given_out_when_done],
    TURN: [begun_too_soon, begun_unasked, without_the_results],
    TRULY: [reported_otherwise, a_leaf_forgotten],
    IN_TIME: [never_reported],
    NOT_FASTER: [reported_too_soon],
}


def test_the_page_keeps_them_all() -> None:
    """The run as it was: every property holds, and there was something to get wrong."""
    assert judged(job()) == dict.fromkeys(BROKEN, "holds")
    assert [(e.data.leaf, e.data.by) for e in job().select("Lost")] == [("saw", "bob"), ("paint", "bob")]


def test_a_trace_from_a_file_is_judged_alike() -> None:
    """All that a property needs stands in the trace."""
    for trace in (job(), to_two_at_once(), without_the_results()):
        assert judged(Trace.from_jsonl(trace.to_jsonl())) == judged(trace)


@pytest.mark.parametrize(
    ("name", "mutation"), [(name, each) for name, mutations in BROKEN.items() for each in mutations]
)
def test_each_objects_to_the_trace_that_breaks_it(name: str, mutation: Callable[[], Trace]) -> None:
    """A violation names its moment and its reason."""
    verdicts: dict[str, Verdict] = {each.name: each(mutation()) for each in properties(LEAVES, CREW, 10.0)}
    assert verdicts[name].status == "violated"
    assert verdicts[name].at is not None
    assert verdicts[name].because


ALONE = [to_one_who_cannot, to_two_at_once, completed_twice, begun_unasked, without_the_results]
ALONE += [reported_otherwise, never_reported, reported_too_soon]


@pytest.mark.parametrize("mutation", ALONE)
def test_it_is_exactly_that_one_which_objects(mutation: Callable[[], Trace]) -> None:
    """The others have nothing to do with it."""
    (name,) = [name for name, mutations in BROKEN.items() if mutation in mutations]
    assert judged(mutation()) == dict.fromkeys(BROKEN, "holds") | {name: "violated"}


def test_a_failure_and_a_lack_of_room_end_an_attempt() -> None:
    """After Failed or Busy a leaf may be given to another one at once; after the answer of a third, not."""
    crew = (Member("ann", ("cut",)), Member("bob", ("cut",)))
    leaves = (Leaf("cut", "cut"),)
    trace = World(latency=0.01).add(team(leaves, crew, failure=1.0)).run(until=31).trace
    judges = {each.name: each for each in properties(leaves, crew)}
    assert trace.count("Assign") == 3
    assert judges[ONCE](trace)
    heard = trace.select("Failed", kind="handle")[0]
    assert judges[ONCE](without(trace, heard)).status == "violated"
    assert judges[ONCE](changed(trace, heard, peer="bob")).status == "violated"


def test_the_coordinators_downtime_is_not_held_against_it() -> None:
    """Whoever is down at the end of its time reports when it is back."""
    world = World(latency=0.01).add(team(LEAVES, CREW, within=3.0)).inject("crash coordinator @1..8")
    verdicts = {
        each.name: each.status for each in world.expect(*properties(LEAVES, CREW, 3.0)).run(12).verdicts
    }
    assert set(verdicts.values()) == {"holds"}


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """After a second the report may still come."""
    assert judged(ended(job(), 1.0)) == dict.fromkeys(BROKEN, "holds") | {IN_TIME: "undecided"}


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert judged(made(job(), [], 0.0)) == dict.fromkeys(BROKEN, "undecided")


@pytest.mark.parametrize("place", range(6))
def test_judging_takes_no_more_than_its_share_of_time(place: int) -> None:
    """Four times the leaves, about four times the work."""
    crew = tuple(Member(f"w{number}", ("cut",), capacity=4) for number in range(4))
    judged = []
    for count in (20, 80):
        leaves = tuple(Leaf(f"l{n}", "cut", 0.5, (f"l{n - 1}",) if n % 4 else ()) for n in range(count))
        trace = World(latency=0.01).add(team(leaves, crew)).run(until=31).trace
        judged.append((steps(properties(leaves, crew)[place], trace), len(trace)))
    (few, short), (many, long) = judged
    assert many / few < 1.5 * long / short
