"""Delegation as plain data: leaves of a plan, who can do them, who gets them, how long it takes."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from math import fsum
from typing import Any

from coordlab import requirements as require
from coordlab.patterns.delegation.precedence import precedence
from coordlab.patterns.htn.planner import find_plan
from coordlab.patterns.htn.rules import Action, Domain, Effects, State, Task, said
from coordlab.world.message import message


@message
class Leaf:
    """This is to be done, after the leaves named in `after`."""

    name: str
    capability: str  # that it needs
    work: float = 1.0  # seconds, at speed 1
    after: tuple[str, ...] = ()


@message
class Member:
    """This is what I can do, how much of it at a time, and how fast."""

    name: str
    capabilities: tuple[str, ...]
    capacity: int = 1  # leaves at a time, 1 or more
    speed: float = 1.0  # seconds of work done in a second, above 0

    def __post_init__(self) -> None:
        require.instance("capabilities", self.capabilities, tuple, "capabilities=('cut',)", ValueError)
        require.count("capacity", self.capacity, least=1)
        require.number("speed", self.speed, above=0)

    def can(self, leaf: Leaf) -> bool:
        return leaf.capability in self.capabilities

    def seconds(self, leaf: Leaf) -> float:
        return leaf.work / self.speed


def in_order(leaves: Iterable[Leaf]) -> tuple[Leaf, ...]:
    """The leaves, each after those it waits for.

    Raises ValueError if a name comes twice, a leaf in `after` does not exist, or some wait in a circle.
    """
    given = tuple(leaves)
    require.names("leaves", [leaf.name for leaf in given], empty=True, example="['cut', 'paint']")
    named = {leaf.name: leaf for leaf in given}
    for leaf in given:
        require.that(leaf.name, f"name={leaf.name!r}", "expected a text", "Leaf('paint', 'paint')")
        require.seconds(f"{leaf.name}: work", leaf.work)
        for name in leaf.after:
            require.one_of(f"{leaf.name}: after", name, named)
    try:
        order = [*TopologicalSorter({leaf.name: leaf.after for leaf in given}).static_order()]
    except CycleError as error:
        ring = ", ".join(error.args[1][1:])
        allowed = "these wait for each other in a circle; take a name out of an `after`"
        require.fail(ring, allowed, "Leaf('paint', 'paint', after=('cut',))")
    return tuple(named[name] for name in order)


def checked(leaves: Iterable[Leaf], crew: Iterable[Member]) -> tuple[tuple[Leaf, ...], tuple[Member, ...]]:
    """Both as tuples; raises ValueError if two members have one name, or as `in_order` does."""
    given, members = tuple(leaves), tuple(crew)
    in_order(given)
    require.names("crew", [member.name for member in members], empty=True)
    return given, members


def delegable(domain: Domain, capabilities: Iterable[str]) -> Domain:
    """The same domain for agents that have these capabilities.

    A task that some agent can do is not refined further, and an action that no agent can do is impossible, so
    that other methods are tried: refine until it matches what agents can do, and no further.
    """
    can = set(capabilities)
    actions = {name: each if name in can else _nobody(name) for name, each in domain.actions.items()}
    actions |= {name: _whole(name, domain) for name in domain.methods if name in can}
    methods = {name: each for name, each in domain.methods.items() if name not in can}
    return Domain(actions, methods, domain.costs)


def _nobody(name: str) -> Action:
    return lambda state, *_: f"nobody can {name}"


def _whole(name: str, domain: Domain) -> Action:
    """The task as one action, which has the effect of a plan for it."""

    def action(state: State, *arguments: Any) -> Effects | str:
        found = find_plan(state, [(name, *arguments)], domain)
        if found.state is None:
            return found.because
        before = dict(dict.items(state))
        return {name: value for name, value in dict.items(found.state) if before.get(name) != value}

    return action


def break_down(
    state: Mapping[Any, Hashable],
    tasks: Iterable[Task],
    domain: Domain,
    crew: Sequence[Member],
    work: Mapping[str, float] = {},
) -> tuple[Leaf, ...] | str:
    """Leaves for this crew that together do `tasks`, or why there are none.

    `work` maps capabilities to seconds, 1 for those not named.

    >>> from coordlab.patterns.delegation.domains import REPORT
    >>> ann, bob = Member("ann", ("study", "write")), Member("bob", ("sketch", "bind"))
    >>> [(leaf.name, leaf.after) for leaf in break_down({}, [("report", "north")], REPORT, (ann, bob))]
    [('study north', ()), ('write north', ('study north',)), ('sketch north', ('study north',)), ('bind',
    ('write north', 'sketch north'))]
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


