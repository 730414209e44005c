"""A state graph: nodes read a common state and write to it, in super-steps, and edges say who is next.

In a super-step every triggered node runs on the same snapshot.  Then, at the barrier, what they wrote is
merged key by key, in the order of their names, and the edges of those that ran trigger the next ones:

- a plain edge triggers its target whenever its source has run: a node reached at two depths runs twice;
- a join, an edge with several sources, triggers once all of them have run, and then begins anew;
- conditional edges trigger what a router says of the merged state; `Send` runs a node on an item of its own;
- the `goto` of a `Command` triggers nodes besides those of the edges;
- a deferred node, once triggered, waits until nobody else is left to run.

A key without a reducer takes one write in a super-step; the first write to a key without a value is its
value.  A `Checkpoint` is everything that the next super-step depends on, as data.  Super-steps as in L.
Valiant, A Bridging Model for Parallel Computation, CACM 33(8), 1990; words and semantics are LangGraph's,
except that a run of k super-steps needs a limit of k, a router sees what siblings have written as well and
is asked once for each node, deferred nodes wait for items that were sent, too, every place to which a
router or a Command may lead is declared, and a node has plain edges or a router.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any, Never

from coordlab.patterns.orchestration.rules import frozen
from coordlab.world.message import message

START, END = "START", "END"

Reducer = Callable[[Any, Any], Any]
Pairs = tuple[tuple[str, Any], ...]


class GraphError(ValueError):
    """A graph that cannot be built, or a node, router or reducer that broke its rules."""


class View(dict[str, Any]):
    """The state to look at: a table that refuses to be written to.  A copy of it is a plain table.

    >>> View(draft="v1")["draft"], View(draft="v1").copy()
    ('v1', {'draft': 'v1'})
    """

    def __missing__(self, key: str) -> Never:
        raise KeyError(
            f"{key!r} has no value: the keys that have one are {_listed(self)}. Give it one at the start, "
            f"{{{key!r}: ...}}, or read state.get({key!r})."
        )

    def refuse(self, *given: Any, **named: Any) -> Never:
        """A write in place would be lost, so it fails."""
        key = given[0] if given and isinstance(given[0], str) else next(iter({**named, **self}), "draft")
        raise TypeError(
            f"a state was written to in place: it is to look at, and what is returned is merged into it. "
            f"Let the node return what is to be written, for instance return {{{key!r}: ...}}."
        )

    __setitem__ = __delitem__ = __ior__ = update = setdefault = refuse
    pop = popitem = clear = refuse

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (self.copy(),)


# --- what nodes answer, and how far a run has come ----------------------------------------------------


@message
class Send:
    """Run this node on this item of its own."""

    node: str
    item: Any = None


Goal = str | Send


@message
class Command:
    """Write this, and go there besides."""

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
    sent: tuple[Any, ...] = ()  # the item of a Send, which it reads instead of the state
    answers: tuple[Any, ...] = ()  # to what it has asked so far
    question: str | None = None  # it waits for the answer
    result: Command | None = None  # it has run; others of its super-step have not

    @property
    def ready(self) -> bool:
        """Whether it is to run now."""
        return self.question is None and self.result is None

    def arguments(self, values: Pairs) -> tuple[Any, ...]:
        """What its node is called with: the item sent, or the state to look at; and the answers."""
        return (self.sent[0] if self.sent else View(values), *self.answers)


@message
class Checkpoint:
    """This far we have come."""

    step: int  # super-steps done
    values: Pairs  # the state
    tasks: tuple[Task, ...]  # of the next super-step, in the order in which they are merged
    arrived: tuple[tuple[str, ...], ...] = ()  # who has come to each join
    deferred: tuple[str, ...] = ()  # triggered, and waiting for the others to end

    @property
    def state(self) -> dict[str, Any]:
        """The values by key, to look at."""
        return dict(self.values)

    @property
    def ready(self) -> tuple[Task, ...]:
        """What is to run now; nothing, if the run has ended or waits for answers."""
        return tuple(task for task in self.tasks if task.ready)

    @property
    def questions(self) -> tuple[tuple[str, str], ...]:
        """Which nodes wait for an answer, and to what."""
        return tuple((task.node, task.question) for task in self.tasks if task.question is not None)


def command(answer: object) -> Command | Interrupt:
    """What a node's answer means: nothing, a mapping (or its pairs) to write, a `Command`, an `Interrupt`.

    >>> command({"draft": "v1"})
    Command(update=(('draft', 'v1'),), goto=())
    """
    if answer is None:
        return Command()
    if isinstance(answer, (Command, Interrupt)):
        return answer
    if isinstance(answer, Mapping):
        answer = frozen(dict(answer))
    if isinstance(answer, tuple) and all(isinstance(each, tuple) and len(each) == 2 for each in answer):
        return Command(answer)
    raise GraphError(
        f"a node answered {_shown(answer)}: it may answer None, a mapping from keys to values, a Command or "
        f"an Interrupt. Write for instance return {{'draft': 'v1'}}."
    )


# --- building -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Route:
    """Conditional edges: where a router may lead, and the router, a function of the state."""

    router: Callable[[Mapping[str, Any]], Goal | Iterable[Goal]]
    targets: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Graph:
    """A graph that has been checked: what `StateGraph.compile` gives."""

    keys: Mapping[str, Reducer | None]
    nodes: tuple[str, ...]
    edges: Mapping[str, tuple[str, ...]]
    joins: tuple[tuple[tuple[str, ...], str], ...]
    routes: Mapping[str, Route]
    gotos: Mapping[str, tuple[str, ...]]  # where a node's Commands may lead
    deferred: frozenset[str]
    pauses: frozenset[str]  # nodes that need leave before they run
    orphans: tuple[str, ...] = ()  # a warning: these can never run

    def __repr__(self) -> str:
        return f"<Graph of {len(self.nodes)} nodes>"

    def certain(self, node: str) -> list[str]:
        """What a node triggers, or helps to trigger, whatever happens."""
        return [*self.edges.get(node, ()), *(target for sources, target in self.joins if node in sources)]

    def possible(self, node: str) -> list[str]:
        """Every node that may run because this one has."""
        routed = self.routes[node].targets if node in self.routes else ()
        goals = [*self.certain(node), *routed, *self.gotos.get(node, ())]
        return [each for each in dict.fromkeys(goals) if each != END]


class StateGraph:
    """A graph in the making.  `keys` gives for each key of the state its reducer, or None.

    A reducer merges the old value and a written one, such as `operator.add`; a key without takes the
    last value written.

    >>> from operator import add
    >>> graph = StateGraph({"log": add}).add_node("a").add_node("b").add_edge(START, "a").add_edge("a", "b")
    >>> graph.compile()
    <Graph of 2 nodes>
    """

    def __init__(self, keys: Mapping[str, Reducer | None]) -> None:
        _check_mapping("keys", keys, "StateGraph({'log': operator.add})")
        for key, reducer in keys.items():
            if reducer is not None and not callable(reducer):
                raise GraphError(
                    f"the reducer of {key!r} is {reducer!r}: it is a function of the old value and the "
                    f"written one, or None. Write for instance {{{key!r}: operator.add}}."
                )
        self.keys = dict(keys)
        self.nodes: dict[str, tuple[str, ...]] = {}
        self.deferred: set[str] = set()
        self.pauses: set[str] = set()
        self.edges: list[tuple[str, str]] = []
        self.joins: list[tuple[tuple[str, ...], str]] = []
        self.routes: dict[str, Route] = {}

    def __repr__(self) -> str:
        return f"<StateGraph of {len(self.nodes)} nodes>"

    def add_node(
        self, name: str, *work: Never, defer: bool = False, pause: bool = False, goto: Iterable[str] = ()
    ) -> StateGraph:
        """Add a node.  With `pause` it asks for leave before it runs; `goto`: where its Commands may lead."""
        if work:
            raise GraphError(
                f"add_node({', '.join(map(_shown, (name, *work)))}): only the name of a node is declared "
                f"here, and its options by name, as defer=True. Write add_node({name!r}), and give its work "
                f"to Member({name!r}, node(work))."
            )
        if not isinstance(name, str) or name in ("", START, END) or name in self.nodes:
            raise GraphError(
                f"{name!r} cannot be added as a node: a name is a text, unique, and neither {START} nor "
                f"{END}. The nodes so far are {_listed(self.nodes)}. Write for instance add_node('plan')."
            )
        self.nodes[name] = _names(goto)
        self.deferred |= {name} if defer else set()
        self.pauses |= {name} if pause else set()
        return self

    def add_edge(self, source: str | Sequence[str], target: str) -> StateGraph:
        """Add a plain edge, or a join if there are several sources."""
        if isinstance(source, str):
            self.edges.append((source, target))
        elif len(set(source)) > 1:
            self.joins.append((tuple(sorted(set(source))), target))
        else:
            raise GraphError(
                f"a join of {list(source)!r} waits for fewer than two nodes: give several, as in "
                f"add_edge(['a', 'b'], {target!r}), or write a plain edge, add_edge('a', {target!r})."
            )
        return self

    def add_conditional_edges(
        self,
        source: str,
        router: Callable[[Mapping[str, Any]], Goal | Iterable[Goal]],
        targets: Iterable[str],
    ) -> StateGraph:
        """Let `router(state)` say which of `targets` are next: a name, END, a Send, or several of these."""
        if source in self.routes or not callable(router) or not _names(targets):
            raise GraphError(
                f"conditional edges from {source!r} to {_names(targets)!r} cannot be added: a node has one "
                f"router, a function of the state, and at least one target. Write for instance "
                f"add_conditional_edges({source!r}, lambda state: END, [END])."
            )
        self.routes[source] = Route(router, _names(targets))
        return self

    def compile(self) -> Graph:
        """The graph, checked: it has an entry, every name is known, and every cycle has a way out."""
        self._check_names()
        self._check_mixing()
        edges: dict[str, tuple[str, ...]] = {}
        for source, target in self.edges:
            edges[source] = (*edges.get(source, ()), target)
        graph = Graph(
            dict(self.keys),
            tuple(self.nodes),
            edges,
            tuple(self.joins),
            dict(self.routes),
            dict(self.nodes),
            frozenset(self.deferred),
            frozenset(self.pauses),
        )
        can_end, reached = ending(graph), reachable(graph)
        if trapped := [node for node in self.nodes if node in reached - can_end]:
            raise GraphError(
                f"{', '.join(trapped)} run into a cycle without a way out: every cycle needs a router that "
                f"can leave it. Write for instance "
                f"add_conditional_edges({trapped[-1]!r}, router, [..., END])."
            )
        return replace(graph, orphans=tuple(node for node in self.nodes if node not in reached))

    def _check_names(self) -> None:
        named = [(f"the edge {source} -> {target}", source, target) for source, target in self.edges]
        named += [(f"the join at {goal}", source, goal) for sources, goal in self.joins for source in sources]
        named += [
            (f"the router of {source}", source, goal)
            for source, route in self.routes.items()
            for goal in route.targets
        ]
        named += [(f"the goto of {node}", node, goal) for node, goals in self.nodes.items() for goal in goals]
        for what, source, target in named:
            if source not in (START, *self.nodes) or target not in (END, *self.nodes):
                wrong = source if source not in (START, *self.nodes) else target
                raise GraphError(
                    f"{what} names {wrong!r}: the nodes are {_listed(self.nodes)}, and besides {START} as a "
                    f"source and {END} as a target. Add it with add_node({wrong!r}), or fix the name."
                )
        if START not in (source for _, source, _ in named):
            raise GraphError(
                f"the graph has no entry: of the nodes {_listed(self.nodes)} none is triggered by {START}. "
                f"Write for instance add_edge(START, {next(iter(self.nodes), 'plan')!r})."
            )

    def _check_mixing(self) -> None:
        plain = {source for source, _ in self.edges} | {each for sources, _ in self.joins for each in sources}
        if mixed := sorted(plain & self.routes.keys()):
            raise GraphError(
                f"{mixed[0]} has plain edges and conditional ones: a node has one or the other, so that it "
                f"can be seen whether a cycle has a way out. Let its router name the plain targets, too."
            )


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _shown(value: object) -> str:
    """A value in words that are the same in every run."""
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(repr, value)))}}}"
    words = repr(value)
    return f"some {type(value).__name__}" if " at 0x" in words else words


def reachable(graph: Graph) -> set[str]:
    """START, and every node that may run."""
    found, front = {START}, [START]
    while front:
        new = [each for each in graph.possible(front.pop()) if each not in found]
        found.update(new)
        front += new
    return found


def ending(graph: Graph) -> set[str]:
    """The nodes after which the run can come to an end, if routers choose well.

    Such is a node all of whose plain targets are, and one of its conditional ones, if it has any.
    """
    found, before = {END}, 0
    while len(found) > before:
        before = len(found)
        for node in (*reversed(graph.nodes), START):
            route = graph.routes.get(node)
            if found.issuperset(graph.certain(node)) and (route is None or found & set(route.targets)):
                found.add(node)
    return found


def depth(graph: Graph) -> int | None:
    """The most super-steps that the graph can take; None if it has a cycle.

    That is the number of nodes on its longest path, and as many again for each deferred node on a path,
    which may have to wait for all the others.
    """
    longest, deferrals = {END: 0}, {END: 0}
    after = {node: graph.possible(node) for node in (START, *graph.nodes)}
    try:
        order = list(TopologicalSorter(after).static_order())
    except CycleError:
        return None
    for node in order:
        longest[node] = (node != START) + max((longest[each] for each in after[node]), default=0)
        deferrals[node] = (node in graph.deferred) + max((deferrals[each] for each in after[node]), default=0)
    return longest[START] * (1 + deferrals[START])


# --- running ------------------------------------------------------------------------------------------


def _check_mapping(name: str, given: object, write: str) -> None:
    if not isinstance(given, Mapping):
        raise GraphError(f"{name}={given!r}: a mapping from names is meant. Write for instance {write}.")


def begin(graph: Graph, values: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint before the first super-step: the input is what START wrote.

    >>> graph = StateGraph({"n": None}).add_node("a").add_edge(START, "a").compile()
    >>> begin(graph, {"n": 1})
    Checkpoint(step=0, values=(('n', 1),), tasks=(Task(node='a', sent=(), answers=(), ...),), ...)
    """
    _check_mapping("values", values, "begin(graph, {'log': ()})")
    before = Checkpoint(-1, (), (Task(START),), ((),) * len(graph.joins))
    return _barrier(graph, before, [Command(frozen(dict(values)))])


