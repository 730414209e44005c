"""Bully election: messages and time of one election, by counting (Garcia-Molina 1982, section V)."""

from __future__ import annotations

from coordlab import requirements as require


def messages(agents: int, noticed_by: int = 1, skip_silent: bool = False) -> int:
    """Election, Answer and Coordinator messages when `noticed_by` finds the highest of `agents` silent.

    Each of the agents - noticed_by that take part asks all above it, the silent one included, and is answered
    by all of them but that one; the winner tells everybody below.

    >>> messages(5), messages(5, skip_silent=True), messages(10), messages(5, noticed_by=4)
    (19, 15, 89, 4)
    """
    require.count("noticed_by", noticed_by, 1, require.count("agents", agents, 2) - 1)
    taking_part = agents - noticed_by
    asked = taking_part * (taking_part - 1) if skip_silent else taking_part**2
    return asked + agents - 2


def false_alarm(agents: int) -> int:
    """Messages when the lowest of `agents` elects though the highest rules.

    All but the highest hold an election: n(n - 1) messages to ask and answer, and n - 1 to tell.

    >>> false_alarm(5)
    24
    """
    return require.count("agents", agents, 1) * (agents - 1) + agents - 1


def unguarded_elections(agents: int) -> int:
    """Elections held when the lowest notices and every Election starts another: each rank doubles them.

    >>> unguarded_elections(5), unguarded_elections(12)
    (8, 1024)
    """
    return 1 << max(0, require.count("agents", agents, 1) - 2)


def seconds(latency: float, patience: float, noticed_by: int = 1, agents: int = 5) -> float:
    """Seconds from the first Election to the last Coordinator heard, if the latency is constant.

    >>> seconds(latency=0.01, patience=0.25)
    0.27
    """
    require.seconds("latency", latency)
    require.seconds("patience", patience, positive=True)
    return patience + latency * (1 if noticed_by == agents - 1 else 2)


def late_answer(patience: float, fastest: float, slowest: float) -> float:
    """The probability that a question and its answer together take longer than `patience`.

    Messages take from `fastest` to `slowest` seconds, each length equally likely; two add up to a triangle.

    >>> [late_answer(patience, 0.01, 0.05) for patience in (0.06, 0.09, 0.1)]
    [0.5, 0.03125, 0.0]
    """
    require.seconds("patience", patience, positive=True)
    width = require.number("slowest", slowest, above=fastest, unit="seconds", example=0.5) - fastest
    both = min(2.0, max(0.0, round((patience - 2 * fastest) / width, 9)))
    return 1 - both**2 / 2 if both < 1 else (2 - both) ** 2 / 2


def two_coordinate(patience: float, fastest: float, slowest: float) -> float:
    """The probability that two agents that start together both coordinate for a while.

    The higher one tells at once that it coordinates, and answers the lower one's Election.  The lower one
    coordinates if neither is there when its patience ends.  Messages as in `late_answer`.

    >>> [two_coordinate(patience, 0.1, 0.5) for patience in (0.1, 0.3, 0.5)]
    [1.0, 0.484375, 0.0]
    """
    late = late_answer(patience, fastest, slowest)
    return late * min(1.0, max(0.0, (slowest - patience) / (slowest - fastest)))  # the news is late as well
