"""The breaker around asyncio code, and between agents: what it stops, what it costs, and what it survives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest

from coordlab import World
from coordlab.patterns.circuit_breaker import CAREFUL, Callee, Caller, CircuitBreaker, naive, theory
from coordlab.patterns.circuit_breaker.checks import properties
from coordlab.patterns.circuit_breaker.rules import (
    CLOSED,
    DISABLED,
    FORCED_OPEN,
    HALF_OPEN,
    OPEN,
    OpenError,
    Outcome,
    Refusal,
    Settings,
    Told,
    Transition,
)
from coordlab.trace.trace import Trace
from coordlab.world.loop import simulate

Story = Callable[[], Coroutine[Any, Any, Any]]

QUICK = Settings(failures=2, wait=0.02)  # 20 ms: short enough for real time


def roles(trace: Trace, agent: str = "ann") -> list[tuple[float, Any]]:
    return [(event.time, event.data) for event in trace.select("role", kind="state", agent=agent)]


async def works(seconds: float = 0.0) -> str:
    await asyncio.sleep(seconds)
    return "done"


async def fails(seconds: float = 0.0, error: type[BaseException] = ConnectionError) -> None:
    await asyncio.sleep(seconds)
    raise error


async def result(call: Coroutine[Any, Any, Any]) -> Any:
    """What it gives, or the name of its error."""
    try:
        return await call
    except Exception as error:  # noqa: BLE001  (that is what is asked for)
        return type(error).__name__


async def trip(breaker: CircuitBreaker) -> None:
    """Let as many calls fail as it takes."""
    for _ in range(breaker.machine.settings.failures or 0):
        await result(breaker(fails)())


# --- around asyncio code, on virtual and on real time ---------------------------------------------


@pytest.fixture(params=[simulate, asyncio.run], ids=["virtual", "real"])
def played(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Plays a coroutine on virtual time, or on real time."""
    runner: Callable[[Coroutine[Any, Any, Any]], Any] = request.param
    return runner


def test_a_decorated_function_is_called_refused_and_called_again(played: Callable[..., Any]) -> None:
    breaker = CircuitBreaker(QUICK, "db")
    failing = True

    @breaker
    async def load(key: str) -> str:
        """Load it."""
        if failing:
            raise ConnectionError
        return key

    async def story() -> list[Any]:
        nonlocal failing
        heard = [await result(load("a")) for _ in range(3)]
        failing = False
        await asyncio.sleep(0.025)
        return [*heard, breaker.state, await result(load("a")), breaker.state]

    assert (load.__name__, load.__doc__) == ("load", "Load it.")
    errors = ["ConnectionError", "ConnectionError", "OpenError"]
    assert played(story()) == [*errors, HALF_OPEN, "a", CLOSED]


def test_a_block_is_guarded_as_a_function_is(played: Callable[..., Any]) -> None:
    async def story() -> None:
        breaker = CircuitBreaker(QUICK, "db")
        for _ in range(2):
            with suppress(ConnectionError):
                async with breaker:
                    raise ConnectionError
        with pytest.raises(OpenError, match="the breaker 'db' is open: the call was not made") as refused:
            async with breaker:
                pytest.fail("this must not run")
        await asyncio.sleep(refused.value.retry_after + 0.001)
        async with breaker as permit:
            assert permit.probe
        assert (refused.value.state, breaker.state) == (OPEN, CLOSED)
        assert 0 < refused.value.retry_after <= 0.02

    played(story())


def test_calls_of_many_tasks_and_nested_ones_keep_their_own_permits(played: Callable[..., Any]) -> None:
    told: list[Told] = []

    async def call(breaker: CircuitBreaker, seconds: float) -> None:
        async with breaker:
            await asyncio.sleep(seconds)
            async with breaker:
                pass

    async def story() -> None:
        breaker = CircuitBreaker(QUICK, listeners=(told.append,))
        await asyncio.gather(*(call(breaker, seconds) for seconds in (0.02, 0.01, 0.0)))

    played(story())
    kinds = [(type(each).__name__, each.number) for each in told if not isinstance(each, Refusal)]  # type: ignore[union-attr]
    begun = [("Permit", number) for number in (1, 2, 3)]
    ends = [[("Permit", 3 + n), ("Outcome", 3 + n), ("Outcome", 4 - n)] for n in (1, 2, 3)]
    assert kinds == begun + [each for end in ends for each in end]


