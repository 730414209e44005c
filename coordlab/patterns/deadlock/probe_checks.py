"""What must hold of probes: DL-S1 and DL-L1 on a trace, and what they may cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from coordlab.patterns.deadlock.checks import stuck
from coordlab.patterns.deadlock.rules import Wait
from coordlab.properties import HOLDS, UNDECIDED, VIOLATED, Objection, Property, Verdict, recorded, safety
from coordlab.trace.trace import DROP, SEND, Trace


def only_the_stuck_say_so(waits: Mapping[str, Wait]) -> Property:
    """DL-S1: an agent that says that it waits for ever does: no agent that can still go on will free it."""
    those = stuck(waits)

    @safety("only the stuck say so")
    def objections(trace: Trace) -> Iterator[Objection]:
        for event in recorded(trace, "Stuck"):
            if event.agent not in those:
                yield event, f"{event.agent} says that it is stuck, and is not."

    return objections


def every_cycle_is_found(waits: Mapping[str, Wait], within: float) -> Property:
    """DL-L1: `within` this many seconds an agent says that it is stuck, if any is."""
    name, those = f"found within {within:g} s", stuck(waits)

    def judge(trace: Trace) -> Verdict:
        said = next(recorded(trace, "Stuck"), None)
        if said is not None and said.time <= within:
            return Verdict(name, HOLDS, said.time, said.seq)
        lost = any(event.kind == DROP for event in trace)
        if trace.until < within or not those or lost:
            return Verdict(name, UNDECIDED, because="nobody is stuck" if not those else "it may come yet")
        return Verdict(name, VIOLATED, within, None, f"{', '.join(those)} are stuck, and nobody says so.")

    return Property(name, judge)


def few_messages(waits: Mapping[str, Wait]) -> Property:
    """At most one probe, query or reply goes along each wait for each initiator."""
    edges = {(who, other) for who, wait in waits.items() for other in wait.on}

    @safety("one probe for each wait")
    def objections(trace: Trace) -> Iterator[Objection]:
        sent: set[tuple[object, ...]] = set()
        for event in trace:
            if event.kind != SEND or event.name not in ("Probe", "Query", "Reply"):
                continue
            edge = event.agent, event.peer
            if (edge if event.name != "Reply" else edge[::-1]) not in edges:
                yield event, f"{event.agent} sends a {event.name} to {event.peer}, but does not wait for it."
            key = event.name, edge, event.data.initiator
            if key in sent:
                yield event, f"{event.agent} sends {event.peer} the same {event.name} twice."
            sent.add(key)

    return objections


def properties(waits: Mapping[str, Wait], within: float = 5.0) -> tuple[Property, ...]:
    """All of them, for agents with these waits, which stay as they are."""
    return (only_the_stuck_say_so(waits), every_cycle_is_found(waits, within), few_messages(waits))
