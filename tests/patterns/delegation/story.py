"""What delegation promises: a run that keeps it, traces that break it, and disasters it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.delegation import CREW as EDITORS, team
from coordlab.patterns.delegation.checks import properties
from coordlab.patterns.delegation.domains import REPORT
from coordlab.patterns.delegation.rules import POLICIES, Leaf, Member, break_down
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, late, made, repeated, without

CREW = (Member("ann", ("cut", "glue")), Member("bob", ("cut", "paint")))
LEAVES = (
    Leaf("cut", "cut"),
    Leaf("saw", "cut"),
    Leaf("glue", "glue", 2.0, ("cut", "saw")),
    Leaf("paint", "paint", 1.0, ("cut",)),
)


@cache
def job() -> Run:
    """Four leaves for two; bob crashes while he saws, ann saws, and bob paints when he is back."""
    world = World(latency=0.01).add(team(LEAVES, CREW, within=10.0))
    return world.inject("crash bob @0.5..3").expect(*properties(LEAVES, CREW, 10.0)).run(until=12)


def work() -> Trace:
    return job().trace


def of(name: str, leaf: str, nth: int = 0) -> Event:
    """The nth time that a message or decision of this name spoke of a leaf."""
    named = [e for e in work() if e.name == name and e.data is not None and e.kind in ("send", "decision")]
    return [e for e in named if leaf in (e.data.leaf, getattr(e.data.leaf, "name", ""))][nth]


def at_work(leaf: str) -> Event:
    return next(e for e in work().select("running", kind="state") if leaf in e.data)


def too_much_at_a_time() -> Trace:
    """Ann works on two leaves and has room for one."""
    return changed(work(), at_work("glue"), data=("glue", "paint"))


def to_one_who_cannot() -> Trace:
    """Bob is to glue."""
    return changed(work(), of("Assign", "glue"), peer="bob")


def to_a_stranger() -> Trace:
    """The coordinator itself is to glue."""
    return changed(work(), of("Assign", "glue"), peer="coordinator")


def to_two_at_once() -> Trace:
    """The saw is given to ann though bob's is not taken for lost."""
    return without(work(), of("Lost", "saw"))


def completed_twice() -> Trace:
    return repeated(work(), of("Completed", "cut"))


def given_out_when_done() -> Trace:
    return repeated(work(), of("Assign", "cut"), after=of("Completed", "cut"))


def begun_too_soon() -> Trace:
    """Ann glues before the sawing is done."""
    return late(work(), of("Completed", "saw"), at_work("glue"))


def begun_unasked() -> Trace:
    """Ann glues when she was to cut."""
    return changed(work(), at_work("cut"), data=("glue",))


def without_the_results() -> Trace:
    """The glue comes without what was cut."""
    assign = of("Assign", "glue")
    return changed(work(), assign, data=replace(assign.data, inputs=()))


def reported_otherwise() -> Trace:
    """A result is lost between its completion and the report."""
    report = work().select("Report")[0]
    return changed(work(), report, data=replace(report.data, results=report.data.results[1:]))


def a_leaf_forgotten() -> Trace:
    """Neither done nor failed, and the report does not speak of it."""
    report = work().select("Report")[0]
    kept = tuple(pair for pair in report.data.results if pair[0] != "paint")
    return without(changed(work(), report, data=replace(report.data, results=kept)), of("Completed", "paint"))


def never_reported() -> Trace:
    return without(work(), *[e for e in work().select("role") if e.data == "reported"])


def reported_too_soon() -> Trace:
    """All that work in half a second."""
    rows = [(min(row[0], 500_000), *row[1:]) for row in work().rows]
    return made(work(), rows)  # type: ignore[arg-type]


def never_done() -> Trace:
    """Ann's reply that she has cut is lost on its way."""
    done = next(e for e in work().select("Done", kind="handle") if e.content.leaf == "cut")
    return without(work(), done)


def never_asked() -> Trace:
    """Bob says that he has glued."""
    return changed(work(), of("Done", "glue"), agent="bob")


def never_tried_again() -> Trace:
    """The saw is lost with bob, and nobody gets it; the report comes after a minute."""
    report, rest = work().select("Report")[0], [of("Assign", "saw", 1), of("Completed", "saw")]
    last = work()[len(work()) - 1]
    later = changed(without(work(), report, *rest), last, time=59_000_000)
    return made(later, later.rows, 60.0)


STORY = (job,)
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "no more at a time than there is room for": [too_much_at_a_time],
    "each leaf by one who can, and once": [
        *(to_one_who_cannot, to_a_stranger, to_two_at_once, completed_twice, given_out_when_done)
    ],
    "nothing before what it waits for": [begun_too_soon, begun_unasked, without_the_results],
    "the report says what became of all": [
        reported_otherwise,
        a_leaf_forgotten,
        lambda: repeated(work(), work().select("Report")[0]),
    ],
    "what is completed was done": [never_done, never_asked],
    "what is lost is tried again": [never_tried_again],
    "reported within 10 s": [never_reported],
    "no faster than possible": [reported_too_soon],
}


def many(count: int) -> Run:
    """This many leaves for four members, in chains of four."""
    crew = tuple(Member(f"w{number}", ("cut",), capacity=4) for number in range(4))
    leaves = tuple(Leaf(f"l{n}", "cut", 0.5, (f"l{n - 1}",) if n % 4 else ()) for n in range(count))
    return World(latency=0.01).add(team(leaves, crew)).expect(*properties(leaves, crew)).run(until=31)


GROWS = (lambda: many(20), lambda: many(80))
UNTIL = 41.0


@cache
def report() -> tuple[Leaf, ...]:
    """The leaves of a report on two regions."""
    leaves = break_down({}, [("report", "north", "south")], REPORT, EDITORS)
    assert isinstance(leaves, tuple)
    return leaves


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """A report on two regions, with one to four faults, and failures besides."""
    leaves = report()
    names = ["coordinator", *(member.name for member in EDITORS)]
    world = World(draw(st.integers(0, 999)), "uniform(0.01, 0.1)")
    settings: dict[str, Any] = {
        "policy": draw(st.sampled_from(sorted(POLICIES))),
        "patience": draw(st.sampled_from([0.3, 1.0])),
    }
    world.add(team(leaves, EDITORS, failure=0.1, within=40.0, **settings))
    world.inject(*draw(plans(names, "crash crash partition cut slow drop duplicate delay", end=12.0)))
    for number in range(1, 4):  # a member that hears late has less room than the coordinator thinks
        member, seconds = draw(st.sampled_from(EDITORS)).name, draw(moments(1.0, 3.0))
        world.inject(f"delay coordinator>{member} #{number} {seconds:.3f}")
    world.inject("crash coordinator @39..39.5")  # when it has reported
    return world.expect(*properties(leaves, EDITORS, 40.0, settings["patience"]))


def reports(run: Run) -> Any:
    return run.trace.select("Report", kind="decision")[-1].data


def also(run: Run) -> None:
    """All is done or has failed three times, long before the time is up."""
    assert {verdict.status for verdict in run.verdicts} == {"holds"}, run.line
    assert "within" not in str(reports(run).failures), run.line


SEEN: dict[str, Callable[[Run], Any]] = {
    "a crash": lambda run: run.trace.count("crash"),
    "a lost leaf": lambda run: run.trace.count("Lost", kind="decision"),
    "a failure": lambda run: run.trace.count("Failed"),
    "everything done": lambda run: not reports(run).failures,
}
