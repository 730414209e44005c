"""What theory expects of a run of the blackboard lab, and when it says nothing."""

from __future__ import annotations

from coordlab.labs import declaration as lab
from coordlab.patterns.blackboard import checks, theory
from coordlab.patterns.blackboard.expert import ANIMALS, RULES, SEEN
from coordlab.patterns.blackboard.pictures import KINDS, sure
from coordlab.trace.trace import FAULT, STATE, Trace

CONCLUSIONS = tuple(dict.fromkeys(gives for _, gives in RULES))
FACTS = {f"fact:{fact}" for fact, _ in SEEN}
STRENGTHS = [(needs, gives, strength) for _, needs, gives, strength in ANIMALS]
UNTIL, TICK = 12.0, 1.0  # virtual seconds: the end of a run, and the time between two looks of a poller


def surest(_: lab.Parameters, trace: Trace) -> lab.Theory:
    """No surer than the surest that was seen of each fact allows."""
    found = theory.surest(dict(SEEN), STRENGTHS)
    none = "no animal is on the board" if sure(trace) is None else ""
    return lab.Theory(max(round(found.get(key[5:], 0.0), 3) for key in KINDS), "most", none)


def follows(_: lab.Parameters, trace: Trace) -> lab.Theory:
    """The animal that follows from the facts by the rules."""
    found = checks.closure(FACTS, RULES)
    return lab.Theory(next(key[5:] for key in KINDS if key in found), unless=_other_experiment(trace))


def news(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """How often readers ask, or are told."""
    readers, unless = given["readers"], _other_experiment(trace)
    if given["news"] == "poll":  # whether there is news or not, so the work need not be over
        reads = theory.polling_reads(readers, len(CONCLUSIONS), int(trace.until / TICK))
        return lab.Theory(reads, unless="a fault strikes" if trace.select(kind=FAULT) else "")
    return lab.Theory(int(told(given, readers)), unless=unless)


def told(_: lab.Parameters, readers: float) -> float:
    """Notices, by the number of readers."""
    return theory.notices(int(readers), len(checks.closure(FACTS, RULES) - FACTS))


def asked(_: lab.Parameters, readers: float) -> float:
    """Looks, by the number of readers that poll."""
    return theory.polling_reads(int(readers), len(CONCLUSIONS), int(UNTIL / TICK))


def _other_experiment(trace: Trace) -> str:
    """Why the run is not what theory speaks of: work that is over, without faults, on a reliable network."""
    roles = trace.select("role", agent="board", kind=STATE)
    seen = {event.data.entry.key for event in trace.select("Written")} >= FACTS
    reasons = {
        **lab.disturbed(trace),
        "the work is not over at the end": not seen or not roles or roles[-1].data != "quiet",
    }
    return lab.why_not(reasons)
