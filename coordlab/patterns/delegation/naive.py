"""The usual first try at handing out tasks: look for somebody free, then start everything at once.

Each function below shows one thing that is wrong with it by one call on virtual time, and gives the evidence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from coordlab.world.loop import simulate


@dataclass(frozen=True)
class Task:
    """What is to be done, and what one must be able to do for it."""

    name: str
    capability: str = "work"
    seconds: float = 0.5
    fails: bool = False


class Worker:
    """Does what it is told, and counts how much of it it does at once."""

    def __init__(self, name: str, capabilities: Sequence[str] = ("work",), room: int = 5) -> None:
        self.name, self.capabilities, self.room = name, capabilities, room
        self.load = self.most = 0
        self.finished: list[str] = []

    async def execute(self, task: Task) -> str:
        """Be busy for a while."""
        self.load += 1
        self.most = max(self.most, self.load)
        try:
            await asyncio.sleep(task.seconds)
            if task.fails:
                raise RuntimeError(f"{task.name} failed")
            self.finished.append(task.name)
            return f"{self.name} did {task.name}"
        finally:
            self.load -= 1


class Coordinator:
    """Chooses somebody for each task first, and lets all of them run then."""

    def __init__(self, *workers: Worker) -> None:
        self.workers = workers

    def find(self, task: Task) -> Worker | None:
        """The first who can do it and has room."""
        for worker in self.workers:
            if task.capability in worker.capabilities and worker.load < worker.room:
                return worker
        return None

    async def execute(self, tasks: Sequence[Task]) -> list[str]:
        """What comes of all tasks."""
        pairs = []
        for task in tasks:
            if (worker := self.find(task)) is None:
                raise ValueError(f"No agent can handle: {task.name}")
            pairs.append((worker, task))
        return await asyncio.gather(*(worker.execute(task) for worker, task in pairs))


def overloads() -> dict[str, int]:
    """Bug 1: room is checked while nothing has begun, so one with room for 2 does 10 at once, another none.

    >>> overloads()
    {'ann': 10, 'bob': 0}
    """
    ann, bob = Worker("ann", room=2), Worker("bob", room=2)
    simulate(Coordinator(ann, bob).execute([Task(str(number)) for number in range(10)]))
    return {each.name: each.most for each in (ann, bob)}


def races() -> list[str]:
    """Bug 2: there is no order, so what comes after something else ends before it.

    >>> races()
    ['paint', 'cut']
    """
    ann = Worker("ann")
    simulate(Coordinator(ann).execute([Task("cut", seconds=2), Task("paint", seconds=1)]))
    return ann.finished


def loses_results() -> tuple[str, list[str], list[str]]:
    """Bug 6: the first failure is all one gets; the others run on, and what they did is lost.

    What was raised, what was finished by then, and what a second later.

    >>> loses_results()
    ('glue failed', ['cut'], ['cut', 'paint'])
    """

    async def story() -> tuple[str, list[str], list[str]]:
        ann = Worker("ann")
        work = [Task("cut", seconds=1), Task("glue", seconds=2, fails=True), Task("paint", seconds=3)]
        try:
            await Coordinator(ann).execute(work)
        except RuntimeError as error:
            why, soon = str(error), list(ann.finished)
        await asyncio.sleep(1.5)
        return why, soon, ann.finished

    return simulate(story())


def confuses_busy_and_unable() -> list[str]:
    """Bug 7: whoever is busy for a moment, and whoever never could, come out as the same error; no queue.

    >>> confuses_busy_and_unable()
    ['No agent can handle: weld', 'No agent can handle: weld']
    """

    async def story(worker: Worker) -> str:
        busy = asyncio.create_task(worker.execute(Task("cut")))
        await asyncio.sleep(0)
        said = "done"
        try:
            await Coordinator(worker).execute([Task("weld", "weld")])
        except ValueError as error:
            said = str(error)
        await busy
        return said

    crew = Worker("ann", ("weld",), room=1), Worker("bob", ("work",), room=5)
    return [simulate(story(each)) for each in crew]


def always_the_first() -> dict[str, int]:
    """Bug 8: the first who can gets everything, even if another one is idle.

    >>> always_the_first()
    {'ann': 4, 'bob': 0}
    """
    ann, bob = Worker("ann"), Worker("bob")

    async def story() -> None:
        for number in range(4):
            await Coordinator(ann, bob).execute([Task(str(number))])

    simulate(story())
    return {each.name: len(each.finished) for each in (ann, bob)}
