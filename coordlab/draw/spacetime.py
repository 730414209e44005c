"""The space-time diagram: true time to the right, a lane for each agent, an arrow for each message."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping

from coordlab import requirements as require
from coordlab.draw.looks import Looks, disturbances, timed
from coordlab.draw.scene import SMALL, Look, Mark, Scene, fit, ticks, wide
from coordlab.draw.words import space_time_words
from coordlab.trace.lanes import DOWN, LASTING, FaultSpan, Flight, Span, clean, flights, spans
from coordlab.trace.trace import DECISION, MICRO, NOTE, Trace

MOST, MOST_ZOOMED = 400, 800  # messages drawn as arrows, at most: of a whole run, of a part of it
_ROW, _ROWS = 21, 4  # the rows of faults above the lanes: their height in pixels, and their number
_BIN = 6  # the width of a bar of the density strip, in pixels
_UNHEARD = Look("soft", width=1.4)
_LOST = Look("bad", width=2.0)
_BAD = Look("bad", width=1.5)


def space_time_scene(
    trace: Trace,
    since: float | None,
    until: float | None,
    title: str,
    width: float,
    tones: Mapping[str, str] | None = None,
    ringed: int | None = None,
    like: Trace | None = None,
) -> Scene:
    """The space-time diagram of the whole run, or of the part from `since` to `until` (seconds)."""
    layout = _Layout(trace, since, until, title, width, tones, like)
    if ringed is not None:
        layout.ring(ringed)
    return layout.scene


def _window(trace: Trace, since: float | None, until: float | None) -> tuple[float, float]:
    begin = 0.0 if since is None else float(since)
    end = (trace.until if trace.until > begin else begin + 1.0) if until is None else float(until)
    require.that(
        0 <= begin < end < math.inf,
        f"since={since!r}, until={until!r}",
        f"expected two times in virtual seconds, the earlier first; the run goes from 0 to {trace.until:g} s",
        f"since=0, until={trace.until or 1:g}",
    )
    return begin, end


class _Layout:
    """Computes the positions; each method `_…_marks` yields one layer, the lowest first."""

    def __init__(
        self,
        trace: Trace,
        since: float | None,
        until: float | None,
        title: str,
        width: float,
        tones: Mapping[str, str] | None,
        like: Trace | None,
    ) -> None:
        width = require.number("width", width, 300, unit="pixels", example=760)
        self.trace = trace
        self.since, self.until = _window(trace, since, until)
        self.lanes, self.flights, self.strikes = spans(trace), flights(trace), disturbances(trace)
        self.looks = Looks(trace, self.lanes, self.flights, tones, like)
        self.seen = [each for each in self.flights if self._within(each.sent, each.end)]
        zoomed = since is not None or until is not None
        self.dense = len({each.seq for each in self.seen}) > (MOST_ZOOMED if zoomed else MOST)
        self.thin = 0.65 if len(self.seen) > 150 else 1.0
        self._measure(width, title)
        alt = space_time_words(trace, self.since, self.until, self.lanes, self.flights, self.strikes)
        self.scene = Scene("Space-time diagram", alt, width, self.bottom + 40, clean(title))
        self._fill()

    def _within(self, since: float, until: float | None) -> bool:
        return since <= self.until and (until is None or until >= self.since)

    def _measure(self, width: float, title: str) -> None:
        agents = self.trace.agents
        self.row = {name: number for number, name in enumerate(agents)}
        self.left = min(130.0, max([wide(name) for name in agents], default=0.0)) * 1.06 + 20
        self.right = width - 22
        self.pitch = max(16.0, min(56.0, 460 / (len(agents) or 1)))
        self.bar = min(16.0, self.pitch * 0.4)
        self.strip = list(self._placed())
        levels = max((level + 1 for *_, level in self.strip), default=0)
        self.sky = 30 if title else 8
        self.head = self.sky + levels * _ROW
        self.top = self.head + self.pitch / 2 + 2
        self.floor = self.head + self.pitch * len(agents) + 4
        self.bottom = self.floor + (56 if self.dense else 0)

    def x(self, time: float) -> float:
        """The horizontal position (pixels) of a time (seconds)."""
        return self.left + (time - self.since) / (self.until - self.since) * (self.right - self.left)

    def inside(self, time: float) -> float:
        """As `x`, limited to the borders."""
        return min(self.right, max(self.left, self.x(time)))

    def y(self, agent: str) -> float:
        """The vertical position (pixels) of the middle of an agent's lane."""
        return self.top + self.row[agent] * self.pitch

    def _fill(self) -> None:
        scene, span, reach = self.scene, self.until - self.since, self.right - self.left
        scene.lanes = self.trace.agents
        scene.units = (self.left - self.since / span * reach, span / reach, self.top, 1 / self.pitch)
        scene.limits = (self.left, self.right, self.bottom, self.sky)
        scene.chrome = [*self._frame_marks()]
        scene.marks = [*self._group_marks(), *self._strike_marks(), *self._lane_marks()]
        if self.dense:
            scene.marks += self._density_marks()
            scene.caption = self._advice()
        else:
            scene.marks += [*self._message_marks(), *self._said_marks()]
        scene.marks += self._label_marks()

    def ring(self, seq: int) -> None:
        """Put a ring around an event of an agent, below its lane, if it is in the part that is drawn."""
        time, agent = self.trace.rows[seq][0] / MICRO, self.trace.rows[seq][2]
        if agent is not None and self.since <= time <= self.until:
            tip = timed(self.trace, seq)
            size, look = max(9.0, self.bar * 0.9), Look("bad", width=2.5, hollow=True)
            x = max(self.x(time), self.left + size)  # beside the names, not on them
            mark = Mark("ring", "circle", ((x, self.y(agent)),), look, tip, size=size)
            marks = self.scene.marks
            lane = next((place for place, each in enumerate(marks) if each.what in ("role", "down")), 0)
            marks.insert(lane, mark)
            self.scene.explain("Marks", "what differs first", mark._replace(size=6.0))

    # --- lanes -------------------------------------------------------------------------------------

    def _frame_marks(self) -> Iterator[Mark]:
        line, soft = Look("line"), Look("soft")
        for time, label in ticks(self.since, self.until, int((self.right - self.left) / 80)):
            yield Mark("grid", "line", ((self.x(time), self.head), (self.x(time), self.bottom)), line)
            yield Mark("tick", "text", ((self.x(time), self.bottom + 16),), soft, text=label, anchor="middle")
        where = ((self.right, self.bottom + 32),)
        yield Mark("tick", "text", where, soft, text="virtual seconds", anchor="end")
        for name in self.trace.agents:
            y = self.y(name)
            yield Mark("lane", "line", ((self.left, y), (self.right, y)), line)
            label = fit(clean(name), self.left - 20)
            place = ((self.left - 10, y + 4),)
            yield Mark("name", "text", place, Look("ink"), clean(name), label, anchor="end")

    def _spans(self) -> Iterator[tuple[Span, float, float]]:
        """The visible spans, long ones first, with their ends in pixels; one for each pixel."""
        taken = set()
        shown = [span for span in self.lanes if self._within(span.since, span.until)]
        for span in sorted(shown, key=lambda span: span.since - span.until):
            left, right = self.inside(span.since), self.inside(span.until)
            if left == right and span.since < span.until:  # it only touches the border
                continue
            if right - left < 1:
                if (span.agent, int(left)) in taken:
                    continue
                taken.add((span.agent, int(left)))
            yield span, min(left, self.right - 1.5), max(right, left + 1.5)

    def _lane_marks(self) -> Iterator[Mark]:
        for span, left, right in self._spans():
            y, half, look = self.y(span.agent), self.bar / 2, self.looks.role(span.role)
            tip = f"{span.agent}, {span.role}, {span.since:.3f} to {span.until:.3f} s. "
            tip += timed(self.trace, span.seq)
            mark = Mark("role", "bar", ((left, y - half), (right, y + half)), look, tip)
            if span.role == DOWN:
                mark = mark._replace(what="down")
            self.scene.explain("Lanes", span.role, mark)
            yield mark

    def _label_marks(self) -> Iterator[Mark]:
        for span, left, right in self._spans():
            choices = (span.role, span.role.rpartition(" = ")[2])
            label = next((each for each in choices if wide(each, SMALL) + 8 <= right - left), "")
            if label and self.bar >= 14:
                colour = self.looks.role(span.role).colour
                place, look = ((left + 5, self.y(span.agent) + 4),), Look(f"on-{colour}")
                yield Mark("label", "text", place, look, text=label, size=SMALL, halo=colour)

    # --- messages ----------------------------------------------------------------------------------

    def _message_marks(self) -> Iterator[Mark]:
        for flight in self.seen:
            yield from self._flight_marks(flight)

    def _tip(self, flight: Flight) -> str:
        end = "It is still on the way at the end." if flight.over is None else timed(self.trace, flight.over)
        return f"{timed(self.trace, flight.seq)} {end}"

    def _flight_marks(self, flight: Flight) -> Iterator[Mark]:
        """An arrow as far as the message came; a cross at its end if it was not delivered."""
        look = self.looks.type(flight.name)._replace(hollow=flight.again)
        look = look._replace(width=look.width * self.thin)
        whole = self._way(flight)
        lost = flight.fate not in ("", None, DOWN)
        (x0, y0), (x1, y1) = whole
        stop = (x0 + 0.6 * (x1 - x0), y0 + 0.6 * (y1 - y0)) if lost else whole[1]
        what = {"": "message", None: "underway"}.get(flight.fate, "lost")
        headed = flight.fate == "" and stop[0] <= self.right + 0.01
        tip = self._tip(flight)
        line = Mark(what, "arrow" if headed else "line", self._clipped((whole[0], stop)), look, tip)
        says = self.trace.says.get(flight.name, flight.name)
        sample = line._replace(shape="arrow", look=look._replace(hollow=False), tip=says)
        self.scene.explain("Messages", clean(flight.name), sample)
        yield line
        if flight.fate and self.left <= stop[0] <= self.right:
            look, size, word = (_LOST, 4.5, "lost on the way") if lost else (_UNHEARD, 3.5, "recipient down")
            cross = Mark("cross", "cross", (stop,), look, tip, size=size)
            self.scene.explain("Marks", word, cross)
            yield cross
        if flight.again:
            self.scene.explain("Marks", "second copy", line)
        if flight.fate is None:
            self.scene.explain("Marks", "no head: still on the way", line)

    def _way(self, flight: Flight) -> tuple[tuple[float, float], tuple[float, float]]:
        """From lane to lane; beyond the border if the message is still on the way at the end."""
        late = 0.25 * (self.trace.until - flight.sent) + 0.01 * (self.until - self.since)
        end = self.trace.until + late if flight.end is None else flight.end
        x0, x1, y0, y1 = self.x(flight.sent), self.x(end), self.y(flight.sender), self.y(flight.to)
        gap = self.bar / 2 + 1.5
        if flight.sender == flight.to:
            return (x0, y0 - gap - 3), (x1, y0 - gap - 3)
        cut = gap / abs(y1 - y0)
        return (x0 + cut * (x1 - x0), y0 + cut * (y1 - y0)), (x1 - cut * (x1 - x0), y1 - cut * (y1 - y0))

    def _clipped(self, way: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        """The part of a line between the borders."""
        (x0, y0), (x1, y1) = way
        slope = (y1 - y0) / (x1 - x0) if x1 != x0 else 0.0
        return tuple(
            (held, y + slope * (held - x)) for x, y in way for held in [min(self.right, max(self.left, x))]
        )

    def _said_marks(self) -> Iterator[Mark]:
        shapes = {NOTE: ("circle", Look("accent", hollow=True)), DECISION: ("diamond", Look("accent"))}
        for event in self.trace:
            if event.kind in shapes and event.agent in self.row and self._within(event.time, event.time):
                shape, look = shapes[event.kind]
                place = ((self.x(event.time), self.y(event.agent) - self.bar / 2 - 5),)
                mark = Mark(event.kind, shape, place, look, timed(self.trace, event.seq), size=4)
                self.scene.explain("Marks", event.kind, mark)
                yield mark

    # --- a long run --------------------------------------------------------------------------------

    def _density_marks(self) -> Iterator[Mark]:
        """How many messages were sent in each interval, and how many of them were not delivered."""
        bins = int((self.right - self.left) / _BIN)
        each = (self.until - self.since) / bins
        numbers = [min(bins - 1, int((one.sent - self.since) / each)) for one in self.seen]
        inside = [(at, one) for at, one in zip(numbers, self.seen, strict=True) if at >= 0 and not one.again]
        sent = Counter(at for at, _ in inside)
        lost = Counter(at for at, one in inside if one.fate)
        peak, base = max(sent.values(), default=1), self.bottom - 2
        for at in sorted(sent):
            begin = self.since + at * each
            tip = f"{begin:.3f} to {begin + each:.3f} s: {sent[at]} messages sent, {lost[at]} not delivered."
            for label, number, colour in (("sent", sent[at], "soft"), ("not delivered", lost[at], "bad")):
                x, height = self.left + at * _BIN, 36 * number / peak
                mark = Mark("density", "bar", ((x, base - height), (x + _BIN - 1, base)), Look(colour), tip)
                if number:
                    self.scene.explain("Messages", label, mark)
                    yield mark
        most = f"at most {peak} messages in {each:.2g} s"
        yield Mark("count", "text", ((self.left, base - 42),), Look("soft"), text=most, size=SMALL)

    def _advice(self) -> str:
        sends = [each.sent for each in self.seen if not each.again]
        start = next((each.since for each in self.strikes if each.since >= self.since), sends[0])
        near = [sent for sent in sends if sent >= start][:60] or sends[:60]
        pad = (near[-1] - near[0] or 0.1) / 10
        digits = max(0, -math.floor(math.log10(pad)))
        begin, end = max(0.0, round(near[0] - pad, digits)), round(near[-1] + pad, digits)
        return (
            f"{len({each.seq for each in self.seen}):,} messages are too many to draw as arrows. "
            f"Zoom in: space_time(trace, since={begin:g}, until={end:g})"
        )

    # --- faults ------------------------------------------------------------------------------------

    def _placed(self) -> Iterator[tuple[FaultSpan, float, str, int]]:
        """The visible faults, each with the start of its text (pixels), the text, and its row.

        Of two faults that overlap, the later one is in a lower row, so that no line crosses a text.
        """
        rows: list[list[tuple[float, float]]] = [[] for _ in range(_ROWS)]
        for strike in self.strikes:
            if not self._within(strike.since, strike.over):
                continue
            text = fit(clean(strike.text), 260)
            begin, end = self.inside(strike.since), self.inside(strike.over)
            start = begin + 8 if begin + 12 + wide(text) < self.right else begin - 8 - wide(text)
            low, high = min(begin, start) - 6, max(end, begin, start + wide(text)) + 8
            level = next((n for n in range(_ROWS) if all(high < a or low > b for a, b in rows[n])), None)
            if level is not None:
                rows[level].append((low, high))
            yield strike, start, text if level is not None else "", _ROWS - 1 if level is None else level

    def _strike_marks(self) -> Iterator[Mark]:
        for strike, start, text, level in self.strip:
            tip, x = timed(self.trace, strike.seq), self.inside(strike.since)
            y = self.sky + (level + 0.5) * _ROW
            foot = self.floor if strike.groups or not strike.agents else self.y(strike.agents[0])
            if strike.since >= self.since:
                yield Mark("fault", "line", ((x, y), (x, foot)), _BAD, tip)
                yield Mark("flag", "flag", ((x, y),), _BAD, tip, size=6)
            if strike.kind in LASTING:
                ends = ((x, y + 9), (self.inside(strike.over), y + 9))
                mark = Mark("lasting", "line", ends, _BAD._replace(width=3.0), tip)
                self.scene.explain("Marks", "while a fault lasts", mark)
                yield mark
                yield from self._struck_marks(strike, tip)
            if text:
                yield Mark("fault", "text", ((start, y + 4),), Look("ink"), tip, text)

    def _struck_marks(self, strike: FaultSpan, tip: str) -> Iterator[Mark]:
        """A dashed line below the lanes of the agents that a fault affects, while it lasts."""
        for name in () if strike.groups else strike.agents:
            y = self.y(name) + self.bar / 2 + 3.5
            ends = ((self.inside(strike.since), y), (self.inside(strike.over), y))
            mark = Mark("struck", "line", ends, _BAD._replace(dash=(5, 3), width=2.0), tip)
            self.scene.explain("Marks", "affected agents", mark)
            yield mark

    def _group_marks(self) -> Iterator[Mark]:
        """The groups of a partition as shades, and a wall between neighbouring lanes of different groups."""
        for strike, *_ in self.strip:
            left, right = self.inside(strike.since), self.inside(strike.over)
            tip = timed(self.trace, strike.seq)
            groups = [strike.group(name) for name in self.trace.agents] if strike.groups else []
            for number, group in enumerate(groups):
                above = self.top + (number - 0.5) * self.pitch
                look, corners = Look(f"group{group % 3}"), ((left, above), (right, above + self.pitch))
                yield Mark("group", "bar", corners, look, tip)
                if number and groups[number - 1] != group:
                    ends = ((left, above), (right, above))
                    wall = Mark("wall", "line", ends, _BAD._replace(dash=(2, 3)), tip)
                    self.scene.explain("Marks", "partition", wall)
                    yield wall
