"""The breaker as a state machine, on a clock that is passed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from math import inf, nan
from typing import Any

import pybreaker
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from coordlab.patterns.circuit_breaker.rules import (
    CLOSED,
    DEFAULT,
    DISABLED,
    FAILURE,
    FORCED_OPEN,
    HALF_OPEN,
    IGNORED,
    METRICS_ONLY,
    OPEN,
    SUCCESS,
    Breaker,
    CallRefused,
    OpenError,
    Outcome,
    Permit,
    Refusal,
    Settings,
    Told,
    Transition,
    Window,
    error_classes,
    result_of,
)
from tests.sampling import disaster_count

# The defaults of resilience4j, but for the probes that it tolerates: half of them open it again.
RESILIENCE4J = Settings(None, 0.5, 1.0, 60, 100, None, minimum_calls=100, wait=60, probes=10, tolerated=4)

SLOW = Settings(None, slow_rate=1.0, slow=2.0, minimum_calls=3)

SLOW = Settings(None, slow_rate=1.0, slow=2.0, minimum_calls=3)

RESULTS = {"F": FAILURE, "S": SUCCESS, "I": IGNORED}


def called(breaker: Breaker, results: str, now: float = 0.0) -> Breaker:
    """One call for each letter, one a second: it fails, succeeds or is ignored."""
    for second, letter in enumerate(results):
        permit = breaker.admit(now + second)
        if isinstance(permit, Permit):
            breaker.outcome(permit, now + second, RESULTS[letter])
    return breaker


def admitted(breaker: Breaker, now: float, many: int = 1) -> list[Permit]:
    """The permits that this many callers get at one moment."""
    answers = [breaker.admit(now) for _ in range(many)]
    return [each for each in answers if isinstance(each, Permit)]


def tripped(settings: Settings = DEFAULT, **more: Any) -> Breaker:
    """One that was forced open by failures, at 0 s."""
    breaker = Breaker(settings, **more)
    for permit in admitted(breaker, 0.0, settings.failures or 0):
        breaker.outcome(permit, 0.0, FAILURE)
    return breaker


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=40),
    st.none() | st.integers(1, 8),
    st.none() | st.integers(1, 8),
    st.integers(1, 5),
)
def test_a_window_counts_what_a_list_does(
    steps: list[tuple[int, bool, bool]], calls: int | None, seconds: int | None, minimum: int
) -> None:
    window, seen, now = Window(calls, seconds), list[tuple[int, bool, bool]](), 0
    for later, failed, slow in steps:
        now += later
        seen.append((now, failed, slow))
        window.add(now, failed, slow)
        young = [each for each in seen[-(calls or 100) :] if seconds is None or now - each[0] < seconds]
        shares = tuple(sum(each[which] for each in young) / len(young) for which in (1, 2))
        assert window.rates(minimum) == (shares if len(young) >= minimum else (None, None))


@pytest.mark.parametrize(
    ("settings", "results", "seconds", "why"),
    [
        *((DEFAULT, results, 0, "5 failures in a row") for results in ("FFFFF", "FFFFIF", "SFFFFF")),
        *((DEFAULT, results, 0, None) for results in ("FFFF", "FFFFSF")),
        (Settings(failures=1), "F", 0, "a failure"),
        (Settings(None, 0.5, minimum_calls=10), "FSFSFSFSFS", 0, "50% of the calls failed"),
        (Settings(None, 0.5, minimum_calls=10), "FFFFSFFFFS", 0, "80% of the calls failed"),
        (SLOW, "SSS", 2.1, "100% of the calls were slow"),
        (SLOW, "SSSSSS", 2.0, None),  # as long as `slow` is not slow
        (RESILIENCE4J, "SF" * 50, 0, "50% of the calls failed"),
    ],
)
def test_the_call_that_reaches_a_threshold_trips_it_and_it_says_why(
    settings: Settings, results: str, seconds: float, why: str | None
) -> None:
    breaker = Breaker(settings, listeners=(told := Tale(),))
    for number, letter in enumerate(results):
        assert breaker.state == CLOSED
        breaker.outcome(admitted(breaker, number * seconds)[0], (number + 1) * seconds, RESULTS[letter])
    assert [each.why for each in told.of(Transition)] == ([why] if why else [])


def test_a_refusal_tells_when_to_come_again() -> None:
    breaker = tripped(name="db")
    refusal = breaker.admit(12.5)
    assert refusal == Refusal("db", OPEN, 47.5)
    assert isinstance(breaker.admit(59.9), Refusal)
    assert isinstance(breaker.admit(12.5 + refusal.retry_after), Permit)  # as in pybreaker, not resilience4j
    full = breaker.admit(70.0)
    assert full == Refusal("db", HALF_OPEN, 50.0)  # when the probe of 60 s must have come back


@pytest.mark.parametrize(
    ("forced", "admits", "after_ten_failures", "an_hour_later"),
    [
        (CLOSED, True, OPEN, HALF_OPEN),
        (OPEN, False, OPEN, HALF_OPEN),
        (HALF_OPEN, True, OPEN, HALF_OPEN),
        (FORCED_OPEN, False, FORCED_OPEN, FORCED_OPEN),
        (DISABLED, True, DISABLED, DISABLED),
        (METRICS_ONLY, True, METRICS_ONLY, METRICS_ONLY),
    ],
)
def test_a_hand_can_put_it_into_any_state(
    forced: str, admits: bool, after_ten_failures: str, an_hour_later: str
) -> None:
    breaker = Breaker()
    breaker.force(forced, 0.0)
    assert bool(admitted(breaker, 0.0)) == admits
    breaker.force(forced, 0.0)
    assert called(breaker, "F" * 10).state == after_ten_failures
    breaker.tick(3600.0)
    assert breaker.state == an_hour_later
    breaker.force(CLOSED, 3600.0)
    assert (breaker.state, len(admitted(breaker, 3600.0, 50))) == (CLOSED, 50)


class Tale:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Told] = []

    def __call__(self, what: Told) -> None:
        self.heard.append(what)

    def of(self, kind: type) -> list[Any]:
        return [each for each in self.heard if isinstance(each, kind)]


@pytest.mark.parametrize(("state", "rate"), [(DISABLED, None), (METRICS_ONLY, 0.75)])
def test_disabled_counts_nothing_and_metrics_only_everything(state: str, rate: float | None) -> None:
    breaker = Breaker(Settings(minimum_calls=4), listeners=(told := Tale(),))
    breaker.force(state, 0.0)
    called(breaker, "FFSF")
    assert told.of(Outcome)[-1].failure_rate == rate


def test_listeners_hear_the_whole_story() -> None:
    breaker = Breaker(Settings(failures=2, wait=10), "db", (told := Tale(),))
    called(breaker, "FFS")
    called(breaker, "S", now=11.0)
    assert told.heard == [
        Permit("db", 0, 1, 0.0),
        Outcome("db", 0, 1, FAILURE, 0.0),
        Permit("db", 0, 2, 1.0),
        Outcome("db", 0, 2, FAILURE, 0.0),
        Transition("db", CLOSED, OPEN, "2 failures in a row", 1),
        Refusal("db", OPEN, 9.0),
        Transition("db", OPEN, HALF_OPEN, "the wait is over", 2),
        Permit("db", 2, 3, 11.0, probe=True),
        Outcome("db", 2, 3, SUCCESS, 0.0),
        Transition("db", HALF_OPEN, CLOSED, "the probes came back", 3),
    ]


def test_a_listener_may_act_on_the_breaker() -> None:
    breaker = Breaker(Settings(failures=1))
    told = Tale()

    def keep_closed(what: Told) -> None:
        if isinstance(what, Transition) and what.after == OPEN:
            breaker.force(CLOSED, breaker.now)

    breaker.listeners = (keep_closed, told)
    assert called(breaker, "F").state == CLOSED
    assert [each.why for each in told.of(Transition)] == ["a failure", "forced"]


@pytest.mark.parametrize(
    ("error", "result"),
    [
        *((error, SUCCESS) for error in (None, KeyError())),
        *((error, FAILURE) for error in (ConnectionError(), TimeoutError())),
        *((error, IGNORED) for error in (ValueError(), UnicodeError())),  # a UnicodeError is a ValueError
        *((error, IGNORED) for error in (OpenError(Refusal("in", OPEN, 1.0)), CallRefused(), SystemExit())),
    ],
)
def test_errors_are_failures_answers_or_nothing(error: BaseException | None, result: str) -> None:
    assert result_of(error, counted=(OSError,), ignored=(ValueError,)) == result
    assert result_of(error, counted=OSError, ignored=error_classes(ValueError)) == result


# --- bad input ------------------------------------------------------------------------------------

REFUSED: list[tuple[Callable[[], Any], str]] = [
    *(
        (lambda given=given: Settings(**given), says)
        for given, says in (
            ({"failures": 0}, r"failures=0: expected a whole number, 1 or more"),
            ({"failures": True}, "failures=True: expected a whole number"),
            ({"probes": None}, "probes=None: expected a whole number"),
            ({"minimum_calls": None}, "minimum_calls=None: expected a whole number"),
            ({"tolerated": 1}, "tolerated=1: expected a whole number from 0 to 0"),
            ({"failure_rate": 50}, "failure_rate=50: expected a share above 0, up to 1"),
            ({"slow_rate": 0}, "slow_rate=0: expected a share"),
            ({"slow": "1"}, "slow='1': expected seconds above 0"),
            ({"wait": inf}, r"wait=inf: expected seconds above 0, up to 1e\+09"),
            ({"wait": nan}, "wait=nan: expected seconds"),
            ({"probe_wait": 0}, "probe_wait=0: expected seconds"),
            ({"window_seconds": 0}, "window_seconds=0: expected seconds"),
            ({"window_calls": None}, "window_calls=None, window_seconds=None: the window needs a limit"),
            (
                {"failure_rate": 0.5, "window_calls": 5},
                "minimum_calls=10: expected a whole number from 1 to 5",
            ),
        )
    ),
    (lambda: Breaker(5), r"settings=5: expected Settings, not int"),  # type: ignore[arg-type]
    (lambda: tripped().outcome(tripped().admit(1), 1, SUCCESS), "expected a Permit, and success, failure"),
    (lambda: Breaker().outcome(Permit("", 0, 1, 0.0), 1.0, "maybe"), "success, failure or ignored"),
    (lambda: Breaker().force("ajar", 0.0), r"state='ajar': expected one of 'closed', 'open'"),
    *((lambda now=now: Breaker().admit(now), f"now={now}: expected seconds") for now in (nan, inf, -inf)),
    *(
        (lambda wrong=wrong: error_classes(wrong), r"expected an exception class or a tuple of exception")
        for wrong in (int, "ValueError", [ValueError], ("ValueError",), (int,))
    ),
]


@pytest.mark.parametrize(("make", "says"), REFUSED)
def test_what_makes_no_sense_is_refused(make: Callable[[], Any], says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        make()


def test_an_open_error_tells_when_to_come_again_unless_only_a_hand_can_change_it() -> None:
    breaker = Breaker(name="db")
    breaker.force(FORCED_OPEN, 0.0)
    refusal = breaker.admit(5.0)
    assert refusal == Refusal("db", FORCED_OPEN, inf)
    assert str(OpenError(refusal)) == (
        "the breaker 'db' is forced open: the call was not made. Ask who forced it, or go on without."
    )


def test_a_clock_that_goes_back_stands_still() -> None:
    breaker = called(Breaker(Settings(failures=1, wait=60), listeners=(told := Tale(),)), "F", now=3600.0)
    assert breaker.admit(0.0) == Refusal("", OPEN, 60.0)
    breaker.outcome(admitted(breaker, 3660.0)[0], 0.0, SUCCESS)
    assert (breaker.state, told.of(Outcome)[-1].seconds) == (CLOSED, 0.0)


# --- an independent model -------------------------------------------------------------------------


class Plain:
    """The same rules with lists and one second at a time: slow, and easy to believe."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.state, self.generation = settings, CLOSED, 0
        self.now = self.since = self.ended = 0
        self.calls: list[dict[str, Any]] = []  # every call ever made

    def own(self, **what: Any) -> list[dict[str, Any]]:
        """The calls of this generation that are so."""
        mine = [call for call in self.calls if call["generation"] == self.generation]
        return [call for call in mine if all(call[key] == value for key, value in what.items())]

    def turn(self, state: str) -> None:
        self.state, self.since, self.generation = state, self.now, self.generation + 1

    def pass_second(self) -> None:
        self.now += 1
        if self.state == OPEN and self.now - self.since >= self.settings.wait:
            self.turn(HALF_OPEN)
        for call in self.own(result=None) if self.state == HALF_OPEN else ():
            if self.state == HALF_OPEN and self.now - call["began"] >= self.settings.probe_wait:
                self.end(call, FAILURE)

    def admit(self) -> dict[str, Any] | None:
        spent = [call for call in self.own() if call["result"] != IGNORED]
        if self.state == OPEN or (self.state == HALF_OPEN and len(spent) >= self.settings.probes):
            return None
        self.calls.append({"generation": self.generation, "began": self.now, "result": None, "slow": False})
        return self.calls[-1]

    def end(self, call: dict[str, Any], result: str) -> None:
        if call["result"] is not None:
            return
        slow = self.now - call["began"] > self.settings.slow
        self.ended += 1
        call.update(result=result, ended=self.now, order=self.ended, slow=slow)
        if call["generation"] == self.generation and result != IGNORED:
            self.weigh_probes() if self.state == HALF_OPEN else self.weigh_calls()

    def weigh_probes(self) -> None:
        done = self.own(result=SUCCESS) + self.own(result=FAILURE)
        slow_counts = self.settings.slow_rate is not None
        bad = [call for call in done if call["result"] == FAILURE or (call["slow"] and slow_counts)]
        if len(bad) > self.settings.tolerated:
            self.turn(OPEN)
        elif len(done) == self.settings.probes:
            self.turn(CLOSED)

    def weigh_calls(self) -> None:
        settings = self.settings
        done = sorted(self.own(result=SUCCESS) + self.own(result=FAILURE), key=lambda call: call["order"])
        row = done[-settings.failures :] if settings.failures else []
        young = done[-(settings.window_calls or 10**9) :]
        if settings.window_seconds is not None:
            young = [call for call in young if self.now - call["ended"] < settings.window_seconds]
        failed = sum(call["result"] == FAILURE for call in young) / max(1, len(young))
        slow = sum(call["slow"] for call in young) / max(1, len(young))
        enough = len(young) >= settings.minimum_calls
        if (
            (row and len(row) == settings.failures and all(call["result"] == FAILURE for call in row))
            or (enough and settings.failure_rate is not None and failed >= settings.failure_rate)
            or (enough and settings.slow_rate is not None and slow >= settings.slow_rate)
        ):
            self.turn(OPEN)


