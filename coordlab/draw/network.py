"""The network at one moment: who is in which role, and which messages are under way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from coordlab.draw.reading import ABSENT, DOWN, Flight, Looks, flights, roles_at, spans, strikes, tell
from coordlab.draw.scene import SMALL, Look, Mark, Scene, clean, fit
from coordlab.draw.words import network_words
from coordlab.trace.trace import Trace

Point = tuple[float, float]
_LABELLED = 16  # agents that leave room for the words of their roles
_BAD = Look("bad", width=2.0)


def network_scene(trace: Trace, at: float, topology: Any | None) -> Scene:
    """Lay out the network at `at` seconds; `topology` tells who is linked with whom, None everybody."""
    if not 0 <= at < float("inf"):
        raise ValueError(f"at={at!r} is no moment of the run: give seconds from 0 to {trace.until:g}.")
    return _Layout(trace, at, topology).scene


class _Layout:
    """Puts everything in its place; each `_..._marks` yields one layer, the lowest first."""

    def __init__(self, trace: Trace, at: float, topology: Any | None) -> None:
        self.trace, self.at, self.drawn_up = trace, at, topology is not None
        self.near = neighbours(trace.agents, topology)
        lanes, sent = spans(trace), flights(trace)
        self.looks, self.now = Looks(trace, lanes, sent), roles_at(lanes, at)
        self.under = [each for each in sent if each.sent <= at and (each.end is None or at < each.end)]
        lasting = [each for each in strikes(trace) if each.since <= at < each.until or each.since == at]
        self.cuts = {each.agents: each for each in lasting if each.kind == "Cut"}
        self.parted = [each for each in lasting if each.sides]
        self._measure()
        alt = network_words(trace, at, lanes, self.under, lasting)
        self.scene = Scene("Network", alt, self.width, self.height, f"at {at:.3f} s")
        self.scene.limits = (0, self.width, self.height, 26)
        self.scene.marks = [
            *self._group_marks(),
            *self._link_marks(),
            *self._cut_marks(),
            *self._message_marks(),
            *self._agent_marks(),
        ]

    # --- where ---------------------------------------------------------------------------------------

    def _measure(self) -> None:
        names = self._round()
        number = max(1, len(names))
        reach = min(270.0, max(100.0, 9.5 * number))
        self.node = max(11.0, min(22.0, 2.4 * reach / number))
        margin = self.node + (90 if number <= _LABELLED else 24)
        self.width = 2 * (reach + margin)
        self.height = 2 * (reach + self.node) + 84
        middle = (self.width / 2, self.height / 2 + 12)
        places = spread(list(self.near), self.near) if self.drawn_up else circle(names)
        self.place = {name: (middle[0] + reach * x, middle[1] + reach * y) for name, (x, y) in places.items()}

    def _group(self, name: str) -> tuple[int, ...]:
        return tuple(strike.group(name) for strike in self.parted)

    def _round(self) -> list[str]:
        """The agents in the order of the circle: group by group, an empty place between groups."""
        groups: dict[tuple[int, ...], list[str]] = {}
        for name in self.trace.agents:
            groups.setdefault(self._group(name), []).append(name)
        gap = ["", ""] if len(groups) > 1 else []
        return [name for group in groups.values() for name in (*group, *gap)]

    def _between(self, one: str, other: str, part: float = 1.0, aside: float = 0.0) -> tuple[Point, Point]:
        """From rim to rim, or `part` of the way; `aside` to the right in pixels."""
        (x0, y0), (x1, y1) = self.place[one], self.place[other]
        length = math.dist((x0, y0), (x1, y1)) or 1.0
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        way, rim = part * max(0.0, length - 2 * self.node - 4), self.node + 2
        start = (x0 + rim * dx - aside * dy, y0 + rim * dy + aside * dx)
        return start, (start[0] + way * dx, start[1] + way * dy)

    def _links(self) -> Iterator[tuple[str, str]]:
        order = {name: number for number, name in enumerate(self.near)}
        return ((one, other) for one in order for other in self.near[one] if order[one] < order[other])

    # --- what ----------------------------------------------------------------------------------------

    def _group_marks(self) -> Iterator[Mark]:
        groups = list(dict.fromkeys(map(self._group, self.trace.agents))) if self.parted else []
        tip = self._parting()
        for number, group in enumerate(groups):
            members = [self.place[name] for name in self.trace.agents if self._group(name) == group]
            look = Look(f"group{number % 3}", width=3 * self.node)
            mark = Mark("group", "area", tuple(hull(members)), look, tip)
            self.scene.explain("Marks", "group of a partition", mark._replace(shape="bar"))
            yield mark

    def _link_marks(self) -> Iterator[Mark]:
        """Links that carry; of the others those that somebody drew up, dashed."""
        crowded = not self.drawn_up and len(self.near) > _LABELLED
        tip = self._parting()
        for one, other in () if crowded else self._links():
            if self._group(one) == self._group(other):
                yield Mark("link", "line", (self.place[one], self.place[other]), Look("line"))
            elif self.drawn_up:
                yield from self._severed(one, other, tip)

    def _parting(self) -> str:
        return " ".join(tell(self.trace, strike.seq) for strike in self.parted)

    def _cut_marks(self) -> Iterator[Mark]:
        for (sender, to), strike in self.cuts.items():
            yield from self._severed(sender, to, tell(self.trace, strike.seq), "arrow")

    def _severed(self, one: str, other: str, tip: str, shape: str = "line") -> Iterator[Mark]:
        aside = 5.0 if shape == "arrow" else 0.0
        (x0, y0), (x1, y1) = way = self._between(one, other, aside=aside)
        mark = Mark("cut", shape, way, Look("bad", (4, 3), 1.4), tip)
        self.scene.explain("Marks", "link that is cut", mark)
        yield mark
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        yield Mark("cross", "cross", (middle,), _BAD, tip, size=5)

    def _message_marks(self) -> Iterator[Mark]:
        for flight in self.under:
            part, lost = self._part(flight), flight.fate not in ("", None, DOWN)
            way = self._between(flight.sender, flight.to, min(part, 0.6) if lost else part, 5.0)
            look, tip = self.looks.type(flight.name), tell(self.trace, flight.seq)
            gone = lost and part > 0.6
            mark = Mark("message", "line" if gone else "arrow", way, look, tip)
            self.scene.explain("Messages", clean(flight.name), mark._replace(shape="arrow"))
            yield mark
            if gone:
                yield Mark("cross", "cross", way[1:], _BAD, tell(self.trace, flight.over or 0), size=4.5)

    def _part(self, flight: Flight) -> float:
        """How much of its way a message has behind it; half, if nobody knows."""
        if flight.end is None:
            return 0.5
        return max(0.12, (self.at - flight.sent) / (flight.end - flight.sent))

    def _agent_marks(self) -> Iterator[Mark]:
        for name in self.trace.agents:
            span = self.now.get(name)
            role = span.role if span else ABSENT
            look, (x, y) = self.looks.role(role), self.place[name]
            tip = f"{clean(name)}: {role}. " + (tell(self.trace, span.seq) if span else "")
            node = Mark("down" if role == DOWN else "agent", "node", ((x, y),), look, tip, size=self.node)
            self.scene.explain("Agents", role, node._replace(shape="bar"))
            yield node
            words = fit(clean(name), 2 * self.node - 4)
            on, halo = Look(f"on-{look.colour}"), look.colour
            yield Mark("name", "text", ((x, y + 4),), on, tip, words, anchor="middle", halo=halo)
            if len(self.trace.agents) <= _LABELLED:
                yield self._role_mark(name, role, words)

    def _role_mark(self, name: str, role: str, shown: str) -> Mark:
        """The role in words: outside the circle, or below a place in a topology."""
        (x, y), middle = self.place[name], self.width / 2
        anchor, dx, dy = "middle", 0.0, self.node + 15
        if not self.drawn_up and abs(x - middle) > self.node:
            away = self.node + (7 if not self.parted else 0.5 * self.node + 7)
            anchor, dx, dy = ("start", away, 4.0) if x > middle else ("end", -away, 4.0)
        elif not self.drawn_up and y < self.height / 2:
            dy = -self.node * (1.5 if self.parted else 1) - 8
        role = role if shown == clean(name) else f"{clean(name)}: {role}"
        text = fit(role, 88 if anchor != "middle" else 150, SMALL)
        place, look = ((x + dx, y + dy),), Look("soft")
        return Mark("label", "text", place, look, text=text, size=SMALL, anchor=anchor, halo="bg")


def neighbours(names: tuple[str, ...], topology: Any | None) -> dict[str, list[str]]:
    """Who is linked with whom, in either direction; without a topology everybody with everybody."""
    return {
        one: [
            other
            for other in names
            if other != one
            and (topology is None or topology.has_edge(one, other) or topology.has_edge(other, one))
        ]
        for one in names
    }


def circle(names: list[str]) -> dict[str, Point]:
    """Places on a circle of radius 1, clockwise from the top; an empty name leaves its place free."""
    places = {}
    for number, name in enumerate(names):
        angle = 2 * math.pi * number / len(names)
        places[name] = (round(math.sin(angle), 6), round(-math.cos(angle), 6))
    return places


def spread(names: list[str], near: dict[str, list[str]]) -> dict[str, Point]:
    """Places whose distances follow the hops between agents, within a circle of radius 1.

    Stress majorization from a circle: de Leeuw 1977; Gansner, Koren and North 2005.  It only adds,
    divides and takes roots, which every machine does alike, so the picture is the same everywhere.
    """
    hops = {name: _hops(name, near) for name in names}
    places = circle(names)
    for _ in range(max(8, min(300, 600_000 // (len(names) ** 2 + 1)))):
        for one in names:
            places[one] = _settled(one, names, places, hops[one])
    xs, ys = [x for x, _ in places.values()] or [0.0], [y for _, y in places.values()] or [0.0]
    x0, y0 = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    most = max(max(xs) - x0, max(ys) - y0) or 1.0
    return {name: ((x - x0) / most, (y - y0) / most) for name, (x, y) in places.items()}


def _hops(start: str, near: dict[str, list[str]]) -> dict[str, int]:
    hops, front = {start: 0}, [start]
    for name in front:
        for other in near[name]:
            if other not in hops:
                hops[other] = hops[name] + 1
                front.append(other)
    return hops


def _settled(one: str, names: list[str], places: dict[str, Point], hops: dict[str, int]) -> Point:
    """Where an agent would be in the least tension with all others."""
    x = y = total = 0.0
    for other in names:
        if other != one:
            wanted = hops.get(other, max(hops.values()) + 2)
            dx, dy = places[one][0] - places[other][0], places[one][1] - places[other][1]
            pull, weight = wanted / (math.sqrt(dx * dx + dy * dy) or 1e-9), 1 / wanted**2
            x, y = x + weight * (places[other][0] + pull * dx), y + weight * (places[other][1] + pull * dy)
            total += weight
    return (x / total, y / total) if total else places[one]


def hull(points: list[Point]) -> list[Point]:
    """The corners of the smallest convex area around some points."""
    corners: list[Point] = []
    for way in (sorted(points), sorted(points, reverse=True)):
        side: list[Point] = []
        for point in way:
            while len(side) > 1 and _turn(side[-2], side[-1], point) <= 0:
                side.pop()
            side.append(point)
        corners += side[: max(1, len(side) - 1)]
    return corners


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
