"""Rogue agents: how many it takes to mask them, what reviews let through, how long a test takes, the cost.

A. Wald, Sequential Analysis, 1947, chapter 3 (the test and its approximations); L. Lamport, R. Shostak and
M. Pease, The Byzantine Generals Problem, ACM TOPLAS 4(3), 1982 (agreement); F. B. Schneider, Implementing
Fault-Tolerant Services Using the State Machine Approach, ACM Computing Surveys 22(4), 1990 (masking).
"""

from __future__ import annotations

from math import comb, fsum, log


def _chance(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"{name}={value}: a probability is meant. Give a number from 0 to 1.")
    return value


def _count(name: str, value: int, least: int = 0) -> int:
    if value < least:
        raise ValueError(f"{name}={value}: a whole number from {least} on is meant. Write {name}={least}.")
    return value


# --- how many ---------------------------------------------------------------------------------------


def to_mask(faulty: int) -> int:
    """How many answers it takes so that those who are right outnumber `faulty` that are not: 2f + 1.

    >>> [to_mask(f) for f in (0, 1, 2)]
    [1, 3, 5]
    """
    return 2 * _count("faulty", faulty) + 1


def to_agree(faulty: int) -> int:
    """How many agents it takes to agree on one value, if `faulty` may tell each another one: 3f + 1.

    That is without signatures, or without a bound on delays.  A pool needs no agreement: it alone counts.

    >>> [to_agree(f) for f in (0, 1, 2)]
    [1, 4, 7]
    """
    return 3 * _count("faulty", faulty) + 1


def at_least(many: int, of: int, chance: float) -> float:
    """How likely at least `many` of so many come true, each with the same chance, independently.

    >>> round(at_least(4, of=5, chance=0.9), 5)
    0.91854
    """
    _chance("chance", chance)
    ways = range(max(0, many), _count("of", of) + 1)
    return fsum(comb(of, k) * chance**k * (1 - chance) ** (of - k) for k in ways)


def majority(voters: int, colluding: int, competence: float) -> float:
    """How likely more than half of all are right, if some agree on one wrong answer and the rest err apart.

    >>> round(majority(7, colluding=2, competence=0.9), 5), round(majority(7, 4, 1.0), 5)
    (0.91854, 0.0)
    """
    if not 0 <= colluding <= voters:
        raise ValueError(f"colluding={colluding} of {voters}: give a number from 0 to {voters}.")
    return at_least(voters // 2 + 1, voters - colluding, competence)


# --- what reviews let through -----------------------------------------------------------------------


def accepted_wrong(
    right: float, sensitivity: float, false_alarm: float, reviewers: int = 1, approvals: int = 1
) -> float:
    """Which share of what is accepted is wrong nevertheless.

    Work is right with the chance `right`; each reviewer finds an error with the chance `sensitivity`, and
    sees one where there is none with the chance `false_alarm`.  For one reviewer that is
    (1 - p)(1 - s) / ((1 - p)(1 - s) + p(1 - u)).

    >>> round(accepted_wrong(0.8, 0.9, 0.05), 4), round(accepted_wrong(0.8, 0.9, 0.05, 3, 2), 4)
    (0.0256, 0.007)
    """
    good, bad = accepted(right, sensitivity, false_alarm, reviewers, approvals)
    if good + bad == 0:
        raise ValueError("nothing is ever accepted so, and 0 of 0 is no share. Give false_alarm below 1.")
    return bad / (good + bad)


def accepted(
    right: float, sensitivity: float, false_alarm: float, reviewers: int = 1, approvals: int = 1
) -> tuple[float, float]:
    """How likely work is right and accepted, and how likely wrong and accepted.

    >>> [round(each, 3) for each in accepted(0.8, 0.9, 0.05)]
    [0.76, 0.02]
    """
    if not 1 <= approvals <= reviewers:
        raise ValueError(f"approvals={approvals} of {reviewers}: give a number from 1 to the reviewers.")
    _chance("right", right)
    passes = at_least(approvals, reviewers, 1 - _chance("false_alarm", false_alarm))
    slips = at_least(approvals, reviewers, 1 - _chance("sensitivity", sensitivity))
    return right * passes, (1 - right) * slips


# --- how long a test takes --------------------------------------------------------------------------


def _steps(honest: float, rogue: float, false_alarm: float, miss: float) -> tuple[float, float, float, float]:
    """What a right and a wrong check add to the ratio, and the bounds at which it clears and convicts."""
    if not (0 < rogue < honest < 1 and false_alarm > 0 < miss and false_alarm + miss < 1):
        raise ValueError(
            f"honest={honest}, rogue={rogue}, false_alarm={false_alarm}, miss={miss}: chances to be right, "
            f"the first higher, and to err, together below 1. Write 0.9, 0.6, 0.05, 0.05."
        )
    low, high = log(miss / (1 - false_alarm)), log((1 - miss) / false_alarm)
    return log(rogue / honest), log((1 - rogue) / (1 - honest)), low, high


def wald(
    honest: float = 0.9, rogue: float = 0.6, false_alarm: float = 0.05, miss: float = 0.05
) -> tuple[float, float]:
    """Checks that it takes on average to convict a rogue, and to clear an honest one, as Wald approximates.

    It lets the ratio end on a bound, where really it goes beyond: see `sprt` for how many more that takes.

    >>> [round(each, 1) for each in wald()]
    [8.5, 11.7]
    """
    right, wrong, low, high = _steps(honest, rogue, false_alarm, miss)
    ends = miss * low + (1 - miss) * high, (1 - false_alarm) * low + false_alarm * high
    drift = rogue * right + (1 - rogue) * wrong, honest * right + (1 - honest) * wrong
    return ends[0] / drift[0], ends[1] / drift[1]


def sprt(
    competence: float, honest: float = 0.9, rogue: float = 0.6, false_alarm: float = 0.05, miss: float = 0.05
) -> tuple[float, float]:
    """How likely the test convicts an agent of this competence, and after how many checks it ends on average.

    Exactly, by adding up all that can happen: the chances of each number of right and wrong answers.

    >>> [tuple(round(each, 4) for each in sprt(p)) for p in (0.6, 0.9)]
    [(0.9595, 10.797), (0.0271, 13.2703)]
    """
    right, wrong, low, high = _steps(honest, rogue, false_alarm, miss)
    _chance("competence", competence)
    at = {(0, 0): 1.0}
    convicted = checks = 0.0
    while (open_ := fsum(at.values())) > 1e-12:
        checks += open_
        after: dict[tuple[int, int], float] = {}
        for (yes, no), chance in at.items():
            for here, share in (((yes + 1, no), competence), ((yes, no + 1), 1 - competence)):
                ratio = here[0] * right + here[1] * wrong
                if ratio >= high:
                    convicted += chance * share
                elif ratio > low:
                    after[here] = after.get(here, 0.0) + chance * share
        at = after
    return convicted, checks


# --- what it costs ----------------------------------------------------------------------------------


def messages(tasks: int, faulty: int = 1, checks: int = 0) -> int:
    """Do and Result, and Review and Opinion with each of 2f + 1 reviewers; Do and Result for each check.

    That is when each result is approved at once.

    >>> messages(10), messages(10, faulty=2, checks=40)
    (80, 200)
    """
    return _count("tasks", tasks) * (2 + 2 * to_mask(faulty)) + 2 * _count("checks", checks)
