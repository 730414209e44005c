"""Drawings in words, for those who do not see them: made from the data alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from coordlab.draw.scene import listed
from coordlab.trace.lanes import ABSENT, FaultSpan, Flight, Span, clean, roles_at
from coordlab.trace.trace import Trace


def space_time_words(
    trace: Trace, since: float, until: float, lanes: list[Span], sent: list[Flight], struck: list[FaultSpan]
) -> str:
    """Who, how long, which faults when, who holds which role at the end, how many messages were lost."""
    went = f"{until:g} virtual seconds" if since == 0 else f"virtual time {since:g} to {until:g} s"
    faults = [strike for strike in struck if since <= strike.over and strike.since <= until]
    told = "; ".join(map(_fault_words, faults[:8]))
    return " ".join(
        [
            f"Space-time diagram of {_agents(trace)} over {went}.",
            f"Faults: {told}{_more(len(faults) - 8)}." if faults else "No faults.",
            f"At {until:g} s, {roles_words(trace, lanes, until)}.",
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


def roles_words(trace: Trace, lanes: list[Span], at: float) -> str:
    """Who is in which role: `coordinates: 4; down: 5`."""
    now = roles_at(lanes, at)
    roles = {name: now[name].role if name in now else ABSENT for name in trace.agents}
    groups = [f"{role}: {listed(_having(roles, role))}" for role in dict.fromkeys(roles.values())]
    return "; ".join(groups[:12]) + _more(len(groups) - 12) or "nobody is there"


def _having(roles: dict[str, str], role: str) -> Iterable[str]:
    return (name for name, its in roles.items() if its == role)


def _message_words(sent: list[Flight]) -> str:
    number = len({flight.seq for flight in sent})
    fates = Counter(flight.fate for flight in sent if flight.fate)
    vain = f", {fates.total()} in vain ({', '.join(f'{fate}: {count}' for fate, count in fates.items())})"
    under = sum(flight.fate is None for flight in sent)
    sends = f"{number} message{'' if number == 1 else 's'} sent"
    return f"{sends}{vain if fates else ', none in vain'}{f', {under} still under way' if under else ''}."
