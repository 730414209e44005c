"""What theory expects of a run of the circuit breaker lab, and when it says nothing."""

from __future__ import annotations

from math import ceil, inf

from coordlab.labs import declaration as lab
from coordlab.patterns.circuit_breaker import theory
from coordlab.patterns.circuit_breaker.checks import closing_time
from coordlab.patterns.circuit_breaker.rules import Settings
from coordlab.trace.trace import FAULT, Trace

DOWN = 3.0  # virtual seconds at which the service crashes


def settings(given: lab.Parameters) -> Settings:
    """Those of the textbook's breaker."""
    how = {"wait": given["wait"], "probes": given["probes"], "probe_wait": given["patience"]}
    if given["trips"] == "in-a-row":
        return Settings(failures=given["failures"], **how)
    window, minimum = given["window"], ceil(given["window"] / 2)
    return Settings(None, given["rate"], window_calls=window, minimum_calls=minimum, **how)


def outage(given: lab.Parameters) -> tuple[str, ...]:
    """The service crashes and comes back."""
    return (f"crash db @{DOWN:g}..{DOWN + given['outage']:g}",) if given["outage"] else ()


def calls(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """The most calls in vain."""
    if given["version"] != "textbook":
        return None
    again = lab.why_not({"calls are repeated": given["retries"]})
    unless = _other_experiment(given, trace) or again
    return lab.Theory(with_breaker(given, given["outage"]), "most", unless)


def closing(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """The most seconds until all is well."""
    if given["version"] != "textbook":
        return None
    back, most = DOWN + float(given["outage"]), until_closed(given, given["wait"])
    short = "the run ends too early" if trace.until < back + most else ""
    return lab.Theory(round(most, 3), "most", _other_experiment(given, trace) or short)


def with_breaker(given: lab.Parameters, outage: float) -> int:
    """The most calls in vain: one more may be on its way when the outage begins."""
    found = theory.calls_in_outage(
        beats(given, outage),
        given["period"],
        given["patience"],
        given["failures"],
        given["wait"],
        given["probes"],
    )
    return found * int(given["callers"])


def beats(given: lab.Parameters, outage: float) -> int:
    """How many calls one caller makes in an outage, at most."""
    return ceil((outage + float(given["slowest"])) / float(given["period"])) + 1


def without(given: lab.Parameters, outage: float) -> int:
    """The most calls in vain without a breaker, with all retries."""
    return int(given["callers"]) * beats(given, outage) * theory.calls_per_click(given["retries"], 1)


def until_closed(given: lab.Parameters, wait: float) -> float:
    """The last probe in vain must be given up; then the breaker waits, and its probes come back."""
    changed = settings({**given, "wait": wait})
    return float(given["patience"]) + closing_time(changed, given["period"])


def asked(given: lab.Parameters) -> float:
    """Calls a second of all callers."""
    return float(given["callers"] / given["period"])


def served(given: lab.Parameters, callers: float) -> float:
    """The least that is served a second, long after an outage.

    With a breaker all that the service can do; without one, the same only if it could do all retries too.
    """
    load, room = callers / given["period"], 1 / given["work"]
    if given["version"] == "textbook" or load <= room * theory.safe_load(given["retries"], 1):
        return float(min(load, room))
    return 0.0


def at_the_end(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """At most what the callers ask for, and at most what the service can do, per second."""
    if given["retries"] and not given["work"]:
        return None
    calls = given["callers"] * (ceil((4 + given["patience"]) / given["period"]) + 1)
    done = (4 + given["slowest"]) / given["work"] + 1 if given["work"] else inf
    most = done if given["retries"] else min(calls, done)
    return lab.Theory(round(most / 4, 3), "most", lab.why_not({"the run is too short": trace.until < 4}))


def _other_experiment(given: lab.Parameters, trace: Trace) -> str:
    """Why the run is not what theory speaks of: one outage of a service that is well before and after."""
    strokes = [str(event.data) for event in trace.select(kind=FAULT)]
    reasons = {
        "there is no outage": not strokes,
        "another fault strikes": strokes != [*outage(given)],
        "the service fails some calls": given["failing"] > 0,
        "the service takes time for each call": given["work"] > 0,
        "the breaker goes by a rate": given["trips"] != "in-a-row",
        "patience < 3 × slowest": not _patient(given),
    }
    return lab.why_not(reasons)


def _patient(given: lab.Parameters) -> bool:
    return bool(given["patience"] >= 3 * given["slowest"])


def well(given: lab.Parameters) -> bool:
    """Whether theory speaks of these parameters."""
    plain = not (given["failing"] or given["work"]) and given["trips"] == "in-a-row"
    return bool(given["version"] == "textbook" and plain and once(given) and _patient(given))


def once(given: lab.Parameters) -> bool:
    """Whether no call is repeated."""
    return not given["retries"]
