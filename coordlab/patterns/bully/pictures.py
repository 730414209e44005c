"""The pictures of elections: who follows whom; and how long all took to agree."""

from __future__ import annotations

from coordlab.labs.declaration import Parameters
from coordlab.labs.views import Graph, Mark, states
from coordlab.patterns.bully.checks import agreed
from coordlab.properties import changes
from coordlab.trace.trace import CRASH, Trace

TONES = {"follows": "normal", "electing": "between", "coordinates": "active"}


def crashed_at(trace: Trace) -> float:
    """When the first agent crashed, in seconds; 0 if none did."""
    crashes = trace.select(kind=CRASH)
    return crashes[0].time if crashes else 0.0


def agreed_at(trace: Trace) -> float | None:
    """When, after the first crash, all who were up first agreed on a coordinator again; None if never."""
    since = crashed_at(trace)
    return next((now.time for now in changes(trace) if now.time > since and agreed(now) is True), None)


def span(trace: Trace) -> tuple[float, float]:
    """From the first crash to just after all agreed, or to the end, in seconds."""
    end = agreed_at(trace)
    return crashed_at(trace), trace.until if end is None else end + 1e-6


def silence(trace: Trace) -> float | None:
    """Seconds from the first crash until all agreed; None if they never did."""
    end = agreed_at(trace)
    return None if end is None else round(end - crashed_at(trace), 3)


def beliefs(given: Parameters, trace: Trace) -> Graph:
    """An arrow from each agent to the one that it follows."""
    marks, follows = list[Mark](), dict[str, str | None]()
    for event in trace:
        agent = str(event.agent)
        for state, value in states(event):
            if state == "role":
                marks.append(Mark(event.seq, agent, value, TONES.get(value, "down")))
            if (state, value) == ("role", "down") or state == "coordinator":
                leader = value if state == "coordinator" and value != agent else None
                if before := follows.get(agent):
                    marks.append(Mark(event.seq, (agent, before), tone=""))
                if leader:
                    marks.append(Mark(event.seq, (agent, leader), tone="normal"))
                follows[agent] = leader
    edges = dict.fromkeys(mark.what for mark in marks if isinstance(mark.what, tuple))
    return Graph(trace.agents, tuple(edges), tuple(marks), "ring")
