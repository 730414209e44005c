"""What must hold of a message bus: invariants MB-S1 to MB-S6, MB-L1 and MB-L2 on a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator

from coordlab.patterns.bus.rules import Letter, matches
from coordlab.properties import (
    Begun,
    Moment,
    Objection,
    Property,
    Verdict,
    always,
    leads_to,
    on_record,
    recorded,
    safety,
)
from coordlab.trace.trace import CRASH, HANDLE, SEND, Event, Trace

Begins = Callable[[Event], list[Hashable]]
Ends = Callable[[Event, Begun], list[Hashable]]


@safety("only what was published and wanted")
def only_published_and_wanted(trace: Trace) -> Iterator[Objection]:
    """MB-S1: agents are sent letters on topics to which they subscribed, that their publishers published."""
    published: set[Letter] = set()
    wanted: set[tuple[str | None, str]] = set()
    for event in trace:
        told = event.content
        if event.kind == HANDLE and event.name == "Subscribe":
            wanted.add((event.peer, told.pattern))
        elif event.kind == SEND and event.name == "Publish" and told.letter.publisher == event.agent:
            published.add(told.letter)
        elif event.kind == SEND and event.name == "Deliver":
            letter, pattern = told.letter, told.pattern
            if letter.publisher == event.agent and pattern == "#":
                continue  # said directly, to everybody
            if letter.publisher != event.agent and letter not in published:
                yield event, f"{event.peer} is sent {letter.topic}, which {letter.publisher} never published."
            if (event.peer, pattern) not in wanted or not matches(letter.topic, pattern):
                yield event, f"{event.peer} is sent {letter.topic}, for which it did not ask."


@safety("letters come in order")
def in_order(trace: Trace) -> Iterator[Objection]:
    """MB-S2: a subscriber that answers has its letters in the order in which the bus took them."""
    last: dict[tuple[str | None, str], int] = {}
    seen: set[tuple[str | None, str, int]] = set()
    for event in trace.select("Deliver", kind=HANDLE):
        if event.content is not None and event.content.acknowledged:
            key, offset = (event.agent, event.content.pattern), event.content.offset
            if (*key, offset) not in seen and offset < last.get(key, -1):
                yield event, f"{event.agent} has letter {offset} only after letter {last[key]}."
            seen.add((*key, offset))
            last[key] = max(last.get(key, -1), offset)


@safety("nobody acts twice on a letter")
def acts_once(trace: Trace) -> Iterator[Objection]:
    """MB-S3: nobody acts twice on the same letter, however often it is delivered."""
    acted: set[tuple[str | None, str, int]] = set()
    for event in recorded(trace, "Effect"):
        letter = event.content.letter
        key = event.agent, letter.publisher, letter.number
        if key in acted:
            yield event, f"{event.agent} acts twice on letter {letter.number} of {letter.publisher}."
        acted.add(key)


def queues_are_bounded(bound: int) -> Property:
    """MB-S4: no queue of the bus is longer than `bound`."""

    def short(now: Moment) -> bool | str:
        long = [agent for agent in now.alive if (now.state(agent, "pending") or 0) > bound]
        return f"{long[0]} holds more than {bound} letters for one subscriber." if long else True

    return always(f"at most {bound} letters wait", short)


@safety("what is shed was not sent")
def shed_unsent(trace: Trace) -> Iterator[Objection]:
    """MB-S5: no letter is shed that the bus has begun to deliver to that subscriber."""
    sent: set[tuple[str | None, str, Letter]] = set()
    for event in trace:
        told = event.content
        if event.kind == SEND and event.name == "Deliver":
            sent.add((event.peer, told.pattern, told.letter))
        elif on_record(event, "Shed") and (told.subscriber, told.pattern, told.letter) in sent:
            yield event, f"{told.subscriber} was sent letter {told.letter.number}, which is shed afterwards."


def dead_after(attempts: int) -> Property:
    """MB-S6: a letter is delivered at most `attempts` times to a subscription, and is dead after all of them.

    After a crash of the bus they are counted from 0; a letter for a subscriber that has left is not dead.
    """

    @safety("a letter is dead after all attempts")
    def judge(trace: Trace) -> Iterator[Objection]:
        tried = Counter[tuple[Hashable, ...]]()  # bus, subscriber, pattern, letter
        for event in trace:
            own, told = event.agent, event.content
            if event.kind == CRASH or (event.kind == HANDLE and event.name == "Unsubscribe"):
                left = (own,) if event.kind == CRASH else (own, event.peer, told.pattern)
                tried = Counter({key: count for key, count in tried.items() if key[: len(left)] != left})
            elif event.kind == SEND and event.name == "Deliver" and told.acknowledged:
                key = own, event.peer, told.pattern, told.letter
                tried[key] += 1
                if tried[key] > attempts:
                    yield event, f"{event.peer} is sent letter {told.letter.number} {tried[key]} times."
            elif on_record(event, "DeadLetter"):
                ends = (own, told.subscriber, told.letter)
                counts = {key: count for key, count in tried.items() if (*key[:2], key[3]) == ends}
                done = next((key for key, count in counts.items() if count == attempts), None)
                if done is None:
                    most = max(counts.values(), default=0)
                    yield event, f"Letter {told.letter.number} is dead after {most} of {attempts} deliveries."
                tried.pop(done or (), None)

    return judge


def everything_is_accepted(within: float) -> Property:
    """MB-L2: the bus accepts what a client publishes until it is answered, `within` this many seconds.

    Or it refuses; or the client crashes, and has this many seconds again when it publishes again.  The time
    goes on while the bus is down or cut off: to be kept, faults must be over well before it ends.
    """
    name = f"everything is accepted within {within:g} s"

    def begins(event: Event) -> list[Hashable]:
        insists = event.kind == SEND and event.name == "Publish" and event.content.acknowledged
        return [(event.agent, event.content.letter.number)] if insists else []

    def judge(trace: Trace) -> Verdict:
        refused = _refused(trace)

        def ends(event: Event, begun: Begun) -> list[Hashable]:
            if event.kind == CRASH:
                return [key for key in begun if isinstance(key, tuple) and key[0] == event.agent]
            if event.seq in refused and event.name == "Publish":
                return [(event.peer, event.content.letter.number)]
            answered = event.kind == HANDLE and event.name == "Accepted"
            return [(event.agent, event.content.number)] if answered else []

        return leads_to(name, begins, ends, within)(trace)

    return Property(name, judge)


def _refused(trace: Trace) -> set[int | None]:
    """Where the bus handled what it then refused."""
    return {event.cause for event in trace.select("Refused", kind=SEND)}


def everything_arrives(within: float) -> Property:
    """MB-L1: what the bus accepts reaches every subscriber that answers, `within` this many seconds.

    Or the bus records that the letter was shed or is dead; or the subscriber unsubscribes.  The time goes on
    while either is down, slow or cut off: to be kept, faults must be over well before it ends.
    """
    name = f"everything arrives within {within:g} s"

    def judge(trace: Trace) -> Verdict:
        return leads_to(name, *_errands(_refused(trace)), within)(trace)  # with fresh memory for each trace

    return Property(name, judge)


def _errands(refused: set[int | None]) -> tuple[Begins, Ends]:
    """What obliges the bus to deliver a letter to an agent, and what fulfils that; not what it `refused`."""
    accepted: set[Letter] = set()
    wanted: dict[tuple[str | None, str], None] = {}

    def begins(event: Event) -> list[Hashable]:
        told = event.content
        if event.kind != HANDLE or told is None or event.seq in refused:
            return []
        if event.name == "Subscribe" and told.acknowledged:
            wanted[event.peer, told.pattern] = None
        elif event.name == "Unsubscribe":
            wanted.pop((event.peer, told.pattern), None)
        elif event.name == "Publish" and told.letter not in accepted:
            accepted.add(told.letter)
            return [(who, told.letter) for who, pattern in wanted if matches(told.letter.topic, pattern)]
        return []

    def ends(event: Event, begun: Begun) -> list[Hashable]:
        told = event.content
        if on_record(event, "Shed", "DeadLetter"):
            return [(told.subscriber, told.letter)]
        if event.kind != HANDLE or told is None:
            return []
        if event.name == "Unsubscribe":
            left = [pattern for who, pattern in wanted if who == event.peer and pattern != told.pattern]
            mine = [key for key in begun if isinstance(key, tuple) and key[0] == event.peer]
            return [key for key in mine if not any(matches(key[1].topic, each) for each in left)]
        return [(event.agent, told.letter)] if event.name == "Deliver" else []

    return begins, ends


def properties(bound: int = 1_000, within: float = 5.0, attempts: int = 20) -> tuple[Property, ...]:
    """All of them, for queues of `bound` letters, each delivered `within` this many seconds.

    attempts: deliveries of a letter, after which it is dead.
    """
    return (
        only_published_and_wanted,
        in_order,
        acts_once,
        queues_are_bounded(bound),
        shed_unsent,
        dead_after(attempts),
        everything_is_accepted(within),
        everything_arrives(within),
    )
