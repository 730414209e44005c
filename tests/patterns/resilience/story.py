"""What bulkheads and retries promise: the runs that keep it, traces that break it, disasters they survive."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from coordlab import World
from coordlab.patterns.circuit_breaker import CAREFUL
from coordlab.patterns.circuit_breaker.checks import properties as of_breakers
from coordlab.patterns.resilience import Attempt, Client, Full, Service
from coordlab.patterns.resilience.checks import properties
from coordlab.trace.trace import Event, Trace
from coordlab.world.run import Run
from tests.disasters import plans
from tests.properties.mutated import changed, repeated, without

PLACES = {"front": 4, "back": 2}


def services(seed: int = 0, period: float = 0.4, retries: int = 2) -> World:
    """A back that can do five requests a second, its caller, and the users of that."""
    how: dict[str, Any] = {"retries": retries, "settings": CAREFUL}
    world = World(seed, latency="uniform(0.001, 0.005)").add(
        Client("ann", "front", period=period, patience=2.0, **how),
        Client("bob", "front", period=period * 1.1, patience=2.0, **how),
        Service("front", "back", workers=3, queue=1, patience=0.5, **how),
        Service("back", work=0.2, workers=1, queue=1),
    )
    return world.expect(*properties(PLACES, retries, within=5.0))


@cache
def busy(until: float = 4.0) -> Run:
    return services(period=0.2).run(until=until)


def trace() -> Trace:
    return busy().trace


def handled() -> Event:
    """The back begins to work on a request."""
    return trace().select("Request", kind="handle", agent="back")[0]


def attempts() -> list[Event]:
    return trace().select("Attempt", agent="front")


def the_room_is_overfull() -> Trace:
    """The back has handled the first request three times."""
    return repeated(repeated(trace(), handled()), handled())


def a_place_has_leaked() -> Trace:
    """The back is idle, and has no room."""
    return repeated(trace(), handled(), kind="note", peer=None, message=None, name="Full", data=Full())


def one_attempt_too_many() -> Trace:
    return changed(trace(), attempts()[0], data=Attempt(1, 4))


def a_request_without_an_attempt() -> Trace:
    return without(trace(), attempts()[1])


def tried_after_a_refusal() -> Trace:
    """The breaker of the front has refused a call, and the next attempt is at the same."""
    refusal = trace().select("Refusal", agent="front")[0]
    before, after = (
        [each for each in attempts() if each.seq < refusal.seq][-1],
        next(each for each in attempts() if each.seq > refusal.seq),
    )
    return changed(trace(), after, data=Attempt(before.data.call, 2))


def an_answer_is_missing() -> Trace:
    """The back never answers, and the run goes on."""
    answers = trace().select("Result", "Failed", kind="send", agent="back")
    return without(busy(8.0).trace, *answers)


STORY = (busy,)
GROWS = (lambda: busy(10.0), lambda: busy(40.0))
BROKEN: dict[str, list[Callable[[], Trace]]] = {
    "no more requests than places": [the_room_is_overfull],
    "no place leaks": [a_place_has_leaked],
    "at most 3 attempts": [one_attempt_too_many, a_request_without_an_attempt],
    "a refused call is not tried again": [tried_after_a_refusal],
    "all is answered within 5 s": [an_answer_is_missing],
}
UNTIL = 10.0


@st.composite
def disasters(draw: st.DrawFn) -> World:
    """More calls than can be done, up to four faults of any agent, and an end of all calls."""
    period = draw(st.sampled_from([0.1, 0.2, 0.4, 1.0]))
    world = services(draw(st.integers(0, 999)), period, draw(st.integers(0, 2)))
    faults = draw(plans(["ann", "bob", "front", "back"], "crash partition cut slow drop", end=3.0))
    return world.expect(*of_breakers(CAREFUL, 1.1 * period)).inject(
        *faults, "crash ann @3.5", "crash bob @3.5"
    )


SEEN: dict[str, Callable[[Run], Any]] = {
    "a request for which there was no room": lambda run: run.trace.count("Full"),
    "a call that is tried again": lambda run: any(
        event.data.number == 3 for event in run.trace.select("Attempt")
    ),
    "a refusal": lambda run: run.trace.count("Refusal"),
    "a crash of a service": lambda run: run.trace.count("crash", agent="front"),
}
