"""A crew's rules: which tasks make a crew, what each one waits for and reads, guardrails, whom to ask.

Tasks, processes, guardrails and conditional tasks are those of CrewAI, which is not imported.  Different
on purpose: a retry keeps the context, a new answer passes all guardrails again, asynchronous tasks may wait
for each other, and a crew may end with several of them, for its result holds every output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NoReturn

from coordlab.patterns.orchestration.rules import (
    Ended,
    Rights,
    Stop,
    StopReason,
    Turn,
    Utterance,
    find_name,
    frozen,
)
from coordlab.world.message import message


class CrewError(ValueError):
    """A crew that cannot be: says what was given, what is allowed, and what to write."""


class Process(StrEnum):
    """Who decides who does what."""

    SEQUENTIAL = "sequential"  # each task names its agent
    HIERARCHICAL = "hierarchical"  # a manager delegates

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        _refuse(f"process={value!r}", f"one of {', '.join(cls)}", "process='sequential'")


@message
class Output:
    """This came of the task.

    `agent` is who answered for it; a conditional task that was skipped has an empty content.
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
    answer: Any
    why: str


Guardrail = Callable[[Any], tuple[bool, Any]]
"""Looks at a content; gives True and the content to go on with, or False and the reason."""


@dataclass(frozen=True)
class Task:
    """One thing to do.

    `agent` is who does it (in a hierarchy: to whom alone it may be delegated).  `context` names the tasks
    whose outputs it reads, in this order; None is all earlier ones that are done, () nothing.  An
    `asynchronous` task lets the next begin before it is done.  `retries` are for each guardrail.  With a
    `condition` it is skipped unless that is true of the output before it.
    """

    name: str
    description: str = ""
    agent: str | None = None
    context: tuple[str, ...] | None = None
    asynchronous: bool = False
    guardrails: tuple[Guardrail, ...] = ()
    retries: int = 3
    condition: Callable[[Output], bool] | None = None

    def __repr__(self) -> str:
        return f"<Task {self.name}>"

    def __deepcopy__(self, memo: object) -> Task:
        """Itself: it cannot change."""
        return self

    @property
    def text(self) -> str:
        """What its agent is told to do."""
        return self.description or self.name


# --- a crew that can be ---------------------------------------------------------------------------


def validate(
    agents: Sequence[str], tasks: Sequence[Task], process: Process, manager: str | None, tries: int = 1
) -> tuple[Task, ...]:
    """The tasks, with their agents named as in `agents`; a `CrewError` that teaches if they make no crew.

    >>> validate(["ann"], [Task("plan", agent="'ANN'")], Process.SEQUENTIAL, None)[0].agent
    'ann'
    """
    listed = not isinstance(agents, str) and _only(agents, str) and _only(tasks, Task)
    if not listed:
        given = f"agents={agents!r}, tasks={tasks!r}"
        _refuse(given, "lists of names and of tasks", "agents=['ann'], tasks=[Task('plan', agent='ann')]")
    _check_agents(agents, process, manager)
    if isinstance(tries, bool) or not isinstance(tries, int) or tries < 1:
        _refuse(f"tries={tries!r}", "an agent is called once or more often", "tries=3")
    if not tasks:
        _refuse("no tasks", "a crew has at least one", "tasks=[Task('plan', agent='ann')]")
    earlier: dict[str, Task] = {}
    for task in tasks:
        _check_task(task, earlier, tasks)
        context = None if task.context is None else tuple(task.context)
        earlier[task.name] = replace(_assigned(task, agents, process, manager), context=context)
    return tuple(earlier.values())


def _only(several: object, kind: type) -> bool:
    return isinstance(several, Sequence) and all(isinstance(each, kind) for each in several)


def _check_agents(agents: Sequence[str], process: Process, manager: str | None) -> None:
    twice = [name for place, name in enumerate(agents) if find_name(name, agents[:place])]
    if twice or not agents:
        given = f"agents={list(agents)!r}" + (f": {twice[0]!r} comes twice" if twice else "")
        _refuse(given, "a crew has agents, each with a name of its own", "agents=['ann', 'bob']")
    if process is Process.SEQUENTIAL and manager is not None:
        _refuse(f"manager={manager!r}", "only a hierarchical crew has one", "process='hierarchical'")
    if process is Process.HIERARCHICAL and manager is None:
        _refuse("no manager", "a hierarchical crew has one", "manager='boss'")
    if manager is not None and find_name(manager, agents):
        allowed = "the manager is none of the agents, to whom it delegates"
        _refuse(f"manager={manager!r}, agents={list(agents)!r}", allowed, "manager='boss' and add a boss")