def advance(graph: Graph, checkpoint: Checkpoint, results: Sequence[Command | Interrupt]) -> Checkpoint:
    """The checkpoint after the tasks that were `ready` have given these results, in that order.

    If one of them asks, or waits for leave, that is the same super-step, which remembers what the others
    have answered; else it is the next.
    """
    if len(results) != (asked := len(checkpoint.ready)):
        raise GraphError(
            f"{len(results)} results for {asked} tasks: each task of checkpoint.ready gives one, in that "
            f"order. Write advance(graph, checkpoint, [run(task) for task in checkpoint.ready])."
        )
    given = iter(results)
    outcomes = [next(given) if task.ready else task.result for task in checkpoint.tasks]
    commands = [each for each in outcomes if isinstance(each, Command)]
    if len(commands) == len(outcomes):
        return _barrier(graph, checkpoint, commands)
    return replace(checkpoint, tasks=tuple(map(_after, checkpoint.tasks, outcomes)))


def _after(task: Task, outcome: Command | Interrupt | None) -> Task:
    if isinstance(outcome, Interrupt):
        return replace(task, question=outcome.question)
    return replace(task, result=outcome)


def unfilled(graph: Graph, checkpoint: Checkpoint) -> str:
    """Which joins still wait, and for whom, in words; none, if none has been begun.

    >>> graph = StateGraph({}).add_node("a").add_node("b").add_node("c").add_edge(["a", "b"], "c")
    >>> unfilled(graph.add_edge(START, "a").compile(), Checkpoint(1, (), (), (("a",),)))
    'c still waits for b'
    """
    begun = [(join, here) for join, here in zip(graph.joins, checkpoint.arrived, strict=True) if here]
    return ", ".join(
        f"{target} still waits for {_listed(each for each in sources if each not in here)}"
        for (sources, target), here in begun
    )


