"""The search finds schedules that break a property, makes them small, and shows the nearest that does not."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import count
from threading import Lock
from typing import Any

import pytest

from coordlab import World, labs
from coordlab.explore import WORKS, Exploration, ExploreError, Limits, exhaust, explore, robustness
from coordlab.explore.landmarks import Landmarks
from coordlab.explore.schedules import Space, guided
from coordlab.properties import Moment, Property, Verdict, always, never
from coordlab.trace.faults import Crash, Fault
from coordlab.trace.scenario import Scenario
from coordlab.trace.trace import CRASH, DROP, FAULT, HEAL, RESTART, Event, Trace
from coordlab.world.dice import dice
from coordlab.world.source import attempt
from tests.explore.broken import Store, Writer, blind, correct, fragile, overtaken

FAULTS = "crash partition"


def found(**settings: Any) -> Exploration:
    return explore(blind, budget=120, faults=FAULTS, until=20, **settings)


def test_a_mistake_is_found_made_small_and_contrasted() -> None:
    """Two agents and one fault are enough, and without it the property holds."""
    exploration = found()
    assert not exploration
    assert {each.property for each in exploration.failures} == {
        *("one coordinator per component", "the highest alive coordinates", "agreement within 4.375 s"),
    }
    pair = exploration.pairs[0]
    failing, passing = (Scenario.from_line(line) for line in pair.lines)
    assert (failing.parameters, len(failing.faults)) == ({"agents": 2}, 1)
    assert len(passing.faults) <= 1
    assert pair.verdict.status == "violated"
    assert str(pair).endswith(pair.lines[1])
    for scenario, status in ((failing, "violated"), (passing, "holds")):
        run = attempt(exploration.source, scenario).run
        assert [each.status for each in run.verdicts if each.name == pair.verdict.name] == [status]


def test_a_pair_is_shown_side_by_side() -> None:
    """In a notebook: the player with both runs, the failing one first."""
    pair = found(stop_at=1).pairs[0]
    lab = labs.show(pair.failing, beside=pair.passing)
    assert [each.run.line for each in lab.branches] == list(pair.lines)
    assert lab.selected == 0
    assert "application/vnd.jupyter.widget-view+json" in pair._repr_mimebundle_()


@pytest.mark.slow
def test_a_correct_pattern_survives() -> None:
    exploration = explore(correct, budget=150, faults=FAULTS, until=20)
    assert (bool(exploration), exploration.tried, exploration.failures) == (True, 150, [])
    assert sum(tried for _, tried in exploration.survived.values()) == 150
    first, drawn, table, *rows = str(exploration).splitlines()
    assert first == "150 schedules: every schedule kept every property."
    assert drawn == "faults drawn: crash, partition."
    assert table == "schedules that broke nothing, by how they were drawn:"
    assert rows[-1] == "  guided: {0} of {0}".format(exploration.survived["guided"][1])


def test_one_message_held_back_for_seconds_is_found() -> None:
    """No other kind of fault shows it."""
    exploration = explore(overtaken, budget=60, faults="delay", until=5)
    (pair,) = exploration.pairs
    assert [str(each) for each in pair.failing.scenario.faults] == ["delay writer>store #1 1"]
    assert pair.change == "if “delay writer>store #1 1” takes 0.99 s"
    assert explore(overtaken, budget=60, faults="drop duplicate", until=5)


def test_an_agent_that_fails_is_a_failure() -> None:
    exploration = explore(fragile, budget=100, faults="crash partition delay", until=20)
    failure = next(each for each in exploration.failures if each.property == WORKS)
    assert "KeyError" in exploration.pair(failure).verdict.because


def test_a_scenario_that_breaks_a_property_by_itself_is_reported_at_once() -> None:
    """No schedule is run, unless more properties are asked for."""
    world = correct(seed=0, agents=3).inject("crash 3 @1", "drop 3>1 #1")
    nobody = always("nobody crashes", lambda now: "3" in now.states or now.time < 1)
    exploration = explore(world, nobody, budget=40, until=5, faults="crash")
    (failure,) = exploration.failures
    assert (exploration.tried, failure.stratum, failure.at) == (0, "the scenario itself", 0)
    why = "the scenario itself breaks a property; stop_at=2 looks for another one"
    assert str(exploration).splitlines() == [
        f"0 schedules: 1 property was broken. The search stopped early: {why}.",
        "faults drawn: crash.",
        f"✗ nobody crashes (the scenario itself): {failure.scenario}",
    ]
    assert [str(fault) for fault in exploration.pairs[0].failing.scenario.faults] == ["crash 3 @1"]
    assert explore(world, nobody, budget=40, until=5, stop_at=2).tried == 40
    with pytest.raises(ExploreError, match=r"nobody crashes .*expected a scenario that keeps its properties"):
        robustness(world, nobody, budget=40, until=5)


@pytest.mark.slow
def test_the_same_seed_makes_the_same_search_on_every_executor() -> None:
    here = found(seed=3)
    with ThreadPoolExecutor(1) as threads, ProcessPoolExecutor(1) as processes:
        for executor in (threads, processes):
            there = found(seed=3, executor=executor)
            assert (there.failures, there.survived) == (here.failures, here.survived)
    assert found(seed=4).failures != here.failures


@pytest.mark.parametrize("what", ["lab", "run", "world"])
def test_a_lab_a_run_or_a_world_can_be_explored(what: str) -> None:
    lab = labs.bully(agents=3, until=9)
    things = {"lab": lab, "run": lab.run, "world": correct(seed=1, agents=3)}
    exploration = explore(things[what], budget=40, faults=FAULTS, until=9)
    assert (exploration.tried, exploration.failures) == (40, [])


@pytest.mark.slow
def test_the_search_ends_where_it_is_told_to() -> None:
    told: list[tuple[int, int]] = []
    assert found(stop_at=1).tried == 40
    assert found(seconds=0.001).stopped == "0.001 real seconds were over"
    assert found(progress=lambda done, of: told.append((done, of))).tried == 120
    assert told == [(40, 120), (80, 120), (120, 120)]


def test_an_interrupted_search_keeps_what_it_found() -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    exploration = found(progress=stop)
    assert (exploration.tried, exploration.stopped) == (40, "it was interrupted")
    assert exploration.failures


def alone(seed: int) -> World:
    """One agent."""
    return World(seed).add(Store("store"))


def test_an_agent_can_be_alone() -> None:
    """Only what can strike it is drawn."""
    assert explore(alone, always("p", lambda now: True), budget=60, until=3).tried == 60


calls = count()


def unsteady(seed: int) -> World:
    """Another latency each time."""
    return World(seed, latency=0.01 + next(calls) / 1e4).add(Writer("writer"), Store("store"))


@pytest.mark.parametrize(
    ("what", "settings", "message"),
    [
        (correct, {"budget": 0}, "budget=0"),
        (correct, {"faults": "crash fire"}, "'fire'"),
        (alone, {"faults": "drop", "properties": True}, "faults='drop' in a world of one agent: expected"),
        (World, {"properties": True}, "0 agents: expected at least one"),
        (correct, {"faults": 3}, "faults=3: expected kinds among crash"),
        (correct, {"stop_at": 0}, "stop_at=0"),
        (correct, {"executor": 3}, "executor=3"),
        (correct, {"limits": 3}, "limits=3"),
        (correct, {"faults": ""}, "expected kinds among crash"),
        (3, {}, "expected a lab, a world, a run, or a function"),
        (lambda seed: 3, {}, "expected World"),
        (lambda number, agents=3: 3, {}, r"world\(number, agents=3\): expected a function that takes `seed`"),
        (alone, {}, "expected at least one to break"),
        (unsteady, {"properties": True}, "two runs of unsteady seed=0 until=20 differ from event 3 on"),
    ],
)
def test_what_cannot_be_explored_is_refused(what: Any, settings: dict[str, Any], message: str) -> None:
    fine = [always("p", lambda now: True)] if settings.pop("properties", False) else []
    with pytest.raises((ExploreError, TypeError), match=message):
        explore(what, *fine, **settings)


def well_by(end: float, spared: str) -> Property:
    """Who crashes is back by then, nothing happens to the network later, and one agent never stops."""

    def wrong(event: Event) -> bool:
        disturbs = event.kind in (CRASH, RESTART, FAULT, HEAL)
        stops = event.kind == FAULT and event.name in ("Crash", "Pause") and event.agent == spared
        return stops or (disturbs and event.time > end)

    return never("all is well by then", wrong)


@pytest.mark.slow
def test_a_search_can_keep_to_what_a_pattern_assumes() -> None:
    """In all strata and in what they are varied to: an end of all faults, an agent that never stops."""
    assumed, within = (well_by(6.0, "3"), always("all are up", lambda now: len(now.alive) == 3, calm=7.0)), 14
    world = correct(seed=1, agents=3)
    world.properties = ()
    limits = Limits(over=6.0, spared=("3",))
    found = explore(world, *assumed, budget=150, until=within, limits=limits)
    assert (bool(found), len(found.survived)) == (True, 8), found.failures
    assert len(explore(world, *assumed, budget=60, until=within).failures) == 2


def up(now: Moment) -> bool:
    return now.time < 0.5 or len(now.alive) == 3


@pytest.mark.slow
def test_messages_are_lost_and_late_only_until_all_is_well() -> None:
    """What is known only after the run is looked up there, and a pair stays within the limits, too."""
    world, well = correct(seed=1, agents=3), Limits("crash drop delay", over=2.0)
    world.properties = ()
    late = never("nothing is lost later", lambda event: event.kind == DROP and event.time > 2)
    assert explore(world.assume(well), late, budget=120, faults="drop", until=9)
    assert not explore(world, late, budget=120, faults="drop", until=9, limits=Limits())
    (pair,) = explore(world, always("all are up", up), budget=40, faults="crash", until=9).pairs
    assert [fault.until is not None and fault.until <= 2 for fault in pair.failing.scenario.faults] == [True]


def test_what_a_world_assumes_is_kept_by_default_and_said() -> None:
    world = correct(seed=1, agents=3).assume(Limits("crash slow", over=4.0, spared=("3",)))
    again: World = pickle.loads(pickle.dumps(world)).again(seed=2)
    assert again.limits == world.limits
    drawn = "faults drawn: crash, slow; all is well again by 4 s; never stopped: 3."
    assert str(explore(again, budget=8, until=3)).splitlines()[1] == drawn
    assert str(explore(again, budget=8, until=3, faults="cut")).splitlines()[1] == drawn.replace(
        "crash, slow", "cut"
    )
    assert [*robustness(again, budget=2, until=3).survived] == ["crash", "slow"]


def test_one_fault_less_is_one_fault_less() -> None:
    """A change to a schedule never takes away two of its faults."""
    world = correct(seed=1, agents=3)
    marks, space = Landmarks(world.run(until=5).trace), Space(("1", "2", "3"), 5.0, Limits())
    before: list[Fault] = [Crash(name, at=1.0) for name in "123"]
    kept = [
        sum(fault in before for fault in guided(dice(0, number), marks, space, before))
        for number in range(100)
    ]
    assert (min(kept), max(kept)) == (2, 3)


def test_the_scenario_itself_runs_twice_to_see_whether_it_is_always_the_same() -> None:
    """It is judged once, and what is known when a property raises an error is kept."""
    seeds: list[int] = []
    asked: list[Trace] = []

    def build(seed: int) -> World:
        seeds.append(seed)
        return correct(seed, agents=3).expect(always("nobody is here", lambda now: False))

    explore(build, raising(KeyError, lambda trace, _: asked.append(trace)), until=5)
    assert (seeds, len(asked)) == ([0, 0], 1)
    with pytest.raises(ExploreError, match="while “odd” was judged") as told:
        explore(correct, raising(KeyError, lambda *_: True), budget=40, until=3)
    assert isinstance(told.value.found, Exploration)


def test_a_misspelt_agent_is_not_spared() -> None:
    with pytest.raises(ValueError, match="spared='stor': expected one of 'writer', 'store'"):
        explore(overtaken, budget=1, limits=Limits(spared=("stor",)))
    with pytest.raises(ValueError, match="expected an agent that is not spared, or other faults"):
        explore(overtaken, budget=1, limits=Limits(spared=("writer", "store")))
    with pytest.raises(TypeError, match="spared='board': expected a tuple of names"):
        Limits(spared="board")  # type: ignore[arg-type]


@pytest.mark.parametrize("limits", [{"most": 0}, {"hold": 0}, {"slow": 0}, {"drift": 1}, {"over": 0}])
def test_limits_have_a_range(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(limits))}="):
        Limits(**limits)


def raising(error: type[BaseException], when: Callable[[Trace, int], object]) -> Property:
    """A property that raises an error when `when(trace, how often it was asked)`."""
    asked = count(1)

    def judge(trace: Trace) -> Verdict:
        if when(trace, next(asked)):
            raise error("what it says")
        return Verdict("odd", "holds")

    return Property("odd", judge)


def test_a_property_that_raises_is_named_and_what_was_found_before_is_kept() -> None:
    """In a search and in an exhaustive one; the scenario can be pasted."""
    odd = raising(KeyError, lambda trace, _: trace.count("crash") > 1)
    with pytest.raises(
        ExploreError, match="KeyError: 'what it says' while “odd” was judged, in blind "
    ) as told:
        explore(blind, odd, budget=120, faults=FAULTS, until=20)
    found = told.value.found
    assert isinstance(found, Exploration)
    assert 0 < found.tried == sum(tried for _, tried in found.survived.values()) < 120
    with pytest.raises(ExploreError, match="while “odd” was judged") as told:
        exhaust(overtaken, raising(KeyError, lambda _, asked: asked == 3), steps=2, faults="", until=4)
    assert getattr(told.value.found, "tried", 0) == 2


def test_the_stop_button_keeps_each_schedule_that_is_finished() -> None:
    """Also those of a batch that is under way; the scenario itself is judged before them."""
    exploration = explore(correct, raising(KeyboardInterrupt, lambda _, asked: asked > 8), budget=40, until=3)
    assert (exploration.tried, exploration.stopped) == (7, "it was interrupted")


class Dying(ThreadPoolExecutor):
    """Dies at its second batch."""

    batches = 0

    def map(self, *given: Any, **named: Any) -> Any:  # type: ignore[override]
        self.batches += 1
        if self.batches > 1:
            raise BrokenExecutor("a worker was killed")
        return super().map(*given, **named)


def test_an_executor_that_dies_ends_the_search() -> None:
    with Dying(1) as executor:
        exploration = found(executor=executor)
    assert exploration.tried == 40
    assert exploration.stopped == "the executor died (BrokenExecutor: a worker was killed)"


def test_what_cannot_go_to_another_process_is_refused() -> None:
    """A function without a name can, one that holds a lock cannot."""
    lock = Lock()

    def locked(seed: int) -> World:
        with lock:
            return correct(seed)

    with ProcessPoolExecutor(1) as executor:
        assert explore(lambda seed: correct(seed, 3), budget=8, until=2, executor=executor).tried == 8
        with pytest.raises(ExploreError, match=r"cannot go to another process .*leave out executor="):
            explore(locked, budget=8, until=2, executor=executor)