def test_listeners_hear_of_the_time_without_a_call() -> None:
    heard: list[tuple[float, str]] = []

    def listen(what: Told) -> None:
        if isinstance(what, Transition):
            heard.append((asyncio.get_running_loop().time(), what.after))

    async def story() -> None:
        await trip(CircuitBreaker(Settings(failures=2, wait=60), listeners=(listen,)))
        await asyncio.sleep(600)

    simulate(story())
    assert heard == [(0.0, OPEN), (60.0, HALF_OPEN)]


def test_with_a_clock_of_its_own_it_goes_by_that() -> None:
    now = 100.0
    breaker = CircuitBreaker(Settings(failures=2, wait=60), clock=lambda: now)
    assert breaker.state == CLOSED
    simulate(trip(breaker))
    simulate(asyncio.sleep(600))  # type: ignore[arg-type]
    assert breaker.state == OPEN
    now = 160.0
    assert breaker.state == HALF_OPEN


def test_it_is_forced_open_and_closed_by_hand(played: Callable[..., Any]) -> None:
    async def story() -> list[Any]:
        breaker = CircuitBreaker(QUICK)
        breaker.force(FORCED_OPEN)
        await asyncio.sleep(0.03)
        heard = [await result(breaker(works)())]
        breaker.force(DISABLED)
        await trip(breaker)
        heard.append(await result(breaker(works)()))
        breaker.force(CLOSED)
        return [*heard, breaker.state]

    assert played(story()) == ["OpenError", "done", CLOSED]


# --- what counts as a failure ---------------------------------------------------------------------


def test_a_hang_is_a_failure_if_its_time_is_limited_inside(played: Callable[..., Any]) -> None:
    async def story() -> str:
        breaker = CircuitBreaker(QUICK)
        for _ in range(2):
            with suppress(TimeoutError):
                async with breaker, asyncio.timeout(0.001):
                    await asyncio.sleep(3600)
        return breaker.state

    assert played(story()) == OPEN


def test_a_caller_that_gives_up_is_neither_failure_nor_success(played: Callable[..., Any]) -> None:
    async def story() -> tuple[str, str, str]:
        breaker = CircuitBreaker(QUICK)
        for _ in range(5):
            with suppress(TimeoutError):
                await asyncio.wait_for(breaker(works)(3600), timeout=0.001)
        before = breaker.state
        breaker.force(HALF_OPEN)
        call = asyncio.ensure_future(breaker(works)(3600))
        await asyncio.sleep(0)
        full = await result(breaker(works)())
        call.cancel()
        with suppress(asyncio.CancelledError):
            await call
        return before, full, await result(breaker(works)())

    assert played(story()) == (CLOSED, "OpenError", "done")


def test_what_is_ignored_what_counts_and_what_is_an_answer() -> None:
    async def state_after(error: type[Exception]) -> str:
        breaker = CircuitBreaker(QUICK, counted=(OSError,), ignored=(ValueError,))
        for _ in range(5):
            await result(breaker(fails)(error=error))
        return breaker.state

    states = [simulate(state_after(error)) for error in (ValueError, KeyError, ConnectionError)]
    assert states == [CLOSED, CLOSED, OPEN]


def test_a_refusal_inside_does_not_trip_the_breaker_outside() -> None:
    async def story() -> None:
        inner, outer = CircuitBreaker(QUICK, "inner"), CircuitBreaker(QUICK, "outer")
        await trip(inner)
        for _ in range(5):
            with pytest.raises(OpenError, match="the breaker 'inner' is open"):
                await outer(inner(works))()
        assert (inner.state, outer.state) == (OPEN, CLOSED)

    simulate(story())


# --- what the usual first try gets wrong ----------------------------------------------------------


