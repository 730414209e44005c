"""A crew's rules: which tasks make a crew, what each waits for and reads, guardrails, delegation.

Different to CrewAI on purpose: a retry keeps the context beside the last refusal, a new answer passes all
guardrails again, asynchronous tasks may wait for each other, and a crew may end with several of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NoReturn

from coordlab import requirements as require
from coordlab.patterns.orchestration import rules as shared
from coordlab.patterns.orchestration.rules import Ended, Rights, Stop, StopReason, Turn, Utterance, find_name
from coordlab.world.message import message


class CrewError(ValueError):
    """Agents, tasks or rights that cannot make a crew.

    `codes` names each mistake, for programs: same-agent, manager, process, no-tasks, same-task, condition,
    context, no-agent, unknown-agent or rights; it is empty for a setting that is no such mistake.
    """

    def __init__(self, text: str, *codes: str) -> None:
        super().__init__(text)
        self.codes = codes


def _refuse(code: str, given: str, allowed: str, example: str) -> NoReturn:
    require.fail(given, allowed, example, lambda text: CrewError(text, code))


class Process(StrEnum):
    """How it is decided which agent does which task."""

    SEQUENTIAL = "sequential"  # each task names its agent
    HIERARCHICAL = "hierarchical"  # a manager delegates

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        _refuse("process", f"process={value!r}", f"expected one of {', '.join(cls)}", "process='sequential'")


@message
class Output:
    """This is the output of the task.

    `agent` is the one that answered for it; a conditional task that was skipped has an empty content.
    """

    task: str
    agent: str
    content: Any
    tokens: int = 0
    skipped: bool = False


@message
class Refused:
    """This answer does not pass, and why."""

    task: str
    place: int  # of the guardrail, from 0
    guardrail: str
    answer: object
    why: str


Guardrail = Callable[[Any], tuple[bool, object]]
"""Looks at a content; returns True and the content to go on with, or False and the reason."""


@dataclass(frozen=True, repr=False)
class Task(require.Readable):
    """One thing to do.

    - `name`, `description`: its agent is told the description, or without one the name.
    - `agent`: the one that does it; in a hierarchy, the only one to which it may be delegated.
    - `context`: the tasks whose outputs it reads, in this order; None is all earlier ones that are done.
    - `asynchronous`: it lets the next task begin before it is done.
    - `guardrails`: what its answer must pass, in this order.
    - `retries`: how often each guardrail may refuse before the task fails, 0 or more.
    - `condition`: a function of the output before it; unless that is true, it is skipped.

    Raises CrewError if `context` or `retries` is something else.
    """

    name: str
    description: str = ""
    agent: str | None = None
    context: tuple[str, ...] | None = None
    asynchronous: bool = False
    guardrails: tuple[Guardrail, ...] = ()
    retries: int = 3
    condition: Callable[[Output], bool] | None = None

    def __post_init__(self) -> None:
        require.count("retries", self.retries, example=3, error=CrewError)
        if self.context is not None:
            example = "context=('plan',)"
            context = require.names("context", self.context, empty=True, example=example, error=CrewError)
            object.__setattr__(self, "context", context)

    def __repr__(self) -> str:
        return f"<Task {self.name}>"

    def __deepcopy__(self, memo: object) -> Task:
        """Itself: it cannot change."""
        return self

    @property
    def step(self) -> Step:
        """The task as the crew puts it on record."""
        return Step(self.name, self.agent, self.context, self.asynchronous, self.retries)


def validate(
    agents: Sequence[str], tasks: Sequence[Task], process: Process, manager: str | None
) -> tuple[Task, ...]:
    """The tasks, with their agents spelt as in `agents`; raises CrewError if they do not make a crew.

    The error tells one mistake of each task, and its `codes` name them.

    >>> validate(["ann"], [Task("plan", agent="'ANN'")], Process.SEQUENTIAL, None)[0].agent
    'ann'
    """
    _check_agents(agents, process, manager)
    listed = isinstance(tasks, Sequence) and all(isinstance(each, Task) for each in tasks)
    if not listed or not tasks:
        _refuse(
            "no-tasks",
            f"tasks={tasks!r}",
            "expected a list of tasks, one or more",
            "[Task('plan', agent='ann')]",
        )
    earlier: dict[str, Task] = {}
    mistakes: list[CrewError] = []
    for task in tasks:
        try:
            _check_task(task, earlier, tasks)
            earlier[task.name] = replace(task, agent=_assigned(task, agents, process, manager))
        except CrewError as mistake:
            mistakes.append(mistake)
            earlier.setdefault(task.name, task)
    if mistakes:
        codes = [code for mistake in mistakes for code in mistake.codes]
        raise CrewError("\n".join(map(str, mistakes)), *codes)
    return tuple(earlier.values())


def _check_agents(agents: Sequence[str], process: Process, manager: str | None) -> None:
    require.names("agents", agents, error=CrewError)
    if twice := [name for place, name in enumerate(agents) if find_name(name, agents[:place])]:
        given = f"agents={list(agents)!r}: {twice[0]!r} is listed twice"
        allowed = "expected different names; case and quotes make no difference"
        _refuse("same-agent", given, allowed, "['ann', 'bob']")
    if process is Process.SEQUENTIAL and manager is not None:
        _refuse(
            "manager", f"manager={manager!r}", "only a hierarchical crew has one", "process='hierarchical'"
        )
    if process is Process.HIERARCHICAL and manager is None:
        _refuse("manager", "manager=None", "a hierarchical crew has one", "manager='boss'")
    if manager is not None and find_name(manager, agents):
        allowed = "the manager cannot be one of the agents, to which it delegates"
        _refuse(
            "manager",
            f"manager={manager!r}, agents={list(agents)!r}",
            allowed,
            "manager='boss', and add a boss",
        )


def _check_task(task: Task, earlier: Mapping[str, Task], tasks: Sequence[Task]) -> None:
    if task.name in earlier:
        _refuse("same-task", f"two tasks {task.name!r}", "expected different names", f"Task('{task.name} 2')")
    if task.condition is not None and (task.asynchronous or not earlier):
        kind = "asynchronous" if task.asynchronous else "first"
        allowed = "a condition reads the output before it: not in the first task, nor an asynchronous one"
        _refuse(
            "condition",
            f"{task!r} is conditional and {kind}",
            allowed,
            "a task before it, without asynchronous=True",
        )
    if missing := [name for name in task.context or () if name not in earlier]:
        later = any(missing[0] == each.name for each in tasks)
        given = f"{task!r} reads {missing[0]!r}, which is {'not earlier' if later else 'not a task'}"
        allowed = f"expected earlier tasks, here {', '.join(earlier) or 'none'}"
        _refuse("context", given, allowed, "context=(), or another order")


def _assigned(task: Task, agents: Sequence[str], process: Process, manager: str | None) -> str | None:
    """The agent of a task, spelt as in `agents`."""
    allowed = f"expected one of {', '.join(agents)}"
    if task.agent is None and process is Process.SEQUENTIAL:
        _refuse("no-agent", f"{task!r} has no agent", allowed, f"Task({task.name!r}, agent={agents[0]!r})")
    if task.agent is None:
        return None
    if manager is not None and find_name(task.agent, [manager]):
        allowed = f"{allowed}, or None: the manager delegates and does no task"
        _refuse("manager", f"{task!r} has the manager as its agent", allowed, f"Task({task.name!r})")
    name = find_name(task.agent, agents)
    if name is None:
        _refuse(
            "unknown-agent", f"{task!r} has agent {task.agent!r}", allowed, f"agent={agents[0]!r}, or add it"
        )
    return name


def coworkers(
    agents: Sequence[str], tasks: Sequence[Task], manager: str | None, rights: Rights | None = None
) -> dict[str, tuple[str, ...]]:
    """The agents to which each may delegate; by default the manager to all, and no other agent.

    Raises CrewError if rights name a stranger, or if the manager may not delegate one of the tasks.
    """
    rights = default_rights(agents, manager) if rights is None else rights
    require.instance("rights", rights, Rights, "Rights({'boss': ('ann',)})", CrewError)
    everybody = (*agents, *([] if manager is None else [manager]))
    named = [each for delegating, to in (rights.allowed or {}).items() for each in (delegating, *to)]
    if strangers := [name for name in named if find_name(name, everybody) is None]:
        example = f"Rights({{{everybody[-1]!r}: ({agents[0]!r},)}})"
        _refuse("rights", f"rights for {strangers[0]!r}", f"expected some of {', '.join(everybody)}", example)
    choices = {name: rights.choices(name, agents) for name in everybody}
    for task in tasks if manager is not None else ():
        if not choices[str(manager)] or (task.agent and task.agent not in choices[str(manager)]):
            given = f"{manager} may not delegate {task!r} to {task.agent or 'any agent'}"
            _refuse(
                "rights",
                given,
                "the manager does no task itself",
                f"Rights({{{manager!r}: {tuple(agents)!r}}})",
            )
    return choices


def default_rights(agents: Sequence[str], manager: str | None) -> Rights:
    """A manager may delegate to all agents, and no other agent may delegate."""
    return Rights({} if manager is None else {manager: tuple(agents)})


def contexts(tasks: Sequence[Task | Step]) -> dict[str, tuple[str, ...]]:
    """The outputs each task reads: those it names, else all earlier ones, except asynchronous ones under way.

    >>> contexts([Task("a"), Task("b", asynchronous=True), Task("c", asynchronous=True), Task("d")])
    {'a': (), 'b': ('a',), 'c': ('a',), 'd': ('a', 'b', 'c')}
    """
    read: dict[str, tuple[str, ...]] = {}
    done: tuple[str, ...] = ()
    under_way: tuple[str, ...] = ()
    for task in tasks:
        if not task.asynchronous:
            done, under_way = done + under_way, ()
        read[task.name] = done if task.context is None else task.context
        if task.asynchronous:
            under_way += (task.name,)
        else:
            done += (task.name,)
    return read


def needs(tasks: Sequence[Task]) -> dict[str, tuple[str, ...]]:
    """What each task waits for: those whose outputs it reads, and the last that was not asynchronous.

    A task that is not asynchronous itself waits for all since then.
    """
    waits: dict[str, tuple[str, ...]] = {}
    last: tuple[str, ...] = ()
    since: tuple[str, ...] = ()  # asynchronous ones
    for task in tasks:
        if task.asynchronous:
            waits[task.name] = last + tuple(name for name in since if name in (task.context or ()))
            since = (*since, task.name)
        else:
            waits[task.name] = last + since
            last, since = (task.name,), ()
    return waits


def failed(task: Task, why: str) -> Ended:
    """What ends the crew when a task cannot be done."""
    return Ended(StopReason(Stop.FAILED, task.name, why))


def wanted(task: Task, before: Output | None) -> bool:
    """Whether a task is to be done after this output; if its condition raises, the task fails."""
    try:
        return task.condition is None or before is None or bool(task.condition(before))
    except Exception as error:  # noqa: BLE001  (a user's function may raise anything)
        raise failed(task, f"its condition: {type(error).__name__}: {error}") from None


def examined(task: Task, agent: str, content: object, tokens: int) -> Output | Refused:
    """The output of a task after its guardrails, or a refusal; if a guardrail raises, the task fails."""
    try:
        place, value = check(content, task.guardrails)
        if place is None:
            return Output(task.name, agent, shared.frozen(value), tokens)
    except Exception as error:  # noqa: BLE001  (as above)
        raise failed(task, f"its guardrails: {type(error).__name__}: {error}") from None
    return Refused(task.name, place, called(task.guardrails[place]), content, str(value))


def check(content: object, guardrails: Iterable[Guardrail]) -> tuple[int | None, object]:
    """None and the content after all guardrails, each applied to what the one before returned.

    If one objects: its place, and its reason.  Raises TypeError if one does not return a pair.

    >>> short = lambda text: (len(text) < 9, text if len(text) < 9 else "too long")
    >>> check(" yes ", [lambda text: (True, text.strip()), short]), check("no, not at all", [short])
    ((None, 'yes'), (0, 'too long'))
    """
    for place, guardrail in enumerate(guardrails):
        verdict = guardrail(content)
        if not (isinstance(verdict, tuple) and len(verdict) == 2 and isinstance(verdict[0], bool)):
            given = f"{called(guardrail)} returned {verdict!r}"
            allowed = "expected (True, content) or (False, reason)"
            require.fail(given, allowed, "return len(text) < 100, text", TypeError)
        passed, content = verdict
        if not passed:
            return place, content
    return None, content


def at_most(words: int) -> Guardrail:
    """A guardrail that lets texts of at most this many words pass.

    >>> at_most(2)("not so long"), called(at_most(2))
    ((False, '3 words'), 'at most 2 words')
    """

    def guardrail(content: object) -> tuple[bool, object]:
        count = len(str(content).split())
        return (True, content) if count <= words else (False, f"{count} words")

    guardrail.__name__ = f"at most {words} words"
    return guardrail


def called(guardrail: Guardrail) -> str:
    """The name of a guardrail."""
    name = getattr(guardrail, "__name__", "<lambda>")
    return "a guardrail" if name == "<lambda>" else name


@message
class Delegate:
    """Please do this for me."""

    to: str
    what: str
    context: str = ""


@message
class Ask:
    """What do you know about this?"""

    to: str
    what: str
    context: str = ""


@message
class Team:
    """I may delegate to these; each has this many things to do now."""

    members: tuple[tuple[str, int], ...]


def requests(content: object) -> tuple[Delegate | Ask, ...]:
    """What a reply delegates and asks, one or several at once; nothing if it is an answer.

    >>> requests(Delegate("ann", "count"))[0].to, requests("three")
    ('ann', ())
    """
    several = content if isinstance(content, tuple) else (content,)
    return several if all(isinstance(each, (Delegate, Ask)) for each in several) else ()


Policy = Callable[[Turn], object]
"""A manager's decision: what to delegate to which agent, or the answer."""


