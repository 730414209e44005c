"""What must hold of conflict resolution: invariants CR-S1, CR-S2, CR-S4 to CR-S6 and CR-L1 on a trace.

Openings and late candidates are notes, resolutions are decisions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from functools import reduce
from hashlib import blake2b

from coordlab.patterns.conflict.rules import Candidate, Policy, Resolved, resolve
from coordlab.properties import (
    Begun,
    Objection,
    Property,
    leads_to,
    on_record,
    recorded,
    safety,
)
from coordlab.properties.records import as_message
from coordlab.trace.trace import CRASH, HANDLE, SEND, Event, Trace, plain


def order_is_nothing(policy: Policy, orders: int = 20) -> Property:
    """CR-S1: what was settled without asking comes out the same from its candidates in any order."""

    @safety("the order of arrival decides nothing")
    def judge(trace: Trace) -> Iterator[Objection]:
        for event in recorded(trace, "Resolved"):
            done = as_message(Resolved, event.content)
            if done.by not in ("merge", "tie-break", "default"):
                continue
            among = done.kept + done.lost
            again = (resolve(done.conflict, _shuffled(among, n), done.by, policy) for n in range(orders))
            if any(each != done and plain(each) != plain(done) for each in again):
                yield event, f"{done.conflict} was settled by {done.by}; its candidates do not lead to that."

    return judge


def _shuffled(candidates: Iterable[Candidate], number: int) -> list[Candidate]:
    """One of many orders that look random, and are the same in every run."""
    return sorted(candidates, key=lambda each: blake2b(f"{number} {each.id}".encode()).digest())


@safety("no candidate is dropped")
def nobody_dropped(trace: Trace) -> Iterator[Objection]:
    """CR-S2: every candidate heard is kept or lost in the resolution, or comes later and is noted as lost."""
    heard: defaultdict[str, set[str]] = defaultdict(set)
    closed: dict[str, set[str]] = {}
    late: Event | None = None  # a candidate that comes after the resolution, to be noted at once
    for event in trace:
        said, before, late = event.content, late, None
        if before and not on_record(event, "Lost"):
            yield before, f"{before.peer}'s candidate came late, and is not on record as lost."
        if event.kind == HANDLE and event.name == "Proposal" and said.candidate:
            heard[said.conflict].add(said.candidate.id)
            late = event if said.candidate.id not in closed.get(said.conflict, heard[said.conflict]) else None
        elif on_record(event, "Resolved"):
            closed[said.conflict] = {each.id for each in said.kept + said.lost}
            if missing := sorted(heard[said.conflict] - closed[said.conflict]):
                yield event, f"{missing[0]}'s candidate for {said.conflict} is neither kept nor lost."


def within_budget(policy: Policy) -> Property:
    """CR-S4: nobody is asked again about a conflict more often than the budget of retries allows."""

    @safety("retries within the budget")
    def judge(trace: Trace) -> Iterator[Objection]:
        asked: dict[tuple[str | None, str], int] = {}
        for event in trace.select("Ask", kind=SEND):
            if event.content.attempt:
                key = event.peer, event.content.conflict
                asked[key] = asked.get(key, 0) + 1
                if asked[key] > policy.retries:
                    yield event, f"{key[0]} was asked again about {key[1]}, more than {policy.retries} times."

    return judge


@safety("one resolution, told to all")
def told_to_all(trace: Trace) -> Iterator[Objection]:
    """CR-S5: a conflict is settled once, across crashes, and all who were asked are told so at once."""
    asked: defaultdict[str, set[str | None]] = defaultdict(set)
    settled: dict[str, Event] = {}
    untold: list[Event] = []  # resolutions that somebody has yet to be told of
    for event in trace:
        while untold and event.time > untold[-1].time:
            done = untold.pop()
            if who := sorted(map(str, asked[done.content.conflict])):
                yield done, f"{who[0]} was asked about {done.content.conflict}, and not told the resolution."
        if event.name == "Ask" and event.kind == SEND:
            asked[event.content.conflict].add(event.peer)
        elif on_record(event, "Resolved"):
            if event.content.conflict in settled:
                yield event, f"{event.content.conflict} was settled before."
            settled[event.content.conflict] = event
            untold.append(event)
        elif event.name == "Resolved" and event.kind == SEND:
            done = settled.get(event.content.conflict, event)
            if done is event or event.content != done.content:
                yield event, f"{event.peer} is told another resolution of {event.content.conflict}."
            asked[event.content.conflict].discard(event.peer)


def settled_by_what_was_said(policy: Policy) -> Property:
    """CR-S6: a resolution rests on the latest proposal of each and the ruling that were heard.

    All say so (merge or retry), the policy's own function makes it of them (merge), it is the first by
    priority, time or name, as far as the order names these before a draw (tie-break), a human chose it
    (escalate), or it is the default.
    """

    @safety("settled by what was said")
    def judge(trace: Trace) -> Iterator[Objection]:
        said: defaultdict[str, dict[str, tuple[int, Candidate]]] = defaultdict(dict)
        ruled: dict[str, str] = {}
        for event in trace:
            told = event.content
            if event.kind == HANDLE and event.name == "Proposal" and told.candidate:
                before, _ = said[told.conflict].get(told.candidate.id, (0, None))
                if told.attempt >= before:
                    said[told.conflict][told.candidate.id] = (
                        told.attempt,
                        as_message(Candidate, told.candidate),
                    )
            elif event.kind == HANDLE and event.name == "Ruling":
                ruled[told.conflict] = told.choice
            elif on_record(event, "Resolved"):
                among = [each for _, (_, each) in sorted(said[told.conflict].items())]
                if not _follows(as_message(Resolved, told), among, ruled.get(told.conflict), policy):
                    yield (
                        event,
                        f"{told.conflict} was settled by {told.by}, not by what was said.",
                    )

    return judge


def _follows(done: Resolved, among: list[Candidate], ruled: str | None, policy: Policy) -> bool:
    values = [each.value for each in among]
    if sorted(done.kept + done.lost, key=lambda each: each.id) != among:
        return False
    if done.by == "default":
        return done.value == policy.default
    if done.by == "escalate":
        return [done.value] == [each.value for each in among if each.id == ruled]
    if done.by == "tie-break":
        order = [*policy.order, "draw"][: [*policy.order, "draw"].index("draw")]
        keys = [
            [{"priority": -one.priority, "time": -one.at, "id": one.id}[each] for each in order]
            for one in among
        ]
        return any(key == min(keys) and value == done.value for key, value in zip(keys, values, strict=True))
    if done.by == "retry" or policy.merge is None:
        return bool(values) and all(value == done.value for value in values)
    merge = policy.merge
    return bool(values) and done.value == reduce(lambda a, b: a if a == b else merge(a, b), values)


def closed_in_time(policy: Policy) -> Property:
    """CR-L1: each conflict is settled within the policy's bound, even if nobody answers.

    A crash of the resolver stops the time; it starts again when the conflict is opened again.
    """

    def opens(event: Event) -> Iterable[Hashable]:
        return [(event.agent, event.content.conflict)] if on_record(event, "Opened") else []

    def closes(event: Event, begun: Begun) -> Iterable[Hashable]:
        if on_record(event, "Resolved"):
            return [(event.agent, event.content.conflict)]
        if event.kind != CRASH:
            return []
        return [key for key in begun if isinstance(key, tuple) and key[0] == event.agent]

    return leads_to(f"settled within {policy.bound:g} s", opens, closes, policy.bound)


def properties(policy: Policy) -> tuple[Property, ...]:
    """All of them, for a resolver with this policy."""
    return (
        order_is_nothing(policy),
        nobody_dropped,
        within_budget(policy),
        told_to_all,
        settled_by_what_was_said(policy),
        closed_in_time(policy),
    )
