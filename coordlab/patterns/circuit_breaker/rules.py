"""A circuit breaker as a state machine: which calls it permits, and what the outcome of a call changes.

It is plain data on a clock that is passed in, in seconds.  Libraries differ, so these choices are stated:
thresholds are reached at >=; after exactly the wait a probe is admitted (as in pybreaker, not in
resilience4j); an ignored outcome records nothing and returns its permit (as in resilience4j; pybreaker counts
it as a success); a call is slow if it takes longer than `slow`.  Probes are bad if they failed, were slow or
have not come back within `probe_wait`; the breaker opens as soon as more than `tolerated` are bad, while
others are still under way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from coordlab import requirements as require
from coordlab.world.message import message

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"
FORCED_OPEN, DISABLED, METRICS_ONLY = "forced open", "disabled", "metrics only"
STATES = (CLOSED, OPEN, HALF_OPEN, FORCED_OPEN, DISABLED, METRICS_ONLY)

SUCCESS, FAILURE, IGNORED, LAPSED = "success", "failure", "ignored", "lapsed"

FORCED = "forced"  # the reason for a transition by hand

TICK = 1e-6  # seconds, the step of the clock: what is due in less is due now


@dataclass(frozen=True)
class Settings:
    """When a breaker trips, how long it stays open, and how it finds out whether to close.

    failures        failures in a row that trip it; None: never
    failure_rate    share of failed calls in the window that trips it, above 0 to 1; None: never
    slow_rate       share of slow calls in the window that trips it, and makes slow probes bad; None: never
    slow            seconds; a longer call is slow
    window_calls    the window holds the outcomes of this many calls; None: no such limit
    window_seconds  the window holds outcomes that are younger; None: no such limit
    minimum_calls   outcomes in the window before a rate counts
    wait            seconds open before the first probe, up to 1e9
    probes          calls that half-open admits; it closes when all are back
    tolerated       how many of them may be bad: failed, slow (if `slow_rate` is given) or not back in time
    probe_wait      seconds for a probe to come back

    Raises ValueError for any other value, without a limit of the window, and if `minimum_calls` exceeds
    `window_calls` while a rate is given.
    """

    failures: int | None = 5
    failure_rate: float | None = None
    slow_rate: float | None = None
    slow: float = 60.0
    window_calls: int | None = 100
    window_seconds: float | None = None
    minimum_calls: int = 10
    wait: float = 60.0
    probes: int = 1
    tolerated: int = 0
    probe_wait: float = 60.0

    def __post_init__(self) -> None:
        for name in ("failures", "window_calls"):
            if (value := getattr(self, name)) is not None:
                require.count(name, value, 1)
        for name in ("failure_rate", "slow_rate"):
            if (value := getattr(self, name)) is not None:
                require.number(name, value, above=0, most=1, unit="a share", example=0.5)
        for name in ("slow", "window_seconds", "probe_wait"):
            if (value := getattr(self, name)) not in (None, inf):
                require.seconds(name, value, positive=True)
        require.number("wait", self.wait, above=0, most=1e9, unit="seconds", example=60)
        require.count("tolerated", self.tolerated, most=require.count("probes", self.probes, 1) - 1)
        given = f"window_calls={self.window_calls}, window_seconds={self.window_seconds}"
        bounded = self.window_calls or self.window_seconds
        require.that(bounded, given, "the window needs a limit, in calls or in seconds", "window_calls=100")
        most = inf if self.failure_rate is self.slow_rate is None else self.window_calls or inf
        require.count("minimum_calls", self.minimum_calls, 1, most)


DEFAULT = Settings()


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
    """You may not call now."""

    breaker: str
    state: str
    retry_after: float  # seconds until the wait ends or a probe is due; infinite if forced open


@message
class Outcome:
    """A call has ended, or was given up."""

    breaker: str
    generation: int  # in which the call was admitted
    number: int
    result: str  # success, failure, ignored or lapsed
    seconds: float
    failure_rate: float | None = None  # of the window, this outcome included; None below the minimum
    slow_rate: float | None = None


@message
class Transition:
    """The breaker changes its state."""

    breaker: str
    before: str
    after: str
    why: str
    generation: int  # the new one


Told = Permit | Refusal | Outcome | Transition
Listener = Callable[[Told], object]


class CallRefused(Exception):
    """A call that was not made because its guard refused it.  It is not a failure of the callee."""


class OpenError(CallRefused):
    """A breaker refused the call.  `retry_after` is in seconds.

    >>> print(OpenError(Refusal("db", "open", 12.5)))
    the breaker 'db' is open: the call was not made. Try again in 12.5 s, or go on without.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.breaker, self.state, self.retry_after = refusal.breaker, refusal.state, refusal.retry_after

    def __str__(self) -> str:
        again = f"Try again in {self.retry_after:g} s" if self.retry_after < inf else "Ask who forced it"
        return (
            f"the breaker {self.breaker!r} is {self.state}: the call was not made. {again}, or go on without."
        )


