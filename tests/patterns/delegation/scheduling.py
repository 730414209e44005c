"""List scheduling without messages, to compare delegation with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coordlab.patterns.delegation.rules import Leaf, Member, Policy, candidates, first


@dataclass(frozen=True)
class Stint:
    """Which member does a leaf, and from when to when, in seconds."""

    leaf: Leaf
    member: Member
    start: float
    end: float


def schedule(leaves: Iterable[Leaf], crew: Sequence[Member], policy: Policy = first) -> tuple[Stint, ...]:
    """List scheduling: whenever a member has room, give out the first leaf that is ready (Graham 1966)."""
    stints, now = list[Stint](), 0.0
    waiting = list(leaves)
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
