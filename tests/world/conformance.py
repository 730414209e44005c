"""What genuine asyncio code may count on inside a world: one story for each thing that asyncio promises.

    python tests/world/conformance.py

tells each story on the virtual loop and inside an agent and prints what went wrong; it needs nothing but
the standard library, so any Python can be asked.
"""

from __future__ import annotations

import asyncio
import contextvars
import pathlib
import sys
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from coordlab.world.agent import Agent
from coordlab.world.loop import VirtualLoop
from coordlab.world.task import as_completed
from coordlab.world.world import World

Story = Callable[[], Coroutine[Any, Any, None]]
STORIES: dict[str, Story] = {}


def story(tell: Story) -> Story:
    """Keep a story."""
    STORIES[tell.__name__] = tell
    return tell


def clock() -> float:
    """The time that has passed since the story began: each begins at zero."""
    return round(asyncio.get_running_loop().time(), 6)


async def after(seconds: float, value: Any = None) -> Any:
    """Give `value` when so much time has passed."""
    await asyncio.sleep(seconds)
    return value


async def raising(seconds: float, error: BaseException) -> None:
    """Raise `error` when so much time has passed."""
    await asyncio.sleep(seconds)
    raise error


async def catch(awaitable: Awaitable[Any], kind: type[BaseException] = BaseException) -> BaseException:
    """The error of this kind that `awaitable` ends with."""
    try:
        await awaitable
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} came")


# --- time ----------------------------------------------------------------------------------------------


@story
async def sleep_takes_just_as_long_as_it_says() -> None:
    await asyncio.sleep(10)
    assert clock() == 10
    assert await asyncio.sleep(0.5, "rested") == "rested"
    assert clock() == 10.5


@story
async def equal_times_are_first_come_first_served() -> None:
    seen: list[int] = []

    async def twice(number: int, delay: float) -> None:
        for _ in range(2):
            await asyncio.sleep(delay)
            seen.append(number)

    for delay in (0, 1):
        await asyncio.gather(*(twice(number, delay) for number in range(100)))
    assert (seen, clock()) == ([*range(100)] * 4, 2)


@story
async def call_later_and_cancel() -> None:
    loop, seen = asyncio.get_running_loop(), list[Any]()
    loop.call_later(2, seen.append, "two")
    loop.call_later(1, seen.append, "one")
    never = loop.call_later(1.5, seen.append, "never")
    at = loop.call_at(2.5, seen.append, "at")
    never.cancel()
    assert (never.cancelled(), at.cancelled(), at.when()) == (True, False, 2.5)
    await asyncio.sleep(3)
    assert seen == ["one", "two", "at"]


@story
async def call_soon_keeps_the_order_and_comes_before_timers() -> None:
    loop, seen = asyncio.get_running_loop(), list[int]()
    loop.call_later(0, seen.append, 3)
    loop.call_soon(seen.append, 1)
    loop.call_soon_threadsafe(seen.append, 2)
    await asyncio.sleep(0.001)
    assert seen == [1, 2, 3]


@story
async def a_timer_for_ever_is_no_hindrance() -> None:
    never = asyncio.create_task(asyncio.sleep(float("inf")))
    await asyncio.sleep(1)
    never.cancel()
    await asyncio.wait([never])
    assert never.cancelled()


async def within(seconds: float, work: Callable[[], Awaitable[Any]]) -> None:
    """Do `work` under a timeout."""
    async with asyncio.timeout(seconds):
        await work()


@story
async def timeout_ends_what_takes_too_long() -> None:
    async def inner() -> None:
        await catch(within(1, lambda: asyncio.sleep(100)), TimeoutError)
        assert clock() == 1
        await asyncio.sleep(100)

    await catch(within(5, inner), TimeoutError)
    assert clock() == 5
    await within(1, lambda: asyncio.sleep(0.5))
    async with asyncio.timeout(1) as limit:
        limit.reschedule(asyncio.get_running_loop().time() + 3)
        await asyncio.sleep(2)
    assert (limit.expired(), clock()) == (False, 7.5)


@story
async def wait_for_gives_the_result_or_a_timeout() -> None:
    assert await asyncio.wait_for(after(1, "in time"), 2) == "in time"
    await catch(asyncio.wait_for(after(5), 1), TimeoutError)
    assert clock() == 2


# --- many at once --------------------------------------------------------------------------------------


@story
async def gather_gives_the_results_in_order_and_raises_the_first_error_or_returns_them() -> None:
    assert await asyncio.gather(after(3, "a"), after(1, "b"), after(2, "c")) == ["a", "b", "c"]
    assert clock() == 3
    error = ValueError("no")
    assert await catch(asyncio.gather(after(2), raising(1, error))) is error
    assert clock() == 4
    assert await asyncio.gather(after(1, "a"), raising(1, error), return_exceptions=True) == ["a", error]


