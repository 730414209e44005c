"""What must hold of a failure detector: invariants HB-S1 to HB-L2 on a trace, and its quality of service."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import deepcopy
from dataclasses import dataclass
from math import nan

from coordlab.patterns.heartbeat.rules import SUSPECT, Detector, Watch
from coordlab.properties import Begun, Complaint, Property, Verdict, leads_to, on_record, watched
from coordlab.trace.trace import CRASH, FAULT, HANDLE, HEAL, RESTART, START, Event, Trace

Pair = tuple[str, str]  # who watches, and whom

GRAVITY = {"Restored": 0, "Recovered": 0, "Suspected": 1, "Buried": 2}
"""How grave it is what an observer may say of a target."""


def said(event: Event) -> Pair | None:
    """Who says of whom that its opinion has changed, if this is such an event."""
    if on_record(event, *GRAVITY):
        return str(event.agent), event.data.target
    return None


def network_fault(event: Event) -> bool:
    """Whether messages are hindered from now on, or no longer."""
    return event.kind in (FAULT, HEAL) and event.name not in ("Crash", "Restart")


class Opinions:
    """Who is up, since when, and how grave everybody's opinion of its targets is; see `take`."""

    def __init__(self) -> None:
        self.up: dict[str, float] = {}
        self.down: dict[str, float] = {}
        self.gravity: dict[str, dict[str, int | None]] = {}  # by observer and target; None: nothing said yet
        self.watchers: dict[str, dict[str, None]] = {}
        self.faults = 0  # of the network

    def take(self, event: Event) -> list[Pair]:
        """Go on to the moment after `event`; the pairs whose watcher, target or opinion it changed."""
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
        """Somebody comes up, or goes down and forgets."""
        begins, ends = (self.down, self.up) if event.kind == CRASH else (self.up, self.down)
        ends.pop(agent, None)
        begins[agent] = event.time
        if event.kind != CRASH:
            for target in dict(event.data).get("targets", ()):
                self._watch(agent, target)
        mine = self.gravity.get(agent, {})
        mine.update(dict.fromkeys(mine))
        return [(agent, whom) for whom in mine] + [(who, agent) for who in self.watchers.get(agent, ())]


def each_change_once() -> Property:
    """HB-S1: of each target an observer says suspected, restored, suspected … in turn, and nothing twice.

    In between a suspect may be buried, once; who has recovered, in a later incarnation, need not have been
    suspected before.
    """

    def watch(_: Trace) -> Complaint:
        told: dict[str, dict[str, Event]] = {}

        def wrong(event: Event) -> str | None:
            if event.kind == CRASH:
                told.pop(str(event.agent), None)  # it has forgotten
            if (pair := said(event)) is None:
                return None
            before = told.setdefault(pair[0], {}).get(pair[1])
            told[pair[0]][pair[1]] = event
            if before is None or _changes(before, event):
                return None
            return f"{pair[0]} says {event.name} of {pair[1]}, after {before.name}."

        return wrong

    return watched("each change is told once", watch)


def _changes(before: Event, event: Event) -> bool:
    if event.name == "Recovered":
        return bool(event.data.incarnation > before.data.incarnation)
    now, then = GRAVITY[str(event.name)], GRAVITY[str(before.name)]
    return now > then or now == 0 < then


def silence_is_needed(detector: Detector) -> Property:
    """HB-S2: nobody is suspected while its heartbeats come as the detector expects.

    The detector's own rule, told the same heartbeats, agrees.
    """

    def watch(trace: Trace) -> Complaint:
        incarnations = _incarnations(trace)
        watches: dict[str, dict[str, Watch]] = {}
        began: dict[str, float] = {}

        def heard(who: str, whom: str) -> Watch:
            watch = watches.setdefault(who, {}).get(whom)
            if watch is None:
                watch = watches[who][whom] = Watch(deepcopy(detector))
                watch.listen(began.get(who, 0.0))
            return watch

        def wrong(event: Event) -> str | None:
            who, whom = str(event.agent), str(event.peer)
            if event.kind in (START, RESTART):
                began[who] = event.time
                watches.pop(who, None)
            elif event.kind == HANDLE and event.message in incarnations:
                heard(who, whom).beat(event.time, incarnations[event.message])
            elif (
                event.name == "Suspected"
                and (pair := said(event))
                and heard(*pair).check(event.time) != SUSPECT
            ):
                return f"{pair[0]} suspects {pair[1]}, whose heartbeats came as they should."
            return None

        return wrong

    return watched("only silence is suspected", watch)


