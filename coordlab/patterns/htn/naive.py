"""A common first attempt at breaking tasks down: a rule for each name, and a number that says when to stop.

Each function below shows one fault and returns the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_type_hints


@dataclass(frozen=True)
class Task:
    """A task with a complexity and the capability that it needs."""

    name: str
    complexity: int
    capability: str = ""


Rule = Callable[[Task], Sequence[Task]]


class Decomposer:
    """Breaks a task down by the one rule for its name, until its complexity is `enough` or less."""

    def __init__(self, enough: int = 5, **rules: Rule) -> None:
        self.enough, self.rules = enough, rules

    def decompose(self, task: Task) -> list[Task]:
        """The simple tasks that this task consists of."""
        if task.complexity <= self.enough or task.name not in self.rules:
            return [task]
        return [part for each in self.rules[task.name](task) for part in self.decompose(each)]


def knows_no_state() -> tuple[list[str], int]:
    """Bug 2: no state, no preconditions, no alternatives: it calls a taxi that nobody can pay for.

    >>> knows_no_state()
    (['call taxi', 'ride', 'pay'], 1)
    """
    ride: Rule = lambda task: [Task(name, 1) for name in ("call taxi", "ride", "pay")]
    decomposer = Decomposer(travel=ride)
    decomposer.rules["travel"] = ride  # a second way to travel replaces the first one
    return [each.name for each in decomposer.decompose(Task("travel", 9))], len(decomposer.rules)


def never_ends() -> str:
    """Bug 3: a rule that returns its own task is followed until Python's stack is full.

    >>> never_ends()
    'RecursionError'
    """
    try:
        return str(Decomposer(build=lambda task: [task]).decompose(Task("build", 9)))
    except RecursionError as error:
        return type(error).__name__


def calls_it_simple() -> list[Task]:
    """Bug 4: a task that is too complex and has no rule is returned as if it were simple.

    >>> calls_it_simple()
    [Task(name='found a city', complexity=100, capability='')]
    """
    return Decomposer(enough=5).decompose(Task("found a city", 100))


def stops_where_nobody_can() -> tuple[str, bool]:
    """Bug 5: a number ends it, not what agents can do, so a rule that would have helped is not used.

    >>> stops_where_nobody_can()
    ('study', False)
    """
    study: Rule = lambda task: [Task("gather", 1, "gather"), Task("analyse", 1, "analyse")]
    (leaf,) = Decomposer(enough=5, study=study).decompose(Task("study", 4, "study"))
    return leaf.name, leaf.capability in {"gather", "analyse"}


def forgot_an_import() -> str:
    """Bug 9: the signature has a name that is not imported.

    >>> forgot_an_import()
    "name 'List' is not defined"
    """

    def execute() -> List[str]: ...  # type: ignore[name-defined]  # noqa: F821

    try:
        return str(get_type_hints(execute))
    except NameError as error:
        return str(error)
