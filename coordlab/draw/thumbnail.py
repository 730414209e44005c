"""A moment of a run as a small picture: lanes, messages, faults, and a line at the moment; no letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from coordlab.draw.looks import Looks, disturbances
from coordlab.draw.scene import Look, Mark, Scene
from coordlab.trace.lanes import LASTING, Flight, flights, spans
from coordlab.trace.trace import Trace

WIDTH, HEIGHT, SKY = 320.0, 132.0, 14.0  # pixels; the sky above the lanes has the faults
MOST = 150  # messages that are drawn: those sent nearest to the moment

Place = tuple[float, float]


def thumbnail_scene(
    trace: Trace, window: tuple[float, float], at: float, agent: str, says: str, tones: Mapping[str, str]
) -> Scene:
    """The part of a run in a window (seconds), with a line at `at`; `says` describes it in words."""
    small = _Small(trace, window, at, tones)
    here = small.x(at)
    moment = Mark("moment", "line", ((here, 2), (here, HEIGHT - 2)), Look("accent", width=2))
    ring = Mark("moment", "circle", ((here, small.y(agent)),), Look("bad", width=3, hollow=True), size=6)
    marks = [*small.marks(), moment, *([ring] if agent else [])]
    return Scene("Thumbnail", says, WIDTH, HEIGHT, marks=marks)


class _Small:
    """Computes the positions."""

    def __init__(
        self, trace: Trace, window: tuple[float, float], at: float, tones: Mapping[str, str]
    ) -> None:
        self.trace, self.window, self.at = trace, window, at
        self.lanes, self.flights = spans(trace), flights(trace)
        self.looks = Looks(trace, self.lanes, self.flights, tones)
        self.row = {name: number for number, name in enumerate(trace.agents)}
        self.pitch = (HEIGHT - SKY - 6) / max(1, len(trace.agents))

    def x(self, time: float) -> float:
        since, until = self.window
        return 6 + (min(until, max(since, time)) - since) / (until - since) * (WIDTH - 12)

    def y(self, agent: str) -> float:
        return SKY + (self.row.get(agent, 0) + 0.5) * self.pitch

    def seen(self, since: float, until: float) -> bool:
        return since <= self.window[1] and until >= self.window[0]

    def marks(self) -> Iterator[Mark]:
        """Lanes, then messages, then faults."""
        half = min(6.0, 0.36 * self.pitch)
        for span in self.lanes:
            if self.seen(span.since, span.until):
                y, left, right = self.y(span.agent), self.x(span.since), self.x(span.until)
                corners = ((left, y - half), (max(right, left + 1), y + half))
                yield Mark("role", "bar", corners, self.looks.role(span.role))
        shown = (each for each in self.flights if self.seen(each.sent, each.end or each.sent))
        near = sorted(shown, key=lambda each: abs(each.sent - self.at))
        for flight in islice(near, MOST):
            yield from self.flight(flight, half)
        for strike in disturbances(self.trace):
            if self.seen(strike.since, strike.over):
                left, right = self.x(strike.since), self.x(strike.over)
                yield Mark("fault", "flag", ((left, 7),), Look("bad"), size=5)
                if strike.kind in LASTING:
                    yield Mark("fault", "line", ((left, 7), (right, 7)), Look("bad", width=2.5))

    def flight(self, flight: Flight, half: float) -> Iterator[Mark]:
        """A line from lane to lane, as far as the message came."""
        lost = flight.fate not in ("", None)
        look = Look("bad") if lost else self.looks.type(flight.name)
        end = flight.sent if flight.end is None else flight.end
        x0, y0, x1, y1 = self.x(flight.sent), self.y(flight.sender), self.x(end), self.y(flight.to)
        gap = half if y1 > y0 else -half
        ends: tuple[Place, Place] = ((x0, y0 + gap), (x1, y1 - gap))
        yield Mark("message", "line", ends, look._replace(width=0.6 * look.width))
        if lost:
            yield Mark("cross", "cross", (ends[1],), Look("bad", width=1.2), size=2.5)
