"""What must hold of circuit breakers: invariants CB-S1 to CB-S6 and CB-L1 to CB-L3 on a trace.

A breaker is named after its callee and ends when its agent crashes.  The notes of the agent tell of it:
Permit, Refusal, Outcome and Transition, see `rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from math import inf

from coordlab.patterns.circuit_breaker.rules import (
    CLOSED,
    DEFAULT,
    DISABLED,
    FORCED,
    FORCED_OPEN,
    HALF_OPEN,
    IGNORED,
    LAPSED,
    OPEN,
    SUCCESS,
    TICK,
    Settings,
    Window,
)
from coordlab.properties import (
    HOLDS,
    UNDECIDED,
    VIOLATED,
    Begun,
    Objection,
    Property,
    Verdict,
    leads_to,
    on_record,
    safety,
)
from coordlab.trace.trace import CRASH, SEND, Event, Trace

LEGAL = {(CLOSED, OPEN), (OPEN, HALF_OPEN), (HALF_OPEN, CLOSED), (HALF_OPEN, OPEN)}
TOLD = ("Permit", "Refusal", "Outcome", "Transition")

Life = list[Event]
"""What one breaker tells and the requests to its callee, from its first call to the crash of its agent."""


def lives(trace: Trace) -> Iterator[Life]:
    """The life of each breaker; an agent that restarts has new breakers."""
    running: dict[str | None, dict[str | None, Life]] = {}
    for event in trace:
        own = running.setdefault(event.agent, {})
        if event.kind == CRASH:
            for life in own.values():
                life.append(event)
                yield life
            own.clear()
        elif on_record(event, *TOLD):
            own.setdefault(event.content.breaker, []).append(event)
        elif event.kind == SEND and event.name == "Request" and event.peer in own:
            own[event.peer].append(event)
    for own in running.values():
        yield from own.values()


def each_breaker(name: str) -> Callable[[Callable[[Life], Iterator[Objection]]], Property]:
    """Make a generator of objections to the life of one breaker a property of all breakers."""

    def made(objections: Callable[[Life], Iterator[Objection]]) -> Property:
        @safety(name)
        def judge(trace: Trace) -> Iterator[Objection]:
            first = [each for life in lives(trace) for each in [next(objections(life), None)] if each]
            yield from sorted(first, key=lambda objection: objection[0].seq)

        return judge

    return made


@each_breaker("no call while open")
def refuses_while_open(life: Life) -> Iterator[Objection]:
    """CB-S1: no call starts while its breaker is open, nor any that the breaker has not permitted."""
    state, running = CLOSED, set[int]()
    for event in life:
        told = event.content
        if event.name == "Transition":
            state = told.after
        elif event.name == "Outcome":
            running.discard(told.number)
        elif event.name == "Permit":
            running.add(told.number)
            if state in (OPEN, FORCED_OPEN):
                yield event, f"{event.agent} may call {told.breaker} though its breaker is {state}."
        elif event.kind == SEND and not running:
            yield event, f"{event.agent} calls {event.peer} though its breaker, {state}, did not permit it."


def few_probes(probes: int) -> Property:
    """CB-S2: at most `probes` calls of one half-open generation run at once, those given up included."""

    @each_breaker(f"at most {probes} probes at once")
    def judge(life: Life) -> Iterator[Objection]:
        running = set[int]()
        for event in life:
            told = event.content
            if event.name == "Transition":
                running.clear()
            elif event.name == "Outcome" and told.result != LAPSED:
                running.discard(told.number)
            elif event.name == "Permit" and told.probe:
                running.add(told.number)
                if len(running) > probes:
                    yield event, f"{event.agent} tries {told.breaker} with {len(running)} probes at once."

    return judge


@each_breaker("legal transitions only")
def legal_transitions(life: Life) -> Iterator[Objection]:
    """CB-S3: closed to open to half-open to one of these, each a new generation; anything else is forced."""
    state, generation = CLOSED, 0
    for event in life:
        if event.name == "Transition":
            told, before = event.content, state
            state, generation = told.after, generation + 1
            legal = told.why == FORCED or (before, state) in LEGAL
            if not (legal and told.before == before and told.generation == generation):
                yield event, f"the breaker of {event.agent} for {told.breaker} went from {before} to {state}."


@each_breaker("old outcomes change nothing")
def own_generation_only(life: Life) -> Iterator[Objection]:
    """CB-S4: what trips, closes or opens a breaker again is the outcome of a call of its own generation."""
    generation, ended = 0, -1  # ended: the generation of the call that ended just before
    for event in life:
        told = event.content
        if event.name == "Transition":
            if told.why != FORCED and told.before != OPEN and ended != generation:
                what = f"an outcome of generation {ended}" if ended >= 0 else "no outcome"
                yield event, f"{what} turned the breaker of {event.agent} for {told.breaker} {told.after}."
            generation += 1
        ended = told.generation if event.name == "Outcome" else -1


def waits_before_half_open(wait: float) -> Property:
    """CB-S5: a breaker goes from open to half-open only after `wait` seconds, unless forced."""

    @each_breaker(f"open for {wait:g} s")
    def judge(life: Life) -> Iterator[Objection]:
        opened = 0.0
        for event in life:
            if event.name == "Transition":
                told, waited, opened = event.content, event.time - opened, event.time
                if told.after == HALF_OPEN and told.why != FORCED and waited < wait - TICK:
                    yield event, f"{told.breaker} was tried again after {waited:g} s, not {wait:g}."

    return judge


def rates_of_the_window(settings: Settings) -> Property:
    """CB-S6: the rates are those of the window, None below the minimum; it trips exactly if they say so."""

    @each_breaker("rates of the declared window")
    def judge(life: Life) -> Iterator[Objection]:
        window = Window(settings.window_calls, settings.window_seconds)
        state, generation, row, full = CLOSED, 0, 0, False  # full: it must trip next
        for event in life:
            told = event.content
            if event.name == "Outcome":
                rates: tuple[float, float] | tuple[None, None] = None, None
                own = told.generation == generation and told.result != IGNORED
                if own and state not in (HALF_OPEN, DISABLED):
                    row = 0 if told.result == SUCCESS else row + 1
                    window.add(event.time, told.result != SUCCESS, told.seconds > settings.slow)
                    rates = window.rates(settings.minimum_calls)
                    full = state == CLOSED and _reached(settings, row, *rates)
                if (told.failure_rate, told.slow_rate) != rates:
                    yield event, f"{told.breaker} failed at a rate of {rates[0]}, not {told.failure_rate}."
            elif event.name == "Transition":
                if state == CLOSED and not full and told.why != FORCED:
                    yield event, f"the breaker for {told.breaker} tripped below every threshold."
                state, generation, row, full = told.after, generation + 1, 0, False
                window.clear()
            elif full and event.kind != CRASH:
                yield event, f"the breaker of {event.agent} should have tripped before, and did not."

    return judge


def _reached(settings: Settings, row: int, failed: float | None, slow: float | None) -> bool:
    pairs = (row, settings.failures), (failed, settings.failure_rate), (slow, settings.slow_rate)
    return any(value is not None and limit is not None and value >= limit for value, limit in pairs)


def probes_after_the_wait(wait: float) -> Property:
    """CB-L1: the first to ask `wait` seconds after a trip may call.  Undecided if nobody asked."""
    name = f"a probe after {wait:g} s"

    def judge(trace: Trace) -> Verdict:
        asked = False

        @each_breaker(name)
        def admitted(life: Life) -> Iterator[Objection]:
            nonlocal asked
            opened = inf  # when it tripped, if nobody has asked since the wait ended
            for event in life:
                told = event.content
                if event.name == "Transition" and (told.after == OPEN or told.why == FORCED):
                    opened = inf if told.why == FORCED else event.time
                elif event.time >= opened + wait - TICK:
                    if event.name == "Refusal":
                        yield event, f"{event.agent} was refused {event.time - opened:g} s after the trip."
                    elif event.name == "Permit":
                        opened, asked = inf, True

        verdict = admitted(trace)
        if verdict and not asked:
            return Verdict(name, UNDECIDED, because="nobody asked after a wait")
        return verdict

    return Property(name, judge)


def closing_time(settings: Settings, traffic: float) -> float:
    """The most seconds until a breaker closes once no call fails, if it is called every `traffic` seconds.

    The wait, a call for each probe, and the time for the last probe to come back.
    """
    return settings.wait + settings.probes * traffic + settings.probe_wait


def closes_when_well(settings: Settings, traffic: float) -> Property:
    """CB-L2: with a healthy callee and steady traffic the breaker is closed by `closing_time`.

    The time starts when it opens, and again with each call that fails and each pause of more than `traffic`
    seconds between two calls.  Undecided if it never opened, or the trace ends too soon.
    """
    bound = closing_time(settings, traffic)
    name = f"closed within {bound:g} s of the last trouble"

    def judge(trace: Trace) -> Verdict:
        found = [_recovery(life, trace.until, traffic, bound) for life in lives(trace)]
        if late := [since for _, since, overdue in found if since and overdue]:
            since = min(late, key=lambda event: event.seq)
            why = f"a breaker of {since.agent} was not closed, though nothing was wrong any more."
            return Verdict(name, VIOLATED, since.time + bound, since.seq, why)
        if any(since for _, since, _ in found):
            return Verdict(name, UNDECIDED, because="the trace ends too soon")
        if not any(tripped for tripped, _, _ in found):
            return Verdict(name, UNDECIDED, because="no breaker ever tripped")
        return Verdict(name, HOLDS)

    return Property(name, judge)


def _recovery(life: Life, until: float, traffic: float, bound: float) -> tuple[bool, Event | None, bool]:
    """Whether a breaker tripped, the event since which nothing kept it from closing, and if it is late."""
    tripped, asked, since = False, inf, None

    def late(now: float) -> bool:
        return since is not None and since.time + bound + TICK < now <= asked + traffic + TICK

    for event in life:
        told, pause = event.content, event.time > asked + traffic + TICK
        call, moved = event.name in ("Permit", "Refusal"), event.name == "Transition"
        if (call or moved) and late(event.time):
            return True, since, True
        if call:
            asked = event.time
        if event.kind == CRASH or (moved and told.after != HALF_OPEN):
            since = event if moved and told.after == OPEN and told.why != FORCED else None
            tripped = tripped or since is not None
        elif since and ((call and pause) or (event.name == "Outcome" and told.result != SUCCESS)):
            since = event
    return tripped, since, late(until)


def probes_end(settings: Settings) -> Property:
    """CB-L3: a probe is back, or given up, within `probe_wait` seconds: none blocks a half-open breaker."""

    def begins(event: Event) -> Iterable[Hashable]:
        if on_record(event, "Permit") and event.content.probe:
            yield event.agent, event.content.breaker, event.content.number

    def ends(event: Event, begun: Begun) -> Iterable[Hashable]:
        told = event.content
        if on_record(event, "Outcome"):
            return [(event.agent, told.breaker, told.number)]
        if event.kind == CRASH or on_record(event, "Transition"):
            ended = (event.agent,) if told is None else (event.agent, told.breaker)
            return [key for key in begun if isinstance(key, tuple) and key[: len(ended)] == ended]
        return ()

    within = settings.probe_wait
    return leads_to(f"a probe is back or given up within {within:g} s", begins, ends, within + TICK)


def properties(settings: Settings = DEFAULT, traffic: float = 1.0) -> tuple[Property, ...]:
    """All properties of breakers with these settings that are called at least every `traffic` seconds."""
    return (
        refuses_while_open,
        few_probes(settings.probes),
        legal_transitions,
        own_generation_only,
        waits_before_half_open(settings.wait),
        rates_of_the_window(settings),
        probes_after_the_wait(settings.wait),
        closes_when_well(settings, traffic),
        probes_end(settings),
    )