@st.composite
def any_settings(draw: Callable[..., Any]) -> Settings:
    """Small ones, so that everything happens."""
    rates = st.sampled_from([None, 0.3, 0.5, 1.0])
    window_calls = draw(st.none() | st.integers(1, 6))
    seconds = st.integers(1, 8)
    probes = draw(st.integers(1, 4))
    return Settings(
        failures=draw(st.none() | st.integers(1, 4)),
        failure_rate=draw(rates),
        slow_rate=draw(rates),
        slow=draw(st.integers(1, 3)),
        window_calls=window_calls,
        window_seconds=draw(seconds if window_calls is None else st.none() | seconds),
        minimum_calls=draw(st.integers(1, window_calls or 6)),
        wait=draw(st.integers(1, 6)),
        probes=probes,
        tolerated=draw(st.integers(0, probes - 1)),
        probe_wait=draw(st.integers(1, 6)),
    )


class Modelled(RuleBasedStateMachine):
    """Calls that overlap, succeed, fail, hang and are ignored, in any order: as the plain model says."""

    running = Bundle("running")

    @initialize(given=any_settings())
    def start(self, given: Settings) -> None:
        self.plain, self.tales = Plain(given), (Tale(), Tale())
        self.breaker, self.curious = (Breaker(given, listeners=(tale,)) for tale in self.tales)

    @rule(target=running)
    def call(self) -> Any:
        now = self.plain.now
        permit, call, other = self.breaker.admit(now), self.plain.admit(), self.curious.admit(now)
        assert isinstance(permit, Permit) == (call is not None)
        return permit, call, other

    @rule(made=consumes(running), result=st.sampled_from([FAILURE, FAILURE, SUCCESS, IGNORED]))
    def end(self, made: Any, result: str) -> None:
        permit, call, other = made
        if call is not None:
            self.breaker.outcome(permit, self.plain.now, result)
            self.curious.outcome(other, self.plain.now, result)
            self.plain.end(call, result)

    @rule(seconds=st.integers(1, 4))
    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.curious.tick(self.plain.now + 0.5)
            self.plain.pass_second()
            self.curious.tick(self.plain.now)
        self.breaker.tick(self.plain.now)

    @invariant()
    def agree(self) -> None:
        """The states, and all that was told; how often one looks does not change it."""
        assert (self.breaker.state, self.breaker.generation) == (self.plain.state, self.plain.generation)
        assert self.tales[0].heard == self.tales[1].heard