def _check_task(task: Task, earlier: Mapping[str, Task], tasks: Sequence[Task]) -> None:
    if task.name in earlier:
        _refuse(f"two tasks {task.name!r}", "each has a name of its own", f"Task('{task.name} 2')")
    if isinstance(task.retries, bool) or not isinstance(task.retries, int) or task.retries < 0:
        _refuse(f"{task!r} with retries={task.retries!r}", "a whole number, 0 or more", "retries=3")
    if task.condition is not None and (task.asynchronous or not earlier):
        why = "asynchronous" if task.asynchronous else "first"
        allowed = "a condition looks at the output before it: not in the first task, nor an asynchronous one"
        _refuse(f"{task!r} is conditional and {why}", allowed, "a task before it, without asynchronous=True")
    if isinstance(task.context, str):
        _refuse(f"{task!r} with context={task.context!r}", "a tuple of names", f"context=({task.context!r},)")
    for name in task.context or ():
        if name not in earlier:
            later = name in [each.name for each in tasks]
            given = f"{task!r} with context {name!r}, {'which is not earlier' if later else 'of no task'}"
            _refuse(given, f"earlier tasks, here {', '.join(earlier) or 'none'}", "context=() or reorder")


def _assigned(task: Task, agents: Sequence[str], process: Process, manager: str | None) -> Task:
    """The task, its agent named as in `agents`."""
    names = ", ".join(agents)
    if task.agent is None:
        if process is Process.SEQUENTIAL:
            _refuse(f"{task!r} has no agent", f"one of {names}", f"Task({task.name!r}, agent={agents[0]!r})")
        return task
    if manager is not None and find_name(task.agent, [manager]):
        allowed = f"the manager delegates and holds no tasks; they are for {names}, or nobody in particular"
        _refuse(f"{task!r} has the manager for agent", allowed, f"Task({task.name!r})")
    name = find_name(task.agent, agents)
    if name is None:
        _refuse(f"{task!r} has agent {task.agent!r}", f"one of {names}", f"agent={agents[0]!r}, or add it")
    return replace(task, agent=name)


def coworkers(
    agents: Sequence[str], tasks: Sequence[Task], manager: str | None, rights: Rights | None = None
) -> dict[str, tuple[str, ...]]:
    """To whom each may delegate; by default the manager to all agents, and nobody else to anybody.

    >>> coworkers(["ann", "bob"], [], "boss")
    {'ann': (), 'bob': (), 'boss': ('ann', 'bob')}
    """
    rights = usual_rights(agents, manager) if rights is None else rights
    if not isinstance(rights, Rights):
        _refuse(f"rights={rights!r}", "rights, or None for the usual", "Rights({'boss': ('ann',)})")
    everybody = (*agents, *([] if manager is None else [manager]))
    named = [each for who, whom in (rights.allowed or {}).items() for each in (who, *whom)]
    if strangers := [name for name in named if find_name(name, everybody) is None]:
        allowed = f"rights are among {', '.join(everybody)}"
        _refuse(f"rights for {strangers[0]!r}", allowed, f"Rights({{{everybody[-1]!r}: ({agents[0]!r},)}})")
    choices = {who: rights.choices(who, agents) for who in everybody}
    for task in tasks if manager is not None else ():
        if not choices[str(manager)] or (task.agent and task.agent not in choices[str(manager)]):
            given = f"{manager} may not delegate {task!r} to {task.agent or 'anybody'}"
            _refuse(given, "the manager does no task itself", f"Rights({{{manager!r}: {tuple(agents)!r}}})")
    return choices


def _refuse(given: str, allowed: str, write: str) -> NoReturn:
    raise CrewError(f"This makes no crew: {given}. Allowed: {allowed}. Write for instance {write}.")


# --- who waits for whom, and reads what -----------------------------------------------------------


def contexts(tasks: Sequence[Task | Step]) -> dict[str, tuple[str, ...]]:
    """Whose outputs each task reads: those it names, else all earlier ones but asynchronous ones under way.

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
    """For what each task waits: whose output it reads, and the last that was not asynchronous.

    One that is not asynchronous itself waits for all since then.

    >>> needs([Task("a"), Task("b", asynchronous=True), Task("c", asynchronous=True), Task("d")])
    {'a': (), 'b': ('a',), 'c': ('a',), 'd': ('a', 'b', 'c')}
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


# --- what a user gave, and its failures -----------------------------------------------------------


def failed(task: Task, why: str) -> Ended:
    """What ends the crew when a task cannot be done.

    >>> str(failed(Task("plan"), "ann: no network").reason)
    'failed: plan (ann: no network)'
    """
    return Ended(StopReason(Stop.FAILED, task.name, why))


def wanted(task: Task, before: Output | None) -> bool:
    """Whether a task is to be done after this output; if its condition breaks, it fails."""
    try:
        return task.condition is None or before is None or bool(task.condition(before))
    except Exception as error:  # noqa: BLE001  (what a user wrote may raise anything)
        raise failed(task, f"its condition: {type(error).__name__}: {error}") from None


def examined(task: Task, agent: str, content: Any, tokens: int) -> Output | Refused:
    """The output of a task, as its guardrails leave it, or what refuses it; if one breaks, the task fails."""
    try:
        place, value = check(content, task.guardrails)
        if place is None:
            return Output(task.name, agent, frozen(value), tokens)
    except Exception as error:  # noqa: BLE001  (as above)
        raise failed(task, f"its guardrails: {type(error).__name__}: {error}") from None
    return Refused(task.name, place, called(task.guardrails[place]), content, str(value))


