"""A lab by script: turn, strike, compare, share, undo."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest

from coordlab import Agent, State, World, labs
from coordlab.labs import Lab
from coordlab.patterns.blackboard.expert import Rule
from coordlab.patterns.bully import Answer, Candidate, Coordinator, Election, Ping
from coordlab.trace.faults import FaultError
from coordlab.trace.scenario import Scenario, ScenarioError


def look(lab: Lab) -> Any:
    """All that a change could change."""
    return lab.selected, [(each.name, str(each.scenario), each.parent) for each in lab.branches]


# --- as it comes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", labs.NAMES)
def test_every_lab_keeps_its_promises_as_it_comes(name: str) -> None:
    """All properties hold, and what is counted agrees with theory where theory says a number."""
    lab = Lab(labs.spec(name))
    assert {verdict.status for verdict in lab.run.verdicts} == {"holds"}
    assert all(value == theory for _, value, theory in lab.measures if isinstance(theory, int))


@pytest.mark.parametrize("name", labs.NAMES)
def test_every_parameter_can_be_turned_to_its_ends(name: str) -> None:
    """Lowest, highest, each choice: something runs, is measured and can be read again from its line."""
    design = labs.spec(name)
    for each in design.parameters:
        for value in each.choices or (each.low, each.high):
            lab = Lab(design, **{each.name: type(each.default)(value)})
            assert lab.run.trace.rows, each.name
            assert labs.play(lab.line).measures == lab.measures


def test_a_lab_says_what_it_shows() -> None:
    """The text form: question, line, verdicts, counts beside theory; the same every time."""
    assert repr(labs.bully()) == repr(labs.bully())
    assert repr(labs.bully()).splitlines()[:3] == [
        "Bully election: Who leads when the leader falls silent, and what does it cost?",
        f"  {labs.bully().line}",
        "  ✓ one coordinator per component: holds",
    ]
    assert "  messages of this election: 19 (theory ≤ 19)" in repr(labs.bully())


def test_the_bully_lab_measures_what_it_shows() -> None:
    """Broken bound, no crash, no agreement: each said in words."""
    slow = {label: (value, theory) for label, value, theory in labs.bully(slowest=0.3).measures}
    assert slow["silence until agreement"][1] == "no bound: patience < 2 × slowest"
    calm = {label: value for label, value, _ in labs.bully().heal().measures}
    assert calm["messages of this election"] < 40
    cut = {label: value for label, value, _ in labs.bully(until=3.1).measures}
    assert cut["silence until agreement"] == "no agreement"


def test_the_blackboard_lab_measures_what_it_shows() -> None:
    """Nothing written yet, no animal named yet."""
    early = {label: value for label, value, _ in labs.blackboard(until=0.1).measures}
    assert (early["the animal"], early["last entry written at"]) == ("none yet", "nothing written")


# --- turning --------------------------------------------------------------------------------------


def test_turning_a_parameter_runs_the_lab_again() -> None:
    """The run on show is replaced; with more agents it is the new highest that crashes."""
    lab = labs.bully().set(agents=7, seed=3, until=10)
    assert lab.line == (
        "bully agents=7 slowest=0.05 loss=0 patience=0.25 heartbeat=1 version=textbook seed=3 until=10"
        " | crash 7 @3..9"
    )
    assert (lab.run.trace.agents, len(lab.branches)) == (tuple("1234567"), 1)


def test_a_learners_own_faults_stay_as_far_as_they_can() -> None:
    """With three agents there is no 4 to crash any more; the crash of 2 stays."""
    lab = labs.bully().play("bully agents=5 | crash 4 @2 | crash 2 @3")
    assert [str(each) for each in lab.set(agents=3).scenario.faults] == ["crash 2 @3"]


def test_setting_what_is_already_so_changes_nothing() -> None:
    """No new run, nothing to undo, nobody told."""
    lab, told = labs.bully(), list[int]()
    lab.on_change(lambda: told.append(1))
    run = lab.run
    assert lab.set(agents=5).run is run
    assert told == []


def test_varied_runs_stand_side_by_side() -> None:
    """Each named after what differs, each with the fault that fits it; the parent is the one on show."""
    lab = labs.bully().vary(agents=3).select(0).vary(seed=9).select(0).vary("the same")
    assert look(lab)[0] == 3
    assert [(name, parent) for name, _, parent in look(lab)[1]] == [
        ("your run", None),
        ("agents = 3", 0),
        ("seed = 9", 0),
        ("the same", 0),
    ]
    assert str(lab.branches[1].scenario.faults[0]) == "crash 3 @3..9"


def test_a_value_is_kept_as_the_line_can_say_it() -> None:
    """Sliders give 0.30000000000000004; whoever gets the line sees the same run."""
    lab = labs.bully(slowest=0.1 + 0.2)
    assert lab.parameters["slowest"] == 0.3
    assert labs.play(lab.line).run.trace == lab.run.trace


def test_numbers_of_numpy_are_numbers() -> None:
    """Sweeps come from arange: what looks like a whole number is one."""
    assert labs.bully(agents=numpy.int64(7), loss=numpy.float32(0)).line == labs.bully(agents=7).line


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"agent_count": 7},
        "the bully lab has no parameter 'agent_count'. It has agents, slowest, .*seed, until",
    ),
    ({"nothing": None}, "the bully lab has no parameter 'nothing'"),
    ({"agents": 99}, "agents=99: it must be a whole number from 2 to 12. Write for instance agents=5"),
    ({"agents": 5.0}, "agents=5.0: it must be a whole number"),
    ({"agents": True}, "agents=True: it must be a whole number"),
    ({"agents": "5"}, "agents='5': it must be a whole number"),
    ({"loss": float("nan")}, "loss=nan: it must be a number from 0 to 0.5. Write for instance loss=0.0"),
    ({"patience": 9}, "patience=9: it must be a number from 0.05 to 1 s"),
    ({"version": "best"}, "version='best': it must be one of textbook, skip-silent, unguarded"),
    ({"seed": "x"}, "seed='x': expected a whole number"),
    ({"until": -1}, "until=-1: expected seconds from 0"),
]


@pytest.mark.parametrize(("given", "match"), WRONG)
@pytest.mark.parametrize("change", [Lab.set, Lab.vary])
def test_a_wrong_value_is_explained_and_changes_nothing(
    change: Callable[..., Lab], given: dict[str, Any], match: str
) -> None:
    """What was given, what is allowed, what to write; the lab is as it was."""
    lab = labs.bully()
    before = look(lab)
    with pytest.raises(ScenarioError, match=match):
        change(lab, **given)
    assert look(lab) == before


def test_a_switch_is_true_or_false() -> None:
    """Neither 1 nor a text will do."""
    switch = labs.spec("bully").parameters[0].__class__("lamp", False)
    assert (switch.checked(True), switch.allowed) == (True, "true or false")
    with pytest.raises(
        ScenarioError, match=r"lamp=1: it must be true or false. Write for instance lamp=False"
    ):
        switch.checked(1)


# --- striking -------------------------------------------------------------------------------------


def test_a_fault_makes_a_branch() -> None:
    """The parent stays as it was; the branch is named after its fault and differs from then on."""
    lab = labs.bully().inject("crash 4 @4", "cut 3>2 @5")
    shown = lab.shown()[1]
    assert [name for name, _, _ in look(lab)[1]] == ["your run", "crash 4 @4, cut 3>2 @5"]
    assert (shown.parent, shown.divergence["at"]) == (0, 4.0)
    assert lab.inject(name="again").branch.name == "again"
    assert lab.inject(branch=0).branch.name == "copy of your run"


def test_without_faults_nobody_falls() -> None:
    """Healing replaces the run on show by one without any fault."""
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
        ("crash 5 @soon", "'crash 5 @soon': crash is written otherwise. For example: 'crash 5 @3'"),
    ],
)
def test_an_impossible_fault_is_explained_and_changes_nothing(fault: str, match: str) -> None:
    """By injecting it or in a line."""
    lab = labs.bully()
    before = look(lab)
    with pytest.raises(FaultError, match=match):
        lab.inject(fault)
    with pytest.raises((FaultError, ScenarioError), match=match):
        lab.play(f"bully agents=5 | {fault}")
    assert look(lab) == before


# --- sharing --------------------------------------------------------------------------------------


def test_a_line_plays_the_run_that_somebody_shared() -> None:
    """In the lab that it names, or in one's own; a scenario does as well as its line."""
    wanted = labs.bully(agents=4).inject("crash 3 @4")
    assert labs.play(wanted.line).run.trace == wanted.run.trace
    assert labs.bully().play(wanted.scenario).run.trace == wanted.run.trace
    assert labs.play("bully agents=3").scenario.until == 12.0


