"""The lab as widgets: controls, player and lab always show the same run."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from unittest.mock import Mock

import ipywidgets
import pytest
from comm import get_comm_manager

from coordlab import Agent, World, labs
from coordlab.labs import Lab, display as shown_labs
from coordlab.labs.controls import Controls, widget_of
from coordlab.labs.declaration import Parameter
from coordlab.labs.display import picture
from coordlab.labs.panel import parts
from coordlab.patterns.bully import Candidate, Ping
from coordlab.trace.trace import DROP, Trace


class Screen:
    """A lab in a notebook: the branches that were shown, and what was sent to the player."""

    def __init__(self, lab: Lab | None = None) -> None:
        self.lab = lab or labs.bully()
        self.controls: Controls = self.lab.panel.controls
        self.player = self.lab.panel.player
        self.shown: list[int] = []
        self.said: list[str] = []
        self.lab.on_change(lambda: self.shown.append(self.lab.selected))
        self.sent: list[int] = []
        self.player.send = self.hear

    def hear(self, word: dict[str, Any], buffers: Any = None) -> None:
        """Receive what is sent to the player: an error or a recording."""
        if "text" in word:
            self.said.append(word["text"])
        else:
            self.sent.append(word["key"])

    def request(self, type: str, **more: Any) -> None:  # noqa: A002  (as in the message)
        """Send a message from the player, as the browser does."""
        self.player._handle_custom_msg({"type": type, **more}, [])

    def click(self, kind: str, **more: Any) -> Trace:
        """Request a fault on the branch that is shown; the trace of the new run."""
        self.request("fault", branch=self.lab.selected, fault={"kind": kind, **more})
        return self.lab.run.trace

    @property
    def values(self) -> dict[str, Any]:
        return {name: control.value for name, control in self.controls.by_name.items()}

    @property
    def look(self) -> Any:
        branches = [(each.name, str(each.scenario), each.parent) for each in self.lab.branches]
        return self.lab.selected, branches, self.values

    @property
    def problem(self) -> str:
        return str(self.controls.problem.value)


# --- controls -------------------------------------------------------------------------------------


def test_each_parameter_has_the_control_that_suits_it() -> None:
    """A slider for a number, a list for choices; each with its name, unit and help."""
    bully = Screen().controls.by_name
    assert {name: type(control).__name__ for name, control in bully.items()} == {
        "agents": "IntSlider",
        **dict.fromkeys(("slowest", "loss", "patience", "heartbeat"), "FloatSlider"),
        "version": "Dropdown",
        "noticed": "Dropdown",
        "seed": "IntText",
    }
    assert (bully["patience"].description, bully["patience"].tooltip) == (
        "patience, s",
        "how long an agent waits for an answer",
    )
    assert (bully["agents"].min, bully["agents"].max, bully["agents"].step) == (2, 12, 1)


def test_a_switch_is_a_checkbox() -> None:
    assert isinstance(widget_of(Parameter("lamp", True)), ipywidgets.Checkbox)


def test_changing_a_control_shows_another_run() -> None:
    """It runs once, although the other controls are set as well."""
    screen = Screen()
    screen.controls.by_name["agents"].value = 7
    assert screen.lab.parameters["agents"] == 7
    assert screen.shown == [0]
    assert screen.player.shown[0].meta["agents"] == list("7654321")


def test_controls_follow_the_branch_that_is_shown() -> None:
    """Selecting a branch sets the controls to its parameters, and runs nothing."""
    screen = Screen()
    screen.lab.vary(agents=7, seed=3)
    assert (screen.values["agents"], screen.values["seed"]) == (7, 3)
    runs = [each.run for each in screen.lab.branches]
    screen.player.selected = 0
    assert (screen.lab.selected, screen.values["agents"], screen.values["seed"]) == (0, 5, 0)
    assert [each.run for each in screen.lab.branches] == runs
    assert screen.shown == [1, 0]


def test_a_selection_of_a_missing_branch_is_ignored() -> None:
    screen = Screen()
    screen.player.selected = 5
    assert screen.lab.selected == 0


def test_buttons_change_the_seed_and_remove_the_faults() -> None:
    screen = Screen()
    again, heal = next(each for each in screen.controls.widgets if isinstance(each, ipywidgets.HBox)).children
    again.click()
    heal.click()
    assert screen.lab.line.endswith("seed=1 until=12")
    assert screen.values["seed"] == 1


def test_a_pasted_line_is_played_and_the_field_emptied() -> None:
    """A line that was refused stays, to be corrected: see below."""
    screen = Screen()
    screen.controls.line.value = "  bully agents=3 seed=9 | crash 2 @4 "
    assert (screen.values["agents"], screen.values["seed"], screen.controls.line.value) == (3, 9, "")


@pytest.mark.parametrize(
    "line", ["bully agents=99", "crash 5 @3", "blackboard", "bully | crash 9 @3", "bully <b>"]
)
def test_a_wrong_line_is_explained_and_changes_nothing(line: str) -> None:
    """The error is below the controls, as text and not as HTML; the line stays, to be corrected."""
    screen = Screen()
    before = screen.look
    screen.controls.line.value = line
    assert (screen.look, screen.controls.line.value) == (before, line)
    assert screen.problem.startswith("<div role='alert'>")
    assert "<b>" not in screen.problem


def test_the_next_change_clears_the_error() -> None:
    screen = Screen()
    screen.controls.line.value = "nonsense"
    screen.controls.by_name["agents"].value = 6
    assert screen.problem == ""


class Proud(Candidate):
    """Refuses a rank above 5."""

    def __init__(self, rank: int, **settings: Any) -> None:
        if rank > 5:
            raise RuntimeError("we are enough")
        super().__init__(rank)


def test_an_agent_that_cannot_be_built_is_explained_below_the_controls() -> None:
    """The slider returns to the value of the run that is shown."""
    screen = Screen(labs.bully(agent=Proud))
    screen.controls.by_name["agents"].value = 8
    assert screen.values["agents"] == 5
    assert "a Proud could not be made: RuntimeError: we are enough: the lab makes it as" in screen.problem


class Slow(Candidate):
    """Its world takes so long with more than five that the learner interrupts it."""

    async def run(self) -> None:
        """Wait, then interrupt, as the stop button of a notebook does."""
        await self.sleep(2.0)
        if len(self.peers) > 4:
            raise KeyboardInterrupt


@pytest.mark.parametrize("where", ["in the run", "before it is shown"])
def test_after_an_interrupt_control_and_lab_agree(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line says that the run was interrupted, and there is nothing to undo."""
    screen = Screen(labs.bully(agent=Slow if where == "in the run" else None))
    before = screen.look
    if where != "in the run":
        monkeypatch.setattr(screen.player, "show", Mock(side_effect=KeyboardInterrupt))
    screen.controls.by_name["agents"].value = 7
    assert screen.look == before
    assert "the lab has not changed" in screen.problem
    with pytest.raises(IndexError, match="nothing to undo"):
        screen.lab.undo()


