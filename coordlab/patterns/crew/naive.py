"""The usual first crew: a loop over tasks; and one call for each flaw."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from coordlab.world.loop import simulate


@dataclass
class Worker:
    """Knows some kinds of tasks and takes `seconds` for each; keeps what it was given."""

    name: str
    kinds: tuple[str, ...] = ("work",)
    seconds: float = 1.0
    given: list[str] = field(default_factory=list)

    async def execute(self, task: str) -> str:
        """The result of the task, after a while."""
        self.given.append(task)
        await asyncio.sleep(self.seconds)
        if "impossible" in task:
            raise RuntimeError(f"{self.name} cannot do {task}")
        return f"{self.name} did {task}"


class FirstTry:
    """Calls itself hierarchical: one method assigns, the workers execute."""

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
    """The same with the missing method: the first worker that knows this kind of task, its first word."""

    def assign_task(self, task: str) -> Worker | None:
        """The worker for a task; None if none knows it."""
        return next((each for each in self.workers if task.split(maxsplit=1)[0] in each.kinds), None)


def _error_of(crew: FirstTry) -> str:
    """The error its run ends with."""
    try:
        return f"no error: {simulate(crew.run())}"
    except Exception as error:  # noqa: BLE001  (any error is the evidence)
        return f"{type(error).__name__}: {error}"


def assigns_by_a_missing_method() -> str:
    """It calls a method that is not defined.

    >>> assigns_by_a_missing_method()
    "AttributeError: 'FirstTry' object has no attribute 'assign_task'"
    """
    return _error_of(FirstTry([Worker("ann")], ["work a"]))


def no_agent_manages() -> dict[str, int]:
    """How many tasks each got, though it is called hierarchical: the first does all, and no manager decides.

    >>> no_agent_manages()
    {'ann': 3, 'bob': 0}
    """
    workers = [Worker("ann"), Worker("bob")]
    simulate(Assigned(workers, ["work a", "work b", "work c"]).run())
    return {each.name: len(each.given) for each in workers}


def results_are_not_passed_on() -> list[str]:
    """All that the writer was given: nothing of what was planned before.

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


def no_worker_fits() -> str:
    """A task that no worker can do is given to None.

    >>> no_worker_fits()
    "AttributeError: 'NoneType' object has no attribute 'execute'"
    """
    return _error_of(Assigned([Worker("ann")], ["paint the wall"]))


def one_after_the_other() -> float:
    """Seconds for three tasks of 3 s, of three workers, that need nothing of each other.

    >>> one_after_the_other()
    9.0
    """
    workers = [Worker(kind, (kind,), 3.0) for kind in ("cost", "risk", "benefit")]

    async def timed() -> float:
        await Assigned(workers, [each.name for each in workers]).run()
        return asyncio.get_running_loop().time()

    return simulate(timed())
