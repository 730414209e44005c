"""A lab in a script: change settings, inject faults, compare, share, undo."""

from __future__ import annotations

import pickle
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest

from coordlab import Agent, State, World, labs
from coordlab.draw import space_time
from coordlab.labs import Lab
from coordlab.labs.declaration import BUDGET, LabSpec, Measured, Parameter, Theory, once
from coordlab.patterns import ring
from coordlab.patterns.blackboard.expert import Rule
from coordlab.patterns.bully import Answer, Candidate, Coordinator, Election, Ping
from coordlab.trace.faults import FaultError
from coordlab.trace.scenario import Scenario, ScenarioError
from coordlab.world.budget import Budget
from tests.labs.opened import recorded
from tests.sampling import disaster_count, few


def state(lab: Lab) -> object:
    """Everything that a change may affect."""
    return lab.selected, [(each.name, str(each.scenario), each.parent) for each in lab.branches]


# --- the defaults ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", labs.NAMES)
def test_the_properties_of_every_lab_hold_with_its_defaults(name: str) -> None:
    """And each measure agrees with theory, wherever there is one."""
    lab = Lab(labs.spec(name))
    assert {verdict.status for verdict in lab.run.verdicts} == {"holds"}
    assert {each.agrees for each in lab.measures if each.theory} == {True}
    assert lab.run.world.budget == BUDGET


@pytest.mark.no_cover  # many random cases, as in tests by Hypothesis
@pytest.mark.parametrize("name", labs.NAMES)
def test_every_lab_says_what_to_look_at(name: str) -> None:
    """A version, a view by a short name, a figure, three runs worth trying, parts that a class can play."""
    spec = labs.spec(name)
    assert "version" in {each.name for each in spec.parameters}
    assert all(each.help for each in spec.parameters)
    options = {each.name: {*each.options} for each in spec.parameters}
    for each in spec.parameters:
        needs = {**each.only_with, **each.not_with}
        assert [other for other, choices in needs.items() if not options[other].issuperset(choices)] == []
    assert spec.views
    assert all(each.name.islower() for each in spec.views)
    assert spec.figures
    assert len(spec.schedules) >= 3
    assert all(each.look.startswith("Look") for each in spec.schedules)
    assert spec.roles
    assert spec.offers(spec.checked({}))
    states = {event.data for event in Lab(spec).run.trace.select("role")}
    assert states <= spec.tones.keys() or not spec.tones  # what a copy says is no state of its agent


@pytest.mark.parametrize("name", labs.NAMES)
def test_every_theory_that_applies_agrees(name: str) -> None:
    """Over random settings, seeds and faults, and every picture can be drawn; to most runs theory applies."""
    dice, spec, judged = random.Random(name), labs.spec(name), list[bool | None]()
    for _ in range(2 * disaster_count()):
        lab = Lab(spec, seed=dice.randrange(10**6), **_settings(spec, dice))
        if dice.random() < 0.3:
            lab.inject(f"crash {dice.choice(lab.run.trace.agents)} @{dice.uniform(1, 6):.2f}")
        judged += [each.agrees for each in lab.measures if each.theory]
        assert False not in judged, (lab.line, lab.measures)
        assert all(view.at(lab.run.trace.until / 2) for view in lab.views.values()), lab.line
    assert judged.count(True) > len(judged) / 4


ELSEWHERE = {"voting": {"ballots": "Tennessee"}}  # settings that a theory needs to apply


@pytest.mark.parametrize("name", labs.NAMES)
def test_every_theory_applies_somewhere(name: str) -> None:
    """At the default, in a schedule or in a version: a theory that never applies judges nothing."""
    spec, judged, theories = labs.spec(name), set[str](), set[str]()
    tried = [Lab(spec), Lab(spec, **ELSEWHERE.get(name, {}))]
    tried += [Lab(spec).try_out(each.title) for each in spec.schedules]
    tried += [
        Lab(spec, version=version)
        for version in next(each.options for each in spec.parameters if each.name == "version")
    ]
    for each in (measure for lab in tried for measure in lab.measures if measure.theory):
        theories.add(each.label)
        judged |= {each.label} if each.agrees else set()
    assert judged == theories


