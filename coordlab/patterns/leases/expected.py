"""What theory expects of a run of the leases lab, and when it says nothing."""

from __future__ import annotations

from coordlab.labs import declaration as lab
from coordlab.patterns.leases import pictures, theory
from coordlab.patterns.leases.lab_agents import faults
from coordlab.patterns.leases.rules import held, majority
from coordlab.trace.trace import DROP, FAULT, STATE, Trace

UNTIL = 12.0  # virtual seconds


def within(given: lab.Parameters, off: float) -> float:
    """The most seconds with two leaders, if clocks are off by this share and leases allow for the drift."""
    return theory.overlap(held(given["lease"], given["drift"]), given["lease"], off)


def without(given: lab.Parameters, off: float) -> float:
    """The same, if leases allow for none."""
    return theory.overlap(given["lease"], given["lease"], off)


def two_at_once(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """For how long two lead at most, if no clock but those that the lab sets is off."""
    own, wrong = faults(given), [e for e in trace.select(kind=FAULT) if e.name in ("Skew", "Pause")]
    reasons = {
        "leaders do not give up": given["version"] == "no-lease",
        "another clock or process goes wrong": any(str(event.data) not in own for event in wrong),
    }
    bound = without if given["version"] == "no-drift" else within
    return lab.Theory(round(bound(given, given["off"]), 3), says="most", unless=lab.why_not(reasons))


def messages(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """What the first election costs, if one member alone stands for it."""
    roles = trace.select("role", kind=STATE)
    first = next((number for number, event in enumerate(roles) if event.data == "leads"), 0)
    over = roles[first].time + 2 * given["slowest"] if first else 0.0
    reasons = {
        "nobody leads": not first,
        "several stand before one leads": [event.data for event in roles[:first]].count("stands") > 1,
        "a fault strikes before": trace.select(kind=FAULT, before=over),
        "a message is lost": trace.select(kind=DROP, before=over),
        "the run ends too early": trace.until < over,
    }
    silent = given["members"] - pictures.working(trace)
    return lab.Theory(theory.messages(given["members"]) - silent, unless=lab.why_not(reasons))


def somebody(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """1 if most are up; whatever happens between 4 and 9 s, there is time before and after."""
    own, answer = faults(given), 2 * given["slowest"]
    reasons = {
        "a beat is too short for an answer": given["lease"] / given["beats"] <= answer,
        "messages may be lost": given["loss"] > 0,
        "several stand at once": given["starts"] > 1,
        "another fault strikes": any(str(event.data) not in own for event in trace.select(kind=FAULT)),
        "the run ends too early": trace.until < UNTIL,
    }
    most = pictures.working(trace) >= majority(given["members"])
    return lab.Theory(int(most), unless=lab.why_not(reasons))
