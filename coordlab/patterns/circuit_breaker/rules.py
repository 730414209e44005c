"""A circuit breaker as a state machine: who may call, and what the outcome of a call changes.

Plain data on a clock that is passed in, in seconds; `coordlab.patterns.circuit_breaker` puts asyncio around
it.  Declared, because libraries differ: thresholds are reached at >=; at exactly the wait a probe is
admitted (so does pybreaker; resilience4j does not); an ignored outcome records nothing and returns its
permit (so does resilience4j; pybreaker takes it for a success and forgets its count); a call is slow if it
takes longer than `slow`; a probe that has not come back within `probe_wait` counts as a bad one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from coordlab.world.message import message

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"
FORCED_OPEN, DISABLED, METRICS_ONLY = "forced open", "disabled", "metrics only"
STATES = (CLOSED, OPEN, HALF_OPEN, FORCED_OPEN, DISABLED, METRICS_ONLY)

SUCCESS, FAILURE, IGNORED, LAPSED = "success", "failure", "ignored", "lapsed"

TICK = 1e-6  # seconds: what is due by less is due now, for clocks count in such steps


@dataclass(frozen=True)
class Settings:
    """When a breaker trips, how long it stays open, and how it finds out whether to close.

    It trips upon `failures` in a row, or a `failure_rate` or `slow_rate` (shares from 0 to 1) among the
    outcomes of the last `window_calls` calls and `window_seconds`, once there are `minimum_calls`; None
    means never, so with `Settings(failures=None)` alone nothing ever trips it.  After `wait` seconds it
    admits `probes` calls and closes when all are back, of which up to `tolerated` may be bad: failed, not
    back within `probe_wait` seconds, or slow if there is a `slow_rate`.

    >>> Settings(failures=None, failure_rate=0.5, window_calls=20, minimum_calls=10).wait
    60.0
    """

    failures: int | None = 5
    failure_rate: float | None = None
    slow_rate: float | None = None
    slow: float = 60.0  # seconds; longer is slow
    window_calls: int | None = 100
    window_seconds: float | None = None  # an outcome counts until it is so old
    minimum_calls: int = 10
    wait: float = 60.0
    probes: int = 1
    tolerated: int = 0
    probe_wait: float = 60.0

    def __post_init__(self) -> None:
        kinds = (
            ("failures window_calls minimum_calls probes", _at_least(1), "a whole number from 1", 5),
            ("tolerated", _at_least(0), "a whole number from 0", 0),
            ("failure_rate slow_rate", _up_to(1.0), "a share, above 0 and up to 1,", 0.5),
            ("slow window_seconds probe_wait", _up_to(inf), "seconds, above 0,", 60.0),
            ("wait", _up_to(1e9), "seconds, above 0 and with an end,", 60.0),
        )
        for names, right, wanted, instead in kinds:
            for name in names.split():
                value = getattr(self, name)
                self._check(name, (value is None and name in _OPTIONAL) or right(value), wanted, instead)
        self._check("tolerated", self.tolerated < self.probes, "fewer than the probes", self.probes - 1)
        bounded = self.window_calls or self.window_seconds
        self._check("window_calls", bounded, "a bound on the window, in calls or in seconds,", 100)
        most = inf if self.failure_rate is self.slow_rate is None else self.window_calls or inf
        self._check("minimum_calls", self.minimum_calls <= most, f"at most the window of {most} calls", most)

    def _check(self, name: str, right: object, wanted: str, instead: float) -> None:
        if not right:
            value = getattr(self, name)
            raise ValueError(f"{name}={value!r}: {wanted} is meant. Write for instance {name}={instead}.")


_OPTIONAL = ("failures", "failure_rate", "slow_rate", "window_calls", "window_seconds")


def _at_least(least: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def _up_to(most: float) -> Callable[[object], bool]:
    return lambda value: isinstance(value, (int, float)) and value is not True and 0 < value <= most


DEFAULT = Settings()

PRESETS = {
    "usual first try": DEFAULT,
    "pybreaker": DEFAULT,  # 1.4: fail_max 5, reset_timeout 60, success_threshold 1
    "purgatory": Settings(failures=5, wait=30),  # threshold, ttl
    "resilience4j": Settings(
        failures=None,
        failure_rate=0.5,
        slow_rate=1.0,
        slow=60,
        window_calls=100,
        minimum_calls=100,
        wait=60,
        probes=10,
        tolerated=4,  # of 10: half of them would open it again
        probe_wait=inf,
    ),
}
"""What others begin with, by name of the library; slow and probe_wait mean something in the last one only."""


# --- what a breaker tells ---------------------------------------------------------------------------


@message
class Permit:
    """You may call."""

    breaker: str
    generation: int  # of the breaker: its transitions so far
    number: int
    at: float
    probe: bool = False


@message
class Refusal:
    """You may not call."""

    breaker: str
    state: str
    retry_after: float  # seconds until a wait ends, or a probe must be back; infinite if forced open


@message
class Outcome:
    """A call is over, or given up."""

    breaker: str
    generation: int  # in which the call was admitted
    number: int
    result: str  # success, failure, ignored or lapsed
    seconds: float
    failure_rate: float | None = None  # of the window, with this one; None below the minimum
    slow_rate: float | None = None


@message
class Transition:
    """The breaker has changed its state."""

    breaker: str
    before: str
    after: str
    why: str
    generation: int  # the new one


Told = Permit | Refusal | Outcome | Transition
Listener = Callable[[Told], object]


class CallRefused(Exception):
    """A call that was not made: whoever protects it said no.  No failure of whom it would have reached."""


class OpenError(CallRefused):
    """What a caller gets from a breaker that does not let it call.  `retry_after` is in seconds.

    >>> print(OpenError(Refusal("db", "open", 12.5)))
    the breaker 'db' is open: the call was not made. Try again in 12.5 s, or do without.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.breaker, self.state, self.retry_after = refusal.breaker, refusal.state, refusal.retry_after

    def __str__(self) -> str:
        again = f"Try again in {self.retry_after:g} s" if self.retry_after < inf else "Ask who forced it"
        return f"the breaker {self.breaker!r} is {self.state}: the call was not made. {again}, or do without."


