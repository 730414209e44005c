"""State graph in closed form: what the domain is, and that counting by paths gives the same."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import pytest

from coordlab.patterns.state_graph.theory import DIAMOND, executions, limit_needed, seconds, super_steps


def test_executions_are_the_different_lengths_of_paths() -> None:
    """Of each node of the diamond, by listing all paths to it."""
    graph = nx.DiGraph([(source, to) for source, targets in DIAMOND.items() for to in targets])
    lengths = {
        node: {len(path) for path in nx.all_simple_paths(graph, "START", node)}
        for node in graph
        if node != "START"
    }
    assert executions(DIAMOND) == sum(map(len, lengths.values())) == 6
    assert executions(DIAMOND, joins=True) == len(lengths) == 5
    assert super_steps(DIAMOND) == nx.dag_longest_path_length(graph)


def test_end_is_not_a_node() -> None:
    assert (super_steps({"START": ["a"], "a": ["END"]}), executions({"START": ["a"], "a": ["END"]})) == (1, 1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: executions({"START": ["a"], "a": ["b"], "b": ["a"]}), "a -> b -> a: .* without cycles"),
        (lambda: seconds([[]]), "expected a node or more in each"),
        (lambda: seconds([[1.0]], latency=-1), "latency=-1: expected seconds, 0 or more"),
        (lambda: seconds([[float("nan")]]), "levels=nan"),
        (lambda: limit_needed(0), "super_steps=0: expected a whole number, 1 or more"),
        (lambda: limit_needed(1, "other"), "expected one of 'coordlab', 'agent-framework', 'langgraph'"),
    ],
)
def test_what_has_no_answer_is_refused(wrong: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wrong()
