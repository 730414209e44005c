"""What must hold of a blackboard with any sources: invariants BB-S1 to BB-L2 on a trace."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from coordlab.patterns.blackboard.rules import Entry, Query, Rating, first_come
from coordlab.properties import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Objection,
    Property,
    Verdict,
    moments,
    recorded,
    safety,
)
from coordlab.properties.records import as_message
from coordlab.trace.trace import DELIVER, DROP, HANDLE, NOTE, SEND, Event, Trace

Rules = Sequence[tuple[tuple[str, ...], str]]
"""What a rule needs, and what it concludes, by key."""


def _sent(event: Event, *names: str) -> bool:
    return event.kind == SEND and event.name in names


def _asks_for(query: Query, entry: Entry) -> bool:
    """Whether a query asks for an entry, told without the board's own rule."""
    same = query.level in ("", entry.level) and query.author in ("", entry.author)
    return same and fnmatchcase(entry.key, query.pattern) and entry.confidence >= query.confidence


class Subscriptions:
    """Who has asked the board for which news, up to the last event given to `take`."""

    def __init__(self) -> None:
        self.asked: dict[tuple[str | None, Query], None] = {}

    def take(self, event: Event) -> None:
        """Advance past `event`."""
        if event.kind == HANDLE and event.name in ("Subscribe", "Unsubscribe"):
            asked = event.peer, as_message(Query, event.content.query)
            self.asked.pop(asked, None)
            if event.name == "Subscribe" and not event.content.trigger:
                self.asked[asked] = None

    def wanting(self, entry: Entry) -> set[str | None]:
        """All that asked to be told of such an entry."""
        return {who for who, query in self.asked if _asks_for(query, entry)}


@safety("notices match what was asked for")
def notices_match(trace: Trace) -> Iterator[Objection]:
    """BB-S1: an agent that is notified asked for it, and another wrote it; no agent is told twice.

    It is told again only if it subscribes again.
    """
    writers = _writers(trace)
    subscriptions, told = Subscriptions(), dict[tuple[str | None, Query], set[tuple[str, int]]]()
    for event in trace:
        subscriptions.take(event)
        if event.kind == HANDLE and event.name == "Subscribe":
            told.pop((event.peer, as_message(Query, event.content.query)), None)
        if _sent(event, "Notify"):
            entry, query = event.data.entry, as_message(Query, event.data.query)
            this, heard = (entry.key, entry.version), told.setdefault((event.peer, query), set())
            if (event.peer, query) not in subscriptions.asked or not _asks_for(query, entry):
                yield event, f"{event.peer} was told of {entry.key}, for which it had not asked."
            if this not in writers:
                yield event, f"{entry.key}, version {entry.version}, was never on the board."
            if event.peer == writers.get(this):
                yield event, f"{event.peer} was told of {entry.key}, which it wrote itself."
            if this in heard:
                yield event, f"{event.peer} was told twice of {entry.key}, version {entry.version}."
            heard.add(this)


def _writers(trace: Trace) -> dict[tuple[str, int], str | None]:
    """Who wrote each version of each key, by whom the board replied to."""
    written = trace.select("Written", kind=SEND)
    return {(each.data.entry.key, each.data.entry.version): each.peer for each in written}


def _committed(trace: Trace) -> Iterator[tuple[Event, str, int, int]]:
    """Each write and retraction: the event, the key, its new version and the version before."""
    last: dict[str, int] = {}
    for event in trace:
        if _sent(event, "Written", "Retracted"):
            entry = event.data.entry if event.name == "Written" else event.data
            yield event, entry.key, entry.version, last.get(entry.key, 0)
            last[entry.key] = entry.version


@safety("versions count up")
def versions_count_up(trace: Trace) -> Iterator[Objection]:
    """BB-S2: the versions of each key are 1, 2, 3 …: none is lost, none comes twice."""
    for event, key, version, before in _committed(trace):
        if version != before + 1:
            yield event, f"after version {before} of {key} came version {version}."


