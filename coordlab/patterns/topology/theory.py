"""The coordination tax: channels, messages and hops of each style, and the two laws of scaling.

Channels as in F. Brooks, The Mythical Man-Month, 1975; Amdahl's law, AFIPS 1967; the universal scalability
law in N. Gunther, Guerrilla Capacity Planning, 2007: contention s (waiting for what is shared), coherency k
(telling each other).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf, log, log2, sqrt
from typing import NamedTuple


def channels(agents: int) -> int:
    """Pairs among `agents`, each of which talks to each.

    >>> [channels(n) for n in (3, 10, 50, 100)]
    [3, 45, 1225, 4950]
    """
    _count(agents=agents)
    return agents * (agents - 1) // 2


def messages(style: str, agents: int) -> int:
    """Messages of one round after which each of `agents` knows what all found.

    Mesh: each tells each.  Star and tree: up and down every link.  Bus: one to the broker from each, and
    n - 1 copies of it.

    >>> {style: messages(style, 10) for style in ("mesh", "star", "tree", "bus")}
    {'mesh': 90, 'star': 18, 'tree': 18, 'bus': 100}
    """
    _count(agents=agents)
    if agents == 1:
        return 1 if style == "bus" else 0
    counts = {
        "mesh": agents * (agents - 1),
        "star": 2 * (agents - 1),
        "tree": 2 * (agents - 1),
        "bus": agents * agents,
    }
    if style not in counts:
        raise ValueError(f"no closed form for style={style!r}, only for {', '.join(counts)}. Write 'tree'.")
    return counts[style]


def fan_in(style: str, agents: int, branching: int = 2) -> int:
    """Messages that the busiest receives to collect what all found.

    >>> {style: fan_in(style, 40, 3) for style in ("mesh", "star", "tree", "bus")}
    {'mesh': 39, 'star': 39, 'tree': 3, 'bus': 40}
    """
    _count(agents=agents, branching=branching)
    most = {"mesh": agents - 1, "star": agents - 1, "bus": agents, "tree": min(branching, agents - 1)}
    if style not in most:
        raise ValueError(f"no busiest in style={style!r}, only in {', '.join(most)}. Write 'tree'.")
    return most[style]


def depth(agents: int, branching: int) -> int:
    """Levels below the top of a tree of `agents`, each with up to `branching` below it.

    >>> depth(7, 2), depth(8, 2), depth(40, 3), depth(5, 1)
    (2, 3, 3, 4)
    """
    _count(agents=agents, branching=branching)
    if branching == 1:
        return agents - 1
    return ceil(log(agents * (branching - 1) + 1) / log(branching) - 1e-9) - 1


def seconds(style: str, agents: int, latency: float, handling: float) -> float:
    """From everybody's results to everybody knowing all, if each message costs both ends `handling` seconds.

    Mesh: each sends n - 1 and receives n - 1.  Star: the hub does.  Bus: the broker receives n and
    sends n(n - 1).  The first send and the last receipt are somebody else's.  For two agents or more that
    start together; a latency up to n - 2 handlings is hidden in the mesh, more adds what is above.

    >>> [round(seconds(style, 10, 0.01, 0.001), 6) for style in ("mesh", "star", "bus")]
    [0.028, 0.04, 0.122]
    """
    _at_least_zero(latency=latency, handling=handling)
    if not isinstance(agents, int) or agents < 2:
        raise ValueError(f"agents={agents}: it takes two to tell each other. Write agents=2 or more.")
    queues = {
        "mesh": (1, 2 * (agents - 1)),
        "star": (2, 2 * (agents - 1) + 2),
        "bus": (2, agents * agents + 2),
    }
    if style not in queues:
        raise ValueError(f"no closed form for style={style!r}, only for {', '.join(queues)}. Write 'star'.")
    hops, served = queues[style]
    return hops * latency + served * handling


def gossip_rounds(agents: int) -> float:
    """About how often each asks until all know all: log2 n + ln n (A. Frieze and G. Grimmett, 1985).

    >>> round(gossip_rounds(100), 2)
    11.25
    """
    _count(agents=agents)
    return log2(agents) + log(agents)


def amdahl(agents: float, parallel: float) -> float:
    """How many times as fast `agents` are as one, if a share `parallel` of the work can be shared.

    >>> round(amdahl(10, 0.9), 2), round(amdahl(100, 0.9), 2)
    (5.26, 9.17)
    """
    if not 0 <= parallel <= 1:
        raise ValueError(f"parallel={parallel!r}: a share of the work is from 0 to 1, such as 0.9.")
    _above(agents=agents)
    return 1 / (1 - parallel + parallel / agents)


def usl(agents: float, contention: float, coherency: float) -> float:
    """How many times as fast `agents` are as one by the universal scalability law.

    >>> [round(usl(n, 0.05, 0.02), 3) for n in (5, 10)], [round(usl(n, 0.02, 0.01), 3) for n in (5, 10)]
    ([3.125, 3.077], [3.906, 4.808])
    """
    _above(agents=agents)
    _at_least_zero(contention=contention, coherency=coherency)
    return agents / (1 + contention * (agents - 1) + coherency * agents * (agents - 1))


def peak(contention: float, coherency: float) -> float:
    """With how many agents that is most; endless if nothing is spent on telling each other.

    >>> round(peak(0.05, 0.02), 2), round(usl(peak(0.05, 0.02), 0.05, 0.02), 3)
    (6.89, 3.271)
    """
    _at_least_zero(contention=contention, coherency=coherency)
    if contention > 1:
        raise ValueError(f"contention={contention!r}: what waits is a share of the work. Write 0.05.")
    return sqrt((1 - contention) / coherency) if coherency else float("inf")


def fewer_is_faster(contention: float, coherency: float) -> bool:
    """Whether five agents do more than ten: exactly if k > (1 - s) / 50.

    >>> fewer_is_faster(0.05, 0.02), fewer_is_faster(0.02, 0.01)
    (True, False)
    """
    _at_least_zero(contention=contention, coherency=coherency)
    return coherency > (1 - contention) / 50


def overhead(turns: float, alone: float) -> float:
    """Per cent more turns than one agent takes alone.

    With the turns of Y. Kim et al., Towards a Science of Scaling Agent Systems, arXiv:2512.08296v2, table 5:
    one agent, independent, decentralised, centralised, hybrid.  Version 3 words it more carefully.

    >>> [round(overhead(turns, alone=7.2), 1) for turns in (7.2, 11.4, 26.1, 27.7, 44.3)]
    [0.0, 58.3, 262.5, 284.7, 515.3]
    """
    _above(turns=turns, alone=alone)
    return 100 * (turns / alone - 1)


def efficiency(success: float, turns: float, alone: float) -> float:
    """Share of successes, divided by how many times the turns of one agent it takes.

    With the same table; its error amplification of 17.2 does not follow from it.

    >>> table = [(0.466, 7.2), (0.370, 11.4), (0.477, 26.1), (0.463, 27.7), (0.452, 44.3)]
    >>> [round(efficiency(success, turns, alone=7.2), 3) for success, turns in table]
    [0.466, 0.234, 0.132, 0.12, 0.073]
    """
    _above(turns=turns, alone=alone)
    _at_least_zero(success=success)
    return success * alone / turns


class Estimate(NamedTuple):
    """A fitted number, and between which two it lies in 95 of 100 cases."""

    value: float
    low: float
    high: float


class Fit(NamedTuple):
    """What a law makes of measured throughputs: of one agent, and the law's own numbers."""

    alone: Estimate
    contention: Estimate
    coherency: Estimate

    @property
    def peak(self) -> float:
        """With how many agents it would be most."""
        return peak(self.contention.value, self.coherency.value)


