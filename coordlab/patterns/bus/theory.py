"""A message bus against direct talk: connections and messages, by counting.

Each raises ValueError for counts below 0, and for shares and probabilities beyond 0 to 1.
"""

from __future__ import annotations

from coordlab import requirements as require


def connections(agents: int, direct: bool = False) -> int:
    """Links that are needed: one for each agent to the bus, or one for each pair.

    >>> connections(10), connections(10, direct=True)
    (10, 45)
    """
    return require.count("agents", agents) * (agents - 1) // 2 if direct else agents


def messages(letters: int, receivers: float, acknowledged: bool = False) -> float:
    """Messages over a bus: each letter to it once, and on to each of `receivers`; twice that with answers.

    >>> messages(10, receivers=9), messages(10, receivers=9, acknowledged=True)
    (100, 200)
    """
    require.count("letters", letters)
    return letters * (1 + require.number("receivers", receivers, 0)) * (2 if acknowledged else 1)


def broadcast(agents: int, interested: float = 1.0, direct: bool = False) -> float:
    """Messages when each of `agents` tells all others, of whom a share `interested` (0 to 1) wants to know.

    An agent that speaks directly does not know which others want to know, and tells all.

    >>> broadcast(10, direct=True), broadcast(10), broadcast(10, interested=1 / 3)
    (90, 100.0, 40.0)
    """
    require.count("agents", agents)
    require.number("interested", interested, 0, 1, unit="a share", example=0.5)
    return agents * (agents - 1) if direct else agents * (1 + interested * (agents - 1))


def tries(loss: float) -> float:
    """Deliveries of a letter, on average, until one and its answer both arrive; `loss` is below 1.

    >>> round(tries(0.1), 4), tries(0.5)
    (1.2346, 4.0)
    """
    return 1 / (1 - require.number("loss", loss, 0, below=1, unit="a probability", example=0.1)) ** 2


def effects(repeated: bool, remembered: bool, loss: float) -> float:
    """How often a letter takes effect, on average, if messages are lost with probability `loss`, below 1.

    Not repeated: if it reaches the bus and the subscriber.  Repeated until it is answered: once for a
    subscriber that remembers; for one that does not, as often as it arrives.

    >>> [round(effects(*how, loss=0.1), 3) for how in ((False, True), (True, True), (True, False))]
    [0.81, 1.0, 1.111]
    """
    arrives = 1 - require.number("loss", loss, 0, below=1, unit="a probability", example=0.1)
    if not repeated:
        return arrives**2
    return 1.0 if remembered else tries(loss) * arrives
