"""What must hold of circuit breakers: invariants CB-S1 to CB-S6 and CB-L1 to CB-L3 on a trace.

A breaker is named after its callee and ends when its agent crashes.  The notes of the agent tell of it:
Permit, Refusal, Outcome and Transition, see `rules.py`.
"""

from __future__ import annotations

from collections import deque
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
    once,
    safety,
)
from coordlab.trace.trace import CRASH, HANDLE, SEND, Event, Trace

LEGAL = {(CLOSED, OPEN), (OPEN, HALF_OPEN), (HALF_OPEN, CLOSED), (HALF_OPEN, OPEN)}
TOLD = ("Permit", "Refusal", "Outcome", "Transition")

Call = tuple[str | None, str | None, int]
"""An agent, its callee, and the number of the call."""

Life = list[Event]
"""What one breaker tells and the requests to its callee, from its first call to the crash of its agent."""


@once
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

    @each_breaker(f"no more than {probes} probing at once")
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


def turns_by_outcomes(settings: Settings) -> Property:
    """CB-S4: a breaker trips, closes and opens again exactly when the outcomes of its own generation say so.

    The rates are those of the window, None below the minimum.  Probes that failed, were slow or given up
    are bad.
    """

    @each_breaker("its own outcomes turn it")
    def judge(life: Life) -> Iterator[Objection]:
        window = deque[tuple[float, bool, bool]](maxlen=settings.window_calls)  # when, failed, slow
        state, generation, row, due = CLOSED, 0, 0, ""  # due: what it must become next
        probes: dict[int, bool] = {}  # those that are back or given up: whether they were bad
        for event in life:
            told = event.content
            if event.name == "Outcome":
                rates: tuple[float, float] | tuple[None, None] = None, None
                own = told.generation == generation and told.result != IGNORED
                failed, slow = told.result != SUCCESS, told.seconds > settings.slow
                if own and state == HALF_OPEN:
                    probes.setdefault(told.number, failed or (slow and settings.slow_rate is not None))
                    due = CLOSED if len(probes) == settings.probes else ""
                    due = OPEN if sum(probes.values()) > settings.tolerated else due
                elif own and state != DISABLED:
                    row = row + 1 if failed else 0
                    rates = _rates(settings, window, (event.time, failed, slow))
                    due = OPEN if state == CLOSED and _reached(settings, row, *rates) else ""
                if (told.failure_rate, told.slow_rate) != rates:
                    yield event, f"{told.breaker} failed at a rate of {rates[0]}, not {told.failure_rate}."
            elif event.name == "Transition":
                if state != OPEN and told.after != due and told.why != FORCED:
                    yield event, f"no outcome turned {event.agent}'s breaker for {told.breaker} {told.after}."
                state, generation, row, due, probes = told.after, told.generation, 0, "", {}
                window.clear()
            elif due and event.kind != CRASH:
                yield event, f"the breaker of {event.agent} should be {due}, and goes on {state}."

    return judge


def _rates(
    settings: Settings, window: deque[tuple[float, bool, bool]], outcome: tuple[float, bool, bool]
) -> tuple[float, float] | tuple[None, None]:
    """The shares that failed and that were slow, once the outcome is in the window."""
    window.append(outcome)
    while outcome[0] >= window[0][0] + (settings.window_seconds or inf) - TICK:
        window.popleft()
    if (many := len(window)) < settings.minimum_calls:
        return None, None
    return sum(each[1] for each in window) / many, sum(each[2] for each in window) / many


def _reached(settings: Settings, row: int, failed: float | None, slow: float | None) -> bool:
    pairs = (row, settings.failures), (failed, settings.failure_rate), (slow, settings.slow_rate)
    return any(value is not None and limit is not None and value >= limit for value, limit in pairs)


def outcomes_as_told(patience: float) -> Property:
    """CB-S6: a call succeeds if its Result was handled, else it fails; this is told in `patience` seconds."""

    @safety("outcomes are what the messages say")
    def judge(trace: Trace) -> Iterator[Objection]:
        permitted: dict[str | None, int] = {}  # the call that an agent may make now
        asked: dict[Call, Event] = {}  # the requests whose outcome is not told yet
        for event in trace:
            told, own = event.content, event.agent
            if event.kind == CRASH:
                asked = {call: request for call, request in asked.items() if call[0] != own}
            elif on_record(event, "Permit"):
                permitted[own] = told.number
            elif event.name == "Request" and event.kind == SEND and own in permitted:
                asked[own, event.peer, permitted.pop(own)] = event
            elif on_record(event, "Outcome") and told.result != LAPSED:
                request, cause = asked.pop((own, told.breaker, told.number), None), trace[event.cause or 0]
                well = (cause.kind, cause.name, cause.peer) == (HANDLE, "Result", told.breaker)
                if request and told.result != IGNORED and well != (told.result == SUCCESS):
                    yield event, f"{own} takes a call of {told.breaker} for a {told.result}."
            if asked and event.time > (first := next(iter(asked.values()))).time + patience + TICK:
                yield first, f"{first.agent} never told how its call of {first.peer} ended."

    return judge


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


def properties(
    settings: Settings = DEFAULT, traffic: float = 1.0, patience: float = inf
) -> tuple[Property, ...]:
    """All properties of breakers with these settings.

    They are called at least every `traffic` seconds, and each call ends in `patience` seconds.
    """
    return (
        refuses_while_open,
        few_probes(settings.probes),
        legal_transitions,
        turns_by_outcomes(settings),
        waits_before_half_open(settings.wait),
        outcomes_as_told(patience),
        probes_after_the_wait(settings.wait),
        closes_when_well(settings, traffic),
        probes_end(settings),
    )