def _settings(spec: LabSpec, dice: random.Random) -> dict[str, Any]:
    """A random value for each of half the parameters."""
    chosen: dict[str, Any] = {}
    for each in spec.parameters:
        if dice.random() < 0.5 and (each.name != "loss" or dice.random() < 0.3):
            if each.options:
                chosen[each.name] = dice.choice(each.options)
                continue
            low, high = each.bounds(spec.checked(chosen))
            steps = dice.randint(0, round((high - low) / each.step))
            chosen[each.name] = type(each.default)(round(low + steps * each.step, 6))
    return chosen


@pytest.mark.slow  # two runs for each value
@pytest.mark.parametrize("name", labs.NAMES)
def test_every_parameter_can_have_its_extreme_values(name: str) -> None:
    """Lowest, middle, highest, each choice: the lab runs, is measured, and can be repeated from its line."""
    design = labs.spec(name)
    for each in few(design.parameters, 3):
        low, high = each.bounds(design.checked({}))
        for value in each.options or (low, (low + high) / 2, high):
            lab = Lab(design, **{each.name: type(each.default)(value)})
            assert lab.run.trace.rows, each.name
            assert repr(lab)
        assert labs.play(lab.line).measures == lab.measures


def test_the_repr_of_a_lab_describes_its_run() -> None:
    assert repr(labs.bully()) == repr(labs.bully())
    assert repr(labs.bully()).splitlines()[:3] == [
        "Bully election: Who leads when the leader falls silent, and what does it cost?",
        f"  {labs.bully().line}",
        "  ✓ one coordinator per component: holds",
    ]
    assert "  messages of this election: 19 (theory ≤ 19: agrees)" in repr(labs.bully())


UNLESS: list[tuple[Lab, int, str]] = [
    (labs.bully().heal(), 0, "nobody crashes"),
    (labs.bully(slowest=0.3), 1, "patience < 2 × slowest"),
    (labs.bully(loss=0.2), 0, "a message is lost"),
    (labs.bully(until=3.1), 1, "the run ends before that"),
    (labs.bully(version="unguarded"), 0, "an agent asks a second time"),
    (labs.bully().inject("crash 4 @3.4"), 0, "another fault strikes, or one ends, before all agree"),
    (labs.blackboard(until=0.1), 0, "the work is not over at the end"),
    (labs.blackboard(loss=0.1), 0, "a message is lost"),
    (labs.blackboard(news="poll").inject("crash board @3"), 4, "a fault strikes"),
]


@pytest.mark.parametrize(("lab", "measure", "why"), UNLESS, ids=[why for _, _, why in UNLESS])
def test_theory_says_why_it_does_not_apply(lab: Lab, measure: int, why: str) -> None:
    """And then it is not judged."""
    found = lab.measures[measure]
    assert (found.agrees, found.shown["judged"]) == (None, f"does not apply: {why}")


def test_what_did_not_happen_is_measured_as_never() -> None:
    assert [each.shown["value"] for each in labs.blackboard(until=0.1).measures[:3]] == ["never"] * 3


def test_a_run_that_contradicts_theory_says_so() -> None:
    assert str(Measured("messages", 20, Theory(19, says="most"))) == (
        "messages: 20 (theory ≤ 19: does not agree)"
    )


# --- settings -------------------------------------------------------------------------------------


def test_changing_a_parameter_runs_the_lab_again() -> None:
    """The new run replaces the old one; with more agents the new highest one crashes."""
    lab = labs.bully().set(agents=7, seed=3, until=10)
    assert lab.line == (
        "bully agents=7 slowest=0.05 loss=0 patience=0.25 heartbeat=1 version=textbook noticed=all"
        " seed=3 until=10 | crash 7 @3..9"
    )
    assert (lab.run.trace.agents, len(lab.branches)) == (tuple("1234567"), 1)


def test_faults_of_the_learner_are_kept_if_their_agents_exist() -> None:
    """With three agents the crash of 4 is skipped; the crash of 2 is kept."""
    lab = labs.bully().play("bully agents=5 | crash 4 @2 | crash 2 @3")
    assert [str(each) for each in lab.set(agents=3).scenario.faults] == ["crash 2 @3"]


def test_setting_a_parameter_to_its_value_changes_nothing() -> None:
    lab, calls = labs.bully(), list[int]()
    lab.on_change(lambda: calls.append(1))
    run = lab.run
    assert lab.set(agents=5).run is run
    assert calls == []


