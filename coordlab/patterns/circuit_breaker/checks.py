"""What must hold of circuit breakers: invariants CB-S1 to CB-S6 and CB-L1 to CB-L3 on a trace.

A breaker tells of itself in the notes of its agent: Permit, Refusal, Outcome and Transition, see
`coordlab.patterns.circuit_breaker.rules`.  It is named after its callee, and gone when its agent crashes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from coordlab.patterns.circuit_breaker.rules import (
    CLOSED,
    DEFAULT,
    DISABLED,
    FORCED_OPEN,
    HALF_OPEN,
    IGNORED,
    LAPSED,
    OPEN,
    TICK,
    Settings,
    Window,
)
from coordlab.properties import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Complaint,
    Property,
    Verdict,
    leads_to,
    on_record,
    watched,
)
from coordlab.trace.trace import CRASH, SEND, Event, Trace

LEGAL = {(CLOSED, OPEN), (OPEN, HALF_OPEN), (HALF_OPEN, CLOSED), (HALF_OPEN, OPEN)}

Complain = Callable[[Event, Any], "str | None"]
"""Hears what a breaker tells, and None of a Request to its callee; answers what is wrong with it, or None."""


def _permits(told: Any) -> bool:
    return hasattr(told, "probe")


def _refuses(told: Any) -> bool:
    return hasattr(told, "retry_after")


def _ends(told: Any) -> bool:
    return hasattr(told, "result")


def _changes(told: Any) -> bool:
    return hasattr(told, "after")


def _forced(told: Any) -> bool:
    return bool(told.why == "forced")


def _told(event: Event) -> Any:
    """What a breaker tells in this event, or None."""
    return event.data if on_record(event, "Permit", "Refusal", "Outcome", "Transition") else None


def each_breaker(name: str, make: Callable[[], Complain]) -> Property:
    """A property of single breakers: `make` gives what watches one until its agent crashes."""

    def watch(_: Trace) -> Complaint:
        lives: dict[str | None, dict[str | None, Complain]] = {}

        def wrong(event: Event) -> str | None:
            own = lives.setdefault(event.agent, {})
            if event.kind == CRASH:
                own.clear()
            elif (told := _told(event)) is not None:
                if told.breaker not in own:
                    own[told.breaker] = make()
                return own[told.breaker](event, told)
            elif event.kind == SEND and event.name == "Request" and event.peer in own:
                return own[event.peer](event, None)
            return None

        return wrong

    return watched(name, watch)


def refuses_while_open() -> Property:
    """CB-S1: no call starts while its breaker is open, nor any that the breaker has not permitted."""

    def make() -> Complain:
        state, running = CLOSED, set[int]()

        def wrong(event: Event, told: Any) -> str | None:
            nonlocal state
            if _changes(told):
                state = told.after
            elif _ends(told):
                running.discard(told.number)
            elif _permits(told):
                running.add(told.number)
                if state in (OPEN, FORCED_OPEN):
                    return f"{event.agent} may call {told.breaker} though its breaker is {state}."
            elif event.kind == SEND and not running:
                return f"{event.agent} calls {event.peer} though its breaker, {state}, did not permit it."
            return None

        return wrong

    return each_breaker("no call while open", make)


def few_probes(probes: int) -> Property:
    """CB-S2: at most `probes` calls of one half-open generation run at once, those given up included."""

    def make() -> Complain:
        running = set[int]()

        def wrong(event: Event, told: Any) -> str | None:
            if _changes(told):
                running.clear()
            elif _ends(told) and told.result != LAPSED:
                running.discard(told.number)
            elif _permits(told) and told.probe:
                running.add(told.number)
                if len(running) > probes:
                    return f"{event.agent} tries {told.breaker} with {len(running)} probes at once."
            return None

        return wrong

    return each_breaker(f"at most {probes} probes at once", make)


def legal_transitions() -> Property:
    """CB-S3: closed to open to half-open to one of these, each a new generation; anything else is forced."""

    def make() -> Complain:
        state, generation = CLOSED, 0

        def wrong(event: Event, told: Any) -> str | None:
            nonlocal state, generation
            if not _changes(told):
                return None
            before, state, generation = state, told.after, generation + 1
            legal = _forced(told) or (before, state) in LEGAL
            if told.before == before and told.generation == generation and legal:
                return None
            return f"the breaker of {event.agent} for {told.breaker} went from {before} to {state}."

        return wrong

    return each_breaker("legal transitions only", make)


def own_generation_only() -> Property:
    """CB-S4: what trips, closes or opens a breaker again is the outcome of a call of its own generation."""

    def make() -> Complain:
        generation, last = 0, -1  # the generation of the call that ended just before

        def wrong(event: Event, told: Any) -> str | None:
            nonlocal generation, last
            ended, last = last, told.generation if _ends(told) else -1
            if not _changes(told):
                return None
            before, generation = generation, generation + 1
            if _forced(told) or told.before == OPEN or ended == before:
                return None
            what = f"an outcome of generation {ended}" if ended >= 0 else "no outcome"
            return f"{what} turned the breaker of {event.agent} for {told.breaker} {told.after}."

        return wrong

    return each_breaker("old outcomes change nothing", make)


def waits_before_half_open(wait: float) -> Property:
    """CB-S5: from open to half-open only after `wait` seconds, unless forced."""

    def make() -> Complain:
        opened = 0.0

        def wrong(event: Event, told: Any) -> str | None:
            nonlocal opened
            if not _changes(told):
                return None
            early = told.after == HALF_OPEN and not _forced(told) and event.time < opened + wait - TICK
            waited, opened = event.time - opened, event.time
            return f"{told.breaker} was tried again after {waited:g} s, not {wait:g}." if early else None

        return wrong

    return each_breaker(f"open for {wait:g} s", make)


class _Books:
    """What one breaker should have counted, from the outcomes it tells of."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.window = settings, Window(settings.window_calls, settings.window_seconds)
        self.state, self.generation, self.row, self.full = CLOSED, 0, 0, False

    def __call__(self, event: Event, told: Any) -> str | None:
        """What is wrong with what it tells next, or None."""
        if _ends(told):
            rates = self._count(event, told)
            if (told.failure_rate, told.slow_rate) != rates:
                return f"{told.breaker} failed at a rate of {rates[0]}, not {told.failure_rate}."
        elif _changes(told):
            full, before = self.full, self.state
            self.state, self.generation = told.after, self.generation + 1
            self.row, self.full = 0, False
            self.window.clear()
            if before == CLOSED and not full and not _forced(told):
                return f"the breaker for {told.breaker} tripped below every threshold."
        elif self.full:
            return f"the breaker for {told.breaker} should have tripped, and did not."
        return None

    def _count(self, event: Event, told: Any) -> tuple[float | None, float | None]:
        counts = told.generation == self.generation and told.result != IGNORED
        if not counts or self.state in (HALF_OPEN, DISABLED):
            return None, None
        settings, failed = self.settings, told.result != "success"
        self.row = self.row + 1 if failed else 0
        self.window.add(event.time, failed, told.seconds > settings.slow)
        rates = self.window.rates(settings.minimum_calls)
        reached = [(self.row, settings.failures), (rates[0], settings.failure_rate)]
        reached.append((rates[1], settings.slow_rate))
        self.full = self.state == CLOSED and any(
            value is not None and limit is not None and value >= limit for value, limit in reached
        )
        return rates


