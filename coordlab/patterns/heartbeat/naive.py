"""The usual first heartbeat monitor: a time by the wall clock, a task for each agent; and what is wrong.

Each function plays one case on virtual time, and returns the evidence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from coordlab.world.loop import simulate

NOW = 1_750_000_000.0  # seconds since 1970, when each story begins


class Wall:
    """A wall clock: seconds since 1970; it may be set, `ahead` seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return NOW + self.ahead + asyncio.get_running_loop().time()


class FirstTry:
    """Reports that an agent has failed if it was not heard for more than `wait` seconds, by `clock`."""

    def __init__(self, wait: float, clock: Wall) -> None:
        self.wait, self.clock = wait, clock
        self.last: dict[str, float] = {}
        self.failures: list[float] = []  # the times of the reports

    async def monitor(self, agent: str) -> None:
        """Look twice in each `wait`, for ever."""
        while True:
            await asyncio.sleep(self.wait / 2)
            if self.clock() - self.last.get(agent, 0) > self.wait:
                await self.on_failure(agent)

    def heard(self, agent: str) -> None:
        """A heartbeat came."""
        self.last[agent] = self.clock()

    async def on_failure(self, agent: str) -> None:
        """Here another agent would take over its work."""
        self.failures.append(asyncio.get_running_loop().time())


Story = Callable[[FirstTry], Awaitable[object]]


def failures(story: Story, kind: type[FirstTry] = FirstTry) -> list[float]:
    """When, in the first 156 s of a story, a monitor that waits for 30 s reports that ann has failed."""

    async def main() -> list[float]:
        first = kind(30.0, Wall())
        tasks = asyncio.create_task(first.monitor("ann")), asyncio.ensure_future(story(first))
        await asyncio.sleep(156)
        for task in tasks:
            task.cancel()
        return first.failures

    return simulate(main())


def heard(*times: float, clock_set: float = 0.0) -> Story:
    """Ann is heard at these times, in seconds; at 50 s the clock is set forwards by `clock_set` seconds."""

    async def story(first: FirstTry) -> None:
        asyncio.get_running_loop().call_at(50, setattr, first.clock, "ahead", clock_set)
        for at in times:
            await asyncio.sleep(at - asyncio.get_running_loop().time())
            first.heard("ann")

    return story


def never_heard() -> float:
    """When an agent that has not started yet has failed: at the first look, as it was last heard in 1970.

    >>> never_heard()
    15.0
    """
    return failures(heard())[0]


def failovers_for_one_failure() -> int:
    """How often ann's work is taken over in one silence of 5.2 time-outs.

    >>> failovers_for_one_failure()
    10
    """
    return len(failures(heard()))


def told_of_a_recovery() -> list[float]:
    """The reports once ann is back, from 100 s on: none, and the agent that took over her work goes on.

    >>> told_of_a_recovery()
    []
    """
    return [at for at in failures(heard(0, *range(100, 156, 10))) if at > 100]


def clock_set_forwards() -> list[float]:
    """When ann has failed, who beats every 20 s, if the wall clock is set an hour forwards at 50 s.

    >>> clock_set_forwards()
    [60.0]
    """
    return failures(heard(*range(5, 156, 20), clock_set=3600))


def clock_set_back() -> list[float]:
    """When ann has failed, who was last heard at 45 s, if the clock is set an hour back: not for an hour.

    >>> clock_set_back()
    []
    """
    return failures(heard(5, 25, 45, clock_set=-3600))


def looks_after_a_slip() -> tuple[int, bool]:
    """How often it acts in an hour of silence, and whether it has ended unseen, if its callback has an error.

    >>> looks_after_a_slip()
    (1, True)
    """
    calls = []

    async def slip(agent: str) -> None:
        calls.append(agent)
        raise KeyError(agent)

    async def main() -> bool:
        first = FirstTry(30.0, Wall())
        first.on_failure = slip  # type: ignore[method-assign]
        task = asyncio.create_task(first.monitor("ann"))
        await asyncio.sleep(3600)
        return task.done() and isinstance(task.exception(), KeyError)

    ended = simulate(main())
    return len(calls), ended


def tasks_left(agents: int = 100) -> int:
    """How many tasks still run an hour after this many agents have left for good: nothing stops them.

    >>> tasks_left()
    100
    """

    async def main() -> int:
        first = FirstTry(30.0, Wall())
        tasks = [asyncio.create_task(first.monitor(str(number))) for number in range(agents)]
        await asyncio.sleep(3600)
        return sum(not task.done() for task in tasks)

    return simulate(main())


def seconds_to_notice(last: float = 0.0) -> float:
    """Seconds from ann's last heartbeat to the report: up to half a time-out more than the time-out.

    >>> seconds_to_notice(), round(seconds_to_notice(last=14.9), 1)
    (45.0, 30.1)
    """
    return failures(heard(last))[0] - last


def told_of_a_restart() -> list[float]:
    """The reports if ann crashes after 40 s and is back at 50 s, with an empty memory: none.

    >>> told_of_a_restart()
    []
    """
    return failures(heard(*range(0, 41, 10), *range(50, 156, 10)))


def alive_at_the_time_out() -> bool:
    """Whether ann is alive exactly when the 30 s of silence are over: they are compared with `>`.

    >>> alive_at_the_time_out()
    True
    """
    return 30.0 not in failures(heard(0.0))
