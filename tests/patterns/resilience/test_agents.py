"""The companions of a breaker, each alone, and all together against a cascade."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from hypothesis import given, strategies as st

from coordlab import World
from coordlab.patterns.circuit_breaker import CAREFUL, Callee, CircuitBreaker, theory
from coordlab.patterns.circuit_breaker.checks import properties
from coordlab.patterns.circuit_breaker.rules import CLOSED, OPEN, OpenError, Settings
from coordlab.patterns.resilience import (
    NEVER,
    Breakers,
    Bulkhead,
    Client,
    Service,
    cascade,
    fallback,
    goodput,
    one_click,
    retry,
    time_limit,
)
from coordlab.patterns.resilience.rules import BulkheadFull
from coordlab.trace.trace import Trace
from coordlab.world.loop import simulate
from coordlab.world.world import Run
from tests.sampling import disaster_count

Played = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(params=[simulate, asyncio.run], ids=["virtual", "real"])
def played(request: pytest.FixtureRequest) -> Played:
    """Plays a coroutine on virtual time, or on real time."""
    runner: Played = request.param
    return runner


async def result(call: Coroutine[Any, Any, Any]) -> Any:
    """What it gives, or the name of its error."""
    try:
        return await call
    except Exception as error:  # noqa: BLE001  (that is what is asked for)
        return type(error).__name__


def flaky(fails: int, error: type[Exception] = ConnectionError) -> tuple[Callable[[], Any], list[float]]:
    """A function that fails this many times and then works, and the times at which it was called."""
    times: list[float] = []

    async def call() -> str:
        times.append(asyncio.get_running_loop().time())
        if len(times) <= fails:
            raise error
        return "done"

    return call, times


def test_a_bulkhead_lets_some_run_some_wait_and_refuses_the_rest(played: Played) -> None:
    begun: list[int] = []

    async def story() -> list[Any]:
        bulkhead = Bulkhead(limit=2, queue=2)

        @bulkhead
        async def work(number: int) -> int:
            begun.append(number)
            await asyncio.sleep(0.002)
            return number

        return list(await asyncio.gather(*(result(work(number)) for number in range(5))))

    assert played(story()) == [0, 1, 2, 3, "BulkheadFull"]
    assert begun == [0, 1, 2, 3]


@pytest.mark.parametrize("let_in", [False, True])
def test_who_is_cancelled_as_a_place_comes_free_does_not_keep_it(played: Played, let_in: bool) -> None:
    async def story() -> tuple[Any, str]:
        bulkhead = Bulkhead(limit=1, queue=2)

        async def work() -> str:
            async with bulkhead:
                return "done"

        async with bulkhead:
            gone, last = (asyncio.ensure_future(work()) for _ in range(2))
            await asyncio.sleep(0)
            if not let_in:
                gone.cancel()
        gone.cancel()
        return await asyncio.wait_for(last, 1.0), repr(bulkhead)

    assert played(story()) == ("done", "<Bulkhead, 0 of 1 run, 0 of 2 wait>")


def test_who_is_cancelled_while_it_waits_leaves_the_queue(played: Played) -> None:
    async def story() -> tuple[str, str]:
        bulkhead = Bulkhead(limit=1, queue=3)

        async def work() -> None:
            async with bulkhead:
                pass

        async with bulkhead:
            gone, last = (asyncio.ensure_future(work()) for _ in range(2))
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.sleep(0)
            shown = repr(bulkhead)
        await last
        return shown, repr(bulkhead)

    assert played(story()) == ("<Bulkhead, 1 of 1 run, 1 of 3 wait>", "<Bulkhead, 0 of 1 run, 0 of 3 wait>")


@given(
    st.integers(1, 4),
    st.integers(0, 4),
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), max_size=25),
)
def test_a_bulkhead_is_a_queue_with_so_many_servers(
    limit: int, queue: int, calls: list[tuple[int, int]]
) -> None:
    began: dict[int, float] = {}

    async def story() -> list[Any]:
        bulkhead = Bulkhead(limit, queue)

        @bulkhead
        async def work(number: int, seconds: float) -> None:
            began[number] = asyncio.get_running_loop().time()
            await asyncio.sleep(seconds)

        tasks = []
        for number, (later, seconds) in enumerate(calls):
            await asyncio.sleep(later + 0.001)  # so that no arrival meets an end
            tasks.append(asyncio.ensure_future(result(work(number, seconds))))
        return list(await asyncio.gather(*tasks))

    answers = simulate(story())
    now, ends, starts = 0.0, [0.0] * limit, list[float]()
    for number, (later, seconds) in enumerate(calls):
        now += later + 0.001
        if sum(start > now for start in starts) >= queue and min(ends) > now:
            assert answers[number] == "BulkheadFull"
            continue
        start = max(now, min(ends))
        ends[ends.index(min(ends))] = start + seconds
        starts.append(start)
        assert abs(began[number] - start) < 1e-4


def test_a_full_bulkhead_trips_no_breaker() -> None:
    async def story() -> str:
        breaker, bulkhead = CircuitBreaker(Settings(failures=1)), Bulkhead(1)

        async def work() -> None:
            async with breaker, bulkhead:
                await asyncio.sleep(1)

        await asyncio.gather(*(result(work()) for _ in range(5)))
        return breaker.state

    assert simulate(story()) == CLOSED


def test_a_time_limit_ends_what_takes_longer(played: Played) -> None:
    @time_limit(0.03)
    async def nap(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"

    async def story() -> list[Any]:
        return [await result(nap(seconds)) for seconds in (0.0, 30.0, 0.0)]

    assert played(story()) == ["done", "TimeoutError", "done"]


def test_a_time_limit_inside_counts_and_a_cancellation_from_outside_does_not(played: Played) -> None:
    async def story() -> list[str]:
        states = []
        for inside, outside in ((0.001, 1.0), (1.0, 0.001)):
            breaker = CircuitBreaker(Settings(failures=1))
            with suppress(TimeoutError):
                async with time_limit(outside), breaker, time_limit(inside):
                    await asyncio.sleep(3600)
            states.append(breaker.state)
        return states

    assert played(story()) == [OPEN, CLOSED]


def test_a_retry_calls_again_after_longer_and_longer_waits() -> None:
    call, times = flaky(3)
    assert simulate(retry(3, base=0.1)(call)()) == "done"
    assert [round(at, 6) for at in times] == [0.0, 0.1, 0.3, 0.7]


def test_with_dice_the_waits_are_drawn() -> None:
    call, times = flaky(2)
    simulate(retry(2, base=0.1, dice=random.Random(7))(call)())
    dice = random.Random(7)
    first, second = dice.uniform(0, 0.1), dice.uniform(0, 0.2)
    assert [round(at, 5) for at in times] == [0.0, round(first, 5), round(first + second, 5)]
    call, times = flaky(2)
    assert asyncio.run(retry(2, base=0.001)(call)()) == "done"


def test_a_retry_gives_up_with_the_last_error() -> None:
    call, times = flaky(9)
    assert simulate(result(retry(3)(call)())) == "ConnectionError"
    assert len(times) == 4
    assert callable(retry(10**12))  # it does not work out every wait when it is made


@pytest.mark.parametrize("error", [ValueError, BulkheadFull])
def test_a_retry_leaves_alone_what_would_be_in_vain(error: type[Exception]) -> None:
    call, times = flaky(9, error)
    upon = (ConnectionError,) if error is ValueError else (Exception,)
    assert simulate(result(retry(3, upon=upon)(call)())) == error.__name__
    assert len(times) == 1


@pytest.mark.parametrize("fails", [0, 9])
def test_a_retry_ends_when_its_caller_cancels_it(fails: int) -> None:
    """While an attempt hangs, and while it waits to try again."""
    call, times = flaky(fails)

    async def hangs() -> None:
        await call()
        await asyncio.sleep(3600)

    async def story() -> tuple[str, float]:
        ended = await result(asyncio.wait_for(retry(9, base=5.0)(hangs)(), 1.0))
        return ended, asyncio.get_running_loop().time()

    assert simulate(story()) == ("TimeoutError", 1.0)
    assert len(times) == 1


def test_an_open_breaker_ends_the_retries() -> None:
    call, times = flaky(99)
    guarded = retry(9)(CircuitBreaker(Settings(failures=2))(call))
    assert simulate(result(guarded())) == "OpenError"
    assert len(times) == 2


def test_retries_inside_the_breaker_hide_failures_from_it() -> None:
    made = {}
    for where in ("outside", "inside"):
        call, times = flaky(999)
        breaker = CircuitBreaker(Settings(failures=5))
        guarded = retry(3, base=0)(breaker(call)) if where == "outside" else breaker(retry(3, base=0)(call))

        async def story(guarded: Callable[[], Any] = guarded, breaker: CircuitBreaker = breaker) -> None:
            while breaker.state == CLOSED:
                await result(guarded())

        simulate(story())
        made[where] = len(times)
    assert made == {"outside": 5, "inside": 20}


def test_a_fallback_stands_in_where_a_call_was_refused_and_for_what_it_is_told() -> None:
    @fallback(lambda error: f"kept, for {error.retry_after:g} s")
    @CircuitBreaker(Settings(failures=1, wait=60))
    async def load() -> str:
        raise ConnectionError

    async def story() -> list[Any]:
        return [await result(load()), await result(load())]

    assert simulate(story()) == ["ConnectionError", "kept, for 60 s"]
    call, _ = flaky(9)
    assert simulate(fallback(lambda error: "kept", upon=(OSError,))(call)()) == "kept"  # for a failure, too


def test_all_together_in_the_order_of_the_page() -> None:
    """fallback(retry(breaker(bulkhead(time_limit(call))))): three hangs in time, then what was kept."""
    call, times = flaky(0)

    async def hangs() -> str:
        await call()
        await asyncio.sleep(3600)
        return "never"

    breaker = CircuitBreaker(Settings(failures=3))
    guarded = fallback(lambda error: "kept")(retry(5, base=0.1)(breaker(Bulkhead(4)(time_limit(0.5)(hangs)))))
    assert simulate(guarded()) == "kept"
    assert len(times) == 3


def test_one_breaker_for_many_callees_punishes_the_healthy() -> None:
    async def story(breakers: dict[str, CircuitBreaker]) -> Any:
        for _ in range(5):
            with suppress(ConnectionError, OpenError):
                async with breakers["db"]:
                    raise ConnectionError
        return await result(breakers["mail"](flaky(0)[0])())

    assert simulate(story(Breakers(lambda callee: CircuitBreaker(name=callee)))) == "done"
    common = CircuitBreaker()
    assert simulate(story({"db": common, "mail": common})) == "OpenError"


# --- the cascade ----------------------------------------------------------------------------------


def statuses(run: Run) -> set[str]:
    return {verdict.status for verdict in run.verdicts}


def test_one_click_in_full() -> None:
    """One retry on each of two hops: the user asks twice, and each time s1 asks twice."""
    sent = [f"{each.agent} {each.name} {each.peer}" for each in one_click(2, retries=1).trace.select("send")]
    below = ["s1 Request s2", "s2 Failed s1"]
    assert sent == 2 * ["user Request s1", *below, *below, "s1 Failed user"]


@pytest.mark.parametrize("seed", range(disaster_count() // 10))
def test_with_breakers_the_cascade_recovers_within_five_waits(seed: int) -> None:
    """The last service is back at 10 s and can do 10 a second: from 15 s on at least 9 are served."""
    run = cascade(seed=seed).inject("crash back @5..10").expect(*properties(CAREFUL, 1.0)).run(until=20)
    assert goodput(run.trace, 1, 5) >= 9.0
    assert goodput(run.trace, 15, 20) >= 9.0
    assert "violated" not in statuses(run)


@cache
def storm() -> Trace:
    """The same with breakers that never trip."""
    return cascade(settings=NEVER).inject("crash back @5..10").run(until=17).trace


@pytest.mark.slow
def test_without_breakers_the_storm_does_not_end() -> None:
    assert goodput(storm(), 1, 5) >= 9.0
    assert goodput(storm(), 11, 17) == 0.0
    assert storm().count("Request", peer="back", since=11) / 6 > 300  # a second, where 10 can be done


@pytest.mark.slow
@pytest.mark.parametrize(("load", "recovers"), [(0.15, True), (1.0, False)])
def test_below_the_safe_load_it_recovers_by_itself(load: float, recovers: bool) -> None:
    """A 64th of 10 a second is 0.156: just below it recovers, and far above it does not."""
    assert (load / 10 < theory.safe_load(3, 3)) == recovers
    trace = cascade(load=load, settings=NEVER).inject("crash back @5..10").run(until=40).trace
    assert (goodput(trace, 20, 40) >= 0.9 * load) == recovers


def outages(breaker: Settings, seed: int = 7, retries: int = 3) -> Run:
    """The last service is down two seconds of every ten."""
    world = cascade(settings=breaker, retries=retries, seed=seed).expect(*properties(breaker, 1.0))
    return world.inject("crash back @5..7", "crash back @15..17").run(until=22)


@pytest.mark.slow
def test_down_a_fifth_of_the_time_it_serves_more_with_breakers() -> None:
    with_breakers, without = outages(CAREFUL), outages(NEVER)
    assert goodput(with_breakers.trace, 2, 22) >= 0.5 * 0.8 * 9.5
    assert goodput(without.trace, 2, 22) < 0.4 * goodput(with_breakers.trace, 2, 22)
    assert {verdict.status for verdict in with_breakers.verdicts[:4]} == {"holds"}


@pytest.mark.slow
def test_without_retries_there_is_no_storm_to_end() -> None:
    """Honesty: who never retries needs no breaker to recover, and loses nothing to its waits."""
    plain, careful = (goodput(outages(each, retries=0).trace, 2, 22) for each in (NEVER, CAREFUL))
    assert plain > careful


@pytest.mark.slow
def test_more_probes_bring_it_back_sooner() -> None:
    served = [
        sum(
            goodput(outages(Settings(failures=3, wait=1.0, probes=probes, probe_wait=1.0), seed).trace, 2, 22)
            for seed in range(5)
        )
        for probes in (1, 3, 10)
    ]
    assert served == sorted(served)


# --- bad input ------------------------------------------------------------------------------------


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: Bulkhead(0), r"limit=0: expected a whole number, 1 or more"),
    (lambda: Bulkhead(2.5), r"limit=2\.5: expected a whole number"),  # type: ignore[arg-type]
    (lambda: Bulkhead(1, queue=-1), "queue=-1: expected a whole number, 0 or more"),
    (lambda: retry(-1), "retries=-1: expected a whole number, 0 or more"),
    (lambda: retry(base=-1), r"base=-1: expected seconds, 0 or more"),
    (lambda: cascade(load=0), r"load=0: expected clicks a second above 0 and below 1000"),
    (lambda: simulate(time_limit(0).__aenter__()), r"seconds=0: expected seconds above 0"),
    (lambda: simulate(time_limit(float("nan")).__aenter__()), r"seconds=nan: expected seconds above 0"),
    (lambda: Bulkhead(1)(len), r"len is not a coroutine function"),  # type: ignore[type-var]
    (lambda: retry()(len), r"len is not a coroutine function"),  # type: ignore[type-var]
    (lambda: fallback(str)(len), r"len is not a coroutine function"),  # type: ignore[type-var]
    (lambda: fallback("kept"), r"'kept': expected a function of the error"),  # type: ignore[arg-type]
    (lambda: retry(upon=[ValueError]), r"expected an exception class or a tuple"),  # type: ignore[arg-type]
    (lambda: retry(upon=(BaseException,)), r"what is no Exception is never caught"),  # type: ignore[arg-type]
    (lambda: fallback(str, [ValueError]), r"expected an exception class or a tuple"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "says"), REFUSED)
def test_what_makes_no_sense_is_refused_at_once(make: Callable[[], Any], says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        make()


def test_a_service_that_is_full_says_so() -> None:
    world = World(latency=0.01).add(
        Service("s", work=1.0, workers=1, queue=0),
        *(Client(name, "s", period=5.0, patience=3.0, retries=0) for name in ("ann", "bob")),
    )
    trace = world.run(until=9.0).trace
    assert (trace.count("Result"), trace.count("Failed")) == (1, 1)


def test_a_callee_at_the_end_may_be_any() -> None:
    run = World(latency=0.01).add(Callee("db", failing=1.0), Client("ann", "db", period=5.0)).run(until=9.0)
    assert run.trace.count("Request") == CAREFUL.failures
