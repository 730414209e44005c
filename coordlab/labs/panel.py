"""A lab as widgets: ipywidgets to turn its parameters, the player to show its runs."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from coordlab.draw import Drawing, space_time
from coordlab.labs.spec import Parameter
from coordlab.trace.trace import Trace
from coordlab.widgets.player import Player

if TYPE_CHECKING:
    from coordlab.labs.lab import Lab

# A control in two rows: its name and its value, and below what one turns, over the full width.
STYLE = """<style>
.cl-controls > .widget-html { grid-column: 1 / -1; margin: 0; width: auto; }
.cl-controls > .widget-html:first-child { display: none; }
.cl-controls h3 { margin: 4px 0 0; font-size: 13px; line-height: 1.6; }
.cl-control.jupyter-widgets { display: grid; grid-template: 24px auto / 1fr auto; height: auto; margin: 0; }
.cl-control > label.widget-label { width: auto !important; height: 24px; line-height: 24px;
  text-align: left; }
.cl-control > .widget-readout { grid-area: 1 / 2; width: auto; min-width: 3em; height: 24px; margin: 0;
  line-height: 24px; text-align: right; }
.cl-control > :is(.slider-container, select, input) { grid-column: 1 / -1; margin-left: 0; }
.cl-control > :is(select, input) { height: 28px; }
.cl-control > .slider-container { height: 20px; margin-top: 3px; padding: 0 10px; }
.cl-control [role=slider]:focus-visible { outline: 2px solid var(--jp-brand-color1); outline-offset: 2px; }
.cl-controls .widget-button { padding: 0 4px; }
.cl-controls [role=alert] { color: var(--jp-error-color1); line-height: 1.4; overflow-wrap: anywhere; }
</style>"""


def panel(lab: Lab) -> w.Widget:
    """Controls and player side by side, or one above the other where there is no room."""
    player = Player(lab.shown(), lab.selected)
    controls = Controls(lab)
    lab.on_change(lambda: player.show(lab.shown(), lab.selected))
    player.on_intervention(lambda wish: _obey(lab, wish))
    player.observe(lambda change: _follow(lab, player, change["new"]), "selected")
    # beside the player the controls are one column; above it they take as many as fit
    columns = {"display": "grid", "grid_template_columns": "repeat(auto-fill, minmax(200px, 1fr))"}
    left = w.Box(controls.widgets, layout=w.Layout(**columns, grid_gap="6px 20px", flex="1 1 220px"))
    left.layout.min_width = "0"
    left.add_class("cl-controls")
    right = w.Box([player], layout=w.Layout(flex="99 1 620px", min_width="0", display="block"))
    row = {"display": "flex", "flex_flow": "row wrap", "align_items": "flex-start"}
    both = w.Box([left, right], layout=w.Layout(**row, grid_gap="12px 20px", width="100%"))
    both.player, both.controls = player, controls
    return both


def bundle(lab: Lab) -> dict[str, Any]:
    """What a notebook shows: the panel, or where there are no widgets a picture, or text."""
    shown = dict(lab.panel._repr_mimebundle_())
    return {**shown, **picture(lab)._repr_mimebundle_(), "text/plain": repr(lab)}


def picture(lab: Lab) -> Drawing:
    """The run on show as a drawing, for places without widgets."""
    trace, lanes = lab.run.trace, lab.spec.lanes(lab.parameters)
    if lanes is not None:
        trace = Trace(trace.rows, lanes, trace.says, trace.until)
    window = lab.spec.focus if lab.spec.focus and lab.spec.focus[1] <= trace.until else (None, None)
    return space_time(trace, *window, title=lab.spec.title)


class Controls:
    """One widget for each parameter, kept equal to the run on show."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.syncing = lab, False
        self.by_name: dict[str, Any] = {each.name: _control(each) for each in lab.spec.parameters}
        self.by_name["seed"] = w.IntText(0, description="seed", tooltip="another seed, another run")
        self.problem = w.HTML()
        self.line = w.Text(
            description="play a line",
            tooltip="a run that somebody shared with you",
            placeholder="paste it, press Enter",
            continuous_update=False,
        )
        again = w.Button(description="New seed", icon="random", tooltip="the same with other luck")
        heal = w.Button(description="No faults", icon="medkit", tooltip="let this run go without any fault")
        again.on_click(lambda _: self._apply(lambda: lab.set(seed=lab.scenario.seed + 1)))
        heal.on_click(lambda _: self._apply(lab.heal))
        for name, control in self.by_name.items():
            control.observe(self._turned(name), "value")
        self.line.observe(self._pasted, "value")
        for control in (*self.by_name.values(), self.line):
            control.layout.width = "auto"
            control.add_class("cl-control")
        for button in (again, heal):
            button.layout = w.Layout(flex="1 1 0", width="auto", margin="0 4px 0 0")
        buttons = w.HBox([again, heal], layout=w.Layout(margin="auto 0 0 0"))
        self.widgets = [w.HTML(STYLE), *self._grouped(), buttons, self.line, self.problem]
        lab.on_change(self.sync)
        self.sync()

    def _grouped(self) -> list[w.Widget]:
        shown: list[w.Widget] = []
        group = ""
        for each in self.lab.spec.parameters:
            if each.group != group:
                group = each.group
                shown.append(w.HTML(f"<h3>{group}</h3>"))
            shown.append(self.by_name[each.name])
        return [*shown, self.by_name["seed"]]

    def sync(self) -> None:
        """Show the parameters of the run that is on show."""
        values = {**self.lab.parameters, "seed": self.lab.scenario.seed}
        self.syncing = True
        try:
            for name, control in self.by_name.items():
                control.value = values[name]
        finally:
            self.syncing = False
        self._say(self.lab.branch.notice)

    def _turned(self, name: str) -> Callable[[Any], None]:
        return lambda change: (
            None if self.syncing else self._apply(lambda: self.lab.set(**{name: change["new"]}))
        )

    def _pasted(self, change: Any) -> None:
        if change["new"].strip():
            self._apply(lambda: self.lab.play(change["new"], beside=True))
            self.line.value = ""

    def _apply(self, change: Callable[[], object]) -> None:
        try:
            change()
        except Exception as error:  # noqa: BLE001  (a learner's class may raise anything: say it here)
            self.sync()
            self._say(str(error) or type(error).__name__)

    def _say(self, problem: str) -> None:
        self.problem.value = f"<div role='alert'>{escape(problem)}</div>" if problem else ""