@dataclass(frozen=True)
class Candidate:
    """A member that can do a leaf and has room: how many it is doing, and when it last got one."""

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
    """The members of a crew that can do a leaf and have room for it.

    hands    the names of those at work, one for each leaf that they do.
    turns    the names of those that were given leaves, in order.
    avoided  collections of names: these members only if there are no others.
    """
    able = [member for member in crew if member.can(leaf)]
    for names in avoided:
        able = [member for member in able if member.name not in names] or able
    last = {name: turn for turn, name in enumerate(turns)}
    each = ((member, [*hands].count(member.name)) for member in able)
    return [Candidate(m, running, last.get(m.name, -1)) for m, running in each if running < m.capacity]


Policy = Callable[[Leaf, Sequence[Candidate]], Candidate]


def first(leaf: Leaf, candidates: Sequence[Candidate]) -> Candidate:
    """The first member in the crew."""
    return candidates[0]


def least_loaded(leaf: Leaf, candidates: Sequence[Candidate]) -> Candidate:
    """The member with the smallest part of its capacity in use."""
    return min(candidates, key=lambda each: each.running / each.member.capacity)


def round_robin(leaf: Leaf, candidates: Sequence[Candidate]) -> Candidate:
    """The member that has waited longest for its turn."""
    return min(candidates, key=lambda each: each.last)


def fastest(leaf: Leaf, candidates: Sequence[Candidate]) -> Candidate:
    """The member that does it in the shortest time."""
    return min(candidates, key=lambda each: each.member.seconds(leaf))


def contract_net(leaf: Leaf, candidates: Sequence[Candidate]) -> Candidate:
    """The member that would ask the lowest price, if asked."""
    return min(candidates, key=lambda each: _cost(leaf, each.member, each.running))


def bid(leaf: Leaf, member: Member, running: int) -> float | None:
    """The price of a leaf in a contract net: the member's time for it, times one more than it is doing.

    None if it cannot do it or has no room.
    """
    return _cost(leaf, member, running) if running < member.capacity and member.can(leaf) else None


def _cost(leaf: Leaf, member: Member, running: int) -> float:
    return member.seconds(leaf) * (1 + running)


POLICIES: dict[str, Policy] = {
    each.__name__: each for each in (first, least_loaded, round_robin, fastest, contract_net)
}
"""By name; of equals each takes the first in the crew."""


def critical_path(leaves: Iterable[Leaf]) -> float:
    """The work, in seconds at speed 1, of the longest chain of leaves that wait for each other."""
    ends: dict[str, float] = {}
    for leaf in in_order(leaves):
        ends[leaf.name] = leaf.work + max((ends[name] for name in leaf.after), default=0.0)
    return float(max(ends.values(), default=0.0))


def shortest(leaves: Sequence[Leaf], crew: Sequence[Member]) -> float:
    """What no schedule beats, in seconds: the longest chain, and all work shared out evenly.

    Raises ValueError if the crew is empty.
    """
    require.that(crew, "crew=()", "expected at least one member", "crew=[Member('ann', ('cut',))]")
    together = fsum(member.capacity * member.speed for member in crew)
    quickest = max(member.speed for member in crew)
    return max(critical_path(leaves) / quickest, fsum(leaf.work for leaf in leaves) / together)
