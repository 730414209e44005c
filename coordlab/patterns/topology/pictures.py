"""What one sees of a team: who tells whom, and how far the work is; and what is counted."""

from __future__ import annotations

from collections import Counter

from coordlab.labs import declaration as lab
from coordlab.labs.views import Curves, Graph, Mark
from coordlab.patterns.topology.rules import BUS, channels
from coordlab.trace.trace import HANDLE, STATE, Trace


def milliseconds(seconds: float) -> float:
    """Seconds to the millisecond; what differs by less than a microsecond before does not differ after.

    >>> milliseconds(0.2304761), milliseconds(0.0825 - 1e-12), milliseconds(0.0825)
    (0.23, 0.083, 0.083)
    """
    return round(round(seconds, 6) + 1e-9, 3)


def task_time(trace: Trace) -> float | None:
    """Seconds from the start until the last member is done, for each task; None if one is not done."""
    ended = {event.agent: event.time for event in trace.select("role") if event.data == "is done"}
    late = {*trace.agents} - {"bus"} - {*ended}
    return None if late else milliseconds(max(ended.values()) / trace.count("Finished"))


def busiest(trace: Trace) -> int:
    """Messages that the busiest agent handles."""
    return max(Counter(event.agent for event in trace.select(kind=HANDLE)).values(), default=0)


def sent(trace: Trace) -> int:
    """Messages about what was found."""
    return trace.count("Share", "Ask", kind="send")


def team(given: lab.Parameters, trace: Trace) -> Graph:
    """Who tells whom, what each does, and how many messages it has handled."""
    roles, handled = dict[str | None, str](), Counter[str | None]()
    marks = []
    tones = {"works": "active", "shares": "between", "is done": "normal"}
    for event in trace:
        if event.kind == STATE and event.name == "role":
            roles[event.agent] = str(event.data)
        elif event.kind == HANDLE:
            handled[event.agent] += 1
        else:
            continue
        role, agent = roles.get(event.agent, ""), str(event.agent)
        words = ", ".join(filter(None, [role, f"{handled[agent]} handled"]))
        marks.append(Mark(event.seq, agent, words, tones.get(role, "normal")))
    names = {BUS: "bus"}
    pairs = channels(given["version"], given["agents"], given["branching"])
    edges = tuple((names.get(one, str(one)), names.get(other, str(other))) for one, other in pairs)
    layout = "tree" if given["version"] in ("star", "tree", "bus") else "ring"
    return Graph(tuple(trace.agents), edges, tuple(marks), layout, directed=False)


def progress(given: lab.Parameters, trace: Trace) -> Curves:
    """How many tasks are done, over time."""
    done = [(event.time, float(number)) for number, event in enumerate(trace.select("Finished"), 1)]
    whole = given["agents"] * given["rounds"]
    return Curves({"tasks done": ((0.0, 0.0), *done)}, unit="tasks", lines={"all": float(whole)})