@story
async def a_task_group_waits_for_all() -> None:
    async with asyncio.TaskGroup() as group:
        ann, bob = group.create_task(after(2, "a")), group.create_task(after(1, "b"))
    assert (ann.result(), bob.result(), clock()) == ("a", "b", 2)


@story
async def a_task_group_that_fails_cancels_the_rest_from_the_inside_out() -> None:
    ended: list[str] = []

    async def patient(name: str) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            ended.append(name)

    async def inner() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for name in ("ann", "bob"):
                    group.create_task(patient(name))
        finally:
            ended.append("inner")

    error = ValueError("no")
    try:
        async with asyncio.TaskGroup() as group:
            for work in (patient("cat"), inner(), patient("dan"), raising(1, error)):
                group.create_task(work)
    except* ValueError as raised:
        ended += map(str, raised.exceptions)
    assert (ended, clock()) == (["cat", "dan", "ann", "bob", "inner", "no"], 1)
    assert len(asyncio.all_tasks()) == 1


@story
async def wait_stops_at_the_first_the_first_error_or_all() -> None:
    def start() -> list[asyncio.Task[Any]]:
        tasks = [after(1, "a"), raising(2, ValueError("no")), after(3, "c")]
        return [asyncio.create_task(each) for each in tasks]

    tasks = start()
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert (done, len(pending), clock()) == ({tasks[0]}, 2, 1)
    done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
    assert (done, pending, clock()) == ({tasks[1]}, {tasks[2]}, 2)
    done, pending = await asyncio.wait(tasks)
    assert (len(done), pending, clock()) == (3, set(), 3)
    assert isinstance(tasks[1].exception(), ValueError)
    late = asyncio.create_task(after(9))
    done, pending = await asyncio.wait([late], timeout=1)
    assert (done, pending, clock()) == (set(), {late}, 4)
    await late


@story
async def as_completed_gives_the_first_first_and_ties_in_the_order_given() -> None:
    assert [each async for each in as_completed([after(3, "c"), after(1, "a"), after(2, "b")])] == list("abc")
    theirs = [await each for each in asyncio.as_completed([after(6, "c"), after(4, "a"), after(5, "b")])]
    assert theirs == list("abc")
    assert [each async for each in as_completed(after(1, number) for number in range(50))] == list(range(50))


@story
async def shield_saves_a_task_from_its_waiter() -> None:
    task = asyncio.create_task(after(5, "whole"))
    await catch(asyncio.wait_for(asyncio.shield(task), 1), TimeoutError)
    assert (await task, clock()) == ("whole", 5)


# --- waiting for each other ----------------------------------------------------------------------------


@story
async def a_queue_holds_the_producer_back() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue(2)
    put: list[float] = []

    async def produce() -> None:
        for number in range(4):
            await queue.put(number)
            put.append(clock())

    producer = asyncio.create_task(produce())
    got = []
    for _ in range(4):
        await asyncio.sleep(1)
        got.append(await queue.get())
        queue.task_done()
    await producer
    await queue.join()
    assert (got, put) == ([0, 1, 2, 3], [0, 0, 1, 2])


@story
async def a_lock_lets_one_in_after_the_other_and_a_semaphore_two() -> None:
    async def enter(gate: asyncio.Lock | asyncio.Semaphore, name: str) -> None:
        async with gate:
            seen.append((name, clock()))
            await asyncio.sleep(1)

    seen = list[tuple[str, float]]()
    await asyncio.gather(*(enter(lock, name) for lock in [asyncio.Lock()] for name in ("ann", "bob", "cat")))
    await asyncio.gather(
        *(enter(gate, name) for gate in [asyncio.Semaphore(2)] for name in ("dan", "eve", "fay"))
    )
    assert seen == [("ann", 0), ("bob", 1), ("cat", 2), ("dan", 3), ("eve", 3), ("fay", 4)]


@story
async def a_condition_wakes_as_many_as_it_is_told() -> None:
    condition, awake = asyncio.Condition(), list[str]()

    async def wait(name: str) -> None:
        async with condition:
            await condition.wait()
            awake.append(name)

    waiting = [asyncio.create_task(wait(name)) for name in ("ann", "bob", "cat")]
    await asyncio.sleep(1)
    async with condition:
        condition.notify(2)
    await asyncio.sleep(1)
    assert awake == ["ann", "bob"]
    async with condition:
        condition.notify_all()
    await asyncio.gather(*waiting)
    assert awake == ["ann", "bob", "cat"]


