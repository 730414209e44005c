"""What replicas promise: the run that keeps it, traces that break it, disasters that it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.replicas import Replica
from coordlab.patterns.replicas.checks import properties
from coordlab.patterns.replicas.rules import MODES, GCounter, LastWriter, ORSet, PNCounter, Siblings, Update
from coordlab.trace.trace import Event, Trace
from coordlab.world.message import message
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, late, made, repeated, swapped, without

KINDS: tuple[Any, ...] = (GCounter(), PNCounter(), Siblings(), LastWriter(), ORSet())
MILK = Update(0.1, "add", "milk")


@cache
def bought() -> Run:
    """Ann adds milk and eggs and removes the milk; bob hears of it, crashes, and comes back."""
    updates = [MILK, Update(0.2, "add", "eggs"), Update(3.0, "remove", "milk")]
    world = World(latency=0.01).add(Replica("ann", ORSet(), updates), Replica("bob", ORSet(), reads=[2]))
    return world.inject("crash bob @8..9").expect(*properties()).run(until=14)


def shopping() -> Trace:
    return bought().trace


def taken(agent: str, number: int) -> Event:
    """A change of an agent's copy, by its number from 0."""
    return shopping().select("copy", kind="state", agent=agent)[number]


def forgets_in_a_crash() -> Trace:
    """Bob comes back with an empty copy."""
    return changed(shopping(), shopping().select("restart")[0], data=(("role", ""), ("copy", ORSet())))


def overwrites() -> Trace:
    """Bob adopts what ann says, and loses his own addition."""
    return repeated(shopping(), taken("bob", 0), taken("bob", 1), data=ORSet().add("tea", "bob"))


def out_of_order() -> Trace:
    """Ann's second copy comes before her first."""
    return swapped(shopping(), taken("ann", 0), taken("ann", 1))


@message
class First:
    """I keep what I have."""

    value: float

    def merged(self, other: First) -> First:
        return self


@message
class Mean(First):
    """I meet the other halfway."""

    value: float

    def merged(self, other: First) -> Mean:
        return Mean((self.value + other.value) / 2)


@message
class Sum(First):
    """I add what the other says."""

    value: float

    def merged(self, other: First) -> Sum:
        return Sum(self.value + other.value)


def unlawful(*copies: First) -> Trace:
    """Ann takes these copies in turn."""
    trace = shopping()
    rows = [
        changed(trace, each, data=(("copy", copies[0]),)).rows[each.seq] for each in trace.select("start")
    ]
    for number, copy in enumerate(copies):
        event = taken("ann", number)
        rows.append(changed(trace, event, cause=None, data=copy).rows[event.seq])
    return made(trace, rows, 12.0)


def order_matters() -> Trace:
    """The first copy wins."""
    return unlawful(First(1), First(2), First(4))


def grouping_matters() -> Trace:
    """The mean of three depends on which two are taken first."""
    return unlawful(Mean(1), Mean(2), Mean(4))


def repetition_matters() -> Trace:
    """A sum counts twice what comes twice."""
    return unlawful(Sum(1), Sum(2), Sum(4))


def rises_again() -> Trace:
    """After the removal ann takes the same addition in again."""
    return repeated(shopping(), taken("ann", 2), data=taken("ann", 1).data)


def never_hears() -> Trace:
    """The removal changes nothing at bob's."""
    return without(shopping(), *shopping().select("copy", kind="state", agent="bob", since=3))


def hears_too_late() -> Trace:
    """Bob hears of the milk only after 5 s."""
    calm = World(latency=0.01).add(Replica("ann", ORSet(), [MILK]), Replica("bob", ORSet()))
    trace = calm.run(until=12).trace
    news = trace.select("copy", kind="state", agent="bob")[0]
    return late(trace, news, trace.select("timer", since=6)[0])


def decision(number: int) -> Event:
    return shopping().select("decision")[number]


def decides(**fields: Any) -> Trace:
    """Ann's first decision reads otherwise."""
    return changed(shopping(), decision(0), data=replace(decision(0).data, **fields))


def shows_another(trace: Trace, agent: str, value: str) -> Trace:
    """At last an agent shows another value."""
    return changed(trace, trace.select("role", kind="state", agent=agent)[-1], data=value)


def reads(words: str) -> Trace:
    """Bob, who has everything, says that he read this."""
    return changed(shopping(), shopping().select("note", agent="bob")[-1], data=words)


@cache
def twice_counted() -> Trace:
    """Ann counts once, and crashes."""
    world = World().add(Replica("ann", GCounter(), [Update(0.1, "add")], period=None))
    return world.inject("crash ann @1..2").run(until=3).trace