Errors = type[BaseException] | tuple[type[BaseException], ...]


def error_classes(given: Errors) -> Errors:
    """What was given, if it is an exception class or a tuple of them: what `except` takes."""
    if not all(map(_is_error, given if isinstance(given, tuple) else (given,))):
        raise TypeError(
            f"{given!r}: an exception class or a tuple of exception classes is meant. "
            f"Write for one ValueError."
        )
    return given


def _is_error(each: object) -> bool:
    return isinstance(each, type) and issubclass(each, BaseException)


def result_of(error: BaseException | None, counted: Errors = (Exception,), ignored: Errors = ()) -> str:
    """What a call that ended with this error, or with none, is to the breaker.

    One among `ignored` is nothing; nor is a refusal of another breaker, nor what is no Exception, such as
    the cancellation of the caller.  One among `counted` is a failure, and any other is an answer.

    >>> [result_of(error, ignored=(ValueError,)) for error in (None, TimeoutError(), ValueError())]
    ['success', 'failure', 'ignored']
    """
    if error is None:
        return SUCCESS
    if not isinstance(error, Exception) or isinstance(error, (CallRefused, ignored)):
        return IGNORED
    return FAILURE if isinstance(error, counted) else SUCCESS


# --- the state machine ------------------------------------------------------------------------------


