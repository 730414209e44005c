"""Who waits for whom, whether it will ever end, and whom to send back: deadlock as plain data.

Three models of waiting, all by one rule (Knapp 1987): one waits for `needed` of several others.  All of them
(AND: it needs every lock it asked for), any one (OR: whoever speaks first will do), or k of n.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wait:
    """For whom one waits, and how many of them it needs to go on."""

    on: tuple[str, ...]
    needed: int

    def __post_init__(self) -> None:
        names = isinstance(self.on, tuple) and all(isinstance(each, str) for each in self.on)
        whole = isinstance(self.needed, int) and self.needed is not True
        if not (names and whole and 1 <= self.needed <= len(set(self.on)) == len(self.on)):
            raise ValueError(
                f"Wait(on={self.on!r}, needed={self.needed!r}): name each only once, in a tuple, and need "
                f"from 1 of them to all. Write for instance Wait(('ann', 'bob'), needed=2)."
            )


Waits = Mapping[str, Wait]


def all_of(*on: str) -> Wait:
    """The AND model.

    >>> all_of("ann", "bob")
    Wait(on=('ann', 'bob'), needed=2)
    """
    return Wait(on, len(on))


def any_of(*on: str) -> Wait:
    """The OR model.

    >>> any_of("ann", "bob")
    Wait(on=('ann', 'bob'), needed=1)
    """
    return Wait(on, 1)


MODELS: dict[str, Callable[..., Wait]] = {"AND": all_of, "OR": any_of}


def deadlocked(waits: Waits) -> list[str]:
    """Everybody who will wait for ever, in order of `waits`: those on a cycle (AND) or knot, and behind it.

    By reduction: who waits for nobody goes on, and with it who waits for enough of those who go on.

    >>> waits = {"1": all_of("2"), "2": all_of("3"), "3": all_of("1", "4")}
    >>> deadlocked(waits), deadlocked({**waits, "3": any_of("1", "4")})
    (['1', '2', '3'], [])
    """
    lacking = {who: wait.needed for who, wait in _checked(waits).items()}
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


def _checked(waits: Waits) -> Waits:
    if not isinstance(waits, Mapping) or not all(isinstance(each, Wait) for each in waits.values()):
        raise ValueError(
            f"waits={waits!r}: a dict that gives each who waits its Wait. Write {{'ann': all_of('bob')}}."
        )
    return waits


def cycle(waits: Waits) -> list[str]:
    """Some who wait for each other in a ring, the first in order first; [] if nobody is deadlocked.

    >>> cycle({"0": all_of("1"), "1": all_of("2"), "2": all_of("3"), "3": all_of("1")})
    ['1', '2', '3']
    """
    stuck = deadlocked(waits)
    if not stuck:
        return []
    among, path, place = set(stuck), [stuck[0]], {stuck[0]: 0}
    while True:
        following = next(other for other in waits[path[-1]].on if other in among)
        if following in place:
            ring = path[place[following] :]
            first = ring.index(min(ring, key=stuck.index))
            return ring[first:] + ring[:first]
        place[following] = len(path)
        path.append(following)


# --- whom to send back ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """What a choice of victim looks at: when one began, what it has done, holds, and how often it fell."""

    name: str
    began: float = 0.0  # seconds
    work: float = 0.0  # seconds
    locks: int = 0
    aborted: int = 0  # times running


Policy = Callable[[Candidate], float]
POLICIES: dict[str, Policy] = {
    "youngest": lambda candidate: -candidate.began,
    "least_work": lambda candidate: candidate.work,
    "fewest_locks": lambda candidate: candidate.locks,
}


def check_names(what: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, if they are several and each is there once; a text alone would be taken for its letters.

    >>> check_names("wants", ("pen", "ink"))
    ('pen', 'ink')
    """
    several = isinstance(names, (tuple, list)) and all(isinstance(each, str) for each in names)
    if not several or len(set(names)) < len(names):
        raise ValueError(f"{what}={names!r}: a tuple of names, each once. Write {what}=('pen', 'ink').")
    return tuple(names)


def check_waits(**seconds: float | None) -> None:
    """Refuse, with a `ValueError`, what is no time to wait, above 0; None is for ever.

    >>> check_waits(patience=0.5, probes=None)
    """
    for name, value in seconds.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is not None and not (number and 0 < value < float("inf")):
            raise ValueError(f"{name}={value!r}: give seconds, above 0, or None. Write {name}=0.5.")