def busy(updates: int) -> Run:
    """Five replicas, of which the first writes this often."""
    writes = [Update(0.3 * number, "write", number) for number in range(updates)]
    world = World(latency=0.01).expect(*properties())
    world.add(Replica(str(n), LastWriter(), writes if n == 0 else ()) for n in range(5))
    return world.run(until=0.3 * updates + 5)


def stamped(**otherwise: Any) -> Trace:
    """The last write of replica 0 has another author or time when it is made."""
    trace = busy(5).trace
    made = trace.select("copy", kind="state", agent="0")[-1]
    (write,) = made.data.stamped
    return changed(trace, made, data=LastWriter(frozenset({replace(write, **otherwise)})))


STORY = (bought,)
GROWS = (lambda: busy(10), lambda: busy(45))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "nothing is dropped": [forgets_in_a_crash, overwrites, out_of_order],
    "merging is lawful": [order_matters, grouping_matters, repetition_matters],
    "removed is removed": [rises_again],
    "copies say what was heard": [
        lambda: decides(value="tea"),
        lambda: without(shopping(), *shopping().select("Exchange", "Push", kind="handle", agent="bob")),
        lambda: shows_another(shopping(), "ann", "tea"),
        lambda: shows_another(busy(5).trace, "1", "0"),
        lambda: reads("read eggs, repaired nobody"),
    ],
    "a write bears its author's time": [
        lambda: stamped(by="1", version=(("1", 1),)),
        lambda: stamped(at=0.25),
        lambda: without(busy(5).trace, *busy(5).trace.select("copy", kind="state", agent="0")),
    ],
    "each update is made once": [
        lambda: repeated(shopping(), decision(0), after=decision(1)),
        lambda: repeated(twice_counted(), twice_counted().select("decision")[0], twice_counted()[-1]),
    ],
    "equal copies within 4 s": [never_hears, hears_too_late],
}
UNTIL = 11.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Two to five replicas of a kind, up to 20 updates, faults, and a network that loses and repeats."""
    start, mode = (
        draw(st.sampled_from((*KINDS, LastWriter(), ORSet(), ORSet()))),
        draw(st.sampled_from(MODES)),
    )
    names = ["ann", "bob", "cat", "dan", "eve"][: draw(st.integers(2, 5))]
    values = st.integers(0, 9) if "Counter" in type(start).__name__ else st.sampled_from("ab")
    change = st.builds(Update, moments(0, 4), st.sampled_from(start.operations), values)
    world = World(draw(st.integers(0, 999)), "uniform(0.01, 0.2)", loss=0.2, duplicate=0.2, reorder=0.3)
    for name in names:
        updates = draw(st.lists(change, max_size=6))
        world.add(Replica(name, start, updates, mode, period=0.25, reads=[draw(moments(0, 4))]))
    world.inject(*draw(plans(names, "crash partition cut slow drop duplicate delay", end=4.0)))
    if draw(st.booleans()):
        world.inject(f"skew {names[0]} +{draw(moments(0, 5)):.3f} @0")
    return world.expect(*properties(6.0))


def last(run: Run) -> dict[str, Any]:
    """The last copy of each replica that ever changed it."""
    return {event.agent or "": event.data for event in run.trace.select("copy", kind="state")}


def also(run: Run) -> None:
    """All copies say the same, and counters count every update once."""
    copies = list(last(run).values())
    assert len({copy.value for copy in copies}) <= 1, run.line
    updates = [event.data for event in run.trace.select("decision")]
    if copies and isinstance(copies[0], (GCounter, PNCounter)):
        total = sum(each.value * (1 if each.operation == "add" else -1) for each in updates)
        assert copies[0].value == total, run.line


def doubled(run: Run) -> bool:
    delivered = [event.message for event in run.trace.select("deliver")]
    return len(delivered) > len(set(delivered))


def concurrent(run: Run) -> bool:
    """Whether a register holds writes that did not know of each other."""
    return any(len(getattr(copy, "stamped", getattr(copy, "writes", ()))) > 1 for copy in last(run).values())


SEEN: dict[str, Callable[[Run], Any]] = {
    "a lost message": lambda run: "lost" in [event.data for event in run.trace.select("drop")],
    "a cut link": lambda run: "cut" in [event.data for event in run.trace.select("drop")],
    "a crash": lambda run: run.trace.count("crash"),
    "a partition": lambda run: run.trace.count("Partition", kind="fault"),
    "a message that comes twice": doubled,
    "concurrent writes": concurrent,
}