@story
async def a_barrier_lets_all_through_at_once() -> None:
    barrier = asyncio.Barrier(3)

    async def arrive(at: float) -> float:
        await asyncio.sleep(at)
        await barrier.wait()
        return clock()

    assert await asyncio.gather(*map(arrive, (1, 2, 3))) == [3, 3, 3]


# --- tasks ---------------------------------------------------------------------------------------------


@story
async def a_cancelled_task_can_clean_up() -> None:
    seen: list[str] = []

    async def careful() -> None:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError as error:
            seen.extend(map(str, error.args))
            await asyncio.sleep(1)
            raise

    task = asyncio.create_task(careful())
    await asyncio.sleep(1)
    assert task.cancel("enough")
    error = await catch(task)
    assert (seen, error.args, clock(), task.cancelled()) == (["enough"], ("enough",), 2, True)
    assert not task.cancel()


@story
async def a_task_cancelled_before_its_first_step_does_nothing() -> None:
    seen: list[str] = []

    async def work() -> None:
        seen.append("worked")

    task = asyncio.create_task(work())
    task.cancel()
    await asyncio.wait([task])
    assert (seen, task.cancelled()) == ([], True)


@story
async def who_cancels_himself_stops_at_his_next_await() -> None:
    seen: list[str] = []

    async def work(wait: Callable[[], Awaitable[Any]]) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        seen.append("still here")
        await wait()
        seen.append("never")

    for wait in (lambda: asyncio.sleep(5), lambda: asyncio.sleep(0), asyncio.Event().wait):
        await asyncio.wait([asyncio.create_task(work(wait))])
    assert (seen, clock()) == (["still here"] * 3, 0)


@story
async def uncancel_takes_a_cancellation_back() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            assert task is not None
            assert (task.cancelling(), task.uncancel(), task.cancelling()) == (1, 0, 0)
        await asyncio.sleep(1)
        return "went on"

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(1)
    task.cancel()
    assert (await task, clock()) == ("went on", 2)


@story
async def a_cancellation_reaches_who_is_awaited() -> None:
    seen: list[str] = []

    async def ending(name: str, work: Awaitable[Any]) -> None:
        try:
            await work
        finally:
            seen.append(name)

    inner = asyncio.create_task(ending("inner", asyncio.sleep(100)))
    outer = asyncio.create_task(ending("outer", inner))
    await asyncio.sleep(1)
    outer.cancel()
    await asyncio.wait([outer])
    assert seen == ["inner", "outer"]


@story
async def the_current_task_is_who_asks() -> None:
    async def me() -> Any:
        await asyncio.sleep(1)
        return asyncio.current_task()

    task = asyncio.create_task(me(), name="ann")
    assert task in asyncio.all_tasks()
    assert asyncio.current_task() in asyncio.all_tasks()
    assert await task is task
    assert (task.get_name(), task.done(), task in asyncio.all_tasks()) == ("ann", True, False)
    task.set_name("bob")
    assert task.get_name() == "bob"
    assert asyncio.current_task() is not task


@story
async def an_error_reaches_every_waiter() -> None:
    error = ValueError("no")
    task = asyncio.create_task(raising(1, error))
    caught = await asyncio.gather(catch(task), catch(task))
    assert caught == [error, error]
    assert task.exception() is error


@story
async def a_task_made_without_the_loop_is_as_any_other() -> None:
    task = asyncio.Task(after(1, "made"), name="ann")
    assert {task, asyncio.current_task()} == asyncio.all_tasks()
    assert (await task, task.get_name(), clock()) == ("made", "ann", 1)
    await catch(asyncio.Task(raising(1, ValueError("no"))), ValueError)
    late = asyncio.Task(after(100))
    late.cancel()
    assert isinstance(await catch(late), asyncio.CancelledError)
    assert clock() == 2


if sys.version_info >= (3, 12):

    @story
    async def an_eager_task_begins_at_once() -> None:
        seen: list[str] = []

        async def work(seconds: float) -> str:
            seen.append("begun")
            if seconds:
                await asyncio.sleep(seconds)
            return "done"

        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)
        task, at_once = loop.create_task(work(1)), loop.create_task(work(0))
        loop.set_task_factory(None)
        assert (seen, task.done(), at_once.done(), at_once.result()) == (["begun"] * 2, False, True, "done")
        assert (await task, clock()) == ("done", 1)


@story
async def a_task_tells_those_who_asked_to_be_called() -> None:
    seen: list[Any] = []
    task = asyncio.create_task(after(1, "done"))
    task.add_done_callback(lambda done: seen.append(done.result()))
    task.add_done_callback(seen.append)
    assert task.remove_done_callback(seen.append) == 1
    await task
    await asyncio.sleep(0)
    assert seen == ["done"]


