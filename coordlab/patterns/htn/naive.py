"""The usual first try at breaking tasks down: a rule for each name, and a number that says when to stop.

Each function below shows one thing that is wrong with it, and gives the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, List, get_type_hints  # noqa: UP035  (the old word is part of what is shown)


@dataclass(frozen=True)
class Task:
    """So and so complex, and in need of a capability."""

    name: str
    complexity: int
    capability: str = ""


Rule = Callable[[Task], Sequence[Task]]


class Decomposer:
    """Breaks a task down by the one rule for its name, until it is no more complex than `enough`."""

    def __init__(self, enough: int = 5, **rules: Rule) -> None:
        self.enough, self.rules = enough, rules

    def decompose(self, task: Task) -> list[Task]:
        """The simple tasks that make up this one."""
        if task.complexity <= self.enough or task.name not in self.rules:
            return [task]
        return [part for each in self.rules[task.name](task) for part in self.decompose(each)]


def knows_no_state() -> tuple[list[str], int]:
    """Bug 2: no state, no preconditions, no other way: it "takes" a taxi that nobody could pay for.

    What comes out is the same whatever is the case; there is nowhere to say what is.

    >>> knows_no_state()
    (['call taxi', 'ride', 'pay'], 1)
    """
    ride: Rule = lambda task: [Task(name, 1) for name in ("call taxi", "ride", "pay")]
    decomposer = Decomposer(travel=ride)
    decomposer.rules["travel"] = ride  # a second way to travel replaces the first one
    return [each.name for each in decomposer.decompose(Task("travel", 9))], len(decomposer.rules)


def never_ends() -> str:
    """Bug 3: a rule that gives its own task again is followed until Python's stack is full.

    >>> never_ends()
    'RecursionError'
    """
    ended = "it ended"
    try:
        Decomposer(build=lambda task: [task]).decompose(Task("build", 9))
    except RecursionError as error:
        ended = type(error).__name__
    return ended


def calls_it_simple() -> list[Task]:
    """Bug 4: a task far too complex for which there is no rule comes back as if it were simple.

    >>> calls_it_simple()
    [Task(name='found a city', complexity=100, capability='')]
    """
    return Decomposer(enough=5).decompose(Task("found a city", 100))


def stops_where_nobody_can() -> tuple[str, bool]:
    """Bug 5: it stops at a number, not at what agents can do: a rule that would have helped is not used.

    >>> stops_where_nobody_can()
    ('study', False)
    """
    study: Rule = lambda task: [Task("gather", 1, "gather"), Task("analyse", 1, "analyse")]
    (leaf,) = Decomposer(enough=5, study=study).decompose(Task("study", 4, "study"))
    return leaf.name, leaf.capability in {"gather", "analyse"}


def forgot_an_import() -> str:
    """Bug 9: the signature speaks of what nobody imported.

    >>> forgot_an_import()
    "name 'Anything' is not defined"
    """

    def execute() -> List[Anything]:  # type: ignore[name-defined]  # noqa: F821, UP006
        return []

    assert execute() == []  # nothing seems to be wrong
    said = "every name is known"
    try:
        get_type_hints(execute)
    except NameError as error:
        said = str(error)
    return said


def first_applicable(state: Mapping[Any, Any], tasks: Sequence[Any], domain: Any) -> tuple[Any, ...] | None:
    """A planner that always takes the first method that applies, and never goes back.

    >>> from coordlab.patterns.htn.domains import SWITCH
    >>> print(first_applicable({"switch": -1}, [("put_it",), ("need1",)], SWITCH))
    None
    """
    plan, left = list[Any](), [*tasks]
    while left:
        task, *left = left
        if task[0] in domain.actions:
            after = domain.perform(state, task)
            if isinstance(after, str):
                return None
            state = after
            plan.append(task)
        else:
            ways = (domain.refine(state, task, method) for method in domain.methods[task[0]])
            parts = next((each for each in ways if not isinstance(each, str)), None)
            if parts is None:
                return None
            left = [*parts, *left]
    return tuple(plan)
