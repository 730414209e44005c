"""Whether a trace can be a run of a given world, whatever its agents are programmed to do.

The world runs again, with puppets in place of its agents: each does what the trace says that its agent did,
and all that is not an agent's choice (latencies, losses, crashes, who is up) must come out as in the trace.
"""

from __future__ import annotations

from typing import Any

from coordlab.exercises.part import ExerciseError
from coordlab.trace.trace import (
    DECISION,
    HANDLE,
    LATE,
    MICRO,
    NOTE,
    RESTART,
    SEND,
    START,
    STATE,
    TIMER,
    Event,
    Row,
    Trace,
)
from coordlab.world.agent import Agent
from coordlab.world.errors import WorldError
from coordlab.world.task import micros
from coordlab.world.world import World

CHOSEN = frozenset((SEND, STATE, NOTE, DECISION, TIMER))  # what an agent does of its own accord
MOST_AT_ONCE = 10**9  # actions while the clock does not move


class ImpossibleTrace(ExerciseError):
    """A trace that no agents can have made in this world: names the event, and what had to come instead."""


class _Anything(dict[type, Any]):
    """Handlers for whatever arrives, which do nothing."""

    def get(self, key: object, default: object = None) -> Any:
        return _ignore


def _ignore(agent: Agent, sender: str, message: object) -> None:
    """Leave a message: what its recipient did about it stands in the trace."""


class Puppet(Agent):
    """Does nothing on its own; it can be made with the arguments of any agent whose first is its name."""

    def __init__(self, name: object, *_: object, **__: object) -> None:
        super().__init__(str(name))

    @property
    def misbehaves(self) -> bool:
        """Whether it is a rogue now: what that changes stands in the trace."""
        return self.rogue is not None


Puppet._handlers = _Anything()  # noqa: SLF001  (a puppet is an agent)


def check_possible(trace: Trace, world: World) -> None:
    """Raise ImpossibleTrace unless `trace` can be a run of `world`.

    trace: from a file of any origin.
    world: a world that has not run, of `Puppet`s with the names of the agents, with the faults of the
        scenario; faults of calls are not supported.
    """
    _Replay(trace, world).check()


class _Replay:
    def __init__(self, trace: Trace, world: World) -> None:
        self.trace, self.world, self.rows = trace, world, trace.rows
        self.loop, self.made = world.loop, world.rows

    def check(self) -> None:
        world = self.world
        if self.trace.agents != tuple(world.agents):
            self._fail(None, f"the agents are {', '.join(world.agents)}")
        try:
            with world.once(self.trace.until), self.loop.parked():
                self._replay()
        except WorldError as error:
            problem = error.__cause__
            raise (problem if isinstance(problem, ImpossibleTrace) else ImpossibleTrace(str(error))) from None

    def _replay(self) -> None:
        self.loop.instant = self.loop.limit = MOST_AT_ONCE
        self._compare(0)
        while (seq := len(self.made)) < len(self.rows):
            row = self.rows[seq]
            if row[1] in CHOSEN:
                self._act(seq, row)
            else:
                self._step(seq, row)
                self._compare(seq)
        last = micros(self.trace.until)
        while not self.trace.broken and self.loop.heap and self.loop.heap[0][0] <= last:
            seq = len(self.made)
            self.loop.advance()
            if len(self.made) > seq:
                self._fail(seq - 1, f"it went on: {self._shown(seq, self.made[seq])}")

    def _act(self, seq: int, row: Row) -> None:
        """Do what an agent chose to do, if it can."""
        time, kind, name, peer, number, what, cause, data = row
        agent = self.world.agents[str(name)]
        loop = self.loop
        if loop.heap and loop.heap[0][0] < time:
            self._fail(seq, f"something else is due at {loop.heap[0][0] / MICRO:g} s")
        if not agent.alive or (loop.held.get(agent, 0) > time and kind != TIMER):  # clocks go on
            self._fail(seq, f"{name} is {'paused' if agent.alive else 'down'}")
        if cause is not None and self.rows[cause][2] != name:
            self._fail(seq, "an agent acts on an event of its own")
        loop.now, loop.cause = time, cause
        if kind == SEND:
            mail = self.world.mail
            mail.names[type(data)] = str(what)
            mail.post(agent, str(peer), data, None)
            if self.made[seq][4] != number:
                self._fail(seq, f"it is message {self.made[seq][4]}")
        else:
            self.made.append(row)

    def _step(self, seq: int, row: Row) -> None:
        """Let the world do what is due until it records something."""
        while len(self.made) == seq:
            if not self.loop.heap or self.loop.heap[0][0] > row[0]:
                self._fail(seq, "nothing of the kind is due")
            self.loop.advance()

    def _compare(self, seq: int) -> None:
        """Compare what the world recorded from `seq` on with the trace."""
        rows, made = self.rows, self.made
        for place in range(seq, len(made)):
            mine = made[place]
            if place >= len(rows):
                self._fail(len(rows) - 1, f"it went on: {self._shown(place, mine)}")
            row = rows[place]
            if row != mine and not self._alike(row, mine):
                self._fail(place, f"there must be: {self._shown(place, mine)}")
            made[place] = row

    def _alike(self, row: Row, mine: Row) -> bool:
        """Whether two unequal rows differ only in what an agent chooses."""
        if mine[1] in (START, RESTART):  # its class and its states are its own
            return row[:5] == mine[:5] and row[6] == mine[6]
        if mine[1] == HANDLE:  # an answer may come too late, or fulfil a question
            return row[1] == LATE and row[0] == mine[0] and row[2:] == mine[2:]
        return False

    def _shown(self, seq: int, row: Row) -> str:
        return str(Event(seq, row[0] / MICRO, *row[1:]))

    def _fail(self, seq: int | None, why: str) -> None:
        what = "the trace" if seq is None or seq < 0 else f"event {seq} ({self._shown(seq, self.rows[seq])})"
        raise ImpossibleTrace(f"{what} is impossible in this scenario: {why}.")