def test_half_open_admits_as_many_as_there_are_probes() -> None:
    assert naive.half_open_herd() == 50

    async def story() -> list[Any]:
        breaker = CircuitBreaker(Settings(probes=10))
        await trip(breaker)
        await asyncio.sleep(61)
        return list(await asyncio.gather(*(result(breaker(works)(1)) for _ in range(50))))

    assert simulate(story()).count("done") == 10


async def overlapping(early: Coroutine[Any, Any, Any], breaker: CircuitBreaker) -> float:
    """A call begins, others trip the breaker, and the call ends.  Seconds until the next is admitted."""
    call = asyncio.ensure_future(result(early))
    await asyncio.gather(*(result(breaker(fails)()) for _ in range(5)))
    await call
    while await result(breaker(works)()) == "OpenError":  # noqa: ASYNC110  (as a caller would)
        await asyncio.sleep(1)
    return asyncio.get_running_loop().time()


def test_four_failures_of_five_trip_it() -> None:
    assert naive.four_of_five_fail() == (800, CLOSED)

    async def story() -> int:
        breaker, made = CircuitBreaker(Settings(failure_rate=0.5, minimum_calls=20)), 0
        while breaker.state == CLOSED:
            made += 1
            await result(breaker(fails if made % 5 else works)())
        return made

    assert simulate(story()) == 20


def test_one_success_does_not_close_it() -> None:
    assert naive.one_success_closes() == CLOSED

    async def story() -> list[str]:
        breaker, states = CircuitBreaker(Settings(probes=3)), []
        await trip(breaker)
        await asyncio.sleep(61)
        for _ in range(3):
            await breaker(works)()
            states.append(breaker.state)
        return states

    assert simulate(story()) == [HALF_OPEN, HALF_OPEN, CLOSED]


@pytest.mark.parametrize("ends", [works, fails])
def test_a_call_from_before_the_trip_neither_closes_it_nor_keeps_it_shut(ends: Callable[..., Any]) -> None:
    assert naive.success_from_before() == (OPEN, CLOSED)
    breaker = CircuitBreaker()
    assert simulate(overlapping(breaker(ends)(50), breaker)) == 60.0


def test_the_other_mistakes_are_mended_as_well() -> None:
    assert naive.hangs_do_not_count() == (0, CLOSED)
    assert naive.caller_errors_trip() == OPEN
    assert naive.nested_breakers_cascade() == (OPEN, OPEN)
    assert (naive.clock_set_back(), naive.state_is_stale()) == (3661, OPEN)

    async def story() -> tuple[Any, str]:
        breaker = CircuitBreaker()
        await trip(breaker)
        await asyncio.sleep(60)
        admitted = await result(breaker(works)())
        await trip(breaker)
        await asyncio.sleep(600)
        return admitted, breaker.machine.state  # as a display shows it that does not look at the clock

    assert simulate(story()) == ("done", HALF_OPEN)


# --- between agents -------------------------------------------------------------------------------


def world(settings: Settings = CAREFUL, **caller: Any) -> World:
    return World(latency=0.01).add(Callee("db"), Caller("ann", settings=settings, **caller))


def test_the_happy_trace_of_a_trip_and_a_recovery() -> None:
    run = world(period=0.5).inject("crash db @1.9..3.4").run(until=5.2)
    tale = run.trace.select("drop", "state", "note", "restart", since=1.9)
    told = [f"{event.time:g} {event.data if event.name == 'role' else event.name}" for event in tale]
    assert " ".join(told) == (
        "2 Permit 2.01 Request 2.2 Outcome 2.5 Permit 2.51 Request 2.7 Outcome 3 Permit 3.01 Request "
        "3.2 Outcome 3.2 open 3.2 Transition 3.4 Callee 3.5 Refusal 4 Refusal 4.2 half-open "
        "4.2 Transition 4.5 Permit 4.52 Outcome 5 Permit 5.02 Outcome 5.02 closed 5.02 Transition"
    )


