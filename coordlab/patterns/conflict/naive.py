"""A first try at settling conflicts: the newer timestamp wins, else a random one, and ask until all agree.

Each function below shows one thing that goes wrong, and returns the evidence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from coordlab.world.dice import dice
from coordlab.world.loop import simulate

Claim = tuple[str, str, float]
"""Who claims, what, and when by its own clock."""


def newest(claims: Sequence[Claim]) -> Claim:
    """The claim with the latest timestamp; of equals, the one that came first."""
    return max(claims, key=lambda claim: claim[2])


def a_fast_clock_beats_the_newer_claim() -> tuple[str, str]:
    """Who wrote last, and who wins: ann's clock is 10 s ahead.

    >>> a_fast_clock_beats_the_newer_claim()
    ('bob', 'ann')
    """
    written = {"ann": 1.0, "bob": 5.0}
    claims = [("ann", "x", written["ann"] + 10.0), ("bob", "y", written["bob"])]
    return max(written, key=lambda who: written[who]), newest(claims)[0]


def equal_stamps_leave_it_to_arrival() -> list[str]:
    """Who wins if ann's claim comes first, and who if bob's does: their timestamps are equal.

    >>> equal_stamps_leave_it_to_arrival()
    ['ann', 'bob']
    """
    ann, bob = ("ann", "x", 1.0), ("bob", "y", 1.0)
    return [newest(claims)[0] for claims in ([ann, bob], [bob, ann])]


def random_is_no_fallback(conflicts: int = 1000) -> int:
    """In how many conflicts two processes, each with its own dice, choose different claims.

    >>> random_is_no_fallback(1000)
    474
    """
    claims = [[("ann", f"x{each}", 1.0), ("bob", f"y{each}", 1.0)] for each in range(conflicts)]
    chosen = [[dice(process, "fallback", *each).choice(each) for each in claims] for process in (1, 2)]
    return sum(one != other for one, other in zip(*chosen, strict=True))


def asking_again_never_ends(rounds: int = 1000) -> int | None:
    """The round in which two agree who each adopt what the other said; None: not in this many rounds.

    >>> print(asking_again_never_ends())
    None
    """
    one, other = "x", "y"
    for number in range(1, rounds + 1):
        one, other = other, one
        if one == other:
            return number
    return None


def a_silent_human_blocks(seconds: float = 86_400.0) -> str:
    """What the caller has after a day, if the human is on holiday.

    >>> a_silent_human_blocks()
    'still waiting after 86400 s'
    """

    async def call() -> str:
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        done, _ = await asyncio.wait([answer], timeout=seconds)
        return "answered" if done else f"still waiting after {seconds:g} s"

    return simulate(call())


def without_a_merge_rule_nothing_converges(rounds: int = 1000) -> int:
    """How many different copies three replicas have after this many rounds, each adopting another's copy.

    >>> without_a_merge_rule_nothing_converges()
    3
    """
    copies = ["x", "y", "z"]
    for _ in range(rounds):
        copies = [copies[-1], *copies[:-1]]
    return len(set(copies))