def test_a_line_of_another_lab_is_sent_there() -> None:
    """The error says where to play it."""
    with pytest.raises(
        ScenarioError, match=r"'blackboard' is another lab, this is 'bully'. Write coordlab.labs.play"
    ):
        labs.bully().play("blackboard seed=3")
    with pytest.raises(ScenarioError, match=r"there is no lab 'chess'. There are blackboard, bully"):
        labs.play("chess seed=3")


def test_a_scenario_is_saved_and_opened(tmp_path: Path) -> None:
    """A small file, from which the same run comes."""
    lab = labs.blackboard(rating="last_come", seed=4)
    opened = labs.open_file(lab.save(tmp_path / "mine.json"))
    assert opened.run.trace == lab.run.trace
    assert opened.line == lab.line


def test_a_page_holds_all_branches(tmp_path: Path) -> None:
    """One file with both runs, which asks nobody for anything."""
    text = labs.bully().inject("crash 4 @4").page(tmp_path / "runs.html").read_text("utf-8")
    assert text.count('"columns":') == 2
    assert "crash 4 @4" in text
    assert "http://www.w3.org/2000/svg" in text.replace("https://", "http://")


# --- branches -------------------------------------------------------------------------------------


def three() -> Lab:
    """A run, its child and its grandchild, which is on show."""
    return labs.bully().inject("crash 4 @4").inject("crash 3 @5")