@pytest.mark.slow
@pytest.mark.parametrize("failures", [1, 3, 5])
@pytest.mark.parametrize("patience", [0.1, 0.4, 0.9])
@pytest.mark.parametrize(("wait", "probes"), [(1.0, 1), (1.0, 3), (3.2, 2)])
def test_theory_counts_the_calls_that_a_dead_callee_gets(
    failures: int, patience: float, wait: float, probes: int
) -> None:
    settings = Settings(failures=failures, wait=wait, probes=probes, probe_wait=10.0)
    trace = world(settings, period=0.25, patience=patience).inject("crash db @0").run(until=15.1).trace
    asked = [round(event.time / 0.25) for event in trace.select("Request")]
    for beats in range(61):
        calls = theory.calls_in_outage(beats, 0.25, patience, failures, wait, probes)
        assert calls == sum(beat <= beats for beat in asked) <= beats


def test_a_slow_callee_trips_it_though_no_call_fails() -> None:
    settings = Settings(failures=None, slow_rate=1.0, slow=0.3, window_calls=3, minimum_calls=3, wait=1.0)
    run = world(settings, period=1.0, patience=2.0).inject("slow db 0.5 @3.5..8.5").run(until=12.0)
    outcomes = [event.data for event in run.trace.select("note") if isinstance(event.data, Outcome)]
    assert {each.result for each in outcomes} == {"success"}
    assert [role for _, role in roles(run.trace)][:4] == [OPEN, HALF_OPEN, OPEN, HALF_OPEN]
    assert roles(run.trace)[-1][1] == CLOSED


def test_a_callee_that_says_no_is_as_bad_as_a_silent_one() -> None:
    world = World(seed=3, latency=0.01).add(Callee("db", failing=0.9), Caller("ann"))
    run = world.expect(*properties(CAREFUL, traffic=0.25)).run(until=20.0)
    assert "violated" not in {verdict.status for verdict in run.verdicts}
    assert run.trace.count("Request") < 0.6 * run.trace.count("timer", agent="ann")


def test_a_probe_that_hangs_is_given_up() -> None:
    settings = Settings(failures=1, wait=1.0, probe_wait=1.0)
    world = World(latency=0.01).add(Callee("db"), Caller("ann", patience=None, settings=settings))
    world["ann"].breaker.machine.force(OPEN, 0.0)  # type: ignore[attr-defined]
    run = world.inject("crash db @0..2.5").expect(*properties(settings, traffic=0.25)).run(until=6.0)
    assert [role for _, role in roles(run.trace)] == [HALF_OPEN, OPEN, HALF_OPEN, CLOSED]
    outcomes = [event.data for event in run.trace.select("Outcome")]
    assert [each.seconds for each in outcomes if each.result == "lapsed"] == [1.0]


def test_a_breaker_dies_with_its_caller() -> None:
    run = world().inject("crash db @0..6", "crash ann @2..3").expect(*properties(CAREFUL, 0.25)).run(until=12)
    assert [role for at, role in roles(run.trace) if 2 < at < 5] == [OPEN, HALF_OPEN]
    assert {verdict.status for verdict in run.verdicts} == {"holds"}


# --- bad input ------------------------------------------------------------------------------------


async def left_in_another_task() -> None:
    breaker = CircuitBreaker(name="db")
    await breaker.__aenter__()
    await asyncio.ensure_future(breaker.__aexit__(None, None, None))


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: CircuitBreaker()(len), TypeError, r"len is not a coroutine function: only .*async def load"),
        (lambda: CircuitBreaker(ignored=[ValueError]), TypeError, "expected an exception class or a tuple"),  # type: ignore[arg-type]
        (lambda: Callee(failing=30), ValueError, r"failing=30: expected a probability from 0 to 1"),
        (
            lambda: CircuitBreaker(name="db").force(OPEN),
            RuntimeError,
            r"'db', closed> needs the time of a running event loop.* CircuitBreaker\(clock=",
        ),
        (
            lambda: simulate(left_in_another_task()),
            RuntimeError,
            r"entered in one task and left in another\. Do both in the same",
        ),
    ],
)
def test_wrong_arguments_are_refused_at_once(
    make: Callable[[], Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        make()
