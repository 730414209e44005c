"""What must hold of a team that works in rounds, whatever its style: SC-S1, SC-S3 and what a round means."""

from __future__ import annotations

from coordlab.patterns.topology.theory import messages
from coordlab.properties import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Complaint,
    Property,
    Verdict,
    leads_to,
    on_record,
    watched,
)
from coordlab.trace.trace import HANDLE, SEND, START, Event, Trace


def _finished(event: Event) -> int | None:
    return event.data.round if on_record(event, "Finished") else None


def messages_per_round(style: str, agents: int) -> Property:
    """SC-S1: as many messages are sent in each round as the style's closed form says."""
    each = messages(style, agents)
    name = f"{each} messages a round"

    def judge(trace: Trace) -> Verdict:
        sent: dict[int, int] = {}
        for event in trace:
            if event.kind == SEND:
                number = event.data.round
                sent[number] = sent.get(number, 0) + 1
                if sent[number] > each:
                    why = f"message {sent[number]} of round {number}: a {style} of {agents} needs {each}."
                    return Verdict(name, VIOLATED, event.time, event.seq, why)
        short = [number for number, count in sent.items() if count < each]
        return Verdict(name, UNDECIDED if short or not len(trace) else HOLDS)

    return Property(name, judge)


def equal_work(agents: int, rounds: int) -> Property:
    """SC-S3: everybody does one task in each round, and no other: what is compared did the same work."""
    name = "the same work for everybody"

    def judge(trace: Trace) -> Verdict:
        done: dict[str | None, int] = {}
        for event in trace:
            if (number := _finished(event)) is not None:
                if number != done.get(event.agent, 0) or number >= rounds:
                    why = f"{event.agent} did round {number} as task {done.get(event.agent, 0)} of {rounds}."
                    return Verdict(name, VIOLATED, event.time, event.seq, why)
                done[event.agent] = number + 1
        whole = len(done) == agents and set(done.values()) == {rounds}
        return Verdict(name, HOLDS if whole else UNDECIDED)

    return Property(name, judge)


def rounds_do_not_mix(agents: int) -> Property:
    """Nobody finishes a round before it knows what everybody found in the one before."""

    def watch(trace: Trace) -> Complaint:
        shares = {event.message: event.data for event in trace.select("Share", kind="send")}
        known: dict[tuple[str | None, int], set[int]] = {}

        def wrong(event: Event) -> str | None:
            share = shares.get(event.message) if event.kind == HANDLE else None
            if share is not None:
                known.setdefault((event.agent, share.round), set()).update(share.found)
            number = _finished(event)
            if number is None:
                return None
            known.setdefault((event.agent, number), set()).add(int(str(event.agent)))
            if number and len(lacks := known.get((event.agent, number - 1), set())) < agents:
                return f"{event.agent} did round {number} and knew {len(lacks)} of {agents} results before."
            return None

        return wrong

    return watched("no round before all know the last", watch)


def only_what_was_found() -> Property:
    """Nobody tells of a result before whoever found it has finished."""

    def watch(_: Trace) -> Complaint:
        found: set[tuple[int, int]] = set()

        def wrong(event: Event) -> str | None:
            if (number := _finished(event)) is not None:
                found.add((number, int(str(event.agent))))
            elif event.kind == SEND and event.name == "Share":
                told = [each for each in event.data.found if (event.data.round, each) not in found]
                return f"{event.agent} tells what {told[0]} has not found yet." if told else None
            return None

        return wrong

    return watched("only what was found is told", watch)


def done_in_time(within: float) -> Property:
    """SC-L1: each member ends its last round so many seconds after it started."""
    return leads_to(
        f"done within {within:g} s",
        lambda event: [event.agent] if event.kind == START and event.agent != "bus" else [],
        lambda event, _: [event.agent] if event.name == "role" and event.data == "is done" else [],
        within,
    )


def properties(style: str, agents: int, rounds: int, within: float = 600.0) -> tuple[Property, ...]:
    """All of them; how many messages gossip takes is left to chance, so nothing is said of that."""
    return (
        *([] if style == "gossip" else [messages_per_round(style, agents)]),
        equal_work(agents, rounds),
        rounds_do_not_mix(agents),
        only_what_was_found(),
        done_in_time(within),
    )
