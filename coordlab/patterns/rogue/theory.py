"""Rogue agents: how many it takes to mask them, what reviews let through, how long a test takes, the cost.

A. Wald, Sequential Analysis, 1947, chapter 3 (the test and its approximations); F. B. Schneider, Implementing
Fault-Tolerant Services Using the State Machine Approach, ACM Computing Surveys 22(4), 1990 (masking).
"""

from __future__ import annotations

from math import comb, fsum, log

from coordlab import requirements as require


def to_mask(faulty: int) -> int:
    """How many answers it takes for the right ones to outnumber `faulty` wrong ones: 2f + 1.

    >>> [to_mask(f) for f in (0, 1, 2)]
    [1, 3, 5]
    """
    return 2 * require.count("faulty", faulty) + 1


def at_least(many: int, of: int, chance: float) -> float:
    """The probability that at least `many` of `of` independent events happen, each with this `chance`."""
    return fsum(comb(of, k) * chance**k * (1 - chance) ** (of - k) for k in range(max(0, many), of + 1))


def accepted_wrong(
    right: float, sensitivity: float, false_alarm: float, reviewers: int = 1, approvals: int = 1
) -> float:
    """The share of accepted work that is wrong.

    Work is right with probability `right`; each reviewer finds an error with probability `sensitivity`, and
    objects to right work with probability `false_alarm`; `approvals` of `reviewers` must approve.  For one
    reviewer it is (1 - p)(1 - s) / ((1 - p)(1 - s) + p(1 - u)).

    >>> round(accepted_wrong(0.8, 0.9, 0.05), 4), round(accepted_wrong(0.8, 0.9, 0.05, 3, 2), 4)
    (0.0256, 0.007)
    """
    require.count("approvals", approvals, 1, reviewers)
    for name, chance in (("right", right), ("false_alarm", false_alarm), ("sensitivity", sensitivity)):
        require.probability(name, chance)
    good = right * at_least(approvals, reviewers, 1 - false_alarm)
    bad = (1 - right) * at_least(approvals, reviewers, 1 - sensitivity)
    require.that(good + bad, f"false_alarm={false_alarm}", "nothing would be accepted", "false_alarm=0.05")
    return bad / (good + bad)


def check_test(honest: float, rogue: float, false_alarm: float, miss: float) -> None:
    """Raise ValueError unless 0 < rogue < honest < 1 and both errors are above 0 and together below 1."""
    for name, chance in (("honest", honest), ("false_alarm", false_alarm)):
        require.probability(name, chance, certain=False)
    require.number("rogue", rogue, above=0, below=honest)
    require.number("miss", miss, above=0, below=1 - false_alarm)


def bounds(false_alarm: float, miss: float) -> tuple[float, float]:
    """The ratios at or below which a test clears, and at or above which it convicts, as logarithms."""
    return log(miss / (1 - false_alarm)), log((1 - miss) / false_alarm)


def ratio(right: float, wrong: float, honest: float, rogue: float) -> float:
    """The logarithm of how much likelier these checks are from a rogue than from an honest agent."""
    return right * log(rogue / honest) + wrong * log((1 - rogue) / (1 - honest))


def wald(
    honest: float = 0.9, rogue: float = 0.6, false_alarm: float = 0.05, miss: float = 0.05
) -> tuple[float, float]:
    """The mean number of checks to convict a rogue, and to clear an honest agent, as Wald approximates it.

    The approximation lets the ratio end exactly on a bound; really it overshoots: see `sprt`.

    >>> [round(each, 1) for each in wald()]
    [8.5, 11.7]
    """
    check_test(honest, rogue, false_alarm, miss)
    low, high = bounds(false_alarm, miss)
    ends = miss * low + (1 - miss) * high, (1 - false_alarm) * low + false_alarm * high
    drift = [ratio(chance, 1 - chance, honest, rogue) for chance in (rogue, honest)]
    return ends[0] / drift[0], ends[1] / drift[1]


def sprt(
    competence: float, honest: float = 0.9, rogue: float = 0.6, false_alarm: float = 0.05, miss: float = 0.05
) -> tuple[float, float]:
    """The probability that the test convicts an agent of this competence, and its mean number of checks.

    Exact: it adds up the probabilities of all numbers of right and wrong answers.

    >>> [tuple(round(each, 4) for each in sprt(p)) for p in (0.6, 0.9)]
    [(0.9595, 10.797), (0.0271, 13.2703)]
    """
    check_test(honest, rogue, false_alarm, miss)
    require.probability("competence", competence)
    low, high = bounds(false_alarm, miss)
    at = {(0, 0): 1.0}
    convicted = checks = 0.0
    while (open_ := fsum(at.values())) > 1e-12:
        checks += open_
        after: dict[tuple[int, int], float] = {}
        for (yes, no), chance in at.items():
            for here, share in (((yes + 1, no), competence), ((yes, no + 1), 1 - competence)):
                evidence = ratio(*here, honest, rogue)
                if evidence >= high:
                    convicted += chance * share
                elif evidence > low:
                    after[here] = after.get(here, 0.0) + chance * share
        at = after
    return convicted, checks


def messages(tasks: int, faulty: int = 1, checks: int = 0) -> int:
    """How many messages it takes if each result is approved at once.

    Do and Result for each task and check, and Review and Opinion with 2f + 1 reviewers for each task.

    >>> messages(10), messages(10, faulty=2, checks=40)
    (80, 200)
    """
    return require.count("tasks", tasks) * (2 + 2 * to_mask(faulty)) + 2 * require.count("checks", checks)
