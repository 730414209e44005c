"""Where the nodes of a graph stand: the same places in every run, without numpy, which Pyodide lacks."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from math import cos, hypot, pi, sin

Edges = tuple[tuple[int, int], ...]
Place = tuple[float, float]
ROUNDS = 40  # of moving each node to where its distances pull it


@cache
def places(layout: str, count: int, edges: Edges) -> list[Place]:
    """For each node its place, x to the right and y down, from 0 to 1.

    layout: "tree", from top to bottom below the nodes that no edge leads to; "ring", clockwise from the top;
        "layers", from left to right along the edges; "network", neighbours near each other.
    """
    if not count:
        return []
    return _spread(
        {"tree": _tree, "ring": _ring, "layers": _layers, "network": _network}[layout](count, edges)
    )


def _spread(found: list[Place]) -> list[Place]:
    """Moved and stretched to reach from 0 to 1; what is all at one height or width stands in the middle."""
    sides = []
    for side in zip(*found, strict=True):
        low, wide = min(side), max(side) - min(side)
        sides.append([round((each - low) / wide, 4) if wide > 1e-9 else 0.5 for each in side])
    return list(zip(*sides, strict=True))


def _ring(count: int, _: Edges) -> list[Place]:
    return [(sin(2 * pi * each / count), -cos(2 * pi * each / count)) for each in range(count)]


def _tree(count: int, edges: Edges) -> list[Place]:
    """Leaves side by side, in order; a parent over the middle of its children."""
    below: dict[int, list[int]] = {each: [] for each in range(count)}
    seen = {each for each in range(count) if all(other != each for _, other in edges)}
    for one, other in edges:
        if other not in seen:
            below[one].append(other)
            seen.add(other)
    found: dict[int, Place] = {}
    leaves = 0

    def stand(node: int, depth: int) -> float:
        nonlocal leaves
        found[node] = (leaves, depth)
        under = [stand(each, depth + 1) for each in below[node] if each not in found]
        leaves += not under
        across = (under[0] + under[-1]) / 2 if under else found[node][0]
        found[node] = (across, depth)
        return across

    children = {each for under in below.values() for each in under}
    for root in [*(each for each in range(count) if each not in children), *range(count)]:
        if root not in found:
            stand(root, 0)
    return [found[each] for each in range(count)]


def _layers(count: int, edges: Edges) -> list[Place]:
    """Each node right of those that lead to it; nodes on a cycle share a layer."""
    import networkx as nx

    graph = nx.DiGraph(edges)
    graph.add_nodes_from(range(count))
    folded = nx.condensation(graph)
    layer = {
        node: number
        for number, generation in enumerate(nx.topological_generations(folded))
        for part in generation
        for node in folded.nodes[part]["members"]
    }
    found: dict[int, Place] = {}
    for number, members in groupby(sorted(range(count), key=lambda each: layer[each]), key=layer.__getitem__):
        column = list(members)
        for place, each in enumerate(column):
            found[each] = (number, (place + 0.5) / len(column))
    return [found[each] for each in range(count)]


def _network(count: int, edges: Edges) -> list[Place]:
    """Stress majorization from a ring: each node moves to the mean of where its distances want it.

    After Gansner, Koren and North, Graph Drawing by Stress Majorization, 2004.
    """
    import networkx as nx

    graph = nx.Graph(edges)
    graph.add_nodes_from(range(count))
    steps = dict(nx.all_pairs_shortest_path_length(graph))
    far = 1 + max(max(each.values()) for each in steps.values())
    found = _ring(count, edges)
    for _ in range(ROUNDS):
        for one in range(count):
            x, y = found[one]
            total = across = down = 0.0
            for other, (left, top) in enumerate(found):
                if other == one:
                    continue
                wanted = steps[one].get(other, far)
                pull, apart = 1 / wanted**2, hypot(x - left, y - top) or 1.0
                total += pull
                across += pull * (left + wanted * (x - left) / apart)
                down += pull * (top + wanted * (y - top) / apart)
            found[one] = (across / total, down / total) if total else (x, y)
    return found
