"""Delegation as plain data: leaves of a plan, who can do them, whom to give them to, how long it takes."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coordlab.patterns.delegation.precedence import precedence
from coordlab.patterns.htn.planner import find_plan
from coordlab.patterns.htn.rules import Action, Domain, Effects, State, Task, said
from coordlab.world.message import message


@message
class Leaf:
    """This is to be done, once those named in `after` are."""

    name: str
    capability: str
    work: float = 1.0  # seconds, at speed 1
    after: tuple[str, ...] = ()


@message
class Member:
    """This is what I can do, how much of it at a time, and how fast."""

    name: str
    capabilities: tuple[str, ...]
    capacity: int = 1
    speed: float = 1.0

    def __post_init__(self) -> None:
        whole = isinstance(self.capabilities, tuple) and type(self.capacity) is int
        if not (whole and self.capacity >= 1 and 0 < self.speed < float("inf")):
            raise ValueError(
                f"{self.name}: capabilities={self.capabilities!r}, capacity={self.capacity!r}, "
                f"speed={self.speed!r}. A member has a tuple of capabilities, room for 1 leaf or more, and a "
                f"speed above 0. Write for instance Member('ann', ('cut',), capacity=2, speed=1.0)."
            )

    def can(self, leaf: Leaf) -> bool:
        """Whether it has what the leaf needs."""
        return leaf.capability in self.capabilities

    def seconds(self, leaf: Leaf) -> float:
        """How long it takes to do the leaf."""
        return leaf.work / self.speed


def in_order(leaves: Iterable[Leaf]) -> tuple[Leaf, ...]:
    """The leaves, each after those it waits for, or a `ValueError` that says what is wrong with them.

    >>> [leaf.name for leaf in in_order([Leaf("paint", "paint", after=("cut",)), Leaf("cut", "cut")])]
    ['cut', 'paint']
    """
    left = _by_name(leaves)
    order: dict[str, Leaf] = {}
    while left:
        ready = [leaf for leaf in left.values() if all(name in order for name in leaf.after)]
        if not ready:
            raise ValueError(
                f"{', '.join(left)}: some of these wait for each other in a circle, so they can never begin. "
                f"Take a name out of an `after`."
            )
        order |= {leaf.name: left.pop(leaf.name) for leaf in ready}
    return tuple(order.values())


def checked(leaves: Iterable[Leaf], crew: Iterable[Member]) -> tuple[tuple[Leaf, ...], tuple[Member, ...]]:
    """Both as they are, or a `ValueError` that says what is wrong with them."""
    given, members = tuple(leaves), tuple(crew)
    in_order(given)
    names = [member.name for member in members]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"two members are called {twice[0]!r}: work goes by name. Rename one of them.")
    return given, members


def _by_name(leaves: Iterable[Leaf]) -> dict[str, Leaf]:
    named: dict[str, Leaf] = {}
    for leaf in leaves:
        if leaf.name in named:
            raise ValueError(f"two leaves are called {leaf.name!r}: results go by name. Rename one of them.")
        if not 0 <= leaf.work < float("inf"):
            raise ValueError(f"{leaf.name}: work={leaf.work!r}, but work is 0 or more seconds. Write 1.0.")
        named[leaf.name] = leaf
    for leaf in named.values():
        if strange := [name for name in leaf.after if name not in named]:
            raise ValueError(
                f"{leaf.name} waits for {strange[0]!r}, which is no leaf. The leaves are {', '.join(named)}. "
                f"Add it, or fix the name."
            )
    return named


# --- from a plan to leaves --------------------------------------------------------------------------


def delegable(domain: Domain, capabilities: Iterable[str]) -> Domain:
    """The same domain for those who have these capabilities.

    A task that somebody can do is not refined any further, and an action that nobody can do is impossible,
    so that other methods are tried: refine until it matches what agents can do, and no further.
    """
    can = set(capabilities)
    actions = [each if name in can else _nobody(name) for name, each in domain.actions.items()]
    whole = [_whole(name, domain) for name in domain.methods if name in can]
    methods = {name: each for name, each in domain.methods.items() if name not in can}
    return Domain([*actions, *whole], methods, domain.costs)


def _nobody(name: str) -> Action:
    def impossible(state: State, *_: object) -> str:
        return f"nobody can {name}"

    impossible.__name__ = name
    return impossible


def _whole(name: str, domain: Domain) -> Action:
    """The task as one action, which brings about what a plan for it does."""

    def action(state: State, *arguments: Any) -> Effects | str:
        found = find_plan(state, [(name, *arguments)], domain)
        if found.state is None:
            return found.because
        before = dict(dict.items(state))
        return {name: value for name, value in dict.items(found.state) if before.get(name) != value}

    action.__name__ = name
    return action


def break_down(
    state: Mapping[Any, Hashable],
    tasks: Iterable[Task],
    domain: Domain,
    crew: Sequence[Member],
    work: Mapping[str, float] = {},
) -> tuple[Leaf, ...] | str:
    """Leaves for this crew that together do `tasks`, or why that cannot be.

    `work` are the seconds that each capability takes, 1 for those not named.

    >>> from coordlab.patterns.htn.domains import REPORT
    >>> ann, bob = Member("ann", ("study", "write")), Member("bob", ("sketch", "bind"))
    >>> [(leaf.name, leaf.after) for leaf in break_down({}, [("report", "north")], REPORT, (ann, bob))]
    [('study north', ()), ('write north', ('study north',)), ('sketch north', ('study north',)), ('bind',
    ('write north', 'sketch north'))]
    >>> break_down({}, [("report", "north")], REPORT, (bob,))
    'stuck at the start: gather north (nobody can gather)'
    """
    mine = delegable(domain, (each for member in crew for each in member.capabilities))
    found = find_plan(state, tasks, mine)
    if found.plan is None:
        return found.because
    names: list[str] = []
    for task in found.plan:
        again = found.plan[: len(names)].count(task)
        names.append(f"{said(task)} ({again + 1})" if again else said(task))
    order = precedence(state, found.plan, mine)
    return tuple(
        Leaf(name, task[0], work.get(task[0], 1.0), tuple(names[step] for step in before))
        for name, task, before in zip(names, found.plan, order, strict=True)
    )


# --- whom to give a leaf to -------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """A member that can do a leaf and has room: how many it is doing, and when it last had its turn."""

    member: Member
    running: int
    last: int = -1


def candidates(
    leaf: Leaf,
    crew: Iterable[Member],
    hands: Sequence[str] = (),
    turns: Sequence[str] = (),
    avoided: Sequence[Container[str]] = (),
) -> list[Candidate]:
    """Those of a crew that can do a leaf and have room for it, none of the `avoided` if there are others.

    `hands` are the names of those at work, one for each leaf they do, `turns` of those that were given
    leaves, one after the other.

    >>> ann, bob = Member("ann", ("cut",)), Member("bob", ("cut",), capacity=2)
    >>> [each.member.name for each in candidates(Leaf("a", "cut"), (ann, bob), hands=("ann", "bob"))]
    ['bob']
    """
    able = [member for member in crew if member.can(leaf)]
    for names in avoided:
        able = [member for member in able if member.name not in names] or able
    last = {name: turn for turn, name in enumerate(turns)}
    each = ((member, [*hands].count(member.name)) for member in able)
    return [Candidate(m, running, last.get(m.name, -1)) for m, running in each if running < m.capacity]


Policy = Callable[[Leaf, Sequence[Candidate]], Candidate]


def first(leaf: Leaf, candidates: Sequence[Candidate]) -> Candidate:
    """Whoever comes first in the crew."""
    return candidates[0]


def least_loaded(leaf: Leaf, candidates: Sequence[Candidate]) -> Candidate:
    """Whoever has the smallest part of its capacity in use."""
    return min(candidates, key=lambda each: each.running / each.member.capacity)


def round_robin(leaf: Leaf, candidates: Sequence[Candidate]) -> Candidate:
    """Whoever has waited longest for its turn."""
    return min(candidates, key=lambda each: each.last)


def fastest(leaf: Leaf, candidates: Sequence[Candidate]) -> Candidate:
    """Whoever does it soonest."""
    return min(candidates, key=lambda each: each.member.seconds(leaf))


def contract_net(leaf: Leaf, candidates: Sequence[Candidate]) -> Candidate:
    """Whoever would ask least for it, if asked."""
    return min(candidates, key=lambda each: _cost(leaf, each.member, each.running))


def bid(leaf: Leaf, member: Member, running: int) -> float | None:
    """What a member asks for a leaf in a contract net: its time, the dearer the more it has on hand.

    None if it has no room for another one.

    >>> bid(Leaf("cut", "cut", work=3), Member("ann", ("cut",), capacity=2, speed=1.5), running=1)
    4.0
    """
    return _cost(leaf, member, running) if running < member.capacity and member.can(leaf) else None


def _cost(leaf: Leaf, member: Member, running: int) -> float:
    return member.seconds(leaf) * (1 + running)


def check_settings(policy: str, within: float, patience: float, attempts: int) -> None:
    """A ValueError unless a coordinator can work so."""
    if policy not in POLICIES:
        raise ValueError(f"policy={policy!r}: there are {', '.join(POLICIES)}. Take one of these.")
    inf = float("inf")
    if not (0 < within < inf and 0 < patience < inf and type(attempts) is int and attempts >= 1):
        raise ValueError(
            f"within={within!r}, patience={patience!r}, attempts={attempts!r}: both take some seconds, and "
            f"one tries once or more. Write for instance within=30.0, patience=1.0, attempts=3."
        )


POLICIES: dict[str, Policy] = {
    each.__name__: each for each in (first, least_loaded, round_robin, fastest, contract_net)
}
"""By name; of equals each takes whoever comes first in the crew."""


# --- how long it takes ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stint:
    """Who does a leaf, and from when to when, in seconds."""

    leaf: Leaf
    member: Member
    start: float
    end: float


def schedule(leaves: Iterable[Leaf], crew: Sequence[Member], policy: Policy = first) -> tuple[Stint, ...]:
    """List scheduling: whenever somebody has room, give out the first leaf that is ready (Graham 1966).

    >>> crew = [Member("ann", ("cut",)), Member("bob", ("cut",))]
    >>> stints = schedule([Leaf("a", "cut", 2), Leaf("b", "cut", 1), Leaf("c", "cut", 1, ("a",))], crew)
    >>> [(each.leaf.name, each.member.name, each.start, each.end) for each in stints]
    [('a', 'ann', 0.0, 2.0), ('b', 'bob', 0.0, 1.0), ('c', 'ann', 2.0, 3.0)]
    """
    (given, crew), stints, now = checked(leaves, crew), list[Stint](), 0.0
    if unable := [leaf for leaf in given if not any(member.can(leaf) for member in crew)]:
        what = f"nobody can {unable[0].capability}, which {unable[0].name} needs"
        raise ValueError(f"{what}. Add a member who can, or break it down further.")
    waiting = list(given)
    while waiting:
        done = {stint.leaf.name for stint in stints if stint.end <= now}
        hands = [stint.member.name for stint in stints if stint.end > now]
        for leaf in waiting:
            free = candidates(leaf, crew, hands, [stint.member.name for stint in stints])
            if free and done.issuperset(leaf.after):
                member = policy(leaf, free).member
                stints.append(Stint(leaf, member, now, now + member.seconds(leaf)))
                waiting.remove(leaf)
                break
        else:
            now = min(stint.end for stint in stints if stint.end > now)
    return tuple(stints)


def critical_path(leaves: Iterable[Leaf]) -> float:
    """The work, in seconds at speed 1, of the longest chain of leaves that wait for each other.

    >>> critical_path([Leaf("a", "cut", 2), Leaf("b", "cut", 1), Leaf("c", "cut", 1, ("a", "b"))])
    3.0
    """
    ends: dict[str, float] = {}
    for leaf in in_order(leaves):
        ends[leaf.name] = leaf.work + max((ends[name] for name in leaf.after), default=0.0)
    return float(max(ends.values(), default=0.0))


def shortest(leaves: Sequence[Leaf], crew: Sequence[Member]) -> float:
    """What no crew can beat, in seconds: the longest chain, and all work shared out evenly.

    >>> shortest([Leaf(name, "cut") for name in "abc"], [Member("ann", ("cut",)), Member("bob", ("cut",))])
    1.5
    """
    if not crew:
        raise ValueError("the crew is empty, and takes for ever. Give at least one member.")
    together = sum(member.capacity * member.speed for member in crew)
    quickest = max(member.speed for member in crew)
    return max(critical_path(leaves) / quickest, sum(leaf.work for leaf in leaves) / together)
