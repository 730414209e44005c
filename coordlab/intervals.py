"""Means and shares with their 95 % intervals: the one way in which this package says how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from random import Random
from statistics import NormalDist, fmean, stdev
from typing import NamedTuple

from coordlab import requirements as require

LEVEL = 0.95
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)  # standard errors to either side of the mean
RESAMPLES = 2_000


class Interval(NamedTuple):
    """An estimate, the ends of its 95 % interval, and how it was found: "Wilson", "t" or "bootstrap"."""

    mean: float
    low: float
    high: float
    method: str = ""

    def __str__(self) -> str:
        return f"{self.mean:.4g}" + (f" ({self.low:.4g} to {self.high:.4g})" if self.high > self.low else "")


def estimate(samples: Iterable[float]) -> Interval:
    """The share of booleans with Wilson's interval, or the mean of numbers with Student's t.

    Without scipy, as in a browser, the interval of a mean is a bootstrap, and `method` says so.  One number
    alone has no interval.  Raises ValueError if there are no samples.

    Source: Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).

    >>> str(estimate([True, True, True, True]))
    '1 (0.5101 to 1)'
    >>> str(estimate([1.0, 2.0, 3.0]))
    '2 (-0.4841 to 4.484)'
    >>> str(estimate([3.0]))
    '3'
    """
    found = list(samples)
    require.that(found, "no samples", "expected at least one number", "estimate([1.0, 2.0])")
    if all(isinstance(each, bool) for each in found):
        return share(sum(found), len(found))
    mean, size = fmean(found), len(found)
    if size == 1 or min(found) == max(found):
        return Interval(mean, mean, mean)
    try:
        from scipy.special import stdtrit  # the quantile of Student's t; loads far less than scipy.stats
    except ImportError:
        return _bootstrap(found, mean)
    reach = float(stdtrit(size - 1, (1 + LEVEL) / 2)) * stdev(found) / math.sqrt(size)
    return Interval(mean, mean - reach, mean + reach, "t")


def share(hits: float, size: int) -> Interval:
    """The share of `hits` among `size`, 1 or more, with Wilson's 95 % interval.

    >>> str(share(8, 10))
    '0.8 (0.4902 to 0.9433)'
    """
    size = require.count("size", size, 1)
    part = require.number("hits", hits, 0, size) / size
    middle = (part + Z * Z / (2 * size)) / (1 + Z * Z / size)
    reach = Z / (1 + Z * Z / size) * math.sqrt(part * (1 - part) / size + Z * Z / (4 * size * size))
    low, high = middle - reach, middle + reach
    return Interval(part, low if part > 0 else 0.0, high if part < 1 else 1.0, "Wilson")


def _bootstrap(samples: Sequence[float], mean: float) -> Interval:
    """The middle 95 % of the means of samples drawn again, always the same."""
    dice = Random(len(samples))
    means = sorted(fmean(dice.choices(samples, k=len(samples))) for _ in range(RESAMPLES))
    edge = round(RESAMPLES * (1 - LEVEL) / 2)
    return Interval(mean, means[edge], means[-edge - 1], "bootstrap")
