"""The lanes of a trace: who was in which role when, which message went where, what went wrong.

They are read once, for every painter: drawings, axes of matplotlib, and the player in the browser.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from typing import Any, NamedTuple

from coordlab.trace.fault import KINDS
from coordlab.trace.faults import Drop, FaultError, Partition, Restart, read_fault
from coordlab.trace.trace import (
    CRASH,
    DECISION,
    DELIVER,
    DROP,
    FAULT,
    HEAL,
    MICRO,
    NOTE,
    RESTART,
    SEND,
    START,
    STATE,
    Trace,
)

DOWN, ABSENT, UP = "down", "absent", "up"
LASTING = frozenset(each.__name__ for each in KINDS.values() if not issubclass(each, (Drop, Restart)))
"""The kinds of fault that have a duration."""
# How roles differ without colour: the hatches, by number, of those that agents start in, which are all grey.
RESTING = (0, 5, 4, 2, 6, 7)
# How the lines of message types differ without colour: dashes and widths in pixels; last, the faint ones.
DASHES: tuple[tuple[float, ...], ...] = ((), (6, 3), (), (8, 3, 2, 3), (3, 2), (11, 4), (2, 2))
WIDTHS = (1.5, 1.4, 2.3, 1.5, 1.6, 1.5, 1.8)
FAINT_DASH, FAINT_WIDTH = (1.5, 3), 1.0


def clean(text: object) -> str:
    """`text` as one line without the characters that XML cannot hold."""
    return re.sub(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", str(text))


class Span(NamedTuple):
    """An agent in one role, or down, from `since` to `until` (seconds); event `seq` began it."""

    agent: str
    since: float
    until: float
    role: str
    seq: int


class Flight(NamedTuple):
    """One copy of a message on its way: sent by event `seq`, over at `end` (seconds) by event `over`.

    `fate` is "" when it arrived, None when it was still under way at the end, else why it did not arrive.
    """

    seq: int
    name: str
    sender: str
    to: str
    sent: float
    end: float | None
    over: int | None
    fate: str | None
    again: bool


class FaultSpan(NamedTuple):
    """A fault that struck `agents` at `since` (seconds), as event `seq`; `text` is how a scenario writes it.

    `until` is when it ended, None if it never did; a crash ends when the agent restarts.  `groups` are those
    of a partition, with the agents that it does not name as the last one.
    """

    kind: str
    text: str
    agents: tuple[str, ...]
    since: float
    until: float | None
    seq: int
    groups: tuple[tuple[str, ...], ...] = ()

    @property
    def over(self) -> float:
        """When it ends; of one that never does, or takes no time, when it began."""
        return self.since if self.until is None else self.until

    def group(self, name: str) -> int:
        """The position of the group that an agent is in."""
        return next((place for place, group in enumerate(self.groups) if name in group), len(self.groups))


def spans(trace: Trace) -> list[Span]:
    """Every role held and every time down, agent by agent.

    The role is the state called `role`, else the first that does not begin as a number, because counts are
    not roles.
    """
    found: dict[str, list[Span]] = {name: [] for name in trace.agents}
    watched: dict[str, str] = {}
    for seq, (time, kind, agent, _, _, name, _, data) in enumerate(trace.rows):
        if kind in (START, RESTART) and agent is not None:
            watched[agent], role = _begun(data)
            _turn(found[agent], agent, time, role, seq)
        elif kind == STATE and agent is not None and name == watched.get(agent):
            _turn(found[agent], agent, time, _role(name or "", data), seq)
        elif kind == CRASH and agent is not None:
            _turn(found[agent], agent, time, DOWN, seq)
    for lane in found.values():
        lane[-1:] = [span._replace(until=max(span.since, trace.until)) for span in lane[-1:]]
    return [span for lane in found.values() for span in lane]


def _begun(data: Any) -> tuple[str, str]:
    """The state that an agent that starts is shown by, and the role that its value is."""
    states = dict(data or ())
    words = (name for name, value in states.items() if type(value) not in (int, float))
    shown = "role" if "role" in states else next(words, "")
    return shown, _role(shown, states.get(shown))


def _role(state: str, value: Any) -> str:
    if not state:
        return UP
    return clean(value) if state == "role" else f"{clean(state)} = {clean(value)}"


def _turn(lane: list[Span], agent: str, micros: int, role: str, seq: int) -> None:
    """Let a lane go over to another role; one that lasted no time is forgotten."""
    time = micros / MICRO
    if lane:
        last = lane.pop()
        if time > last.since:
            lane.append(last._replace(until=time))
    if lane and lane[-1].role == role:
        seq, time = lane[-1].seq, lane.pop().since
    lane.append(Span(agent, time, time, role, seq))


def roles_at(lanes: list[Span], at: float) -> dict[str, Span]:
    """For each agent the span it is in at `at` seconds."""
    return {span.agent: span for span in lanes if span.since <= at}


def flights(trace: Trace) -> list[Flight]:
    """Every copy of every message, in the order of sending."""
    sent: dict[int, tuple[str, str, str, float]] = {}
    ended: dict[int, list[tuple[float, int, str]]] = {}
    copies: dict[int, list[Any]] = {}
    for seq, (time, kind, agent, peer, _, name, cause, data) in enumerate(trace.rows):
        if kind == SEND and agent and peer:
            sent[seq] = name or "", agent, peer, time / MICRO
        elif kind in (DELIVER, DROP) and cause in sent:
            end = (time / MICRO, seq, clean(data) if kind == DROP else "")
            ended.setdefault(cause, []).append(end)
            copies[seq] = [cause, len(ended[cause]) - 1]
        elif kind == DROP and cause in copies:  # it came in, but its recipient went down before acting on it
            send, copy = copies[cause]
            ended[send][copy] = ended[send][copy][0], seq, clean(data)
    return [
        Flight(seq, *message, *end, number > 0)
        for seq, message in sent.items()
        for number, end in enumerate(ended.get(seq, [(None, None, None)]))
    ]


def fault_spans(trace: Trace) -> list[FaultSpan]:
    """Every fault that struck, in order; it ends when it heals, else when its text says."""
    found: list[FaultSpan] = []
    lasting: dict[str, list[int]] = defaultdict(list)
    for seq, (time, kind, agent, _, _, name, _, data) in enumerate(trace.rows):
        ended: list[int] = []
        if kind == FAULT:
            lasting[f"{agent} is down" if name == "Crash" else str(data)].append(len(found))
            found.append(_fault_span(trace, seq, time / MICRO, name or "", str(data), agent))
        elif kind == HEAL and lasting[str(data)]:
            ended = [lasting[str(data)].pop(0)]
        elif kind == RESTART:
            ended = lasting.pop(f"{agent} is down", [])
        for place in ended:
            found[place] = found[place]._replace(until=time / MICRO)
    return found


def _fault_span(trace: Trace, seq: int, at: float, kind: str, text: str, agent: str | None) -> FaultSpan:
    try:
        fault = read_fault(text)
    except FaultError:  # a trace from a file may tell of any
        return FaultSpan(kind, text, (agent,) if agent else (), at, None, seq)
    groups: list[tuple[str, ...]] = []
    if isinstance(fault, Partition):
        groups = [tuple(group) for group in fault.groups]
        others = tuple(name for name in trace.agents if not any(name in group for group in groups))
        groups += [others] if others else []
    return FaultSpan(kind, text, fault.agents, at, fault.until, seq, tuple(groups))


def roles(trace: Trace, lanes: list[Span]) -> tuple[list[str], list[str]]:
    """The roles that agents start in as they come, which get the quiet looks; and the others by name."""
    first = dict.fromkeys(_begun(row[7])[1] for row in trace.rows if row[1] in (START, RESTART))
    return [*first], sorted({span.role for span in lanes} - first.keys() - {DOWN})


def links(sent: list[Flight]) -> list[tuple[str, str]]:
    """The pairs of agents of which one sent the other a message, each pair once."""
    pairs = {(min(one.sender, one.to), max(one.sender, one.to)) for one in sent}
    return sorted((one, other) for one, other in pairs if one != other)


def first_look(trace: Trace, lanes: list[Span], struck: list[FaultSpan], broken: bool) -> tuple[float, float]:
    """The part of a run that is shown first, in seconds: its first fault and what the others do about it.

    That is 120 events or more.  Of a run without faults it is the beginning, of one that broke off the end.
    """
    end, times = trace.until, [row[0] / MICRO for row in trace.rows]
    if len(times) <= 160 or not end:
        return 0.0, end
    if broken:
        return min(times[-40], 0.9 * end), end
    first = next((fault for fault in struck if fault.kind in LASTING), None)
    at = first.since if first else 0.0
    busy = times[min(len(times) - 1, bisect_left(times, at) + 120)] - at
    others = [span.since for span in lanes if first and span.role != DOWN]
    said = [time for time, row in zip(times, trace.rows, strict=True) if first and row[1] in (NOTE, DECISION)]
    answer = min((time for time in (*others, *said) if time > at), default=at) - at
    width = max(busy, 2.5 * answer, end * 120 / len(times))  # as long again as it took them to notice
    digits = 2 - math.floor(math.log10(width))
    return max(0.0, round(at - 0.1 * width, digits)), min(end, round(at + width, digits))


def close_look(trace: Trace, at: float) -> tuple[float, float]:
    """The part around a moment, in seconds: from the last fault before it, and 60 events each way."""
    times = [row[0] / MICRO for row in trace.rows]
    here = bisect_left(times, at)
    struck = [fault.since for fault in fault_spans(trace) if fault.since <= at]
    since = min([times[max(0, here - 60)], *struck[-1:]], default=0.0)
    width = max(at - since, trace.until / 1000) / 0.6
    digits = 2 - math.floor(math.log10(width or 1.0))
    begin = max(0.0, round(at - 0.65 * width, digits))
    end = max([begin + width, *times[here + 60 : here + 61]])
    return begin, min(trace.until, round(end, digits))


def background(trace: Trace, sent: list[Flight]) -> set[str]:
    """The message types that fill the whole run, such as heartbeats: drawn faintly, so that others stand out.

    They are sent in 12 of its 20 parts and make a quarter of all messages; at least two other types remain.
    """
    numbers = Counter(flight.name for flight in sent)
    spread = {(flight.name, int(20 * flight.sent / (trace.until or 1))) for flight in sent}
    parts = Counter(name for name, _ in spread)
    steady = {name for name in numbers if parts[name] >= 12 and numbers[name] >= len(sent) / 4}
    return steady if len(numbers) - len(steady) >= 2 else set()
