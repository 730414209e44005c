"""The usual first crew: a loop over tasks; and a call for each thing that is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from coordlab.world.loop import simulate


@dataclass
class Worker:
    """Knows some kinds of tasks and takes `seconds` for each; keeps what it was given."""

    name: str
    kinds: tuple[str, ...] = ("work",)
    seconds: float = 1.0
    given: list[str] = field(default_factory=list)

    async def execute(self, task: str) -> str:
        """What comes of the task, after a while."""
        self.given.append(task)
        await asyncio.sleep(self.seconds)
        if "impossible" in task:
            raise RuntimeError(f"{self.name} cannot do {task}")
        return f"{self.name} did {task}"


class FirstTry:
    """Calls itself hierarchical: somebody assigns, the others execute."""

    def __init__(self, workers: list[Worker], tasks: list[str]) -> None:
        self.workers, self.tasks = workers, tasks

    async def run(self) -> list[str]:
        """One result for each task."""
        results = []
        for task in self.tasks:
            worker = self.assign_task(task)  # type: ignore[attr-defined]
            results.append(await worker.execute(task))
        return results


class Assigned(FirstTry):
    """The same with what it lacked: the first worker that knows this kind of task, its first word."""

    def assign_task(self, task: str) -> Worker | None:
        """Who shall do it; None if nobody can."""
        return next((each for each in self.workers if task.split(maxsplit=1)[0] in each.kinds), None)


def _error_of(crew: FirstTry) -> str:
    """What its run ends with."""
    try:
        return f"no error: {simulate(crew.run())}"
    except Exception as error:  # noqa: BLE001  (any error is the evidence)
        return f"{type(error).__name__}: {error}"


def assigns_by_what_nobody_wrote() -> str:
    """It calls a method that is not there.

    >>> assigns_by_what_nobody_wrote()
    "AttributeError: 'FirstTry' object has no attribute 'assign_task'"
    """
    return _error_of(FirstTry([Worker("ann")], ["work a"]))


def nobody_manages() -> dict[str, int]:
    """Called hierarchical: how many tasks each got; the first does them all, and no manager had a say.

    >>> nobody_manages()
    {'ann': 3, 'bob': 0}
    """
    workers = [Worker("ann"), Worker("bob")]
    simulate(Assigned(workers, ["work a", "work b", "work c"]).run())
    return {each.name: len(each.given) for each in workers}


def results_are_not_passed_on() -> list[str]:
    """All that the writer was given: of what was planned before, nothing.

    >>> results_are_not_passed_on()
    ['write the report']
    """
    writer = Worker("bob", ("write",))
    simulate(Assigned([Worker("ann", ("plan",)), writer], ["plan the report", "write the report"]).run())
    return writer.given


def one_error_loses_all() -> tuple[int, str]:
    """How many tasks were done, and what is left of their results when the last one fails.

    >>> one_error_loses_all()
    (2, 'RuntimeError: ann cannot do work impossible')
    """
    ann = Worker("ann")
    end = _error_of(Assigned([ann], ["work a", "work b", "work impossible"]))
    return len(ann.given) - 1, end


def nobody_fits() -> str:
    """A task that nobody can do is given to None.

    >>> nobody_fits()
    "AttributeError: 'NoneType' object has no attribute 'execute'"
    """
    return _error_of(Assigned([Worker("ann")], ["paint the wall"]))


def _seconds(run: Callable[[], Any]) -> float:
    """How long it takes."""

    async def timed() -> float:
        await run()
        return asyncio.get_running_loop().time()

    return simulate(timed())


def one_after_the_other() -> tuple[float, float]:
    """Seconds for three tasks of three workers that need nothing of each other: as it is, and at once.

    >>> one_after_the_other()
    (9.0, 3.0)
    """
    workers = [Worker(kind, (kind,), 3.0) for kind in ("cost", "risk", "benefit")]
    crew = Assigned(workers, [each.name for each in workers])
    return _seconds(crew.run), _seconds(
        lambda: asyncio.gather(*(each.execute(each.name) for each in workers))
    )