def rates_of_the_window(settings: Settings) -> Property:
    """CB-S6: the rates are those of the declared window, none below the minimum; it trips if they say so."""
    return each_breaker("rates of the declared window", lambda: _Books(settings))


def probes_after_the_wait(wait: float) -> Property:
    """CB-L1: whoever is the first to ask `wait` seconds after a trip may call.  Undecided if nobody did."""
    name = f"a probe after {wait:g} s"

    def judge(trace: Trace) -> Verdict:
        asked = False

        def make() -> Complain:
            opened: float | None = None  # and nobody has asked since the wait was over

            def wrong(event: Event, told: Any) -> str | None:
                nonlocal opened, asked
                if _changes(told) and (told.after == OPEN or _forced(told)):
                    opened = event.time if told.after == OPEN and not _forced(told) else None
                elif opened is not None and event.time >= opened + wait - TICK:
                    if _refuses(told):
                        return f"{event.agent} was refused {event.time - opened:g} s after the trip."
                    if _permits(told):
                        opened, asked = None, True
                return None

            return wrong

        verdict = each_breaker(name, make)(trace)
        if verdict and not asked:
            return Verdict(name, UNDECIDED, because="nobody asked after a wait")
        return verdict

    return Property(name, judge)


def closing_time(settings: Settings, traffic: float) -> float:
    """How long, in seconds, a breaker may take to close once no call fails, called every `traffic` seconds.

    The wait; a call for each probe; and the last of them has to come back.
    """
    return settings.wait + settings.probes * traffic + settings.probe_wait