class Silent(Candidate):
    """Raises an error without a text."""

    def on_ping(self, sender: str, message: Any) -> None:
        raise KeyError

    async def watch(self) -> None:
        """Ping at once."""
        await self.ask(self.peers, Ping())


def test_a_run_that_stopped_with_an_error_says_so_below_the_controls() -> None:
    screen = Screen(labs.bully(agent=Silent))
    assert "(Silent) failed at" in screen.problem
    assert len(screen.player.shown[0].meta["kinds"]) > 0


# --- requests -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"kind": "Crash", "agent": "4", "at": 4}, "crash 4 @4"),
        ({"kind": "Crash", "agent": "4", "at": 4, "until": 6.5}, "crash 4 @4..6.5"),
        ({"kind": "Restart", "agent": "5", "at": 5.5}, "restart 5 @5.5"),
        ({"kind": "Pause", "agent": "4", "at": 4, "until": 6}, "pause 4 @4..6"),
        ({"kind": "Slow", "who": "3", "by": 0.5, "at": 2.0000001}, "slow 3 0.5 @2"),
        ({"kind": "Cut", "link": "4>3", "at": 1, "until": 1.2}, "cut 4>3 @1..1.2"),
        ({"kind": "Stale", "link": "4>3", "at": 1, "until": 1.2}, "stale 4>3 @1..1.2"),
        ({"kind": "Late", "link": "4>3", "by": 0.5, "at": 1}, "late 4>3 0.5 @1"),
        ({"kind": "Partition", "groups": [["1", "2"], ["3", "4", "5"]], "at": 2}, "partition 1,2/3,4,5 @2"),
    ],
)
def test_a_clicked_fault_happens_at_its_time(asked: dict[str, Any], text: str) -> None:
    screen = Screen()
    trace = screen.click(**asked)
    assert [event.data for event in trace.select("fault") if event.data == text] == [text]
    assert screen.lab.line.endswith(f" | {text}")
    assert (len(screen.lab.branches), screen.lab.selected, screen.said) == (2, 1, [])


