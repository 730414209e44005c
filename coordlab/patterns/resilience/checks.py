"""What must hold of bulkheads and retries: invariants RE-S1 to RE-S4 and RE-L1 on a trace.

They read requests, answers, and the notes that an agent makes before each attempt and at each refusal.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping

from coordlab.properties import Objection, Property, on_record, safety
from coordlab.trace.trace import CRASH, HANDLE, SEND, Event, Trace

ANSWERS = ("Result", "Failed")


def room_for_so_many(places: Mapping[str, int]) -> Property:
    """RE-S1: no service has more requests at once than it has places, those in its queue included."""

    @safety("no more requests than places")
    def judge(trace: Trace) -> Iterator[Objection]:
        full: dict[str | None, Event] = {}  # where one too many was handled, and is perhaps refused at once
        for event, under_way in _counted(trace):
            for first in full.values():
                if event.time > first.time:
                    yield first, f"{first.agent} has more than {places[str(first.agent)]} requests at once."
            if under_way[event.agent] > places.get(str(event.agent), len(trace)):
                full.setdefault(event.agent, event)
            else:
                full.pop(event.agent, None)

    return judge


def refused_only_if_full(places: Mapping[str, int]) -> Property:
    """RE-S2: a service refuses a request for want of room only while all its places are taken: none leaks."""

    @safety("no place leaks")
    def judge(trace: Trace) -> Iterator[Objection]:
        for event, under_way in _counted(trace):
            others = under_way[event.agent] - 1
            if on_record(event, "Full") and others < places[str(event.agent)]:
                yield event, f"{event.agent} has no room, with {others} of {places[str(event.agent)]} there."

    return judge


def _counted(trace: Trace) -> Iterator[tuple[Event, Counter[str | None]]]:
    """Each event, with the number of requests that each service has handled and not answered by then."""
    under_way: Counter[str | None] = Counter()
    for event in trace:
        if event.kind == HANDLE and event.name == "Request":
            under_way[event.agent] += 1
        elif event.kind == SEND and event.name in ANSWERS:
            under_way[event.agent] -= 1
        elif event.kind == CRASH:
            under_way[event.agent] = 0
        yield event, under_way


def few_attempts(retries: int) -> Property:
    """RE-S3: a call is tried `retries` times again at most, and each attempt sends at most one request."""

    @safety(f"at most {retries + 1} attempts")
    def judge(trace: Trace) -> Iterator[Objection]:
        ready: dict[str | None, bool] = {}  # of agents that make attempts: whether one has sent nothing yet
        for event in trace:
            if on_record(event, "Attempt"):
                ready[event.agent] = True
                if event.content.number > retries + 1:
                    yield event, f"{event.agent} makes attempt {event.content.number} at one call."
            elif event.kind == SEND and event.name == "Request" and event.agent in ready:
                if not ready[event.agent]:
                    yield event, f"{event.agent} sends a request that is no attempt of its own."
                ready[event.agent] = False

    return judge


@safety("a refused call is not tried again")
def refused_once(trace: Trace) -> Iterator[Objection]:
    """RE-S4: once a breaker has refused a call, its caller makes no other attempt at it."""
    now: dict[str | None, int] = {}  # the call that an agent is making
    refused: dict[str | None, set[int]] = {}
    for event in trace:
        if event.kind == CRASH:
            refused.pop(event.agent, None)
        elif on_record(event, "Attempt"):
            now[event.agent] = event.content.call
            if event.content.call in refused.get(event.agent, ()):
                yield event, f"{event.agent} tries again what was refused, call {event.content.call}."
        elif on_record(event, "Refusal") and event.agent in now:
            refused.setdefault(event.agent, set()).add(now[event.agent])


def all_answered(within: float) -> Property:
    """RE-L1: a service that stays up answers all requests of a peer `within` this many seconds.

    Answers name no request, so the oldest counts as answered first.  Requests that are not late yet when the
    run ends break nothing.
    """

    @safety(f"all is answered within {within:g} s")
    def judge(trace: Trace) -> Iterator[Objection]:
        waiting: dict[tuple[str | None, str | None], deque[Event]] = {}
        late: list[Event] = []
        for event in trace:
            queue = waiting.setdefault((event.agent, event.peer), deque())
            if event.kind == HANDLE and event.name == "Request":
                queue.append(event)
            elif event.kind == SEND and event.name in ANSWERS and queue:
                first = queue.popleft()
                late += [first] * (event.time > first.time + within)
            elif event.kind == CRASH:
                waiting = {pair: each for pair, each in waiting.items() if pair[0] != event.agent}
        late += [q[0] for q in waiting.values() if q and trace.until > q[0].time + within]
        for first in sorted(late, key=lambda event: event.seq):
            yield first, f"{first.agent} leaves {first.peer} without an answer for more than {within:g} s."

    return judge


def properties(places: Mapping[str, int], retries: int, within: float) -> tuple[Property, ...]:
    """All of them.

    - `places`: of each service by its name, how many requests it works on or keeps in its queue
    - `retries`: how often a call is tried again
    - `within`: seconds in which each request is answered
    """
    return (
        room_for_so_many(places),
        refused_only_if_full(places),
        few_attempts(retries),
        refused_once,
        all_answered(within),
    )
