"""A crew: how long it takes, how many turns, and how errors pass along a chain; by counting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def serial(seconds: Sequence[float], latency: float = 0.0) -> float:
    """Makespan in seconds when one task follows another: all of them, each with a message there and back.

    >>> serial([1, 3, 3, 3, 1])
    11.0
    """
    return float(sum(_not_negative(each) + 2 * _not_negative(latency) for each in seconds))


def critical_path(
    seconds: Mapping[str, float], needs: Mapping[str, Sequence[str]], latency: float = 0.0
) -> float:
    """Makespan in seconds when each task begins as soon as what it needs is done and agents are free.

    `needs` has the tasks in an order in which each stands after those it needs (Kelley and Walker 1959).

    >>> needs = {"plan": (), "a": ("plan",), "b": ("plan",), "c": ("plan",), "sum": ("a", "b", "c")}
    >>> critical_path({"plan": 1, "a": 3, "b": 3, "c": 3, "sum": 1}, needs)
    5.0
    """
    done: dict[str, float] = {}
    for task, before in needs.items():
        if missing := [each for each in before if each not in done]:
            raise ValueError(
                f"{task!r} needs {missing[0]!r}, which does not stand before it. List each task after those "
                f"it needs, as in {{'plan': (), 'write': ('plan',)}}."
            )
        if task not in seconds:
            raise ValueError(f"{task!r} has no seconds. Give each task some, as in {{{task!r}: 1.0}}.")
        begins = max((done[each] for each in before), default=0.0)
        done[task] = begins + _not_negative(seconds[task]) + 2 * _not_negative(latency)
    return max(done.values(), default=0.0)


def hierarchical_turns(delegations: int) -> int:
    """Turns for one task of which a manager delegates so many parts, one by one: those, and its own.

    >>> hierarchical_turns(3), hierarchical_turns(1)
    (7, 3)
    """
    if not _whole(delegations):
        raise ValueError(f"{delegations} delegations: a number, 0 or more, as in hierarchical_turns(3).")
    return 2 * delegations + 1


def attempts(retries: int, guardrails: int = 1) -> int:
    """The most answers that an agent gives to one task: each guardrail may refuse `retries` of them.

    >>> attempts(3), attempts(3, guardrails=2)
    (4, 7)
    """
    if not (_whole(retries) and _whole(guardrails)):
        raise ValueError(f"retries={retries}, guardrails={guardrails}: 0 or more, as in attempts(3, 1).")
    return retries * guardrails + 1


def passes(chance: float, retries: int) -> float:
    """The chance that one of retries + 1 independent answers passes, if one does with `chance`.

    >>> passes(0.5, 3)
    0.9375
    """
    return 1 - (1 - _chance(chance)) ** attempts(retries)


def expected_attempts(chance: float, retries: int) -> float:
    """How many answers there are on average until one passes, or there have been retries + 1.

    >>> expected_attempts(0.5, 3)
    1.875
    """
    return passes(chance, retries) / chance if _chance(chance) else float(attempts(retries))


def chain_success(steps: int, chance: float, caught: float = 0.0) -> float:
    """The chance that a chain of hand-offs is free of errors, if each is with `chance`.

    A checker after each catches and mends the share `caught` of errors.

    >>> round(chain_success(10, 0.95), 2), round(1 - chain_success(10, 0.95, caught=0.75), 3)
    (0.6, 0.118)
    """
    if not _whole(steps):
        raise ValueError(f"{steps} steps: a number, 0 or more, as in chain_success(10, 0.95).")
    return float((1 - (1 - _chance(chance)) * (1 - _chance(caught))) ** steps)


def _not_negative(seconds: float) -> float:
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"a time of {seconds!r} s: give seconds, 0 or more, as in serial([1, 3]).")
    return seconds


def _chance(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"{value!r} is no chance: give a number from 0 to 1, as in passes(0.5, retries=3).")
    return value


def _whole(value: object, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