Errors = type[Exception] | tuple[type[Exception], ...]


def error_classes(given: Errors) -> Errors:
    """An exception class or a tuple of them, all subclasses of Exception.  Raises TypeError otherwise."""
    classes = given if isinstance(given, tuple) else (given,)
    right = all(isinstance(each, type) and issubclass(each, Exception) for each in classes)
    allowed = (
        "expected an exception class or a tuple of exception classes; what is no Exception is never caught"
    )
    require.that(right, repr(given), allowed, "ValueError", TypeError)
    return given


def result_of(error: BaseException | None, counted: Errors = (Exception,), ignored: Errors = ()) -> str:
    """What the end of a call means for the breaker; `error` is None if the call returned.

    Ignored are the errors among `ignored`, refusals of other guards, and what is not an Exception, such as
    the cancellation of the caller.  Errors among `counted` are failures; any other error is an answer.

    >>> [result_of(error, ignored=(ValueError,)) for error in (None, TimeoutError(), ValueError())]
    ['success', 'failure', 'ignored']
    """
    if error is None:
        return SUCCESS
    if not isinstance(error, Exception) or isinstance(error, (CallRefused, ignored)):
        return IGNORED
    return FAILURE if isinstance(error, counted) else SUCCESS


# --- the state machine ------------------------------------------------------------------------------


class Window(require.Readable):
    """The latest outcomes: of the last `calls` calls, and younger than `seconds`."""

    def __init__(self, calls: int | None = None, seconds: float | None = None) -> None:
        self.calls, self.seconds = calls or inf, seconds or inf
        self.clear()

    def clear(self) -> None:
        """Forget them all."""
        self.outcomes: deque[tuple[float, bool, bool]] = deque()
        self.failed = self.slow = 0

    def add(self, now: float, failed: bool, slow: bool) -> None:
        """Add an outcome, and drop those that have left the window."""
        self.outcomes.append((now, failed, slow))
        self.failed, self.slow = self.failed + failed, self.slow + slow
        while self.outcomes and self._left(now):
            _, failed, slow = self.outcomes.popleft()
            self.failed, self.slow = self.failed - failed, self.slow - slow

    def _left(self, now: float) -> bool:
        return len(self.outcomes) > self.calls or now >= self.outcomes[0][0] + self.seconds - TICK

    def rates(self, minimum: int) -> tuple[float, float] | tuple[None, None]:
        """The shares that failed and that were slow; None if there are fewer outcomes than `minimum`."""
        many = len(self.outcomes)
        return (self.failed / many, self.slow / many) if many >= minimum else (None, None)