def journey(trace: Trace, message: int | None) -> list[tuple[str, float]]:
    """The events of a message, with their times."""
    return [(event.kind, event.time) for event in trace if event.message == message]


def test_a_clicked_message_is_dropped() -> None:
    screen = Screen()
    message = screen.lab.run.trace.select("Election", since=3)[0].message
    trace = screen.click("Drop", message=message)
    assert [(event.kind, event.data) for event in trace if event.message == message][1:] == [
        (DROP, "dropped")
    ]


def test_a_clicked_message_is_delayed() -> None:
    screen = Screen()
    before = screen.lab.run.trace
    message = before.select("Pong", since=2)[0].message
    after = screen.click("Delay", message=message, by=0.5)
    assert journey(after, message)[1][1] == pytest.approx(journey(before, message)[1][1] + 0.5)


def test_a_clicked_message_is_duplicated() -> None:
    screen = Screen()
    message = screen.lab.run.trace.select("Coordinator")[0].message
    trace = screen.click("Duplicate", message=message)
    assert [kind for kind, _ in journey(trace, message)].count("deliver") == 2


def test_a_message_belongs_to_the_branch_it_was_clicked_on() -> None:
    screen = Screen()
    screen.lab.vary(agents=3)
    message = screen.lab.branches[0].run.trace.select("Election", since=3)[-1].message
    screen.request("fault", branch=0, fault={"kind": "Drop", "message": message})
    assert (screen.lab.branch.parent, screen.lab.parameters["agents"]) == (0, 5)


def test_branches_are_made_renamed_deleted_and_undone_by_click() -> None:
    screen = Screen()
    screen.request("branch", branch=0, at=3.0)
    screen.request("rename", branch=1, name="x" * 200)
    assert [each.name for each in screen.lab.branches] == ["your run", "x" * 80]
    screen.request("delete", branch=1)
    assert len(screen.lab.branches) == 1
    screen.request("undo")
    screen.request("undo")
    assert [each.name for each in screen.lab.branches] == ["your run", "copy of your run"]
    assert screen.said == []


def test_the_player_knows_whether_there_is_anything_to_undo() -> None:
    screen = Screen()
    seen = [screen.player.undoable]
    for change in (lambda: screen.click("Crash", agent="5", at=3), lambda: screen.request("undo")):
        change()
        seen.append(screen.player.undoable)
    assert seen == [False, True, False]


