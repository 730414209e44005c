"""A message bus against direct talk: connections and messages, by counting."""

from __future__ import annotations

from math import inf


def connections(agents: int, direct: bool = False) -> int:
    """Links that must be there: one each to the bus, or one for each pair.

    >>> connections(10), connections(10, direct=True)
    (10, 45)
    """
    _count("agents", agents)
    return agents * (agents - 1) // 2 if direct else agents


def messages(letters: int, receivers: float, acknowledged: bool = False) -> float:
    """Messages over a bus: each letter to it once, and on to each of `receivers`; twice that with answers.

    >>> messages(10, receivers=9), messages(10, receivers=9, acknowledged=True)
    (100, 200)
    """
    _count("letters", letters)
    if not 0 <= receivers < inf:
        raise ValueError(f"receivers={receivers!r}: nobody or more, on average. Write for instance 2.5.")
    return letters * (1 + receivers) * (2 if acknowledged else 1)


def broadcast(agents: int, interested: float = 1.0, direct: bool = False) -> float:
    """Messages when each of `agents` tells all others, of whom a share `interested` (0 to 1) wants to know.

    Who speaks directly does not know who wants to know, and tells everybody.

    >>> broadcast(10, direct=True), broadcast(10), broadcast(10, interested=1 / 3)
    (90, 100.0, 40.0)
    """
    _count("agents", agents)
    if not 0 <= interested <= 1:
        raise ValueError(f"interested={interested!r} is no share. Write a number from 0 to 1, such as 0.5.")
    return agents * (agents - 1) if direct else agents * (1 + interested * (agents - 1))


def tries(loss: float) -> float:
    """How often, on average, a letter must be sent until it and its answer both arrive.

    >>> round(tries(0.1), 4), tries(0.5)
    (1.2346, 4.0)
    """
    if not 0 <= loss < 1:
        raise ValueError(f"loss={loss!r}: a chance from 0 to below 1; at 1 nothing ever arrives. Write 0.1.")
    return 1 / (1 - loss) ** 2


def _count(name: str, value: int) -> None:
    if not isinstance(value, int) or value is True or value < 0:
        raise ValueError(f"{name}={value!r} is no count. Write a whole number, 0 or more, such as {name}=10.")