def _incarnations(trace: Trace) -> dict[int | None, int]:
    """Of whoever sent a heartbeat, by the number of the message."""
    return {event.message: event.data.incarnation for event in trace.select("Heartbeat", kind="send")}


def old_incarnations_are_no_news() -> Property:
    """HB-S3: an observer goes by the latest incarnation it knows of; an older one restores nobody."""

    def watch(trace: Trace) -> Complaint:
        incarnations = _incarnations(trace)
        latest: dict[str, dict[str, int]] = {}

        def wrong(event: Event) -> str | None:
            if event.kind == CRASH:
                latest.pop(str(event.agent), None)  # it has forgotten
            if event.kind == HANDLE and event.message in incarnations:
                known = latest.setdefault(str(event.agent), {})
                known[str(event.peer)] = max(known.get(str(event.peer), 0), incarnations[event.message])
            pair = said(event)
            known = latest.get(pair[0], {}) if pair else {}
            if pair is None or pair[1] not in known:
                return None
            cause = trace[event.cause] if event.cause is not None else event
            told = min(event.data.incarnation, incarnations.get(cause.message, event.data.incarnation))
            if told < known[pair[1]]:
                return f"{pair[0]} knows incarnation {known[pair[1]]} of {pair[1]} and goes by {told}."
            return None

        return wrong

    return watched("an older incarnation is no news", watch)


def nothing(_: Event) -> bool:
    """Starts no time anew."""
    return False


def lasting(
    name: str, within: float, amiss: Callable[[Opinions, Pair], bool], anew: Callable[[Event], bool]
) -> Property:
    """Nothing is amiss between an observer and a target for longer than `within` seconds.

    Events that `anew` picks start the time of the pairs that they concern anew.
    """

    def judge(trace: Trace) -> Verdict:
        opinions = Opinions()
        touched: list[Pair] = []

        def ends(event: Event, begun: Begun) -> list[Hashable]:
            touched[:] = opinions.take(event)
            fresh = anew(event)
            return [pair for pair in touched if pair in begun and (fresh or not amiss(opinions, pair))]

        def begins(_: Event) -> list[Hashable]:
            return [pair for pair in touched if amiss(opinions, pair)]

        return leads_to(name, begins, ends, within)(trace)

    return Property(name, judge)


def crashes_are_found(
    within: float, grave: bool = False, anew: Callable[[Event], bool] = nothing
) -> Property:
    """HB-L1: whoever is down is suspected in so many seconds by all who watch it; if `grave`, taken for dead.

    Events that `anew` picks start the time anew.
    """
    least = GRAVITY["Buried" if grave else "Suspected"]

    def missed(opinions: Opinions, pair: Pair) -> bool:
        who, whom = pair
        return who in opinions.up and whom in opinions.down and (opinions.gravity[who][whom] or 0) < least

    return lasting(f"crashes are found within {within:g} s", within, missed, anew)


def the_dead_stay_suspected(within: float, anew: Callable[[Event], bool] = nothing) -> Property:
    """HB-L1, for ever: nobody is restored that has been down for so many seconds."""

    def watch(_: Trace) -> Complaint:
        opinions, since = Opinions(), 0.0

        def wrong(event: Event) -> str | None:
            nonlocal since
            since = event.time if anew(event) else since
            opinions.take(event)
            pair = said(event)
            if pair is None or GRAVITY[str(event.name)] > 0 or pair[1] not in opinions.down:
                return None
            down = opinions.down[pair[1]]
            if event.time <= max(down, since, opinions.up.get(pair[0], 0.0)) + within:
                return None
            return f"{pair[0]} restores {pair[1]}, which has been down since {down:.3f} s."

        return wrong

    return watched(f"nobody is restored {within:g} s after its crash", watch)