def _control(parameter: Parameter) -> w.Widget:
    """The widget that suits a parameter, with its name and unit."""
    unit = f", {parameter.unit}" if parameter.unit else ""
    named = {"description": (parameter.label or parameter.name) + unit, "tooltip": parameter.help}
    if parameter.choices:
        return w.Dropdown(options=parameter.choices, value=parameter.default, **named)
    if isinstance(parameter.default, bool):
        return w.Checkbox(parameter.default, **named)
    kind = w.IntSlider if isinstance(parameter.default, int) else w.FloatSlider
    span = {"min": parameter.low, "max": parameter.high, "step": parameter.step}
    return kind(
        parameter.default, **{key: type(parameter.default)(value) for key, value in span.items()}, **named
    )


def _follow(lab: Lab, player: Player, selected: int) -> None:
    """Show the branch that was chosen in the player; if there is none, the player shows the lab's again."""
    if not 0 <= selected < len(lab.branches):
        player.selected = lab.selected
    elif selected != lab.selected:
        lab.select(selected)


def _obey(lab: Lab, wish: dict[str, Any]) -> None:
    """Do what a click in the player asks for."""
    branch = wish.get("branch", lab.selected)
    match wish.get("type"):
        case "fault":
            lab.inject(lab.fault_of(wish.get("fault", {}), branch), branch=branch)
        case "branch":
            lab.inject(branch=branch)
        case "rename":
            lab.rename(branch, str(wish.get("name", ""))[:80])
        case "delete":
            lab.delete(branch)
        case "undo":
            lab.undo()
        case other:
            raise ValueError(f"{other!r} cannot be asked for: there are fault, branch, rename, delete, undo.")
