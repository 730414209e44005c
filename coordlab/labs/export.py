"""A lab as a page that plays without a kernel, and the head that it shares with the lab in a notebook."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from coordlab import requirements as require

if TYPE_CHECKING:
    from coordlab.labs.lab import Lab
    from coordlab.trace.scenario import Scenario


_EXHIBITED: dict[str, Any] = {"tries": [], "on": "", "chapter": "", "index": "index.html"}


def head_of(lab: Lab) -> dict[str, Any]:
    """What the head shows: see `LabHead` in `types.d.ts`."""
    spec, chapter = lab.spec, f"{lab.spec.chapter}.ipynb"
    about = inspect.getdoc(import_module(f"coordlab.patterns.{spec.name}")) if spec.page else ""
    return {
        **{"title": spec.title, "question": spec.question, "about": about or "", "on": lab.trying},
        "chapter": chapter if spec.chapter and Path(chapter).is_file() else "",
        "index": "",
        "tries": [{"title": each.title, "look": each.look} for each in spec.schedules],
    }


def html(lab: Lab, vary: Mapping[str, Iterable[object]] | None) -> str:
    """The branches of a lab, those that vary a parameter and the runs worth trying: see `Lab.page`."""
    from coordlab.widgets.page import page

    spec, shown, known = lab.spec, lab.shown(), [each.scenario for each in lab.branches]

    def add(name: str, wanted: Scenario, parent: int | None) -> int:
        """The position of a run with this scenario, which is made if there is none."""
        if wanted not in known:
            made = lab.branched(name, wanted, parent, lenient=True)
            shown.append(made.shown(None if parent is None else lab.branch))
            known.append(wanted)
        return known.index(wanted)

    versions = {each.name: each.options for each in spec.parameters if each.name == "version"}
    for name, values in (versions if vary is None else _varied(vary)).items():
        for value in values:
            add(f"{name} = {value}", spec.turned(lab.scenario, {name: value}, lab.branch.aside), lab.selected)
    head = head_of(lab) | {"chapter": ""}
    for schedule, each in zip(spec.schedules, head["tries"], strict=True):
        each["branch"] = add(schedule.title, spec.trial(schedule), None)
    return page(shown, spec.title, lab.selected, head if spec.schedules else None)


def exhibit(lab: Lab, title: str, words: str, repaired: Mapping[str, object]) -> str:
    """The run of a lab as a page of a gallery: a title and words of its own, and a link to the index.

    repaired: settings of a second run beside it; none: there is no second run.
    """
    from coordlab.widgets.page import page

    lab.rename(0, "broken")
    if repaired:
        lab.vary("repaired", **repaired).select(0)
    return page(lab.shown(), title, 0, head_of(lab) | {"title": title, "question": words, **_EXHIBITED})


def _varied(vary: object) -> Mapping[str, Iterable[object]]:
    """Several values for each name.  Raises TypeError for anything else."""
    named = isinstance(vary, Mapping) and all(
        isinstance(each, Iterable) and not isinstance(each, str) for each in vary.values()
    )
    example = "vary={'agents': [3, 5]}"
    require.that(named, f"vary={require.shown(vary)}", "expected several values by name", example, TypeError)
    return cast("Mapping[str, Iterable[object]]", vary)
