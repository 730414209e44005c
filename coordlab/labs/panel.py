"""A lab as widgets: its head, the controls and faults beside the player, and the figures below it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets as w
import traitlets

from coordlab.labs.clicks import act
from coordlab.labs.controls import Controls
from coordlab.labs.declaration import offers_as_data
from coordlab.labs.display import Still
from coordlab.labs.export import head_of
from coordlab.labs.figure_panel import FigurePanel
from coordlab.trace.faults import Drop
from coordlab.widgets import joined
from coordlab.widgets.player import Player

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordlab.labs.lab import Lab


class Panel(w.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The widgets of a lab; its style sheet places them by the width that there is."""

    def __init__(self, lab: Lab) -> None:
        self.player, self.controls = lab.player, Controls(lab)
        self.head = Head(lambda: head_of(lab), self._hear(lab))
        self.faults = FaultList(lambda: faults_of(lab), self._hear(lab))
        for part in (self.head, self.faults):
            lab.on_change(part.follow)
        unfold = w.ToggleButton(description="Controls and faults")
        unfold.add_class("cl-unfold")
        left = w.Box([*self.controls.widgets, *_roles(lab), self.faults])
        left.add_class("cl-controls")
        self.figures = [FigurePanel(lab, each) for each in lab.spec.figures]
        right = w.Box([self.player, *self.figures])
        right.add_class("cl-labmain")
        body = w.Box([unfold, left, right])
        body.add_class("cl-labbody")
        super().__init__([self.head, self.controls.problem, body])
        self.add_class("cl-lab")  # by which the player finds the controls beside it
        self.still = Still(lab, self.model_id)

    def _hear(self, lab: Lab) -> Callable[[dict[str, Any]], object]:
        return lambda request: self.controls.apply(lambda: act(lab, request))


class Part(anywidget.AnyWidget):
    """What stands around the player: a piece of data, shown by a module of the player's folder."""

    _css = joined.style("lab.css")
    data = traitlets.Dict().tag(sync=True)

    def __init__(self, made: Callable[[], dict[str, Any]], hear: Callable[[dict[str, Any]], object]) -> None:
        self.made = made
        super().__init__(data=made())
        self.on_msg(lambda _, message, __: hear(message if isinstance(message, dict) else {}))

    def follow(self) -> None:
        """Show the lab as it is now."""
        self.data = self.made()


class Head(Part):
    """The title, the question and the schedules."""

    _esm = joined.script("head.js")


class FaultList(Part):
    """The faults of the run, and those to add."""

    _esm = joined.script("fault_list.js")


def faults_of(lab: Lab) -> dict[str, Any]:
    """What the list of faults shows: see `FaultDesk` in `types.d.ts`."""
    faults = [
        {"text": str(each), "from": None if isinstance(each, Drop) else each.at or 0, "until": each.until}
        for each in lab.scenario.faults
    ]
    offers = offers_as_data(lab.offers.values())
    return {"faults": faults, "offers": offers, "agents": list(lab.run.trace.agents)}


def _roles(lab: Lab) -> list[w.Widget]:
    """Which class plays which part."""
    if not lab.spec.roles:
        return []
    rows = ""
    for name, own in ((each.name, lab.roles.get(each.name, each.of)) for each in lab.spec.roles):
        mine, word = ("class='cl-yours'", " (yours)") if name in lab.roles else ("", "")
        rows += f"<dt>{escape(name)}</dt><dd {mine}>{escape(own.__name__)}{word}</dd>"
    return [w.HTML(f"<h3>Roles</h3><dl class='cl-roles'>{rows}</dl>")]


def parts(widget: w.Widget) -> Iterator[w.Widget]:
    """A widget and all that it holds."""
    yield widget
    for held in (
        getattr(widget, "layout", None),
        getattr(widget, "style", None),
        *getattr(widget, "children", ()),
    ):
        if held is not None:
            yield from parts(held)


def player_of(lab: Lab) -> Player:
    """The player of a lab: it shows the branches, and does with them what its clicks request."""
    player = Player(lab.shown(), lab.selected, undoable=lab.undoable)
    lab.on_change(lambda: _show(lab, player))
    player.on_intervention(lambda request: act(lab, request))
    player.observe(lambda change: _follow(lab, player, change["new"]), "selected")
    return player


def _show(lab: Lab, player: Player) -> None:
    with player.hold_sync():
        player.undoable = lab.undoable
        player.show(lab.shown(), lab.selected)


def _follow(lab: Lab, player: Player, selected: int) -> None:
    """Show the branch that is selected in the player; if it does not exist, reset the selection."""
    if not 0 <= selected < len(lab.branches):
        player.selected = lab.selected
    elif selected != lab.selected:
        lab.select(selected)