def resume(checkpoint: Checkpoint, answers: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint with these questions answered: the nodes that asked run again, from their top.

    >>> asked = Checkpoint(1, (), (Task("review", question="Publish?"),))
    >>> resume(asked, {"Publish?": "yes"}).ready
    (Task(node='review', sent=(), answers=('yes',), question=None, result=None),)
    """
    asked = [question for _, question in checkpoint.questions]
    if strange := [question for question in answers if question not in asked]:
        raise GraphError(
            f"{strange[0]!r} was answered, but nobody asked it: the questions are {_listed(asked)}. Write "
            f"resume(checkpoint, {{{asked[0] if asked else '...'!r}: 'yes'}})."
        )
    return replace(checkpoint, tasks=tuple(_answered(task, answers) for task in checkpoint.tasks))


def _answered(task: Task, answers: Mapping[str, Any]) -> Task:
    if task.question is None or task.question not in answers:
        return task
    return replace(task, question=None, answers=(*task.answers, answers[task.question]))


def _barrier(graph: Graph, done: Checkpoint, results: Sequence[Command]) -> Checkpoint:
    """All tasks have run: merge what they wrote, and see what that triggers."""
    values = merge(graph, done, results)
    ran = {task.node for task in done.tasks}
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
    """The state, once the results of its tasks are written to it, in the order of the tasks."""
    values = done.state
    writers: dict[str, str] = {}
    for task, result in zip(done.tasks, results, strict=True):
        for key, value in result.update:
            if key not in graph.keys:
                raise GraphError(
                    f"{task.node} wrote {key!r}: the keys are {_listed(graph.keys)}. Fix the name, or "
                    f"declare it, StateGraph({{..., {key!r}: None}})."
                )
            reducer = graph.keys[key]
            if reducer is None and key in writers:
                raise GraphError(
                    f"{writers[key]} and {task.node} both wrote {key!r} in super-step {done.step + 1}: "
                    f"a key without a reducer takes one write. Declare how to merge them, for instance "
                    f"StateGraph({{{key!r}: operator.add}}), or let one run after the other."
                )
            writers[key] = task.node
            known = reducer is not None and key in values
            values[key] = _reduced(graph, task, key, values[key], value) if known else value
    return tuple((key, values[key]) for key in graph.keys if key in values)


def _reduced(graph: Graph, task: Task, key: str, old: Any, new: Any) -> Any:
    reducer = graph.keys[key]
    assert reducer is not None
    try:
        return frozen(reducer(old, new))
    except Exception as error:
        raise GraphError(
            f"{task.node} wrote {_shown(new)} to {key!r}, which its reducer cannot merge with {_shown(old)} "
            f"({error!r}). Write a value of the same kind, or take another reducer."
        ) from error


def _triggered(
    graph: Graph, goals: list[Goal], before: tuple[str, ...]
) -> tuple[tuple[Task, ...], tuple[str, ...]]:
    """The tasks of the next super-step, and who is deferred still."""
    named = {goal for goal in goals if isinstance(goal, str)} - {END}
    sends = [goal for goal in goals if isinstance(goal, Send)]
    deferred = named & graph.deferred | set(before)
    now = named - graph.deferred
    if not now and not sends:
        now, deferred = deferred, set()
    tasks = [_task(graph, node) for node in sorted(now)]
    tasks += [_task(graph, send.node, (send.item,)) for send in sends]
    return tuple(tasks), tuple(sorted(deferred))


def _task(graph: Graph, node: str, sent: tuple[Any, ...] = ()) -> Task:
    return Task(node, sent, question=f"May {node} run?" if node in graph.pauses else None)


def _goals(graph: Graph, tasks: Sequence[Task], results: Sequence[Command], values: Pairs) -> Iterator[Goal]:
    """Where edges, routers and Commands lead from the tasks that have run, joins apart."""
    ran = set()
    for task, result in zip(tasks, results, strict=True):
        node = task.node
        if result.goto:
            yield from _allowed(result.goto, graph.gotos[node], f"the Command of {node}")
        if node not in ran:
            ran.add(node)
            yield from graph.edges.get(node, ())
            if route := graph.routes.get(node):
                yield from _allowed(_routed(route, node, values), route.targets, f"the router of {node}")


def _routed(route: Route, node: str, values: Pairs) -> tuple[Goal, ...]:
    state = View(values)
    try:
        answer = route.router(state)
        if isinstance(answer, (set, frozenset)):  # whose order is another one in each process
            return tuple(sorted(answer, key=repr))
        several = isinstance(answer, Iterable) and not isinstance(answer, str)
        return tuple(answer) if several else (answer,)  # type: ignore[arg-type, return-value]
    except Exception as error:
        raise GraphError(
            f"the router of {node} raised {error!r}. It may read the keys that have a value, here "
            f"{_listed(state)}; write for instance state.get('draft')."
        ) from error


def _allowed(goals: Iterable[Goal], targets: tuple[str, ...], who: str) -> Iterator[Goal]:
    for goal in goals:
        node = goal.node if isinstance(goal, Send) else goal
        if node not in targets or (isinstance(goal, Send) and node == END):
            raise GraphError(
                f"{who} leads to {goal!r}: it may lead to {_listed(targets)}. Name one of these (a Send "
                f"names a node), or add {node!r} to its targets."
            )
        yield goal


def invoke(
    graph: Graph, nodes: Mapping[str, Callable[..., object]], values: Mapping[str, Any], limit: int = 25
) -> Checkpoint:
    """Run plain functions as nodes, one after the other, until the end, a question, or `limit` super-steps.

    A graph that ends in k super-steps needs a limit of k.

    >>> from operator import add
    >>> graph = StateGraph({"n": add}).add_node("a").add_node("b").add_edge(START, "a").add_edge("a", "b")
    >>> invoke(graph.compile(), {"a": lambda state: {"n": 1}, "b": lambda state: {"n": 10}}, {"n": 0}).state
    {'n': 11}
    """
    return proceed(graph, nodes, begin(graph, values), limit)


def proceed(
    graph: Graph, nodes: Mapping[str, Callable[..., object]], checkpoint: Checkpoint, limit: int = 25
) -> Checkpoint:
    """Run on from a checkpoint: the same as if the run had never been interrupted."""
    _check_mapping("nodes", nodes, "{'plan': lambda state: {'draft': 'v1'}}")
    if not isinstance(limit, int) or limit < 0:
        raise GraphError(f"limit={limit!r}: give super-steps, 0 or more. Write limit=25.")
    while checkpoint.ready and checkpoint.step < limit:
        if missing := [task.node for task in checkpoint.ready if task.node not in nodes]:
            raise GraphError(
                f"there is no function for {missing[0]!r}: the nodes are {_listed(graph.nodes)}. "
                f"Give one for each: {{{missing[0]!r}: lambda state: None, ...}}."
            )
        answers = [nodes[task.node](*task.arguments(checkpoint.values)) for task in checkpoint.ready]
        checkpoint = advance(graph, checkpoint, [command(answer) for answer in answers])
    return checkpoint
