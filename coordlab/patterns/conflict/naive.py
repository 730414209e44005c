"""Settling conflicts as one does at first: the newer timestamp wins, else at random, and ask till they agree.

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


def at_random(claims: Sequence[Claim], process: int) -> Claim:
    """Any of them: what a process with dice of its own takes when nothing else helps."""
    return dice(process, "fallback", *claims).choice(claims)


async def until_they_agree(one: str, other: str, rounds: int) -> int | None:
    """The round in which two agree, where each gives way to what the other said; None if they never do.

    >>> simulate(until_they_agree("x", "x", rounds=5))
    1
    """
    for number in range(1, rounds + 1):
        one, other = other, one
        if one == other:
            return number
        await asyncio.sleep(1.0)
    return None


async def ask_a_human(answer: asyncio.Future[str]) -> str:
    """What the human says, whenever that is."""
    return await answer


def adopt(copies: Sequence[str]) -> list[str]:
    """The copies after everybody has sent its own to the next one, who takes it as it is."""
    return [copies[place - 1] for place in range(len(copies))]


# --- what goes wrong ------------------------------------------------------------------------------


def a_fast_clock_beats_the_newer_claim() -> tuple[str, str]:
    """Who wrote last, and who wins: ann's clock is 10 s ahead.

    >>> a_fast_clock_beats_the_newer_claim()
    ('bob', 'ann')
    """
    true_times = {"ann": 1.0, "bob": 5.0}
    ahead = {"ann": 10.0, "bob": 0.0}
    claims = [(who, f"{who}'s", at + ahead[who]) for who, at in true_times.items()]
    return max(true_times, key=lambda who: true_times[who]), newest(claims)[0]


def equal_stamps_leave_it_to_arrival() -> list[str]:
    """Who wins if ann's claim comes first, and who if bob's does: their stamps are equal.

    >>> equal_stamps_leave_it_to_arrival()
    ['ann', 'bob']
    """
    ann, bob = ("ann", "x", 1.0), ("bob", "y", 1.0)
    return [newest(claims)[0] for claims in ([ann, bob], [bob, ann])]


def random_is_no_fallback(conflicts: int = 1000) -> int:
    """In how many conflicts two processes, each with its own dice, come to different results.

    >>> random_is_no_fallback(1000)
    474
    """
    claims = [[("ann", f"x{each}", 1.0), ("bob", f"y{each}", 1.0)] for each in range(conflicts)]
    return sum(at_random(each, process=1) != at_random(each, process=2) for each in claims)


def asking_again_never_ends(rounds: int = 1000) -> int | None:
    """When two who always give way agree; we stop them after `rounds`, nothing in the code would.

    >>> print(asking_again_never_ends())
    None
    """
    return simulate(until_they_agree("x", "y", rounds))


def a_silent_human_blocks(seconds: float = 86_400.0) -> str:
    """What the caller has after a day, if the human is on holiday.

    >>> a_silent_human_blocks()
    'still waiting after 86400 s'
    """

    async def call() -> str:
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        waiting = asyncio.ensure_future(ask_a_human(answer))
        done, _ = await asyncio.wait([waiting], timeout=seconds)
        waiting.cancel()
        return "answered" if done else f"still waiting after {seconds:g} s"

    return simulate(call())


def without_a_merge_rule_nothing_converges(rounds: int = 1000) -> int:
    """How many different copies three replicas have after so many rounds of "eventually correct".

    >>> without_a_merge_rule_nothing_converges()
    3
    """
    copies = ["x", "y", "z"]
    for _ in range(rounds):
        copies = adopt(copies)
    return len(set(copies))
