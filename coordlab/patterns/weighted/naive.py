"""Weighted votes as one counts them at first: the share of the weight that says yes.

Each function shows one thing that is wrong with it.
"""

from __future__ import annotations

from math import log


def consensus(votes: dict[str, str], weights: dict[str, float]) -> tuple[bool, float]:
    """Whether yes has more than half of all weight, and how sure that is; an unknown voter weighs 0.5."""
    yes = total = 0.0
    for voter, choice in votes.items():
        weight = weights.get(voter, 0.5)
        total += weight
        yes += weight if choice == "yes" else 0.0
    if total == 0:
        return False, 0.0
    share = yes / total
    return share > 0.5, max(share, 1 - share)


def of_five(yes: int, no: int, weight: float = 1.0) -> tuple[bool, float]:
    """What five of one weight decide, while all others abstain."""
    choices = ["yes"] * yes + ["no"] * no + ["abstain"] * (5 - yes - no)
    return consensus({f"v{n}": each for n, each in enumerate(choices)}, {f"v{n}": weight for n in range(5)})


def abstainers_count() -> tuple[bool, float]:
    """What two yes, one no and two abstentions decide, where a simple majority says yes.

    >>> abstainers_count()
    (False, 0.6)
    """
    return of_five(yes=2, no=1)


def sure_of_nothing() -> tuple[bool, float]:
    """What is decided when all abstain, and with which confidence.

    >>> sure_of_nothing()
    (False, 1.0)
    """
    return of_five(yes=0, no=0)


def deaf_to_no() -> tuple[tuple[bool, float], tuple[bool, float]]:
    """What two yes decide against three no, and with three abstentions: the same, as no is never counted.

    >>> deaf_to_no()
    ((False, 0.6), (False, 0.6))
    """
    return of_five(yes=2, no=3), of_five(yes=2, no=0)


def one_stranger_outvotes() -> tuple[bool, float]:
    """What is decided if three known novices say no and one unknown name says yes.

    >>> one_stranger_outvotes()
    (True, 0.625)
    """
    novices = {"ann": 0.1, "bob": 0.1, "cat": 0.1}
    return consensus({**dict.fromkeys(novices, "no"), "stranger": "yes"}, novices)


def surer_than_certain() -> tuple[bool, float]:
    """What a weight of -1 does: it is not refused.

    >>> surer_than_certain()
    (True, 2.0)
    """
    return consensus({"ann": "yes", "bob": "no"}, {"ann": 2.0, "bob": -1.0})


def wasted_information() -> dict[str, bool]:
    """Whether an expert of .95 prevails over three novices of .6, by the usual weights and by log-odds.

    >>> wasted_information()
    {'as they are': False, 'log-odds': True}
    """
    known = {"expert": 0.95, "ann": 0.6, "bob": 0.6, "cat": 0.6}
    votes = {"expert": "yes", "ann": "no", "bob": "no", "cat": "no"}
    odds = {name: log(p / (1 - p)) for name, p in known.items()}
    return {"as they are": consensus(votes, known)[0], "log-odds": consensus(votes, odds)[0]}


def ties_are_no() -> dict[str, bool]:
    """What is decided on ties: one against one, and .9 against .2 and .7, once for yes and once for no.

    >>> ties_are_no()
    {'even': False, '.2 and .7 say yes': False, '.9 says yes': True}
    """
    weights = {"a": 0.2, "b": 0.7, "c": 0.9}
    return {
        "even": of_five(yes=1, no=1)[0],
        ".2 and .7 say yes": consensus({"a": "yes", "b": "yes", "c": "no"}, weights)[0],
        ".9 says yes": consensus({"a": "no", "b": "no", "c": "yes"}, weights)[0],
    }
