"""A lab in a notebook: its panel, and as an output of its own the still, which a saved notebook keeps.

A notebook saves no widgets.  Where a widget was, JupyterLab shows an error rather than another format of the
same output, so the still is an output of its own.  A live player hides it.
"""

from __future__ import annotations

import asyncio
from html import escape
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from coordlab.draw import Drawing, space_time
from coordlab.trace.trace import Trace

if TYPE_CHECKING:
    from coordlab.labs.lab import Lab

QUIET = 0.3  # seconds without a change until a still is redrawn, so that it does not hold up the player

# In JupyterLab and Notebook 7; the first rule hides the error where the panel was.
STYLE = """<style>
.jp-OutputArea-child:has(> .jupyter-widgets):not(:has(.cl-lab)):has(+ * .cl-still) { display: none; }
.cl-still :is(p, ol) { margin: 4px 0; }
</style>"""
HINT = "A picture of the lab as it was last seen. To make it live, run this cell (Shift + Enter)."


class Still:
    """The picture of the run that is shown, its own views as text, and the lines of all branches.

    It follows the lab.
    """

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab, self.name, self.displayed = lab, name, False
        self._due: asyncio.TimerHandle | None = None

    @property
    def bundle(self) -> dict[str, str]:
        """What a notebook displays and saves."""
        lab, shown = self.lab, picture(self.lab)
        lines = "".join(
            f"<li>{escape(each.name)}: <code>{escape(str(each.scenario))}</code></li>"
            for each in lab.branches
        )
        words, told = f"<p>{HINT}</p><ol>{lines}</ol>", views_as_text(lab)
        own = "".join(f"<pre>{escape(each)}</pre>" for each in told)
        return {
            "text/html": f"<div class='cl-still'>{STYLE}{shown.html}{own}{words}</div>",
            "text/plain": "\n\n".join([shown.alt, *told]),
        }

    def show(self) -> None:
        """Display it, and from then on follow the lab."""
        _publish(self.bundle, display_id=self.name)
        if not self.displayed:
            self.displayed = True
            self.lab.on_change(self._follow)

    def _follow(self) -> None:
        """Redraw it where it is displayed, once nothing has changed for `QUIET` seconds."""
        if self._due:
            self._due.cancel()
        try:
            self._due = asyncio.get_running_loop().call_later(QUIET, self._renew)
        except RuntimeError:  # no loop, so nobody waits
            self._renew()

    def _renew(self) -> None:
        _publish(self.bundle, display_id=self.name, update=True)


def show(lab: Lab) -> None:
    """Display a lab, and close the labs that an earlier execution of the same cell displayed."""
    panel = lab.panel
    _publish({**panel._repr_mimebundle_(), "text/plain": repr(lab)})
    panel.still.show()
    _succeed(lab)


def _publish(bundle: dict[str, str], **how: object) -> None:
    display(bundle, raw=True, **how)  # type: ignore[no-untyped-call]


_shown: dict[str, tuple[str, list[Lab]]] = {}
"""For each cell of a notebook its last execution, and the labs that this displayed."""


def _succeed(lab: Lab) -> None:
    """Close the labs whose place in the notebook this lab takes, unless another cell displays them, too."""
    shell: Any = get_ipython()
    request = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell, execution = request.get("metadata", {}).get("cellId"), request.get("header", {}).get("msg_id")
    if cell is None:  # a notebook that does not say which cell it runs
        return
    last, before = _shown.get(cell, (execution, []))
    if last == execution:
        _shown[cell] = execution, [*before, lab]
        return
    _shown[cell] = execution, [lab]
    for each in before:
        if not any(each in others for _, others in _shown.values()):
            each.close()


def views_as_text(lab: Lab) -> list[str]:
    """What the pattern's own views show where the lab opens, or at the end of what `picture` shows."""
    branch = lab.branch
    _, end = branch.window or (0.0, lab.run.trace.until)
    moment = branch.opening.at if branch.opening else end
    return [each.at(moment) for each in lab.views.values()]


def picture(lab: Lab) -> Drawing:
    """The run that is shown as a drawing."""
    trace, lanes = lab.run.trace, lab.spec.lanes(lab.parameters)
    if lanes is not None:
        trace = Trace(trace.rows, lanes, trace.says, trace.until, trace.broken)
    window = lab.branch.window or (None, None)
    title = f"{lab.spec.title}: the run broke off" if lab.branch.problem else lab.spec.title
    return space_time(trace, *window, title=title, tones=lab.spec.tones)