def test_varied_runs_are_branches() -> None:
    """Each is named after its setting and has the fault for it; its parent is the branch that was shown."""
    lab = labs.bully().vary(agents=3).select(0).vary(seed=9).select(0).vary("the same")
    assert state(lab)[0] == 3
    assert [(name, parent) for name, _, parent in state(lab)[1]] == [
        ("your run", None),
        ("agents = 3", 0),
        ("seed = 9", 0),
        ("the same", 0),
    ]
    assert str(lab.branches[1].scenario.faults[0]) == "crash 3 @3..9"


def test_a_value_is_rounded_as_in_the_scenario_line() -> None:
    """A slider may send 0.30000000000000004; the line repeats the same run."""
    lab = labs.bully(slowest=0.1 + 0.2)
    assert lab.parameters["slowest"] == 0.3
    assert labs.play(lab.line).run.trace == lab.run.trace


def test_numbers_of_numpy_are_accepted() -> None:
    """An integer and a float, as in a sweep over `arange`."""
    assert labs.bully(agents=numpy.int64(7), loss=numpy.float32(0)).line == labs.bully(agents=7).line


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"agent_count": 7},
        "no parameter 'agent_count': the parameters of the bully lab are agents, .*seed, until",
    ),
    ({"nothing": None}, "no parameter 'nothing'"),
    ({"agents": 99}, "agents=99: expected a whole number from 2 to 12. For example: agents=5"),
    ({"agents": 5.0}, "agents=5.0: expected a whole number"),
    ({"agents": True}, "agents=True: expected a whole number"),
    ({"agents": "5"}, "agents='5': expected a whole number"),
    ({"loss": float("nan")}, "loss=nan: expected a number from 0 to 0.5. For example: loss=0"),
    ({"patience": 9}, r"patience=9: expected a number \(s\) from 0.05 to 1"),
    ({"version": "best"}, "version='best': expected one of 'textbook', 'skip-silent', 'unguarded'"),
    ({"seed": "x"}, "seed='x'"),
    ({"until": -1}, "until=-1"),
]


@pytest.mark.parametrize(("given", "match"), WRONG)
@pytest.mark.parametrize("change", [Lab.set, Lab.vary])
def test_a_wrong_value_is_explained_and_changes_nothing(
    change: Callable[..., Lab], given: dict[str, Any], match: str
) -> None:
    """The error shows what was given, what is allowed, and what to write."""
    lab = labs.bully()
    before = state(lab)
    with pytest.raises(ScenarioError, match=match):
        change(lab, **given)
    assert state(lab) == before


def test_a_switch_is_true_or_false() -> None:
    switch = Parameter("lamp", False)
    assert switch.checked(True, {}) is True
    with pytest.raises(ScenarioError, match=r"lamp=1: expected True or False. For example: lamp=True"):
        switch.checked(1, {})


# --- faults -------------------------------------------------------------------------------------


def test_a_fault_makes_a_branch() -> None:
    """The parent does not change; the branch is named after its faults and differs from their time on."""
    lab = labs.bully().inject("crash 4 @4", "cut 3>2 @5")
    shown = lab.shown()[1]
    assert [name for name, _, _ in state(lab)[1]] == ["your run", "crash 4 @4, cut 3>2 @5"]
    assert (shown.parent, shown.divergence["at"]) == (0, 4.0)
    assert lab.inject(name="again").branch.name == "again"
    assert lab.inject(branch=0).branch.name == "copy of your run"


def test_healing_removes_all_faults() -> None:
    lab = labs.bully().heal()
    assert (lab.run.trace.count("crash"), lab.scenario.faults) == (0, ())


@pytest.mark.parametrize(
    ("fault", "match"),
    [
        ("crash 9 @3", "'crash 9 @3' names '9': the agents here are 1, 2, 3, 4, 5"),
        (
            "crush 5 @3",
            "a fault begins with one of crash, cut, .* For example: 'crash 5 @3'",
        ),
        ("crash 5 @soon", "'crash 5 @soon': expected crash AGENT, and if you like @BEGIN"),
    ],
)
def test_an_impossible_fault_is_explained_and_changes_nothing(fault: str, match: str) -> None:
    lab = labs.bully()
    before = state(lab)
    with pytest.raises(FaultError, match=match):
        lab.inject(fault)
    with pytest.raises((FaultError, ScenarioError), match=match):
        lab.play(f"bully agents=5 | {fault}")
    assert state(lab) == before


