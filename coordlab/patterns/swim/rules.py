"""What members of a group know of each other, which news replaces which, and what there is to pass on.

A. Das, I. Gupta and A. Motivala, SWIM: Scalable Weakly-consistent Infection-style Process Group Membership
Protocol, DSN 2002.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, log
from typing import TYPE_CHECKING

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
    status: str  # one of those in ORDER
    incarnation: int  # which only the member itself raises: at each start, and to refute a suspicion

    def __post_init__(self) -> None:
        if self.status not in ORDER or self.incarnation < 0:
            raise ValueError(
                f"{self!r}: a status is one of {', '.join(ORDER)}, an incarnation 0 or more. "
                f"Write for instance Update('bob', 'alive', 1)."
            )


def supersedes(news: Update, known: Update) -> bool:
    """Whether `news` replaces what is known of the same member: a later incarnation, or the graver of one.

    As in SWIM, section 4.2, but for the dead: there nothing brings them back, and they join under another
    name; here a later incarnation does, so that an earlier death is no news to whoever knows it.

    >>> bob = Update("bob", ALIVE, 1)
    >>> supersedes(Update("bob", SUSPECT, 1), bob), supersedes(Update("bob", ALIVE, 2), bob)
    (True, True)
    >>> supersedes(bob, Update("bob", SUSPECT, 1)), supersedes(bob, bob)
    (False, False)
    """
    return (news.incarnation, ORDER[news.status]) > (known.incarnation, ORDER[known.status])


def edges(before: str, after: str) -> tuple[str, ...]:
    """What to say when news has changed a status; whoever was dead and is suspect was up in between.

    >>> edges(ALIVE, SUSPECT), edges(SUSPECT, SUSPECT), edges(DEAD, SUSPECT)
    (('suspect',), (), ('alive', 'suspect'))
    """
    if before == after:
        return ()
    return (ALIVE, SUSPECT) if (before, after) == (DEAD, SUSPECT) else (after,)


def refuted(own: int, news: Update) -> int:
    """A member's incarnation once it has heard this of itself: a higher one if it is thought to be down.

    >>> [refuted(2, Update("me", status, 2)) for status in (ALIVE, SUSPECT, DEAD)]
    [2, 3, 3]
    """
    return max(own, news.incarnation + 1) if news.status in DOUBTED else own


def repeats(members: int) -> int:
    """How often a member passes a piece of news on: 3 ln n, rounded up (section 4.1), and once at least.

    >>> [repeats(members) for members in (2, 10, 100)]
    [3, 7, 14]
    """
    return max(1, ceil(3 * log(max(1, members))))


def next_round(members: Sequence[str], dice: Random) -> list[str]:
    """Whom to probe in the next rounds: everybody once, in random order (section 4.3).

    So each is probed again after at most 2n - 1 of n probes, which no single throw of dice could promise.

    >>> from random import Random
    >>> sorted(next_round(["bob", "cat", "dan"], Random(0)))
    ['bob', 'cat', 'dan']
    """
    return dice.sample(list(members), len(members))


@dataclass
class Rumours:
    """News to pass on with whatever is sent: the latest of each member, what was told least comes first.

    >>> rumours = Rumours(most=1)
    >>> rumours.add(Update("bob", SUSPECT, 1))
    >>> rumours.add(Update("cat", ALIVE, 1))
    >>> [rumours.pick(often=2)[0].member for _ in range(4)], rumours.pick(often=2)
    (['bob', 'cat', 'bob', 'cat'], ())
    """

    most: int = 6  # with one message
    told: dict[str, tuple[Update, int]] = field(default_factory=dict)  # how often, by member

    def __post_init__(self) -> None:
        if self.most < 1:
            raise ValueError(f"most={self.most!r}: a message carries 1 piece of news or more. Write most=6.")

    def add(self, update: Update) -> None:
        """Something new, which replaces what was told of the same member."""
        self.told[update.member] = update, 0

    def pick(self, often: int) -> tuple[Update, ...]:
        """What goes with the next message; whatever has been told `often` is old."""
        chosen = sorted(self.told.values(), key=lambda each: each[1])[: self.most]
        for update, times in chosen:
            if times + 1 < often:
                self.told[update.member] = update, times + 1
            else:
                del self.told[update.member]
        return tuple(update for update, _ in chosen)