def test_branches_are_renamed_deleted_and_brought_back() -> None:
    """Deleting the child leaves the grandchild without a parent; undo takes back step by step."""
    lab = three()
    before = look(lab)
    lab.rename(1, "  without 4 ").rename(0, " ").delete(1)
    assert look(lab)[1][1][0] == "crash 3 @5"
    assert (lab.selected, [parent for _, _, parent in look(lab)[1]]) == (1, [None, None])
    assert lab.undo().branches[1].name == "without 4"
    assert look(lab.undo().undo()) == before


def test_undo_goes_back_to_the_beginning_and_no_further() -> None:
    """Two branches and a turn taken back; with nothing left it says so, and nothing happens."""
    lab = three().set(agents=6)
    for _ in range(3):
        lab.undo()
    with pytest.raises(IndexError, match="nothing to undo"):
        lab.undo()
    assert look(lab) == look(labs.bully())


def test_a_fault_comes_back_with_its_agent() -> None:
    """Fewer agents leave it out and say so; the lab's own crash follows the highest; more bring it back."""
    lab = labs.bully(agents=5).inject("crash 4 @2").set(agents=3)
    assert list(map(str, lab.scenario.faults)) == ["crash 3 @3..9"]
    assert lab.branch.notice == "skipped, because the agent does not exist: crash 4 @2"
    assert list(map(str, lab.set(agents=8).scenario.faults)) == ["crash 8 @3..9", "crash 4 @2"]


def test_a_line_can_be_played_beside_the_run_on_show() -> None:
    """As another branch, with a name of its own and no parent."""
    lab = labs.bully().play("bully agents=3 | crash 2 @2", beside=True)
    assert [(branch.name, branch.parent) for branch in lab.branches] == [
        ("your run", None),
        ("played line", None),
    ]


def test_theory_speaks_only_of_what_it_knows() -> None:
    """No crash, no election to price; lost messages, no bound without saying so."""
    assert labs.bully().heal().measures[0][2] is None
    assert labs.bully(version="unguarded").measures[0][2] is None
    assert labs.bully(loss=0.2).measures[0][2] == "≤ 19 if none is lost"


def test_the_last_branch_stays() -> None:
    """A lab without a run would show nothing."""
    assert look(labs.bully().delete(0)) == look(labs.bully())


def test_deleting_the_root_keeps_the_others_in_order() -> None:
    """The one on show stays on show, and its parent is the one it was."""
    lab = three().delete(0)
    assert (lab.selected, [(name, parent) for name, _, parent in look(lab)[1]]) == (
        1,
        [("crash 4 @4", None), ("crash 3 @5", 0)],
    )


@pytest.mark.parametrize("position", [-1, 3, "1"])
@pytest.mark.parametrize("act", [Lab.select, Lab.delete, lambda lab, at: lab.rename(at, "x")])
def test_a_branch_that_is_not_there_is_named(act: Callable[..., Any], position: Any) -> None:
    """Neither counted from the end nor quietly ignored."""
    lab = three()
    before = look(lab)
    with pytest.raises(IndexError, match=f"there is no branch {position}: there are 0 to 2"):
        act(lab, position)
    assert look(lab) == before


# --- one's own class ------------------------------------------------------------------------------


class Eager(Candidate):
    """Believes the first who says it rules, and says so."""

    def on_coordinator(self, sender: str, message: Coordinator) -> None:
        super().on_coordinator(sender, message)
        self.note(f"long live {sender}")


class Monarch(Agent):
    """Knows nothing of patience: the first in line rules, and nobody else ever does."""

    role = State("follows")
    coordinator = State("")

    def __init__(self, rank: int) -> None:
        super().__init__(str(rank))

    async def run(self) -> None:
        """Follow the highest by name, whether it lives or not."""
        self.coordinator = max([self.name, *self.peers], key=int)
        self.role = "coordinates" if self.coordinator == self.name else "follows"


