"""State graph in closed form: how often nodes run, how long it takes, and which limit it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from math import fsum

from coordlab import requirements as require

Edges = Mapping[str, Iterable[str]]

DIAMOND = {"START": ["a"], "a": ["b", "c"], "b": ["e"], "c": ["d"], "d": ["e"]}
"""A diamond with arms of unequal length, a - b - e and a - c - d - e."""

SPARE = {"coordlab": 0, "agent-framework": 0, "langgraph": 1}
"""How many super-steps more than a graph takes its limit must be, by framework.

Measured on LangGraph 1.2.22 and Microsoft Agent Framework 1.23 for 1, 2, 3, 5 and 10 super-steps.
"""


def _visits(edges: Edges) -> dict[str, set[int]]:
    """The super-steps in which each node runs."""
    sources: dict[str, list[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            sources.setdefault(target, []).append(source)
    try:
        order = list(TopologicalSorter(sources).static_order())
    except CycleError as error:
        cycle = " -> ".join(error.args[1])
        require.fail(cycle, "expected a graph without cycles", "the same without the edge back")
    steps = {"START": {0}}
    for node in order:
        if node != "START":
            steps[node] = {step + 1 for each in sources.get(node, []) for step in steps[each]}
    return steps


def executions(edges: Edges, joins: bool = False) -> int:
    """How often nodes run in a graph of plain edges from START.

    A node runs once for each length of a path to it; if all nodes with several sources are `joins`, once.
    Raises ValueError if the graph has a cycle.

    >>> executions(DIAMOND), executions(DIAMOND, joins=True)
    (6, 5)
    """
    visits = {node: steps for node, steps in _visits(edges).items() if node not in ("START", "END")}
    return sum(min(len(steps), 1) if joins else len(steps) for steps in visits.values())


def super_steps(edges: Edges) -> int:
    """How many super-steps that graph takes: the nodes on its longest path.

    Raises ValueError if the graph has a cycle.

    >>> super_steps(DIAMOND)
    4
    """
    return max(max(steps, default=0) - (node == "END") for node, steps in _visits(edges).items())


def seconds(levels: Sequence[Sequence[float]], latency: float = 0.0) -> float:
    """How long super-steps take: the slowest node of each, and two messages of `latency` seconds.

    `levels` are the seconds of the nodes of each super-step.  Raises ValueError if one has no nodes, or if a
    time is not a duration.  L. Valiant, A Bridging Model for Parallel Computation, CACM 33(8), 1990.

    >>> seconds([[1.0], [1.0, 5.0], [1.0]], latency=0.5)
    10.0
    """
    require.that(all(levels), f"levels={levels!r}", "expected a node or more in each", "[[1.0], [1.0, 5.0]]")
    slowest = [max(require.seconds("levels", each) for each in level) for level in levels]
    return fsum(slowest) + 2 * len(levels) * require.seconds("latency", latency)


def limit_needed(super_steps: int, framework: str = "coordlab") -> int:
    """The limit with which a graph of this many super-steps just ends; `framework` is one of `SPARE`.

    Raises ValueError if the framework is unknown, or if there is no super-step.

    >>> limit_needed(4), limit_needed(4, "agent-framework"), limit_needed(4, "langgraph")
    (4, 4, 5)
    """
    steps = require.count("super_steps", super_steps, 1, example=4)
    return steps + SPARE[require.one_of("framework", framework, SPARE)]