class Window:
    """The latest outcomes: of the last `calls` calls, and less than `seconds` old.

    >>> window = Window(calls=3)
    >>> for failed in (True, True, False, False):
    ...     window.add(now=0.0, failed=failed, slow=False)
    >>> window.rates(minimum=3)
    (0.3333333333333333, 0.0)
    """

    def __init__(self, calls: int | None = None, seconds: float | None = None) -> None:
        self.calls, self.seconds = calls or inf, seconds or inf
        self.clear()

    def clear(self) -> None:
        """Forget them all."""
        self.outcomes: deque[tuple[float, bool, bool]] = deque()
        self.failed = self.slow = 0

    def add(self, now: float, failed: bool, slow: bool) -> None:
        """Take in one more, and let go of those that have left the window."""
        self.outcomes.append((now, failed, slow))
        self._count(failed, slow, 1)
        while self.outcomes and self._left(now):
            _, failed, slow = self.outcomes.popleft()
            self._count(failed, slow, -1)

    def _left(self, now: float) -> bool:
        """Whether the oldest outcome counts no more."""
        return len(self.outcomes) > self.calls or now >= self.outcomes[0][0] + self.seconds - TICK

    def _count(self, failed: bool, slow: bool, by: int) -> None:
        self.failed += by * failed
        self.slow += by * slow

    def rates(self, minimum: int) -> tuple[float, float] | tuple[None, None]:
        """The share that failed and the share that was slow; None of fewer than `minimum`."""
        many = len(self.outcomes)
        return (self.failed / many, self.slow / many) if many >= minimum else (None, None)