TestModelled = Modelled.TestCase
TestModelled.settings = settings(max_examples=disaster_count())


# --- pybreaker ------------------------------------------------------------------------------------


class Wall:
    """pybreaker reads the clock on the wall: here is one that can be set."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def hung(self) -> Iterator[None]:
        wall = self

        class Now(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime(2024, 1, 1, tzinfo=tz) + timedelta(seconds=wall.seconds)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pybreaker, "datetime", Now)
            yield


class Theirs:
    """A pybreaker, called as ours is."""

    def __init__(self, failures: int, wait: float, probes: int) -> None:
        self.breaker = pybreaker.CircuitBreaker(failures, wait, probes, exclude=[ValueError])

    def call(self, result: str) -> bool:
        """Whether the call was made."""
        made = False

        def work() -> None:
            nonlocal made
            made = True
            if result != SUCCESS:
                raise ValueError if result == IGNORED else ConnectionError

        with suppress(pybreaker.CircuitBreakerError, ConnectionError, ValueError):
            self.breaker.call(work)
        return made


@given(
    st.integers(1, 4),
    st.integers(1, 10),
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from([SUCCESS, FAILURE, FAILURE])), max_size=40),
)
def test_one_call_after_the_other_it_is_pybreaker_which_begins_with_the_same_defaults(
    failures: int, wait: int, probes: int, calls: list[tuple[int, str]]
) -> None:
    defaults = pybreaker.CircuitBreaker()
    assert (defaults.fail_max, defaults.reset_timeout, defaults.success_threshold) == (5, 60, 1)
    assert (DEFAULT.failures, DEFAULT.wait, DEFAULT.probes) == (5, 60, 1)
    wall, theirs = Wall(), Theirs(failures, wait, probes)
    ours = Breaker(Settings(failures=failures, wait=wait, probes=probes))
    with wall.hung():
        for later, result in calls:
            wall.seconds += later
            permit = ours.admit(wall.seconds)
            assert theirs.call(result) == isinstance(permit, Permit)
            if isinstance(permit, Permit):
                ours.outcome(permit, wall.seconds, result)
            assert theirs.breaker.current_state == ours.state


def test_an_ignored_error_is_a_success_to_pybreaker() -> None:
    theirs, ours = Theirs(3, 60, 1), Breaker(Settings(failures=3))
    for result in (FAILURE, FAILURE, IGNORED, FAILURE):
        theirs.call(result)
        ours.outcome(admitted(ours, 0.0)[0], 0.0, result)
    assert (theirs.breaker.current_state, ours.state) == (CLOSED, OPEN)


def test_an_ignored_error_closes_a_half_open_pybreaker() -> None:
    wall, theirs, ours = Wall(), Theirs(1, 60, 1), tripped(Settings(failures=1))
    with wall.hung():
        theirs.call(FAILURE)
        wall.seconds = 60.0
        assert theirs.breaker.current_state == OPEN  # until somebody calls; ours turns by the time
        theirs.call(IGNORED)
    ours.outcome(admitted(ours, 60.0)[0], 60.0, IGNORED)
    assert (theirs.breaker.current_state, ours.state) == (CLOSED, HALF_OPEN)
