"""What must hold of a failure detector, HB-S1 to HB-S4, HB-L1 and HB-L2; and its quality of service."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from math import erfc, exp, fsum, nan, sqrt
from statistics import fmean, pstdev

from coordlab.patterns.heartbeat.rules import Detector, PhiAccrual, Timeout
from coordlab.properties import Begun, Objection, Property, Verdict, leads_to, on_record, safety
from coordlab.trace.trace import CRASH, FAULT, HANDLE, HEAL, RESTART, SEND, START, TRAVELS, Event, Trace

Pair = tuple[str, str]  # an observer and a target
PASSING = ("Crash", "Restart", "Drop", "Duplicate", "Delay")
MICRO_SECOND = 1e-6  # seconds; the resolution of a trace

GRAVITY = {"Restored": 0, "Recovered": 0, "Suspected": 1, "Buried": 2}
"""How grave each opinion is that an observer may state of a target."""


def said(event: Event) -> Pair | None:
    """The observer that states a new opinion, and the target; None for any other event."""
    return (str(event.agent), event.content.target) if on_record(event, *GRAVITY) else None


def network_fault(event: Event) -> bool:
    """Whether a fault of the network that lasts begins or ends here, unlike one of a single message."""
    return event.kind in (FAULT, HEAL) and event.name not in PASSING


class Opinions:
    """Which agents are up or down, since when, and how grave each opinion is, as far as `take` was told."""

    def __init__(self) -> None:
        self.up: dict[str, float] = {}
        self.down: dict[str, float] = {}
        self.gravity: dict[str, dict[str, int | None]] = {}  # observer -> target -> gravity; None: none yet
        self.watchers: dict[str, dict[str, None]] = {}
        self.faults = 0  # of the network, now

    def take(self, event: Event) -> list[Pair]:
        """Advance past `event`; the pairs whose observer, target or opinion it changed."""
        if event.kind in TRAVELS:
            return []
        if network_fault(event):
            self.faults += 1 if event.kind == FAULT else -1
            return [(who, whom) for who, others in self.gravity.items() for whom in others]
        if event.kind in (START, RESTART, CRASH):
            return self._turn(event, str(event.agent))
        if pair := said(event):
            self._watch(*pair)
            self.gravity[pair[0]][pair[1]] = GRAVITY[str(event.name)]
            return [pair]
        return []

    def _watch(self, who: str, whom: str) -> None:
        self.gravity.setdefault(who, {}).setdefault(whom, None)
        self.watchers.setdefault(whom, {})[who] = None

    def _turn(self, event: Event, agent: str) -> list[Pair]:
        """An agent comes up, or goes down and forgets its opinions."""
        begins, ends = (self.down, self.up) if event.kind == CRASH else (self.up, self.down)
        ends.pop(agent, None)
        begins[agent] = event.time
        if event.kind != CRASH:
            for target in dict(event.data).get("targets", ()):
                self._watch(agent, target)
        mine = self.gravity.get(agent, {})
        mine.update(dict.fromkeys(mine))
        return [(agent, whom) for whom in mine] + [(who, agent) for who in self.watchers.get(agent, ())]


@safety("each change is told once")
def each_change_once(trace: Trace) -> Iterator[Objection]:
    """HB-S1: an observer states suspected, restored, suspected … of a target in turn, and nothing twice.

    In between a suspect may be buried, once.  A target that has recovered, in a later incarnation, need not
    have been suspected before.
    """
    told: dict[str, dict[str, Event]] = {}
    for event in trace:
        if event.kind == CRASH:
            told.pop(str(event.agent), None)  # it has forgotten
        elif pair := said(event):
            before = told.setdefault(pair[0], {}).get(pair[1])
            told[pair[0]][pair[1]] = event
            if before is not None and not _changes(before, event):
                yield event, f"{pair[0]} says {event.name} of {pair[1]}, after {before.name}."


def _changes(before: Event, event: Event) -> bool:
    if event.name == "Recovered":
        return bool(event.content.incarnation > before.content.incarnation)
    now, then = GRAVITY[str(event.name)], GRAVITY[str(before.name)]
    return now > then or now == 0 < then


@dataclass
class Heard:
    """What an observer heard of a target: the last heartbeat, the gaps that count, the incarnation."""

    last: float  # in seconds
    gaps: deque[float]
    incarnation: int = 0
    trusted: bool = False

    def beat(self, now: float, incarnation: int) -> None:
        """A heartbeat; the gap before it counts if the target was trusted and has not restarted."""
        if incarnation >= self.incarnation:
            if self.trusted and incarnation == self.incarnation:
                self.gaps.append(now - self.last)
            self.last, self.incarnation = now, incarnation


def silence_is_needed(detector: Detector) -> Property:
    """HB-S2: nobody is suspected before its silence is long enough, computed from messages alone.

    For a time-out that is a number of seconds; for phi it follows from the probability of so long a gap,
    given the latest gaps that count.  Any other detector is asked itself.
    """

    @safety("only silence is suspected")
    def judge(trace: Trace) -> Iterator[Objection]:
        heard: dict[str, dict[str, Heard]] = {}
        window = getattr(detector, "window", 1_000)
        for event in trace:
            known = heard.get(str(event.agent), {})
            if event.kind in (START, RESTART):
                targets = dict(event.data).get("targets", ())
                heard[str(event.agent)] = {each: Heard(event.time, deque(maxlen=window)) for each in targets}
            elif event.kind == HANDLE and event.name == "Heartbeat" and event.peer in known:
                known[event.peer].beat(event.time, event.content.incarnation)
            elif (pair := said(event)) and (one := known.get(pair[1])):
                one.trusted = GRAVITY[str(event.name)] == 0
                silence = event.time - one.last
                if event.name == "Suspected" and not _long_enough(detector, [*one.gaps], silence):
                    yield event, f"{pair[0]} suspects {pair[1]} after {silence:.3f} s, too early."

    return judge


def _long_enough(detector: Detector, gaps: list[float], silence: float) -> bool:
    """Whether an agent is to be suspected after this silence, and these gaps before."""
    if isinstance(detector, Timeout):
        return silence >= detector.seconds - MICRO_SECOND
    if isinstance(detector, PhiAccrual):
        known = [0.75 * detector.first, 1.25 * detector.first, *gaps][-detector.window :]
        mean, deviation = fmean(known), max(detector.least, pstdev(known))
        likely = _later(detector.form, max(0.0, silence - detector.pause), mean, deviation)
        return likely <= 1.001 * 10**-detector.threshold
    other, now = deepcopy(detector), 0.0
    for gap in (0.0, *gaps):
        other.heard(now := now + gap, outage=False)
    return other.suspects(now + silence)


def _later(form: str, silence: float, mean: float, deviation: float) -> float:
    """The probability of a longer gap than `silence`."""
    if form == "exponential":
        return exp(-silence / mean) if mean else 0.0
    far = (silence - mean) / deviation
    if form == "normal":
        return erfc(far / sqrt(2)) / 2
    return 1 / (1 + exp(min(700.0, far * (1.5976 + 0.070566 * far * far))))


@safety("each life is an incarnation")
def each_life_an_incarnation(trace: Trace) -> Iterator[Objection]:
    """HB-S4: heartbeats are of one incarnation from a start to a crash, and of a later one after it."""
    told: dict[str | None, int] = {}
    back: set[str | None] = set()  # agents that restarted since their last heartbeat
    for event in trace:
        if event.kind == RESTART:
            back.add(event.agent)
        elif event.kind == SEND and event.name == "Heartbeat":
            now = event.content.incarnation
            before = told.get(event.agent, now - (event.agent in back))
            if now <= before if event.agent in back else now != before:
                yield event, f"{event.agent} speaks of incarnation {now} after {before}."
            told[event.agent] = now
            back.discard(event.agent)


@safety("an older incarnation is no news")
def old_incarnations_are_no_news(trace: Trace) -> Iterator[Objection]:
    """HB-S3: an observer goes by the latest incarnation it knows of; an older one restores nobody."""
    latest: dict[str, dict[str, int]] = {}
    for event in trace:
        if event.kind == CRASH:
            latest.pop(str(event.agent), None)  # it has forgotten
        elif event.kind == HANDLE and event.name == "Heartbeat":
            known = latest.setdefault(str(event.agent), {})
            known[str(event.peer)] = max(known.get(str(event.peer), 0), event.content.incarnation)
        elif pair := said(event):
            last = latest.get(pair[0], {}).get(pair[1], 0)
            cause = trace[event.cause] if event.cause is not None else event
            beat = cause.content.incarnation if cause.name == "Heartbeat" else last
            told = min(event.content.incarnation, beat)
            if told < last:
                yield event, f"{pair[0]} knows incarnation {last} of {pair[1]} and goes by {told}."


_nothing: Callable[[Event], bool] = lambda _: False  # no event restarts the time


def lasting(
    name: str, within: float, amiss: Callable[[Opinions, Pair], bool], again: Callable[[Event], bool]
) -> Property:
    """Nothing is amiss between an observer and a target for longer than `within` seconds.

    Events that `again` picks restart the time of the pairs that they concern.
    """

    def judge(trace: Trace) -> Verdict:
        opinions = Opinions()
        touched: list[Pair] = []

        def ends(event: Event, begun: Begun) -> list[Hashable]:
            touched[:] = opinions.take(event)
            restarts = bool(touched) and again(event)
            return [pair for pair in touched if pair in begun and (restarts or not amiss(opinions, pair))]

        def begins(_: Event) -> list[Hashable]:
            return [pair for pair in touched if amiss(opinions, pair)]

        return leads_to(name, begins, ends, within)(trace)

    return Property(name, judge)


def crashes_are_found(
    within: float, grave: bool = False, again: Callable[[Event], bool] = _nothing
) -> Property:
    """HB-L1: an agent that is down is suspected, or if `grave` taken for dead, by all observers in time.

    `within` is in seconds; events that `again` picks restart the time.
    """
    least = GRAVITY["Buried" if grave else "Suspected"]

    def missed(opinions: Opinions, pair: Pair) -> bool:
        who, whom = pair
        return who in opinions.up and whom in opinions.down and (opinions.gravity[who][whom] or 0) < least

    return lasting(f"crashes are found within {within:g} s", within, missed, again)


def the_dead_stay_suspected(within: float, again: Callable[[Event], bool] = _nothing) -> Property:
    """HB-L1, for ever: no agent is restored that has been down for `within` seconds."""

    @safety(f"nobody is restored {within:g} s after its crash")
    def judge(trace: Trace) -> Iterator[Objection]:
        opinions, since = Opinions(), 0.0
        for event in trace:
            since = event.time if again(event) else since
            opinions.take(event)
            pair = said(event)
            if pair and GRAVITY[str(event.name)] == 0 and pair[1] in opinions.down:
                down = opinions.down[pair[1]]
                if event.time > max(down, since, opinions.up.get(pair[0], 0.0)) + within:
                    yield event, f"{pair[0]} restores {pair[1]}, which has been down since {down:.3f} s."

    return judge


def mistakes_are_taken_back(within: float) -> Property:
    """HB-L2: an agent that is suspected though it is up is restored `within` seconds.

    The time runs while both are up and no fault of the network lasts.
    """

    def mistaken(opinions: Opinions, pair: Pair) -> bool:
        who, whom = pair
        both = who in opinions.up and whom in opinions.up
        return both and bool(opinions.gravity[who][whom]) and not opinions.faults

    return lasting(f"mistakes are taken back within {within:g} s", within, mistaken, _nothing)


def properties(
    detector: Detector, within: float = 5.0, mistakes: float | None = None
) -> tuple[Property, ...]:
    """All properties of observers with this detector that find crashes `within` seconds.

    With `mistakes`, also that mistakes are taken back in that many seconds: where few heartbeats are lost.
    """
    return (
        each_change_once,
        silence_is_needed(detector),
        old_incarnations_are_no_news,
        each_life_an_incarnation,
        crashes_are_found(within),
        the_dead_stay_suspected(within),
        *([] if mistakes is None else [mistakes_are_taken_back(mistakes)]),
    )


# --- quality of service ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Quality:
    """How good detectors were (Chen et al. 2002), over all pairs of observer and target.

    detection  seconds from each crash to the suspicion that stayed
    mistakes   how many seconds each suspicion of an agent that was up lasted
    seconds    how long both were up
    """

    detection: tuple[float, ...]
    mistakes: tuple[float, ...]
    seconds: float

    @property
    def mean_detection(self) -> float:
        """Mean seconds to detect a crash; NaN if none was found."""
        return fsum(self.detection) / len(self.detection) if self.detection else nan

    @property
    def mean_mistake(self) -> float:
        """Mean seconds until a mistake was over; 0 if there was none."""
        return fsum(self.mistakes) / max(1, len(self.mistakes))

    @property
    def mistakes_per_hour(self) -> float:
        """Mistakes of one observer about one target."""
        return 3600 * len(self.mistakes) / self.seconds if self.seconds else nan

    @property
    def accuracy(self) -> float:
        """The share of the time in which an observer trusts a target that is up."""
        return 1 - fsum(self.mistakes) / self.seconds if self.seconds else nan


def quality(trace: Trace) -> Quality:
    """The quality of the detectors in a trace."""
    opinions = Opinions()
    states: dict[Pair, tuple[str, float, float]] = {}  # relation to the truth, since when, and the crash
    spent: dict[str, list[float]] = {"right": [], "mistaken": [], "found": []}

    def turn(pair: Pair, relation: str, now: float) -> None:
        before, since, crashed = states.get(pair, ("", now, now))
        if relation != before:
            states[pair] = relation, now, opinions.down.get(pair[1], crashed)
            spent.setdefault(before, []).append(since - crashed if before == "found" else now - since)

    for event in trace:
        for pair in opinions.take(event):
            turn(pair, _relation(opinions, pair, states.get(pair, ("", 0, 0))[0]), event.time)
    for pair in states:
        turn(pair, "over", trace.until)
    together = fsum(spent["right"]) + fsum(spent["mistaken"])
    return Quality(tuple(spent["found"]), tuple(spent["mistaken"]), together)


def _relation(opinions: Opinions, pair: Pair, before: str) -> str:
    """How an opinion relates to the truth: right, mistaken, missed, found, or back (found, and up again)."""
    who, whom = pair
    if who not in opinions.up:
        return "down"
    suspected = bool(opinions.gravity[who][whom])
    if whom in opinions.down:
        return "found" if suspected else "missed"
    if suspected:
        return "back" if before in ("found", "back") else "mistaken"
    return "right"
