"""Failure detectors: how soon, how often wrong, at what cost; each with its model."""

from __future__ import annotations

from math import ceil, e, exp, log10

from coordlab import requirements as require


def messages(agents: int) -> int:
    """Heartbeats in one interval if all watch all."""
    return require.count("agents", agents, 1) * (agents - 1)


def detection(timeout: float, interval: float, period: float) -> tuple[float, float]:
    """Least and most seconds from a crash to the suspicion, with a fixed time-out and no delay.

    The last heartbeat was up to an `interval` before the crash; the observer looks every `period`.  The
    least is not quite reached.
    """
    require.seconds("period", period, positive=True)
    require.number("timeout", timeout, require.seconds("interval", interval, positive=True), unit="seconds")
    return timeout - interval, timeout + period


def beats_to_false_alarm(loss: float, misses: int) -> float:
    """Mean number of heartbeats until `misses` in a row are lost, each with probability `loss`.

    W. Feller, An Introduction to Probability Theory, 1968, XIII.7: (p^-k - 1) / (1 - p).
    """
    loss = require.probability("loss", loss, certain=False)
    return (loss ** -require.count("misses", misses, 1) - 1) / (1 - loss)


def misses(timeout: float, interval: float) -> int:
    """How many heartbeats in a row must be lost for a silence as long as the time-out, without delays.

    >>> [misses(timeout, interval=1.0) for timeout in (0.5, 1.0, 2.5)]
    [0, 0, 2]
    """
    require.seconds("timeout", timeout, positive=True)
    return max(0, ceil(timeout / require.seconds("interval", interval, positive=True)) - 1)


def mistakes_per_hour(loss: float, misses: int, interval: float) -> float:
    """Mistakes about one target, if `misses` heartbeats in a row must be lost, each with probability `loss`.

    Such a run begins after a heartbeat that came, with probability (1 - p) p^k.

    >>> round(mistakes_per_hour(loss=0.1, misses=2, interval=1.0), 1)
    32.4
    """
    loss = require.probability("loss", loss)
    rate = (1 - loss) * loss ** require.count("misses", misses, 1)
    return 3600 * rate / require.seconds("interval", interval, positive=True)


def false_suspicions(phi: float) -> float:
    """How often phi is exceeded by chance, if gaps are distributed as assumed (Hayashibara 2004).

    >>> [false_suspicions(phi) for phi in (1, 2, 3)]
    [0.1, 0.01, 0.001]
    """
    return 10 ** -require.number("phi", phi, 0, example=8)


def broken_promise(silence: float, mean: float, phi: float) -> float:
    """By which factor false suspicions exceed 10^-phi if gaps are really exponential.

    `silence` is the seconds a detector waits until it reaches `phi`; `mean` is the mean gap in seconds.

    >>> round(broken_promise(silence=6.612, mean=1.0, phi=8), -3)
    134000.0
    """
    require.seconds("silence", silence, positive=True)
    return exp(-silence / require.seconds("mean", mean, positive=True)) / false_suspicions(phi)


def means_of_silence(phi: float) -> float:
    """How many mean gaps of silence the exponential form waits for.

    >>> round(means_of_silence(8), 1)
    18.4
    """
    return require.number("phi", phi, 0, example=8) / log10(e)
