"""Drawings in words, for readers who cannot see them; made from the trace."""

from __future__ import annotations

from collections import Counter

from coordlab.draw.scene import listed
from coordlab.trace.lanes import ABSENT, FaultSpan, Flight, Span, clean, roles_at
from coordlab.trace.trace import Trace


def space_time_words(
    trace: Trace, since: float, until: float, lanes: list[Span], sent: list[Flight], struck: list[FaultSpan]
) -> str:
    """The agents, the duration, the faults, the roles at the end, and the number of messages."""
    went = f"{until:g} virtual seconds" if since == 0 else f"virtual time {since:g} to {until:g} s"
    faults = [strike for strike in struck if since <= strike.over and strike.since <= until]
    words = "; ".join(map(_fault_words, faults[:8]))
    return " ".join(
        [
            f"Space-time diagram of {_agents(trace)} over {went}.",
            f"Faults: {words}{_more(len(faults) - 8)}." if faults else "No faults.",
            f"At {until:g} s, {_roles_words(trace, lanes, until)}.",
            _message_words([each for each in sent if since <= each.sent <= until]),
        ]
    )


def _agents(trace: Trace) -> str:
    number = len(trace.agents)
    return f"{number} agent{'' if number == 1 else 's'}{': ' if number else ''}{listed(trace.agents)}"


def _more(number: int) -> str:
    return f"; and {number} more" if number > 0 else ""


def _fault_words(strike: FaultSpan) -> str:
    """A fault and its time: `5 crashes at 3 s`."""
    end = f" to {strike.over:g}" if strike.over > strike.since else ""
    return f"{clean(strike.text)} at {strike.since:g}{end} s"


def _roles_words(trace: Trace, lanes: list[Span], at: float) -> str:
    """The agents in each role: `coordinates: 4; down: 5`."""
    now = roles_at(lanes, at)
    roles = {name: now[name].role if name in now else ABSENT for name in trace.agents}
    groups = [
        f"{role}: {listed(name for name, its in roles.items() if its == role)}"
        for role in dict.fromkeys(roles.values())
    ]
    return "; ".join(groups[:12]) + _more(len(groups) - 12) or "there are no agents"


def _message_words(sent: list[Flight]) -> str:
    number = len({flight.seq for flight in sent})
    fates = Counter(flight.fate for flight in sent if flight.fate)
    reasons = ", ".join(f"{fate}: {count}" for fate, count in fates.items())
    failed = f"{fates.total()} not delivered ({reasons})" if fates else "none of them failed"
    under = sum(flight.fate is None for flight in sent)
    sends = f"{number} message{'' if number == 1 else 's'} sent"
    return f"{sends}, {failed}{f', {under} still on the way' if under else ''}."
