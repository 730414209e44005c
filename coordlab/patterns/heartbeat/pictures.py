"""What a monitor sees of each target over time, and whether its opinion is right."""

from __future__ import annotations

from copy import deepcopy
from math import isnan

from coordlab.labs.views import Cell, Curves, Table
from coordlab.patterns.heartbeat.checks import GRAVITY, quality, said
from coordlab.patterns.heartbeat.rules import Detector, PhiAccrual, Timeout, Watch
from coordlab.trace.trace import CRASH, FAULT, HANDLE, HEAL, RESTART, START, Event, Trace

Points = list[tuple[float, float | None]]


class Gauge:
    """The suspicion of one monitor about each of its targets, computed again from the heartbeats it handled.

    detector: a copy of it judges each target.
    period: seconds between two points of a silence.
    """

    def __init__(self, detector: Detector, period: float, targets: tuple[str, ...]) -> None:
        self.detector, self.period = detector, period
        self.points: dict[str, Points] = {target: [] for target in targets}
        self.watches: dict[str, Watch] = {}
        self.due = 0.0

    def start(self, now: float) -> None:
        """The monitor begins to listen, and knows nothing."""
        self.watches = {target: Watch(deepcopy(self.detector)) for target in self.points}
        for watch in self.watches.values():
            watch.listen(now)
        self.due = now

    def stop(self, now: float) -> None:
        """The monitor is down."""
        self.look(now)
        for target in self.watches:
            self.points[target].append((now, None))
        self.watches = {}

    def look(self, until: float) -> None:
        """Note the suspicion at each look up to then."""
        while self.watches and self.due <= until:
            for target, watch in self.watches.items():
                watch.check(self.due)
                self._note(target, self.due)
            self.due = round(self.due + self.period, 6)

    def beat(self, target: str, now: float, incarnation: int) -> None:
        """A heartbeat ends a silence."""
        if target in self.watches:
            self._note(target, now)
            self.watches[target].beat(now, incarnation)
            self._note(target, now)

    def _note(self, target: str, now: float) -> None:
        detector = self.watches[target].detector
        phi = isinstance(detector, PhiAccrual)
        level = detector.level(now) if phi else now - detector.last  # type: ignore[attr-defined]
        self.points[target].append((now, round(min(level, 1.5 * full(detector)), 3)))


def full(detector: Detector) -> float:
    """The suspicion at which a target is suspected: seconds of silence, or phi."""
    assert isinstance(detector, (Timeout, PhiAccrual)), "the lab offers no others"
    return detector.seconds if isinstance(detector, Timeout) else detector.threshold


def suspicion(detector: Detector, period: float, trace: Trace, monitor: str = "monitor") -> Curves:
    """The suspicion of a monitor over time, cut off at one and a half times the limit.

    The curve of a target that is suspected at some time is red.
    """
    gauge = Gauge(detector, period, tuple(each for each in trace.agents if each != monitor))
    for event in trace:
        if event.agent == monitor and event.kind in (START, RESTART):
            gauge.start(event.time)
        elif event.agent == monitor and event.kind == CRASH:
            gauge.stop(event.time)
        elif event.agent == monitor and event.kind == HANDLE and event.name == "Heartbeat":
            gauge.look(event.time)
            gauge.beat(str(event.peer), event.time, event.content.incarnation)
    gauge.look(trace.until)
    unit, line = ("s", "time-out") if isinstance(detector, Timeout) else ("phi", "threshold")
    curves = {target: tuple(points) for target, points in gauge.points.items()}
    most = {
        target: max((value or 0.0 for _, value in points), default=0.0) for target, points in curves.items()
    }
    tones = {name: "failed" for name, level in most.items() if level >= full(detector)}
    return Curves(curves, unit, steps=False, lines={line: full(detector)}, tones=tones)


TRUTH = {START: "up", RESTART: "up", CRASH: "down", FAULT: "stopped", HEAL: "up"}
JUDGED = {
    ("up", False): ("right", "normal"),
    ("up", True): ("mistaken", "failed"),
    ("stopped", False): ("right", "normal"),
    ("stopped", True): ("mistaken", "failed"),
    ("down", False): ("not found yet", "between"),
    ("down", True): ("right", "normal"),
}
TONES = {"up": "normal", "stopped": "stuck", "down": "down", "trusted": "normal", "suspected": "between"}


def opinions(trace: Trace, monitor: str = "monitor") -> Table:
    """The truth about each target, the opinion of a monitor, and whether that is right."""
    targets = tuple(each for each in trace.agents if each != monitor)
    truth, opinion = dict.fromkeys(targets, "down"), dict[str, str]()
    cells: list[Cell] = []

    def show(event: Event, target: str) -> None:
        cells.append(Cell(event.seq, target, "truth", truth[target], TONES[truth[target]]))
        if target in opinion:
            cells.append(Cell(event.seq, target, "opinion", opinion[target], TONES[opinion[target]]))
            words = JUDGED[truth[target], opinion[target] == "suspected"]
            cells.append(Cell(event.seq, target, "judged", *words))

    for event in trace:
        turns = event.kind in (START, RESTART, CRASH) or event.name == "Pause"
        if turns and event.agent in truth:
            truth[event.agent] = TRUTH[event.kind]
            show(event, event.agent)
        elif event.kind == CRASH and event.agent == monitor:
            cells += [Cell(event.seq, each, name, "") for each in opinion for name in ("opinion", "judged")]
            opinion.clear()
        elif (pair := said(event)) and pair[0] == monitor:
            opinion[pair[1]] = "suspected" if GRAVITY[str(event.name)] else "trusted"
            show(event, pair[1])
    return Table(targets, ("truth", "opinion", "judged"), tuple(cells), head="agent")


def detection(trace: Trace) -> float | None:
    """Mean seconds from a crash to its suspicion; None if no crash was found."""
    found = quality(trace).mean_detection
    return None if isnan(found) else round(found, 3)


def mistakes(trace: Trace) -> int:
    """How often an agent that was up was suspected."""
    return len(quality(trace).mistakes)
