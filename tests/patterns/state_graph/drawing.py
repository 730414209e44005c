"""State graphs from a few words, and random ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from operator import add
from typing import Any

from coordlab.patterns.state_graph.graph import END, START, Graph, StateGraph
from coordlab.patterns.state_graph.rules import begin, invoke

Works = dict[str, Callable[..., Any]]
Shape = tuple[list[tuple[str, str]], list[tuple[tuple[str, ...], str]]]


def drawn(text: str, keys: Mapping[str, Any] | None = None, **nodes: dict[str, Any]) -> StateGraph:
    """A graph from words: `a>b` an edge, `a+b>c` a join, `a?b,END` a router that says END; `~b` is not added.

    `nodes` says what is special about some, and adds more.
    """
    graph = StateGraph({"log": add, "x": None} if keys is None else keys)
    words = [word.replace("?", ">").split(">") for word in text.split()]
    names = dict.fromkeys(each for source, to in words for each in [*source.split("+"), *to.split(",")])
    for name in dict.fromkeys([*names, *nodes]):
        if name not in (START, END) and name[0] != "~":
            graph.add_node(name, **nodes.get(name, {}))
    for word in text.replace("~", "").split():
        if "?" in word:
            graph.add_conditional_edges(word.split("?")[0], lambda state: END, word.split("?")[1].split(","))
        else:
            source, to = word.split(">")
            graph.add_edge(source.split("+") if "+" in source else source, to)
    return graph


def signing(graph: Graph) -> Works:
    """Nodes that write their name into the log."""
    return {name: lambda given, *_, name=name: {"log": [name]} for name in graph.nodes}


def shape(seed: int) -> Shape:
    """Plain edges and joins between up to seven nodes, at random, without cycles."""
    dice = random.Random(seed)
    nodes = [f"n{at}" for at in range(dice.randint(2, 7))]
    plain, joins = [], []
    for at, node in enumerate(nodes):
        before = [START, *nodes[:at]]
        if at > 1 and dice.random() < 0.4:
            joins.append((tuple(sorted(dice.sample(nodes[:at], 2))), node))
        if dice.random() < 0.7 or not joins or joins[-1][1] != node:
            plain += [(each, node) for each in dice.sample(before, dice.randint(1, min(2, len(before))))]
    if not any(source == START for source, _ in plain):
        plain.append((START, nodes[0]))
    return plain, joins


def built(shape: Shape) -> Graph:
    """The graph of this shape."""
    plain, joins = shape
    return drawn(
        " ".join(f"{source}>{to}" for source, to in [*plain, *(("+".join(s), t) for s, t in joins)])
    ).compile()


def routed(graph: StateGraph, **routes: tuple[Callable[..., Any], str]) -> Graph:
    """The graph with these routers, each with its targets."""
    for source, (router, targets) in routes.items():
        graph.add_conditional_edges(source, router, targets.split())
    return graph.compile()


def course(graph: Graph, works: Works | None = None, limit: int = 25, **values: Any) -> list[str]:
    """The nodes of each super-step, in words."""
    works, steps = works or signing(graph), []
    checkpoint = begin(graph, values)
    while checkpoint.ready and checkpoint.step < limit:
        steps.append(" ".join(task.node for task in checkpoint.ready))
        checkpoint = invoke(graph, works, checkpoint, checkpoint.step + 1)
    return steps


def count(limit: int) -> Callable[[Mapping[str, Any]], str]:
    """A router that leads to a until the log has this many entries."""
    return lambda state: END if len(state["log"]) >= limit else "a"
