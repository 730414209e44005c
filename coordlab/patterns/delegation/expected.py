"""What theory expects of a run of the delegation lab, and when it says nothing."""

from __future__ import annotations

from dataclasses import replace
from math import fsum

from coordlab.labs import declaration as lab
from coordlab.patterns.delegation import pictures, theory
from coordlab.patterns.delegation.lab_agents import leaves_of
from coordlab.patterns.delegation.rules import critical_path, shortest
from coordlab.trace.trace import SEND, Trace


def makespan(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """Between the shortest schedule and Graham's bound."""
    if given["version"] != "textbook":
        return None
    reasons = {"in a contract net two leaves may want one worker": given["policy"] == "contract_net",
               "not all is done": not pictures.all_done(trace)}  # fmt: skip
    low, high = shortest_time(given, given["workers"]), longest_time(given, given["workers"])
    unless = lab.why_not({**_disturbed(trace), **reasons})
    return lab.Theory((round(low, 3), round(high, 3)), "within", unless)


def shortest_time(given: lab.Parameters, number: float) -> float:
    """The shortest schedule, by the number of workers."""
    return shortest(leaves_of(given), pictures.crew_of({**given, "workers": int(number)}))


def longest_time(given: lab.Parameters, number: float) -> float:
    """Graham's bound, where each leaf takes two messages longer."""
    slower = [replace(leaf, work=leaf.work + 2 * given["slowest"]) for leaf in leaves_of(given)]
    together = fsum(leaf.work for leaf in slower)
    return theory.longest(critical_path(slower), together, int(number) * int(given["capacity"]))


def messages(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """Two for each leaf."""
    if given["policy"] == "contract_net" and given["version"] != "piled-up":
        return None
    unless = lab.why_not({**_disturbed(trace), "not all is done": not pictures.all_done(trace)})
    return lab.Theory(theory.messages(len(leaves_of(given))), unless=unless)


def _disturbed(trace: Trace) -> dict[str, object]:
    return {
        **lab.disturbed(trace),
        "an attempt fails": trace.count("Failed", "Busy", kind=SEND),
        "a reply is late": trace.count("Lost", kind="decision"),
    }


def plain(given: lab.Parameters) -> bool:
    """Whether theory says how long it takes."""
    usual = given["version"] == "textbook" and given["policy"] != "contract_net"
    return bool(usual and not given["failing"] and not given["loss"])


def complete(attempts: int) -> lab.Curve:
    """How often a whole chain is done, by its length."""
    return lab.Curve(lambda given, size: theory.all_done(int(size), given["failing"], attempts))