def least_busy(turn: Turn) -> object:
    """Delegates to the agent with least to do, the first of equals, and passes on what comes back."""
    return pass_on(turn, lambda team: min(team, key=lambda one: one[1])[0])


def pass_on(turn: Turn, choose: Callable[[tuple[tuple[str, int], ...]], str]) -> object:
    """What came back last; if nothing has, the whole task for the agent that `choose(team)` names.

    Raises LookupError if the turn has no team.
    """
    heard = [each.content for each in turn.context if isinstance(each, Utterance)]
    if heard:
        return heard[-1]
    team = next((each.members for each in turn.context if isinstance(each, Team)), ())
    require.that(team, f"turn {turn.id} without a team", "expected one", "Team((('ann', 0),))", LookupError)
    return Delegate(choose(team), turn.task, brief(turn.context))


def brief(context: Iterable[object]) -> str:
    """Outputs and refusals as a text that can be handed on.

    >>> brief([Output("plan", "ann", "three parts"), Refused("write", 0, "short", "long", "too long")])
    'plan: three parts; refused: too long'
    """
    outputs = [f"{each.task}: {each.content}" for each in context if isinstance(each, Output)]
    refusals = [f"refused: {each.why}" for each in context if isinstance(each, Refused)]
    return "; ".join(outputs + refusals)


@message
class Step:
    """This is to be done; see `Task`."""

    name: str
    agent: str | None
    context: tuple[str, ...] | None
    asynchronous: bool
    retries: int


@message
class Plan:
    """This is how we go about it."""

    agents: tuple[str, ...]
    manager: str | None
    steps: tuple[Step, ...]
