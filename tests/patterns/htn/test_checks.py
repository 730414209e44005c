"""Each property of planning and acting: kept by the page, and broken by a trace that deserves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.htn import Actor, Environment, GivenUp, Observation
from coordlab.patterns.htn.checks import properties
from coordlab.patterns.htn.domains import JOURNEY, at_home
from coordlab.properties import Verdict
from coordlab.trace.trace import Event, Trace
from tests.patterns.htn.domains import SWITCH
from tests.properties.linear import growth
from tests.properties.mutated import changed, ended, late, made, repeated, swapped, without

NAMES = (
    "every plan can be executed",
    "every plan refines its tasks",
    "the preferred plan, or none",
    "planning changes nothing",
    "done or given up within 30 s",
)


@cache
def journey() -> Trace:
    """The taxi is gone when Alice calls it; she plans anew and takes the bus."""
    world = World(latency=0.01)
    world.add(Environment(at_home(), JOURNEY, changes=((0.3, (("taxi is free", False),)),)))
    world.add(Actor("alice", [("travel", "alice", "park")], JOURNEY))
    return world.run(until=60).trace


def judged(trace: Trace) -> dict[str, str]:
    return {verdict.name: verdict.status for verdict in (each(trace) for each in properties(JOURNEY))}


def decision(name: str, number: int = 0) -> Event:
    return journey().select(name, kind="decision")[number]


def facts(number: int) -> Event:
    return journey().select("facts", kind="state")[number]


def plan_changed(**fields: Any) -> Trace:
    made = decision("Planned")
    return changed(journey(), made, data=replace(made.data, **fields))


def skips_a_step() -> Trace:
    """She means to ride before she has called."""
    return plan_changed(plan=decision("Planned").data.plan[1:])


def plans_before_looking() -> Trace:
    """What she saw comes only after the plan that was made from it."""
    seen = journey().select("Observation", kind="handle")[0]
    return late(journey(), seen, decision("Planned"))


def names_a_method_that_does_not_apply() -> Trace:
    """She says that she goes on foot."""
    rows = decision("Planned").data.chosen
    return plan_changed(chosen=(replace(rows[0], by="by_foot"), *rows[1:]))


def plans_another_thing_than_it_chose() -> Trace:
    """By taxi was chosen, the bus planned, which could be executed as well."""
    return plan_changed(plan=decision("Planned", 1).data.plan)


def takes_the_second_best() -> Trace:
    """The bus, though a taxi was free then."""
    bus = decision("Planned", 1).data
    return plan_changed(plan=bus.plan, chosen=bus.chosen)


def gives_up_too_soon() -> Trace:
    """She says that all was looked at, and there was a plan."""
    was = decision("Planned")
    return changed(journey(), was, name="GivenUp", data=GivenUp(was.data.tasks, "exhausted", "no way"))


def facts_change_while_she_plans() -> Trace:
    """Without any action and without a change, the taxi is somewhere else."""
    spoiled = tuple((name, "moon" if name == "taxi at" else value) for name, value in facts(0).data)
    return repeated(journey(), decision("Planned"), kind="state", agent="site", name="facts", data=spoiled)


def an_action_does_not_what_it_should() -> Trace:
    """The bus went to the moon."""
    spoiled = tuple((name, "moon" if name == ("at", "alice") else value) for name, value in facts(-1).data)
    return changed(journey(), facts(-1), data=spoiled)


def performs_the_impossible() -> Trace:
    """A driver is paid whom nobody could pay."""
    done = decision("Performed")
    return changed(journey(), done, data=replace(done.data, task=("ride_taxi", "alice", "park")))


def acts_before_it_knows() -> Trace:
    """The site has performed something before it had any facts."""
    return swapped(journey(), facts(0), decision("Performed"))


def says_what_is_not_so() -> Trace:
    """The site's answer is not what it knows."""
    answer = journey().select("Observation")[0]
    return changed(journey(), answer, data=Observation((("bus runs", True),)))