def mistakes_are_taken_back(within: float) -> Property:
    """HB-L2: whoever is suspected though it is up is restored in so many seconds.

    While a fault of the network lasts nobody can be asked to; the time runs from its end, or from the start
    of whoever was down.
    """

    def mistaken(opinions: Opinions, pair: Pair) -> bool:
        who, whom = pair
        both = who in opinions.up and whom in opinions.up
        return both and bool(opinions.gravity[who][whom]) and not opinions.faults

    return lasting(f"mistakes are taken back within {within:g} s", within, mistaken, nothing)


def properties(
    detector: Detector, within: float = 5.0, mistakes: float | None = None
) -> tuple[Property, ...]:
    """All of them, for this detector and crashes that are found `within` seconds.

    With `mistakes`, also that these are taken back in so many seconds: where few heartbeats are lost.
    """
    return (
        each_change_once(),
        silence_is_needed(detector),
        old_incarnations_are_no_news(),
        crashes_are_found(within),
        the_dead_stay_suspected(within),
        *([] if mistakes is None else [mistakes_are_taken_back(mistakes)]),
    )


# --- quality of service ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Quality:
    """How good detectors were (Chen et al. 2002), all pairs of watcher and watched together.

    `detection`: seconds from a crash to the suspicion that stayed; `mistakes`: how many seconds each
    suspicion of one that was up lasted; `seconds`: for how long both were up.
    """

    detection: tuple[float, ...]
    mistakes: tuple[float, ...]
    seconds: float

    @property
    def mean_detection(self) -> float:
        """Seconds on average; not a number if nobody was found."""
        return sum(self.detection) / len(self.detection) if self.detection else nan

    @property
    def mean_mistake(self) -> float:
        """Seconds on average until a mistake was over; 0 if there was none."""
        return sum(self.mistakes) / max(1, len(self.mistakes))

    @property
    def mistakes_per_hour(self) -> float:
        """Of one watcher, about one target."""
        return 3600 * len(self.mistakes) / self.seconds if self.seconds else nan

    @property
    def accuracy(self) -> float:
        """The share of the time in which an observer is right to trust a target."""
        return 1 - sum(self.mistakes) / self.seconds if self.seconds else nan


def quality(trace: Trace) -> Quality:
    """What a trace tells of the detectors in it."""
    opinions = Opinions()
    states: dict[Pair, tuple[str, float, float]] = {}  # how, since when, and the crash
    spent: dict[str, list[float]] = {"right": [], "mistaken": [], "found": []}

    def turn(pair: Pair, standing: str, now: float) -> None:
        before, since, crashed = states.get(pair, ("", now, now))
        if standing != before:
            states[pair] = standing, now, opinions.down.get(pair[1], crashed)
            spent.setdefault(before, []).append(since - crashed if before == "found" else now - since)

    for event in trace:
        for pair in opinions.take(event):
            turn(pair, _standing(opinions, pair, states.get(pair, ("", 0, 0))[0]), event.time)
    for pair in states:
        turn(pair, "over", trace.until)
    together = sum(spent["right"]) + sum(spent["mistaken"])
    return Quality(tuple(spent["found"]), tuple(spent["mistaken"]), together)


def _standing(opinions: Opinions, pair: Pair, before: str) -> str:
    """How an opinion stands to the truth: right, mistaken, missed, found, or found and back already."""
    who, whom = pair
    if who not in opinions.up:
        return "down"
    suspected = bool(opinions.gravity[who][whom])
    if whom in opinions.down:
        return "found" if suspected else "missed"
    if suspected:
        return "back" if before in ("found", "back") else "mistaken"
    return "right"
