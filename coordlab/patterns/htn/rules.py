"""Hierarchical task networks: what can be done, what a plan does, and what is left of it.

A task is a tuple of a name and its arguments: ("travel", "alice", "park").  An action is a function
`(state, *arguments)` that returns what it changes; a method is a function that returns the subtasks that do
the task, in order.  Either may return a text instead that says why it cannot be done here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from inspect import signature
from itertools import accumulate
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

from coordlab import requirements as require
from coordlab.world.message import message

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
Functions = Iterable[F] | Mapping[str, F]
Task = tuple[Any, ...]
Plan = tuple[Task, ...]
Facts = Mapping[Any, Hashable]  # variables and their values
Effects = Facts
Action = Callable[..., Effects | str | None]
Method = Callable[..., Sequence[Task] | str | None]


class DomainError(ValueError):
    """A domain, a task or a state that is not valid: says what was given, what is allowed, what to write."""


def said(task: Task) -> str:
    """A task in words: `travel alice park`."""
    return " ".join(map(str, task))


class State(dict[Any, Any]):
    """The value of each variable.  A state never changes; `after` returns another one.

    >>> home = State({("at", "alice"): "home"})
    >>> home.after({("at", "alice"): "park"}), home
    ({('at', 'alice'): 'park'}, {('at', 'alice'): 'home'})
    """

    __slots__ = ("_hash",)
    _hash: int

    def __hash__(self) -> int:  # type: ignore[override]
        if not hasattr(self, "_hash"):
            self._hash = hash(frozenset(dict.items(self)))
        return self._hash

    def after(self, effects: Effects) -> State:
        """The state in which these variables have these values, and all others the values they had."""
        return type(self)({**self, **effects})

    def __missing__(self, variable: object) -> NoReturn:
        known = ", ".join(map(repr, self)) or "no variable"
        given = f"the state has no variable {variable!r}"
        require.fail(given, f"it has {known}; add it, or allow for its absence", "state.get(…)", DomainError)

    def __reduce__(self) -> tuple[type[State], tuple[dict[Any, Any]]]:
        return type(self), (dict(self),)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(
            "a state never changes, because other branches of the search look at the same one. "
            "Let the action return what it changes: return {variable: value}."
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = setdefault = pop = popitem = clear = _refuse


@message
class Refined:
    """This is how the task is done."""

    task: Task
    by: str  # the method that refines it; the empty text if it is an action
    level: int  # in the decomposition tree: 0 for the tasks given


@message
class Refusal:
    """This cannot be done here."""

    task: Task
    by: str  # the action or method that refused
    because: str
    after: int  # how many actions had been planned or done by then

    def __str__(self) -> str:
        return f"step {self.after + 1}, {said(self.task)}, fails: {self.because}"


class Domain(require.Readable):
    """What can be done: `actions`, and for each other task its `methods`, the preferred one first.

    actions  functions `(state, *arguments)` that return what they change, or a text: why they cannot.
    methods  for each task, functions `(state, *arguments)` that return its subtasks, or such a text.
             Both are lists of functions, called by their own names, or mappings from names to functions.
    costs    of actions, 0 or more; 1 for those not named.

    Raises DomainError if a function has no name, two have the same, or a task has no methods.
    """

    def __init__(
        self,
        actions: Functions[Action],
        methods: Mapping[str, Functions[Method]] = MappingProxyType({}),
        costs: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self.actions: dict[str, Action] = _by_name(actions, "actions")
        self.methods: dict[str, dict[str, Method]] = {
            task: _by_name(each, f"methods[{task!r}]") for task, each in methods.items()
        }
        both = [task for task in self.methods if task in self.actions]
        allowed = "expected a name that is either an action or a task with methods"
        require.that(not both, f"{both} are both", allowed, "methods={'travel': [by_foot]}", DomainError)
        self.costs = dict(costs)
        for name, cost in costs.items():
            known = f"expected the name of an action: {', '.join(self.actions)}"
            given, example = f"costs[{name!r}]={cost}", "costs={'walk': 2}"
            require.that(name in self.actions, given, known, example, DomainError)
            require.number(f"costs[{name!r}]", cost, 0, error=DomainError)

    def check(self, task: object, source: str = "the tasks") -> Task:
        """A task of this domain; raises DomainError with what `source` gave instead."""
        first = next(iter(self.methods or self.actions), "wait")
        if not isinstance(task, tuple) or not task or not _hashable(task):
            allowed = "expected a task: a tuple of a name and arguments that cannot change"
            require.fail(f"{source}: {task!r}", allowed, f"({first!r},)", DomainError)
        if task[0] not in self.actions and task[0] not in self.methods:
            actions, methods = (", ".join(names) or "(none)" for names in (self.actions, self.methods))
            known = f"expected one of the actions {actions}, or of the tasks with methods {methods}"
            require.fail(f"{source}: unknown task {task[0]!r}", known, f"({first!r}, …)", DomainError)
        return task

    def perform(self, state: Facts, task: Task) -> State | str:
        """The state after an action, or why it cannot be done in this state.

        Raises DomainError if the task is not an action, or the action returns something else.
        """
        now = settled(state)
        if self.check(task)[0] not in self.actions:
            raise DomainError(f"{said(task)} is not an action, but a task that methods refine: plan it.")
        effects = _call(self.actions[task[0]], task[0], now, task)
        if effects is None or isinstance(effects, str):
            return effects or "its precondition does not hold"
        if not isinstance(effects, Mapping):
            allowed = "an action returns what it changes, or a text that says why it cannot be done"
            given = f"the action {task[0]!r} returned {effects!r}"
            require.fail(given, allowed, "return {variable: value}", DomainError)
        return settled(now.after(effects), f"the action {task[0]!r}") if effects else now

    def refine(self, state: Facts, task: Task, method: str) -> tuple[Task, ...] | str:
        """The subtasks into which the method of this name refines a task, or why it does not apply here.

        Raises DomainError if the method returns something else, or a task that is not known.
        """
        subtasks = _call(self.methods[task[0]][method], method, settled(state), task)
        if subtasks is None or isinstance(subtasks, str):
            return subtasks or "its precondition does not hold"
        name = f"the method {method!r} of {task[0]!r}"
        if not isinstance(subtasks, (list, tuple)):
            allowed = "a method returns a list of tasks, which may be empty, or why it does not apply"
            require.fail(f"{name} returned {subtasks!r}", allowed, "return [('walk', who, to)]", DomainError)
        return tuple(self.check(each, name) for each in subtasks)


def _by_name(functions: Functions[F], where: str) -> dict[str, F]:
    """Functions by name, at least one method."""
    listed = isinstance(functions, Iterable) and not isinstance(functions, str)
    own = [(getattr(each, "__name__", None), each) for each in functions] if listed else []
    pairs: list[tuple[Any, Any]] = list(functions.items()) if isinstance(functions, Mapping) else own
    names = [name for name, function in pairs if isinstance(name, str) and callable(function)]
    if not listed or not len(pairs) == len(names) == len(set(names)) or not (names or where == "actions"):
        allowed = (
            "expected a list of functions, each with a name of its own, or a mapping of names to functions"
        )
        require.fail(f"{where}={functions!r}", allowed, f"{where}=[walk, ride]", DomainError)
    return dict(zip(names, (function for _, function in pairs), strict=True))


def _call(function: Callable[..., T], name: str, state: State, task: Task) -> T:
    try:
        return function(state, *task[1:])
    except TypeError:
        try:
            signature(function).bind(state, *task[1:])
        except TypeError as error:
            given = f"{said(task)!r}: {name}{signature(function)} cannot be called so ({error})"
            allowed = "expected a task with as many arguments as it takes, besides the state"
            require.fail(given, allowed, "('walk', 'alice', 'park')", DomainError)
        raise


def settled(state: Facts, source: str = "the state") -> State:
    """A mapping as a `State`; raises DomainError if a value in it could change."""
    made = state if isinstance(state, State) else State(state)
    try:
        hash(made)
    except TypeError:
        name, value = next((name, value) for name, value in made.items() if not _hashable(value))
        allowed = "expected a value that cannot change: numbers, texts, tuples, frozensets"
        require.fail(f"{source} sets {name!r} to {value!r}", allowed, "('cup', 'mug')", DomainError)
    return made


def _hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def execute(state: Facts, plan: Plan, domain: Domain) -> State | Refusal:
    """The state in which a plan that begins in `state` ends, or which of its actions fails and why."""
    now = settled(state)
    for done, task in enumerate(plan):
        known = task[:1] != () and task[0] in domain.actions
        after = domain.perform(now, task) if known else "it is not an action"
        if isinstance(after, str):
            return Refusal(task, str(*task[:1]), after, done)
        now = after
    return now


def replay(state: Facts, tasks: Sequence[Task], chosen: Iterable[Refined], domain: Domain) -> Plan | str:
    """The plan that results from refining `tasks` by the methods chosen, or where that goes wrong."""
    now, left, plan = settled(state), [*reversed(tasks)], []
    for row in chosen:
        task = left.pop() if left else None
        if task != row.task:
            return f"{said(row.task)} was refined where {said(task) if task else 'nothing'} was to be done"
        known = row.by in domain.methods.get(task[0], ())
        if bool(row.by) != known or not (known or task[0] in domain.actions):
            return f"{row.by or 'no action'} does not do {said(task)}"
        result = domain.refine(now, task, row.by) if known else domain.perform(now, task)
        if isinstance(result, str):
            return f"{said(task)} cannot be done so: {result}"
        if isinstance(result, State):
            now = result
            plan.append(task)
        else:
            left += reversed(result)
    return f"{said(left[-1])} was never done" if left else tuple(plan)


def remaining(tasks: Sequence[Task], chosen: Iterable[Refined], actions: int) -> tuple[Task, ...]:
    """Those of `tasks` that are not completely done after this many `actions` of the plan.

    >>> rows = [Refined(("a",), "", 0), Refined(("b",), "method", 0), Refined(("c",), "", 1)]
    >>> [remaining([("a",), ("b",)], rows, actions) for actions in (0, 1, 2)]
    [(('a',), ('b',)), (('b',),), ()]
    """
    actions_of, place = [0] * len(tasks), -1
    for row in chosen:
        place += row.level == 0
        actions_of[place] += not row.by
    return tuple(tasks[sum(end <= actions for end in accumulate(actions_of)) :])