Key = tuple["str | None", str]  # an agent, and one of its breakers


class _Recovery:
    """Since when nothing has kept each breaker from closing, within `bound` seconds."""

    def __init__(self, traffic: float, bound: float) -> None:
        self.traffic, self.bound = traffic, bound
        self.since: dict[Key, Event] = {}  # of those that are not closed
        self.asked: dict[Key, float] = {}
        self.ever = False

    def take(self, event: Event, key: Key, told: Any) -> None:
        """Go on to what a breaker tells next."""
        trouble = _ends(told) and told.result != "success"
        if _permits(told) or _refuses(told):
            trouble = not self.asked_lately(key, event.time)
            self.asked[key] = event.time
        if _changes(told) and told.after != HALF_OPEN:
            self.since.pop(key, None)
            if told.after == OPEN and not _forced(told):
                self.since[key], self.ever = event, True
        elif trouble and key in self.since:
            self.since[key] = event

    def asked_lately(self, key: Key, now: float) -> bool:
        """Whether there is steady traffic."""
        return now <= self.asked.get(key, now) + self.traffic + TICK

    def crash(self, agent: str | None) -> None:
        """Forget the breakers of an agent."""
        for key in [key for key in self.since if key[0] == agent]:
            del self.since[key]

    def overdue(self, key: Key, now: float) -> bool:
        """Whether a breaker should have closed, as it was called all the time."""
        late = key in self.since and now > self.since[key].time + self.bound + TICK
        return late and self.asked_lately(key, now)

    def verdict(self, name: str, key: Key) -> Verdict:
        """What to say of one that is overdue."""
        since = self.since[key]
        why = f"the breaker of {key[0]} for {key[1]} was not closed, though nothing was wrong any more."
        return Verdict(name, VIOLATED, since.time + self.bound, since.seq, why)


def closes_when_well(settings: Settings, traffic: float) -> Property:
    """CB-L2: with a healthy callee and steady traffic the breaker is closed by `closing_time`.

    The time begins when it opens, and anew with each call that fails, and each pause of more than `traffic`
    seconds between two calls.  Undecided if it never opened, or the trace ends too soon.
    """
    bound = closing_time(settings, traffic)
    name = f"closed within {bound:g} s of the last trouble"

    def judge(trace: Trace) -> Verdict:
        recovery = _Recovery(traffic, bound)
        for event in trace:
            if event.kind == CRASH:
                recovery.crash(event.agent)
            elif (told := _told(event)) is not None:
                key = event.agent, told.breaker
                if recovery.overdue(key, event.time) and not _ends(told):
                    return recovery.verdict(name, key)
                recovery.take(event, key, told)
        for key in recovery.since:
            if recovery.overdue(key, trace.until):
                return recovery.verdict(name, key)
        if recovery.since or not recovery.ever:
            why = "the trace ends too soon" if recovery.since else "no breaker ever tripped"
            return Verdict(name, UNDECIDED, because=why)
        return Verdict(name, HOLDS)

    return Property(name, judge)


def probes_end(settings: Settings) -> Property:
    """CB-L3: a probe is back, or given up, within `probe_wait` seconds: none wedges a half-open breaker."""

    def begins(event: Event) -> Iterable[Hashable]:
        told = _told(event)
        if told is not None and _permits(told) and told.probe:
            yield event.agent, told.breaker, told.number

    def ends(event: Event, begun: Any) -> list[Hashable]:
        told = _told(event)
        if told is not None and _ends(told):
            return [(event.agent, told.breaker, told.number)]
        if told is not None and _changes(told):
            return [key for key in begun if key[:2] == (event.agent, told.breaker)]
        return [key for key in begun if key[0] == event.agent] if event.kind == CRASH else []

    within = settings.probe_wait
    return leads_to(f"a probe is back or given up within {within:g} s", begins, ends, within + TICK)


def properties(settings: Settings = DEFAULT, traffic: float = 1.0) -> tuple[Property, ...]:
    """All of them, for breakers with these settings that are called every `traffic` seconds or more often."""
    return (
        refuses_while_open(),
        few_probes(settings.probes),
        legal_transitions(),
        own_generation_only(),
        waits_before_half_open(settings.wait),
        rates_of_the_window(settings),
        probes_after_the_wait(settings.wait),
        closes_when_well(settings, traffic),
        probes_end(settings),
    )
