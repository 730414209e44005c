"""Circuit breakers and retries in numbers: how calls multiply, how long a service stays dark, what trips."""

from __future__ import annotations

from math import ceil, comb, inf


def calls_per_click(retries: int = 3, hops: int = 3) -> int:
    """Calls of the last of `hops` services for one click, when it is down and each hop tries again.

    Every hop makes `retries` + 1 calls of one, so they multiply (B. Beyer et al., Site Reliability
    Engineering, 2016, chapter 22).

    >>> calls_per_click(retries=3, hops=3)
    64
    """
    _check("retries", retries, _whole(retries), "0 or more, a whole number,", 3)
    _check("hops", hops, _whole(hops, 1), "1 or more, a whole number,", 3)
    calls: int = (retries + 1) ** hops
    return calls


def messages_per_click(retries: int = 3, hops: int = 3) -> int:
    """Requests and answers on all hops together: two for each call that any hop makes.

    >>> messages_per_click(retries=3, hops=3)
    168
    """
    calls_per_click(retries, hops)  # which refuses what it cannot count
    return 2 * sum(calls_per_click(retries, hop) for hop in range(1, hops + 1))


def safe_load(retries: int = 3, hops: int = 1) -> float:
    """The share of its capacity up to which a service recovers in spite of all retries, without a breaker.

    By counting: below it, all calls that retries can make of the clicks are still within the capacity.
    Above it, a storm of retries may keep the service busy for ever, though it need not: a metastable
    failure, as N. Bronson et al. call it (HotOS 2021).

    >>> safe_load(retries=3)
    0.25
    """
    return 1 / calls_per_click(retries, hops)


def cycles_until_closed(health: float, probes: int, tolerated: int = 0) -> float:
    """How often a breaker is half-open, on average, until it closes upon a service that works so often.

    Each time it closes if at most `tolerated` of independent `probes` fail: one over that chance, which is
    health^-probes for a strict breaker.

    >>> round(cycles_until_closed(0.7, probes=10), 1), round(cycles_until_closed(0.7, 10, tolerated=4), 2)
    (35.4, 1.18)
    """
    _check("health", health, 0 < health <= 1, "a share, above 0 and up to 1", 0.7)
    _check("probes", probes, _whole(probes, 1), "1 or more, a whole number,", 10)
    _check("tolerated", tolerated, _whole(tolerated) and tolerated < probes, f"0 to {probes - 1}", 0)
    return 1 / sum(
        comb(probes, bad) * (1 - health) ** bad * health ** (probes - bad) for bad in range(tolerated + 1)
    )


def calls_until_trip(failure: float, failures: int = 5) -> float:
    """Calls until `failures` in a row, on average, if each fails by itself with the chance `failure`.

    The mean waiting time for a run (W. Feller, An Introduction to Probability Theory, vol. 1, XIII.7).

    >>> round(calls_until_trip(0.8, 5), 2), round(calls_until_trip(0.01, 5) / 1e9, 1)
    (10.26, 10.1)
    """
    _check("failure", failure, 0 < failure <= 1, "a chance, above 0 and up to 1", 0.2)
    _check("failures", failures, _whole(failures, 1), "1 or more, a whole number,", 5)
    return float(failures) if failure == 1 else (failure**-failures - 1) / (1 - failure)


def trip_chance(failure: float, window: int = 100, rate: float = 0.5) -> float:
    """The chance that a full window of so many calls reaches the rate, if each fails with chance `failure`.

    The upper tail of the binomial distribution; at `rate` itself it trips.

    >>> round(trip_chance(0.5, window=10, rate=0.5), 3), round(trip_chance(0.3, window=10, rate=0.5), 3)
    (0.623, 0.15)
    """
    _check("failure", failure, 0 <= failure <= 1, "a chance from 0 to 1", 0.2)
    _check("window", window, _whole(window, 1), "1 or more, a whole number,", 100)
    _check("rate", rate, 0 < rate <= 1, "a share, above 0 and up to 1", 0.5)
    least = ceil(rate * window - 1e-9)
    return sum(comb(window, k) * failure**k * (1 - failure) ** (window - k) for k in range(least, window + 1))


def calls_in_outage(
    beats: int, period: float, patience: float, failures: int = 3, wait: float = 1.0, probes: int = 1
) -> int:
    """Calls that still reach a silent callee in an outage of so many beats, one every `period` seconds.

    The breaker is strict.  It trips when the last of `failures` calls is given up after `patience`; by then
    ⌈patience / period⌉ are under way.  Each probe that is given up costs another wait.  By counting beats;
    without a breaker it is all of them.

    >>> calls_in_outage(beats=40, period=0.25, patience=0.2, failures=3, wait=1.0)
    10
    """
    for name, seconds in (("period", period), ("patience", patience), ("wait", wait)):
        _check(name, seconds, 0 < seconds < inf, "seconds, above 0 and with an end,", 0.5)
    for name, count, least in (("beats", beats, 0), ("failures", failures, 1), ("probes", probes, 1)):
        _check(name, count, _whole(count, least), f"{least} or more, a whole number,", 3)
    under_way = ceil(patience / period - 1e-9)
    cycle = ceil((patience + wait) / period - 1e-9)
    admitted = min(beats, failures - 1 + under_way)
    for begins in range(failures - 1 + cycle, beats, cycle):
        admitted += min(beats - begins, probes, under_way)
    return admitted


def mean_backoff(retries: int, base: float = 0.1, cap: float = 10.0, jitter: bool = True) -> float:
    """Seconds spent waiting, on average, by who needs all its retries: half the ceilings with full jitter.

    M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.

    >>> mean_backoff(3, base=0.5, jitter=False), mean_backoff(3, base=0.5)
    (3.5, 1.75)
    """
    _check("retries", retries, _whole(retries), "0 or more, a whole number,", 3)
    for name, seconds in (("base", base), ("cap", cap)):
        _check(name, seconds, 0 <= seconds < inf, "seconds, 0 or more and with an end,", 0.1)
    return sum(min(cap, base * 2.0**attempt) for attempt in range(retries)) * (0.5 if jitter else 1.0)


def _check(name: str, value: float, right: bool, wanted: str, instead: float) -> None:
    if not right:
        raise ValueError(f"{name}={value!r}: {wanted} is meant. Write for instance {name}={instead}.")


def _whole(value: object, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
