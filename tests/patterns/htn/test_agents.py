"""Planning and acting: what happens when the world does not do what the plan says."""

from __future__ import annotations

from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.htn import Actor, Do, Environment, Observe, demo, theory
from coordlab.patterns.htn.checks import planning_changes_nothing, properties
from coordlab.patterns.htn.domains import JOURNEY, at_home
from coordlab.patterns.htn.planner import find_plan
from coordlab.patterns.htn.rules import State
from coordlab.world.agent import Agent
from coordlab.world.world import Run
from tests.patterns.htn.domains import BLOCKS, blocks

TO_THE_PARK = [("travel", "alice", "park")]


def journey(*faults: str, until: float = 40.0, **site: Any) -> Run:
    """Alice on her way to the park: all promises are kept."""
    settings = {key: site.pop(key) for key in ("limit", "attempts") if key in site}
    actor = Actor("alice", site.pop("tasks", TO_THE_PARK), JOURNEY, **settings)
    world = World(latency=0.01).add(Environment(at_home(), JOURNEY, **site), actor)
    run = world.inject(*faults).expect(*properties(JOURNEY)).run(until=until)
    assert {verdict.status for verdict in run.verdicts} == {"holds"}
    return run


def last_facts(run: Run) -> State:
    return State(run.trace.select("facts", kind="state")[-1].data)


def decided(run: Run, name: str) -> list[Any]:
    return [each.data for each in run.trace.select(name, kind="decision")]


def test_alice_looks_plans_and_acts() -> None:
    """One look, three actions of half a second each, and she is there."""
    run = journey()
    happened = run.trace.select("send", "state")
    assert [str(event) for event in happened if event.name != "facts"] == [
        "0.000 alice send Observe -> site",
        "0.010 site send Observation -> alice",
        "0.020 alice state role acting",
        "0.020 alice send Do -> site",
        "0.030 site state role busy",
        "0.530 site state role quiet",
        "0.530 site send Done -> alice",
        "0.540 alice send Do -> site",
        "0.550 site state role busy",
        "1.050 site state role quiet",
        "1.050 site send Done -> alice",
        "1.060 alice send Do -> site",
        "1.070 site state role busy",
        "1.570 site state role quiet",
        "1.570 site send Done -> alice",
        "1.580 alice state role done",
    ]
    assert last_facts(run)["at", "alice"] == "park"


@pytest.mark.parametrize("count", [2, 5, 11])
def test_theory_counts_what_is_sent(count: int) -> None:
    """An Observe and its reply, and two messages for each action, for any number of blocks."""
    on: dict[Any, Any] = {block: block + 1 for block in range(count)} | {count: "table"}
    tasks = [("build", tuple((block + 1, block) for block in range(count)))]
    plan = find_plan(blocks(on), tasks, BLOCKS).plan or ()
    world = World().add(Environment(blocks(on), BLOCKS, pace=0.1), Actor("ann", tasks, BLOCKS))
    trace = world.run(until=60).trace
    assert trace.count("send") == theory.messages(len(plan))


def test_when_the_taxi_is_gone_she_takes_the_bus() -> None:
    """The first action fails at 0.5 s; she observes again, and another method applies."""
    run = demo()
    assert [each.plan for each in decided(run, "Planned")] == [
        (("call_taxi", "alice"), ("ride_taxi", "alice", "park"), ("pay_driver", "alice", "park")),
        (("take_bus", "alice", "park"),),
    ]
    assert run.trace.count("send") == theory.messages(actions=2, plans=2)
    assert last_facts(run)["at", "alice"] == "park"


def test_without_a_plan_she_gives_up_and_says_why() -> None:
    run = journey(changes=((0.3, (("taxi is free", False), ("bus runs", False))),))
    (why,) = decided(run, "GivenUp")
    assert (why.tasks, why.status) == (tuple(TO_THE_PARK), "exhausted")
    assert "call_taxi alice (no taxi is free)" in why.because
    assert "take_bus alice park (no bus runs)" in why.because
    assert run.trace.select("role", agent="alice")[-1].data == "gave up"


def test_reaching_the_search_limit_is_reported() -> None:
    assert [each.status for each in decided(journey(limit=2), "GivenUp")] == ["limit"]


def test_the_number_of_plans_is_limited() -> None:
    """If every action fails she plans twenty times."""
    run = journey(failure=1.0)
    assert len(decided(run, "Planned")) == 20
    (why,) = decided(run, "GivenUp")
    assert (why.status, why.because) == ("restless", "20 plans have failed")
    assert run.trace.count("send") == theory.messages(actions=20, plans=20)


