"""When is silence too long?  Failure detectors on a given clock, and what an observer makes of them.

Three forms of the suspicion level phi = -log10 P(a heartbeat comes still later), which differ in what they
take the gaps between heartbeats to be: the exact normal distribution (Hayashibara et al. 2004), the logistic
curve close to it that Akka computes, and the exponential one of Cassandra.  All times are in seconds, by a
clock that is never set.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import erfc, exp, inf, log, log1p, log10, pi, sqrt
from typing import Protocol, runtime_checkable

from coordlab.world.message import message

BLINK = 1e-9  # seconds: less than any clock here can tell apart


def _sound(mean: float, deviation: float) -> None:
    if not (mean > 0 and deviation > 0):
        raise ValueError(
            f"mean={mean!r}, deviation={deviation!r}: both are above 0; gaps that never differ leave no room "
            f"for doubt. Write max(least, deviation), with some least deviation such as 0.1 s."
        )


def phi_normal(elapsed: float, mean: float, deviation: float) -> float:
    """Suspicion if gaps are normally distributed, exactly; far out by the asymptotic series, never infinite.

    >>> [round(phi_normal(t, 1.0, 0.1), 3) for t in (1.0, 1.2, 1.4, 1.6)]
    [0.301, 1.643, 4.499, 9.006]
    """
    _sound(mean, deviation)
    far = (elapsed - mean) / deviation / sqrt(2)
    if far < 25:
        return 0.0 - log10(erfc(far) / 2)  # no suspicion is 0.0, not -0.0
    return (far * far + log(2 * far * sqrt(pi)) - log1p(-1 / (2 * far * far))) / log(10)


def phi_logistic(elapsed: float, mean: float, deviation: float) -> float:
    """Suspicion by the curve that Akka and Pekko compute: as the normal in the middle, thinner in the tail.

    >>> [round(phi_logistic(t, 1.0, 0.1), 3) for t in (1.0, 1.2, 1.4, 1.6)]
    [0.301, 1.643, 4.737, 10.783]
    """
    _sound(mean, deviation)
    far = (elapsed - mean) / deviation
    power = far * (1.5976 + 0.070566 * far * far)
    return (power + log1p(exp(-power)) if power > 0 else log1p(exp(power))) / log(10)


def phi_exponential(elapsed: float, mean: float, deviation: float = 1.0) -> float:
    """Suspicion if gaps are exponentially distributed, as in Cassandra: 0.434 for each mean of silence.

    >>> round(phi_exponential(1.0, 1.0), 3), round(8 / phi_exponential(1.0, 1.0), 1)
    (0.434, 18.4)
    """
    _sound(mean, deviation)
    return elapsed / mean / log(10)


Phi = Callable[[float, float, float], float]
PHIS: dict[str, Phi] = {"normal": phi_normal, "logistic": phi_logistic, "exponential": phi_exponential}


def silence(threshold: float, phi: Phi, mean: float, deviation: float) -> float:
    """How long a silence, in seconds, lets suspicion reach `threshold`.

    >>> [round(silence(8, phi, 1.0, 0.1), 3) for phi in (phi_normal, phi_logistic)]
    [1.561, 1.523]
    """
    if not 0 < threshold < inf:
        raise ValueError(
            f"threshold={threshold!r}: no silence has just that suspicion. Write for instance threshold=8."
        )
    low, high = 0.0, mean
    while phi(high, mean, deviation) < threshold:
        low, high = high, 2 * high
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if phi(middle, mean, deviation) < threshold else (low, middle)
    return high


@runtime_checkable
class Detector(Protocol):
    """What an observer needs to know of one agent's heartbeats."""

    def heard(self, now: float, outage: bool = False) -> None:
        """A heartbeat came; `outage` if it had been suspected, so that this gap teaches nothing.

        A `ValueError` if that was before the one heard last.
        """

    def suspects(self, now: float) -> bool:
        """Whether the silence has been too long by now; never before anything was heard."""


def _not_before(last: float, now: float) -> float:
    if not now >= (last if last < inf else -inf):
        raise ValueError(
            f"now={now!r}, but the last heartbeat came at {last!r}: time never goes back. Write "
            f"heard(time.monotonic()), or take another clock that is never set."
        )
    return now


@dataclass
class Timeout:
    """Suspects after `seconds` of silence: at exactly that moment, not only after it.

    >>> detector = Timeout(3.0)
    >>> detector.heard(1.0)
    >>> detector.suspects(3.999), detector.suspects(4.0)
    (False, True)
    """

    seconds: float
    last: float = field(default=inf, init=False, repr=False)  # infinite: nothing was heard yet

    def __post_init__(self) -> None:
        number = isinstance(self.seconds, (int, float)) and not isinstance(self.seconds, bool)
        if not (number and self.seconds > 0):
            raise ValueError(f"seconds={self.seconds!r}: a time-out is longer than 0. Write Timeout(3.0).")

    def heard(self, now: float, outage: bool = False) -> None:
        """The silence begins anew."""
        self.last = _not_before(self.last, now)

    def suspects(self, now: float) -> bool:
        """Whether it has lasted so long."""
        return now >= self.last + self.seconds - BLINK


