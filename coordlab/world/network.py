"""The network: who hears what, and when.

A link carries messages from one agent to another.  Each message draws its latency; it may be lost,
sent twice, or overtaken.  Without `reorder` links are first in, first out, as TCP is.  What befalls the
tenth message of a link depends on the seed, the link and the number ten, and on nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from coordlab.world.dice import UNIT, chance, words
from coordlab.world.task import MICRO, micros

if TYPE_CHECKING:
    import networkx


class _NoLatency(ValueError):
    """A latency that cannot be."""


@dataclass(frozen=True)
class Latency:
    """How long messages are under way: a distribution by name, its parameters in seconds.

    `draw(u)` turns one uniform draw into seconds.  Write it as `uniform(0.01, 0.05)`.
    """

    name: str
    parameters: tuple[float, ...]

    draw: Callable[[float], float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "draw", _SHAPES[self.name](*self.parameters))
        lowest = self.draw(0.0)
        if not (lowest > 0 and math.isfinite(self.draw(1 - 2**-32))):
            raise _NoLatency(
                f"latency {self} gives {lowest:g} s at the least, but a message takes some time: "
                f"every latency must be positive and finite. Write for instance uniform(0.01, 0.05)."
            )

    @property
    def steady(self) -> bool:
        """Whether every message takes the same time."""
        return self.name == "constant"

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(_short, self.parameters))})"

    __repr__ = __str__


def _short(number: float) -> str:
    """A number as short as possible, but never another one."""
    return short if float(short := f"{number:g}") == number else repr(number)


def _uniform(least: float, most: float) -> Callable[[float], float]:
    span = most - least if most >= least else math.nan
    return lambda u: least + span * u


def _exponential(mean: float, least: float) -> Callable[[float], float]:
    return lambda u: least - mean * math.log(1.0 - u) if mean > 0 else math.nan


def _pareto(least: float, shape: float) -> Callable[[float], float]:
    return lambda u: least * (1.0 - u) ** (-1.0 / shape) if shape > 0 else math.nan


_SHAPES: dict[str, Callable[..., Callable[[float], float]]] = {
    "constant": lambda seconds: lambda u: seconds,
    "uniform": _uniform,
    "exponential": _exponential,
    "pareto": _pareto,
}


def constant(seconds: float) -> Latency:
    """Every message takes `seconds`."""
    return Latency("constant", (float(seconds),))


def uniform(least: float, most: float) -> Latency:
    """Anything between `least` and `most` seconds, equally likely."""
    return Latency("uniform", (float(least), float(most)))


def exponential(mean: float, least: float = 1e-6) -> Latency:
    """`least` seconds and then a memoryless wait of `mean` seconds: mostly quick, at times very slow."""
    return Latency("exponential", (float(mean), float(least)))


def pareto(least: float, shape: float = 2.5) -> Latency:
    """A heavy tail: the chance to take k times as long as `least` seconds falls like k to the `-shape`."""
    return Latency("pareto", (float(least), float(shape)))


def read_latency(text: str) -> Latency:
    """The latency that `str(latency)` wrote, such as `uniform(0.01, 0.05)`; a bare number is constant."""
    match = re.fullmatch(r"\s*(\w+)\(([^()]*)\)\s*", text)
    try:
        if match is None:
            return constant(float(text))
        return _KNOWN[match[1]](*(float(part) for part in match[2].split(",")))
    except _NoLatency:
        raise
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"{text[:60]!r} is no latency. Known are constant, uniform, exponential and pareto: "
            f"write for instance uniform(0.01, 0.05), in seconds."
        ) from None


_KNOWN: dict[str, Callable[..., Latency]] = {
    "constant": constant,
    "uniform": uniform,
    "exponential": exponential,
    "pareto": pareto,
}


def as_latency(latency: Latency | float | str) -> Latency:
    """A latency from what people write: 0.02, "uniform(0.01, 0.05)" or a `Latency`."""
    if isinstance(latency, Latency):
        return latency
    return constant(latency) if isinstance(latency, (int, float)) else read_latency(str(latency))


class Link:
    """One direction between two agents: its draws, how many messages it took, when the last arrives."""

    __slots__ = ("count", "draws", "last", "marks", "slow")

    def __init__(self, seed: int, ends: tuple[str, str]) -> None:
        self.draws = words(seed, "link", *ends)
        self.count = self.last = self.slow = 0
        self.marks: dict[int, tuple[str, int]] | None = None


class Network:
    """What lies between the agents.  `loss`, `duplicate` and `reorder` are chances from 0 to 1.

    `topology` is a networkx graph whose nodes are the agents' names; without one everybody reaches
    everybody.
    """

    def __init__(
        self,
        latency: Latency | float | str = 0.01,
        loss: float = 0.0,
        duplicate: float = 0.0,
        reorder: float = 0.0,
        topology: networkx.Graph[Any] | None = None,
        seed: int = 0,
    ) -> None:
        self.latency = as_latency(latency)
        self._draw = self.latency.draw
        self._loss, self._duplicate, self._reorder = (
            probability("loss", loss),
            probability("duplicate", duplicate),
            probability("reorder", reorder),
        )
        self.topology, self.seed = topology, seed
        self._near = None if topology is None else _adjacency(topology)
        self.links: dict[tuple[str, str], Link] = {}
        self.cuts: list[tuple[str, str]] = []
        self.partitions: list[dict[str, int]] = []
        self.special = False  # a link is slow, or a message on it marked
        self.refresh()

    def refresh(self) -> None:
        """Note whether anything can befall a message; if not, `delay` is how long each takes, else None."""
        self.severed = bool(self.cuts or self.partitions)
        risky = self._loss or self._duplicate or self._reorder or self.special or self.severed
        calm = self.latency.steady and not risky and self._near is None
        self.delay = max(1, micros(self.latency.parameters[0])) if calm else None

    def link(self, sender: str, to: str) -> Link:
        """The link from `sender` to `to`, made when first asked for."""
        ends = (sender, to)
        found = self.links.get(ends)
        if found is None:
            found = self.links[ends] = Link(self.seed, ends)
        return found

    def mark(self, sender: str, to: str, nth: int, what: str, by: float) -> None:
        """Let the `nth` message of a link be dropped, duplicated, or delayed `by` seconds."""
        link = self.link(sender, to)
        link.marks = {**(link.marks or {}), nth: (what, micros(by))}
        self.special = True
        self.refresh()

    def slow(self, sender: str, to: str, by: int) -> None:
        """Let a link take `by` microseconds more for each message from now on (less, if negative)."""
        self.link(sender, to).slow += by
        self.special = True
        self.refresh()

    def linked(self, sender: str, to: str) -> bool:
        """Whether the topology has a link from `sender` to `to`."""
        return self._near is None or to in self._near.get(sender, ())

    def neighbours(self, name: str, everybody: Iterable[str]) -> list[str]:
        """Whom `name` can reach, in the order of `everybody`."""
        if self._near is None:
            return [other for other in everybody if other != name]
        near = self._near.get(name, frozenset())
        return [other for other in everybody if other in near and other != name]

    def parted(self, sender: str, to: str) -> bool:
        """Whether a cut or a partition lies between the two, in this direction."""
        if (sender, to) in self.cuts:
            return True
        return any(side.get(sender, -1) != side.get(to, -1) for side in self.partitions)

    def check_nodes(self, names: Iterable[str]) -> None:
        """A topology speaks of all agents, and of nobody else: a slip in a name would cut somebody off."""
        odd = sorted(self._near.keys() ^ set(names)) if self._near is not None else []
        if odd:
            raise ValueError(
                f"the nodes of the topology and the agents differ in {', '.join(odd[:8])}. Each agent is a "
                f"node, by its name, and each node an agent: topology.add_node(...), or world.add(...)."
            )

    def carry(self, sender: str, to: str, now: int) -> tuple[tuple[int, str | None], ...]:
        """When each copy of a message sent `now` arrives, in microseconds, and why it is lost if it is."""
        link = self.links.get((sender, to)) or self.link(sender, to)
        link.count += 1
        way, loss, duplicate, reorder = next(link.draws)
        arrival = now + (int(self._draw(way * UNIT) * MICRO + 0.5) or 1) + link.slow
        if reorder < self._reorder:
            arrival += self._again("detour", sender, to, link)  # those behind may overtake it
        elif arrival > link.last:
            link.last = arrival
        else:
            arrival = link.last
        fate = "lost" if loss < self._loss else None
        if self.severed and self.parted(sender, to):
            fate = "cut"
        if duplicate >= self._duplicate and link.marks is None:
            return ((arrival, fate),)
        mark, by = (link.marks or {}).get(link.count, ("", 0))
        first = (arrival + by, "dropped" if mark == "drop" else fate)
        if duplicate >= self._duplicate and mark != "duplicate":
            return (first,)
        return first, (arrival + self._again("twin", sender, to, link), "cut" if fate == "cut" else None)

    def _again(self, what: str, sender: str, to: str, link: Link) -> int:
        """How much longer the message at hand takes in the rare case that something special befalls it."""
        seconds = self._draw(chance(self.seed, what, sender, to, link.count))
        return int(seconds * MICRO + 0.5) or 1


def _adjacency(topology: networkx.Graph[Any]) -> dict[str, frozenset[str]]:
    """Whom each reaches, by name: nodes may be numbers, agents' names are texts."""
    if not hasattr(topology, "adj"):
        raise TypeError(
            f"topology={topology!r} is no graph: give a networkx graph whose nodes are the agents' names, "
            f'such as networkx.path_graph(["ann", "bob"]).'
        )
    return {str(node): frozenset(map(str, topology[node])) for node in topology}


def probability(name: str, value: float) -> int:
    """A probability in units of 2**-32, or an error that says why it is none."""
    if isinstance(value, bool) or not (isinstance(value, (int, float)) and 0 <= value <= 1):
        raise ValueError(
            f"{name}={value!r} is no probability: it must lie between 0 (never) and 1 (always). "
            f"For five in a hundred write {name}=0.05."
        )
    return round(value * 2**32)
