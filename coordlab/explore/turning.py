"""The point of no return: until when a failing run could still have gone well.

All randomness is drawn again from a moment t on, many times.  The share of these futures that still fail is
close to a step over t: before the step the failure was one possibility among many, after it hardly anything
could prevent it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from coordlab import requirements as require
from coordlab.draw import Drawing
from coordlab.draw.chart import chart
from coordlab.explore.search import ExploreError
from coordlab.intervals import Interval, share
from coordlab.progress_bar import Tell, teller
from coordlab.properties.verdicts import VIOLATED, Property
from coordlab.trace.narration import sentence
from coordlab.trace.trace import DROP, FAULT, MICRO, SEND, START, Event
from coordlab.world.errors import WorldError
from coordlab.world.run import Run

FUTURES = 40  # futures drawn at each end of the step
GRID = 8  # moments at which the curve is measured besides


@dataclass(frozen=True, repr=False)
class TurningPoint:
    """When a run that fails became one that could hardly be saved.

    run, property: what was asked.
    before, after: the step lies between these virtual seconds; both are the beginning if all futures fail.
    early, late: the share of futures that fail if chance is drawn again from `before`, and from `after`.
    curve: that share at further moments.
    event: what happened in between; a message that did not arrive is preferred.  None: there is no step.
    """

    run: Run
    property: str
    before: float
    after: float
    early: Interval
    late: Interval
    curve: dict[float, Interval]
    event: Event | None

    @cached_property
    def sentence(self) -> str:
        """The result in words."""
        if self.before == self.after:
            return f"All futures from the beginning break “{self.property}”: chance decides nothing here"
        from_then = f"from {self.after:.6g} s on {_percent(self.late)}"
        what = "" if self.event is None else f": {sentence(self.run.trace, self.event.seq)}"
        return (
            f"If chance is drawn again, {_percent(self.early)} of the futures from {self.before:.6g} s on "
            f"break “{self.property}”, and {from_then}{what}"
        )

    def plot(self) -> Drawing:
        """The share of failing futures over the time from which they are drawn."""
        name = "from when all is drawn again, in s"
        return chart({}, {"futures that fail": self.curve}, x=name, y="share", title=self.sentence)

    def __repr__(self) -> str:
        return self.sentence


def _percent(found: Interval) -> str:
    return f"{100 * found.mean:.0f} %"


def point_of_no_return(
    run: Run, judge: Property | str, drawn: int = FUTURES, progress: bool | Tell = False
) -> TurningPoint:
    """When a run that violates a property became one that could hardly be saved.

    run: a run that violates the property.
    judge: the property, or the name of one that the run was judged by.
    drawn: how many futures are drawn at each end of the step, 10 or more.
    progress: True shows a bar where tqdm is installed; a function is called with (drawn, at most).

    Raises ExploreError if the run does not violate the property.
    """
    count = require.count("drawn", drawn, 10, example=FUTURES, error=ExploreError)
    known = {each.name: each for each in run.world.properties if isinstance(each, Property)}
    if not isinstance(judge, Property):
        judge = known[require.one_of("judge", judge, known, error=ExploreError)]
    verdict = judge(run.trace)
    allowed, example = "expected a run that violates it", "point_of_no_return(pair.failing, p)"
    require.that(verdict.status == VIOLATED, str(verdict), allowed, example, ExploreError)
    end = run.trace.until if verdict.at is None else verdict.at
    times = sorted({row[0] for row in run.trace.rows if row[0] <= end * MICRO})
    low, high = 0, len(times) - 1
    most = 2 * count + high.bit_length() * max(10, count // 3) + GRID * max(10, count // 4)
    futures = Futures(run, judge, most, teller(progress, most, "future"))
    at_first = futures.failing(times[low], count).mean
    middle, high = (1.0 + at_first) / 2, high if at_first < 1 else low
    while high - low > 1:  # the share at `low` is below the middle, that at `high` above
        half = (low + high) // 2
        if futures.failing(times[half], max(10, count // 3)).mean < middle:
            low = half
        else:
            high = half
    for place in range(GRID):
        futures.failing(times[place * (len(times) - 1) // GRID], max(10, count // 4))
    early, late = (futures.failing(times[each], count) for each in (low, high))
    futures.tell(most, most)  # there were seldom as many
    curve = {at / MICRO: futures.known[at] for at in sorted(futures.known)}
    before, after = times[low], times[high]
    event = None if before == after else _decisive(run, before, after)
    return TurningPoint(run, verdict.name, before / MICRO, after / MICRO, early, late, curve, event)


@dataclass
class Futures:
    """The futures of a run from a moment on, and which share of them fails."""

    run: Run
    judge: Property
    most: int
    tell: Tell
    drawn: int = 0
    known: dict[int, Interval] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)

    def failing(self, at: int, many: int) -> Interval:
        """The share of at least `many` futures from a microsecond on that violate the property."""
        if self.sizes.get(at, 0) < many:
            breaks = sum(self._breaks(at, number) for number in range(many))
            self.known[at], self.sizes[at] = share(breaks, many), many
        return self.known[at]

    def _breaks(self, at: int, number: int) -> bool:
        """Whether the run still violates the property if all randomness is drawn again from then on."""
        self.drawn += 1
        self.tell(min(self.drawn, self.most), self.most)
        world = self.run.world.again().redraw(at / MICRO, number + 1)
        try:
            trace = world.run(self.run.until).trace
        except WorldError:
            return True
        return self.judge(trace).status == VIOLATED


def _decisive(run: Run, before: int, after: int) -> Event | None:
    """What happened between two moments: a message that was sent and never arrived, or the first event.

    Not a fault: it is the same in all futures.
    """
    rows = run.trace.rows
    inside = (seq for seq, row in enumerate(rows) if before <= row[0] <= after)
    between = [seq for seq in inside if rows[seq][1] not in (START, FAULT)]
    sent = {rows[seq][4] for seq in between if rows[seq][1] == SEND}
    lost = [seq for seq, row in enumerate(rows) if row[1] == DROP and row[4] in sent]
    lost.sort(key=lambda seq: rows[seq][7] == "down")  # to an agent that was down, most are expected
    return next((run.trace[seq] for seq in (*lost, *between)), None)
