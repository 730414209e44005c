"""What theory expects of a run of the weighted lab, and when it says nothing."""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import Any

from coordlab.labs import declaration as lab
from coordlab.patterns.weighted import pictures, theory
from coordlab.patterns.weighted.lab_agents import STATED
from coordlab.patterns.weighted.pictures import panel
from coordlab.patterns.weighted.rules import WEIGHTS
from coordlab.trace.trace import Trace

OPEN_DOOR, UNKNOWN = 1e6, 0.6  # the weight that strangers share at an open door; what is thought of one
_exact = lru_cache(maxsize=256)(theory.share_right)  # a figure asks for the same again and again


def share_right(given: lab.Parameters) -> float:
    """The share of right decisions, if the competences are known."""
    rule, cap, known = WEIGHTS[given["rule"]], given["cap"], panel(given)
    believed = dict.fromkeys(known, STATED) if given["version"] == "stated" else known
    weights = [max(-cap, min(cap, rule(p))) for p in believed.values()]
    shared = inf if given["version"] == "open-door" else given["strangers"]
    each = min(cap, rule(UNKNOWN), shared / max(1, given["sybils"]))
    against = given["sybils"] * each
    return _exact(tuple(weights), tuple(known.values()), given["abstaining"], given["copied"], against)


def share(given: lab.Parameters, trace: Trace) -> lab.Theory | None:
    """Within which bounds the share of right decisions is nearly always, if the competences are known."""
    if given["knowledge"] == "learnt" or given["version"] in ("counts-abstainers", "peeks"):
        return None
    number = len(pictures.marks(trace))
    reasons = {**lab.disturbed(trace), "nothing is decided": not number}
    low, high = theory.likely(share_right(given), max(1, number))
    bounds = max(0.0, round(low - 5e-5, 4)), min(1.0, round(high + 5e-5, 4))
    return lab.Theory(bounds, "within", lab.why_not(reasons))


def messages(given: lab.Parameters, trace: Trace) -> lab.Theory:
    """A question, an opinion and an outcome for each voter and question."""
    voters = len(panel(given)) + given["sybils"]
    short = len(pictures.marks(trace)) < given["questions"]
    unless = lab.why_not({**lab.disturbed(trace), "the run ends before all is decided": short})
    return lab.Theory(theory.messages(voters) * given["questions"], unless=unless)


def curve(**settings: Any) -> lab.Curve:
    """What known weights reach, under these settings along the axis."""
    return lab.Curve(lambda given, sybils: share_right({**given, "sybils": int(sybils), **settings}))


def best(given: lab.Parameters, _: float) -> float:
    """The share of right decisions, if the weights are those of known competences."""
    return share_right({**given, "knowledge": "known", "rule": "log_odds"})


def equals(given: lab.Parameters, _: float) -> float:
    """The share of right decisions, if all weigh the same."""
    return share_right({**given, "knowledge": "known", "rule": "equal"})
