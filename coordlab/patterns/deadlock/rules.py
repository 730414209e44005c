"""Deadlock as plain data: who waits for whom, whether it will ever end, and whom to send back.

Three models of waiting, all by one rule (Knapp 1987): an agent waits for `needed` of several others.  AND: it
needs all of them, such as every lock it asked for.  OR: any one is enough.  Or k of n.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from coordlab import requirements as require


@dataclass(frozen=True)
class Wait:
    """For whom an agent waits, and how many of them it needs to go on: from 1 to all, else ValueError."""

    on: tuple[str, ...]
    needed: int

    def __post_init__(self) -> None:
        require.names("on", self.on)
        require.count("needed", self.needed, 1, len(self.on))


Waits = Mapping[str, Wait]


def all_of(*on: str) -> Wait:
    """The AND model."""
    return Wait(on, len(on))


def any_of(*on: str) -> Wait:
    """The OR model."""
    return Wait(on, 1)


MODELS: dict[str, Callable[..., Wait]] = {"AND": all_of, "OR": any_of}


def deadlocked(waits: Waits) -> list[str]:
    """All who will wait for ever, in order of `waits`: those on a cycle (AND) or knot (OR), and behind it.

    By reduction: an agent that waits for nobody goes on; so does an agent that waits for enough of those.
    Raises TypeError if one of the waits is not a `Wait`.

    >>> waits = {"1": all_of("2"), "2": all_of("3"), "3": all_of("1", "4")}
    >>> deadlocked(waits), deadlocked({**waits, "3": any_of("1", "4")})
    (['1', '2', '3'], [])
    """
    for who, wait in waits.items():
        require.instance(f"waits[{who!r}]", wait, Wait, "{'ann': all_of('bob')}")
    lacking = {who: wait.needed for who, wait in waits.items()}
    behind: dict[str, list[str]] = {}
    for who, wait in waits.items():
        for other in wait.on:
            behind.setdefault(other, []).append(who)
    free = deque(other for other in behind if other not in waits)
    while free:
        for who in behind.get(free.popleft(), ()):
            lacking[who] -= 1
            if lacking[who] == 0:
                free.append(who)
    return [who for who in waits if lacking[who] > 0]


def cycle(waits: Waits) -> list[str]:
    """Agents that wait for each other in a cycle, from the first in order of `waits`; [] without a deadlock.

    >>> cycle({"0": all_of("1"), "1": all_of("2"), "2": all_of("3"), "3": all_of("1")})
    ['1', '2', '3']
    """
    stuck = {who: place for place, who in enumerate(deadlocked(waits))}
    path, who = dict[str, int](), next(iter(stuck), "")
    while who and who not in path:
        path[who] = len(path)
        who = next(other for other in waits[who].on if other in stuck)
    found = [*path][path.get(who, 0) :]
    first = found.index(min(found, key=stuck.__getitem__)) if found else 0
    return found[first:] + found[:first]


# --- whom to send back ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """What the choice of a victim looks at."""

    name: str
    began: float = 0.0  # when, in seconds
    work: float = 0.0  # seconds done
    locks: int = 0  # held
    aborted: int = 0  # how many times it was sent back in succession


POLICIES: dict[str, Callable[[Candidate], float]] = {
    "youngest": lambda candidate: -candidate.began,
    "least_work": lambda candidate: candidate.work,
    "fewest_locks": lambda candidate: candidate.locks,
}


def victim(candidates: Iterable[Candidate], policy: str = "youngest", spare: int = 3) -> str:
    """Whom to send back by a policy: youngest, least_work or fewest_locks; of equals the first by name.

    A candidate that was sent back `spare` times in succession is spared while there is another.  Raises
    ValueError for an unknown policy, or without candidates.

    >>> victim([Candidate("ann", began=1.0), Candidate("bob", began=2.0)])
    'bob'
    >>> victim([Candidate("ann", began=1.0), Candidate("bob", began=2.0, aborted=3)])
    'ann'
    """
    rate, those = POLICIES[require.one_of("policy", policy, POLICIES)], list(candidates)
    require.that(those, "candidates=[]", "expected at least one", "victim([Candidate('ann')])")
    return min(those, key=lambda each: (each.aborted // spare, rate(each), each.name)).name


def victims(waits: Waits, choose: Callable[[list[str]], str]) -> list[str]:
    """Agents that break every deadlock, each of them needed: `choose` picks one of each cycle in turn.

    Other choices may need fewer.  The fewest are hard to find: "feedback node set" is NP-complete (R. Karp,
    Reducibility among Combinatorial Problems, 1972).  Raises ValueError if `choose` picks someone else.

    >>> waits = {"ann": all_of("bob", "cat"), "bob": all_of("ann"), "cat": all_of("ann")}
    >>> victims(waits, choose=max), victims(waits, choose=min)
    (['bob', 'cat'], ['ann'])
    """
    chosen: list[str] = []
    while found := cycle(without(waits, chosen)):
        chosen.append(require.one_of("choose(cycle)", choose(found), found))
    for each in list(chosen):
        fewer = [other for other in chosen if other != each]
        if not deadlocked(without(waits, fewer)):
            chosen = fewer
    return chosen


def without(waits: Waits, gone: Iterable[str]) -> dict[str, Wait]:
    """The waits that are left once some agents have let go of everything."""
    lost = set(gone)
    return {who: wait for who, wait in waits.items() if who not in lost}


# --- locks ----------------------------------------------------------------------------------------


@dataclass
class Lock:
    """A resource of `limit` units, each held by one agent; the others wait in line.

    >>> lock = Lock()
    >>> lock.request("ann"), lock.request("bob"), lock.request("ann"), lock.release("ann")
    (True, False, True, ['bob'])
    """

    limit: int = 1
    holders: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        require.count("limit", self.limit, least=1)

    def request(self, who: str) -> bool:
        """Whether it holds a unit now; else it waits in line.  Asking again changes nothing."""
        if who not in self.holders and who not in self.line:
            (self.holders if len(self.holders) < self.limit else self.line).append(who)
        return who in self.holders

    def release(self, who: str) -> list[str]:
        """Let go, or leave the line; returns those whose turn it is now."""
        if who in self.line:
            self.line.remove(who)
        if who in self.holders:
            self.holders.remove(who)
        served = self.line[: self.limit - len(self.holders)]
        self.line = self.line[len(served) :]
        self.holders += served
        return served


def wait_for(locks: Mapping[str, Lock]) -> dict[str, Wait]:
    """Who waits for whom: an agent in line waits until one of the lock's holders lets go.

    >>> one, two = Lock(holders=["ann"], line=["bob"]), Lock(holders=["bob"], line=["ann"])
    >>> deadlocked(wait_for({"one": one, "two": two}))
    ['bob', 'ann']
    """
    lines = ((who, lock) for lock in locks.values() for who in lock.line)
    return {who: Wait(tuple(lock.holders), 1) for who, lock in lines}


def unchanged(before: Lock, after: Lock) -> Lock:
    """What two looks at a lock agree on: who waited the whole time, and for the same holders.

    >>> unchanged(Lock(holders=["ann"], line=["bob", "cat"]), Lock(holders=["ann"], line=["cat"])).line
    ['cat']
    """
    same = before.holders == after.holders
    line = [who for who in after.line if who in before.line]
    return Lock(after.limit, after.holders, line if same else [])


# --- probes: Chandy, Misra and Haas, 1983 ---------------------------------------------------------


@dataclass
class AndProber:
    """One agent's part in finding a cycle of agents that each wait for all of several others.

    A probe names its initiator.  An agent that waits passes it on to all it waits for, the first time it
    comes; when it comes back to its initiator, the initiator is on a cycle.  Each wait takes a new prober.

    >>> ann, bob = AndProber("ann"), AndProber("bob")
    >>> bob.probed("ann", ("ann",)), ann.probed("ann", ("bob",)), ann.deadlocked
    (('ann',), (), True)
    """

    name: str
    deadlocked: bool = False
    seen: set[str] = field(default_factory=set)

    def probed(self, initiator: str, waits_for: tuple[str, ...]) -> tuple[str, ...]:
        """Whom to pass a probe on to; nobody, if it waits for nobody."""
        self.deadlocked |= initiator == self.name
        if initiator in (self.name, *self.seen) or not waits_for:
            return ()
        self.seen.add(initiator)
        return waits_for


@dataclass
class OrProber:
    """One agent's part in finding out whether agents that wait for any of several others wait for ever.

    A query goes to all that an agent waits for.  An agent that waits too asks on at the first, and replies
    when all it asked have; a second query it answers at once.  An agent that does not wait stays silent, and
    takes no replies.  An initiator whose queries are all answered waits for ever.  Copies change nothing.

    >>> ann, bob = OrProber("ann"), OrProber("bob")
    >>> ann.start(("bob",)), bob.queried("ann", "ann", ("ann",)), ann.queried("ann", "bob", ("bob",))
    (('bob',), (('ann',), None), ((), 'bob'))
    >>> bob.replied("ann", "ann"), ann.replied("ann", "bob"), ann.deadlocked
    ('ann', None, True)
    """

    name: str
    deadlocked: bool = False
    missing: dict[str, set[str]] = field(default_factory=dict)  # who has not replied yet, by initiator
    askers: dict[str, list[str]] = field(default_factory=dict)  # the first of them gets its reply last

    def start(self, waits_for: tuple[str, ...]) -> tuple[str, ...]:
        """Whom to ask."""
        self.missing[self.name], self.askers[self.name] = set(waits_for), [self.name]
        return waits_for

    def queried(
        self, initiator: str, sender: str, waits_for: tuple[str, ...]
    ) -> tuple[tuple[str, ...], str | None]:
        """Whom to ask in turn, and whom to reply to at once."""
        askers = self.askers.setdefault(initiator, [])
        if not waits_for or sender in askers:
            return (), None
        askers.append(sender)
        if len(askers) > 1:
            return (), sender
        self.missing[initiator] = set(waits_for)
        return waits_for, None

    def replied(self, initiator: str, sender: str) -> str | None:
        """Whom to reply to now, if anybody."""
        missing = self.missing.get(initiator, set())
        if sender not in missing or len(missing) > 1:
            missing.discard(sender)
            return None
        missing.clear()
        self.deadlocked |= initiator == self.name
        return None if initiator == self.name else self.askers[initiator][0]
