"""Means, shares and fitted curves with 95 % intervals: all intervals of the package are computed here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
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
        reach = _quantile(size - 1) * stdev(found) / math.sqrt(size)
    except ImportError:
        return _bootstrap(found, mean)
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


class Fit(NamedTuple):
    """The parameters of a curve that fit best, each with its 95 % interval, and the curve itself."""

    parameters: dict[str, Interval]
    curve: Callable[[float], float]

    def __repr__(self) -> str:
        return ", ".join(f"{name} = {value}" for name, value in self.parameters.items())


def fit(
    curve: Callable[..., float],
    xs: Sequence[float],
    ys: Sequence[float],
    least: float = -math.inf,
    **start: float,
) -> Fit:
    """The parameters with which `curve(x, ...)` comes closest to the points, with 95 % intervals.

    The intervals are Student's t of the covariance of the fit (least squares).  Needs scipy.

    curve: a function of x and of the parameters, by position.
    xs, ys: the points, more different x than parameters, all finite.
    least: no parameter is below it.
    start: where the search for each parameter begins, by its name.

    Raises ValueError if the points are too few, not finite, or no parameters fit.

    >>> fit(lambda x, slope: slope * x, [1, 2, 3], [2, 4, 6], slope=1.0)
    slope = 2
    """
    example = "fit(lambda x, slope: slope * x, [1, 2, 3], [2, 4, 7], slope=1.0)"
    curve = checked_curve("the curve", curve, example)
    least = -math.inf if least == -math.inf else require.number("least", least)
    start = {name: require.number(name, value, least) for name, value in start.items()}
    sound = start and len(xs) == len(ys) and len(set(xs)) > len(start)
    given = f"{len(xs)} x, {len(set(xs))} of them different, {len(ys)} y and {len(start)} parameters"
    allowed = "expected as many x as y, finite, and more different x than parameters"
    require.that(sound and all(map(math.isfinite, (*xs, *ys))), given, allowed, example)
    best, errors = _least_squares(curve, xs, ys, least, list(start.values()))
    reach = _quantile(len(xs) - len(start))
    found = {
        name: Interval(value, max(least, value - reach * error), value + reach * error, "t")
        for name, value, error in zip(start, best, errors, strict=True)
    }
    return Fit(found, lambda x: curve(x, *(each.mean for each in found.values())))


def checked_curve(label: str, curve: Callable[..., float], example: str) -> Callable[..., float]:
    """The curve with a check: ValueError where it raises an error, or does not return a number."""
    require.function(label, curve, example)

    def of(*places: float) -> float:
        try:
            return require.number("its value", curve(*places))
        except Exception as error:  # noqa: BLE001  (the function is the user's)
            given = f"{label} at {', '.join(format(each, 'g') for each in places)}"
            words = f"{given} ({type(error).__name__}: {error})"
            require.fail(words, "expected a function that returns a number", example)

    return of


def _least_squares(
    curve: Callable[..., float], xs: Sequence[float], ys: Sequence[float], least: float, start: list[float]
) -> tuple[list[float], list[float]]:
    """The best parameters, and their standard errors."""
    from scipy.optimize import curve_fit

    def of_many(places: Sequence[float], *values: float) -> list[float]:
        return [curve(place, *values) for place in places]

    try:
        best, spread = curve_fit(of_many, xs, ys, p0=start, bounds=(least, math.inf))
    except RuntimeError as error:
        require.fail(f"no fit from {start} ({error})", "expected a start nearer to it", "fit(..., slope=1.0)")
    return best.tolist(), [math.sqrt(each) for each in spread.diagonal().tolist()]


def _quantile(freedom: int) -> float:
    """The quantile of Student's t for a 95 % interval."""
    from scipy.special import stdtrit  # it loads far less than scipy.stats

    return float(stdtrit(freedom, (1 + LEVEL) / 2))
