"""Boards of a first try, each as one writes it before knowing better."""

from __future__ import annotations

from dataclasses import replace
from glob import escape
from typing import Any

from coordlab.patterns.blackboard.agents import Blackboard, Refused, Subscribe, Write, Written


class LiteralKeys(Blackboard):
    """It looks for subscribers under the key that was written: a pattern is a key that nobody writes."""

    def on_subscribe(self, sender: str, message: Subscribe) -> None:
        """Take each letter of the pattern for itself."""
        literal = replace(message.query, pattern=escape(message.query.pattern))
        super().on_subscribe(sender, replace(message, query=literal))


class NoControl(Blackboard):
    """It lets every source act as soon as it is triggered."""

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.concurrent = 1_000


class NoVersions(Blackboard):
    """It keeps no history: every entry is the first of its key."""

    def on_write(self, sender: str, message: Write) -> Written | Refused:
        """Say so to the writer."""
        reply = super().on_write(sender, message)
        return Written(replace(reply.entry, version=1)) if isinstance(reply, Written) else reply


VERSIONS: dict[str, type[Blackboard]] = {
    "textbook": Blackboard,
    "no-control": NoControl,
    "literal-keys": LiteralKeys,
    "no-versions": NoVersions,
}
