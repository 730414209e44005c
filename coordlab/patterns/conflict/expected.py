"""What theory expects of a run of the conflict lab, and when it says nothing."""

from __future__ import annotations

from collections.abc import Callable

from coordlab.labs import declaration as lab
from coordlab.patterns.conflict import pictures, theory
from coordlab.patterns.conflict.lab_agents import CHAINS, policy
from coordlab.trace.trace import FAULT, Trace


def faults(given: lab.Parameters) -> tuple[str, ...]:
    """The clock of the first proposer."""
    return (f"skew ann x1 +{given['ahead']:g} @0",) if given["ahead"] else ()


def messages(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """Each conflict costs at most its budget of retries and one question to the human."""
    chain = policy(given).chain
    retries = given["retries"] if "retry" in chain else 0
    each = theory.messages(given["proposers"], retries, "escalate" in chain)
    reasons = {
        "there is no budget": given["version"] == "no-budget",
        "a fault strikes": _struck(given, trace),
    }
    return lab.Theory(each * len(pictures.opened(trace)), says="most", unless=lab.why_not(reasons))


def in_time(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """The longest that the slowest conflict may take."""
    endless = given["version"] in ("no-budget", "no-time-limit")
    reasons = {
        "this version knows no end": endless,
        "it settles only what it hears of": given["version"] == "first-come",
        "a fault strikes": _struck(given, trace),
        "the run ends too early": trace.until < policy(given).bound,
    }
    return lab.Theory(round(policy(given).bound, 6), says="most", unless=lab.why_not(reasons))


def _struck(given: lab.Parameters, trace: Trace) -> bool:
    return any(str(event.data) not in faults(given) for event in trace.select(kind=FAULT))


def rounds(given: lab.Parameters, chance: float) -> float:
    """How often all are asked again, by the chance that one gives way."""
    return theory.retries(chance, given["retries"])


def within(given: lab.Parameters, budget: float) -> float:
    """How often one gives way in time, by the budget of retries."""
    return theory.within(given["yields"], int(budget))


def asked(of: Callable[[lab.Parameters, float], float]) -> lab.Curve:
    """A curve for chains in which all are asked and heard as often as the budget allows."""
    return lab.Curve(of, applies=_heard)


def _heard(given: lab.Parameters) -> bool:
    return "retry" in CHAINS[given["steps"]] and bool(given["patience"] >= 2 * given["slowest"])
