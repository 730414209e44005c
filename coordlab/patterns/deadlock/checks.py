"""What must hold of locks and of what breaks deadlocks: invariants DL-S1 to DL-L3 on a trace.

The truth is what was asked for, granted and released, except for releases that are still under way.  No rule
of the pattern is used: who is stuck is found by letting everybody go on that can.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from coordlab.patterns.deadlock.rules import Wait
from coordlab.properties import leads_to, on_record, once
from coordlab.properties.verdicts import HOLDS, UNDECIDED, VIOLATED, Objection, Property, Verdict, safety
from coordlab.trace.trace import HANDLE, SEND, START, STATE, Event, Trace


def stuck(waits: Mapping[str, Wait], *gone: str) -> list[str]:
    """Who waits for ever once these are `gone`, found step by step: who can, goes on."""
    left = {who: wait for who, wait in waits.items() if who not in gone}
    while free := [w for w in left if sum(o not in left for o in left[w].on) >= left[w].needed]:
        left = {who: wait for who, wait in left.items() if who not in free}
    return list(left)


class Locks:
    """Who holds what and who waits, up to the last event given to `take`; by attempt, as `ann.1`."""

    def __init__(self, trace: Trace) -> None:
        starts = [(event.agent, dict(event.data)) for event in trace.select(kind=START)]
        self.limits = {agent: states["limit"] for agent, states in starts if "limit" in states}
        self.holders: dict[str | None, list[str]] = defaultdict(list)
        self.line: dict[str | None, list[str]] = defaultdict(list)
        self.gone: set[str] = set()  # attempts that have let go
        self.heard: set[tuple[str | None, str]] = set()  # and which lock has heard of it

    def take(self, event: Event) -> None:
        """Advance past `event`."""
        lock, step = event.agent, (event.kind, event.name)
        if step == (SEND, "Release"):
            self.gone.add(event.data.key)
        elif step == (HANDLE, "Request"):
            claim = event.content.claim  # from a file it is a record, without a key
            key = f"{claim.worker}.{claim.attempt}"
            if (lock, key) not in self.heard and key not in self.line[lock] + self.holders[lock]:
                self.line[lock].append(key)
        elif step in ((HANDLE, "Release"), (SEND, "Granted")):
            key = event.content.key
            self.line[lock] = [each for each in self.line[lock] if each != key]
            self.holders[lock] = [each for each in self.holders[lock] if each != key]
            self.holders[lock] += [key] if event.kind == SEND else []
            self.heard.update([(lock, key)] if event.kind == HANDLE else [])

    @property
    def waits(self) -> dict[str, Wait]:
        """Who waits for whom; an agent that has let go waits for nobody, and nobody waits for it."""
        held = {lock: those for lock, those in self.holders.items() if those and not self.gone & {*those}}
        lines = ((who, Wait(tuple(held[lock]), 1)) for lock in held for who in self.line[lock])
        return {who: wait for who, wait in lines if who not in self.gone}


def waiting(trace: Trace, *names: str) -> Iterator[tuple[Event, dict[str, Wait]]]:
    """Each event of these names, and who waits for whom just after it."""
    locks = Locks(trace)
    for event in trace:
        locks.take(event)
        if event.name in names:
            yield event, locks.waits


@once
def deadlocks(trace: Trace) -> Iterator[tuple[Event, list[str]]]:
    """Who is deadlocked, whenever that changes, and the event that changed it."""
    before: list[str] = []
    for event, waits in waiting(trace, "Request", "Release", "Granted"):
        if event.kind in (SEND, HANDLE) and (now := stuck(waits)) != before:
            before = now
            yield event, now


@safety("every reported deadlock is one")
def no_phantoms(trace: Trace) -> Iterator[Objection]:
    """DL-S1: what is reported was a deadlock when it was reported."""
    for event, waits in waiting(trace, "Deadlock"):
        if free := [key for key in event.data.cycle if key not in stuck(waits)]:
            yield event, f"{event.agent} reports {free[0]}, which is not part of a deadlock."


@safety("victims break every cycle, and each is needed")
def victims_are_right(trace: Trace) -> Iterator[Objection]:
    """DL-S2: the victims lie on cycles and break all of them, and each victim is needed."""
    for event, waits in waiting(trace, "Deadlock"):
        chosen = event.data.victims
        left = stuck(waits, *chosen)
        if missed := [key for key in event.data.cycle if key in left]:
            yield event, f"{missed[0]} is still deadlocked without {', '.join(chosen)}."
        for key in chosen:
            if stuck(waits, *(other for other in chosen if other != key)) == left:
                yield event, f"{key} is sent back for nothing."


@safety("locks are held within their limits")
def held_within_limits(trace: Trace) -> Iterator[Objection]:
    """DL-S3: a lock is granted in turn, and never to more agents than its limit."""
    locks = Locks(trace)
    for event in trace:
        if event.kind == SEND and event.name == "Granted":
            held, line, key = locks.holders[event.agent], locks.line[event.agent], event.data.key
            if key not in held and (line[:1] != [key] or len(held) >= locks.limits.get(event.agent, 1)):
                yield event, f"{event.agent} is granted to {key}: {', '.join(held + line)} were before it."
        locks.take(event)


@safety("no lock is used by more than it has units")
def used_within_limits(trace: Trace) -> Iterator[Objection]:
    """DL-S4: a worker uses all that it asked for from when it works until it lets go."""
    limits = Locks(trace).limits
    asked: dict[str | None, list[str | None]] = defaultdict(list)
    users: dict[str | None, set[str | None]] = defaultdict(set)
    for event in trace:
        if event.kind == SEND and event.name == "Request":
            asked[event.agent].append(event.peer)
        elif event.kind == SEND and event.name == "Release":
            asked[event.agent].clear()
            users[event.peer].discard(event.agent)
        elif event.kind == STATE and event.data == "works":
            for lock in asked[event.agent]:
                users[lock].add(event.agent)
                if len(users[lock]) > limits.get(lock, 1):
                    yield event, f"{event.agent} uses {lock}, which others use."


def reported_in_time(within: float) -> Property:
    """DL-L1: a deadlock that persists is reported, or ends by itself, `within` this many seconds."""
    name = f"deadlocks end within {within:g} s"

    def judge(trace: Trace) -> Verdict:
        began: Event | None = None
        first: list[str] = []
        for event, those in deadlocks(trace):
            if began is not None and event.time > began.time + within:
                break
            began, first = ((began or event), first or those) if those else (None, [])
        if began is None or trace.until <= began.time + within:
            return Verdict(name, UNDECIDED if began or not len(trace) else HOLDS)
        why = f"since {began.time:.3f} s {', '.join(first)} wait for each other, or behind those who do."
        return Verdict(name, VIOLATED, began.time + within, began.seq, why)

    return Property(name, judge)


def everybody_finishes(within: float) -> Property:
    """DL-L2: every worker, of any class, is done `within` this many seconds."""

    def hungry(event: Event) -> list[str | None]:
        return [event.agent] if event.kind == START and dict(event.data).get("role") == "thinks" else []

    return leads_to(
        f"everybody is done within {within:g} s",
        hungry,
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


def properties(within: float = 2.0, done: float = 60.0, times: int = 5) -> tuple[Property, ...]:
    """All of them; `within` and `done` are seconds, `times` is how often one is sent back in succession."""
    safe = no_phantoms, victims_are_right, held_within_limits, used_within_limits
    return (*safe, reported_in_time(within), everybody_finishes(done), nobody_falls_for_ever(times))
