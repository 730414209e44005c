"""What theory says of the lab's runs, and when it says nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import fsum

from coordlab.labs import declaration as lab
from coordlab.patterns.contract_net import theory
from coordlab.patterns.contract_net.pictures import awards_of, prices_of, tasks_called
from coordlab.patterns.contract_net.rules import LATE, planned
from coordlab.trace.trace import SEND, Trace


def served(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """The tasks served at the first call."""
    if given["version"] in ("planned", "eager", "silent"):
        return None
    most = min(given["tasks"], given["contractors"] * given["capacity"])
    least = min(given["capacity"], given["tasks"])
    unless = lab.why_not({**lab.disturbed(trace), "the deadline is too short": not _in_time(given),
                          "a contractor is free again before the last call": not _busy(given)})  # fmt: skip
    bounds = {"by-chance": (least, most), "alike": (least, least), "one-by-one": (most, most)}
    low, high = bounds[given["calls"]]
    return lab.Theory(low, unless=unless) if low == high else lab.Theory((low, high), "within", unless)


def cost(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """At least what the best assignment costs, for the prices of this run; exactly that if it was planned."""
    terms, awards = prices_of(trace), awards_of(trace)
    load = max(Counter(awards.values()).values(), default=0)
    best = planned(terms, given["capacity"]) if terms else {}
    reasons = {
        "a class of yours names no prices": len(terms) < given["contractors"],
        "not every task is awarded": len(awards) < given["tasks"],
        "one contractor does more tasks than it has room for, one after the other": load > given["capacity"],
    }
    least = round(fsum(terms[who][task] for task, who in best.items()), 2)
    return lab.Theory(least, "equal" if given["version"] == "planned" else "least", lab.why_not(reasons))


def broken(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """No promise, unless contractors promise more than they have room for."""
    unless = lab.why_not({**lab.disturbed(trace), "the deadline is too short": not _in_time(given)})
    return lab.Theory(0, unless=unless) if given["version"] in ("textbook", "first-come") else None


def messages(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """The messages of all calls, from the number of contractors and bids of each."""
    invited, bid = (Counter(e.data.conversation for e in trace.select(each, kind=SEND))
                    for each in ("CallForProposals", "Propose"))  # fmt: skip
    called = sum(theory.messages(invited[each], bid[each]) for each in invited)
    directed = sum(each not in invited for each in tasks_called(trace)) * theory.messages(0, 0, directed=True)
    late = trace.count("Cancel") or any(e.data.reason == LATE for e in trace.select("RejectProposal"))
    over = trace.count("Outcome", kind="decision") == given["tasks"]
    last = max((event.time for event in trace.select(kind=SEND)), default=0.0) + given["slowest"]
    reasons = {"a proposal or a report is late": late,
               "the run ends before all is over": not over or last > trace.until}  # fmt: skip
    says = "most" if given["version"] == "silent" else "equal"
    return lab.Theory(called + directed, says, lab.why_not({**lab.disturbed(trace), **reasons}))


def _in_time(given: lab.Parameters) -> bool:
    return bool(given["deadline"] > 2 * given["slowest"])


def _busy(given: lab.Parameters) -> bool:
    """Whether the first work is done after the last call."""
    calling = given["tasks"] * given["deadline"] if given["calls"] == "one-by-one" else 4 * given["slowest"]
    return bool(0.7 * given["work"] > calling)


def at_first_calls(calls: str) -> lab.Curve:
    """The tasks served at their first call, along the number of tasks."""
    of: Callable[[lab.Parameters, float], float] = {
        "by-chance": lambda given, n: theory.expected_served(int(n), given["contractors"], given["capacity"]),
        "alike": lambda given, n: min(given["capacity"], int(n)),
        "one-by-one": lambda given, n: min(int(n), given["contractors"] * given["capacity"]),
    }[calls]
    return lab.Curve(of, applies=lambda given: given["calls"] == calls and _says(given))


def _says(given: lab.Parameters) -> bool:
    """Whether theory says how many tasks the first calls serve."""
    return given["version"] in ("textbook", "first-come") and not given["loss"] and _in_time(given)


def exponential(version: str, of: Callable[[int, int], float]) -> lab.Curve:
    """The mean cost of the awards, along the number of tasks."""
    return lab.Curve(
        lambda given, n: of(int(n), given["contractors"]), applies=lambda given: given["version"] == version
    )
