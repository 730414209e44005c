"""What must hold of a blackboard, whatever its sources know: invariants BB-S1 to BB-L2 on a trace."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from coordlab.checks import HOLDS, UNDECIDED, VIOLATED, Complaint, Property, Verdict, moments, never
from coordlab.world.trace import DECISION, DELIVER, DROP, HANDLE, NOTE, SEND, Event, Trace

Rating = Callable[[Any], float]
Rules = list[tuple[tuple[str, ...], str]]


def _sent(event: Event, *names: str) -> bool:
    return event.kind == SEND and event.name in names


class Subscriptions:
    """Who has asked the board for what, as far as a trace has been told: see `take`."""

    def __init__(self, trace: Trace) -> None:
        self.requests = {e.message: e.data for e in trace.select("Subscribe") + trace.select("Unsubscribe")}
        self.asked: dict[tuple[str | None, str], tuple[str, bool]] = {}

    def take(self, event: Event) -> None:
        """Go on to the moment after `event`."""
        if event.kind == HANDLE and event.name in ("Subscribe", "Unsubscribe"):
            message = self.requests[event.message]
            self.asked.pop((event.peer, message.pattern), None)
            if event.name == "Subscribe":
                self.asked[event.peer, message.pattern] = message.level, message.trigger

    def wants(self, who: str | None, pattern: str, entry: Any) -> bool:
        """Whether `who` asked with this pattern to be told of such an entry."""
        level, trigger = self.asked.get((who, pattern), ("", True))
        return not trigger and fnmatchcase(entry.key, pattern) and level in ("", entry.level)

    def wanting(self, entry: Any) -> set[str | None]:
        """Everybody who asked to be told of such an entry."""
        return {who for who, pattern in self.asked if self.wants(who, pattern, entry)}


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
            if not subscriptions.wants(event.peer, event.data.pattern, entry):
                return f"{event.peer} was told of {entry.key}, for which it had not asked."
            if (entry.key, entry.version) not in written:
                return f"{entry.key}, version {entry.version}, was never on the board."
            return None

        return wrong

    return never("notices match what was asked for", watch)


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

    return never("versions count up", watch)


def triggered_once() -> Property:
    """BB-S3: a source is activated at most once for each version of an entry."""

    def watch(_: Trace) -> Complaint:
        seen: set[tuple[Any, ...]] = set()

        def wrong(event: Event) -> str | None:
            if not _sent(event, "Activate"):
                return None
            entry = event.data.entry
            what = (event.peer, entry.key, entry.version)
            if what in seen:
                return f"{event.peer} was activated twice for {entry.key}, version {entry.version}."
            seen.add(what)
            return None

        return wrong

    return never("each source once for each version", watch)


def best_rated_first(rating: Rating) -> Property:
    """BB-S4: whoever is activated was on the agenda, and nobody there was rated higher."""

    def watch(_: Trace) -> Complaint:
        agenda: dict[int, Any] = {}

        def wrong(event: Event) -> str | None:
            if event.kind == NOTE and hasattr(event.data, "order"):
                agenda[event.data.order] = event.data
            elif event.kind == DECISION and hasattr(event.data, "order"):
                if event.data.order not in agenda:
                    return f"{event.data.source} was not on the agenda."
                best = max(map(rating, agenda.values()))
                agenda.pop(event.data.order)
                if rating(event.data) < best:
                    return f"{event.data.source} was rated {rating(event.data):g}, another {best:g}."
            return None

        return wrong

    return never("the best rated acts first", watch)


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

    return never("compare-and-set compares", watch)


def everyone_is_told(within: float) -> Property:
    """BB-L1: whoever subscribed hears of each match in so many seconds, unless it is down or wrote it.

    Undecided while a notice is under way at the end of the trace, and not late yet.
    """
    name = f"everyone is told within {within:g} s"

    def judge(trace: Trace) -> Verdict:
        verdict = never(name, lambda trace: _untold(trace, within))(trace)
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
    """BB-L2: when nothing is left to do, all that follows from what was observed is on the board.

    Undecided if the trace ends while somebody is still at work.
    """
    name = "all that follows is found"

    def judge(trace: Trace) -> Verdict:
        entries = [event.data.entry for event in trace.select("Written")]
        seen = {entry.key[5:] for entry in entries if entry.level == "observation"}
        missing = ", ".join(sorted(closure(seen, rules) - {entry.key[5:] for entry in entries}))
        *_, end = moments(trace) if missing else [None]
        if end is None:
            return Verdict(name, HOLDS if len(trace) else UNDECIDED)
        if end.where("role", "controlling") or end.where("role", "working"):
            return Verdict(name, UNDECIDED, because=f"the run ends before all is done: {missing} open")
        return Verdict(name, VIOLATED, trace.until, None, f"{missing} never came.")

    return Property(name, judge)


def closure(facts: set[str], rules: Rules) -> set[str]:
    """All that follows from `facts` by `rules` (needs, gives): what a quiescent board holds, in any order.

    >>> sorted(closure({"hair", "meat"}, [(("hair",), "mammal"), (("mammal", "meat"), "carnivore")]))
    ['carnivore', 'hair', 'mammal', 'meat']
    """
    known = set(facts)
    while more := {gives for needs, gives in rules if known >= set(needs)} - known:
        known |= more
    return known


def properties(rating: Rating, rules: Rules, within: float = 1.0) -> tuple[Property, ...]:
    """All of them, for a control that rates so, sources that know these rules, and news in `within` s."""
    return (
        notices_match(),
        versions_count_up(),
        triggered_once(),
        best_rated_first(rating),
        compare_and_set(),
        everyone_is_told(within),
        closed_under(rules),
    )
