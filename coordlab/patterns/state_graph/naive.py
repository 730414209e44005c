"""The usual first state graph: a table of nodes, a current one, and a loop; and one call for each flaw."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from coordlab.world.loop import simulate

Data = dict[str, int]


class NaiveGraph:
    """One node after the other, each given what the one before made of the data."""

    def __init__(self, **nodes: Callable[[Data], Awaitable[Data]]) -> None:
        self.nodes = nodes
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

    routes: dict[str, str] = {}  # noqa: RUF012

    def route(self, current: str, data: Data) -> str:
        """The next node."""
        return self.routes.get(current, "")


@dataclass
class Work:
    """A node that takes `seconds`, counts its runs, and writes, or fails."""

    writes: Data = field(default_factory=dict)
    seconds: float = 0.0
    fails: bool = False
    runs: int = 0

    async def __call__(self, data: Data) -> Data:
        """What it writes."""
        self.runs += 1
        await asyncio.sleep(self.seconds)
        if self.fails:
            raise ConnectionError("no network")
        return self.writes


def _run(graph: NaiveGraph, limit: float | None = None, **routes: str) -> tuple[object, float]:
    """What comes out of a run from node a, which is stopped at the limit; and how many seconds it took."""

    async def timed() -> tuple[object, float]:
        outcome: object = None
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                (outcome,) = await asyncio.gather(graph.execute("a", {}), return_exceptions=True)
        return outcome, asyncio.get_running_loop().time()

    graph.routes = routes  # type: ignore[attr-defined]
    return simulate(timed())


def the_route_is_not_defined() -> object:
    """It stops after the first node, at a method that is not defined.

    >>> the_route_is_not_defined()
    AttributeError("'NaiveGraph' object has no attribute 'route'")
    """
    return _run(NaiveGraph(a=Work()))[0]


def the_edges_are_not_read() -> int:
    """How often b runs, to which an edge leads from a.

    >>> the_edges_are_not_read()
    0
    """
    graph = WithRoute(a=Work(), b=(b := Work()))
    graph.edges["a"] = ["b"]
    _run(graph)
    return b.runs


def a_cycle_never_ends() -> int:
    """How often two nodes of 1 s run in 1,000 s: there is neither an END nor a limit.

    >>> a_cycle_never_ends()
    1000
    """
    _run(WithRoute(a=(node := Work(seconds=1.0)), b=node), 1000.0, a="b", b="a")
    return node.runs


def an_unknown_node_is_a_bare_key() -> object:
    """A misspelt name says neither where it came from nor which nodes there are.

    >>> an_unknown_node_is_a_bare_key()
    KeyError('bb')
    """
    return _run(WithRoute(a=Work(), b=Work()), a="bb")[0]


def nothing_runs_side_by_side() -> float:
    """Seconds for two nodes of 1 s that need nothing of each other: there is one current node.

    >>> nothing_runs_side_by_side()
    2.0
    """
    return _run(WithRoute(a=Work(seconds=1.0), b=Work(seconds=1.0)), a="b")[1]


def the_data_is_replaced() -> object:
    """What the first node wrote is lost when the second has written.

    >>> the_data_is_replaced()
    {'figures': 7}
    """
    return _run(WithRoute(a=Work({"facts": 3}), b=Work({"figures": 7})), a="b")[0]


def a_failure_loses_all_that_was_done() -> int:
    """How often the first node runs if the second fails once: there is no checkpoint to go on from.

    >>> a_failure_loses_all_that_was_done()
    2
    """
    graph = WithRoute(a=(first := Work()), b=Work(fails=True))
    for _ in range(2):
        _run(graph, a="b")
    return first.runs