# --- sharing --------------------------------------------------------------------------------------


def test_a_line_repeats_the_run_that_it_was_copied_from() -> None:
    """In the lab that it names, or in an open one; a scenario works as well as its line."""
    wanted = labs.bully(agents=4).inject("crash 3 @4")
    assert labs.play(wanted.line).run.trace == wanted.run.trace
    assert labs.bully().play(wanted.scenario).run.trace == wanted.run.trace
    assert labs.play("bully agents=3").scenario.until == 12.0


def test_a_line_of_another_lab_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"lab 'blackboard': this lab is 'bully'; labs.play\(line\)"):
        labs.bully().play("blackboard seed=3")
    with pytest.raises(ScenarioError, match=r"no lab 'chess': the labs are blackboard, bully"):
        labs.play("chess seed=3")
    with pytest.raises(ScenarioError, match=r"no lab 'world'.*labs.show\(run\).play\(line\)"):
        labs.play("world seed=3")


@pytest.mark.parametrize("given", [3, None, b"bully"])
@pytest.mark.parametrize("play", [labs.play, lambda given: labs.bully().play(given)])
def test_what_is_no_scenario_is_refused(play: Callable[..., Lab], given: object) -> None:
    with pytest.raises(ScenarioError, match=f"scenario={given!r}: expected a Scenario, its line or its JSON"):
        play(given)


def test_a_scenario_is_saved_and_opened(tmp_path: Path) -> None:
    lab = labs.blackboard(rating="last_come", seed=4)
    opened = labs.open_file(lab.save(tmp_path / "mine.json"))
    assert opened.run.trace == lab.run.trace
    assert opened.line == lab.line


@pytest.mark.parametrize(
    "write", [Lab.save, Lab.page, lambda lab, path: space_time(lab.run.trace).save(path)]
)
def test_a_file_in_a_folder_that_does_not_exist_is_refused(
    write: Callable[[Lab, Path], Path], tmp_path: Path
) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"path='.*': the folder .*nowhere does not exist\. For example"
    ):
        write(labs.bully(), tmp_path / "nowhere" / "run.svg")


def test_a_page_holds_all_branches(tmp_path: Path) -> None:
    lab = labs.bully().inject("crash 4 @4")
    text = lab.page(tmp_path / "runs.html", vary={}).read_text("utf-8")
    first, second, *tries = recorded(text)
    assert (first["parent"], second["parent"], second["name"]) == (None, 0, "crash 4 @4")
    assert [each["name"] for each in tries] == [each.title for each in lab.spec.schedules]
    assert "http://www.w3.org/2000/svg" in text.replace("https://", "http://")


@pytest.mark.parametrize("name", labs.NAMES)
def test_a_page_holds_all_versions_and_schedules_of_its_lab_in_half_a_megabyte(name: str) -> None:
    lab = getattr(labs, name)()
    text = lab.html()
    (versions,) = [each.options for each in lab.spec.parameters if each.name == "version"] or [()]
    wanted = [lab.spec.turned(lab.scenario, {"version": each}) for each in versions]
    wanted += [lab.scenario, *map(lab.spec.trial, lab.spec.schedules)]
    assert {each["line"] for each in recorded(text)} == set(map(str, wanted))
    assert len(text.encode()) < 500_000
    assert len(lab.branches) == 1


# The settings that the help of a version names.
SHOWN = {"voting": {"crashed": 6}}


def differences(lab: Lab, other: Lab) -> int:
    """How many properties and measures say something else of two runs."""
    judged = [{each.name: each.status for each in one.run.verdicts} for one in (lab, other)]
    counted = [[each.counted for each in one.measures] for one in (lab, other)]
    return (judged[0] != judged[1]) + (counted[0] != counted[1])


@pytest.mark.parametrize("name", labs.NAMES)
def test_each_version_differs_from_the_first_in_what_is_judged_or_counted(name: str) -> None:
    """With the defaults, in a run worth trying, or where the help says that it shows."""
    spec = labs.spec(name)
    (first, *others) = next(each.options for each in spec.parameters if each.name == "version")
    starts = [Lab(spec).scenario, *map(spec.trial, spec.schedules)]
    starts += [spec.turned(starts[0], settings) for lab, settings in SHOWN.items() if lab == name]

    def ran(start: Scenario, version: object) -> Lab:
        return labs.play(str(spec.turned(start, {"version": version})))

    seen = {each for each in others for at in starts if differences(ran(at, each), ran(at, first))}
    assert seen == set(others)


