"""A crew in closed form: how long it takes, how many turns, and how errors pass along a chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum

from coordlab import requirements as require


def serial(seconds: Sequence[float], latency: float = 0.0) -> float:
    """Makespan in seconds when one task follows another: all of them, each with a message there and back.

    `latency` is the seconds a message takes.  Raises ValueError if a time is not a duration.

    >>> serial([1, 3, 3, 3, 1])
    11.0
    """
    trip = 2 * require.seconds("latency", latency)
    return fsum(require.seconds("seconds", each) + trip for each in seconds)


def critical_path(
    seconds: Mapping[str, float], needs: Mapping[str, Sequence[str]], latency: float = 0.0
) -> float:
    """Makespan in seconds when each task begins as soon as what it needs is done and agents are free.

    `seconds` and `needs` map each task to its time and to the tasks it needs, which come before it; `latency`
    is the seconds a message takes.  Raises ValueError if a task needs a later one, or has no seconds.
    J. Kelley and M. Walker, Critical-Path Planning and Scheduling, 1959.

    >>> needs = {"plan": (), "a": ("plan",), "b": ("plan",), "c": ("plan",), "sum": ("a", "b", "c")}
    >>> critical_path({"plan": 1, "a": 3, "b": 3, "c": 3, "sum": 1}, needs)
    5.0
    """
    done: dict[str, float] = {}
    for task, before in needs.items():
        if missing := [each for each in before if each not in done]:
            given = f"{task!r} needs {missing[0]!r}, which is not before it"
            require.fail(given, "expected each task after those it needs", "{'plan': (), 'write': ('plan',)}")
        require.that(task in seconds, f"{task!r} has no seconds", "expected some", f"{{{task!r}: 1.0}}")
        begins = max((done[each] for each in before), default=0.0)
        done[task] = begins + serial([seconds[task]], latency)
    return max(done.values(), default=0.0)


def hierarchical_turns(delegations: int) -> int:
    """Turns for one task that a manager delegates in this many parts, one by one: theirs, and its own.

    Raises ValueError if `delegations` is not a count.

    >>> hierarchical_turns(3), hierarchical_turns(1)
    (7, 3)
    """
    return 2 * require.count("delegations", delegations, example=3) + 1


def attempts(retries: int, guardrails: int = 1) -> int:
    """The most answers that an agent gives to one task: each guardrail may refuse `retries` of them.

    Raises ValueError if one is not a count.

    >>> attempts(3), attempts(3, guardrails=2)
    (4, 7)
    """
    return require.count("retries", retries) * require.count("guardrails", guardrails) + 1


def passes(chance: float, retries: int) -> float:
    """The probability that one of retries + 1 independent answers passes, each with probability `chance`.

    Raises ValueError if `chance` is not a probability.

    >>> passes(0.5, 3)
    0.9375
    """
    return 1 - (1 - require.probability("chance", chance)) ** attempts(retries)


def expected_attempts(chance: float, retries: int) -> float:
    """How many answers there are on average until one passes, or there have been retries + 1.

    >>> expected_attempts(0.5, 3)
    1.875
    """
    return passes(chance, retries) / chance if chance else float(attempts(retries))


def chain_success(steps: int, chance: float, caught: float = 0.0) -> float:
    """The probability that a chain of `steps` hand-offs, each right with probability `chance`, has no error.

    A checker after each finds and corrects the share `caught` of the errors, from 0 to 1.  Raises ValueError
    if one is out of range.

    >>> round(chain_success(10, 0.95), 2), round(1 - chain_success(10, 0.95, caught=0.75), 3)
    (0.6, 0.118)
    """
    wrong = (1 - require.probability("chance", chance)) * (1 - require.probability("caught", caught))
    return float((1 - wrong) ** require.count("steps", steps))
