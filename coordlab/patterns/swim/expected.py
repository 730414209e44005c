"""What theory expects of a run of the SWIM lab, and when it says nothing."""

from __future__ import annotations

from coordlab.labs import declaration as lab
from coordlab.patterns.swim import theory
from coordlab.patterns.swim.checks import reach
from coordlab.trace.trace import DROP, FAULT, Trace

PROBES = 4  # that each member has made when m2 crashes
BACK = 20.0  # virtual seconds at which it is up again


def faults(given: lab.Parameters) -> tuple[str, ...]:
    """m2 crashes when each member has made four probes, and comes back."""
    return (f"crash m2 @{PROBES * given['period']:g}..{BACK:g}",) if given["outage"] else ()


def _others(given: lab.Parameters, trace: Trace) -> list[str]:
    """The faults that strike beside the one that the lab comes with."""
    own = faults(given)
    return [str(event.data) for event in trace.select(kind=FAULT) if event.data not in own]


def _well(given: lab.Parameters, trace: Trace) -> dict[str, object]:
    """Why the network or a member is not as well as theory takes for granted."""
    return {
        "another fault strikes": _others(given, trace),
        "a message is lost": any(event.data != "down" for event in trace.select(kind=DROP)),
        "answers take longer than patience": 2 * given["slowest"] > given["patience"],
    }


def load(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """Two messages a probe while all is well; a probe with helpers takes four more for each."""
    short = lab.why_not({"the run is too short": trace.until < 10 * given["period"]})
    if trace.select(kind=FAULT) or lab.why_not(_well(given, trace)):
        return lab.Theory(2 + 4 * given["helpers"], "most", short)
    return lab.Theory(theory.messages(given["members"]) / given["members"], unless=short)


def found(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """All have probed it in two rounds, or heard of it."""
    most = round(reach(given["members"], given["period"]) + given["period"], 6)
    late = faults(given) and min(BACK, trace.until) <= PROBES * given["period"] + most
    reasons = {"m2 does not crash": not faults(given), "m2 is back too early": late, **_well(given, trace)}
    return lab.Theory(most, "most", lab.why_not(reasons))


def probed(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """Each member probes it in this round or in the next one."""
    most = 2 * (given["members"] - 1)
    reasons = {
        "m2 does not crash": not faults(given) or not trace.select(kind=FAULT),
        "another fault strikes": _others(given, trace),
        "the run ends too early": trace.until < (PROBES + most) * given["period"],
    }
    return lab.Theory(most, "most", lab.why_not(reasons))


def first_probe(_: lab.Parameters, members: float) -> float:
    """The mean number of periods until m2 is probed."""
    return theory.first_detection_after(int(members), PROBES)


def mistakes(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """Nobody is suspected that is up."""
    return lab.Theory(0, unless=lab.why_not(_well(given, trace)))
