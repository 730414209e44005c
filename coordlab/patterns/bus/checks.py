"""What must hold of a message bus: invariants MB-S1 to MB-S4 and MB-L1 on a trace."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from coordlab.patterns.bus.rules import matches
from coordlab.properties import Begun, Complaint, Moment, Property, always, leads_to, on_record, watched
from coordlab.trace.trace import HANDLE, SEND, Event, Trace

Begins = Callable[[Event], list[Hashable]]
Ends = Callable[[Event, Begun], list[Hashable]]


def _sent(trace: Trace) -> dict[int | None, Any]:
    """What each message said."""
    return {event.message: event.data for event in trace if event.kind == SEND}


def _noted(event: Event, name: str) -> Any:
    """What an event notes of this kind, or None."""
    return event.data if on_record(event, name) else None


def only_published_and_wanted() -> Property:
    """MB-S1: whoever is brought a letter subscribed to its topic, and its publisher did publish it."""

    def watch(trace: Trace) -> Complaint:
        said = _sent(trace)
        published: set[Any] = set()
        wanted: set[tuple[str | None, str]] = set()

        def wrong(event: Event) -> str | None:
            if event.kind == HANDLE and event.name == "Subscribe" and event.message in said:
                wanted.add((event.peer, said[event.message].pattern))
            if event.kind != SEND:
                return None
            if event.name == "Publish":
                published.add(event.data.letter)
            if event.name != "Deliver":
                return None
            letter, pattern = event.data.letter, event.data.pattern
            if letter.publisher == event.agent and pattern == "#":
                return None  # said directly, to everybody
            if letter.publisher != event.agent and letter not in published:
                return f"{event.peer} is brought {letter.topic}, which {letter.publisher} never published."
            if (event.peer, pattern) not in wanted or not matches(letter.topic, pattern):
                return f"{event.peer} is brought {letter.topic}, for which it did not ask."
            return None

        return wrong

    return watched("only what was published and wanted", watch)


def in_order() -> Property:
    """MB-S2: where letters are answered, each subscriber has them in the order in which the bus took them."""

    def watch(trace: Trace) -> Complaint:
        said = _sent(trace)
        last: dict[tuple[str | None, str], int] = {}
        seen: set[tuple[Any, int]] = set()

        def wrong(event: Event) -> str | None:
            if event.kind != HANDLE or event.name != "Deliver" or event.message not in said:
                return None
            brought = said[event.message]
            key = event.agent, brought.pattern
            if not brought.acknowledged:
                return None
            before, fresh = last.get(key, -1), (key, brought.offset) not in seen
            seen.add((key, brought.offset))
            last[key] = max(before, brought.offset)
            late = fresh and brought.offset < before
            return f"{event.agent} has letter {brought.offset} only after letter {before}." if late else None

        return wrong

    return watched("letters come in order", watch)


def acts_once() -> Property:
    """MB-S3: nobody acts twice on the same letter, however often it comes."""

    def watch(_: Trace) -> Complaint:
        acted: set[tuple[Any, ...]] = set()

        def wrong(event: Event) -> str | None:
            if (effect := _noted(event, "Effect")) is None:
                return None
            key = event.agent, effect.letter.publisher, effect.letter.number
            if key in acted:
                return f"{event.agent} acts twice on letter {key[2]} of {key[1]}."
            acted.add(key)
            return None

        return wrong

    return watched("nobody acts twice on a letter", watch)


def queues_are_bounded(bound: int) -> Property:
    """MB-S4: no queue of the bus is longer than `bound`."""

    def short(now: Moment) -> bool | str:
        long = [agent for agent in now.alive if (now.state(agent, "pending") or 0) > bound]
        return f"{long[0]} holds more than {bound} letters for somebody." if long else True

    return always(f"at most {bound} letters wait", short)


def everything_arrives(within: float) -> Property:
    """MB-L1: what the bus accepted reaches, in so many seconds, whoever subscribed with an answer.

    Or the bus says that it was shed, or is dead; or they unsubscribe.
    """
    name = f"everything arrives within {within:g} s"
    return Property(name, lambda trace: leads_to(name, *_errands(trace), within)(trace))


def _errands(trace: Trace) -> tuple[Begins, Ends]:
    """What opens an errand of the bus, to bring a letter to somebody, and what closes it."""
    said = _sent(trace)
    accepted: set[Any] = set()
    wanted: dict[tuple[str | None, str], None] = {}

    def begins(event: Event) -> list[Hashable]:
        what = said.get(event.message) if event.kind == HANDLE else None
        if event.name == "Subscribe" and what and what.acknowledged:
            wanted[event.peer, what.pattern] = None
        elif event.name == "Unsubscribe" and what:
            wanted.pop((event.peer, what.pattern), None)
        elif event.name == "Publish" and what and what.letter not in accepted:
            accepted.add(what.letter)
            return [(who, what.letter) for who, pattern in wanted if matches(what.letter.topic, pattern)]
        return []

    def ends(event: Event, begun: Begun) -> list[Hashable]:
        what = said.get(event.message) if event.kind == HANDLE else None
        if event.name == "Unsubscribe" and what:
            left = [pattern for who, pattern in wanted if who == event.peer and pattern != what.pattern]
            mine = [key for key in begun if isinstance(key, tuple) and key[0] == event.peer]
            return [key for key in mine if not any(matches(key[1].topic, each) for each in left)]
        lost = _noted(event, "Shed") or _noted(event, "DeadLetter")
        if lost is not None:
            return [(lost.subscriber, lost.letter)]
        brought = said.get(event.message) if event.kind == HANDLE and event.name == "Deliver" else None
        return [] if brought is None else [(event.agent, brought.letter)]

    return begins, ends


def properties(bound: int = 1_000, within: float = 5.0) -> tuple[Property, ...]:
    """All of them, for queues of `bound` letters and everything brought in `within` seconds."""
    return (
        only_published_and_wanted(),
        in_order(),
        acts_once(),
        queues_are_bounded(bound),
        everything_arrives(within),
    )
