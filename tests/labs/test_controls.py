"""What a lab declares of its parameters, schedules, roles and faults is live in the panel and by script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from coordlab import Agent, World, labs
from coordlab.labs import Lab
from coordlab.labs.declaration import LabSpec, Offer, Parameter, Role, Schedule
from coordlab.labs.panel import Panel, parts
from coordlab.patterns.voting.lab import Juror
from coordlab.trace.faults import FaultError
from coordlab.trace.scenario import ScenarioError


class Voter(Agent):
    """Says nothing."""

    def __init__(self, name: str, weight: int = 1) -> None:
        super().__init__(name)
        self.weight = weight


def _mistakes(ballots: Mapping[str, list[str]]) -> Iterator[str]:
    for voter, ranked in ballots.items():
        if not ranked:
            yield f"{voter} ranks nobody"
        if len(set(ranked)) < len(ranked):
            yield f"{voter} ranks one of them twice"


BALLOTS = Parameter(
    "ballots", "agree", presets={"agree": {"ann": ["x", "y"]}, "cycle": {"ann": ["y"]}}, mistakes=_mistakes
)
PARAMETERS = (
    Parameter("voters", 5, 1, 9),
    Parameter("quorum", 3, 1, "voters", help="how many must vote"),
    Parameter("chair", False),
    Parameter("patience", 1.0, 0.5, 2.0, 0.5,
              only_with={"chair": (True,)}),
    BALLOTS,
)  # fmt: skip


def build(roles: Mapping[str, type[Agent]], seed: int, **given: Any) -> World:
    """As many voters as asked for, and the ballots' owners."""
    kind = roles.get("voter", Voter)
    owners = BALLOTS.data(given["ballots"])
    return World(seed).add(kind(name) for name in (*(f"v{n + 1}" for n in range(given["voters"])), *owners))


SPEC = LabSpec(
    name="voting",
    title="A vote",
    question="Who votes?",
    parameters=PARAMETERS,
    build=build,
    properties=lambda given: (),
    measures=(),
    until=5.0,
    roles=(Role("voter", Voter),),
    faults=lambda given: ("crash v1 @1..4",),
    schedules=(
        Schedule("All alone", "Look for the one who votes.", {"voters": 1}),
        Schedule("All in silence", "Look for nobody.",
                 {"voters": 2, "seed": 4}, ("crash v1 @0", "crash v2 @0")),
        Schedule("As it comes", "Look for the crash."),
    ),
    offers=lambda given: (Offer("v1 is busy", "pause v1 @{at}..{until}", lasts=0.5),),
)  # fmt: skip


def lab(**given: object) -> Lab:
    return Lab(SPEC, **given)


# --- bounds, and controls without effect -------------------------------------------------------------


def test_what_was_not_given_follows_the_bounds_and_what_was_given_is_refused() -> None:
    """With two voters the quorum is two at most; the value that was asked for is never changed."""
    assert lab(voters=2).parameters["quorum"] == 2
    assert lab(quorum=5).set(voters=2).parameters["quorum"] == 2
    with pytest.raises(ScenarioError, match="quorum=4: expected a whole number from 1 to 2"):
        lab(voters=2, quorum=4)


def test_a_slider_keeps_the_bounds_that_another_parameter_leaves() -> None:
    """Where they leave one value, it cannot be turned, and a line below says why."""
    shown = lab()
    quorum = shown.panel.controls.controls["quorum"]
    shown.panel.controls.by_name["voters"].value = 2
    assert (quorum.widget.min, quorum.widget.max, quorum.widget.value) == (1, 2, 2)
    shown.set(voters=1)
    assert quorum.why is not None
    assert (quorum.widget.disabled, quorum.why.value) == (True, "Only 1 is possible at this setting.")
    shown.set(voters=9)
    assert (quorum.widget.disabled, quorum.widget.max, quorum.why.value) == (False, 9, "")


def test_a_control_without_effect_is_disabled_and_says_why() -> None:
    shown = lab()
    patience = shown.panel.controls.controls["patience"]
    assert patience.why is not None
    assert (patience.widget.disabled, patience.widget.tooltip) == (True, "used only with chair True")
    assert patience.why.value == "used only with chair True"
    shown.set(chair=True)
    assert (patience.widget.disabled, patience.widget.tooltip, patience.why.value) == (False, "", "")


# --- presets ---------------------------------------------------------------------------------------


def test_presets_are_a_list_to_choose_from_and_can_be_read_as_data() -> None:
    shown = lab()
    assert shown.presets == {"ballots": {"agree": {"ann": ["x", "y"]}, "cycle": {"ann": ["y"]}}}
    shown.panel.controls.by_name["ballots"].value = "cycle"
    assert "ballots=cycle" in shown.line


