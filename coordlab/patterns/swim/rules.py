"""What members of a group know of each other, which news replaces which, and what to pass on.

A. Das, I. Gupta and A. Motivala, SWIM: Scalable Weakly-consistent Infection-style Process Group Membership
Protocol, DSN 2002.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, log
from typing import TYPE_CHECKING

from coordlab import requirements as require
from coordlab.patterns.heartbeat.rules import ALIVE, DEAD, SUSPECT, UNKNOWN
from coordlab.world.message import message

if TYPE_CHECKING:
    from random import Random

ORDER = {UNKNOWN: 0, ALIVE: 1, SUSPECT: 2, DEAD: 3}
DOUBTED = (SUSPECT, DEAD)


@message
class Update:
    """This is what I know of it."""

    member: str
    status: str  # a key of ORDER
    incarnation: int  # raised by the member itself only: at each start, and to refute a suspicion

    def __post_init__(self) -> None:
        require.one_of("status", self.status, ORDER)
        require.count("incarnation", self.incarnation)


def supersedes(news: Update, known: Update) -> bool:
    """Whether `news` replaces what is known of the same member: a later incarnation, or a graver status.

    This is SWIM, section 4.2, except for the dead: there they join again under another name only; here a
    later incarnation restores them.

    >>> bob = Update("bob", ALIVE, 1)
    >>> [supersedes(news, bob) for news in (Update("bob", SUSPECT, 1), Update("bob", ALIVE, 2), bob)]
    [True, True, False]
    """
    return (news.incarnation, ORDER[news.status]) > (known.incarnation, ORDER[known.status])


def edges(before: str, after: str) -> tuple[str, ...]:
    """The statuses to state when news changes one; a dead member that is now suspect was up in between.

    >>> edges(ALIVE, SUSPECT), edges(SUSPECT, SUSPECT), edges(DEAD, SUSPECT)
    (('suspect',), (), ('alive', 'suspect'))
    """
    if before == after:
        return ()
    return (ALIVE, SUSPECT) if (before, after) == (DEAD, SUSPECT) else (after,)


def refuted(own: int, news: Update) -> int:
    """The incarnation of a member after it heard this of itself: a higher one if it is thought to be down.

    >>> [refuted(2, Update("me", status, 2)) for status in (ALIVE, SUSPECT, DEAD)]
    [2, 3, 3]
    """
    return max(own, news.incarnation + 1) if news.status in DOUBTED else own


def repeats(members: int) -> int:
    """How often a member passes news on: 3 ln n, rounded up, and once at least.

    Some multiple of ln n is enough (section 4.1); the paper's prototype took 3⌈log(n + 1)⌉ (section 5).

    >>> [repeats(members) for members in (2, 10, 100)]
    [3, 7, 14]
    """
    return max(1, ceil(3 * log(max(1, members))))


def next_round(members: Sequence[str], dice: Random) -> list[str]:
    """The members to probe next: all of them once, in random order (section 4.3).

    So each is probed again after at most 2n - 1 of n probes, which independent choices could not promise.
    """
    return dice.sample(list(members), len(members))


@dataclass
class Rumours:
    """News to pass on with messages: the latest of each member, the least often told first.

    >>> rumours = Rumours(most=1)
    >>> rumours.add(Update("bob", SUSPECT, 1))
    >>> rumours.add(Update("cat", ALIVE, 1))
    >>> [rumours.pick(often=2)[0].member for _ in range(4)], rumours.pick(often=2)
    (['bob', 'cat', 'bob', 'cat'], ())
    """

    most: int = 6  # pieces of news with one message, as in section 5
    told: dict[str, tuple[Update, int]] = field(
        default_factory=dict
    )  # member -> news, and how often it was told

    def __post_init__(self) -> None:
        require.count("most", self.most, 1, example=6)

    def add(self, update: Update) -> None:
        """Add news, which replaces older news of the same member."""
        self.told[update.member] = update, 0

    def pick(self, often: int) -> tuple[Update, ...]:
        """The news for the next message; news that was told `often` times is dropped."""
        chosen = sorted(self.told.values(), key=lambda each: each[1])[: self.most]
        for update, times in chosen:
            if times + 1 < often:
                self.told[update.member] = update, times + 1
            else:
                del self.told[update.member]
        return tuple(update for update, _ in chosen)