def check_policy(policy: str) -> str:
    """The policy, if there is one of that name.

    >>> check_policy("youngest")
    'youngest'
    """
    if not isinstance(policy, str) or policy not in POLICIES:
        raise ValueError(f"policy={policy!r} is none: there are {', '.join(POLICIES)}. Write 'youngest'.")
    return policy


def victim(candidates: Iterable[Candidate], policy: str = "youngest", spare: int = 3) -> str:
    """Whom to send back; never one that fell `spare` times running while there is another; ties by name.

    >>> victim([Candidate("ann", began=1.0), Candidate("bob", began=2.0)])
    'bob'
    >>> victim([Candidate("ann", began=1.0), Candidate("bob", began=2.0, aborted=3)])
    'ann'
    """
    rate, candidates = POLICIES[check_policy(policy)], list(candidates)
    if wrong := [each for each in candidates if not isinstance(each, Candidate)]:
        raise ValueError(
            f"{wrong[0]!r} is no candidate: a victim is chosen by what each has done, not by its name. "
            f"Write victim([Candidate('ann', began=1.0)])."
        )
    chosen = min(candidates, key=lambda each: (each.aborted // spare, rate(each), each.name), default=None)
    if chosen is None:
        raise ValueError("no candidates: a victim is chosen among those on a cycle, which is never empty.")
    return chosen.name


def victims(waits: Waits, choose: Callable[[list[str]], str]) -> list[str]:
    """Enough to break every deadlock and none too many: one of a cycle after the other, as `choose` says.

    >>> everybody = {who: all_of(*(set("1234") - {who})) for who in "1234"}
    >>> len(victims(everybody, choose=max))
    3
    >>> by_name = {"T1": Candidate("T1", began=1.0), "T2": Candidate("T2", began=2.0)}
    >>> ring = {"T1": all_of("T2"), "T2": all_of("T1")}
    >>> victims(ring, choose=lambda names: victim(by_name[name] for name in names))
    ['T2']
    """
    chosen: list[str] = []
    while ring := cycle(without(waits, chosen)):
        chosen.append(choose(ring))
    for each in list(chosen):
        fewer = [other for other in chosen if other != each]
        if not deadlocked(without(waits, fewer)):
            chosen = fewer
    return chosen


def without(waits: Waits, gone: Iterable[str]) -> dict[str, Wait]:
    """What is waited for once some have given up and let go of everything.

    >>> without({"ann": all_of("bob"), "bob": all_of("ann")}, ["bob"])
    {'ann': Wait(on=('bob',), needed=1)}
    """
    lost = set(gone)
    return {who: wait for who, wait in waits.items() if who not in lost}


# --- locks ----------------------------------------------------------------------------------------


@dataclass
class Lock:
    """A resource of `limit` units, each held by one; who comes too late waits in line.

    >>> lock = Lock()
    >>> lock.request("ann"), lock.request("bob"), lock.request("ann"), lock.release("ann")
    (True, False, True, ['bob'])
    """

    limit: int = 1
    holders: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not isinstance(self.limit, int) or self.limit is True or self.limit < 1:
            raise ValueError(f"limit={self.limit!r}: a lock has 1 or more units. Write limit=1.")

    def request(self, who: str) -> bool:
        """Whether it holds a unit now; else it stands in line.  To ask again changes nothing."""
        if who not in self.holders and who not in self.line:
            (self.holders if len(self.holders) < self.limit else self.line).append(who)
        return who in self.holders

    def release(self, who: str) -> list[str]:
        """Let go, or leave the line; gives those whose turn it is now."""
        if who in self.line:
            self.line.remove(who)
        if who in self.holders:
            self.holders.remove(who)
        served = self.line[: self.limit - len(self.holders)]
        self.line = self.line[len(served) :]
        self.holders += served
        return served


def wait_for(locks: Mapping[str, Lock]) -> dict[str, Wait]:
    """Who waits for whom, as the locks tell: in line for one is to wait until one of its holders lets go.

    >>> one, two = Lock(holders=["ann"], line=["bob"]), Lock(holders=["bob"], line=["ann"])
    >>> deadlocked(wait_for({"one": one, "two": two}))
    ['bob', 'ann']
    """
    lines = ((who, lock) for lock in locks.values() for who in lock.line)
    return {who: Wait(tuple(lock.holders), 1) for who, lock in lines}


def unchanged(before: Lock, after: Lock) -> Lock:
    """What two looks at a lock agree on: who held it and who waited all the while.

    If any holder has changed, nobody has been waiting for the same ones, so the line is empty.

    >>> unchanged(Lock(holders=["ann"], line=["bob", "cat"]), Lock(holders=["ann"], line=["cat"])).line
    ['cat']
    """
    same = before.holders == after.holders
    line = [who for who in after.line if who in before.line]
    return Lock(after.limit, after.holders, line if same else [])


def in_order(wanted: Iterable[str], ranks: Mapping[str, int]) -> list[str]:
    """What is wanted, lowest rank first: if everybody asks in this order, no ring can close (Havender 1968).

    >>> in_order(["fork 5", "fork 1"], {"fork 1": 1, "fork 5": 5})
    ['fork 1', 'fork 5']
    """
    wanted = list(wanted)
    unknown = [each for each in wanted if each not in ranks]
    if unknown:
        raise ValueError(f"{unknown[0]!r} has no rank. Give each of {', '.join(wanted)} one, all different.")
    return sorted(wanted, key=lambda each: ranks[each])


# --- probes: Chandy, Misra and Haas, 1983 ---------------------------------------------------------


@dataclass
class AndProber:
    """One who waits for all of several others, and helps to find out whether that can end.

    A probe names its initiator.  It goes on to all one waits for, the first time it comes; when it comes
    back to its initiator, that one is on a cycle.

    >>> ann, bob = AndProber("ann"), AndProber("bob")
    >>> ann.start(("bob",)), bob.probed("ann", ("ann",)), ann.probed("ann", ("bob",)), ann.deadlocked
    (('bob',), ('ann',), (), True)
    """

    name: str
    deadlocked: bool = False
    seen: set[str] = field(default_factory=set)

    def start(self, waits_for: tuple[str, ...]) -> tuple[str, ...]:
        """Whom to send a probe of one's own."""
        self.seen.add(self.name)
        return waits_for

    def probed(self, initiator: str, waits_for: tuple[str, ...]) -> tuple[str, ...]:
        """Whom to send a probe on that has come; who waits for nobody sends it to nobody."""
        if initiator == self.name:
            self.deadlocked = True
        if initiator in self.seen or not waits_for:
            return ()
        self.seen.add(initiator)
        return waits_for

    def moved(self) -> None:
        """It waits no more: what has come to it so far tells nothing of its next wait."""
        self.seen.clear()
        self.deadlocked = False


@dataclass
class OrProber:
    """One who waits for any of several others, and helps to find out whether one will ever speak.

    A query goes to all one waits for; who waits too, and hears of it the first time, asks on, and answers
    when all it asked have answered; who hears of it again answers at once; who does not wait keeps silent.
    The initiator whose queries are all answered waits for ever.  Copies of a message change nothing.

    >>> ann, bob = OrProber("ann"), OrProber("bob")
    >>> ann.start(("bob",)), bob.queried("ann", "ann", ("ann",)), ann.queried("ann", "bob", ("bob",))
    (('bob',), (('ann',), None), ((), 'bob'))
    >>> bob.replied("ann", "ann"), ann.replied("ann", "bob"), ann.deadlocked
    ('ann', None, True)
    """

    name: str
    deadlocked: bool = False
    missing: dict[str, set[str]] = field(default_factory=dict)  # who has not answered yet, by initiator
    askers: dict[str, list[str]] = field(default_factory=dict)  # the first of them is answered last

    def start(self, waits_for: tuple[str, ...]) -> tuple[str, ...]:
        """Whom to ask."""
        self.missing[self.name], self.askers[self.name] = set(waits_for), [self.name]
        return waits_for

    def queried(
        self, initiator: str, sender: str, waits_for: tuple[str, ...]
    ) -> tuple[tuple[str, ...], str | None]:
        """Whom to ask in turn, and whom to answer at once."""
        askers = self.askers.setdefault(initiator, [])
        if not waits_for or sender in askers:
            return (), None
        askers.append(sender)
        if len(askers) > 1:
            return (), sender
        self.missing[initiator] = set(waits_for)
        return waits_for, None

    def replied(self, initiator: str, sender: str) -> str | None:
        """Whom to answer now, if anybody."""
        missing = self.missing.get(initiator, set())
        if sender not in missing:
            return None  # a copy, or it has moved on since
        missing.discard(sender)
        if missing:
            return None
        if initiator == self.name:
            self.deadlocked = True
            return None
        return self.askers[initiator][0]

    def moved(self) -> None:
        """It waits no more: whoever still hopes for its answer hopes in vain, and rightly so."""
        self.missing.clear()
        self.deadlocked = False
