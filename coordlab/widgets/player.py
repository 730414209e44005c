"""The player as a Jupyter widget: it shows traces and passes on what the learner asks for.

The widget simulates nothing.  A click on *crash this agent* arrives as a plain message; whoever owns
the runs answers by giving the player new branches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import anywidget
import traitlets

from coordlab.widgets import joined
from coordlab.widgets.encoding import Branch

Intervention = dict[str, Any]


class Player(anywidget.AnyWidget):
    """Traces side by side as branches, played in the browser.

    `branches` are what `encoding.pack_run` gives, `selected` is the position of the one on show.
    """

    _esm = joined.script()
    _css = joined.style()

    branches: traitlets.List[Branch] = traitlets.List().tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)
    kernel = traitlets.Bool(True).tag(sync=True)

    def __init__(self, branches: Iterable[Branch] = (), selected: int = 0, **traits: Any) -> None:
        super().__init__(branches=list(branches), selected=selected, **traits)

    def show(self, branches: Iterable[Branch], selected: int = 0) -> None:
        """Replace what is on show, in one message to the browser."""
        with self.hold_sync():
            self.branches, self.selected = list(branches), selected

    def on_intervention(self, callback: Callable[[Intervention], object]) -> None:
        """Call `callback(message)` when the learner asks for a fault, a branch, an undo, a name.

        What it raises is shown to the learner, in the player, and nothing else is changed.
        """

        def receive(_: object, message: Intervention, __: object) -> None:
            try:
                callback(message)
            except Exception as error:  # noqa: BLE001  (a wrong wish must not vanish into the kernel's log)
                self.send({"type": "error", "text": str(error) or type(error).__name__})

        self.on_msg(receive)

    def __repr__(self) -> str:
        events = sum(branch["meta"]["count"] for branch in self.branches)
        return (
            f"Player({_count(len(self.branches), 'branch', 'branches')}, {_count(events, 'event', 'events')})"
        )


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
