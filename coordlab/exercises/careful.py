"""What a careful breaker may do, by the messages of its caller: the checks of part 11b."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from coordlab.exercises.ending import by_the_end
from coordlab.exercises.part import Variant
from coordlab.properties import Objection, Property, safety
from coordlab.trace.trace import CRASH, HANDLE, RESTART, SEND, START, Event, Trace

PERIOD, PATIENCE, TICK = 0.2, 0.5, 1e-6  # seconds
IDLE = 0.45  # seconds without a call that are too long for one who may call
END, CALM = 11.0, 8.8  # seconds: when a run ends, and from when on all must be closed
OUTAGE, IN_VAIN = (1.0, 3.6), 10  # when the first shop is cut off; requests that are too many then
ALONE, PROBE, CALLS = "leaves a silent callee alone", "one probe at a time", "calls whenever it may"


class Rule:
    """What a caller may do, by the messages that it sent and handled."""

    def __init__(self, variant: Variant, now: float) -> None:
        self.failures, self.probes = int(variant["failures"]), int(variant["probes"])
        self.wait = float(variant["wait"])
        self.state, self.row, self.good = "closed", 0, 0
        self.out: dict[int, float] = {}  # the requests of this state that are not answered, and their times
        self.since = now  # from when on it may call, and has not

    def pass_to(self, now: float) -> None:
        """Count the requests that were not answered in time."""
        while self.out and (late := min(self.out.values()) + PATIENCE) <= now + TICK:
            self.out = {number: at for number, at in self.out.items() if at + PATIENCE > late + TICK}
            self.row += 1
            self.since = max(self.since, late) if self.state == "half-open" else self.since
            if self.state == "half-open" or self.row >= self.failures:
                self.state, self.since, self.good, self.out = "open", late + self.wait, 0, {}

    def told(self, event: Event) -> Iterator[tuple[str, str]]:
        """A message that it sends or handles; what is wrong with it, by the name of a check."""
        if (event.kind, event.name) == (HANDLE, "Result"):
            self.answered(event.time, _number(event))
        elif (event.kind, event.name) == (SEND, "Request"):
            if self.idle(event.time):
                yield CALLS, f"was silent since {self.since:.3f} s, though it may ask"
            yield from self.sent(event.time, _number(event))

    def sent(self, now: float, number: int) -> Iterator[tuple[str, str]]:
        """A request; what is wrong with it, by the name of a check."""
        if self.state == "open":
            if now < self.since - TICK:
                yield ALONE, f"may not ask before {self.since:.3f} s"
            self.state = "half-open"
        elif self.state == "half-open" and self.out:
            yield PROBE, "asks while its last probe is not back"
        self.out[number], self.since = now, now

    def answered(self, now: float, number: int) -> None:
        """A result."""
        if self.out.pop(number, None) is None:
            return
        self.row = 0
        if self.state == "half-open":
            self.good, self.since = self.good + 1, now
            if self.good == self.probes:
                self.state, self.good = "closed", 0

    def idle(self, now: float) -> bool:
        """Whether it could have called for long, and did not."""
        return not (self.state == "half-open" and self.out) and now > self.since + IDLE


def objections(trace: Trace, variant: Variant) -> Iterator[tuple[str, Event, str]]:
    """What is wrong, by the name of a check, with the event and a sentence."""
    rules: dict[str | None, Rule] = {}
    for event in trace:
        who = event.agent
        if event.kind in (START, RESTART):
            rules[who] = Rule(variant, event.time)
        elif event.kind == CRASH:
            rules.pop(who, None)
        elif (rule := rules.get(who)) and event.kind in (SEND, HANDLE):
            rule.pass_to(event.time)
            yield from ((check, event, f"{who} {why}.") for check, why in rule.told(event))
    for who, rule in rules.items():
        rule.pass_to(trace.until)
        if rule.idle(trace.until):
            yield CALLS, trace[len(trace) - 1], f"{who} was silent since {rule.since:.3f} s."


def _number(event: Event) -> int:
    """The number of a call; 0 for a message without one."""
    number = getattr(event.content, "number", 0)
    return number if isinstance(number, int) else 0


def keeps(name: str) -> Callable[[Variant], Property]:
    """The property that nothing is wrong by this check."""

    def made(variant: Variant) -> Property:
        @safety(name)
        def judge(trace: Trace) -> Iterator[Objection]:
            yield from ((event, why) for check, event, why in objections(trace, variant) if check == name)

        return judge

    return made


def _missing(trace: Trace) -> Iterator[str]:
    """Too many requests while the first shop is cut off, or too few results in the last seconds."""
    needed, (since, before) = int((END - CALM) / PERIOD * 2 / 3), OUTAGE
    for name in trace.agents:
        asked = trace.select("Request", kind=SEND, agent=name, since=since, before=before)
        vain = sum(trace.agents[0] in (event.agent, event.peer) for event in asked)
        if vain > IN_VAIN and not trace.select(kind=RESTART, agent=name, since=since, before=before):
            yield f"{name} sent {vain} requests in vain while {trace.agents[0]} was cut off."
        if (got := trace.count("Result", kind=HANDLE, agent=name, since=CALM)) < needed:
            yield f"{name} got {got} results from {CALM:g} s on, not {needed}."


flows = by_the_end("calls flow when all is well, few are in vain", END, _missing)