@safety("each source once for each version")
def triggered_once(trace: Trace) -> Iterator[Objection]:
    """BB-S3: a source is activated at most once for each version of an entry, and for none of its own.

    It is activated again if it subscribes again.
    """
    writers, seen = _writers(trace), dict[str | None, set[tuple[str, int]]]()
    for event in trace:
        if event.kind == HANDLE and event.name == "Subscribe":
            seen.pop(event.peer, None)
        elif _sent(event, "Activate"):
            entry, before = event.data.entry, seen.setdefault(event.peer, set())
            if (entry.key, entry.version) in before:
                yield event, f"{event.peer} was activated twice for {entry.key}, version {entry.version}."
            if event.peer == writers.get((entry.key, entry.version)):
                yield event, f"{event.peer} was activated for {entry.key}, which it wrote itself."
            before.add((entry.key, entry.version))


def few_at_a_time(concurrent: int, limit: float = 10.0) -> Property:
    """BB-S6: at most `concurrent` sources act at a time; after `limit` seconds of silence one has acted."""

    @safety(f"no more than {concurrent} acting at a time")
    def objections(trace: Trace) -> Iterator[Objection]:
        acting: list[tuple[str | None, float]] = []  # each source, and when it began
        for event in trace:
            if event.kind == HANDLE and event.name == "Done":
                done = next((each for each in reversed(acting) if each[0] == event.peer), None)
                acting = [each for each in acting if each is not done]
            elif _sent(event, "Activate"):
                acting = [each for each in acting if event.time < each[1] + limit - 1e-9]
                acting.append((event.peer, event.time))
                if len(acting) > concurrent:
                    yield event, f"{', '.join(str(who) for who, _ in acting)} act at the same time."

    return objections


def best_rated_first(rating: Rating) -> Property:
    """BB-S4: a source that is activated was on the agenda, and nothing there was rated higher."""

    @safety("the best rated acts first")
    def objections(trace: Trace) -> Iterator[Objection]:
        agenda: list[tuple[float, int]] = []  # rating and order, the best last
        for event in recorded(trace, "Activation"):
            this = (rating(event.data), event.data.order)
            place = bisect_left(agenda, this)
            if event.kind == NOTE:
                agenda.insert(place, this)
                continue
            if this not in agenda[place : place + 1]:
                yield event, f"{event.data.source} was not on the agenda."
            best, _ = agenda[-1]
            if this[0] < best:
                yield event, f"{event.data.source} was rated {this[0]:g}, another {best:g}."
            agenda.pop(place)

    return objections


@safety("compare-and-set compares")
def compare_and_set(trace: Trace) -> Iterator[Objection]:
    """BB-S5: a write that expected a version succeeded only if that was the version."""
    for event, key, _, before in _committed(trace):
        request = trace[event.cause] if event.cause is not None else None
        if request is not None and request.name == "Write":
            expected = request.content.expected
            if expected not in (None, before):
                yield event, f"{event.peer} expected version {expected} of {key} and wrote over {before}."


def everyone_is_told(within: float) -> Property:
    """BB-L1: a subscriber hears of each match `within` this many seconds, unless it is down or wrote it.

    Undecided while a notice is under way at the end of the trace, and not late yet.
    """
    name = f"everyone is told within {within:g} s"

    @safety(name)
    def untold(trace: Trace) -> Iterator[Objection]:
        arrived = {e.message: e.time for e in trace if e.kind == DELIVER and e.name == "Notify"}
        fates = {e.message: e.data for e in trace if e.kind == DROP and e.name == "Notify"}
        subscriptions, told = Subscriptions(), set[tuple[str | None, str, int]]()
        for event in trace:
            subscriptions.take(event)
            if _sent(event, "Notify"):
                told.add((event.peer, event.data.entry.key, event.data.entry.version))
                fate = fates.get(event.message)
                end = trace.until if fate is None else float("inf")
                if fate != "down" and arrived.get(event.message, end) > event.time + within:
                    yield event, f"{event.peer} was not told of {event.data.entry.key} in time."
            elif _sent(event, "Written"):
                entry = event.data.entry
                wanting = subscriptions.wanting(entry) - {entry.author}
                if missed := sorted(str(w) for w in wanting if (w, entry.key, entry.version) not in told):
                    yield event, f"{missed[0]} was never told of {entry.key}."

    def judge(trace: Trace) -> Verdict:
        verdict = untold(trace)
        ended = {e.message for e in trace if e.kind in (DELIVER, DROP)}
        late = next((e for e in trace.select("Notify", kind=SEND) if e.message not in ended), None)
        if not verdict or late is None:
            return verdict
        return Verdict(name, UNDECIDED, because=f"{late.peer} has not been told yet when the run ends")

    return Property(name, judge)


