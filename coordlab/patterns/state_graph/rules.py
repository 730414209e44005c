"""How a state graph runs: nodes read a common state and write to it, in super-steps.

In a super-step every triggered node runs on the same snapshot.  Then, at the barrier, what they wrote is
merged key by key, in the order of their names, and the edges of those that ran trigger the next ones (see
`graph`).  A key without a reducer takes one write in a super-step; the first write to a key without a value
is its value.  A `Checkpoint` is everything that the next super-step depends on, as data.

Super-steps as in L. Valiant, A Bridging Model for Parallel Computation, CACM 33(8), 1990; words and semantics
are LangGraph's, with these differences: a run of k super-steps needs a limit of k, a router also sees what
siblings have written and is asked once for each node, and deferred nodes also wait for items that were sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Never

from coordlab import requirements as require
from coordlab.patterns.orchestration.rules import frozen, weigh
from coordlab.patterns.state_graph.graph import (
    END,
    START,
    Goal,
    Graph,
    GraphError,
    Route,
    Send,
    listed,
    refuse,
)
from coordlab.requirements import shown
from coordlab.world.message import message

Pairs = tuple[tuple[str, Any], ...]
Works = Mapping[str, Callable[..., object]]


class View(dict[str, Any]):
    """The state as a node reads it: a mapping that cannot be written to.  A copy of it is a plain dict.

    >>> View(draft="v1")["draft"], View(draft="v1").copy()
    ('v1', {'draft': 'v1'})
    """

    def __missing__(self, key: str) -> Never:
        example = f"give it one at the start, {{{key!r}: ...}}, or read state.get({key!r})"
        require.fail(f"{key!r} has no value", f"the keys that have one are {listed(self)}", example, KeyError)

    def read_only(self, *given: object, **named: object) -> Never:
        """Raise a TypeError: a write in place would be lost."""
        key = given[0] if given and isinstance(given[0], str) else next(iter({**named, **self}), "draft")
        allowed = "it is only for reading, and what a node returns is merged into it"
        require.fail("a state was written to in place", allowed, f"return {{{key!r}: ...}}", TypeError)

    __setitem__ = __delitem__ = __ior__ = update = setdefault = read_only
    pop = popitem = clear = read_only

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (self.copy(),)


# --- what nodes return, and how far a run has come ----------------------------------------------------


@message
class Command:
    """Write this, and go there as well."""

    update: Pairs = ()
    goto: tuple[Goal, ...] = ()


@message
class Interrupt:
    """I need an answer before I can go on."""

    question: str


@message
class Task:
    """This node is to run."""

    node: str
    sent: tuple[object, ...] = ()  # the item of a Send, which it reads instead of the state
    answers: tuple[object, ...] = ()  # to what it has asked so far
    question: str | None = None  # it waits for the answer
    result: Command | None = None  # it has run; others of its super-step have not
    permission: str = ""  # to run: "asked", "given" or "refused"

    @property
    def ready(self) -> bool:
        """Whether it is to run now."""
        return self.question is None and self.result is None

    @property
    def tokens(self) -> int:
        """About how many tokens its node reads besides the state: the item sent, and the answers."""
        return weigh((*self.sent, *self.answers))

    def arguments(self, values: Pairs) -> tuple[Any, ...]:
        """What its node is called with: the item sent, or the state to read; and the answers."""
        return (self.sent[0] if self.sent else View(values), *self.answers)


@message
class Checkpoint:
    """This is how far we have come."""

    step: int  # super-steps done
    values: Pairs  # the state
    tasks: tuple[Task, ...]  # of the next super-step, in the order in which they are merged
    arrived: tuple[tuple[str, ...], ...] = ()  # which nodes have come to each join
    deferred: tuple[str, ...] = ()  # triggered, and waiting for the others to end

    @property
    def state(self) -> dict[str, Any]:
        """The values by key."""
        return dict(self.values)

    @property
    def ready(self) -> tuple[Task, ...]:
        """What is to run now; nothing, if the run has ended or waits for answers."""
        return tuple(task for task in self.tasks if task.ready)

    @property
    def goes_on(self) -> bool:
        """Whether something is to run now, or all of the super-step is done and waits for its barrier."""
        done = all(task.result is not None for task in self.tasks)
        return bool(self.ready or (self.tasks and done))

    @property
    def questions(self) -> tuple[tuple[str, str], ...]:
        """What is asked, each with its key: the node, numbered if it is there several times ("pay 2")."""
        return tuple((key, task.question) for key, task in self.keyed() if task.question is not None)

    def keyed(self) -> Iterator[tuple[str, Task]]:
        """Each task with the key of its question, which stays the same until the super-step is over."""
        nodes = [task.node for task in self.tasks]
        for place, task in enumerate(self.tasks):
            number = nodes[: place + 1].count(task.node)
            yield (task.node if nodes.count(task.node) == 1 else f"{task.node} {number}"), task


def command(answer: object) -> Command | Interrupt:
    """What a node's answer means: None, a mapping (or its pairs) to write, a `Command` or an `Interrupt`.

    A value that can change is kept in a form that cannot: a list as a tuple, a dict as a tuple of pairs, a
    set as a frozenset.  Read a dict with `dict(state["meta"])["k"]`.

    Raises GraphError if it is anything else.

    >>> command({"draft": "v1"})
    Command(update=(('draft', 'v1'),), goto=())
    """
    if answer is None:
        return Command()
    if isinstance(answer, (Command, Interrupt)):
        return answer
    if isinstance(answer, Mapping):
        answer = frozen(dict(answer))
    pairs = isinstance(answer, tuple) and all(isinstance(each, tuple) and len(each) == 2 for each in answer)
    if not isinstance(answer, tuple) or not pairs:
        allowed = "expected None, a mapping from keys to values, a Command or an Interrupt"
        refuse(f"a node answered {shown(answer)}", allowed, "return {'draft': 'v1'}")
    return Command(answer)


# --- super-steps --------------------------------------------------------------------------------------


def begin(graph: Graph, values: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint before the first super-step: `values` is what START wrote.

    Raises GraphError if `values` is not a mapping from keys of the graph.
    """
    if not isinstance(values, Mapping):
        refuse(f"values={values!r}", "expected a mapping from names", "begin(graph, {'log': ()})")
    before = Checkpoint(-1, (), (Task(START),), ((),) * len(graph.joins))
    return _barrier(graph, before, [Command(frozen(dict(values)))])


