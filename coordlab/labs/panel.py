"""A lab as widgets: ipywidgets to turn its parameters, the player to show its runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from coordlab.draw import space_time
from coordlab.labs.design import Parameter
from coordlab.widgets.player import Player
from coordlab.world.scenario import ScenarioError

if TYPE_CHECKING:
    from coordlab.labs.lab import Lab

_WIDE = {"width": "auto", "margin": "0 0 2px 0"}
_LABEL = {"description_width": "0px"}


def panel(lab: Lab) -> w.Widget:
    """Controls and player side by side, or one above the other where there is no room."""
    player = Player(lab.packed(), lab.selected)
    controls = Controls(lab)
    lab.on_change(lambda: player.show(lab.packed(), lab.selected))
    player.on_intervention(lambda wish: _obey(lab, wish))
    player.observe(lambda change: _follow(lab, change["new"]), "selected")
    left = w.VBox(
        controls.widgets, layout=w.Layout(flex="0 1 230px", min_width="210px", padding="4px 12px 4px 0")
    )
    right = w.Box([player], layout=w.Layout(flex="1 1 640px", min_width="300px", display="block"))
    both = w.Box(
        [left, right],
        layout=w.Layout(display="flex", flex_flow="row wrap", align_items="flex-start", width="100%"),
    )
    both.player, both.controls = player, controls
    return both


def bundle(lab: Lab) -> dict[str, Any]:
    """What a notebook shows: the panel, or where there are no widgets a picture, or text."""
    shown = dict(lab.panel._repr_mimebundle_())
    start, end = lab.design.focus or (0.0, lab.run.trace.until)
    picture = space_time(
        lab.run.trace, since=start, until=min(end, lab.run.trace.until), title=lab.design.title
    )
    return {**shown, "image/svg+xml": picture.svg, "text/plain": repr(lab)}


class Controls:
    """One widget for each parameter, kept equal to the run on show."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.syncing = lab, False
        self.by_name: dict[str, Any] = {each.name: _control(each) for each in lab.design.parameters}
        self.by_name["seed"] = w.BoundedIntText(0, 0, 2**31, tooltip="another seed, another run")
        self.problem = w.HTML()
        self.line = w.Text(
            placeholder="paste a line, press Enter", continuous_update=False, layout=w.Layout(**_WIDE)
        )
        again, heal = (
            w.Button(description="New seed", icon="random"),
            w.Button(description="No faults", icon="medkit"),
        )
        again.on_click(lambda _: self._apply(lambda: lab.set(seed=lab.scenario.seed + 1)))
        heal.on_click(lambda _: self._apply(lab.heal))
        for name, control in self.by_name.items():
            control.layout, control.style = w.Layout(**_WIDE), _LABEL
            control.observe(self._turned(name), "value")
        self.line.observe(self._pasted, "value")
        buttons = w.HBox([again, heal], layout=w.Layout(flex_flow="row wrap"))
        self.widgets = [*self._grouped(), buttons, w.Label("Play a line"), self.line, self.problem]
        lab.on_change(self.sync)
        self.sync()

    def _grouped(self) -> list[w.Widget]:
        shown: list[w.Widget] = []
        group = ""
        for each in self.lab.design.parameters:
            if each.group != group:
                group = each.group
                shown.append(w.HTML(f"<h3 style='margin:6px 0 0;font-size:13px'>{group}</h3>"))
            shown += [_caption(each), self.by_name[each.name]]
        return [*shown, w.Label("seed"), self.by_name["seed"]]

    def sync(self) -> None:
        """Show the parameters of the run that is on show."""
        self.syncing = True
        values = {**self.lab.parameters, "seed": self.lab.scenario.seed}
        for name, control in self.by_name.items():
            control.value = values[name]
        self._say(self.lab.branch.problem)
        self.syncing = False

    def _turned(self, name: str) -> Callable[[Any], None]:
        return lambda change: (
            None if self.syncing else self._apply(lambda: self.lab.set(**{name: change["new"]}))
        )

    def _pasted(self, change: Any) -> None:
        if change["new"].strip():
            self._apply(lambda: self.lab.play(change["new"]))
            self.line.value = ""

    def _apply(self, change: Callable[[], object]) -> None:
        try:
            change()
        except (ScenarioError, ValueError) as error:
            self.sync()
            self._say(str(error))

    def _say(self, problem: str) -> None:
        from html import escape

        self.problem.value = (
            f"<div role='alert' style='line-height:1.4'>{escape(problem)}</div>" if problem else ""
        )


def _caption(parameter: Parameter) -> w.Label:
    unit = f", {parameter.unit}" if parameter.unit else ""
    return w.Label((parameter.label or parameter.name) + unit, tooltip=parameter.help)


def _control(parameter: Parameter) -> w.Widget:
    """The widget that suits a parameter; it names itself to screen readers."""
    named = {"tooltip": f"{parameter.label or parameter.name}: {parameter.help}"}
    if parameter.choices:
        return w.Dropdown(options=parameter.choices, value=parameter.default, **named)
    if isinstance(parameter.default, bool):
        return w.Checkbox(parameter.default, **named)
    kind = w.IntSlider if isinstance(parameter.default, int) else w.FloatSlider
    span = {"min": parameter.low, "max": parameter.high, "step": parameter.step}
    return kind(
        parameter.default, **{key: type(parameter.default)(value) for key, value in span.items()}, **named
    )


def _follow(lab: Lab, selected: int) -> None:
    if selected != lab.selected and 0 <= selected < len(lab.branches):
        lab.select(selected)


def _obey(lab: Lab, wish: dict[str, Any]) -> None:
    """Do what a click in the player asks for."""
    position = int(wish.get("branch", lab.selected))
    if wish["type"] == "fault":
        lab.selected = position
        lab.inject(lab.fault_of(wish["fault"]))
    elif wish["type"] == "branch":
        lab.selected = position
        lab.inject()
    elif wish["type"] == "rename":
        lab.rename(position, str(wish["name"])[:80])
    elif wish["type"] == "delete":
        lab.delete(position)
    elif wish["type"] == "undo":
        lab.undo()
