"""A paused agent does nothing, and hears of everything when it goes on; its clock does not stop."""

from __future__ import annotations

import asyncio

import pytest

from coordlab import Agent, State, World, message
from coordlab.trace.faults import FaultError, Pause, read_fault


@message
class Hello:
    """Hello."""

    number: int


class Clock(Agent):
    """Notes the time every second, and when a message comes."""

    async def run(self) -> None:
        """Tick."""
        async for _ in self.every(1.0):
            self.note(f"tick {self.now:g}")

    def on_hello(self, sender: str, message: Hello) -> None:
        self.note(f"hello {message.number} {self.now:g}")


class Caller(Agent):
    """Says hello every half a second."""

    async def run(self) -> None:
        """Say hello."""
        for number in range(8):
            self.send("ann", Hello(number))
            await self.sleep(0.5)


class Asking(Agent):
    """Asks, and waits with asyncio's own tools."""

    got = State(-1)

    async def run(self) -> None:
        """Ask once, and see how long it took."""
        async with asyncio.timeout(10):
            await asyncio.sleep(1.0)
        self.note(f"awake {self.now:g}")
        self.got = len(await self.ask("bob", Hello(1), within=0.5))


class Bob(Agent):
    """Answers."""

    def on_hello(self, sender: str, message: Hello) -> Hello:
        return message


def notes(world: World, until: float, agent: str) -> list[str]:
    return [str(each.data) for each in world.run(until).trace.select("note", agent=agent)]


def test_ticks_and_messages_wait_for_the_end_of_the_pause() -> None:
    world = World(latency=0.1).add(Clock("ann"), Caller("bob")).inject("pause ann @1.2..3.3")
    assert notes(world, 4.5, "ann") == [
        *("hello 0 0.1", "hello 1 0.6", "tick 1", "hello 2 1.1"),
        *("hello 3 3.3", "tick 3.3", "hello 4 3.3", "hello 5 3.3", "hello 6 3.3"),
        *("hello 7 3.6", "tick 4"),
    ]


def test_a_pause_stops_asyncio_code_too_and_a_question_runs_out() -> None:
    """The reply arrives in time, but nobody is there to take it."""
    world = (
        World(latency=0.1).add(Asking("ann"), Bob("bob")).inject("pause ann @0.5..2", "pause ann @2.05..4")
    )
    run = world.run()
    assert [str(each.data) for each in run.trace.select("note")] == ["awake 2"]
    assert run.trace.select("got")[-1].data == 0
    assert run.trace.count("late") == 1


def test_a_crash_ends_a_pause() -> None:
    world = World().add(Clock("ann")).inject("pause ann @0.5..9", "crash ann @1.1..1.5")
    assert notes(world, 4, "ann") == ["tick 2.5", "tick 3.5"]


def test_who_is_down_cannot_be_paused() -> None:
    world = World().add(Clock("ann")).inject("crash ann @0.2..1", "pause ann @0.5..9")
    assert notes(world, 3.5, "ann") == ["tick 2", "tick 3"]


def test_a_pause_is_data() -> None:
    assert str(Pause("3", at=2, until=6)) == "pause 3 @2..6"
    assert read_fault("pause 3 @2..6") == Pause("3", at=2, until=6)
    with pytest.raises(FaultError, match="a pause has an end"):
        read_fault("pause 3 @2")


def test_the_same_pause_makes_the_same_run() -> None:
    world = World(7, latency="uniform(0.01, 0.2)").add(Clock("ann"), Caller("bob")).inject("pause ann @1..2")
    run = world.run(5)
    assert run.branch().trace == run.trace