@dataclass
class PhiAccrual:
    """Suspects when phi reaches `threshold`, by the gaps of the last `window` heartbeats.

    The defaults are Akka's: before the first gap it goes by `first` seconds, give or take a quarter; the
    deviation is at least `least` seconds, and `pause` seconds more of silence are always forgiven.

    >>> detector = PhiAccrual()
    >>> detector.heard(0.0)
    >>> round(detector.level(1.0), 2), detector.suspects(3.0)
    (0.3, True)
    """

    threshold: float = 8.0
    form: str = "normal"
    window: int = 1_000
    least: float = 0.1
    first: float = 1.0
    pause: float = 0.0
    last: float = field(default=inf, init=False, repr=False)

    def __post_init__(self) -> None:
        positive = (self.threshold, self.least, self.first, self.window)
        counted = isinstance(self.window, int)
        if self.form not in PHIS or not (all(each > 0 for each in positive) and self.pause >= 0 and counted):
            raise ValueError(
                f"{self!r}: form is one of {', '.join(PHIS)}; threshold, least and first are above 0, window "
                f"is a whole number above 0, and pause 0 or more. Write PhiAccrual(threshold=8, window=1000)."
            )
        self.gaps = deque((0.75 * self.first, 1.25 * self.first), maxlen=self.window)
        self.total, self.squares = sum(self.gaps), sum(gap * gap for gap in self.gaps)

    def heard(self, now: float, outage: bool = False) -> None:
        """Learn from the gap, unless it was an outage."""
        _not_before(self.last, now)
        if self.last < inf and not outage:
            gap = now - self.last
            gone = self.gaps[0] if len(self.gaps) == self.window else 0.0
            self.gaps.append(gap)
            self.total += gap - gone
            self.squares += gap * gap - gone * gone
        self.last = now

    def level(self, now: float) -> float:
        """Phi by now; 0 before anything was heard."""
        if self.last == inf:
            return 0.0
        mean = self.total / len(self.gaps)
        deviation = max(self.least, sqrt(max(0.0, self.squares / len(self.gaps) - mean * mean)))
        return PHIS[self.form](max(0.0, now - self.last - self.pause), mean, deviation)

    def suspects(self, now: float) -> bool:
        """Whether phi has reached the threshold."""
        return self.level(now) >= self.threshold


# --- what an observer makes of it -----------------------------------------------------------------

UNKNOWN, ALIVE, SUSPECT, DEAD, RECOVERED = "unknown", "alive", "suspect", "dead", "recovered"
UP = (ALIVE, RECOVERED)


@message
class Suspected:
    """I have not heard from it for too long."""

    target: str
    incarnation: int


@message
class Buried:
    """I take it for dead."""

    target: str
    incarnation: int


@message
class Restored:
    """I hear it, for the first time or again: I take it to be up."""

    target: str
    incarnation: int


@message
class Recovered:
    """It has started anew: it is up, and what it knew is gone."""

    target: str
    incarnation: int


News = Suspected | Buried | Restored | Recovered
NEWS: dict[str, type[News]] = {SUSPECT: Suspected, DEAD: Buried, ALIVE: Restored, RECOVERED: Recovered}


@dataclass
class Watch:
    """What is thought of one agent: unknown, alive, suspect, dead; alive again, or recovered in a new life.

    Each change is told once.  `grave` seconds of suspicion make it dead, which is only a stronger
    suspicion: it may be alive, slow, and acting.  A heartbeat of an older incarnation is not news.

    >>> watch = Watch(Timeout(3.0), grave=5.0)
    >>> watch.listen(0.0)
    >>> [watch.check(t) for t in (2.0, 3.0, 4.0, 8.0, 9.0)]
    [None, 'suspect', None, 'dead', None]
    >>> [watch.beat(now=10.0, incarnation=number) for number in (1, 1, 2, 1, 2)]
    ['alive', None, 'recovered', None, None]
    """

    detector: Detector
    grave: float = inf
    status: str = UNKNOWN
    incarnation: int = 0
    suspected: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.detector, Detector) or not self.grave >= 0:
            raise ValueError(
                f"{self!r}: the detector must be one, and grave a number of seconds, 0 or more. Write for "
                f"instance Timeout(3.0) or PhiAccrual(), and grave=5.0, or none: then nobody is ever dead."
            )

    def listen(self, now: float) -> None:
        """From now on silence counts."""
        self.detector.heard(now)

    def beat(self, now: float, incarnation: int) -> str | None:
        """What a heartbeat changes."""
        if incarnation < self.incarnation:
            return None
        up, anew = self.status in UP, incarnation > self.incarnation > 0
        self.detector.heard(now, outage=anew or not up)
        self.incarnation = incarnation
        if up and not anew:
            return None
        self.status = RECOVERED if anew else ALIVE
        return self.status

    def check(self, now: float) -> str | None:
        """What silence changes."""
        if self.status in (UNKNOWN, *UP) and self.detector.suspects(now):
            self.status, self.suspected = SUSPECT, now
        elif self.status == SUSPECT and now >= self.suspected + self.grave - BLINK:
            self.status = DEAD
        else:
            return None
        return self.status
