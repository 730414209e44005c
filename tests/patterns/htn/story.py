"""What planning and acting promises: a run that keeps it, traces that break it, disasters it survives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.htn import Actor, Environment, GivenUp, Observation
from coordlab.patterns.htn.checks import properties
from coordlab.patterns.htn.domains import JOURNEY, at_home
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import plans
from tests.patterns.htn.domains import BLOCKS, SWITCH, blocks
from tests.properties.mutated import changed, late, repeated, swapped, without

TO_THE_PARK = [("travel", "alice", "park")]


@cache
def journey() -> Run:
    """The taxi is gone when Alice calls it; she plans again and takes the bus."""
    world = World(latency=0.01)
    world.add(Environment(at_home(), JOURNEY, changes=((0.3, (("taxi is free", False),)),)))
    world.add(Actor("alice", TO_THE_PARK, JOURNEY))
    return world.expect(*properties(JOURNEY)).run(until=60)


def trace() -> Trace:
    return journey().trace


def decision(name: str, number: int = 0) -> Event:
    return trace().select(name, kind="decision")[number]


def facts(number: int) -> Event:
    return trace().select("facts", kind="state")[number]


def plan_changed(**fields: Any) -> Trace:
    made = decision("Planned")
    return changed(trace(), made, data=replace(made.data, **fields))


def takes_the_second_best() -> Trace:
    """The bus, though a taxi was free then."""
    bus = decision("Planned", 1).data
    return plan_changed(plan=bus.plan, chosen=bus.chosen)


def gives_up_too_soon() -> Trace:
    """She says that everything was looked at, and there was a plan."""
    was = decision("Planned")
    return changed(trace(), was, name="GivenUp", data=GivenUp(was.data.tasks, "exhausted", "no way"))


def on_the_moon(name: object, number: int) -> Any:
    """Facts in which one thing is somewhere else."""
    return tuple((each, "moon" if each == name else value) for each, value in facts(number).data)


def names_a_method_that_does_not_apply() -> Trace:
    """She says that she goes on foot."""
    rows = decision("Planned").data.chosen
    return plan_changed(chosen=(replace(rows[0], by="by_foot"), *rows[1:]))


def facts_change_while_she_plans() -> Trace:
    """The taxi is on the moon without any action or change."""
    spoiled = on_the_moon("taxi at", 0)
    return repeated(trace(), decision("Planned"), kind="state", agent="site", name="facts", data=spoiled)


def performs_the_impossible() -> Trace:
    """A ride by taxi without a taxi."""
    done = decision("Performed")
    return changed(trace(), done, data=replace(done.data, task=("ride_taxi", "alice", "park")))


def observes_what_is_not_so() -> Trace:
    """The Observation differs from the facts."""
    answer = trace().select("Observation")[0]
    return changed(trace(), answer, data=Observation((("bus runs", True),)))


def never_ends() -> Trace:
    """Nothing says that she is done."""
    return without(trace(), *[e for e in trace().select("role", agent="alice") if e.data == "done"])


def done_too_soon() -> Trace:
    """Alice never heard that the bus had brought her there."""
    return without(trace(), trace().select("Done", kind="handle")[-1])


def a_number_twice() -> Trace:
    """The bus has the number of the taxi."""
    bus = trace().select("Do", kind="send")[-1]
    return changed(trace(), bus, data=replace(bus.data, number=1))


BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "every plan can be executed": [  # without its first step; before she has looked
        lambda: plan_changed(plan=decision("Planned").data.plan[1:]),
        lambda: late(trace(), trace().select("Observation", kind="handle")[0], decision("Planned")),
    ],
    "every plan refines its tasks": [  # or the bus is planned, though by taxi was chosen
        names_a_method_that_does_not_apply,
        lambda: plan_changed(plan=decision("Planned", 1).data.plan),
    ],
    "the preferred plan, or none": [takes_the_second_best, gives_up_too_soon],
    "planning changes nothing": [
        facts_change_while_she_plans,
        lambda: changed(trace(), facts(-1), data=on_the_moon(("at", "alice"), -1)),
        performs_the_impossible,
        lambda: swapped(trace(), facts(0), decision("Performed")),  # before it had any facts
        observes_what_is_not_so,
        lambda: without(trace(), decision("Changed")),
    ],
    "done only if the plan was carried out": [done_too_soon, a_number_twice],
    "no action is done more often than asked for": [lambda: repeated(trace(), decision("Performed"))],
    "done or given up within 30 s": [never_ends],
}


def switching(count: int) -> Run:
    """A switch is turned this many times."""
    tasks = [("putv", number % 2) for number in range(count)]
    world = World(latency=0.01)
    world.add(Environment({"switch": -1}, SWITCH, pace=0.1), Actor("ann", tasks, SWITCH))
    return world.expect(*properties(SWITCH)).run(until=60)


STORY = (journey,)
GROWS = (lambda: switching(20), lambda: switching(80))
UNTIL = 40.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """A switch is turned, a tower built or a journey made; actions fail, and up to four things go wrong."""
    world = World(draw(st.integers(0, 999)), latency="uniform(0.01, 0.1)")
    kind = draw(st.sampled_from(["switch", "blocks", "journey"]))
    if kind == "switch":  # which may be turned twice, and takes about as long as the actor waits
        world.add(Environment({"switch": -1}, SWITCH, pace=0.9))
        world.add(Actor("ann", [("putv", number % 2) for number in range(4)], SWITCH))
        world.expect(*properties(SWITCH))
        world.inject("drop site>ann #2", "crash site @1.4..1.6")
    elif kind == "blocks":
        facts, tasks = blocks({"c": "a", "a": "table", "b": "table"}), [("build", (("a", "b"), ("b", "c")))]
        world.add(Environment(facts, BLOCKS, failure=0.2), Actor("ann", tasks, BLOCKS))
        world.expect(*properties(BLOCKS))
    else:
        change = draw(st.integers(5, 25)) / 10, (("taxi is free", draw(st.booleans())),)
        world.add(Environment(at_home(), JOURNEY, changes=(change,), failure=0.2))
        world.add(Actor("ann", TO_THE_PARK, JOURNEY)).expect(*properties(JOURNEY))
    drawn = draw(plans(["site", "ann"], "crash partition cut slow drop duplicate delay", end=6.0))
    return world.inject(*(each for each in drawn if each not in map(str, world.faults)))


SEEN: dict[str, Callable[[Run], Any]] = {
    "a crash": lambda run: run.trace.count("crash"),
    "a lost message": lambda run: run.trace.count("drop"),
    "a failed action": lambda run: run.trace.count("Failed"),
    "a second plan": lambda run: run.trace.count("Planned", kind="decision") > 1,
    "everything done": lambda run: run.trace.select("role", agent="ann")[-1].data == "done",
}
