"""A state graph as one writes it at first: a table of nodes, a current one, and a loop.

Each function below shows one thing that is wrong with it, by one call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from coordlab.world.loop import simulate

Node = Callable[[Any], Awaitable[Any]]


class NaiveGraph:
    """One node after the other, each given what the one before made of the data."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: dict[str, list[str]] = {}

    async def execute(self, start_node: str, input_data: Any) -> Any:
        """What the last node made of it."""
        current, data = start_node, input_data
        while current:
            data = await self.nodes[current](data)
            current = self.route(current, data)  # type: ignore[attr-defined]
        return data


class WithRoute(NaiveGraph):
    """The same, with the missing method: what `routes` has for the node, else nothing more."""

    def __init__(self, nodes: dict[str, Node], routes: dict[str, str]) -> None:
        super().__init__()
        self.nodes, self.routes = nodes, routes

    def route(self, current: str, data: Any) -> str:
        """The next node."""
        return self.routes.get(current, "")


def _failure(work: Coroutine[Any, Any, Any]) -> Any:
    """What it fails with."""

    async def failed() -> tuple[Any, ...]:
        return await asyncio.gather(work, return_exceptions=True)

    return simulate(failed())[0]


def adds(**written: Any) -> Node:
    """A node that gives what it writes."""

    async def node(_: Any) -> Any:
        return written

    return node


def the_route_is_not_defined() -> str:
    """It stops after the first node, on a method that nobody wrote.

    >>> the_route_is_not_defined()
    "'NaiveGraph' object has no attribute 'route'"
    """
    graph = NaiveGraph()
    graph.nodes["a"] = adds(a=1)
    return str(_failure(graph.execute("a", {})))


def the_edges_are_not_read() -> Any:
    """An edge leads from a to b; b never runs.

    >>> the_edges_are_not_read()
    {'a': 1}
    """
    graph = WithRoute({"a": adds(a=1), "b": adds(b=2)}, routes={})
    graph.edges["a"] = ["b"]
    return simulate(graph.execute("a", {}))


def a_cycle_never_ends(seconds: float = 1000.0) -> int:
    """There is no END and no limit: how often two nodes that take a second each run until they are stopped.

    >>> a_cycle_never_ends()
    1000
    """
    runs = 0

    async def node(data: Any) -> Any:
        nonlocal runs
        runs += 1
        await asyncio.sleep(1.0)
        return data

    async def stopped() -> int:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await WithRoute({"a": node, "b": node}, {"a": "b", "b": "a"}).execute("a", {})
        return runs

    return simulate(stopped())


def an_unknown_node_is_a_bare_key() -> str:
    """A misspelt name says neither where it came from nor which nodes there are.

    >>> an_unknown_node_is_a_bare_key()
    "KeyError('bb')"
    """
    return repr(_failure(WithRoute({"a": adds(), "b": adds()}, {"a": "bb"}).execute("a", {})))


def nothing_runs_side_by_side() -> float:
    """Two nodes that need nothing of each other, 1 s each, take 2 s: there is one current node.

    >>> nothing_runs_side_by_side()
    2.0
    """

    async def slow(_: Any) -> Any:
        await asyncio.sleep(1.0)
        return asyncio.get_running_loop().time()

    seconds: float = simulate(
        WithRoute({"facts": slow, "figures": slow}, {"facts": "figures"}).execute("facts", {})
    )
    return seconds


def the_data_is_replaced() -> Any:
    """What the first node wrote is gone when the second has written.

    >>> the_data_is_replaced()
    {'figures': 7}
    """
    nodes = {"facts": adds(facts=3), "figures": adds(figures=7)}
    return simulate(WithRoute(nodes, {"facts": "figures"}).execute("facts", {}))


def a_failure_loses_all_that_was_done() -> tuple[str, int]:
    """The third node fails: there is no checkpoint, so the next try does the first two again.

    >>> a_failure_loses_all_that_was_done()
    ('no network', 4)
    """
    runs = 0

    async def work(_: Any) -> Any:
        nonlocal runs
        runs += 1

    async def failing(_: Any) -> Any:
        raise ConnectionError("no network")

    graph = WithRoute({"a": work, "b": work, "c": failing}, {"a": "b", "b": "c"})
    why = [_failure(graph.execute("a", {})) for _ in range(2)]
    return str(why[-1]), runs