def test_when_a_run_was_lost_is_asked_by_click() -> None:
    """It tells how far it is; the curve is shown with the branch, and kept in a page."""
    screen = Screen(labs.bully(patience=0.05))
    screen.request("lost", property="one coordinator per component")
    assert [words.partition(":")[0] for words in screen.said] == ["drawing futures"] * len(screen.said)
    lost = screen.player.branches[0]["turning"]
    assert (lost["at"], lost["event"], {share for _, share in lost["curve"]}) == (0, None, {1.0})
    assert "chance decides nothing" in lost["words"]
    assert screen.shown == [0]


def test_a_run_that_breaks_nothing_was_never_lost() -> None:
    screen = Screen()
    screen.request("lost", property="one coordinator per component")
    assert "expected a whole run that violates a property" in screen.said[0]


NO_FAULT = "expected a fault of a kind among Crash, Restart, Pause"
FAULTS: list[tuple[Any, str]] = [
    ({}, NO_FAULT),
    (None, NO_FAULT),
    ({"kind": "Skew", "agent": "1", "at": 1}, NO_FAULT),
    ({"kind": "Crash", "agent": "1"}, NO_FAULT),
    ({"kind": "Crash", "agent": "1", "at": 3, "until": 2}, "the end must be later than the beginning"),
    ({"kind": "Crash", "agent": "9", "at": 3}, "names '9': the agents here are"),
    ({"kind": "Crash", "agent": "1", "at": -3}, "at=-3.0: expected seconds from 0"),
    ({"kind": "Crash", "agent": "1", "at": "soon"}, NO_FAULT),
    ({"kind": "Slow", "who": "1", "by": "much", "at": 1}, NO_FAULT),
    ({"kind": "Cut", "link": "12", "at": 1}, "expected cut FROM>TO"),
    ({"kind": "Partition", "groups": [[1], [2]], "at": 1}, NO_FAULT),
    ({"kind": "Partition", "groups": [["1"], ["1"]], "at": 1}, "no agent is in two"),
    ({"kind": "Drop", "message": 99_999}, "message 99999: this run has"),
    ({"kind": "Delay", "message": 1, "by": -1}, "by=-1.0: expected seconds from 1e-06"),
]
NONSENSE: list[tuple[dict[str, Any], str]] = [
    (
        {"type": "explode"},
        "type='explode': expected one of 'fault', 'branch', 'rename', 'delete', 'undo', 'lost'",
    ),
    ({}, "type=None: expected one of"),
    *[({"type": "fault", "fault": fault}, words) for fault, words in FAULTS],
    ({"type": "fault", "branch": 7, "fault": {"kind": "Crash", "agent": "1", "at": 3}}, "branch=7: expected"),
    ({"type": "branch", "branch": "x"}, "branch='x': expected a whole number from 0 to 1"),
    ({"type": "rename", "branch": 7, "name": "x"}, "branch=7: expected"),
    ({"type": "delete", "branch": -1}, "branch=-1: expected"),
]


@pytest.mark.parametrize(("asked", "words"), NONSENSE)
def test_a_wrong_request_is_answered_and_changes_nothing(asked: dict[str, Any], words: str) -> None:
    """The player shows the error; branches, selection and controls do not change."""
    screen = Screen()
    screen.lab.inject("crash 4 @4")
    before = screen.look
    screen.player._handle_custom_msg(asked, [])
    assert screen.look == before
    assert len(screen.said) == 1
    assert words in screen.said[0]


# --- what a notebook displays ---------------------------------------------------------------------


