"""What is counted in the rogue lab, whom the pool trusts, and the evidence against each member."""

from __future__ import annotations

from statistics import fmean

from coordlab.labs.views import Bar, Curves, Spans
from coordlab.patterns.circuit_breaker.rules import CLOSED, FORCED_OPEN, HALF_OPEN, OPEN
from coordlab.patterns.rogue import theory
from coordlab.patterns.rogue.rules import truth
from coordlab.patterns.rogue.trust import Record, SequentialTest
from coordlab.properties import recorded
from coordlab.trace.trace import FAULT, Event, Trace


def answered(trace: Trace) -> list[Event]:
    """The decisions to accept an answer."""
    return [*recorded(trace, "Accepted")]


def wrong(trace: Trace) -> int:
    """How many answers that were accepted are wrong."""
    return sum(each.data.answer != truth(each.data.task) for each in answered(trace))


def share_wrong(trace: Trace) -> float | None:
    """The share of them; None if no answer was accepted."""
    return wrong(trace) / len(answered(trace)) if answered(trace) else None


def convictions(trace: Trace) -> dict[str, float]:
    """When each agent was first isolated, in seconds."""
    found: dict[str, float] = {}
    for event in recorded(trace, "Transition"):
        if (event.data.before, event.data.after) == (CLOSED, OPEN):
            found.setdefault(event.data.breaker, event.time)
    return found


def checks_until_conviction(trace: Trace) -> float | None:
    """The mean number of checks of an agent until it was first isolated; None if nobody was."""
    ends = convictions(trace)
    checks = [event for event in recorded(trace, "Checked") if event.time <= ends.get(event.data.agent, -1.0)]
    return len(checks) / len(ends) if ends else None


def time_to_convict(trace: Trace) -> float | None:
    """Mean seconds until an agent was first isolated; None if nobody was."""
    return round(fmean(convictions(trace).values()), 3) if convictions(trace) else None


def honest_isolated(trace: Trace) -> int:
    """How many agents were isolated that were never rogue."""
    rogues = {event.agent for event in trace.select("Rogue", kind=FAULT)}
    return len(convictions(trace).keys() - rogues)


STATES = {
    CLOSED: ("trusted", "active"),
    OPEN: ("isolated", "failed"),
    HALF_OPEN: ("on probation", "between"),
    FORCED_OPEN: ("removed", "down"),
}


def crew_of(trace: Trace) -> tuple[str, ...]:
    """The members of the pool."""
    return tuple(each for each in trace.agents if each not in ("pool", "operator"))


def trust(trace: Trace) -> Spans:
    """The state of the breaker of each member over time."""
    crew = crew_of(trace)
    since = dict.fromkeys(crew, (0.0, CLOSED))
    bars: list[Bar] = []
    for event in recorded(trace, "Transition"):
        name, (began, state) = event.data.breaker, since[event.data.breaker]
        if event.time > began:
            bars.append(Bar(name, began, event.time, *STATES[state]))
        since[name] = event.time, event.data.after
    bars += [Bar(name, began, None, *STATES[state]) for name, (began, state) in since.items()]
    return Spans(crew, tuple(bars))


def evidence(test: SequentialTest, trace: Trace) -> Curves:
    """The logarithm of how much likelier the checks of the running test are from a rogue, for each member."""
    curves: dict[str, list[tuple[float, float | None]]] = {each: [(0.0, 0.0)] for each in crew_of(trace)}
    records = dict.fromkeys(curves, Record())
    for event in recorded(trace, "Checked"):
        name = event.data.agent
        record = records[name].plus(event.data.right)
        ratio = theory.ratio(record.right, record.wrong, test.honest, test.rogue)
        curves[name].append((event.time, round(ratio, 3)))
        over = test.verdict(record) is not None
        records[name] = Record() if over else record
        if over:
            curves[name].append((event.time, 0.0))
    clears, convicts = theory.bounds(test.false_alarm, test.miss)
    lines = {"convicted": round(convicts, 3), "cleared": round(clears, 3)}
    return Curves({name: tuple(points) for name, points in curves.items()}, "log ratio", lines=lines)
