"""The player as a Jupyter widget: it shows traces and passes on the requests of the learner.

The widget simulates nothing.  A click on "crash" arrives as a message; the owner of the runs, such as a lab,
answers it by giving the player new branches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import anywidget
import traitlets

from coordlab import requirements as require
from coordlab.widgets import joined
from coordlab.widgets.encoding import Branch, Recording

Intervention = dict[str, Any]  # a message of the player: its type, and what that type needs
Entry = dict[str, object]  # the label of a branch, and the key of its recording


class Player(anywidget.AnyWidget):
    """Traces side by side as branches, played in the browser.

    The state that both sides share is small: for each branch its label and the key of its recording.  A
    recording is sent once, by itself: when it is first shown, or when a browser asks for it.
    """

    _esm = joined.script()
    _css = joined.style()

    branches: traitlets.List[Entry] = traitlets.List().tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)
    kernel = traitlets.Bool(True).tag(sync=True)
    undoable = traitlets.Bool(True).tag(sync=True)  # whether there is anything to undo

    def __init__(self, branches: Iterable[Branch] = (), selected: int = 0, **traits: Any) -> None:
        self.shown: list[Branch] = list(branches)
        self._numbers: dict[Recording, int] = {}
        self._last = 0
        self._callbacks: list[Callable[[Intervention], object]] = []
        # the first browser gets all at once: while later cells run, the kernel could not answer it
        pairs = zip(self.shown, self._entries(), strict=True)
        whole = [{**entry, "meta": each.meta, "columns": each.columns} for each, entry in pairs]
        super().__init__(branches=whole, selected=selected, **traits)
        self.on_msg(self._hear)

    def show(self, branches: Iterable[Branch], selected: int = 0) -> None:
        """Show other branches: new recordings are sent first, then the labels, in one message."""
        before, self.shown = self._last, list(branches)
        entries = self._entries()
        for recording, key in self._numbers.items():
            if key > before:
                self._deliver(recording, key)
        with self.hold_sync():
            self.branches, self.selected = entries, selected

    def _entries(self) -> list[Entry]:
        """The labels with their keys; the keys of recordings that are no longer shown are dropped."""
        keys: dict[Recording, int] = {}
        for each in self.shown:
            key = self._numbers.get(each.recording) or keys.get(each.recording)
            if key is None:
                self._last = key = self._last + 1
            keys[each.recording] = key
        self._numbers = keys
        return [{"key": keys[each.recording], **each.label} for each in self.shown]

    def _deliver(self, recording: Recording, key: int) -> None:
        self.send({"type": "recording", "key": key, "meta": recording.meta}, [recording.columns])

    def on_intervention(self, callback: Callable[[Intervention], object]) -> None:
        """Call `callback(message)` when the learner asks for a fault, a branch, an undo or another name.

        An exception that it raises is shown in the player.
        """
        self._callbacks.append(callback)

    def _hear(self, _: object, message: object, __: object) -> None:
        """Answer a browser that needs recordings, because it was opened later; pass on everything else."""
        try:
            request = require.instance("message", message, dict, '{"type": "undo"}')
            if request.get("type") == "need":
                keys = require.instance("keys", request.get("keys"), list, '{"type": "need", "keys": [1]}')
                for recording, key in self._numbers.items():
                    if key in keys:
                        self._deliver(recording, key)
            else:
                for callback in self._callbacks:
                    callback(request)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (not for the log of the kernel)
            self.send({"type": "error", "text": str(error) or type(error).__name__})

    def __repr__(self) -> str:
        events = sum(branch.meta["count"] for branch in self.shown)
        return (
            f"Player({_count(len(self.branches), 'branch', 'branches')}, {_count(events, 'event', 'events')})"
        )


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