class Breaker(require.Readable):
    """The state machine.  Ask `admit`, make the call, and report its `outcome`; listeners hear everything.

    Its state depends only on what it was told and on the time, never on how often it is looked at.  If the
    clock goes back, its time stands still.  What a listener raises goes to the caller.
    """

    def __init__(
        self, settings: Settings = DEFAULT, name: str = "", listeners: tuple[Listener, ...] = ()
    ) -> None:
        self.settings = require.instance("settings", settings, Settings, "Settings(failures=3)")
        self.name, self.listeners = name, listeners
        self.state, self.generation, self.admitted = CLOSED, 0, 0
        self.since = self.now = -inf  # the time of the last transition, and the latest time it was told
        self.window = Window(settings.window_calls, settings.window_seconds)
        self.news: deque[tuple[Listener, Told]] = deque()
        self._begin()

    @property
    def due(self) -> float:
        """When time alone will change the state next; infinite if it will not."""
        if self.state == OPEN:
            return self.since + self.settings.wait
        oldest = next(iter(self.out.values()), None) if self.state == HALF_OPEN else None
        return inf if oldest is None else oldest.at + self.settings.probe_wait

    def tick(self, now: float) -> None:
        """End the wait and give up probes, each at its time.  Raises ValueError unless `now` is finite."""
        if not -inf < now < inf:
            require.fail(f"now={now!r}", "expected seconds on a clock", "now=12.5")
        self.now = max(self.now, now)
        while (due := self.due) <= self.now + TICK:
            if self.state == OPEN:
                self._become(HALF_OPEN, due, "the wait is over")
            else:
                self._judge(next(iter(self.out.values())), due, LAPSED)
        self._spread()

    def admit(self, now: float) -> Permit | Refusal:
        """Permit or refuse one call; the outcome of a permitted call must be reported, however it ends."""
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
        """Report how the call with this `permit` ended: SUCCESS, FAILURE or IGNORED.

        A permit of an older generation, or one that was given up or reported before, changes nothing.  Raises
        ValueError for a refusal, or another result.
        """
        if not isinstance(permit, Permit) or result not in (SUCCESS, FAILURE, IGNORED):
            allowed = "expected a Permit, and success, failure or ignored"
            require.fail(
                f"outcome({permit!r}, {now!r}, {result!r})", allowed, "outcome(permit, now, 'success')"
            )
        self.tick(now)
        if self.out.get(permit.number) == permit:
            self._judge(permit, self.now, result)
        else:
            self._end(permit, self.now, result)
        self._spread()

    def force(self, state: str, now: float) -> None:
        """Put the breaker into a state by hand, with clean books.  Raises ValueError unless one of STATES."""
        require.one_of("state", state, STATES)
        self.tick(now)
        self._become(state, self.now, FORCED)
        self._spread()

    @property
    def _shut(self) -> bool:
        used_up = len(self.out) + self.good + self.bad >= self.settings.probes
        return self.state in (OPEN, FORCED_OPEN) or (self.state == HALF_OPEN and used_up)

    def _begin(self) -> None:
        """Start a generation with clean books."""
        self.row = self.good = self.bad = 0  # failures in a row; good and bad probes
        self.out: dict[int, Permit] = {}  # permits of this generation without an outcome
        self.window.clear()

    def _become(self, state: str, now: float, why: str) -> None:
        before, self.state, self.since = self.state, state, now
        self.generation += 1
        self._begin()
        self._tell(Transition(self.name, before, state, why, self.generation))

    def _judge(self, permit: Permit, now: float, result: str) -> None:
        del self.out[permit.number]
        if result == IGNORED or self.state == DISABLED:
            self._end(permit, now, result)
        elif self.state == HALF_OPEN:
            self._weigh_probe(permit, now, result)
        else:
            self._weigh_call(permit, now, result)

    def _weigh_probe(self, permit: Permit, now: float, result: str) -> None:
        """Open again as soon as too many probes are bad; close when all are back."""
        slow = _seconds(permit, now) > self.settings.slow and self.settings.slow_rate is not None
        bad = slow or result != SUCCESS
        self.bad, self.good = self.bad + bad, self.good + (not bad)
        self._end(permit, now, result)
        if self.bad > self.settings.tolerated:
            self._become(OPEN, now, "the probes failed")
        elif self.good + self.bad == self.settings.probes:
            self._become(CLOSED, now, "the probes came back")

    def _weigh_call(self, permit: Permit, now: float, result: str) -> None:
        """Count the outcome, and trip if a threshold is reached."""
        self.row = self.row + 1 if result == FAILURE else 0
        self.window.add(now, result == FAILURE, _seconds(permit, now) > self.settings.slow)
        rates = self.window.rates(self.settings.minimum_calls)
        self._end(permit, now, result, *rates)
        if self.state == CLOSED and (why := self._reason(*rates)):
            self._become(OPEN, now, why)

    def _reason(self, failed: float | None, slow: float | None) -> str:
        """Why the breaker must trip, or an empty text."""
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
        """Tell the listeners, after all changes, because they may use the breaker in turn."""
        while self.news:
            listener, what = self.news.popleft()
            listener(what)


def _seconds(permit: Permit, now: float) -> float:
    """How long a call took, in whole ticks."""
    return round(now - permit.at, 6)
