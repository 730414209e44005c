"""A lab as widgets: ipywidgets for its parameters, the player for its runs."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import ipywidgets as w

from coordlab import requirements as require
from coordlab.labs.display import Still
from coordlab.labs.figure_panel import FigurePanel
from coordlab.labs.parameters import Parameter
from coordlab.progress_bar import Tell
from coordlab.widgets.player import Player

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordlab.labs.lab import Lab, Request

# A control has two rows: its name and its value, and below them the slider, list or field.
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
.cl-control > select { appearance: auto; background-image: none; }
[data-jp-theme-light="false"] .cl-controls { color-scheme: dark; }
.cl-control > .slider-container { height: 20px; margin-top: 3px; padding: 0 10px; }
.cl-control [role=slider]:focus-visible { outline: 2px solid var(--jp-brand-color1); outline-offset: 2px; }
.cl-controls .widget-button { padding: 0 4px; }
.cl-controls [role=alert] { color: var(--jp-error-color1); line-height: 1.4; overflow-wrap: anywhere; }
</style>"""


class Panel(w.Box):  # type: ignore[misc]  # ipywidgets has no types
    """The controls and the player of a lab, side by side, or one above the other if space is short."""

    def __init__(self, lab: Lab) -> None:
        self.player, self.controls = lab.player, Controls(lab)
        # the controls are one column beside the player, and several columns above it
        columns = {"display": "grid", "grid_template_columns": "repeat(auto-fill, minmax(200px, 1fr))"}
        layout = w.Layout(**columns, grid_gap="6px 20px", flex="1 1 220px", min_width="0")
        left = w.Box(self.controls.widgets, layout=layout)
        left.add_class("cl-controls")
        self.figures = [FigurePanel(lab, each) for each in lab.spec.figures]
        right = w.Box(
            [self.player, *self.figures], layout=w.Layout(flex="99 1 620px", min_width="0", display="block")
        )
        row = {"display": "flex", "flex_flow": "row wrap", "align_items": "flex-start"}
        super().__init__([left, right], layout=w.Layout(**row, grid_gap="12px 20px", width="100%"))
        self.add_class("cl-lab")  # by which the player finds the controls beside it
        self.still = Still(lab, self.model_id)


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
    player = Player(lab.shown(), lab.selected)
    lab.on_change(lambda: player.show(lab.shown(), lab.selected))
    player.on_intervention(lambda request: _act(lab, request))
    player.observe(lambda change: _follow(lab, player, change["new"]), "selected")
    return player


class Controls:
    """One widget for each parameter; they follow the run that is shown."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.syncing = lab, False
        self.by_name: dict[str, w.Widget] = {each.name: _control(each) for each in lab.spec.parameters}
        self.by_name["seed"] = w.IntText(0, description="seed", tooltip="the seed of the random numbers")
        self.problem = w.HTML()
        self.line = w.Text(
            description="play a line",
            tooltip="run a scenario line that someone shared",
            placeholder="paste it, press Enter",
            continuous_update=False,
        )
        again = w.Button(description="New seed", icon="random", tooltip="the same with other random numbers")
        heal = w.Button(description="No faults", icon="medkit", tooltip="run this scenario without faults")
        again.on_click(lambda _: self._apply(lambda: lab.set(seed=lab.scenario.seed + 1)))
        heal.on_click(lambda _: self._apply(lab.heal))
        for name, control in self.by_name.items():
            control.observe(self._turned(name), "value")
        self.line.observe(self._pasted, "value")
        for control in (*self.by_name.values(), self.line):
            control.layout.width = "auto"
            control.add_class("cl-control")
        for button in (again, heal):
            button.layout.flex, button.layout.width, button.layout.margin = "1 1 0", "auto", "0 4px 0 0"
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
        """Set the controls to the parameters of the run that is shown."""
        values = {**self.lab.parameters, "seed": self.lab.scenario.seed}
        self.syncing = True
        try:
            for name, control in self.by_name.items():
                control.value = values[name]
        finally:
            self.syncing = False
        self._say(self.lab.branch.notice)

    def _turned(self, name: str) -> Callable[[dict[str, object]], object]:
        return lambda change: (
            None if self.syncing else self._apply(lambda: self.lab.set(**{name: change["new"]}))
        )

    def _pasted(self, change: dict[str, str]) -> None:
        if change["new"].strip() and self._apply(lambda: self.lab.play(change["new"], beside=True)):
            self.line.value = ""

    def _apply(self, change: Callable[[], object]) -> bool:
        """Change the lab.  If that fails or is interrupted, say why; controls and lab agree in any case."""
        try:
            change()
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (a learner's class may raise anything)
            self.sync()
            self._say(str(error) or type(error).__name__)
            return False
        return True

    def _say(self, problem: str) -> None:
        self.problem.value = f"<div role='alert'>{escape(problem)}</div>" if problem else ""


def _control(parameter: Parameter) -> w.Widget:
    """The widget for a parameter, with its name and unit."""
    unit = f", {parameter.unit}" if parameter.unit else ""
    named = {"description": (parameter.label or parameter.name) + unit, "tooltip": parameter.help}
    if parameter.options:
        return w.Dropdown(options=parameter.options, value=parameter.default, **named)
    if isinstance(parameter.default, bool):
        return w.Checkbox(parameter.default, **named)
    kind = w.IntSlider if isinstance(parameter.default, int) else w.FloatSlider
    span = {"min": parameter.low, "max": parameter.high, "step": parameter.step}
    return kind(
        parameter.default, **{key: type(parameter.default)(value) for key, value in span.items()}, **named
    )


def _follow(lab: Lab, player: Player, selected: int) -> None:
    """Show the branch that is selected in the player; if it does not exist, reset the selection."""
    if not 0 <= selected < len(lab.branches):
        player.selected = lab.selected
    elif selected != lab.selected:
        lab.select(selected)


def _act(lab: Lab, request: Request) -> None:
    """Do what a click in the player requests.  Raises ValueError if it is not a request."""
    branch = request.get("branch", lab.selected)
    match request.get("type"):
        case "fault":
            lab.inject(lab.fault_of(request.get("fault", {}), branch), branch=branch)
        case "branch":
            lab.inject(branch=branch)
        case "rename":
            lab.rename(branch, str(request.get("name", ""))[:80])
        case "delete":
            lab.delete(branch)
        case "undo":
            lab.undo()
        case "lost":
            lab.point_of_no_return(str(request.get("property", "")), _telling(lab.player))
        case other:
            require.one_of("type", other, ("fault", "branch", "rename", "delete", "undo", "lost"))


def _telling(player: Player) -> Tell:
    """Tells the player how many futures are drawn, at each tenth."""

    def tell(done: int, of: int) -> None:
        if done * 10 // of > (done - 1) * 10 // of:
            words = f"drawing futures: {100 * done // of} %; to stop, interrupt the kernel"
            player.send({"type": "progress", "text": words})

    return tell
