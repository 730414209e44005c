"""The controls of a lab: a widget for each parameter, which follows the run that is shown."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from coordlab.labs.parameters import Parameter, Parameters

if TYPE_CHECKING:
    from coordlab.labs.lab import Lab

YOURS = "yours"  # data of the learner's own in a list of presets


class Control:
    """The widget of one parameter, and below it why it cannot be turned, if so."""

    def __init__(self, parameter: Parameter) -> None:
        self.parameter, self.widget = parameter, widget_of(parameter)
        bound = isinstance(parameter.low, str) or isinstance(parameter.high, str)
        self.why = w.HTML() if bound or parameter.only_with or parameter.not_with else None
        if self.why is not None:
            self.why.add_class("cl-why")
        self.widget.layout.width = "auto"
        self.widget.add_class("cl-control")

    @property
    def widgets(self) -> list[w.Widget]:
        """What is shown of it."""
        return [each for each in (self.widget, self.why) if each is not None]

    def follow(self, given: Parameters) -> None:
        """Show the value that it has among all parameters, within the bounds that the others leave."""
        parameter, widget, value = self.parameter, self.widget, given[self.parameter.name]
        why, wanted = parameter.why_unused(given), dict[str, Any]()
        if parameter.options:
            own = () if value in parameter.options else ((YOURS, value),)
            options = (*((each, each) for each in parameter.options), *own)
            if widget.options != options:
                widget.options = options
        elif not isinstance(value, bool):
            low, high = parameter.bounds(given)
            if low == high:
                why = why or f"Only {low:g} is possible at this setting."
                high = low + parameter.step  # a slider needs two ends
            wanted = {"min": type(value)(low), "max": type(value)(high)}
        wanted |= {"value": value, "disabled": bool(why), "tooltip": why or parameter.help}
        with widget.hold_sync(), widget.hold_trait_notifications():
            for name, each in wanted.items():
                setattr(widget, name, each)
        if self.why is not None:
            self.why.value = escape(why)


def widget_of(parameter: Parameter) -> w.Widget:
    """The widget that suits the values of a parameter, with its name and unit."""
    unit = f", {parameter.unit}" if parameter.unit else ""
    named = {"description": (parameter.label or parameter.name) + unit, "tooltip": parameter.help}
    if parameter.options:
        return w.Dropdown(options=tuple((each, each) for each in parameter.options), **named)
    if isinstance(parameter.default, bool):
        return w.Checkbox(parameter.default, indent=False, **named)
    kind = w.IntSlider if isinstance(parameter.default, int) else w.FloatSlider
    step = type(parameter.default)(parameter.step)
    return kind(parameter.default, min=parameter.default, max=parameter.default, step=step, **named)


class Controls:
    """One widget for each parameter; they follow the run that is shown."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.syncing = lab, False
        self.controls = {each.name: Control(each) for each in lab.spec.parameters}
        self.seed = w.IntText(0, description="seed", tooltip="the seed of the random numbers")
        self.problem = w.HTML()  # what went wrong with the last change; it stands below the head
        self.problem.add_class("cl-trouble")
        self.line = w.Text(
            description="play a line",
            tooltip="run a scenario line that someone shared",
            placeholder="paste it, press Enter",
            continuous_update=False,
        )
        again = w.Button(description="New seed", tooltip="the same with other random numbers")
        heal = w.Button(description="No faults", tooltip="run this scenario without faults")
        again.on_click(lambda _: self.apply(lambda: lab.set(seed=lab.scenario.seed + 1)))
        heal.on_click(lambda _: self.apply(lab.heal))
        for name, control in self.by_name.items():
            control.observe(self._turned(name), "value")
        self.line.observe(self._pasted, "value")
        for each in (self.seed, self.line):
            each.layout.width = "auto"
            each.add_class("cl-control")
        for button in (again, heal):
            button.layout.flex, button.layout.width = "1 1 0", "auto"
        buttons = w.HBox([again, heal], layout=w.Layout(grid_gap="6px"))
        self.widgets = [*self._grouped(), self.seed, buttons, self.line]
        lab.on_change(self.sync)
        self.sync()

    @property
    def by_name(self) -> dict[str, w.Widget]:
        """The widget of each parameter, and that of the seed."""
        return {**{name: each.widget for name, each in self.controls.items()}, "seed": self.seed}

    def _grouped(self) -> list[w.Widget]:
        groups: dict[str, list[w.Widget]] = {}
        for each in self.controls.values():
            groups.setdefault(each.parameter.group, []).extend(each.widgets)
        headed = ([w.HTML(f"<h3>{escape(group)}</h3>"), *held] for group, held in groups.items())
        return [each for group in headed for each in group]

    def sync(self) -> None:
        """Set the controls to the parameters of the run that is shown."""
        given = self.lab.parameters
        self.syncing = True
        try:
            for each in self.controls.values():
                each.follow(given)
            self.seed.value = self.lab.scenario.seed
        finally:
            self.syncing = False
        self._say(self.lab.branch.notice)

    def _turned(self, name: str) -> Callable[[dict[str, object]], object]:
        return lambda change: (
            None if self.syncing else self.apply(lambda: self.lab.set(**{name: change["new"]}))
        )

    def _pasted(self, change: dict[str, str]) -> None:
        if change["new"].strip() and self.apply(lambda: self.lab.play(change["new"], beside=True)):
            self.line.value = ""

    def apply(self, change: Callable[[], object]) -> bool:
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
