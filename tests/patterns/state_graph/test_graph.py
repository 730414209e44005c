"""How a state graph is built: what is refused, and what is known of a graph before it runs."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import nullcontext
from itertools import product
from typing import Any

import networkx as nx
import pytest

from coordlab.patterns.state_graph.graph import (
    END,
    START,
    Graph,
    GraphError,
    Route,
    StateGraph,
    depth,
    ending,
)
from tests.patterns.state_graph.drawing import built, count, course, drawn, routed
from tests.sampling import disaster_count

MISBUILT = {
    "a>b": r"no entry: START must .* here a, b.*add_edge\(START, 'a'\)",
    "": "no entry: START must .* here none",
    "START>a a>~bb": r"the edge a -> bb names 'bb': the nodes are a, and .*add_node\('bb'\), or fix the name",
    "START>a ~x>a": "the edge x -> a names 'x'",
    "START>a END>a": "the edge END -> a names 'END'",
    "START>a a>START": "the edge a -> START names 'START'",
    "START>a a+~x>a": "the join at a names 'x'",
    "START>a a?~x,END": "the router of a names 'x'",
    "START>a a>b b>a": r"a, b run into a cycle without a way out: .*'b', router, \[..., END\]\)",
    "START>a a>a": "a run into a cycle",
    "START>a a>b b?a": "a, b run into a cycle",
    "START>a b>a c>a a?b,c": "run into a cycle",
    "START>a START>b a+b>c c>a": "a, b, c run into a cycle",
    "START>a a>b a?b,END": "a has plain edges and conditional ones: expected one or the other",
    "a?b a?b": "expected one router for each node",
}


@pytest.mark.parametrize("text", MISBUILT)
def test_what_cannot_be_built_is_refused(text: str) -> None:
    with pytest.raises(GraphError, match=MISBUILT[text]):
        drawn(text).compile()


MISADDED: dict[str, Callable[[StateGraph], object]] = {
    "add_node.'a'.: .* so far are a": lambda g: g.add_node("a").add_node("a"),
    "neither START nor END": lambda g: g.add_node(END),
    "expected a new name": lambda g: g.add_node(""),
    "the goto of a names 'x'": lambda g: g.add_node("a", goto=["x"]).add_edge(START, "a").compile(),
    r"'a', <built-in.*: .*Member\('a', node\(work\)\)": lambda g: g.add_node("a", print),
    r"\('a', True\).* by name": lambda g: g.add_node("a", True),
    r"a join of \['a'\]: expected two .*\(\['a', 'b'\], 'b'\)": lambda g: g.add_edge(["a"], "b"),
    "at least one target": lambda g: g.add_conditional_edges("b", print, []),
    "a function of the state": lambda g: g.add_conditional_edges("b", "b", [END]),
    r"of 'log' is 'add'.*\{'log': operator.add\}": lambda g: StateGraph({"log": "add"}),
    r"keys='n': expected a mapping.*StateGraph\(\{": lambda g: StateGraph("n"),
}


@pytest.mark.parametrize("words", MISADDED)
def test_what_cannot_be_added_is_refused(words: str) -> None:
    with pytest.raises(GraphError, match=words):
        MISADDED[words](StateGraph({}))


def test_an_orphan_is_a_warning_as_data() -> None:
    assert drawn("START>a b>c").compile().orphans == ("b", "c")
    assert drawn("START>a").compile().orphans == ()


def test_names_are_short_when_shown() -> None:
    assert repr(drawn("START>a a>b")) == "<StateGraph of 2 nodes>"


@pytest.mark.parametrize(
    ("text", "nodes", "steps"),
    [
        ("START>END", {}, 0),
        ("START>a a>b", {}, 2),
        ("START>a a>b a>c c>b", {}, 3),
        ("START>s s>d d>e s>x x>y y>z", {"d": {"defer": True}}, 8),
    ],
)
def test_depth_bounds_the_super_steps(text: str, nodes: dict[str, Any], steps: int) -> None:
    graph = drawn(text, **nodes).compile()
    assert depth(graph) == steps
    assert len(course(graph)) <= steps


def test_a_cycle_has_no_depth() -> None:
    assert depth(routed(drawn("START>a a>b"), b=(count(4), "a END"))) is None


def test_networkx_finds_the_same_cycles() -> None:
    """A graph of plain edges is refused if, and only if, a cycle can be reached."""
    refused = 0
    for seed in range(disaster_count()):
        dice = random.Random(seed)
        plain = [(START, "a"), *((dice.choice("abcde"), dice.choice("abcde")) for _ in range(5))]
        edges = nx.DiGraph(plain)
        cyclic = not nx.is_directed_acyclic_graph(edges.subgraph(nx.descendants(edges, START)))
        refused += cyclic
        with pytest.raises(GraphError, match="run into a cycle") if cyclic else nullcontext():
            built((plain, []))
    assert 0 < refused < disaster_count()


def can_end(plain: dict[str, list[str]], routes: dict[str, list[str]], start: str) -> bool:
    """Whether some choices of the routers let a run from `start` end: all sets of active nodes, tried."""
    seen, front = set(), [frozenset({start})]
    while front:
        active = front.pop()
        if not active:
            return True
        ways = [[{one} for one in routes[n]] if n in routes else [set(plain[n])] for n in sorted(active)]
        for choice in product(*ways):
            after = frozenset[str]().union(*choice) - {END}
            if after not in seen:
                seen.add(after)
                front.append(after)
    return False


def test_a_way_out_is_found_if_there_is_one() -> None:
    """Random graphs with routers: the nodes that can end are those for which trying all ways finds an end."""
    answers = set()
    for seed in range(disaster_count()):
        dice = random.Random(seed)
        nodes = tuple("abcd")
        plain, routes = {}, {}
        for node in nodes:
            goals = dice.sample([*nodes, END], dice.randint(1, 2))
            (routes if dice.random() < 0.5 else plain)[node] = goals
        edges, ways = {n: tuple(plain[n]) for n in plain}, {n: Route(print, tuple(routes[n])) for n in routes}
        graph = Graph({}, nodes, edges, (), ways, {}, frozenset(), frozenset())
        found = ending(graph).intersection(nodes)
        assert found == {node for node in nodes if can_end(plain, routes, node)}
        answers.add(len(found))
    assert answers >= {0, 2, 4}
