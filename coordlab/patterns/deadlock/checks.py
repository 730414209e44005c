"""What must hold of locks and of those who break deadlocks: invariants DL-S1 to DL-L3 on a trace.

The truth is the locks' own doing, told again by the rule, but for what has been let go and is under way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from coordlab.patterns.deadlock.rules import Lock, Wait, deadlocked, wait_for, without
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


class Locks:
    """Who holds what and who waits, as far as a trace has been told: see `take`."""

    def __init__(self, trace: Trace) -> None:
        self.said = {event.message: event.data for event in trace if event.kind == SEND}
        self.limits = {e.agent: e.data.limit for e in trace.select("Table", kind="send")}
        self.locks: dict[str, Lock] = {}
        self.gone: set[str] = set()  # attempts that have let go
        self.heard: set[tuple[str | None, str]] = set()  # and which lock has heard of it

    def take(self, event: Event) -> None:
        """Go on to the moment after `event`."""
        if event.kind == SEND and event.name == "Release":
            self.gone.add(event.data.key)
        elif event.kind == HANDLE and event.name in ("Request", "Release") and event.message in self.said:
            lock = self.locks.setdefault(str(event.agent), Lock(self.limits.get(event.agent, 1)))
            what = self.said[event.message]
            if event.name == "Release":
                lock.release(what.key)
                self.heard.add((event.agent, what.key))
            elif (event.agent, key := f"{what.claim.worker}.{what.claim.attempt}") not in self.heard:
                lock.request(key)

    @property
    def waits(self) -> dict[str, Wait]:
        """Who waits for whom; who has let go waits for nobody, and nobody for it."""
        locks = {name: Lock(lock.limit, lock.holders, lock.line) for name, lock in self.locks.items()}
        for lock in locks.values():
            if any(holder in self.gone for holder in lock.holders):
                lock.line = []
        return without(wait_for(locks), self.gone)


def deadlocks(trace: Trace) -> Iterator[tuple[Event, list[str]]]:
    """Who is deadlocked, whenever that changes, and the event that changed it: detection live from a trace.

    It looks whenever somebody begins to wait, or lets go.
    """
    locks, stuck = Locks(trace), list[str]()
    for event in trace:
        locks.take(event)
        if event.name in ("Request", "Release") and event.kind in (SEND, HANDLE):
            now = deadlocked(locks.waits)
            if now != stuck:
                stuck = now
                yield event, now


def _reports(event: Event) -> Any:
    """What an event reports of a deadlock, or None."""
    return event.data if on_record(event, "Deadlock") else None


def no_phantoms() -> Property:
    """DL-S1: what is reported was a deadlock when it was reported."""

    def watch(trace: Trace) -> Complaint:
        locks = Locks(trace)

        def wrong(event: Event) -> str | None:
            locks.take(event)
            if (report := _reports(event)) is None:
                return None
            stuck = deadlocked(locks.waits)
            free = [key for key in report.ring if key not in stuck]
            return f"{free[0]} is no part of a deadlock, as {event.agent} says." if free else None

        return wrong

    return watched("no deadlock is reported that is none", watch)


def victims_are_right() -> Property:
    """DL-S2: the victims lie on rings, break all of them, and none of them too many."""

    def watch(trace: Trace) -> Complaint:
        locks = Locks(trace)

        def wrong(event: Event) -> str | None:
            locks.take(event)
            if (report := _reports(event)) is None:
                return None
            waits = locks.waits
            left = deadlocked(without(waits, report.victims))
            if missed := [key for key in report.ring if key in left]:
                return f"{missed[0]} is still deadlocked without {', '.join(report.victims)}."
            for key in report.victims:
                spared = [other for other in report.victims if other != key]
                if deadlocked(without(waits, spared)) == left:
                    return f"{key} is sent back for nothing."
            return None

        return wrong

    return watched("victims break every ring, and none too many", watch)


def held_within_limits() -> Property:
    """DL-S3: a lock is granted in turn, and never to more than its limit."""

    def watch(trace: Trace) -> Complaint:
        locks = Locks(trace)

        def wrong(event: Event) -> str | None:
            locks.take(event)
            if event.kind != SEND or event.name != "Granted":
                return None
            lock = locks.locks.get(str(event.agent), Lock())
            if event.data.key not in lock.holders:
                return f"{event.agent} is granted to {event.data.key}, and {', '.join(lock.holders)} hold it."
            return None

        return wrong

    return watched("locks are held within their limits", watch)


def reported_in_time(within: float) -> Property:
    """DL-L1: a deadlock that persists is reported, or broken by itself, in so many seconds."""
    name = f"deadlocks end within {within:g} s"

    def judge(trace: Trace) -> Verdict:
        began: Event | None = None
        for event, stuck in deadlocks(trace):
            if began is not None and event.time > began.time + within:
                break
            began = (began or event) if stuck else None
        late = began is not None and trace.until > began.time + within
        if began is None or not late:
            return Verdict(name, UNDECIDED if began or not len(trace) else HOLDS)
        who = f"since {began.time:.3f} s, when {began.agent} began to wait"
        return Verdict(name, VIOLATED, began.time + within, began.seq, f"a ring stands {who}.")

    return Property(name, judge)


def everybody_finishes(within: float) -> Property:
    """DL-L2: whoever has work to do ends it in so many seconds."""
    return leads_to(
        f"everybody is done within {within:g} s",
        lambda event: [event.agent] if event.kind == START and event.name == "Worker" else [],
        lambda event, _: [event.agent] if event.name == "role" and event.data == "is done" else [],
        within,
    )


def nobody_falls_for_ever(times: int) -> Property:
    """DL-L3: nobody is sent back more than so often before it gets its turn."""

    def watch(_: Trace) -> Complaint:
        fallen: dict[str, int] = {}

        def wrong(event: Event) -> str | None:
            if event.name == "role" and event.data == "works":
                fallen[str(event.agent)] = 0
            report = _reports(event)
            for key in report.victims if report else ():
                who = key.rpartition(".")[0]
                fallen[who] = fallen.get(who, 0) + 1
                if fallen[who] > times:
                    return f"{who} is sent back {fallen[who]} times running."
            return None

        return wrong

    return watched(f"nobody is sent back more than {times} times running", watch)


def innocents(trace: Trace) -> int:
    """How many gave up waiting, or were sent back, though they were in no deadlock."""
    locks, count = Locks(trace), 0
    for event in trace:
        locks.take(event)
        keys = [event.data.key] if on_record(event, "GaveUp") else []
        report = _reports(event)
        stuck = deadlocked(locks.waits) if keys or report else []
        count += sum(key not in stuck for key in (*keys, *(report.victims if report else ())))
    return count


def properties(within: float = 2.0, done: float = 60.0, times: int = 5) -> tuple[Property, ...]:
    """All of them: deadlocks end `within` so many seconds, all is done after `done`."""
    return (
        no_phantoms(),
        victims_are_right(),
        held_within_limits(),
        reported_in_time(within),
        everybody_finishes(done),
        nobody_falls_for_ever(times),
    )
