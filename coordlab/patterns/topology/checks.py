"""What must hold of a team that works in rounds, whatever its style: SC-S1, SC-S3 and what a round means."""

from __future__ import annotations

from collections.abc import Iterator

from coordlab.patterns.topology.theory import messages
from coordlab.properties import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Objection,
    Property,
    Verdict,
    leads_to,
    on_record,
    recorded,
    safety,
)
from coordlab.trace.trace import CRASH, DROP, HANDLE, SEND, START, STATE, Trace


def over(trace: Trace) -> bool:
    """Whether nothing can happen any more: nobody is busy, and no message is under way."""
    busy: dict[str | None, bool] = {}
    under_way: set[int | None] = set()
    for event in trace:
        if event.kind == STATE and event.name == "busy":
            busy[event.agent] = event.data
        elif event.kind == CRASH:
            busy[event.agent] = False
        elif event.kind == SEND:
            under_way.add(event.message)
        elif event.kind in (HANDLE, DROP):
            under_way.discard(event.message)
    return len(trace) > 0 and not any(busy.values()) and not under_way


def messages_per_round(style: str, agents: int) -> Property:
    """SC-S1: in each round the number of messages sent is that of the style's closed form."""
    each = messages(style, agents)
    name = f"{each} messages a round"

    def judge(trace: Trace) -> Verdict:
        sent: dict[int, int] = {}
        for event in trace.select(kind=SEND):
            number = event.content.round
            sent[number] = sent.get(number, 0) + 1
            if sent[number] > each:
                why = f"message {sent[number]} of round {number}: a {style} of {agents} needs {each}."
                return Verdict(name, VIOLATED, event.time, event.seq, why)
        short = [number for number, count in sent.items() if count < each]
        if short and over(trace):
            why = f"round {short[0]} took {sent[short[0]]} messages: a {style} of {agents} needs {each}."
            return Verdict(name, VIOLATED, trace.until, len(trace) - 1, why)
        return Verdict(name, UNDECIDED if short or not len(trace) else HOLDS)

    return Property(name, judge)


def equal_work(agents: int, rounds: int, asks_again: bool = False) -> Property:
    """SC-S3: every member does one task in each round, and no other, so that teams can be compared.

    A team in which a member waits for what never comes has not done its work, unless it `asks_again`.
    """
    name = "the same work for everybody"

    def judge(trace: Trace) -> Verdict:
        done: dict[str | None, int] = {}
        for event in recorded(trace, "Finished"):
            number, before = event.content.round, done.get(event.agent, 0)
            if number != before or number >= rounds:
                why = f"{event.agent} did round {number} as task {before} of {rounds}."
                return Verdict(name, VIOLATED, event.time, event.seq, why)
            done[event.agent] = number + 1
        if len(done) == agents and set(done.values()) == {rounds}:
            return Verdict(name, HOLDS)
        if asks_again or not over(trace):
            return Verdict(name, UNDECIDED)
        why = f"nothing happens any more, and {sum(done.values())} of {agents * rounds} tasks are done."
        return Verdict(name, VIOLATED, trace.until, len(trace) - 1, why)

    return Property(name, judge)


def rounds_do_not_mix(agents: int) -> Property:
    """Nobody finishes a round before it knows what all found in the one before."""

    @safety("no round before all know the last")
    def judge(trace: Trace) -> Iterator[Objection]:
        known: dict[tuple[str | None, int], set[int]] = {}
        for event in trace:
            told = event.content
            if event.kind == HANDLE and event.name == "Share":
                known.setdefault((event.agent, told.round), set()).update(told.found)
            elif on_record(event, "Finished"):
                known.setdefault((event.agent, told.round), set()).add(int(str(event.agent)))
                before = len(known.get((event.agent, told.round - 1), ()))
                if told.round and before < agents:
                    yield (
                        event,
                        f"{event.agent} did round {told.round}, knowing {before} of {agents} before.",
                    )

    return judge


@safety("only what was found is told")
def only_what_was_found(trace: Trace) -> Iterator[Objection]:
    """Nobody tells of a result before the member that found it has finished."""
    found: set[tuple[int, int]] = set()
    for event in trace:
        told = event.content
        if on_record(event, "Finished"):
            found.add((told.round, int(str(event.agent))))
        elif event.kind == SEND and event.name == "Share":
            early = [each for each in told.found if (told.round, each) not in found]
            yield from ((event, f"{event.agent} tells what {each} has not found yet.") for each in early)


def done_in_time(within: float) -> Property:
    """SC-L1: each member ends its last round `within` this many seconds after it started."""
    return leads_to(
        f"done within {within:g} s",
        lambda event: [event.agent] if event.kind == START and event.agent != "bus" else [],
        lambda event, _: [event.agent] if event.name == "role" and event.data == "is done" else [],
        within,
    )


def properties(style: str, agents: int, rounds: int, within: float = 600.0) -> tuple[Property, ...]:
    """All of them; gossip takes a random number of messages, so no property counts them."""
    return (
        *([] if style == "gossip" else [messages_per_round(style, agents)]),
        equal_work(agents, rounds, asks_again=style == "gossip"),
        rounds_do_not_mix(agents),
        only_what_was_found,
        done_in_time(within),
    )