# --- guardrails -----------------------------------------------------------------------------------


def check(content: Any, guardrails: Iterable[Guardrail]) -> tuple[int | None, Any]:
    """None and the content after all guardrails, each given what the one before made of it.

    If one objects: its place, and its reason.

    >>> short = lambda text: (len(text) < 9, text if len(text) < 9 else "too long")
    >>> check(" yes ", [lambda text: (True, text.strip()), short]), check("no, not at all", [short])
    ((None, 'yes'), (0, 'too long'))
    """
    for place, guardrail in enumerate(guardrails):
        verdict = guardrail(content)
        if not (isinstance(verdict, tuple) and len(verdict) == 2 and isinstance(verdict[0], bool)):
            raise TypeError(
                f"{called(guardrail)} gave {verdict!r}: a guardrail gives (True, content) or "
                f"(False, reason). Write for instance return len(text) < 100, text."
            )
        passed, content = verdict
        if not passed:
            return place, content
    return None, content


def at_most(words: int) -> Guardrail:
    """A guardrail that lets texts of so many words pass.

    >>> at_most(2)("not so long"), called(at_most(2))
    ((False, '3 words'), 'at most 2 words')
    """

    def guardrail(content: Any) -> tuple[bool, Any]:
        count = len(str(content).split())
        return (True, content) if count <= words else (False, f"{count} words")

    guardrail.__name__ = f"at most {words} words"
    return guardrail


def called(guardrail: Guardrail) -> str:
    """The name of a guardrail.

    >>> called(lambda text: (True, text))
    'a guardrail'
    """
    name = getattr(guardrail, "__name__", "<lambda>")
    return "a guardrail" if name == "<lambda>" else name


# --- delegation -----------------------------------------------------------------------------------


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
    """To these I may delegate; so many things each has to do now."""

    members: tuple[tuple[str, int], ...]


def usual_rights(agents: Sequence[str], manager: str | None) -> Rights:
    """A manager may delegate to all agents, and nobody else to anybody."""
    return Rights({} if manager is None else {manager: tuple(agents)})


def requests(content: Any) -> tuple[Delegate | Ask, ...]:
    """What a reply delegates and asks, one or several at once; nothing if it is an answer.

    >>> requests(Delegate("ann", "count"))[0].to, requests("three")
    ('ann', ())
    """
    several = content if isinstance(content, tuple) else (content,)
    all_are = several and all(isinstance(each, (Delegate, Ask)) for each in several)
    return several if all_are else ()


Policy = Callable[[Turn], Any]
"""A manager's decision: whom to delegate to, or the answer."""


def relay(turn: Turn) -> Any:
    """Delegates everything to the first of the team and passes on what comes back.

    >>> relay(Turn(1, 0, "count", (Team((("ann", 2), ("bob", 0))),)))
    Delegate(to='ann', what='count', context='')
    """
    return _delegated(turn, lambda team: team[0][0])


def least_busy(turn: Turn) -> Any:
    """Delegates to whoever has least to do, the first of equals, and passes on what comes back.

    >>> least_busy(Turn(1, 0, "count", (Team((("ann", 2), ("bob", 0))),)))
    Delegate(to='bob', what='count', context='')
    """
    return _delegated(turn, lambda team: min(team, key=lambda one: one[1])[0])


def _delegated(turn: Turn, choose: Callable[[tuple[tuple[str, int], ...]], str]) -> Any:
    """What came back last; if nothing has, the whole task goes to whom `choose` picks, with all there is."""
    heard = [each.content for each in turn.context if isinstance(each, Utterance)]
    if heard:
        return heard[-1]
    team = next((each.members for each in turn.context if isinstance(each, Team)), ())
    if not team:
        raise LookupError("a manager was given no team. Its context holds one: Team((('ann', 0),)).")
    return Delegate(choose(team), turn.task, brief(turn.context))


def brief(context: Iterable[Any]) -> str:
    """Outputs and refusals as a text that can be handed on.

    >>> brief([Output("plan", "ann", "three parts"), Refused("write", 0, "short", "long", "too long")])
    'plan: three parts; refused: too long'
    """
    outputs = [f"{each.task}: {each.content}" for each in context if isinstance(each, Output)]
    refusals = [f"refused: {each.why}" for each in context if isinstance(each, Refused)]
    return "; ".join(outputs + refusals)


# --- what a crew says of itself -------------------------------------------------------------------


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


def plan_of(agents: Sequence[str], manager: str | None, tasks: Sequence[Task]) -> Plan:
    """What a crew says of itself when it begins.

    >>> plan_of(["ann"], None, [Task("a", agent="ann")]).steps
    (Step(name='a', agent='ann', context=None, asynchronous=False, retries=3),)
    """
    steps = (Step(each.name, each.agent, each.context, each.asynchronous, each.retries) for each in tasks)
    return Plan(tuple(agents), manager, tuple(steps))
