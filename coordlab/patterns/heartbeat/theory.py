"""Failure detectors: how soon, how often wrong, at what cost; each with its model."""

from __future__ import annotations

from math import e, exp, log10


def messages(agents: int) -> int:
    """Heartbeats in one interval if all watch all.

    >>> messages(10)
    90
    """
    if agents < 1:
        raise ValueError(f"agents={agents!r}: somebody must be there. Write agents=1 or more.")
    return agents * (agents - 1)


def detection(timeout: float, interval: float, period: float) -> tuple[float, float]:
    """Least and most seconds from a crash to the suspicion, with a fixed time-out, and no delay.

    The last heartbeat was up to an `interval` before the crash; the observer looks every `period`.  The
    least is not quite reached.

    >>> detection(timeout=3.0, interval=1.0, period=0.5)
    (2.0, 3.5)
    """
    if not 0 < interval <= timeout or not period > 0:
        raise ValueError(
            f"timeout={timeout!r}, interval={interval!r}, period={period!r}: times above 0, and the time-out "
            f"is no shorter than the interval, or everybody is suspected. Write for instance 3.0, 1.0, 0.5."
        )
    return timeout - interval, timeout + period


def beats_to_false_alarm(loss: float, misses: int) -> float:
    """Heartbeats on average until `misses` of them running are lost, if each is lost with chance `loss`.

    W. Feller, An Introduction to Probability Theory, 1968, XIII.7: (p^-k - 1) / (1 - p).

    >>> round(beats_to_false_alarm(0.1, 3))
    1110
    """
    if not 0 < loss < 1 or misses < 1:
        raise ValueError(
            f"loss={loss!r}, misses={misses!r}: a chance between 0 and 1, and 1 miss or more. "
            f"Write for instance loss=0.1, misses=3."
        )
    return (loss**-misses - 1) / (1 - loss)


def false_suspicions(phi: float) -> float:
    """How often phi is exceeded by chance, if gaps are what the form takes them for (Hayashibara 2004).

    >>> [false_suspicions(phi) for phi in (1, 2, 3)]
    [0.1, 0.01, 0.001]
    """
    return 10 ** -_level(phi)


def broken_promise(silence: float, mean: float, phi: float) -> float:
    """By which factor false suspicions exceed 10^-phi if gaps are in truth exponential.

    `silence` is how long a detector waits, in seconds, until it reaches `phi`; `mean` that of the gaps.

    >>> round(broken_promise(silence=6.612, mean=1.0, phi=8), -3)
    134000.0
    """
    if not (silence > 0 and mean > 0):
        raise ValueError(f"silence={silence!r}, mean={mean!r}: both are above 0 s. Write 6.612 and 1.0.")
    return exp(-silence / mean) / false_suspicions(phi)


def means_of_silence(phi: float) -> float:
    """How many mean gaps of silence the exponential form waits for.

    >>> round(means_of_silence(8), 1)
    18.4
    """
    return _level(phi) / log10(e)


def _level(phi: float) -> float:
    if not phi >= 0:
        raise ValueError(f"phi={phi!r}: a suspicion level is 0 or more. Write for instance phi=8.")
    return phi