# --- branches -------------------------------------------------------------------------------------


def three() -> Lab:
    """A run, its child, and its grandchild, which is shown."""
    return labs.bully().inject("crash 4 @4").inject("crash 3 @5")


def test_branches_are_renamed_deleted_and_restored() -> None:
    """Deleting the child leaves the grandchild without a parent; undo reverts one step at a time."""
    lab = three()
    before = state(lab)
    lab.rename(1, "  without 4 ").rename(0, " ").delete(1)
    assert state(lab)[1][1][0] == "crash 3 @5"
    assert (lab.selected, [parent for _, _, parent in state(lab)[1]]) == (1, [None, None])
    assert lab.undo().branches[1].name == "without 4"
    assert state(lab.undo().undo()) == before


def test_undo_goes_back_to_the_beginning_and_no_further() -> None:
    """Two branches and a setting are undone; one more undo is an error."""
    lab = three().set(agents=6)
    for _ in range(3):
        lab.undo()
    with pytest.raises(IndexError, match="nothing to undo"):
        lab.undo()
    assert state(lab) == state(labs.bully())


def test_a_skipped_fault_returns_with_its_agent() -> None:
    """The lab says which fault is skipped; its own crash follows the highest agent."""
    lab = labs.bully(agents=5).inject("crash 4 @2").set(agents=3)
    assert list(map(str, lab.scenario.faults)) == ["crash 3 @3..9"]
    assert lab.branch.notice == "skipped, because the agent does not exist: crash 4 @2"
    assert list(map(str, lab.set(agents=8).scenario.faults)) == ["crash 8 @3..9", "crash 4 @2"]


def test_a_line_can_be_played_beside_the_run_that_is_shown() -> None:
    lab = labs.bully().play("bully agents=3 | crash 2 @2", beside=True)
    assert [(branch.name, branch.parent) for branch in lab.branches] == [
        ("your run", None),
        ("agents = 3, crash 2 @2", None),
    ]
    names = ["bully", "bully seed=4 | crash 5 @3..9", "bully | crash 5 @3..9"]
    played = [labs.bully().play(line, beside=True).branch.name for line in names]
    assert played == ["no faults", "seed = 4", "the same again"]
    two = labs.bully().inject("crash 4 @2")
    assert two.play("bully | crash 4 @2", beside=True).branch.name == "without crash 5 @3..9"


def test_a_setting_without_its_name_is_refused() -> None:
    with pytest.raises(TypeError, match=r"bully\(5\): each setting has a name\. .* labs\.bully\(seed=7\)"):
        labs.bully(5)


def test_the_last_branch_cannot_be_deleted() -> None:
    assert state(labs.bully().delete(0)) == state(labs.bully())


def test_deleting_the_root_keeps_the_others_in_order() -> None:
    """The branch that is shown remains shown, and keeps its parent."""
    lab = three().delete(0)
    assert (lab.selected, [(name, parent) for name, _, parent in state(lab)[1]]) == (
        1,
        [("crash 4 @4", None), ("crash 3 @5", 0)],
    )


@pytest.mark.parametrize("position", [-1, 3, "1"])
@pytest.mark.parametrize("act", [Lab.select, Lab.delete, lambda lab, at: lab.rename(at, "x")])
def test_a_branch_that_does_not_exist_is_refused(act: Callable[..., Any], position: Any) -> None:
    lab = three()
    before = state(lab)
    with pytest.raises(IndexError, match=f"branch={position!r}: expected a whole number from 0 to 2"):
        act(lab, position)
    assert state(lab) == before


# --- your own class --------------------------------------------------------------------------------


class Eager(Candidate):
    """Notes each coordinator that it hears of."""

    def on_coordinator(self, sender: str, message: Coordinator) -> None:
        super().on_coordinator(sender, message)
        self.note(f"long live {sender}")


