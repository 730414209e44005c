"""Figures of a lab: what one run cannot show, for the setting that is shown, with theory over it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest

from coordlab import labs
from coordlab.labs import Lab
from coordlab.labs.declaration import Curve, Figure
from coordlab.labs.figure_panel import FigurePanel
from coordlab.patterns.bully.agents import Candidate
from coordlab.world.world import World
from tests.sampling import few

QUESTION = "How many messages does an election take as the team grows?"
LOWEST = "the lowest notices"


@pytest.mark.slow  # dozens of runs for each figure
@pytest.mark.parametrize(
    ("lab", "question"),
    [(name, each.question) for name in labs.NAMES for each in few(labs.spec(name).figures, 1)],
)
def test_every_figure_agrees_with_theory_at_the_default_setting(lab: str, question: str) -> None:
    made = getattr(labs, lab)().figure(question)
    size = len(made.values)
    assert not made.result.failed
    assert made.judged
    assert all(f"{size} of {size} points agree" in part for part in made.judged.split("; "))


def test_a_figure_is_a_sweep_of_the_setting_that_is_shown() -> None:
    shown = {"loss": 0.1, "seed": 3, "noticed": "lowest"}
    lab = labs.bully(**shown)
    found = lab.figure(QUESTION)
    assert [row.seed for row in found.rows[LOWEST, 5]] == [3, 4, 5]
    assert found.rows[LOWEST, 5][0].line == lab.line
    assert found.rows[LOWEST, 7][0].line == labs.bully(**shown, agents=7).line
    assert found.judged == ""  # theory speaks of a reliable network
    assert "your setting" in found.drawing.alt


def test_what_is_made_for_a_setting_is_kept() -> None:
    """Another value along the axis needs its own runs at most, and the way back needs none."""
    lab = labs.bully()
    lab.figure(QUESTION)
    assert lab.set(agents=7).made(QUESTION).left == 0
    assert lab.set(agents=11).made(QUESTION).left == 6
    assert lab.set(loss=0.1).made(QUESTION).left == 60
    assert lab.undo().undo().made(QUESTION).left == 0


def test_a_figure_is_found_by_the_beginning_of_its_question() -> None:
    lab = labs.bully()
    assert lab.made("How long").figure.x == "patience"
    assert lab.made().figure.question == QUESTION
    with pytest.raises(ValueError, match="expected one of 'How many messages"):
        lab.figure("Why?")


def test_progress_is_told_after_each_value() -> None:
    told: list[tuple[int, int]] = []
    labs.blackboard().figure(progress=lambda done, of: told.append((done, of)))
    assert told == [(done, 42) for done in range(3, 43, 3)]


def test_a_bound_is_judged_as_a_bound() -> None:
    spec = labs.spec("bully")
    figures = tuple(
        Figure("As a " + says, "agents", (3, 5), "messages of this election", {"20": Curve(_twenty, says)}, 2)
        for says in ("most", "least", "equal")
    )
    lab = Lab(replace(spec, figures=figures))
    found = [lab.figure(each.question).judged for each in figures]
    assert found == [f"20: {hits} of 2 points agree" for hits in (2, 0, 0)]


def _twenty(*_: object) -> float:
    return 20.0


def test_an_interrupted_figure_keeps_what_is_whole_and_goes_on_later() -> None:
    lab, runs = labs.topology(), list[object]()
    build = lab.spec.build

    def counting(*given: object, **how: object) -> World:
        runs.append(given)
        if len(runs) == 5:
            raise KeyboardInterrupt
        return build(*given, **how)

    interrupted = Lab(replace(lab.spec, build=counting), scenario=lab.scenario)
    with pytest.raises(KeyboardInterrupt):
        interrupted.figure()
    assert interrupted.made().left > 0
    assert all(rows for rows in interrupted.made().rows.values())
    assert interrupted.figure().judged == lab.figure().judged


def test_a_figure_says_how_many_runs_failed_and_why() -> None:
    class Clumsy(Candidate):
        """Cannot run."""

        async def run(self) -> None:
            raise RuntimeError("no")

    made = labs.bully(agent=Clumsy).figure("How long")
    assert re.match(r"\d+ of \d+ runs failed: .*no", made.judged)


# --- as widgets --------------------------------------------------------------------------------------


def panel(lab: Lab) -> FigurePanel:
    return lab.panel.figures[0]


def test_a_click_draws_a_figure_and_a_slider_offers_it_again() -> None:
    lab = labs.bully()
    shown = panel(lab)
    assert shown.button.description == "Draw it: 54 runs"
    shown.button.click()
    assert (shown.button.layout.display, "9 of 9 points agree" in shown.words.value) == ("none", True)
    assert "<img" in shown.picture.value
    lab.set(loss=0.1)
    assert (shown.button.layout.display, shown.picture.value) == ("", "")
    lab.undo()
    assert "<img" in shown.picture.value


def test_a_figure_can_be_stopped_and_goes_on_where_it_was() -> None:
    """In a notebook it is drawn while the kernel goes on hearing."""
    lab = labs.bully()
    shown = panel(lab)

    async def clicked() -> None:
        shown.button.click()
        await asyncio.sleep(0)
        assert (shown.running, shown.button.description) == (True, "Stop")
        shown.button.click()
        await asyncio.sleep(0.05)

    asyncio.run(clicked())
    assert (shown.running, shown.button.description) == (False, "Draw it: 51 runs")


def test_an_error_is_said_beside_the_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = labs.bully()
    monkeypatch.setattr("coordlab.labs.figures.sweep", lambda *_, **__: 1 / 0)
    panel(lab).button.click()
    assert "division by zero" in panel(lab).words.value