def test_data_of_ones_own_is_repeated_by_its_line() -> None:
    """In the list it is called yours, as long as the run uses it."""
    mine = {"bob": ["x"], "Zoë": ["y", "x"]}
    shown = lab(ballots=mine)
    assert shown.presets["ballots"]["yours"] == mine
    assert shown.run.trace.agents[-2:] == ("bob", "Zoë")
    assert lab().play(shown.line).run.trace == shown.run.trace
    control = shown.panel.controls.by_name["ballots"]
    assert [label for label, _ in control.options] == ["agree", "cycle", "yours"]
    control.value = "agree"
    assert [label for label, _ in control.options] == ["agree", "cycle"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ann": [], "bob": ["x", "x"]}, "ann ranks nobody; bob ranks one of them twice"),
        ([1, 2], r"expected data in the form of a preset \(agree, cycle\)"),
        ({"ann": {1, 2}}, "expected data in the form of a preset"),
        ('{"ann": ', "expected data in the form of a preset"),
        ("cycles", "expected one of 'agree', 'cycle'"),
    ],
)
def test_data_of_ones_own_is_checked_with_a_sentence_for_each_mistake(given: object, words: str) -> None:
    with pytest.raises(ScenarioError, match=f"ballots=.*: {words}.*. For example: ballots="):
        lab(ballots=given)


def test_a_preset_without_a_check_allows_no_other_data() -> None:
    fixed = replace(SPEC, parameters=(*PARAMETERS[:-1], replace(BALLOTS, mistakes=None)))
    with pytest.raises(ScenarioError, match="expected one of 'agree', 'cycle'"):
        Lab(fixed, ballots={"ann": ["x"]})


# --- schedules ---------------------------------------------------------------------------------------


def test_a_schedule_is_one_click_or_one_line_away() -> None:
    """It begins at the defaults, and has its own faults or those that the lab comes with."""
    shown = lab(voters=9).try_out("All in")
    assert shown.line == lab(voters=2, seed=4).line.partition(" |")[0] + " | crash v1 @0 | crash v2 @0"
    assert shown.trying == "All in silence"
    assert [str(each) for each in shown.try_out("All alone").scenario.faults] == ["crash v1 @1..4"]
    with pytest.raises(ValueError, match="expected one of 'All alone', 'All in silence', 'As it comes'"):
        shown.try_out("Nothing")


def test_the_head_shows_which_schedule_is_on() -> None:
    panel = Panel(shown := lab())
    assert panel.head.data["on"] == "As it comes"
    panel.head._handle_custom_msg({"type": "schedule", "title": "All alone"}, [])
    assert (shown.parameters["voters"], panel.head.data["on"]) == (1, "All alone")
    shown.set(voters=3)
    assert panel.head.data["on"] == ""