def closed_under(rules: Rules) -> Property:
    """BB-L2: when nothing is left to do, the board holds what was observed and all that follows; no more.

    Each conclusion names all that a rule needs, and is not surer than the least sure of it.  Only what is on
    the board at the end counts: a conclusion that was not withdrawn with its grounds is one too many.
    It is promised only if the board stays up: one that crashes loses its entries.
    Undecided if the trace ends while a source is at work, or if control had to stop before.
    """
    name = "all that follows is found"

    def judge(trace: Trace) -> Verdict:
        present = _present(trace)
        follows = closure({key for key, level in present.items() if level == "observation"}, rules)
        for event, why in _unfounded(trace, rules):
            return Verdict(name, VIOLATED, event.time, event.seq, why)
        missing, extra = sorted(follows - present.keys()), sorted(present.keys() - follows)
        *_, end = moments(trace) if len(trace) else [None]
        if end is None or any(end.where("role", each) for each in ("controlling", "working", "exhausted")):
            why = f"the run ends before all is done: {', '.join(missing) or 'nothing'} open"
            return Verdict(name, UNDECIDED, because=why)
        if missing:
            return Verdict(name, VIOLATED, trace.until, None, f"{', '.join(missing)} never came.")
        if extra:
            what = f"on the board, but following from nothing that was observed: {', '.join(extra)}."
            return Verdict(name, VIOLATED, trace.until, None, what)
        return Verdict(name, HOLDS)

    return Property(name, judge)


def _unfounded(trace: Trace, rules: Rules) -> Iterator[Objection]:
    """Conclusions that do not say what they rest on, or are surer than it is."""
    sure: dict[tuple[str, int], float] = {}
    needed: dict[str, list[set[str]]] = {}
    for needs, gives in rules:
        needed.setdefault(gives, []).append(set(needs))
    for event in trace.select("Written", kind=SEND):
        entry = event.data.entry
        sure[entry.key, entry.version] = entry.confidence
        if entry.key in needed and entry.level != "observation":
            grounds = [each for each in entry.sources if each[0] != entry.key]
            if not any(needs <= {key for key, _ in grounds} for needs in needed[entry.key]):
                yield event, f"{entry.key} does not name what it rests on."
            elif entry.confidence > min(sure.get(each, 0.0) for each in grounds):
                yield event, f"{entry.key} is surer than what it rests on."


def _present(trace: Trace) -> dict[str, str]:
    """The levels of the entries that are on the board when the trace ends, by key."""
    present: dict[str, str] = {}
    for event in trace.select("Written", "Retracted", kind=SEND):
        if event.name == "Written":
            present[event.data.entry.key] = event.data.entry.level
        else:
            present.pop(event.data.key, None)
    return present


def closure(facts: set[str], rules: Rules) -> set[str]:
    """All that follows from `facts` by `rules` (needs, conclusion), in any order; the facts included.

    >>> sorted(closure({"hair", "meat"}, [(("hair",), "mammal"), (("mammal", "meat"), "carnivore")]))
    ['carnivore', 'hair', 'mammal', 'meat']
    """
    known = set(facts)
    while more := {gives for needs, gives in rules if known >= set(needs)} - known:
        known |= more
    return known


def properties(
    rating: Rating = first_come,
    rules: Rules = (),
    within: float = 1.0,
    concurrent: int | None = None,
    limit: float = 10.0,
) -> tuple[Property, ...]:
    """All of them.

    rating  how the control rates activations.
    rules   what the sources know; without any, BB-L2 is left out.
    within  seconds in which subscribers hear of news.
    concurrent, limit  as of the board; without the first, BB-S6 is left out.
    """
    return (
        notices_match,
        versions_count_up,
        triggered_once,
        best_rated_first(rating),
        compare_and_set,
        everyone_is_told(within),
        *([] if concurrent is None else [few_at_a_time(concurrent, limit)]),
        *([closed_under(rules)] if rules else []),
    )