@story
async def a_future_and_an_event_wake_all_who_wait() -> None:
    loop, event = asyncio.get_running_loop(), asyncio.Event()
    future = loop.create_future()
    loop.call_later(1, future.set_result, "there")
    loop.call_later(2, event.set)
    assert (await future, clock()) == ("there", 1)
    assert await asyncio.gather(event.wait(), event.wait()) == [True, True]
    assert clock() == 2


@story
async def what_cannot_be_awaited_is_refused() -> None:
    class Odd:
        def __await__(self) -> Any:
            yield "odd"

    async def wait(what: Awaitable[Any] | None) -> None:
        await (what or asyncio.current_task())  # type: ignore[misc]

    other = VirtualLoop()
    for what in (None, Odd(), other.create_future()):
        error = await catch(asyncio.create_task(wait(what)), RuntimeError)
    other.close()
    assert "loop" in str(error)


@story
async def to_thread_gives_its_result_and_takes_no_time() -> None:
    assert (await asyncio.to_thread(sum, [1, 2, 3]), clock()) == (6, 0)
    assert isinstance(await catch(asyncio.to_thread(int, "no")), ValueError)


# --- context and generators ----------------------------------------------------------------------------


@story
async def each_task_has_its_own_context() -> None:
    who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")

    async def be(name: str) -> str:
        who.set(name)
        await asyncio.sleep(1)
        return who.get()

    assert await asyncio.gather(be("ann"), be("bob")) == ["ann", "bob"]
    assert who.get() == "nobody"
    context = contextvars.copy_context()
    task = asyncio.create_task(be("cat"), context=context)
    await task
    assert context[who] == "cat"


@story
async def callbacks_see_the_context_they_were_made_in() -> None:
    who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")
    seen: list[str] = []
    loop = asyncio.get_running_loop()
    who.set("ann")
    loop.call_later(1, lambda: seen.append(who.get()))
    who.set("bob")
    loop.call_soon(lambda: seen.append(who.get()))
    await asyncio.sleep(2)
    assert seen == ["bob", "ann"]


async def _numbers(seen: list[str]) -> AsyncGenerator[int, None]:
    try:
        for number in range(3):
            await asyncio.sleep(1)
            yield number
    finally:
        await asyncio.sleep(1)
        seen.append(f"closed at {clock():g}")


@story
async def an_async_generator_takes_its_time_and_cleans_up_when_it_is_left_early_or_closed() -> None:
    seen: list[str] = []
    assert [number async for number in _numbers(seen)] == [0, 1, 2]
    assert seen == ["closed at 4"]
    async for number in _numbers(seen):
        if number == 1:
            break
    assert (len(seen), clock()) == (1, 6)
    await asyncio.sleep(2)
    numbers = _numbers(seen)
    assert await anext(numbers) == 0
    await numbers.aclose()
    assert seen == ["closed at 4", "closed at 7", "closed at 10"]


# --- worlds in worlds ----------------------------------------------------------------------------------


@story
async def a_world_runs_inside_a_task_and_leaves_its_loop_alone() -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    class Sleeper(Agent):
        async def run(self) -> None:
            await asyncio.sleep(100)

    before = clock()
    assert World().add(Sleeper("zoe")).run().world.now == 100
    assert (asyncio.get_running_loop(), asyncio.current_task(), clock()) == (loop, task, before)
    await asyncio.sleep(1)
    assert clock() == before + 1


# --- telling -------------------------------------------------------------------------------------------


def on_the_loop(tell: Story) -> None:
    """Tell a story on a bare virtual loop."""
    loop = VirtualLoop(wall=20)
    try:
        loop.run_until_complete(tell())
        assert not loop.tasks, f"left behind: {loop.tasks}"
    finally:
        loop.close()


def in_an_agent(tell: Story) -> None:
    """Tell a story inside an agent's `run`."""

    class Teller(Agent):
        async def run(self) -> None:
            await tell()

    World().add(Teller("zoe")).run()


def main() -> int:
    """How many stories went wrong; each is printed."""
    wrong = 0
    for tell in STORIES.values():
        for place in (on_the_loop, in_an_agent):
            try:
                place(tell)
            except Exception:  # noqa: BLE001  (whatever it is, it is shown)
                wrong += 1
                print(f"{tell.__name__} {place.__name__}:\n{traceback.format_exc()}", file=sys.stderr)  # noqa: T201
    return wrong


if __name__ == "__main__":
    sys.exit(main())
