"""Bully election: messages and time of one election, by counting (Garcia-Molina 1982, section V)."""

from __future__ import annotations


def messages(agents: int, noticed_by: int = 1, skip_silent: bool = False) -> int:
    """Election, Answer and Coordinator messages when `noticed_by` finds the highest of `agents` silent.

    Each of the m = agents - noticed_by that take part asks all above it, the silent one included, and is
    answered by all above it but that one; the winner tells everybody below.

    >>> messages(5), messages(5, skip_silent=True), messages(10), messages(5, noticed_by=4)
    (19, 15, 89, 4)
    """
    if not isinstance(noticed_by, int) or not 1 <= noticed_by < _some(agents):
        raise ValueError(
            f"noticed_by={noticed_by} of {agents}: give a rank from 1 to {agents - 1}, below the highest."
        )
    taking_part = agents - noticed_by
    asked = taking_part * (taking_part - 1) if skip_silent else taking_part**2
    return asked + agents - 2


def false_alarm(agents: int) -> int:
    """Messages when the lowest of `agents` elects though the highest rules.

    All but the highest hold an election: n(n - 1) messages to ask and answer, and n - 1 are told.

    >>> false_alarm(5)
    24
    """
    return _some(agents) * (agents - 1) + agents - 1


def unguarded_elections(agents: int) -> int:
    """Elections held from the lowest when every Election starts another: each above doubles them.

    >>> unguarded_elections(5), unguarded_elections(12)
    (8, 1024)
    """
    return 1 << max(0, _some(agents) - 2)


def seconds(latency: float, patience: float, noticed_by: int = 1, agents: int = 5) -> float:
    """From the first Election to the last Coordinator heard, with one constant latency, in seconds.

    >>> seconds(latency=0.01, patience=0.25)
    0.27
    """
    if not (latency >= 0 and patience > 0):
        raise ValueError(f"latency={latency!r}, patience={patience!r}: give seconds, such as 0.01 and 0.25.")
    return patience + latency * (1 if noticed_by == agents - 1 else 2)


def _some(agents: int) -> int:
    if not isinstance(agents, int) or agents < 1:
        raise ValueError(f"agents={agents!r} elect nobody: give 1 or more, such as agents=5.")
    return agents