class Monarch(Agent):
    """Follows the agent of the highest rank, whether it is up or not."""

    role = State("follows")
    coordinator = State("")

    def __init__(self, rank: int) -> None:
        super().__init__(str(rank))

    async def run(self) -> None:
        """Follow the highest by name."""
        self.coordinator = max([self.name, *self.peers], key=int)
        self.role = "coordinates" if self.coordinator == self.name else "follows"


class Clumsy(Candidate):
    """Raises an error when it handles the first Election."""

    def on_election(self, sender: str, message: Election) -> Answer:
        return self.hand_over()  # type: ignore[attr-defined,no-any-return]


class Modest(Rule):
    """Is half as certain as the expert that it replaces."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.strength /= 2


def test_a_subclass_replaces_the_agents_of_the_pattern() -> None:
    lab = labs.bully(agent=Eager, agents=3, patience=0.5)
    assert lab.run.trace.select("note", agent="1")[-1].data == "long live 3"
    assert lab.run.trace.select("start")[0].name == "Eager"
    assert "violated" not in {each.status for each in lab.run.verdicts}


def test_your_own_agent_needs_no_more_than_a_rank() -> None:
    """It is judged by its state: with the highest agent down, agreement is violated."""
    lab = labs.bully(agent=Monarch)
    verdicts = {each.name.split(" within")[0]: each.status for each in lab.run.verdicts}
    assert verdicts["agreement"] == "violated"
    assert verdicts["one coordinator per component"] == "holds"


def test_your_own_rule_replaces_the_experts() -> None:
    assert [each.counted for each in labs.blackboard(source=Modest).measures[:2]] == ["cheetah", 0.096]


def test_a_run_that_stops_with_an_error_is_shown_until_then() -> None:
    """The error names agent, time, message and line; the lab can be used further."""
    lab = labs.bully(agent=Clumsy)
    assert 0 < len(lab.run.trace) < 40
    problem = lab.branch.problem
    assert problem.startswith("your agent: agent 5 ")
    assert "(Clumsy) failed at 0" in problem
    assert "handling Election(silent=()) from 4: AttributeError" in problem
    assert "return self.hand_over()" in problem
    assert f"  the run stopped with an error: {problem}" in repr(lab)
    assert lab.set(agents=3).branch.problem != ""
    assert {each.shown["judged"] for each in lab.measures if each.theory} == {
        "does not apply: the run broke off"
    }


class Restless(Candidate):
    """Pings itself and all others without end."""

    def on_ping(self, sender: str, message: Ping) -> None:
        for peer in self.peers:
            self.send(peer, Ping())


class Stuck(Candidate):
    """Never lets the clock move."""

    async def run(self) -> None:
        """Sleep for no time, again and again."""
        while True:
            await self.sleep(0)


@pytest.mark.parametrize(("agent", "most"), [(Restless, 10_000), (Stuck, 5_200)])
def test_a_runaway_is_stopped_and_shown_as_far_as_it_explains(agent: type[Agent], most: int) -> None:
    lab = labs.bully(agent=agent)
    assert 1_000 < len(lab.run.trace) <= most
    assert "more than" in lab.branch.problem
    assert all(each.agrees is None for each in lab.measures)


@pytest.mark.slow  # 100,000 events, and the time is bounded too
def test_a_lab_bounds_its_events() -> None:
    """Also of a run without an end; what there is, is shown.  A slow machine may run out of time first."""
    for until in (1e9, None):
        lab = labs.bully(until=until)
        assert len(lab.run.trace) == 10_000
        assert re.search("more than 50,000 events|10 s", lab.branch.problem)
        assert lab.branch.problem.endswith("The first 10,000 events are shown.")


class Interrupting(Candidate):
    """Interrupts the run at 2 s, as the stop button of a notebook does; not with three agents."""

    async def run(self) -> None:
        """Wait, then interrupt."""
        await self.sleep(2.0)
        if len(self.peers) != 2:
            raise KeyboardInterrupt


def test_an_interrupted_run_changes_nothing_and_says_so() -> None:
    lab = labs.bully(agent=Interrupting, agents=3)
    before = state(lab)
    with pytest.raises(KeyboardInterrupt, match="interrupted at 2 virtual seconds; the lab has not") as stop:
        lab.set(agents=4)
    assert state(lab) == before
    assert stop.value._render_traceback_() == [f"Interrupted: {stop.value}"]  # type: ignore[attr-defined]


# --- a run of your own world ----------------------------------------------------------------------


class Greeter(Agent):
    """Greets its peers after a random delay."""

    async def run(self) -> None:
        """Once."""
        await self.sleep(self.dice.uniform(0.0, 1.0))
        for peer in self.peers:
            self.send(peer, Ping())

    def on_ping(self, sender: str, message: Ping) -> None: ...


def greeting(until: float | None = 5.0) -> Lab:
    world = World(seed=3, latency=0.02).add(Greeter("ann"), Greeter("bob")).inject("crash bob @4..4.5")
    return labs.show(world.run(until))


def test_your_own_run_becomes_a_lab() -> None:
    """It shows the same run with its fault, and can be branched."""
    lab = greeting()
    assert lab.line == "world latency=constant(0.02) seed=3 until=5 | crash bob @4..4.5"
    assert lab.run.trace == labs.show(lab.run).run.trace
    assert lab.inject("crash ann @0").run.trace.count("Ping") == 1
    assert lab.select(0).heal().run.trace.count("crash") == 0


def test_a_run_is_headed_with_its_pattern() -> None:
    assert repr(labs.show(ring.demo())).startswith("Ring election: Each agent knows the next one only, ")
    assert repr(greeting()).startswith("A run: What happened, and what if?")
    with pytest.raises(TypeError, match="run=3: expected Run, not int"):
        labs.show(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("agent", [5, object, print])
def test_only_a_class_of_agents_can_take_the_place_of_the_pattern_s(agent: Any) -> None:
    with pytest.raises(TypeError, match=r"agent=.*: expected a class of agents.*labs.bully\(agent=MyAgent"):
        labs.bully(agent=agent)


def test_a_run_of_any_world_is_counted_and_keeps_its_budget() -> None:
    """A message and a loss of each of two greeters; and no more than the world allows."""
    lab = greeting()
    assert [(each.label, each.counted) for each in lab.measures] == [
        ("messages sent", lab.run.trace.count(kind="send")),
        ("messages that did not arrive", lab.run.trace.count(kind="drop")),
    ]
    assert lab.measures[0].counted == 2
    assert lab.inject("crash ann @0").measures[0].counted == 1
    own = World(budget=Budget(events=70_000)).add(Greeter("ann"), Greeter("bob")).run(until=5)
    assert labs.show(own).set(seed=2).run.world.budget == Budget(events=70_000)


def test_its_seed_can_be_changed() -> None:
    """The world is built again: another seed, another run; the same seed, the same run."""
    lab = greeting()
    times = [event.time for event in lab.run.trace.select("Ping")]
    assert [event.time for event in lab.set(seed=4).run.trace.select("Ping")] != times
    assert [event.time for event in lab.set(seed=3).run.trace.select("Ping")] == times


def test_the_settings_of_its_world_cannot_be_changed() -> None:
    lab = greeting()
    assert lab.play("world latency=constant(0.02) seed=3").scenario.faults == ()
    with pytest.raises(
        ScenarioError, match=r"latency=0.5: this world was built with latency=constant\(0.02\)"
    ):
        lab.play("world latency=0.5 seed=3")


def test_a_run_without_an_end_keeps_none() -> None:
    """It ends when no event is left, also when it is played from a line."""
    lab = greeting(until=None)
    assert lab.scenario.until is None
    assert lab.play("world seed=3").run.trace.count("Ping") == 2


def test_a_scenario_may_be_played_directly() -> None:
    assert labs.play(Scenario("bully", {"agents": 3})).run.trace.agents == ("1", "2", "3")


def test_the_demo_of_a_pattern_displays_the_player() -> None:
    """Even if only the pattern has been imported, in a new process."""
    code = "from coordlab.patterns import ring; print(*ring.demo()._repr_mimebundle_())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "application/vnd.jupyter.widget-view+json" in done.stdout.split()


@pytest.mark.parametrize("name", [3, "\ud800", "a\nb", "a\0b"])
def test_a_name_that_cannot_be_shown_is_refused_and_nothing_is_left_to_undo(name: object) -> None:
    lab = labs.bully()
    for act in (lambda: lab.rename(0, name), lambda: lab.vary(name, seed=1)):
        with pytest.raises((TypeError, ValueError), match="name="):
            act()
    assert lab.branch.name == "your run"
    with pytest.raises(IndexError, match="nothing to undo"):
        lab.undo()


@pytest.mark.parametrize(
    "lab",
    [
        labs.leases(starts=5, lease=3, up=0.5, seed=2),
        labs.leases().inject("slow 5 1e9 @0"),
        labs.replicas().inject("skew 1 x0.1 @1"),
    ],
    ids=["several stand at once", "slow from the start", "a slow clock"],
)
def test_a_count_outside_what_theory_assumes_is_not_judged(lab: Lab) -> None:
    """Found by trying: each contradicted theory without a reason."""
    assert [each.label for each in lab.measures if each.agrees is False] == []


# --- where it opens -------------------------------------------------------------------------------

SPLIT = "leases until=12 | pause 1 @4..9"


def test_a_lab_opens_at_the_event_that_breaks_a_property_and_shows_the_fault_before_it() -> None:
    lab = labs.play(SPLIT).open_at("one leader at once")
    opening = lab.branch.opening
    assert lab.run.trace[opening.event].data == "leads"
    since, until = opening.window
    assert since < 4 < opening.at < until
    assert recorded(lab.html({}))[0]["opens"] == {
        "at": opening.at,
        "event": opening.event,
        "window": [since, until],
    }
    assert "Leases at 5.177 s" in lab.panel.still.bundle["text/plain"]


def test_a_lab_opens_at_a_moment_and_another_run_of_it_where_the_lab_says() -> None:
    lab = labs.play(SPLIT).open_at(2)
    assert (lab.branch.opening.at, lab.branch.opening.event) == (2.0, None)
    assert lab.set(seed=1).branch.opening is None
    assert recorded(lab.html({}))[0]["opens"] is None


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("two leaders", "at='two leaders': the run violates 'one leader at once'; a moment is given in sec"),
        ("terms increase", "at='terms increase': the run violates 'one leader at once'"),
        (12.5, "at=12.5: expected seconds from 0 to 12"),
        (-1, "at=-1"),
    ],
)
def test_a_moment_that_there_is_not_is_explained_and_changes_nothing(at: float | str, why: str) -> None:
    lab = labs.play(SPLIT)
    before = state(lab)
    with pytest.raises(ValueError, match=why):
        lab.open_at(at)
    assert (state(lab), lab.branch.opening) == (before, None)


def test_a_run_that_violates_nothing_opens_at_moments_only() -> None:
    with pytest.raises(ValueError, match="the run violates nothing; a moment is given in seconds"):
        labs.bully().open_at("one election at a time")


# --- what a learner may overlook ------------------------------------------------------------------


def test_a_fault_after_the_end_is_said_to_be_without_effect() -> None:
    lab = labs.bully().inject("crash 4 @99")
    assert lab.branch.notice == "without effect, because the run ends at 12 s: crash 4 @99"
    assert "  without effect, because the run ends at 12 s: crash 4 @99" in repr(lab)


def test_a_lab_says_which_classes_are_yours() -> None:
    assert repr(labs.bully(agent=Eager)).splitlines()[1].endswith("(with agent=Eager)")


def test_a_class_without_a_way_of_making_it_takes_a_name_alone() -> None:
    class Silent(Agent):
        """Does nothing."""

    problem = labs.voting(voter=Silent).branch.problem
    assert "add to the class: def on_call_for_votes(self, sender, message)" in problem


def test_the_help_of_a_lab_names_its_parameters_and_roles() -> None:
    text = labs.voting.__doc__ or ""
    assert all(f"{name}: " in text for name in ("voters", "version", "chair", "voter"))


def test_an_unknown_view_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(LookupError, match="expected one of 'tally', 'lead'"):
        labs.voting().views["votes"]


def test_the_verdicts_of_a_lab_are_those_of_its_run() -> None:
    lab = labs.bully()
    assert lab.verdicts == lab.run.verdicts


def test_what_several_measures_need_is_read_once_for_each_trace() -> None:
    """It does not travel with the trace, and does not make it another one."""
    read = list[float]()
    end = once(lambda trace: read.append(trace.until) or trace.until)
    one, other = (labs.bully(seed=seed).run.trace for seed in (1, 2))
    assert [end(one), end(one), end(other), end(one)] == [12.0] * 4
    assert read == [12.0, 12.0]
    assert pickle.loads(pickle.dumps(one)) == one