def never_ends() -> Trace:
    """She goes on and on: nothing tells that she is done."""
    return without(journey(), *[e for e in journey().select("role", agent="alice") if e.data == "done"])


BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "every plan can be executed": [skips_a_step, plans_before_looking],
    "every plan refines its tasks": [names_a_method_that_does_not_apply, plans_another_thing_than_it_chose],
    "the preferred plan, or none": [takes_the_second_best, gives_up_too_soon],
    "planning changes nothing": [
        facts_change_while_she_plans,
        an_action_does_not_what_it_should,
        performs_the_impossible,
        acts_before_it_knows,
        says_what_is_not_so,
    ],
    "done or given up within 30 s": [never_ends],
}


def test_the_page_keeps_them_all() -> None:
    """The run as it was: every property holds."""
    assert judged(journey()) == dict.fromkeys(NAMES, "holds")


def test_a_trace_from_a_file_is_judged_alike() -> None:
    """All that a property needs stands in the trace."""
    assert judged(Trace.from_jsonl(journey().to_jsonl())) == dict.fromkeys(NAMES, "holds")
    stored = Trace.from_jsonl(takes_the_second_best().to_jsonl())
    assert judged(stored) == judged(takes_the_second_best())


@pytest.mark.parametrize(
    ("name", "mutation"), [(name, each) for name, mutations in BROKEN.items() for each in mutations]
)
def test_each_objects_to_the_trace_that_breaks_it(name: str, mutation: Callable[[], Trace]) -> None:
    """A violation names its moment, its event and its reason."""
    verdicts: dict[str, Verdict] = {each.name: each(mutation()) for each in properties(JOURNEY)}
    assert verdicts[name].status == "violated"
    assert verdicts[name].at is not None
    assert verdicts[name].because


@pytest.mark.parametrize("mutation", [takes_the_second_best, gives_up_too_soon, never_ends])
def test_it_is_exactly_that_one_which_objects(mutation: Callable[[], Trace]) -> None:
    """A second-best plan is a plan; so is one that never ends."""
    (name,) = [name for name, mutations in BROKEN.items() if mutation in mutations]
    assert judged(mutation()) == dict.fromkeys(NAMES, "holds") | {name: "violated"}


def test_a_repeated_or_unperformed_change_is_found() -> None:
    """The same new facts twice are no change; facts that were due and never came are noticed at the next."""
    assert judged(repeated(journey(), facts(-1)))["planning changes nothing"] == "holds"
    assert judged(without(journey(), decision("Changed")))["planning changes nothing"] == "violated"


def test_a_search_that_reached_its_limit_is_not_held_against_anybody() -> None:
    """Only who says that all was looked at must have been right."""
    was = decision("Planned")
    trace = changed(journey(), was, name="GivenUp", data=GivenUp(was.data.tasks, "limit", "too much"))
    assert judged(trace)["the preferred plan, or none"] == "holds"


def test_a_trace_that_ends_early_decides_nothing_about_the_end() -> None:
    """0.5 s after the start nobody can know whether she will arrive."""
    assert judged(ended(journey(), 0.5)) == dict.fromkeys(NAMES, "holds") | {NAMES[-1]: "undecided"}


def test_an_empty_trace_decides_nothing() -> None:
    """Where nothing happened, nothing held."""
    assert judged(made(journey(), [], 0.0)) == dict.fromkeys(NAMES, "undecided")


def switching(count: int) -> Trace:
    """So many turns of a switch."""
    tasks = [("putv", number % 2) for number in range(count)]
    world = World(latency=0.01).add(
        Environment({"switch": -1}, SWITCH, pace=0.1), Actor("ann", tasks, SWITCH)
    )
    return world.run(until=60).trace


@pytest.mark.parametrize("place", range(5))
def test_judging_takes_no_more_than_its_share_of_time(place: int) -> None:
    """Four times the trace, about four times the work."""
    assert growth(properties(SWITCH)[place], switching(20), switching(80)) < 1.5
