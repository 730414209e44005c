"""A vote as one writes it at first: ask everybody at once, and count what came back in time.

Each function shows one thing that is wrong with it: it plays the case on virtual time.

    >>> one_yes_of_a_hundred()
    (True, {'yes': 1, 'abstain': 99})
    >>> three_kinds_of_no()
    {'tie': False, 'all abstain': False, 'no': False}
    >>> nobody_to_ask(), one_gives_up()
    ('ValueError: Set of Tasks/Futures is empty.', 'CancelledError')
    >>> still_at_work(), seconds_to_decide(), repeats_itself()
    (3, 10.0, False)
    >>> deaf_to_the_proposal()
    [{'no': 100, 'abstain': 200, 'yes': 100}, {'no': 100, 'abstain': 200, 'yes': 100}]
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from secrets import SystemRandom

from coordlab.world.loop import simulate

Ask = Callable[[str], Awaitable[str]]
"""How a voter answers a proposal: yes, no or abstain."""


async def consensus(
    voters: dict[str, Ask], proposal: str, patience: float = 10.0
) -> tuple[bool, dict[str, str]]:
    """Whether more say yes than no, and what each said; one that fails or is silent abstains."""
    tasks = {name: asyncio.ensure_future(ask(proposal)) for name, ask in voters.items()}
    done, pending = await asyncio.wait(tasks.values(), timeout=patience)
    for task in pending:
        task.cancel()
    votes = {}
    for name, task in tasks.items():
        try:
            votes[name] = await task if task in done else "abstain"
        except Exception:  # noqa: BLE001  (as one writes it at first)
            votes[name] = "abstain"
    count = Counter(votes.values())
    return count["yes"] > count["no"], votes


def says(choice: str, after: float = 0.1) -> Ask:
    """A voter that gives the same answer to everything, `after` some seconds."""

    async def ask(_: str) -> str:
        await asyncio.sleep(after)
        return choice

    return ask


async def breaks(_: str) -> str:
    """A voter with a bug."""
    raise LookupError("no such tea")


async def gives_up(_: str) -> str:
    """A voter that is cancelled while it thinks."""
    raise asyncio.CancelledError


def voted(choices: dict[str, Ask]) -> tuple[bool, Counter[str]]:
    """The decision, and how many gave each answer."""
    decision, votes = simulate(consensus(choices, "more tea"))
    return decision, Counter(votes.values())


def one_yes_of_a_hundred() -> tuple[bool, dict[str, int]]:
    """The decision of one yes, 98 silent voters and a bug: all these abstain, and there is no quorum."""
    silent = {f"v{number}": says("no", after=60) for number in range(2, 100)}
    decision, count = voted({"v1": says("yes"), **silent, "v100": breaks})
    return decision, dict(count)


def three_kinds_of_no() -> dict[str, bool]:
    """The decision on a tie, if all abstain, and on a unanimous no."""
    cases = {"tie": ("yes", "no"), "all abstain": ("abstain", "abstain"), "no": ("no", "no")}
    return {name: voted({one: says(one), "b": says(other)})[0] for name, (one, other) in cases.items()}


def nobody_to_ask() -> str:
    """The error of a vote without voters."""
    try:
        return str(voted({}))
    except ValueError as error:
        return f"{type(error).__name__}: {error}"


def one_gives_up() -> str:
    """The end of a vote of two if a third is cancelled: that is not an `Exception`, so it is not caught."""
    try:
        return str(voted({"ann": says("yes"), "bob": says("yes"), "cat": gives_up}))
    except asyncio.CancelledError as error:
        return type(error).__name__


def _end(voters: dict[str, Ask]) -> tuple[int, float]:
    """How many tasks are left, and how many seconds have passed, when a vote is over."""

    async def main() -> tuple[int, float]:
        await consensus(voters, "more tea")
        return len(asyncio.all_tasks()) - 1, asyncio.get_running_loop().time()

    return simulate(main())


def still_at_work() -> int:
    """How many of three slow voters still run when the vote is over: they were cancelled, but not awaited."""
    return _end({f"v{number}": says("no", after=60) for number in range(3)})[0]


def seconds_to_decide() -> float:
    """Seconds until a vote ends in which four of five said yes after a tenth of a second."""
    return _end({"slow": says("no", after=60), **{f"v{n}": says("yes") for n in range(4)}})[1]


def biased(_: str, noise: float, bias: float = 0.5) -> str:
    """The vote of an agent on a proposal that it does not look at; `noise` is from -0.2 to 0.2."""
    return "yes" if bias + noise > 0.6 else "no" if bias + noise < 0.4 else "abstain"


def deaf_to_the_proposal(votes: int = 400) -> list[dict[str, int]]:
    """How an agent of bias .5 votes on a proposal and on its contrary, over evenly spread noise."""
    noise = [0.4 * (vote + 0.5) / votes - 0.2 for vote in range(votes)]
    return [dict(Counter(biased(text, each) for each in noise)) for text in ("more tea", "less tea")]


def repeats_itself(voters: int = 200) -> bool:
    """Whether the same voters vote the same on the same proposal twice: their dice have no seed."""
    dice = SystemRandom()
    first, second = ([biased("tea", dice.uniform(-0.2, 0.2)) for _ in range(voters)] for _ in range(2))
    return first == second
