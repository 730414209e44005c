"""The coordination tax: messages and hops of each style, and the two laws of scaling.

Amdahl's law, AFIPS 1967; the universal scalability law in N. Gunther, Guerrilla Capacity Planning, 2007:
contention s (waiting for what is shared), coherency k (telling each other).  Numbers out of range raise
ValueError.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf, log, log2, sqrt

from coordlab import requirements as require
from coordlab.intervals import Fit, fit


def messages(style: str, agents: int) -> int:
    """Messages of one round, after which each of `agents` knows what all found.

    Mesh: each tells each.  Star and tree: up and down every link.  Bus: one from each to the broker, and
    n - 1 copies of it.

    >>> {style: messages(style, 10) for style in ("mesh", "star", "tree", "bus")}
    {'mesh': 90, 'star': 18, 'tree': 18, 'bus': 100}
    """
    others = require.count("agents", agents, least=1) - 1
    counts = {"mesh": agents * others, "star": 2 * others, "tree": 2 * others, "bus": agents * agents}
    return counts[require.one_of("style", style, counts)]


def fan_in(style: str, agents: int, branching: int = 2) -> int:
    """Messages that the busiest agent receives to collect what all found.

    >>> {style: fan_in(style, 40, 3) for style in ("mesh", "star", "tree", "bus")}
    {'mesh': 39, 'star': 39, 'tree': 3, 'bus': 40}
    """
    others, branching = require.count("agents", agents, 1) - 1, require.count("branching", branching, 1)
    most = {"mesh": others, "star": others, "bus": agents, "tree": min(branching, others)}
    return most[require.one_of("style", style, most)]


def depth(agents: int, branching: int) -> int:
    """Levels below the top of a tree of `agents`, each with up to `branching` below it.

    >>> depth(7, 2), depth(8, 2), depth(40, 3), depth(5, 1)
    (2, 3, 3, 4)
    """
    require.count("agents", agents, least=1)
    if require.count("branching", branching, least=1) == 1:
        return agents - 1
    return ceil(log(agents * (branching - 1) + 1) / log(branching) - 1e-9) - 1


def seconds(style: str, agents: int, latency: float, handling: float) -> float:
    """Seconds of a round after the work, if each message costs both ends `handling` seconds.

    Mesh: each sends n - 1 and receives n - 1.  Star: the hub does.  Bus: the broker receives n and
    sends n(n - 1).  The first send and the last receipt are somebody else's.  For two agents or more that
    start together; a latency up to n - 2 handlings is hidden in the mesh, more adds what is above.

    >>> [round(seconds(style, 10, 0.01, 0.001), 6) for style in ("mesh", "star", "bus")]
    [0.028, 0.04, 0.122]
    """
    others = require.count("agents", agents, least=2) - 1
    queues = {"mesh": (1, 2 * others), "star": (2, 2 * others + 2), "bus": (2, agents * agents + 2)}
    hops, served = queues[require.one_of("style", style, queues)]
    return hops * require.seconds("latency", latency) + served * require.seconds("handling", handling)


def gossip_rounds(agents: int) -> float:
    """About how often each asks on average until all know everything: log2 n + ln n.

    That is exact, for large n, for one rumour by push (A. Frieze and G. Grimmett, 1985).  Here each asks, and
    only until it knows all: counted are 2 to 12 % more for 10 to 80 agents.  The last of them is done later:
    if all ask at the same instants, after up to log2 n + 2 ln n rounds.

    >>> round(gossip_rounds(100), 2)
    11.25
    """
    return log2(require.count("agents", agents, least=1)) + log(agents)


def amdahl(agents: float, parallel: float) -> float:
    """Speedup of `agents` over one, if a share `parallel` of the work, 0 to 1, can be done in parallel.

    >>> round(amdahl(10, 0.9), 2), round(amdahl(100, 0.9), 2)
    (5.26, 9.17)
    """
    require.number("parallel", parallel, 0, 1, unit="a share of the work", example=0.9)
    return 1 / (1 - parallel + parallel / require.number("agents", agents, above=0))


def usl(agents: float, contention: float, coherency: float) -> float:
    """Speedup of `agents` over one by the universal scalability law; contention and coherency are 0 or more.

    >>> [round(usl(n, 0.05, 0.02), 3) for n in (5, 10)], [round(usl(n, 0.02, 0.01), 3) for n in (5, 10)]
    ([3.125, 3.077], [3.906, 4.808])
    """
    require.number("agents", agents, above=0)
    _laws(contention, coherency)
    return agents / (1 + contention * (agents - 1) + coherency * agents * (agents - 1))


def peak(contention: float, coherency: float) -> float:
    """The number of agents with the largest speedup; infinite if coherency is 0.

    >>> round(peak(0.05, 0.02), 2), round(usl(peak(0.05, 0.02), 0.05, 0.02), 3)
    (6.89, 3.271)
    """
    _laws(contention, coherency, most=1)
    return sqrt((1 - contention) / coherency) if coherency else float("inf")


def fewer_is_faster(contention: float, coherency: float) -> bool:
    """Whether five agents do more than ten: exactly if k > (1 - s) / 50.

    >>> fewer_is_faster(0.05, 0.02), fewer_is_faster(0.02, 0.01)
    (True, False)
    """
    _laws(contention, coherency)
    return coherency > (1 - contention) / 50


def overhead(turns: float, alone: float) -> float:
    """How many per cent more turns than one agent takes alone.

    With the turns of Y. Kim et al., Towards a Science of Scaling Agent Systems, arXiv:2512.08296v2, table 5:
    one agent, independent, decentralised, centralised, hybrid.  Version 3 words it more carefully.

    >>> [round(overhead(turns, alone=7.2), 1) for turns in (7.2, 11.4, 26.1, 27.7, 44.3)]
    [0.0, 58.3, 262.5, 284.7, 515.3]
    """
    return 100 * (require.number("turns", turns, above=0) / require.number("alone", alone, above=0) - 1)


def efficiency(success: float, turns: float, alone: float) -> float:
    """The share of successes, divided by the turns relative to those of one agent.

    With the same table; its error amplification of 17.2 does not follow from it.

    >>> table = [(0.466, 7.2), (0.370, 11.4), (0.477, 26.1), (0.463, 27.7), (0.452, 44.3)]
    >>> [round(efficiency(success, turns, alone=7.2), 3) for success, turns in table]
    [0.466, 0.234, 0.132, 0.12, 0.073]
    """
    require.number("success", success, 0, 1, unit="a share", example=0.5)
    return success * require.number("alone", alone, above=0) / require.number("turns", turns, above=0)


def throughput(agents: float, alone: float, contention: float, coherency: float = 0.0) -> float:
    """Tasks per second of a team, if one agent does `alone` per second: the universal scalability law.

    Without coherency this is Amdahl's law, and contention is the serial share.

    >>> throughput(10, 2.0, 0.1)
    10.526315789473685
    """
    return require.number("alone", alone, 0) * usl(agents, contention, coherency)


def fit_usl(agents: Sequence[float], tasks: Sequence[float]) -> Fit:
    """Fit the universal scalability law to throughputs `tasks`, with at least four different sizes.

    The parameters are `alone`, `contention` and `coherency`, each 0 or more.  Needs scipy.
    Raises ValueError if points are too few or not finite.

    >>> found = fit_usl([1, 2, 4, 8, 16], [usl(n, 0.05, 0.02) for n in (1, 2, 4, 8, 16)])
    >>> round(found.parameters["coherency"].mean, 6)
    0.02
    """
    return fit(throughput, agents, tasks, 0, alone=max([*tasks, 0]), contention=0.01, coherency=0.01)


def fit_amdahl(agents: Sequence[float], tasks: Sequence[float]) -> Fit:
    """Fit Amdahl's law to throughputs `tasks`: the parameters are `alone` and `contention`, the serial share.

    Needs scipy.  Raises ValueError if points are too few or not finite.

    >>> found = fit_amdahl([1, 2, 4, 8], [amdahl(n, 0.9) for n in (1, 2, 4, 8)])
    >>> round(found.parameters["contention"].mean, 6)
    0.1
    """
    return fit(throughput, agents, tasks, 0, alone=max([*tasks, 0]), contention=0.01)


def _laws(contention: float, coherency: float, most: float = inf) -> None:
    require.number("contention", contention, 0, most, example=0.05)
    require.number("coherency", coherency, 0, example=0.02)
