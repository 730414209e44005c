"""A vote as one takes it at first: ask everybody at once, and count what came back in time.

Each function is one thing that is wrong with it: it plays the case, on virtual time, and gives the evidence.
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
    """Whether more say yes than no, and what each said; who fails or is silent is taken to abstain."""
    tasks = {name: asyncio.ensure_future(ask(proposal)) for name, ask in voters.items()}
    done, pending = await asyncio.wait(tasks.values(), timeout=patience)
    for task in pending:
        task.cancel()
    votes = {}
    for name, task in tasks.items():
        try:
            votes[name] = await task if task in done else "abstain"
        except Exception:  # noqa: BLE001  (that is how one does it at first)
            votes[name] = "abstain"
    count = Counter(votes.values())
    return count["yes"] > count["no"], votes


def says(choice: str, after: float = 0.1) -> Ask:
    """A voter that says the same to everything, after so many seconds; it does not look at the proposal."""

    async def ask(_: str) -> str:
        await asyncio.sleep(after)
        return choice

    return ask


async def breaks(_: str) -> str:
    """A voter with a bug."""
    raise LookupError("no such tea")


async def gives_up(_: str) -> str:
    """A voter that was cancelled while it thought about it."""
    raise asyncio.CancelledError


def biased(bias: float, noise: float) -> str:
    """How a voter of some bias (0 against everything, 1 for it) votes: by its mood, not by the proposal."""
    return "yes" if bias + noise > 0.6 else "no" if bias + noise < 0.4 else "abstain"


def voted(choices: dict[str, Ask]) -> tuple[bool, Counter[str]]:
    """The decision, and how many said what."""
    decision, votes = simulate(consensus(choices, "more tea"))
    return decision, Counter(votes.values())


def one_yes_of_a_hundred() -> tuple[bool, dict[str, int]]:
    """What one yes, 98 who never answer and a bug decide: all are taken to abstain, and there is no quorum.

    >>> one_yes_of_a_hundred()
    (True, {'yes': 1, 'abstain': 99})
    """
    silent = {f"v{number}": says("no", after=60) for number in range(2, 100)}
    decision, count = voted({"v1": says("yes"), **silent, "v100": breaks})
    return decision, dict(count)


def three_kinds_of_no() -> dict[str, bool]:
    """What it says of a tie, of a vote in which all abstain, and of a unanimous no.

    >>> three_kinds_of_no()
    {'tie': False, 'all abstain': False, 'no': False}
    """
    cases = {"tie": ("yes", "no"), "all abstain": ("abstain", "abstain"), "no": ("no", "no")}
    return {name: voted({one: says(one), "b": says(other)})[0] for name, (one, other) in cases.items()}


def nobody_to_ask() -> str:
    """What becomes of a vote without voters.

    >>> nobody_to_ask()
    'ValueError: Set of Tasks/Futures is empty.'
    """
    try:
        return str(voted({}))
    except ValueError as error:
        return f"{type(error).__name__}: {error}"


def one_gives_up() -> str:
    """What becomes of the votes of two if a third is cancelled: that is no `Exception`, and not caught.

    >>> one_gives_up()
    'CancelledError'
    """
    try:
        return str(voted({"ann": says("yes"), "bob": says("yes"), "cat": gives_up}))
    except asyncio.CancelledError as error:
        return type(error).__name__


def still_at_work() -> int:
    """How many of three slow voters are not done when the vote is over: they were cancelled, and not awaited.

    >>> still_at_work()
    3
    """

    async def main() -> int:
        await consensus({f"v{number}": says("no", after=60) for number in range(3)}, "more tea")
        return len(asyncio.all_tasks()) - 1

    return simulate(main())


def seconds_to_decide() -> float:
    """How long a vote takes of which all but one of five said yes after a tenth of a second.

    >>> seconds_to_decide()
    10.0
    """

    async def main() -> float:
        await consensus(
            {"slow": says("no", after=60), **{f"v{n}": says("yes") for n in range(4)}}, "more tea"
        )
        return asyncio.get_running_loop().time()

    return simulate(main())


def deaf_to_the_proposal(steps: int = 4000) -> dict[str, dict[str, float]]:
    """How a voter without bias votes on a thing and on its contrary: the shares over an even spread of moods.

    >>> deaf_to_the_proposal()["more tea"]
    {'no': 0.25, 'abstain': 0.5, 'yes': 0.25}
    >>> deaf_to_the_proposal()["less tea"] == deaf_to_the_proposal()["more tea"]
    True
    """
    moods = [-0.2 + 0.4 * (step + 0.5) / steps for step in range(steps)]
    return {
        proposal: {
            choice: many / steps for choice, many in Counter(biased(0.5, mood) for mood in moods).items()
        }
        for proposal in ("more tea", "less tea")
    }


def repeats_itself(voters: int = 200) -> bool:
    """Whether so many voters, asked twice, vote the same twice: their dice have no seed.

    >>> repeats_itself()
    False
    """
    dice = SystemRandom()
    first, second = ([biased(0.5, dice.uniform(-0.2, 0.2)) for _ in range(voters)] for _ in range(2))
    return first == second
