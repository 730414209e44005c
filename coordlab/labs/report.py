"""A lab in words and as data, as the command line prints it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from coordlab.labs.parameters import Parameter
from coordlab.trace.narration import narration

if TYPE_CHECKING:
    from coordlab.labs.declaration import LabSpec
    from coordlab.labs.lab import Lab


def declared(spec: LabSpec) -> dict[str, Any]:
    """What a lab declares."""
    parameters = [
        {"name": each.name, "default": each.default, "values": _allowed(each), "help": each.help}
        for each in spec.parameters
    ]
    return {
        **{"title": spec.title, "question": spec.question, "parameters": parameters},
        "roles": {each.name: f"{each.of.__module__}.{each.of.__qualname__}" for each in spec.roles},
        "schedules": {each.title: each.look for each in spec.schedules},
        "views": {each.name: each.help for each in spec.views},
        "figures": [each.question for each in spec.figures],
    }


def listed(name: str, about: Mapping[str, Any]) -> str:
    """What a lab declares, in words."""
    parameters = (
        f"{each['name']}={each['default']}  {each['values']}: {each['help']}" for each in about["parameters"]
    )
    lines = [
        *parameters,
        *(
            f"{role}=class  a class of yours in place of {kind}, by script"
            for role, kind in about["roles"].items()
        ),
        *(f'--schedule "{title}"  {look}' for title, look in about["schedules"].items()),
        *(f"--view {view}  {shows}" for view, shows in about["views"].items()),
    ]
    return "\n  ".join([f"{name}: {about['title']}. {about['question']}", *lines])


def _allowed(parameter: Parameter) -> str:
    """The values of a parameter, in words."""
    if parameter.options:
        return " | ".join([*parameter.options, *(["data of yours"] if parameter.mistakes else [])])
    if isinstance(parameter.default, bool):
        return "true | false"
    unit = f" {parameter.unit}" if parameter.unit else ""
    low, high = (each if isinstance(each, str) else f"{each:g}" for each in (parameter.low, parameter.high))
    return f"{low} to {high}{unit}"


def text(lab: Lab, views: Iterable[str] = ()) -> str:
    """A run in words: its line, what happened, how it was judged and measured, and the views asked for."""
    return "\n\n".join(
        [lab.line, narration(lab.run.trace), repr(lab), *(repr(lab.views[each]) for each in views)]
    )


def data(lab: Lab) -> dict[str, object]:
    """A run as data: its scenario, its verdicts and its measures."""
    fields = ("name", "status", "at", "event", "because")
    verdicts = [{name: getattr(each, name) for name in fields} for each in lab.run.verdicts]
    measures = [each.shown | {"value": each.counted, "agrees": each.agrees} for each in lab.measures]
    return {
        "scenario": json.loads(lab.scenario.to_json()),
        "line": lab.line,
        "events": len(lab.run.trace),
        "verdicts": verdicts,
        "measures": measures,
        "problem": lab.branch.problem,
    }
