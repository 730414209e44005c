"""Where the player opens a run: at a moment, or at the event that decides that a property is violated."""

from __future__ import annotations

from dataclasses import dataclass

from coordlab import requirements as require
from coordlab.properties.verdicts import VIOLATED
from coordlab.trace.lanes import close_look
from coordlab.world.run import Run


@dataclass(frozen=True)
class Opening:
    """A moment in virtual seconds, the number of the event to select (None: none), and the part around it."""

    at: float
    event: int | None
    window: tuple[float, float]


def opening(run: Run, at: float | str) -> Opening:
    """That of a run at virtual second `at`, or where the property of this name is violated.

    Raises ValueError if the run has no such moment, or violates no such property.
    """
    if not isinstance(at, str):
        moment, event = require.number("at", at, 0, run.trace.until, unit="seconds", example=1.5), None
    else:
        broken = {each.name: each for each in run.verdicts if each.status == VIOLATED}
        allowed = (
            f"the run violates {', '.join(map(repr, broken)) or 'nothing'}; a moment is given in seconds"
        )
        require.that(at in broken, f"at={at!r}", allowed, "lab.open_at(1.5)")
        verdict, event = broken[at], broken[at].event
        moment = (verdict.at or 0.0) if event is None else run.trace[event].time
    return Opening(moment, event, close_look(run.trace, moment))
