"""What must hold of a blackboard, whatever its sources know: invariants BB-S1 to BB-L2 on a trace."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from coordlab.checks import Property, Verdict
from coordlab.world.trace import DECISION, DELIVER, DROP, NOTE, SEND, Event, Trace

Rating = Callable[[Any], float]


def _first(name: str, trace: Trace, wrong: Callable[[Event], str | None]) -> Verdict:
    """Violated at the first event of which `wrong` has something to say."""
    for event in trace:
        if why := wrong(event):
            return Verdict(name, "violated", event.time, event.seq, why)
    return Verdict(name, "holds")


def _fits(entry: Any, pattern: str, level: str) -> bool:
    return fnmatchcase(entry.key, pattern) and level in ("", entry.level)


def _sent(event: Event, name: str) -> bool:
    return event.kind == SEND and event.name == name


def notices_match() -> Property:
    """BB-S1: whoever is notified asked for it, and what it is told of is on the board."""
    name = "notices match what was asked for"

    def judge(trace: Trace) -> Verdict:
        committed = {(e.data.entry.key, e.data.entry.version) for e in trace.select("Written")}

        def wrong(event: Event) -> str | None:
            if not _sent(event, "Notify"):
                return None
            entry, pattern = event.data.entry, event.data.pattern
            if not fnmatchcase(entry.key, pattern):
                return f"{event.peer} asked for {pattern} and was told of {entry.key}."
            if (entry.key, entry.version) not in committed:
                return f"{entry.key}, version {entry.version}, was never on the board."
            return None

        return _first(name, trace, wrong)

    return Property(name, judge)


def versions_count_up() -> Property:
    """BB-S2: the versions of each key are 1, 2, 3 …: none is lost, none comes twice."""
    name = "versions count up"

    def judge(trace: Trace) -> Verdict:
        last: dict[str, int] = {}

        def wrong(event: Event) -> str | None:
            if not (_sent(event, "Written") or _sent(event, "Retracted")):
                return None
            entry = getattr(event.data, "entry", event.data)
            before, last[entry.key] = last.get(entry.key, 0), entry.version
            if entry.version != before + 1:
                return f"after version {before} of {entry.key} came version {entry.version}."
            return None

        return _first(name, trace, wrong)

    return Property(name, judge)


def triggered_once() -> Property:
    """BB-S3: a source is activated at most once for each version of an entry."""
    name = "each source once for each version"

    def judge(trace: Trace) -> Verdict:
        seen: set[tuple[Any, ...]] = set()

        def wrong(event: Event) -> str | None:
            if not _sent(event, "Activate"):
                return None
            entry = event.data.entry
            what = (event.peer, entry.key, entry.version)
            if what in seen:
                return f"{event.peer} was activated twice for {entry.key}, version {entry.version}."
            return seen.add(what)

        return _first(name, trace, wrong)

    return Property(name, judge)


def best_rated_first(rating: Rating) -> Property:
    """BB-S4: whoever is activated was rated highest of those on the agenda."""
    name = "the best rated acts first"

    def judge(trace: Trace) -> Verdict:
        agenda: dict[int, Any] = {}

        def wrong(event: Event) -> str | None:
            if event.kind == NOTE and hasattr(event.data, "order"):
                agenda[event.data.order] = event.data
            elif event.kind == DECISION and hasattr(event.data, "order"):
                best = max(map(rating, agenda.values()))
                agenda.pop(event.data.order)
                if rating(event.data) < best:
                    return f"{event.data.source} was rated {rating(event.data):g}, another {best:g}."
            return None

        return _first(name, trace, wrong)

    return Property(name, judge)


def compare_and_set() -> Property:
    """BB-S5: a write that expected a version succeeded only if that was the version."""
    name = "compare-and-set compares"

    def judge(trace: Trace) -> Verdict:
        writes = {event.message: event.data for event in trace.select("Write")}

        def wrong(event: Event) -> str | None:
            if not _sent(event, "Written") or event.cause is None:
                return None
            asked = writes.get(trace[event.cause].message)
            if asked is None or asked.expected is None or event.data.entry.version == asked.expected + 1:
                return None
            return f"{event.peer} expected version {asked.expected} and wrote version {event.data.entry.version}."

        return _first(name, trace, wrong)

    return Property(name, judge)


def everyone_is_told(within: float) -> Property:
    """BB-L1: whoever subscribed hears of each match in so many seconds, unless it is down or wrote it."""
    name = f"everyone is told within {within:g} s"

    def judge(trace: Trace) -> Verdict:
        arrived = {e.message: e.time for e in trace if e.kind == DELIVER and e.name == "Notify"}
        excused = {e.message for e in trace if e.kind == DROP and e.name == "Notify" and e.data == "down"}
        requests = {e.message: e.data for e in trace.select("Subscribe") + trace.select("Unsubscribe")}
        asked: dict[tuple[str | None, str], str] = {}
        told: set[tuple[Any, ...]] = set()

        def wrong(event: Event) -> str | None:
            if event.kind == "handle" and event.name in ("Subscribe", "Unsubscribe"):
                message = requests[event.message]
                asked.pop((event.peer, message.pattern), None)
                if event.name == "Subscribe" and not message.trigger:
                    asked[event.peer, message.pattern] = message.level
            elif _sent(event, "Notify"):
                told.add((event.peer, event.data.entry.key, event.data.entry.version))
                late = arrived.get(event.message, trace.until) > event.time + within
                if late and event.message not in excused:
                    return f"{event.peer} was not told of {event.data.entry.key} in time."
            elif _sent(event, "Written"):
                entry = event.data.entry
                wanting = [who for (who, pattern), level in asked.items() if _fits(entry, pattern, level)]
                missed = [
                    w for w in wanting if w != entry.author and (w, entry.key, entry.version) not in told
                ]
                return f"{missed[0]} was never told of {entry.key}." if missed else None
            return None

        return _first(name, trace, wrong)

    return Property(name, judge)


def closed_under(rules: list[tuple[tuple[str, ...], str]]) -> Property:
    """BB-L2: when nothing is left to do, all that follows from what was observed is on the board."""
    name = "all that follows is found"

    def judge(trace: Trace) -> Verdict:
        entries = [event.data.entry for event in trace.select("Written")]
        seen = {entry.key[5:] for entry in entries if entry.level == "observation"}
        missing = closure(seen, rules) - {entry.key[5:] for entry in entries}
        if not missing:
            return Verdict(name, "holds")
        busy = trace.select("role", kind="state")[-1:]
        if busy and busy[0].data in ("controlling", "working"):
            return Verdict(
                name, "undecided", because=f"the run ends before all is done: {sorted(missing)} open"
            )
        return Verdict(name, "violated", trace.until, None, f"{', '.join(sorted(missing))} never came.")

    return Property(name, judge)


def closure(facts: set[str], rules: list[tuple[tuple[str, ...], str]]) -> set[str]:
    """All that follows from `facts` by `rules` (needs, gives): what a quiescent board must hold, in any order.

    >>> sorted(closure({"hair", "meat"}, [(("hair",), "mammal"), (("mammal", "meat"), "carnivore")]))
    ['carnivore', 'hair', 'mammal', 'meat']
    """
    known = set(facts)
    while more := {gives for needs, gives in rules if known >= set(needs)} - known:
        known |= more
    return known


def properties(
    rating: Rating, rules: list[tuple[tuple[str, ...], str]], within: float = 1.0
) -> tuple[Property, ...]:
    """All of them, for a control that rates like this, sources that know these rules, and news within `within` s."""
    return (
        notices_match(),
        versions_count_up(),
        triggered_once(),
        best_rated_first(rating),
        compare_and_set(),
        everyone_is_told(within),
        closed_under(rules),
    )
