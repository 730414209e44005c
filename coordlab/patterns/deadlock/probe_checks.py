"""What must hold of probes: DL-S1 and DL-L1 on a trace, and what they may cost."""

from __future__ import annotations

from collections.abc import Mapping

from coordlab.patterns.deadlock.rules import Wait, deadlocked
from coordlab.properties import HOLDS, UNDECIDED, VIOLATED, Complaint, Property, Verdict, watched
from coordlab.trace.trace import DROP, SEND, Event, Trace


def only_the_stuck_say_so(waits: Mapping[str, Wait]) -> Property:
    """DL-S1: whoever says that it waits for ever does: those who can still speak will never free it."""
    stuck = set(deadlocked(waits))

    def watch(_: Trace) -> Complaint:
        def wrong(event: Event) -> str | None:
            if event.name == "Stuck" and event.agent not in stuck:
                return f"{event.agent} says that it is stuck, and is not."
            return None

        return wrong

    return watched("only the stuck say so", watch)


def every_ring_is_found(waits: Mapping[str, Wait], within: float) -> Property:
    """DL-L1: in so many seconds somebody says so, if anybody waits for ever."""
    name, stuck = f"found within {within:g} s", deadlocked(waits)

    def judge(trace: Trace) -> Verdict:
        said = next((event for event in trace if event.name == "Stuck"), None)
        if said is not None and said.time <= within:
            return Verdict(name, HOLDS, said.time, said.seq)
        lost = any(event.kind == DROP for event in trace)
        if trace.until < within or not stuck or lost:
            return Verdict(name, UNDECIDED, because="nobody is stuck" if not stuck else "it may come yet")
        return Verdict(name, VIOLATED, within, None, f"{', '.join(stuck)} are stuck, and nobody says so.")

    return Property(name, judge)


def few_messages(waits: Mapping[str, Wait]) -> Property:
    """At most one probe, query or reply runs along each wait for each who asks."""
    edges = {(who, other) for who, wait in waits.items() for other in wait.on}

    def watch(_: Trace) -> Complaint:
        sent: set[tuple[object, ...]] = set()

        def wrong(event: Event) -> str | None:
            if event.kind != SEND or event.name not in ("Probe", "Query", "Reply"):
                return None
            edge = event.agent, event.peer
            if (edge if event.name != "Reply" else edge[::-1]) not in edges:
                return f"{event.agent} sends a {event.name} to {event.peer}, where no wait leads."
            key = event.name, edge, event.data.initiator
            if key in sent:
                return f"{event.agent} sends {event.peer} the same {event.name} twice."
            sent.add(key)
            return None

        return wrong

    return watched("one probe for each wait", watch)


def properties(waits: Mapping[str, Wait], within: float = 5.0) -> tuple[Property, ...]:
    """All of them, for those who wait so, and stay so."""
    return (only_the_stuck_say_so(waits), every_ring_is_found(waits, within), few_messages(waits))