def advance(graph: Graph, checkpoint: Checkpoint, results: Sequence[Command | Interrupt]) -> Checkpoint:
    """The checkpoint after the tasks that were `ready` have returned these results, in that order.

    If one of them asks, or waits for permission, it is still the same super-step, which remembers what the
    others have answered; otherwise it is the next.  Raises GraphError if the number of results is wrong, or
    if a result, router or reducer breaks the rules of the graph.
    """
    if len(results) != (asked := len(checkpoint.ready)):
        allowed = "expected one for each task of checkpoint.ready, in that order"
        example = "advance(graph, checkpoint, [run(task) for task in checkpoint.ready])"
        refuse(f"{len(results)} results for {asked} tasks", allowed, example)
    given = iter(results)
    outcomes = [next(given) if task.ready else task.result for task in checkpoint.tasks]
    commands = [each for each in outcomes if isinstance(each, Command)]
    if len(commands) == len(outcomes):
        return _barrier(graph, checkpoint, commands)
    tasks = (
        replace(task, question=each.question) if isinstance(each, Interrupt) else replace(task, result=each)
        for task, each in zip(checkpoint.tasks, outcomes, strict=True)
    )
    return replace(checkpoint, tasks=tuple(tasks))


def unfilled(graph: Graph, checkpoint: Checkpoint) -> str:
    """Which joins still wait, and for which nodes, as in "c still waits for b"; empty if none does."""
    return ", ".join(
        f"{target} still waits for {listed(each for each in sources if each not in here)}"
        for (sources, target), here in zip(graph.joins, checkpoint.arrived, strict=True)
        if here
    )


