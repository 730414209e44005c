"""What is known at one moment of a trace: which agents are up, in which state, and which hear each other."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

from coordlab.trace.faults import Cut, Partition, read_fault
from coordlab.trace.trace import CRASH, FAULT, HEAL, RESTART, START, STATE, Event, Trace


class Moment:
    """The system at one moment, as far as the trace shows it.

    trace: the whole trace.
    time: virtual seconds.
    event: what has just happened, or None for a moment between two events.
    seq: the number of the last event so far, or None before the first.
    states: the states of each agent that is up, by its name and theirs.
    changed: the number of the last event that changed a state of an agent, by its name.
    about: a predicate may set the number of the event that a violation is about.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace, self.time, self.event, self.seq = trace, 0.0, None, None
        self.states: dict[str, dict[str, Any]] = {}
        self.disturbed = 0.0
        self.changed: dict[str, int] = {}
        self.about: int | None = None
        self._parted: list[str] = []
        self._components: list[list[str]] | None = None

    event: Event | None
    seq: int | None

    @property
    def calm(self) -> float:
        """Seconds since an agent last started, crashed or restarted, or any fault began or ended."""
        return self.time - self.disturbed

    @property
    def alive(self) -> list[str]:
        """The names of the agents that are up, in order of joining."""
        return [name for name in self.trace.agents if name in self.states]

    def state(self, agent: str, name: str) -> Any:
        """The value of an agent's state called `name`, or None while it is down."""
        return self.states.get(agent, {}).get(name)

    def where(self, name: str, value: object) -> list[str]:
        """The names of the agents that are up and whose state `name` is `value`, in order of joining."""
        return [agent for agent in self.alive if self.states[agent].get(name) == value]

    @property
    def components(self) -> list[list[str]]:
        """The groups of agents, all up, that hear each other both ways, if need be through others."""
        if self._components is None:
            self._components = list(self._grouped())
        return self._components

    def copy(self) -> Moment:
        """A copy that keeps its time and event while `moments` advances; its states still advance."""
        return copy(self)

    def _grouped(self) -> Iterator[list[str]]:
        faults = [read_fault(text) for text in self._parted]
        sides = [fault.sides for fault in faults if isinstance(fault, Partition)]
        cuts = {frozenset(fault.agents) for fault in faults if isinstance(fault, Cut)}
        left = self.alive
        while left:
            group, front = [left[0]], [left[0]]
            while front:
                one = front.pop()
                near = [each for each in left if each not in group and _hear(one, each, sides, cuts)]
                group += near
                front += near
            left = [each for each in left if each not in group]
            yield [each for each in self.alive if each in group]

    def take(self, event: Event) -> None:
        """Advance past `event`."""
        self.event, self.seq, self.time = event, event.seq, event.time
        kind, agent = event.kind, event.agent
        if kind in (STATE, START, RESTART):
            self.changed[agent] = event.seq  # type: ignore[index]
        if kind == STATE:
            self.states[agent][event.name] = event.data  # type: ignore[index]
        elif kind in (START, RESTART, CRASH, FAULT, HEAL):
            self.disturbed, self._components = event.time, None
            if kind in (START, RESTART):
                self.states[agent] = dict(event.data)  # type: ignore[index]
            elif kind == CRASH:
                self.states.pop(agent, None)  # type: ignore[arg-type]
            elif event.name in ("Partition", "Cut"):
                (self._parted.append if kind == FAULT else self._parted.remove)(event.data)


def _hear(one: str, other: str, sides: list[dict[str, int]], cuts: set[frozenset[str]]) -> bool:
    if frozenset((one, other)) in cuts:
        return False
    return all(side.get(one, -1) == side.get(other, -1) for side in sides)


def moments(trace: Trace) -> Iterator[Moment]:
    """Every moment at which something can have changed: before and after each event, and the end.

    All are one object, which advances; use `copy` to keep one.
    """
    now = Moment(trace)
    for event in trace:
        if event.time > now.time and now.seq is not None:
            now.event, now.time = None, event.time
            yield now
        now.take(event)
        yield now
    if trace.until > now.time:
        now.event, now.time = None, trace.until
        yield now


CHANGES = frozenset((START, RESTART, CRASH, STATE, FAULT, HEAL))


def changes(trace: Trace) -> Iterator[Moment]:
    """The moments after events that change a state, which agents are up, or which hear each other.

    They suffice for a predicate that depends on nothing else: on no time, event or number.
    """
    now = Moment(trace)
    for seq, row in enumerate(trace.rows):
        if row[1] in CHANGES:
            now.take(trace[seq])
            yield now
