"""What is known at one moment of a trace: which agents are up, in which state, and which hear each other."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from functools import cached_property
from math import inf
from typing import Any

from coordlab import requirements as require
from coordlab.trace.faults import Cut, Partition, read_fault
from coordlab.trace.trace import CRASH, FAULT, HEAL, MICRO, RESTART, START, STATE, Event, Row, Trace

CHANGES = frozenset((START, RESTART, CRASH, STATE, FAULT, HEAL))


class Moment(require.Readable):
    """The system at one moment, as far as the trace shows it.

    trace: the whole trace.
    states: the states of each agent that is up, by its name and theirs.
    changed: the number of the last event that changed a state of an agent, by its name.
    about: a predicate may set the number of the event that a violation is about.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace, self._time = trace, 0.0
        self._seq: int | None = None
        self._kind: str | None = None  # that of the event that has just happened, if one has
        self.version = 0  # how many events have changed a state, who is up, or who hears whom
        self.wakes = inf  # the time from which a predicate that has been asked may answer otherwise
        self.states: dict[str, dict[str, Any]] = {}
        self.disturbed = 0.0
        self.changed: dict[str, int] = {}
        self.about: int | None = None
        self._parted: list[str] = []
        self._components: list[list[str]] | None = None

    @property
    def time(self) -> float:
        """Virtual seconds."""
        self.wakes = -inf
        return self._time

    @property
    def event(self) -> Event | None:
        """What has just happened, or None for a moment between two events."""
        self.wakes = -inf
        return None if self._kind is None or self._seq is None else self.trace[self._seq]

    @property
    def seq(self) -> int | None:
        """The number of the last event so far, or None before the first."""
        self.wakes = -inf
        return self._seq

    @property
    def calm(self) -> float:
        """Seconds since an agent last started, crashed or restarted, or any fault began or ended."""
        return self.time - self.disturbed

    def calm_for(self, seconds: float) -> bool:
        """Whether that was at least this many virtual seconds ago.  Cheaper than `calm >= seconds`."""
        if seconds.__class__ is not float:
            seconds = require.seconds("seconds", seconds)
        due = self.disturbed + seconds
        if self._time < due:
            self.wakes = min(self.wakes, due)
        return self._time >= due

    @property
    def alive(self) -> list[str]:
        """The names of the agents that are up, in order of joining."""
        return [name for name in self.trace.agents if name in self.states]

    def state(self, agent: str, name: str) -> Any:
        """The value of an agent's state called `name`, or None while it is down.

        Raises LookupError if there is no agent of that name, or if no agent has a state called `name`.
        """
        try:
            return self.states[agent][name]
        except (KeyError, TypeError):  # it is down, or something is wrong with these names
            known = isinstance(agent, str) and agent in self.trace.agents
            allowed = f"the agents are {', '.join(self.trace.agents[:12])}"
            require.that(known, f"no agent {require.shown(agent)}", allowed, "now.alive", LookupError)
        self._check(name)
        return None

    def where(self, name: str, value: object) -> list[str]:
        """The names of the agents that are up and whose state `name` is `value`, in order of joining.

        Raises LookupError if no agent has a state called `name`.
        """
        if name.__class__ is not str:
            self._check(name)
        found = [agent for agent in self.alive if self.states[agent].get(name) == value]
        if not found:
            self._check(name)
        return found

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names of all states that an agent of this trace has."""
        return frozenset(name for row in self.trace.rows if row[1] == START for name, _ in row[7])

    def _check(self, name: str) -> None:
        """Raise LookupError if agents have started, and none has a state called `name`."""
        if not isinstance(name, str) or (name not in self._names and self.states):
            allowed = f"the states are {', '.join(sorted(self._names)) or 'none'}"
            given = f"no agent has a state {require.shown(name)}"
            require.fail(given, allowed, f"{name} = State(...) in its class", LookupError)

    @property
    def components(self) -> list[list[str]]:
        """The groups of agents, all up, that hear each other both ways, if need be through others."""
        if self._components is None:
            everybody = self.alive
            self._components = list(self._grouped()) if self._parted else [everybody] if everybody else []
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

    def pass_to(self, time: float, seq: int) -> None:
        """Advance to a time between event `seq` and the next one."""
        self._kind, self._time, self._seq = None, time, seq if seq >= 0 else None

    def take(self, seq: int, row: Row) -> None:
        """Advance past event `seq`."""
        time, kind, agent, _, _, name, _, data = row
        self._seq, self._kind, self._time = seq, kind, time / MICRO
        if kind not in CHANGES:
            return
        self.version += 1
        if kind in (STATE, START, RESTART):
            self.changed[agent] = seq  # type: ignore[index]
        if kind == STATE:
            self.states[agent][name] = data  # type: ignore[index]
            return
        self.disturbed, self._components = self._time, None
        if kind in (START, RESTART):
            self.states[agent] = dict(data)  # type: ignore[index]
        elif kind == CRASH:
            self.states.pop(agent, None)  # type: ignore[arg-type]
        elif name in ("Partition", "Cut"):
            (self._parted.append if kind == FAULT else self._parted.remove)(data)


def _hear(one: str, other: str, sides: list[dict[str, int]], cuts: set[frozenset[str]]) -> bool:
    if frozenset((one, other)) in cuts:
        return False
    return all(side.get(one, -1) == side.get(other, -1) for side in sides)


def moments(trace: Trace) -> Iterator[Moment]:
    """Every moment at which something can have changed: before and after each event, and the end.

    All are one object, which advances; use `copy` to keep one.
    """
    now = Moment(trace)
    for seq, row in enumerate(trace.rows):
        if seq and row[0] / MICRO > now._time:
            now.pass_to(row[0] / MICRO, seq - 1)
            yield now
        now.take(seq, row)
        yield now
    if trace.until > now._time:
        now.pass_to(trace.until, len(trace) - 1)
        yield now


def changes(trace: Trace) -> Iterator[Moment]:
    """The moments after events that change a state, which agents are up, or which hear each other.

    They suffice for a predicate that depends on nothing else: on no time, event or number.
    """
    now = Moment(trace)
    for seq, row in enumerate(trace.rows):
        if row[1] in CHANGES:
            now.take(seq, row)
            yield now