def resume(checkpoint: Checkpoint, answers: Mapping[str, object]) -> Checkpoint:
    """The checkpoint with these questions answered: the nodes that asked run again, from their top.

    answers: by the key of a question, or by its text if nobody else has asked the same.  What is not answered
        still waits.  A node that is told "no", or False, when it asks for permission does not run.

    Raises GraphError if a question was not asked, or if several nodes have asked it.

    >>> asked = Checkpoint(1, (), (Task("review", question="Publish?"),))
    >>> resume(asked, {"Publish?": "yes"}).ready
    (Task(node='review', sent=(), answers=('yes',), question=None, result=None, permission=''),)
    """
    asked = checkpoint.questions
    known = {key for key, _ in asked} | {text for _, text in asked}
    if strange := [each for each in answers if each not in known]:
        given = f"{strange[0]!r} was answered, but nobody asked it"
        example = f"resume(checkpoint, {{{asked[0][0] if asked else '...'!r}: 'yes'}})"
        told = listed(f"{text} ({key})" for key, text in asked)
        refuse(given, f"the questions are {told}", example)
    by_key: dict[str, object] = {}
    for each, answer in answers.items():
        keys = [key for key, text in asked if each == key] or [key for key, text in asked if each == text]
        example = f"resume(checkpoint, {{{keys[0]!r}: {answer!r}}})"
        if len(keys) > 1:
            refuse(f"{each!r} was asked by several", f"answer each by its key: {listed(keys)}", example)
        by_key[keys[0]] = answer
    return replace(checkpoint, tasks=tuple(_answered(key, task, by_key) for key, task in checkpoint.keyed()))


def _answered(key: str, task: Task, answers: Mapping[str, object]) -> Task:
    if task.question is None or key not in answers:
        return task
    answer = answers[key]
    if task.permission == "asked":
        if answer is False or (isinstance(answer, str) and answer.strip().casefold() == "no"):
            return replace(task, question=None, result=Command(), permission="refused")
        task = replace(task, permission="given")
    return replace(task, question=None, answers=(*task.answers, answer))


def _barrier(graph: Graph, done: Checkpoint, results: Sequence[Command]) -> Checkpoint:
    """All tasks have run: merge what they wrote, and see what that triggers."""
    values = merge(graph, done, results)
    ran = {task.node for task in done.tasks if task.permission != "refused"}
    goals = list(_goals(graph, done.tasks, results, values))
    arrived = []
    for (sources, target), before in zip(graph.joins, done.arrived, strict=True):
        here = tuple(each for each in sources if each in before or each in ran)
        full = len(here) == len(sources)
        goals += [target] if full else []
        arrived.append(() if full else here)
    tasks, deferred = _triggered(graph, goals, done.deferred)
    return Checkpoint(done.step + 1, values, tasks, tuple(arrived), deferred)


def merge(graph: Graph, done: Checkpoint, results: Iterable[Command]) -> Pairs:
    """The state after the results of its tasks are written to it, in the order of the tasks.

    Raises GraphError if a key is unknown or written twice without a reducer, or if its reducer fails.
    """
    values = done.state
    writers: dict[str, str] = {}
    for task, result in zip(done.tasks, results, strict=True):
        for key, value in result.update:
            if key not in graph.keys:
                declared = f"declare it, StateGraph({{..., {key!r}: None}}), or fix the name"
                refuse(f"{task.node} wrote {key!r}", f"the keys are {listed(graph.keys)}", declared)
            if graph.keys[key] is None and key in writers:
                given = f"{writers[key]} and {task.node} both wrote {key!r} in super-step {done.step + 1}"
                merging = f"StateGraph({{{key!r}: operator.add}}), or let one run after the other"
                refuse(given, "a key without a reducer takes one write", merging)
            writers[key] = task.node
            values[key] = _reduced(graph, task, key, values[key], value) if key in values else value
    return tuple((key, values[key]) for key in graph.keys if key in values)


def _reduced(graph: Graph, task: Task, key: str, old: object, new: object) -> object:
    reducer = graph.keys[key]
    try:
        return new if reducer is None else frozen(reducer(old, new))
    except Exception as error:
        raise GraphError(
            f"{task.node} wrote {shown(new)} to {key!r}, which its reducer cannot merge with {shown(old)} "
            f"({error!r}). {kept_as(error) or 'Write a value of the same kind, or use another reducer'}."
        ) from error


def kept_as(error: BaseException | str) -> str:
    """What to write if an error comes from a dict or a list that the state keeps as a tuple; else ""."""
    text = str(error)
    signs = "tuple indices must be", "not a mapping", "'tuple' object has no attribute"
    if any(each in text for each in signs):
        pairs = "The state keeps a dict as a tuple of pairs"
        return f"{pairs}: read dict(state['meta'])['k'], merge dict(a) | dict(b)"
    if 'can only concatenate tuple (not "list")' in text or 'concatenate list (not "tuple")' in text:
        return "The state keeps a list as a tuple: write (*state['log'], 'x')"
    return ""