class Cells:
    """A notebook whose cells display labs: what was published, and which cell runs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.published: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.request: dict[str, Any] = {}
        monkeypatch.setattr(shown_labs, "display", self.publish)
        monkeypatch.setattr(shown_labs, "get_ipython", lambda: Mock(get_parent=lambda: self.request))
        monkeypatch.setattr(shown_labs, "_shown", {})

    def publish(self, data: dict[str, str], *, raw: bool, **how: Any) -> None:
        assert raw
        self.published.append((data, how))

    def run(self, cell: str | None, execution: str, *shown: Lab) -> None:
        """Display labs in a cell; None: it has no name."""
        self.request = {"metadata": {} if cell is None else {"cellId": cell}, "header": {"msg_id": execution}}
        for lab in shown:
            lab._ipython_display_()


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> Cells:
    return Cells(monkeypatch)


def test_a_notebook_keeps_the_picture_and_the_line_of_every_branch(cells: Cells) -> None:
    """In an output of its own, which is renewed after each change."""
    lab = labs.bully()
    cells.run("a", "1", lab)
    (widget, _), (still, how) = cells.published
    assert widget.keys() == {"application/vnd.jupyter.widget-view+json", "text/plain"}
    assert still["text/html"].count("<img") == 1
    lab.inject("crash 4 @4", name="<b>")
    still, again = cells.published[2]
    assert again == {**how, "update": True}
    assert [f"<code>{each.scenario}</code>" in still["text/html"] for each in lab.branches] == [True, True]
    assert "<li>&lt;b&gt;: " in still["text/html"]
    assert len(cells.published) == 3


def test_many_changes_are_drawn_once(cells: Cells, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a moment has passed: drawing must not hold up the player."""
    monkeypatch.setattr(shown_labs, "QUIET", 0.01)
    lab = labs.bully()
    cells.run("a", "1", lab)

    async def drag() -> None:
        for agents in (6, 7, 8):
            lab.set(agents=agents)
        await asyncio.sleep(0.05)

    asyncio.run(drag())
    assert ["agents=8" in data["text/html"] for data, _ in cells.published[2:]] == [True]


def test_a_cell_that_runs_again_closes_the_labs_that_it_displayed(cells: Cells) -> None:
    """All their widgets, unless another cell displays them, too; without names of cells nothing is closed."""
    opened = get_comm_manager().comms
    before, kept = len(opened), labs.bully()
    cells.run("a", "1", kept, labs.bully())
    cells.run("b", "2", kept)
    cells.run("a", "3", last := labs.bully())
    assert len(opened) - before == 2 * len(list(parts(kept.panel)))
    cells.run(None, "4", last)
    cells.run("b", "5", last)
    assert len(opened) - before == len(list(parts(last.panel)))
    assert last.panel.comm is not None
    last.close()
    assert len(opened) == before
    assert last.panel.comm is not None  # displayed again, it has new widgets


@pytest.mark.parametrize("lab", [labs.bully, labs.blackboard])
def test_other_displays_get_a_widget_a_picture_and_a_text(lab: Any) -> None:
    """The widget with a kernel; the picture and the text without one."""
    shown = lab()._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} <= shown.keys()
    assert shown["text/plain"] == repr(lab())
    assert shown["text/html"] == lab()._repr_mimebundle_()["text/html"]
    assert " at 0x" not in shown["text/plain"]


@pytest.mark.parametrize("until", [0.0, 2.0, 4.0])
def test_a_run_that_ends_before_its_focus_is_drawn_as_well(until: float) -> None:
    assert labs.bully(until=until)._repr_mimebundle_()["text/html"].count("<img") == 1


def test_the_picture_of_a_run_that_broke_off_says_so_and_ends_there() -> None:
    class Rude(Candidate):
        """Fails in its first election."""

        def on_election(self, sender: str, message: Any) -> Any:
            raise LookupError("no such rank")

    shown = picture(labs.bully(agent=Rude))
    assert "Bully election: the run broke off" in shown.svg
    assert re.search(r"over (virtual time .* to )?0\.0\d+ ", shown.alt)


def test_a_run_displays_itself_as_a_lab() -> None:
    """Its only parameter is the seed; its faults can be clicked."""

    class Idle(Agent):
        """Does nothing."""

    run = World().add(Idle("ann")).run(until=1.0)
    assert "application/vnd.jupyter.widget-view+json" in run._repr_mimebundle_()
    screen = Screen(labs.show(run))
    assert list(screen.values) == ["seed"]
    assert screen.click("Crash", agent="ann", at=0.5).count("crash") == 1
