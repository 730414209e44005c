"""When is silence too long?  Failure detectors on a given clock, and the opinion of an observer.

There are three forms of the suspicion level phi = -log10 P(a heartbeat comes still later).  They differ in
the assumed distribution of the gaps between heartbeats: exactly normal (Hayashibara et al. 2004), the
logistic curve close to it that Akka computes, and exponential (Cassandra).  All times are in seconds, by a
clock that is never set.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import erfc, exp, inf, log, log1p, log10, pi, sqrt
from typing import Protocol, runtime_checkable

from coordlab import requirements as require
from coordlab.world.message import message

BLINK = 1e-9  # seconds; no clock here tells less apart
AGES = 1e15  # seconds; the largest time that a detector accepts


def _sound(elapsed: float, mean: float, deviation: float) -> tuple[float, float, float]:
    elapsed = require.seconds("elapsed", elapsed)
    mean = require.seconds("mean", mean, positive=True)
    return elapsed, mean, require.seconds("deviation", deviation, positive=True, example=0.1)


def phi_normal(elapsed: float, mean: float, deviation: float) -> float:
    """Suspicion if gaps are normally distributed: exact, far out by the asymptotic series.

    All forms raise ValueError unless `elapsed` is 0 or more, and `mean` and `deviation` are above 0.

    >>> [round(phi_normal(t, 1.0, 0.1), 3) for t in (1.0, 1.2, 1.4, 1.6)]
    [0.301, 1.643, 4.499, 9.006]
    """
    elapsed, mean, deviation = _sound(elapsed, mean, deviation)
    far = (elapsed - mean) / deviation / sqrt(2)
    if far < 25:
        return 0.0 - log10(erfc(far) / 2)  # no suspicion is 0.0, not -0.0
    return (far * far + log(2 * far * sqrt(pi)) - log1p(-1 / (2 * far * far))) / log(10)


def phi_logistic(elapsed: float, mean: float, deviation: float) -> float:
    """Suspicion by the curve of Akka and Pekko: like the normal in the middle, with a thinner tail.

    >>> [round(phi_logistic(t, 1.0, 0.1), 3) for t in (1.0, 1.2, 1.4, 1.6)]
    [0.301, 1.643, 4.737, 10.783]
    """
    elapsed, mean, deviation = _sound(elapsed, mean, deviation)
    far = (elapsed - mean) / deviation
    power = far * (1.5976 + 0.070566 * far * far)
    return (power + log1p(exp(-power)) if power > 0 else log1p(exp(power))) / log(10)


def phi_exponential(elapsed: float, mean: float, deviation: float = 1.0) -> float:
    """Suspicion if gaps are exponentially distributed, as in Cassandra: 0.434 for each mean of silence.

    >>> round(phi_exponential(1.0, 1.0), 3), round(8 / phi_exponential(1.0, 1.0), 1)
    (0.434, 18.4)
    """
    elapsed, mean, _ = _sound(elapsed, mean, deviation)
    return elapsed / mean / log(10)


Phi = Callable[[float, float, float], float]
PHIS: dict[str, Phi] = {"normal": phi_normal, "logistic": phi_logistic, "exponential": phi_exponential}


def silence(threshold: float, phi: Phi, mean: float, deviation: float) -> float:
    """Seconds of silence until suspicion reaches `threshold`.  Raises ValueError unless it is above 0.

    >>> [round(silence(8, phi, 1.0, 0.1), 3) for phi in (phi_normal, phi_logistic)]
    [1.561, 1.523]
    """
    require.number("threshold", threshold, above=0, example=8)
    low, high = 0.0, mean
    while phi(high, mean, deviation) < threshold:
        low, high = high, 2 * high
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if phi(middle, mean, deviation) < threshold else (low, middle)
    return high


@runtime_checkable
class Detector(Protocol):
    """Judges the heartbeats of one agent for an observer."""

    def heard(self, now: float, outage: bool | None = None) -> None:
        """A heartbeat came; an `outage`, a gap that teaches nothing, ends.  None: the detector judges.

        Raises ValueError if `now` is before the last heartbeat, or no time.
        """

    def suspects(self, now: float) -> bool:
        """Whether the silence is too long by now; never before the first heartbeat."""


def _time(now: float) -> float:
    return require.number("now", now, -AGES, AGES, unit="seconds", example=5)


def _not_before(last: float, now: float) -> float:
    if (now := _time(now)) < last < inf:
        given = f"now={now!r}, after a heartbeat at {last!r}"
        require.fail(given, "time must not go back; use a clock that is never set", "heard(time.monotonic())")
    return now


@dataclass
class Timeout:
    """Suspects after `seconds` of silence, above 0: at exactly that moment, not only after it."""

    seconds: float
    last: float = field(default=inf, init=False, repr=False)  # infinite before the first heartbeat

    def __post_init__(self) -> None:
        self.seconds = require.seconds("seconds", self.seconds, positive=True, example=3)

    def heard(self, now: float, outage: bool | None = None) -> None:
        self.last = _not_before(self.last, now)

    def suspects(self, now: float) -> bool:
        return _time(now) >= self.last + self.seconds - BLINK


@dataclass
class PhiAccrual:
    """Suspects when phi reaches `threshold`; the defaults are Akka's.

    threshold  the suspicion level, above 0
    form       of phi: normal, logistic or exponential
    window     how many of the latest gaps count, 1 or more
    least      seconds, above 0: the least deviation
    first      seconds, above 0: the mean gap before any was seen, give or take a quarter
    pause      seconds of silence that are always forgiven
    """

    threshold: float = 8.0
    form: str = "normal"
    window: int = 1_000
    least: float = 0.1
    first: float = 1.0
    pause: float = 0.0
    last: float = field(default=inf, init=False, repr=False)

    def __post_init__(self) -> None:
        require.number("threshold", self.threshold, above=0, example=8)
        require.one_of("form", self.form, PHIS)
        require.count("window", self.window, 1, example=1000)
        require.seconds("least", self.least, positive=True, example=0.1)
        require.number("first", self.first, above=0, most=AGES, unit="seconds", example=1)
        require.seconds("pause", self.pause)
        self.gaps = deque[int](maxlen=self.window)  # in nanoseconds: their sums stay exact
        self.total = self.squares = 0
        for share in (0.75, 1.25):
            self._count(share * self.first)

    def _count(self, gap: float) -> None:
        gone = self.gaps[0] if len(self.gaps) == self.window else 0
        self.gaps.append(new := round(gap / BLINK))
        self.total += new - gone
        self.squares += new * new - gone * gone

    def heard(self, now: float, outage: bool | None = None) -> None:
        """Count the gap, unless it was an outage.  None: it was one if the agent is suspected, as in Akka.

        Then an agent that beats more slowly from some day on is suspected before each of its heartbeats.
        """
        now = _not_before(self.last, now)
        if self.last < inf and not (self.suspects(now) if outage is None else outage):
            self._count(now - self.last)
        self.last = now

    def level(self, now: float) -> float:
        """Phi by now; 0 before the first heartbeat."""
        now = _time(now)
        if self.last == inf:
            return 0.0
        count, mean = len(self.gaps), BLINK * max(1, self.total) / len(self.gaps)
        deviation = max(self.least, BLINK * sqrt(count * self.squares - self.total**2) / count)
        return PHIS[self.form](max(0.0, now - self.last - self.pause), mean, deviation)

    def suspects(self, now: float) -> bool:
        return self.level(now) >= self.threshold


# --- the opinion of an observer -------------------------------------------------------------------

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
    """I hear it, for the first time or again, and take it to be up."""

    target: str
    incarnation: int


@message
class Recovered:
    """It has restarted: it is up, and what it knew is lost."""

    target: str
    incarnation: int


News = Suspected | Buried | Restored | Recovered
NEWS: dict[str, type[News]] = {SUSPECT: Suspected, DEAD: Buried, ALIVE: Restored, RECOVERED: Recovered}


@dataclass
class Watch:
    """The opinion of one agent: unknown, alive, suspect or dead; alive again, or recovered after a restart.

    Each change is told once.  After `grave` seconds of suspicion the agent is taken for dead, which is only a
    stronger suspicion: it may be alive, slow, and acting.  A heartbeat of an older incarnation is ignored.

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
        require.instance("detector", self.detector, Detector, "Timeout(3.0)")  # type: ignore[type-abstract]
        if self.grave != inf:
            require.seconds("grave", self.grave, example=5)

    def listen(self, now: float) -> None:
        """Count silence from now on."""
        self.detector.heard(now)

    def beat(self, now: float, incarnation: int) -> str | None:
        """The status to which a heartbeat changes the opinion; None if it does not."""
        if incarnation < self.incarnation:
            return None
        up, restarted = self.status in UP, incarnation > self.incarnation > 0
        self.detector.heard(now, outage=restarted or not up)
        self.incarnation = incarnation
        if up and not restarted:
            return None
        self.status = RECOVERED if restarted else ALIVE
        return self.status

    def check(self, now: float) -> str | None:
        """The status to which silence changes the opinion; None if it does not."""
        if self.status in (UNKNOWN, *UP) and self.detector.suspects(now):
            self.status, self.suspected = SUSPECT, now
        elif self.status == SUSPECT and now >= self.suspected + self.grave - BLINK:
            self.status = DEAD
        else:
            return None
        return self.status
