"""What must hold of a blackboard, whatever its sources know: invariants BB-S1 to BB-L2 on a trace."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from coordlab.patterns.blackboard.rules import Query, Rating, first_come
from coordlab.properties import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Complaint,
    Property,
    Verdict,
    moments,
    on_record,
    watched,
)
from coordlab.trace.trace import DELIVER, DROP, HANDLE, NOTE, SEND, Event, Trace

Rules = Sequence[tuple[tuple[str, ...], str]]
"""Needs, and what they give, by key."""


def _sent(event: Event, *names: str) -> bool:
    return event.kind == SEND and event.name in names


def _query(message: Any) -> Query:
    """What a message asks for, or answers; of a trace from a file, too."""
    return Query(**vars(message.query))


class Subscriptions:
    """Who has asked the board to be told of what, as far as a trace has been told: see `take`."""

    def __init__(self, trace: Trace) -> None:
        self.requests = {e.message: e.data for e in trace.select("Subscribe") + trace.select("Unsubscribe")}
        self.asked: dict[tuple[str | None, Query], None] = {}

    def take(self, event: Event) -> None:
        """Go on to the moment after `event`."""
        if event.kind == HANDLE and event.name in ("Subscribe", "Unsubscribe"):
            request = self.requests[event.message]
            asked = event.peer, _query(request)
            self.asked.pop(asked, None)
            if event.name == "Subscribe" and not request.trigger:
                self.asked[asked] = None

    def wanting(self, entry: Any) -> set[str | None]:
        """Everybody who asked to be told of such an entry."""
        return {who for who, query in self.asked if query.matches(entry)}


def notices_match() -> Property:
    """BB-S1: whoever is notified asked for it, and what it is told of is on the board."""

    def watch(trace: Trace) -> Complaint:
        written = {(e.data.entry.key, e.data.entry.version) for e in trace.select("Written")}
        subscriptions = Subscriptions(trace)

        def wrong(event: Event) -> str | None:
            subscriptions.take(event)
            if not _sent(event, "Notify"):
                return None
            entry = event.data.entry
            query = _query(event.data)
            if (event.peer, query) not in subscriptions.asked or not query.matches(entry):
                return f"{event.peer} was told of {entry.key}, for which it had not asked."
            if (entry.key, entry.version) not in written:
                return f"{entry.key}, version {entry.version}, was never on the board."
            return None

        return wrong

    return watched("notices match what was asked for", watch)


def versions_count_up() -> Property:
    """BB-S2: the versions of each key are 1, 2, 3 …: none is lost, none comes twice."""

    def watch(_: Trace) -> Complaint:
        last: dict[str, int] = {}

        def wrong(event: Event) -> str | None:
            if not _sent(event, "Written", "Retracted"):
                return None
            entry = getattr(event.data, "entry", event.data)
            before, last[entry.key] = last.get(entry.key, 0), entry.version
            if entry.version != before + 1:
                return f"after version {before} of {entry.key} came version {entry.version}."
            return None

        return wrong

    return watched("versions count up", watch)


def triggered_once() -> Property:
    """BB-S3: a source is activated at most once for each version of an entry, unless it subscribes anew."""

    def watch(_: Trace) -> Complaint:
        seen: dict[str | None, set[tuple[str, int]]] = {}

        def wrong(event: Event) -> str | None:
            if event.kind == HANDLE and event.name == "Subscribe":
                seen.pop(event.peer, None)
            if not _sent(event, "Activate"):
                return None
            entry, before = event.data.entry, seen.setdefault(event.peer, set())
            if (entry.key, entry.version) in before:
                return f"{event.peer} was activated twice for {entry.key}, version {entry.version}."
            before.add((entry.key, entry.version))
            return None

        return wrong

    return watched("each source once for each version", watch)


def best_rated_first(rating: Rating) -> Property:
    """BB-S4: whoever is activated was on the agenda, and nobody there was rated higher."""

    def watch(_: Trace) -> Complaint:
        agenda: list[tuple[float, int]] = []  # rating and order, the best last

        def wrong(event: Event) -> str | None:
            if not on_record(event, "Activation"):
                return None
            this = (rating(event.data), event.data.order)
            place = bisect_left(agenda, this)
            if event.kind == NOTE:
                agenda.insert(place, this)
                return None
            if this not in agenda[place : place + 1]:
                return f"{event.data.source} was not on the agenda."
            best, _ = agenda[-1]
            agenda.pop(place)
            return f"{event.data.source} was rated {this[0]:g}, another {best:g}." if this[0] < best else None

        return wrong

    return watched("the best rated acts first", watch)


def compare_and_set() -> Property:
    """BB-S5: a write that expected a version succeeded only if that was the version."""

    def watch(trace: Trace) -> Complaint:
        writes = {event.message: event.data for event in trace.select("Write")}
        last: dict[str, int] = {}

        def wrong(event: Event) -> str | None:
            if not _sent(event, "Written", "Retracted"):
                return None
            entry = getattr(event.data, "entry", event.data)
            before, last[entry.key] = last.get(entry.key, 0), entry.version
            asked = writes.get(trace[event.cause].message) if event.cause is not None else None
            if asked is None or asked.expected in (None, before):
                return None
            return f"{event.peer} expected version {asked.expected} of {entry.key} and wrote over {before}."

        return wrong

    return watched("compare-and-set compares", watch)


def everyone_is_told(within: float) -> Property:
    """BB-L1: whoever subscribed hears of each match in so many seconds, unless it is down or wrote it.

    Undecided while a notice is under way at the end of the trace, and not late yet.
    """
    name = f"everyone is told within {within:g} s"

    def judge(trace: Trace) -> Verdict:
        verdict = watched(name, lambda trace: _untold(trace, within))(trace)
        ended = {e.message for e in trace if e.kind in (DELIVER, DROP)}
        under_way = [e for e in trace.select("Notify") if e.message not in ended]
        if verdict and under_way:
            return Verdict(
                name, UNDECIDED, because=f"{under_way[0].peer} has not been told yet when the run ends"
            )
        return verdict

    return Property(name, judge)


def _untold(trace: Trace, within: float) -> Complaint:
    arrived = {e.message: e.time for e in trace if e.kind == DELIVER and e.name == "Notify"}
    fates = {e.message: e.data for e in trace if e.kind == DROP and e.name == "Notify"}
    subscriptions = Subscriptions(trace)
    told: set[tuple[Any, ...]] = set()

    def wrong(event: Event) -> str | None:
        subscriptions.take(event)
        if _sent(event, "Notify"):
            told.add((event.peer, event.data.entry.key, event.data.entry.version))
            fate = fates.get(event.message)
            end = trace.until if fate is None else float("inf")
            if fate != "down" and arrived.get(event.message, end) > event.time + within:
                return f"{event.peer} was not told of {event.data.entry.key} in time."
        elif _sent(event, "Written"):
            entry = event.data.entry
            wanting = subscriptions.wanting(entry) - {entry.author}
            missed = sorted(str(w) for w in wanting if (w, entry.key, entry.version) not in told)
            return f"{missed[0]} was never told of {entry.key}." if missed else None
        return None

    return wrong


def closed_under(rules: Rules) -> Property:
    """BB-L2: when nothing is left to do, the board holds what was observed and all that follows; no more.

    What stands there in the end counts: a conclusion that nobody withdrew with its grounds is one too
    many.  Undecided if the trace ends while somebody is at work, or control had to stop before.
    """
    name = "all that follows is found"

    def judge(trace: Trace) -> Verdict:
        standing = _standing(trace)
        seen = {key for key, entry in standing.items() if entry.level == "observation"}
        follows = closure(seen, rules)
        missing, extra = sorted(follows - standing.keys()), sorted(standing.keys() - follows)
        *_, end = moments(trace) if len(trace) else [None]
        if end is None or any(end.where("role", each) for each in ("controlling", "working", "exhausted")):
            why = f"the run ends before all is done: {', '.join(missing) or 'nothing'} open"
            return Verdict(name, UNDECIDED, because=why)
        if missing:
            return Verdict(name, VIOLATED, trace.until, None, f"{', '.join(missing)} never came.")
        if extra:
            what = f"{', '.join(extra)} stands there and follows from nothing that was observed."
            return Verdict(name, VIOLATED, trace.until, None, what)
        return Verdict(name, HOLDS)

    return Property(name, judge)


def _standing(trace: Trace) -> dict[str, Any]:
    """What stands on the board when the trace ends, by key."""
    standing = {}
    for event in trace.select("Written", "Retracted", kind=SEND):
        if event.name == "Written":
            standing[event.data.entry.key] = event.data.entry
        else:
            standing.pop(event.data.key, None)
    return standing


def closure(facts: set[str], rules: Rules) -> set[str]:
    """All that follows from `facts` by `rules` (needs, gives): what a quiescent board holds, in any order.

    >>> sorted(closure({"hair", "meat"}, [(("hair",), "mammal"), (("mammal", "meat"), "carnivore")]))
    ['carnivore', 'hair', 'mammal', 'meat']
    """
    known = set(facts)
    while more := {gives for needs, gives in rules if known >= set(needs)} - known:
        known |= more
    return known


def properties(rating: Rating = first_come, rules: Rules = (), within: float = 1.0) -> tuple[Property, ...]:
    """All of them, for a control that rates so, sources that know these rules, and news in `within` s.

    Without rules nothing is said of what follows.
    """
    return (
        notices_match(),
        versions_count_up(),
        triggered_once(),
        best_rated_first(rating),
        compare_and_set(),
        everyone_is_told(within),
        *([closed_under(rules)] if rules else []),
    )
