"""Circuit breakers and retries in numbers: how calls multiply, and how long a service stays dark."""

from __future__ import annotations

from math import ceil

from coordlab import requirements as require


def calls_per_click(retries: int = 3, hops: int = 3) -> int:
    """Calls that reach the last of `hops` services for one click, if it is down and each hop tries again.

    Every hop makes `retries` + 1 calls of one, so they multiply (B. Beyer et al., Site Reliability
    Engineering, 2016, chapter 22).

    >>> calls_per_click(retries=3, hops=3)
    64
    """
    calls: int = (require.count("retries", retries) + 1) ** require.count("hops", hops, 1)
    return calls


def safe_load(retries: int = 3, hops: int = 1) -> float:
    """The share of its capacity up to which a service recovers despite all retries, without a breaker.

    Below it, all calls that retries can make are within the capacity.  Above it, a storm of retries may keep
    the service busy for ever: a metastable failure (N. Bronson et al., HotOS 2021).

    >>> safe_load(retries=3)
    0.25
    """
    return 1 / calls_per_click(retries, hops)


def cycles_until_closed(health: float, probes: int, tolerated: int = 0) -> float:
    """How often, on average, a breaker is half-open until it closes; calls succeed with probability `health`.

    It closes if at most `tolerated` of independent `probes` fail: one over the probability of that, which is
    health^-probes for a strict breaker.

    >>> round(cycles_until_closed(0.7, probes=10), 1), round(cycles_until_closed(0.7, 10, tolerated=4), 2)
    (35.4, 1.18)
    """
    from scipy.special import bdtr

    require.number("health", health, above=0, most=1, unit="a share", example=0.7)
    require.count("tolerated", tolerated, most=require.count("probes", probes, 1) - 1)
    return float(1 / bdtr(tolerated, probes, 1 - health))


def calls_in_outage(
    beats: int, period: float, patience: float, failures: int = 3, wait: float = 1.0, probes: int = 1
) -> int:
    """Calls that reach a silent callee during an outage of `beats` calls, one every `period` seconds.

    The breaker is strict.  It trips when the last of `failures` calls is given up after `patience` seconds;
    by then ⌈patience / period⌉ are under way.  Each probe that is given up costs another wait.

    >>> calls_in_outage(beats=40, period=0.25, patience=0.2, failures=3, wait=1.0)
    10
    """
    for name, value in (("period", period), ("patience", patience), ("wait", wait)):
        require.seconds(name, value, positive=True)
    for name, count, least in (("beats", beats, 0), ("failures", failures, 1), ("probes", probes, 1)):
        require.count(name, count, least)
    under_way = ceil(patience / period - 1e-9)
    cycle = ceil((patience + wait) / period - 1e-9)
    admitted = min(beats, failures - 1 + under_way)
    for begins in range(failures - 1 + cycle, beats, cycle):
        admitted += min(beats - begins, probes, under_way)
    return admitted
