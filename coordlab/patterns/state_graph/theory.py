"""State graph: how often nodes run, how long it takes, and which limit it needs, by counting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from math import inf

Edges = Mapping[str, Iterable[str]]

DIAMOND = {"START": ["a"], "a": ["b", "c"], "b": ["e"], "c": ["d"], "d": ["e"]}
"""A diamond with arms of unequal length, a - b - e and a - c - d - e."""


def _visits(edges: Edges) -> dict[str, set[int]]:
    """In which super-steps each node runs."""
    sources: dict[str, list[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            sources.setdefault(target, []).append(source)
    try:
        order = list(TopologicalSorter(sources).static_order())
    except CycleError as error:
        raise ValueError(
            f"{' -> '.join(error.args[1])} is a cycle: only of a graph without one can it be said how often "
            f"its nodes run. Leave the edge back out."
        ) from error
    steps = {"START": {0}}
    for node in order:
        if node != "START":
            steps[node] = {step + 1 for each in sources.get(node, []) for step in steps[each]}
    return steps


def executions(edges: Edges, joins: bool = False) -> int:
    """How often nodes run in a graph of plain edges from START, without cycles.

    A node runs once for each length of a path to it; if all that meet are joins, once.

    >>> executions(DIAMOND), executions(DIAMOND, joins=True)
    (6, 5)
    """
    visits = {node: steps for node, steps in _visits(edges).items() if node not in ("START", "END")}
    return sum(min(len(steps), 1) if joins else len(steps) for steps in visits.values())


def super_steps(edges: Edges) -> int:
    """How many super-steps that graph takes: the nodes on its longest path.

    >>> super_steps(DIAMOND)
    4
    """
    return max(max(steps, default=0) - (node == "END") for node, steps in _visits(edges).items())


def messages(executions: int) -> int:
    """A turn and a reply each.

    >>> messages(6)
    12
    """
    if not isinstance(executions, int) or executions < 0:
        raise ValueError(f"executions={executions}: nodes run 0 times or more. Write messages(6).")
    return 2 * executions


def seconds(levels: Sequence[Sequence[float]], latency: float = 0.0) -> float:
    """How long super-steps take whose nodes take so many seconds each: the slowest of each, and two messages.

    L. Valiant, A Bridging Model for Parallel Computation, CACM 33(8), 1990.

    >>> seconds([[1.0], [1.0, 5.0], [1.0]], latency=0.5)
    10.0
    """
    times = [latency, *(each for level in levels for each in level)]
    if not all(levels) or not all(0 <= each < inf for each in times):
        raise ValueError(
            f"levels={levels!r}, latency={latency}: each super-step has a node or more, and times are 0 or "
            f"more. Write for instance seconds([[1.0], [1.0, 5.0]], latency=0.01)."
        )
    return sum(max(level) + 2 * latency for level in levels)


def limit_needed(super_steps: int, framework: str = "coordlab") -> int:
    """The limit with which a graph of so many super-steps just ends: LangGraph wants one to spare.

    Measured on LangGraph 1.2.22 and Microsoft Agent Framework 1.23 for 1, 2, 3, 5 and 10 super-steps.

    >>> limit_needed(4), limit_needed(4, "agent-framework"), limit_needed(4, "langgraph")
    (4, 4, 5)
    """
    spare = {"coordlab": 0, "agent-framework": 0, "langgraph": 1}
    if framework not in spare or not isinstance(super_steps, int) or super_steps < 1:
        raise ValueError(
            f"limit_needed({super_steps}, {framework!r}): give 1 super-step or more, and one of "
            f"{', '.join(spare)}. Write for instance limit_needed(4, 'langgraph')."
        )
    return super_steps + spare[framework]
