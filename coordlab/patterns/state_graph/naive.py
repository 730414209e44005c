"""The usual first state graph: a table of nodes, a current one, and a loop; and one call for each flaw."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress

from coordlab.world.loop import simulate

Data = dict[str, int]
Node = Callable[[Data], Awaitable[Data]]


class NaiveGraph:
    """One node after the other, each given what the one before made of the data."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: dict[str, list[str]] = {}

    async def execute(self, start_node: str, input_data: Data) -> Data:
        """What the last node made of it."""
        current, data = start_node, input_data
        while current:
            data = await self.nodes[current](data)
            current = self.route(current, data)  # type: ignore[attr-defined]
        return data


class WithRoute(NaiveGraph):
    """The same, with the missing method: what `routes` has for the node, else the end."""

    def __init__(self, nodes: dict[str, Node], routes: dict[str, str]) -> None:
        super().__init__()
        self.nodes, self.routes = nodes, routes

    def route(self, current: str, data: Data) -> str:
        """The next node."""
        return self.routes.get(current, "")


def _failure(work: Coroutine[object, object, object]) -> str:
    """The error it fails with."""

    async def failed() -> object:
        (error,) = await asyncio.gather(work, return_exceptions=True)
        return error

    return repr(simulate(failed()))


def adds(**written: int) -> Node:
    """A node that returns what it writes."""

    async def node(_: Data) -> Data:
        return written

    return node


def the_route_is_not_defined() -> str:
    """It stops after the first node, at a method that is not defined.

    >>> print(the_route_is_not_defined())
    AttributeError("'NaiveGraph' object has no attribute 'route'")
    """
    graph = NaiveGraph()
    graph.nodes["a"] = adds(a=1)
    return _failure(graph.execute("a", {}))


def the_edges_are_not_read() -> Data:
    """An edge leads from a to b; b never runs.

    >>> the_edges_are_not_read()
    {'a': 1}
    """
    graph = WithRoute({"a": adds(a=1), "b": adds(b=2)}, routes={})
    graph.edges["a"] = ["b"]
    return simulate(graph.execute("a", {}))


def a_cycle_never_ends(seconds: float = 1000.0) -> int:
    """How often two nodes of 1 s run until they are stopped: there is neither an END nor a limit.

    >>> a_cycle_never_ends()
    1000
    """
    runs = 0

    async def node(data: Data) -> Data:
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
    return _failure(WithRoute({"a": adds(), "b": adds()}, {"a": "bb"}).execute("a", {}))


def nothing_runs_side_by_side() -> float:
    """Two nodes that need nothing of each other, 1 s each, take 2 s: there is one current node.

    >>> nothing_runs_side_by_side()
    2.0
    """

    async def slow(data: Data) -> Data:
        await asyncio.sleep(1.0)
        return data

    async def timed() -> float:
        await WithRoute({"facts": slow, "figures": slow}, {"facts": "figures"}).execute("facts", {})
        return asyncio.get_running_loop().time()

    return simulate(timed())


def the_data_is_replaced() -> Data:
    """What the first node wrote is lost when the second has written.

    >>> the_data_is_replaced()
    {'figures': 7}
    """
    nodes = {"facts": adds(facts=3), "figures": adds(figures=7)}
    return simulate(WithRoute(nodes, {"facts": "figures"}).execute("facts", {}))


def a_failure_loses_all_that_was_done() -> int:
    """How often the first two nodes run if the third fails once: there is no checkpoint to go on from.

    >>> a_failure_loses_all_that_was_done()
    4
    """
    runs = 0

    async def work(data: Data) -> Data:
        nonlocal runs
        runs += 1
        return data

    async def failing(_: Data) -> Data:
        raise ConnectionError("no network")

    graph = WithRoute({"a": work, "b": work, "c": failing}, {"a": "b", "b": "c"})
    for _ in range(2):
        _failure(graph.execute("a", {}))
    return runs
