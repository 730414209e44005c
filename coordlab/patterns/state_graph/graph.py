"""How a state graph is built, and what can be said of it before it runs.

- A plain edge triggers its target whenever its source has run: a node reached at two depths runs twice.
- A join, an edge with several sources, triggers once all of them have run, and then starts over.
- Conditional edges trigger what a router says of the merged state; `Send` runs a node on its own item.
- The `goto` of a `Command` triggers nodes in addition to those of the edges.
- A deferred node, once triggered, waits until no other node is left to run.

The words are LangGraph's, with two restrictions that let a cycle without a way out be found before a run:
every place to which a router or a Command may lead is declared, and a node has plain edges or a router.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any, Never, NoReturn

from coordlab import requirements as require
from coordlab.world.message import message

START, END = "START", "END"

Reducer = Callable[[Any, Any], Any]


class GraphError(ValueError):
    """A graph that cannot be built, or a node, router or reducer that broke its rules."""


def refuse(given: str, allowed: str, example: str) -> NoReturn:
    """Raise a `GraphError` in three parts, see `require.fail`."""
    require.fail(given, allowed, example, GraphError)


@message
class Send:
    """Run this node on this item instead of the state."""

    node: str
    item: object = None


Goal = str | Send
Router = Callable[[Mapping[str, Any]], "Goal | Iterable[Goal]"]


@dataclass(frozen=True, repr=False)
class Route(require.Readable):
    """Conditional edges: a router, which is a function of the state, and where it may lead."""

    router: Router
    targets: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Graph:
    """A graph that has been checked: what `StateGraph.compile` returns."""

    keys: Mapping[str, Reducer | None]
    nodes: tuple[str, ...]
    edges: Mapping[str, tuple[str, ...]]
    joins: tuple[tuple[tuple[str, ...], str], ...]
    routes: Mapping[str, Route]
    gotos: Mapping[str, tuple[str, ...]]  # where a node's Commands may lead
    deferred: frozenset[str]
    pauses: frozenset[str]  # nodes that need permission before they run
    orphans: tuple[str, ...] = ()  # a warning: these can never run

    def __repr__(self) -> str:
        return f"<Graph of {len(self.nodes)} nodes>"

    def certain(self, node: str) -> list[str]:
        """What a node triggers, or helps to trigger, in every case."""
        return [*self.edges.get(node, ()), *(target for sources, target in self.joins if node in sources)]

    def chosen(self, node: str) -> list[str]:
        """What a node may trigger by its router or its Commands."""
        return [*(self.routes[node].targets if node in self.routes else ()), *self.gotos.get(node, ())]

    def possible(self, node: str) -> list[str]:
        """Every node that may run because this one has."""
        goals = dict.fromkeys([*self.certain(node), *self.chosen(node)])
        return [each for each in goals if each != END]


class StateGraph:
    """A graph under construction.

    `keys` maps each key of the state to its reducer, a function of the old value and a written one such as
    `operator.add`, or to None: then the key holds the last value written.  A list is kept as a tuple, a dict
    as a tuple of pairs: no node can change what another reads.  Raises GraphError if `keys` is not a mapping.

    >>> from operator import add
    >>> graph = StateGraph({"log": add}).add_node("a").add_node("b").add_edge(START, "a").add_edge("a", "b")
    >>> graph.compile()
    <Graph of 2 nodes>
    """

    def __init__(self, keys: Mapping[str, Reducer | None]) -> None:
        if not isinstance(keys, Mapping):
            refuse(f"keys={keys!r}", "expected a mapping from names", "StateGraph({'log': operator.add})")
        self.keys = dict(keys)
        for key, reducer in keys.items():
            if reducer is not None and not callable(reducer):
                allowed = "expected a function of the old value and the written one, or None"
                refuse(f"the reducer of {key!r} is {reducer!r}", allowed, f"{{{key!r}: operator.add}}")
        self.nodes: dict[str, tuple[str, ...]] = {}
        self.deferred: set[str] = set()
        self.pauses: set[str] = set()
        self.edges: dict[str, list[str]] = {}
        self.joins: list[tuple[tuple[str, ...], str]] = []
        self.routes: dict[str, Route] = {}

    def __repr__(self) -> str:
        return f"<StateGraph of {len(self.nodes)} nodes>"

    def add_node(
        self, name: str, *work: Never, defer: bool = False, pause: bool = False, goto: Iterable[str] = ()
    ) -> StateGraph:
        """Add a node.  Raises GraphError if the name is taken, or if a function is given with it.

        - `defer`: once triggered, it waits until no other node is left to run.
        - `pause`: it asks for permission before it runs.
        - `goto`: where its Commands may lead.
        """
        if work:
            refuse(
                f"add_node({', '.join(map(require.shown, (name, *work)))})",
                "expected the name of the node, and its options by name; its work goes to its member",
                f"add_node({name!r}, defer=True), and Member({name!r}, node(work))",
            )
        if not isinstance(name, str) or name in ("", START, END, *self.nodes):
            allowed = f"expected a new name, neither {START} nor {END}; the nodes so far are"
            refuse(f"add_node({name!r})", f"{allowed} {listed(self.nodes)}", "add_node('plan')")
        self.nodes[name] = _names(goto)
        self.deferred |= {name} if defer else set()
        self.pauses |= {name} if pause else set()
        return self

    def add_edge(self, source: str | Sequence[str], target: str) -> StateGraph:
        """Add a plain edge, or a join if there are several sources.  Raises GraphError if a join has one."""
        if isinstance(source, str):
            self.edges.setdefault(source, []).append(target)
        elif len(set(source)) > 1:
            self.joins.append((tuple(sorted(set(source))), target))
        else:
            example = f"add_edge(['a', 'b'], {target!r}), or a plain edge, add_edge('a', {target!r})"
            refuse(f"a join of {list(source)!r}", "expected two sources or more", example)
        return self

    def add_conditional_edges(self, source: str, router: Router, targets: Iterable[str] = ()) -> StateGraph:
        """Let `router(state)` name which of `targets` are next: a name, END, a Send, or several of these.

        Raises GraphError if `source` has a router already, or if there is no target.
        """
        names = _names(targets)
        if source in self.routes or not callable(router) or not names:
            refuse(
                f"conditional edges from {source!r} to {names!r}",
                "expected one router for each node, a function of the state, and at least one target",
                f"add_conditional_edges({source!r}, lambda state: END, [END])",
            )
        self.routes[source] = Route(router, names)
        return self

    def compile(self) -> Graph:
        """The graph, checked.

        Raises GraphError if it has no entry, if an edge names an unknown node, if a node has both plain
        edges and a router, or if a cycle has no way out.
        """
        self._check()
        edges = {source: tuple(targets) for source, targets in self.edges.items()}
        joins, deferred, pauses = tuple(self.joins), frozenset(self.deferred), frozenset(self.pauses)
        routes, gotos = dict(self.routes), dict(self.nodes)
        graph = Graph(dict(self.keys), tuple(gotos), edges, joins, routes, gotos, deferred, pauses)
        can_end, reached = ending(graph), reachable(graph)
        if trapped := [node for node in self.nodes if node in reached - can_end]:
            refuse(
                f"{', '.join(trapped)} run into a cycle without a way out",
                "every cycle needs a router that can leave it",
                f"add_conditional_edges({trapped[-1]!r}, router, [..., END])",
            )
        return replace(graph, orphans=tuple(node for node in self.nodes if node not in reached))

    def _arrows(self) -> Iterator[tuple[str, str, str]]:
        """All that leads from one node to another: in words, its source and its target."""
        for source, targets in self.edges.items():
            yield from ((f"the edge {source} -> {target}", source, target) for target in targets)
        for sources, target in self.joins:
            yield from ((f"the join at {target}", source, target) for source in sources)
        for source, route in self.routes.items():
            yield from ((f"the router of {source}", source, target) for target in route.targets)
        for node, goals in self.nodes.items():
            yield from ((f"the goto of {node}", node, goal) for goal in goals)

    def _check(self) -> None:
        """Every name is known, there is an entry, and no node has plain edges and a router."""
        arrows, nodes = list(self._arrows()), listed(self.nodes)
        for what, *ends in arrows:
            for name, other in zip(ends, (START, END), strict=True):
                if name not in (other, *self.nodes):
                    allowed = f"the nodes are {nodes}, and {START} as a source, {END} as a target"
                    refuse(f"{what} names {name!r}", allowed, f"add_node({name!r}), or fix the name")
        if START not in (source for _, source, _ in arrows):
            entry = f"add_edge(START, {next(iter(self.nodes), 'plan')!r})"
            refuse("the graph has no entry", f"{START} must trigger one of the nodes, here {nodes}", entry)
        plain = {*self.edges, *(each for sources, _ in self.joins for each in sources)}
        if mixed := sorted(plain & self.routes.keys()):
            given = f"{mixed[0]} has plain edges and conditional ones"
            allowed = "expected one or the other, so that a cycle without a way out can be found"
            refuse(given, allowed, "a router that names the plain targets as well")


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def listed(names: Iterable[str]) -> str:
    """Names in words; none, if there are none."""
    return ", ".join(names) or "none"


def reachable(graph: Graph) -> set[str]:
    """START, and every node that may run."""
    found, front = {START}, [START]
    while front:
        new = [each for each in graph.possible(front.pop()) if each not in found]
        found.update(new)
        front += new
    return found


def ending(graph: Graph) -> set[str]:
    """The nodes after which the run can end, if routers choose well.

    These are the nodes all of whose plain targets are among them, and one of their conditional ones, if any.
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

    This is the number of nodes on its longest path, and the same number again for each deferred node on a
    path, which may have to wait for all the others.
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
