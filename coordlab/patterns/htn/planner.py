"""The planner: it refines tasks with methods until only actions are left.

Total-order forward decomposition as in SHOP (D. Nau et al., SHOP: Simple Hierarchical Ordered Planner, IJCAI
1999).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coordlab import requirements as require
from coordlab.patterns.htn.rules import Domain, DomainError, Refined, Refusal, State, Task, said, settled

FOUND, EXHAUSTED, LIMIT = "found", "exhausted", "limit"
NOWHERE = "it led nowhere"  # of a method: all that could follow was refused


@dataclass(frozen=True)
class Outcome:
    """The result of a search.

    status    `found` a plan, `exhausted` all possibilities, or reached a `limit`.
    plan      the actions in order; None unless found.
    chosen    the decomposition tree, each task before its subtasks.
    state     the state in which the plan ends.
    cost      the sum of the costs of its actions.
    steps     how many tasks the search looked at.
    tried     how often it tried each action and method.
    refusals  what was in the way, each once; a method that led nowhere comes after what it led to.
    cut       why the search did not look at everything; empty if it did.
    """

    status: str
    plan: tuple[Task, ...] | None = None
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
        """The decomposition tree as text: the subtasks of each task below it, indented."""
        rows = ((each, f"  by {each.by}" if each.by else "") for each in self.chosen)
        return "\n".join(f"{'  ' * each.level}{said(each.task)}{by}" for each, by in rows)

    @property
    def because(self) -> str:
        """Why there is no plan: what could not be done where the search got furthest."""
        if self:
            return ""
        causes = [each for each in self.refusals if each.because != NOWHERE]
        furthest = max((each.after for each in causes), default=0)
        whys: dict[Task, list[str]] = {}
        for each in causes:
            if each.after == furthest:
                by = "" if each.by == each.task[0] else f"{each.by}: "
                whys.setdefault(each.task, []).append(by + each.because)
        where = f"after {furthest} action{'s' * (furthest > 1)}" if furthest else "at the start"
        stuck = ", ".join(f"{said(task)} ({'; '.join(why)})" for task, why in whys.items())
        return "; ".join(each for each in (self.cut, stuck and f"stuck {where}: {stuck}") if each)


@dataclass(frozen=True, eq=False, slots=True)
class _Agenda:
    """What is left to do: a task, the task it is part of, and the rest (None at the end)."""

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
    """A partial plan: what is left to do, the state, and the node and the choice from which it came."""

    state: State
    agenda: _Agenda | None
    cost: float = 0.0
    actions: int = 0
    before: _Node | None = None
    row: Refined | None = None

    @property
    def chosen(self) -> tuple[Refined, ...]:
        """All choices that led here, in order."""
        rows, node = [], self
        while node.before is not None and node.row is not None:
            rows.append(node.row)
            node = node.before
        return tuple(reversed(rows))


class _Search:
    """Depth-first search through partial plans, with its own stack, so that a plan may have any length."""

    def __init__(self, domain: Domain, limit: int, budget: float) -> None:
        self.domain, self.limit, self.budget = domain, limit, budget
        self.steps = 0
        self.tried: Counter[str] = Counter()
        self.refusals: dict[Refusal, None] = {}  # each once, in the order met
        self.begun: dict[tuple[Task, State], list[_Agenda]] = {}  # those that are still being refined
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
                is_action = node.agenda.task[0] in self.domain.actions
                stack.append((self._done if is_action else self._refined)(node, node.agenda))
        return self._outcome(LIMIT if self.cut else EXHAUSTED)

    def _outcome(self, status: str, node: _Node | None = None) -> Outcome:
        effort = self.steps, self.tried, tuple(self.refusals), self.cut
        if node is None:
            return Outcome(status, None, (), None, 0.0, *effort)
        plan = tuple(row.task for row in node.chosen if not row.by)
        return Outcome(status, plan, node.chosen, node.state, node.cost, *effort)

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
        for name in self.domain.methods[task[0]]:
            subtasks = self.domain.refine(node.state, task, name)
            self.tried[name] += 1
            if isinstance(subtasks, str):
                self._refuse(node, task, name, subtasks)
            else:
                left = _first(subtasks, agenda.rest, agenda.level + 1, agenda)
                row = Refined(task, name, agenda.level)
                yield _Node(node.state, left, node.cost, node.actions, node, row)
                self._refuse(node, task, name, NOWHERE)  # the search has come back
        begun.pop()

    def _comes_back(self, agenda: _Agenda, begun: list[_Agenda]) -> bool:
        """Whether a task is part of itself in the same state, so that what would follow has been looked at.

        If more is left to do after it each time, plans are left out, and that is a limit.
        """
        for earlier in begun:
            if agenda.is_part_of(earlier):
                if earlier.rest is not agenda.rest:
                    self.cut = f"{said(agenda.task)} was not refined into itself again and again"
                return True
        return False

    def _refuse(self, node: _Node, task: Task, by: str, because: str) -> None:
        self.refusals.setdefault(Refusal(task, by, because, node.actions))


def _first(tasks: Sequence[Task], rest: _Agenda | None, level: int, parent: _Agenda | None) -> _Agenda | None:
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
    """The first plan that does `tasks` in order from `state`; methods are tried in order of preference.

    limit   how many tasks the search may look at, 1 or more.
    budget  the highest cost of a plan, 0 or more.

    The caller's state stays as it is.  Raises DomainError if a task, the state or a limit is not valid.

    >>> def take(state, thing): return {thing: "taken"} if state[thing] == "here" else f"no {thing} here"
    >>> def any_of(state, *things): return [("take", thing) for thing in things]
    >>> domain = Domain([take], {"get": [any_of]})
    >>> find_plan({"cup": "here", "mug": "lost"}, [("get", "cup")], domain)
    <found: take cup>
    >>> find_plan({"cup": "here", "mug": "lost"}, [("get", "cup", "mug")], domain)
    <exhausted: stuck after 1 action: take mug (no mug here)>
    """
    require.count("limit", limit, least=1, example=100_000, error=DomainError)
    require.that(budget >= 0, f"budget={budget!r}", "expected a cost, 0 or more", "budget=20", DomainError)
    one = isinstance(tasks, str) or (isinstance(tasks, tuple) and bool(tasks) and isinstance(tasks[0], str))
    require.that(not one, f"tasks={tasks!r}", "expected a list of tasks", f"tasks=[{tasks!r}]", DomainError)
    begin = _first([domain.check(task) for task in tasks], None, 0, None)
    return _Search(domain, limit, budget).run(_Node(settled(state), begin))
