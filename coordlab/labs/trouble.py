"""What a learner's class does wrong in a lab, in words: which role and agent, when, and in which line."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from traceback import StackSummary
from types import FrameType
from typing import TYPE_CHECKING

from coordlab import requirements as require
from coordlab.labs.branch import Outcome, broken_off
from coordlab.trace.faults import seconds
from coordlab.trace.trace import DECISION, MICRO, NOTE, SEND, STATE, Row, Trace
from coordlab.world.agent import Agent, State
from coordlab.world.errors import begun, in_words, innermost
from coordlab.world.run import Run
from coordlab.world.world import World, WorldError

if TYPE_CHECKING:
    from coordlab.labs.declaration import LabSource, Role

DID = {SEND: "sent {1} to {0}", STATE: "set {0} = {1}", NOTE: "noted {1}", DECISION: "decided {1}"}
"""What an agent puts on record by itself; {0} is the recipient or the state, {1} the content."""


def played(source: LabSource, world: World) -> Outcome:
    """The outcome of a world of a lab, also if an error ends its run.

    If a learner's class put on record what the lab cannot read, the run is shown until then.
    """
    until = world.scenario.until
    try:
        run, problem = world.run(None if until is None else float(until)), ""
    except WorldError as error:
        run, problem = broken_off(error)
        problem = _blamed(source, world, problem)
    outcome = Outcome(source.spec, world.scenario, run, problem)
    unread = _unreadable(outcome) if source.roles else None
    return outcome if unread is None else _until_unreadable(source, outcome, unread)


def _unreadable(outcome: Outcome) -> Exception | None:
    """The error with which the lab fails to read what is on record, if it does."""
    try:
        assert outcome.recording
        assert repr(outcome.views)
    except Exception as error:  # noqa: BLE001  (whatever a check makes of a value of the wrong type)
        return error
    return None


def _until_unreadable(source: LabSource, outcome: Outcome, error: Exception) -> Outcome:
    """The outcome until just before the first event with which the lab cannot read the trace."""
    low, high, shown = 0, len(outcome.run.trace), _cut(outcome, 0)
    if _unreadable(shown):
        raise error  # nothing that an agent did is the reason
    while high - low > 1:  # `low` events can be read, `high` cannot
        middle = (low + high) // 2
        part = _cut(outcome, middle)
        if failure := _unreadable(part):
            high, error = middle, failure
        else:
            low, shown = middle, part
    shown.problem = _unread(source, outcome.run.world, high - 1, f"cannot read ({in_words(error)})")
    return shown


def _unread(source: LabSource, world: World, last: int, why: str) -> str:
    """Which event of an agent of the learner's the lab cannot read; it shows at event `last`."""
    rows, roles = world.rows, _players(source, world)
    seq = _sent_by(rows, last, roles)
    if seq is None:
        seq = next((seq for seq in range(last, -1, -1) if _is_from(rows[seq], roles)), None)
    if seq is not None:
        return f"{_told(source, world, seq, f'which the lab {why}')}\nThe run is shown until then."
    at, yours = seconds(rows[last][0] / MICRO), ", ".join(source.roles)
    return f"your {yours}: from {at} s on something is on record that the lab {why}. It is shown until then."


def _cut(outcome: Outcome, most: int) -> Outcome:
    """The first events of a run, as if it had broken off there."""
    run = outcome.run
    rows = run.trace.rows[:most]
    end = rows[-1][0] / MICRO if rows else 0.0
    part = Trace(rows, run.trace.agents, run.trace.says, end, broken=True)
    return Outcome(outcome.spec, outcome.scenario, Run(part, run.world, run.until), "the run broke off")


def _blamed(source: LabSource, world: World, words: str) -> str:
    """An error in words, with the role of the agent that failed, or whose message made one fail."""
    roles, agent = _players(source, world), world.loop.acting
    if isinstance(agent, Agent) and agent.name in roles:
        return f"your {roles[agent.name].name}: {words}"
    cause = world.loop.cause  # if no handler was found, its event is not there
    seq = None if cause is None else _sent_by(world.rows, min(cause, len(world.rows) - 1), roles)
    return words if seq is None else f"{_told(source, world, seq)}\nThen {words}"


def _players(source: LabSource, world: World) -> dict[str, Role]:
    """The roles of the agents whose classes are the learner's."""
    parts = source.parts
    kinds = {kind: role for role, kind in parts.items()}
    return {name: kinds[type(each)] for name, each in world.agents.items() if type(each) in kinds}


def _is_from(row: Row, roles: Mapping[str, Role]) -> bool:
    """Whether an agent of the learner's put this on record."""
    return row[2] in roles and row[1] in DID


def _sent_by(rows: list[Row], seq: int | None, roles: Mapping[str, Role]) -> int | None:
    """The event that led to `seq`, up to the last message, if it is from an agent of the learner's."""
    while seq is not None and not _is_from(rows[seq], roles):
        seq = None if rows[seq][1] == SEND else rows[seq][6]
    return seq


def _told(source: LabSource, world: World, seq: int, more: str = "") -> str:
    """What an agent of the learner's did, what the pattern's own would do, and in which line."""
    row = world.rows[seq]
    name, role = row[2] or "", _players(source, world)[row[2] or ""]
    kind = source.roles[role.name].__name__
    did = DID[row[1]].format(row[5] if row[1] == STATE else row[3], require.shown(row[7]))
    what = f"your {role.name}: agent {name} ({kind}) {did} at {seconds(row[0] / MICRO)} s"
    return f"{what}{more and ', '}{more}{_usual(role, row)}{_line_at(source, world, seq)}"


def _usual(role: Role, row: Row) -> str:
    """What the lab expects in place of what was put on record."""
    message = row[7]
    if row[1] == STATE:
        first = getattr(role.of, row[5] or "", None)
        begins = f": {role.of.__name__} begins with {row[5]} = "
        return f"{begins}{require.shown(first.initial)}" if isinstance(first, State) else ""
    if not hasattr(message, "__dataclass_fields__"):
        return ""
    takes = ", ".join(f"{each.name}: {getattr(each.type, '__name__', each.type)}" for each in fields(message))
    return f": it is declared as {type(message).__name__}({takes})"


class _Watched(list[Row]):
    """The rows of a run, which keep the learner's line that adds the one numbered `seq`."""

    def __init__(self, seq: int) -> None:
        super().__init__()
        self.seq, self.line = seq, ""

    def append(self, row: Row) -> None:
        if len(self) == self.seq:
            stack, frame = list[tuple[FrameType, int]](), inspect.currentframe()
            while frame is not None and frame.f_code is not World.run.__code__:
                stack.insert(0, (frame, frame.f_lineno))
                frame = frame.f_back
            self.line = innermost(StackSummary.extract(iter(stack)), patterns=False)
        super().append(row)


def _line_at(source: LabSource, world: World, seq: int) -> str:
    """The learner's line that put an event on record, found by running the scenario again until then."""
    again = source.world(world.scenario)
    again.rows = again.mail.rows = rows = _Watched(seq)
    again.loop.kept = rows.__len__
    with suppress(WorldError):
        again.run(world.rows[seq][0] / MICRO)
    return rows.line or begun(world, world.rows[seq][6])