class Clumsy(Candidate):
    """Trips over the first Election."""

    def on_election(self, sender: str, message: Election) -> Answer:
        return self.hand_over()  # type: ignore[attr-defined,no-any-return]


class Modest(Rule):
    """Is never as sure as others."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.strength /= 2


def test_a_subclass_takes_the_place_of_the_page() -> None:
    """With all the settings of the sliders."""
    lab = labs.bully(Eager, agents=3, patience=0.5)
    assert lab.run.trace.select("note", agent="1")[-1].data == "long live 3"
    assert lab.run.trace.select("start")[0].name == "Eager"
    assert "violated" not in {each.status for each in lab.run.verdicts}


def test_an_agent_of_ones_own_needs_no_more_than_a_rank() -> None:
    """It is judged by what it shows: with the ruler down, nobody agrees on anybody alive."""
    lab = labs.bully(Monarch)
    verdicts = {each.name.split(" within")[0]: each.status for each in lab.run.verdicts}
    assert verdicts["agreement"] == "violated"
    assert verdicts["one coordinator per component"] == "holds"


def test_a_rule_of_ones_own_takes_the_place_of_the_experts() -> None:
    """Half as sure, the same cheetah."""
    assert labs.blackboard(Modest).measures[0][1:] == ("cheetah, 10% sure", "cheetah")


def test_a_class_that_raises_shows_how_far_it_came_and_where_it_fell() -> None:
    """The run until then, and agent, moment, message and line of the error; the lab can be used on."""
    lab = labs.bully(Clumsy)
    assert 0 < len(lab.run.trace) < 40
    problem = lab.branch.problem
    assert problem.startswith("agent ")
    assert "(Clumsy) failed at 0" in problem
    assert "handling Election(silent=()) from 1: AttributeError" in problem
    assert "return self.hand_over()" in problem
    assert f"  the run broke off: {problem}" in repr(lab)
    assert lab.set(agents=3).branch.problem != ""


# --- a run of one's own world ---------------------------------------------------------------------


class Greeter(Agent):
    """Says hello to everybody, whatever the dice say."""

    async def run(self) -> None:
        """Once."""
        await self.sleep(self.dice.uniform(0.0, 1.0))
        for peer in self.peers:
            self.send(peer, Ping())

    def on_ping(self, sender: str, message: Ping) -> None: ...


def greeting(until: float | None = 5.0) -> Lab:
    world = World(seed=3, latency=0.02).add(Greeter("ann"), Greeter("bob")).inject("crash bob @4..4.5")
    return labs.show(world.run(until))


def test_a_run_of_ones_own_becomes_a_lab() -> None:
    """The same run, with the fault that struck it, ready to be branched."""
    lab = greeting()
    assert lab.line == "world latency=constant(0.02) seed=3 until=5 | crash bob @4..4.5"
    assert lab.run.trace == labs.show(lab.run).run.trace
    assert lab.inject("crash ann @0").run.trace.count("Ping") == 1
    assert lab.select(0).heal().run.trace.count("crash") == 0


def test_another_seed_gives_it_another_run() -> None:
    """The world is built anew with the other seed, and the same with the same."""
    lab = greeting()
    times = [event.time for event in lab.run.trace.select("Ping")]
    assert [event.time for event in lab.set(seed=4).run.trace.select("Ping")] != times
    assert [event.time for event in lab.set(seed=3).run.trace.select("Ping")] == times


def test_what_its_world_was_built_with_stays() -> None:
    """A line may tell it, but not change it."""
    lab = greeting()
    assert lab.play("world latency=constant(0.02) seed=3").scenario.faults == ()
    with pytest.raises(
        ScenarioError, match=r"latency=0.5: this world was built with latency=constant\(0.02\)"
    ):
        lab.play("world latency=0.5 seed=3")


def test_a_run_without_an_end_stays_one() -> None:
    """It ends when nothing is left to do, played from a line, too."""
    lab = greeting(until=None)
    assert lab.scenario.until is None
    assert lab.play("world seed=3").run.trace.count("Ping") == 2


def test_a_scenario_may_be_played_directly() -> None:
    """As data, not text."""
    assert labs.play(Scenario("bully", {"agents": 3})).run.trace.agents == ("1", "2", "3")


def test_a_run_shows_the_player_from_whichever_module_it_came() -> None:
    """A page's demo, imported by itself in a fresh Python, is more than text in a notebook."""
    code = "from coordlab.patterns import ring; print(*ring.demo()._repr_mimebundle_())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "application/vnd.jupyter.widget-view+json" in told.stdout.split()
