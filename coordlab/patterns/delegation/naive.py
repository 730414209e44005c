"""A common first attempt at handing out tasks: look for a free worker, then start everything at once.

Each function below shows one fault on virtual time and returns the evidence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from coordlab.world.loop import simulate


@dataclass(frozen=True)
class Task:
    """What is to be done, and the capability that it needs."""

    name: str
    capability: str = "work"
    seconds: float = 0.5
    fails: bool = False


class Worker:
    """Executes tasks, and counts how many at once."""

    def __init__(self, name: str, capabilities: Sequence[str] = ("work",), room: int = 5) -> None:
        self.name, self.capabilities, self.room = name, capabilities, room
        self.load = self.most = 0
        self.finished: list[str] = []

    async def execute(self, task: Task) -> str:
        """Work on a task for as long as it takes."""
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
    """First chooses a worker for each task, then lets all of them run."""

    def __init__(self, *workers: Worker) -> None:
        self.workers = workers

    def find(self, task: Task) -> Worker | None:
        """The first worker that can do it and has room."""
        for worker in self.workers:
            if task.capability in worker.capabilities and worker.load < worker.room:
                return worker
        return None

    async def execute(self, tasks: Sequence[Task]) -> list[str]:
        """The results of all tasks."""
        pairs = []
        for task in tasks:
            if (worker := self.find(task)) is None:
                raise ValueError(f"No agent can handle: {task.name}")
            pairs.append((worker, task))
        return await asyncio.gather(*(worker.execute(task) for worker, task in pairs))


def overloads() -> dict[str, int]:
    """Bug 1: room is checked before anything begins: the first worker does 10 at once, the other none.

    >>> overloads()
    {'ann': 10, 'bob': 0}
    """
    ann, bob = Worker("ann", room=2), Worker("bob", room=2)
    simulate(Coordinator(ann, bob).execute([Task(str(number)) for number in range(10)]))
    return {each.name: each.most for each in (ann, bob)}


def races() -> list[str]:
    """Bug 2: there is no order, so a task ends before the one that it should wait for.

    >>> races()
    ['paint', 'cut']
    """
    ann = Worker("ann")
    simulate(Coordinator(ann).execute([Task("cut", seconds=2), Task("paint", seconds=1)]))
    return ann.finished


def loses_results() -> tuple[str, list[str], list[str]]:
    """Bug 6: only the first failure is returned; the others run on, and their results are lost.

    What was raised, what was finished by then, and what was finished 1.5 seconds later.

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
    """Bug 7: a worker that is busy and a worker that cannot do it cause the same error; there is no queue.

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
    """Bug 8: the first capable worker gets each of four tasks, one after the other, and the other is idle.

    >>> always_the_first()
    {'ann': 4, 'bob': 0}
    """
    ann, bob = Worker("ann"), Worker("bob")
    for number in range(4):
        simulate(Coordinator(ann, bob).execute([Task(str(number))]))
    return {each.name: len(each.finished) for each in (ann, bob)}