def _triggered(
    graph: Graph, goals: list[Goal], before: tuple[str, ...]
) -> tuple[tuple[Task, ...], tuple[str, ...]]:
    """The tasks of the next super-step, and the nodes that are still deferred."""
    named = {goal for goal in goals if isinstance(goal, str)} - {END}
    sends = [goal for goal in goals if isinstance(goal, Send)]
    deferred = named & graph.deferred | set(before)
    now = named - graph.deferred
    if not now and not sends:
        now, deferred = deferred, set()
    tasks = [_task(graph, node) for node in sorted(now)]
    tasks += [_task(graph, send.node, (send.item,)) for send in sends]
    return tuple(tasks), tuple(sorted(deferred))


def _task(graph: Graph, node: str, sent: tuple[object, ...] = ()) -> Task:
    if node in graph.pauses:
        return Task(node, sent, question=f"May {node} run?", permission="asked")
    return Task(node, sent)


def _goals(graph: Graph, tasks: Sequence[Task], results: Sequence[Command], values: Pairs) -> Iterator[Goal]:
    """Where edges, routers and Commands lead from the tasks that have run; joins are apart."""
    ran = set()
    for task, result in zip(tasks, results, strict=True):
        node = task.node
        if task.permission == "refused":
            continue
        if result.goto:
            yield from _allowed(result.goto, graph.gotos[node], f"the Command of {node}")
        if node not in ran:
            ran.add(node)
            yield from graph.edges.get(node, ())
            if route := graph.routes.get(node):
                yield from _allowed(_routed(route, node, values), route.targets, f"the router of {node}")


def _routed(route: Route, node: str, values: Pairs) -> Iterable[Goal]:
    state = View(values)
    try:
        answer = route.router(state)
        if isinstance(answer, (set, frozenset)):  # whose order differs between processes
            return sorted(answer, key=repr)
        several = isinstance(answer, Iterable) and not isinstance(answer, str)
        return tuple(answer) if several else (answer,)  # type: ignore[arg-type, return-value]
    except Exception as error:
        raise GraphError(
            f"the router of {node} raised {error!r}. It may read the keys that have a value, here "
            f"{listed(state)}. For example: state.get('draft')."
        ) from error


def _allowed(goals: Iterable[Goal], targets: tuple[str, ...], source: str) -> Iterator[Goal]:
    for goal in goals:
        node = goal.node if isinstance(goal, Send) else goal
        if node not in targets or (isinstance(goal, Send) and node == END):
            example = f"name one of these (a Send names a node), or add {node!r} to its targets"
            refuse(f"{source} leads to {goal!r}", f"it may lead to {listed(targets)}", example)
        yield goal


# --- whole runs without a world -----------------------------------------------------------------------


def invoke(graph: Graph, nodes: Works, start: Mapping[str, Any] | Checkpoint, limit: int = 25) -> Checkpoint:
    """Run plain functions as nodes, one after the other, until the end, a question, or the limit.

    - `nodes`: for each node its function, of the state or the item sent.
    - `start`: the input, or a checkpoint to go on from, as if the run had never been interrupted.
    - `limit`: the most super-steps; a graph that ends in k super-steps needs a limit of k.

    Raises GraphError if a function is missing, or if one breaks the rules of the graph.

    >>> from operator import add
    >>> from coordlab.patterns.state_graph.graph import StateGraph
    >>> graph = StateGraph({"n": add}).add_node("a").add_node("b").add_edge(START, "a").add_edge("a", "b")
    >>> invoke(graph.compile(), {"a": lambda state: {"n": 1}, "b": lambda state: {"n": 10}}, {"n": 0}).state
    {'n': 11}
    """
    require.count("limit", limit, example=25, error=GraphError)
    checkpoint = start if isinstance(start, Checkpoint) else begin(graph, start)
    while checkpoint.goes_on and checkpoint.step < limit:
        if missing := [task.node for task in checkpoint.ready if task.node not in nodes]:
            needed = f"expected one for each of {listed(graph.nodes)}"
            refuse(f"no function for {missing[0]!r}", needed, f"{{{missing[0]!r}: lambda state: None, ...}}")
        answers = [_called(nodes[task.node], task, checkpoint) for task in checkpoint.ready]
        checkpoint = advance(graph, checkpoint, [command(answer) for answer in answers])
    return checkpoint


def _called(work: Callable[..., object], task: Task, checkpoint: Checkpoint) -> object:
    try:
        return work(*task.arguments(checkpoint.values))
    except Exception as error:
        if hint := kept_as(error):
            error.add_note(hint)
        raise
