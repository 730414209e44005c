"""What theory expects of a run of the deadlock lab, and when it says nothing."""

from __future__ import annotations

from coordlab.labs import declaration as lab
from coordlab.patterns.deadlock import pictures, theory
from coordlab.trace.trace import FAULT, Trace


def at_most(given: lab.Parameters, period: float) -> float:
    """The most seconds a deadlock lasts with a coordinator: until its second look, and the messages."""
    return round(2 * period + 4 * float(given["slowest"]), 3)


def by_method(given: lab.Parameters) -> float:
    """The same for the method that is chosen: a probe goes round the cycle; a time-out is drawn."""
    slowest = float(given["slowest"])
    if given["version"] == "time-out":
        return round(1.5 * float(given["patience"]) + 4 * slowest, 3)
    if given["version"] == "probes":
        return round(float(given["period"]) + 2 * theory.hops(given["workers"]) * slowest + 4 * slowest, 3)
    return at_most(given, given["period"])


def end(given: lab.Parameters) -> float:
    """Virtual seconds in which all have had three meals: one after the other, and four deadlocks."""
    meals = 3 * given["workers"] * (given["hold"] + 4 * given["slowest"])
    return round(float(meals) + 6 * float(given["think"]) + 4 * by_method(given), 1)


def with_workers(given: lab.Parameters, workers: float) -> float:
    """The same over the number of workers."""
    return by_method({**given, "workers": int(workers)})


def longest(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """A deadlock ends in time; None if nothing is done about it, or none can be."""
    if given["version"] in ("order", "nobody"):
        return None
    reasons = {
        "there is no deadlock": not pictures.cycles(trace),
        "a look takes longer than a period": 2 * given["slowest"] >= given["period"],
        **lab.disturbed(trace),
    }
    return lab.Theory(by_method(given), "most", lab.why_not(reasons))


def innocent(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """Who looks before it acts sends back nobody for nothing."""
    if given["version"] in ("time-out", "nobody"):
        return None
    return lab.Theory(0, unless="a fault strikes" if trace.select(kind=FAULT) else "")


def look(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """A question to each lock, and its answer."""
    lost = "a fault strikes" if trace.select(kind=FAULT) else ""
    looks = given["version"] in ("coordinator", "one-look")
    return lab.Theory(theory.looks(given["workers"]), unless=lost) if looks else None


def none_closes(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """An order of locks, or one who takes the other fork first, and no cycle closes; None without that."""
    mixed = 0 < given["left_handed"] < given["workers"]
    strange = lab.why_not({"a fault strikes": trace.select(kind=FAULT)})
    return lab.Theory(0, unless=strange) if mixed or given["version"] == "order" else None
