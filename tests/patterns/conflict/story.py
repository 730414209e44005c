"""What conflict resolution promises: the runs that keep it, traces that break it, disasters it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.conflict import Human, Proposer, Resolver
from coordlab.patterns.conflict.checks import properties
from coordlab.patterns.conflict.rules import ORDER, STEPS, Policy, union
from coordlab.trace.trace import TIMER, Event, Trace
from coordlab.world.run import Run
from tests.disasters import moments, plans
from tests.properties.mutated import changed, late, made, repeated, without

POLICY = Policy(retries=1, patience=0.25, default="as before")


@cache
def late_answer() -> Run:
    """Ann, bob and cat want x, y and z; cat's first answer comes after the conflict is settled."""
    world = World(latency=0.01).add(Resolver(POLICY, ["name"]))
    world.add(Proposer(who, {"name": what}) for who, what in (("ann", "x"), ("bob", "y"), ("cat", "z")))
    return world.inject("slow cat 0.6 @0..3").expect(*properties(POLICY)).run(until=4)


def quarrel() -> Trace:
    return late_answer().trace


def long_crash() -> Run:
    """The resolver is down for longer than the bound; only the time it was up counts."""
    world = World(latency=0.01).add(Resolver(POLICY, ["name"]), Proposer("ann", {"name": "x"}))
    return world.inject("crash resolver @0.005..20").expect(*properties(POLICY)).run(until=30)


def decision() -> Event:
    return quarrel().select("decision")[0]


def resolved(**fields: Any) -> Trace:
    """The resolution reads otherwise."""
    return changed(quarrel(), decision(), data=replace(decision().data, **fields))


def other_winner() -> Trace:
    """The loser by rank stands, and the winner is lost."""
    done = decision().data
    return resolved(value=done.lost[0].value, kept=done.lost, lost=done.kept)


def drops_the_late_candidate() -> Trace:
    """Cat's candidate comes after the conflict is settled, and nobody records it."""
    return without(quarrel(), *quarrel().select("Lost", kind="note"))


def asks_once_more() -> Trace:
    """Bob is asked a second time, beyond the budget of one."""
    return repeated(quarrel(), next(e for e in quarrel().select("Ask", peer="bob") if e.data.attempt))


def told_another() -> Trace:
    """Cat is told that another value stands."""
    told = quarrel().select("Resolved", kind="send", peer="cat")[0]
    return changed(quarrel(), told, data=replace(told.data, value="w"))


def ranks_lower() -> Trace:
    """The loser had a higher priority."""
    said = quarrel().select("Proposal", kind="send", agent=decision().data.lost[0].id)[1]
    return changed(
        quarrel(), said, data=replace(said.data, candidate=replace(said.data.candidate, priority=9))
    )


def never_settles() -> Trace:
    """No resolution in 9 s."""
    return made(quarrel(), without(quarrel(), decision()).rows, 9.0)


def settles_late() -> Trace:
    """The resolution comes at 8 s, which is after the bound."""
    rows = [*quarrel().rows, (8_000_000, TIMER, "ann", None, None, "nothing", None, 0.0)]
    long = made(quarrel(), rows, 9.0)
    return late(long, long.select("decision")[0], long[-1])


def busy(size: int) -> Run:
    """This many conflicts between three proposers."""
    names = [f"c{number}" for number in range(size)]
    world = World(latency=0.01).add(Resolver(POLICY, names)).expect(*properties(POLICY))
    return world.add(Proposer(f"p{n}", dict.fromkeys(names, n)) for n in range(3)).run(until=4)


STORY = (late_answer, long_crash)
GROWS = (lambda: busy(10), lambda: busy(40))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "the order of arrival decides nothing": [other_winner, lambda: resolved(by="merge", value="xy")],
    "no candidate is dropped": [lambda: resolved(lost=()), drops_the_late_candidate],
    "retries within the budget": [asks_once_more],
    "one resolution, told to all": [
        lambda: repeated(quarrel(), decision()),
        lambda: without(quarrel(), quarrel().select("Resolved", kind="send", peer="cat")[0]),
        told_another,
    ],
    "settled by what was said": [
        lambda: resolved(by="merge"),
        lambda: resolved(by="escalate"),
        lambda: resolved(by="default"),
        ranks_lower,
    ],
    "settled within 5.5 s": [settles_late, never_settles],
}
CONFLICTS = ("a", "b", "c")
UNTIL = 6.2


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """Up to five proposers, three conflicts, a human, a lossy network, up to four faults."""
    chances, names = st.floats(0, 1), ["ann", "bob", "cat", "dan", "fay"][: draw(st.integers(2, 5))]
    steps = draw(st.permutations(STEPS[:4]))[: draw(st.integers(0, 4))]
    order = draw(st.permutations(ORDER))[: draw(st.integers(1, 4))]
    retries = draw(st.integers(0, 3))
    policy = Policy((*steps, "default"), union, retries, True, tuple(order), 0.25, 2.0, "as before")
    world = World(draw(st.integers(0, 999)), "uniform(0.01, 0.2)", loss=0.1, duplicate=0.1, reorder=0.1)
    world.add(Resolver(policy, CONFLICTS, human="eve"))
    world.add(Human("eve", draw(moments(0.1, 1.0)), draw(st.integers(0, 3)) == 3))
    for name in names:
        wanted = st.sampled_from(["x", "y", "z", frozenset(name), None])
        views = {each: value for each in CONFLICTS if (value := draw(wanted))}
        seen = [(each, f"{name} saw", value) for each, value in views.items() if draw(st.booleans())]
        world.add(Proposer(name, views, seen, draw(st.integers(0, 1)), draw(chances)))
    kinds = "crash partition cut slow drop duplicate delay"
    world.inject(*draw(plans([*names, "eve", "resolver"], kinds, end=3.0)))
    if draw(st.booleans()):  # often enough before a retry, and after a resolution
        at = draw(moments(0.05, 1.5))
        world.inject(f"crash resolver @{at:.3f}..{at + 0.1:.3f}")
    return world.expect(*properties(policy))


def also(run: Run) -> None:
    """Each conflict is settled once."""
    assert sorted(event.data.conflict for event in run.trace.select("decision")) == [*CONFLICTS], run.line


def settled(run: Run, step: str) -> bool:
    return step in [event.data.by for event in run.trace.select("decision")]


SEEN: dict[str, Callable[[Run], Any]] = {
    **{f"settled by {step}": partial(settled, step=step) for step in STEPS},
    "a lost message": lambda run: run.trace.count("drop"),
    "a crash of the resolver": lambda run: run.trace.count("crash", agent="resolver"),
    "a late candidate": lambda run: run.trace.count("Lost", kind="note"),
}