def test_the_head_says_what_the_pattern_is_and_where_its_chapter_lies(
    tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    known = replace(SPEC, page="coordlab.patterns.voting.agents", chapter="04_voting")
    assert Panel(lab()).head.data["about"] == Panel(Lab(known)).head.data["chapter"] == ""
    (tmp_path / "04_voting.ipynb").touch()
    data = Panel(Lab(known)).head.data
    assert data["about"].startswith("Voting: many answer")
    assert data["chapter"] == "04_voting.ipynb"


# --- roles -------------------------------------------------------------------------------------------


class Nameless(Agent):
    """Made without a name."""

    def __init__(self) -> None:
        super().__init__("somebody")


class Choosy(Agent):
    """Wants to know what the lab cannot say."""

    def __init__(self, name: str, mood: str) -> None:
        super().__init__(name)


class Weighty(Agent):
    """Needs what it might do without in the lab's own class."""

    def __init__(self, name: str, weight: int) -> None:
        super().__init__(name)


@pytest.mark.parametrize(("kind", "takes"), [(Nameless, r"\(\)"), (Choosy, r"\(name, mood\)")])
def test_a_class_that_does_not_fit_is_refused_with_what_it_should_take(kind: type[Agent], takes: str) -> None:
    example = (
        r"the lab makes it as Voter\(name, weight=1\). For example: def __init__\(self, name, weight=1\)"
    )
    with pytest.raises(TypeError, match=f"voter={kind.__name__}, made with {takes}: {example}"):
        lab(voter=kind)


def test_a_class_may_need_a_setting_that_the_lab_gives() -> None:
    SPEC.roles[0].check(Weighty)
    assert labs.spec("voting").cast({"voter": Juror}) == {"voter": Juror}


def test_the_panel_says_whose_class_plays_a_role() -> None:
    class MyVoter(Voter):
        """Mine."""

    def roles(shown: Lab) -> str:
        return next(each.value for each in parts(Panel(shown)) if "Roles" in str(getattr(each, "value", "")))

    assert "<dt>voter</dt><dd >Voter</dd>" in roles(lab())
    assert "<dt>voter</dt><dd class='cl-yours'>MyVoter (yours)</dd>" in roles(lab(voter=MyVoter))


class Moody(Voter):
    """Fails when it begins."""

    async def run(self) -> None:
        """Wait, and fail."""
        await self.sleep(1.5)
        raise LookupError("no ballot box")


def test_an_error_of_ones_own_class_names_role_agent_moment_and_line_and_the_lab_goes_on() -> None:
    shown = lab(voter=Moody)
    assert shown.branch.problem.startswith("your voter: agent v2 (Moody) failed at 1.5 s")
    assert 'of test_controls.py, in run: raise LookupError("no ballot box")' in shown.branch.problem
    assert "your voter: agent v2 (Moody) failed" in shown.panel.controls.problem.value
    assert shown.set(until=1.0).branch.problem == shown.panel.controls.problem.value == ""


# --- faults ------------------------------------------------------------------------------------------


def test_the_faults_that_suit_the_pattern_come_first() -> None:
    shown = lab()
    assert list(shown.offers) == ["v1 is busy", "crash", "crash, come back", "pause", "slow down", "cut off"]
    assert shown.offers["v1 is busy"].text(at=1.0) == "pause v1 @1..1.5"
    assert shown.offers["crash, come back"].text(at=2, agent="v3", lasts=1) == "crash v3 @2..3"
    assert [each["label"] for each in shown.shown()[0].meta["offers"]] == ["v1 is busy"]
    panel = Panel(shown)
    assert [each["special"] for each in panel.faults.data["offers"]] == [True, *[False] * 5]


def test_a_fault_is_added_ended_and_removed_in_the_list() -> None:
    """Adding makes a branch, as a click in the player does."""
    panel = Panel(shown := lab())

    def ask(**request: object) -> None:
        panel.faults._handle_custom_msg(request, [])

    assert panel.faults.data["faults"] == [{"text": "crash v1 @1..4", "from": 1.0, "until": 4.0}]
    ask(type="fault", fault={"kind": "Text", "text": "pause v2 @2..3"})
    assert (len(shown.branches), [each["text"] for each in panel.faults.data["faults"]]) == (
        2,
        ["crash v1 @1..4", "pause v2 @2..3"],
    )
    ask(type="heal", fault="crash v1 @1..4", at=2.5)
    ask(type="remove", fault="pause v2 @2..3")
    assert [str(each) for each in shown.scenario.faults] == ["crash v1 @1..2.5"]
    ask(type="remove", fault="crash v9 @1")
    assert "&#x27;crash v9 @1&#x27;: the run has crash v1 @1..2.5" in panel.controls.problem.value
    ask(type="heal", fault="crash v1 @1..2.5", at=None)
    assert "the playhead=None: expected seconds above 0" in panel.controls.problem.value


def test_a_fault_ends_when_it_is_told_to_by_script() -> None:
    shown = lab().heal("crash v1 @1..4", at=2)
    assert str(shown.scenario.faults[0]) == "crash v1 @1..2"
    assert shown.undo().heal("crash v1 @1..4").scenario.faults == ()
    with pytest.raises(FaultError, match="'crash v2 @1': the run has no faults"):
        shown.heal("crash v2 @1")
    with pytest.raises(FaultError, match="the end must be later than the beginning"):
        lab().heal("crash v1 @1..4", at=0.5)


def test_a_way_to_misbehave_that_the_class_does_not_know_is_refused() -> None:
    with pytest.raises(FaultError, match=r"would change nothing: no method of Voter reads self\.rogue"):
        lab().inject("rogue v2 wrong @1")


@pytest.mark.parametrize("name", labs.NAMES)
def test_every_offer_and_schedule_of_every_lab_can_run(name: str) -> None:
    """Each offer strikes the first and the last of the agents that it suits."""
    shown = Lab(labs.spec(name))
    agents = shown.run.trace.agents
    for offer in shown.offers.values():
        suits = offer.agents or agents
        for agent in (suits[0], suits[-1]):
            shown.inject(offer.text(at=1.0, agent=agent)).delete(1)
    for schedule in shown.spec.schedules:
        assert schedule.look.startswith("Look ")
        assert not shown.try_out(schedule.title).branch.problem
        assert shown.trying == schedule.title
