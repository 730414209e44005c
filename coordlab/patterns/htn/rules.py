"""Hierarchical task networks: plan by refining tasks, with methods, until only actions are left.

A task is a tuple, a name and its arguments: ("travel", "alice", "park").  An action is a function
`(state, *arguments)` that returns what it changes; a method one that returns the subtasks, in order, that
do the task.  Either may return a text instead: why it cannot be done here.  Total-order forward
decomposition as in SHOP (D. Nau et al., SHOP: Simple Hierarchical Ordered Planner, IJCAI 1999).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from inspect import signature
from itertools import accumulate
from types import MappingProxyType
from typing import Any, NoReturn

from coordlab.world.message import message

Task = tuple[Any, ...]
Plan = tuple[Task, ...]
Effects = Mapping[Any, Hashable]
Action = Callable[..., Effects | str | None]
Method = Callable[..., Sequence[Task] | str | None]

FOUND, EXHAUSTED, LIMIT = "found", "exhausted", "limit"


class DomainError(ValueError):
    """A domain, a task or a state that cannot be: says what was given, what is allowed, what to write."""


def said(task: Task) -> str:
    """A task in words.

    >>> said(("travel", "alice", "park"))
    'travel alice park'
    """
    return " ".join(map(str, task))


class State(dict[Any, Any]):
    """What is the case: the value of each variable.  It never changes; `after` gives another one.

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
        """The state in which these variables have these values, and all others the ones they had."""
        return type(self)({**self, **effects})

    def __missing__(self, variable: object) -> NoReturn:
        raise DomainError(
            f"the state says nothing of {variable!r}; it knows {', '.join(map(repr, self)) or 'nothing'}. "
            f"Add it, or write state.get({variable!r}) where it may be missing."
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(
            "a state never changes, for other branches of the search look at the same one. "
            "Let the action return what it changes: return {variable: value}."
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = setdefault = pop = popitem = clear = _refuse


@message
class Refined:
    """This is how the task is done."""

    task: Task
    by: str  # the method that refines it; the empty text if it is an action
    level: int  # in the decomposition tree: 0 for the tasks one began with


@message
class Refusal:
    """This cannot be done here."""

    task: Task
    by: str  # the action or method that refused
    because: str
    after: int  # how many actions had been planned by then


class Domain:
    """What can be done: actions, and for each other task its methods, the preferred one first.

    `costs` are what actions cost, 1 for those not named.
    """

    def __init__(
        self,
        actions: Iterable[Action],
        methods: Mapping[str, Iterable[Method]] = MappingProxyType({}),
        costs: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self.actions: dict[str, Action] = _by_name(_several(actions, "actions"), "an action")
        self.methods: dict[str, tuple[Method, ...]] = {
            task: _several(each, f"methods[{task!r}]") for task, each in methods.items()
        }
        self.costs = dict(costs)
        for task, each in self.methods.items():
            if not _by_name(each, f"a method of {task!r}"):
                raise DomainError(f"the task {task!r} has no methods. Give one, if only one that returns [].")
        if both := sorted(self.actions.keys() & self.methods.keys()):
            raise DomainError(
                f"{both[0]!r} is both an action and a task with methods, so nobody could tell which one is "
                f"meant. Rename one of them."
            )
        for name, cost in self.costs.items():
            if name not in self.actions or not cost >= 0:
                raise DomainError(
                    f"costs[{name!r}] = {cost!r}: a cost is 0 or more, and is that of an action: "
                    f"{', '.join(self.actions)}."
                )

    def __repr__(self) -> str:
        return f"<Domain of {_many(self.actions, 'action')} and {_many(self.methods, 'task')}>"

    def check(self, task: Any, source: str = "the tasks") -> Task:
        """A task of this domain, or a `DomainError` that says what `source` gave instead."""
        if not isinstance(task, tuple) or not task or not _hashable(task):
            raise DomainError(
                f"{source}: {task!r} is no task, which is a tuple of a name and arguments that cannot "
                f"change. Write for instance ({next(iter(self.methods or self.actions), 'wait')!r},)."
            )
        if task[0] not in self.actions and task[0] not in self.methods:
            raise DomainError(
                f"{source}: nobody knows the task {task[0]!r}. The actions are "
                f"{', '.join(self.actions) or 'none'}, the tasks with methods "
                f"{', '.join(self.methods) or 'none'}. Add it to the Domain, or fix the name."
            )
        return task

    def perform(self, state: Mapping[Any, Hashable], task: Task) -> State | str:
        """The state after an action, or why it cannot be done in this one."""
        now = settled(state)
        if self.check(task)[0] not in self.actions:
            raise DomainError(f"{said(task)} is no action, but a task that methods refine. Plan it first.")
        effects = _call(self.actions[task[0]], now, task)
        if effects is None or isinstance(effects, str):
            return effects or "its precondition does not hold"
        if not isinstance(effects, Mapping):
            raise DomainError(
                f"the action {task[0]!r} returned {effects!r}. It returns what it changes, as "
                f"{{variable: value}}, or a text that says why it cannot be done."
            )
        return settled(now.after(effects), f"the action {task[0]!r}") if effects else now

    def refine(self, state: Mapping[Any, Hashable], task: Task, method: Method) -> tuple[Task, ...] | str:
        """The subtasks into which a method refines a task, or why it does not apply in this state."""
        subtasks = _call(method, settled(state), task)
        if subtasks is None or isinstance(subtasks, str):
            return subtasks or "its precondition does not hold"
        name = f"the method {method.__name__!r} of {task[0]!r}"
        if not isinstance(subtasks, (list, tuple)):
            raise DomainError(
                f"{name} returned {subtasks!r}. It returns a list of tasks, [] if nothing is to be done, or "
                f"a text that says why it does not apply."
            )
        return tuple(self.check(each, name) for each in subtasks)


def _many(things: Sized, what: str) -> str:
    return f"{len(things)} {what}{'s' * (len(things) != 1)}"


def _several(functions: Any, where: str) -> tuple[Callable[..., Any], ...]:
    if isinstance(functions, Iterable) and not isinstance(functions, (Mapping, str)):
        return tuple(functions)
    among = functions.values() if isinstance(functions, Mapping) else (functions,)
    names = ", ".join(getattr(each, "__name__", repr(each)) for each in among)
    raise DomainError(
        f"{where} is a {type(functions).__name__}: a list of functions is meant, each known by its own name. "
        f"Write [{names}]."
    )


def _by_name(functions: Iterable[Callable[..., Any]], what: str) -> dict[str, Callable[..., Any]]:
    named: dict[str, Callable[..., Any]] = {}
    for each in functions:
        name = getattr(each, "__name__", None)
        if not callable(each) or not isinstance(name, str) or name in named:
            fault = f"{name!r} stands there twice" if name in named else f"{each!r} has no name"
            raise DomainError(
                f"{fault}: {what} is known by its name. Write it with `def`, under its own name."
            )
        named[name] = each
    return named


def _call(function: Callable[..., Any], state: State, task: Task) -> Any:
    try:
        return function(state, *task[1:])
    except TypeError:
        try:
            signature(function).bind(state, *task[1:])
        except TypeError as error:
            raise DomainError(
                f"{said(task)!r}: {function.__name__}{signature(function)} cannot be called so ({error}). "
                f"Give the task as many arguments as it takes, after the state."
            ) from None
        raise


def settled(state: Mapping[Any, Any], source: str = "the state") -> State:
    """A mapping as a `State`, if nothing in it can change."""
    made = state if isinstance(state, State) else State(state)
    try:
        hash(made)
    except TypeError:
        name, value = next((name, value) for name, value in made.items() if not _hashable(value))
        raise DomainError(
            f"{source} sets {name!r} to {value!r}, which could still change while others look at it. Use "
            f"numbers, texts, tuples and frozensets, or one variable for each part."
        ) from None
    return made


def _hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


@dataclass(frozen=True)
class Outcome:
    """What came of a search: `found` a plan, `exhausted` all there is, or reached a `limit`.

    `plan` is None unless found.  `chosen` is the decomposition tree, each task before its subtasks;
    `state` is where the plan ends, `cost` what it costs; `steps` how many tasks the search looked at, and
    `tried` how often it tried each action and method.  `refusals` say what was in the way, each once; `cut`
    why not everything was looked at.
    """

    status: str
    plan: Plan | None = None
    chosen: tuple[Refined, ...] = ()
    state: State | None = None
    cost: float = 0.0
    steps: int = 0
    tried: Mapping[str, int] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    cut: str = ""

    def __bool__(self) -> bool:
        return self.status == FOUND

    def __repr__(self) -> str:
        steps = ", ".join(map(said, self.plan or ())) or "nothing to do"
        return f"<{self.status}: {steps if self else self.because}>"

    @property
    def tree(self) -> str:
        """The decomposition tree as text: below each task, further to the right, its subtasks."""
        rows = ((each, f"  by {each.by}" if each.by else "") for each in self.chosen)
        return "\n".join(f"{'  ' * each.level}{said(each.task)}{by}" for each, by in rows)

    @property
    def because(self) -> str:
        """Why there is no plan: what could not be done where the search got furthest."""
        if self:
            return ""
        furthest = max((each.after for each in self.refusals), default=0)
        whys: dict[Task, list[str]] = {}
        for each in self.refusals:
            if each.after == furthest:
                by = "" if each.by == each.task[0] else f"{each.by}: "
                whys.setdefault(each.task, []).append(by + each.because)
        where = f"after {furthest} action{'s' * (furthest > 1)}" if furthest else "at the start"
        stuck = ", ".join(f"{said(task)} ({'; '.join(why)})" for task, why in whys.items())
        return "; ".join(each for each in (self.cut, stuck and f"stuck {where}: {stuck}") if each)


@dataclass(frozen=True, eq=False, slots=True)
class _Agenda:
    """What is left to do: a task, the task it is a part of, and the rest (None at the end)."""

    task: Task
    level: int
    parent: _Agenda | None
    rest: _Agenda | None

    def is_part_of(self, other: _Agenda) -> bool:
        """Whether refining that task led to this one."""
        parent = self.parent
        while parent is not None and parent is not other:
            parent = parent.parent
        return parent is other


@dataclass(frozen=True, eq=False, slots=True)
class _Node:
    """A partial plan: what is left to do, in which state, and the node and the choice from which it came."""

    state: State
    agenda: _Agenda | None
    cost: float = 0.0
    actions: int = 0
    before: _Node | None = None
    row: Refined | None = None

    @property
    def chosen(self) -> tuple[Refined, ...]:
        """All choices that led here, the first one first."""
        rows, node = [], self
        while node.before is not None and node.row is not None:
            rows.append(node.row)
            node = node.before
        return tuple(reversed(rows))


class _Search:
    """Depth first through partial plans, on a stack of its own, so that a plan may be of any length."""

    def __init__(self, domain: Domain, limit: int, budget: float) -> None:
        self.domain, self.limit, self.budget = domain, limit, budget
        self.steps = 0
        self.tried: Counter[str] = Counter()
        self.refusals: dict[Refusal, None] = {}  # each once, in the order met
        self.begun: dict[tuple[Task, State], list[_Agenda]] = {}  # and not given up
        self.cut = ""

    def run(self, start: _Node) -> Outcome:
        """The first plan in order of preference, or why there is none."""
        stack = [iter((start,))]
        while stack:
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
            elif node.agenda is None:
                return self._outcome(FOUND, node)
            elif self.steps >= self.limit:
                self.cut = f"the search was stopped after {self.limit} steps"
                break
            else:
                self.steps += 1
                stack.append(self._successors(node, node.agenda))
        return self._outcome(LIMIT if self.cut else EXHAUSTED)

    def _outcome(self, status: str, node: _Node | None = None) -> Outcome:
        effort = self.steps, self.tried, tuple(self.refusals), self.cut
        if node is None:
            return Outcome(status, None, (), None, 0.0, *effort)
        plan = tuple(row.task for row in node.chosen if not row.by)
        return Outcome(status, plan, node.chosen, node.state, node.cost, *effort)

    def _successors(self, node: _Node, agenda: _Agenda) -> Iterator[_Node]:
        """The partial plans that come of doing, or refining, the next task."""
        is_action = agenda.task[0] in self.domain.actions
        return self._done(node, agenda) if is_action else self._refined(node, agenda)

    def _done(self, node: _Node, agenda: _Agenda) -> Iterator[_Node]:
        task = agenda.task
        cost = node.cost + self.domain.costs.get(task[0], 1.0)
        state = self.domain.perform(node.state, task)
        self.tried[task[0]] += 1
        if isinstance(state, str):
            self._refuse(node, task, task[0], state)
        elif cost > self.budget:
            self.cut = f"plans that cost more than {self.budget:g} were not looked at"
            self._refuse(node, task, task[0], f"the plan would cost {cost:g}")
        else:
            yield _Node(state, agenda.rest, cost, node.actions + 1, node, Refined(task, "", agenda.level))

    def _refined(self, node: _Node, agenda: _Agenda) -> Iterator[_Node]:
        task = agenda.task
        begun = self.begun.setdefault((task, node.state), [])
        if self._comes_back(agenda, begun):
            self._refuse(node, task, task[0], "it comes back to itself in the same state")
            return
        begun.append(agenda)
        for method in self.domain.methods[task[0]]:
            name, subtasks = method.__name__, self.domain.refine(node.state, task, method)
            self.tried[name] += 1
            if isinstance(subtasks, str):
                self._refuse(node, task, name, subtasks)
            else:
                left = _before(subtasks, agenda.rest, agenda.level + 1, agenda)
                row = Refined(task, name, agenda.level)
                yield _Node(node.state, left, node.cost, node.actions, node, row)
        begun.pop()

    def _comes_back(self, agenda: _Agenda, begun: list[_Agenda]) -> bool:
        """Whether a task is part of itself, in the same state: what would follow has been looked at.

        Unless more is left to do after it each time round: then plans are left out, and this is a limit.
        """
        for earlier in begun:
            if agenda.is_part_of(earlier):
                if earlier.rest is not agenda.rest:
                    self.cut = f"{said(agenda.task)} was not refined into itself again and again"
                return True
        return False

    def _refuse(self, node: _Node, task: Task, by: str, because: str) -> None:
        self.refusals.setdefault(Refusal(task, by, because, node.actions))


def _before(
    tasks: Sequence[Task], rest: _Agenda | None, level: int = 0, parent: _Agenda | None = None
) -> _Agenda | None:
    """The agenda on which these tasks come before the rest."""
    for task in reversed(tasks):
        rest = _Agenda(task, level, parent, rest)
    return rest


def find_plan(
    state: Mapping[Any, Hashable],
    tasks: Iterable[Task],
    domain: Domain,
    limit: int = 100_000,
    budget: float = float("inf"),
) -> Outcome:
    """The first plan that does `tasks` in order from `state`, methods taken in their order of preference.

    Looks at no more than `limit` tasks, and at no plan that costs more than `budget`.  The caller's state
    stays as it is.

    >>> def take(state, thing): return {thing: "taken"} if state[thing] == "here" else f"no {thing} here"
    >>> def any_of(state, *things): return [("take", thing) for thing in things]
    >>> domain = Domain([take], {"get": [any_of]})
    >>> find_plan({"cup": "here", "mug": "lost"}, [("get", "cup")], domain)
    <found: take cup>
    >>> find_plan({"cup": "here", "mug": "lost"}, [("get", "cup", "mug")], domain)
    <exhausted: stuck after 1 action: take mug (no mug here)>
    """
    if not limit > 0 or not budget >= 0:
        raise DomainError(
            f"limit={limit!r}, budget={budget!r}: a search may look at 1 task or more and spend 0 or more. "
            f"Leave them out for {100_000:,} tasks at any cost."
        )
    begin = _before([domain.check(task) for task in _listed(tasks)], None)
    return _Search(domain, limit, budget).run(_Node(settled(state), begin))


def _listed(tasks: Iterable[Task]) -> list[Task]:
    if isinstance(tasks, str) or (isinstance(tasks, tuple) and tasks and isinstance(tasks[0], str)):
        raise DomainError(f"the tasks {tasks!r} are one task, or a text. Give a list of tasks: [{tasks!r}].")
    return list(tasks)


def execute(state: Mapping[Any, Hashable], plan: Plan, domain: Domain) -> State | str:
    """The state in which a plan ends that begins in `state`, or which of its actions fails and why."""
    now = settled(state)
    for number, task in enumerate(plan, 1):
        if task[:1] == () or task[0] not in domain.actions:
            return f"step {number}, {said(task)!r}, is no action"
        after = domain.perform(now, task)
        if isinstance(after, str):
            return f"step {number}, {said(task)}, fails: {after}"
        now = after
    return now


def replay(
    state: Mapping[Any, Hashable], tasks: Sequence[Task], chosen: Iterable[Refined], domain: Domain
) -> Plan | str:
    """The plan that comes of refining `tasks` by the methods chosen, or where that goes wrong."""
    now, left, plan = settled(state), [*reversed(tasks)], []
    for row in chosen:
        task = left.pop() if left else None
        if task != row.task:
            return f"{said(row.task)} was refined where {said(task) if task else 'nothing'} was to be done"
        methods = [each for each in domain.methods.get(task[0], ()) if each.__name__ == row.by]
        if bool(row.by) != bool(methods) or not (methods or task[0] in domain.actions):
            return f"{row.by or 'no action'} is no way to do {said(task)}"
        result = domain.refine(now, task, methods[0]) if methods else domain.perform(now, task)
        if isinstance(result, str):
            return f"{said(task)} cannot be done so: {result}"
        if isinstance(result, State):
            now = result
            plan.append(task)
        else:
            left += reversed(result)
    return f"{said(left[-1])} was never done" if left else tuple(plan)


def remaining(tasks: Sequence[Task], chosen: Iterable[Refined], actions: int) -> tuple[Task, ...]:
    """Those of `tasks` that are not wholly done after so many actions of the plan.

    >>> rows = [Refined(("a",), "", 0), Refined(("b",), "method", 0), Refined(("c",), "", 1)]
    >>> [remaining([("a",), ("b",)], rows, actions) for actions in (0, 1, 2)]
    [(('a',), ('b',)), (('b',),), ()]
    """
    actions_of, place = [0] * len(tasks), -1
    for row in chosen:
        place += row.level == 0
        actions_of[place] += not row.by
    return tuple(tasks[sum(end <= actions for end in accumulate(actions_of)) :])
