"""What a run may use, and the error that ends a run that uses more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordlab import requirements as require
from coordlab.trace.faults import LATEST, seconds
from coordlab.trace.trace import START
from coordlab.world.agent import Agent
from coordlab.world.errors import BudgetError

if TYPE_CHECKING:
    from coordlab.world.world import World


@dataclass(frozen=True)
class Budget:
    """What a run may use before it ends with a `BudgetError`.

    events: events in the trace, 1 or more.
    instant: actions while the clock does not move, 1 or more; one message from every agent to every other
        is allowed besides.
    time: virtual seconds of a run without an end, above 0, at most 1e9.
    wall: real seconds, above 0, at most 1e9.
    tasks: tasks at once, besides one for each agent, 1 or more.

    Raises ValueError for a number that is out of range.
    """

    events: int = 1_000_000
    instant: int = 200_000
    time: float = 1_000_000.0
    wall: float = 60.0
    tasks: int = 50_000

    def __post_init__(self) -> None:
        for name, usual in (("events", 1_000_000), ("instant", 200_000), ("tasks", 50_000)):
            object.__setattr__(self, name, require.count(name, getattr(self, name), 1, example=usual))
        for name in ("time", "wall"):
            value = require.number(
                name, getattr(self, name), most=LATEST, above=0, unit="seconds", example=60
            )
            object.__setattr__(self, name, value)


DEFAULT = Budget()


_ADVICE = {
    "instant": ("Does it answer its own messages, or loop without `await self.sleep(...)`?", ""),
    "wall": ("Does it loop without an `await`?", "Or allow more time: World(budget=Budget(wall=...))."),
    "tasks": ("Does each start more than one?", "Or allow more: World(budget=Budget(tasks=...))."),
    "time": ("", "Set an end: world.run(until=20)."),
    "events": (
        "",
        "Set an end, as in world.run(until=20), or allow more: World(budget=Budget(events=...)).",
    ),
}
"""What may be wrong with the agent, and how to allow more."""


def overrun(world: World, kind: str) -> BudgetError:
    """The error for a budget that is used up, naming the agent that used most of it lately."""
    budget, clock = world.budget, f"(the clock is at {seconds(world.now)} s)"
    used = {
        "instant": f"more than {world.loop.instant:,} actions at {seconds(world.now)} s, while the clock did "
        "not move",
        "wall": f"the run took more than {budget.wall:g} real seconds {clock}",
        "tasks": f"more than {budget.tasks:,} tasks at once {clock}",
        "time": f"the run went on for more than {budget.time:g} virtual seconds",
        "events": f"the trace has more than {budget.events:,} events {clock}",
    }[kind]
    question, remedy = _ADVICE[kind]
    said = [f"{used}; {_busiest(world, kind)} was the busiest.", question, remedy]
    error = BudgetError(" ".join(filter(None, said)))
    error.remedy = remedy
    return error


def _busiest(world: World, kind: str) -> str:
    acting = world.loop.acting
    if kind == "wall" and isinstance(acting, Agent):
        return acting.name
    recent = Counter(row[2] for row in world.rows[-10_000:] if row[2] is not None and row[1] != START)
    if recent:
        return str(recent.most_common(1)[0][0])
    return acting.name if isinstance(acting, Agent) else "nobody"