class Breaker:
    """The state machine.  Ask `admit`, call, and tell the `outcome`; listeners hear of everything.

    Its state depends on what it was told and on the time alone, never on how often somebody looks.  A clock
    that goes back stands still.  What a listener raises goes to whoever asked or told.

    >>> breaker = Breaker(Settings(failures=2, wait=10.0))
    >>> for now in (0, 1):
    ...     breaker.outcome(breaker.admit(now), now, FAILURE)
    >>> breaker.admit(3)
    Refusal(breaker='', state='open', retry_after=8.0)
    >>> probe = breaker.admit(11)
    >>> breaker.outcome(probe, 12, SUCCESS)
    >>> breaker.state
    'closed'
    """

    def __init__(
        self, settings: Settings = DEFAULT, name: str = "", listeners: tuple[Listener, ...] = ()
    ) -> None:
        if not isinstance(settings, Settings):
            raise TypeError(f"{settings!r}: settings are meant. Write for instance Settings(failures=3).")
        self.settings, self.name, self.listeners = settings, name, listeners
        self.state, self.generation, self.admitted = CLOSED, 0, 0
        self.since = self.now = -inf  # when it came into this state; when it was last looked at
        self.window = Window(settings.window_calls, settings.window_seconds)
        self.news: deque[tuple[Listener, Told]] = deque()
        self._begin()

    def __repr__(self) -> str:
        return f"<Breaker {self.name!r}, {self.state}>"

    @property
    def due(self) -> float:
        """When time alone will change it next; infinite if it will not."""
        if self.state == OPEN:
            return self.since + self.settings.wait
        oldest = next(iter(self.out.values()), None) if self.state == HALF_OPEN else None
        return inf if oldest is None else oldest.at + self.settings.probe_wait

    def tick(self, now: float) -> None:
        """Do what time brings, each at its moment: end the wait, give up probes."""
        if not -inf < now < inf:
            raise ValueError(f"now={now!r}: seconds on a clock are meant. Write for instance now=12.5.")
        self.now = max(self.now, now)
        while (due := self.due) <= self.now + TICK:
            if self.state == OPEN:
                self._become(HALF_OPEN, due, "the wait is over")
            else:
                self._judge(next(iter(self.out.values())), due, LAPSED)
        self._spread()

    def admit(self, now: float) -> Permit | Refusal:
        """Leave to make one call, or not; whoever gets it tells the outcome, however the call ends."""
        self.tick(now)
        answer: Permit | Refusal
        if self._shut:
            answer = Refusal(self.name, self.state, round(self.due - self.now, 6))
        else:
            self.admitted += 1
            probe = self.state == HALF_OPEN
            answer = Permit(self.name, self.generation, self.admitted, self.now, probe)
            self.out[answer.number] = answer
        self._tell(answer)
        self._spread()
        return answer

    def outcome(self, permit: Permit | Refusal, now: float, result: str) -> None:
        """How the call for which `permit` was given ended: SUCCESS, FAILURE or IGNORED.

        A permit that is out no more (of an older generation, given up, or told of before) changes nothing.
        """
        if not isinstance(permit, Permit) or result not in (SUCCESS, FAILURE, IGNORED):
            raise ValueError(
                f"outcome({permit!r}, {now!r}, {result!r}): a call that was made has a Permit and ends in "
                f"success, failure or ignored. Write breaker.outcome(permit, now, 'success')."
            )
        self.tick(now)
        if self.out.get(permit.number) == permit:
            self._judge(permit, self.now, result)
        else:
            self._end(permit, self.now, result)
        self._spread()

    def force(self, state: str, now: float) -> None:
        """Put it into a state by hand: any of STATES; closed also means to start afresh."""
        if state not in STATES:
            raise ValueError(
                f"{state!r} is no state: there are {', '.join(STATES)}. Write force('open', now)."
            )
        self.tick(now)
        self._become(state, self.now, "forced")
        self._spread()

    # --- inside ------------------------------------------------------------------------------------

    @property
    def _shut(self) -> bool:
        used_up = len(self.out) + self.good + self.bad >= self.settings.probes
        return self.state in (OPEN, FORCED_OPEN) or (self.state == HALF_OPEN and used_up)

    def _begin(self) -> None:
        """Start a generation with clean books."""
        self.row = self.good = self.bad = 0  # failures in a row; probes that came back well, or did not
        self.out: dict[int, Permit] = {}  # calls of this generation that are not over
        self.window.clear()

    def _become(self, state: str, now: float, why: str) -> None:
        before, self.state, self.since = self.state, state, now
        self.generation += 1
        self._begin()
        self._tell(Transition(self.name, before, state, why, self.generation))

    def _judge(self, permit: Permit, now: float, result: str) -> None:
        """Take in the outcome of a call of this generation."""
        del self.out[permit.number]
        if result == IGNORED or self.state == DISABLED:
            self._end(permit, now, result)
        elif self.state == HALF_OPEN:
            self._weigh_probe(permit, now, result)
        else:
            self._weigh_call(permit, now, result)

    def _weigh_probe(self, permit: Permit, now: float, result: str) -> None:
        """Open again as soon as too many probes are bad; close when all are back."""
        bad = result != SUCCESS or (self._slow(permit, now) and self.settings.slow_rate is not None)
        self.bad, self.good = self.bad + bad, self.good + (not bad)
        self._end(permit, now, result)
        if self.bad > self.settings.tolerated:
            self._become(OPEN, now, "the probes failed")
        elif self.good + self.bad == self.settings.probes:
            self._become(CLOSED, now, "the probes came back")

    def _weigh_call(self, permit: Permit, now: float, result: str) -> None:
        """Count it, and trip if that is too much."""
        self.row = self.row + 1 if result == FAILURE else 0
        self.window.add(now, result == FAILURE, self._slow(permit, now))
        rates = self.window.rates(self.settings.minimum_calls)
        self._end(permit, now, result, *rates)
        if self.state == CLOSED and (why := self._reason(*rates)):
            self._become(OPEN, now, why)

    def _slow(self, permit: Permit, now: float) -> bool:
        return _seconds(permit, now) > self.settings.slow

    def _reason(self, failed: float | None, slow: float | None) -> str:
        """Why it must trip, or nothing."""
        settings = self.settings
        if settings.failures is not None and self.row >= settings.failures:
            return f"{self.row} failures in a row" if self.row > 1 else "a failure"
        if failed is not None and settings.failure_rate is not None and failed >= settings.failure_rate:
            return f"{failed:.0%} of the calls failed"
        if slow is not None and settings.slow_rate is not None and slow >= settings.slow_rate:
            return f"{slow:.0%} of the calls were slow"
        return ""

    def _end(self, permit: Permit, now: float, result: str, *rates: float | None) -> None:
        call = permit.breaker, permit.generation, permit.number
        self._tell(Outcome(*call, result, _seconds(permit, now), *rates))

    def _tell(self, what: Told) -> None:
        self.news.extend((listener, what) for listener in self.listeners)

    def _spread(self) -> None:
        """Tell the listeners, once all is settled: they may do something with the breaker in turn."""
        while self.news:
            listener, what = self.news.popleft()
            listener(what)


def _seconds(permit: Permit, now: float) -> float:
    """How long a call took, in whole ticks."""
    return round(now - permit.at, 6)
