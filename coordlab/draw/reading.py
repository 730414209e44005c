"""What there is to draw in a trace: who was in which role when, which message went where, what went wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from coordlab.draw.scene import Look, clean
from coordlab.trace.faults import Partition, read_fault
from coordlab.trace.narration import sentence
from coordlab.trace.trace import CRASH, DELIVER, DROP, FAULT, HEAL, MICRO, RESTART, SEND, START, STATE, Trace

DOWN, ABSENT, UP = "down", "absent", "up"
LASTING = ("Partition", "Cut", "Slow", "Skew", "Rogue")
_DASHES: tuple[tuple[float, ...], ...] = ((), (6, 3), (), (8, 3, 2, 3), (3, 2), (11, 4), (2, 2))
_WIDTHS = (1.5, 1.4, 2.3, 1.5, 1.6, 1.5, 1.8)


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
    """A fault, with those it struck, from `since` to `until` (seconds); an instant if these are equal."""

    kind: str
    text: str
    agents: tuple[str, ...]
    since: float
    until: float
    seq: int
    sides: dict[str, int]

    def group(self, name: str) -> int:
        """The number of the group an agent is in; those not named form the last."""
        return self.sides.get(name, max(self.sides.values(), default=-1) + 1)


def tell(trace: Trace, seq: int) -> str:
    """What happened at event `seq`, with its time."""
    return f"{trace[seq].time:.3f} s: {sentence(trace, seq)}"


def spans(trace: Trace) -> list[Span]:
    """Every role held and every time down, agent by agent.

    The role is the state called `role`, else the first that the agent declares.
    """
    found: dict[str, list[Span]] = {name: [] for name in trace.agents}
    watched: dict[str, str] = {}
    for seq, (time, kind, agent, _, _, name, _, data) in enumerate(trace.rows):
        if kind in (START, RESTART) and agent is not None:
            states = dict(data or ())
            watched[agent] = "role" if "role" in states else next(iter(states), "")
            _turn(found[agent], agent, time, _role(watched[agent], states.get(watched[agent])), seq)
        elif kind == STATE and agent is not None and name == watched.get(agent):
            _turn(found[agent], agent, time, _role(name or "", data), seq)
        elif kind == CRASH and agent is not None:
            _turn(found[agent], agent, time, DOWN, seq)
    for lane in found.values():
        lane[-1:] = [span._replace(until=max(span.since, trace.until)) for span in lane[-1:]]
    return [span for lane in found.values() for span in lane]


def _beginnings(trace: Trace) -> Iterator[str]:
    """The role that each agent starts in, as they start."""
    for _, kind, *_, data in trace.rows:
        if kind in (START, RESTART):
            states = dict(data or ())
            shown = "role" if "role" in states else next(iter(states), "")
            yield _role(shown, states.get(shown))


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
    sent: dict[int, Flight] = {}
    copies: dict[int, Flight] = {}
    number: Counter[int] = Counter()
    for seq, (time, kind, agent, peer, _, name, cause, data) in enumerate(trace.rows):
        if kind == SEND and agent and peer:
            sent[seq] = Flight(seq, name or "", agent, peer, time / MICRO, None, None, None, False)
        elif kind in (DELIVER, DROP) and cause in sent:
            fate = clean(data) if kind == DROP else ""
            copies[seq] = sent[cause]._replace(end=time / MICRO, over=seq, fate=fate, again=number[cause] > 0)
            number[cause] += 1
        elif kind == DROP and cause in copies:  # it came in, but its recipient went down before acting on it
            copies[cause] = copies[cause]._replace(over=seq, fate=clean(data))
    return sorted((*copies.values(), *(sent[seq] for seq in sent if not number[seq])))


def strikes(trace: Trace) -> list[FaultSpan]:
    """Every fault in order: crashes and restarts where they had an effect, others while they last."""
    found: list[FaultSpan] = []
    open_: dict[tuple[Any, Any], list[int]] = defaultdict(list)
    for seq, (time, kind, agent, _, _, name, _, data) in enumerate(trace.rows):
        at = time / MICRO
        if kind in (CRASH, RESTART):
            words = f"{agent} {'crashes' if kind == CRASH else 'restarts'}"
            found.append(FaultSpan(kind, words, (agent or "",), at, at, seq, {}))
        elif kind == FAULT and name not in ("Crash", "Restart"):
            fault = read_fault(str(data))
            sides = fault.sides if isinstance(fault, Partition) else {}
            until = trace.until if name in LASTING else at
            open_[name, data].append(len(found))
            words = str(data).partition(" @")[0]
            struck = tuple(agent for agent in fault.agents if agent in trace.agents)
            found.append(FaultSpan(name or "", words, struck, at, until, seq, sides))
        elif kind == HEAL and open_[name, data]:
            begun = open_[name, data].pop(0)
            found[begun] = found[begun]._replace(until=at)
    return found


class Looks:
    """How roles and types of messages look, the same in every drawing of a trace.

    They go by name, so that they are the same from run to run.  The roles that agents start in get the
    quiet ones, and so do messages that fill the whole run, such as heartbeats, for the rest to stand out.
    """

    def __init__(self, trace: Trace, lanes: list[Span], sent: list[Flight]) -> None:
        first = dict.fromkeys(_beginnings(trace))
        rest = sorted({span.role for span in lanes} - first.keys() - {DOWN})
        self.roles = {role: number for number, role in enumerate([*first, *rest])}
        numbers = Counter(flight.name for flight in sent)
        spread = {(flight.name, int(20 * flight.sent / (trace.until or 1))) for flight in sent}
        twentieths = Counter(name for name, _ in spread)
        steady = {name for name in numbers if twentieths[name] >= 12 and numbers[name] >= len(sent) / 4}
        self.faint = steady if len(numbers) - len(steady) >= 2 else set()
        plain = sorted(name for name in numbers if name not in self.faint)
        self.types = {name: number for number, name in enumerate(plain)}

    def role(self, role: str) -> Look:
        """The look of a role: colour and hatch."""
        if role in (DOWN, ABSENT):
            return Look("down", hatch=3 if role == DOWN else None)
        number = self.roles[role]
        return Look(f"role{number % 8}", hatch=(number + number // 8) % 8)

    def type(self, name: str) -> Look:
        """The look of a type of message: colour, dashes and width."""
        if name in self.faint:
            return Look("soft", (1.5, 3), 1.0)
        number = self.types[name]
        style = (number + number // 7) % 7
        return Look(f"type{number % 7}", _DASHES[style], _WIDTHS[style])
