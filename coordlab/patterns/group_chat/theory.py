"""Group chat: what is read, what it costs in tokens, and what talking does to correctness, in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, factorial


def _check(ok: bool, given: str, allowed: str) -> None:
    if not ok:
        raise ValueError(f"{given}: {allowed}.")


_CHANCES = "chances are from 0 to 1, such as 0.6"


def _whole(value: object, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


# --- reading --------------------------------------------------------------------------------------------


def reads(turns: int, window: int | None = None) -> int:
    """Messages read in so many turns, the task included: all there are, or the last `window` of them.

    Turn k reads k messages: M(M + 1)/2 in all.  With a window of w it is about Mw.

    >>> reads(50), reads(100), reads(50, window=5)
    (1275, 5050, 240)
    """
    _check(_whole(turns), f"turns={turns}", "a number of turns is 0 or more, as in reads(50)")
    _check(window is None or _whole(window, 1), f"window={window}", "read 1 message or more, as in window=5")
    most = turns if window is None else min(turns, window)
    return most * (most + 1) // 2 + (turns - most) * most


def tokens(turns: int, each: int = 50, window: int | None = None) -> int:
    """Tokens read and said in so many turns, if every message has `each` of them.

    >>> [tokens(turns) for turns in (10, 20, 40)], [tokens(turns, window=1) for turns in (10, 20, 40)]
    ([3250, 11500, 43000], [1000, 2000, 4000])
    """
    _check(_whole(each), f"each={each}", "a message has 0 tokens or more, as in each=50")
    return each * (reads(turns, window) + turns)


# --- answering, and talking about it -----------------------------------------------------------------------


def _binomial(n: int, p: float) -> list[float]:
    return [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


def debate(members: int, p: float, rounds: int, correction: float = 0.0) -> list[float]:
    """The expected share of right answers before and after each round of a voter model, exactly.

    Each is right with chance `p` at first.  In a round each copies the answer of one of the members,
    itself included; whoever would give up a right answer for a wrong one keeps it with chance
    `correction`.  Without correction this is a martingale: talking alone changes nothing (H. K. Choi et
    al., Debate or Vote, arXiv:2508.17536, 2025).

    >>> [round(share, 2) for share in debate(5, 0.6, rounds=4)]
    [0.6, 0.6, 0.6, 0.6, 0.6]
    >>> [round(share, 2) for share in debate(5, 0.6, rounds=4, correction=0.3)]
    [0.6, 0.66, 0.7, 0.73, 0.76]
    """
    _check(
        _whole(members, 1) and _whole(rounds),
        f"members={members}, rounds={rounds}",
        "give 1 or more, and 0 or more, as in debate(5, 0.6, rounds=4)",
    )
    _check(0 <= p <= 1 and 0 <= correction <= 1, f"p={p}, correction={correction}", _CHANCES)
    right = _binomial(members, p)  # how likely so many are right
    shares = [_share(right)]
    for _ in range(rounds):
        right = _next_round(right, correction)
        shares.append(_share(right))
    return shares


def _share(right: list[float]) -> float:
    return sum(k * chance for k, chance in enumerate(right)) / (len(right) - 1)


def _next_round(right: list[float], correction: float) -> list[float]:
    members = len(right) - 1
    after = [0.0] * (members + 1)
    for k, chance in enumerate(right):
        share = k / members
        kept = _binomial(k, share + (1 - share) * correction)
        won = _binomial(members - k, share)
        for i, one in enumerate(kept):
            for j, other in enumerate(won):
                after[i + j] += chance * one * other
    return after


def plurality(voters: int, right: float, wrong: Sequence[float]) -> float:
    """The chance that the right answer wins a plurality, ties broken at random.

    Each voter, on its own, gives the right answer with chance `right`, and each wrong one with its own.

    >>> [round(plurality(n, 0.35, [0.065] * 10), 2) for n in (1, 5, 15, 40)]
    [0.35, 0.55, 0.86, 0.99]
    >>> [round(plurality(n, 0.30, [0.40] + [0.30 / 9] * 9), 2) for n in (1, 40)]
    [0.3, 0.22]
    """
    total = right + sum(wrong)
    _check(_whole(voters, 1), f"voters={voters}", "one votes at least, as in plurality(3, 0.5, [0.5])")
    _check(
        min(right, *wrong, 1) >= 0 and abs(total - 1) < 1e-9,
        f"chances that add up to {total:g}",
        "they are 1, as in plurality(15, 0.35, [0.065] * 10)",
    )
    return sum(_wins_with(votes, voters, right, wrong) for votes in range(1, voters + 1))


def _wins_with(votes: int, voters: int, right: float, wrong: Sequence[float]) -> float:
    """The chance that it wins with so many votes: no other has more, and it is lucky among equals."""
    left = voters - votes
    # ways[tied][cast]: the others have cast so many votes, and so many of them are level with the right one
    ways = [[1.0] + [0.0] * left]
    for chance in wrong:
        below = [chance**k / factorial(k) for k in range(min(votes, left + 1))]
        level = chance**votes / factorial(votes)
        more = [[0.0] * (left + 1) for _ in range(len(ways) + 1)]
        for tied, row in enumerate(ways):
            for cast, weight in enumerate(row):
                for k, each in enumerate(below[: left - cast + 1]):
                    more[tied][cast + k] += weight * each
                if cast + votes <= left:
                    more[tied + 1][cast + votes] += weight * level
        ways = more
    lucky = sum(row[left] / (tied + 1) for tied, row in enumerate(ways))
    return factorial(voters) / factorial(votes) * right**votes * lucky


def plurality_of_copies(voters: int, p: float, copying: float, wrong: int = 10) -> float:
    """As `plurality`, where each voter gives, with chance `copying`, an answer common to all who copy.

    The common answer is as likely to be right as anybody's, so many voters are hardly better than one.

    >>> [round(plurality_of_copies(n, 0.35, 0.5), 2) for n in (1, 5, 15, 40)]
    [0.35, 0.41, 0.38, 0.35]
    """
    _check(_whole(wrong, 1), f"wrong={wrong}", "there is 1 wrong answer or more, as in wrong=10")
    _check(0 <= p <= 1 and 0 <= copying <= 1, f"p={p}, copying={copying}", _CHANCES)
    own, each = (1 - copying) * p, (1 - copying) * (1 - p) / wrong
    led_right = plurality(voters, own + copying, [each] * wrong)
    misled = plurality(voters, own, [each + copying] + [each] * (wrong - 1))
    return p * led_right + (1 - p) * misled


def chain(steps: int, p: float, caught: float = 0.0) -> float:
    """The chance that a chain of hand-overs ends with an error, of which a checker catches a share at each.

    >>> round(chain(10, 0.95), 3), round(chain(10, 0.95, caught=0.75), 3)
    (0.401, 0.118)
    """
    _check(_whole(steps), f"steps={steps}", "a chain has 0 steps or more, as in chain(10, 0.95)")
    _check(0 <= p <= 1 and 0 <= caught <= 1, f"p={p}, caught={caught}", _CHANCES)
    return 1 - float(1 - (1 - p) * (1 - caught)) ** steps
