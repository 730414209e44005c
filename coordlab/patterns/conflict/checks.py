"""What must hold of conflict resolution: invariants CR-S1, CR-S2, CR-S4 and CR-L1 on a trace.

Openings and late candidates are notes, resolutions are decisions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from hashlib import blake2b
from typing import Any

from coordlab.patterns.conflict.rules import Candidate, Policy, Resolved, resolve
from coordlab.properties import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Begun,
    Complaint,
    Property,
    Verdict,
    leads_to,
    on_record,
    watched,
)
from coordlab.trace.trace import CRASH, HANDLE, SEND, Event, Trace, plain


def resolution(event: Event) -> Resolved | None:
    """What an event settles, if it does."""
    settles = on_record(event, "Resolved")
    return event.data if settles else None


def order_is_nothing(policy: Policy, orders: int = 20) -> Property:
    """CR-S1: whatever was settled without asking comes out the same from its candidates in any order."""

    def watch(_: Trace) -> Complaint:
        def wrong(event: Event) -> str | None:
            done = resolution(event)
            if done is None or done.by not in ("merge", "tie-break", "default"):
                return None
            among = [_candidate(each) for each in done.kept + done.lost]
            for number in range(orders):
                again = resolve(done.conflict, _shuffled(among, number), done.by, policy)
                if plain(again) != plain(done):
                    return f"{done.conflict} was settled by {done.by}, but its candidates do not give that."
            return None

        return wrong

    return watched("the order of arrival decides nothing", watch)


def _candidate(told: Any) -> Candidate:
    """As the trace tells of it, be that one read from a file."""
    return Candidate(**{**vars(told), "evidence": frozenset(told.evidence)})


def _shuffled(candidates: Iterable[Candidate], number: int) -> list[Candidate]:
    """One of many orders that look random, and are the same in every run."""
    return sorted(candidates, key=lambda each: blake2b(f"{number} {each.id}".encode()).digest())


def nobody_dropped() -> Property:
    """CR-S2: every candidate heard is kept, merged or on record as lost once its conflict is settled.

    Undecided while a conflict of which candidates were heard is open at the end.
    """
    name = "no candidate is dropped"

    def judge(trace: Trace) -> Verdict:
        said = {event.message: event.data for event in trace.select("Proposal")}
        heard: dict[str, dict[str, Event]] = {}  # and not accounted for, by conflict and proposer
        closed: dict[str, set[str]] = {}
        for event in trace:
            if event.kind == HANDLE and event.name == "Proposal":
                _hear(said[event.message], event, heard, closed)
            elif on_record(event, "Lost"):
                heard.get(event.data.conflict, {}).pop(event.data.candidate.id, None)
            elif done := resolution(event):
                closed[done.conflict] = {each.id for each in done.kept + done.lost}
                left = heard.pop(done.conflict, {})
                if missing := sorted(left.keys() - closed[done.conflict]):
                    why = (
                        f"{missing[0]}'s candidate for {done.conflict} is neither kept nor on record as lost."
                    )
                    return Verdict(name, VIOLATED, event.time, event.seq, why)
        return _left_over(name, trace, heard, closed)

    return Property(name, judge)


def _hear(said: Any, event: Event, heard: dict[str, dict[str, Event]], closed: dict[str, set[str]]) -> None:
    if said.candidate and said.candidate.id not in closed.get(said.conflict, ()):
        heard.setdefault(said.conflict, {})[said.candidate.id] = event


def _left_over(name: str, trace: Trace, heard: dict[str, dict[str, Event]], closed: Any) -> Verdict:
    """The verdict once the trace has ended, by what was heard and never accounted for."""
    for conflict, candidates in heard.items():
        for who, event in candidates.items():
            if conflict in closed:
                why = f"{who}'s candidate for {conflict} came late, and nobody noted that it was lost."
                return Verdict(name, VIOLATED, event.time, event.seq, why)
            return Verdict(name, UNDECIDED, because=f"{conflict} is still open when the run ends")
    return Verdict(name, HOLDS if len(trace) else UNDECIDED)


def within_budget(policy: Policy) -> Property:
    """CR-S4: nobody is asked again about a conflict more often than the budget of retries allows."""

    def watch(_: Trace) -> Complaint:
        asked: dict[tuple[str | None, str], int] = {}

        def wrong(event: Event) -> str | None:
            if event.kind != SEND or event.name != "Ask" or not event.data.attempt:
                return None
            key = event.peer, event.data.conflict
            asked[key] = asked.get(key, 0) + 1
            if asked[key] > policy.retries:
                return f"{key[0]} was asked again about {key[1]}, more than {policy.retries} times."
            return None

        return wrong

    return watched("retries within the budget", watch)


def closed_in_time(policy: Policy) -> Property:
    """CR-L1: each conflict is settled within the policy's bound, whoever is silent.

    A crash of the resolver stops the time; it starts anew when the conflict is opened again.
    """

    def opens(event: Event) -> Iterable[Hashable]:
        opening = on_record(event, "Opened")
        return [(event.agent, event.data.conflict)] if opening else []

    def closes(event: Event, begun: Begun) -> Iterable[Hashable]:
        if done := resolution(event):
            return [(event.agent, done.conflict)]
        if event.kind != CRASH:
            return []
        return [key for key in begun if isinstance(key, tuple) and key[0] == event.agent]

    return leads_to(f"settled within {policy.bound:g} s", opens, closes, policy.bound)


def properties(policy: Policy) -> tuple[Property, ...]:
    """All of them, for a resolver with this policy."""
    return order_is_nothing(policy), nobody_dropped(), within_budget(policy), closed_in_time(policy)