def test_the_last_plan_allowed_may_succeed() -> None:
    """One plan is enough if nothing goes wrong."""
    assert journey(attempts=1).trace.select("role", agent="alice")[-1].data == "done"


def test_a_silent_environment_is_given_up() -> None:
    """It crashed and stays down: twenty questions, no reply."""
    run = journey("crash site @0", until=60)
    assert [each.status for each in decided(run, "GivenUp")] == ["silent"]
    assert run.trace.count("Observe") == 20


def test_tasks_that_are_done_are_not_done_again() -> None:
    """Bob's taxi fails him when Alice has arrived: only his journey is planned again."""
    tasks = ("travel", "alice", "park"), ("travel", "bob", "home")
    run = journey(tasks=tasks, changes=((1.7, (("taxi is free", False),)),))
    assert [each.tasks for each in decided(run, "Planned")] == [tasks, tasks[1:]]
    assert (last_facts(run)["at", "alice"], last_facts(run)["at", "bob"]) == ("park", "home")


def test_an_action_is_done_once() -> None:
    """The reply to the first Do is lost: she asks again, and the taxi is not called twice."""
    run = journey("drop site>alice #2")
    assert run.trace.count("Do") == 4
    assert [each.task[0] for each in decided(run, "Performed")] == ["call_taxi", "ride_taxi", "pay_driver"]


def test_after_a_crash_the_actor_continues() -> None:
    """Alice crashes in the taxi; back at 3 s she observes that she sits in it, and rides on."""
    run = journey("crash alice @0.8..3")
    assert [each.plan[0][0] for each in decided(run, "Planned")] == ["call_taxi", "pay_driver"]
    assert (last_facts(run)["at", "alice"], last_facts(run)["cash", "alice"]) == ("park", 14.5)


def test_an_impossible_action_fails() -> None:
    """An unknown action, or the wrong one, is answered; the run goes on."""

    class Stranger(Agent):
        async def run(self) -> None:
            for task in (("fly",), ("travel", "alice", "park"), (), ("ride_taxi", "alice", "park")):
                self.stable["asked"] = self.stable.get("asked", 0) + 1
                replies = await self.ask("site", Do(self.stable["asked"], task), within=5)
                self.note(replies["site"].because)

    run = World().add(Environment(at_home(), JOURNEY), Stranger("stranger")).run(until=20)
    assert [each.data for each in run.trace.select("note")] == [
        *("it is not an action",) * 3,
        "alice sits in no taxi",
    ]


def test_refusals() -> None:
    with pytest.raises(ValueError, match=r"unknown task 'fly': expected one of the actions walk, "):
        Actor("alice", [("fly", "alice")], JOURNEY)
    with pytest.raises(ValueError, match=r"failure=nan: expected a probability from 0 to 1"):
        Environment({}, JOURNEY, failure=float("nan"))


def test_a_restarted_environment_knows_its_facts() -> None:
    """It restarts at the very moment at which the question arrives."""

    class Curious(Agent):
        async def run(self) -> None:
            replies = await self.ask("site", Observe(), within=1.0)
            self.note(f"{len(replies['site'].facts)} facts")

    site = Environment(at_home(), JOURNEY)
    world = World(latency=0.01).add(site, Curious("ann")).inject("crash site @0.005..0.01")
    run = world.expect(planning_changes_nothing(JOURNEY)).run(until=2.0)
    assert [each.data for each in run.trace.select("note")] == [f"{len(at_home())} facts"]
    assert [verdict.status for verdict in run.verdicts] == ["holds"]


def test_the_same_number_gets_the_same_reply() -> None:
    class Impatient(Agent):
        async def run(self) -> None:
            for _ in range(3):
                await self.ask("site", Do(1, ("call_taxi", "alice")), within=3.0)

    world = World().add(Environment(at_home(), JOURNEY), Impatient("ann")).inject("crash site @0.7..0.8")
    trace = world.run(until=12.0).trace
    assert [trace.count(each) for each in ("Performed", "Failed")] == [1, 0]


def test_actors_number_their_actions_separately() -> None:
    """Alice's first action is not bob's first action."""
    first = ("call_taxi", "alice"), ("walk", "bob", "park")
    world = World().add(Environment(at_home(), JOURNEY), (Actor(task[1], [task], JOURNEY) for task in first))
    assert [each.data.task for each in world.run(until=5.0).trace.select("Performed")] == [*first]


def test_each_change_comes_once_at_its_time() -> None:
    changes = ((0.6, (("rain", False),)), (0.2, (("rain", True),)))
    world = World().add(Environment({"rain": False}, JOURNEY, changes=changes)).inject("crash site @0.3..0.4")
    assert [each.time for each in world.run(until=2.0).trace.select("Changed")] == [0.2, 0.6]
