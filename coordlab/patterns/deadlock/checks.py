"""What must hold of locks and of what breaks deadlocks: invariants DL-S1 to DL-L3 on a trace.

The truth is what the locks did, replayed by the rules, except for releases that are still under way.
"""

from __future__ import annotations

from collections.abc import Iterator

from coordlab.patterns.deadlock.rules import Lock, Wait, deadlocked, wait_for, without
from coordlab.properties import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Objection,
    Property,
    Verdict,
    leads_to,
    on_record,
    safety,
)
from coordlab.trace.trace import HANDLE, SEND, START, Event, Trace


class Locks:
    """Who holds what and who waits, up to the last event given to `take`."""

    def __init__(self, trace: Trace) -> None:
        self.limits = {event.agent: event.data.limit for event in trace.select("Table", kind=SEND)}
        self.locks: dict[str | None, Lock] = {}
        self.gone: set[str] = set()  # attempts that have let go
        self.heard: set[tuple[str | None, str]] = set()  # and which lock has heard of it

    def take(self, event: Event) -> None:
        """Advance past `event`."""
        if event.name not in ("Request", "Release") or event.kind not in (SEND, HANDLE):
            return
        if event.kind == SEND:
            self.gone.update([event.data.key] if event.name == "Release" else [])
            return
        lock = self.locks.setdefault(event.agent, Lock(self.limits.get(event.agent, 1)))
        if event.name == "Release":
            lock.release(event.content.key)
            self.heard.add((event.agent, event.content.key))
            return
        claim = event.content.claim  # from a file it is a record, without a key
        key = f"{claim.worker}.{claim.attempt}"
        if (event.agent, key) not in self.heard:
            lock.request(key)

    @property
    def waits(self) -> dict[str, Wait]:
        """Who waits for whom; an agent that has let go waits for nobody, and nobody waits for it."""
        locks = {str(name): Lock(lock.limit, lock.holders, lock.line) for name, lock in self.locks.items()}
        for lock in locks.values():
            if any(holder in self.gone for holder in lock.holders):
                lock.line = []
        return without(wait_for(locks), self.gone)


def _replayed(trace: Trace) -> Iterator[tuple[Event, Locks]]:
    """Each event, and the locks just after it."""
    locks = Locks(trace)
    for event in trace:
        locks.take(event)
        yield event, locks


def deadlocks(trace: Trace) -> Iterator[tuple[Event, list[str]]]:
    """Who is deadlocked, whenever that changes, and the event that changed it."""
    stuck: list[str] = []
    for event, locks in _replayed(trace):
        if event.name in ("Request", "Release") and event.kind in (SEND, HANDLE):
            now = deadlocked(locks.waits)
            if now != stuck:
                stuck = now
                yield event, now


@safety("no deadlock is reported that is none")
def no_phantoms(trace: Trace) -> Iterator[Objection]:
    """DL-S1: what is reported was a deadlock when it was reported."""
    for event, locks in _replayed(trace):
        if on_record(event, "Deadlock"):
            stuck = deadlocked(locks.waits)
            if free := [key for key in event.data.ring if key not in stuck]:
                yield event, f"{event.agent} reports {free[0]}, which is not part of a deadlock."


@safety("victims break every ring, and none too many")
def victims_are_right(trace: Trace) -> Iterator[Objection]:
    """DL-S2: the victims lie on rings and break all of them, and each victim is needed."""
    for event, locks in _replayed(trace):
        if on_record(event, "Deadlock"):
            waits, chosen = locks.waits, event.data.victims
            left = deadlocked(without(waits, chosen))
            if missed := [key for key in event.data.ring if key in left]:
                yield event, f"{missed[0]} is still deadlocked without {', '.join(chosen)}."
            for key in chosen:
                if deadlocked(without(waits, [other for other in chosen if other != key])) == left:
                    yield event, f"{key} is sent back for nothing."


@safety("locks are held within their limits")
def held_within_limits(trace: Trace) -> Iterator[Objection]:
    """DL-S3: a lock is granted in turn, and never to more agents than its limit."""
    for event, locks in _replayed(trace):
        if event.kind == SEND and event.name == "Granted":
            holders = locks.locks.get(event.agent, Lock()).holders
            if (key := event.data.key) not in holders:
                yield event, f"{event.agent} is granted to {key}, but {', '.join(holders)} hold it."


def reported_in_time(within: float) -> Property:
    """DL-L1: a deadlock that persists is reported, or ends by itself, `within` this many seconds."""
    name = f"deadlocks end within {within:g} s"

    def judge(trace: Trace) -> Verdict:
        began: Event | None = None
        for event, stuck in deadlocks(trace):
            if began is not None and event.time > began.time + within:
                break
            began = (began or event) if stuck else None
        if began is None or trace.until <= began.time + within:
            return Verdict(name, UNDECIDED if began or not len(trace) else HOLDS)
        why = f"there has been a ring since {began.time:.3f} s, when {began.agent} began to wait."
        return Verdict(name, VIOLATED, began.time + within, began.seq, why)

    return Property(name, judge)


def everybody_finishes(within: float) -> Property:
    """DL-L2: every worker is done `within` this many seconds."""
    return leads_to(
        f"everybody is done within {within:g} s",
        lambda event: [event.agent] if event.kind == START and event.name == "Worker" else [],
        lambda event, _: [event.agent] if event.name == "role" and event.data == "is done" else [],
        within,
    )


def nobody_falls_for_ever(times: int) -> Property:
    """DL-L3: no worker is sent back more than this many `times` before it gets its turn."""

    @safety(f"nobody is sent back more than {times} times running")
    def objections(trace: Trace) -> Iterator[Objection]:
        aborted: dict[str | None, int] = {}
        for event in trace:
            if event.name == "role" and event.data == "works":
                aborted[event.agent] = 0
            for key in event.data.victims if on_record(event, "Deadlock") else ():
                who = key.rpartition(".")[0]
                aborted[who] = aborted.get(who, 0) + 1
                if aborted[who] > times:
                    yield event, f"{who} is sent back {aborted[who]} times in succession."

    return objections


def innocents(trace: Trace) -> int:
    """How many times a worker gave up, or was sent back, though it was in no deadlock."""
    count = 0
    for event, locks in _replayed(trace):
        if on_record(event, "GaveUp", "Deadlock"):
            stuck = deadlocked(locks.waits)
            keys = [event.data.key] if event.name == "GaveUp" else event.data.victims
            count += sum(key not in stuck for key in keys)
    return count


def properties(within: float = 2.0, done: float = 60.0, times: int = 5) -> tuple[Property, ...]:
    """All of them.

    within  seconds in which a deadlock ends.
    done    seconds after which every worker is done.
    times   how often in succession a worker may be sent back.
    """
    rings = no_phantoms, victims_are_right, held_within_limits, reported_in_time(within)
    return (*rings, everybody_finishes(done), nobody_falls_for_ever(times))
