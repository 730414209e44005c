"""The network: whom a message reaches, and when.

A link carries messages from one agent to another.  Each message draws its latency; it may be lost,
doubled, or overtaken.  Without `reorder`, links are first in, first out, as TCP is.

A link draws latency, loss, duplication and reordering from a stream each, and only from those that it
needs.  The tenth draw of a stream is that of the tenth message, and depends on the seed, the link and the
purpose alone: with another probability of loss, latencies are what they were.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from coordlab import requirements as require
from coordlab.trace.faults import LATEST
from coordlab.world.dice import UNIT, words
from coordlab.world.task import MICRO, micros

if TYPE_CHECKING:
    import networkx

    from coordlab.trace.faults import OfCall


@dataclass(frozen=True)
class Latency:
    """How long messages take: a distribution by name, and its parameters in seconds.

    `draw(u)` turns one uniform draw from [0, 1) into seconds.  Make one with `constant`, `uniform`,
    `exponential` or `pareto`; `str` writes it as `read_latency` reads it.
    """

    name: str
    parameters: tuple[float, ...]
    draw: Callable[[float], float] = field(repr=False, compare=False)

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


def _wait(name: str, value: object, example: float) -> float:
    return float(require.number(name, value, above=0, most=LATEST, unit="seconds", example=example))


def constant(seconds: float) -> Latency:
    """Every message takes `seconds`, above 0 and up to 1e9.  Raises ValueError otherwise."""
    seconds = _wait("seconds", seconds, 0.02)
    return Latency("constant", (seconds,), partial(_constant, seconds))


def uniform(least: float, most: float) -> Latency:
    """Each message takes between `least` (above 0) and `most` seconds (up to 1e9), all equally likely.

    Raises ValueError if `most` is below `least`, or `least` is not above 0.
    """
    least = _wait("least", least, 0.01)
    most = float(require.number("most", most, least, LATEST, unit="seconds"))
    return Latency("uniform", (least, most), partial(_uniform, least, most - least))


def exponential(mean: float, least: float = 1e-6) -> Latency:
    """Each message takes `least` seconds plus a memoryless wait: mostly short, sometimes very long.

    mean: the mean of the wait, in seconds above 0, up to 1e9.
    least: seconds above 0, up to 1e9.

    Raises ValueError if one of them is not above 0.
    """
    mean = _wait("mean", mean, 0.02)
    least = _wait("least", least, 0.01)
    return Latency("exponential", (mean, least), partial(_exponential, mean, least))


def pareto(least: float, shape: float = 2.5) -> Latency:
    """A heavy tail: the probability of more than k times `least` seconds is k to the power of `-shape`.

    least: the shortest latency, in seconds above 0, up to 1e9.
    shape: 0.1 or more; the lower, the heavier the tail.  At 1 and below it has no mean.

    Raises ValueError if one of them is out of range.
    """
    least = _wait("least", least, 0.01)
    shape = float(require.number("shape", shape, 0.1, example=2.5))
    return Latency("pareto", (least, shape), partial(_pareto, least, -1.0 / shape))


# What turns a draw into seconds: functions with names, so that a latency can be sent to another process.


def _constant(seconds: float, _: float) -> float:
    return seconds


def _uniform(least: float, span: float, u: float) -> float:
    return least + span * u


def _exponential(mean: float, least: float, u: float) -> float:
    return least - mean * math.log(1.0 - u)


def _pareto(least: float, power: float, u: float) -> float:
    return float(least * (1.0 - u) ** power)


_DISTRIBUTIONS: dict[str, Callable[..., Latency]] = {
    "constant": constant,
    "uniform": uniform,
    "exponential": exponential,
    "pareto": pareto,
}


def read_latency(text: str) -> Latency:
    """The latency that `str(latency)` wrote, such as `uniform(0.01, 0.05)`; a bare number is constant.

    Raises ValueError for any other text.
    """
    match = re.fullmatch(r"\s*(\w+)\(([^()]*)\)\s*", text)
    name, listed = match.groups() if match else ("constant", text)
    given, example = f"latency={require.shown(text)}", "latency='uniform(0.01, 0.05)'"
    try:
        return _DISTRIBUTIONS[name](*_numbers(listed))
    except (KeyError, TypeError):
        allowed = f"expected seconds, or one of {', '.join(_DISTRIBUTIONS)} with its numbers"
        require.fail(given, allowed, example)
    except ValueError as error:
        require.fail(given, str(error).partition(". For example")[0], example)


def _numbers(listed: str) -> Iterable[float]:
    try:
        return [float(part) for part in listed.split(",")]
    except ValueError:
        raise TypeError from None


def as_latency(latency: Latency | float | str) -> Latency:
    """A latency from seconds, the text of a distribution, or a `Latency`.  Raises ValueError otherwise."""
    if isinstance(latency, (Latency, str)):
        return read_latency(latency) if isinstance(latency, str) else latency
    return constant(_wait("latency", latency, 0.02))


class Link:
    """One direction between two agents: its draws, how many messages it carried, when the last arrives."""

    __slots__ = ("count", "last", "latencies", "marks", "risks", "slow")

    def __init__(self, chance: object, ends: tuple[str, str], risks: Iterable[str]) -> None:
        self.redraw(chance, ends, risks)
        self.count = self.last = self.slow = 0
        self.marks: dict[int, dict[str, int]] = {}  # what befalls a message, and by how much, by its number

    def redraw(self, chance: object, ends: tuple[str, str], risks: Iterable[str]) -> None:
        """Draw from `chance`, the seed or what takes its place, from now on."""
        self.latencies = words(chance, "latency", *ends)
        self.risks = {name: words(chance, name, *ends) for name in risks}


class Network:
    """What is between the agents.  The parameters are those of `World`."""

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
        self._steady = self._micros(0) if self.latency.steady else 0  # the latency, if it is always the same
        given = {"loss": loss, "duplicate": duplicate, "reorder": reorder}
        self.chances = {name: require.probability(name, value) for name, value in given.items()}
        # In units of 2**-32, as they are drawn.
        self.risks = {name: round(chance / UNIT) for name, chance in self.chances.items() if chance}
        self.topology = topology
        self.chance: object = seed  # what all draws depend on
        self._near = None if topology is None else _adjacency(topology)
        self.links: dict[tuple[str, str], Link] = {}
        self.cuts: list[tuple[str, str]] = []
        self.partitions: list[dict[str, int]] = []
        self.spoilt: list[OfCall] = []  # the faults of calls that last
        self.special = False  # whether a link is slow, or a message on it marked
        self.refresh()

    def refresh(self) -> None:
        """Find out whether no message can be lost or delayed: no loss, cut, slow or marked link, no topology.

        Then `delay` is the microseconds that each message takes, or 0 if that differs.
        """
        self.severed = bool(self.cuts or self.partitions)
        self.safe = not (self.risks or self.special or self.severed or self._near is not None)
        self.delay = self._steady if self.safe else 0

    def link(self, sender: str, to: str) -> Link:
        """The link from `sender` to `to`, made when it is first asked for."""
        ends = (sender, to)
        found = self.links.get(ends)
        if found is None:
            found = self.links[ends] = Link(self.chance, ends, self.risks)
        return found

    def redraw(self, chance: object) -> None:
        """Draw what befalls messages from `chance` instead of the seed, from now on."""
        self.chance = chance
        for ends, link in self.links.items():
            link.redraw(chance, ends, self.risks)

    def mark(self, sender: str, to: str, nth: int, what: str, by: float) -> None:
        """Let the `nth` message of a link be dropped, duplicated, or delayed `by` seconds."""
        befalls = self.link(sender, to).marks.setdefault(nth, {})
        befalls[what] = befalls.get(what, 0) + micros(by)
        self.special = True
        self.refresh()

    def slow(self, sender: str, to: str, by: int) -> None:
        """Let a link take `by` microseconds more for each message from now on (less, if negative)."""
        self.link(sender, to).slow += by
        self.special = True
        self.refresh()

    def cut(self, sender: str, to: str) -> None:
        """Let no message from `sender` reach `to`, until `join` has undone it."""
        self.cuts.append((sender, to))
        self.refresh()

    def join(self, sender: str, to: str) -> None:
        """Undo one `cut`."""
        self.cuts.remove((sender, to))
        self.refresh()

    def part(self, sides: dict[str, int]) -> None:
        """Let messages reach only agents of the sender's side, until `unite` has undone it.

        `sides` numbers the side of each agent; those that are missing form one more.
        """
        self.partitions.append(sides)
        self.refresh()

    def unite(self, sides: dict[str, int]) -> None:
        """Undo one `part`."""
        self.partitions.remove(sides)
        self.refresh()

    def linked(self, sender: str, to: str) -> bool:
        """Whether the topology has a link from `sender` to `to`."""
        return self._near is None or to in self._near.get(sender, ())

    def neighbours(self, name: str, everybody: Iterable[str]) -> list[str]:
        """The agents that `name` can reach, in the order of `everybody`."""
        if self._near is None:
            return [other for other in everybody if other != name]
        near = self._near.get(name, frozenset())
        return [other for other in everybody if other in near and other != name]

    def parted(self, sender: str, to: str) -> bool:
        """Whether a cut or a partition is between the two, in this direction."""
        if (sender, to) in self.cuts:
            return True
        return any(side.get(sender, -1) != side.get(to, -1) for side in self.partitions)

    def check_nodes(self, names: Iterable[str]) -> None:
        """Raise ValueError unless the topology has exactly these nodes: a misspelt one would be cut off."""
        odd = sorted(self._near.keys() ^ set(names)) if self._near is not None else []
        given = f"the nodes of the topology and the agents differ in {', '.join(odd[:8])}"
        allowed = "each agent is a node, by its name, and each node is an agent"
        require.that(not odd, given, allowed, "topology.add_node('ann'), or world.add(Agent('ann'))")

    def arrival(self, sender: str, to: str, now: int) -> int:
        """The microsecond at which the next message of a link arrives if nothing can befall it."""
        link = self.links.get((sender, to)) or self.link(sender, to)
        link.count += 1
        arrival = now + (int(self._draw(next(link.latencies) * UNIT) * MICRO + 0.5) or 1)
        if arrival < link.last:
            return link.last
        link.last = arrival
        return arrival

    def carry(self, sender: str, to: str, now: int) -> list[tuple[int, str | None]]:
        """For each copy of a message: the microsecond at which it arrives, and why it is lost, or None."""
        link = self.links.get((sender, to)) or self.link(sender, to)
        link.count += 1
        marks = link.marks.get(link.count, {})
        befalls = {name for name, below in self.risks.items() if next(link.risks[name]) < below}
        arrival = now + (self._steady or self._micros(next(link.latencies))) + link.slow
        if "reorder" in befalls:
            arrival += self._again("detour", sender, to, link)  # those behind may overtake it
        else:
            arrival = link.last = max(arrival, link.last)
        cut = self.severed and self.parted(sender, to)
        fate = "dropped" if "drop" in marks else "cut" if cut else "lost" if "loss" in befalls else None
        copies: list[tuple[int, str | None]] = [(arrival + marks.get("delay", 0), fate)]
        if "duplicate" in befalls or "duplicate" in marks:
            copies.append((arrival + self._again("twin", sender, to, link), "cut" if cut else None))
        return copies

    def _again(self, what: str, sender: str, to: str, link: Link) -> int:
        """How many microseconds the current message of a link takes for a detour, or its copy takes more."""
        return self._micros(next(words(self.chance, what, sender, to, link.count)))

    def _micros(self, drawn: int) -> int:
        """The latency that a draw stands for, in microseconds."""
        return int(self._draw(drawn * UNIT) * MICRO + 0.5) or 1


def _adjacency(topology: networkx.Graph[Any]) -> dict[str, frozenset[str]]:
    """The neighbours of each node, by name: nodes may be numbers, names of agents are texts."""
    given = f"topology={require.shown(topology)}"
    allowed = "expected a networkx graph whose nodes are the agents' names"
    example = 'topology=networkx.path_graph(["ann", "bob"])'
    require.that(hasattr(topology, "adj"), given, allowed, example, TypeError)
    return {str(node): frozenset(map(str, topology[node])) for node in topology}