def fit_usl(agents: Sequence[float], throughput: Sequence[float]) -> Fit:
    """The universal scalability law through measured points: at least four, of different sizes.

    Contention and coherency are 0 or more; intervals by Student's t from the covariance of the fit.

    >>> fit_usl([1, 2, 4, 8, 16], [usl(n, 0.05, 0.02) for n in (1, 2, 4, 8, 16)]).coherency.value.__round__(6)
    0.02
    """
    return Fit(
        *_fitted(lambda n, x, s, k: x * n / (1 + s * (n - 1) + k * n * (n - 1)), agents, throughput, 3)
    )


def fit_amdahl(agents: Sequence[float], throughput: Sequence[float]) -> Fit:
    """Amdahl's law through measured points: the universal law without coherency; s is the serial share.

    >>> fit_amdahl([1, 2, 4, 8], [amdahl(n, 0.9) for n in (1, 2, 4, 8)]).contention.value.__round__(6)
    0.1
    """
    alone, serial = _fitted(lambda n, x, s: x * n / (1 + s * (n - 1)), agents, throughput, 2)
    return Fit(alone, serial, Estimate(0.0, 0.0, 0.0))


def _fitted(law: object, sizes: Sequence[float], speeds: Sequence[float], unknown: int) -> list[Estimate]:
    sound = all(size >= 1 for size in sizes) and all(speed > 0 for speed in speeds)
    if not sound or len(sizes) != len(speeds) or len(set(sizes)) <= unknown:
        raise ValueError(
            f"agents={sizes!r}, throughput={speeds!r}: give as many of one as of the other, more than "
            f"{unknown} different numbers of agents from 1 on, and throughputs above 0."
        )
    import numpy as np
    from scipy.optimize import curve_fit
    from scipy.stats import t

    start = [speeds[0] / sizes[0], *[0.01] * (unknown - 1)]
    found, covariance = curve_fit(
        law, np.asarray(sizes, float), np.asarray(speeds, float), p0=start, bounds=(0, np.inf)
    )
    reach = t.ppf(0.975, max(1, len(sizes) - unknown)) * np.sqrt(np.diag(covariance))
    return [
        Estimate(float(each), float(max(0.0, each - by)), float(each + by))
        for each, by in zip(found, reach, strict=True)
    ]


def _count(**given: int) -> None:
    for name, value in given.items():
        if not isinstance(value, int) or value is True or value < 1:
            raise ValueError(f"{name}={value!r}: give 1 or more, a whole number. Write {name}=10.")


def _above(**given: float) -> None:
    for name, value in given.items():
        if not 0 < value < inf:
            raise ValueError(f"{name}={value!r}: give a number above 0. Write {name}=7.2.")


def _at_least_zero(**given: float) -> None:
    for name, value in given.items():
        if not 0 <= value < inf:
            raise ValueError(f"{name}={value!r}: give 0 or more. Write {name}=0.05.")
